/* One direction of a stream: bytes from a producer (the receiving connection, an applet) to a consumer.
 *
 *   data: | output (let through, to be sent) | input (under rules and filters) | raw (not decoded yet) |
 *
 * In HTTP, heads are not in it: it holds body data, and raw is what an HTTP/1 reader has not looked at (chunk sizes,
 * a pipelined request). In TCP raw is empty. A channel without bytes holds no buffer. When a read filled all the room
 * and what comes may pass at once, the next buffer is a large one: fewer, larger reads and writes. */
#ifndef STREAM_CHANNEL_H
#define STREAM_CHANNEL_H
#include "base/check.h"
#include "base/str.h"
#include <stdint.h>

struct engine;

struct channel {
    char *data; /* capacity bytes from the engine's buffer pool; NULL while empty */
    size_t capacity;
    size_t from; /* first byte that counts */
    size_t output, input, raw;
    uint64_t forward;    /* bytes of coming input that may pass to output at once; CHANNEL_ALL: everything */
    bool ended;          /* the producer has given all (FIN, end of body) */
    bool failed;         /* the producer died: reset, broken framing */
    bool closed;         /* the consumer takes no more; what comes is dropped */
    bool end_sent;       /* the consumer was told of the end */
    bool bulk;           /* data is a large buffer */
    bool eager;          /* the last read filled all the room */
    bool held;           /* a filter is in the middle of adding to it: the end does not pass yet */
    struct str trailers; /* how a chunked body ends that has them (h1_trailers_end), in the stream's arena */
    uint64_t total_in, total_out; /* bytes since the stream began: received / sent */
    bool out_waits;               /* output is ready and the consumer did not take it when it was offered */
    uint64_t last_in_ns;
    uint64_t
        last_out_ns; /* when bytes were taken, or when the first refused ones were offered: time-outs count from it */
};
#define CHANNEL_ALL UINT64_MAX

void channel_init(struct channel *channel);
void channel_finish(struct channel *channel, struct engine *engine); /* gives the buffer back */
/* Gives the buffer back when no byte is left. */
void channel_release_if_empty(struct channel *channel, struct engine *engine);
/* Where new bytes go: at the end of raw. Takes a buffer when needed, moves data to its front when that makes room.
 * *size is the free room, 0 when full or without memory (failed_memory says which). reserve: bytes to keep free. */
char *channel_room(struct channel *channel, struct engine *engine, size_t reserve, size_t *size);

static inline struct str channel_output(const struct channel *c)
{
    return str_make(c->data + c->from, c->output);
}
static inline struct str channel_input(const struct channel *c)
{
    return str_make(c->data + c->from + c->output, c->input);
}
static inline struct str channel_raw(const struct channel *c)
{
    return str_make(c->data + c->from + c->output + c->input, c->raw);
}
/* What a read into `size` bytes of channel_room brought, for the choice of the next buffer. */
static inline void channel_filled(struct channel *channel, size_t room, size_t size)
{
    channel->eager = size == room;
}
/* size new bytes were put at channel_room: as input (TCP, applets; moved on to output while `forward` allows). */
void channel_added(struct channel *channel, size_t size);
/* size new bytes were put at channel_room: undecoded. */
void channel_added_raw(struct channel *channel, size_t size);
/* Framing: drops bytes at the start of raw; data: turns the first raw bytes into input (or output). */
void channel_drop_raw(struct channel *channel, size_t size);
void channel_take_raw(struct channel *channel, size_t size);
/* Lets input through. */
void channel_forward(struct channel *channel, uint64_t size);
/* The consumer took bytes / is ready for none of those that are there. */
static inline void channel_taken(struct channel *channel, uint64_t now_ns)
{
    channel->out_waits = false;
    channel->last_out_ns = now_ns;
}
static inline void channel_refused(struct channel *channel, uint64_t now_ns)
{
    if (channel->out_waits)
        return;
    channel->out_waits = true;
    channel->last_out_ns = now_ns;
}
/* size bytes of output were sent (or dropped). */
void channel_sent(struct channel *channel, size_t size);
/* Copies text in as input, as much as fits; returns the bytes taken. */
size_t channel_put(struct channel *channel, struct engine *engine, struct str text);
/* Drops bytes of the input at an offset / puts text into the input at an offset (false: no room). */
void channel_cut_input(struct channel *channel, size_t at, size_t size);
bool channel_insert_input(struct channel *channel, struct engine *engine, size_t at,
                          struct str text) MUST_USE;
bool channel_full(const struct channel *channel); /* no room for input, reserve respected by its reader */

#endif
