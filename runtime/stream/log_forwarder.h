/* Log messages that come in at log-forward sections, over streams and as datagrams, on their way to the section's targets. */
#ifndef STREAM_LOG_FORWARDER_H
#define STREAM_LOG_FORWARDER_H
#include "stream/applet.h"

struct bind;
struct engine;

/* What takes the bytes of a connection to a log-forward section. */
extern const struct service_row log_forward_service;

/* Takes the socket of a dgram-bind from bind->sock and reads it from now on. false: no memory, or it cannot be watched. */
bool log_forwarder_listen(struct engine *engine, struct bind *bind) MUST_USE;
void log_forwarders_close(struct engine *engine);

#endif
