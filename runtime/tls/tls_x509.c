/* Reading certificates. */
#include "tls/tls_x509.h"
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

static void add_value(const X509_NAME_ENTRY *entry, struct buf *out)
{
    const ASN1_STRING *value = X509_NAME_ENTRY_get_data(entry);
    buf_add(out, str_make((const char *)ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value)));
}

/* The short name of its kind, or its number when it has none. */
static struct str entry_kind(const X509_NAME_ENTRY *entry, char *room, int size)
{
    const ASN1_OBJECT *object = X509_NAME_ENTRY_get_object(entry);
    int nid = OBJ_obj2nid(object);
    if (nid != NID_undef)
        return str_of(OBJ_nid2sn(nid));
    int length = OBJ_obj2txt(room, size, object, 1);
    return str_make(room, length > 0 && length < size ? (size_t)length : 0);
}

static void name_rfc2253(const X509_NAME *name, struct buf *out)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *data = NULL;
    if (!bio)
        return;
    if (X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) >= 0) {
        long size = BIO_get_mem_data(bio, &data);
        buf_add(out, str_make(data, size > 0 ? (size_t)size : 0));
    }
    BIO_free(bio);
    ERR_clear_error();
}

void tls_x509_name(const X509_NAME *name, bool rfc2253, struct buf *out)
{
    char room[64];
    if (rfc2253) {
        name_rfc2253(name, out);
        return;
    }
    for (int i = 0; i < X509_NAME_entry_count(name); i++) {
        const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);
        buf_add_char(out, '/');
        buf_add(out, entry_kind(entry, room, sizeof(room)));
        buf_add_char(out, '=');
        add_value(entry, out);
    }
}

bool tls_x509_name_entry(const X509_NAME *name, struct str wanted, int64_t occurrence, struct buf *out)
{
    char room[64];
    int count = X509_NAME_entry_count(name), step = occurrence < 0 ? -1 : 1;
    int64_t left = occurrence < 0 ? -occurrence : occurrence ? occurrence : 1;
    for (int i = step > 0 ? 0 : count - 1; i >= 0 && i < count; i += step) {
        const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);
        if (!str_eq_nocase(entry_kind(entry, room, sizeof(room)), wanted) || --left)
            continue;
        add_value(entry, out);
        return true;
    }
    return false;
}

/* Two digits for the year, in either encoding; a certificate outside of 2000 to 2099 has none such. */
bool tls_x509_time(const ASN1_TIME *time, struct buf *out)
{
    struct str text = str_make((const char *)ASN1_STRING_get0_data(time), (size_t)ASN1_STRING_length(time));
    if (ASN1_STRING_type(time) == V_ASN1_GENERALIZEDTIME) {
        if (text.size < 12 || !str_starts(text, STR("20")))
            return false;
        text = str_from(text, 2);
    } else if (text.size < 10 || text.data[0] >= '5') {
        return false;
    }
    buf_add(out, text);
    return true;
}

void tls_x509_time_print(const ASN1_TIME *time, struct buf *out)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *data = NULL;
    if (bio && ASN1_TIME_print(bio, time)) {
        long size = BIO_get_mem_data(bio, &data);
        buf_add(out, str_make(data, size > 0 ? (size_t)size : 0));
    }
    BIO_free(bio);
    ERR_clear_error();
}

bool tls_x509_der(X509 *x509, struct buf *out)
{
    int size = i2d_X509(x509, NULL);
    unsigned char *at = size > 0 ? (unsigned char *)buf_room(out, (size_t)size) : NULL;
    if (!at)
        return false;
    i2d_X509(x509, &at);
    out->size += (size_t)size;
    return true;
}

const char *tls_x509_signature(const X509 *x509)
{
    return OBJ_nid2sn(X509_get_signature_nid(x509));
}

const char *tls_x509_key(const X509 *x509)
{
    ASN1_OBJECT *algorithm = NULL;
    if (!X509_PUBKEY_get0_param(&algorithm, NULL, NULL, NULL, X509_get_X509_PUBKEY(x509)))
        return NULL;
    return OBJ_nid2sn(OBJ_obj2nid(algorithm));
}

bool tls_x509_policies(const X509 *x509, struct str wanted, struct buf *out)
{
    CERTIFICATEPOLICIES *policies = X509_get_ext_d2i(x509, NID_certificate_policies, NULL, NULL);
    bool any = false;
    for (int i = 0; policies && i < sk_POLICYINFO_num(policies); i++) {
        char text[80];
        int size = OBJ_obj2txt(text, sizeof(text), sk_POLICYINFO_value(policies, i)->policyid, 1);
        if (size <= 0 || (size_t)size >= sizeof(text) || (wanted.size && !str_eq(wanted, str_of(text))))
            continue;
        if (any)
            buf_add_c(out, ", ");
        buf_add_c(out, text);
        any = true;
    }
    CERTIFICATEPOLICIES_free(policies);
    ERR_clear_error();
    return any;
}

/* ---- as the management socket shows it ---- */

