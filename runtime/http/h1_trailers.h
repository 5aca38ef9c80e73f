/* The fields behind the last chunk (RFC 9112 section 7.1.2), from how they came to how they are passed on: names in
 * small letters, values trimmed and unfolded, and without those that say something about framing, routing or the
 * connection, which another reader could take for the head's (RFC 9110 section 6.5.1). */
#ifndef HTTP_H1_TRAILERS_H
#define HTTP_H1_TRAILERS_H
#include "base/arena.h"
#include "base/str.h"

struct h1_trailers {
    char *data; /* lines as they came, checked by h1_body */
    size_t size, capacity;
};

/* More of the lines. false: no memory. */
bool h1_trailers_add(struct h1_trailers *trailers, struct str bytes, struct arena *arena) MUST_USE;
/* What ends a chunked body behind its last data: CR LF, the chunk of size 0, the fields, the empty line; in `arena`.
 * No data: no memory. */
struct str h1_trailers_end(const struct h1_trailers *trailers, struct arena *arena);

#endif
