/* Hashes that are not for security: those of balancing, and xxHash (HAProxy manual 7.3.1). */
#include "base/digest.h"
#include "converters/conv.h"
#include "converters/converters.h"
#define XXH_INLINE_ALL
#include <xxhash.h>

static bool give(const struct sample_args *args, struct sample *sample, uint32_t hash)
{
    *sample = sample_int(conv_int_arg(args, 0) ? digest_avalanche(hash) : hash);
    return true;
}

static bool conv_crc32(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    (void)context;
    return give(args, sample, digest_crc32(sample->u.text));
}

static bool conv_crc32c(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    (void)context;
    return give(args, sample, digest_crc32c(sample->u.text));
}

static bool conv_djb2(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    (void)context;
    return give(args, sample, digest_djb2(sample->u.text));
}

static bool conv_sdbm(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    (void)context;
    return give(args, sample, digest_sdbm(sample->u.text));
}

static bool conv_wt6(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    (void)context;
    return give(args, sample, digest_wt6(sample->u.text));
}

static bool conv_xxh32(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    struct str data = sample->u.text;
    (void)context;
    *sample = sample_int(XXH32(data.data, data.size, (XXH32_hash_t)conv_int_arg(args, 0)));
    return true;
}

static bool conv_xxh64(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    struct str data = sample->u.text;
    (void)context;
    *sample = sample_int((int64_t)XXH64(data.data, data.size, (XXH64_hash_t)conv_int_arg(args, 0)));
    return true;
}

static bool conv_xxh3(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    struct str data = sample->u.text;
    (void)context;
    *sample =
        sample_int((int64_t)XXH3_64bits_withSeed(data.data, data.size, (XXH64_hash_t)conv_int_arg(args, 0)));
    return true;
}

const struct converter_row conv_hash_rows[] = {
    { "crc32", conv_crc32, "int?", SAMPLE_BIN, SAMPLE_SINT, NULL, NULL },
    { "crc32c", conv_crc32c, "int?", SAMPLE_BIN, SAMPLE_SINT, NULL, NULL },
    { "djb2", conv_djb2, "int?", SAMPLE_BIN, SAMPLE_SINT, NULL, NULL },
    { "sdbm", conv_sdbm, "int?", SAMPLE_BIN, SAMPLE_SINT, NULL, NULL },
    { "wt6", conv_wt6, "int?", SAMPLE_BIN, SAMPLE_SINT, NULL, NULL },
    { "xxh3", conv_xxh3, "int?", SAMPLE_BIN, SAMPLE_SINT, NULL, NULL },
    { "xxh32", conv_xxh32, "int?", SAMPLE_BIN, SAMPLE_SINT, NULL, NULL },
    { "xxh64", conv_xxh64, "int?", SAMPLE_BIN, SAMPLE_SINT, NULL, NULL },
    { 0 },
};
