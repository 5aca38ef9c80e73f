/* Classes of bytes in HTTP, by table: what may stand in a token, a request-target, a host, a field value. */
#ifndef HTTP_HTTP_CHARS_H
#define HTTP_HTTP_CHARS_H
#include "base/str.h"
#include <stdbool.h>
#include <stdint.h>

enum http_char_class {
    HTTP_CHAR_TOKEN = 1,   /* RFC 9110 section 5.6.2 */
    HTTP_CHAR_TARGET = 2,  /* visible ASCII but '#': what HAProxy lets into a request-target */
    HTTP_CHAR_HOST = 4,    /* RFC 3986 section 3.2.2 with the port's colon: reg-name or bracketed address */
    HTTP_CHAR_CONTROL = 8, /* 0 to 31 and 127, tab included */
    HTTP_CHAR_BLANK = 16,  /* space and tab */
    HTTP_CHAR_UNRESERVED = 32, /* RFC 3986 section 2.3 */
};

extern const uint8_t http_chars[256];

static inline bool http_char_is(char c, unsigned classes)
{
    return http_chars[(unsigned char)c] & classes;
}

/* The offset of the first byte of text, from `from` on, that is in none of the classes; text.size if there
 * is none. */
static inline size_t http_chars_span(struct str text, size_t from, unsigned classes)
{
    while (from < text.size && http_char_is(text.data[from], classes))
        from++;
    return from;
}

/* The offset of the first NUL or CR of text, text.size if there is none: eight bytes at a time. */
size_t http_chars_find_nul_or_cr(struct str text);
/* Whether a control character, tab included, is in it. */
bool http_chars_have_control(struct str text);
/* ASCII letters to lower case, in place. */
void http_chars_lower(char *text, size_t size);

#endif
