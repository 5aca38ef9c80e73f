/* What pattern.c (sets, references), pattern_read.c (texts) and pattern_index.c (one method's index) share. */
#ifndef MATCH_PATTERN_PARTS_H
#define MATCH_PATTERN_PARTS_H
#include "base/list.h"
#include "base/prefix_tree.h"
#include "match/pattern_entries.h"
#include "match/regex.h"

struct pattern_net {
    uint8_t ip[16];
    uint32_t odd_mask; /* of IPv4, when its bits are not in a row; else 0 */
    uint8_t bits, size;
};

/* A key as a method reads it. */
union pattern_reading {
    struct {
        int64_t low, high;
    } range;                /* int, len */
    struct str text;        /* bin: its bytes; texts without case: folded. Owned */
    struct regex *regex;    /* reg, regm. Owned */
    struct pattern_net net; /* ip */
};

/* How many patterns have this length: beginnings and ends are looked up length by length. */
struct length_of_keys {
    size_t size, count;
};

struct odd_net { /* an IPv4 network whose mask has holes */
    uint32_t place, ip, mask;
};

/* Arrays by place of the entry; each covers the places below its size. */
struct pattern_expr {
    struct pattern_options options;
    struct list link;     /* in its reference */
    struct list own_link; /* in the set that owns it */
    struct pattern_ref *ref;
    struct pattern_ref *own; /* the reference behind an index with patterns of its own */
    const struct pattern_entries *entries;
    size_t count;
    uint32_t *slots; /* places by hash; a power of two of them, NULL while the index is empty */
    size_t slot_count;
    uint32_t *hashes;                /* of indexes with a table */
    uint32_t *twins;                 /* the next place in the same slot, or of the same prefix; 0 for none */
    union pattern_reading *readings; /* where the entry's key is not what is compared */
    uint32_t hash_size, twin_size, reading_size;
    struct length_of_keys *lengths; /* ascending */
    size_t length_count, length_capacity;
    struct prefix_tree v4, v6; /* values are places */
    struct odd_net *odd;       /* looked for last, in order */
    size_t odd_count, odd_capacity;
};

/* Reads a key. false: *error says why it is none. */
bool pattern_read(const struct pattern_options *options, struct str key, union pattern_reading *out,
                  struct arena *arena, const char **error) MUST_USE;
bool pattern_read_is_kept(const struct pattern_options *options); /* what was read is needed to compare */
void pattern_read_free(const struct pattern_options *options, union pattern_reading *reading);
/* Reads a map's value for the index. false: it is none. */
bool pattern_read_value(const struct pattern_options *options, struct str text, struct sample *out) MUST_USE;
uint32_t pattern_read_ipv4(const uint8_t *ip); /* as a number */

/* Takes the entry in; entries come in their order. false: *error. */
bool pattern_index_add(struct pattern_expr *expr, uint32_t place, struct arena *arena,
                       const char **error) MUST_USE;
void pattern_index_remove(struct pattern_expr *expr, uint32_t place); /* before the entry goes */
void pattern_index_clear(struct pattern_expr *expr);
/* The place of the first that matches, 0 for none. */
uint32_t pattern_index_find(const struct pattern_expr *expr, const struct sample *sample,
                            struct arena *scratch, struct regex_groups *groups);

#endif
