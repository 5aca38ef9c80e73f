/* TLS as a client. */
#include "tls/tls_client.h"
#include "base/mem.h"
#include "tls/tls_cert.h"
#include "tls/tls_conn.h"
#include "tls/tls_context.h"
#include <openssl/x509v3.h>

void tls_client_forget_session(struct tls_client *client)
{
    SSL_SESSION_free(client->session);
    mem_free(client->session_name);
    client->session = NULL;
    client->session_name = NULL;
}

/* A session came (TLS 1.3: some time after the handshake). We keep the newest. */
static int on_session(SSL *ssl, SSL_SESSION *session)
{
    struct tls_conn *tls = tls_conn_of_ssl(ssl);
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    if (!tls || !tls->client || tls->client->settings.no_reuse)
        return 0;
    struct tls_client *client = tls->client;
    tls_client_forget_session(client);
    if (name)
        client->session_name = mem_alloc(strlen(name) + 1);
    if (name && !client->session_name)
        return 0;
    if (name)
        memcpy(client->session_name, name, strlen(name) + 1);
    client->session = session;
    return 1;
}

SSL_CTX *tls_client_context(struct tls_client *client, const struct tls_pem *pem, struct buf *error)
{
    const struct tls_settings *settings = &client->settings;
    struct buf alpn = BUF_INIT;
    SSL_CTX *context = tls_context_make(client->library, settings, TLS_CLIENT_SIDE, error);
    bool well = context != NULL;
    if (well && pem)
        well = tls_cert_apply(pem, context, settings->crt, error);
    if (well && settings->alpn && !settings->no_alpn) {
        well = tls_alpn_wire(settings->alpn, true, &alpn);
        if (!well)
            buf_printf(error, "'%s' is no list of protocols", settings->alpn);
        else if (alpn.size)
            well = !SSL_CTX_set_alpn_protos(context, (const unsigned char *)alpn.data, (unsigned)alpn.size);
    }
    buf_finish(&alpn);
    if (!well) {
        SSL_CTX_free(context);
        return NULL;
    }
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, on_session);
    return context;
}

struct tls_client *tls_client_create(struct tls_library *library, const struct tls_settings *settings,
                                     struct buf *error)
{
    struct tls_client *client = mem_zero(sizeof(*client));
    if (!client) {
        buf_add_c(error, "out of memory");
        return NULL;
    }
    client->library = library;
    client->settings = *settings;
    list_init(&client->cert_link);
    list_add_last(&library->clients, &client->link);
    bool well = true;
    if (settings->crt) {
        const char *path = tls_library_path(library, library->tuning.crt_base, settings->crt);
        client->cert = path ? tls_cert_load(library, path, error) : NULL;
        well = client->cert != NULL;
        if (well)
            list_add_last(&client->cert->clients, &client->cert_link);
    }
    if (well)
        client->context = tls_client_context(client, client->cert ? &client->cert->pem : NULL, error);
    if (client->context)
        return client;
    tls_client_destroy(client);
    return NULL;
}

void tls_client_destroy(struct tls_client *client)
{
    tls_client_forget_session(client);
    SSL_CTX_free(client->context);
    list_remove(&client->cert_link);
    list_remove(&client->link);
    mem_free(client);
}

struct tls_client *tls_client_plain(struct tls_library *library)
{
    if (!library->plain_client) {
        struct tls_settings settings = { .verify = TLS_VERIFY_NONE };
        struct buf error = BUF_INIT;
        library->plain_client = tls_client_create(library, &settings, &error);
        buf_finish(&error);
    }
    return library->plain_client;
}

static bool set_name(struct tls_client *client, SSL *ssl, struct str sni)
{
    char name[256];
    if (sni.size >= sizeof(name))
        return false;
    str_to_c(sni, name, sizeof(name));
    const char *expected = name[0] || !client->settings.verify_host ? name : client->settings.verify_host;
    if (name[0] && !SSL_set_tlsext_host_name(ssl, name))
        return false;
    if (client->settings.verify != TLS_VERIFY_REQUIRED || !expected[0])
        return true;
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set1_host(ssl, expected) == 1;
}

static bool same_name(const char *kept, struct str sni)
{
    return str_eq(str_of(kept), sni.data ? sni : STR_NONE);
}

/* OpenSSL forbids a session's second use (TLS 1.3). A copy keeps ours good until the server gives a newer one, which may
 * come behind an answer that was the last of its connection. */
static bool take_up(const struct tls_client *client, SSL *ssl)
{
    SSL_SESSION *copy = SSL_SESSION_dup(client->session);
    bool well = copy && SSL_set_session(ssl, copy);
    SSL_SESSION_free(copy);
    return well;
}

bool tls_client_prepare(struct tls_client *client, SSL *ssl, struct str sni)
{
    if (!set_name(client, ssl, sni))
        return false;
    if (client->session && same_name(client->session_name, sni) && !take_up(client, ssl))
        tls_client_forget_session(client);
    return true;
}
