/* `mailers` sections and the `email-alert` lines that name them. Nothing here sends mail: scripts read both by
 * Proxy:get_mailers() and do (HAProxy manual 12.3). */
#ifndef PROXY_MAILERS_H
#define PROXY_MAILERS_H
#include "base/addr.h"
#include "base/diag.h"

struct configuration;
struct proxy;

struct mailer {
    struct mailer *next;
    const char *name;
    struct addr addr;
};

struct mailers { /* lives with the configuration */
    const char *name;
    struct diag_place at;
    struct mailer *first;
    uint64_t timeout_ms;
    bool used;
};

struct email_alert { /* of a proxy; names are NULL until said */
    const char *from, *to, *host_name, *mailers_name;
    int level;               /* enum log_level: the least urgent one that is told */
    bool seen;               /* any of the lines */
    struct mailers *mailers; /* once resolved; NULL: no alerts */
};

/* Names become sections; what is incomplete is warned about. false: said. */
bool mailers_resolve(struct configuration *configuration);

#endif
