/* A view of bytes that somebody else owns: valid until its owner changes next. Not NUL-terminated. */
#ifndef BASE_STR_H
#define BASE_STR_H
#include "base/check.h"
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct str {
    const char *data;
    size_t size;
};

/* A literal as a view; also good for static initialisers. */
#define STR(literal) ((struct str){ "" literal, sizeof(literal) - 1 })
#define STR_INIT(literal)                                                                                    \
    {                                                                                                        \
        "" literal, sizeof(literal) - 1                                                                      \
    }
/* For printf: "%.*s". */
#define STR_ARG(view) (int)(view).size, (view).data
#define STR_NONE      ((struct str){ NULL, 0 })

static inline struct str str_of(const char *text) /* NULL gives the empty view */
{
    return (struct str){ text, text ? strlen(text) : 0 };
}

static inline struct str str_make(const char *data, size_t size)
{
    return (struct str){ data, size };
}

static inline bool str_eq(struct str a, struct str b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/* ASCII letters only, whatever the locale. */
static inline char ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static inline char ascii_upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c & ~0x20) : c;
}

static inline bool ascii_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool ascii_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The value of a hexadecimal digit, -1 for any other byte. */
int ascii_hex(char c);

bool str_eq_nocase(struct str a, struct str b);
bool str_starts(struct str text, struct str prefix);
bool str_starts_nocase(struct str text, struct str prefix);
bool str_ends(struct str text, struct str suffix);
/* <0, 0, >0 by bytes as unsigned, the shorter first when one begins the other. */
int str_compare(struct str a, struct str b);
int str_compare_nocase(struct str a, struct str b);

#define STR_NOT_FOUND ((size_t)-1)
/* The offset of the first `c` / first `needle`, STR_NOT_FOUND if there is none. */
static inline size_t str_find_char(struct str text, char c)
{
    const char *at = text.size ? memchr(text.data, c, text.size) : NULL;
    return at ? (size_t)(at - text.data) : STR_NOT_FOUND;
}
size_t str_find_last_char(struct str text, char c);
size_t str_find(struct str text, struct str needle);
size_t str_find_nocase(struct str text, struct str needle);

/* From offset `from` (clamped) to the end; `size` bytes from `from`, both clamped. */
static inline struct str str_from(struct str text, size_t from)
{
    if (from > text.size)
        from = text.size;
    return (struct str){ text.data ? text.data + from : NULL, text.size - from };
}
static inline struct str str_slice(struct str text, size_t from, size_t size)
{
    struct str rest = str_from(text, from);
    if (size < rest.size)
        rest.size = size;
    return rest;
}
/* Without blanks (space and tab) at both ends. */
struct str str_trim(struct str text);
/* Cuts *rest at the first `separator`: returns what stands before it and leaves what follows; when there is
 * none, returns all and leaves *rest empty with data NULL. A loop ends when rest->data is NULL. */
struct str str_split(struct str *rest, char separator);

/* Writes text and a NUL into out, cut to fit; returns the bytes written before the NUL. */
size_t str_to_c(struct str text, char *out, size_t out_size);

#endif
