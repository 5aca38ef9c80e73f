/* Addresses: what is read and what is not, how they print, order, masks, and the two families of IP. */
#include "base/addr.h"
#include "base/rng.h"
#include "base/test.h"
#include <stdio.h>

static const struct ip_case {
    const char *text;
    enum addr_family family;
    const char *printed; /* NULL: as text */
} ips[] = {
    { "0.0.0.0", ADDR_IPV4, NULL },
    { "255.255.255.255", ADDR_IPV4, NULL },
    { "1.20.30.4", ADDR_IPV4, NULL },
    { "", ADDR_NONE, NULL },
    { "1", ADDR_NONE, NULL },
    { "1.2", ADDR_NONE, NULL },
    { "1.2.3", ADDR_NONE, NULL },
    { "1.2.3.4.5", ADDR_NONE, NULL },
    { "1.2.3.", ADDR_NONE, NULL },
    { ".1.2.3", ADDR_NONE, NULL },
    { "1..2.3", ADDR_NONE, NULL },
    { "1.2.3.4.", ADDR_NONE, NULL },
    { "256.1.1.1", ADDR_NONE, NULL },
    { "1.2.3.1000", ADDR_NONE, NULL },
    { "01.2.3.4", ADDR_NONE, NULL },
    { "00.2.3.4", ADDR_NONE, NULL },
    { "1.2.3.04", ADDR_NONE, NULL },
    { "0x1.2.3.4", ADDR_NONE, NULL },
    { "1.2.3.4 ", ADDR_NONE, NULL },
    { " 1.2.3.4", ADDR_NONE, NULL },
    { "1.2.3.-4", ADDR_NONE, NULL },
    { "1.2.3.4:80", ADDR_NONE, NULL },
    { "a.b.c.d", ADDR_NONE, NULL },
    { "localhost", ADDR_NONE, NULL },
    { "::", ADDR_IPV6, NULL },
    { "::1", ADDR_IPV6, NULL },
    { "1::", ADDR_IPV6, NULL },
    { "0:0:0:0:0:0:0:0", ADDR_IPV6, "::" },
    { "1:2:3:4:5:6:7:8", ADDR_IPV6, NULL },
    { "2001:DB8::00a1", ADDR_IPV6, "2001:db8::a1" },
    { "0001:0:0:0:0:0:0:0", ADDR_IPV6, "1::" },
    { "1:0:0:2:0:0:0:3", ADDR_IPV6, "1:0:0:2::3" },
    { "1:0:0:2:3:0:0:4", ADDR_IPV6, "1::2:3:0:0:4" },
    { "1:0:2:3:4:5:6:7", ADDR_IPV6, NULL },
    { "0:1:2:3:4:5:6:7", ADDR_IPV6, NULL },
    { "1::2:3:4:5:6:7", ADDR_IPV6, "1:0:2:3:4:5:6:7" },
    { "::2:3:4:5:6:7:8", ADDR_IPV6, "0:2:3:4:5:6:7:8" },
    { "1:2:3:4:5:6:7::", ADDR_IPV6, "1:2:3:4:5:6:7:0" },
    { "0:0:1:0:0:0:0:0", ADDR_IPV6, "0:0:1::" },
    { "::ffff:1.2.3.4", ADDR_IPV6, NULL },
    { "::FFFF:0102:0304", ADDR_IPV6, "::ffff:1.2.3.4" },
    { "::1.2.3.4", ADDR_IPV6, NULL },
    { "::0.0.0.1", ADDR_IPV6, "::1" },
    { "::0.1.0.0", ADDR_IPV6, "::0.1.0.0" },
    { "::ffff:0:1.2.3.4", ADDR_IPV6, "::ffff:0:102:304" },
    { "64:ff9b::1.2.3.4", ADDR_IPV6, "64:ff9b::102:304" },
    { "1:2:3:4:5:6:1.2.3.4", ADDR_IPV6, "1:2:3:4:5:6:102:304" },
    { "1:2:3:4:5::1.2.3.4", ADDR_IPV6, "1:2:3:4:5:0:102:304" },
    { ":", ADDR_NONE, NULL },
    { ":::", ADDR_NONE, NULL },
    { "1:2:3:4:5:6:7", ADDR_NONE, NULL },
    { "1:2:3:4:5:6:7:8:9", ADDR_NONE, NULL },
    { "1:2:3:4:5:6:7:", ADDR_NONE, NULL },
    { ":1:2:3:4:5:6:7", ADDR_NONE, NULL },
    { "1:2:3:4::5:6:7:8", ADDR_NONE, NULL },
    { "1::2::3", ADDR_NONE, NULL },
    { "1:::2", ADDR_NONE, NULL },
    { "::1:", ADDR_NONE, NULL },
    { ":1::", ADDR_NONE, NULL },
    { "12345::", ADDR_NONE, NULL },
    { "00001::", ADDR_NONE, NULL },
    { "g::", ADDR_NONE, NULL },
    { "::1%eth0", ADDR_NONE, NULL },
    { "[::1]", ADDR_NONE, NULL },
    { "::1/64", ADDR_NONE, NULL },
    { "1.2.3.4::", ADDR_NONE, NULL },
    { "::1.2.3.4:5", ADDR_NONE, NULL },
    { "::1.2.3", ADDR_NONE, NULL },
    { "::1.2.3.256", ADDR_NONE, NULL },
    { "1:2:3:4:5:6:7:1.2.3.4", ADDR_NONE, NULL },
    { "1:2:3:4:5:6::1.2.3.4", ADDR_NONE, NULL },
};

