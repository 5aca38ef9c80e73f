/* The stack of .if blocks. A level that is not read still takes its .elif, .else and .endif, so that the
 * blocks stay in step; conditions are asked only where the answer matters. A condition that cannot be read
 * makes the whole block unread: the error was said, and neither branch is known to be meant. */
#include "config/cfg_directive.h"

struct directive {
    struct cfg_directives *directives;
    struct cfg_reader *reader;
    struct diag_place place;
    const struct cfg_lex *lex;
};

bool cfg_directives_reading(const struct cfg_directives *directives)
{
    if (directives->too_deep)
        return false;
    return !directives->depth || directives->levels[directives->depth - 1].reading;
}

/* An empty word is none. */
static bool has_surplus(const struct directive *directive, unsigned allowed)
{
    return directive->lex->count > allowed + 1 && directive->lex->words[allowed + 1][0];
}

static void no_surplus(const struct directive *directive, unsigned allowed, const char *hint)
{
    if (has_surplus(directive, allowed))
        cfg_reader_say(directive->reader, DIAG_ALERT, directive->place,
                       "Unexpected argument '%s' for '%s'.%s", directive->lex->words[allowed + 1],
                       directive->lex->words[0], hint);
}

static void say_bad_condition(const struct directive *directive, struct str text, const char *error,
                              size_t error_at)
{
    const char *word = directive->lex->words[0];
    struct buf shown = BUF_INIT;
    struct buf line = BUF_INIT;
    buf_printf(&line, "%s %.*s", word, STR_ARG(text));
    cfg_lex_point_at(&shown, buf_str(&line), strlen(word) + 1 + error_at);
    cfg_reader_say(directive->reader, DIAG_ALERT, directive->place, "%s in '%s' at position %zu:%s", error,
                   word, error_at + 1, shown.failed || line.failed ? "" : shown.data);
    buf_finish(&shown);
    buf_finish(&line);
}

static enum cfg_condition evaluate(const struct directive *directive)
{
    static const struct cfg_condition_world no_world = { 0 };
    const struct cfg_condition_world *world = directive->reader->world ? directive->reader->world : &no_world;
    struct buf joined = BUF_INIT;
    struct arena arena;
    arena_init(&arena, 1024);
    for (unsigned i = 1; i < directive->lex->count; i++)
        buf_printf(&joined, "%s%s", i > 1 ? " " : "", directive->lex->words[i]);
    const char *error = "out of memory";
    size_t error_at = 0;
    enum cfg_condition result = CONDITION_BAD;
    if (!joined.failed)
        result = cfg_condition_eval(world, buf_str(&joined), &arena, &error, &error_at);
    if (result == CONDITION_BAD)
        say_bad_condition(directive, buf_str(&joined), error, error_at);
    arena_finish(&arena);
    buf_finish(&joined);
    return result;
}

static void ask(const struct directive *directive, struct cfg_if_level *level)
{
    enum cfg_condition result = evaluate(directive);
    level->reading = result == CONDITION_TRUE;
    level->answered = result != CONDITION_FALSE;
}

static void take_if(const struct directive *directive)
{
    struct cfg_directives *directives = directive->directives;
    if (directives->depth == CFG_IF_DEPTH_MAX) {
        if (!directives->too_deep++)
            cfg_reader_say(directive->reader, DIAG_ALERT, directive->place, "too many nested '.if', max %u.",
                           CFG_IF_DEPTH_MAX);
        return;
    }
    bool reading = cfg_directives_reading(directives);
    struct cfg_if_level *level = &directives->levels[directives->depth++];
    *level = (struct cfg_if_level){ .answered = !reading };
    if (reading)
        ask(directive, level);
}

/* The level that .elif, .else or .endif belongs to; NULL after an error. */
static struct cfg_if_level *own_level(const struct directive *directive)
{
    struct cfg_directives *directives = directive->directives;
    if (directives->depth)
        return &directives->levels[directives->depth - 1];
    cfg_reader_say(directive->reader, DIAG_ALERT, directive->place, "lone '%s' with no matching '.if'.",
                   directive->lex->words[0]);
    return NULL;
}

static bool before_else(const struct directive *directive, const struct cfg_if_level *level)
{
    if (level->else_seen)
        cfg_reader_say(directive->reader, DIAG_ALERT, directive->place,
                       "'%s' after '.else' is not permitted.", directive->lex->words[0]);
    return !level->else_seen;
}

static void take_elif(const struct directive *directive)
{
    struct cfg_if_level *level = own_level(directive);
    if (directive->directives->too_deep || !level || !before_else(directive, level))
        return;
    level->reading = false;
    if (!level->answered)
        ask(directive, level);
}

static void take_else(const struct directive *directive)
{
    no_surplus(directive, 0, "");
    struct cfg_if_level *level = own_level(directive);
    if (directive->directives->too_deep || !level || !before_else(directive, level))
        return;
    level->else_seen = true;
    level->reading = !level->answered;
    level->answered = true;
}

static void take_endif(const struct directive *directive)
{
    no_surplus(directive, 0, "");
    if (directive->directives->too_deep)
        directive->directives->too_deep--;
    else if (own_level(directive))
        directive->directives->depth--;
}

static void take_message(const struct directive *directive, enum diag_level level)
{
    if (!cfg_directives_reading(directive->directives))
        return;
    if (has_surplus(directive, 1))
        no_surplus(directive, 1, " Use quotes if the message should contain spaces.");
    else
        cfg_reader_say(directive->reader, level, directive->place, "'%s'.",
                       directive->lex->count > 1 ? directive->lex->words[1] : "");
}

static void take_notice(const struct directive *directive)
{
    take_message(directive, DIAG_NOTICE);
}

static void take_diag(const struct directive *directive)
{
    if (directive->reader->diagnostic || has_surplus(directive, 1))
        take_notice(directive);
}

static void take_warning(const struct directive *directive)
{
    take_message(directive, DIAG_WARNING);
}

static void take_alert(const struct directive *directive)
{
    take_message(directive, DIAG_ALERT);
}

static const struct {
    const char *word;
    void (*take)(const struct directive *directive);
} rows[] = {
    { ".if", take_if },           { ".elif", take_elif },   { ".else", take_else },
    { ".endif", take_endif },     { ".diag", take_diag },   { ".notice", take_notice },
    { ".warning", take_warning }, { ".alert", take_alert },
};

bool cfg_directives_take(struct cfg_directives *directives, struct cfg_reader *reader,
                         struct diag_place place, const struct cfg_lex *lex)
{
    CHECK(lex->count > 0);
    if (lex->words[0][0] != '.')
        return false;
    struct directive directive = { directives, reader, place, lex };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (strcmp(rows[i].word, lex->words[0]) == 0) {
            rows[i].take(&directive);
            return true;
        }
    }
    if (cfg_directives_reading(directives))
        cfg_reader_say(reader, DIAG_ALERT, place, "unknown directive '%s'.", lex->words[0]);
    return true;
}

void cfg_directives_end(struct cfg_directives *directives, struct cfg_reader *reader, struct diag_place place)
{
    if (directives->depth)
        cfg_reader_say(reader, DIAG_ALERT, place, "non-terminated '.if' block.");
    directives->depth = 0;
    directives->too_deep = 0;
}
