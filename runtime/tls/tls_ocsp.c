/* Responses by certificate ID: made with the first certificate of the ID, gone with the last. */
#include "tls/tls_ocsp.h"
#include "base/civil_time.h"
#include "base/mem.h"
#include "base/units.h"
#include "tls/tls_cert.h"
#include "tls/tls_x509.h"
#include <openssl/err.h>
#include <openssl/x509v3.h>

/* What clocks may differ by: a response counts as gone so much earlier, and may begin so much later. */
#define SKEW_S 300

static bool wrong(struct buf *error, const char *format, ...) PRINTF_LIKE(2, 3);
static bool wrong(struct buf *error, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    buf_vprintf(error, format, values);
    va_end(values);
    ERR_clear_error();
    return false;
}

const char *tls_ocsp_status_text(enum tls_ocsp_status status)
{
    static const char *const texts[] = { "Unknown",
                                         "Update successful",
                                         "HTTP error",
                                         "Missing \"ocsp-response\" header",
                                         "OCSP response check failure",
                                         "Error during insertion" };
    return texts[status];
}

static int64_t now_s(const struct tls_library *library)
{
    return library->platform->ops->wall_ns(library->platform) / (int64_t)NS_PER_S;
}

/* ---- whom it is about ---- */

X509 *tls_ocsp_issuer(const struct tls_pem *pem)
{
    if (pem->issuer)
        return pem->issuer;
    return pem->chain && sk_X509_num(pem->chain) ? sk_X509_value(pem->chain, 0) : NULL;
}

bool tls_ocsp_key(const OCSP_CERTID *id, struct buf *out)
{
    unsigned char *der = NULL;
    int size = i2d_OCSP_CERTID(id, &der);
    for (int i = 0; i < size; i++)
        buf_printf(out, "%02x", der[i]);
    OPENSSL_free(der);
    return size > 0 && !out->failed;
}

static char *uri_of(X509 *leaf)
{
    STACK_OF(OPENSSL_STRING) *uris = X509_get1_ocsp(leaf);
    const char *first = uris && sk_OPENSSL_STRING_num(uris) ? sk_OPENSSL_STRING_value(uris, 0) : NULL;
    char *copy = first && first[0] ? mem_need_copy(str_of(first)) : NULL;
    X509_email_free(uris);
    return copy;
}

static void destroy(struct tls_ocsp *ocsp)
{
    OCSP_CERTID_free(ocsp->id);
    X509_free(ocsp->issuer);
    buf_finish(&ocsp->response);
    buf_finish(&ocsp->last_reason);
    mem_free(ocsp->key);
    mem_free(ocsp->uri);
    mem_free(ocsp);
}

/* Takes the id. NULL: no memory. */
static struct tls_ocsp *create(struct tls_library *library, const struct tls_pem *pem, OCSP_CERTID *id,
                               struct str key)
{
    struct tls_ocsp *ocsp = mem_zero(sizeof(*ocsp));
    if (!ocsp) {
        OCSP_CERTID_free(id);
        return NULL;
    }
    ocsp->library = library;
    list_init(&ocsp->certs);
    ocsp->id = id;
    ocsp->key = mem_need_copy(key);
    ocsp->uri = uri_of(pem->leaf);
    if (X509_up_ref(tls_ocsp_issuer(pem)))
        ocsp->issuer = tls_ocsp_issuer(pem);
    if (ocsp->issuer && dict_set(&library->ocsp, key, ocsp))
        return ocsp;
    destroy(ocsp);
    return NULL;
}

void tls_ocsp_tell(const struct tls_library *library)
{
    if (library->ocsp_changed)
        library->ocsp_changed(library->ocsp_changed_data);
}

void tls_ocsp_detach(struct tls_cert *cert)
{
    struct tls_ocsp *ocsp = cert->ocsp;
    if (!ocsp)
        return;
    cert->ocsp = NULL;
    list_remove(&cert->ocsp_link);
    if (list_empty(&ocsp->certs)) {
        tls_ocsp_tell(ocsp->library); /* while it is there still: an update that runs is to end */
        dict_remove(&ocsp->library->ocsp, str_of(ocsp->key));
        destroy(ocsp);
    }
}

