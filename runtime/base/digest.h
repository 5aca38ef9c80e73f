/* Non-cryptographic hashes as HAProxy's manual names them, and the running hash of traces. */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H
#include "base/str.h"
#include <stdint.h>

uint32_t digest_sdbm(struct str data);
uint32_t digest_djb2(struct str data);
uint32_t digest_wt6(struct str data);
uint32_t digest_crc32(struct str data);    /* Ethernet, gzip */
uint32_t digest_crc32c(struct str data);   /* Castagnoli, iSCSI */
uint32_t digest_avalanche(uint32_t value); /* full avalanche, as `hash-type ... avalanche` applies it */

/* A fast 64-bit hash for tables; never observable. */
uint64_t digest_table(struct str data);

/* A running hash over typed values: order matters, sizes are hashed too. */
struct digest_trace {
    uint64_t a, b;
};
#define DIGEST_TRACE_INIT                                                                                    \
    {                                                                                                        \
        0x9e3779b97f4a7c15ull, 0xc2b2ae3d27d4eb4full                                                         \
    }
void digest_trace_u64(struct digest_trace *trace, uint64_t value);
void digest_trace_bytes(struct digest_trace *trace, struct str data);
uint64_t digest_trace_value(const struct digest_trace *trace);

#endif
