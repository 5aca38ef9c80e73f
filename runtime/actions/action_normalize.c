/* normalize-uri (HAProxy manual 4.2 http-request normalize-uri). */
#include "actions/action_read.h"
#include "actions/action_rewrite.h"
#include "actions/actions.h"
#include "http/http_normalize.h"
#include "stream/stream.h"

struct normalize_action {
    enum http_normalizer normalizer;
    bool option;
};

static const struct {
    const char *word, *option; /* option NULL: none */
    enum http_normalizer normalizer;
} names[] = {
    { "fragment-encode", NULL, NORMALIZE_FRAGMENT_ENCODE },
    { "fragment-strip", NULL, NORMALIZE_FRAGMENT_STRIP },
    { "path-merge-slashes", NULL, NORMALIZE_PATH_MERGE_SLASHES },
    { "path-strip-dot", NULL, NORMALIZE_PATH_STRIP_DOT },
    { "path-strip-dotdot", "full", NORMALIZE_PATH_STRIP_DOTDOT },
    { "percent-decode-unreserved", "strict", NORMALIZE_PERCENT_DECODE },
    { "percent-to-uppercase", "strict", NORMALIZE_PERCENT_UPPERCASE },
    { "query-sort-by-name", NULL, NORMALIZE_QUERY_SORT },
};

static bool read_normalizer(struct cfg_line *line, unsigned *at, struct rule *rule)
{
    struct normalize_action *action = action_alloc(line, sizeof(*action));
    const char *word = cfg_word(line, *at);
    rule->own = action;
    if (action_ends_at(line, *at))
        return action_error(line, rule, "missing argument <normalizer>");
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (strcmp(names[i].word, word) != 0)
            continue;
        action->normalizer = names[i].normalizer;
        action->option = names[i].option && strcmp(cfg_word(line, *at + 1), names[i].option) == 0;
        *at += action->option ? 2 : 1;
        if (action_ends_at(line, *at))
            return true;
        return action_error(line, rule, "unknown argument '%s' for normalizer '%s'%s%s", cfg_word(line, *at),
                            word, names[i].option ? ", expected " : "",
                            names[i].option ? names[i].option : "");
    }
    return action_error(line, rule, "unknown normalizer '%s'", word);
}

static enum rule_result normalize(struct rule *rule, struct sample_context *context,
                                  struct rule_cursor *cursor)
{
    const struct normalize_action *action = rule->own;
    struct http_msg *request = &context->stream->http->request;
    struct str before = http_msg_pathq(request);
    struct arena_mark mark = arena_mark(context->scratch);
    enum rule_result result = RULE_NEXT;
    size_t size = 0;
    (void)cursor;
    if (!before.size)
        return RULE_NEXT;
    char *text = arena_alloc(context->scratch, http_normalize_room(before));
    if (!text)
        result = RULE_FAIL;
    else if (!http_normalize(action->normalizer, action->option, before, text, &size))
        result = RULE_INVALID;
    else if (!str_eq(before, str_make(text, size)) && !http_msg_set_pathq(request, str_make(text, size)))
        result = action_rewrite_failed(context, false);
    arena_rewind(context->scratch, mark);
    return result;
}

const struct action_row action_normalize_rows[] = {
    { "normalize-uri", RULES_HTTP_REQUEST, read_normalizer, normalize, NULL, NULL, NULL, NULL },
    { 0 },
};
