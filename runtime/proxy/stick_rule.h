/* `stick` lines of a backend: what a client is known by, and in which table its server is kept. */
#ifndef PROXY_STICK_RULE_H
#define PROXY_STICK_RULE_H
#include "base/diag.h"
#include <stdbool.h>

struct condition;
struct sample_expr;
struct stick_table;

struct stick_rule {
    struct stick_rule *next; /* in the order of the lines */
    struct sample_expr *expr;
    struct condition *condition; /* NULL: always */
    const char *table_name;      /* NULL: the section's own */
    struct stick_table *table;   /* resolved once all is read */
    bool match;                  /* a request is looked up */
    bool store;                  /* the server that answers is kept */
    bool response;               /* the key comes from the response */
    struct diag_place at;
};

#endif