void tls_x509_hex(const unsigned char *data, size_t size, struct buf *out)
{
    for (size_t i = 0; i < size; i++)
        buf_printf(out, "%02X", data[i]);
}

static void print_names(X509 *x509, struct buf *out)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(x509, NID_subject_alt_name, NULL, NULL);
    unsigned printed = 0;
    buf_add_c(out, "Subject Alternative Name: ");
    for (int i = 0; names && i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type != GEN_DNS)
            continue;
        buf_printf(out, "%sDNS:%.*s", printed++ ? ", " : "", ASN1_STRING_length(name->d.dNSName),
                   (const char *)ASN1_STRING_get0_data(name->d.dNSName));
    }
    GENERAL_NAMES_free(names);
    buf_add_char(out, '\n');
}

static void print_key(X509 *x509, struct buf *out)
{
    EVP_PKEY *key = X509_get0_pubkey(x509);
    if (!key)
        return;
    const char *kind = EVP_PKEY_is_a(key, "RSA")  ? "RSA"
                       : EVP_PKEY_is_a(key, "EC") ? "EC"
                                                  : EVP_PKEY_get0_type_name(key);
    buf_printf(out, "Algorithm: %s%d\n", kind, EVP_PKEY_get_bits(key));
}

void tls_x509_describe(X509 *x509, struct buf *out)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    const ASN1_INTEGER *serial = X509_get0_serialNumber(x509);
    buf_add_c(out, "Serial: ");
    tls_x509_hex(ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial), out);
    buf_add_c(out, "\nnotBefore: ");
    tls_x509_time_print(X509_get0_notBefore(x509), out);
    buf_add_c(out, "\nnotAfter: ");
    tls_x509_time_print(X509_get0_notAfter(x509), out);
    buf_add_char(out, '\n');
    print_names(x509, out);
    print_key(x509, out);
    if (X509_digest(x509, EVP_sha1(), digest, &size)) {
        buf_add_c(out, "SHA1 FingerPrint: ");
        tls_x509_hex(digest, size, out);
        buf_add_char(out, '\n');
    }
    buf_add_c(out, "Subject: ");
    tls_x509_name(X509_get_subject_name(x509), false, out);
    buf_add_c(out, "\nIssuer: ");
    tls_x509_name(X509_get_issuer_name(x509), false, out);
    buf_add_char(out, '\n');
}

/* ---- results of verification ---- */

#define ERROR(name)                                                                                          \
    {                                                                                                        \
        name, #name                                                                                          \
    }
