/* balance source: the client's address, its four-byte words folded into one. */
#include "balance/balance_hash.h"
#include "balance/balance_words.h"
#include "base/digest.h"
#include "stream/stream.h"

static bool prepare(struct proxy *proxy, const char **words, const char **error)
{
    balance_hash_prepare(proxy, NULL);
    return balance_no_words(words, error);
}

static struct server *pick(struct proxy *proxy, struct stream *stream, const struct server *avoid,
                           bool backups)
{
    const struct addr *source = conn_source(&stream->session->conn);
    uint32_t hash = 0;
    if (!addr_is_ip(source))
        return balance_hash_next(proxy, stream, avoid, backups);
    for (size_t i = 0; i < (source->family == ADDR_IPV4 ? 4 : 16); i++)
        hash ^= (uint32_t)source->u.ip[i] << (24 - 8 * (i % 4));
    if (proxy->settings.hash_type & HASH_AVALANCHE)
        hash = digest_avalanche(hash);
    return balance_hash_value(proxy, stream, hash, avoid, backups);
}

const struct balance_row balance_source_row = {
    .word = "source",
    .prepare = prepare,
    .pick = pick,
    .server_changed = balance_hash_changed,
    .traits = BALANCE_HASH,
    .note = "a hash of the client's address",
    .finish = balance_hash_finish,
};
