/* Variables: name → value in a scope; values are copied in and out (HAProxy manual 2.8 and `set-var`). */
#ifndef SAMPLE_VARS_H
#define SAMPLE_VARS_H
#include "base/check.h"
#include "base/str.h"
#include <stdint.h>

struct sample;
struct sample_context;

enum var_scope { VAR_PROC, VAR_SESS, VAR_TXN, VAR_REQ, VAR_RES, VAR_CHECK, VAR_SCOPE_COUNT };

struct var_name {
    enum var_scope scope;
    struct str name; /* without the scope, lives with the configuration */
    uint64_t hash;
};

/* One scope's variables. Memory from the heap, counted against `limit` (tune.vars.*-max-size, bytes, 0: none) here and
 * in every wider scope: all of them, the process, the session, the transaction, one request or response. */
struct var;
struct vars {
    struct var *first;   /* few: a chain with hashes */
    struct vars *within; /* the next wider scope, which lives longer; NULL: the widest */
    size_t size, limit;
};
#define VARS_INIT                                                                                            \
    {                                                                                                        \
        NULL, NULL, 0, 0                                                                                     \
    }
/* An empty scope. */
static inline struct vars vars_make(struct vars *within, size_t limit)
{
    return (struct vars){ NULL, within, 0, limit };
}
void vars_finish(struct vars *vars); /* removes all */
struct sample;
/* false: out of memory or over the limit. */
bool vars_set(struct vars *vars, const struct var_name *name, const struct sample *value) MUST_USE;
bool vars_remove(struct vars *vars, const struct var_name *name); /* true when it was there */
/* The value lives until it is changed. false: not set. */
bool vars_get(const struct vars *vars, const struct var_name *name, struct sample *out);
/* Next variable for dumps: begins with NULL. */
struct var *vars_next(const struct vars *vars, const struct var *previous);
struct str var_text_name(const struct var *var);

/* "txn.my_name" → scope and name. Allowed: letters, digits, '.', '_'; since names come from people, false
 * sets *error. The text must live as long as the name. */
bool var_name_parse(struct str text, struct var_name *out, const char **error) MUST_USE;
/* The same with a whole message, which names the text, in the arena. */
struct arena;
bool var_name_read(struct str text, struct var_name *out, struct arena *arena, const char **error) MUST_USE;

/* Notes that the configuration uses a name; names may be NULL. */
struct dict;
void var_name_note(struct dict *names, const struct var_name *name);
/* The scope's table in this context, NULL when there is none here (`res.` in a request and the like). The
 * stream storey gives a resolver to the engine; see sample_context_vars. */
struct vars *sample_context_vars(const struct sample_context *context, enum var_scope scope);

#endif
