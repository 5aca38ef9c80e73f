/* Seconds since 1970 as a date of the calendar and back, in UTC, without the C library (whose answer hangs on the
 * environment). Years 1 to 9999. */
#ifndef BASE_CIVIL_TIME_H
#define BASE_CIVIL_TIME_H
#include <stdint.h>

struct civil_time {
    int year, month, day;     /* 1970, 1..12, 1..31 */
    int hour, minute, second; /* 0..23, 0..59, 0..59 */
    int weekday;              /* 0 is Sunday */
    int day_of_year;          /* 0..365 */
};

struct civil_time civil_time_of(int64_t seconds);
int64_t
civil_time_seconds(const struct civil_time *time); /* from year to second; the rest is not looked at */
const char *civil_time_month_name(int month);      /* "Jan" */
const char *civil_time_weekday_name(int weekday);  /* "Sun" */

#endif
