/* What a client's hello says: the name it wants, which keys it can check, and what is kept of it for fetches. */
#ifndef TLS_TLS_HELLO_H
#define TLS_TLS_HELLO_H
#include "tls/tls_conn.h"

struct tls_abilities {
    bool rsa, ecdsa;
};

/* For use in the client-hello callback. The name in lower case, put into out; empty: it names none. */
struct str tls_hello_name(SSL *ssl, char *out, size_t size);
void tls_hello_abilities(SSL *ssl, struct tls_abilities *out);
/* Each list up to limit bytes, in one block. NULL: no memory. */
struct tls_hello *tls_hello_keep(SSL *ssl, size_t limit);

#endif
