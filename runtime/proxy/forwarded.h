/* What `option forwarded` says goes into the Forwarded field of requests (RFC 7239). */
#ifndef PROXY_FORWARDED_H
#define PROXY_FORWARDED_H
#include <stdbool.h>

struct sample_expr;

struct forwarded_node {
    bool wanted, with_port;
    struct sample_expr *name, *port; /* NULL: from the address */
};

struct forwarded {
    bool with_proto, with_host;
    struct sample_expr *host;     /* NULL: the request's */
    struct forwarded_node by, of; /* `by` and `for` */
};

#endif
