/* The HTTP/1 spec: what clients and servers of a scenario say and hear on one connection after the other.
 *
 * actor_client.c and actor_server.c own the connection's begin and end; the statements here work on it. Bytes are
 * read ahead; what is left unread at a close makes it a reset, as the kernel does. */
#ifndef SIM_ACTOR_HTTP_H
#define SIM_ACTOR_HTTP_H
#include "sim/actor.h"

enum { HTTP_FIELDS_MAX = 256 };

struct http_field {
    struct str name, value;
};

/* A head as it came. first[]: method, url, version, or version, status, reason; data NULL where there is none. */
struct http_head {
    struct buf bytes;
    struct str first[3];
    unsigned count;
    struct http_field fields[HTTP_FIELDS_MAX];
};

enum http_body_kind { HTTP_BODY_NONE, HTTP_BODY_LENGTH, HTTP_BODY_CHUNKED, HTTP_BODY_TO_END };
enum http_chunk_state { HTTP_CHUNK_SIZE, HTTP_CHUNK_DATA, HTTP_CHUNK_END };

struct actor_http {
    struct actor actor; /* first */
    bool is_server;
    struct wire *wire;
    plat_sock listener, sock;
    struct addr peer;
    unsigned repeat, round;
    uint64_t requests, connections; /* so far */
    bool keep_alive;
    uint64_t receive_buffer; /* -rcvbuf; 0: as it is */
    struct program *program;

    /* Set anew for each run of the spec. */
    uint64_t patience_ns; /* without a byte */
    bool lenient;         /* non_fatal */
    bool sent_head;       /* the last request's method was HEAD */
    int gzip_level;
    uint64_t segment; /* bytes a write; 0: all at once */
    bool segment_random;
    bool has_window;
    uint64_t window_left; /* bytes that may still be read */

    /* What came and was not used yet: in[in_begin .. in_end). */
    char *in;
    size_t in_begin, in_end, in_size;
    enum io_status in_status; /* IO_OK while more may come; else how it ended */
    size_t scanned;

    struct http_head head;
    bool head_is_request;
    struct buf body;
    bool has_body;        /* a head was read, so body counts even when it is empty */
    char body_length[24]; /* or "<undef>" */
    char chunk_length[24];
    enum http_body_kind body_kind;
    enum http_chunk_state chunk_state;
    uint64_t body_left, body_max, body_got;
    bool body_empty_chunk;

    struct buf out; /* a message that was built for one time */
    struct str sending;
    size_t sent;
};

void actor_http_init(struct actor_http *http, struct scenario *scenario, const struct actor_class *class,
                     struct str name);
void actor_http_finish(struct actor_http *http); /* the base too */
/* A new connection: nothing came yet. */
void actor_http_attach(struct actor_http *http, plat_sock sock);
/* Loads the spec, with the settings that each run begins with. */
void actor_http_begin(struct actor_http *http);
/* Closes; with unread bytes it is a reset. PLAT_NO_SOCK is fine. */
void actor_http_close(struct actor_http *http);
/* Sends what http->sending says, from http->sent on. STEP_FAILED also when the connection ended. */
enum actor_step actor_http_send(struct actor_http *http);
/* Options that clients and servers share; by is the actor whose words are read, at by->position. true: taken. */
bool actor_http_option(struct actor_http *http, struct actor *by, bool *wrong);

extern const struct statement_row actor_http_rows[];

#endif