static void reading_and_printing(void)
{
    for (size_t i = 0; i < COUNT_OF(ips); i++) {
        struct addr addr = { .family = ADDR_UNIX, .port = 9 };
        char text[ADDR_TEXT_MAX];
        test_case(ips[i].text);
        EXPECT_INT(addr_parse_ip(str_of(ips[i].text), &addr), ips[i].family != ADDR_NONE);
        if (ips[i].family == ADDR_NONE) {
            EXPECT(addr.family == ADDR_UNIX && addr.port == 9); /* untouched */
            continue;
        }
        EXPECT_INT(addr.family, ips[i].family);
        EXPECT_INT(addr.port, 0);
        size_t size = addr_print_ip(&addr, text, sizeof(text));
        EXPECT_STR(str_make(text, size), ips[i].printed ? ips[i].printed : ips[i].text);
        EXPECT_INT(text[size], 0);
    }
    struct addr addr;
    test_case("views");
    EXPECT(!addr_parse_ip(STR_NONE, &addr));
    EXPECT(!addr_parse_ip(STR("1.2.3.4\0"), &addr));
    EXPECT(!addr_parse_ip(STR("::1\0"), &addr));
    EXPECT(addr_parse_ip(str_make("1.2.3.45", 7), &addr) && addr.u.ip[3] == 4);
}

/* Any address prints as what is read as the same address; most have runs of zeros. */
static void what_is_printed_is_read_again(void)
{
    struct rng rng = { 21 };
    for (int i = 0; i < 20000; i++) {
        struct addr addr = { .family = i % 4 ? ADDR_IPV6 : ADDR_IPV4 }, again;
        char text[ADDR_TEXT_MAX];
        for (size_t byte = 0; byte < (i % 4 ? 16u : 4u); byte++)
            addr.u.ip[byte] = (uint8_t)(rng_below(&rng, 3) ? 0 : rng_below(&rng, 256));
        addr_print_ip(&addr, text, sizeof(text));
        test_case(text);
        EXPECT(addr_parse_ip(str_of(text), &again) && addr_eq(&addr, &again));
        test_case(NULL);
    }
}

static const struct network_case {
    const char *text;
    int bits; /* -1: refused */
} networks[] = {
    { "10.1.2.3", 32 },
    { "10.1.2.3/0", 0 },
    { "10.1.2.3/8", 8 },
    { "10.1.2.3/32", 32 },
    { "10.1.2.3/33", -1 },
    { "10.1.2.3/", -1 },
    { "10.1.2.3/-1", -1 },
    { "10.1.2.3/+8", -1 },
    { "10.1.2.3/8 ", -1 },
    { "10.1.2.3/8/8", -1 },
    { "10.1.2.3/x", -1 },
    { "10.1.2.3/255.0.0.0", 8 },
    { "10.1.2.3/255.255.255.255", 32 },
    { "10.1.2.3/0.0.0.0", 0 },
    { "10.1.2.3/255.254.0.0", 15 },
    { "10.1.2.3/255.0.255.0", -1 },
    { "10.1.2.3/0.0.0.255", -1 },
    { "10.1.2.3/255.0.0", -1 },
    { "10.1.2.3/ff00::", -1 },
    { "10.1/8", -1 },
    { "/8", -1 },
    { "", -1 },
    { "::1", 128 },
    { "::1/0", 0 },
    { "::1/64", 64 },
    { "::1/128", 128 },
    { "::1/129", -1 },
    { "::1/255.0.0.0", -1 },
    { "::1/99999999999999999999", -1 },
};

