/* Bump allocation: many small blocks that end together. A snapshot allows to give back all that came after.
 * Three owners: the node (configuration), a stream (one transaction), a parser (its scratch). */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H
#include "base/check.h"
#include "base/str.h"
#include <stdarg.h>

struct arena_chunk;

struct arena {
    struct arena_chunk *chunk; /* the one in use; older ones behind it */
    char *at, *end;            /* free part of it */
    size_t chunk_size;         /* usual size of a chunk, bytes */
    struct arena_chunk *spare; /* one usual chunk kept by arena_reset */
};

struct arena_mark {
    struct arena_chunk *chunk;
    char *at;
};

void arena_init(struct arena *arena, size_t chunk_size); /* takes no memory yet */
void arena_finish(struct arena *arena);                  /* gives all memory back */
void arena_reset(struct arena *arena);                   /* empty again; keeps one chunk */

/* size bytes, aligned for any type, not cleared; NULL when there is no memory. */
void *arena_alloc(struct arena *arena, size_t size) MUST_USE;
void *arena_zero(struct arena *arena, size_t size) MUST_USE;
/* A copy of text with a NUL behind it; data is NULL when there is no memory. */
struct str arena_copy(struct arena *arena, struct str text) MUST_USE;
struct str arena_printf(struct arena *arena, const char *format, ...) MUST_USE PRINTF_LIKE(2, 3);
struct str arena_vprintf(struct arena *arena, const char *format, va_list values) MUST_USE;

/* For start-up: as above, but ends the process when there is no memory. Cleared. */
void *arena_need(struct arena *arena, size_t size) MUST_USE;
char *arena_need_copy(struct arena *arena, struct str text) MUST_USE;

struct arena_mark arena_mark(const struct arena *arena);
void arena_rewind(struct arena *arena, struct arena_mark mark); /* all blocks since the mark end */

#endif
