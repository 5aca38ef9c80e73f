/* Request-targets (RFC 9112 section 3.2) and their parts (RFC 3986), percent-coding. Views, nothing is
 * allocated. */
#ifndef HTTP_HTTP_URI_H
#define HTTP_HTTP_URI_H
#include "base/str.h"
#include <stdbool.h>

enum http_uri_form {
    HTTP_URI_OTHER,    /* none of the following: an authority (CONNECT), or nothing that HTTP knows */
    HTTP_URI_ORIGIN,   /* /path?query */
    HTTP_URI_ABSOLUTE, /* scheme://authority/path?query */
    HTTP_URI_ASTERISK, /* begins with '*' */
};

struct http_uri {
    enum http_uri_form form;
    struct str scheme;    /* without "://" */
    struct str authority; /* [userinfo@]host[:port], not yet checked */
    struct str path;      /* begins with '/', or empty at the place where it would stand */
    struct str query;     /* without '?'; data NULL when there is no '?' */
    struct str fragment;  /* without '#'; data NULL when there is no '#' */
    struct str pathq;     /* path, query and fragment as they stand */
};

void http_uri_split(struct str text, struct http_uri *out);

struct http_authority {
    struct str userinfo; /* data NULL without '@' */
    struct str host;     /* with the brackets of an IPv6 address */
    struct str port;     /* digits; data NULL without ':' */
};

/* false: two '@', a byte that no host has, unpaired brackets, or a port that is no number up to 65535. An
 * empty host and an empty port are let through. lax: only the shape is looked at, any byte is good. */
bool http_uri_split_authority(struct str text, bool lax, struct http_authority *out) MUST_USE;
/* 80 for http and ws, 443 for https and wss, either for no scheme (CONNECT). An empty port counts as the
 * usual one. */
bool http_uri_is_usual_port(struct str scheme, struct str port);

/* Percent-decoding into out (text.size bytes are enough; out may be text.data). '+' becomes a space when
 * plus says so, or behind the first '?'. false: an escape is cut or has a bad digit. */
bool http_uri_decode(struct str text, bool plus, char *out, size_t *size) MUST_USE;
/* Writes text with all bytes but the unreserved ones (RFC 3986 section 2.3) as %XX; 3 * text.size bytes
 * are enough. Returns the size. */
size_t http_uri_encode(struct str text, char *out);
/* Writes %XX for one byte, upper case: 3 bytes. */
void http_uri_escape_byte(unsigned char byte, char *out);

#endif
