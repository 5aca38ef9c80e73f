/* Entries, keys, room and data, while time stands still; what time does is shown by scenarios. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/test.h"
#include "sample/sample.h"
#include "table/stick_track.h"
#include <stdio.h>

static struct stick_table *make_table(enum stick_type type, uint64_t size, bool nopurge)
{
    struct stick_table_options options = {
        .name = STR("t"), .type = type, .key_size = 4, .size = size, .nopurge = nopurge
    };
    options.stored[STICK_GPC0] = options.stored[STICK_CONN_CUR] = options.stored[STICK_CONN_CNT] = true;
    options.stored[STICK_BYTES_IN_CNT] = options.stored[STICK_SERVER_KEY] = true;
    options.stored[STICK_CONN_RATE] = options.stored[STICK_GPT] = true;
    options.count[STICK_GPT] = 3;
    options.period_ms[STICK_CONN_RATE] = 10000;
    return stick_table_create(&options);
}

static struct stick_entry *entry_of(struct stick_table *table, const char *text)
{
    struct stick_key key;
    return stick_table_key_text(table, str_of(text), &key) ? stick_table_make(table, &key) : NULL;
}

static bool is_there(struct stick_table *table, const char *text)
{
    struct stick_key key;
    return stick_table_key_text(table, str_of(text), &key) && stick_table_find(table, &key);
}

static void an_entry_is_found_again(void)
{
    struct stick_table *table = make_table(STICK_IPV4, 100, false);
    struct stick_entry *entry = entry_of(table, "10.0.0.1");
    EXPECT(entry && entry_of(table, "10.0.0.1") == entry);
    EXPECT(!is_there(table, "10.0.0.2"));
    EXPECT_INT(stick_table_used(table), 1);
    EXPECT(stick_entry_remove(entry) && !is_there(table, "10.0.0.1"));
    stick_table_destroy(table);
}

static void many_entries(void)
{
    struct stick_table *table = make_table(STICK_INTEGER, 5000, false);
    char text[16];
    for (int i = 0; i < 5000; i++) {
        snprintf(text, sizeof(text), "%d", i * 7);
        struct stick_entry *entry = entry_of(table, text);
        if (EXPECT(entry))
            stick_entry_set(entry, STICK_GPC0, 0, (uint64_t)i);
    }
    for (int i = 0; i < 5000; i++) {
        int64_t value = -1;
        snprintf(text, sizeof(text), "%d", i * 7);
        EXPECT(stick_entry_read(entry_of(table, text), STICK_GPC0, 0, &value) && value == i);
    }
    EXPECT_INT(stick_table_used(table), 5000);
    stick_table_destroy(table);
}

static void a_full_table_lets_the_oldest_go(void)
{
    struct stick_table *table = make_table(STICK_INTEGER, 3, false);
    stick_entry_hold(entry_of(table, "1"));
    (void)entry_of(table, "2");
    (void)entry_of(table, "3");
    EXPECT(entry_of(table, "4"));
    EXPECT(is_there(table, "1") && !is_there(table, "2") && is_there(table, "3"));
    stick_table_destroy(table);
}

static void a_table_of_held_entries_has_no_room(void)
{
    struct stick_table *table = make_table(STICK_INTEGER, 2, false);
    stick_entry_hold(entry_of(table, "1"));
    stick_entry_hold(entry_of(table, "2"));
    EXPECT(!entry_of(table, "3"));
    EXPECT(!stick_entry_remove(entry_of(table, "1")));
    stick_table_destroy(table);
}

static void nopurge_refuses(void)
{
    struct stick_table *table = make_table(STICK_INTEGER, 2, true);
    (void)entry_of(table, "1");
    (void)entry_of(table, "2");
    EXPECT(!entry_of(table, "3") && entry_of(table, "2"));
    EXPECT_INT(stick_table_used(table), 2);
    stick_table_destroy(table);
}

struct key_case {
    enum stick_type type;
    const char *text;
    const char *shown; /* NULL: no key */
};

static void keys_of_each_type(void)
{
    static const struct key_case cases[] = {
        { STICK_IPV4, "1.2.3.4", "1.2.3.4" },
        { STICK_IPV4, "nonsense", "0.0.0.0" },
        { STICK_IPV6, "2001:DB8::1", "2001:db8::1" },
        { STICK_IPV6, "1.2.3.4", NULL },
        { STICK_INTEGER, "17", "17" },
        { STICK_INTEGER, "4294967297", "1" },
        { STICK_STRING, "abcdef", "abcd" },
        { STICK_STRING, "", "" },
        { STICK_BINARY, "ab", NULL },
    };
    struct arena arena;
    arena_init(&arena, 512);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct stick_table *table = make_table(cases[i].type, 10, false);
        test_case(cases[i].text);
        struct stick_entry *entry = entry_of(table, cases[i].text);
        EXPECT((entry != NULL) == (cases[i].shown != NULL));
        if (entry && cases[i].shown)
            EXPECT_STR(stick_entry_key(entry, &arena), cases[i].shown);
        stick_table_destroy(table);
    }
    test_case(NULL);
    arena_finish(&arena);
}

