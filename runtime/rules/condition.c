/* Conditions: alternatives of terms that must all hold; a term is an ACL, maybe negated. Kept as one array,
 * in which the last term of each alternative is marked. */
#include "rules/condition.h"

struct term {
    const struct acl *acl;
    bool negated, last; /* last: of its alternative */
};

struct condition {
    bool unless;
    unsigned count; /* none: `if` never holds, `unless` always does */
    struct term terms[];
};

static bool fail(struct acl_parser *parser, const char *format, const char *word)
{
    struct str text = arena_printf(parser->sample.arena, "%s%s%s", format, word, word[0] ? "'" : "");
    parser->sample.error = text.data;
    return false;
}

static const struct acl *named(struct acl_parser *parser, const struct acl *acls, const char *name)
{
    for (; acls; acls = acls->next) {
        if (str_eq(acls->name, str_of(name)))
            return acls->tests ? acls : NULL;
    }
    return acl_make_predefined(parser, name);
}

static const struct acl *find(struct acl_parser *parser, const struct acl *acls, const char *name)
{
    parser->sample.error = NULL;
    const struct acl *found = named(parser, acls, name);
    if (!found && !parser->sample.error)
        fail(parser, "no such ACL : '", name);
    return found;
}

/* "{" ... "}": *at is left on the closing one. */
static const struct acl *anonymous(struct acl_parser *parser, const char *const *words, unsigned count,
                                   unsigned *at)
{
    unsigned end = *at + 1;
    while (end < count && strcmp(words[end], "}") != 0)
        end++;
    if (end == count) {
        fail(parser, "missing closing '}' in condition", "");
        return NULL;
    }
    struct acl *acl = arena_zero(parser->sample.arena, sizeof(*acl));
    if (!acl) {
        fail(parser, "out of memory", "");
        return NULL;
    }
    const char *const *inner = words + *at + 1;
    unsigned inner_count = end - *at - 1;
    *at = end;
    return acl_add_test(parser, acl, inner, inner_count) ? acl : NULL;
}

static const char *place_title(enum sample_place place)
{
    switch (place) {
    case AT_CONNECTION:
        return "tcp-request connection rule";
    case AT_SESSION:
        return "tcp-request session rule";
    case AT_REQUEST_CONTENT:
        return "tcp-request content rule";
    case AT_REQUEST_HEAD:
        return "http-request header rule";
    case AT_RESPONSE_CONTENT:
        return "tcp-response content rule";
    case AT_RESPONSE_HEAD:
        return "http-response header rule";
    case AT_SERVER_PICK:
        return "server selection rule";
    default:
        return "this place";
    }
}

/* The first oddity is the one that is told. */
static void keep_warning(struct acl_parser *parser, const struct acl *acl, const char **warning)
{
    const char *keyword = acl_never(acl, parser->sample.place);
    if (!*warning)
        *warning = parser->warning;
    parser->warning = NULL;
    if (*warning || !keyword)
        return;
    const char *title = place_title(parser->sample.place);
    struct str text =
        acl->name.size
            ? arena_printf(
                  parser->sample.arena,
                  "acl '%.*s' will never match because it uses keyword '%s' which is incompatible with '%s'",
                  STR_ARG(acl->name), keyword, title)
            : arena_printf(parser->sample.arena,
                           "anonymous acl will never match because it uses keyword '%s' which is "
                           "incompatible with '%s'",
                           keyword, title);
    *warning = text.data;
}

static bool is_or(const char *word)
{
    return str_eq_nocase(str_of(word), STR("or")) || strcmp(word, "||") == 0;
}

struct condition *condition_parse(struct acl_parser *parser, const struct acl *acls, const char *const *words,
                                  unsigned count)
{
    struct condition *condition =
        arena_zero(parser->sample.arena, sizeof(*condition) + count * sizeof(condition->terms[0]));
    const char *warning = NULL;
    bool negated = false;
    parser->warning = NULL;
    if (!condition) {
        fail(parser, "out of memory", "");
        return NULL;
    }
    condition->unless = count && strcmp(words[0], "unless") == 0;
    for (unsigned at = 1; at < count; at++) {
        const char *word = words[at];
        for (; *word == '!'; word++)
            negated = !negated;
        if (!*word)
            continue; /* "! a" */
        if (is_or(word)) {
            if (condition->count)
                condition->terms[condition->count - 1].last = true;
            negated = false;
            continue;
        }
        const struct acl *acl =
            strcmp(word, "{") == 0 ? anonymous(parser, words, count, &at) : find(parser, acls, word);
        if (!acl)
            return NULL;
        keep_warning(parser, acl, &warning);
        condition->terms[condition->count++] = (struct term){ .acl = acl, .negated = negated };
        negated = false;
    }
    if (condition->count)
        condition->terms[condition->count - 1].last = true;
    parser->warning = warning;
    return condition;
}

static enum acl_result opposite(enum acl_result result)
{
    return result == ACL_MISS ? ACL_MISS : result == ACL_PASS ? ACL_FAIL : ACL_PASS;
}

/* The first term of an alternative that does not hold decides it, even when a later one would say more. */
static enum acl_result eval_terms(const struct condition *condition, struct sample_context *context)
{
    enum acl_result whole = ACL_FAIL;
    for (const struct term *term = condition->terms, *end = term + condition->count; term < end; term++) {
        enum acl_result one = acl_eval(term->acl, context);
        if (term->negated)
            one = opposite(one);
        if (one == ACL_PASS && !term->last)
            continue;
        if (one == ACL_PASS)
            return ACL_PASS;
        if (one == ACL_MISS)
            whole = ACL_MISS;
        while (!term->last)
            term++;
    }
    return whole;
}

enum acl_result condition_eval(const struct condition *condition, struct sample_context *context)
{
    if (!condition)
        return ACL_PASS;
    enum acl_result result = eval_terms(condition, context);
    return condition->unless ? opposite(result) : result;
}
