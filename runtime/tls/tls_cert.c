/* Reading certificates: PEM blocks in any order, then the files that may stand beside (.key, .ocsp, .issuer, .sctl). */
#include "tls/tls_cert.h"
#include "base/mem.h"
#include "tls/tls_issuer.h"
#include "tls/tls_ocsp.h"
#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>

void tls_pem_init(struct tls_pem *pem)
{
    memset(pem, 0, sizeof(*pem));
}

void tls_pem_finish(struct tls_pem *pem)
{
    X509_free(pem->leaf);
    X509_free(pem->issuer);
    EVP_PKEY_free(pem->key);
    EVP_PKEY_free(pem->dh);
    sk_X509_pop_free(pem->chain, X509_free);
    buf_finish(&pem->ocsp);
    buf_finish(&pem->sctl);
    tls_pem_init(pem);
}

bool tls_pem_copy(const struct tls_pem *pem, struct tls_pem *out)
{
    tls_pem_init(out);
    out->chain = pem->chain ? X509_chain_up_ref(pem->chain) : NULL;
    out->chain_path = pem->chain_path;
    buf_add(&out->ocsp, buf_str(&pem->ocsp));
    buf_add(&out->sctl, buf_str(&pem->sctl));
    if ((pem->chain && !out->chain) || out->ocsp.failed || out->sctl.failed) {
        tls_pem_finish(out);
        return false;
    }
    if (pem->leaf && X509_up_ref(pem->leaf))
        out->leaf = pem->leaf;
    if (pem->issuer && X509_up_ref(pem->issuer))
        out->issuer = pem->issuer;
    if (pem->key && EVP_PKEY_up_ref(pem->key))
        out->key = pem->key;
    if (pem->dh && EVP_PKEY_up_ref(pem->dh))
        out->dh = pem->dh;
    return true;
}

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

/* ---- one PEM block ---- */

static X509 *read_x509(struct tls_library *library, const unsigned char *der, long size)
{
    X509 *x509 = X509_new_ex(library->openssl, NULL);
    if (x509 && d2i_X509(&x509, &der, size))
        return x509;
    X509_free(x509);
    return NULL;
}

/* What one pass over a text finds; it replaces only once the whole text was good. */
struct found {
    X509 *leaf;
    STACK_OF(X509) * chain;
    EVP_PKEY *key, *dh;
};

static bool take_block(struct tls_library *library, struct found *found, const char *name,
                       const unsigned char *der, long size)
{
    struct str kind = str_of(name);
    if (strcmp(name, PEM_STRING_X509) == 0 || strcmp(name, PEM_STRING_X509_OLD) == 0 ||
        strcmp(name, PEM_STRING_X509_TRUSTED) == 0) {
        X509 *x509 = read_x509(library, der, size);
        if (!x509)
            return false;
        if (!found->leaf) {
            found->leaf = x509;
            return true;
        }
        bool self_issued = !X509_NAME_cmp(X509_get_subject_name(x509), X509_get_issuer_name(x509));
        if (self_issued && library->tuning.skip_self_issued_ca) { /* who trusts it has it */
            X509_free(x509);
            return true;
        }
        if (!found->chain)
            found->chain = sk_X509_new_null();
        if (found->chain && sk_X509_push(found->chain, x509))
            return true;
        X509_free(x509);
        return false;
    }
    if (str_ends(kind, STR("PRIVATE KEY"))) {
        if (!found->key) /* with several, the first counts */
            found->key = d2i_AutoPrivateKey_ex(NULL, &der, size, library->openssl, NULL);
        return found->key != NULL;
    }
    if (strcmp(name, PEM_STRING_DHPARAMS) == 0) {
        EVP_PKEY_free(found->dh);
        found->dh = d2i_KeyParams(EVP_PKEY_DH, NULL, &der, size);
        return found->dh != NULL;
    }
    return true; /* EC PARAMETERS and whatever else may stand there */
}

static void found_finish(struct found *found)
{
    X509_free(found->leaf);
    sk_X509_pop_free(found->chain, X509_free);
    EVP_PKEY_free(found->key);
    EVP_PKEY_free(found->dh);
}

static void replace(struct tls_pem *pem, struct found *found)
{
    if (found->leaf) {
        X509_free(pem->leaf);
        sk_X509_pop_free(pem->chain, X509_free);
        pem->leaf = found->leaf;
        pem->chain = found->chain;
        pem->chain_path = NULL;
    }
    if (found->key) {
        EVP_PKEY_free(pem->key);
        pem->key = found->key;
    }
    if (found->dh) {
        EVP_PKEY_free(pem->dh);
        pem->dh = found->dh;
    }
}

