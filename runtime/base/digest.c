/* The named hashes give what HAProxy's converters of the same names give. CRCs go by half bytes: 16 words of table
 * are always in the cache, and keys are short. */
#include "base/digest.h"
#include "base/rng.h"

static uint32_t rotate_left_32(uint32_t value, unsigned count)
{
    return (value << (count & 31)) | (value >> (-count & 31));
}

static uint64_t rotate_left_64(uint64_t value, unsigned count)
{
    return (value << count) | (value >> (64 - count));
}

uint32_t digest_sdbm(struct str data)
{
    uint32_t hash = 0;
    for (size_t i = 0; i < data.size; i++)
        hash = hash * 65599 + (unsigned char)data.data[i];
    return hash;
}

uint32_t digest_djb2(struct str data)
{
    uint32_t hash = 5381;
    for (size_t i = 0; i < data.size; i++)
        hash = hash * 33 + (unsigned char)data.data[i];
    return hash;
}

/* Two words that take in each byte, cross over, and turn by counts that hang on what came before. */
uint32_t digest_wt6(struct str data)
{
    uint32_t low = 0xa53c965a, high = 0x5ca6953a;
    unsigned low_turn = 6, high_turn = 18;
    for (size_t i = 0; i < data.size; i++) {
        uint32_t byte = (unsigned char)data.data[i];
        uint32_t next_high = rotate_left_32(~(low ^ byte), high_turn);
        low = rotate_left_32(~(high + byte), low_turn);
        high = next_high;
        uint32_t turns = (low >> 16) ^ high;
        low_turn = turns & 31;
        high_turn = (turns & 0xffff) >> 11;
    }
    return low ^ high;
}

static const uint32_t crc32_halves[16] = {
    0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
    0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
};

static const uint32_t crc32c_halves[16] = {
    0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
    0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
};

static uint32_t crc(struct str data, const uint32_t *halves)
{
    uint32_t rest = 0xffffffff;
    for (size_t i = 0; i < data.size; i++) {
        rest ^= (unsigned char)data.data[i];
        rest = (rest >> 4) ^ halves[rest & 15];
        rest = (rest >> 4) ^ halves[rest & 15];
    }
    return ~rest;
}

uint32_t digest_crc32(struct str data)
{
    return crc(data, crc32_halves);
}

uint32_t digest_crc32c(struct str data)
{
    return crc(data, crc32c_halves);
}

/* Bob Jenkins' reversible integer hash of six shifts (public domain), then one product that lets the lowest bits
 * reach the highest: seen in what HAProxy 2.6 answers for sdbm(1) and djb2(1). */
uint32_t digest_avalanche(uint32_t value)
{
    value = (value + 0x7ed55d16) + (value << 12);
    value = (value ^ 0xc761c23c) ^ (value >> 19);
    value = (value + 0x165667b1) + (value << 5);
    value = (value + 0xd3a2646c) ^ (value << 9);
    value = (value + 0xfd7046c5) + (value << 3);
    value = (value ^ 0xb55a4f09) ^ (value >> 16);
    return value * 0xc0000001;
}

/* size bytes (at most 8), the first in the lowest place on every machine. */
static uint64_t load(const char *at, size_t size)
{
    uint64_t word = 0;
    memcpy(&word, at, size);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

static uint64_t fold_product(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

#define TABLE_A 0xa0761d6478bd642full
#define TABLE_B 0xe7037ed1a0b428dbull
#define TABLE_C 0x8ebc6af09c88c6e3ull

uint64_t digest_table(struct str data)
{
    uint64_t hash = TABLE_C ^ data.size;
    const char *at = data.data;
    size_t left = data.size;
    for (; left > 16; at += 16, left -= 16)
        hash = fold_product(load(at, 8) ^ TABLE_A ^ hash, load(at + 8, 8) ^ TABLE_B);
    if (left >= 8) /* the two words overlap when there are fewer than 16 bytes; the size tells them apart */
        hash = fold_product(load(at, 8) ^ TABLE_A ^ hash, load(at + left - 8, 8) ^ TABLE_B);
    else if (left)
        hash = fold_product(load(at, left) ^ TABLE_A ^ hash, TABLE_B);
    return fold_product(hash ^ TABLE_A, TABLE_C);
}

void digest_trace_u64(struct digest_trace *trace, uint64_t value)
{
    trace->a = rotate_left_64((trace->a ^ value) * 0x9fb21c651e98df25ull, 31);
    trace->b = rotate_left_64(trace->b + value, 27) * 0xd6e8feb86659fd93ull + trace->a;
}

void digest_trace_bytes(struct digest_trace *trace, struct str data)
{
    digest_trace_u64(trace, data.size);
    const char *at = data.data;
    size_t left = data.size;
    for (; left >= 8; at += 8, left -= 8)
        digest_trace_u64(trace, load(at, 8));
    if (left)
        digest_trace_u64(trace, load(at, left));
}

uint64_t digest_trace_value(const struct digest_trace *trace)
{
    return rng_mix(trace->a ^ rng_mix(trace->b));
}
