/* Reading a ClientHello (RFC 8446 section 4.1.2; extensions of RFC 6066, 8422, 8446). */
#include "tls/tls_hello.h"
#include "base/mem.h"

static unsigned u16(const unsigned char *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

static struct str extension(SSL *ssl, unsigned type)
{
    const unsigned char *data = NULL;
    size_t size = 0;
    if (!SSL_client_hello_get0_ext(ssl, type, &data, &size))
        return STR_NONE;
    return str_make((const char *)data, size);
}

/* server_name: a list of which the first host name counts. */
struct str tls_hello_name(SSL *ssl, char *out, size_t size)
{
    struct str data = extension(ssl, TLSEXT_TYPE_server_name);
    const unsigned char *at = (const unsigned char *)data.data;
    if (data.size < 5 || at[2] != TLSEXT_NAMETYPE_host_name)
        return STR_NONE;
    size_t length = u16(at + 3);
    if (length + 5 > data.size || length >= size)
        return STR_NONE;
    for (size_t i = 0; i < length; i++)
        out[i] = ascii_lower((char)at[5 + i]);
    return str_make(out, length);
}

/* By the signature algorithms that are offered; a client that names none is an old one, which can do RSA, and ECDSA
 * when it offers a cipher for it. */
void tls_hello_abilities(SSL *ssl, struct tls_abilities *out)
{
    struct str data = extension(ssl, TLSEXT_TYPE_signature_algorithms);
    const unsigned char *at = (const unsigned char *)data.data;
    *out = (struct tls_abilities){ data.size < 2, false };
    for (size_t i = 2; i + 1 < data.size; i += 2) {
        unsigned algorithm = u16(at + i);
        if ((algorithm >= 0x0804 && algorithm <= 0x0806) || (algorithm >= 0x0809 && algorithm <= 0x080b) ||
            (algorithm & 0xff) == TLSEXT_signature_rsa)
            out->rsa = true;
        else if ((algorithm & 0xff) == TLSEXT_signature_ecdsa || algorithm == 0x0807)
            out->ecdsa = true;
    }
    if (!out->ecdsa)
        return;
    /* TLS 1.3 ciphers go with any key; the older ones say with which. */
    const unsigned char *ciphers = NULL;
    size_t size = SSL_client_hello_get0_ciphers(ssl, &ciphers);
    out->ecdsa = false;
    for (size_t i = 0; i + 1 < size && !out->ecdsa; i += 2) {
        unsigned number = u16(ciphers + i);
        if (number == 0x00ff || number == 0x5600) /* signals (RFC 5746, RFC 7507), no ciphers */
            continue;
        const SSL_CIPHER *cipher = SSL_CIPHER_find(ssl, ciphers + i);
        int auth = cipher ? SSL_CIPHER_get_auth_nid(cipher) : NID_undef;
        out->ecdsa = auth == NID_auth_ecdsa || auth == NID_auth_any;
    }
}

static struct str keep(char **to, const void *data, size_t size, size_t limit)
{
    size = size > limit ? limit : size;
    struct str kept = str_make(*to, size);
    if (size)
        memcpy(*to, data, size);
    *to += size;
    return kept;
}

/* The types of all extensions, in the order in which they came. */
static size_t extension_types(SSL *ssl, unsigned char *out, size_t limit)
{
    int *types = NULL;
    size_t count = 0, size = 0;
    if (!SSL_client_hello_get1_extensions_present(ssl, &types, &count))
        return 0;
    for (size_t i = 0; i < count && size + 2 <= limit; i++) {
        out[size++] = (unsigned char)(types[i] >> 8);
        out[size++] = (unsigned char)types[i];
    }
    OPENSSL_free(types);
    return size;
}

struct tls_hello *tls_hello_keep(SSL *ssl, size_t limit)
{
    unsigned char types[512];
    const unsigned char *ciphers = NULL;
    size_t cipher_size = SSL_client_hello_get0_ciphers(ssl, &ciphers);
    size_t type_size = extension_types(ssl, types, sizeof(types));
    struct str groups = str_from(extension(ssl, TLSEXT_TYPE_supported_groups), 2);
    struct str formats = str_from(extension(ssl, TLSEXT_TYPE_ec_point_formats), 1);
    struct str sigalgs = str_from(extension(ssl, TLSEXT_TYPE_signature_algorithms), 2);
    struct str versions = str_from(extension(ssl, TLSEXT_TYPE_supported_versions), 1);
    struct tls_hello *hello = mem_zero(sizeof(*hello) + cipher_size + type_size + groups.size + formats.size +
                                       sigalgs.size + versions.size);
    if (!hello)
        return NULL;
    char *to = (char *)(hello + 1);
    hello->version = (uint16_t)SSL_client_hello_get0_legacy_version(ssl);
    hello->ciphers = keep(&to, ciphers, cipher_size, limit);
    hello->extensions = keep(&to, types, type_size, limit);
    hello->groups = keep(&to, groups.data, groups.size, limit);
    hello->formats = keep(&to, formats.data, formats.size, limit);
    hello->sigalgs = keep(&to, sigalgs.data, sigalgs.size, limit);
    hello->versions = keep(&to, versions.data, versions.size, limit);
    return hello;
}
