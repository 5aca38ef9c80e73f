/* Typed values and where they come from: what fetches give, converters turn and rules look at
 * (HAProxy manual 7.1). */
#ifndef SAMPLE_SAMPLE_H
#define SAMPLE_SAMPLE_H
#include "base/addr.h"
#include "base/arena.h"
#include "base/str.h"
#include "http/http_msg.h"
#include "sample/vars.h"

struct channel;
struct check;
struct configuration;
struct engine;
struct proxy;
struct sample_args;
struct server;
struct session;
struct stream;

enum sample_type {
    SAMPLE_ANY, /* in rows only: whatever comes */
    SAMPLE_BOOL,
    SAMPLE_SINT,
    SAMPLE_ADDR /* in rows: either family */,
    SAMPLE_IPV4,
    SAMPLE_IPV6,
    SAMPLE_STR,
    SAMPLE_BIN,
    SAMPLE_METH,
    SAMPLE_TYPE_COUNT
};

struct sample {
    enum sample_type type;
    union {
        int64_t integer; /* BOOL (0 or 1), SINT */
        uint8_t ip[16];  /* IPV4 (first 4), IPV6, network order */
        struct str text; /* STR, BIN: in the context's scratch, or longer lived; never to be written to */
        struct {
            enum http_method id;
            struct str name; /* as written, for known ones too */
        } method;
    } u;
};

/* Where an expression is evaluated: one of these. A fetch row's `valid` is the set in which it has a
 * meaning. */
enum sample_place {
    AT_CONFIG = 1, /* .if, global set-var */
    AT_CLI = 2,
    AT_CHECK = 4,            /* tcp-check, http-check */
    AT_CONNECTION = 8,       /* tcp-request connection */
    AT_SESSION = 16,         /* tcp-request session */
    AT_REQUEST_CONTENT = 32, /* tcp-request content */
    AT_REQUEST_HEAD = 64,    /* http-request, use_backend, redirect */
    AT_SERVER_PICK = 128,    /* use-server, balance, stick on, server sni */
    AT_RESPONSE_CONTENT = 256,
    AT_RESPONSE_HEAD = 512, /* http-response, http-after-response */
    AT_LOG = 1024,
    /* Usual sets for rows. */
    AT_ANYWHERE = 2047,
    AT_CLIENT = AT_CONNECTION | AT_SESSION | AT_REQUEST_CONTENT | AT_REQUEST_HEAD | AT_SERVER_PICK |
                AT_RESPONSE_CONTENT | AT_RESPONSE_HEAD | AT_LOG, /* client's connection is known */
    AT_STREAM = AT_REQUEST_CONTENT | AT_REQUEST_HEAD | AT_SERVER_PICK | AT_RESPONSE_CONTENT |
                AT_RESPONSE_HEAD | AT_LOG,
    AT_REQUEST =
        AT_REQUEST_CONTENT | AT_REQUEST_HEAD | AT_SERVER_PICK, /* request data or head in the buffer */
    AT_REQUEST_KEPT = AT_REQUEST | AT_RESPONSE_CONTENT | AT_RESPONSE_HEAD | AT_LOG, /* kept until the end */
    AT_SERVER = AT_RESPONSE_CONTENT | AT_RESPONSE_HEAD | AT_LOG,                    /* server is known */
    AT_RESPONSE = AT_RESPONSE_CONTENT | AT_RESPONSE_HEAD, /* response data or head in the buffer */
    AT_RESPONSE_KEPT = AT_RESPONSE | AT_LOG,
};

/* Conditions look at every value that a fetch can give, such as all values of a header: wanted says that
 * the caller calls again as long as the fetch sets more; the rest is the fetch's own, zero at the first
 * call. A fetch that knows one value only ignores it. */
struct sample_cursor {
    bool wanted, more;
    struct http_value_cursor values;
    size_t next;
    struct http_msg *raw; /* the request that was read from a buffer of mode tcp */
};

/* What an evaluation can see. Pointers that have no meaning at the place are NULL: a fetch answers "no
 * value". */
struct sample_context {
    enum sample_place place;
    struct configuration *configuration;
    struct engine *engine;
    struct proxy *proxy; /* whose rule or format this is */
    struct session *session;
    struct stream *stream;
    struct check *check;
    const struct server *server; /* of a check */
    struct http_msg *request; /* set while the request's head may be read (AT_REQUEST_HEAD ..., kept later) */
    struct http_msg *response;
    struct channel *request_channel, *response_channel;
    struct arena *scratch; /* for results; the evaluating caller rewinds it */
    bool final;            /* nothing more will come: what is missing is missing for good */
    bool may_change;       /* out: the answer could be another once more data came */
    bool is_response_side; /* hdr() and the like: which message is meant */
    struct sample_cursor each;
    /* A scope's variables here, NULL when it has none; set by whoever makes the context. */
    struct vars *(*vars)(const struct sample_context *context, enum var_scope scope);
};

struct fetch_row {
    const char *name;
    /* false: no value (no error). */
    bool (*run)(const struct sample_args *args, struct sample_context *context, struct sample *out);
    const char *args; /* see sample_args.h */
    enum sample_type out;
    unsigned valid; /* enum sample_place bits */
    void *data;     /* for rows that Lua makes: passed as args->row_data */
    bool (*check)(struct sample_args *args, const char **error); /* after parsing, may be NULL */
};

struct converter_row {
    const char *name;
    /* Turns *sample in place; false: no value. */
    bool (*run)(const struct sample_args *args, struct sample_context *context, struct sample *sample);
    const char *args;
    enum sample_type in, out;
    void *data;
    bool (*check)(struct sample_args *args, const char **error);
};

/* Casts in place, by the table of manual 7.1 and TRUTHS 32; texts go to scratch. false: no cast, or no
 * value. */
bool sample_cast(struct sample *sample, enum sample_type to, struct arena *scratch) MUST_USE;
bool sample_can_cast(enum sample_type from, enum sample_type to);
const char *sample_type_name(enum sample_type type); /* "str" */

static inline struct sample sample_text(struct str text)
{
    return (struct sample){ .type = SAMPLE_STR, .u.text = text };
}
static inline struct sample sample_int(int64_t value)
{
    return (struct sample){ .type = SAMPLE_SINT, .u.integer = value };
}
static inline struct sample sample_bool(bool value)
{
    return (struct sample){ .type = SAMPLE_BOOL, .u.integer = value };
}
bool sample_of_addr(const struct addr *addr, struct sample *out) MUST_USE; /* false for Unix and none */
struct addr sample_to_addr(const struct sample *sample);                   /* of an IPV4 or IPV6 one */
/* "req.hdr(x) is valid in http-request rules ..." : the places of a mask as words for messages. */
struct str sample_places_text(unsigned places, struct arena *arena);

#endif
