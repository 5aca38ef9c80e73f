/* Expressions: a fetch and a chain of converters, "req.hdr(host),lower,field(1,:)" (HAProxy manual 7.3). */
#ifndef SAMPLE_SAMPLE_EXPR_H
#define SAMPLE_SAMPLE_EXPR_H
#include "base/diag.h"
#include "config/words.h"
#include "sample/sample.h"
#include "sample/sample_args.h"

struct sample_step {
    const struct converter_row *row;
    struct sample_args args;
};

struct sample_expr {
    const struct fetch_row *fetch;
    struct sample_args args;
    struct sample_step *steps;
    unsigned step_count;
    enum sample_type out; /* what comes out of the last step */
    struct str text;      /* as written */
};

/* Arguments that name a proxy, server, table or userlist are kept here until the configuration is whole. */
struct sample_unresolved {
    struct sample_unresolved *next;
    struct sample_arg *arg;
    const char *type;    /* of the signature: "table", "backend", ... */
    struct proxy *proxy; /* in whose section */
    struct diag_place place;
    const char *user; /* name of the fetch or converter, for the message */
};

struct sample_parser {
    const struct words *words;
    struct arena *arena; /* where the expression lives */
    struct configuration
        *configuration;      /* for checks of arguments that read files or keep patterns; NULL: they fail */
    struct proxy *proxy;     /* section being read, may be NULL */
    enum sample_place place; /* 0: any; else a fetch that is not valid there is an error naming where it is */
    const char *file;        /* for messages of resolved arguments */
    unsigned line;
    struct sample_unresolved **unresolved; /* where to add; NULL: such arguments are an error */
    struct dict *var_names;                /* where names of variables are noted; NULL: nowhere */
    const char *error;                     /* out: what is wrong, in arena; names the word */
};

/* Reads one expression at the beginning of text, up to the first character that cannot belong to it (blank
 * or NUL outside parentheses); *end is set there. NULL: parser->error says why. */
struct sample_expr *sample_expr_parse(struct sample_parser *parser, const char *text,
                                      const char **end) MUST_USE;
/* Only the converters, ",lower,field(1)" or "lower,field(1)", appended behind an input of type `in` (ACL,
 * maps). */
bool sample_expr_parse_steps(struct sample_parser *parser, const char *text, struct sample_expr *expr,
                             const char **end) MUST_USE;

/* An expression whose word ended with a comma goes on in the next word when that begins with a converter's name:
 * "src, ipmask(24)". words[*at] is the last one that was read, the list ends with NULL or ""; *at moves on. *end as above. */
bool sample_expr_parse_more(struct sample_parser *parser, struct sample_expr *expr, const char *const *words,
                            unsigned count, unsigned *at, const char **end) MUST_USE;

/* false: no value. The result is valid until context->scratch is rewound or the streams's data change. */
bool sample_eval(const struct sample_expr *expr, struct sample_context *context, struct sample *out) MUST_USE;
/* The same, cast. */
bool sample_eval_as(const struct sample_expr *expr, struct sample_context *context, enum sample_type type,
                    struct sample *out) MUST_USE;
/* One converter chain step on a value (Lua's Converters). */
bool sample_apply(const struct converter_row *row, const struct sample_args *args,
                  struct sample_context *context, struct sample *sample) MUST_USE;
/* Reads "(a,b)"-style arguments given as separate strings for a row's signature (Lua's Fetches and
 * Converters). false: *error says what is wrong. */
bool sample_args_make(const struct sample_parser *parser, const char *signature, const char *user,
                      const struct str *values, unsigned count, struct sample_args *out,
                      const char **error) MUST_USE;

#endif
