/* Packets as a capture file that other programs open: raw IP with checksums, instants in nanoseconds. */
#ifndef SIM_PCAPNG_H
#define SIM_PCAPNG_H
#include "base/buf.h"
#include "sim/net.h"

void pcapng_begin(struct buf *out);
/* wall_ns: since 1970. comment: shown with the packet; empty: none. */
void pcapng_packet(struct buf *out, int64_t wall_ns, const struct net_packet_seen *packet,
                   struct str comment);

/* A line of a TLS key log; before the packets that it opens. */
void pcapng_secret(struct buf *out, struct str line);

#endif
