/* A reader that skips what the path does not name. Nesting is bounded. */
#include "converters/json_path.h"

#define DEPTH_MAX 64u

struct reader {
    struct str text;
    size_t at;
    bool bad;
};

static char peek(const struct reader *reader)
{
    return reader->at < reader->text.size ? reader->text.data[reader->at] : 0;
}

static void skip_blanks(struct reader *reader)
{
    while (reader->at < reader->text.size && strchr(" \t\r\n", reader->text.data[reader->at]) && peek(reader))
        reader->at++;
}

static bool take(struct reader *reader, char c)
{
    skip_blanks(reader);
    if (peek(reader) != c)
        return false;
    reader->at++;
    return true;
}

static bool take_word(struct reader *reader, struct str word)
{
    if (!str_starts(str_from(reader->text, reader->at), word))
        return false;
    reader->at += word.size;
    return true;
}

static struct json_value read_string(struct reader *reader)
{
    size_t from = ++reader->at;
    while (reader->at < reader->text.size && reader->text.data[reader->at] != '"')
        reader->at += reader->text.data[reader->at] == '\\' ? 2 : 1;
    if (reader->at >= reader->text.size) {
        reader->bad = true;
        return (struct json_value){ JSON_NONE, STR_NONE };
    }
    struct str text = str_slice(reader->text, from, reader->at - from);
    reader->at++;
    return (struct json_value){ JSON_STRING, text };
}

static size_t skip_digits(struct str text, size_t at)
{
    while (at < text.size && ascii_digit(text.data[at]))
        at++;
    return at;
}

/* Leading zeros are let through. */
static struct json_value read_number(struct reader *reader)
{
    struct str text = reader->text;
    size_t from = reader->at, at = from + (peek(reader) == '-'), whole = skip_digits(text, at);
    if (whole == at) {
        reader->bad = true;
        return (struct json_value){ JSON_NONE, STR_NONE };
    }
    at = whole;
    if (at + 1 < text.size && text.data[at] == '.' && ascii_digit(text.data[at + 1]))
        at = skip_digits(text, at + 1);
    if (at < text.size && (text.data[at] == 'e' || text.data[at] == 'E')) {
        size_t exponent = at + 1;
        if (exponent < text.size && (text.data[exponent] == '+' || text.data[exponent] == '-'))
            exponent++;
        if (skip_digits(text, exponent) > exponent)
            at = skip_digits(text, exponent);
    }
    reader->at = at;
    return (struct json_value){ JSON_NUMBER, str_slice(text, from, at - from) };
}

static struct json_value read_scalar(struct reader *reader)
{
    skip_blanks(reader);
    size_t from = reader->at;
    enum json_kind kind = JSON_NONE;
    if (peek(reader) == '"')
        return read_string(reader);
    if (take_word(reader, STR("true")))
        kind = JSON_TRUE;
    else if (take_word(reader, STR("false")))
        kind = JSON_FALSE;
    else if (take_word(reader, STR("null")))
        kind = JSON_NULL;
    else
        return read_number(reader);
    return (struct json_value){ kind, str_slice(reader->text, from, reader->at - from) };
}

static void skip_value(struct reader *reader, unsigned depth)
{
    skip_blanks(reader);
    char open = peek(reader), close = open == '{' ? '}' : ']';
    if (open != '{' && open != '[') {
        read_scalar(reader);
        return;
    }
    if (depth == DEPTH_MAX) {
        reader->bad = true;
        return;
    }
    reader->at++;
    if (take(reader, close))
        return;
    do {
        if (open == '{') {
            skip_blanks(reader);
            if (peek(reader) != '"' || read_string(reader).kind == JSON_NONE || !take(reader, ':'))
                reader->bad = true;
        }
        if (!reader->bad)
            skip_value(reader, depth + 1);
    } while (!reader->bad && take(reader, ','));
    if (!reader->bad && !take(reader, close))
        reader->bad = true;
}

/* A name ends at '.' or '['; a backslash in front of them takes them into the name. */
static bool same_name(struct str key, struct str path, size_t *size)
{
    size_t at = 0, matched = 0;
    bool same = true;
    for (; at < path.size && path.data[at] != '.' && path.data[at] != '['; at++) {
        if (path.data[at] == '\\' && at + 1 < path.size)
            at++;
        same = same && matched < key.size && key.data[matched] == path.data[at];
        matched++;
    }
    *size = at;
    return same && matched == key.size;
}

