/* Reading is as strict as POSIX inet_pton (four decimal parts without leading zeros; RFC 4291 section 2.2 texts),
 * printing is RFC 5952 as the C library's inet_ntop has it; neither asks the system anything. */
#include "base/addr.h"
#include "base/check.h"
#include "base/units.h"

#define IPV4_BYTES 4
#define IPV6_BYTES 16

static bool parse_ipv4(struct str text, uint8_t *out)
{
    for (int part = 0; part < IPV4_BYTES; part++) {
        struct str digits = str_split(&text, '.');
        bool last = part == IPV4_BYTES - 1;
        if (digits.size < 1 || digits.size > 3 || last != !text.data)
            return false;
        if (digits.size > 1 && digits.data[0] == '0')
            return false;
        unsigned value = 0;
        for (size_t i = 0; i < digits.size; i++) {
            if (!ascii_digit(digits.data[i]))
                return false;
            value = value * 10 + (unsigned)(digits.data[i] - '0');
        }
        if (value > 255)
            return false;
        out[part] = (uint8_t)value;
    }
    return true;
}

static bool parse_group(struct str digits, uint8_t *out)
{
    unsigned value = 0;
    if (digits.size < 1 || digits.size > 4)
        return false;
    for (size_t i = 0; i < digits.size; i++) {
        int digit = ascii_hex(digits.data[i]);
        if (digit < 0)
            return false;
        value = value << 4 | (unsigned)digit;
    }
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)value;
    return true;
}

/* Groups between single colons, the last may be an IPv4 address. No text is no group. Returns the bytes written, at
 * most `room`; STR_NOT_FOUND for anything else. */
static size_t parse_groups(struct str text, bool may_end_in_ipv4, uint8_t *out, size_t room)
{
    size_t size = 0;
    if (!text.size)
        return 0;
    while (text.data) {
        struct str group = str_split(&text, ':');
        bool ipv4 = !text.data && may_end_in_ipv4 && str_find_char(group, '.') != STR_NOT_FOUND;
        size_t bytes = ipv4 ? IPV4_BYTES : 2;
        if (size + bytes > room)
            return STR_NOT_FOUND;
        if (ipv4 ? !parse_ipv4(group, out + size) : !parse_group(group, out + size))
            return STR_NOT_FOUND;
        size += bytes;
    }
    return size;
}

static bool parse_ipv6(struct str text, uint8_t *out)
{
    uint8_t tail[IPV6_BYTES];
    size_t gap = str_find(text, STR("::"));
    memset(out, 0, IPV6_BYTES);
    if (gap == STR_NOT_FOUND)
        return parse_groups(text, true, out, IPV6_BYTES) == IPV6_BYTES;
    /* "::" stands for one group at least */
    size_t before = parse_groups(str_slice(text, 0, gap), false, out, IPV6_BYTES - 2);
    if (before == STR_NOT_FOUND)
        return false;
    size_t after = parse_groups(str_from(text, gap + 2), true, tail, IPV6_BYTES - 2 - before);
    if (after == STR_NOT_FOUND)
        return false;
    memcpy(out + IPV6_BYTES - after, tail, after);
    return true;
}

bool addr_parse_ip(struct str text, struct addr *out)
{
    uint8_t ip[IPV6_BYTES] = { 0 };
    bool v6 = str_find_char(text, ':') != STR_NOT_FOUND;
    if (v6 ? !parse_ipv6(text, ip) : !parse_ipv4(text, ip))
        return false;
    *out = (struct addr){ .family = v6 ? ADDR_IPV6 : ADDR_IPV4 };
    memcpy(out->u.ip, ip, sizeof(ip));
    return true;
}

/* How many bits a mask such as 255.255.0.0 sets; false when it has holes. */
static bool read_mask(struct str text, unsigned *bits)
{
    uint8_t mask[IPV4_BYTES];
    if (!parse_ipv4(text, mask))
        return false;
    uint32_t word = (uint32_t)mask[0] << 24 | (uint32_t)mask[1] << 16 | (uint32_t)mask[2] << 8 | mask[3];
    uint32_t rest = ~word;
    if (rest & (rest + 1))
        return false;
    *bits = 0;
    for (; word; word <<= 1)
        ++*bits;
    return true;
}

bool addr_parse_network(struct str text, struct addr *out, unsigned *bits)
{
    struct str mask = text;
    struct addr addr;
    int64_t count;
    if (!addr_parse_ip(str_split(&mask, '/'), &addr))
        return false;
    unsigned all = addr.family == ADDR_IPV4 ? 32 : 128;
    if (!mask.data)
        *bits = all;
    else if (mask.size && ascii_digit(mask.data[0]) && units_parse_int(mask, 0, all, &count))
        *bits = (unsigned)count;
    else if (addr.family != ADDR_IPV4 || !read_mask(mask, bits))
        return false;
    *out = addr;
    return true;
}

/* Text of at most ADDR_TEXT_MAX is gathered here, then cut into what the caller has. */
struct addr_text {
    char data[ADDR_TEXT_MAX];
    size_t size;
};

static void add_char(struct addr_text *text, char c)
{
    CHECK(text->size < sizeof(text->data));
    text->data[text->size++] = c;
}

static void add(struct addr_text *text, struct str more)
{
    CHECK(more.size <= sizeof(text->data) - text->size);
    memcpy(text->data + text->size, more.data, more.size);
    text->size += more.size;
}

