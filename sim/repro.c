/* The file: a line that says what it is, lines "word value", and behind a line "choices" the tape. */
#include "sim/repro.h"
#include "base/digest.h"
#include "base/mem.h"
#include "base/units.h"
#include <stdio.h>

static const char first_line[] = "lockstep-sim repro 1";

/* ---- writing ---- */

static uint64_t digest_of(struct str text)
{
    struct digest_trace digest = DIGEST_TRACE_INIT;

    digest_trace_bytes(&digest, text);
    return digest_trace_value(&digest);
}

static bool write_file(const char *path, struct str text)
{
    FILE *file = fopen(path, "wb");
    bool fine;

    if (!file)
        return false;
    fine = fwrite(text.data, 1, text.size, file) == text.size;
    return fclose(file) == 0 && fine;
}

static void add_head(struct buf *out, const struct scenario_options *options, const struct str *text)
{
    struct buf read = BUF_INIT;

    if (!text && !scenario_read_file(options->path, &read))
        buf_reset(&read);
    buf_printf(out, "%s\nfile %s\nscenario %016llx\nseed %llu\n", first_line, options->path,
               (unsigned long long)digest_of(text ? *text : buf_str(&read)),
               (unsigned long long)options->seed);
    if (options->limit_ns)
        buf_printf(out, "limit %llu\n", (unsigned long long)(options->limit_ns / NS_PER_S));
    if (options->torture)
        buf_add_c(out, "torture yes\n");
    if (options->swarm)
        buf_add_c(out, "swarm yes\n");
    if (options->delays)
        buf_printf(out, "delays %u\n", options->delays);
    if (options->live_ns)
        buf_printf(out, "live %llu\n", (unsigned long long)(options->live_ns / NS_PER_S));
    if (options->arguments)
        buf_printf(out, "args %s\n", options->arguments);
    for (unsigned i = 0; i < options->define_count; i++)
        buf_printf(out, "macro %s=%s\n", options->defines[i].name, options->defines[i].value);
    buf_finish(&read);
}

bool repro_write(const char *path, const struct scenario_options *options,
                 const struct scenario_result *result, const struct str *text)
{
    struct buf out = BUF_INIT;
    bool fine;

    add_head(&out, options, text);
    buf_printf(&out, "hash %016llx\nsays %.*s\n", (unsigned long long)result->hash,
               STR_ARG(buf_str(&result->says)));
    if (!result->tape_cut)
        buf_printf(&out, "choices\n%.*s", STR_ARG(buf_str(&result->tape)));
    fine = write_file(path, buf_str(&out));
    buf_finish(&out);
    return fine;
}

bool repro_write_seed(const char *path, const struct scenario_options *options, const char *says)
{
    struct buf out = BUF_INIT;
    bool fine;

    add_head(&out, options, NULL);
    buf_printf(&out, "says %s\n", says);
    fine = write_file(path, buf_str(&out));
    buf_finish(&out);
    return fine;
}

/* ---- reading ---- */

static bool take_word(struct repro *repro, struct str word, struct str value)
{
    struct scenario_options *options = &repro->options.scenario;
    char *copy = arena_need_copy(&repro->arena, value);
    struct {
        const char *word;
        uint64_t *hex;
    } hexes[] = { { "scenario", &repro->text_digest }, { "hash", &repro->hash } };

    for (size_t i = 0; i < COUNT_OF(hexes); i++)
        if (str_eq(word, str_of(hexes[i].word)))
            return sscanf(copy, "%llx", (unsigned long long *)hexes[i].hex) == 1;
    if (str_eq(word, STR("file"))) {
        repro->file = options->path = copy;
        return true;
    }
    if (str_eq(word, STR("seed")))
        return run_options_number(copy, &options->seed);
    if (str_eq(word, STR("limit"))) {
        bool fine = run_options_number(copy, &options->limit_ns);

        options->limit_ns *= NS_PER_S;
        return fine;
    }
    if (str_eq(word, STR("torture")))
        return options->torture = true;
    if (str_eq(word, STR("swarm")))
        return options->swarm = true;
    if (str_eq(word, STR("delays"))) {
        uint64_t delays = 0;
        bool fine = run_options_number(copy, &delays);

        options->delays = (unsigned)delays;
        return fine;
    }
    if (str_eq(word, STR("live"))) {
        bool fine = run_options_number(copy, &options->live_ns);

        options->live_ns *= NS_PER_S;
        return fine;
    }
    if (str_eq(word, STR("args"))) {
        options->arguments = copy;
        return true;
    }
    if (str_eq(word, STR("says"))) {
        repro->says = str_of(copy);
        return true;
    }
    if (str_eq(word, STR("macro"))) {
        char *equals = strchr(copy, '=');

        if (!equals || options->define_count == RUN_DEFINES_MAX)
            return false;
        *equals = '\0';
        repro->options.defines[options->define_count++] = (struct scenario_define){ copy, equals + 1 };
        return true;
    }
    return false;
}

static bool take_lines(struct repro *repro, struct str text, const char *path)
{
    unsigned number = 0;

    while (text.size) {
        struct str line = str_split(&text, '\n'), word, value;

        number++;
        if (number == 1) {
            if (str_eq(line, str_of(first_line)))
                continue;
            fprintf(stderr, "%s: this is no repro: its first line is not '%s'\n", path, first_line);
            return false;
        }
        if (str_eq(line, STR("choices"))) {
            repro->has_tape = true;
            repro->tape = str_make(arena_need_copy(&repro->arena, text.data ? text : STR("")), text.size);
            break;
        }
        value = line;
        word = str_split(&value, ' ');
        if (!word.size || word.data[0] == '#')
            continue;
        if (!take_word(repro, word, value.data ? value : STR(""))) {
            fprintf(stderr, "%s:%u: '%.*s' cannot be read\n", path, number, STR_ARG(line));
            return false;
        }
    }
    if (repro->file)
        return true;
    fprintf(stderr, "%s: it does not say which scenario it is of ('file PATH')\n", path);
    return false;
}

bool repro_read(const char *path, struct repro *out)
{
    struct buf text = BUF_INIT;
    bool fine = false;

    *out = (struct repro){ .has_tape = false };
    arena_init(&out->arena, 4096);
    run_options_init(&out->options, 0);
    if (!scenario_read_file(path, &text))
        fprintf(stderr, "%s: cannot be read\n", path);
    else
        fine = take_lines(out, buf_str(&text), path);
    buf_finish(&text);
    out->options.scenario.tape = out->has_tape ? out->tape : STR_NONE;
    if (!fine)
        repro_finish(out);
    return fine;
}

void repro_finish(struct repro *repro)
{
    run_options_finish(&repro->options);
    arena_finish(&repro->arena);
}

bool repro_fits(const struct repro *repro, struct str text)
{
    return !repro->text_digest || repro->text_digest == digest_of(text);
}

bool repro_read_fitting(const char *path, struct repro *out)
{
    struct buf text = BUF_INIT;
    bool fine;

    if (!repro_read(path, out))
        return false;
    fine = scenario_read_file(out->file, &text);
    if (!fine) {
        fprintf(stderr, "%s: the scenario '%s' cannot be read\n", path, out->file);
    } else if (!repro_fits(out, buf_str(&text))) {
        fprintf(stderr, "%s: '%s' is not what this was made of\n", path, out->file);
        fine = false;
    }
    buf_finish(&text);
    if (!fine)
        repro_finish(out);
    return fine;
}
