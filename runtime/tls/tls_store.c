/* Prepared changes of certificates, authorities and lists. */
#include "tls/tls_store.h"
#include "base/base64.h"
#include "base/mem.h"
#include "tls/tls_bind.h"
#include "tls/tls_client.h"
#include "tls/tls_crt_list.h"
#include "tls/tls_issuer.h"
#include "tls/tls_ocsp.h"

static bool wrong(struct buf *error, const char *format, ...) PRINTF_LIKE(2, 3);
static bool wrong(struct buf *error, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    buf_vprintf(error, format, values);
    va_end(values);
    return false;
}

/* ---- contexts that are to be renewed together ---- */

struct renewal {
    SSL_CTX **where; /* the context in use */
    SSL_CTX *with;
};

struct renewals {
    struct renewal *list;
    unsigned count;
    bool failed;
};

static void renew(struct renewals *renewals, SSL_CTX **where, SSL_CTX *with)
{
    struct renewal *grown =
        with ? mem_resize(renewals->list, (renewals->count + 1) * sizeof(*renewals->list)) : NULL;
    if (!grown) {
        SSL_CTX_free(with);
        renewals->failed = true;
        return;
    }
    renewals->list = grown;
    renewals->list[renewals->count++] = (struct renewal){ where, with };
}

/* All take their places, or all are dropped. */
static unsigned finish_renewals(struct renewals *renewals)
{
    unsigned count = renewals->failed ? 0 : renewals->count;
    for (unsigned i = 0; i < renewals->count; i++) {
        struct renewal *one = &renewals->list[i];
        SSL_CTX *unwanted = one->with;
        if (!renewals->failed) {
            unwanted = *one->where;
            *one->where = one->with;
        }
        SSL_CTX_free(unwanted);
    }
    mem_free(renewals->list);
    return count;
}

/* ---- certificates ---- */

enum { PART_WHOLE = -1, PART_KEY, PART_OCSP, PART_ISSUER, PART_SCTL };
static const char *const endings[] = { ".key", ".ocsp", ".issuer", ".sctl" };

/* With ssl-load-extra-del-ext the files beside x.crt are x.key and so on. */
static struct tls_cert *find_with_ending(struct tls_library *library, struct str stem)
{
    struct buf path = BUF_INIT;
    buf_add(&path, stem);
    buf_add_c(&path, ".crt");
    struct tls_cert *cert = path.failed ? NULL : dict_get(&library->certs, buf_str(&path));
    buf_finish(&path);
    return cert;
}

/* The certificate that a path is about, and which file beside it; part -1: the certificate's own. */
static struct tls_cert *find_cert(struct tls_library *library, const char *path, int *part)
{
    struct tls_cert *cert = tls_cert_find(library, path);
    *part = -1;
    for (int i = 0; !cert && i < (int)COUNT_OF(endings); i++) {
        struct str text = str_of(path), ending = str_of(endings[i]);
        if (!str_ends(text, ending))
            continue;
        *part = i;
        struct str stem = str_slice(text, 0, text.size - ending.size);
        cert = dict_get(&library->certs, stem);
        if (!cert && library->tuning.extra_delete_extension)
            cert = find_with_ending(library, stem);
    }
    return cert;
}

/* On a text line the bytes come in base64. */
static bool read_ocsp(struct tls_pem *pem, struct str text, const char *path, struct buf *error)
{
    struct buf packed = BUF_INIT, der = BUF_INIT;
    for (size_t i = 0; i < text.size; i++) {
        if (!memchr("\r\n \t", text.data[i], 4))
            buf_add_char(&packed, text.data[i]);
    }
    char *room = buf_room(&der, packed.size + 1);
    size_t size = room ? base64_decode(buf_str(&packed), room, packed.size + 1, false) : STR_NOT_FOUND;
    bool well = size != STR_NOT_FOUND ? tls_pem_set_ocsp(pem, str_make(room, size), path, error)
                                      : wrong(error, "Error reading OCSP response in base64 format");
    buf_finish(&packed);
    buf_finish(&der);
    return well;
}

/* A key or an issuer; whatever else the text holds is left alone. */
static bool read_one(struct tls_library *library, struct tls_pem *pem, int part, struct str text,
                     const char *cert_path, struct buf *error)
{
    struct tls_pem read;
    struct buf why = BUF_INIT;
    bool is_key = part == PART_KEY;
    tls_pem_init(&read);
    bool well = tls_pem_read(library, &read, text, cert_path, &why) && (is_key ? !!read.key : !!read.leaf);
    if (well && is_key) {
        EVP_PKEY_free(pem->key);
        pem->key = read.key;
        read.key = NULL;
    } else if (well) {
        X509_free(pem->issuer);
        pem->issuer = read.leaf;
        read.leaf = NULL;
    } else {
        wrong(error,
              is_key ? "unable to load private key from file '%s'." : "'%s' cannot be read or parsed'.",
              cert_path);
    }
    tls_pem_finish(&read);
    buf_finish(&why);
    return well;
}

