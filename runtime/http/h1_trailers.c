/* Lines are kept as they came, in doubling pieces of the arena, and written anew once they are complete. */
#include "http/h1_trailers.h"

#define FIRST_BYTES 256

bool h1_trailers_add(struct h1_trailers *trailers, struct str bytes, struct arena *arena)
{
    if (trailers->size + bytes.size > trailers->capacity) {
        size_t capacity = trailers->capacity ? trailers->capacity : FIRST_BYTES;
        while (capacity < trailers->size + bytes.size)
            capacity *= 2;
        char *data = arena_alloc(arena, capacity);
        if (!data)
            return false;
        if (trailers->size)
            memcpy(data, trailers->data, trailers->size);
        trailers->data = data;
        trailers->capacity = capacity;
    }
    if (bytes.size)
        memcpy(trailers->data + trailers->size, bytes.data, bytes.size);
    trailers->size += bytes.size;
    return true;
}

static bool passed_on(struct str name)
{
    static const char *const kept[] = {
        "connection", "content-length",    "host",    "keep-alive", "proxy-connection", "te",
        "trailer",    "transfer-encoding", "upgrade",
    };
    for (size_t i = 0; i < COUNT_OF(kept); i++)
        if (str_eq_nocase(name, str_of(kept[i])))
            return false;
    return true;
}

/* The next field, its folded lines included; both without the end of the line. */
static struct str next_field(struct str *rest)
{
    size_t size = 0;
    do {
        size_t end = str_find_char(str_from(*rest, size), '\n');
        size = end == STR_NOT_FOUND ? rest->size : size + end + 1;
    } while (size < rest->size && (rest->data[size] == ' ' || rest->data[size] == '\t'));
    struct str field = str_slice(*rest, 0, size);
    *rest = str_from(*rest, size);
    return field;
}

static char *put(char *at, struct str text)
{
    memcpy(at, text.data, text.size);
    return at + text.size;
}

static char *put_field(char *at, struct str name, struct str value)
{
    for (size_t i = 0; i < name.size; i++)
        *at++ = ascii_lower(name.data[i]);
    at = put(at, STR(": "));
    for (size_t i = 0; i < value.size; i++)
        *at++ = value.data[i] == '\r' || value.data[i] == '\n' ? ' ' : value.data[i];
    return put(at, STR("\r\n"));
}

static struct str trim_line(struct str text)
{
    while (text.size && (text.data[text.size - 1] == '\r' || text.data[text.size - 1] == '\n'))
        text.size--;
    return str_trim(text);
}

struct str h1_trailers_end(const struct h1_trailers *trailers, struct arena *arena)
{
    struct str rest = str_make(trailers->data, trailers->size);
    /* A field grows by two at most: "a:" LF becomes "a: " CR LF. */
    char *text = arena_alloc(arena, trailers->size * 2 + 8), *at = text;
    if (!text)
        return STR_NONE;
    at = put(at, STR("\r\n0\r\n"));
    while (rest.size) {
        struct str field = next_field(&rest);
        size_t colon = str_find_char(field, ':');
        if (colon != STR_NOT_FOUND && passed_on(str_slice(field, 0, colon)))
            at = put_field(at, str_slice(field, 0, colon), trim_line(str_from(field, colon + 1)));
    }
    at = put(at, STR("\r\n"));
    return str_make(text, (size_t)(at - text));
}