bool tls_pem_read(struct tls_library *library, struct tls_pem *pem, struct str text, const char *path,
                  struct buf *error)
{
    struct found found = { 0 };
    unsigned blocks = 0;
    bool well = true;
    BIO *bio = BIO_new_mem_buf(text.size ? text.data : "", (int)text.size);
    if (!bio)
        return wrong(error, "out of memory");
    while (well) {
        char *name = NULL, *header = NULL;
        unsigned char *der = NULL;
        long size = 0;
        if (!PEM_read_bio(bio, &name, &header, &der, &size)) {
            well = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
            break;
        }
        blocks++;
        well = !header[0] && take_block(library, &found, name, der, size);
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_clear_free(der, (size_t)size);
    }
    BIO_free(bio);
    ERR_clear_error();
    if (!well || !blocks) {
        found_finish(&found);
        return wrong(error, "unable to load certificate from file '%s'.", path);
    }
    replace(pem, &found);
    return true;
}

/* ---- as a whole ---- */

bool tls_pem_whole(const struct tls_pem *pem, const char *path, struct buf *error)
{
    if (!pem->leaf)
        return wrong(error, "unable to load certificate from file '%s'.", path);
    if (!pem->key)
        return wrong(error, "No Private Key found in '%s'.", path);
    if (!X509_check_private_key(pem->leaf, pem->key))
        return wrong(error, "inconsistencies between private key and certificate loaded '%s'.", path);
    return true;
}

/* The size of the list, then each timestamp behind its size. */
static bool is_sctl(struct str text)
{
    const unsigned char *at = (const unsigned char *)text.data;
    if (text.size < 2 || text.size - 2 != ((size_t)at[0] << 8 | at[1]))
        return false;
    for (size_t left = text.size - 2, i = 2, size; left; left -= size, i += size) {
        if (left < 2)
            return false;
        size = 2 + ((size_t)at[i] << 8 | at[i + 1]);
        if (size > left)
            return false;
    }
    return true;
}

bool tls_pem_set_sctl(struct tls_pem *pem, struct str text, const char *path, struct buf *error)
{
    if (!is_sctl(text))
        return wrong(error, "unable to load a list of signed certificate timestamps from file '%s'.", path);
    buf_reset(&pem->sctl);
    buf_add(&pem->sctl, text);
    return !pem->sctl.failed;
}

bool tls_pem_set_ocsp(struct tls_pem *pem, struct str text, const char *path, struct buf *error)
{
    const unsigned char *der = (const unsigned char *)text.data;
    OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &der, (long)text.size);
    if (!response)
        return wrong(error, "Unable to parse OCSP response from file '%s'.", path);
    int status = OCSP_response_status(response);
    OCSP_RESPONSE_free(response);
    if (status != OCSP_RESPONSE_STATUS_SUCCESSFUL)
        return wrong(error, "OCSP response status not successful in file '%s'.", path);
    buf_reset(&pem->ocsp);
    buf_add(&pem->ocsp, text);
    return !pem->ocsp.failed;
}

/* What a file holds is looked at when the certificate is used: then it is known whom it has to be about. */
static bool keep_ocsp(struct tls_pem *pem, struct str text, struct buf *error)
{
    buf_reset(&pem->ocsp);
    buf_add(&pem->ocsp, text);
    return !pem->ocsp.failed || wrong(error, "out of memory");
}

/* ---- files ---- */

/* The file beside: path + ending, or with the path's own ending cut when so configured. IO_OK: out has it. */
static enum io_status read_beside(struct tls_library *library, const char *path, const char *ending,
                                  struct buf *name, struct buf *out)
{
    struct str stem = str_of(path);
    size_t dot = str_find_last_char(stem, '.');
    buf_reset(name);
    buf_reset(out);
    if (library->tuning.extra_delete_extension && dot != STR_NOT_FOUND &&
        str_eq(str_from(stem, dot), STR(".crt")))
        stem = str_slice(stem, 0, dot);
    buf_add(name, stem);
    buf_add_c(name, ending);
    if (name->failed)
        return IO_NO_MEMORY;
    return library->platform->ops->file_read(library->platform, name->data, out);
}

