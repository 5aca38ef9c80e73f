/* Calendar arithmetic counts days from 1 March of year 0, so that a leap day is the last of its year. */
#include "http/http_date.h"

#define DAY_SECONDS 86400
#define CYCLE_DAYS  146097 /* of 400 years */
#define EPOCH_DAYS  719468 /* from 0000-03-01 to 1970-01-01 */

static const char month_names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
static const char weekday_names[] = "SunMonTueWedThuFriSat";

static int64_t floor_divide(int64_t value, int64_t by)
{
    return value >= 0 ? value / by : -((by - 1 - value) / by);
}

static int64_t days_before_year(int64_t march_year)
{
    return march_year * 365 + floor_divide(march_year, 4) - floor_divide(march_year, 100) +
           floor_divide(march_year, 400);
}

/* Days before the month, March being 0: 0 31 61 92 122 153 184 214 245 275 306 337. */
static int64_t days_before_month(int64_t march_month)
{
    return (153 * march_month + 2) / 5;
}

int64_t http_date_join(const struct http_date *date)
{
    int64_t march_month = date->month > 2 ? date->month - 3 : date->month + 9;
    int64_t march_year = date->month > 2 ? date->year : date->year - 1;
    int64_t days = days_before_year(march_year) + days_before_month(march_month) + date->day - 1 - EPOCH_DAYS;
    return days * DAY_SECONDS + date->hour * 3600 + date->minute * 60 + date->second;
}

static bool is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

void http_date_split(int64_t seconds, struct http_date *out)
{
    int64_t epoch_day = floor_divide(seconds, DAY_SECONDS), rest = seconds - epoch_day * DAY_SECONDS;
    int64_t days = epoch_day + EPOCH_DAYS, cycle = floor_divide(days, CYCLE_DAYS);
    int64_t in_cycle = days - cycle * CYCLE_DAYS;
    int64_t year = (in_cycle - in_cycle / 1460 + in_cycle / 36524 - in_cycle / (CYCLE_DAYS - 1)) / 365;
    int64_t in_year = in_cycle - days_before_year(year), month = (5 * in_year + 2) / 153;
    out->month = (int)(month < 10 ? month + 3 : month - 9);
    out->year = cycle * 400 + year + (month >= 10);
    out->day = (int)(in_year - days_before_month(month) + 1);
    out->hour = (int)(rest / 3600);
    out->minute = (int)(rest / 60 % 60);
    out->second = (int)(rest % 60);
    out->weekday = (int)(((epoch_day % 7) + 7 + 4) % 7); /* 1970-01-01 was a Thursday */
    out->yearday = (int)(in_year < 306 ? in_year + 59 + is_leap(out->year) : in_year - 306);
}

/* A text that is read from the front; the first piece that does not fit makes it bad for good. */
struct reader {
    struct str rest;
    bool bad;
};

static void expect(struct reader *reader, const char *text)
{
    struct str wanted = str_of(text);
    reader->bad |= !str_starts(reader->rest, wanted);
    reader->rest = str_from(reader->rest, wanted.size);
}

static int digits(struct reader *reader, size_t count)
{
    int value = 0;
    reader->bad |= reader->rest.size < count;
    for (size_t i = 0; i < count && !reader->bad; i++) {
        reader->bad = !ascii_digit(reader->rest.data[i]);
        value = value * 10 + (reader->rest.data[i] - '0');
    }
    reader->rest = str_from(reader->rest, count);
    return value;
}

/* Which of the three-letter names comes next, from 0. */
static int name(struct reader *reader, const char *names, size_t count)
{
    struct str head = str_slice(reader->rest, 0, 3);
    reader->rest = str_from(reader->rest, 3);
    for (size_t i = 0; i < count && head.size == 3; i++)
        if (memcmp(head.data, names + 3 * i, 3) == 0)
            return (int)i;
    reader->bad = true;
    return 0;
}

