/* The walk over the options of a bind or server line. Each error is said and the walk goes on behind the
 * option, so that one line tells all its faults; after an unknown word the words up to the next known
 * option are taken for its values. */
#include "config/cfg_set.h"
#include <stdio.h>

struct walk {
    struct cfg_line *line;
    enum word_kind kind;
    const char *what;
    void *target;
    bool failed;
};

const char *cfg_option_value(struct cfg_option *option)
{
    const char *value = cfg_word(option->line, option->at);
    if (option->at < option->line->count)
        option->at++;
    return value;
}

bool cfg_option_error(const struct cfg_option *option, const char *format, ...)
{
    char message[CFG_MESSAGE_MAX];
    va_list values;
    va_start(values, format);
    vsnprintf(message, sizeof(message), format, values);
    va_end(values);
    return cfg_error(option->line, "'%s' : '%s' : %s", option->what, option->row->word, message);
}

static const struct option_row *find(const struct walk *walk, const char *text, bool *negated)
{
    const struct words *words = walk->line->reader->words;
    *negated = false;
    const struct word *word = words_find(words, walk->kind, str_of(text));
    if (!word && strchr(text, '(')) /* "set-proxy-v2-tlv-fmt(0xE1)": the call reads what is in parentheses */
        word = words_find(words, walk->kind, str_make(text, strcspn(text, "(")));
    if (word)
        return word->row;
    if (!str_starts(str_of(text), STR("no-")))
        return NULL;
    word = words_find(words, walk->kind, str_of(text + 3));
    const struct option_row *row = word ? word->row : NULL;
    *negated = true;
    return row && row->no_form ? row : NULL;
}

static bool step_over(struct cfg_option *option)
{
    for (unsigned i = 0; i < option->row->value_count; i++)
        (void)cfg_option_value(option);
    return true;
}

static bool store(struct cfg_option *option)
{
    const struct option_row *row = option->row;
    struct cfg_value value = { row->set, row->offset, row->low, row->high, row->names };
    char error[CFG_MESSAGE_MAX];
    if (option->at >= option->line->count)
        return cfg_option_error(option, "missing value");
    if (cfg_set_store(&value, row->word, cfg_option_value(option), option->line->reader->arena,
                      option->target, error))
        return true;
    return cfg_error(option->line, "'%s' : %s", option->what, error);
}

static bool carry_out(struct cfg_option *option)
{
    const struct option_row *row = option->row;
    switch (row->set) {
    case CFG_CALL:
        return row->call(option);
    case CFG_FLAG:
        *(bool *)(void *)((char *)option->target + row->offset) = !option->negated;
        return true;
    case CFG_IGNORED:
        cfg_notice(option->line, "'%s' : '%s' has no effect%s%s.", option->what, row->word,
                   row->note ? ": " : "", row->note ? row->note : "");
        return step_over(option);
    case CFG_REFUSED:
        step_over(option);
        return cfg_option_error(option, "not supported%s%s.", row->note ? ": " : "",
                                row->note ? row->note : "");
    case CFG_INT:
    case CFG_INT64:
    case CFG_SIZE:
    case CFG_TIME_MS:
    case CFG_TEXT:
    case CFG_ENUM:
        break;
    }
    return store(option);
}

/* Returns the index of the next known option. */
static unsigned say_unknown(struct walk *walk, unsigned at)
{
    const char *text = walk->line->words[at];
    const char *nearest = words_closest(walk->line->reader->words, walk->kind, str_of(text), NULL, NULL);
    if (nearest)
        cfg_error(walk->line, "'%s' : unknown keyword '%s'; did you mean '%s' maybe ?", walk->what, text,
                  nearest);
    else
        cfg_error(walk->line, "'%s' : unknown keyword '%s'.", walk->what, text);
    bool negated;
    for (at++; at < walk->line->count; at++)
        if (find(walk, walk->line->words[at], &negated))
            break;
    return at;
}

bool cfg_options_each(struct cfg_line *line, unsigned from, enum word_kind kind, void *target,
                      const char *what)
{
    struct walk walk = { line, kind, what, target, false };
    for (unsigned at = from; at < line->count && line->words[at][0];) { /* an empty word ends the line */
        struct cfg_option option = { .line = line, .at = at + 1, .target = target, .what = what };
        option.row = find(&walk, line->words[at], &option.negated);
        if (!option.row) {
            walk.failed = true;
            at = say_unknown(&walk, at);
            continue;
        }
        walk.failed |= !carry_out(&option);
        CHECK(option.at > at);
        at = option.at;
    }
    return !walk.failed;
}
