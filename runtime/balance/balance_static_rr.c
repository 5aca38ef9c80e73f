/* balance static-rr: each server in turn on the map, whose weights stay as configured. */
#include "balance/balance_hash.h"
#include "balance/balance_words.h"

static bool prepare(struct proxy *proxy, const char **words, const char **error)
{
    balance_hash_prepare(proxy, NULL);
    return balance_no_words(words, error);
}

const struct balance_row balance_static_rr_row = {
    .word = "static-rr",
    .prepare = prepare,
    .pick = balance_map_next,
    .server_changed = balance_hash_changed,
    .traits = BALANCE_IN_TURN | BALANCE_FIXED_WEIGHT,
    .note = "each server in turn by weight; weights stay as configured",
    .finish = balance_hash_finish,
};
