/* An SSL_CTX made from settings: what both sides of TLS have in common. */
#ifndef TLS_TLS_CONTEXT_H
#define TLS_TLS_CONTEXT_H
#include "tls/tls_library.h"
#include "tls/tls_settings.h"

enum tls_side { TLS_SERVER_SIDE, TLS_CLIENT_SIDE };

/* Versions, ciphers, curves, signatures, who is verified and by whom. NULL: *error says why. */
SSL_CTX *tls_context_make(struct tls_library *library, const struct tls_settings *settings,
                          enum tls_side side, struct buf *error) MUST_USE;
/* "h2,http/1.1" as it goes on the wire. without_h2: it is left out, for this engine does not speak it. false: a name is
 * empty or too long. */
bool tls_alpn_wire(const char *text, bool without_h2, struct buf *out) MUST_USE;

#endif
