/* An HTTP answer that an applet gives piece by piece: a head, then text as the client takes it. */
#ifndef ADMIN_HTTP_ANSWER_H
#define ADMIN_HTTP_ANSWER_H
#include "base/buf.h"

struct stream;

struct http_answer {
    struct buf text; /* not yet in the channel */
    size_t at;
};

#define HTTP_ANSWER_PIECE 15360u

struct http_answer_field {
    const char *name, *value;
};

/* The head, with a body of unknown size behind it unless it has none. fields: up to one without a name. false: no
 * memory. */
bool http_answer_head(struct stream *stream, int status, const struct http_answer_field *fields,
                      bool body) MUST_USE;
/* true: all of the text is in the channel, and text is empty again. */
bool http_answer_flush(struct stream *stream, struct http_answer *answer);
void http_answer_finish(struct http_answer *answer);

#endif
