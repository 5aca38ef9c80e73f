/* What the parsers of actions share. */
#include "actions/action_read.h"
#include "match/pattern.h"
#include "match/regex.h"
#include "proxy/proxy.h"

/* How many words name the rule: "http-request set-header", "tcp-request content accept", "redirect". */
static unsigned name_words(const struct cfg_line *line, const struct rule *rule)
{
    if (rule->kind & RULES_TCP_ALL)
        return 3;
    return strcmp(line->words[0], "redirect") == 0 ? 1 : 2;
}

bool action_error(struct cfg_line *line, const struct rule *rule, const char *format, ...)
{
    struct buf name = BUF_INIT, message = BUF_INIT;
    unsigned count = name_words(line, rule);
    va_list values;
    va_start(values, format);
    buf_vprintf(&message, format, values);
    va_end(values);
    for (unsigned i = 0; i < count; i++)
        buf_printf(&name, "%s%s", i ? " " : "", cfg_word(line, i));
    const char *quote = count == 1 ? "" : "'";
    cfg_error(line, "error detected in %s '%s' while parsing %s%.*s%s rule : %.*s.",
              proxy_type_name(rule->proxy), rule->proxy->name, quote, STR_ARG(buf_str(&name)), quote,
              STR_ARG(buf_str(&message)));
    buf_finish(&name);
    buf_finish(&message);
    return false;
}

bool action_ends_at(const struct cfg_line *line, unsigned i)
{
    const char *word = cfg_word(line, i);
    return !word[0] || strcmp(word, "if") == 0 || strcmp(word, "unless") == 0;
}

void *action_alloc(struct cfg_line *line, size_t size)
{
    return arena_need(&configuration_of(line)->arena, size);
}

struct str action_copy(struct cfg_line *line, const char *text)
{
    return str_of(arena_need_copy(&configuration_of(line)->arena, str_of(text)));
}

struct str action_copy_lower(struct cfg_line *line, const char *text)
{
    char *copy = arena_need_copy(&configuration_of(line)->arena, str_of(text));
    for (char *at = copy; *at; at++)
        *at = ascii_lower(*at);
    return str_of(copy);
}

struct log_format *action_read_format(struct cfg_line *line, const struct rule *rule, const char *text)
{
    struct sample_parser parser =
        configuration_parser(configuration_of(line), line, rule->proxy, rule->place);
    struct log_format_options options = { .http = (rule->kind & RULES_HTTP_ALL) != 0 };
    struct log_format *format = log_format_parse(&parser, text, &options);
    if (!format)
        action_error(line, rule, "%s", parser.error ? parser.error : "out of memory");
    return format;
}

struct sample_expr *action_read_expr(struct cfg_line *line, const struct rule *rule, unsigned *at)
{
    struct sample_parser parser =
        configuration_parser(configuration_of(line), line, rule->proxy, rule->place);
    const char *text = cfg_word(line, *at), *end;
    if (action_ends_at(line, *at)) {
        action_error(line, rule, "missing fetch method");
        return NULL;
    }
    struct sample_expr *expr = sample_expr_parse(&parser, text, &end);
    if (!expr || (!*end && !sample_expr_parse_more(&parser, expr, line->words, line->count, at, &end))) {
        action_error(line, rule, "%s", parser.error ? parser.error : "out of memory");
        return NULL;
    }
    if (*end) {
        action_error(line, rule, "unexpected '%s' behind the expression '%.*s'", end, (int)(end - text),
                     text);
        return NULL;
    }
    ++*at;
    return expr;
}

struct regex *action_read_regex(struct cfg_line *line, const struct rule *rule, const char *text)
{
    struct configuration *configuration = configuration_of(line);
    const char *error = NULL;
    struct str pattern = action_copy(line, text);
    struct regex *regex =
        pattern_set_regex(configuration->patterns, pattern, false, &configuration->arena, &error);
    if (!regex)
        action_error(line, rule, "%s", error ? error : "out of memory");
    return regex;
}
