/* Something of ours that stands where a server would: Lua services, the management socket, statistics. It takes the
 * request from the stream's request channel and gives the response into the response channel. */
#ifndef STREAM_APPLET_H
#define STREAM_APPLET_H
#include "base/check.h"
#include <stdbool.h>

struct stream;

struct applet_ops {
    const char *name; /* "lua", for logs: <name> stands for the server */
    /* Called once when the stream reached it; false: internal error (500). May be NULL. */
    bool (*start)(struct stream *stream);
    /* Called whenever something changed: request data or its end, room in the response, a wake of the stream's task.
     * Produces with stream_applet_* below; returns when it can do no more now. */
    void (*run)(struct stream *stream);
    /* The stream ends, finished or not: gives everything back. May be NULL. */
    void (*stop)(struct stream *stream);
};

struct service_row { /* what `use-service` may name: "lua.hello" */
    const char *name;
    bool http, tcp; /* in which modes */
    /* Makes the applet the stream's (stream_use_applet). false: no memory. */
    bool (*begin)(struct stream *stream, void *data);
    void *data;
};

/* The applet reads the request with channel_output(&stream->request) and channel_sent. HTTP
 * applets: stream->http->response is filled (head) and the body follows through channel_put on stream->response. */
/* The applet wants the body of a client that waits to be asked for it (Expect: 100-continue). false: no memory. */
bool stream_applet_continue(struct stream *stream) MUST_USE;
void stream_applet_head_ready(struct stream *stream); /* the response head may be sent */
void stream_applet_end(struct stream *stream);        /* all of the response was given */
/* The applet broke: before the head a 500 is answered, after it the connection is cut. */
void stream_applet_fail(struct stream *stream);

#endif
