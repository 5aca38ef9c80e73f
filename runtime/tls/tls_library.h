/* OpenSSL as one node uses it: a library context of its own, whose random bytes come from the node's platform. Nothing
 * is shared with other nodes of the process, so that their handshakes cannot disturb each other's. */
#ifndef TLS_TLS_LIBRARY_H
#define TLS_TLS_LIBRARY_H
#include "base/arena.h"
#include "base/buf.h"
#include "base/check.h"
#include "base/dict.h"
#include "base/list.h"
#include "platform/platform.h"
#include "tls/tls_settings.h"
#include <openssl/bio.h>
#include <openssl/ssl.h>

struct tls_changes;
struct tls_issuer;
struct tls_client;

struct tls_counters {                                  /* since the start */
    uint64_t front, front_resumed, back, back_resumed; /* handshakes that came to their end */
    uint64_t current;                                  /* connections that speak TLS now */
};

struct tls_library {
    struct platform *platform;
    OSSL_LIB_CTX *openssl;
    OSSL_PROVIDER *random_provider, *default_provider;
    BIO_METHOD *bio;
    struct arena arena; /* texts of settings */
    EVP_PKEY *dh;       /* of ssl-dh-param-file; NULL: OpenSSL's choice by the certificate's strength */
    struct tls_issuer *issuers; /* of issuers-chain-path */
    struct tls_counters counters;
    struct tls_tuning tuning;
    struct dict certs;                /* struct tls_cert, by the path as configured */
    struct dict ocsp;                 /* struct tls_ocsp, by certificate ID */
    void (*ocsp_changed)(void *data); /* of ocsp: some may have come, gone, or be wanted; NULL: nobody asks */
    void *ocsp_changed_data;
    struct buf *warnings;  /* lines, while the configuration is loaded; NULL: nobody hears them */
    struct dict ca_files;  /* struct tls_ca_file */
    struct dict crt_lists; /* struct tls_crt_list */
    struct list binds;     /* struct tls_bind */
    struct list clients;   /* struct tls_client */
    struct tls_client *plain_client;
    struct tls_changes *changes; /* of tls_store.c */
};

struct tls_library *tls_library_create(struct platform *platform,
                                       const struct tls_tuning *tuning); /* NULL: no memory */
void tls_library_destroy(struct tls_library *library); /* no connection may be open; NULL is fine */

/* A relative path below base, NULL: none; as it was else. In the library's arena; NULL: no memory. */
const char *tls_library_path(struct tls_library *library, const char *base, const char *path) MUST_USE;

/* The newest error that OpenSSL noted, as text; empties its queue. */
const char *tls_error_text(char *out, size_t size);

#endif
