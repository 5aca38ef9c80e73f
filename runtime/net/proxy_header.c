/* PROXY protocol headers and the NetScaler's, read and written as bytes. Each reader may be called again with more of
 * the same bytes; it keeps nothing in between. */
#include "net/proxy_header.h"
#include "base/digest.h"
#include "base/units.h"

#define SIGNATURE     STR("\r\n\r\n\0\r\nQUIT\n")
#define V1_MAX        107 /* the longest line, its end included */
#define V2_HEAD       16
#define TLV_HEAD      3
#define AUTHORITY_MAX 255
#define UNIQUE_ID_MAX 128

static unsigned number_16(const char *at)
{
    return (unsigned)(uint8_t)at[0] << 8 | (uint8_t)at[1];
}

static uint32_t number_32(const char *at)
{
    return (uint32_t)number_16(at) << 16 | number_16(at + 2);
}

/* ---- version 1 ---- */

static bool read_word(struct str *rest, struct str *word)
{
    *word = str_split(rest, ' ');
    return word->size > 0;
}

static bool read_port(struct str text, struct addr *addr)
{
    int64_t port;
    if (!units_parse_int(text, 0, 65535, &port))
        return false;
    addr->port = (uint16_t)port;
    return true;
}

/* "TCP4 source destination port port" without the line's end. */
static bool read_line(struct str line, struct proxy_header *out)
{
    struct str family, word[4];
    if (!read_word(&line, &family))
        return false;
    if (str_eq(family, STR("UNKNOWN")))
        return true;
    for (unsigned i = 0; i < COUNT_OF(word); i++) {
        if (!read_word(&line, &word[i]))
            return false;
    }
    enum addr_family wanted = str_eq(family, STR("TCP4"))   ? ADDR_IPV4
                              : str_eq(family, STR("TCP6")) ? ADDR_IPV6
                                                            : ADDR_NONE;
    out->named = wanted != ADDR_NONE && !line.data && addr_parse_ip(word[0], &out->source) &&
                 addr_parse_ip(word[1], &out->destination) && out->source.family == wanted &&
                 out->destination.family == wanted && read_port(word[2], &out->source) &&
                 read_port(word[3], &out->destination);
    return out->named;
}

static enum proxy_header_status read_1(struct str bytes, struct proxy_header *out, size_t *used)
{
    struct str begin = STR("PROXY ");
    size_t known = bytes.size < begin.size ? bytes.size : begin.size;
    if (memcmp(bytes.data, begin.data, known) != 0)
        return PROXY_HEADER_REJECT;
    size_t end = str_find_char(bytes, '\n');
    if (end == STR_NOT_FOUND)
        return bytes.size >= V1_MAX ? PROXY_HEADER_REJECT : PROXY_HEADER_MORE;
    if (end >= V1_MAX || end <= begin.size || bytes.data[end - 1] != '\r')
        return PROXY_HEADER_REJECT;
    *used = end + 1;
    return read_line(str_slice(bytes, begin.size, end - 1 - begin.size), out) ? PROXY_HEADER_DONE
                                                                              : PROXY_HEADER_REJECT;
}

/* ---- version 2 ---- */

/* The checksum is over the whole header with its own field as zeroes. */
static bool checksum_holds(struct str header, const char *field)
{
    char copy[PROXY_HEADER_MAX];
    if (header.size > sizeof(copy))
        return false;
    memcpy(copy, header.data, header.size);
    memset(copy + (field - header.data), 0, 4);
    return digest_crc32c(str_make(copy, header.size)) == number_32(field);
}

/* Every TLV must end where the header ends. */
static bool tlvs_are_good(struct str header, struct str tlvs)
{
    size_t at = 0;
    while (at < tlvs.size) {
        if (tlvs.size - at < TLV_HEAD)
            return false;
        unsigned type = (uint8_t)tlvs.data[at];
        size_t size = number_16(tlvs.data + at + 1);
        const char *value = tlvs.data + at + TLV_HEAD;
        if (tlvs.size - at - TLV_HEAD < size)
            return false;
        if (type == PROXY_TLV_CRC32C && (size != 4 || !checksum_holds(header, value)))
            return false;
        if ((type == PROXY_TLV_AUTHORITY && size > AUTHORITY_MAX) ||
            (type == PROXY_TLV_UNIQUE_ID && size > UNIQUE_ID_MAX))
            return false;
        at += TLV_HEAD + size;
    }
    return true;
}

static void set_ip(struct addr *addr, enum addr_family family, const char *ip, size_t size, const char *port)
{
    *addr = (struct addr){ .family = family };
    memcpy(addr->u.ip, ip, size);
    addr->port = (uint16_t)number_16(port);
}

