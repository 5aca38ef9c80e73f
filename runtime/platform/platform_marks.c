/* A table of bytes in chunks that are made when first needed and stay. */
#include "platform/platform_marks.h"
#include "base/mem.h"

void platform_marks_init(struct platform_marks *marks)
{
    for (unsigned i = 0; i < PLATFORM_MARKS_CHUNKS; i++)
        atomic_init(&marks->chunks[i], NULL);
}

void platform_marks_finish(struct platform_marks *marks)
{
    for (unsigned i = 0; i < PLATFORM_MARKS_CHUNKS; i++)
        mem_free(atomic_exchange(&marks->chunks[i], NULL));
}

static unsigned char *chunk_of(const struct platform_marks *marks, int descriptor)
{
    unsigned index = (unsigned)descriptor / PLATFORM_MARKS_CHUNK;
    if (index >= PLATFORM_MARKS_CHUNKS)
        return NULL;
    return atomic_load_explicit(&marks->chunks[index], memory_order_acquire);
}

static unsigned char *chunk_need(struct platform_marks *marks, int descriptor)
{
    unsigned char *chunk = chunk_of(marks, descriptor);
    unsigned index = (unsigned)descriptor / PLATFORM_MARKS_CHUNK;
    if (chunk || index >= PLATFORM_MARKS_CHUNKS)
        return chunk;
    unsigned char *made = mem_zero(PLATFORM_MARKS_CHUNK);
    if (!made || atomic_compare_exchange_strong(&marks->chunks[index], &chunk, made))
        return made;
    mem_free(made); /* another thread was first */
    return chunk;
}

bool platform_marks_set(struct platform_marks *marks, int descriptor, unsigned bits)
{
    unsigned char *chunk = chunk_need(marks, descriptor);
    if (!chunk)
        return false;
    chunk[descriptor % PLATFORM_MARKS_CHUNK] |= (unsigned char)bits;
    return true;
}

void platform_marks_clear(struct platform_marks *marks, int descriptor)
{
    unsigned char *chunk = chunk_of(marks, descriptor);
    if (chunk)
        chunk[descriptor % PLATFORM_MARKS_CHUNK] = 0;
}

unsigned platform_marks_get(const struct platform_marks *marks, int descriptor)
{
    const unsigned char *chunk = chunk_of(marks, descriptor);
    return chunk ? chunk[descriptor % PLATFORM_MARKS_CHUNK] : 0;
}
