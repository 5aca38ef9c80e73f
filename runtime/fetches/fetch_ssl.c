/* Fetches about TLS (manual 7.3.4): of the client's connection (ssl_fc_*), the server's (ssl_bc_*), and of the
 * certificates: the client's (ssl_c_*), our own (ssl_f_*) and the server's (ssl_s_*). */
#include "fetches/fetches.h"
#include "stream/server_conn.h"
#include "stream/stream.h"
#include "tls/tls_bind.h"
#include "tls/tls_cert.h"
#include "tls/tls_conn.h"
#include "tls/tls_x509.h"
#include <openssl/err.h>

/* Which connection a row is about: its data. */
#define FRONT NULL
#define BACK  ((void *)(uintptr_t) "back")

static struct conn *conn_for(const struct sample_args *args, const struct sample_context *context)
{
    if (!args->row_data)
        return context->session ? &context->session->conn : NULL;
    return context->stream ? stream_back_conn(context->stream) : NULL;
}

static struct tls_conn *tls_for(const struct sample_args *args, const struct sample_context *context)
{
    struct conn *conn = conn_for(args, context);
    return conn ? tls_conn_of(conn) : NULL;
}

/* The connection once its handshake is over. */
static struct tls_conn *done_for(const struct sample_args *args, const struct sample_context *context)
{
    struct tls_conn *tls = tls_for(args, context);
    return tls && tls->done ? tls : NULL;
}

static bool give_bytes(const void *data, size_t size, struct sample_context *context, struct sample *out)
{
    struct str copy = arena_copy(context->scratch, str_make(data, size));
    *out = (struct sample){ .type = SAMPLE_BIN, .u.text = copy };
    return copy.data != NULL;
}

static bool give_text(const char *text, struct sample *out)
{
    *out = sample_text(str_of(text));
    return text != NULL;
}

static bool give_buf(struct buf *text, enum sample_type type, struct sample_context *context,
                     struct sample *out)
{
    struct str copy = text->failed ? STR_NONE : arena_copy(context->scratch, buf_str(text));
    *out = (struct sample){ .type = type, .u.text = copy };
    buf_finish(text);
    return copy.data != NULL;
}

/* ---- the connection ---- */

static bool fetch_ssl(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    *out = sample_bool(tls_for(args, context) != NULL);
    return true;
}

static bool fetch_protocol(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    const struct tls_conn *tls = tls_for(args, context);
    return tls && give_text(SSL_get_version(tls->ssl), out);
}

static bool fetch_cipher(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    const struct tls_conn *tls = tls_for(args, context);
    return tls && give_text(SSL_get_cipher_name(tls->ssl), out);
}

static bool fetch_alg_keysize(const struct sample_args *args, struct sample_context *context,
                              struct sample *out)
{
    const struct tls_conn *tls = done_for(args, context);
    int bits = 0;
    if (!tls || !SSL_get_cipher_bits(tls->ssl, &bits))
        return false;
    *out = sample_int(bits);
    return true;
}

static bool fetch_use_keysize(const struct sample_args *args, struct sample_context *context,
                              struct sample *out)
{
    const struct tls_conn *tls = done_for(args, context);
    *out = sample_int(tls ? SSL_get_cipher_bits(tls->ssl, NULL) : 0);
    return out->u.integer != 0;
}

static bool fetch_alpn(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    const struct tls_conn *tls = done_for(args, context);
    const unsigned char *name = NULL;
    unsigned size = 0;
    if (tls)
        SSL_get0_alpn_selected(tls->ssl, &name, &size);
    *out = sample_text(str_make((const char *)name, size));
    return name != NULL;
}

/* NPN is gone: nobody ever negotiates it. */
static bool fetch_npn(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    (void)args;
    (void)context;
    (void)out;
    return false;
}

static bool fetch_curve(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    const struct tls_conn *tls = done_for(args, context);
    long group = tls ? SSL_get_negotiated_group(tls->ssl) : NID_undef;
    return group != NID_undef && !(group & TLSEXT_nid_unknown) && give_text(OBJ_nid2sn((int)group), out);
}

