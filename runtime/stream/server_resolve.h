/* Servers whose addresses come from DNS while the proxy runs: `resolvers` behind a server's address, and groups of
 * servers that a service record fills (HAProxy manual 5.3). */
#ifndef STREAM_SERVER_RESOLVE_H
#define STREAM_SERVER_RESOLVE_H
#include "base/check.h"
#include <stdbool.h>

struct engine;

/* Begins to ask. false: no memory. */
bool server_resolve_start(struct engine *engine) MUST_USE;
void server_resolve_stop(struct engine *engine);

#endif
