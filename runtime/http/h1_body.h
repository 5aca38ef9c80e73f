/* Finds the body's data in what follows a head: by length, chunked (RFC 9112 section 7.1) or until close. */
#ifndef HTTP_H1_BODY_H
#define HTTP_H1_BODY_H
#include "http/h1_parse.h"

/* states of chunked; length and until-close use BODY_DATA and BODY_DONE alone */
enum h1_body_state {
    BODY_SIZE_FIRST, /* first digit of a chunk size */
    BODY_SIZE,       /* more digits */
    BODY_SIZE_BLANK, /* blanks behind the size */
    BODY_EXTENSION,  /* after ';' up to CR */
    BODY_SIZE_LF,    /* CR was read */
    BODY_DATA,       /* `left` bytes of data */
    BODY_DATA_CR,
    BODY_DATA_LF,       /* the CRLF behind the data */
    BODY_TRAILER,       /* at the start of a trailer line or of the last empty line */
    BODY_TRAILER_NAME,  /* in a trailer's name, one byte at least was read */
    BODY_TRAILER_VALUE, /* behind its colon, or in a folded line */
    BODY_TRAILER_LF,    /* CR of a trailer line was read */
    BODY_END_LF,        /* CR of the last empty line was read */
    BODY_DONE,
    BODY_BROKEN,
};

struct h1_body {
    enum http_body kind;
    enum h1_body_state state;
    uint64_t left;        /* of the length or the current chunk */
    uint64_t total;       /* data bytes found so far */
    uint32_t line_size;   /* of the size line or the trailers so far: bounded */
    bool quoted, escaped; /* inside a quoted string of an extension, behind its backslash */
    bool any_trailer;     /* there is one that a folded line could go on with */
    size_t trailers_at;   /* where in the bytes skipped last the trailers begin; their size: none there */
};

void h1_body_init(struct h1_body *body, enum http_body kind, uint64_t length);
/* Looks at bytes and says what comes next at their start: *skip bytes of framing to drop, then *data bytes
 * of body. Both 0 with H1_MORE: nothing can be told yet. H1_DONE: the message ended after skip + data
 * bytes (both may be given with it). Call again for the rest. Trailers are checked, and skipped: those bytes of
 * *skip from trailers_at on, the empty line behind them included. H1_REJECT:
 * broken framing. Stricter than for a head: a size line and a chunk's data end with CR and LF, and an
 * extension hides neither (RFC 9112 section 7.1 leaves no choice there, and bodies that are cut
 * differently by two readers are an attack). */
enum h1_status h1_body_next(struct h1_body *body, struct str bytes, size_t *skip, size_t *data) MUST_USE;
/* The peer closed: true when that is a proper end. */
bool h1_body_closed(struct h1_body *body);

#endif
