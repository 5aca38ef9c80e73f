/* Normal forms of request-targets, one kind of change each (RFC 3986 section 6.2.2; HAProxy manual 4.2 http-request
 * normalize-uri). Pure: text in, text out. */
#ifndef HTTP_HTTP_NORMALIZE_H
#define HTTP_HTTP_NORMALIZE_H
#include "base/str.h"
#include <stdbool.h>

enum http_normalizer {
    NORMALIZE_FRAGMENT_ENCODE,    /* "#" becomes "%23" */
    NORMALIZE_FRAGMENT_STRIP,     /* from "#" on nothing is left */
    NORMALIZE_PATH_MERGE_SLASHES, /* several slashes in a row become one */
    NORMALIZE_PATH_STRIP_DOT,     /* "." segments go */
    NORMALIZE_PATH_STRIP_DOTDOT, /* ".." segments take the one before with them; option: none is left in front */
    NORMALIZE_PERCENT_DECODE,    /* escapes of unreserved characters; option: a bad escape is an error */
    NORMALIZE_PERCENT_UPPERCASE, /* digits of escapes; option: a bad escape is an error */
    NORMALIZE_QUERY_SORT,        /* parameters by name, those of one name in their order */
};

/* What normalizing needs for out: never more than this. */
static inline size_t http_normalize_room(struct str pathq)
{
    return 3 * pathq.size + 1;
}
/* pathq: path, query and fragment as they stand. Writes the changed text to out and its size. option: see above.
 * false: a bad escape where that is an error. */
bool http_normalize(enum http_normalizer normalizer, bool option, struct str pathq, char *out,
                    size_t *size) MUST_USE;

#endif