static bool fetch_is_resumed(const struct sample_args *args, struct sample_context *context,
                             struct sample *out)
{
    const struct tls_conn *tls = tls_for(args, context);
    *out = sample_bool(tls && SSL_session_reused(tls->ssl));
    return true;
}

static bool fetch_sni(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    const struct tls_conn *tls = tls_for(args, context);
    return tls && give_text(SSL_get_servername(tls->ssl, TLSEXT_NAMETYPE_host_name), out);
}

static bool fetch_has_sni(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    const struct tls_conn *tls = tls_for(args, context);
    *out = sample_bool(tls && SSL_get_servername(tls->ssl, TLSEXT_NAMETYPE_host_name));
    return true;
}

static bool fetch_has_early(const struct sample_args *args, struct sample_context *context,
                            struct sample *out)
{
    const struct tls_conn *tls = tls_for(args, context);
    *out = sample_bool(tls && tls->early_data && !tls->done);
    return true;
}

static bool fetch_early_rcvd(const struct sample_args *args, struct sample_context *context,
                             struct sample *out)
{
    const struct tls_conn *tls = tls_for(args, context);
    *out = sample_bool(tls && tls->early_data);
    return tls != NULL;
}

/* The name under which `show ssl cert` lists our certificate. */
static bool fetch_crtname(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    const struct tls_conn *tls = tls_for(args, context);
    return tls && tls->entry && tls->entry->cert && give_text(tls->entry->cert->path, out);
}

static bool fetch_session_id(const struct sample_args *args, struct sample_context *context,
                             struct sample *out)
{
    const struct tls_conn *tls = done_for(args, context);
    const SSL_SESSION *session = tls ? SSL_get_session(tls->ssl) : NULL;
    unsigned size = 0;
    const unsigned char *id = session ? SSL_SESSION_get_id(session, &size) : NULL;
    return id && size && give_bytes(id, size, context, out);
}

static bool fetch_session_key(const struct sample_args *args, struct sample_context *context,
                              struct sample *out)
{
    const struct tls_conn *tls = done_for(args, context);
    const SSL_SESSION *session = tls ? SSL_get_session(tls->ssl) : NULL;
    unsigned char key[SSL_MAX_MASTER_KEY_LENGTH];
    size_t size = session ? SSL_SESSION_get_master_key(session, key, sizeof(key)) : 0;
    return size && give_bytes(key, size, context, out);
}

static bool fetch_client_random(const struct sample_args *args, struct sample_context *context,
                                struct sample *out)
{
    const struct tls_conn *tls = tls_for(args, context);
    unsigned char bytes[SSL3_RANDOM_SIZE];
    size_t size = tls ? SSL_get_client_random(tls->ssl, bytes, sizeof(bytes)) : 0;
    return size && give_bytes(bytes, size, context, out);
}

static bool fetch_server_random(const struct sample_args *args, struct sample_context *context,
                                struct sample *out)
{
    const struct tls_conn *tls = tls_for(args, context);
    unsigned char bytes[SSL3_RANDOM_SIZE];
    size_t size = tls ? SSL_get_server_random(tls->ssl, bytes, sizeof(bytes)) : 0;
    return size && give_bytes(bytes, size, context, out);
}

/* tls-unique of RFC 5929: the first Finished of the handshake, which the server sends when it resumes. */
static bool fetch_unique_id(const struct sample_args *args, struct sample_context *context,
                            struct sample *out)
{
    const struct tls_conn *tls = done_for(args, context);
    unsigned char bytes[EVP_MAX_MD_SIZE];
    if (!tls)
        return false;
    bool ours = SSL_session_reused(tls->ssl) == SSL_is_server(tls->ssl);
    size_t size = ours ? SSL_get_finished(tls->ssl, bytes, sizeof(bytes))
                       : SSL_get_peer_finished(tls->ssl, bytes, sizeof(bytes));
    return size && give_bytes(bytes, size, context, out);
}

/* ---- secrets, kept with tune.ssl.keylog ---- */

