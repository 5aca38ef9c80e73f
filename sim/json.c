/* A recursive reader with a bound on depth (RFC 8259). */
#include "sim/json.h"
#include <stdlib.h>

enum { JSON_DEPTH_MAX = 32 };

struct reader {
    struct str text;
    size_t at;
    struct arena *arena;
    unsigned depth;
};

static char peek(const struct reader *reader)
{
    return reader->at < reader->text.size ? reader->text.data[reader->at] : '\0';
}

static char peek_behind_blanks(struct reader *reader)
{
    while (reader->at < reader->text.size && strchr(" \t\r\n", reader->text.data[reader->at]))
        reader->at++;
    return peek(reader);
}

static bool take(struct reader *reader, char c)
{
    if (peek_behind_blanks(reader) != c)
        return false;
    reader->at++;
    return true;
}

static bool read_hex4(struct reader *reader, unsigned *out)
{
    *out = 0;
    for (int i = 0; i < 4; i++, reader->at++) {
        int digit = ascii_hex(peek(reader));

        if (digit < 0)
            return false;
        *out = *out * 16 + (unsigned)digit;
    }
    return true;
}

static void add_utf8(struct buf *out, unsigned code)
{
    if (code >= 0xdc80 && code <= 0xdcff) { /* a byte that was no UTF-8 */
        buf_add_char(out, (char)(code - 0xdc00));
    } else if (code < 0x80) {
        buf_add_char(out, (char)code);
    } else if (code < 0x800) {
        buf_add_char(out, (char)(0xc0 | code >> 6));
        buf_add_char(out, (char)(0x80 | (code & 0x3f)));
    } else if (code < 0x10000) {
        buf_add_char(out, (char)(0xe0 | code >> 12));
        buf_add_char(out, (char)(0x80 | (code >> 6 & 0x3f)));
        buf_add_char(out, (char)(0x80 | (code & 0x3f)));
    } else {
        buf_add_char(out, (char)(0xf0 | code >> 18));
        buf_add_char(out, (char)(0x80 | (code >> 12 & 0x3f)));
        buf_add_char(out, (char)(0x80 | (code >> 6 & 0x3f)));
        buf_add_char(out, (char)(0x80 | (code & 0x3f)));
    }
}

