/* do-resolve: a name that a rule computes is looked up, its address goes into a variable (HAProxy manual 4.2). The rules
 * wait for the answer; without one the variable stays unset. */
#include "actions/action_read.h"
#include "actions/actions.h"
#include "base/mem.h"
#include "resolve/resolver.h"
#include "sample/sample_expr.h"
#include "stream/stream.h"

struct resolve_action {
    struct var_name name;
    struct resolvers *resolvers; /* known when the configuration is whole */
    enum resolve_want want;
    struct sample_expr *expr;
};

struct waiting { /* of one stream; the cursor's state */
    struct resolve_user user;
    struct stream *stream;
    bool done;
};

/* "(txn.ip,mydns,ipv4)" behind the action's own name, then the expression. */
static bool read_resolve(struct cfg_line *line, unsigned *at, struct rule *rule)
{
    struct resolve_action *action = action_alloc(line, sizeof(*action));
    struct configuration *configuration = configuration_of(line);
    const char *error = NULL;
    size_t close = str_find_last_char(rule->text, ')');
    rule->own = action;
    action->want = RESOLVE_IPV6;
    if (!str_starts(rule->text, STR("(")) || close == STR_NOT_FOUND)
        return action_error(
            line, rule, "Can't parse '%s'. Expects 'do-resolve(<varname>,<resolvers>[,<options>]) <expr>'",
            cfg_word(line, *at - 1));
    struct str rest = str_slice(rule->text, 1, close - 1), name = str_split(&rest, ',');
    if (!var_name_read(name, &action->name, &configuration->arena, &error))
        return action_error(line, rule, "%s", error);
    struct str resolvers = str_split(&rest, ',');
    if (!resolvers.size)
        return action_error(line, rule, "'do-resolve' expects the name of a resolvers section");
    while (rest.data) {
        struct str word = str_trim(str_split(&rest, ','));
        bool four = str_eq(word, STR("ipv4"));
        if (!four && !str_eq(word, STR("ipv6")))
            return action_error(line, rule, "unknown option '%.*s'", STR_ARG(word));
        action->want = four ? RESOLVE_IPV4 : RESOLVE_IPV6;
    }
    configuration_want_resolvers(configuration, line->place,
                                 arena_need_copy(&configuration->arena, resolvers), &action->resolvers);
    action->expr = action_read_expr(line, rule, at);
    return action->expr;
}

static void changed(struct resolve_user *user)
{
    struct waiting *waiting = CONTAINER_OF(user, struct waiting, user);
    waiting->done = true;
    stream_wake(waiting->stream);
}

static void set_variable(const struct resolve_action *action, struct sample_context *context,
                         const struct resolution *resolution)
{
    struct sample value;
    struct vars *vars = sample_context_vars(context, action->name.scope);
    if (resolution->status != DNS_OK || !resolution->count || !vars ||
        !sample_of_addr(&resolution->records[0].addr, &value))
        return;
    if (!vars_set(vars, &action->name, &value))
        return; /* no room for it: as if there were no answer */
}

static void forget(struct rule_cursor *cursor)
{
    struct waiting *waiting = cursor->state;
    if (!waiting)
        return;
    resolver_leave(&waiting->user);
    mem_free(waiting);
    cursor->state = NULL;
}

static bool begin(const struct resolve_action *action, struct sample_context *context,
                  struct rule_cursor *cursor)
{
    struct arena_mark mark = arena_mark(context->scratch);
    struct sample name;
    struct waiting *waiting = NULL;
    if (sample_eval_as(action->expr, context, SAMPLE_STR, &name) && name.u.text.size) {
        struct str text = arena_copy(context->scratch, name.u.text);
        waiting = text.data ? mem_zero(sizeof(*waiting)) : NULL;
        if (waiting) {
            waiting->stream = context->stream;
            waiting->user.once = true;
            waiting->user.changed = changed;
            list_init(&waiting->user.link);
            cursor->state = waiting;
            if (!resolver_join(action->resolvers, text.data, action->want, false, &waiting->user))
                forget(cursor);
        }
    }
    arena_rewind(context->scratch, mark);
    return cursor->state != NULL;
}

static enum rule_result resolve(struct rule *rule, struct sample_context *context, struct rule_cursor *cursor)
{
    const struct resolve_action *action = rule->own;
    struct waiting *waiting = cursor->state;
    if (!waiting) {
        if (!begin(action, context, cursor))
            return RULE_NEXT;
        waiting = cursor->state;
        if (!resolution_is_fresh(waiting->user.resolution))
            return RULE_WAIT;
    } else if (!waiting->done && waiting->user.resolution) {
        return RULE_WAIT;
    }
    if (waiting->user.resolution)
        set_variable(action, context, waiting->user.resolution);
    forget(cursor);
    return RULE_NEXT;
}

static void abandon(struct rule *rule, struct sample_context *context, struct rule_cursor *cursor)
{
    (void)rule;
    (void)context;
    forget(cursor);
}

#define WHERE (RULES_HTTP_REQUEST | RULES_TCP_CONTENT)

/* clang-format off */
const struct action_row action_resolve_rows[] = {
    { "do-resolve*", WHERE, read_resolve, resolve, NULL, abandon, NULL, NULL },
    { 0 },
};
/* clang-format on */
