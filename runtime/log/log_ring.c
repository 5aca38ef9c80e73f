/* Each line is kept behind its length; both may run over the end of the memory to its beginning. */
#include "log/log_ring.h"
#include "base/arena.h"

#define LENGTH_SIZE 4

bool log_ring_prepare(struct log_ring *ring, struct arena *arena)
{
    list_init(&ring->readers);
    ring->data = arena_alloc(arena, ring->size);
    return ring->data != NULL;
}

static void copy_in(struct log_ring *ring, uint64_t position, const char *from, size_t size)
{
    for (size_t i = 0; i < size;) {
        size_t at = (size_t)((position + i) % ring->size), run = ring->size - at;
        if (run > size - i)
            run = size - i;
        memcpy(ring->data + at, from + i, run);
        i += run;
    }
}

static void copy_out(const struct log_ring *ring, uint64_t position, char *to, size_t size)
{
    for (size_t i = 0; i < size;) {
        size_t at = (size_t)((position + i) % ring->size), run = ring->size - at;
        if (run > size - i)
            run = size - i;
        memcpy(to + i, ring->data + at, run);
        i += run;
    }
}

static size_t length_at(const struct log_ring *ring, uint64_t position)
{
    unsigned char bytes[LENGTH_SIZE];
    copy_out(ring, position, (char *)bytes, sizeof(bytes));
    return (size_t)bytes[0] << 24 | (size_t)bytes[1] << 16 | (size_t)bytes[2] << 8 | bytes[3];
}

void log_ring_write(struct log_ring *ring, struct str line)
{
    size_t needed = LENGTH_SIZE + line.size;
    if (!ring->data || needed > ring->size) {
        ring->dropped++;
        return;
    }
    while (ring->end + needed - ring->begin > ring->size)
        ring->begin += LENGTH_SIZE + length_at(ring, ring->begin);
    const char bytes[LENGTH_SIZE] = { (char)(line.size >> 24), (char)(line.size >> 16),
                                      (char)(line.size >> 8), (char)line.size };
    copy_in(ring, ring->end, bytes, sizeof(bytes));
    copy_in(ring, ring->end + LENGTH_SIZE, line.data, line.size);
    ring->end += needed;
    LIST_EACH (link, &ring->readers) {
        struct log_ring_reader *reader = LIST_ITEM(link, struct log_ring_reader, link);
        reader->written(reader);
    }
}

bool log_ring_read(const struct log_ring *ring, uint64_t *position, struct buf *out)
{
    if (*position < ring->begin)
        *position = ring->begin;
    if (*position >= ring->end)
        return false;
    size_t size = length_at(ring, *position);
    char *to = buf_room(out, size);
    if (!to)
        return false;
    copy_out(ring, *position + LENGTH_SIZE, to, size);
    out->size += size;
    *position += LENGTH_SIZE + size;
    return true;
}

void log_ring_reader_begin(struct log_ring_reader *reader, struct log_ring *ring, bool from_oldest,
                           void (*written)(struct log_ring_reader *self))
{
    reader->position = from_oldest ? ring->begin : ring->end;
    reader->written = written;
    list_add_last(&ring->readers, &reader->link);
}

void log_ring_reader_end(struct log_ring_reader *reader)
{
    list_remove(&reader->link);
}