static const char *const secret_labels[] = {
    "CLIENT_EARLY_TRAFFIC_SECRET", "CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET",
    "CLIENT_TRAFFIC_SECRET_0",     "SERVER_TRAFFIC_SECRET_0",         "EXPORTER_SECRET",
    "EARLY_EXPORTER_SECRET"
};

/* A kept line is "LABEL <client random> <secret>". */
static bool secret(const struct tls_conn *tls, unsigned which, struct sample_context *context,
                   struct sample *out)
{
    struct str rest = tls ? buf_str(&tls->keylog) : STR_NONE;
    while (rest.data && rest.size) {
        struct str line = str_split(&rest, '\n');
        if (!str_eq(str_split(&line, ' '), str_of(secret_labels[which])))
            continue;
        str_split(&line, ' ');
        *out = sample_text(arena_copy(context->scratch, line));
        return out->u.text.data != NULL;
    }
    return false;
}

#define SECRET(name, which)                                                                                  \
    static bool fetch_##name(const struct sample_args *args, struct sample_context *context,                 \
                             struct sample *out)                                                             \
    {                                                                                                        \
        return secret(tls_for(args, context), which, context, out);                                          \
    }
SECRET(client_early_secret, 0)
SECRET(client_handshake_secret, 1)
SECRET(server_handshake_secret, 2)
SECRET(client_secret, 3)
SECRET(server_secret, 4)
SECRET(exporter_secret, 5)
SECRET(early_exporter_secret, 6)

/* ---- errors ---- */

static bool fetch_err(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    const struct tls_conn *tls = tls_for(args, context);
    bool lost = args->row_data && context->stream && !tls; /* the connection is gone, its error was kept */
    if (!tls && !lost)
        return false;
    *out = sample_int((int64_t)(lost ? context->stream->back_tls_error : tls->error));
    return true;
}

static bool fetch_err_str(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    const struct tls_conn *tls = tls_for(args, context);
    unsigned long error = tls ? tls->error : 0;
    char text[256];
    if (!tls && args->row_data && context->stream)
        error = context->stream->back_tls_error;
    if (!error)
        return false;
    ERR_error_string_n(error, text, sizeof(text));
    *out = sample_text(arena_copy(context->scratch, str_of(text)));
    return out->u.text.data != NULL;
}

/* fc_err, bc_err: why a connection could not be used, by the numbers that HAProxy gives. */
static bool failure_for(const struct sample_args *args, const struct sample_context *context, int *out)
{
    const struct tls_conn *tls = tls_for(args, context);
    if (!conn_for(args, context) && !(args->row_data && context->stream))
        return false;
    *out = tls ? (int)tls->failure : args->row_data ? context->stream->back_failure : TLS_FINE;
    return true;
}

static bool fetch_conn_err(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    int failure;
    if (!failure_for(args, context, &failure))
        return false;
    *out = sample_int(tls_failure_number((enum tls_failure)failure));
    return true;
}

static bool fetch_conn_err_str(const struct sample_args *args, struct sample_context *context,
                               struct sample *out)
{
    int failure;
    return failure_for(args, context, &failure) &&
           give_text(failure != TLS_FINE ? tls_failure_text((enum tls_failure)failure) : "Success", out);
}

/* ---- certificates ---- */

/* Whose certificate a row is about: its data. */
#define CLIENTS ((void *)(uintptr_t) "client")
#define OWN     ((void *)(uintptr_t) "own")
#define SERVERS ((void *)(uintptr_t) "server")

static struct tls_conn *tls_of_whom(const struct sample_args *args, const struct sample_context *context)
{
    bool server = *(const char *)args->row_data == 's';
    struct conn *conn = server ? (context->stream ? stream_back_conn(context->stream) : NULL)
                               : (context->session ? &context->session->conn : NULL);
    return conn ? tls_conn_of(conn) : NULL;
}

static X509 *certificate(const struct sample_args *args, const struct sample_context *context)
{
    const struct tls_conn *tls = tls_of_whom(args, context);
    if (!tls)
        return NULL;
    if (tls->refused && *(const char *)args->row_data != 'o')
        return tls->refused;
    return *(const char *)args->row_data == 'o' ? SSL_get_certificate(tls->ssl)
                                                : SSL_get0_peer_certificate(tls->ssl);
}

