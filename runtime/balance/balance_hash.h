/* Servers by the hash of a key (HAProxy manual 4.2 "hash-type"): in a map with one slot for each unit of weight, or on a
 * ring on which each server stands at many points and the nearest one is taken. Which server a key finds is the same as
 * in HAProxy. Several algorithms are ways to a key. */
#ifndef BALANCE_BALANCE_HASH_H
#define BALANCE_BALANCE_HASH_H
#include "base/str.h"
#include "proxy/balance_row.h"
#include <stdint.h>

enum hash_type { /* bits of proxy->settings.hash_type */
                 HASH_CONSISTENT = 1,
                 HASH_AVALANCHE = 2,
                 HASH_FUNCTION = 0xf0, /* one of: */
                 HASH_SDBM = 0,
                 HASH_DJB2 = 0x10,
                 HASH_WT6 = 0x20,
                 HASH_CRC32 = 0x30,
                 HASH_NONE = 0x40,
                 HASH_AFFINITY = 0xf00, /* hash-preserve-affinity, one of: */
                 HASH_AFFINITY_ALWAYS = 0,
                 HASH_AFFINITY_MAXCONN = 0x100,
                 HASH_AFFINITY_MAXQUEUE = 0x200,
};

/* Sets proxy->balance_state. own: what the algorithm keeps beside. */
void balance_hash_prepare(struct proxy *proxy, void *own);
void *balance_hash_own(const struct proxy *proxy);
void balance_hash_finish(struct proxy *proxy);
void balance_hash_changed(struct proxy *proxy, struct server *server);

uint32_t balance_hash_of(const struct proxy *proxy, struct str key);
/* The server of a key / of a hash, full or not. NULL: no server takes new clients. */
struct server *balance_hash_key(struct proxy *proxy, struct stream *stream, struct str key,
                                const struct server *avoid, bool backups);
struct server *balance_hash_value(struct proxy *proxy, struct stream *stream, uint32_t hash,
                                  const struct server *avoid, bool backups);
/* Without a key: the next one in turn that has room. */
struct server *balance_hash_next(struct proxy *proxy, struct stream *stream, const struct server *avoid,
                                 bool backups);
/* The same on the map or the ring, whatever hash-type says. */
struct server *balance_map_next(struct proxy *proxy, struct stream *stream, const struct server *avoid,
                                bool backups);
struct server *balance_ring_value(struct proxy *proxy, struct stream *stream, uint32_t hash,
                                  const struct server *avoid, bool backups);

#endif
