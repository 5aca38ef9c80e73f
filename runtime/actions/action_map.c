/* add-acl, del-acl, set-map, del-map: rules that change lists which conditions and maps look at (HAProxy manual 4.2
 * http-request add-acl). The list is a file's, or a virtual one, that an ACL or a map of the configuration uses. */
#include "actions/action_read.h"
#include "actions/actions.h"
#include "log/log_format.h"
#include "match/pattern.h"
#include "stream/stream.h"

struct map_action {
    struct str name;
    struct log_format *key, *value; /* value: of set-map */
};

/* "(file)" behind the action's own name. */
static bool read_name(struct cfg_line *line, const struct rule *rule, struct map_action *action)
{
    struct str text = rule->text;
    if (text.size < 3 || !str_starts(text, STR("(")) || !str_ends(text, STR(")")))
        return action_error(line, rule, "expects the list's file name in parentheses");
    action->name = str_slice(text, 1, text.size - 2);
    return true;
}

static bool read_change(struct cfg_line *line, unsigned *at, struct rule *rule, bool with_value)
{
    struct map_action *action = action_alloc(line, sizeof(*action));
    rule->own = action;
    if (!read_name(line, rule, action))
        return false;
    if (action_ends_at(line, *at) || (with_value && action_ends_at(line, *at + 1)))
        return action_error(line, rule, "expects exactly %s",
                            with_value ? "2 arguments: <key fmt> <value fmt>" : "1 argument: <key fmt>");
    action->key = action_read_format(line, rule, cfg_word(line, *at));
    if (action->key && with_value)
        action->value = action_read_format(line, rule, cfg_word(line, *at + 1));
    *at += with_value ? 2 : 1;
    return action->key && (!with_value || action->value);
}

static bool read_key(struct cfg_line *line, unsigned *at, struct rule *rule)
{
    return read_change(line, at, rule, false);
}

static bool read_key_and_value(struct cfg_line *line, unsigned *at, struct rule *rule)
{
    return read_change(line, at, rule, true);
}

enum change { ADD, REMOVE, SET };

/* What is no key of the list's kind, or finds no memory, changes nothing: rules have nobody to tell. */
static void apply(struct pattern_ref *ref, enum change change, struct str key, struct str value,
                  struct arena *scratch)
{
    const char *error = NULL;
    switch (change) {
    case REMOVE:
        pattern_ref_remove(ref, key);
        break;
    case ADD:
        if (!pattern_ref_find(ref, key))
            (void)!pattern_ref_append(ref, key, STR_NONE, scratch, &error);
        break;
    case SET:
        if (pattern_ref_find(ref, key))
            pattern_ref_set(ref, key, value);
        else
            (void)!pattern_ref_append(ref, key, value, scratch, &error);
        break;
    }
}

static enum rule_result run_change(struct rule *rule, struct sample_context *context, enum change change)
{
    const struct map_action *action = rule->own;
    struct arena_mark mark = arena_mark(context->scratch);
    struct pattern_ref *ref = pattern_ref_get(context->configuration->patterns, action->name);
    struct str key = log_format_text(action->key, context, true);
    struct str value = action->value ? log_format_text(action->value, context, true) : STR("");
    if (ref && key.data && value.data)
        apply(ref, change, key, value, context->scratch);
    arena_rewind(context->scratch, mark);
    return RULE_NEXT;
}

static enum rule_result add_entry(struct rule *rule, struct sample_context *context,
                                  struct rule_cursor *cursor)
{
    (void)cursor;
    return run_change(rule, context, ADD);
}

static enum rule_result remove_entry(struct rule *rule, struct sample_context *context,
                                     struct rule_cursor *cursor)
{
    (void)cursor;
    return run_change(rule, context, REMOVE);
}

static enum rule_result set_entry(struct rule *rule, struct sample_context *context,
                                  struct rule_cursor *cursor)
{
    (void)cursor;
    return run_change(rule, context, SET);
}

#define RULES (RULES_HTTP_REQUEST | RULES_HTTP_RESPONSE | RULES_HTTP_AFTER_RESPONSE)
#define LISTS (RULES_HTTP_REQUEST | RULES_HTTP_RESPONSE)

/* clang-format off */
const struct action_row action_map_rows[] = {
    /* name       rulesets read                run */
    { "add-acl*", LISTS,   read_key,           add_entry,    NULL, NULL, NULL, NULL },
    { "del-acl*", LISTS,   read_key,           remove_entry, NULL, NULL, NULL, NULL },
    { "del-map*", RULES,   read_key,           remove_entry, NULL, NULL, NULL, NULL },
    { "set-map*", RULES,   read_key_and_value, set_entry,    NULL, NULL, NULL, NULL },
    { 0 },
};
/* clang-format on */
