/* Numbers, times and sizes as text; the answers are those of HAProxy 2.6.12 where the manual leaves a choice. */
#include "base/test.h"
#include "base/units.h"

static const struct {
    const char *text;
    size_t read;
    int64_t value;
} prefixes[] = {
    { "", 0, 0 },
    { "-", 0, 0 },
    { "+", 0, 0 },
    { "--5", 0, 0 },
    { "abc", 0, 0 },
    { " 12", 0, 0 },
    { "0", 1, 0 },
    { "-0", 2, 0 },
    { "12abc", 2, 12 },
    { "+12abc", 3, 12 },
    { "-12abc", 3, -12 },
    { "007", 3, 7 },
    { "9223372036854775807", 19, INT64_MAX },
    { "9223372036854775808", 19, INT64_MAX },
    { "-9223372036854775808", 20, INT64_MIN },
    { "-9223372036854775809", 20, INT64_MIN },
    { "18446744073709551617", 20, INT64_MAX },
    { "99999999999999999999999999999999999999x", 38, INT64_MAX },
    { "-99999999999999999999999999999999999999", 39, INT64_MIN },
};

static void reading_the_longest_prefix(void)
{
    for (size_t i = 0; i < COUNT_OF(prefixes); i++) {
        int64_t value = 77;
        test_case(prefixes[i].text);
        EXPECT_INT(units_read_int(str_of(prefixes[i].text), &value), prefixes[i].read);
        EXPECT_INT(value, prefixes[i].value);
    }
    int64_t value;
    test_case("not past the view");
    EXPECT_INT(units_read_int(str_make("1234", 2), &value), 2);
    EXPECT_INT(value, 12);
    EXPECT_INT(units_read_int(STR_NONE, &value), 0);
}

static const struct {
    const char *text;
    int64_t low, high;
    bool good;
    int64_t value;
} whole[] = {
    { "0", 0, 0, true, 0 },
    { "256", 0, 256, true, 256 },
    { "257", 0, 256, false, 0 },
    { "-1", 0, 256, false, 0 },
    { "-1", -1, 256, true, -1 },
    { "+7", 0, 9, true, 7 },
    { "", INT64_MIN, INT64_MAX, false, 0 },
    { "-", INT64_MIN, INT64_MAX, false, 0 },
    { "5x", INT64_MIN, INT64_MAX, false, 0 },
    { "5 ", INT64_MIN, INT64_MAX, false, 0 },
    { " 5", INT64_MIN, INT64_MAX, false, 0 },
    { "0x5", INT64_MIN, INT64_MAX, false, 0 },
    { "9223372036854775807", INT64_MIN, INT64_MAX, true, INT64_MAX },
    { "9223372036854775808", INT64_MIN, INT64_MAX, false, 0 },
    { "-9223372036854775808", INT64_MIN, INT64_MAX, true, INT64_MIN },
    { "-9223372036854775809", INT64_MIN, INT64_MAX, false, 0 },
    { "18446744073709551616", INT64_MIN, INT64_MAX, false, 0 },
};

static void parsing_a_whole_integer(void)
{
    for (size_t i = 0; i < COUNT_OF(whole); i++) {
        int64_t value = 77;
        test_case(whole[i].text);
        EXPECT_INT(units_parse_int(str_of(whole[i].text), whole[i].low, whole[i].high, &value),
                   whole[i].good);
        EXPECT_INT(value, whole[i].good ? whole[i].value : 77);
    }
}

