/* Entries stand in a hash table by key and in a heap by age. An entry that is touched only notes its new end: where it
 * stands in the heap is put right when its old end comes, or when room is needed, so that following a client costs no
 * reordering. */
#include "table/stick_table.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/mem.h"
#include "base/units.h"
#include "event/loop.h"
#include "sample/sample.h"

#define SLOTS_MIN      16
#define EXPIRE_AT_ONCE 1024 /* entries looked at in one go; the rest waits for the next turn */

struct name { /* what server keys point to: each kept once, as long as the table */
    struct name *next;
    struct str text;
};

struct stick_table {
    struct stick_table_options options;
    struct stick_entry **slots; /* a power of two of them; NULL while the table is empty */
    size_t slot_count, used;
    struct heap by_age;
    struct loop *loop;
    struct timer timer;
    struct arena names_memory;
    struct name *names;
    uint32_t serial;
    uint32_t offset[STICK_DATA_COUNT]; /* into an entry's data; of what is stored */
    uint32_t data_size;
};

static const char *const type_names[STICK_TYPE_COUNT] = { "ip", "ipv6", "integer", "string", "binary" };

const char *stick_type_name(enum stick_type type)
{
    CHECK(type < STICK_TYPE_COUNT);
    return type_names[type];
}

static uint64_t now_ns(const struct stick_table *table)
{
    return table->loop ? loop_now(table->loop) : 0;
}

static uint64_t now_ms(const struct stick_table *table)
{
    return now_ns(table) / NS_PER_MS;
}

/* ---- the table ---- */

static uint32_t size_of(enum stick_form form)
{
    return form == STICK_UINT ? 4 : form == STICK_RATE ? (uint32_t)sizeof(struct stick_rate) : 8;
}

/* What is 8 bytes wide comes first, so that all are aligned without gaps. */
static void lay_out(struct stick_table *table)
{
    uint32_t at = 0;
    for (unsigned pass = 0; pass < 2; pass++) {
        for (unsigned data = 0; data < STICK_DATA_COUNT; data++) {
            uint32_t size = size_of(stick_data_rows[data].form);
            if (!table->options.stored[data] || (size == 8) != (pass == 0))
                continue;
            if (!table->options.count[data])
                table->options.count[data] = 1;
            table->offset[data] = at;
            at += size * table->options.count[data];
        }
    }
    table->data_size = at;
}

struct stick_table *stick_table_create(const struct stick_table_options *options)
{
    struct stick_table *table = mem_zero(sizeof(*table));
    if (!table)
        return NULL;
    table->options = *options;
    heap_init(&table->by_age);
    arena_init(&table->names_memory, 512);
    lay_out(table);
    return table;
}

void stick_table_store(struct stick_table *table, enum stick_data data)
{
    CHECK(!table->used);
    table->options.stored[data] = true;
    lay_out(table);
}

void stick_table_destroy(struct stick_table *table)
{
    if (!table)
        return;
    stick_table_detach(table);
    for (size_t i = 0; i < table->by_age.count; i++)
        mem_free(CONTAINER_OF(table->by_age.nodes[i], struct stick_entry, by_age));
    heap_finish(&table->by_age);
    arena_finish(&table->names_memory);
    mem_free(table->slots);
    mem_free(table);
}

const struct stick_table_options *stick_table_options(const struct stick_table *table)
{
    return &table->options;
}

size_t stick_table_used(const struct stick_table *table)
{
    return table->used;
}

/* ---- slots ---- */

static struct stick_entry **slot_of(const struct stick_table *table, uint32_t hash)
{
    return &table->slots[hash & (table->slot_count - 1)];
}

static bool grow(struct stick_table *table)
{
    if (table->used < table->slot_count)
        return true;
    size_t count = table->slot_count ? table->slot_count * 2 : SLOTS_MIN;
    struct stick_entry **old = table->slots;
    struct stick_entry **slots = mem_zero(count * sizeof(struct stick_entry *));
    if (!slots)
        return table->slot_count != 0; /* slower, but it goes on */
    size_t old_count = table->slot_count;
    table->slots = slots;
    table->slot_count = count;
    for (size_t i = 0; i < old_count; i++) {
        for (struct stick_entry *entry = old[i], *next; entry; entry = next) {
            struct stick_entry **slot = slot_of(table, entry->hash);
            next = entry->next;
            entry->next = *slot;
            *slot = entry;
        }
    }
    mem_free(old);
    return true;
}

