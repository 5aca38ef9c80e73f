/* The proleptic Gregorian calendar, counted in eras of 400 years that begin on 1 March, so that the leap day is the
 * last of its year. */
#include "base/civil_time.h"
#include "base/check.h"

#define DAY_SECONDS    86400
#define DAYS_TO_1970   719468 /* from 1 March of year 0 */
#define ERA_DAYS       146097
#define DAYS_4_YEARS   1460
#define DAYS_100_YEARS 36524

static const int days_before_month[12] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };

static int is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int64_t floor_div(int64_t value, int64_t by)
{
    return value / by - (value % by < 0);
}

struct civil_time civil_time_of(int64_t seconds)
{
    int64_t days = floor_div(seconds, DAY_SECONDS);
    int rest = (int)(seconds - days * DAY_SECONDS);
    int64_t shifted = days + DAYS_TO_1970, era = floor_div(shifted, ERA_DAYS);
    int day_of_era = (int)(shifted - era * ERA_DAYS);
    int year_of_era =
        (day_of_era - day_of_era / DAYS_4_YEARS + day_of_era / DAYS_100_YEARS - day_of_era / (ERA_DAYS - 1)) /
        365;
    int march_day = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int march_month = (5 * march_day + 2) / 153; /* 0 is March */
    struct civil_time time;
    time.month = march_month < 10 ? march_month + 3 : march_month - 9;
    time.day = march_day - (153 * march_month + 2) / 5 + 1;
    time.year = (int)(year_of_era + era * 400) + (time.month <= 2);
    time.hour = rest / 3600;
    time.minute = rest / 60 % 60;
    time.second = rest % 60;
    time.weekday = (int)(((days + 4) % 7 + 7) % 7); /* 1 January 1970 was a Thursday */
    time.day_of_year =
        days_before_month[time.month - 1] + time.day - 1 + (time.month > 2 && is_leap(time.year));
    return time;
}

int64_t civil_time_seconds(const struct civil_time *time)
{
    int year = time->year - (time->month <= 2);
    int64_t era = floor_div(year, 400);
    int year_of_era = (int)(year - era * 400);
    int march_month = time->month > 2 ? time->month - 3 : time->month + 9;
    int march_day = (153 * march_month + 2) / 5 + time->day - 1;
    int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + march_day;
    int64_t days = era * ERA_DAYS + day_of_era - DAYS_TO_1970;
    return days * DAY_SECONDS + time->hour * 3600 + time->minute * 60 + time->second;
}

const char *civil_time_month_name(int month)
{
    static const char names[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    CHECK(month >= 1 && month <= 12);
    return names[month - 1];
}

const char *civil_time_weekday_name(int weekday)
{
    static const char names[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
    CHECK(weekday >= 0 && weekday <= 6);
    return names[weekday];
}