static const struct time_case {
    const char *text;
    enum units_time unit;
    enum units_error error;
    uint64_t value; /* or, when the text is bad, the offset of the byte that is named */
} times[] = {
    { "0", UNITS_MS, UNITS_OK, 0 },
    { "10", UNITS_MS, UNITS_OK, 10 },
    { "10", UNITS_S, UNITS_OK, 10 },
    { "10", UNITS_US, UNITS_OK, 10 },
    { "10us", UNITS_US, UNITS_OK, 10 },
    { "10ms", UNITS_US, UNITS_OK, 10000 },
    { "5s", UNITS_MS, UNITS_OK, 5000 },
    { "2m", UNITS_MS, UNITS_OK, 120000 },
    { "3h", UNITS_MS, UNITS_OK, 10800000 },
    { "1d", UNITS_MS, UNITS_OK, 86400000 },
    { "1d", UNITS_S, UNITS_OK, 86400 },
    { "0us", UNITS_MS, UNITS_OK, 0 },
    { "1us", UNITS_MS, UNITS_OK, 1 },
    { "999us", UNITS_MS, UNITS_OK, 1 },
    { "1000us", UNITS_MS, UNITS_OK, 1 },
    { "1001us", UNITS_MS, UNITS_OK, 2 },
    { "1999us", UNITS_MS, UNITS_OK, 2 },
    { "2000us", UNITS_MS, UNITS_OK, 2 },
    { "1ms", UNITS_S, UNITS_OK, 1 },
    { "1001ms", UNITS_S, UNITS_OK, 2 },
    { "2147483647", UNITS_MS, UNITS_OK, 2147483647 },
    { "2147483648", UNITS_MS, UNITS_OVERFLOW, 0 },
    { "2147483647", UNITS_S, UNITS_OK, 2147483647 },
    { "2147483648", UNITS_S, UNITS_OVERFLOW, 0 },
    { "2147483s", UNITS_MS, UNITS_OK, 2147483000 },
    { "2147484s", UNITS_MS, UNITS_OVERFLOW, 0 },
    { "24d", UNITS_MS, UNITS_OK, 2073600000 },
    { "25d", UNITS_MS, UNITS_OVERFLOW, 0 },
    { "2147483647000us", UNITS_MS, UNITS_OK, 2147483647 },
    { "2147483647001us", UNITS_MS, UNITS_OVERFLOW, 0 },
    { "18446744073709551617", UNITS_MS, UNITS_OVERFLOW, 0 },
    { "99999999999999999999999999d", UNITS_US, UNITS_OVERFLOW, 0 },
    { "", UNITS_MS, UNITS_BAD, 0 },
    { "s", UNITS_MS, UNITS_BAD, 0 },
    { "-1", UNITS_MS, UNITS_BAD, 0 },
    { "+1", UNITS_MS, UNITS_BAD, 0 },
    { " 1", UNITS_MS, UNITS_BAD, 0 },
    { "1 ", UNITS_MS, UNITS_BAD, 1 },
    { "1x", UNITS_MS, UNITS_BAD, 1 },
    { "1u", UNITS_MS, UNITS_BAD, 1 },
    { "1S", UNITS_MS, UNITS_BAD, 1 },
    { "1.5s", UNITS_MS, UNITS_BAD, 1 },
    { "1usx", UNITS_MS, UNITS_BAD, 3 },
    { "1msx", UNITS_MS, UNITS_BAD, 3 },
    { "1m5", UNITS_MS, UNITS_BAD, 2 },
    { "15sec", UNITS_MS, UNITS_BAD, 3 },
};

static void times_in_each_unit(void)
{
    for (size_t i = 0; i < COUNT_OF(times); i++) {
        const struct time_case *row = &times[i];
        uint64_t value = 77;
        const char *stop = "?";
        test_case(row->text);
        enum units_error error = units_parse_time(str_of(row->text), row->unit, &value, &stop);
        EXPECT_INT(error, row->error);
        EXPECT_INT(value, row->error == UNITS_OK ? row->value : 77);
        if (row->error == UNITS_BAD)
            EXPECT_INT(stop - row->text, row->value);
        else
            EXPECT(stop == NULL);
    }
}

static const struct size_case {
    const char *text;
    enum units_error error;
    uint64_t value; /* or the offset of the byte that is named */
} sizes[] = {
    { "0", UNITS_OK, 0 },
    { "10", UNITS_OK, 10 },
    { "16k", UNITS_OK, 16384 },
    { "16K", UNITS_OK, 16384 },
    { "1m", UNITS_OK, 1048576 },
    { "1M", UNITS_OK, 1048576 },
    { "2g", UNITS_OK, 2147483648 },
    { "3G", UNITS_OK, 3221225472 },
    { "4294967295", UNITS_OK, 4294967295 },
    { "4294967296", UNITS_OVERFLOW, 9 },
    { "4194303k", UNITS_OK, 4294966272 },
    { "4194304k", UNITS_OVERFLOW, 7 },
    { "4096m", UNITS_OVERFLOW, 4 },
    { "4g", UNITS_OVERFLOW, 1 },
    { "18446744073709551617", UNITS_OVERFLOW, 19 },
    { "99999999999999999999999999999k", UNITS_OVERFLOW, 29 },
    { "", UNITS_BAD, 0 },
    { "k", UNITS_BAD, 0 },
    { "-1", UNITS_BAD, 0 },
    { "+1", UNITS_BAD, 0 },
    { "1t", UNITS_BAD, 1 },
    { "1.5k", UNITS_BAD, 1 },
    { "10kb", UNITS_BAD, 3 },
    { "1k5", UNITS_BAD, 2 },
    { "1 k", UNITS_BAD, 1 },
};

static void sizes_in_powers_of_1024(void)
{
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        const struct size_case *row = &sizes[i];
        uint64_t value = 77;
        const char *stop = "?";
        test_case(row->text);
        EXPECT_INT(units_parse_size(str_of(row->text), &value, &stop), row->error);
        EXPECT_INT(value, row->error == UNITS_OK ? row->value : 77);
        if (row->error == UNITS_OK)
            EXPECT(stop == NULL);
        else
            EXPECT_INT(stop - row->text, row->value);
    }
}

const struct test_row tests[] = {
    { "the longest decimal prefix, saturated", reading_the_longest_prefix },
    { "a whole integer within bounds", parsing_a_whole_integer },
    { "times in each unit, rounded up", times_in_each_unit },
    { "sizes in powers of 1024", sizes_in_powers_of_1024 },
    { 0 },
};
