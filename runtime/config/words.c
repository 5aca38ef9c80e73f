/* One insertion-ordered table a kind; rows of one name hang in a chain in the order they came. */
#include "config/words.h"
#include "base/diag.h"
#include "base/mem.h"

#define NO_SLIP                                                                                              \
    1000u /* diag_distance answers something larger when two words have nothing to do with each other */

void words_init(struct words *words)
{
    *words = (struct words){ 0 };
}

static void free_chain(struct word *word)
{
    while (word) {
        struct word *next = word->next;
        mem_free(word);
        word = next;
    }
}

void words_finish(struct words *words)
{
    for (unsigned kind = 0; kind < WORD_KIND_COUNT; kind++) {
        struct dict *dict = &words->by_name[kind];
        for (struct dict_entry *entry = dict_next(dict, NULL); entry; entry = dict_next(dict, entry))
            free_chain(entry->value);
        dict_finish(dict);
    }
    words_init(words);
}

bool words_add(struct words *words, enum word_kind kind, const char *name, const void *row)
{
    CHECK(kind < WORD_KIND_COUNT && name[0]);
    struct word *word = mem_zero(sizeof(*word));
    if (!word)
        return false;
    word->row = row;
    struct word *last = dict_get(&words->by_name[kind], str_of(name));
    if (!last) {
        if (dict_set(&words->by_name[kind], str_of(name), word))
            return true;
        mem_free(word);
        return false;
    }
    while (last->next)
        last = last->next;
    last->next = word;
    return true;
}

const struct word *words_find(const struct words *words, enum word_kind kind, struct str name)
{
    CHECK(kind < WORD_KIND_COUNT);
    return dict_get(&words->by_name[kind], name);
}

static bool any_suits(const struct word *word, bool (*suits)(const void *row, void *data), void *data)
{
    for (; word; word = word->next)
        if (!suits || suits(word->row, data))
            return true;
    return false;
}

const char *words_closest(const struct words *words, enum word_kind kind, struct str name,
                          bool (*suits)(const void *row, void *data), void *data)
{
    CHECK(kind < WORD_KIND_COUNT);
    const struct dict *dict = &words->by_name[kind];
    const char *closest = NULL;
    unsigned smallest = NO_SLIP;
    for (struct dict_entry *entry = dict_next(dict, NULL); entry; entry = dict_next(dict, entry)) {
        unsigned distance = diag_distance(name, entry->key);
        if (distance >= smallest || !any_suits(entry->value, suits, data))
            continue;
        smallest = distance;
        closest = entry->key.data;
    }
    return closest;
}
