/* What a scripted name server says, as counts of its messages. */
#include "base/test.h"
#include "sim/name_zone.h"
#include <stdio.h>

static void add(struct name_zone *zone, const char *name, enum name_verdict verdict, enum name_type type,
                const char *values, uint64_t until_ns)
{
    struct name_rule rule = { .name = (char *)(uintptr_t)name,
                              .verdict = verdict,
                              .type = type,
                              .values = (char *)(uintptr_t)values,
                              .ttl_s = 5,
                              .until_ns = until_ns };

    EXPECT(name_zone_add(zone, &rule));
}

static size_t make_query(const char *name, unsigned type, char *out)
{
    static const char head[] = { 0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0 };
    struct str rest = str_of(name);
    char *at = out + sizeof(head);

    memcpy(out, head, sizeof(head));
    while (rest.data && rest.size) {
        struct str label = str_split(&rest, '.');

        *at++ = (char)label.size;
        memcpy(at, label.data, label.size);
        at += label.size;
    }
    memcpy(at, (char[]){ 0, 0, (char)type, 0, 1 }, 5);
    return (size_t)(at + 5 - out);
}

static unsigned get16(struct str text, size_t at)
{
    return (unsigned)(unsigned char)text.data[at] << 8 | (unsigned char)text.data[at + 1];
}

/* "code 0 cut 0 answers 1 more 0", or "nothing". */
static void ask(const struct name_zone *zone, uint64_t now, const char *name, unsigned type, bool tcp,
                struct buf *said)
{
    struct name_answer answer = { BUF_INIT, 0 };
    char query[300];
    size_t size = make_query(name, type, query);
    struct str text;

    name_zone_answer(zone, now, str_make(query, size), tcp, &answer);
    text = buf_str(&answer.message);
    buf_reset(said);
    if (text.size < 12)
        buf_add_c(said, "nothing");
    else
        buf_printf(said, "%scode %u cut %u answers %u more %u", get16(text, 0) == 0x1234 ? "" : "other id, ",
                   get16(text, 2) & 15, get16(text, 2) >> 9 & 1, get16(text, 6), get16(text, 10));
    buf_finish(&answer.message);
}

static void says_what_the_newest_rule_says(void)
{
    static const struct {
        const char *says, *name;
        unsigned type;
        bool tcp;
        uint64_t now;
        const char *answer;
    } cases[] = {
        { "records", "a.lan", 1, false, 1, "code 0 cut 0 answers 2 more 0" },
        { "any case", "A.lAN", 1, false, 1, "code 0 cut 0 answers 2 more 0" },
        { "no records of that type", "a.lan", 28, false, 1, "code 0 cut 0 answers 0 more 0" },
        { "no such name", "b.lan", 1, false, 1, "code 3 cut 0 answers 0 more 0" },
        { "a service with its target", "_http._tcp.lan", 33, false, 1, "code 0 cut 0 answers 2 more 2" },
        { "a chain", "alias.lan", 1, false, 1, "code 0 cut 0 answers 3 more 0" },
        { "a chain without an end", "loop.lan", 1, false, 1, "code 0 cut 0 answers 8 more 0" },
        { "a chain to nowhere", "lost.lan", 1, false, 1, "code 0 cut 0 answers 1 more 0" },
        { "truncated", "cut.lan", 1, false, 1, "code 0 cut 1 answers 0 more 0" },
        { "truncated, over TCP", "cut.lan", 1, true, 1, "code 0 cut 0 answers 1 more 0" },
        { "too much for a datagram", "many.lan", 28, false, 1, "code 0 cut 1 answers 0 more 0" },
        { "too much for a datagram, over TCP", "many.lan", 28, true, 1, "code 0 cut 0 answers 20 more 0" },
        { "refused for a time", "time.lan", 1, false, 9, "code 5 cut 0 answers 0 more 0" },
        { "as before when it is over", "time.lan", 1, false, 10, "code 0 cut 0 answers 1 more 0" },
        { "forged", "forged.lan", 1, false, 1, "other id, code 0 cut 0 answers 0 more 0" },
        { "silent", "silent.lan", 1, false, 1, "nothing" },
    };
    struct name_zone zone;
    struct buf said = BUF_INIT, many = BUF_INIT;

    name_zone_init(&zone);
    for (unsigned i = 0; i < 20; i++)
        buf_printf(&many, "%s2001:db8::%u", i ? "," : "", i);
    add(&zone, "a.lan", NAME_RECORDS, NAME_A, "10.9.9.9", 0);
    add(&zone, "a.LAN", NAME_RECORDS, NAME_A, "10.0.0.1,10.0.0.2", 0); /* in place of it */
    add(&zone, "_http._tcp.lan", NAME_RECORDS, NAME_SRV, "a.lan:80,gone.lan:81:5:1", 0);
    add(&zone, "alias.lan", NAME_RECORDS, NAME_CNAME, "a.lan", 0);
    add(&zone, "loop.lan", NAME_RECORDS, NAME_CNAME, "loop.lan", 0);
    add(&zone, "lost.lan", NAME_RECORDS, NAME_CNAME, "b.lan", 0);
    add(&zone, "cut.lan", NAME_RECORDS, NAME_A, "10.0.0.3", 0);
    add(&zone, "cut.lan", NAME_TRUNCATED, 0, NULL, 0);
    add(&zone, "many.lan", NAME_RECORDS, NAME_AAAA, many.data, 0);
    add(&zone, "time.lan", NAME_RECORDS, NAME_A, "10.0.0.4", 0);
    add(&zone, "time.lan", NAME_REFUSED, 0, NULL, 10);
    add(&zone, "forged.lan", NAME_FORGED, 0, NULL, 0);
    add(&zone, "silent.lan", NAME_SILENT, 0, NULL, 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        test_case(cases[i].says);
        ask(&zone, cases[i].now, cases[i].name, cases[i].type, cases[i].tcp, &said);
        EXPECT_STR(buf_str(&said), cases[i].answer);
    }
    test_case(NULL);
    name_zone_finish(&zone);
    buf_finish(&said);
    buf_finish(&many);
}