static bool fetch_der(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    X509 *x509 = certificate(args, context);
    struct buf der = BUF_INIT;
    return x509 && tls_x509_der(x509, &der) && give_buf(&der, SAMPLE_BIN, context, out);
}

/* The chain as the peer sent it, one behind the other. */
static bool fetch_chain_der(const struct sample_args *args, struct sample_context *context,
                            struct sample *out)
{
    const struct tls_conn *tls = tls_of_whom(args, context);
    STACK_OF(X509) *chain = tls ? SSL_get_peer_cert_chain(tls->ssl) : NULL;
    struct buf der = BUF_INIT;
    if (!chain)
        return false;
    if (SSL_is_server(tls->ssl)) { /* a server's view leaves the leaf out */
        X509 *leaf = SSL_get0_peer_certificate(tls->ssl);
        if (leaf && !tls_x509_der(leaf, &der))
            der.failed = true;
    }
    for (int i = 0; i < sk_X509_num(chain); i++) {
        if (!tls_x509_der(sk_X509_value(chain, i), &der))
            der.failed = true;
    }
    return give_buf(&der, SAMPLE_BIN, context, out);
}

static bool give_name(const X509_NAME *name, const struct sample_args *args, struct sample_context *context,
                      struct sample *out)
{
    struct buf text = BUF_INIT;
    bool rfc2253 = args->count > 2 && str_eq(args->list[2].text, STR("rfc2253"));
    struct str entry = args->count ? args->list[0].text : STR_NONE;
    if (!entry.size)
        tls_x509_name(name, rfc2253, &text);
    else if (!tls_x509_name_entry(name, entry, args->count > 1 ? args->list[1].integer : 1, &text))
        return false;
    return give_buf(&text, SAMPLE_STR, context, out);
}

static bool fetch_s_dn(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    const X509 *x509 = certificate(args, context);
    return x509 && give_name(X509_get_subject_name(x509), args, context, out);
}

static bool fetch_i_dn(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    const X509 *x509 = certificate(args, context);
    return x509 && give_name(X509_get_issuer_name(x509), args, context, out);
}

/* The authority at the end of the chain that was verified. */
static bool fetch_r_dn(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    const struct tls_conn *tls = tls_of_whom(args, context);
    STACK_OF(X509) *chain = tls ? SSL_get0_verified_chain(tls->ssl) : NULL;
    int count = chain ? sk_X509_num(chain) : 0;
    return count && give_name(X509_get_subject_name(sk_X509_value(chain, count - 1)), args, context, out);
}

static bool check_dn(struct sample_args *args, const char **error)
{
    if (args->count < 3 || str_eq(args->list[2].text, STR("rfc2253")) || !args->list[2].text.size)
        return true;
    *error = "only rfc2253 or a blank value are currently supported";
    return false;
}

static bool give_time(const ASN1_TIME *time, struct sample_context *context, struct sample *out)
{
    struct buf text = BUF_INIT;
    return tls_x509_time(time, &text) && give_buf(&text, SAMPLE_STR, context, out);
}

static bool fetch_notafter(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    const X509 *x509 = certificate(args, context);
    return x509 && give_time(X509_get0_notAfter(x509), context, out);
}

static bool fetch_notbefore(const struct sample_args *args, struct sample_context *context,
                            struct sample *out)
{
    const X509 *x509 = certificate(args, context);
    return x509 && give_time(X509_get0_notBefore(x509), context, out);
}

static bool fetch_serial(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    const X509 *x509 = certificate(args, context);
    const ASN1_INTEGER *serial = x509 ? X509_get0_serialNumber(x509) : NULL;
    return serial &&
           give_bytes(ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial), context, out);
}

static bool fetch_sha1(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    const X509 *x509 = certificate(args, context);
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    return x509 && X509_digest(x509, EVP_sha1(), digest, &size) && give_bytes(digest, size, context, out);
}

static bool fetch_sig_alg(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    const X509 *x509 = certificate(args, context);
    return x509 && give_text(tls_x509_signature(x509), out);
}

static bool fetch_key_alg(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    const X509 *x509 = certificate(args, context);
    return x509 && give_text(tls_x509_key(x509), out);
}

