/* Entries stand in an array in the order in which they came; removed ones stay as holes until the array is full,
 * when it is packed or doubled. Above FEW entries a table of slots finds them: open addressing, twice as many slots
 * as entries, so that a free slot always ends the search. A slot of a hole stays until the next rebuild. */
#include "base/dict.h"
#include "base/digest.h"
#include "base/mem.h"

#define FEW 8

void dict_finish(struct dict *dict)
{
    for (size_t i = 0; i < dict->used; i++)
        mem_free((char *)dict->entries[i].key.data);
    mem_free(dict->entries);
    mem_free(dict->slots);
    *dict = (struct dict){ .ignore_case = dict->ignore_case };
}

/* By 64 bytes at a time, each with what came before in front. */
static uint64_t hash_folded(struct str key)
{
    char folded[8 + 64];
    uint64_t hash = 0;
    do {
        struct str part = str_slice(key, 0, 64);
        memcpy(folded, &hash, sizeof(hash));
        for (size_t i = 0; i < part.size; i++)
            folded[sizeof(hash) + i] = ascii_lower(part.data[i]);
        hash = digest_table(str_make(folded, sizeof(hash) + part.size));
        key = str_from(key, part.size);
    } while (key.size);
    return hash;
}

static uint64_t hash_of(const struct dict *dict, struct str key)
{
    return dict->ignore_case ? hash_folded(key) : digest_table(key);
}

static bool has_key(const struct dict *dict, const struct dict_entry *entry, struct str key)
{
    if (!entry->key.data || entry->key.size != key.size)
        return false;
    return dict->ignore_case ? str_eq_nocase(entry->key, key) : str_eq(entry->key, key);
}

static struct dict_entry *find_linear(const struct dict *dict, struct str key)
{
    for (size_t i = 0; i < dict->used; i++)
        if (has_key(dict, &dict->entries[i], key))
            return &dict->entries[i];
    return NULL;
}

static struct dict_entry *find_hashed(const struct dict *dict, struct str key, uint64_t hash)
{
    size_t mask = dict->slot_count - 1;
    for (size_t slot = (size_t)hash & mask; dict->slots[slot]; slot = (slot + 1) & mask) {
        struct dict_entry *entry = &dict->entries[dict->slots[slot] - 1];
        if (entry->hash == hash && has_key(dict, entry, key))
            return entry;
    }
    return NULL;
}

static struct dict_entry *find(const struct dict *dict, struct str key)
{
    return dict->slots ? find_hashed(dict, key, hash_of(dict, key)) : find_linear(dict, key);
}

void *dict_get(const struct dict *dict, struct str key)
{
    struct dict_entry *entry = find(dict, key);
    return entry ? entry->value : NULL;
}

bool dict_has(const struct dict *dict, struct str key)
{
    return find(dict, key) != NULL;
}

static void fill_slot(struct dict *dict, size_t index)
{
    size_t mask = dict->slot_count - 1;
    size_t slot = (size_t)dict->entries[index].hash & mask;
    while (dict->slots[slot])
        slot = (slot + 1) & mask;
    dict->slots[slot] = (uint32_t)(index + 1);
}

static void pack(struct dict *dict)
{
    size_t live = 0;
    for (size_t i = 0; i < dict->used; i++)
        if (dict->entries[i].key.data)
            dict->entries[live++] = dict->entries[i];
    CHECK(live == dict->count);
    dict->used = live;
}

static void refill_slots(struct dict *dict)
{
    memset(dict->slots, 0, dict->slot_count * sizeof(*dict->slots));
    for (size_t i = 0; i < dict->used; i++)
        fill_slot(dict, i);
}

static bool enlarge(struct dict *dict)
{
    size_t capacity = dict->capacity ? dict->capacity * 2 : FEW;
    if (capacity > UINT32_MAX / 2)
        return false;
    uint32_t *slots = NULL;
    if (capacity > FEW) {
        slots = mem_alloc(capacity * 2 * sizeof(*slots));
        if (!slots)
            return false;
    }
    struct dict_entry *entries = mem_resize(dict->entries, capacity * sizeof(*entries));
    if (!entries) {
        mem_free(slots);
        return false;
    }
    dict->entries = entries;
    dict->capacity = capacity;
    if (!slots)
        return true;
    if (!dict->slots)
        for (size_t i = 0; i < dict->used; i++)
            if (entries[i].key.data)
                entries[i].hash = hash_of(dict, entries[i].key);
    mem_free(dict->slots);
    dict->slots = slots;
    dict->slot_count = capacity * 2;
    return true;
}

/* One free entry at least behind `used`. An array with a quarter of holes is packed, which costs no memory and pays
 * for itself by that quarter; a fuller one is doubled. */
static bool make_room(struct dict *dict)
{
    if (dict->used < dict->capacity)
        return true;
    bool holes = dict->capacity && dict->count <= dict->capacity - dict->capacity / 4;
    if (!holes && !enlarge(dict))
        return false;
    pack(dict);
    if (dict->slots)
        refill_slots(dict);
    return true;
}

static char *copy_key(struct str key)
{
    char *copy = key.size < SIZE_MAX ? mem_alloc(key.size + 1) : NULL;
    if (!copy)
        return NULL;
    if (key.size)
        memcpy(copy, key.data, key.size);
    copy[key.size] = 0;
    return copy;
}

bool dict_set(struct dict *dict, struct str key, void *value)
{
    struct dict_entry *entry = find(dict, key);
    if (entry) {
        entry->value = value;
        return true;
    }
    char *copy = copy_key(key);
    if (!copy)
        return false;
    if (!make_room(dict)) {
        mem_free(copy);
        return false;
    }
    key = str_make(copy, key.size);
    uint64_t hash = dict->slots ? hash_of(dict, key) : 0;
    dict->entries[dict->used] = (struct dict_entry){ key, value, hash };
    if (dict->slots)
        fill_slot(dict, dict->used);
    dict->used++;
    dict->count++;
    return true;
}

void *dict_remove(struct dict *dict, struct str key)
{
    struct dict_entry *entry = find(dict, key);
    if (!entry)
        return NULL;
    void *value = entry->value;
    mem_free((char *)entry->key.data);
    entry->key = STR_NONE;
    entry->value = NULL;
    dict->count--;
    return value;
}

struct dict_entry *dict_next(const struct dict *dict, const struct dict_entry *previous)
{
    size_t index = previous ? (size_t)(previous - dict->entries) + 1 : 0;
    for (; index < dict->used; index++)
        if (dict->entries[index].key.data)
            return &dict->entries[index];
    return NULL;
}
