/* Authorities and revocations from PEM files, or from all files of a folder. */
#include "tls/tls_ca.h"
#include "base/mem.h"
#include <openssl/err.h>
#include <openssl/pem.h>

void tls_ca_content_finish(struct tls_ca_content *content)
{
    sk_X509_pop_free(content->authorities, X509_free);
    sk_X509_CRL_pop_free(content->revoked, X509_CRL_free);
    content->authorities = NULL;
    content->revoked = NULL;
}

static bool take(struct tls_library *library, struct tls_ca_content *content, const char *name,
                 const unsigned char *der, long size)
{
    if (strcmp(name, PEM_STRING_X509) == 0 || strcmp(name, PEM_STRING_X509_TRUSTED) == 0) {
        X509 *x509 = X509_new_ex(library->openssl, NULL);
        if (x509 && d2i_X509(&x509, &der, size) && sk_X509_push(content->authorities, x509))
            return true;
        X509_free(x509);
        return false;
    }
    if (strcmp(name, PEM_STRING_X509_CRL) == 0) {
        X509_CRL *crl = d2i_X509_CRL(NULL, &der, size);
        if (crl && sk_X509_CRL_push(content->revoked, crl))
            return true;
        X509_CRL_free(crl);
        return false;
    }
    return true;
}

bool tls_ca_read(struct tls_library *library, struct tls_ca_content *content, struct str text)
{
    bool well = true;
    if (!content->authorities)
        content->authorities = sk_X509_new_null();
    if (!content->revoked)
        content->revoked = sk_X509_CRL_new_null();
    BIO *bio = BIO_new_mem_buf(text.size ? text.data : "", (int)text.size);
    while (bio && well) {
        char *name = NULL, *header = NULL;
        unsigned char *der = NULL;
        long size = 0;
        if (!PEM_read_bio(bio, &name, &header, &der, &size)) {
            well = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
            break;
        }
        well = take(library, content, name, der, size);
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_free(der);
    }
    BIO_free(bio);
    ERR_clear_error();
    return bio && well && (sk_X509_num(content->authorities) > 0 || sk_X509_CRL_num(content->revoked) > 0);
}

struct tls_ca_file *tls_ca_find(const struct tls_library *library, const char *path)
{
    return dict_get(&library->ca_files, str_of(path));
}

struct tls_ca_file *tls_ca_find_written(const struct tls_library *library, const char *written)
{
    const char *base = library->tuning.ca_base;
    struct buf path = BUF_INIT;
    if (!base || written[0] == '/' || written[0] == '@')
        return tls_ca_find(library, written);
    buf_printf(&path, "%s/%s", base, written);
    struct tls_ca_file *file = path.failed ? NULL : dict_get(&library->ca_files, buf_str(&path));
    buf_finish(&path);
    return file;
}

bool tls_ca_copy(const struct tls_ca_content *content, struct tls_ca_content *out)
{
    out->authorities = content->authorities ? X509_chain_up_ref(content->authorities) : sk_X509_new_null();
    out->revoked = sk_X509_CRL_new_null();
    bool well = out->authorities && out->revoked;
    for (int i = 0; well && content->revoked && i < sk_X509_CRL_num(content->revoked); i++) {
        X509_CRL *crl = sk_X509_CRL_value(content->revoked, i);
        well = X509_CRL_up_ref(crl) && sk_X509_CRL_push(out->revoked, crl);
    }
    return well;
}

struct tls_ca_file *tls_ca_create(struct tls_library *library, const char *path, bool is_crl)
{
    struct tls_ca_file *file = mem_zero(sizeof(*file));
    if (!file)
        return NULL;
    file->library = library;
    file->path = mem_need_copy(str_of(path));
    file->is_crl = is_crl;
    if (dict_set(&library->ca_files, str_of(path), file))
        return file;
    tls_ca_destroy(file);
    return NULL;
}

void tls_ca_destroy(struct tls_ca_file *file)
{
    if (!file)
        return;
    tls_ca_content_finish(&file->content);
    mem_free(file->path);
    mem_free(file);
}

static enum io_status read_folder(struct tls_library *library, const char *path,
                                  struct tls_ca_content *content)
{
    struct platform *platform = library->platform;
    struct buf names = BUF_INIT, name = BUF_INIT, text = BUF_INIT;
    enum io_status status = platform->ops->folder_list(platform, path, &names);
    for (size_t at = 0; status == IO_OK && at < names.size; at += strlen(names.data + at) + 1) {
        buf_reset(&name);
        buf_reset(&text);
        buf_printf(&name, "%s/%s", path, names.data + at);
        if (name.failed || platform->ops->file_read(platform, name.data, &text) != IO_OK)
            continue;
        if (!tls_ca_read(library, content, buf_str(&text)))
            ERR_clear_error(); /* other files may lie there too */
    }
    buf_finish(&names);
    buf_finish(&name);
    buf_finish(&text);
    return status;
}

struct tls_ca_file *tls_ca_load(struct tls_library *library, const char *written, bool is_crl,
                                struct buf *error)
{
    struct platform *platform = library->platform;
    const char *path = tls_library_path(library, library->tuning.ca_base, written);
    if (!path) {
        buf_add_c(error, "out of memory");
        return NULL;
    }
    struct tls_ca_file *file = tls_ca_find(library, path);
    struct plat_file_info info = { 0 };
    struct buf text = BUF_INIT;
    const char *why = NULL;
    if (file)
        return file;
    struct tls_ca_content content = { 0 };
    enum io_status status = platform->ops->file_info(platform, path, &info);
    if (strcmp(path, "@system-ca") == 0)
        status = read_folder(library, "/etc/ssl/certs", &content);
    else if (status == IO_OK && info.is_folder)
        status = read_folder(library, path, &content);
    else if (status == IO_OK)
        status = platform->ops->file_read(platform, path, &text);
    if (status != IO_OK)
        why = status == IO_NOT_FOUND ? "No such file or directory" : platform_status_text(status);
    else if (text.size && !tls_ca_read(library, &content, buf_str(&text)))
        why = "no certificate or crl found";
    else if (!content.authorities || (!sk_X509_num(content.authorities) && !sk_X509_CRL_num(content.revoked)))
        why = "no certificate or crl found";
    buf_finish(&text);
    if (!why)
        file = tls_ca_create(library, path, is_crl);
    if (file) {
        file->content = content;
        return file;
    }
    tls_ca_content_finish(&content);
    buf_printf(error, "Couldn't open the ca-file '%s' (%s).", path, why ? why : "out of memory");
    return NULL;
}

bool tls_ca_apply(const struct tls_ca_file *file, X509_STORE *store)
{
    for (int i = 0; file->content.authorities && i < sk_X509_num(file->content.authorities); i++) {
        if (!X509_STORE_add_cert(store, sk_X509_value(file->content.authorities, i)))
            return false;
    }
    for (int i = 0; file->content.revoked && i < sk_X509_CRL_num(file->content.revoked); i++) {
        if (!X509_STORE_add_crl(store, sk_X509_CRL_value(file->content.revoked, i)))
            return false;
    }
    if (file->is_crl)
        X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
    ERR_clear_error(); /* one that is in twice is told there */
    return true;
}
