/* Growth doubles; the limit is looked at before memory is asked for. */
#include "base/buf.h"
#include "base/mem.h"
#include <stdio.h>

void buf_finish(struct buf *buf)
{
    mem_free(buf->data);
    *buf = (struct buf){ .limit = buf->limit };
}

void buf_reset(struct buf *buf)
{
    buf->size = 0;
    buf->failed = false;
    if (buf->data)
        buf->data[0] = 0;
}

char *buf_room(struct buf *buf, size_t size)
{
    if (size >= SIZE_MAX / 4 || (buf->limit && buf->size + size > buf->limit)) {
        buf->failed = true;
        return NULL;
    }
    if (buf->size + size + 1 > buf->capacity) {
        size_t capacity = buf->capacity ? buf->capacity * 2 : 64;
        while (capacity < buf->size + size + 1)
            capacity *= 2;
        char *data = mem_resize(buf->data, capacity);
        if (!data) {
            buf->failed = true;
            return NULL;
        }
        buf->data = data;
        buf->capacity = capacity;
    }
    return buf->data + buf->size;
}

void buf_add(struct buf *buf, struct str text)
{
    if (buf->limit && buf->size + text.size > buf->limit) {
        text.size = buf->limit - buf->size;
        buf->failed = true;
    }
    char *room = buf_room(buf, text.size);
    if (!room)
        return;
    if (text.size)
        memcpy(room, text.data, text.size);
    buf->size += text.size;
    buf->data[buf->size] = 0;
}

void buf_add_char(struct buf *buf, char c)
{
    buf_add(buf, str_make(&c, 1));
}

void buf_add_c(struct buf *buf, const char *text)
{
    buf_add(buf, str_of(text));
}

void buf_add_uint(struct buf *buf, uint64_t value)
{
    char digits[20];
    size_t at = sizeof(digits);
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    buf_add(buf, str_make(digits + at, sizeof(digits) - at));
}

void buf_add_int(struct buf *buf, int64_t value)
{
    if (value < 0)
        buf_add_char(buf, '-');
    buf_add_uint(buf, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void buf_vprintf(struct buf *buf, const char *format, va_list values)
{
    va_list again;
    va_copy(again, values);
    int size = vsnprintf(NULL, 0, format, again);
    va_end(again);
    CHECK(size >= 0);
    char *room = buf_room(buf, (size_t)size);
    if (!room)
        return;
    vsnprintf(room, (size_t)size + 1, format, values);
    buf->size += (size_t)size;
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    buf_vprintf(buf, format, values);
    va_end(values);
}

void buf_remove(struct buf *buf, size_t from, size_t size)
{
    CHECK(from <= buf->size && size <= buf->size - from);
    if (!size)
        return;
    memmove(buf->data + from, buf->data + from + size, buf->size - from - size);
    buf->size -= size;
    buf->data[buf->size] = 0;
}

bool buf_insert(struct buf *buf, size_t at, struct str text)
{
    CHECK(at <= buf->size);
    if (!buf_room(buf, text.size))
        return false;
    memmove(buf->data + at + text.size, buf->data + at, buf->size - at);
    if (text.size)
        memcpy(buf->data + at, text.data, text.size);
    buf->size += text.size;
    buf->data[buf->size] = 0;
    return true;
}