/* Families that carry no IP address are let through; the socket's own names stand then. */
static bool read_names(unsigned family, struct str body, struct proxy_header *out, size_t *tlvs_at)
{
    size_t size = family == 0x11 ? 4 : family == 0x21 ? 16 : 0;
    *tlvs_at = family == 0x31 || family == 0x32 ? 216 : family == 0x12 ? 12 : family == 0x22 ? 36 : 0;
    if (!size) {
        if (*tlvs_at > body.size)
            *tlvs_at = body.size;
        return true;
    }
    *tlvs_at = 2 * size + 4;
    if (body.size < *tlvs_at)
        return false;
    enum addr_family kind = size == 4 ? ADDR_IPV4 : ADDR_IPV6;
    const char *ports = body.data + 2 * size;
    set_ip(&out->source, kind, body.data, size, ports);
    set_ip(&out->destination, kind, body.data + size, size, ports + 2);
    out->named = true;
    return true;
}

static enum proxy_header_status read_2(struct str bytes, struct proxy_header *out, size_t *used)
{
    struct str signature = SIGNATURE;
    size_t known = bytes.size < signature.size ? bytes.size : signature.size, tlvs_at;
    if (memcmp(bytes.data, signature.data, known) != 0)
        return PROXY_HEADER_REJECT;
    if (bytes.size < V2_HEAD)
        return PROXY_HEADER_MORE;
    unsigned command = (uint8_t)bytes.data[12], family = (uint8_t)bytes.data[13];
    size_t size = number_16(bytes.data + 14);
    if ((command != 0x20 && command != 0x21) || V2_HEAD + size > PROXY_HEADER_MAX)
        return PROXY_HEADER_REJECT;
    if (bytes.size < V2_HEAD + size)
        return PROXY_HEADER_MORE;
    *used = V2_HEAD + size;
    if (command == 0x20)
        return PROXY_HEADER_DONE;
    struct str body = str_slice(bytes, V2_HEAD, size);
    if (!read_names(family, body, out, &tlvs_at))
        return PROXY_HEADER_REJECT;
    out->tlvs = str_from(body, tlvs_at);
    return tlvs_are_good(str_slice(bytes, 0, *used), out->tlvs) ? PROXY_HEADER_DONE : PROXY_HEADER_REJECT;
}

/* ---- NetScaler: the client's IP and TCP headers behind a magic number. The legacy form has their length in four bytes;
 * the standard one has the length of all in four bytes, a type in two and their length in two. ---- */

#define CIP_LEGACY_HEAD   8
#define CIP_STANDARD_HEAD 12
#define CIP_SIZE_MIN      24 /* an IPv4 header and the ports */

/* The client's addresses from its own IP and TCP headers. */
static enum proxy_header_status read_ip_headers(struct str ip, struct proxy_header *out)
{
    if (ip.size < 1)
        return PROXY_HEADER_MORE;
    unsigned version = (uint8_t)ip.data[0] >> 4;
    size_t head = version == 4 ? ((uint8_t)ip.data[0] & 15u) * 4u : 40;
    if ((version != 4 && version != 6) || head < 20)
        return PROXY_HEADER_REJECT;
    if (ip.size < head + 4)
        return PROXY_HEADER_MORE;
    if ((uint8_t)ip.data[version == 4 ? 9 : 6] != 6) /* not TCP */
        return PROXY_HEADER_REJECT;
    size_t at = version == 4 ? 12 : 8, size = version == 4 ? 4 : 16;
    enum addr_family family = version == 4 ? ADDR_IPV4 : ADDR_IPV6;
    set_ip(&out->source, family, ip.data + at, size, ip.data + head);
    set_ip(&out->destination, family, ip.data + at + size, size, ip.data + head + 2);
    out->named = true;
    return PROXY_HEADER_DONE;
}

static enum proxy_header_status read_netscaler(uint32_t magic, struct str bytes, struct proxy_header *out,
                                               size_t *used)
{
    if (bytes.size < CIP_STANDARD_HEAD)
        return PROXY_HEADER_MORE;
    if (number_32(bytes.data) != magic)
        return PROXY_HEADER_REJECT;
    unsigned version =
        (uint8_t)bytes.data[8] >> 4; /* of an IP header in the legacy form; 0 in the standard one */
    size_t head = version ? CIP_LEGACY_HEAD : CIP_STANDARD_HEAD;
    size_t size = version ? number_32(bytes.data + 4) : number_16(bytes.data + 10);
    if (size < CIP_SIZE_MIN || size > PROXY_HEADER_MAX)
        return PROXY_HEADER_REJECT;
    if (bytes.size < head + size)
        return PROXY_HEADER_MORE;
    *used = head + size;
    enum proxy_header_status status = read_ip_headers(str_slice(bytes, head, size), out);
    return status == PROXY_HEADER_MORE ? PROXY_HEADER_REJECT : status;
}

