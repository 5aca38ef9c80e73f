/* The calendar: known days, and back again over 800 years. */
#include "base/civil_time.h"
#include "base/test.h"

static void known_instants(void)
{
    static const struct {
        int64_t seconds;
        int year, month, day, hour, minute, second, weekday, day_of_year;
    } cases[] = {
        { 0, 1970, 1, 1, 0, 0, 0, 4, 0 },
        { -1, 1969, 12, 31, 23, 59, 59, 3, 364 },
        { 951782400, 2000, 2, 29, 0, 0, 0, 2, 59 },
        { 784111777, 1994, 11, 6, 8, 49, 37, 0, 309 }, /* RFC 9110 section 5.6.7 */
        { 4107542399, 2100, 2, 28, 23, 59, 59, 0, 58 },
        { 4107542400, 2100, 3, 1, 0, 0, 0, 1, 59 },
        { 253402300799, 9999, 12, 31, 23, 59, 59, 5, 364 },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct civil_time time = civil_time_of(cases[i].seconds);
        EXPECT_INT(time.year, cases[i].year);
        EXPECT_INT(time.month, cases[i].month);
        EXPECT_INT(time.day, cases[i].day);
        EXPECT_INT(time.hour, cases[i].hour);
        EXPECT_INT(time.minute, cases[i].minute);
        EXPECT_INT(time.second, cases[i].second);
        EXPECT_INT(time.weekday, cases[i].weekday);
        EXPECT_INT(time.day_of_year, cases[i].day_of_year);
        EXPECT_INT(civil_time_seconds(&time), cases[i].seconds);
    }
}

static void there_and_back(void)
{
    struct civil_time before = civil_time_of(-12622780801ll); /* 31 December 1569 */
    for (int64_t at = -12622780800ll; at < 12622780800ll; at += 86400) {
        struct civil_time time = civil_time_of(at);
        if (!EXPECT_INT(civil_time_seconds(&time), at) || !EXPECT_INT(time.weekday, (before.weekday + 1) % 7))
            return;
        before = time;
    }
}

static void names(void)
{
    EXPECT_STR(str_of(civil_time_month_name(1)), "Jan");
    EXPECT_STR(str_of(civil_time_month_name(12)), "Dec");
    EXPECT_STR(str_of(civil_time_weekday_name(0)), "Sun");
    EXPECT_STR(str_of(civil_time_weekday_name(6)), "Sat");
}

const struct test_row tests[] = {
    { "known instants are the right dates", known_instants },
    { "each day of 800 years comes back", there_and_back },
    { "names", names },
    { 0 },
};
