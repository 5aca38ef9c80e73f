/* Cookies in Cookie and Set-Cookie fields, read as leniently as HAProxy does: pairs part at ';' and ',',
 * blanks around names and values do not count, a value may be quoted (its quotes belong to it) and the
 * quotes hide separators. */
#ifndef HTTP_HTTP_COOKIE_H
#define HTTP_HTTP_COOKIE_H
#include "http/http_msg.h"

struct http_cookie {
    struct str name, value;
    size_t begin; /* offset of the name in the list */
    size_t end;   /* offset of the separator behind the pair, or the list's size */
    bool leads; /* no pair stands between the list's start or the last ',' and it: in a Set-Cookie field only
                   * such a pair is a cookie, others are its attributes */
};

struct http_cookie_cursor {
    struct http_field *field; /* in which the last one was found */
    size_t at;                /* offset in the list from which to go on */
    bool inside;              /* the field has not been read to its end */
    bool follows;             /* a pair was seen since the last ',' */
};

/* The next pair of one list. Words without '=' and those that begin with '$' (RFC 2965's attributes) are
 * passed over. Start with a zeroed cursor. */
bool http_cookie_next(struct str list, struct http_cookie_cursor *cursor, struct http_cookie *out);

/* Walks the cookies of a name in the Cookie fields of a request or the Set-Cookie fields of a response; an
 * empty name finds all pairs, attributes of Set-Cookie included. Start with a zeroed cursor; cursor->field
 * is where it was found. As in HAProxy "name=" at the very end of a list, without a blank in
 * front, is no cookie of that name. */
bool http_cookie_find(const struct http_msg *msg, struct str name, struct http_cookie_cursor *cursor,
                      struct http_cookie *out);

/* Edits of what the last walk found; the cursor and other cookies of that field are stale afterwards.
 * Removing takes the '$' attributes behind the cookie along, and the field itself when nothing is left.
 * false: no memory. */
bool http_cookie_set_value(struct http_msg *msg, struct http_field *field, const struct http_cookie *cookie,
                           struct str value) MUST_USE;
bool http_cookie_remove(struct http_msg *msg, struct http_field *field,
                        const struct http_cookie *cookie) MUST_USE;

#endif