static bool updates_on(const struct tls_cert *cert)
{
    return cert->ocsp_update == TLS_ON && !cert->library->tuning.ocsp_disable;
}

bool tls_ocsp_fits(const struct tls_pem *pem, const char *path, struct buf *error)
{
    return !pem->ocsp.size || tls_ocsp_issuer(pem) ||
           wrong(error,
                 "'%s.ocsp' is present and activates OCSP but it is impossible to compute the OCSP "
                 "certificate ID (maybe the issuer could not be found)'.",
                 path);
}

/* The ID as the certificate's present content has it, in *id and *key; *id NULL: it has none. */
static bool find_id(const struct tls_cert *cert, OCSP_CERTID **id, struct buf *key, struct buf *error)
{
    X509 *issuer = tls_ocsp_issuer(&cert->pem);
    *id = NULL;
    if (!tls_ocsp_fits(&cert->pem, cert->path, error))
        return false;
    if (!issuer)
        return true;
    *id = OCSP_cert_to_id(NULL, cert->pem.leaf, issuer);
    return (*id && tls_ocsp_key(*id, key)) || wrong(error, "out of memory");
}

/* Takes the id. */
static bool join(struct tls_cert *cert, OCSP_CERTID *id, struct str key, struct buf *error)
{
    struct tls_library *library = cert->library;
    struct tls_ocsp *ocsp = dict_get(&library->ocsp, key);
    if (cert->ocsp && cert->ocsp == ocsp) {
        OCSP_CERTID_free(id);
        return true;
    }
    if (ocsp)
        OCSP_CERTID_free(id);
    else
        ocsp = create(library, &cert->pem, id, key);
    if (!ocsp)
        return wrong(error, "out of memory");
    tls_ocsp_detach(cert);
    cert->ocsp = ocsp;
    list_add_last(&ocsp->certs, &cert->ocsp_link);
    return true;
}

static void warn_of(const struct tls_library *library, const char *path, const struct buf *why)
{
    if (library->warnings)
        buf_printf(library->warnings, "Loading '%s': %s. Content will be ignored.\n", path,
                   why->data ? why->data : "out of memory");
}

bool tls_ocsp_attach(struct tls_cert *cert, struct buf *error)
{
    struct tls_library *library = cert->library;
    OCSP_CERTID *id = NULL;
    struct buf key = BUF_INIT, why = BUF_INIT;
    bool has_response = cert->pem.ocsp.size > 0;
    bool well = find_id(cert, &id, &key, error);
    if (well && id && (has_response || updates_on(cert) || dict_get(&library->ocsp, buf_str(&key)))) {
        well = join(cert, id, buf_str(&key), error);
        id = NULL;
    } else if (well) {
        tls_ocsp_detach(cert);
    }
    if (well && has_response) {
        if (!tls_ocsp_replace(library, cert->ocsp, buf_str(&cert->pem.ocsp), &why))
            warn_of(library, cert->path, &why);
        buf_finish(&cert->pem.ocsp);
    }
    OCSP_CERTID_free(id);
    buf_finish(&key);
    buf_finish(&why);
    tls_ocsp_tell(library);
    return well;
}

struct tls_ocsp *tls_ocsp_find(const struct tls_library *library, const char *name)
{
    const struct tls_cert *cert = tls_cert_find(library, name);
    return cert ? cert->ocsp : dict_get(&library->ocsp, str_of(name));
}

const char *tls_ocsp_path(const struct tls_ocsp *ocsp)
{
    if (list_empty(&ocsp->certs))
        return "";
    return LIST_ITEM(list_first(&ocsp->certs), struct tls_cert, ocsp_link)->path;
}

