/* PROXY protocol and NetScaler headers: what each says, each cut in two at every byte, what is refused, and what is
 * written read back. */
#include "base/test.h"
#include "net/proxy_header.h"

#define SIG "\r\n\r\n\0\r\nQUIT\n"
#define V4  "\x7f\0\0\x01\x0a\0\0\x02\0\x2a\x05\x39"
#define V6                                                                                                   \
    "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02\x04\xd2\0\x50"
/* An IPv4 and a TCP header of 20 bytes each, from 192.0.2.7:1234 to 192.0.2.8:80. */
#define IP_HEADERS                                                                                           \
    "\x45\0\0\x28\0\0\0\0\x40\x06\0\0\xc0\0\x02\x07\xc0\0\x02\x08"                                           \
    "\x04\xd2\0\x50\0\0\0\0\0\0\0\0\x50\0\0\0\0\0\0\0"

struct header_case {
    const char *says;
    enum proxy_header_kind kind;
    struct str bytes;
    enum proxy_header_status expect;
    const char *source, *destination; /* NULL: not named */
};

#define PROXY(bytes) PROXY_HEADER_PROXY, STR_INIT(bytes)
#define CIP(bytes)   PROXY_HEADER_NETSCALER, STR_INIT(bytes)
#define DONE         PROXY_HEADER_DONE
#define REJECT       PROXY_HEADER_REJECT

/* clang-format off */
static const struct header_case cases[] = {
    { "version 1, IPv4", PROXY("PROXY TCP4 192.0.2.7 192.0.2.8 1234 80\r\n"), DONE, "192.0.2.7:1234", "192.0.2.8:80" },
    { "version 1, IPv6", PROXY("PROXY TCP6 2001:db8::1 ::1 65535 0\r\n"), DONE, "[2001:db8::1]:65535", "[::1]:0" },
    { "unknown names nobody", PROXY("PROXY UNKNOWN\r\n"), DONE, NULL, NULL },
    { "unknown with words behind", PROXY("PROXY UNKNOWN ffff:f 1 2 3\r\n"), DONE, NULL, NULL },
    { "a family that is none", PROXY("PROXY TCP5 192.0.2.7 192.0.2.8 1234 80\r\n"), REJECT, NULL, NULL },
    { "the other family's address", PROXY("PROXY TCP4 ::1 ::1 1 2\r\n"), REJECT, NULL, NULL },
    { "a port too large", PROXY("PROXY TCP4 192.0.2.7 192.0.2.8 1234 65536\r\n"), REJECT, NULL, NULL },
    { "a word too few", PROXY("PROXY TCP4 192.0.2.7 192.0.2.8 1234\r\n"), REJECT, NULL, NULL },
    { "a word too many", PROXY("PROXY TCP4 192.0.2.7 192.0.2.8 1234 80 1\r\n"), REJECT, NULL, NULL },
    { "a line that ends in LF alone", PROXY("PROXY UNKNOWN\n"), REJECT, NULL, NULL },
    { "a request", PROXY("GET / HTTP/1.1\r\n"), REJECT, NULL, NULL },
    { "version 2, IPv4", PROXY(SIG "\x21\x11\0\x0c" V4), DONE, "127.0.0.1:42", "10.0.0.2:1337" },
    { "version 2, IPv6", PROXY(SIG "\x21\x21\0\x24" V6), DONE, "[2001:db8::1]:1234", "[2001:db8::2]:80" },
    { "version 2, LOCAL", PROXY(SIG "\x20\0\0\0"), DONE, NULL, NULL },
    { "LOCAL with bytes that do not count", PROXY(SIG "\x20\x11\0\x03" "abc"), DONE, NULL, NULL },
    { "a family without an address", PROXY(SIG "\x21\0\0\x02" "ab"), REJECT, NULL, NULL },
    { "a TLV", PROXY(SIG "\x21\x11\0\x14" V4 "\x02\0\x05" "12345"), DONE, "127.0.0.1:42", "10.0.0.2:1337" },
    { "a TLV that is longer than the header", PROXY(SIG "\x21\x11\0\x14" V4 "\x02\0\x0a" "12345"), REJECT, NULL, NULL },
    { "a byte behind the last TLV", PROXY(SIG "\x21\x11\0\x14" V4 "\x02\0\x04" "12345"), REJECT, NULL, NULL },
    { "addresses that are cut", PROXY(SIG "\x21\x11\0\x0b" "\x7f\0\0\x01\x0a\0\0\x02\0\x2a\x05"), REJECT, NULL, NULL },
    { "version 3", PROXY(SIG "\x31\x11\0\x0c" V4), REJECT, NULL, NULL },
    { "a command that is none", PROXY(SIG "\x22\x11\0\x0c" V4), REJECT, NULL, NULL },
    { "a checksum that is wrong", PROXY(SIG "\x21\x11\0\x13" V4 "\x03\0\x04" "1234"), REJECT, NULL, NULL },
    { "a longer one than is read", PROXY(SIG "\x21\x11\xff\xff"), REJECT, NULL, NULL },
    { "NetScaler, legacy", CIP("\0\0\x0c\x1b\0\0\0\x28" IP_HEADERS), DONE, "192.0.2.7:1234", "192.0.2.8:80" },
    { "NetScaler, standard", CIP("\0\0\x0c\x1b\0\0\0\x34\0\x01\0\x28" IP_HEADERS), DONE, "192.0.2.7:1234", "192.0.2.8:80" },
    { "another magic number", CIP("\0\0\x0c\x1c\0\0\0\x28" IP_HEADERS), REJECT, NULL, NULL },
};
/* clang-format on */