static char *data_of(const struct stick_entry *entry)
{
    return (char *)(uintptr_t)(entry + 1);
}

struct str stick_entry_key_bytes(const struct stick_entry *entry)
{
    return str_make(data_of(entry) + entry->table->data_size, entry->key_size);
}

static uint32_t hash_of(const struct stick_key *key)
{
    return (uint32_t)digest_table(str_make(key->data, key->size));
}

static struct stick_entry *find(const struct stick_table *table, const struct stick_key *key, uint32_t hash)
{
    if (!table->used)
        return NULL;
    struct stick_entry *entry = *slot_of(table, hash);
    while (entry && (entry->hash != hash || entry->key_size != key->size ||
                     memcmp(data_of(entry) + table->data_size, key->data, key->size) != 0))
        entry = entry->next;
    return entry;
}

static void unlink_entry(struct stick_entry *entry)
{
    struct stick_table *table = entry->table;
    struct stick_entry **at = slot_of(table, entry->hash);
    while (*at != entry)
        at = &(*at)->next;
    *at = entry->next;
    heap_remove(&table->by_age, &entry->by_age);
    table->used--;
    mem_free(entry);
}

/* ---- age ---- */

static uint64_t end_from_now(const struct stick_table *table)
{
    return now_ns(table) + table->options.expire_ms * NS_PER_MS;
}

static struct stick_entry *oldest(const struct stick_table *table)
{
    struct heap_node *node = heap_first(&table->by_age);
    return node ? CONTAINER_OF(node, struct stick_entry, by_age) : NULL;
}

/* Puts the entry where it belongs by now; a held one is looked at again when another life has passed. false: it stands
 * right, and nobody holds it. */
static bool moved_on(struct stick_entry *entry)
{
    struct stick_table *table = entry->table;
    uint64_t until = entry->holds ? end_from_now(table) : entry->expire_ns;
    if (until <= entry->by_age.key && !entry->holds)
        return false;
    if (until <= entry->by_age.key)
        until = entry->by_age.key + 1;
    entry->by_age.key = until;
    heap_moved(&table->by_age, &entry->by_age);
    return true;
}

static void arm(struct stick_table *table)
{
    const struct stick_entry *entry = oldest(table);
    if (!table->loop || !table->options.expire_ms)
        return;
    if (!entry)
        timer_stop(&table->timer);
    else if (!timer_armed(&table->timer) || table->timer.at_ns != entry->by_age.key)
        (void)timer_set(&table->timer,
                        entry->by_age.key); /* without memory it is armed with the next entry */
}

static void expire(struct timer *timer)
{
    struct stick_table *table = CONTAINER_OF(timer, struct stick_table, timer);
    uint64_t now = now_ns(table);
    timer_stop(timer);
    for (unsigned i = 0; i < EXPIRE_AT_ONCE; i++) {
        struct stick_entry *entry = oldest(table);
        if (!entry || entry->by_age.key > now)
            break;
        if (!moved_on(entry))
            unlink_entry(entry);
    }
    arm(table);
}

/* Lets the oldest go that nobody holds: some at once, as HAProxy does, so that a full table does not do this for each
 * new key. */
static void make_room(struct stick_table *table)
{
    uint64_t wanted = (table->options.size >> 8) + 1;
    for (size_t looked = table->by_age.count; looked > 0 && wanted > 0; looked--) {
        struct stick_entry *entry = oldest(table);
        if (moved_on(entry))
            continue;
        unlink_entry(entry);
        wanted--;
    }
}

void stick_table_attach(struct stick_table *table, struct loop *loop)
{
    table->loop = loop;
    timer_init(&table->timer, loop, expire);
    arm(table);
}

void stick_table_detach(struct stick_table *table)
{
    if (table->loop)
        timer_finish(&table->timer);
    table->loop = NULL;
}

/* ---- keys ---- */

static void set_bytes(struct stick_key *out, const void *bytes, size_t size)
{
    memcpy(out->bytes, bytes, size);
    out->data = out->bytes;
    out->size = size;
}

static void set_text(const struct stick_table *table, struct str text, struct stick_key *out)
{
    out->data = text.size ? text.data : "";
    out->size = text.size < table->options.key_size ? text.size : table->options.key_size;
}

/* A binary key that is too short ends in zeros. */
static bool set_binary(const struct stick_table *table, struct str bytes, struct arena *scratch,
                       struct stick_key *out)
{
    set_text(table, bytes, out);
    if (out->size == table->options.key_size)
        return true;
    char *padded = arena_zero(scratch, table->options.key_size);
    if (!padded)
        return false;
    memcpy(padded, out->data, out->size);
    *out = (struct stick_key){ .data = padded, .size = table->options.key_size };
    return true;
}

