/* Values and their casts. */
#include "base/test.h"
#include "sample/sample.h"

static struct arena scratch;

static struct sample ip4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
    return (struct sample){ .type = SAMPLE_IPV4, .u.ip = { a, b, c, d } };
}

static struct sample ip6(const char *text)
{
    struct addr addr;
    struct sample sample = { 0 };
    EXPECT(addr_parse_ip(str_of(text), &addr) && sample_of_addr(&addr, &sample));
    return sample;
}

static struct sample bin(const char *data, size_t size)
{
    return (struct sample){ .type = SAMPLE_BIN, .u.text = str_make(data, size) };
}

static struct sample meth(const char *name)
{
    struct sample sample = sample_text(str_of(name));
    EXPECT(sample_cast(&sample, SAMPLE_METH, &scratch));
    return sample;
}

/* By way of `to`, what the value is as text; NULL: no cast. */
static void expect_as(const char *says, struct sample sample, enum sample_type to, const char *text)
{
    test_case(says);
    bool well = sample_cast(&sample, to, &scratch);
    EXPECT(well == (text != NULL));
    if (well && text) {
        EXPECT(to == SAMPLE_ADDR || to == SAMPLE_ANY || sample.type == to);
        EXPECT(sample_cast(&sample, SAMPLE_STR, &scratch));
        EXPECT_STR(sample.u.text, text);
    }
    test_case(NULL);
}

static void casts_by_the_table(void)
{
    arena_init(&scratch, 1024);
    expect_as("bool to int", sample_bool(true), SAMPLE_SINT, "1");
    expect_as("bool to text", sample_bool(false), SAMPLE_STR, "0");
    expect_as("int to bool", sample_int(-7), SAMPLE_BOOL, "1");
    expect_as("int to text", sample_int(INT64_MIN), SAMPLE_STR, "-9223372036854775808");
    expect_as("int to address", sample_int(3232235777), SAMPLE_ADDR, "192.168.1.1");
    expect_as("int to IPv6", sample_int(1), SAMPLE_IPV6, "::ffff:0.0.0.1");
    expect_as("IPv4 to int", ip4(255, 0, 0, 1), SAMPLE_SINT, "4278190081");
    expect_as("IPv4 to IPv6", ip4(1, 2, 3, 4), SAMPLE_IPV6, "::ffff:1.2.3.4");
    expect_as("IPv6 to IPv4", ip6("::ffff:1.2.3.4"), SAMPLE_IPV4, "1.2.3.4");
    expect_as("IPv6 that is no IPv4", ip6("2001:db8::1"), SAMPLE_IPV4, NULL);
    expect_as("IPv6 to int", ip6("::1"), SAMPLE_SINT, NULL);
    expect_as("text to int", sample_text(STR("12abc")), SAMPLE_SINT, "12");
    expect_as("word to int", sample_text(STR("abc")), SAMPLE_SINT, "0");
    expect_as("nothing to int", sample_text(STR("")), SAMPLE_SINT, NULL);
    expect_as("huge to int", sample_text(STR("99999999999999999999")), SAMPLE_SINT, "9223372036854775807");
    expect_as("text to bool", sample_text(STR("5")), SAMPLE_BOOL, "1");
    expect_as("text to address", sample_text(STR("::1")), SAMPLE_ADDR, "::1");
    expect_as("bad address", sample_text(STR("1.2.3")), SAMPLE_ADDR, NULL);
    expect_as("text to IPv4", sample_text(STR("::ffff:9.8.7.6")), SAMPLE_IPV4, "9.8.7.6");
    expect_as("bytes to text", bin("ab\0cd", 5), SAMPLE_STR, "ab");
    expect_as("bytes to int", bin("5", 1), SAMPLE_SINT, NULL);
    expect_as("method to text", meth("PURGE"), SAMPLE_STR, "PURGE");
    expect_as("method to bytes", meth("GET"), SAMPLE_BIN, "GET");
    expect_as("method to int", meth("GET"), SAMPLE_SINT, NULL);
    expect_as("anything", sample_int(3), SAMPLE_ANY, "3");
    arena_finish(&scratch);
}

static void numbers_become_eight_bytes(void)
{
    arena_init(&scratch, 1024);
    struct sample sample = sample_int(258);
    EXPECT(sample_cast(&sample, SAMPLE_BIN, &scratch));
    EXPECT_VIEW(sample.u.text, str_make("\0\0\0\0\0\0\1\2", 8));
    sample = ip4(1, 2, 3, 4);
    EXPECT(sample_cast(&sample, SAMPLE_BIN, &scratch));
    EXPECT_VIEW(sample.u.text, str_make("\1\2\3\4", 4));
    sample = ip6("::1");
    EXPECT(sample_cast(&sample, SAMPLE_BIN, &scratch));
    EXPECT_INT(sample.u.text.size, 16);
    sample = meth("GET");
    EXPECT_INT(sample.u.method.id, HTTP_GET);
    arena_finish(&scratch);
}

/* What the table of casts promises is what a cast can do: a value of the first type is cast, or has no
 * value. */
static void the_table_agrees_with_the_casts(void)
{
    arena_init(&scratch, 1024);
    const struct sample samples[] = {
        sample_bool(true),           sample_int(5), ip4(1, 2, 3, 4), ip6("::ffff:1.2.3.4"),
        sample_text(STR("1.2.3.4")), bin("x", 1),   meth("GET")
    };
    for (size_t i = 0; i < COUNT_OF(samples); i++) {
        for (unsigned to = SAMPLE_BOOL; to < SAMPLE_TYPE_COUNT; to++) {
            struct sample sample = samples[i];
            bool well = sample_cast(&sample, (enum sample_type)to, &scratch);
            test_case(sample_type_name((enum sample_type)to));
            EXPECT_INT(well, sample_can_cast(samples[i].type, (enum sample_type)to));
        }
    }
    EXPECT(sample_can_cast(SAMPLE_BIN, SAMPLE_ANY) && sample_can_cast(SAMPLE_ANY, SAMPLE_METH));
    test_case(NULL);
    arena_finish(&scratch);
}

static void a_cast_without_memory_has_no_value(void)
{
    arena_init(&scratch, 64);
    struct sample sample = sample_int(5);
    test_fail_allocation(1);
    EXPECT(!sample_cast(&sample, SAMPLE_STR, &scratch));
    sample = sample_int(5);
    EXPECT(!sample_cast(&sample, SAMPLE_BIN, &scratch));
    test_fail_allocation(0);
    arena_finish(&scratch);
}

static void places_are_words(void)
{
    arena_init(&scratch, 1024);
    EXPECT_STR(sample_places_text(AT_REQUEST_HEAD, &scratch), "http-request rules");
    EXPECT_STR(sample_places_text(AT_CONNECTION | AT_LOG, &scratch), "tcp-request connection rules, logs");
    EXPECT_STR(sample_places_text(0, &scratch), "nowhere");
    arena_finish(&scratch);
}

const struct test_row tests[] = {
    { "casts go by the manual's table", casts_by_the_table },
    { "numbers and addresses as bytes", numbers_become_eight_bytes },
    { "what can be cast is cast", the_table_agrees_with_the_casts },
    { "without memory there is no value", a_cast_without_memory_has_no_value },
    { "places are named", places_are_words },
    { 0 },
};
