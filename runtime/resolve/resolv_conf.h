/* The nameservers that the machine is set to: lines "nameserver <ip>" of /etc/resolv.conf; the rest of it is the C library's
 * business. */
#ifndef RESOLVE_RESOLV_CONF_H
#define RESOLVE_RESOLV_CONF_H
#include "base/str.h"
#include <stdbool.h>

#define RESOLV_CONF      "/etc/resolv.conf"
#define RESOLV_CONF_PORT 53

/* The next one's address as it is written. *rest begins as the whole text. false: there is none left. */
bool resolv_conf_next(struct str *rest, struct str *ip);

#endif
