/* Stick tables: data kept per key until it expires. A table belongs to a proxy; entries are counted by those who hold
 * them, and held ones neither expire nor make room for others. Time comes from the loop that the table is attached to;
 * before that it stands still.
 *
 * Keys: an address, a 32-bit integer, or the first bytes of a text or binary value. */
#ifndef TABLE_STICK_TABLE_H
#define TABLE_STICK_TABLE_H
#include "base/diag.h"
#include "base/heap.h"
#include "base/str.h"
#include "table/stick_data.h"

struct arena;
struct buf;
struct loop;
struct sample;
struct stick_table;

enum stick_type { STICK_IPV4, STICK_IPV6, STICK_INTEGER, STICK_STRING, STICK_BINARY, STICK_TYPE_COUNT };

struct stick_table_options {
    struct str name;
    enum stick_type type;
    uint32_t key_size;  /* bytes that count of a string or binary key */
    uint64_t size;      /* entries at most */
    uint64_t expire_ms; /* 0: never */
    bool nopurge;       /* full: new keys find no place, instead of the oldest ones leaving */
    bool server_by_address;
    bool stored[STICK_DATA_COUNT];
    uint32_t period_ms[STICK_DATA_COUNT]; /* of rates */
    uint32_t count[STICK_DATA_COUNT];     /* of arrays: elements; else 1 */
    struct diag_place at;
};

struct stick_key { /* made by stick_table_key */
    const char *data;
    size_t size;
    char bytes[16]; /* of addresses and numbers */
};

struct stick_entry {
    struct stick_entry *next; /* in its slot */
    struct heap_node by_age;  /* may stand earlier than expire_ns, never later */
    struct stick_table *table;
    uint64_t expire_ns;
    uint32_t hash, holds, serial, key_size;
    /* The data, then the key's bytes with a NUL. */
};

struct stick_table *stick_table_create(const struct stick_table_options *options); /* NULL: no memory */
void stick_table_destroy(struct stick_table *table); /* no entry may be held; NULL is fine */
void stick_table_attach(struct stick_table *table, struct loop *loop);
void stick_table_detach(struct stick_table *table); /* before the loop ends */
const struct stick_table_options *stick_table_options(const struct stick_table *table);
const char *stick_type_name(enum stick_type type); /* "ip" */
/* Rules that learn servers need them stored. Only before the first entry. */
void stick_table_store(struct stick_table *table, enum stick_data data);
size_t stick_table_used(const struct stick_table *table);

/* The value as a key of this table. false: it is none. The key borrows the sample's text. */
bool stick_table_key(const struct stick_table *table, const struct sample *sample, struct arena *scratch,
                     struct stick_key *out) MUST_USE;
/* A key as a person wrote it. false: it is none. */
bool stick_table_key_text(const struct stick_table *table, struct str text, struct stick_key *out) MUST_USE;

struct stick_entry *stick_table_find(struct stick_table *table, const struct stick_key *key); /* NULL: none */
/* Made when it is not there, with all data 0. NULL: no memory, or no room. */
struct stick_entry *stick_table_make(struct stick_table *table, const struct stick_key *key);
/* false: somebody holds it. */
bool stick_entry_remove(struct stick_entry *entry);
void stick_entry_touch(struct stick_entry *entry); /* lives as long again as a new one */
void stick_entry_hold(struct stick_entry *entry);
/* One that expired meanwhile is gone after. */
void stick_entry_drop(struct stick_entry *entry);
/* The key as it is listed, in the arena. */
struct str stick_entry_key(const struct stick_entry *entry, struct arena *arena);
struct str stick_entry_key_bytes(const struct stick_entry *entry);
uint64_t stick_entry_expires_ms(const struct stick_entry *entry); /* from now; 0 without expiry */

/* All entries in no order that means anything; room for stick_table_used of them. */
void stick_table_collect(const struct stick_table *table, struct stick_entry **out);
/* All entries by key, in memory from mem_alloc that the caller frees; NULL when there are none or no memory. */
struct stick_entry **stick_table_sorted(const struct stick_table *table, size_t *count);

/* Data. `index` is an array's element, 0 for the others. What is not stored reads as absent and takes no change.
 * GPC0, GPC1, GPT0 and their rates mean the first elements where the table has the arrays. */
bool stick_entry_has(const struct stick_entry *entry, enum stick_data data, unsigned index);
bool stick_entry_read(const struct stick_entry *entry, enum stick_data data, unsigned index, int64_t *out);
void stick_entry_add(struct stick_entry *entry, enum stick_data data, unsigned index, int64_t amount);
void stick_entry_set(struct stick_entry *entry, enum stick_data data, unsigned index, uint64_t value);
/* STICK_SERVER_KEY: empty when none was learnt. */
struct str stick_entry_server_key(const struct stick_entry *entry);
bool stick_entry_set_server_key(struct stick_entry *entry, struct str key) MUST_USE;

/* "# table: ..." / "0x...: key=..." as the management socket lists them. */
void stick_table_print(const struct stick_table *table, struct buf *out);
void stick_entry_print(const struct stick_entry *entry, struct buf *out);

#endif