/* Cut at each byte, and with each byte another one: an answer or none, and no more than that. */
static void bears_any_query(void)
{
    struct name_zone zone;
    char query[64], changed[64];
    size_t size = make_query("a.lan", 1, query);

    name_zone_init(&zone);
    add(&zone, "*", NAME_RECORDS, NAME_A, "10.0.0.1", 0);
    for (size_t end = 0; end <= size; end++) {
        struct name_answer answer = { BUF_INIT, 0 };

        memcpy(changed, query, end);
        name_zone_answer(&zone, 1, str_make(changed, end), false, &answer);
        EXPECT((answer.message.size > 0) == (end == size));
        buf_finish(&answer.message);
    }
    for (size_t at = 0; at < size; at++)
        for (unsigned byte = 0; byte < 256; byte++) {
            struct name_answer answer = { BUF_INIT, 0 };

            memcpy(changed, query, size);
            changed[at] = (char)byte;
            name_zone_answer(&zone, 1, str_make(changed, size), false, &answer);
            EXPECT(answer.message.size == 0 || answer.message.size >= 12);
            buf_finish(&answer.message);
        }
    name_zone_finish(&zone);
}

static void refuses_wrong_values(void)
{
    static const struct {
        enum name_type type;
        const char *values;
    } wrong[] = { { NAME_A, "" },       { NAME_A, "10.0.0.1,," },
                  { NAME_A, "::1" },    { NAME_AAAA, "10.0.0.1" },
                  { NAME_SRV, "host" }, { NAME_SRV, "host:70000" },
                  { NAME_SRV, ":80" },  { NAME_SRV, "host:1:2:3:4" },
                  { NAME_CNAME, "" } };
    struct name_zone zone;

    name_zone_init(&zone);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct name_rule rule = { .type = wrong[i].type };

        rule.name = (char *)(uintptr_t) "a.lan";
        rule.values = (char *)(uintptr_t)wrong[i].values;
        test_case(wrong[i].values);
        EXPECT(!name_zone_add(&zone, &rule));
    }
    test_case(NULL);
    name_zone_finish(&zone);
}

const struct test_row tests[] = {
    { "says what the newest rule says", says_what_the_newest_rule_says },
    { "bears any query", bears_any_query },
    { "refuses wrong values", refuses_wrong_values },
    { 0 },
};