static bool fetch_policies(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    const X509 *x509 = certificate(args, context);
    struct buf text = BUF_INIT;
    struct str wanted = args->count ? args->list[0].text : STR_NONE;
    return x509 && tls_x509_policies(x509, wanted, &text) && give_buf(&text, SAMPLE_STR, context, out);
}

static bool fetch_version(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    const X509 *x509 = certificate(args, context);
    *out = sample_int(x509 ? X509_get_version(x509) + 1 : 0);
    return x509 != NULL;
}

/* ---- how the client's certificate was verified ---- */

static bool fetch_has_crt(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    const struct tls_conn *tls = tls_for(args, context);
    *out = sample_bool(tls && tls->verified);
    return true;
}

static bool fetch_c_used(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    const struct tls_conn *tls = tls_for(args, context);
    *out = sample_bool(tls && SSL_get0_peer_certificate(tls->ssl));
    return true;
}

static bool fetch_c_verify(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    const struct tls_conn *tls = done_for(args, context);
    *out = sample_int(tls ? SSL_get_verify_result(tls->ssl) : 0);
    return tls != NULL;
}

static bool fetch_c_err(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    const struct tls_conn *tls = tls_for(args, context);
    *out = sample_int(tls ? tls->crt_error : 0);
    return tls != NULL;
}

static bool fetch_c_ca_err(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    const struct tls_conn *tls = tls_for(args, context);
    *out = sample_int(tls ? tls->ca_error : 0);
    return tls != NULL;
}

static bool fetch_c_ca_err_depth(const struct sample_args *args, struct sample_context *context,
                                 struct sample *out)
{
    const struct tls_conn *tls = tls_for(args, context);
    *out = sample_int(tls ? tls->ca_error_depth : 0);
    return tls != NULL;
}

#define CLIENT(name, run, arguments, type)                                                                   \
    {                                                                                                        \
        "ssl_fc" name, run, arguments, type, AT_CLIENT, FRONT, NULL                                          \
    }
#define SERVER(name, run, type)                                                                              \
    {                                                                                                        \
        "ssl_bc" name, run, "", type, AT_SERVER, BACK, NULL                                                  \
    }
#define BOTH(name, run, type) CLIENT(name, run, "", type), SERVER(name, run, type)
#define OF(prefix, whose, place)                                                                             \
    { "ssl_" prefix "_der", fetch_der, "", SAMPLE_BIN, place, whose, NULL },                                 \
        { "ssl_" prefix "_i_dn", fetch_i_dn, "str?,int,str", SAMPLE_STR, place, whose, check_dn },           \
        { "ssl_" prefix "_key_alg", fetch_key_alg, "", SAMPLE_STR, place, whose, NULL },                     \
        { "ssl_" prefix "_notafter", fetch_notafter, "", SAMPLE_STR, place, whose, NULL },                   \
        { "ssl_" prefix "_notbefore", fetch_notbefore, "", SAMPLE_STR, place, whose, NULL },                 \
        { "ssl_" prefix "_policies", fetch_policies, "str?", SAMPLE_STR, place, whose, NULL },               \
        { "ssl_" prefix "_s_dn", fetch_s_dn, "str?,int,str", SAMPLE_STR, place, whose, check_dn },           \
        { "ssl_" prefix "_serial", fetch_serial, "", SAMPLE_BIN, place, whose, NULL },                       \
        { "ssl_" prefix "_sha1", fetch_sha1, "", SAMPLE_BIN, place, whose, NULL },                           \
        { "ssl_" prefix "_sig_alg", fetch_sig_alg, "", SAMPLE_STR, place, whose, NULL },                     \
    {                                                                                                        \
        "ssl_" prefix "_version", fetch_version, "", SAMPLE_SINT, place, whose, NULL                         \
    }