static void read_time(struct reader *reader, struct http_date *date)
{
    date->hour = digits(reader, 2);
    expect(reader, ":");
    date->minute = digits(reader, 2);
    expect(reader, ":");
    date->second = digits(reader, 2);
}

static bool result(const struct reader *reader, const struct http_date *date, int64_t *seconds)
{
    if (reader->bad)
        return false;
    *seconds = http_date_join(date);
    return true;
}

bool http_date_parse_imf(struct str text, int64_t *seconds)
{
    struct reader reader = { .rest = text };
    struct http_date date = { .weekday = name(&reader, weekday_names, 7) };
    expect(&reader, ", ");
    date.day = digits(&reader, 2);
    expect(&reader, " ");
    date.month = name(&reader, month_names, 12) + 1;
    expect(&reader, " ");
    date.year = digits(&reader, 4);
    expect(&reader, " ");
    read_time(&reader, &date);
    expect(&reader, " GMT");
    return result(&reader, &date, seconds);
}

static void read_long_weekday(struct reader *reader)
{
    static const char *const rests[] = { "day", "day", "sday", "nesday", "rsday", "day", "urday" };
    expect(reader, rests[name(reader, weekday_names, 7)]);
}

bool http_date_parse_rfc850(struct str text, int64_t *seconds)
{
    struct reader reader = { .rest = text };
    struct http_date date = { 0 };
    read_long_weekday(&reader);
    expect(&reader, ", ");
    date.day = digits(&reader, 2);
    expect(&reader, "-");
    date.month = name(&reader, month_names, 12) + 1;
    expect(&reader, "-");
    date.year = digits(&reader, 2);
    date.year += date.year >= 70 ? 1900 : 2000;
    expect(&reader, " ");
    read_time(&reader, &date);
    expect(&reader, " GMT");
    return result(&reader, &date, seconds);
}

bool http_date_parse_asctime(struct str text, int64_t *seconds)
{
    struct reader reader = { .rest = text };
    struct http_date date = { .weekday = name(&reader, weekday_names, 7) };
    expect(&reader, " ");
    date.month = name(&reader, month_names, 12) + 1;
    expect(&reader, " ");
    if (str_starts(reader.rest, STR(" "))) {
        expect(&reader, " ");
        date.day = digits(&reader, 1);
    } else {
        date.day = digits(&reader, 2);
    }
    expect(&reader, " ");
    read_time(&reader, &date);
    expect(&reader, " ");
    date.year = digits(&reader, 4);
    return result(&reader, &date, seconds);
}

bool http_date_parse(struct str text, int64_t *seconds)
{
    return http_date_parse_imf(text, seconds) || http_date_parse_rfc850(text, seconds) ||
           http_date_parse_asctime(text, seconds);
}

static char *put_number(char *out, int64_t value, unsigned width)
{
    for (unsigned i = width; i > 0; i--, value /= 10)
        out[i - 1] = (char)('0' + value % 10);
    return out + width;
}

static char *put(char *out, struct str text)
{
    memcpy(out, text.data, text.size);
    return out + text.size;
}

bool http_date_print(int64_t seconds, char *out)
{
    struct http_date date;
    http_date_split(seconds, &date);
    if (date.year < 0 || date.year > 9999)
        return false;
    out = put(put(out, http_date_weekday_name(date.weekday)), STR(", "));
    out = put(put_number(out, date.day, 2), STR(" "));
    out = put(put(out, http_date_month_name(date.month)), STR(" "));
    out = put(put_number(out, date.year, 4), STR(" "));
    out = put(put_number(out, date.hour, 2), STR(":"));
    out = put(put_number(out, date.minute, 2), STR(":"));
    put(put_number(out, date.second, 2), STR(" GMT"));
    return true;
}

struct str http_date_month_name(int month)
{
    CHECK(month >= 1 && month <= 12);
    return str_make(month_names + 3 * (month - 1), 3);
}

struct str http_date_weekday_name(int weekday)
{
    CHECK(weekday >= 0 && weekday <= 6);
    return str_make(weekday_names + 3 * weekday, 3);
}
