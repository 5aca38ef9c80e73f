/* Where connections to servers come from: `source` of a backend or of a server (HAProxy manual 4.2 and 5.2). */
#ifndef PROXY_SOURCE_H
#define PROXY_SOURCE_H
#include "config/cfg_addr.h"

enum source_use { /* usesrc: whose address is shown to the server */
                  SOURCE_OWN,
                  SOURCE_CLIENT,    /* the client's, with its port */
                  SOURCE_CLIENT_IP, /* without */
                  SOURCE_HEADER,    /* hdr_ip(name[,occurrence]) */
                  SOURCE_ADDR
};

struct source_settings {
    bool given;
    struct cfg_addr addr;
    enum source_use use;
    struct cfg_addr use_addr;
    const char *header; /* lower case */
    int64_t occurrence;
    const char *interface; /* NULL: any */
};

#endif
