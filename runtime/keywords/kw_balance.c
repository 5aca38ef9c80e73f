/* hash-type and hash-preserve-affinity: how the hash of a key becomes a server (HAProxy manual 4.2). */
#include "balance/balance_hash.h"
#include "keywords/kw_common.h"

static const struct cfg_name functions[] = {
    { "sdbm", HASH_SDBM },   { "djb2", HASH_DJB2 }, { "wt6", HASH_WT6 },
    { "crc32", HASH_CRC32 }, { "none", HASH_NONE }, { 0 },
};

static bool find(const struct cfg_name *names, const char *word, int *value)
{
    for (; names->word; names++) {
        if (strcmp(names->word, word) != 0)
            continue;
        *value = names->value;
        return true;
    }
    return false;
}

static bool hash_type(struct cfg_line *line)
{
    struct proxy_settings *settings = &kw_proxy(line)->settings;
    const char *method = cfg_arg(line, 0), *function = cfg_arg(line, 1), *modifier = cfg_arg(line, 2);
    bool consistent = strcmp(method, "consistent") == 0;
    int bits = HASH_SDBM;
    if (!consistent && strcmp(method, "map-based") != 0)
        return cfg_error(line, "'hash-type' only supports 'consistent' and 'map-based'.");
    if (function[0] && !find(functions, function, &bits))
        return cfg_error(line,
                         "'hash-type' only supports 'sdbm', 'djb2', 'wt6', 'crc32' and 'none' functions.");
    if (modifier[0] && strcmp(modifier, "avalanche") != 0)
        return cfg_error(line, "'hash-type' only supports 'avalanche' as a modifier for hash functions.");
    /* The manual: consistent hashing uses avalanche when no function is named. */
    bool avalanche = modifier[0] || (consistent && !function[0]);
    settings->hash_type = (settings->hash_type & HASH_AFFINITY) | (unsigned)bits |
                          (consistent ? HASH_CONSISTENT : 0) | (avalanche ? HASH_AVALANCHE : 0);
    return cfg_arg_limits(line, 1, 3);
}

static const struct cfg_name affinities[] = {
    { "always", HASH_AFFINITY_ALWAYS },
    { "maxconn", HASH_AFFINITY_MAXCONN },
    { "maxqueue", HASH_AFFINITY_MAXQUEUE },
    { 0 },
};

static bool preserve_affinity(struct cfg_line *line)
{
    struct proxy_settings *settings = &kw_proxy(line)->settings;
    int bits;
    if (!find(affinities, cfg_arg(line, 0), &bits))
        return cfg_error(line, "'hash-preserve-affinity' expects 'always', 'maxconn' or 'maxqueue'.");
    settings->hash_type = (settings->hash_type & ~(unsigned)HASH_AFFINITY) | (unsigned)bits;
    return cfg_arg_limits(line, 1, 1);
}

/* clang-format off */
const struct keyword_row kw_balance_rows[] = {
    { IN_BACK, "hash-type", KW_CALL(hash_type) },
    { IN_BACK, "hash-preserve-affinity", KW_CALL(preserve_affinity) },
    { 0 },
};
/* clang-format on */
