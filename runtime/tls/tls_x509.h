/* What a certificate says, as text and bytes for fetches and the management socket. */
#ifndef TLS_TLS_X509_H
#define TLS_TLS_X509_H
#include "base/buf.h"
#include <openssl/x509.h>

/* "/C=FR/O=x/CN=y"; with rfc2253 in that order and shape. */
void tls_x509_name(const X509_NAME *name, bool rfc2253, struct buf *out);
/* The occurrence-th value of an entry such as "CN"; negative: counted from the end. false: there is none. */
bool tls_x509_name_entry(const X509_NAME *name, struct str entry, int64_t occurrence,
                         struct buf *out) MUST_USE;
/* "340101000000Z". false: no such time. */
bool tls_x509_time(const ASN1_TIME *time, struct buf *out) MUST_USE;
/* "Jan  1 00:00:00 2034 GMT" */
void tls_x509_time_print(const ASN1_TIME *time, struct buf *out);
bool tls_x509_der(X509 *x509, struct buf *out) MUST_USE; /* appends */
const char *tls_x509_signature(const X509 *x509);        /* "RSA-SHA256" */
const char *tls_x509_key(const X509 *x509);              /* "rsaEncryption" */
/* Its policies' numbers with ", " between; with one wanted, that alone. false: there is none such. */
bool tls_x509_policies(const X509 *x509, struct str wanted, struct buf *out) MUST_USE;
/* Serial, validity, names, key, digest, subject and issuer, a line each. */
void tls_x509_describe(X509 *x509, struct buf *out);
void tls_x509_hex(const unsigned char *data, size_t size, struct buf *out);
/* "X509_V_ERR_CERT_HAS_EXPIRED" and its number, both ways; NULL and -1 for none. */
const char *tls_x509_error_name(int64_t error);
int tls_x509_error_number(struct str name);

#endif
