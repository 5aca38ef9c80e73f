/* Files of authorities and of revoked certificates, kept by path. */
#ifndef TLS_TLS_CA_H
#define TLS_TLS_CA_H
#include "tls/tls_library.h"
#include <openssl/x509.h>

struct tls_ca_content {
    STACK_OF(X509) * authorities;
    STACK_OF(X509_CRL) * revoked;
};

struct tls_ca_file {
    struct tls_library *library;
    char *path;
    struct tls_ca_content content;
    bool is_crl; /* named by crl-file */
};

/* NULL: *error says why. */
struct tls_ca_file *tls_ca_load(struct tls_library *library, const char *path, bool is_crl,
                                struct buf *error) MUST_USE;
struct tls_ca_file *tls_ca_create(struct tls_library *library, const char *path, bool is_crl) MUST_USE;
/* By the path as a setting has it, before ca-base. */
struct tls_ca_file *tls_ca_find_written(const struct tls_library *library, const char *written);
struct tls_ca_file *tls_ca_find(const struct tls_library *library, const char *path);
void tls_ca_destroy(struct tls_ca_file *file);
/* Appends what the text holds. false: nothing was in it, or it is broken. */
bool tls_ca_read(struct tls_library *library, struct tls_ca_content *content, struct str text) MUST_USE;
void tls_ca_content_finish(struct tls_ca_content *content);
bool tls_ca_copy(const struct tls_ca_content *content,
                 struct tls_ca_content *out) MUST_USE; /* takes references */
/* Puts all of the file into the store; CRLs switch their checks on. */
bool tls_ca_apply(const struct tls_ca_file *file, X509_STORE *store) MUST_USE;

#endif
