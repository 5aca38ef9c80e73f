/* HTTP/1 on a connection: a reader that turns bytes into heads and body data, a writer that does the reverse. The front
 * end reads requests and writes responses, the back end writes requests and reads responses. */
#ifndef STREAM_HTTP_WIRE_H
#define STREAM_HTTP_WIRE_H
#include "http/h1_body.h"
#include "http/h1_trailers.h"
#include "http/h1_write.h"
#include "net/conn.h"
#include "stream/channel.h"

struct http_reader {
    struct h1_parser parser;
    struct h1_body body;
    struct h1_trailers trailers;
    bool head_done;
    bool broken; /* framing of the body */
};

/* Reads once into the channel, keeping `reserve` bytes free. true: something changed (bytes, end, failure). */
bool http_wire_fill(struct conn *conn, struct channel *channel, struct engine *engine, size_t reserve);

void http_reader_init(struct http_reader *reader, const struct h1_options *options, struct arena *arena);
/* Looks at the channel's raw bytes. H1_DONE: msg is filled, the head's bytes are gone from the channel. */
enum h1_status http_reader_head(struct http_reader *reader, struct channel *channel, struct http_msg *msg);
/* Decodes raw into input as far as it goes; sets channel->ended, and channel->trailers, at the end of the body. true:
 * something moved. */
bool http_reader_body(struct http_reader *reader, struct channel *channel);
/* The peer ended: decides whether the body may end so. */
void http_reader_closed(struct http_reader *reader, struct channel *channel);
/* From here on bytes are a tunnel's. */
void http_reader_tunnel(struct http_reader *reader, struct channel *channel);

struct http_writer {
    const struct dict *cases; /* names that are to be written in another case; NULL: none */
    struct str head;          /* what is left of it, in the stream's arena */
    char frame[24];           /* chunk size line */
    unsigned frame_at, frame_size;
    uint64_t chunk_left; /* bytes of output that belong to the open chunk */
    struct str tail;     /* what is left of what stands behind the chunk's data */
    bool drop_trailers, chunked, no_body, started, last_chunk, done;
    bool counted;         /* the head announces a length: */
    uint64_t length_left; /* of it */
    bool broken;          /* the body is longer than that, or ended before: nothing more is sent */
    uint64_t head_bytes;  /* for the statistics */
};

/* begins a message: the head is written to the arena. false: no memory. */
bool http_writer_begin(struct http_writer *writer, const struct http_msg *msg, bool no_body,
                       struct arena *arena) MUST_USE;
/* An interim response ahead of the real one. */
bool http_writer_interim(struct http_writer *writer, const struct http_msg *msg,
                         struct arena *arena) MUST_USE;
/* Sends what can be sent. true: something moved. writer->done: all of an ended channel was sent. writer->broken: the head
 * does not tell the truth about the body, so that the connection must end. */
bool http_writer_flush(struct http_writer *writer, struct conn *conn, struct channel *channel,
                       struct engine *engine);
/* Nothing is waiting to be sent now. */
bool http_writer_idle(const struct http_writer *writer, const struct channel *channel);

struct http_front {
    struct http_reader reader;
    struct http_writer writer;
};
struct http_back {
    struct http_reader reader;
    struct http_writer writer;
    bool begun;
    bool interim_sent;
};

#endif
