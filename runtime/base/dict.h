/* A table from byte strings to pointers that is walked in insertion order, so that nothing observable hangs on
 * a hash. Keys are copied. Removing keeps the order of the rest. */
#ifndef BASE_DICT_H
#define BASE_DICT_H
#include "base/str.h"
#include <stdbool.h>
#include <stdint.h>

struct dict_entry {
    struct str key; /* owned by the dict, NUL behind it; data NULL: removed */
    void *value;
    uint64_t hash;
};

struct dict {
    struct dict_entry *entries; /* in insertion order, with holes where entries were removed */
    uint32_t *slots; /* open addressing, index + 1 into entries; NULL while there are few entries */
    size_t used, count, capacity, slot_count;
    bool ignore_case; /* ASCII; set before the first entry */
};

#define DICT_INIT                                                                                            \
    {                                                                                                        \
        0                                                                                                    \
    }

void dict_finish(struct dict *dict); /* frees the keys; values are the caller's */
/* The value of key, NULL when it is not there. */
void *dict_get(const struct dict *dict, struct str key);
bool dict_has(const struct dict *dict, struct str key);
/* Adds or replaces; false when there is no memory, nothing changed then. */
bool dict_set(struct dict *dict, struct str key, void *value) MUST_USE;
/* Takes key out and returns its value, NULL when it was not there. */
void *dict_remove(struct dict *dict, struct str key);

/* Walks live entries in insertion order: for (struct dict_entry *e = dict_next(d, NULL); e; e = dict_next(d, e)).
 * No entry may be added during a walk; removing the current one is fine. */
struct dict_entry *dict_next(const struct dict *dict, const struct dict_entry *previous);

#endif
