/* The client reads from one piece of memory and writes to another. OpenSSL's generators would mix in addresses and the
 * clock, so all its random bytes come from here while it has its turn; the engine's library contexts, which have a source
 * of their own, are not at work then. */
#define OPENSSL_SUPPRESS_DEPRECATED /* RAND_set_rand_method */
#include "sim/shell_tls.h"
#include "base/check.h"
#include "base/mem.h"
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/provider.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

struct shell_tls {
    struct shell_tls_wish wish;
    struct world *world;
    uint32_t entity;
    OSSL_LIB_CTX *openssl;
    OSSL_PROVIDER *provider;
    SSL_CTX *context;
    SSL *ssl;
    BIO *in, *out; /* of ssl */
    struct buf unsent;
    bool agreed, requested;
};

/* ---- random bytes ---- */

static const struct shell_tls *drawing; /* whose turn it is */

static int draw(unsigned char *out, int size)
{
    while (size > 0) {
        uint64_t bits = world_random(drawing->world, SITE_ENTROPY, drawing->entity);

        for (unsigned i = 0; i < 8 && size; i++, size--)
            *out++ = (unsigned char)(bits >> 8 * i);
    }
    return 1;
}

static int is_seeded(void)
{
    return 1;
}

static void begin_turn(const struct shell_tls *tls)
{
    static const RAND_METHOD world_bytes = { .bytes = draw, .pseudorand = draw, .status = is_seeded };

    drawing = tls;
    CHECK(RAND_set_rand_method(&world_bytes));
    ERR_clear_error();
}

static void end_turn(void)
{
    ERR_clear_error();
    CHECK(RAND_set_rand_method(NULL));
    drawing = NULL;
}

/* ---- life ---- */

static bool open_client(struct shell_tls *tls)
{
    if (!OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, NULL))
        return false;
    tls->openssl = OSSL_LIB_CTX_new();
    tls->provider = tls->openssl ? OSSL_PROVIDER_load(tls->openssl, "default") : NULL;
    tls->context = tls->provider ? SSL_CTX_new_ex(tls->openssl, NULL, TLS_client_method()) : NULL;
    tls->ssl = tls->context ? SSL_new(tls->context) : NULL;
    if (!tls->ssl)
        return false;
    tls->in = BIO_new(BIO_s_mem());
    tls->out = BIO_new(BIO_s_mem());
    if (!tls->in || !tls->out) {
        BIO_free(tls->in);
        BIO_free(tls->out);
        return false;
    }
    (void)BIO_set_mem_eof_return(tls->in, -1); /* nothing there is no end */
    SSL_set_bio(tls->ssl, tls->in, tls->out);  /* owns both */
    SSL_set_connect_state(tls->ssl);
    if (tls->wish.version && (!SSL_set_min_proto_version(tls->ssl, tls->wish.version) ||
                              !SSL_set_max_proto_version(tls->ssl, tls->wish.version)))
        return false;
    return !tls->wish.server_name || SSL_set_tlsext_host_name(tls->ssl, tls->wish.server_name);
}

struct shell_tls *shell_tls_create(const struct shell_tls_wish *wish, struct world *world, uint32_t entity)
{
    struct shell_tls *tls = mem_need(sizeof(*tls));
    bool fine;

    *tls = (struct shell_tls){ .wish = *wish, .world = world, .entity = entity };
    begin_turn(tls);
    fine = open_client(tls);
    end_turn();
    if (fine)
        return tls;
    shell_tls_destroy(tls);
    return NULL;
}

void shell_tls_destroy(struct shell_tls *tls)
{
    if (!tls)
        return;
    SSL_free(tls->ssl);
    SSL_CTX_free(tls->context);
    if (tls->provider)
        OSSL_PROVIDER_unload(tls->provider);
    OSSL_LIB_CTX_free(tls->openssl);
    buf_finish(&tls->unsent);
    mem_free(tls);
}

/* ---- what was agreed on ---- */

static void add_name(struct buf *out, const char *what, const X509_NAME *name)
{
    BIO *text = BIO_new(BIO_s_mem());
    char *data;
    long size;

    CHECK(text);
    X509_NAME_print_ex(text, name, 0, XN_FLAG_ONELINE);
    size = BIO_get_mem_data(text, &data);
    buf_printf(out, "%s%.*s\n", what, (int)size, data);
    BIO_free(text);
}

static void report_chain(const struct shell_tls *tls, struct buf *out)
{
    STACK_OF(X509) *chain = SSL_get_peer_cert_chain(tls->ssl);

    buf_add_c(out, "---\nCertificate chain\n");
    for (int i = 0; i < sk_X509_num(chain); i++) {
        X509 *one = sk_X509_value(chain, i);

        buf_printf(out, " %d ", i);
        add_name(out, "s:", X509_get_subject_name(one));
        add_name(out, "   i:", X509_get_issuer_name(one));
    }
    buf_add_c(out, "---\n");
}

