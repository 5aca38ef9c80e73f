/* Chains of a folder (issuers-chain-path): a certificate without its own gets the one whose first is its issuer. */
#ifndef TLS_TLS_ISSUER_H
#define TLS_TLS_ISSUER_H
#include "tls/tls_cert.h"

/* Reads the folder. false: *error says why. */
bool tls_issuers_load(struct tls_library *library, const char *path, struct buf *error) MUST_USE;
/* Gives pem a chain when it has none and a fitting one is known. */
void tls_issuers_complete(const struct tls_library *library, struct tls_pem *pem);
void tls_issuers_finish(struct tls_library *library);

#endif