/* Moves to the value of the name that path begins with. */
static bool enter_object(struct reader *reader, struct str path, size_t *size)
{
    if (!take(reader, '{') || take(reader, '}'))
        return false;
    do {
        skip_blanks(reader);
        if (peek(reader) != '"')
            return false;
        struct json_value key = read_string(reader);
        if (key.kind == JSON_NONE || !take(reader, ':'))
            return false;
        if (same_name(key.text, path, size))
            return true;
        skip_value(reader, 0);
    } while (!reader->bad && take(reader, ','));
    return false;
}

static bool enter_array(struct reader *reader, size_t index)
{
    if (!take(reader, '[') || take(reader, ']'))
        return false;
    for (; index > 0; index--) {
        skip_value(reader, 0);
        if (reader->bad || !take(reader, ','))
            return false;
    }
    return true;
}

/* "[12]" at the beginning of path. */
static bool read_index(struct str path, size_t *index, size_t *size)
{
    size_t at = 1;
    *index = 0;
    for (; at < path.size && ascii_digit(path.data[at]) && at < 10; at++)
        *index = *index * 10 + (size_t)(path.data[at] - '0');
    *size = at + 1;
    return at > 1 && at < path.size && path.data[at] == ']';
}

static struct json_value value_here(struct reader *reader)
{
    skip_blanks(reader);
    size_t from = reader->at;
    char c = peek(reader);
    if (c != '{' && c != '[')
        return read_scalar(reader);
    skip_value(reader, 0);
    if (reader->bad)
        return (struct json_value){ JSON_NONE, STR_NONE };
    return (struct json_value){ c == '{' ? JSON_OBJECT : JSON_ARRAY,
                                str_slice(reader->text, from, reader->at - from) };
}

struct json_value json_path_find(struct str text, struct str path)
{
    struct json_value none = { JSON_NONE, STR_NONE };
    struct reader reader = { .text = text };
    if (!path.size || path.data[0] != '$')
        return none;
    for (path = str_from(path, 1); path.size;) {
        size_t index = 0, size = 0;
        if (path.data[0] == '.') {
            path = str_from(path, 1);
            if (!enter_object(&reader, path, &size))
                return none;
        } else if (path.data[0] != '[' || !read_index(path, &index, &size) || !enter_array(&reader, index)) {
            return none;
        }
        path = str_from(path, size);
    }
    return value_here(&reader);
}

/* ---- escapes ---- */

static bool read_unit(struct str text, size_t at, uint32_t *out)
{
    *out = 0;
    for (size_t i = at; i < at + 4; i++) {
        int digit = i < text.size ? ascii_hex(text.data[i]) : -1;
        if (digit < 0)
            return false;
        *out = *out << 4 | (uint32_t)digit;
    }
    return true;
}

static size_t put_utf8(uint32_t code, char *out)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xc0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3f));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xe0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3f));
        out[2] = (char)(0x80 | (code & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3f));
    out[2] = (char)(0x80 | (code >> 6 & 0x3f));
    out[3] = (char)(0x80 | (code & 0x3f));
    return 4;
}

/* *at stands behind "\u"; two halves of a pair are one character. */
static bool read_code(struct str text, size_t *at, uint32_t *code)
{
    uint32_t low;
    if (!read_unit(text, *at, code))
        return false;
    *at += 4;
    if (*code < 0xd800 || *code > 0xdfff)
        return true;
    if (*code > 0xdbff || !str_starts(str_from(text, *at), STR("\\u")) || !read_unit(text, *at + 2, &low) ||
        low < 0xdc00 || low > 0xdfff)
        return false;
    *code = 0x10000 + ((*code - 0xd800) << 10) + (low - 0xdc00);
    *at += 6;
    return true;
}

size_t json_path_unescape(struct str text, char *out)
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    size_t size = 0;
    for (size_t at = 0; at < text.size;) {
        if (text.data[at] != '\\') {
            out[size++] = text.data[at++];
            continue;
        }
        char c = at + 1 < text.size ? text.data[at + 1] : 0;
        const char *name = c ? strchr(names, c) : NULL;
        uint32_t code;
        at += 2;
        if (name) {
            out[size++] = values[name - names];
        } else if (c == 'u' && read_code(text, &at, &code)) {
            size += put_utf8(code, out + size);
        } else {
            return STR_NOT_FOUND;
        }
    }
    return size;
}
