/* Fetches of the hello of a client whose TLS is ours (manual 7.3.4), kept with tune.ssl.capture-buffer-size. */
#include "fetches/fetches.h"
#include "sample/sample_args.h"
#include "stream/session.h"
#include "tls/tls_conn.h"
#include <xxhash.h>

static const struct tls_hello *hello_of(const struct sample_context *context)
{
    const struct tls_conn *tls = context->session ? tls_conn_of(&context->session->conn) : NULL;
    return tls ? tls->hello : NULL;
}

/* Values that clients put in to keep servers tolerant (RFC 8701). */
static bool is_grease(unsigned value)
{
    return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}

static bool give_list(struct str list, const struct sample_args *args, struct sample_context *context,
                      struct sample *out)
{
    bool filtered = args->count && args->list[0].integer == 1;
    char *kept = arena_alloc(context->scratch, list.size + 1);
    size_t size = 0;
    if (!kept)
        return false;
    for (size_t i = 0; i + 1 < list.size; i += 2) {
        unsigned value = (unsigned)(unsigned char)list.data[i] << 8 | (unsigned char)list.data[i + 1];
        if (filtered && is_grease(value))
            continue;
        kept[size++] = list.data[i];
        kept[size++] = list.data[i + 1];
    }
    *out = (struct sample){ .type = SAMPLE_BIN, .u.text = str_make(kept, size) };
    return true;
}

static bool fetch_cipherlist_bin(const struct sample_args *args, struct sample_context *context,
                                 struct sample *out)
{
    const struct tls_hello *hello = hello_of(context);
    return hello && give_list(hello->ciphers, args, context, out);
}

static bool fetch_cipherlist_hex(const struct sample_args *args, struct sample_context *context,
                                 struct sample *out)
{
    static const char digits[] = "0123456789ABCDEF";
    if (!fetch_cipherlist_bin(args, context, out))
        return false;
    struct str list = out->u.text;
    char *text = arena_alloc(context->scratch, list.size * 2 + 1);
    for (size_t i = 0; text && i < list.size; i++) {
        text[2 * i] = digits[(unsigned char)list.data[i] >> 4];
        text[2 * i + 1] = digits[(unsigned char)list.data[i] & 15];
    }
    *out = sample_text(str_make(text, list.size * 2));
    return text != NULL;
}

/* Names with commas between; those that OpenSSL does not know by number. */
static bool fetch_cipherlist_str(const struct sample_args *args, struct sample_context *context,
                                 struct sample *out)
{
    struct buf text = BUF_INIT;
    if (!fetch_cipherlist_bin(args, context, out))
        return false;
    SSL *ssl = tls_conn_of(&context->session->conn)->ssl;
    const unsigned char *at = (const unsigned char *)out->u.text.data;
    for (size_t i = 0; i + 1 < out->u.text.size; i += 2) {
        const SSL_CIPHER *cipher = SSL_CIPHER_find(ssl, at + i);
        unsigned number = (unsigned)at[i] << 8 | at[i + 1];
        if (text.size)
            buf_add_char(&text, ',');
        if (number == 0x00ff)
            buf_add_c(&text, "TLS_EMPTY_RENEGOTIATION_INFO_SCSV");
        else if (cipher)
            buf_add_c(&text, SSL_CIPHER_get_name(cipher));
        else
            buf_printf(&text, "UNKNOWN(%04x)", number);
    }
    struct str copy = text.failed ? STR_NONE : arena_copy(context->scratch, buf_str(&text));
    buf_finish(&text);
    *out = sample_text(copy);
    return copy.data != NULL;
}

static bool fetch_cipherlist_xxh(const struct sample_args *args, struct sample_context *context,
                                 struct sample *out)
{
    (void)args;
    const struct tls_hello *hello = hello_of(context);
    if (!hello)
        return false;
    *out = sample_int((int64_t)XXH64(hello->ciphers.data, hello->ciphers.size, 0));
    return true;
}

static bool fetch_extlist_bin(const struct sample_args *args, struct sample_context *context,
                              struct sample *out)
{
    const struct tls_hello *hello = hello_of(context);
    return hello && give_list(hello->extensions, args, context, out);
}

static bool fetch_eclist_bin(const struct sample_args *args, struct sample_context *context,
                             struct sample *out)
{
    const struct tls_hello *hello = hello_of(context);
    return hello && give_list(hello->groups, args, context, out);
}

static bool fetch_ecformats_bin(const struct sample_args *args, struct sample_context *context,
                                struct sample *out)
{
    (void)args;
    const struct tls_hello *hello = hello_of(context);
    if (!hello)
        return false;
    *out = (struct sample){ .type = SAMPLE_BIN, .u.text = arena_copy(context->scratch, hello->formats) };
    return out->u.text.data != NULL;
}

static bool fetch_sigalgs_bin(const struct sample_args *args, struct sample_context *context,
                              struct sample *out)
{
    const struct tls_hello *hello = hello_of(context);
    return hello && give_list(hello->sigalgs, args, context, out);
}

static bool fetch_supported_versions_bin(const struct sample_args *args, struct sample_context *context,
                                         struct sample *out)
{
    const struct tls_hello *hello = hello_of(context);
    return hello && give_list(hello->versions, args, context, out);
}

static bool fetch_protocol_hello_id(const struct sample_args *args, struct sample_context *context,
                                    struct sample *out)
{
    (void)args;
    const struct tls_hello *hello = hello_of(context);
    *out = sample_int(hello ? hello->version : 0);
    return hello != NULL;
}

const struct fetch_row fetch_ssl_hello_rows[] = {
    { "ssl_fc_cipherlist_bin", fetch_cipherlist_bin, "int?", SAMPLE_BIN, AT_CLIENT, NULL, NULL },
    { "ssl_fc_cipherlist_hex", fetch_cipherlist_hex, "int?", SAMPLE_STR, AT_CLIENT, NULL, NULL },
    { "ssl_fc_cipherlist_str", fetch_cipherlist_str, "int?", SAMPLE_STR, AT_CLIENT, NULL, NULL },
    { "ssl_fc_cipherlist_xxh", fetch_cipherlist_xxh, "", SAMPLE_SINT, AT_CLIENT, NULL, NULL },
    { "ssl_fc_ecformats_bin", fetch_ecformats_bin, "", SAMPLE_BIN, AT_CLIENT, NULL, NULL },
    { "ssl_fc_eclist_bin", fetch_eclist_bin, "int?", SAMPLE_BIN, AT_CLIENT, NULL, NULL },
    { "ssl_fc_extlist_bin", fetch_extlist_bin, "int?", SAMPLE_BIN, AT_CLIENT, NULL, NULL },
    { "ssl_fc_protocol_hello_id", fetch_protocol_hello_id, "", SAMPLE_SINT, AT_CLIENT, NULL, NULL },
    { "ssl_fc_sigalgs_bin", fetch_sigalgs_bin, "int?", SAMPLE_BIN, AT_CLIENT, NULL, NULL },
    { "ssl_fc_supported_versions_bin", fetch_supported_versions_bin, "int?", SAMPLE_BIN, AT_CLIENT, NULL,
      NULL },
    { 0 },
};
