/* Chunks in a chain, the newest in front; a block larger than the usual chunk gets one of its own. */
#include "base/arena.h"
#include "base/mem.h"
#include <stdint.h>
#include <stdio.h>

#define ALIGNMENT 16u

struct arena_chunk {
    struct arena_chunk *older;
    size_t size; /* of the bytes that follow the header */
    _Alignas(16) char bytes[];
};

void arena_init(struct arena *arena, size_t chunk_size)
{
    *arena = (struct arena){ .chunk_size = chunk_size };
}

static void free_chunks(struct arena_chunk *chunk, const struct arena_chunk *until)
{
    while (chunk != until) {
        struct arena_chunk *older = chunk->older;
        mem_free(chunk);
        chunk = older;
    }
}

void arena_finish(struct arena *arena)
{
    free_chunks(arena->chunk, NULL);
    mem_free(arena->spare);
    arena_init(arena, arena->chunk_size);
}

static void use_chunk(struct arena *arena, struct arena_chunk *chunk)
{
    chunk->older = arena->chunk;
    arena->chunk = chunk;
    arena->at = chunk->bytes;
    arena->end = chunk->bytes + chunk->size;
}

static void drop_newest(struct arena *arena)
{
    struct arena_chunk *chunk = arena->chunk;
    arena->chunk = chunk->older;
    if (!arena->spare && chunk->size == arena->chunk_size)
        arena->spare = chunk;
    else
        mem_free(chunk);
}

void arena_reset(struct arena *arena)
{
    arena_rewind(arena, (struct arena_mark){ 0 });
}

static bool grow(struct arena *arena, size_t size)
{
    struct arena_chunk *chunk = arena->spare;
    size_t wanted = size > arena->chunk_size ? size : arena->chunk_size;
    if (chunk && chunk->size >= size) {
        arena->spare = NULL;
    } else {
        if (wanted > SIZE_MAX - sizeof(*chunk))
            return false;
        chunk = mem_alloc(sizeof(*chunk) + wanted);
        if (!chunk)
            return false;
        chunk->size = wanted;
    }
    use_chunk(arena, chunk);
    return true;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    if (UNLIKELY(size > SIZE_MAX - ALIGNMENT))
        return NULL;
    size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (UNLIKELY((size_t)(arena->end - arena->at) < size) && !grow(arena, size))
        return NULL;
    if (UNLIKELY(!arena->at) && !grow(arena, size)) /* no byte asked for, and no chunk yet */
        return NULL;
    void *block = arena->at;
    arena->at += size;
    return block;
}

void *arena_zero(struct arena *arena, size_t size)
{
    void *block = arena_alloc(arena, size);
    if (block)
        memset(block, 0, size);
    return block;
}

struct str arena_copy(struct arena *arena, struct str text)
{
    char *copy = arena_alloc(arena, text.size + 1);
    if (!copy)
        return STR_NONE;
    if (text.size)
        memcpy(copy, text.data, text.size);
    copy[text.size] = 0;
    return str_make(copy, text.size);
}

/* Most texts are short: they are made once. */
struct str arena_vprintf(struct arena *arena, const char *format, va_list values)
{
    char few[256];
    va_list again;
    va_copy(again, values);
    int size = vsnprintf(few, sizeof(few), format, again);
    va_end(again);
    CHECK(size >= 0);
    char *text = arena_alloc(arena, (size_t)size + 1);
    if (!text)
        return STR_NONE;
    if ((size_t)size < sizeof(few))
        memcpy(text, few, (size_t)size + 1);
    else
        vsnprintf(text, (size_t)size + 1, format, values);
    return str_make(text, (size_t)size);
}

struct str arena_printf(struct arena *arena, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    struct str text = arena_vprintf(arena, format, values);
    va_end(values);
    return text;
}

void *arena_need(struct arena *arena, size_t size)
{
    void *block = arena_zero(arena, size);
    CHECK(block && "out of memory");
    return block;
}

char *arena_need_copy(struct arena *arena, struct str text)
{
    char *copy = arena_need(arena, text.size + 1);
    if (text.size)
        memcpy(copy, text.data, text.size);
    return copy;
}

struct arena_mark arena_mark(const struct arena *arena)
{
    return (struct arena_mark){ arena->chunk, arena->at };
}

void arena_rewind(struct arena *arena, struct arena_mark mark)
{
    while (arena->chunk != mark.chunk)
        drop_newest(arena);
    arena->at = mark.at;
    arena->end = mark.chunk ? mark.chunk->bytes + mark.chunk->size : NULL;
}
