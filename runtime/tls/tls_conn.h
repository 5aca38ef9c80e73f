/* TLS on a connection: the transport between the engine and a socket. */
#ifndef TLS_TLS_CONN_H
#define TLS_TLS_CONN_H
#include "net/conn.h"
#include "tls/tls_library.h"

struct tls_bind;
struct tls_client;
struct tls_entry;

extern const struct transport_ops tls_transport;

/* Why a handshake did not come to its end. */
enum tls_failure {
    TLS_FINE,
    TLS_EMPTY,         /* the peer closed */
    TLS_ABORTED,       /* the connection broke */
    TLS_CA_FAILED,     /* a client's chain was not verified */
    TLS_CRT_FAILED,    /* a client's certificate was not trusted */
    TLS_OTHER_HOST,    /* a server's certificate is not for verifyhost */
    TLS_OTHER_NAME,    /* a server's certificate is not for the name that was asked for */
    TLS_EARLY_REFUSED, /* a server threw away the early data that we sent */
    TLS_FAILED,
};

struct tls_hello { /* what a client's hello offered, as far as tune.ssl.capture-buffer-size goes; one block */
    struct str ciphers, extensions, groups, formats, sigalgs, versions; /* two bytes each; formats: one */
    uint16_t version;
};

struct tls_conn {
    SSL *ssl;
    struct conn *conn;
    struct tls_bind *bind;         /* of an accepted one */
    struct tls_client *client;     /* of one that we opened */
    struct tls_hello *hello;       /* NULL: not kept */
    const struct tls_entry *entry; /* what the hello chose; NULL: nothing yet */
    unsigned long error;           /* OpenSSL's newest, of the handshake or later; 0: none */
    enum tls_failure failure;
    enum io_status io;                       /* of the last call below that failed for good */
    int crt_error, ca_error, ca_error_depth; /* X509_V_ERR_*, let through or not */
    struct buf keylog;                       /* with tune.ssl.keylog: lines of secrets */
    X509 *refused;     /* the peer's certificate, when that is why the handshake failed */
    bool verified;     /* the peer showed a certificate, which was looked at in this handshake */
    bool drained;      /* the last read emptied the socket */
    bool blocked;      /* the last write filled it */
    bool ended;        /* FIN was read below */
    bool any_in;       /* bytes came below */
    bool broken;       /* nothing can be said any more, not even goodbye */
    bool said_goodbye; /* close_notify was sent */
    bool done;         /* the handshake came to its end */
    bool early_data;   /* the first bytes came, or went out, as 0-RTT (RFC 8446 section 2.3) */
    bool early_open;   /* more of them may come, or go out */
    size_t early_room; /* bytes that may still go out so */
    struct buf early;  /* of those that came: not read yet from early_at on */
    size_t early_at;
};

/* Puts TLS on an accepted connection that nothing was read from, or on one that is connecting or connected. The
 * handshake begins at once or once it is connected; conn->state tells. sni: the name to ask for, which the
 * certificate must be for when the client verifies; data NULL: none, and then verifyhost counts. early: what is written
 * first goes out with the hello, when the session at hand allows it; a server that does not take it makes the connection
 * fail with TLS_EARLY_REFUSED. false: no memory; the connection is as it was. */
bool tls_conn_serve(struct conn *conn, struct tls_bind *bind) MUST_USE;
bool tls_conn_open(struct conn *conn, struct tls_client *client, struct str sni, bool early) MUST_USE;

/* Before the handshake of one that we open: these protocols and no others, "http/1.1,h2" (h2 is left out: it is not
 * spoken). false: no memory, or no such list. */
bool tls_conn_offer(struct conn *conn, const char *protocols) MUST_USE;

/* NULL for a plain connection. */
static inline struct tls_conn *tls_conn_of(const struct conn *conn)
{
    return conn->transport == &tls_transport ? conn->tls : NULL;
}
/* "SSL handshake failure" and the like, as logs have it. */
const char *tls_failure_text(enum tls_failure failure);
int tls_failure_number(enum tls_failure failure); /* as fc_err has it */

/* For contexts. */
BIO_METHOD *tls_conn_bio(void);
int tls_conn_verify(int well, X509_STORE_CTX *store);
void tls_conn_keylog(const SSL *ssl, const char *line);
struct tls_conn *tls_conn_of_ssl(const SSL *ssl);

#endif