enum proxy_header_status proxy_header_read(enum proxy_header_kind kind, uint32_t magic, struct str bytes,
                                           struct proxy_header *out, size_t *used)
{
    *out = (struct proxy_header){ 0 };
    *used = 0;
    if (!bytes.size)
        return PROXY_HEADER_MORE;
    if (kind == PROXY_HEADER_NETSCALER)
        return read_netscaler(magic, bytes, out, used);
    return bytes.data[0] == 'P' ? read_1(bytes, out, used) : read_2(bytes, out, used);
}

bool proxy_header_tlv(struct str tlvs, unsigned type, size_t *at, struct str *value)
{
    while (*at + TLV_HEAD <= tlvs.size) {
        size_t begin = *at, size = number_16(tlvs.data + begin + 1);
        *at += TLV_HEAD + size;
        if (*at > tlvs.size)
            return false;
        if ((uint8_t)tlvs.data[begin] != type)
            continue;
        *value = str_slice(tlvs, begin + TLV_HEAD, size);
        return true;
    }
    return false;
}

/* ---- writing ---- */

/* Both addresses in one family: an IPv4 one beside an IPv6 one is written as v4-mapped. ADDR_NONE: no such family. */
static enum addr_family common_family(const struct addr *source, const struct addr *destination,
                                      struct addr pair[2])
{
    if (!source || !destination || !addr_is_ip(source) || !addr_is_ip(destination))
        return ADDR_NONE;
    pair[0] = *source;
    pair[1] = *destination;
    if (source->family != destination->family) {
        addr_to_v6(&pair[0]);
        addr_to_v6(&pair[1]);
    }
    return pair[0].family;
}

void proxy_header_write_1(const struct addr *source, const struct addr *destination, struct buf *out)
{
    struct addr pair[2];
    char text[2][ADDR_TEXT_MAX];
    enum addr_family family = common_family(source, destination, pair);
    if (family == ADDR_NONE) {
        buf_add(out, STR("PROXY UNKNOWN\r\n"));
        return;
    }
    for (unsigned i = 0; i < 2; i++)
        addr_print_ip(&pair[i], text[i], sizeof(text[i]));
    buf_printf(out, "PROXY TCP%c %s %s %u %u\r\n", family == ADDR_IPV4 ? '4' : '6', text[0], text[1],
               pair[0].port, pair[1].port);
}

static void add_16(struct buf *out, unsigned value)
{
    buf_add_char(out, (char)(value >> 8));
    buf_add_char(out, (char)value);
}

static void add_names(const struct addr pair[2], enum addr_family family, struct buf *out)
{
    size_t size = family == ADDR_IPV4 ? 4 : 16;
    if (family == ADDR_NONE)
        return;
    for (unsigned i = 0; i < 2; i++)
        buf_add(out, str_make((const char *)pair[i].u.ip, size));
    for (unsigned i = 0; i < 2; i++)
        add_16(out, pair[i].port);
}

bool proxy_header_write_2(const struct addr *source, const struct addr *destination,
                          const struct proxy_tlv *tlvs, unsigned count, struct buf *out)
{
    struct addr pair[2];
    enum addr_family family = common_family(source, destination, pair);
    size_t begin = out->size, checksum_at = 0;
    buf_add(out, SIGNATURE);
    buf_add_char(out, source ? 0x21 : 0x20);
    buf_add_char(out, family == ADDR_IPV4 ? 0x11 : family == ADDR_IPV6 ? 0x21 : 0);
    add_16(out, 0);
    add_names(pair, family, out);
    for (unsigned i = 0; i < count; i++) {
        bool checksum = tlvs[i].type == PROXY_TLV_CRC32C;
        struct str value = checksum ? STR("\0\0\0\0") : tlvs[i].value;
        if (value.size > UINT16_MAX)
            return false;
        buf_add_char(out, (char)tlvs[i].type);
        add_16(out, (unsigned)value.size);
        if (checksum)
            checksum_at = out->size;
        buf_add(out, value);
    }
    size_t size = out->size - begin - V2_HEAD;
    if (out->failed || size > UINT16_MAX)
        return false;
    out->data[begin + 14] = (char)(size >> 8);
    out->data[begin + 15] = (char)size;
    if (!checksum_at)
        return true;
    uint32_t checksum = digest_crc32c(str_make(out->data + begin, out->size - begin));
    for (unsigned i = 0; i < 4; i++)
        out->data[checksum_at + i] = (char)(checksum >> (24 - 8 * i));
    return true;
}
