/* The named hashes, with the answers of HAProxy 2.6.12's converters; the table's and the trace's hash. */
#include "base/digest.h"
#include "base/rng.h"
#include "base/test.h"

static const struct {
    struct str text;
    uint32_t sdbm, sdbm_avalanche, djb2, djb2_avalanche, wt6, crc32, crc32c;
} known[] = {
    { STR_INIT("abc"), 807794786, 659243622, 193485963, 2235766107, 2483038440, 891568578, 910901175 },
    { STR_INIT("Hello World 123"), 4204989590, 4178844965, 2922433591, 1159010836, 2724977401, 1326391971,
      753696640 },
    { STR_INIT("\xc3\xa1\xc3\xa9"), 3233542724, 3774818646, 2093663253, 564052128, 2780161432, 3537581666,
      4138446849 },
    { STR_INIT(""), 0, 2874071335, 5381, 3719394183, 4187620192, 0, 0 },
};

static void as_haproxy_answers(void)
{
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        struct str text = known[i].text;
        test_case(text.data);
        EXPECT_INT(digest_sdbm(text), known[i].sdbm);
        EXPECT_INT(digest_avalanche(digest_sdbm(text)), known[i].sdbm_avalanche);
        EXPECT_INT(digest_djb2(text), known[i].djb2);
        EXPECT_INT(digest_avalanche(digest_djb2(text)), known[i].djb2_avalanche);
        EXPECT_INT(digest_wt6(text), known[i].wt6);
        EXPECT_INT(digest_crc32(text), known[i].crc32);
        EXPECT_INT(digest_crc32c(text), known[i].crc32c);
    }
}

/* The check values of the CRC catalogues, and a CRC by single bits for every byte. */
static uint32_t slow_crc(struct str data, uint32_t polynomial)
{
    uint32_t rest = 0xffffffff;
    for (size_t i = 0; i < data.size; i++) {
        rest ^= (unsigned char)data.data[i];
        for (int bit = 0; bit < 8; bit++)
            rest = rest & 1 ? rest >> 1 ^ polynomial : rest >> 1;
    }
    return ~rest;
}

static void crcs_of_all_bytes(void)
{
    char all[256];
    for (int i = 0; i < 256; i++)
        all[i] = (char)i;
    EXPECT_INT(digest_crc32(STR("123456789")), 0xcbf43926);
    EXPECT_INT(digest_crc32c(STR("123456789")), 0xe3069283);
    for (size_t size = 0; size <= 256; size++) {
        struct str data = str_make(all + 256 - size, size);
        EXPECT_INT(digest_crc32(data), slow_crc(data, 0xedb88320));
        EXPECT_INT(digest_crc32c(data), slow_crc(data, 0x82f63b78));
    }
}

/* Keys of all sizes that differ in one byte anywhere, and of zeros that differ in size only. */
static void the_tables_hash_sees_each_byte(void)
{
    char text[80] = { 0 };
    unsigned same = 0;
    for (size_t size = 1; size < sizeof(text); size++) {
        uint64_t zeros = digest_table(str_make(text, size));
        same += zeros == digest_table(str_make(text, size - 1));
        for (size_t at = 0; at < size; at++) {
            text[at] = 1;
            same += digest_table(str_make(text, size)) == zeros;
            text[at] = 0;
        }
    }
    EXPECT_INT(same, 0);
    EXPECT(digest_table(STR_NONE) == digest_table(STR("")));
}

/* Low bits choose the slot: a thousand numbered keys must spread over a thousand slots as dice would. */
static void the_tables_hash_spreads(void)
{
    enum { SLOTS = 1024 };
    unsigned char seen[SLOTS] = { 0 };
    unsigned filled = 0;
    for (uint32_t i = 0; i < SLOTS; i++) {
        char key[4] = { (char)i, (char)(i >> 8), 0, 0 };
        seen[digest_table(str_make(key, 4)) % SLOTS] = 1;
    }
    for (int i = 0; i < SLOTS; i++)
        filled += seen[i];
    EXPECT(filled > 600 && filled < 700); /* 1 - 1/e of them: 647 */
}

