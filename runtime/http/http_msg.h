/* One HTTP message head as a value: start line, header fields, how the body is framed. All text lies in
 * the arena that the message was given (or is static), so that it outlives the receive buffer. Field names
 * are kept in lower case. Edits put new text into the arena and never move what others point to. */
#ifndef HTTP_HTTP_MSG_H
#define HTTP_HTTP_MSG_H
#include "base/arena.h"
#include "base/str.h"
#include <stdbool.h>
#include <stdint.h>

/* RFC 9110 section 9.3, RFC 5789 */
enum http_method {
    HTTP_OTHER_METHOD,
    HTTP_OPTIONS,
    HTTP_GET,
    HTTP_HEAD,
    HTTP_POST,
    HTTP_PUT,
    HTTP_DELETE,
    HTTP_TRACE,
    HTTP_CONNECT,
    HTTP_PATCH,
};

/* the names that the engine itself looks for; found without comparing text */
enum http_field_id {
    FIELD_OTHER,
    FIELD_HOST,
    FIELD_CONNECTION,
    FIELD_KEEP_ALIVE,
    FIELD_PROXY_CONNECTION,
    FIELD_CONTENT_LENGTH,
    FIELD_TRANSFER_ENCODING,
    FIELD_UPGRADE,
    FIELD_EXPECT,
    FIELD_TE,
    FIELD_TRAILER,
    FIELD_COOKIE,
    FIELD_SET_COOKIE,
    FIELD_X_FORWARDED_FOR,
    FIELD_X_ORIGINAL_TO,
    FIELD_AUTHORIZATION,
    FIELD_PROXY_AUTHORIZATION,
    FIELD_USER_AGENT,
    FIELD_ACCEPT,
    FIELD_LOCATION,
    FIELD_SERVER,
    FIELD_DATE,
    FIELD_CONTENT_TYPE,
    FIELD_CACHE_CONTROL,
    FIELD_ID_COUNT
};
_Static_assert(FIELD_ID_COUNT <= 32, "ids make a set of 32 bits");

struct http_field {
    struct str name;  /* lower case */
    struct str value; /* without blanks around */
    enum http_field_id id;
    bool removed; /* skipped by every walk and by the writer */
};

enum http_body {
    HTTP_BODY_NONE,   /* the message ends with its head */
    HTTP_BODY_LENGTH, /* body_length bytes follow */
    HTTP_BODY_CHUNKED,
    HTTP_BODY_UNTIL_CLOSE, /* responses only: RFC 9112 section 6.3 rule 8 */
    HTTP_BODY_TUNNEL,      /* after CONNECT 2xx or 101: bytes until both sides end */
};

struct http_msg {
    struct arena *arena;
    bool is_response;
    uint8_t major, minor; /* HTTP/major.minor as received; 1.0 and 1.1 on the wire we write */
    enum http_method method_id;
    struct str method, uri; /* request-target as received or set */
    struct str version;     /* "HTTP/1.1" as received */
    int status;
    struct str reason;
    struct http_field *fields;
    unsigned field_count, field_capacity; /* removed ones included */
    enum http_body body;
    uint64_t body_length;
    bool keep_alive;      /* the peer allows another message on this connection (RFC 9112 section 9.3) */
    bool upgrade;         /* Connection names "upgrade" and an Upgrade field is there */
    bool expect_continue; /* Expect: 100-continue, HTTP/1.1 */
    bool has_trailers_te; /* TE: trailers */
    unsigned edits;       /* grows with each change: cached samples compare it */
};

void http_msg_init(struct http_msg *msg, struct arena *arena, bool is_response);

enum http_method http_method_of(struct str name);
enum http_field_id http_field_id_of(struct str lower_case_name);

/* Walks live fields of a name (lower case), in order: previous NULL begins. NULL: no more. An id other than
 * FIELD_OTHER finds by id. */
struct http_field *http_msg_find(const struct http_msg *msg, struct str name,
                                 const struct http_field *previous);
