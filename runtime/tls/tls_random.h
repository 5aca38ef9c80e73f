/* Random bytes for OpenSSL from the platform. */
#ifndef TLS_TLS_RANDOM_H
#define TLS_TLS_RANDOM_H
#include "base/check.h"
#include <openssl/types.h>
#include <stdbool.h>

struct platform;

/* Makes the platform the source of all random bytes of the context. The provider is to be unloaded before the context
 * is freed. NULL: OpenSSL would not. */
OSSL_PROVIDER *tls_random_use(OSSL_LIB_CTX *openssl, struct platform *platform) MUST_USE;

#endif