bool stick_table_key(const struct stick_table *table, const struct sample *sample, struct arena *scratch,
                     struct stick_key *out)
{
    static const enum sample_type wanted[STICK_TYPE_COUNT] = { SAMPLE_IPV4, SAMPLE_IPV6, SAMPLE_SINT,
                                                               SAMPLE_STR, SAMPLE_BIN };
    struct sample value = *sample;
    if (!sample_cast(&value, wanted[table->options.type], scratch))
        return false;
    switch (table->options.type) {
    case STICK_IPV4:
        set_bytes(out, value.u.ip, 4);
        return true;
    case STICK_IPV6:
        set_bytes(out, value.u.ip, 16);
        return true;
    case STICK_INTEGER: {
        uint32_t number = (uint32_t)value.u.integer;
        set_bytes(out, &number, sizeof(number));
        return true;
    }
    case STICK_STRING:
        set_text(table, value.u.text, out);
        return true;
    default:
        return set_binary(table, value.u.text, scratch, out);
    }
}

bool stick_table_key_text(const struct stick_table *table, struct str text, struct stick_key *out)
{
    struct addr addr = { .family = ADDR_IPV4 };
    int64_t number = 0;
    switch (table->options.type) {
    case STICK_IPV4:
        if (addr_parse_ip(text, &addr) && !addr_to_v4(&addr))
            return false;
        set_bytes(out, addr.u.ip, 4);
        return true;
    case STICK_IPV6:
        if (!addr_parse_ip(text, &addr) || addr.family != ADDR_IPV6)
            return false;
        set_bytes(out, addr.u.ip, 16);
        return true;
    case STICK_INTEGER: {
        units_read_int(text, &number);
        uint32_t key = (uint32_t)number;
        set_bytes(out, &key, sizeof(key));
        return true;
    }
    case STICK_STRING:
        set_text(table, text, out);
        return true;
    default:
        return false;
    }
}

/* ---- entries ---- */

struct stick_entry *stick_table_find(struct stick_table *table, const struct stick_key *key)
{
    return find(table, key, hash_of(key));
}

struct stick_entry *stick_table_make(struct stick_table *table, const struct stick_key *key)
{
    uint32_t hash = hash_of(key);
    struct stick_entry *entry = find(table, key, hash);
    if (entry)
        return entry;
    if (table->used >= table->options.size && !table->options.nopurge)
        make_room(table);
    if (table->used >= table->options.size || !grow(table))
        return NULL;
    entry = mem_alloc(sizeof(*entry) + table->data_size + key->size + 1);
    if (!entry)
        return NULL;
    *entry = (struct stick_entry){ .table = table,
                                   .expire_ns = end_from_now(table),
                                   .hash = hash,
                                   .serial = ++table->serial,
                                   .key_size = (uint32_t)key->size };
    entry->by_age.key = entry->expire_ns;
    entry->by_age.order = entry->serial;
    if (!heap_add(&table->by_age, &entry->by_age)) {
        mem_free(entry);
        return NULL;
    }
    char *at = data_of(entry);
    memset(at, 0, table->data_size);
    memcpy(at + table->data_size, key->data, key->size);
    at[table->data_size + key->size] = 0;
    entry->next = *slot_of(table, hash);
    *slot_of(table, hash) = entry;
    table->used++;
    if (!table->loop || !timer_armed(&table->timer))
        arm(table);
    return entry;
}

bool stick_entry_remove(struct stick_entry *entry)
{
    if (entry->holds)
        return false;
    unlink_entry(entry);
    return true;
}

void stick_entry_touch(struct stick_entry *entry)
{
    entry->expire_ns = end_from_now(entry->table);
}

void stick_entry_hold(struct stick_entry *entry)
{
    entry->holds++;
}

void stick_entry_drop(struct stick_entry *entry)
{
    CHECK(entry->holds > 0);
    entry->holds--;
    if (!entry->holds && entry->table->options.expire_ms && entry->expire_ns <= now_ns(entry->table))
        unlink_entry(entry);
}

void stick_table_collect(const struct stick_table *table, struct stick_entry **out)
{
    for (size_t i = 0; i < table->by_age.count; i++)
        out[i] = CONTAINER_OF(table->by_age.nodes[i], struct stick_entry, by_age);
}

