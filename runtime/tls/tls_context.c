/* Settings put into an SSL_CTX. */
#include "tls/tls_context.h"
#include "tls/tls_ca.h"
#include "tls/tls_conn.h"
#include <openssl/err.h>

static bool wrong(struct buf *error, const char *format, ...) PRINTF_LIKE(2, 3);
static bool wrong(struct buf *error, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    buf_vprintf(error, format, values);
    va_end(values);
    ERR_clear_error();
    return false;
}

bool tls_alpn_wire(const char *text, bool without_h2, struct buf *out)
{
    struct str rest = str_of(text);
    buf_reset(out);
    while (rest.data) {
        struct str name = str_split(&rest, ',');
        if (!name.size || name.size > 255)
            return false;
        if (without_h2 && str_eq(name, STR("h2")))
            continue;
        buf_add_char(out, (char)name.size);
        buf_add(out, name);
    }
    return !out->failed;
}

static bool set_lists(SSL_CTX *context, const struct tls_settings *settings, struct buf *error)
{
    const char *groups = settings->curves ? settings->curves : settings->ecdhe;
    if (settings->ciphers && !SSL_CTX_set_cipher_list(context, settings->ciphers))
        return wrong(error, "unable to set SSL cipher list to '%s'", settings->ciphers);
    if (settings->ciphersuites && !SSL_CTX_set_ciphersuites(context, settings->ciphersuites))
        return wrong(error, "unable to set TLS 1.3 cipher suites to '%s'", settings->ciphersuites);
    if (groups && !SSL_CTX_set1_groups_list(context, groups))
        return wrong(error,
                     settings->curves ? "unable to set SSL curves list to '%s'"
                                      : "unable to set elliptic named curve to '%s'",
                     groups);
    if (settings->sigalgs && !SSL_CTX_set1_sigalgs_list(context, settings->sigalgs))
        return wrong(error, "unable to set SSL Signature Algorithm list to '%s'", settings->sigalgs);
    if (settings->client_sigalgs && !SSL_CTX_set1_client_sigalgs_list(context, settings->client_sigalgs))
        return wrong(error, "unable to set SSL Signature Algorithm list to '%s'", settings->client_sigalgs);
    return true;
}

/* The names that a client is told of: its certificate is to come from one of them. */
static bool name_authorities(SSL_CTX *context, const struct tls_ca_file *file)
{
    STACK_OF(X509) *authorities = file->content.authorities;
    for (int i = 0; authorities && i < sk_X509_num(authorities); i++) {
        if (!SSL_CTX_add_client_CA(context, sk_X509_value(authorities, i)))
            return false;
    }
    return true;
}

/* What a use of a file is for. */
enum ca_use {
    CA_TRUSTED = 1, /* verifies */
    CA_NAMED = 2,   /* told to clients */
    CA_REVOKES = 4,
};

/* A file that nothing is verified by is read all the same: what is wrong with it is said. */
static bool load(struct tls_library *library, SSL_CTX *context, const char *path, unsigned use,
                 struct buf *error)
{
    struct tls_ca_file *file = path ? tls_ca_load(library, path, use & CA_REVOKES, error) : NULL;
    if (!path)
        return true;
    if (!file)
        return false;
    if ((!(use & (CA_TRUSTED | CA_REVOKES)) || tls_ca_apply(file, SSL_CTX_get_cert_store(context))) &&
        (!(use & CA_NAMED) || name_authorities(context, file)))
        return true;
    return wrong(error, "unable to set '%s' into the SSL context", path);
}

static bool set_verify(struct tls_library *library, SSL_CTX *context, const struct tls_settings *settings,
                       enum tls_side side, struct buf *error)
{
    int mode = SSL_VERIFY_NONE;
    bool server = side == TLS_SERVER_SIDE;
    if (settings->verify == TLS_VERIFY_REQUIRED)
        mode = server ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT : SSL_VERIFY_PEER;
    else if (settings->verify == TLS_VERIFY_OPTIONAL)
        mode = SSL_VERIFY_PEER;
    SSL_CTX_set_verify(context, mode, tls_conn_verify);
    if (mode != SSL_VERIFY_NONE && !settings->ca_file && !settings->ca_verify_file)
        return wrong(error, "verify is enabled but no CA file specified");
    unsigned trusted = mode != SSL_VERIFY_NONE ? CA_TRUSTED : 0;
    unsigned named = trusted && server && !settings->no_ca_names ? CA_NAMED : 0;
    return load(library, context, settings->ca_file, trusted | named, error) &&
           load(library, context, settings->ca_verify_file, trusted, error) &&
           load(library, context, settings->crl_file, CA_REVOKES, error);
}

static void set_modes(struct tls_library *library, SSL_CTX *context, const struct tls_settings *settings,
                      enum tls_side side)
{
    uint64_t options = SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF;
    if (settings->no_tickets)
        options |= SSL_OP_NO_TICKET;
    if (side == TLS_SERVER_SIDE && !settings->prefer_client_ciphers)
        options |= SSL_OP_CIPHER_SERVER_PREFERENCE;
    if (settings->prefer_client_ciphers)
        options |= SSL_OP_PRIORITIZE_CHACHA;
    SSL_CTX_set_options(context, options);
    /* Memory of an idle connection goes back; one read takes a whole record. */
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(context, 1);
    if (library->tuning.keylog || library->platform->ops->secret)
        SSL_CTX_set_keylog_callback(context, tls_conn_keylog);
    if (library->tuning.security_level >= 0)
        SSL_CTX_set_security_level(context, (int)library->tuning.security_level);
}

SSL_CTX *tls_context_make(struct tls_library *library, const struct tls_settings *settings,
                          enum tls_side side, struct buf *error)
{
    int low, high;
    SSL_CTX *context = SSL_CTX_new_ex(library->openssl, NULL,
                                      side == TLS_SERVER_SIDE ? TLS_server_method() : TLS_client_method());
    bool well = context || wrong(error, "out of memory");
    if (well)
        set_modes(library, context, settings, side);
    well = well && (tls_settings_versions(settings, &low, &high) ||
                    wrong(error, "all SSL/TLS versions are disabled"));
    well = well &&
           ((SSL_CTX_set_min_proto_version(context, low) && SSL_CTX_set_max_proto_version(context, high)) ||
            wrong(error, "unable to set SSL/TLS versions"));
    well = well && set_lists(context, settings, error) && set_verify(library, context, settings, side, error);
    if (well)
        return context;
    SSL_CTX_free(context);
    return NULL;
}
