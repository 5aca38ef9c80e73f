/* TLS towards servers: a context, and the session that the next handshake may take up again. */
#ifndef TLS_TLS_CLIENT_H
#define TLS_TLS_CLIENT_H
#include "tls/tls_library.h"
#include "tls/tls_settings.h"

struct tls_cert;
struct tls_pem;

struct tls_client {
    struct list link;      /* library's clients */
    struct list cert_link; /* cert's clients */
    struct tls_library *library;
    struct tls_settings settings;
    SSL_CTX *context;
    struct tls_cert *cert; /* NULL: none is presented */
    SSL_SESSION *session;  /* NULL: none */
    char *session_name;    /* SNI that it was made with; NULL: none */
};

/* settings: merged ones. NULL: *error says why. */
struct tls_client *tls_client_create(struct tls_library *library, const struct tls_settings *settings,
                                     struct buf *error) MUST_USE;
void tls_client_destroy(struct tls_client *client);
/* One that asks nothing of the server: `verify none`, no certificate. Made when first wanted. NULL: no memory. */
struct tls_client *tls_client_plain(struct tls_library *library) MUST_USE;
/* For a new connection: the name, what is verified, the session. */
bool tls_client_prepare(struct tls_client *client, SSL *ssl, struct str sni) MUST_USE;
/* A context with this certificate instead. NULL: said. */
SSL_CTX *tls_client_context(struct tls_client *client, const struct tls_pem *pem, struct buf *error) MUST_USE;
void tls_client_forget_session(struct tls_client *client);

#endif
