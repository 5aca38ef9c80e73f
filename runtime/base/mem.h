/* The heap, through one door: a test or the simulator can make the n-th call fail. */
#ifndef BASE_MEM_H
#define BASE_MEM_H
#include "base/check.h"
#include "base/str.h"

/* As malloc, calloc and realloc: NULL when there is no memory. mem_free takes NULL. */
void *mem_alloc(size_t size) MUST_USE;
void *mem_zero(size_t size) MUST_USE;
void *mem_resize(void *old, size_t size) MUST_USE;
void mem_free(void *block);

/* For start-up only, where nothing can go on without: ends the process with "out of memory". */
void *mem_need(size_t size) MUST_USE;          /* zeroed */
char *mem_need_copy(struct str text) MUST_USE; /* with a NUL behind */

#endif
