/* What pattern.c (sets, references) and pattern_index.c (one method's index) share. */
#ifndef MATCH_PATTERN_PARTS_H
#define MATCH_PATTERN_PARTS_H
#include "base/list.h"
#include "base/prefix_tree.h"
#include "match/pattern.h"
#include "match/regex.h"

struct entry { /* one line of a reference */
    struct pattern_entry shown;
    unsigned line;            /* of a file, else 0 */
    struct list link;         /* in its reference, in order */
    struct entry *same_key;   /* the next one of this key */
    struct pattern *patterns; /* one in each index */
};

struct pattern {      /* an entry in an index */
    struct list link; /* in the index, in order */
    struct pattern *next_of_entry;
    struct pattern *twin; /* the next one in the same place of the index, in order */
    struct pattern_expr *expr;
    const struct entry *entry;
    struct str text; /* what is compared: the key, folded when case is ignored; or bytes of -m bin */
    uint64_t hash;
    union {
        struct {
            int64_t low, high;
        } range;
        struct {
            uint8_t ip[16];
            uint32_t odd_mask; /* of IPv4, when its bits are not in a row; else 0 */
            uint8_t bits, size;
        } net;
    } u;
    struct regex *regex;
    struct sample value; /* of a map */
};

/* How many patterns have this length: beginnings and ends are looked up length by length. */
struct length_of_keys {
    size_t size, count;
};

struct pattern_expr {
    struct pattern_options options;
    struct list link;     /* in its reference */
    struct list own_link; /* in the set that owns it */
    struct pattern_ref *ref;
    struct pattern_ref *own; /* the reference behind an index with patterns of its own */
    struct list patterns;
    size_t count;
    struct pattern **slots; /* by hash; a power of two of them, NULL while the index is empty */
    size_t slot_count;
    struct length_of_keys *lengths; /* ascending */
    size_t length_count, length_capacity;
    struct prefix_tree v4, v6;
    size_t odd_count; /* patterns with an odd mask: looked for last, in order */
};

/* Makes the entry's pattern and puts it last. false: *error. */
bool pattern_index_add(struct pattern_expr *expr, struct entry *entry, struct arena *arena,
                       const char **error) MUST_USE;
void pattern_index_remove(struct pattern *pattern); /* and frees it; the entry's chain is the caller's */
void pattern_index_clear(struct pattern_expr *expr);
/* Reads a map's value for the index. false: it is none. */
bool pattern_index_value(const struct pattern_expr *expr, struct str text, struct sample *out) MUST_USE;
const struct pattern *pattern_index_find(const struct pattern_expr *expr, const struct sample *sample,
                                         struct arena *scratch, struct regex_groups *groups);

#endif
