/* Dates of HTTP (RFC 9110 section 5.6.7) to and from seconds since 1970, in the Gregorian calendar,
 * without libc. */
#ifndef HTTP_HTTP_DATE_H
#define HTTP_HTTP_DATE_H
#include "base/str.h"
#include <stdbool.h>
#include <stdint.h>

struct http_date {
    int64_t year;
    int month; /* 1 to 12 */
    int day;   /* of the month, 1 to 31 */
    int hour, minute, second;
    int weekday; /* 0: Sunday */
    int yearday; /* 0 to 365 */
};

void http_date_split(int64_t seconds, struct http_date *out);
/* Days, hours and the like past their range carry over; weekday and yearday are not looked at. */
int64_t http_date_join(const struct http_date *date);

/* The form is checked by the byte, the meaning is not, as in HAProxy: any weekday, the 32nd of a month and
 * 25:61 are taken and carry over; what follows the date is ignored. false: another form. */
bool http_date_parse_imf(struct str text, int64_t *seconds) MUST_USE; /* Sun, 06 Nov 1994 08:49:37 GMT */
bool http_date_parse_rfc850(struct str text,
                            int64_t *seconds) MUST_USE; /* Sunday, 06-Nov-94 08:49:37 GMT: 1970 to 2069 */
bool http_date_parse_asctime(struct str text, int64_t *seconds) MUST_USE; /* Sun Nov  6 08:49:37 1994 */
bool http_date_parse(struct str text, int64_t *seconds) MUST_USE;         /* any of them */

#define HTTP_DATE_SIZE 29u
/* Writes the IMF-fixdate, HTTP_DATE_SIZE bytes, no NUL, for years 0 to 9999; false: none of these. */
bool http_date_print(int64_t seconds, char *out) MUST_USE;
/* "Jan", "Sun": 3 bytes each; month 1 to 12, weekday 0 to 6. */
struct str http_date_month_name(int month);
struct str http_date_weekday_name(int weekday);

#endif
