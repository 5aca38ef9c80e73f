/* The header that a proxy puts in front of a connection to say whose it is: PROXY protocol version 1 and 2 and the
 * NetScaler's insertion of the client's address, as bytes (HAProxy's proxy-protocol.txt). Pure. */
#ifndef NET_PROXY_HEADER_H
#define NET_PROXY_HEADER_H
#include "base/addr.h"
#include "base/buf.h"
#include "base/check.h"

#define PROXY_HEADER_MAX 16384 /* version 2 with its TLVs; a longer one is refused */

enum proxy_header_kind { PROXY_HEADER_NONE, PROXY_HEADER_PROXY, PROXY_HEADER_NETSCALER };
enum proxy_header_status { PROXY_HEADER_MORE, PROXY_HEADER_DONE, PROXY_HEADER_REJECT };

enum proxy_tlv_type {
    PROXY_TLV_ALPN = 0x01,
    PROXY_TLV_AUTHORITY = 0x02,
    PROXY_TLV_CRC32C = 0x03,
    PROXY_TLV_NOOP = 0x04,
    PROXY_TLV_UNIQUE_ID = 0x05,
    PROXY_TLV_SSL = 0x20,
};

struct proxy_header {
    bool named; /* it says source and destination; else those of the socket stand */
    struct addr source, destination;
    struct str tlvs; /* in the bytes that were read: type, length in two bytes, value, one after the other */
};

/* Looks at what came so far. DONE: *used bytes were the header. magic: the NetScaler's, unused otherwise. */
enum proxy_header_status proxy_header_read(enum proxy_header_kind kind, uint32_t magic, struct str bytes,
                                           struct proxy_header *out, size_t *used);
/* The first TLV of that type from *at on, which moves behind it; start with 0. */
bool proxy_header_tlv(struct str tlvs, unsigned type, size_t *at, struct str *value);

/* Appends "PROXY TCP4 ...\r\n"; UNKNOWN when the addresses are not both IP. */
void proxy_header_write_1(const struct addr *source, const struct addr *destination, struct buf *out);

struct proxy_tlv {
    unsigned type;
    struct str value;
};
/* Appends a version 2 header; source NULL: LOCAL, the connection is the proxy's own. A PROXY_TLV_CRC32C's value is
 * computed. false: too long, or no memory. */
bool proxy_header_write_2(const struct addr *source, const struct addr *destination,
                          const struct proxy_tlv *tlvs, unsigned count, struct buf *out) MUST_USE;

#endif