static void networks_with_masks(void)
{
    for (size_t i = 0; i < COUNT_OF(networks); i++) {
        struct addr addr = { .port = 9 };
        unsigned bits = 777;
        test_case(networks[i].text);
        bool good = addr_parse_network(str_of(networks[i].text), &addr, &bits);
        EXPECT_INT(good ? (int)bits : -1, networks[i].bits);
        EXPECT(good || addr.port == 9);
        if (good) /* host bits stay */
            EXPECT_INT(addr.family == ADDR_IPV4 ? addr.u.ip[3] : addr.u.ip[15],
                       addr.family == ADDR_IPV4 ? 3 : 1);
    }
}

static struct addr ip(const char *text, unsigned port)
{
    struct addr addr = { 0 };
    EXPECT(addr_parse_ip(str_of(text), &addr));
    addr.port = (uint16_t)port;
    return addr;
}

static struct addr path(enum addr_family family, struct str text)
{
    struct addr addr = { .family = family, .path_size = (uint8_t)text.size };
    memcpy(addr.u.path, text.data, text.size);
    return addr;
}

static void printing_with_the_port(void)
{
    char text[ADDR_TEXT_MAX], longest[ADDR_PATH_MAX];
    struct addr v4 = ip("1.2.3.4", 80), v6 = ip("::1", 65535), none = { 0 };
    struct addr file = path(ADDR_UNIX, STR("/run/a")), name = path(ADDR_ABSTRACT, STR("srv"));
    EXPECT_INT(addr_print(&v4, text, sizeof(text)), 10);
    EXPECT_STR(str_of(text), "1.2.3.4:80");
    EXPECT_INT(addr_print(&v6, text, sizeof(text)), 11);
    EXPECT_STR(str_of(text), "[::1]:65535");
    addr_print(&file, text, sizeof(text));
    EXPECT_STR(str_of(text), "/run/a");
    addr_print(&name, text, sizeof(text));
    EXPECT_STR(str_of(text), "abns@srv");
    name.tight = true;
    addr_print(&name, text, sizeof(text));
    EXPECT_STR(str_of(text), "abnsz@srv");
    EXPECT_INT(addr_print(&none, text, sizeof(text)), 0);
    EXPECT_INT(addr_print_ip(&file, text, sizeof(text)), 0);
    memset(longest, 'p', sizeof(longest));
    struct addr all = path(ADDR_ABSTRACT, str_make(longest, sizeof(longest)));
    EXPECT_INT(addr_print(&all, text, sizeof(text)), ADDR_PATH_MAX + 5);
    struct addr widest = ip("1111:2222:3333:4444:5555:6666:7777:8888", 65535);
    EXPECT_INT(addr_print(&widest, text, sizeof(text)), 47);
}

static void a_small_space_cuts_the_text(void)
{
    struct addr addr = ip("2001:db8::1", 443);
    struct str whole = STR("[2001:db8::1]:443");
    for (size_t size = 0; size < 24; size++) {
        char text[24];
        memset(text, '#', sizeof(text));
        size_t printed = addr_print(&addr, text, size);
        EXPECT_INT(printed, !size ? 0 : size - 1 < whole.size ? size - 1 : whole.size);
        EXPECT_VIEW(str_make(text, printed), str_slice(whole, 0, printed));
        EXPECT_INT(text[printed], size ? 0 : '#');
        EXPECT(printed + 1 >= sizeof(text) || text[printed + 1] == '#');
    }
}

