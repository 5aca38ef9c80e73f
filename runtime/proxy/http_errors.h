/* `http-errors` sections: named sets of ready answers that `errorfiles` and rules refer to (HAProxy manual 3.8). */
#ifndef PROXY_HTTP_ERRORS_H
#define PROXY_HTTP_ERRORS_H
#include "base/diag.h"
#include "proxy/http_reply.h"

struct configuration;

struct http_errors {
    const char *name;
    struct diag_place at;
    struct http_reply *replies[HTTP_REPLY_COUNT]; /* NULL: not in this set */
};

struct http_errors *http_errors_find(const struct configuration *configuration,
                                     const char *name); /* NULL: none */

#endif