/* path as it was written, cert_path without the part's ending. */
static bool read_part(struct tls_library *library, struct tls_pem *pem, int part, struct str text,
                      const char *path, const char *cert_path, struct buf *error)
{
    if (part == PART_OCSP)
        return read_ocsp(pem, text, path, error);
    if (part == PART_SCTL)
        return tls_pem_set_sctl(pem, text, path, error);
    if (part == PART_KEY || part == PART_ISSUER)
        return read_one(library, pem, part, text, cert_path, error);
    return tls_pem_read(library, pem, text, path, error);
}

bool tls_store_set_cert(struct tls_library *library, const char *path, struct str text,
                        const char **cert_path, bool *fresh, struct buf *error)
{
    struct tls_cert_change *change = &library->changes->cert;
    struct tls_pem pem;
    int part;
    struct tls_cert *cert = find_cert(library, path, &part);
    if (!cert)
        return wrong(error, "Can't replace a certificate which is not referenced by the configuration!\n");
    if (change->path && strcmp(change->path, cert->path) != 0)
        return wrong(error, "The ongoing transaction is about '%s' but you are trying to set '%s'\n",
                     change->path, cert->path);
    *fresh = !change->path;
    *cert_path = cert->path;
    if (!tls_pem_copy(change->path ? &change->pem : &cert->pem, &pem))
        return wrong(error, "Can't allocate memory\n");
    if (!read_part(library, &pem, part, text, path, cert->path, error)) {
        tls_pem_finish(&pem);
        return wrong(error, "\nCan't load the payload\n");
    }
    if (change->path)
        tls_pem_finish(&change->pem);
    else
        change->path = mem_need_copy(str_of(cert->path));
    if (pem.leaf)
        tls_issuers_complete(library, &pem);
    change->pem = pem;
    return true;
}

void tls_store_abort_cert(struct tls_library *library)
{
    struct tls_cert_change *change = &library->changes->cert;
    mem_free(change->path);
    tls_pem_finish(&change->pem);
    change->path = NULL;
}

static bool same(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

bool tls_store_commit_cert(struct tls_library *library, const char *path, unsigned *updated,
                           struct buf *error)
{
    struct tls_cert_change *change = &library->changes->cert;
    struct renewals renewals = { 0 };
    if (!change->path)
        return wrong(error, "No ongoing transaction! !\n");
    if (!same(change->path, path))
        return wrong(error, "The ongoing transaction is about '%s' but you are trying to set '%s'\n",
                     change->path, path);
    struct tls_cert *cert = tls_cert_find(library, path);
    if (!cert || !change->pem.leaf || !change->pem.key)
        return wrong(error, "The transaction must contain at least a certificate and a private key!\n");
    if (!tls_pem_whole(&change->pem, path, error) || !tls_ocsp_fits(&change->pem, path, error))
        return wrong(error, "\n");
    LIST_EACH (link, &cert->entries) {
        struct tls_entry *entry = LIST_ITEM(link, struct tls_entry, cert_link);
        renew(&renewals, &entry->context, tls_entry_context(entry, &change->pem, error));
    }
    LIST_EACH (link, &cert->clients) {
        struct tls_client *client = LIST_ITEM(link, struct tls_client, cert_link);
        renew(&renewals, &client->context, tls_client_context(client, &change->pem, error));
    }
    bool well = !renewals.failed;
    *updated = finish_renewals(&renewals);
    if (!well)
        return wrong(error, "\n");
    tls_pem_finish(&cert->pem);
    cert->pem = change->pem;
    tls_pem_init(&change->pem);
    tls_store_abort_cert(library);
    if (!list_empty(&cert->entries) || cert->ocsp)
        well = tls_ocsp_attach(cert, error);
    LIST_EACH (link, &cert->clients)
        tls_client_forget_session(LIST_ITEM(link, struct tls_client, cert_link));
    LIST_EACH (link, &cert->entries)
        tls_entry_refresh(LIST_ITEM(link, struct tls_entry, cert_link));
    LIST_EACH (link, &library->binds)
        well = tls_bind_index(LIST_ITEM(link, struct tls_bind, link)) && well;
    return well || error->size || wrong(error, "Can't allocate memory\n");
}

/* ---- authorities and revocations ---- */

static struct tls_ca_change *change_of(struct tls_library *library, bool is_crl)
{
    return is_crl ? &library->changes->crl : &library->changes->ca;
}

bool tls_store_set_ca(struct tls_library *library, struct tls_ca_file *file, struct str text, bool append,
                      bool *fresh, struct buf *error)
{
    struct tls_ca_change *change = change_of(library, file->is_crl);
    struct tls_ca_content content = { 0 };
    if (change->path && strcmp(change->path, file->path) != 0)
        return wrong(error, "The ongoing transaction is about '%s' but you are trying to set '%s'\n",
                     change->path, file->path);
    bool well = true;
    if (append)
        well = tls_ca_copy(change->path ? &change->content : &file->content, &content);
    if (!well || !tls_ca_read(library, &content, text)) {
        tls_ca_content_finish(&content);
        return wrong(error, "Invalid payload\n");
    }
    *fresh = !change->path;
    if (change->path)
        tls_ca_content_finish(&change->content);
    else
        change->path = mem_need_copy(str_of(file->path));
    change->content = content;
    return true;
}

void tls_store_abort_ca(struct tls_library *library, bool is_crl)
{
    struct tls_ca_change *change = change_of(library, is_crl);
    mem_free(change->path);
    tls_ca_content_finish(&change->content);
    change->path = NULL;
}

static bool uses(const struct tls_library *library, const struct tls_settings *settings,
                 const struct tls_ca_file *file)
{
    const char *const paths[] = { settings->ca_file, settings->ca_verify_file, settings->crl_file };
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        if (paths[i] && tls_ca_find_written(library, paths[i]) == file)
            return true;
    }
    return false;
}