static void a_short_binary_key_ends_in_zeros(void)
{
    struct stick_table *table = make_table(STICK_BINARY, 10, false);
    struct sample sample = { .type = SAMPLE_BIN, .u.text = STR("ab") };
    struct arena arena;
    struct stick_key key;
    arena_init(&arena, 512);
    EXPECT(stick_table_key(table, &sample, &arena, &key));
    EXPECT_VIEW(str_make(key.data, key.size), str_make("ab\0\0", 4));
    arena_finish(&arena);
    stick_table_destroy(table);
}

static void data_of_each_form(void)
{
    struct stick_table *table = make_table(STICK_INTEGER, 10, false);
    struct stick_entry *entry = entry_of(table, "1");
    int64_t value = 0;
    stick_entry_add(entry, STICK_BYTES_IN_CNT, 0, 5000000000);
    EXPECT(stick_entry_read(entry, STICK_BYTES_IN_CNT, 0, &value) && value == 5000000000);
    stick_entry_set(entry, STICK_GPT, 2, 9);
    EXPECT(stick_entry_read(entry, STICK_GPT, 2, &value) && value == 9);
    EXPECT(stick_entry_read(entry, STICK_GPT0, 0, &value) && value == 0); /* the array's first */
    EXPECT(!stick_entry_read(entry, STICK_GPT, 3, &value));
    EXPECT(!stick_entry_read(entry, STICK_GPC1, 0, &value));
    stick_entry_add(entry, STICK_GPC1, 0, 1);
    stick_entry_add(entry, STICK_CONN_RATE, 0, 4);
    EXPECT(stick_entry_read(entry, STICK_CONN_RATE, 0, &value) && value == 4);
    EXPECT(stick_entry_set_server_key(entry, STR("s1")));
    EXPECT_STR(stick_entry_server_key(entry), "s1");
    stick_table_destroy(table);
}

static void what_is_followed_is_counted(void)
{
    struct stick_table *table = make_table(STICK_INTEGER, 10, false);
    struct stick_entry *entry = entry_of(table, "1"), *slots[STICK_COUNTERS] = { NULL };
    int64_t value = 0;
    stick_track(&slots[1], entry);
    stick_track_count(slots, NULL, STICK_GPC0, STICK_GPC0_RATE, 3);
    EXPECT(stick_entry_read(entry, STICK_CONN_CUR, 0, &value) && value == 1);
    EXPECT(stick_entry_read(entry, STICK_GPC0, 0, &value) && value == 3);
    EXPECT_INT(entry->holds, 1);
    stick_untrack(slots);
    EXPECT(stick_entry_read(entry, STICK_CONN_CUR, 0, &value) && value == 0);
    EXPECT(stick_entry_read(entry, STICK_CONN_CNT, 0, &value) && value == 1);
    EXPECT_INT(entry->holds, 0);
    stick_table_destroy(table);
}

static void lists_are_in_the_order_of_keys(void)
{
    static const char *const keys[] = { "300", "5", "20", "1", "299", "4000000000", "21" };
    struct stick_table *table = make_table(STICK_INTEGER, 10, false);
    struct buf out = BUF_INIT;
    struct arena arena;
    size_t count = 0;
    arena_init(&arena, 512);
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        (void)entry_of(table, keys[i]);
    struct stick_entry **all = stick_table_sorted(table, &count);
    for (size_t i = 0; i < count; i++)
        buf_printf(&out, "%.*s ", STR_ARG(stick_entry_key(all[i], &arena)));
    EXPECT_STR(buf_str(&out), "1 5 20 21 299 300 4000000000 ");
    buf_reset(&out);
    stick_entry_print(all[1], &out);
    EXPECT_STR(buf_str(&out),
               "0x2: key=5 use=0 exp=0 shard=0 gpc0=0 conn_cnt=0 conn_rate(10000)=0 conn_cur=0 "
               "bytes_in_cnt=0 server_key=- gpt0=0 gpt1=0 gpt2=0\n");
    mem_free(all);
    buf_finish(&out);
    arena_finish(&arena);
    stick_table_destroy(table);
}

static void without_memory(void)
{
    int64_t before = test_blocks();
    for (uint64_t n = 1; n < 8; n++) {
        test_fail_allocation(n);
        struct stick_table *table = make_table(STICK_INTEGER, 10, false);
        struct stick_entry *entry = table ? entry_of(table, "1") : NULL;
        if (entry)
            (void)!stick_entry_set_server_key(entry, STR("s1"));
        test_fail_allocation(0);
        if (table && !entry)
            EXPECT(entry_of(table, "1"));
        stick_table_destroy(table);
    }
    EXPECT_INT(test_blocks(), before);
}

const struct test_row tests[] = {
    { "an entry is found again, until it is removed", an_entry_is_found_again },
    { "many entries keep their data", many_entries },
    { "a full table lets the oldest go that nobody holds", a_full_table_lets_the_oldest_go },
    { "held entries neither leave nor make room", a_table_of_held_entries_has_no_room },
    { "nopurge refuses new keys when full", nopurge_refuses },
    { "keys of each type", keys_of_each_type },
    { "a short binary key ends in zeros", a_short_binary_key_ends_in_zeros },
    { "data of each form", data_of_each_form },
    { "what is followed is counted and given back", what_is_followed_is_counted },
    { "lists are in the order of keys", lists_are_in_the_order_of_keys },
    { "an allocation that fails leaves all as it was", without_memory },
    { 0 },
};
