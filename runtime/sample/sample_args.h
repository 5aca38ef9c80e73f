/* Arguments of fetches and converters: "(a,b,c)" read by a row's signature.
 *
 * A signature is a comma-separated list of types, in order: str int time size ip4 ip6 mask4 mask6 regex var
 * proxy frontend backend server table userlist map_file key; a '?' behind a type makes it and all after it
 * optional. */
#ifndef SAMPLE_SAMPLE_ARGS_H
#define SAMPLE_SAMPLE_ARGS_H
#include "base/addr.h"
#include "base/str.h"
#include "sample/vars.h"

struct arena;
struct configuration;
struct proxy;
struct regex;
struct sample_parser;
struct server;
struct stick_table;
struct userlist;

enum sample_arg_kind {
    ARG_STR,
    ARG_INT,
    ARG_ADDR,
    ARG_REGEX,
    ARG_VAR,
    ARG_PROXY,
    ARG_SERVER,
    ARG_TABLE,
    ARG_USERLIST
};

#define SAMPLE_ARG_MAX 12

struct sample_arg {
    enum sample_arg_kind kind;
    struct str text; /* as written, after quotes; NUL behind */
    int64_t integer; /* int; time in ms; size in bytes; prefix bits of a mask */
    struct addr addr;
    struct regex *regex;
    struct var_name var;
    /* Resolved by name once the whole configuration is read (configuration_resolve). */
    struct proxy *proxy;
    struct server *server;
    struct stick_table *table;
    struct userlist *userlist;
};

struct sample_args {
    unsigned count;                     /* given */
    struct sample_arg *list;            /* as many as the signature has; those past count are empty */
    void *row_data;                     /* the row's data */
    void *own;                          /* made by the row's check; lives in the parser's arena */
    const struct sample_parser *parser; /* during the row's check only */
};

#endif
