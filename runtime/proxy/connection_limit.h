/* How many connections at once, and the descriptors that they take (manual 3.2 maxconn, ulimit-n, fd-hard-limit;
 * management manual 3 -m). */
#ifndef PROXY_CONNECTION_LIMIT_H
#define PROXY_CONNECTION_LIMIT_H
#include "proxy/configuration.h"

/* Sets globals.maxconn where nothing said it, raises the process's limit of descriptors as far as it is needed and
 * allowed, and lowers a maxconn of its own choice to what that limit serves. false: what was asked for cannot be had,
 * and strict-limits makes that an error (said); without it a warning. */
bool connection_limit_set(struct configuration *configuration) MUST_USE;

#endif
