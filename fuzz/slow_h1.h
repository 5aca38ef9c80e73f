/* A second reader of HTTP/1, written for its plainness from RFC 9112: whole bytes in, one pass a question, no
 * state. It judges what the real one accepts. Its answer where the two could differ is always the strict one. */
#ifndef FUZZ_SLOW_H1_H
#define FUZZ_SLOW_H1_H
#include "base/str.h"
#include <stdint.h>

enum slow_verdict { SLOW_MORE, SLOW_DONE, SLOW_REJECT };
enum slow_body { SLOW_NO_BODY, SLOW_LENGTH, SLOW_CHUNKED, SLOW_UNTIL_CLOSE };

struct slow_request {
    size_t head_size; /* with the empty lines before it and the one that ends it */
    struct str method, target, version;
    enum slow_body body;
    uint64_t length;
    unsigned field_count; /* folded lines belong to the one before */
};

struct slow_response {
    size_t head_size;
    int status;
    enum slow_body body; /* but for HEAD and CONNECT, which the caller knows of */
    uint64_t length;
};

/* The head at the start of bytes. */
enum slow_verdict slow_h1_head(struct str bytes, struct slow_request *out);
enum slow_verdict slow_h1_response(struct str bytes, struct slow_response *out);
/* Chunked data at the start of bytes: its body is appended to body (room for bytes.size), *used is all with trailers. */
enum slow_verdict slow_h1_chunked(struct str bytes, char *body, size_t *body_size, size_t *used);
/* How many fields of that name (any case) the head has; it was DONE. */
unsigned slow_h1_count(struct str head, struct str name);

#endif