bool tls_ocsp_wants_updates(const struct tls_ocsp *ocsp)
{
    LIST_EACH (link, &ocsp->certs) {
        const struct tls_cert *cert = LIST_ITEM(link, struct tls_cert, ocsp_link);
        if (ocsp->uri && updates_on(cert) && !list_empty(&cert->entries))
            return true;
    }
    return false;
}

struct str tls_ocsp_staple(const struct tls_ocsp *ocsp)
{
    if (!ocsp || !ocsp->response.size || ocsp->expires_s < now_s(ocsp->library))
        return STR_NONE;
    return buf_str(&ocsp->response);
}

/* ---- asking ---- */

bool tls_ocsp_request(const struct tls_ocsp *ocsp, struct buf *out)
{
    OCSP_REQUEST *request = OCSP_REQUEST_new();
    OCSP_CERTID *id = OCSP_CERTID_dup(ocsp->id);
    unsigned char *der = NULL;
    int size = -1;
    if (request && id && OCSP_request_add0_id(request, id)) {
        id = NULL; /* the request's */
        size = i2d_OCSP_REQUEST(request, &der);
    }
    if (size > 0)
        buf_add(out, str_make((char *)der, (size_t)size));
    OPENSSL_free(der);
    OCSP_CERTID_free(id);
    OCSP_REQUEST_free(request);
    ERR_clear_error();
    return size > 0 && !out->failed;
}

/* ---- what came ---- */

struct answer { /* one response, taken apart */
    OCSP_RESPONSE *whole;
    OCSP_BASICRESP *basic;
};

static void answer_finish(struct answer *answer)
{
    OCSP_BASICRESP_free(answer->basic);
    OCSP_RESPONSE_free(answer->whole);
    ERR_clear_error();
}

static bool answer_read(struct answer *answer, struct str der, struct buf *error)
{
    const unsigned char *at = (const unsigned char *)der.data;
    memset(answer, 0, sizeof(*answer));
    answer->whole = d2i_OCSP_RESPONSE(NULL, &at, (long)der.size);
    if (!answer->whole)
        return wrong(error, "Unable to parse OCSP response");
    if (OCSP_response_status(answer->whole) != OCSP_RESPONSE_STATUS_SUCCESSFUL)
        return wrong(error, "OCSP response status not successful");
    answer->basic = OCSP_response_get1_basic(answer->whole);
    return answer->basic || wrong(error, "Failed to get basic response from OCSP Response");
}

/* The issuer is all that is trusted: a chain that leads to it, from a signer whom it lets answer, is enough. */
static bool signed_by_right(const struct tls_ocsp *ocsp, OCSP_BASICRESP *basic, struct buf *error)
{
    char reason[128];
    X509_STORE *store = X509_STORE_new();
    STACK_OF(X509) *signers = sk_X509_new_null();
    bool well = false;
    if (store && signers && sk_X509_push(signers, ocsp->issuer) && X509_STORE_add_cert(store, ocsp->issuer)) {
        X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
        X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store), (time_t)now_s(ocsp->library));
        well = OCSP_basic_verify(basic, signers, store, OCSP_TRUSTOTHER) > 0;
    }
    sk_X509_free(signers);
    X509_STORE_free(store);
    return well || wrong(error, "OCSP response: %s", tls_error_text(reason, sizeof(reason)));
}

bool tls_ocsp_verify(const struct tls_ocsp *ocsp, struct str der, struct buf *error)
{
    struct answer answer;
    bool well = answer_read(&answer, der, error) && signed_by_right(ocsp, answer.basic, error);
    answer_finish(&answer);
    return well;
}

static bool seconds_of(const ASN1_GENERALIZEDTIME *time, int64_t *out)
{
    struct tm tm;
    if (!time || !ASN1_TIME_to_tm(time, &tm))
        return false;
    struct civil_time civil = { .year = tm.tm_year + 1900,
                                .month = tm.tm_mon + 1,
                                .day = tm.tm_mday,
                                .hour = tm.tm_hour,
                                .minute = tm.tm_min,
                                .second = tm.tm_sec };
    *out = civil_time_seconds(&civil);
    return true;
}

