/* Ready answers: error pages, `http-request return`, deny replies. */
#ifndef PROXY_HTTP_REPLY_H
#define PROXY_HTTP_REPLY_H
#include "http/http_msg.h"
#include "log/log_format.h"

/* Statuses that an errorfile may be given for (manual 4.2 errorfile). */
enum http_reply_status {
    REPLY_200,
    REPLY_400,
    REPLY_401,
    REPLY_403,
    REPLY_404,
    REPLY_405,
    REPLY_407,
    REPLY_408,
    REPLY_410,
    REPLY_413,
    REPLY_421,
    REPLY_422,
    REPLY_425,
    REPLY_429,
    REPLY_500,
    REPLY_501,
    REPLY_502,
    REPLY_503,
    REPLY_504,
    HTTP_REPLY_COUNT
};
int http_reply_index(int status); /* -1: none */

struct http_reply_header {
    struct http_reply_header *next;
    struct str name; /* lower case */
    struct log_format *value;
};

enum http_reply_body {
    REPLY_BODY_NONE,
    REPLY_BODY_TEXT,
    REPLY_BODY_FORMAT,
    REPLY_BODY_WHOLE /* a whole message */
};

struct http_reply {
    int status;
    struct http_reply_header *headers;
    const char *content_type;
    enum http_reply_body body;
    struct str text;           /* TEXT; WHOLE: the message's body */
    struct http_msg *message;  /* WHOLE: the head as in an errorfile, read when the configuration was */
    struct log_format *format; /* FORMAT */
    bool silent;               /* errorfile /dev/null: close without an answer */
    bool use_error_page;       /* no body of its own: the proxy's page of that status is taken at run time */
};

int http_reply_status(int index); /* the other way round */
/* The built-in page of each status, HTTP_REPLY_COUNT of them in arena. */
struct http_reply *http_reply_usual_pages(struct arena *arena);
/* An errorloc: status 302 or 303 with this location; NULL when it cannot stand in a field. */
struct http_reply *http_reply_location(int status, const char *url, struct arena *arena);

/* Reads a whole message of an errorfile; an empty one is a silent close. NULL: *error says what is wrong. */
struct http_reply *http_reply_from_message(int status, struct str message, struct arena *arena,
                                           const char **error) MUST_USE;
/* Fills head and *body (in arena) from the reply. context evaluates formats. false: no memory or too large. */
bool http_reply_build(const struct http_reply *reply, struct sample_context *context, struct arena *arena,
                      struct http_msg *head, struct str *body) MUST_USE;

#endif