/* clang-format off */
const struct fetch_row fetch_ssl_rows[] = {
    BOTH("", fetch_ssl, SAMPLE_BOOL),
    BOTH("_alg_keysize", fetch_alg_keysize, SAMPLE_SINT),
    BOTH("_alpn", fetch_alpn, SAMPLE_STR),
    BOTH("_cipher", fetch_cipher, SAMPLE_STR),
    BOTH("_client_random", fetch_client_random, SAMPLE_BIN),
    BOTH("_curve", fetch_curve, SAMPLE_STR),
    BOTH("_err", fetch_err, SAMPLE_SINT),
    BOTH("_err_str", fetch_err_str, SAMPLE_STR),
    BOTH("_is_resumed", fetch_is_resumed, SAMPLE_BOOL),
    BOTH("_npn", fetch_npn, SAMPLE_STR),
    BOTH("_protocol", fetch_protocol, SAMPLE_STR),
    BOTH("_server_random", fetch_server_random, SAMPLE_BIN),
    BOTH("_session_id", fetch_session_id, SAMPLE_BIN),
    BOTH("_session_key", fetch_session_key, SAMPLE_BIN),
    BOTH("_unique_id", fetch_unique_id, SAMPLE_BIN),
    BOTH("_use_keysize", fetch_use_keysize, SAMPLE_SINT),
    BOTH("_client_early_traffic_secret", fetch_client_early_secret, SAMPLE_STR),
    BOTH("_client_handshake_traffic_secret", fetch_client_handshake_secret, SAMPLE_STR),
    BOTH("_server_handshake_traffic_secret", fetch_server_handshake_secret, SAMPLE_STR),
    BOTH("_client_traffic_secret_0", fetch_client_secret, SAMPLE_STR),
    BOTH("_server_traffic_secret_0", fetch_server_secret, SAMPLE_STR),
    BOTH("_exporter_secret", fetch_exporter_secret, SAMPLE_STR),
    BOTH("_early_exporter_secret", fetch_early_exporter_secret, SAMPLE_STR),
    BOTH("_sni", fetch_sni, SAMPLE_STR),
    CLIENT("_has_sni", fetch_has_sni, "", SAMPLE_BOOL),
    CLIENT("_has_crt", fetch_has_crt, "", SAMPLE_BOOL),
    CLIENT("_has_early", fetch_has_early, "", SAMPLE_BOOL),
    CLIENT("_early_rcvd", fetch_early_rcvd, "", SAMPLE_BOOL),
    CLIENT("_crtname", fetch_crtname, "", SAMPLE_STR),
    OF("c", CLIENTS, AT_CLIENT),
    OF("f", OWN, AT_CLIENT),
    OF("s", SERVERS, AT_SERVER),
    { "ssl_c_chain_der", fetch_chain_der, "", SAMPLE_BIN, AT_CLIENT, CLIENTS, NULL },
    { "ssl_s_chain_der", fetch_chain_der, "", SAMPLE_BIN, AT_SERVER, SERVERS, NULL },
    { "ssl_c_r_dn", fetch_r_dn, "str?,int,str", SAMPLE_STR, AT_CLIENT, CLIENTS, check_dn },
    { "ssl_c_ca_err", fetch_c_ca_err, "", SAMPLE_SINT, AT_CLIENT, FRONT, NULL },
    { "ssl_c_ca_err_depth", fetch_c_ca_err_depth, "", SAMPLE_SINT, AT_CLIENT, FRONT, NULL },
    { "ssl_c_err", fetch_c_err, "", SAMPLE_SINT, AT_CLIENT, FRONT, NULL },
    { "ssl_c_used", fetch_c_used, "", SAMPLE_BOOL, AT_CLIENT, FRONT, NULL },
    { "ssl_c_verify", fetch_c_verify, "", SAMPLE_SINT, AT_CLIENT, FRONT, NULL },
    { "fc_err", fetch_conn_err, "", SAMPLE_SINT, AT_CLIENT, FRONT, NULL },
    { "fc_err_str", fetch_conn_err_str, "", SAMPLE_STR, AT_CLIENT, FRONT, NULL },
    { "bc_err", fetch_conn_err, "", SAMPLE_SINT, AT_SERVER, BACK, NULL },
    { "bc_err_str", fetch_conn_err_str, "", SAMPLE_STR, AT_SERVER, BACK, NULL },
    { 0 },
};
/* clang-format on */
