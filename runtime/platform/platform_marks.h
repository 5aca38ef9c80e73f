/* Which descriptors are out of the ordinary: listeners, and those that another process may hold too. Nearly all
 * are ordinary and cost one look. May be used by several threads, each on descriptors of its own. */
#ifndef PLATFORM_PLATFORM_MARKS_H
#define PLATFORM_PLATFORM_MARKS_H
#include <stdatomic.h>
#include <stdbool.h>

enum platform_mark {
    PLATFORM_MARK_LISTENER = 1, /* watched level-triggered */
    PLATFORM_MARK_SHARED = 2,   /* close alone does not end its watch */
};

#define PLATFORM_MARKS_CHUNK  4096 /* descriptors in a chunk */
#define PLATFORM_MARKS_CHUNKS 4096

struct platform_marks {
    _Atomic(unsigned char *) chunks[PLATFORM_MARKS_CHUNKS]; /* NULL: none of them is marked */
};

void platform_marks_init(struct platform_marks *marks);
void platform_marks_finish(struct platform_marks *marks);
/* Adds to what is set. false when there is no memory. */
bool platform_marks_set(struct platform_marks *marks, int descriptor, unsigned bits);
void platform_marks_clear(struct platform_marks *marks, int descriptor);
unsigned platform_marks_get(const struct platform_marks *marks, int descriptor);

#endif