static bool read_extras(struct tls_library *library, struct tls_pem *pem, const char *path, struct buf *error)
{
    unsigned wanted = library->tuning.extra_files;
    struct buf name = BUF_INIT, text = BUF_INIT;
    bool well = true;
    if (!pem->key && (wanted & TLS_EXTRA_KEY)) {
        if (read_beside(library, path, ".key", &name, &text) == IO_OK)
            well = tls_pem_read(library, pem, buf_str(&text), name.data, error);
        else
            well = wrong(error, "No Private Key found in '%s'.", name.data ? name.data : path);
    }
    if (well && !pem->issuer && (wanted & TLS_EXTRA_ISSUER) &&
        read_beside(library, path, ".issuer", &name, &text) == IO_OK) {
        struct tls_pem issuer;
        tls_pem_init(&issuer);
        well = tls_pem_read(library, &issuer, buf_str(&text), name.data, error);
        pem->issuer = issuer.leaf;
        issuer.leaf = NULL;
        tls_pem_finish(&issuer);
    }
    if (well && !pem->ocsp.size && (wanted & TLS_EXTRA_OCSP) &&
        read_beside(library, path, ".ocsp", &name, &text) == IO_OK && text.size)
        well = keep_ocsp(pem, buf_str(&text), error);
    if (well && !pem->sctl.size && (wanted & TLS_EXTRA_SCTL) &&
        read_beside(library, path, ".sctl", &name, &text) == IO_OK)
        well = tls_pem_set_sctl(pem, buf_str(&text), name.data, error);
    buf_finish(&name);
    buf_finish(&text);
    return well;
}

struct tls_cert *tls_cert_find(const struct tls_library *library, const char *path)
{
    return dict_get(&library->certs, str_of(path));
}

struct tls_cert *tls_cert_create(struct tls_library *library, const char *path)
{
    struct tls_cert *cert = mem_zero(sizeof(*cert));
    if (!cert)
        return NULL;
    cert->library = library;
    cert->path = mem_need_copy(str_of(path));
    tls_pem_init(&cert->pem);
    list_init(&cert->entries);
    list_init(&cert->clients);
    list_init(&cert->ocsp_link);
    if (dict_set(&library->certs, str_of(path), cert))
        return cert;
    tls_cert_destroy(cert);
    return NULL;
}

void tls_cert_destroy(struct tls_cert *cert)
{
    if (!cert)
        return;
    tls_ocsp_detach(cert);
    tls_pem_finish(&cert->pem);
    mem_free(cert->path);
    mem_free(cert);
}

static const char *reason_text(enum io_status status)
{
    return status == IO_NOT_FOUND ? "No such file or directory" : platform_status_text(status);
}

static bool read_file(struct tls_library *library, const char *path, struct buf *text, struct buf *error)
{
    buf_reset(text);
    enum io_status status = library->platform->ops->file_read(library->platform, path, text);
    return status == IO_OK ||
           wrong(error, "unable to stat SSL certificate from file '%s' : %s.", path, reason_text(status));
}

/* The key, the issuer and the rest, where they have files of their own. */
static bool read_named(struct tls_library *library, struct tls_pem *pem, const struct tls_files *files,
                       struct buf *error)
{
    struct buf text = BUF_INIT;
    struct tls_pem key, issuer;
    tls_pem_init(&key);
    tls_pem_init(&issuer);
    bool well = true;
    if (files->key) {
        well = read_file(library, files->key, &text, error) &&
               tls_pem_read(library, &key, buf_str(&text), files->key, error) &&
               (key.key || wrong(error, "No Private Key found in '%s'.", files->key));
        EVP_PKEY_free(pem->key);
        pem->key = key.key;
        key.key = NULL;
    }
    if (well && files->issuer) {
        well = read_file(library, files->issuer, &text, error) &&
               tls_pem_read(library, &issuer, buf_str(&text), files->issuer, error) &&
               (issuer.leaf || wrong(error, "unable to load certificate from file '%s'.", files->issuer));
        pem->issuer = issuer.leaf;
        issuer.leaf = NULL;
    }
    if (well && files->ocsp)
        well = read_file(library, files->ocsp, &text, error) && keep_ocsp(pem, buf_str(&text), error);
    if (well && files->sctl)
        well = read_file(library, files->sctl, &text, error) &&
               tls_pem_set_sctl(pem, buf_str(&text), files->sctl, error);
    tls_pem_finish(&key);
    tls_pem_finish(&issuer);
    buf_finish(&text);
    return well;
}

