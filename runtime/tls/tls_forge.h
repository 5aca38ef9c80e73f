/* Certificates made on the fly for names that no certificate answers to (manual 5.1, generate-certificates), signed by
 * the authority of ca-sign-file, with the key of the bind's first certificate. The newest ones are kept. */
#ifndef TLS_TLS_FORGE_H
#define TLS_TLS_FORGE_H
#include "tls/tls_library.h"

struct tls_bind;
struct tls_forge;

/* path: the authority's certificate and key. NULL: *error says why. */
struct tls_forge *tls_forge_create(struct tls_library *library, const char *path, struct buf *error) MUST_USE;
void tls_forge_destroy(struct tls_forge *forge); /* NULL is fine */
/* A context that shows a certificate for name (lower case); the forge's own. NULL: it cannot be made, or the bind has no
 * certificate whose key could be used. */
SSL_CTX *tls_forge_context(struct tls_forge *forge, struct tls_bind *bind, struct str name) MUST_USE;
void tls_forge_clear(struct tls_forge *forge); /* what was made is made anew: certificates have changed */

#endif
