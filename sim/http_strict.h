/* A strict reader of HTTP/1 messages for the judges: it shares no code with the engine, so that one mistake is not
 * believed by both. It follows RFC 9112 and takes bytes as they come.
 *
 * What a peer sends may be read in a tolerant way: lines that end in LF alone, odd signs in fields, a length repeated or
 * beside chunks, all of which a proxy may take but must not pass on. */
#ifndef SIM_HTTP_STRICT_H
#define SIM_HTTP_STRICT_H
#include "base/buf.h"
#include <stdint.h>

enum http_strict_state {
    STRICT_IDLE, /* before the first byte of a message */
    STRICT_HEAD,
    STRICT_BODY, /* so many bytes are left */
    STRICT_CHUNK_SIZE,
    STRICT_CHUNK,
    STRICT_CHUNK_END,
    STRICT_TRAILERS,
    STRICT_UNTIL_CLOSE, /* the body ends with the connection */
    STRICT_DONE,
    STRICT_WRONG, /* `wrong` says why; nothing is read any more */
};

struct http_strict {
    enum http_strict_state state;
    bool is_response, tolerant;
    bool bodiless; /* set by the caller before a response: it answers HEAD, or CONNECT if `tunnels` */
    bool tunnels;
    const char *wrong;
    struct buf line; /* what came of one that is not whole */
    bool has_start;  /* the start line was read */

    /* Of the message, once its head was read: */
    bool is_head, is_connect; /* a request's method */
    unsigned status;          /* a response's */
    bool persists;            /* the connection may carry another one behind it */
    bool http11, has_length, chunked, encoded;
    uint64_t left; /* of the body or chunk */
    uint64_t length;
    /* Of the body so far, without the chunks' frames: */
    uint64_t size, digest, begins; /* begins: its first 16 bytes as a digest, once it has as many */
};

void http_strict_init(struct http_strict *reader, bool is_response, bool tolerant);
void http_strict_finish(struct http_strict *reader);
void http_strict_next(struct http_strict *reader); /* ready for another message */
/* Takes bytes up to the end of the message, and at least one unless DONE or WRONG; how many it took. */
size_t http_strict_read(struct http_strict *reader, struct str bytes);
void http_strict_ends(struct http_strict *reader); /* no bytes will come */

#endif
