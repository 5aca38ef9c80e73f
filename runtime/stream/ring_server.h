/* Lines of rings on their way to log servers over TCP. */
#ifndef STREAM_RING_SERVER_H
#define STREAM_RING_SERVER_H
#include "base/check.h"
#include <stdbool.h>

struct engine;

/* Begins to send the lines of all rings that have servers. false: no memory. */
bool ring_servers_begin(struct engine *engine) MUST_USE;
void ring_servers_end(struct engine *engine);

#endif