static uint64_t trace_of(const uint64_t *numbers, size_t count, struct str text)
{
    struct digest_trace trace = DIGEST_TRACE_INIT;
    for (size_t i = 0; i < count; i++)
        digest_trace_u64(&trace, numbers[i]);
    digest_trace_bytes(&trace, text);
    return digest_trace_value(&trace);
}

static void a_trace_sees_order_and_sizes(void)
{
    static const uint64_t up[] = { 1, 2, 3 }, down[] = { 3, 2, 1 }, zeros[] = { 0, 0, 0 };
    uint64_t values[] = {
        trace_of(up, 3, STR("")),
        trace_of(down, 3, STR("")),
        trace_of(up, 2, STR("")),
        trace_of(zeros, 1, STR("")),
        trace_of(zeros, 2, STR("")),
        trace_of(zeros, 3, STR("")),
        trace_of(up, 3, STR("a")),
        trace_of(up, 3, STR("a\0")),
        trace_of(up, 3, STR("a\0\0\0\0\0\0\0")),
        trace_of(up, 3, STR("a\0\0\0\0\0\0\0\0")),
    };
    for (size_t a = 0; a < COUNT_OF(values); a++)
        for (size_t b = 0; b < a; b++)
            EXPECT(values[a] != values[b]);
    EXPECT(trace_of(up, 3, STR("abc")) == trace_of(up, 3, STR("abc")));
}

/* Texts cut in two parts elsewhere are another trace; the same part at another address is the same one. */
static void a_trace_sees_each_split(void)
{
    static const char text[] = "the quick brown fox jumps";
    char moved[64];
    uint64_t values[sizeof(text)];
    for (size_t cut = 0; cut < sizeof(text); cut++) {
        struct digest_trace trace = DIGEST_TRACE_INIT, other = DIGEST_TRACE_INIT;
        memcpy(moved + cut % 8, text, sizeof(text));
        digest_trace_bytes(&trace, str_make(text, cut));
        digest_trace_bytes(&trace, str_make(text + cut, sizeof(text) - cut));
        digest_trace_bytes(&other, str_make(moved + cut % 8, cut));
        digest_trace_bytes(&other, str_make(moved + cut % 8 + cut, sizeof(text) - cut));
        values[cut] = digest_trace_value(&trace);
        EXPECT(values[cut] == digest_trace_value(&other));
        for (size_t i = 0; i < cut; i++)
            EXPECT(values[i] != values[cut]);
    }
}

/* Recorded once: traces are compared between builds, so the value may only change on purpose. */
static void a_trace_is_the_same_in_every_build(void)
{
    static const uint64_t numbers[] = { 0, 1, UINT64_MAX, 0x0123456789abcdefull };
    EXPECT(trace_of(numbers, 4, STR("Lockstep trace")) == 0xf7da25e25194336eull);
}

/* Every bit of a late value reaches the result, and does so after more values too. */
static void a_trace_forgets_nothing(void)
{
    for (unsigned later = 0; later < 4; later++) {
        for (unsigned bit = 0; bit < 64; bit++) {
            struct digest_trace a = DIGEST_TRACE_INIT, b = DIGEST_TRACE_INIT;
            digest_trace_u64(&a, 5);
            digest_trace_u64(&b, 5 ^ (uint64_t)1 << bit);
            for (unsigned i = 0; i < later * 1000; i++) {
                digest_trace_u64(&a, i);
                digest_trace_u64(&b, i);
            }
            EXPECT(digest_trace_value(&a) != digest_trace_value(&b));
        }
    }
}

const struct test_row tests[] = {
    { "named hashes answer as HAProxy's converters", as_haproxy_answers },
    { "checksums agree with a slow one", crcs_of_all_bytes },
    { "the table's hash sees each byte and the size", the_tables_hash_sees_each_byte },
    { "the table's hash spreads", the_tables_hash_spreads },
    { "a trace sees order and sizes", a_trace_sees_order_and_sizes },
    { "a trace sees where texts are cut, not where they stand", a_trace_sees_each_split },
    { "a trace is the same in every build", a_trace_is_the_same_in_every_build },
    { "a trace forgets nothing", a_trace_forgets_nothing },
    { 0 },
};
