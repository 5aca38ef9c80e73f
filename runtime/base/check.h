/* What a bug alone can break is checked, in production too; the macros that every file wants. */
#ifndef BASE_CHECK_H
#define BASE_CHECK_H
#include <assert.h>
#include <stddef.h>

#ifdef NDEBUG
#error "CHECK stays on in production: build without NDEBUG"
#endif

/* Ends the process with the broken fact, its file and its line. Never for what input, memory or the world
 * can cause. */
#define CHECK(fact) assert(fact)

/* The caller must look at what comes back. */
#define MUST_USE __attribute__((warn_unused_result))

/* Like printf: the text is argument `text`, the values begin at `first`, both counted from 1. */
#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* The struct that holds `member` at `pointer`. */
#define CONTAINER_OF(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

/* A branch that is taken rarely: an error, a refill. */
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)

#endif