/* clang-format off */
static const struct {
    int number;
    const char *name;
} errors[] = {
    ERROR(X509_V_OK), ERROR(X509_V_ERR_UNSPECIFIED), ERROR(X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT),
    ERROR(X509_V_ERR_UNABLE_TO_GET_CRL), ERROR(X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE),
    ERROR(X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE), ERROR(X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY),
    ERROR(X509_V_ERR_CERT_SIGNATURE_FAILURE), ERROR(X509_V_ERR_CRL_SIGNATURE_FAILURE),
    ERROR(X509_V_ERR_CERT_NOT_YET_VALID), ERROR(X509_V_ERR_CERT_HAS_EXPIRED),
    ERROR(X509_V_ERR_CRL_NOT_YET_VALID), ERROR(X509_V_ERR_CRL_HAS_EXPIRED),
    ERROR(X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD), ERROR(X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD),
    ERROR(X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD), ERROR(X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD),
    ERROR(X509_V_ERR_OUT_OF_MEM), ERROR(X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT),
    ERROR(X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN), ERROR(X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY),
    ERROR(X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE), ERROR(X509_V_ERR_CERT_CHAIN_TOO_LONG),
    ERROR(X509_V_ERR_CERT_REVOKED), ERROR(X509_V_ERR_NO_ISSUER_PUBLIC_KEY),
    ERROR(X509_V_ERR_PATH_LENGTH_EXCEEDED), ERROR(X509_V_ERR_INVALID_PURPOSE),
    ERROR(X509_V_ERR_CERT_UNTRUSTED), ERROR(X509_V_ERR_CERT_REJECTED),
    ERROR(X509_V_ERR_SUBJECT_ISSUER_MISMATCH), ERROR(X509_V_ERR_AKID_SKID_MISMATCH),
    ERROR(X509_V_ERR_AKID_ISSUER_SERIAL_MISMATCH), ERROR(X509_V_ERR_KEYUSAGE_NO_CERTSIGN),
    ERROR(X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER), ERROR(X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION),
    ERROR(X509_V_ERR_KEYUSAGE_NO_CRL_SIGN), ERROR(X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION),
    ERROR(X509_V_ERR_INVALID_NON_CA), ERROR(X509_V_ERR_PROXY_PATH_LENGTH_EXCEEDED),
    ERROR(X509_V_ERR_KEYUSAGE_NO_DIGITAL_SIGNATURE), ERROR(X509_V_ERR_PROXY_CERTIFICATES_NOT_ALLOWED),
    ERROR(X509_V_ERR_INVALID_EXTENSION), ERROR(X509_V_ERR_INVALID_POLICY_EXTENSION),
    ERROR(X509_V_ERR_NO_EXPLICIT_POLICY), ERROR(X509_V_ERR_DIFFERENT_CRL_SCOPE),
    ERROR(X509_V_ERR_UNSUPPORTED_EXTENSION_FEATURE), ERROR(X509_V_ERR_UNNESTED_RESOURCE),
    ERROR(X509_V_ERR_PERMITTED_VIOLATION), ERROR(X509_V_ERR_EXCLUDED_VIOLATION),
    ERROR(X509_V_ERR_SUBTREE_MINMAX), ERROR(X509_V_ERR_APPLICATION_VERIFICATION),
    ERROR(X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE), ERROR(X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX),
    ERROR(X509_V_ERR_UNSUPPORTED_NAME_SYNTAX), ERROR(X509_V_ERR_CRL_PATH_VALIDATION_ERROR),
    ERROR(X509_V_ERR_PATH_LOOP), ERROR(X509_V_ERR_SUITE_B_INVALID_VERSION),
    ERROR(X509_V_ERR_SUITE_B_INVALID_ALGORITHM), ERROR(X509_V_ERR_SUITE_B_INVALID_CURVE),
    ERROR(X509_V_ERR_SUITE_B_INVALID_SIGNATURE_ALGORITHM), ERROR(X509_V_ERR_SUITE_B_LOS_NOT_ALLOWED),
    ERROR(X509_V_ERR_SUITE_B_CANNOT_SIGN_P_384_WITH_P_256), ERROR(X509_V_ERR_HOSTNAME_MISMATCH),
    ERROR(X509_V_ERR_EMAIL_MISMATCH), ERROR(X509_V_ERR_IP_ADDRESS_MISMATCH),
    ERROR(X509_V_ERR_DANE_NO_MATCH), ERROR(X509_V_ERR_EE_KEY_TOO_SMALL), ERROR(X509_V_ERR_CA_KEY_TOO_SMALL),
    ERROR(X509_V_ERR_CA_MD_TOO_WEAK), ERROR(X509_V_ERR_INVALID_CALL), ERROR(X509_V_ERR_STORE_LOOKUP),
    ERROR(X509_V_ERR_NO_VALID_SCTS), ERROR(X509_V_ERR_PROXY_SUBJECT_NAME_VIOLATION),
    ERROR(X509_V_ERR_OCSP_VERIFY_NEEDED), ERROR(X509_V_ERR_OCSP_VERIFY_FAILED),
    ERROR(X509_V_ERR_OCSP_CERT_UNKNOWN), ERROR(X509_V_ERR_UNSUPPORTED_SIGNATURE_ALGORITHM),
    ERROR(X509_V_ERR_SIGNATURE_ALGORITHM_MISMATCH), ERROR(X509_V_ERR_SIGNATURE_ALGORITHM_INCONSISTENCY),
    ERROR(X509_V_ERR_INVALID_CA), ERROR(X509_V_ERR_PATHLEN_INVALID_FOR_NON_CA),
    ERROR(X509_V_ERR_PATHLEN_WITHOUT_KU_KEY_CERT_SIGN),
    ERROR(X509_V_ERR_KU_KEY_CERT_SIGN_INVALID_FOR_NON_CA), ERROR(X509_V_ERR_ISSUER_NAME_EMPTY),
    ERROR(X509_V_ERR_SUBJECT_NAME_EMPTY), ERROR(X509_V_ERR_MISSING_AUTHORITY_KEY_IDENTIFIER),
    ERROR(X509_V_ERR_MISSING_SUBJECT_KEY_IDENTIFIER), ERROR(X509_V_ERR_EMPTY_SUBJECT_ALT_NAME),
    ERROR(X509_V_ERR_EMPTY_SUBJECT_SAN_NOT_CRITICAL), ERROR(X509_V_ERR_CA_BCONS_NOT_CRITICAL),
    ERROR(X509_V_ERR_AUTHORITY_KEY_IDENTIFIER_CRITICAL), ERROR(X509_V_ERR_SUBJECT_KEY_IDENTIFIER_CRITICAL),
    ERROR(X509_V_ERR_CA_CERT_MISSING_KEY_USAGE), ERROR(X509_V_ERR_EXTENSIONS_REQUIRE_VERSION_3),
    ERROR(X509_V_ERR_EC_KEY_EXPLICIT_PARAMS),
};
/* clang-format on */

const char *tls_x509_error_name(int64_t error)
{
    for (size_t i = 0; i < COUNT_OF(errors); i++) {
        if (errors[i].number == error)
            return errors[i].name;
    }
    return NULL;
}

int tls_x509_error_number(struct str name)
{
    for (size_t i = 0; i < COUNT_OF(errors); i++) {
        if (str_eq_nocase(str_of(errors[i].name), name))
            return errors[i].number;
    }
    return -1;
}
