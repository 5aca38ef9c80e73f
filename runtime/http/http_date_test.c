/* Dates: the three forms, the calendar there and back, and how far a wrong date is let through. */
#include "base/test.h"
#include "http/http_date.h"

#define NONE INT64_MIN

struct date_case {
    const char *text;
    int64_t imf, rfc850, asctime;
};

static const struct date_case cases[] = {
    { "Sun, 06 Nov 1994 08:49:37 GMT", 784111777, NONE, NONE },
    { "Sunday, 06-Nov-94 08:49:37 GMT", NONE, 784111777, NONE },
    { "Sun Nov  6 08:49:37 1994", NONE, NONE, 784111777 },
    { "Sun Nov 06 08:49:37 1994", NONE, NONE, 784111777 },
    { "Wed Nov 16 08:49:37 1994", NONE, NONE, 784975777 },
    { "Thu, 01 Jan 1970 00:00:00 GMT", 0, NONE, NONE },
    { "Wed, 31 Dec 1969 23:59:59 GMT", -1, NONE, NONE },
    { "Mon, 29 Feb 2016 23:59:60 GMT", 1456790400, NONE, NONE },
    { "Fri, 31 Dec 9999 23:59:59 GMT", 253402300799, NONE, NONE },
    { "Tue, 06 Nov 1994 08:49:37 GMT and more", 784111777, NONE, NONE },
    { "Sun, 32 Nov 1994 08:49:37 GMT", 786358177, NONE, NONE },
    { "Sun, 06 Nov 1994 25:49:37 GMT", 784172977, NONE, NONE },
    { "Sunday, 01-Jan-70 00:00:00 GMT", NONE, 0, NONE },
    { "Sunday, 01-Jan-69 00:00:00 GMT", NONE, 3124224000, NONE },
    { "Saturday, 01-Jan-00 00:00:00 GMT", NONE, 946684800, NONE },
    { "Sun, 6 Nov 1994 08:49:37 GMT", NONE, NONE, NONE },
    { "sun, 06 Nov 1994 08:49:37 GMT", NONE, NONE, NONE },
    { "Sun, 06 nov 1994 08:49:37 GMT", NONE, NONE, NONE },
    { "Sun, 06 Nov 1994 08:49:37 UTC", NONE, NONE, NONE },
    { " Sun, 06 Nov 1994 08:49:37 GMT", NONE, NONE, NONE },
    { "Sun, 06 Nov 94 08:49:37 GMT", NONE, NONE, NONE },
    { "Sun, 06 Nov 1994 8:49:37 GMT", NONE, NONE, NONE },
    { "Sun, 06 Nov 1994 08:49 GMT", NONE, NONE, NONE },
    { "Sun Nov 6 08:49:37 1994", NONE, NONE, NONE },
    { "Sund, 06-Nov-94 08:49:37 GMT", NONE, NONE, NONE },
    { "Sonday, 06-Nov-94 08:49:37 GMT", NONE, NONE, NONE },
    { "", NONE, NONE, NONE },
    { "S", NONE, NONE, NONE },
};

static int64_t parsed(bool (*parse)(struct str text, int64_t *seconds), struct str text)
{
    int64_t seconds = 0;
    return parse(text, &seconds) ? seconds : NONE;
}

static void forms(void)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct str text = str_of(cases[i].text);
        test_case(cases[i].text);
        EXPECT_INT(parsed(http_date_parse_imf, text), cases[i].imf);
        EXPECT_INT(parsed(http_date_parse_rfc850, text), cases[i].rfc850);
        EXPECT_INT(parsed(http_date_parse_asctime, text), cases[i].asctime);
        int64_t any = cases[i].imf != NONE      ? cases[i].imf
                      : cases[i].rfc850 != NONE ? cases[i].rfc850
                                                : cases[i].asctime;
        EXPECT_INT(parsed(http_date_parse, text), any);
    }
}

/* A date that is cut anywhere is no date. */
static void cut_dates(void)
{
    for (size_t i = 0; i < 3; i++)
        for (size_t size = 0; cases[i].text[size]; size++)
            EXPECT_INT(parsed(http_date_parse, str_make(cases[i].text, size)), NONE);
}

static void weekdays(void)
{
    static const char *const texts[] = {
        "Sunday, 06-Nov-94 08:49:37 GMT",   "Monday, 06-Nov-94 08:49:37 GMT",
        "Tuesday, 06-Nov-94 08:49:37 GMT",  "Wednesday, 06-Nov-94 08:49:37 GMT",
        "Thursday, 06-Nov-94 08:49:37 GMT", "Friday, 06-Nov-94 08:49:37 GMT",
        "Saturday, 06-Nov-94 08:49:37 GMT"
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        EXPECT_INT(parsed(http_date_parse_rfc850, str_of(texts[i])), 784111777);
}

/* Every day of nine centuries follows the one before. */
static void calendar(void)
{
    struct http_date before, date;
    http_date_split(-86400ll * 365 * 400, &before);
    for (int64_t day = -365ll * 400 + 1; day < 365ll * 500; day++) {
        http_date_split(day * 86400 + 3661, &date);
        bool same_month =
            date.month == before.month && date.day == before.day + 1 && date.year == before.year;
        bool next_month = date.day == 1 && before.day >= 28 && date.month == before.month % 12 + 1 &&
                          date.year == before.year + (before.month == 12);
        bool follows = (same_month || next_month) && date.weekday == (before.weekday + 1) % 7 &&
                       date.yearday == (date.year == before.year ? before.yearday + 1 : 0);
        bool time = date.hour == 1 && date.minute == 1 && date.second == 1;
        if (!follows || !time || http_date_join(&date) != day * 86400 + 3661) {
            EXPECT_INT(day, 0);
            return;
        }
        before = date;
    }
    http_date_split(951782400, &date); /* 29 February 2000 */
    EXPECT_INT(date.month * 100 + date.day, 229);
    EXPECT_INT(date.yearday, 59);
    EXPECT_INT(date.weekday, 2);
}

static void printing(void)
{
    char text[HTTP_DATE_SIZE];
    EXPECT(http_date_print(784111777, text));
    EXPECT_STR(str_make(text, sizeof(text)), "Sun, 06 Nov 1994 08:49:37 GMT");
    EXPECT(http_date_print(-62167219200, text));
    EXPECT_STR(str_make(text, sizeof(text)), "Sat, 01 Jan 0000 00:00:00 GMT");
    EXPECT(http_date_print(253402300799, text));
    EXPECT(!http_date_print(253402300800, text));
    EXPECT(!http_date_print(-62167219201, text));
    for (int64_t seconds = -2000000000; seconds < 5000000000; seconds += 86399999) {
        EXPECT(http_date_print(seconds, text));
        EXPECT_INT(parsed(http_date_parse_imf, str_make(text, sizeof(text))), seconds);
    }
}

const struct test_row tests[] = {
    { "the three forms", forms },
    { "a cut date is none", cut_dates },
    { "all weekdays by their long name", weekdays },
    { "the calendar", calendar },
    { "printing and reading again", printing },
    { 0 },
};
