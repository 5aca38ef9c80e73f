/* The Forwarded field of RFC 7239: one element, its parameters, and the nodes that `for` and `by` name. Views; nothing
 * is allocated. */
#ifndef HTTP_HTTP_FORWARDED_H
#define HTTP_HTTP_FORWARDED_H
#include "base/addr.h"
#include "base/str.h"
#include <stdbool.h>

enum http_forwarded_parameter {
    FORWARDED_PROTO, /* http or https */
    FORWARDED_HOST,
    FORWARDED_BY, /* nodes */
    FORWARDED_FOR,
    FORWARDED_COUNT
};

/* "proto", "host", "by", "for"; FORWARDED_COUNT for any other word. */
enum http_forwarded_parameter http_forwarded_parameter_of(struct str name);

struct http_forwarded {
    struct str values[FORWARDED_COUNT]; /* without quotes; data NULL: not there */
};
/* One element, each parameter at most once and of a value that it may have. false: anything else. */
bool http_forwarded_read(struct str text, struct http_forwarded *out) MUST_USE;

enum http_node_name { NODE_ADDRESS, NODE_UNKNOWN, NODE_OBFUSCATED };
struct http_node {
    enum http_node_name kind;
    struct addr addr; /* NODE_ADDRESS; its port is 0 */
    struct str name;  /* as written, without brackets; with '_' when obfuscated */
    struct str port;  /* digits, or obfuscated with its '_'; data NULL: none */
};
/* RFC 7239 section 6. */
bool http_node_read(struct str text, struct http_node *out) MUST_USE;
/* Whether text may stand behind the '_' of an obfuscated name or port. */
bool http_node_is_obfuscated(struct str text);

#endif