uint64_t stick_entry_expires_ms(const struct stick_entry *entry)
{
    uint64_t now = now_ns(entry->table);
    if (!entry->table->options.expire_ms || entry->expire_ns <= now)
        return 0;
    return (entry->expire_ns - now) / NS_PER_MS;
}

/* ---- data ---- */

/* Tables with arrays have the first elements instead of the single ones. */
static enum stick_data stored_as(const struct stick_table *table, enum stick_data data, unsigned *index)
{
    enum stick_data array;
    unsigned element = 0;
    if (table->options.stored[data])
        return data;
    switch (data) {
    case STICK_GPC1:
        element = 1; /* fall through */
    case STICK_GPC0:
        array = STICK_GPC;
        break;
    case STICK_GPC1_RATE:
        element = 1; /* fall through */
    case STICK_GPC0_RATE:
        array = STICK_GPC_RATE;
        break;
    case STICK_GPT0:
        array = STICK_GPT;
        break;
    default:
        return STICK_DATA_COUNT;
    }
    *index = element;
    return table->options.stored[array] ? array : STICK_DATA_COUNT;
}

static void *place_of(const struct stick_entry *entry, enum stick_data *data, unsigned index)
{
    const struct stick_table *table = entry->table;
    *data = stored_as(table, *data, &index);
    if (*data == STICK_DATA_COUNT || index >= table->options.count[*data])
        return NULL;
    return data_of(entry) + table->offset[*data] + index * size_of(stick_data_rows[*data].form);
}

bool stick_entry_has(const struct stick_entry *entry, enum stick_data data, unsigned index)
{
    return place_of(entry, &data, index) != NULL;
}

bool stick_entry_read(const struct stick_entry *entry, enum stick_data data, unsigned index, int64_t *out)
{
    const void *at = place_of(entry, &data, index);
    if (!at)
        return false;
    switch (stick_data_rows[data].form) {
    case STICK_UINT:
        *out = *(const uint32_t *)at;
        return true;
    case STICK_ULL:
        *out = *(const int64_t *)at;
        return true;
    case STICK_RATE:
        *out = stick_rate_read(at, now_ms(entry->table), entry->table->options.period_ms[data]);
        return true;
    default:
        *out = *(const char *const *)at != NULL;
        return true;
    }
}

void stick_entry_add(struct stick_entry *entry, enum stick_data data, unsigned index, int64_t amount)
{
    void *at = place_of(entry, &data, index);
    if (!at)
        return;
    if (stick_data_rows[data].form == STICK_UINT)
        *(uint32_t *)at += (uint32_t)amount;
    else if (stick_data_rows[data].form == STICK_ULL)
        *(uint64_t *)at += (uint64_t)amount;
    else if (stick_data_rows[data].form == STICK_RATE)
        stick_rate_add(at, now_ms(entry->table), entry->table->options.period_ms[data], (uint64_t)amount);
}

void stick_entry_set(struct stick_entry *entry, enum stick_data data, unsigned index, uint64_t value)
{
    void *at = place_of(entry, &data, index);
    if (!at)
        return;
    if (stick_data_rows[data].form == STICK_UINT)
        *(uint32_t *)at = (uint32_t)value;
    else if (stick_data_rows[data].form == STICK_ULL)
        *(uint64_t *)at = value;
    else if (stick_data_rows[data].form == STICK_RATE)
        stick_rate_set(at, now_ms(entry->table), (uint32_t)value);
}

struct str stick_entry_server_key(const struct stick_entry *entry)
{
    enum stick_data data = STICK_SERVER_KEY;
    const struct name *const *at = place_of(entry, &data, 0);
    return at && *at ? (*at)->text : STR_NONE;
}

static const struct name *name_of(struct stick_table *table, struct str text)
{
    struct name *name = table->names;
    while (name && !str_eq(name->text, text))
        name = name->next;
    if (name)
        return name;
    name = arena_zero(&table->names_memory, sizeof(*name));
    struct str copy = arena_copy(&table->names_memory, text);
    if (!name || !copy.data)
        return NULL;
    *name = (struct name){ table->names, copy };
    table->names = name;
    return name;
}

bool stick_entry_set_server_key(struct stick_entry *entry, struct str key)
{
    enum stick_data data = STICK_SERVER_KEY;
    const struct name **at = place_of(entry, &data, 0);
    if (!at)
        return true;
    *at = name_of(entry->table, key);
    return *at != NULL;
}
