/* Addresses as HAProxy 2.6.12 masks them. */
#include "converters/conv_test.h"

static const struct conv_case cases[] = {
    { "ipv4(10.1.2.3),ipmask(24)", "10.1.2.0" },
    { "ipv4(10.1.2.3),ipmask(255.255.0.0)", "10.1.0.0" },
    { "ipv4(10.1.2.3),ipmask(255.0.255.0)", "10.0.2.0" },
    { "ipv4(10.1.2.3),ipmask(0)", "0.0.0.0" },
    { "ipv4(10.1.2.3),ipmask(32)", "10.1.2.3" },
    { "ipv4(10.1.2.3),ipmask(33)",
      "!invalid arg 1 in converter 'ipmask' : failed to parse '33' as type 'IPv4 mask' at position 1" },
    { "ipv6(2001:db8:1:2:3::4),ipmask(24,64)", "2001:db8:1:2::" },
    { "ipv6(2001:db8:1:2:3::4),ipmask(24)", NULL },
    { "ipv6(2001:db8:1:2:3::4),ipmask(24,ffff:ffff::)", "2001:db8::" },
    { "ipv6(::ffff:10.1.2.3),ipmask(24)", "10.1.2.0" },
    { "ipv6(::ffff:10.1.2.3),ipmask(24,64)", "10.1.2.0" },
    { "ipv4(10.1.2.3),ipmask(24,64)", "10.1.2.0" },
    { "str(10.1.2.3),ipmask(8)", "10.0.0.0" },
    { "str(2001:db8::1),ipmask(8,32)", "2001:db8::" },
    { "str(nope),ipmask(8)", NULL },
    { "int(167772161),ipmask(8)", "10.0.0.0" },
    { "ipv4(10.1.2.3),ipmask(x)",
      "!invalid arg 1 in converter 'ipmask' : failed to parse 'x' as type 'IPv4 mask' at position 1" },
    { "ipv4(10.1.2.3),ipmask",
      "!invalid arg 1 in converter 'ipmask' : expected type 'IPv4 mask' at position 1, but got nothing" },
    { "ipv4(10.1.2.3),ipmask(24,129)",
      "!invalid arg 2 in converter 'ipmask' : failed to parse '129' as type 'IPv6 mask' at position 2" },
    { "bin(0a010203),ipmask(8)", "!converter 'ipmask' cannot be applied" },
};

static void as_observed(void)
{
    conv_test_run(cases, COUNT_OF(cases), NULL);
}

const struct test_row tests[] = {
    { "masks are HAProxy's", as_observed },
    { 0 },
};
