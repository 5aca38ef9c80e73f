/* Blocks of the format (draft-ietf-opsawg-pcapng) in little-endian order; headers of IP, TCP and UDP in network order. */
#include "sim/pcapng.h"

enum {
    BLOCK_SECTION = 0x0a0d0d0a,
    BLOCK_INTERFACE = 1,
    BLOCK_PACKET = 6,
    BLOCK_SECRETS = 10,
    SECRETS_TLS_KEY_LOG = 0x544c534b,
    LINK_RAW_IP = 101,
    OPTION_COMMENT = 1,
    OPTION_RESOLUTION = 9,
    PROTOCOL_TCP = 6,
    PROTOCOL_UDP = 17,
    TCP_HEADER = 20,
    TCP_SYN_OPTIONS = 4,
    UDP_HEADER = 8,
    WINDOW = 65535,
    WINDOW_SCALE =
        14 /* the most there is (RFC 7323): no buffer of the network is larger than such a window */
};

static void add_le(struct buf *out, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        buf_add_char(out, (char)(value >> 8 * i));
}

static void add_be(struct buf *out, uint64_t value, unsigned bytes)
{
    while (bytes-- > 0)
        buf_add_char(out, (char)(value >> 8 * bytes));
}

static void pad(struct buf *out)
{
    while (out->size % 4)
        buf_add_char(out, '\0');
}

static void add_block(struct buf *out, uint32_t type, struct str body)
{
    uint32_t size = (uint32_t)body.size + 12;

    add_le(out, type, 4);
    add_le(out, size, 4);
    buf_add(out, body);
    add_le(out, size, 4);
}

void pcapng_begin(struct buf *out)
{
    struct buf body = BUF_INIT;

    add_le(&body, 0x1a2b3c4d, 4);
    add_le(&body, 1, 2);
    add_le(&body, 0, 2);
    add_le(&body, UINT64_MAX, 8); /* the section's size is not given */
    add_block(out, BLOCK_SECTION, buf_str(&body));
    buf_reset(&body);
    add_le(&body, LINK_RAW_IP, 2);
    add_le(&body, 0, 2);
    add_le(&body, 0, 4); /* packets are whole */
    add_le(&body, OPTION_RESOLUTION, 2);
    add_le(&body, 1, 2);
    buf_add_char(&body, 9); /* nanoseconds */
    pad(&body);
    add_le(&body, 0, 4);
    add_block(out, BLOCK_INTERFACE, buf_str(&body));
    buf_finish(&body);
}

/* ---- IP ---- */

static uint32_t sum_of(uint32_t sum, struct str data)
{
    for (size_t i = 0; i < data.size; i++)
        sum += (uint32_t)(unsigned char)data.data[i] << (i % 2 ? 0 : 8);
    return sum;
}

static uint16_t checksum(uint32_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

static void put_be16(struct buf *out, size_t at, uint16_t value)
{
    out->data[at] = (char)(value >> 8);
    out->data[at + 1] = (char)value;
}

static struct str ip_of(const struct addr *addr)
{
    return str_make((const char *)addr->u.ip, addr->family == ADDR_IPV6 ? 16 : 4);
}

static void add_ip(struct buf *out, const struct net_packet_seen *packet, size_t size, unsigned protocol)
{
    size_t begin = out->size;

    if (packet->from.family == ADDR_IPV6) {
        add_be(out, 0x60000000, 4);
        add_be(out, size, 2);
        add_be(out, protocol, 1);
        add_be(out, 64, 1);
    } else {
        add_be(out, 0x4500, 2);
        add_be(out, 20 + size, 2);
        add_be(out, 0x00004000, 4); /* do not fragment */
        add_be(out, 64, 1);
        add_be(out, protocol, 1);
        add_be(out, 0, 2);
    }
    buf_add(out, ip_of(&packet->from));
    buf_add(out, ip_of(&packet->to));
    if (packet->from.family != ADDR_IPV6 && !out->failed)
        put_be16(out, begin + 10, checksum(sum_of(0, str_make(out->data + begin, 20))));
}

static void add_tcp(struct buf *out, const struct net_packet_seen *packet)
{
    unsigned flags = (packet->fin ? 1u : 0) | (packet->syn ? 2u : 0) | (packet->rst ? 4u : 0) |
                     (packet->bytes.size ? 8u : 0) | (packet->ack ? 16u : 0);

    add_be(out, packet->from.port, 2);
    add_be(out, packet->to.port, 2);
    add_be(out, packet->sequence, 4);
    add_be(out, packet->ack ? packet->acknowledged : 0, 4);
    add_be(out, (packet->syn ? 6u : 5u) << 12 | flags, 2);
    add_be(out, WINDOW, 2);
    add_be(out, 0, 4); /* checksum, no urgent bytes */
    if (packet->syn)
        add_be(out, 0x01030300 | WINDOW_SCALE, TCP_SYN_OPTIONS);
}

static void add_datagram(struct buf *out, const struct net_packet_seen *packet)
{
    add_be(out, packet->from.port, 2);
    add_be(out, packet->to.port, 2);
    add_be(out, UDP_HEADER + packet->bytes.size, 2);
    add_be(out, 0, 2);
}

/* IP, then TCP or UDP with its checksum over a pseudo header, then the bytes. */
static void add_headers(struct buf *out, const struct net_packet_seen *packet)
{
    unsigned protocol = packet->datagram ? PROTOCOL_UDP : PROTOCOL_TCP;
    size_t header = packet->datagram ? UDP_HEADER : packet->syn ? TCP_HEADER + TCP_SYN_OPTIONS : TCP_HEADER;
    size_t size = header + packet->bytes.size, begin;
    uint32_t sum;

    add_ip(out, packet, size, protocol);
    begin = out->size;
    if (packet->datagram)
        add_datagram(out, packet);
    else
        add_tcp(out, packet);
    buf_add(out, packet->bytes);
    if (out->failed)
        return;
    sum = sum_of((uint32_t)size + protocol, ip_of(&packet->from));
    sum = sum_of(sum, ip_of(&packet->to));
    sum = sum_of(sum, str_make(out->data + begin, size));
    put_be16(out, begin + (packet->datagram ? 6 : 16), checksum(sum));
}

void pcapng_packet(struct buf *out, int64_t wall_ns, const struct net_packet_seen *packet, struct str comment)
{
    struct buf body = BUF_INIT, wire = BUF_INIT;
    uint64_t ns = (uint64_t)wall_ns;

    add_headers(&wire, packet);
    add_le(&body, 0, 4); /* of the only interface */
    add_le(&body, ns >> 32, 4);
    add_le(&body, ns & UINT32_MAX, 4);
    add_le(&body, wire.size, 4);
    add_le(&body, wire.size, 4);
    buf_add(&body, buf_str(&wire));
    pad(&body);
    if (comment.size) {
        add_le(&body, OPTION_COMMENT, 2);
        add_le(&body, comment.size, 2);
        buf_add(&body, comment);
        pad(&body);
        add_le(&body, 0, 4);
    }
    add_block(out, BLOCK_PACKET, buf_str(&body));
    buf_finish(&body);
    buf_finish(&wire);
}

void pcapng_secret(struct buf *out, struct str line)
{
    struct buf body = BUF_INIT;

    add_le(&body, SECRETS_TLS_KEY_LOG, 4);
    add_le(&body, line.size + 1, 4);
    buf_add(&body, line);
    buf_add_char(&body, '\n');
    pad(&body);
    add_block(out, BLOCK_SECRETS, buf_str(&body));
    buf_finish(&body);
}