static void check_address(const struct addr *addr, const char *want)
{
    char text[ADDR_TEXT_MAX];
    EXPECT_STR(str_make(text, addr_print(addr, text, sizeof(text))), want);
}

static enum proxy_header_status read_case(const struct header_case *one, struct str bytes,
                                          struct proxy_header *header, size_t *used)
{
    return proxy_header_read(one->kind, 0xc1b, bytes, header, used);
}

static void what_each_says(void)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct header_case *one = &cases[i];
        struct proxy_header header;
        size_t used;
        test_case(one->says);
        EXPECT_INT(read_case(one, one->bytes, &header, &used), one->expect);
        if (one->expect != DONE)
            continue;
        EXPECT_INT(used, one->bytes.size);
        EXPECT_INT(header.named, one->source != NULL);
        if (!one->source)
            continue;
        check_address(&header.source, one->source);
        check_address(&header.destination, one->destination);
    }
}

/* A part of a good header asks for more; a part of a bad one asks for more or is refused, and stays so. */
static void every_split_agrees(void)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct header_case *one = &cases[i];
        enum proxy_header_status before = PROXY_HEADER_MORE;
        test_case(one->says);
        for (size_t cut = 0; cut < one->bytes.size; cut++) {
            struct proxy_header header;
            size_t used;
            enum proxy_header_status now = read_case(one, str_slice(one->bytes, 0, cut), &header, &used);
            EXPECT(now == PROXY_HEADER_MORE || (one->expect == REJECT && now == REJECT));
            EXPECT(before != REJECT || now == REJECT);
            before = now;
        }
    }
}

/* What stands behind the header is not touched. */
static void bytes_behind_stay(void)
{
    struct proxy_header header;
    size_t used;
    struct str text = STR("PROXY UNKNOWN\r\nGET / HTTP/1.1\r\n");
    EXPECT_INT(proxy_header_read(PROXY_HEADER_PROXY, 0, text, &header, &used), DONE);
    EXPECT_INT(used, strlen("PROXY UNKNOWN\r\n"));
}

static struct addr address(const char *ip, uint16_t port)
{
    struct addr addr = { .family = ADDR_NONE };
    EXPECT(addr_parse_ip(str_of(ip), &addr));
    addr.port = port;
    return addr;
}

static void version_1_is_written(void)
{
    struct addr four = address("192.0.2.7", 1234), six = address("2001:db8::1", 80);
    struct addr path = { .family = ADDR_UNIX };
    struct buf out = BUF_INIT;
    proxy_header_write_1(&four, &four, &out);
    proxy_header_write_1(&six, &six, &out);
    proxy_header_write_1(&four, &six, &out);
    proxy_header_write_1(&path, &four, &out);
    proxy_header_write_1(NULL, NULL, &out);
    EXPECT_STR(buf_str(&out), "PROXY TCP4 192.0.2.7 192.0.2.7 1234 1234\r\n"
                              "PROXY TCP6 2001:db8::1 2001:db8::1 80 80\r\n"
                              "PROXY TCP6 ::ffff:192.0.2.7 2001:db8::1 1234 80\r\n"
                              "PROXY UNKNOWN\r\nPROXY UNKNOWN\r\n");
    buf_finish(&out);
}

static void version_2_reads_back(void)
{
    struct addr source = address("192.0.2.7", 1234), destination = address("192.0.2.8", 80);
    struct proxy_tlv tlvs[] = {
        { PROXY_TLV_CRC32C, STR_NONE },
        { PROXY_TLV_AUTHORITY, STR("example.org") },
        { 0xe1, STR("") },
        { PROXY_TLV_UNIQUE_ID, STR("an id") },
    };
    struct buf out = BUF_INIT;
    struct proxy_header header;
    struct str value;
    size_t used, at = 0;
    EXPECT(proxy_header_write_2(&source, &destination, tlvs, COUNT_OF(tlvs), &out));
    EXPECT_INT(proxy_header_read(PROXY_HEADER_PROXY, 0, buf_str(&out), &header, &used), DONE);
    EXPECT_INT(used, out.size);
    check_address(&header.source, "192.0.2.7:1234");
    check_address(&header.destination, "192.0.2.8:80");
    EXPECT(proxy_header_tlv(header.tlvs, PROXY_TLV_AUTHORITY, &at, &value));
    EXPECT_STR(value, "example.org");
    EXPECT(!proxy_header_tlv(header.tlvs, PROXY_TLV_AUTHORITY, &at, &value));
    at = 0;
    EXPECT(proxy_header_tlv(header.tlvs, 0xe1, &at, &value));
    EXPECT_INT(value.size, 0);
    out.data[out.size - 1] ^= 1; /* one bit of it changed: the checksum tells */
    EXPECT_INT(proxy_header_read(PROXY_HEADER_PROXY, 0, buf_str(&out), &header, &used), REJECT);
    buf_finish(&out);
}

static void without_memory_nothing_is_claimed(void)
{
    struct addr source = address("192.0.2.7", 1234);
    for (uint64_t n = 1; n < 4; n++) {
        struct buf out = BUF_INIT;
        uint64_t before = test_allocations();
        test_fail_allocation(n);
        bool well = proxy_header_write_2(&source, &source, NULL, 0, &out);
        bool failed = test_allocations() - before >= n;
        test_fail_allocation(0);
        EXPECT(well == !failed);
        buf_finish(&out);
    }
}

const struct test_row tests[] = {
    { "what each header says", what_each_says },
    { "the same answer at every split", every_split_agrees },
    { "bytes behind the header stay", bytes_behind_stay },
    { "version 1 is written", version_1_is_written },
    { "version 2 reads back", version_2_reads_back },
    { "without memory nothing is claimed", without_memory_nothing_is_claimed },
    { 0 },
};
