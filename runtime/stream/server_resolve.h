/* Servers whose addresses come from DNS while the proxy runs: `resolvers` behind a server's address, and groups of
 * servers that a service record fills (HAProxy manual 5.3). */
#ifndef STREAM_SERVER_RESOLVE_H
#define STREAM_SERVER_RESOLVE_H
#include "base/check.h"
#include <stdbool.h>

struct addr;
struct engine;
struct server;

/* Begins to ask. false: no memory. */
bool server_resolve_start(struct engine *engine) MUST_USE;
void server_resolve_stop(struct engine *engine);

/* From now on the address is that of another name; the old one stands until the new one's comes. false: no name for DNS,
 * no `resolvers` behind the server, it is of a service, or no memory. */
bool server_resolve_rename(struct engine *engine, struct server *server, const char *name) MUST_USE;
/* The service whose targets the server is given; NULL: none. */
const char *server_resolve_service(const struct server *server);
/* Of a service: the target that the server had before a restart. addr: with its port; family ADDR_NONE: it has to be
 * asked for. */
void server_resolve_resume(struct server *server, const char *target, const struct addr *addr);

#endif