/* reader->at is behind "\u". */
static bool read_unicode(struct reader *reader, struct buf *out)
{
    unsigned code, low;

    if (!read_hex4(reader, &code))
        return false;
    if (code >= 0xd800 && code < 0xdc00 && peek(reader) == '\\') {
        reader->at++;
        if (peek(reader) != 'u')
            return false;
        reader->at++;
        if (!read_hex4(reader, &low) || low < 0xdc00 || low > 0xdfff)
            return false;
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    add_utf8(out, code);
    return true;
}

static bool read_escape(struct reader *reader, struct buf *out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    char c = peek(reader);
    const char *known = c ? strchr(from, c) : NULL;

    reader->at++;
    if (c == 'u')
        return read_unicode(reader, out);
    if (!known)
        return false;
    buf_add_char(out, to[known - from]);
    return true;
}

static bool read_string(struct reader *reader, struct str *out)
{
    struct buf text = BUF_INIT;
    bool fine = take(reader, '"');

    while (fine && peek(reader) != '"') {
        char c = peek(reader);

        if (reader->at >= reader->text.size || (unsigned char)c < ' ')
            fine = false;
        reader->at++;
        if (c == '\\')
            fine = fine && read_escape(reader, &text);
        else
            buf_add_char(&text, c);
    }
    reader->at++;
    if (fine)
        *out = str_make(arena_need_copy(reader->arena, buf_str(&text)), text.size);
    buf_finish(&text);
    return fine;
}

static bool read_word(struct reader *reader, const char *word)
{
    if (!str_starts(str_from(reader->text, reader->at), str_of(word)))
        return false;
    reader->at += strlen(word);
    return true;
}

static bool read_number(struct reader *reader, double *out)
{
    char text[64];
    size_t size = 0;
    char *end;

    while (size < sizeof(text) - 1 && peek(reader) && strchr("+-.0123456789eE", peek(reader))) {
        text[size++] = peek(reader);
        reader->at++;
    }
    text[size] = '\0';
    *out = strtod(text, &end);
    return size && !*end && (ascii_digit(text[0]) || text[0] == '-');
}

static struct json *read_value(struct reader *reader);

/* Members or elements up to the closing mark. */
static bool read_inside(struct reader *reader, struct json *into, char close)
{
    struct json **last = &into->first;

    if (take(reader, close))
        return true;
    do {
        struct str name = STR_NONE;
        struct json *value;

        if (close == '}' && (!read_string(reader, &name) || !take(reader, ':')))
            return false;
        value = read_value(reader);
        if (!value)
            return false;
        value->name = name;
        *last = value;
        last = &value->next;
    } while (take(reader, ','));
    return take(reader, close);
}

static bool fill_value(struct reader *reader, struct json *value)
{
    char c = peek_behind_blanks(reader);

    switch (c) {
    case '"':
        value->kind = JSON_STRING;
        return read_string(reader, &value->text);
    case '{':
    case '[':
        value->kind = c == '{' ? JSON_OBJECT : JSON_ARRAY;
        reader->at++;
        return read_inside(reader, value, c == '{' ? '}' : ']');
    case 't':
        value->kind = JSON_TRUE;
        return read_word(reader, "true");
    case 'f':
        value->kind = JSON_FALSE;
        return read_word(reader, "false");
    case 'n':
        value->kind = JSON_NULL;
        return read_word(reader, "null");
    default:
        value->kind = JSON_NUMBER;
        return read_number(reader, &value->number);
    }
}

static struct json *read_value(struct reader *reader)
{
    struct json *value = arena_need(reader->arena, sizeof(*value));
    bool fine;

    if (reader->depth == JSON_DEPTH_MAX)
        return NULL;
    reader->depth++;
    fine = fill_value(reader, value);
    reader->depth--;
    return fine ? value : NULL;
}

struct json *json_parse(struct str text, struct arena *arena, size_t *mistake)
{
    struct reader reader = { text, 0, arena, 0 };
    struct json *value = read_value(&reader);

    *mistake = reader.at;
    if (!value)
        return NULL;
    peek_behind_blanks(&reader);
    *mistake = reader.at;
    return reader.at == text.size ? value : NULL;
}

const struct json *json_member(const struct json *object, const char *name)
{
    if (!object || object->kind != JSON_OBJECT)
        return NULL;
    for (const struct json *member = object->first; member; member = member->next)
        if (str_eq(member->name, str_of(name)))
            return member;
    return NULL;
}

/* Bytes of the UTF-8 sequence at text, 0 when it is none (RFC 3629). */
static size_t utf8_size(struct str text)
{
    unsigned char first = (unsigned char)text.data[0];
    size_t size = first < 0x80                    ? 1
                  : first >= 0xc2 && first < 0xe0 ? 2
                  : first >= 0xe0 && first < 0xf0 ? 3
                                                  : 4;
    unsigned char second;

    if (size == 1)
        return 1;
    if (first < 0xc2 || first > 0xf4 || text.size < size)
        return 0;
    second = (unsigned char)text.data[1];
    if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
        (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f))
        return 0;
    for (size_t i = 1; i < size; i++)
        if (((unsigned char)text.data[i] & 0xc0) != 0x80)
            return 0;
    return size;
}

void json_add_string(struct buf *out, struct str text)
{
    buf_add_char(out, '"');
    while (text.size) {
        unsigned char c = (unsigned char)text.data[0];
        size_t size = utf8_size(text);

        if (c == '"' || c == '\\')
            buf_printf(out, "\\%c", c);
        else if (c == '\n')
            buf_add_c(out, "\\n");
        else if (c == '\r')
            buf_add_c(out, "\\r");
        else if (c < ' ' || c == 0x7f)
            buf_printf(out, "\\u%04x", c);
        else if (!size)
            buf_printf(out, "\\udc%02x", c);
        else
            buf_add(out, str_slice(text, 0, size));
        text = str_from(text, size ? size : 1);
    }
    buf_add_char(out, '"');
}
