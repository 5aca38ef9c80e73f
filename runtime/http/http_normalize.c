/* Each normalizer works on the part that it is about and copies the rest. */
#include "http/http_normalize.h"

struct out {
    char *data;
    size_t size;
};

static void put(struct out *out, struct str text)
{
    if (text.size)
        memmove(out->data + out->size, text.data, text.size);
    out->size += text.size;
}

static void put_char(struct out *out, char c)
{
    out->data[out->size++] = c;
}

static size_t path_end(struct str pathq)
{
    size_t end = 0;
    while (end < pathq.size && pathq.data[end] != '?' && pathq.data[end] != '#')
        end++;
    return end;
}

/* ---- fragment ---- */

static void encode_fragment(struct str text, struct out *out)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '#')
            put(out, STR("%23"));
        else
            put_char(out, text.data[i]);
    }
}

static void strip_fragment(struct str text, struct out *out)
{
    put(out, str_slice(text, 0, str_find_char(text, '#')));
}

/* ---- path ---- */

static void merge_slashes(struct str path, struct out *out)
{
    for (size_t i = 0; i < path.size; i++) {
        if (path.data[i] != '/' || i == 0 || path.data[i - 1] != '/')
            put_char(out, path.data[i]);
    }
}

/* Segments begin with their slash: "/a/./b" is "/a", "/.", "/b". */
static struct str next_segment(struct str *rest)
{
    size_t end = 1;
    while (end < rest->size && rest->data[end] != '/')
        end++;
    struct str segment = str_slice(*rest, 0, end);
    *rest = str_from(*rest, end);
    return segment;
}

static void strip_dot(struct str path, struct out *out)
{
    struct str rest = path;
    while (rest.size) {
        struct str segment = next_segment(&rest);
        if (!str_eq(segment, STR("/.")))
            put(out, segment);
        else if (!rest.size) /* the last one leaves its slash: the path is that of a folder */
            put_char(out, '/');
    }
}

/* Takes the last segment back; false: there is none that is not "/.." itself. */
static bool drop_segment(struct out *out)
{
    struct str written = str_make(out->data, out->size);
    size_t slash = str_find_last_char(written, '/');
    if (slash == STR_NOT_FOUND || str_eq(str_from(written, slash), STR("/..")))
        return false;
    out->size = slash;
    return true;
}

static void strip_dotdot(struct str path, bool full, struct out *out)
{
    struct str rest = path;
    while (rest.size) {
        struct str segment = next_segment(&rest);
        if (!str_eq(segment, STR("/.."))) {
            put(out, segment);
            continue;
        }
        if (!drop_segment(out) && !full)
            put(out, segment);
        else if (!rest.size)
            put_char(out, '/');
    }
}

/* ---- percent ---- */

static bool is_unreserved(char c)
{
    return ascii_alpha(c) || ascii_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

static bool normalize_escapes(struct str text, bool decode, bool strict, struct out *out)
{
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        int high = c == '%' && i + 2 < text.size ? ascii_hex(text.data[i + 1]) : -1;
        int low = high >= 0 ? ascii_hex(text.data[i + 2]) : -1;
        if (c != '%') {
            put_char(out, c);
        } else if (low < 0) {
            if (strict)
                return false;
            put_char(out, c);
        } else if (decode && is_unreserved((char)(high * 16 + low))) {
            put_char(out, (char)(high * 16 + low));
            i += 2;
        } else {
            put_char(out, c);
            put_char(out, decode ? text.data[i + 1] : ascii_upper(text.data[i + 1]));
            put_char(out, decode ? text.data[i + 2] : ascii_upper(text.data[i + 2]));
            i += 2;
        }
    }
    return true;
}

/* ---- query ---- */

static struct str name_of(struct str parameter)
{
    return str_slice(parameter, 0, str_find_char(parameter, '='));
}

/* The parameter that stands behind `before` in the order of names, or of places when names are equal: each is found
 * anew, so that no list of them is needed. */
static bool next_in_order(struct str query, struct str before, struct str *found)
{
    struct str rest = query;
    found->data = NULL;
    while (rest.data) {
        struct str each = str_split(&rest, '&');
        if (before.data) {
            int order = str_compare(name_of(each), name_of(before));
            if (order < 0 || (order == 0 && each.data <= before.data))
                continue;
        }
        if (!found->data || str_compare(name_of(each), name_of(*found)) < 0)
            *found = each;
    }
    return found->data != NULL;
}

static void sort_query(struct str query, struct out *out)
{
    struct str before = STR_NONE, each;
    while (next_in_order(query, before, &each)) {
        if (before.data)
            put_char(out, '&');
        put(out, each);
        before = each;
    }
}

/* ---- which ---- */

static void in_path(enum http_normalizer normalizer, bool option, struct str path, struct out *out)
{
    if (!path.size || path.data[0] != '/') { /* '*' has no segments */
        put(out, path);
        return;
    }
    if (normalizer == NORMALIZE_PATH_MERGE_SLASHES)
        merge_slashes(path, out);
    else if (normalizer == NORMALIZE_PATH_STRIP_DOT)
        strip_dot(path, out);
    else
        strip_dotdot(path, option, out);
}

static void in_query(struct str pathq, struct out *out)
{
    size_t mark = str_find_char(pathq, '?');
    size_t hash = str_find_char(pathq, '#');
    if (mark == STR_NOT_FOUND || hash < mark) {
        put(out, pathq);
        return;
    }
    size_t end = hash == STR_NOT_FOUND ? pathq.size : hash;
    put(out, str_slice(pathq, 0, mark + 1));
    sort_query(str_slice(pathq, mark + 1, end - mark - 1), out);
    put(out, str_from(pathq, end));
}

bool http_normalize(enum http_normalizer normalizer, bool option, struct str pathq, char *data, size_t *size)
{
    struct out out = { data, 0 };
    size_t end = path_end(pathq);
    bool good = true;
    switch (normalizer) {
    case NORMALIZE_FRAGMENT_ENCODE:
        encode_fragment(pathq, &out);
        break;
    case NORMALIZE_FRAGMENT_STRIP:
        strip_fragment(pathq, &out);
        break;
    case NORMALIZE_PATH_MERGE_SLASHES:
    case NORMALIZE_PATH_STRIP_DOT:
    case NORMALIZE_PATH_STRIP_DOTDOT:
        in_path(normalizer, option, str_slice(pathq, 0, end), &out);
        put(&out, str_from(pathq, end));
        break;
    case NORMALIZE_PERCENT_DECODE:
    case NORMALIZE_PERCENT_UPPERCASE:
        good = normalize_escapes(pathq, normalizer == NORMALIZE_PERCENT_DECODE, option, &out);
        break;
    case NORMALIZE_QUERY_SORT:
        in_query(pathq, &out);
        break;
    }
    *size = out.size;
    return good;
}
