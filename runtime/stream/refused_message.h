/* The last message of each section that broke the protocol, kept for whoever looks for the reason (management manual 9.3
 * "show errors"). */
#ifndef STREAM_REFUSED_MESSAGE_H
#define STREAM_REFUSED_MESSAGE_H
#include "base/addr.h"
#include "http/h1_parse.h"

struct channel;
struct http_reader;
struct proxy;
struct server;
struct stream;

struct refused_message {
    int64_t wall_ns;
    uint64_t event;            /* counted over all sections, from 0 on */
    const struct proxy *other; /* of a request: the backend; of a response: the frontend; NULL: none */
    const struct server *server;
    struct addr source;
    const char *why;
    size_t position; /* of the byte at fault */
    size_t size;
    char bytes[];
};

/* Keeps the bytes as the last request of the frontend, or the last response of the backend. Without memory the one before
 * stays. why is not copied. */
void refused_message_keep(struct stream *stream, bool is_response, struct str bytes, size_t position,
                          const char *why);
/* The same for a head that was not read to its end (H1_MORE: it is too large), and for a body whose framing is broken: reads
 * on, as http_reader_body does. */
void refused_message_head(struct stream *stream, const struct http_reader *reader,
                          const struct channel *channel, bool is_response, enum h1_status status);
bool refused_message_body(struct stream *stream, struct http_reader *reader, struct channel *channel,
                          bool is_response);
void refused_message_forget(struct proxy *proxy);

#endif
