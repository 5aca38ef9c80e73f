/* Rates at the borders of their periods, and names. */
#include "base/test.h"
#include "table/stick_data.h"

#define T0 5000000000ull /* past 2^32 ms: instants wrap */

static void counts_within_a_period(void)
{
    struct stick_rate rate = { 0 };
    stick_rate_add(&rate, T0, 10000, 3);
    stick_rate_add(&rate, T0 + 9999, 10000, 4);
    EXPECT_INT(stick_rate_read(&rate, T0 + 9999, 10000), 7);
}

struct fade {
    uint64_t after_ms;
    int64_t rate;
};

static void the_period_before_fades(void)
{
    static const struct fade cases[] = { { 0, 100 },   { 9999, 100 }, { 10000, 100 }, { 12500, 75 },
                                         { 19999, 0 }, { 20000, 0 },  { 500000, 0 } };
    struct stick_rate rate = { 0 };
    stick_rate_add(&rate, T0, 10000, 100);
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        EXPECT_INT(stick_rate_read(&rate, T0 + cases[i].after_ms, 10000), cases[i].rate);
}

static void periods_follow_each_other(void)
{
    struct stick_rate rate = { 0 };
    stick_rate_add(&rate, T0, 10000, 100);
    stick_rate_add(&rate, T0 + 15000, 10000, 10);
    EXPECT_INT(stick_rate_read(&rate, T0 + 15000, 10000), 60);
    stick_rate_add(&rate, T0 + 40000, 10000,
                   1); /* more than a period without any: nothing of before counts */
    EXPECT_INT(stick_rate_read(&rate, T0 + 40000, 10000), 1);
}

static void a_lone_event_does_not_flicker(void)
{
    struct stick_rate rate = { 0 };
    stick_rate_add(&rate, T0, 10000, 1);
    EXPECT_INT(stick_rate_read(&rate, T0 + 10001, 10000), 1);
    EXPECT_INT(stick_rate_read(&rate, T0 + 19999, 10000), 1);
    EXPECT_INT(stick_rate_read(&rate, T0 + 20000, 10000), 0);
}

static void a_rate_is_set(void)
{
    struct stick_rate rate = { 0 };
    stick_rate_set(&rate, T0, 50);
    EXPECT_INT(stick_rate_read(&rate, T0, 1000), 50);
    EXPECT_INT(stick_rate_read(&rate, T0 + 1500, 1000), 25);
}

static void sums_do_not_wrap(void)
{
    struct stick_rate rate = { 0 };
    stick_rate_add(&rate, T0, 1000, UINT32_MAX);
    stick_rate_add(&rate, T0, 1000, 7);
    EXPECT_INT(stick_rate_read(&rate, T0, 1000), UINT32_MAX);
}

static void names_are_found(void)
{
    for (unsigned data = 0; data < STICK_DATA_COUNT; data++)
        EXPECT_INT(stick_data_of(str_of(stick_data_rows[data].name)), data);
    EXPECT_INT(stick_data_of(STR("gpc2")), STICK_DATA_COUNT);
    EXPECT_INT(stick_data_of(STR("")), STICK_DATA_COUNT);
}

const struct test_row tests[] = {
    { "events within a period add up", counts_within_a_period },
    { "the period before counts by what is left of it", the_period_before_fades },
    { "a period becomes the one before", periods_follow_each_other },
    { "a lone event counts for a whole period", a_lone_event_does_not_flicker },
    { "a rate that is set fades as one that was counted", a_rate_is_set },
    { "sums saturate", sums_do_not_wrap },
    { "every kind of data has its name", names_are_found },
    { 0 },
};
