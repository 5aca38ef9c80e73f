/* Helpers of the words. */
#include "keywords/kw_common.h"
#include <stdio.h>

const char *kw_copy(const struct cfg_line *line, const char *text)
{
    return arena_need_copy(&configuration_of(line)->arena, str_of(text));
}

const char *kw_join(const struct cfg_line *line, unsigned i)
{
    struct buf text = BUF_INIT;
    for (unsigned at = i; at < cfg_arg_count(line); at++) {
        if (at > i)
            buf_add_char(&text, ' ');
        buf_add_c(&text, cfg_arg(line, at));
    }
    const char *copy = arena_need_copy(&configuration_of(line)->arena, buf_str(&text));
    buf_finish(&text);
    return copy;
}

const struct keyword_row *kw_row(const struct cfg_line *line)
{
    char name[128];
    cfg_keyword_name(line, name, sizeof(name));
    for (const struct word *word = words_find(line->reader->words, WORD_KEYWORD, str_of(name)); word;
         word = word->next) {
        const struct keyword_row *row = word->row;
        if (row->sections & line->section)
            return row;
    }
    CHECK(false && "a keyword that was looked up has a row");
    return NULL;
}

const char *kw_bad_name_char(const char *text)
{
    for (; *text; text++) {
        if (!ascii_alpha(*text) && !ascii_digit(*text) && !strchr("-_.:", *text))
            return text;
    }
    return NULL;
}

static bool begins_condition(const char *word)
{
    return strcmp(word, "if") == 0 || strcmp(word, "unless") == 0;
}

bool kw_condition_needed(struct cfg_line *line, unsigned at, enum sample_place place, const char *what,
                         struct condition **out)
{
    struct proxy *proxy = kw_proxy(line);
    struct acl_parser parser = configuration_acl_parser(configuration_of(line), line, proxy, place);
    if (at >= line->count || !begins_condition(line->words[at]))
        return cfg_error(line, "'%s' requires either 'if' or 'unless' followed by a condition.", what);
    *out = condition_parse(&parser, proxy->acls, line->words + at, line->count - at);
    if (parser.warning)
        cfg_warn(line, "%s", parser.warning);
    if (*out)
        return true;
    return cfg_error(line, "error detected while parsing a '%s' condition : %s.", what,
                     parser.sample.error ? parser.sample.error : "out of memory");
}

bool kw_condition(struct cfg_line *line, unsigned at, enum sample_place place, const char *what,
                  struct condition **out)
{
    *out = NULL;
    if (at >= line->count)
        return true;
    if (!begins_condition(line->words[at]))
        return cfg_error(line, "'%s' expects either 'if' or 'unless' followed by a condition but found '%s'.",
                         what, line->words[at]);
    return kw_condition_needed(line, at, place, what, out);
}

/* In the order in which they run. */
static const char *const rule_names[] = { "tcp-request connection",
                                          "tcp-request session",
                                          "tcp-request content",
                                          "monitor fail",
                                          "http-request",
                                          "redirect",
                                          "use_backend",
                                          "use-server" };

void kw_note_rule(struct cfg_line *line, unsigned kind, const char *word)
{
    struct proxy *proxy = kw_proxy(line);
    for (unsigned i = 0; i < COUNT_OF(rule_names); i++) {
        unsigned later = 1u << i;
        if (later <= kind || !(proxy->seen_rules & later))
            continue;
        cfg_warn(line, "a '%s' rule placed after a%s '%s' rule will still be processed before.", word,
                 later == SEEN_HTTP_REQUEST ? "n" : "", rule_names[i]);
        break;
    }
    proxy->seen_rules |= kind;
}

bool kw_read_file(struct cfg_line *line, const char *what, const char *path, struct buf *out)
{
    struct platform *platform = configuration_of(line)->platform;
    enum io_status status = platform->ops->file_read(platform, path, out);
    if (status == IO_OK && !out->failed)
        return true;
    return cfg_error(line, "%s : error opening file '%s'.", what, path);
}
