/* A million entries are usual, so each is 40 bytes in one array, referred to by place. A file's text is copied once and
 * stays whole; entries point into it until they are changed, then they have a text of their own.
 *
 * The table by key is only made when a key is looked for: most lists are never changed. Without memory for it the
 * search goes by the order. */
#include "match/pattern_entries.h"
#include "base/digest.h"
#include "base/mem.h"

struct entry_texts {
    struct entry_texts *next;
    char bytes[];
};

/* ---- texts ---- */

static void write_text(char *out, struct str key, struct str value)
{
    if (key.size)
        memcpy(out, key.data, key.size);
    out[key.size] = 0;
    if (value.size)
        memcpy(out + key.size + 1, value.data, value.size);
    out[key.size + 1 + value.size] = 0;
}

char *pattern_entries_text(struct str key, struct str value)
{
    char *text = NULL;
    if (key.size < UINT32_MAX && value.size < UINT32_MAX)
        text = mem_alloc(key.size + value.size + 2);
    if (text)
        write_text(text, key, value);
    return text;
}

static void free_text(struct pattern_entry *entry)
{
    if (entry->owns_text)
        mem_free((char *)(uintptr_t)entry->text);
}

void pattern_entries_finish(struct pattern_entries *entries)
{
    for (uint32_t place = entries->first; place; place = pattern_entries_at(entries, place)->next)
        free_text(pattern_entries_at(entries, place));
    while (entries->texts) {
        struct entry_texts *texts = entries->texts;
        entries->texts = texts->next;
        mem_free(texts);
    }
    mem_free(entries->items);
    mem_free(entries->slots);
    *entries = (struct pattern_entries){ .newest_id = entries->newest_id };
}

/* ---- by key ---- */

static uint32_t *slot_of(const struct pattern_entries *entries, struct str key)
{
    return &entries->slots[digest_table(key) & (entries->slot_count - 1)];
}

static void put_last_of_key(const struct pattern_entries *entries, uint32_t place)
{
    uint32_t *chain = slot_of(entries, pattern_entry_key(pattern_entries_at(entries, place)));
    while (*chain)
        chain = &pattern_entries_at(entries, *chain)->next_of_key;
    *chain = place;
}

static void take_from_keys(const struct pattern_entries *entries, uint32_t place)
{
    struct pattern_entry *entry = pattern_entries_at(entries, place);
    uint32_t *chain = slot_of(entries, pattern_entry_key(entry));
    while (*chain != place)
        chain = &pattern_entries_at(entries, *chain)->next_of_key;
    *chain = entry->next_of_key;
    entry->next_of_key = 0;
}

/* Backwards, so that each goes in front. */
static bool make_table(struct pattern_entries *entries)
{
    size_t wanted = 8;
    while (wanted < entries->count)
        wanted *= 2;
    uint32_t *slots = mem_zero(wanted * sizeof(*slots));
    if (!slots)
        return false;
    mem_free(entries->slots);
    entries->slots = slots;
    entries->slot_count = wanted;
    for (uint32_t place = entries->last; place;) {
        struct pattern_entry *entry = pattern_entries_at(entries, place);
        uint32_t *slot = slot_of(entries, pattern_entry_key(entry));
        entry->next_of_key = *slot;
        *slot = place;
        place = entry->previous;
    }
    return true;
}

uint32_t pattern_entries_find(struct pattern_entries *entries, struct str key, uint32_t previous)
{
    bool hashed = entries->slots || make_table(entries);
    struct pattern_entry *entry = previous ? pattern_entries_at(entries, previous) : NULL;
    uint32_t place;
    if (entry)
        place = hashed ? entry->next_of_key : entry->next;
    else
        place = hashed ? *slot_of(entries, key) : entries->first;
    while (place) {
        entry = pattern_entries_at(entries, place);
        if (str_eq(pattern_entry_key(entry), key))
            return place;
        place = hashed ? entry->next_of_key : entry->next;
    }
    return 0;
}

/* ---- entries come and go ---- */

static bool make_room(struct pattern_entries *entries)
{
    if (entries->free || entries->used < entries->capacity)
        return true;
    uint32_t more = entries->capacity / 4 > 8 ? entries->capacity / 4 : 8;
    if (more >= UINT32_MAX - entries->capacity)
        return false;
    uint32_t capacity = entries->capacity + more;
    struct pattern_entry *items = mem_resize(entries->items, capacity * sizeof(*items));
    if (!items)
        return false;
    entries->items = items;
    entries->capacity = capacity;
    return true;
}