/* It says "good" or "revoked", since a while and for a while to come. */
static bool is_of_now(OCSP_SINGLERESP *single, int64_t now, int64_t *expires_s, struct buf *error)
{
    ASN1_GENERALIZEDTIME *from = NULL, *until = NULL;
    int64_t from_s, until_s;
    int status = OCSP_single_get0_status(single, NULL, NULL, &from, &until);
    if (status != V_OCSP_CERTSTATUS_GOOD && status != V_OCSP_CERTSTATUS_REVOKED)
        return wrong(error, "OCSP single response: certificate status is unknown");
    if (!until)
        return wrong(error, "OCSP single response: missing nextupdate");
    if (!seconds_of(from, &from_s) || !seconds_of(until, &until_s) || from_s > now + SKEW_S ||
        until_s + SKEW_S < now || until_s < from_s)
        return wrong(error, "OCSP single response: no longer valid.");
    *expires_s = until_s - SKEW_S;
    return *expires_s >= now || wrong(error,
                                      "OCSP single response: no longer valid. Must be valid during at least "
                                      "%ds.",
                                      SKEW_S);
}

/* Whom it is about, among those that are known. */
static struct tls_ocsp *find_about(struct tls_library *library, const OCSP_CERTID *id)
{
    struct buf key = BUF_INIT;
    struct tls_ocsp *found = tls_ocsp_key(id, &key) ? dict_get(&library->ocsp, buf_str(&key)) : NULL;
    buf_finish(&key);
    return found;
}

/* The one answer that it has, when that is good; *ocsp is whom it is about. */
static bool judge(struct tls_library *library, struct tls_ocsp **ocsp, OCSP_BASICRESP *basic,
                  int64_t *expires_s, struct buf *error)
{
    int count = OCSP_resp_count(basic);
    if (count > 1)
        return wrong(error, "OCSP response ignored because contains multiple single responses (%d)", count);
    OCSP_SINGLERESP *single = OCSP_resp_get0(basic, 0);
    if (!single)
        return wrong(error, "Failed to get OCSP single response");
    if (!is_of_now(single, now_s(library), expires_s, error))
        return false;
    const OCSP_CERTID *id = OCSP_SINGLERESP_get0_id(single);
    if (!*ocsp) {
        *ocsp = find_about(library, id);
        return *ocsp ||
               wrong(error, "OCSP single response: Certificate ID does not match any certificate or issuer");
    }
    return OCSP_id_cmp(id, (*ocsp)->id) == 0 ||
           wrong(error, "OCSP single response: Certificate ID does not match certificate and issuer");
}

bool tls_ocsp_replace(struct tls_library *library, struct tls_ocsp *ocsp, struct str der, struct buf *error)
{
    struct answer answer;
    struct buf copy = BUF_INIT;
    int64_t expires_s = 0;
    bool well = answer_read(&answer, der, error) && judge(library, &ocsp, answer.basic, &expires_s, error);
    answer_finish(&answer);
    if (!well)
        return false;
    buf_add(&copy, der);
    if (copy.failed)
        return wrong(error, "OCSP response: Memory allocation error");
    buf_finish(&ocsp->response);
    ocsp->response = copy;
    ocsp->expires_s = expires_s;
    return true;
}

bool tls_ocsp_print(struct str der, struct buf *out)
{
    const unsigned char *at = (const unsigned char *)der.data;
    OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &at, (long)der.size);
    BIO *bio = response ? BIO_new(BIO_s_mem()) : NULL;
    char *text = NULL;
    bool well = bio && OCSP_RESPONSE_print(bio, response, 0);
    long size = well ? BIO_get_mem_data(bio, &text) : 0;
    for (long i = 0; i < size; i++) {
        if (text[i] == '\n' && i && text[i - 1] == '\n')
            buf_add_char(out, ' '); /* an empty line would end the command's answer */
        buf_add_char(out, text[i]);
    }
    BIO_free(bio);
    OCSP_RESPONSE_free(response);
    ERR_clear_error();
    return well;
}