struct http_field *http_msg_find_id(const struct http_msg *msg, enum http_field_id id,
                                    const struct http_field *previous);
/* All live fields in order. */
struct http_field *http_msg_next(const struct http_msg *msg, const struct http_field *previous);

/* Comma-separated values of the fields of a name, one by one, quotes respected, blanks trimmed (RFC 9110
 * section 5.6.1). Start with *cursor = (struct http_value_cursor){ 0 }. full: whole field values, no split
 * (req.fhdr). Set-Cookie and friends are the caller's to read with full. */
struct http_value_cursor {
    struct http_field *field;
    size_t next; /* offset in field->value of the next value */
    struct str value;
    bool inside;
};
/* The offset of the comma that ends the value at `from` of a list, quotes respected; list.size for the
 * last one. */
size_t http_msg_value_end(struct str list, size_t from);
bool http_msg_next_value(const struct http_msg *msg, struct str name, bool full,
                         struct http_value_cursor *cursor);
/* Whether another call would find one. */
bool http_msg_has_next_value(const struct http_msg *msg, struct str name,
                             const struct http_value_cursor *cursor);
/* Occurrence n (1.. from the front, -1.. from the back); n 0 means the last, as HAProxy's hdr() without
 * occ. */
bool http_msg_value_at(const struct http_msg *msg, struct str name, bool full, int n, struct str *out);
unsigned http_msg_count_values(const struct http_msg *msg, struct str name, bool full);

/* Edits. name is lowered; name and value are copied into the arena and cleaned: control characters (but
 * tab) in a value, and blanks in a target too, become %XX, as do all bytes of a name or a method that no
 * token has. false: no memory; nothing changed. Adding may move the array of fields: pointers to fields do
 * not outlive it, texts do. A field without a name is not added, a method is not made empty. */
bool http_msg_add(struct http_msg *msg, struct str name, struct str value) MUST_USE;
bool http_msg_add_first(struct http_msg *msg, struct str name, struct str value) MUST_USE;
bool http_msg_set_value(struct http_msg *msg, struct http_field *field, struct str value) MUST_USE;
/* Replaces bytes [from, from+size) of a field's value. */
bool http_msg_edit_value(struct http_msg *msg, struct http_field *field, size_t from, size_t size,
                         struct str with) MUST_USE;
unsigned http_msg_remove(struct http_msg *msg, struct str name); /* how many */
/* Room for so many fields (for those who fill the array themselves). */
bool http_msg_reserve_fields(struct http_msg *msg, unsigned capacity) MUST_USE;
void http_msg_remove_field(struct http_msg *msg, struct http_field *field);
bool http_msg_set_uri(struct http_msg *msg, struct str uri) MUST_USE;
bool http_msg_set_method(struct http_msg *msg, struct str method) MUST_USE;
/* reason.data NULL: the usual reason of the status. */
bool http_msg_set_status(struct http_msg *msg, int status, struct str reason) MUST_USE;

/* Parts of the request-target (RFC 3986): path begins at the first '/', without query; query without '?'.
 * pathq: both. host: authority of absolute-form, else the Host field's value. Views, empty when absent. */
struct str http_msg_path(const struct http_msg *msg);
struct str http_msg_query(const struct http_msg *msg);
struct str http_msg_pathq(const struct http_msg *msg);
struct str http_msg_host(const struct http_msg *msg);
/* HAProxy's meanings: set_path keeps the query, set_query takes it without '?' (an empty one leaves a '?'
 * that is there), set_pathq sets both. A target without a path ('*', CONNECT's) stays as it is. */
bool http_msg_set_path(struct http_msg *msg, struct str path) MUST_USE;
bool http_msg_set_query(struct http_msg *msg, struct str query) MUST_USE;
bool http_msg_set_pathq(struct http_msg *msg, struct str pathq) MUST_USE;

/* A copy in another arena (for retries). false: no memory. */
bool http_msg_copy(const struct http_msg *from, struct http_msg *to, struct arena *arena) MUST_USE;

#endif