/* Each is less than the next, equal to itself. */
static void a_total_order(void)
{
    const struct addr rising[] = {
        { 0 },
        ip("0.0.0.0", 0),
        ip("1.2.3.4", 80),
        ip("1.2.3.4", 81),
        ip("1.2.3.5", 1),
        ip("255.0.0.0", 0),
        ip("::", 0),
        ip("::1.2.3.4", 7),
        ip("ffff::", 0),
        path(ADDR_UNIX, STR("/a")),
        path(ADDR_UNIX, STR("/a/b")),
        path(ADDR_UNIX, STR("/b")),
        path(ADDR_ABSTRACT, STR("/a")),
    };
    for (size_t a = 0; a < COUNT_OF(rising); a++) {
        for (size_t b = 0; b < COUNT_OF(rising); b++) {
            int order = addr_compare(&rising[a], &rising[b]);
            EXPECT_INT((order > 0) - (order < 0), (a > b) - (a < b));
            EXPECT_INT(addr_eq(&rising[a], &rising[b]), a == b);
        }
    }
    struct addr left = ip("1.2.3.4", 1), right = ip("1.2.3.4", 2);
    EXPECT(addr_same_ip(&left, &right) && !addr_eq(&left, &right));
    memset(left.u.ip + 4, 0xaa, 12); /* bytes that do not count */
    EXPECT(addr_same_ip(&left, &right));
    right = ip("::ffff:1.2.3.4", 1);
    EXPECT(!addr_same_ip(&left, &right));
    EXPECT(addr_is_ip(&left) && addr_is_ip(&right));
    EXPECT(!addr_is_ip(&rising[0]) && !addr_is_ip(&rising[9]) && !addr_is_ip(&rising[12]));
}

static void masks_of_each_size(void)
{
    for (unsigned v6 = 0; v6 < 2; v6++) {
        unsigned all = v6 ? 128 : 32;
        for (unsigned bits = 0; bits <= all + 9; bits++) {
            struct addr addr = { .family = v6 ? ADDR_IPV6 : ADDR_IPV4, .port = 5 };
            unsigned wrong = 0;
            memset(addr.u.ip, 0xff, sizeof(addr.u.ip));
            addr_mask(&addr, bits);
            for (unsigned bit = 0; bit < 128; bit++) {
                bool set = addr.u.ip[bit / 8] >> (7 - bit % 8) & 1;
                wrong += set != (bit < bits || bit >= all);
            }
            EXPECT_INT(wrong, 0);
            EXPECT_INT(addr.port, 5);
        }
    }
    struct addr file = path(ADDR_UNIX, STR("/a"));
    addr_mask(&file, 0);
    EXPECT_INT(file.u.path[0], '/');
}

static void from_one_family_to_the_other(void)
{
    struct addr addr = ip("1.2.3.4", 80), mapped = ip("::ffff:1.2.3.4", 80), v4 = addr;
    addr_to_v6(&addr);
    EXPECT(addr_eq(&addr, &mapped));
    addr_to_v6(&addr);
    EXPECT(addr_eq(&addr, &mapped));
    EXPECT(addr_to_v4(&addr) && addr_eq(&addr, &v4));
    EXPECT(addr_to_v4(&addr) && addr_eq(&addr, &v4));
    static const char *const others[] = {
        "::1.2.3.4", "2002:102:304::", "::1", "::", "::fffe:1.2.3.4", "::ffff:0:1.2.3.4", "64:ff9b::1.2.3.4"
    };
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        struct addr other = ip(others[i], 1), before = other;
        test_case(others[i]);
        EXPECT(!addr_to_v4(&other));
        EXPECT(addr_eq(&other, &before));
    }
    struct addr file = path(ADDR_UNIX, STR("/a"));
    addr_to_v6(&file);
    EXPECT(file.family == ADDR_UNIX);
    EXPECT(!addr_to_v4(&file));
}

const struct test_row tests[] = {
    { "what is an address, and how it prints", reading_and_printing },
    { "what is printed is read again as the same", what_is_printed_is_read_again },
    { "networks with masks", networks_with_masks },
    { "printing with the port, and of paths", printing_with_the_port },
    { "a small space cuts the text", a_small_space_cuts_the_text },
    { "a total order, and what is the same", a_total_order },
    { "masks of each size", masks_of_each_size },
    { "from one family to the other", from_one_family_to_the_other },
    { 0 },
};