static struct tls_cert *load(struct tls_library *library, const char *name, const struct tls_files *files,
                             struct buf *error)
{
    const char *path = files->crt;
    struct tls_cert *cert = NULL;
    struct buf text = BUF_INIT;
    struct tls_pem pem;
    tls_pem_init(&pem);
    bool well = read_file(library, path, &text, error) &&
                tls_pem_read(library, &pem, buf_str(&text), path, error) &&
                (pem.leaf || wrong(error, "unable to load certificate from file '%s'.", path)) &&
                read_named(library, &pem, files, error) && read_extras(library, &pem, path, error) &&
                tls_pem_whole(&pem, path, error);
    buf_finish(&text);
    if (well) {
        cert = tls_cert_create(library, name);
        if (!cert)
            wrong(error, "out of memory");
    }
    if (cert) {
        tls_issuers_complete(library, &pem);
        cert->pem = pem;
        cert->ocsp_update = files->ocsp_update;
        cert->said_by_store = files->ocsp_update != TLS_NOT_SAID;
    } else {
        tls_pem_finish(&pem);
    }
    return cert;
}

struct tls_cert *tls_cert_load(struct tls_library *library, const char *path, struct buf *error)
{
    struct tls_cert *cert = tls_cert_find(library, path);
    return cert ? cert : load(library, path, &(struct tls_files){ .crt = path }, error);
}

bool tls_cert_load_files(struct tls_library *library, const char *name, const struct tls_files *files,
                         struct buf *error)
{
    return load(library, name, files, error) != NULL;
}

/* ---- use ---- */

bool tls_cert_want_update(struct tls_cert *cert, int wanted, struct buf *error)
{
    bool is_default = wanted == TLS_NOT_SAID;
    if (is_default && cert->said_by_store)
        return true;
    if (is_default)
        wanted = cert->library->tuning.ocsp_update ? TLS_ON : TLS_OFF;
    if (cert->ocsp_update && cert->ocsp_update != wanted)
        return wrong(error,
                     "certificate '%s' is used with a different parameter 'ocsp-update' (here: '%s'%s).",
                     cert->path, wanted == TLS_ON ? "on" : "off", is_default ? ", by default" : "");
    cert->ocsp_update = wanted;
    return true;
}

/* Signed certificate timestamps (RFC 6962) go out as the extension that carries them. */
static bool set_timestamps(const struct tls_pem *pem, SSL_CTX *context, const char *path, struct buf *error)
{
    struct buf info = BUF_INIT;
    if (!pem->sctl.size)
        return true;
    buf_add_char(&info, (char)(TLSEXT_TYPE_signed_certificate_timestamp >> 8));
    buf_add_char(&info, (char)TLSEXT_TYPE_signed_certificate_timestamp);
    buf_add_char(&info, (char)(pem->sctl.size >> 8));
    buf_add_char(&info, (char)pem->sctl.size);
    buf_add(&info, buf_str(&pem->sctl));
    bool well = pem->sctl.size <= UINT16_MAX && !info.failed &&
                SSL_CTX_use_serverinfo(context, (const unsigned char *)info.data, info.size) == 1;
    buf_finish(&info);
    return well || wrong(error, "unable to use the timestamps of '%s'.", path);
}

bool tls_cert_apply(const struct tls_pem *pem, SSL_CTX *context, const char *path, struct buf *error)
{
    char reason[128];
    if (SSL_CTX_use_certificate(context, pem->leaf) <= 0)
        return wrong(error, "unable to load SSL certificate into SSL Context '%s': %s.", path,
                     tls_error_text(reason, sizeof(reason)));
    if (SSL_CTX_use_PrivateKey(context, pem->key) <= 0)
        return wrong(error, "unable to load SSL private key into SSL Context '%s': %s.", path,
                     tls_error_text(reason, sizeof(reason)));
    if (!SSL_CTX_set1_chain(context, pem->chain))
        return wrong(error, "unable to load chain certificate into SSL Context '%s'.", path);
    if (pem->dh) {
        EVP_PKEY *dh = pem->dh;
        if (EVP_PKEY_up_ref(dh) && !SSL_CTX_set0_tmp_dh_pkey(context, dh)) {
            EVP_PKEY_free(dh);
            return wrong(error, "unable to load DH parameters from '%s'.", path);
        }
        SSL_CTX_set_dh_auto(context, 0);
    }
    return set_timestamps(pem, context, path, error);
}
