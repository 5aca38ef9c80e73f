/* Dates as HAProxy 2.6.12 writes them. */
#include "converters/conv_test.h"

static const struct conv_case cases[] = {
    { "int(0),http_date", "Thu, 01 Jan 1970 00:00:00 GMT" },
    { "int(1700000000),http_date", "Tue, 14 Nov 2023 22:13:20 GMT" },
    { "int(1700000000),http_date(10)", "Tue, 14 Nov 2023 22:13:30 GMT" },
    { "int(1700000000),http_date(-10)", "Tue, 14 Nov 2023 22:13:10 GMT" },
    { "int(1700000000123),http_date(0,ms)", "Tue, 14 Nov 2023 22:13:20.123 GMT" },
    { "int(1700000000007),http_date(0,ms)", "Tue, 14 Nov 2023 22:13:20.7 GMT" },
    { "int(1700000000000123),http_date(0,us)", "Tue, 14 Nov 2023 22:13:20.123 GMT" },
    { "int(1700000000),http_date(0,s)", "Tue, 14 Nov 2023 22:13:20 GMT" },
    { "int(1700000000),http_date(0,x)",
      "!invalid args in converter 'http_date' : expects 's', 'ms' or 'us', got 'x'" },
    { "int(-1),http_date", "Wed, 31 Dec 1969 23:59:59 GMT" }, /* HAProxy: the year 1141709097 */
    { "int(1700000000),utime(%Y%m%d%H%M%S)", "20231114221320" },
    { "int(1700000000),utime(%Y,3600)", "2023" },
    { "int(1700000000),utime(%H:%M:%S,3600)", "23:13:20" },
    { "int(1700000000),utime(%H:%M:%S,-3600)", "21:13:20" },
    { "int(1700000000),utime(%a %A %b %B %c %d %e %j %p %u %w %x %X %y %Z %z %%)",
      "Tue Tuesday Nov November Tue Nov 14 22:13:20 2023 14 14 318 PM 2 2 11/14/23 22:13:20 23 GMT +0000 %" },
    { "int(1700000000),utime(%D %F %T %R %r %h %n %t %G %V %g %U %W %s %k %l %I %C)",
      "11/14/23 2023-11-14 22:13:20 22:13 10:13:20 PM Nov \n \011 2023 46 23 46 46 1700000000 22 10 10 20" },
    { "int(1700000000),utime(%Q)", "%Q" },
    { "int(1700000000),utime()", "" },
    { "int(1700000000),utime(%)", "%" },
    { "int(-100000000000),utime(%F)", "-1199-02-15" }, /* HAProxy: the year 1141705928 */
    { "int(253402300800),utime(%F)", "10000-01-01" },
    { "int(1700000000),ltime(%H)", "22" },
    { "int(1700000000),utime(%E %O %Ey %Od %P %5Y %_d %-d %^a %#Z)", "%E %O 23 14 pm 02023 14 14 TUE gmt" },
    { "str(\"GET / HTTP/1.1\"),http_date", "Thu, 01 Jan 1970 00:00:00 GMT" },
};

static void as_observed(void)
{
    conv_test_run(cases, COUNT_OF(cases), NULL);
}

const struct test_row tests[] = {
    { "dates are HAProxy's", as_observed },
    { 0 },
};
