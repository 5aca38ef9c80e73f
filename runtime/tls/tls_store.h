/* Changing certificates while the proxy runs: a change is prepared beside what serves, then put in its place in all
 * contexts at once, or dropped. One change of each kind is prepared at a time. */
#ifndef TLS_TLS_STORE_H
#define TLS_TLS_STORE_H
#include "tls/tls_ca.h"
#include "tls/tls_cert.h"

struct tls_crt_line;
struct tls_crt_list;

struct tls_cert_change {
    char *path; /* NULL: none is prepared */
    struct tls_pem pem;
};

struct tls_ca_change {
    char *path;
    struct tls_ca_content content;
};

struct tls_changes {
    struct tls_cert_change cert;
    struct tls_ca_change ca, crl;
};

/* Prepares text as the new content of a part: path names the certificate, or a file beside it (.key, .ocsp, .issuer,
 * .sctl). *cert_path is the certificate's. *fresh: no change was being prepared. */
bool tls_store_set_cert(struct tls_library *library, const char *path, struct str text,
                        const char **cert_path, bool *fresh, struct buf *error) MUST_USE;
/* *updated: how many contexts were renewed. When it fails the old content goes on serving. */
bool tls_store_commit_cert(struct tls_library *library, const char *path, unsigned *updated,
                           struct buf *error) MUST_USE;
void tls_store_abort_cert(struct tls_library *library);

/* append: to what is there, else in its place. */
bool tls_store_set_ca(struct tls_library *library, struct tls_ca_file *file, struct str text, bool append,
                      bool *fresh, struct buf *error) MUST_USE;
bool tls_store_commit_ca(struct tls_library *library, bool is_crl, const char *path, unsigned *updated,
                         struct buf *error) MUST_USE;
void tls_store_abort_ca(struct tls_library *library, bool is_crl);
bool tls_store_ca_used(const struct tls_library *library, const struct tls_ca_file *file);

/* A line joins the list and all binds that use it. *updated: binds. */
bool tls_store_add_line(struct tls_crt_list *list, struct tls_crt_line *line, unsigned *updated,
                        struct buf *error) MUST_USE;
void tls_store_remove_line(struct tls_crt_line *line);

void tls_store_finish(struct tls_library *library);

#endif
