/* Views of bytes: comparing, finding, cutting. Nothing here allocates or depends on the locale. */
#include "base/str.h"

int ascii_hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool str_eq_nocase(struct str a, struct str b)
{
    if (a.size != b.size)
        return false;
    for (size_t i = 0; i < a.size; i++)
        if (ascii_lower(a.data[i]) != ascii_lower(b.data[i]))
            return false;
    return true;
}

bool str_starts(struct str text, struct str prefix)
{
    return text.size >= prefix.size && str_eq(str_slice(text, 0, prefix.size), prefix);
}

bool str_starts_nocase(struct str text, struct str prefix)
{
    return text.size >= prefix.size && str_eq_nocase(str_slice(text, 0, prefix.size), prefix);
}

bool str_ends(struct str text, struct str suffix)
{
    return text.size >= suffix.size && str_eq(str_from(text, text.size - suffix.size), suffix);
}

int str_compare(struct str a, struct str b)
{
    size_t common = a.size < b.size ? a.size : b.size;
    int order = common ? memcmp(a.data, b.data, common) : 0;
    if (order)
        return order;
    return a.size < b.size ? -1 : a.size > b.size;
}

int str_compare_nocase(struct str a, struct str b)
{
    size_t common = a.size < b.size ? a.size : b.size;
    for (size_t i = 0; i < common; i++) {
        int order = (unsigned char)ascii_lower(a.data[i]) - (unsigned char)ascii_lower(b.data[i]);
        if (order)
            return order;
    }
    return a.size < b.size ? -1 : a.size > b.size;
}

size_t str_find_last_char(struct str text, char c)
{
    for (size_t i = text.size; i > 0; i--)
        if (text.data[i - 1] == c)
            return i - 1;
    return STR_NOT_FOUND;
}

size_t str_find(struct str text, struct str needle)
{
    if (needle.size == 0)
        return 0;
    for (size_t from = 0; from + needle.size <= text.size;) {
        size_t at = str_find_char(str_from(text, from), needle.data[0]);
        if (at == STR_NOT_FOUND || from + at + needle.size > text.size)
            return STR_NOT_FOUND;
        if (memcmp(text.data + from + at, needle.data, needle.size) == 0)
            return from + at;
        from += at + 1;
    }
    return STR_NOT_FOUND;
}

size_t str_find_nocase(struct str text, struct str needle)
{
    for (size_t from = 0; from + needle.size <= text.size; from++)
        if (str_eq_nocase(str_slice(text, from, needle.size), needle))
            return from;
    return STR_NOT_FOUND;
}

static bool blank(char c)
{
    return c == ' ' || c == '\t';
}

struct str str_trim(struct str text)
{
    while (text.size && blank(text.data[0]))
        text = str_from(text, 1);
    while (text.size && blank(text.data[text.size - 1]))
        text.size--;
    return text;
}

struct str str_split(struct str *rest, char separator)
{
    size_t at = str_find_char(*rest, separator);
    struct str first = *rest;
    if (at == STR_NOT_FOUND) {
        *rest = STR_NONE;
        return first;
    }
    first.size = at;
    *rest = str_from(*rest, at + 1);
    return first;
}

size_t str_to_c(struct str text, char *out, size_t out_size)
{
    CHECK(out_size > 0);
    size_t size = text.size < out_size ? text.size : out_size - 1;
    if (size)
        memcpy(out, text.data, size);
    out[size] = 0;
    return size;
}
