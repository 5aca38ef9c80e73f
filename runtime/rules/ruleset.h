/* Ordered rules that can wait and resume: each an action with a condition (HAProxy manual 4.2
 * "http-request" ...). */
#ifndef RULES_RULESET_H
#define RULES_RULESET_H
#include "config/cfg_reader.h"
#include "rules/condition.h"

enum ruleset_kind { /* bits: an action row says which take it */
                    RULES_TCP_CONNECTION = 1,
                    RULES_TCP_SESSION = 2,
                    RULES_TCP_CONTENT = 4,
                    RULES_TCP_RESPONSE = 8,
                    RULES_HTTP_REQUEST = 16,
                    RULES_HTTP_RESPONSE = 32,
                    RULES_HTTP_AFTER_RESPONSE = 64,
                    RULES_CHECK = 128,
                    RULES_TCP_ALL =
                        RULES_TCP_CONNECTION | RULES_TCP_SESSION | RULES_TCP_CONTENT | RULES_TCP_RESPONSE,
                    RULES_HTTP_ALL = RULES_HTTP_REQUEST | RULES_HTTP_RESPONSE | RULES_HTTP_AFTER_RESPONSE,
};

enum rule_result {
    RULE_NEXT,    /* go on with the next rule */
    RULE_STOP,    /* this ruleset ends well (accept, allow) */
    RULE_WAIT,    /* call this action again when woken; cursor->state is its own */
    RULE_DENY,    /* answer the deny status (stream_set_deny said which), or reject */
    RULE_FAIL,    /* an internal error: 500 */
    RULE_INVALID, /* the message is bad: 400 or 502 */
    RULE_ABORT,   /* end without more ado; the action answered or wants no answer */
    RULE_DONE,    /* the action made the response itself (return, redirect, use-service) */
};

struct rule;
struct rule_cursor { /* where a stream stands in a ruleset */
    const struct ruleset *set;
    unsigned next; /* index of the rule to look at */
    bool resuming; /* that rule's action answered RULE_WAIT before: its condition is not looked at again */
    void *state;   /* the waiting action's own, NULL at its first call */
};

struct action_row {
    const char *name;  /* "set-header"; a trailing '*' matches a prefix: "track-sc*", "lua.*", "set-var(*" */
    unsigned rulesets; /* enum ruleset_kind bits */
    /* Reads arguments from line->words[*at] on and leaves *at behind the last one it took (at `if`/`unless`
     * or the end). The action's own name is line->words[*at - 1]; for a row with a trailing '*', rule->text
     * is what stands behind the prefix there: "txn.x)" of "set-var(txn.x)". false: reported by cfg_error. */
    bool (*parse)(struct cfg_line *line, unsigned *at, struct rule *rule);
    enum rule_result (*run)(struct rule *rule, struct sample_context *context, struct rule_cursor *cursor);
    void (*finish)(struct rule *rule); /* gives back what is not in the configuration's arena; may be NULL */
    /* A stream that ends while this action waits: frees cursor->state. May be NULL. */
    void (*abandon)(struct rule *rule, struct sample_context *context, struct rule_cursor *cursor);
    void *data;       /* for rows that Lua makes */
    const char *note; /* for dumps */
};

struct rule {
    const struct action_row *row;
    struct condition *condition; /* NULL: always */
    enum ruleset_kind kind;
    enum sample_place place;
    struct proxy *proxy;
    struct diag_place at; /* file and line, for last_rule_* and messages */
    void *own;            /* what parse made, in the configuration's arena */
    int64_t integer;      /* small facts without a struct */
    struct str text;
    uint64_t hits;
};

struct ruleset {
    struct rule **rules;
    unsigned count, capacity;
    unsigned shared; /* rules in front of the others that another set owns */
};

/* Reads one rule: line->words[at] is the action's name. proxy: the section. acls: named ACLs that its
 * condition may use. Appends to set. false: reported. */
bool ruleset_read(struct ruleset *set, enum ruleset_kind kind, struct cfg_line *line, unsigned at,
                  struct proxy *proxy, struct acl_parser *acls, const struct acl *named) MUST_USE;
/* Shares the rules of another set, in front of own ones. */
void ruleset_append(struct ruleset *set, const struct ruleset *more, struct arena *arena);
void ruleset_finish(struct ruleset *set); /* calls finish of each rule that it read itself */
/* Runs from the cursor on until a rule says other than RULE_NEXT. RULE_NEXT: all rules were looked at.
 * *last is the rule that decided (NULL otherwise), for last_rule_file. */
enum rule_result ruleset_run(struct rule_cursor *cursor, struct sample_context *context, struct rule **last);
void rule_cursor_start(struct rule_cursor *cursor, const struct ruleset *set);
/* The stream ends: lets a waiting action clean up. */
void rule_cursor_abandon(struct rule_cursor *cursor, struct sample_context *context);

#endif
