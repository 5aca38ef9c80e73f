/* Rates at the borders of seconds. */
#include "base/test.h"
#include "base/units.h"
#include "proxy/counters.h"

static void counts_within_a_second(void)
{
    struct rate rate = { 0 };
    rate_add(&rate, 5 * NS_PER_S, 3);
    rate_add(&rate, 5 * NS_PER_S + 999 * NS_PER_MS, 4);
    EXPECT_INT(rate_read(&rate, 5 * NS_PER_S + 999 * NS_PER_MS), 7);
}

static void the_second_before_fades(void)
{
    struct rate rate = { 0 };
    rate_add(&rate, 5 * NS_PER_S, 100);
    EXPECT_INT(rate_read(&rate, 6 * NS_PER_S), 100);
    EXPECT_INT(rate_read(&rate, 6 * NS_PER_S + 250 * NS_PER_MS), 75);
    EXPECT_INT(rate_read(&rate, 6 * NS_PER_S + 999 * NS_PER_MS), 0);
    rate_add(&rate, 6 * NS_PER_S + 500 * NS_PER_MS, 10);
    EXPECT_INT(rate_read(&rate, 6 * NS_PER_S + 500 * NS_PER_MS), 60);
    EXPECT_INT(rate_read(&rate, 7 * NS_PER_S), 10);
    EXPECT_INT(rate_read(&rate, 8 * NS_PER_S), 0);
}

static void one_a_second_does_not_flicker(void)
{
    struct rate rate = { 0 };
    rate_add(&rate, 5 * NS_PER_S, 1);
    EXPECT_INT(rate_read(&rate, 6 * NS_PER_S), 1);
    EXPECT_INT(rate_read(&rate, 6 * NS_PER_S + 999 * NS_PER_MS), 1);
    EXPECT_INT(rate_read(&rate, 7 * NS_PER_S), 0);
}

static void saturates(void)
{
    struct rate rate = { 0 };
    rate_add(&rate, 0, UINT32_MAX - 1);
    rate_add(&rate, 0, 5);
    EXPECT_INT(rate_read(&rate, 0), UINT32_MAX);
    rate_add(&rate, NS_PER_S, 7);
    EXPECT_INT(rate_read(&rate, NS_PER_S), UINT32_MAX);
}

const struct test_row tests[] = {
    { "events of one second add up", counts_within_a_second },
    { "the second before counts for the part that still lies within the last 1000 ms",
      the_second_before_fades },
    { "one event a second reads as one until its next second ends", one_a_second_does_not_flicker },
    { "a rate does not wrap", saturates },
    { 0 },
};