static void add_number(struct addr_text *text, unsigned value, unsigned base)
{
    char digits[10];
    size_t at = sizeof(digits);
    do {
        digits[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    add(text, str_make(digits + at, sizeof(digits) - at));
}

static void add_ipv4(struct addr_text *text, const uint8_t *ip)
{
    for (int part = 0; part < IPV4_BYTES; part++) {
        if (part)
            add_char(text, '.');
        add_number(text, ip[part], 10);
    }
}

/* The first of the longest runs of zero groups, two at least (RFC 5952 section 4.2); size 0 when there is none. */
static void find_zero_run(const unsigned *groups, unsigned *from, unsigned *size)
{
    *from = *size = 0;
    for (unsigned i = 0; i < 8;) {
        unsigned end = i;
        while (end < 8 && !groups[end])
            end++;
        if (end - i > 1 && end - i > *size) {
            *from = i;
            *size = end - i;
        }
        i = end + 1;
    }
}

static void add_ipv6(struct addr_text *text, const uint8_t *ip)
{
    unsigned groups[8], from, size;
    for (int i = 0; i < 8; i++)
        groups[i] = (unsigned)ip[2 * i] << 8 | ip[2 * i + 1];
    find_zero_run(groups, &from, &size);
    /* ::ffff:1.2.3.4, and ::1.2.3.4 as long as more than one group says something */
    bool ends_in_ipv4 = size && from == 0 && (size == 6 || (size == 5 && groups[5] == 0xffff));
    for (unsigned i = 0; i < 8; i++) {
        if (size && i == from) {
            add(text, STR("::"));
            i += size - 1;
            continue;
        }
        if (i && !(size && i == from + size))
            add_char(text, ':');
        if (i == 6 && ends_in_ipv4) {
            add_ipv4(text, ip + 12);
            return;
        }
        add_number(text, groups[i], 16);
    }
}

static void add_ip(struct addr_text *text, const struct addr *addr)
{
    if (addr->family == ADDR_IPV4)
        add_ipv4(text, addr->u.ip);
    else if (addr->family == ADDR_IPV6)
        add_ipv6(text, addr->u.ip);
}

static size_t give(const struct addr_text *text, char *out, size_t size)
{
    return size ? str_to_c(str_make(text->data, text->size), out, size) : 0;
}

size_t addr_print_ip(const struct addr *addr, char *out, size_t size)
{
    struct addr_text text = { .size = 0 };
    add_ip(&text, addr);
    return give(&text, out, size);
}

size_t addr_print(const struct addr *addr, char *out, size_t size)
{
    struct addr_text text = { .size = 0 };
    switch (addr->family) {
    case ADDR_IPV4:
        add_ip(&text, addr);
        break;
    case ADDR_IPV6:
        add_char(&text, '[');
        add_ip(&text, addr);
        add_char(&text, ']');
        break;
    case ADDR_ABSTRACT:
        add(&text, addr->tight ? STR("abnsz@") : STR("abns@"));
        add(&text, str_make(addr->u.path, addr->path_size));
        break;
    case ADDR_UNIX:
        add(&text, str_make(addr->u.path, addr->path_size));
        break;
    case ADDR_NONE:
        break;
    }
    if (addr_is_ip(addr)) {
        add_char(&text, ':');
        add_number(&text, addr->port, 10);
    }
    return give(&text, out, size);
}

bool addr_is_ip(const struct addr *addr)
{
    return addr->family == ADDR_IPV4 || addr->family == ADDR_IPV6;
}

/* The bytes that tell one address from another of its family. */
static struct str identity(const struct addr *addr)
{
    switch (addr->family) {
    case ADDR_IPV4:
        return str_make((const char *)addr->u.ip, IPV4_BYTES);
    case ADDR_IPV6:
        return str_make((const char *)addr->u.ip, IPV6_BYTES);
    case ADDR_UNIX:
    case ADDR_ABSTRACT:
        return str_make(addr->u.path, addr->path_size);
    case ADDR_NONE:
        break;
    }
    return STR_NONE;
}

bool addr_same_ip(const struct addr *a, const struct addr *b)
{
    return a->family == b->family && str_eq(identity(a), identity(b));
}

bool addr_eq(const struct addr *a, const struct addr *b)
{
    return addr_compare(a, b) == 0;
}

int addr_compare(const struct addr *a, const struct addr *b)
{
    if (a->family != b->family)
        return a->family < b->family ? -1 : 1;
    if (a->family == ADDR_ABSTRACT && a->tight != b->tight)
        return a->tight ? 1 : -1;
    int order = str_compare(identity(a), identity(b));
    if (order || !addr_is_ip(a))
        return order;
    return a->port < b->port ? -1 : a->port > b->port;
}

void addr_mask(struct addr *addr, unsigned bits)
{
    if (!addr_is_ip(addr))
        return;
    size_t size = identity(addr).size, whole = bits / 8;
    if (whole >= size)
        return;
    addr->u.ip[whole] &= (uint8_t)(0xff00 >> bits % 8);
    memset(addr->u.ip + whole + 1, 0, size - whole - 1);
}

static const uint8_t mapped_prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff }; /* RFC 4291 2.5.5.2 */

void addr_to_v6(struct addr *addr)
{
    if (addr->family != ADDR_IPV4)
        return;
    memmove(addr->u.ip + sizeof(mapped_prefix), addr->u.ip, IPV4_BYTES);
    memcpy(addr->u.ip, mapped_prefix, sizeof(mapped_prefix));
    addr->family = ADDR_IPV6;
}

bool addr_to_v4(struct addr *addr)
{
    if (addr->family == ADDR_IPV4)
        return true;
    if (addr->family != ADDR_IPV6 || memcmp(addr->u.ip, mapped_prefix, sizeof(mapped_prefix)) != 0)
        return false;
    memmove(addr->u.ip, addr->u.ip + sizeof(mapped_prefix), IPV4_BYTES);
    memset(addr->u.ip + IPV4_BYTES, 0, IPV6_BYTES - IPV4_BYTES);
    addr->family = ADDR_IPV4;
    return true;
}
