/* OCSP responses (RFC 6960), by what they are about: all certificates of one ID share what is stapled to their
 * handshakes, and what is known of its updates (manual 12.7.1, "ocsp-update"). */
#ifndef TLS_TLS_OCSP_H
#define TLS_TLS_OCSP_H
#include "base/buf.h"
#include "base/list.h"
#include <openssl/ocsp.h>

struct tls_cert;
struct tls_library;
struct tls_pem;

enum tls_ocsp_status { /* of an update; the numbers are the manual's (management manual 9.3 "show ssl ocsp-updates") */
                       TLS_OCSP_UNKNOWN,
                       TLS_OCSP_UPDATED,
                       TLS_OCSP_HTTP_ERROR,
                       TLS_OCSP_NO_HEADER,
                       TLS_OCSP_REFUSED,
                       TLS_OCSP_NOT_INSERTED,
};
const char *tls_ocsp_status_text(enum tls_ocsp_status status);

struct tls_ocsp {
    struct tls_library *library;
    char *key;         /* the ID in DER, as hex */
    struct list certs; /* struct tls_cert; the first gives it its name */
    OCSP_CERTID *id;
    X509 *issuer;
    char *uri;           /* where to ask; NULL: the certificate does not say */
    struct buf response; /* DER; empty: none yet */
    int64_t expires_s;   /* of the wall clock: not stapled after */
    /* Of its updates, which are the updater's business. */
    bool scheduled, updating;
    uint64_t next_ns; /* when it is scheduled */
    int64_t last_s;   /* of the wall clock; 0: never */
    unsigned successes, failures, failures_in_row;
    enum tls_ocsp_status last_status;
    struct buf last_reason; /* of a failure; may be empty */
};

/* The certificate begins to serve, or has new content: it gets what belongs to its ID. A response that came with it is
 * taken out of it, and kept when it is good; what is wrong with it is a warning. false: *error says why, it cannot serve. */
bool tls_ocsp_attach(struct tls_cert *cert, struct buf *error) MUST_USE;
void tls_ocsp_detach(struct tls_cert *cert);
/* What tls_ocsp_attach would refuse of a new content. */
bool tls_ocsp_fits(const struct tls_pem *pem, const char *path, struct buf *error) MUST_USE;

/* One who uses it came or left: whoever keeps responses fresh looks again. */
void tls_ocsp_tell(const struct tls_library *library);

/* By its key, or by the path of one of its certificates. */
struct tls_ocsp *tls_ocsp_find(const struct tls_library *library, const char *name);
/* Of its first certificate; "": it is about to go. */
const char *tls_ocsp_path(const struct tls_ocsp *ocsp);
/* One of its certificates serves and wants its response kept fresh. */
bool tls_ocsp_wants_updates(const struct tls_ocsp *ocsp);
/* What is to be stapled now; empty: nothing is good. */
struct str tls_ocsp_staple(const struct tls_ocsp *ocsp);

/* The question, in DER. false: no memory. */
bool tls_ocsp_request(const struct tls_ocsp *ocsp, struct buf *out) MUST_USE;
/* The issuer signed it, or somebody to whom it gave that right. */
bool tls_ocsp_verify(const struct tls_ocsp *ocsp, struct str der, struct buf *error) MUST_USE;
/* Takes the place of the one before when it is of now, and about `ocsp`, or about anything known when that is NULL. */
bool tls_ocsp_replace(struct tls_library *library, struct tls_ocsp *ocsp, struct str der,
                      struct buf *error) MUST_USE;

bool tls_ocsp_print(struct str der, struct buf *out); /* as `openssl ocsp -text` has it */
/* Who signed the leaf, as far as it is known: of a file of its own, of the chain, or NULL. */
X509 *tls_ocsp_issuer(const struct tls_pem *pem);
/* The ID as hex. false: it cannot be had. */
bool tls_ocsp_key(const OCSP_CERTID *id, struct buf *out) MUST_USE;

#endif