static void report_certificate(const struct shell_tls *tls, struct buf *out)
{
    X509 *own = SSL_get0_peer_certificate(tls->ssl);
    BIO *text;
    char *data;
    long size;

    if (!own) {
        buf_add_c(out, "no peer certificate available\n---\n");
        return;
    }
    text = BIO_new(BIO_s_mem());
    CHECK(text);
    PEM_write_bio_X509(text, own);
    size = BIO_get_mem_data(text, &data);
    buf_printf(out, "Server certificate\n%.*s", (int)size, data);
    BIO_free(text);
    add_name(out, "subject=", X509_get_subject_name(own));
    add_name(out, "issuer=", X509_get_issuer_name(own));
    buf_add_c(out, "---\n");
}

static void report_temporary_key(const struct shell_tls *tls, struct buf *out)
{
    EVP_PKEY *key;
    char group[80] = "?";

    if (!SSL_get_peer_tmp_key(tls->ssl, &key))
        return;
    buf_add_c(out, "Server Temp Key: ");
    if (EVP_PKEY_is_a(key, "EC")) {
        (void)EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof(group), NULL);
        buf_printf(out, "ECDH, %s, %d bits\n", group, EVP_PKEY_get_bits(key));
    } else {
        buf_printf(out, "%s, %d bits\n", EVP_PKEY_is_a(key, "DH") ? "DH" : EVP_PKEY_get0_type_name(key),
                   EVP_PKEY_get_bits(key));
    }
    EVP_PKEY_free(key);
}

/* The lines of `openssl s_client` that tell of the handshake; what it counts and verifies is not among them. */
static void report(const struct shell_tls *tls, struct buf *out)
{
    EVP_PKEY *key = NULL;
    X509 *own = SSL_get0_peer_certificate(tls->ssl);

    buf_add_c(out, "CONNECTED(00000003)\n");
    report_chain(tls, out);
    report_certificate(tls, out);
    report_temporary_key(tls, out);
    buf_printf(out, "---\n%s, %s, Cipher is %s\n", SSL_session_reused(tls->ssl) ? "Reused" : "New",
               SSL_get_version(tls->ssl), SSL_get_cipher_name(tls->ssl));
    if (own)
        key = X509_get0_pubkey(own);
    if (key)
        buf_printf(out, "Server public key is %d bit\n", EVP_PKEY_get_bits(key));
    buf_add_c(out, "---\n");
}

/* ---- the exchange ---- */

void shell_tls_received(struct shell_tls *tls, struct str bytes)
{
    CHECK(BIO_write(tls->in, bytes.data, (int)bytes.size) == (int)bytes.size);
}

static enum shell_tls_status status_of(const struct shell_tls *tls, int result)
{
    switch (SSL_get_error(tls->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        return SHELL_TLS_MORE;
    case SSL_ERROR_ZERO_RETURN:
        return SHELL_TLS_OVER;
    default:
        return SHELL_TLS_BROKEN;
    }
}

static enum shell_tls_status go_on(struct shell_tls *tls, struct str request, struct buf *out)
{
    int result;

    if (!tls->agreed) {
        result = SSL_do_handshake(tls->ssl);
        if (result != 1)
            return status_of(tls, result);
        tls->agreed = true;
        if (tls->wish.reports)
            report(tls, out);
    }
    if (tls->wish.only_handshake) {
        (void)SSL_shutdown(tls->ssl);
        return SHELL_TLS_OVER;
    }
    if (!tls->requested && request.size && SSL_write(tls->ssl, request.data, (int)request.size) <= 0)
        return SHELL_TLS_BROKEN;
    tls->requested = true;
    for (;;) {
        char *room = buf_room(out, 16384);

        CHECK(room);
        result = SSL_read(tls->ssl, room, 16384);
        if (result <= 0)
            return status_of(tls, result);
        out->size += (size_t)result;
    }
}

enum shell_tls_status shell_tls_turn(struct shell_tls *tls, struct str request, struct buf *out)
{
    enum shell_tls_status status;
    char *data;
    long size;

    begin_turn(tls);
    status = go_on(tls, request, out);
    end_turn();
    size = BIO_get_mem_data(tls->out, &data);
    if (size > 0)
        buf_add(&tls->unsent, str_make(data, (size_t)size));
    (void)BIO_reset(tls->out);
    return status;
}

struct str shell_tls_unsent(const struct shell_tls *tls)
{
    return buf_str(&tls->unsent);
}

void shell_tls_sent(struct shell_tls *tls, size_t size)
{
    buf_remove(&tls->unsent, 0, size);
}
