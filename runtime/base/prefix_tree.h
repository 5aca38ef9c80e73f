/* A trie of bit prefixes with path compression: longest match of an address among networks.
 * Keys are up to 16 bytes. Memory comes from the heap, in two blocks that grow. */
#ifndef BASE_PREFIX_TREE_H
#define BASE_PREFIX_TREE_H
#include "base/check.h"
#include <stdbool.h>
#include <stdint.h>

#define PREFIX_TREE_SIZES 13 /* kinds of node by size */

struct prefix_tree {
    uint64_t *words; /* the nodes, one behind the other */
    char *entries;   /* prefixes with their values, entry_size bytes each */
    uint32_t root;   /* a reference (see prefix_tree.c), 0 when empty */
    uint32_t word_used, word_capacity;
    uint32_t entry_used, entry_capacity, entry_size;
    uint32_t free_nodes[PREFIX_TREE_SIZES], free_entry; /* chains: place + 1 of the first, 0 for none */
    size_t count;                                       /* prefixes that are there */
};

#define PREFIX_TREE_INIT                                                                                     \
    {                                                                                                        \
        0                                                                                                    \
    }

void prefix_tree_finish(struct prefix_tree *tree);
/* Keeps the value that is there when the prefix exists: returns the value that stands there afterwards;
 * NULL when there is no memory. value must not be NULL. Bits of key past `bits` are ignored. */
void *prefix_tree_add(struct prefix_tree *tree, const uint8_t *key, unsigned bits, void *value) MUST_USE;
/* The value of exactly this prefix, NULL if there is none. */
void *prefix_tree_get(const struct prefix_tree *tree, const uint8_t *key, unsigned bits);
/* Takes exactly this prefix out; returns its value or NULL. */
void *prefix_tree_remove(struct prefix_tree *tree, const uint8_t *key, unsigned bits);
/* The value of the longest prefix of key (key has `bits` bits), NULL for none. */
void *prefix_tree_longest(const struct prefix_tree *tree, const uint8_t *key, unsigned bits);

#endif
