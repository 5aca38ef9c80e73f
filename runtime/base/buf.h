/* A growing byte buffer on the heap, for text that is built: log lines, answers, messages.
 * After a failed allocation it keeps what it has, drops what comes, and `failed` says so. */
#ifndef BASE_BUF_H
#define BASE_BUF_H
#include "base/check.h"
#include "base/str.h"
#include <stdarg.h>
#include <stdint.h>

struct buf {
    char *data; /* size bytes and always room for a NUL behind them, once not NULL */
    size_t size, capacity;
    size_t limit; /* bytes it may hold, 0 for no limit; what is over is dropped and failed is set */
    bool failed;
};

#define BUF_INIT                                                                                             \
    {                                                                                                        \
        NULL, 0, 0, 0, false                                                                                 \
    }

void buf_finish(struct buf *buf); /* frees; the struct is ready for reuse */
void buf_reset(struct buf *buf);  /* empty, keeps the memory, clears failed */

void buf_add(struct buf *buf, struct str text);
void buf_add_char(struct buf *buf, char c);
void buf_add_c(struct buf *buf, const char *text);
void buf_add_uint(struct buf *buf, uint64_t value);
void buf_add_int(struct buf *buf, int64_t value);
void buf_printf(struct buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);
void buf_vprintf(struct buf *buf, const char *format, va_list values);
/* Room for size more bytes at data + size (the caller then adds to size); NULL when there is no memory. */
char *buf_room(struct buf *buf, size_t size) MUST_USE;
void buf_remove(struct buf *buf, size_t from, size_t size);
/* false when there is no memory; nothing is changed then. */
bool buf_insert(struct buf *buf, size_t at, struct str text) MUST_USE;

static inline struct str buf_str(const struct buf *buf)
{
    return (struct str){ buf->data, buf->size };
}

#endif
