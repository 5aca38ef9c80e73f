/* What TLS adds to the counters of `show stat` and `show info`. */
#ifndef STREAM_TLS_COUNT_H
#define STREAM_TLS_COUNT_H
#include "stream/session.h"

struct stream;

/* Whether one more connection may speak TLS (manual 3.2 maxsslconn). */
bool tls_count_room(const struct configuration *configuration);
/* The handshake of a client or of the stream's server came to its end, or failed. */
void tls_count_client(struct session *session, bool well);
void tls_count_server(struct stream *stream, bool well);

#endif