bool tls_store_ca_used(const struct tls_library *library, const struct tls_ca_file *file)
{
    LIST_EACH (link, &library->binds) {
        const struct tls_bind *bind = LIST_ITEM(link, struct tls_bind, link);
        if (uses(library, &bind->settings, file))
            return true;
        LIST_EACH (inner, &bind->entries) {
            if (uses(library, &LIST_ITEM(inner, struct tls_entry, link)->settings, file))
                return true;
        }
    }
    LIST_EACH (link, &library->clients) {
        if (uses(library, &LIST_ITEM(link, struct tls_client, link)->settings, file))
            return true;
    }
    return false;
}

/* The new contexts of all who use the file, which holds its new content already. */
static void renew_users(struct tls_library *library, const struct tls_ca_file *file,
                        struct renewals *renewals, struct buf *error)
{
    LIST_EACH (link, &library->binds) {
        struct tls_bind *bind = LIST_ITEM(link, struct tls_bind, link);
        LIST_EACH (inner, &bind->entries) {
            struct tls_entry *entry = LIST_ITEM(inner, struct tls_entry, link);
            if (uses(library, &entry->settings, file))
                renew(renewals, &entry->context, tls_entry_context(entry, &entry->cert->pem, error));
        }
    }
    LIST_EACH (link, &library->clients) {
        struct tls_client *client = LIST_ITEM(link, struct tls_client, link);
        const struct tls_pem *pem = client->cert ? &client->cert->pem : NULL;
        if (uses(library, &client->settings, file)) {
            tls_client_forget_session(client);
            renew(renewals, &client->context, tls_client_context(client, pem, error));
        }
    }
}

bool tls_store_commit_ca(struct tls_library *library, bool is_crl, const char *path, unsigned *updated,
                         struct buf *error)
{
    struct tls_ca_change *change = change_of(library, is_crl);
    struct renewals renewals = { 0 };
    if (!change->path)
        return wrong(error, "No ongoing transaction! !\n");
    if (!same(change->path, path))
        return wrong(error, "The ongoing transaction is about '%s' but you are trying to set '%s'\n",
                     change->path, path);
    struct tls_ca_file *file = tls_ca_find(library, path);
    if (!file)
        return wrong(error, "The file is gone\n");
    struct tls_ca_content old = file->content;
    file->content = change->content;
    renew_users(library, file, &renewals, error);
    bool well = !renewals.failed;
    *updated = finish_renewals(&renewals);
    change->content = old; /* ends with the change, or goes back */
    if (!well) {
        change->content = file->content;
        file->content = old;
        return wrong(error, "\n");
    }
    tls_store_abort_ca(library, is_crl);
    return true;
}

/* ---- lists ---- */

bool tls_store_add_line(struct tls_crt_list *list, struct tls_crt_line *line, unsigned *updated,
                        struct buf *error)
{
    *updated = 0;
    for (unsigned i = 0; i < list->bind_count; i++) {
        struct tls_bind *bind = list->binds[i];
        if (!tls_entry_create(bind, line->cert, line, error) || !tls_bind_index(bind)) {
            tls_store_remove_line(line);
            return wrong(error, "\n");
        }
        ++*updated;
    }
    line->number = ++list->line_count;
    list_add_last(&list->lines, &line->link);
    return true;
}

void tls_store_remove_line(struct tls_crt_line *line)
{
    LIST_EACH_SAFE(link, &line->entries)
    {
        struct tls_entry *entry = LIST_ITEM(link, struct tls_entry, line_link);
        struct tls_bind *bind = entry->bind;
        tls_entry_retire(entry);
        if (!tls_bind_index(bind))
            bind->usual = NULL; /* no memory: names are not found, which is the safe way to fail */
    }
    list_remove(&line->link);
}

void tls_store_finish(struct tls_library *library)
{
    if (!library->changes)
        return;
    tls_store_abort_cert(library);
    tls_store_abort_ca(library, false);
    tls_store_abort_ca(library, true);
    mem_free(library->changes);
}
