/* Stick tables as the management socket lists them: by key, so that the order hangs on nothing else. */
#include "base/buf.h"
#include "base/mem.h"
#include "sample/sample.h"
#include "table/stick_table.h"

static int compare(const struct stick_entry *a, const struct stick_entry *b)
{
    struct str first = stick_entry_key_bytes(a), second = stick_entry_key_bytes(b);
    if (stick_table_options(a->table)->type == STICK_INTEGER) {
        uint32_t x, y;
        memcpy(&x, first.data, sizeof(x));
        memcpy(&y, second.data, sizeof(y));
        return x < y ? -1 : x > y;
    }
    return str_compare(first, second);
}

/* Merges what is sorted already, twice as long with each pass. */
static void sort(struct stick_entry **from, struct stick_entry **to, size_t count,
                 struct stick_entry **wanted)
{
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t begin = 0; begin < count; begin += 2 * width) {
            size_t middle = begin + width < count ? begin + width : count;
            size_t end = begin + 2 * width < count ? begin + 2 * width : count;
            size_t a = begin, b = middle;
            for (size_t i = begin; i < end; i++) {
                bool first = a < middle && (b >= end || compare(from[a], from[b]) <= 0);
                to[i] = first ? from[a++] : from[b++];
            }
        }
        struct stick_entry **swap = from;
        from = to;
        to = swap;
    }
    if (from != wanted)
        memcpy(wanted, from, count * sizeof(struct stick_entry *));
}

struct stick_entry **stick_table_sorted(const struct stick_table *table, size_t *count)
{
    size_t used = *count = stick_table_used(table);
    if (!used)
        return NULL;
    struct stick_entry **all = mem_alloc(used * sizeof(struct stick_entry *));
    struct stick_entry **other = mem_alloc(used * sizeof(struct stick_entry *));
    if (all && other) {
        stick_table_collect(table, all);
        sort(all, other, used, all);
    } else {
        mem_free(all);
        all = NULL;
        *count = 0;
    }
    mem_free(other);
    return all;
}

struct str stick_entry_key(const struct stick_entry *entry, struct arena *arena)
{
    struct str key = stick_entry_key_bytes(entry);
    char text[ADDR_TEXT_MAX];
    struct addr addr = { .family = ADDR_IPV4 };
    uint32_t number = 0;
    switch (stick_table_options(entry->table)->type) {
    case STICK_IPV6:
        addr.family = ADDR_IPV6; /* fall through */
    case STICK_IPV4:
        memcpy(addr.u.ip, key.data, key.size);
        return arena_copy(arena, str_make(text, addr_print_ip(&addr, text, sizeof(text))));
    case STICK_INTEGER:
        memcpy(&number, key.data, sizeof(number));
        return arena_printf(arena, "%u", number);
    default:
        return key;
    }
}

/* Bytes that a terminal would take for more than text are shown in hexadecimal. */
static void print_text(struct str key, struct buf *out)
{
    for (size_t i = 0; i < key.size; i++) {
        unsigned char c = (unsigned char)key.data[i];
        if (c == ' ' || c == '\\' || c == '=')
            buf_printf(out, "\\%c", c);
        else if (c > 32 && c < 127)
            buf_add_char(out, (char)c);
        else
            buf_printf(out, "\\x%02x", c);
    }
}

static void print_key(const struct stick_entry *entry, struct buf *out)
{
    struct str key = stick_entry_key_bytes(entry);
    struct arena arena;
    switch (stick_table_options(entry->table)->type) {
    case STICK_STRING:
        print_text(key, out);
        return;
    case STICK_BINARY:
        for (size_t i = 0; i < key.size; i++)
            buf_printf(out, "%02X", (unsigned char)key.data[i]);
        return;
    default:
        arena_init(&arena, 256);
        buf_add(out, stick_entry_key(entry, &arena));
        arena_finish(&arena);
    }
}

void stick_table_print(const struct stick_table *table, struct buf *out)
{
    const struct stick_table_options *options = stick_table_options(table);
    buf_printf(out, "# table: %.*s, type: %s, size:%llu, used:%zu\n", STR_ARG(options->name),
               stick_type_name(options->type), (unsigned long long)options->size, stick_table_used(table));
}

static void print_data(const struct stick_entry *entry, enum stick_data data, struct buf *out)
{
    const struct stick_table_options *options = stick_table_options(entry->table);
    const struct stick_data_row *row = &stick_data_rows[data];
    for (unsigned i = 0; i < options->count[data]; i++) {
        int64_t value = 0;
        buf_add_char(out, ' ');
        if (!row->is_array)
            buf_add_c(out, row->name);
        else if (row->form == STICK_RATE)
            buf_printf(out, "gpc%u_rate", i);
        else
            buf_printf(out, "%s%u", row->name, i);
        if (row->form == STICK_RATE)
            buf_printf(out, "(%u)", options->period_ms[data]);
        buf_add_char(out, '=');
        if (row->form == STICK_NAME) {
            struct str name = stick_entry_server_key(entry);
            buf_add(out, name.data ? name : STR("-"));
        } else if (stick_entry_read(entry, data, i, &value)) {
            buf_add_int(out, value);
        }
    }
}

/* The number in front tells entries apart; HAProxy has an address there. */
void stick_entry_print(const struct stick_entry *entry, struct buf *out)
{
    const struct stick_table_options *options = stick_table_options(entry->table);
    buf_printf(out, "0x%x: key=", entry->serial);
    print_key(entry, out);
    buf_printf(out, " use=%u exp=%llu shard=0", entry->holds,
               (unsigned long long)stick_entry_expires_ms(entry));
    for (unsigned data = 0; data < STICK_DATA_COUNT; data++) {
        if (options->stored[data])
            print_data(entry, (enum stick_data)data, out);
    }
    buf_add_char(out, '\n');
}