/* There is room. */
static uint32_t put_last(struct pattern_entries *entries, struct pattern_entry entry)
{
    uint32_t place = entries->free;
    if (place)
        entries->free = pattern_entries_at(entries, place)->next;
    else
        place = ++entries->used;
    entry.id = ++entries->newest_id;
    entry.previous = entries->last;
    entry.next = entry.next_of_key = 0;
    *pattern_entries_at(entries, place) = entry;
    if (entries->last)
        pattern_entries_at(entries, entries->last)->next = place;
    else
        entries->first = place;
    entries->last = place;
    entries->count++;
    if (!entries->slots)
        return place;
    if (entries->count <= entries->slot_count) {
        put_last_of_key(entries, place);
    } else if (!make_table(entries)) {
        mem_free(entries->slots); /* made again, or done without, when a key is looked for */
        entries->slots = NULL;
    }
    return place;
}

uint32_t pattern_entries_add(struct pattern_entries *entries, struct str key, struct str value)
{
    char *text = make_room(entries) ? pattern_entries_text(key, value) : NULL;
    if (!text)
        return 0;
    return put_last(entries, (struct pattern_entry){ .text = text,
                                                     .owns_text = true,
                                                     .key_size = (uint32_t)key.size,
                                                     .value_size = (uint32_t)value.size });
}

void pattern_entries_remove(struct pattern_entries *entries, uint32_t place)
{
    struct pattern_entry *entry = pattern_entries_at(entries, place);
    if (entries->slots)
        take_from_keys(entries, place);
    *(entry->previous ? &pattern_entries_at(entries, entry->previous)->next : &entries->first) = entry->next;
    *(entry->next ? &pattern_entries_at(entries, entry->next)->previous : &entries->last) = entry->previous;
    free_text(entry);
    *entry = (struct pattern_entry){ .next = entries->free };
    entries->free = place;
    entries->count--;
}

bool pattern_entries_set_value(struct pattern_entries *entries, uint32_t place, struct str value)
{
    struct pattern_entry *entry = pattern_entries_at(entries, place);
    char *text = pattern_entries_text(pattern_entry_key(entry), value);
    if (!text)
        return false;
    free_text(entry);
    entry->text = text;
    entry->owns_text = true;
    entry->value_size = (uint32_t)value.size;
    return true;
}

/* ---- files ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* One line of the copy, between its ends: the value moves next to the key. A list's line is a pattern, blanks in it and
 * behind it included; a map's is a key and a value. */
static bool load_line(struct pattern_entries *entries, char *at, char *end, bool is_map, unsigned line)
{
    char *cut = memchr(at, '\r', (size_t)(end - at));
    if (at == end || *at == '#')
        return true;
    end = cut ? cut : end;
    while (at < end && is_blank(*at))
        at++;
    if (at == end)
        return true;
    char *key_end = is_map ? at : end;
    while (key_end < end && !is_blank(*key_end))
        key_end++;
    struct str value = str_trim(str_make(key_end, (size_t)(end - key_end)));
    if (!make_room(entries))
        return false;
    *key_end = 0;
    if (value.size) {
        memmove(key_end + 1, value.data, value.size);
        key_end[1 + value.size] = 0;
    }
    put_last(entries, (struct pattern_entry){ .text = at,
                                              .key_size = (uint32_t)(key_end - at),
                                              .value_size = (uint32_t)value.size,
                                              .line = line & INT32_MAX });
    return true;
}

bool pattern_entries_load(struct pattern_entries *entries, struct str text, bool is_map)
{
    struct entry_texts *texts = NULL;
    if (text.size < UINT32_MAX)
        texts = mem_alloc(sizeof(*texts) + text.size + 1);
    if (!texts)
        return false;
    if (text.size)
        memcpy(texts->bytes, text.data, text.size);
    texts->next = entries->texts;
    entries->texts = texts;
    char *at = texts->bytes, *end = at + text.size;
    *end = 0;
    for (unsigned line = 1; at <= end; line++) {
        char *line_end = memchr(at, '\n', (size_t)(end - at));
        line_end = line_end ? line_end : end;
        if (!load_line(entries, at, line_end, is_map, line))
            return false;
        at = line_end + 1;
    }
    return true;
}
