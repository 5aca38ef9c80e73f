/* Reads an HTTP/1 message head from the bytes at hand, strictly by RFC 9112: what two parsers could read
 * in two ways is refused. Call again with more bytes until it is no more H1_MORE; lines that were read are
 * not read again. The caller keeps the bytes at the same offsets (the memory may move). */
#ifndef HTTP_H1_PARSE_H
#define HTTP_H1_PARSE_H
#include "http/http_msg.h"

enum h1_status { H1_MORE, H1_DONE, H1_REJECT };

/* why a head was refused, for the log and `show errors` */
enum h1_error {
    H1_OK,
    H1_BAD_METHOD,
    H1_BAD_TARGET,
    H1_BAD_VERSION,
    H1_BAD_STATUS,
    H1_BAD_LINE_END,
    H1_BAD_NAME,
    H1_BAD_VALUE,
    H1_OBS_FOLD,
    H1_TOO_MANY_FIELDS,
    H1_BAD_LENGTH,
    H1_LENGTH_CONFLICT,
    H1_BAD_TRANSFER_ENCODING,
    H1_BAD_HOST,
    H1_NO_MEMORY,
};

struct h1_options {
    bool is_response;
    bool accept_invalid;  /* option accept-invalid-http-request / -response */
    unsigned field_max;   /* tune.http.maxhdr, usual 101 */
    bool answers_head;    /* response to HEAD: no body whatever the fields say */
    bool answers_connect; /* response to CONNECT: 2xx begins a tunnel */
};

/* offsets into the message's bytes */
struct h1_line {
    uint32_t name_at, value_at;
    uint32_t name_size, value_size;
    bool folded; /* the value holds line ends of obs-fold, which become blanks */
};

struct h1_span {
    uint32_t at, size;
};

struct h1_parser {
    struct h1_options options;
    size_t at;      /* bytes of finished lines, offset of the current line */
    size_t scanned; /* bytes of the current line known to hold no LF */
    bool in_fields;
    bool past_name;  /* the scanned bytes hold the blank or the colon that ends the line's first word */
    size_t start_at; /* offset of the start line, behind empty lines */
    struct h1_span words[3]; /* of the start line: method, target, version; version, status, reason */
    unsigned line_count, line_capacity;
    struct h1_line *lines; /* scratch in `arena` */
    struct arena *arena;
    enum h1_error error;
    size_t error_at;  /* offset of the byte at fault */
    int error_status; /* what the client is told: 400, 422, 500; 502 for responses */
};

void h1_parser_init(struct h1_parser *parser, const struct h1_options *options, struct arena *arena);
/* bytes: all of the message so far. H1_DONE: the head is copied into the arena and msg filled; *used is
 * its size in bytes (leading empty lines included, RFC 9112 section 2.2). Interim (1xx) responses are
 * messages of their own. */
enum h1_status h1_parse_head(struct h1_parser *parser, struct str bytes, struct http_msg *msg,
                             size_t *used) MUST_USE;
const char *h1_error_text(enum h1_error error);

#endif
