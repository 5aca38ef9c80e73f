/* The entries of a list or map: numbered in the order in which they come, walked in that order, found by place and by
 * key. An entry stands at a place, a number from 1 on that it keeps for its life and that a later one may take over.
 * Owned by a pattern_ref; all memory is the heap's. */
#ifndef MATCH_PATTERN_ENTRIES_H
#define MATCH_PATTERN_ENTRIES_H
#include "match/pattern.h"

struct entry_texts; /* a file that was loaded: its entries' texts stay in it */

struct pattern_entries {
    struct pattern_entry *items; /* by place - 1 */
    uint32_t used, capacity, free;
    uint32_t first, last;
    size_t count;
    uint64_t newest_id;
    uint32_t *slots; /* places by the key's hash, a power of two of them; NULL until a key is looked for */
    size_t slot_count;
    struct entry_texts *texts;
};

/* All zero is an empty one. */
void pattern_entries_finish(struct pattern_entries *entries); /* leaves it empty, numbers go on */
/* The place of a new last entry, 0 when there is no memory. */
uint32_t pattern_entries_add(struct pattern_entries *entries, struct str key, struct str value) MUST_USE;
/* Lines of a file: '#' comments; maps: key, blanks, value. false: no memory, some lines are missing. */
bool pattern_entries_load(struct pattern_entries *entries, struct str text, bool is_map) MUST_USE;
void pattern_entries_remove(struct pattern_entries *entries, uint32_t place);
/* key and value of what was there are gone. false: no memory, nothing changed. */
bool pattern_entries_set_value(struct pattern_entries *entries, uint32_t place, struct str value) MUST_USE;
/* The first entry of a key, behind `previous` when that is not 0; 0 for none. */
uint32_t pattern_entries_find(struct pattern_entries *entries, struct str key, uint32_t previous);
/* A key and a value as an entry keeps them; NULL when there is no memory. */
char *pattern_entries_text(struct str key, struct str value) MUST_USE;

static inline struct pattern_entry *pattern_entries_at(const struct pattern_entries *entries, uint32_t place)
{
    return &entries->items[place - 1];
}

static inline uint32_t pattern_entries_place(const struct pattern_entries *entries,
                                             const struct pattern_entry *entry)
{
    return (uint32_t)(entry - entries->items) + 1;
}

#endif
