/* Files of patterns and maps, and values matched against them: the index finds what a plain walk over the entries finds.
 * A byte of options, a line with the value to look for, then the file; lines that begin with '+' or '-' are changes at
 * run time. */
#include "base/arena.h"
#include "fuzz.h"
#include "match/pattern.h"

enum { INPUT_MAX = 4096 };

struct trial {
    struct pattern_set *set;
    struct pattern_ref *ref;
    struct pattern_expr *index;
    struct pattern_options options;
    struct arena arena, scratch;
    struct str value;
};

static bool equal(const struct trial *trial, struct str a, struct str b)
{
    return trial->options.ignore_case ? str_eq_nocase(a, b) : str_eq(a, b);
}

/* What the manual says of the methods that compare plain texts. */
static bool plainly_matches(const struct trial *trial, struct str key)
{
    struct str value = trial->value;
    switch (trial->options.method) {
    case MATCH_STR:
        return equal(trial, value, key);
    case MATCH_BEG:
        return value.size >= key.size && equal(trial, str_slice(value, 0, key.size), key);
    case MATCH_END:
        return value.size >= key.size && equal(trial, str_from(value, value.size - key.size), key);
    case MATCH_SUB:
        return trial->options.ignore_case ? str_find_nocase(value, key) != STR_NOT_FOUND
                                          : str_find(value, key) != STR_NOT_FOUND;
    default:
        return false;
    }
}

static bool is_plain(enum match_method method)
{
    return method == MATCH_STR || method == MATCH_BEG || method == MATCH_END || method == MATCH_SUB;
}

static void look(struct trial *trial)
{
    struct sample sample = sample_text(trial->value);
    struct pattern_match match = { 0 };
    struct arena_mark mark = arena_mark(&trial->scratch);
    enum sample_type type = match_rows[trial->options.method].in;
    if (type == SAMPLE_ANY || sample_cast(&sample, type, &trial->scratch)) {
        bool found = pattern_match(trial->index, &sample, &trial->scratch, &match);
        bool expected = false;
        const struct pattern_entry *entry = NULL;
        while ((entry = pattern_ref_next(trial->ref, entry)))
            expected |= plainly_matches(trial, pattern_entry_key(entry));
        FUZZ_EXPECT(!is_plain(trial->options.method) || found == expected);
        if (found && is_plain(trial->options.method))
            FUZZ_EXPECT(plainly_matches(trial, match.key));
    }
    arena_rewind(&trial->scratch, mark);
}

static void change(struct trial *trial, struct str line)
{
    const char *error = NULL;
    struct str rest = str_from(line, 1), key = str_split(&rest, ' ');
    if (line.data[0] == '-') {
        unsigned removed = pattern_ref_remove(trial->ref, key);
        FUZZ_EXPECT(!pattern_ref_find(trial->ref, key) || !removed);
    } else if (line.data[0] == '=') {
        (void)pattern_ref_set(trial->ref, key, rest);
    } else {
        (void)!pattern_ref_append(trial->ref, key, rest, &trial->arena, &error);
    }
    look(trial);
}

static void run(struct trial *trial, struct fuzz_input *input)
{
    const char *error = NULL;
    size_t size = 0;
    struct str rest = input->rest;
    while (rest.size && !strchr("+-=", rest.data[0])) {
        size_t line = str_find_char(rest, '\n');
        line = line == STR_NOT_FOUND ? rest.size : line + 1;
        size += line;
        rest = str_from(rest, line);
    }
    if (!pattern_ref_load(trial->ref, str_slice(input->rest, 0, size), "fuzz", &trial->arena, &error))
        return;
    trial->index = pattern_ref_index(trial->ref, &trial->options, &trial->arena, &error);
    if (!trial->index)
        return;
    look(trial);
    while (rest.size) {
        struct str line = str_split(&rest, '\n');
        if (line.size)
            change(trial, line);
    }
    pattern_ref_clear(trial->ref);
    look(trial);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum sample_type types[] = { SAMPLE_STR, SAMPLE_SINT, SAMPLE_ADDR, SAMPLE_ANY };
    struct fuzz_input input = fuzz_input_make(data, size < INPUT_MAX ? size : INPUT_MAX);
    uint8_t method = fuzz_input_byte(&input), bits = fuzz_input_byte(&input);
    struct trial trial = { .set = pattern_set_create() };
    FUZZ_EXPECT(trial.set);
    arena_init(&trial.arena, 1024);
    arena_init(&trial.scratch, 1024);
    trial.options = (struct pattern_options){ .method = method % MATCH_COUNT,
                                              .ignore_case = bits & 1,
                                              .value_type = types[bits >> 1 & 3] };
    trial.value = fuzz_input_until(&input, '\n');
    trial.ref = pattern_ref_add(trial.set, STR("fuzz"), trial.options.value_type != SAMPLE_ANY);
    FUZZ_EXPECT(trial.ref);
    run(&trial, &input);
    pattern_set_destroy(trial.set);
    arena_finish(&trial.scratch);
    arena_finish(&trial.arena);
    return 0;
}
