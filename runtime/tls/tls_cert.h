/* A certificate as its files give it: leaf, key, chain and what is stapled. Kept by path; whoever uses one registers,
 * so that a new content can be put in its place while the proxy runs. */
#ifndef TLS_TLS_CERT_H
#define TLS_TLS_CERT_H
#include "base/diag.h"
#include "tls/tls_library.h"
#include <openssl/x509.h>

struct tls_pem {         /* one content */
    X509 *leaf, *issuer; /* issuer: of its own file, for OCSP */
    EVP_PKEY *key, *dh;
    STACK_OF(X509) * chain;
    const char *chain_path; /* where the chain is from, when not from the certificate's file */
    struct buf ocsp, sctl;  /* DER; a response that is not in use yet */
};

struct tls_cert {
    struct tls_library *library;
    char *path;
    struct tls_pem pem;
    int ocsp_update;       /* enum tls_switch: as its users have it; not said before the first one */
    bool said_by_store;    /* a crt-store said so: users need not */
    struct tls_ocsp *ocsp; /* what is stapled; NULL: nothing */
    struct list ocsp_link; /* its certs */
    struct list entries;   /* struct tls_entry, of binds */
    struct list clients;   /* struct tls_client */
};

void tls_pem_init(struct tls_pem *pem);
void tls_pem_finish(struct tls_pem *pem);
/* Adds what the text holds; a leaf, chain or key that it holds takes the place of what was there. path names it in
 * messages. */
bool tls_pem_read(struct tls_library *library, struct tls_pem *pem, struct str text, const char *path,
                  struct buf *error) MUST_USE;
/* The leaf is there, the key is there and belongs to it. */
bool tls_pem_whole(const struct tls_pem *pem, const char *path, struct buf *error) MUST_USE;
bool tls_pem_copy(const struct tls_pem *pem, struct tls_pem *out) MUST_USE; /* out takes references */
/* A response for stapling, checked to be one. */
bool tls_pem_set_ocsp(struct tls_pem *pem, struct str text, const char *path, struct buf *error) MUST_USE;
/* A list of signed timestamps (RFC 6962 section 3.3), checked to be one. */
bool tls_pem_set_sctl(struct tls_pem *pem, struct str text, const char *path, struct buf *error) MUST_USE;

struct tls_files { /* of one certificate; all but crt may be NULL */
    const char *crt, *key, *issuer, *ocsp, *sctl;
    int ocsp_update; /* enum tls_switch */
};

struct crt_load { /* a line of a crt-store */
    struct crt_load *next;
    const char *name; /* under which it is found: "@store/alias", or the path of crt */
    struct tls_files files;
    struct diag_place at;
};

/* A certificate under a name of its own, from files that are named; what they lack is looked for beside crt. */
bool tls_cert_load_files(struct tls_library *library, const char *name, const struct tls_files *files,
                         struct buf *error) MUST_USE;
/* The certificate of a path, read when it is first wanted. NULL: *error says why. */
struct tls_cert *tls_cert_load(struct tls_library *library, const char *path, struct buf *error) MUST_USE;
/* An empty one of that name, for `new ssl cert`. NULL: no memory. */
struct tls_cert *tls_cert_create(struct tls_library *library, const char *path) MUST_USE;
struct tls_cert *tls_cert_find(const struct tls_library *library, const char *path);
void tls_cert_destroy(struct tls_cert *cert); /* not taken out of the library's list */
static inline bool tls_cert_used(const struct tls_cert *cert)
{
    return !list_empty(&cert->entries) || !list_empty(&cert->clients);
}
/* A user says whether its OCSP response is to be updated; not said: as tuning has it. All have to say the same. */
bool tls_cert_want_update(struct tls_cert *cert, int wanted, struct buf *error) MUST_USE;
/* Makes the SSL_CTX present it. */
bool tls_cert_apply(const struct tls_pem *pem, SSL_CTX *context, const char *path,
                    struct buf *error) MUST_USE;

#endif
