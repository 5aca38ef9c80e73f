/* A binary trie of bit prefixes with path compression: longest match of an address among networks.
 * Keys are up to 16 bytes. Memory comes from the heap. */
#ifndef BASE_PREFIX_TREE_H
#define BASE_PREFIX_TREE_H
#include "base/check.h"
#include <stdbool.h>
#include <stdint.h>

struct prefix_node;

struct prefix_tree {
    struct prefix_node *root;
    size_t count;
};

#define PREFIX_TREE_INIT { NULL, 0 }

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
