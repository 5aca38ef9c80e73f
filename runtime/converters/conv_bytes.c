/* Bytes as text and back: hexadecimal, base64, numbers in network order (HAProxy manual 7.3.1). */
#include "base/base64.h"
#include "base/buf.h"
#include "converters/conv.h"
#include "converters/converters.h"

static const char hex_digits[] = "0123456789ABCDEF";

static void put_hex(char *out, uint8_t byte)
{
    out[0] = hex_digits[byte >> 4];
    out[1] = hex_digits[byte & 15];
}

static bool conv_hex(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    struct str data = sample->u.text;
    char *out = arena_alloc(context->scratch, data.size * 2 + 1);
    (void)args;
    if (!out)
        return false;
    for (size_t i = 0; i < data.size; i++)
        put_hex(out + 2 * i, (uint8_t)data.data[i]);
    return conv_give(sample, SAMPLE_STR, str_make(out, data.size * 2));
}

/* Digits that do not fit into 64 bits fall out at the front. */
static bool conv_hex2i(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    struct str text = sample->u.text;
    uint64_t value = 0;
    (void)args;
    (void)context;
    for (size_t i = 0; i < text.size; i++) {
        int digit = ascii_hex(text.data[i]);
        if (digit < 0)
            return false;
        value = value << 4 | (unsigned)digit;
    }
    *sample = sample_int((int64_t)value);
    return true;
}

static bool encode(struct sample_context *context, struct sample *sample, bool url)
{
    char *out = arena_alloc(context->scratch, base64_encoded_size(sample->u.text.size) + 1);
    if (!out)
        return false;
    size_t size = base64_encode(sample->u.text, out, url);
    return conv_give(sample, SAMPLE_STR, str_make(out, size));
}

static bool decode(struct sample_context *context, struct sample *sample, bool url)
{
    size_t size = sample->u.text.size;
    char *out = arena_alloc(context->scratch, size + 4);
    if (!out)
        return false;
    size = base64_decode(sample->u.text, out, size + 4, url);
    return size != STR_NOT_FOUND && conv_give(sample, SAMPLE_BIN, str_make(out, size));
}

static bool conv_base64(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    (void)args;
    return encode(context, sample, false);
}

static bool conv_ub64enc(const struct sample_args *args, struct sample_context *context,
                         struct sample *sample)
{
    (void)args;
    return encode(context, sample, true);
}

static bool conv_b64dec(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    (void)args;
    return decode(context, sample, false);
}

static bool conv_ub64dec(const struct sample_args *args, struct sample_context *context,
                         struct sample *sample)
{
    (void)args;
    return decode(context, sample, true);
}

/* ---- chunks with separators ---- */

static bool check_dec(struct sample_args *args, const char **error)
{
    int64_t size = conv_int_arg(args, 1);
    return (size >= 1 && size <= 8) ||
           conv_refuse(args, error, "chunk_size out of [1..8] range (%lld)", (long long)size);
}

static bool check_hex(struct sample_args *args, const char **error)
{
    int64_t size = conv_int_arg(args, 1);
    if (!args->count || !args->list[0].text.size)
        return true;
    return size > 0 || conv_refuse(args, error, "chunk_size needs to be positive (%lld)", (long long)size);
}

static void add_dec(struct buf *out, struct str chunk, bool little)
{
    uint64_t value = 0;
    for (size_t i = 0; i < chunk.size; i++)
        value = value << 8 | (uint8_t)chunk.data[little ? chunk.size - 1 - i : i];
    buf_add_uint(out, value);
}

static void add_hex(struct buf *out, struct str chunk, bool little)
{
    (void)little;
    for (size_t i = 0; i < chunk.size; i++) {
        char digits[2];
        put_hex(digits, (uint8_t)chunk.data[i]);
        buf_add(out, str_make(digits, 2));
    }
}

/* The last chunk may be short, unless that is to be left out (argument 2). */
static bool put_chunks(const struct sample_args *args, struct sample_context *context, struct sample *sample,
                       bool little, void (*add)(struct buf *out, struct str chunk, bool little))
{
    struct str rest = sample->u.text, separator = conv_text_arg(args, 0);
    size_t size = conv_int_arg(args, 1) > 0 ? (size_t)conv_int_arg(args, 1) : SIZE_MAX;
    struct buf out = BUF_INIT;
    while (rest.size && (rest.size >= size || !conv_int_arg(args, 2))) {
        if (out.size)
            buf_add(&out, separator);
        add(&out, str_slice(rest, 0, size), little);
        rest = str_from(rest, size);
    }
    struct str text = out.failed ? STR_NONE : arena_copy(context->scratch, buf_str(&out));
    buf_finish(&out);
    return conv_give(sample, SAMPLE_STR, text);
}

static bool conv_be2dec(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    return put_chunks(args, context, sample, false, add_dec);
}

static bool conv_le2dec(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    return put_chunks(args, context, sample, true, add_dec);
}

static bool conv_be2hex(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    return put_chunks(args, context, sample, false, add_hex);
}

static bool conv_htonl(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    uint32_t value = (uint32_t)sample->u.integer;
    char bytes[4] = { (char)(value >> 24), (char)(value >> 16), (char)(value >> 8), (char)value };
    (void)args;
    return conv_give(sample, SAMPLE_BIN, arena_copy(context->scratch, str_make(bytes, sizeof(bytes))));
}

const struct converter_row conv_bytes_rows[] = {
    { "b64dec", conv_b64dec, "", SAMPLE_STR, SAMPLE_BIN, NULL, NULL },
    { "base64", conv_base64, "", SAMPLE_BIN, SAMPLE_STR, NULL, NULL },
    { "be2dec", conv_be2dec, "str,int?,int?", SAMPLE_BIN, SAMPLE_STR, NULL, check_dec },
    { "be2hex", conv_be2hex, "str?,int?,int?", SAMPLE_BIN, SAMPLE_STR, NULL, check_hex },
    { "hex", conv_hex, "", SAMPLE_BIN, SAMPLE_STR, NULL, NULL },
    { "hex2i", conv_hex2i, "", SAMPLE_STR, SAMPLE_SINT, NULL, NULL },
    { "htonl", conv_htonl, "", SAMPLE_SINT, SAMPLE_BIN, NULL, NULL },
    { "le2dec", conv_le2dec, "str,int?,int?", SAMPLE_BIN, SAMPLE_STR, NULL, check_dec },
    { "ub64dec", conv_ub64dec, "", SAMPLE_STR, SAMPLE_BIN, NULL, NULL },
    { "ub64enc", conv_ub64enc, "", SAMPLE_BIN, SAMPLE_STR, NULL, NULL },
    { 0 },
};
