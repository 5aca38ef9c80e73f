/* A listener's certificates and the choice among them. */
#include "tls/tls_bind.h"
#include "base/mem.h"
#include "tls/tls_cert.h"
#include "tls/tls_conn.h"
#include "tls/tls_context.h"
#include "tls/tls_crt_list.h"
#include "tls/tls_forge.h"
#include "tls/tls_hello.h"
#include "tls/tls_ocsp.h"
#include "tls/tls_ticket.h"
#include <openssl/err.h>
#include <openssl/x509v3.h>

#define NAME_MAX_SIZE 256

struct tls_name {
    struct tls_name *next;
    struct tls_entry *entry;
    bool excluded; /* "!www.a.com": not this entry */
};

/* ---- names to entries ---- */

static bool add_name(struct tls_bind *bind, struct tls_entry *entry, struct str name)
{
    char lower[NAME_MAX_SIZE];
    bool excluded = name.size && name.data[0] == '!';
    if (excluded)
        name = str_from(name, 1);
    bool wild = str_starts(name, STR("*."));
    if (wild)
        name = str_from(name, 1);
    if (!name.size || name.size >= sizeof(lower))
        return true;
    for (size_t i = 0; i < name.size; i++)
        lower[i] = ascii_lower(name.data[i]);
    struct dict *dict = wild ? &bind->wildcards : &bind->names;
    struct str key = str_make(lower, name.size);
    struct tls_name *added = arena_zero(&bind->names_arena, sizeof(*added));
    if (!added)
        return false;
    added->entry = entry;
    added->excluded = excluded;
    struct tls_name *first = dict_get(dict, key);
    if (!first)
        return dict_set(dict, key, added);
    while (first->next)
        first = first->next;
    first->next = added;
    return true;
}

static void add_own_names(X509 *leaf, struct buf *out)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; names && i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type != GEN_DNS)
            continue;
        buf_add(out, str_make((const char *)ASN1_STRING_get0_data(name->d.dNSName),
                              (size_t)ASN1_STRING_length(name->d.dNSName)));
        buf_add_char(out, 0);
    }
    GENERAL_NAMES_free(names);
    X509_NAME *subject = X509_get_subject_name(leaf);
    for (int at = -1; (at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0;) {
        unsigned char *text = NULL;
        int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
        if (size >= 0) {
            buf_add(out, str_make((const char *)text, (size_t)size));
            buf_add_char(out, 0);
        }
        OPENSSL_free(text);
    }
    ERR_clear_error();
}

void tls_entry_names(const struct tls_entry *entry, struct buf *out)
{
    const struct tls_crt_line *line = entry->line;
    if (!line || !line->filter_count) {
        add_own_names(entry->cert->pem.leaf, out);
        return;
    }
    for (unsigned i = 0; i < line->filter_count; i++) {
        buf_add_c(out, line->filters[i]);
        buf_add_char(out, 0);
    }
}

static bool add_names(struct tls_bind *bind, struct tls_entry *entry)
{
    struct buf names = BUF_INIT;
    tls_entry_names(entry, &names);
    bool well = !names.failed;
    for (size_t at = 0; well && at < names.size; at += strlen(names.data + at) + 1)
        well = add_name(bind, entry, str_of(names.data + at));
    buf_finish(&names);
    return well;
}

bool tls_bind_index(struct tls_bind *bind)
{
    bool well = true;
    if (bind->forge)
        tls_forge_clear(bind->forge);
    dict_finish(&bind->names);
    dict_finish(&bind->wildcards);
    arena_reset(&bind->names_arena);
    bool none = bind->settings.strict_sni || list_empty(&bind->entries);
    bind->usual = none ? NULL : LIST_ITEM(list_first(&bind->entries), struct tls_entry, link);
    LIST_EACH (link, &bind->entries) {
        struct tls_entry *entry = LIST_ITEM(link, struct tls_entry, link);
        well = well && add_names(bind, entry);
    }
    return well;
}

/* ---- the choice ---- */

static bool excludes(const struct tls_bind *bind, const struct tls_entry *entry, struct str name)
{
    for (const struct tls_name *at = dict_get(&bind->names, name); at; at = at->next) {
        if (at->excluded && at->entry == entry)
            return true;
    }
    return false;
}

/* The first entry of each kind of key; those that an earlier chain gave stay. */
static void collect(const struct tls_bind *bind, const struct tls_name *chain, struct str name,
                    struct tls_entry *found[TLS_KEY_KINDS])
{
    for (const struct tls_name *at = chain; at; at = at->next) {
        if (!at->excluded && !excludes(bind, at->entry, name) && !found[at->entry->kind])
            found[at->entry->kind] = at->entry;
    }
}

static struct tls_entry *best(struct tls_entry *const found[TLS_KEY_KINDS],
                              const struct tls_abilities *client)
{
    if (found[TLS_KEY_ECDSA] && client->ecdsa)
        return found[TLS_KEY_ECDSA];
    if (found[TLS_KEY_RSA] && client->rsa)
        return found[TLS_KEY_RSA];
    for (unsigned kind = 0; kind < TLS_KEY_KINDS; kind++) {
        if (found[kind])
            return found[kind];
    }
    return NULL;
}

/* NULL: none is for that name. */
static struct tls_entry *choose(const struct tls_bind *bind, struct str name,
                                const struct tls_abilities *client)
{
    struct tls_entry *found[TLS_KEY_KINDS] = { NULL };
    size_t dot = str_find_char(name, '.');
    if (name.size)
        collect(bind, dict_get(&bind->names, name), name, found);
    if (dot != STR_NOT_FOUND)
        collect(bind, dict_get(&bind->wildcards, str_from(name, dot)), name, found);
    return best(found, client);
}

static void move_to(SSL *ssl, const struct tls_entry *entry, SSL_CTX *context)
{
    const struct tls_settings *settings = &entry->settings;
    SSL_set_max_early_data(ssl, settings->allow_0rtt ? entry->bind->library->tuning.early_max : 0);
    SSL_set_SSL_CTX(ssl, context);
    SSL_set_verify(ssl, SSL_CTX_get_verify_mode(context), SSL_CTX_get_verify_callback(context));
    SSL_set_client_CA_list(ssl, SSL_dup_CA_list(SSL_CTX_get_client_CA_list(context)));
    if (!entry->line || !entry->line->has_settings)
        return;
    SSL_set_min_proto_version(ssl, (int)SSL_CTX_get_min_proto_version(context));
    SSL_set_max_proto_version(ssl, (int)SSL_CTX_get_max_proto_version(context));
    if (settings->curves || settings->ecdhe)
        SSL_set1_groups_list(ssl, settings->curves ? settings->curves : settings->ecdhe);
}

static int on_hello(SSL *ssl, int *alert, void *data)
{
    struct tls_bind *bind = data;
    struct tls_conn *tls = tls_conn_of_ssl(ssl);
    char lower[NAME_MAX_SIZE];
    struct tls_abilities client;
    struct str name = tls_hello_name(ssl, lower, sizeof(lower));
    tls_hello_abilities(ssl, &client);
    if (bind->library->tuning.capture_size && tls && !tls->hello)
        tls->hello = tls_hello_keep(ssl, (size_t)bind->library->tuning.capture_size);
    const struct tls_entry *entry = choose(bind, name, &client);
    SSL_CTX *forged = !entry && bind->forge && name.size ? tls_forge_context(bind->forge, bind, name) : NULL;
    if (!entry && !bind->settings.strict_sni)
        entry = bind->usual;
    if (forged) {
        move_to(ssl, LIST_ITEM(list_first(&bind->entries), struct tls_entry, link), forged);
        return SSL_CLIENT_HELLO_SUCCESS;
    }
    if (entry) {
        if (tls)
            tls->entry = entry;
        move_to(ssl, entry, entry->context);
        return SSL_CLIENT_HELLO_SUCCESS;
    }
    *alert = name.size ? SSL_AD_UNRECOGNIZED_NAME : SSL_AD_HANDSHAKE_FAILURE;
    return SSL_CLIENT_HELLO_ERROR;
}

static int on_name(SSL *ssl, int *alert, void *data)
{
    (void)ssl;
    (void)alert;
    (void)data;
    return SSL_TLSEXT_ERR_OK; /* chosen by on_hello; the answer says that the name was heard */
}

static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_size, const unsigned char *offer,
                   unsigned offer_size, void *data)
{
    const struct buf *ours = data;
    unsigned char *chosen = NULL;
    (void)ssl;
    if (SSL_select_next_proto(&chosen, out_size, (const unsigned char *)ours->data, (unsigned)ours->size,
                              offer, offer_size) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static int on_status(SSL *ssl, void *data)
{
    const struct tls_entry *entry = data;
    struct str ocsp = entry->cert ? tls_ocsp_staple(entry->cert->ocsp) : STR_NONE;
    unsigned char *copy = ocsp.size ? OPENSSL_memdup(ocsp.data, ocsp.size) : NULL;
    if (!copy)
        return SSL_TLSEXT_ERR_NOACK;
    SSL_set_tlsext_status_ocsp_resp(ssl, copy, (long)ocsp.size);
    return SSL_TLSEXT_ERR_OK;
}

/* ---- entries ---- */

static enum tls_key_kind kind_of(const struct tls_pem *pem)
{
    if (EVP_PKEY_is_a(pem->key, "EC") || EVP_PKEY_is_a(pem->key, "ED25519"))
        return TLS_KEY_ECDSA;
    return EVP_PKEY_is_a(pem->key, "DSA") ? TLS_KEY_DSA : TLS_KEY_RSA;
}

/* Sessions of all contexts of a bind may be taken up again on any of its connections. */
static bool set_session_scope(SSL_CTX *context)
{
    static const unsigned char scope[] = "lockstep";
    return SSL_CTX_set_session_id_context(context, scope, sizeof(scope) - 1) == 1;
}

SSL_CTX *tls_entry_context(struct tls_entry *entry, const struct tls_pem *pem, struct buf *error)
{
    struct tls_library *library = entry->bind->library;
    SSL_CTX *context = tls_context_make(library, &entry->settings, TLS_SERVER_SIDE, error);
    if (!context)
        return NULL;
    if (!library->dh)
        SSL_CTX_set_dh_auto(context, library->tuning.default_dh_bits > 0);
    else if (EVP_PKEY_up_ref(library->dh) && !SSL_CTX_set0_tmp_dh_pkey(context, library->dh))
        EVP_PKEY_free(library->dh);
    if (entry->alpn.size)
        SSL_CTX_set_alpn_select_cb(context, on_alpn, &entry->alpn);
    SSL_CTX_set_tlsext_status_cb(context, on_status);
    SSL_CTX_set_tlsext_status_arg(context, entry);
    SSL_CTX_set_tlsext_servername_callback(context, on_name);
    if (set_session_scope(context) && tls_cert_apply(pem, context, entry->cert->path, error))
        return context;
    SSL_CTX_free(context);
    return NULL;
}

void tls_entry_destroy(struct tls_entry *entry)
{
    list_remove(&entry->link);
    list_remove(&entry->cert_link);
    list_remove(&entry->line_link);
    SSL_CTX_free(entry->context);
    buf_finish(&entry->alpn);
    mem_free(entry);
}

void tls_entry_retire(struct tls_entry *entry)
{
    list_remove(&entry->link);
    list_remove(&entry->cert_link);
    list_remove(&entry->line_link);
    SSL_CTX_free(entry->context);
    entry->context = NULL;
    entry->cert = NULL;
    entry->line = NULL;
    list_add_last(&entry->bind->retired, &entry->link);
    tls_ocsp_tell(entry->bind->library);
}

void tls_entry_refresh(struct tls_entry *entry)
{
    entry->kind = kind_of(&entry->cert->pem);
}

struct tls_entry *tls_entry_create(struct tls_bind *bind, struct tls_cert *cert, struct tls_crt_line *line,
                                   struct buf *error)
{
    if (!tls_cert_want_update(cert, line ? line->settings.ocsp_update : TLS_NOT_SAID, error))
        return NULL;
    struct tls_entry *entry = mem_zero(sizeof(*entry));
    if (!entry) {
        buf_add_c(error, "out of memory");
        return NULL;
    }
    entry->bind = bind;
    entry->cert = cert;
    entry->line = line;
    entry->settings =
        line && line->has_settings ? tls_settings_merge(&line->settings, &bind->settings) : bind->settings;
    bind->early |= entry->settings.allow_0rtt;
    entry->kind = kind_of(&cert->pem);
    list_add_last(&bind->entries, &entry->link);
    list_add_last(&cert->entries, &entry->cert_link);
    list_init(&entry->line_link);
    if (line)
        list_add_last(&line->entries, &entry->line_link);
    const char *alpn = entry->settings.no_alpn ? NULL : entry->settings.alpn;
    if (alpn && !tls_alpn_wire(alpn, true, &entry->alpn))
        buf_printf(error, "'%s' is no list of protocols", alpn);
    else
        entry->context = tls_entry_context(entry, &cert->pem, error);
    if (entry->context && tls_ocsp_attach(cert, error))
        return entry;
    tls_entry_destroy(entry);
    return NULL;
}

/* ---- crt ---- */

static bool add_cert(struct tls_bind *bind, const char *path, struct buf *error)
{
    struct tls_cert *cert = tls_cert_load(bind->library, path, error);
    return cert && tls_entry_create(bind, cert, NULL, error);
}

/* Files that belong to a certificate beside them. */
static bool is_extra(struct str name)
{
    return name.data[0] == '.' || str_ends(name, STR(".key")) || str_ends(name, STR(".ocsp")) ||
           str_ends(name, STR(".issuer")) || str_ends(name, STR(".sctl"));
}

static bool add_folder(struct tls_bind *bind, const char *path, struct buf *error)
{
    struct platform *platform = bind->library->platform;
    struct buf names = BUF_INIT, name = BUF_INIT;
    struct plat_file_info info;
    enum io_status status = platform->ops->folder_list(platform, path, &names);
    bool well = status == IO_OK;
    if (!well)
        buf_printf(error, "unable to scan directory '%s' : %s", path, platform_status_text(status));
    for (size_t at = 0; well && at < names.size; at += strlen(names.data + at) + 1) {
        if (is_extra(str_of(names.data + at)))
            continue;
        buf_reset(&name);
        buf_printf(&name, "%s/%s", path, names.data + at);
        if (!name.failed && platform->ops->file_info(platform, name.data, &info) == IO_OK && !info.is_folder)
            well = add_cert(bind, name.data, error);
    }
    buf_finish(&names);
    buf_finish(&name);
    return well;
}

/* A path that is not there may stand for one file per kind of key. 0: none was there. */
static int add_variants(struct tls_bind *bind, const char *path, struct buf *error)
{
    static const char *const endings[] = { ".dsa", ".ecdsa", ".rsa" };
    struct platform *platform = bind->library->platform;
    struct buf name = BUF_INIT;
    struct plat_file_info info;
    int result = 0;
    for (size_t i = 0; i < COUNT_OF(endings) && result >= 0; i++) {
        buf_reset(&name);
        buf_printf(&name, "%s%s", path, endings[i]);
        if (name.failed)
            result = -1;
        else if (tls_cert_find(bind->library, name.data) ||
                 platform->ops->file_info(platform, name.data, &info) == IO_OK)
            result = add_cert(bind, name.data, error) ? 1 : -1;
    }
    buf_finish(&name);
    return result;
}

bool tls_bind_add_crt(struct tls_bind *bind, const char *written, struct buf *error)
{
    struct platform *platform = bind->library->platform;
    const char *path = tls_library_path(bind->library, bind->library->tuning.crt_base, written);
    if (!path) {
        buf_add_c(error, "out of memory");
        return false;
    }
    struct plat_file_info info;
    if (tls_cert_find(bind->library, path))
        return add_cert(bind, path, error);
    enum io_status status = platform->ops->file_info(platform, path, &info);
    if (status == IO_OK && info.is_folder)
        return add_folder(bind, path, error);
    if (status != IO_OK && (bind->library->tuning.extra_files & TLS_EXTRA_BUNDLE)) {
        int variants = add_variants(bind, path, error);
        if (variants)
            return variants > 0;
    }
    return add_cert(bind, path, error);
}

bool tls_bind_add_list(struct tls_bind *bind, const char *path, struct buf *error)
{
    struct tls_crt_list *list = tls_crt_list_load(bind->library, path, error);
    if (!list)
        return false;
    LIST_EACH (link, &list->lines) {
        struct tls_crt_line *line = LIST_ITEM(link, struct tls_crt_line, link);
        if (!tls_entry_create(bind, line->cert, line, error))
            return false;
    }
    return tls_crt_list_use(list, bind) || (buf_add_c(error, "out of memory"), false);
}

/* ---- the bind ---- */

static bool set_sessions(struct tls_bind *bind, struct buf *error)
{
    const struct tls_tuning *tuning = &bind->library->tuning;
    SSL_CTX *context = bind->initial;
    SSL_CTX_set_session_cache_mode(context, tuning->cache_size ? SSL_SESS_CACHE_SERVER : SSL_SESS_CACHE_OFF);
    SSL_CTX_sess_set_cache_size(context, tuning->cache_size);
    SSL_CTX_set_timeout(context, (long)(tuning->lifetime_s));
    /* Early data may be replayed, as the manual warns: a ticket is good for more than one use (4.2 wait-for-handshake;
     * docs/decisions/early-data.md). */
    SSL_CTX_set_options(context, SSL_OP_NO_ANTI_REPLAY);
    SSL_CTX_set_recv_max_early_data(context, tuning->early_max);
    if (!set_session_scope(context)) {
        buf_add_c(error, "unable to set the session scope");
        return false;
    }
    if (!bind->settings.ticket_keys)
        return true;
    bind->tickets = tls_tickets_load(bind->library, bind->settings.ticket_keys, error);
    return bind->tickets && tls_tickets_use(bind->tickets, context);
}

static bool set_forge(struct tls_bind *bind, struct buf *error)
{
    const char *path = bind->settings.ca_sign_file;
    struct buf why = BUF_INIT;
    if (!bind->settings.generate)
        return true;
    if (!path) {
        buf_add_c(error, "cannot enable certificate generation, no CA certificate File configured");
        return false;
    }
    bind->forge = tls_forge_create(bind->library, path, &why);
    if (!bind->forge)
        buf_printf(error, "Failed to read CA certificate file '%s' : %s", path,
                   why.data ? why.data : "out of memory");
    buf_finish(&why);
    return bind->forge != NULL;
}

struct tls_bind *tls_bind_create(struct tls_library *library, const struct tls_settings *settings,
                                 const char *label, struct buf *error)
{
    struct tls_bind *bind = mem_zero(sizeof(*bind));
    if (!bind) {
        buf_add_c(error, "out of memory");
        return NULL;
    }
    bind->library = library;
    bind->settings = *settings;
    bind->label = label;
    list_init(&bind->entries);
    list_init(&bind->retired);
    arena_init(&bind->names_arena, 1024);
    list_add_last(&library->binds, &bind->link);
    bind->initial = tls_context_make(library, settings, TLS_SERVER_SIDE, error);
    if (bind->initial) {
        SSL_CTX_set_client_hello_cb(bind->initial, on_hello, bind);
        SSL_CTX_set_tlsext_servername_callback(bind->initial, on_name);
        if (set_forge(bind, error) && set_sessions(bind, error))
            return bind;
    }
    tls_bind_destroy(bind);
    return NULL;
}

void tls_bind_destroy(struct tls_bind *bind)
{
    LIST_EACH_SAFE(link, &bind->retired)
    tls_entry_destroy(LIST_ITEM(link, struct tls_entry, link));
    LIST_EACH_SAFE(link, &bind->entries)
    tls_entry_destroy(LIST_ITEM(link, struct tls_entry, link));
    dict_finish(&bind->names);
    dict_finish(&bind->wildcards);
    arena_finish(&bind->names_arena);
    SSL_CTX_free(bind->initial);
    tls_tickets_destroy(bind->tickets);
    tls_forge_destroy(bind->forge);
    list_remove(&bind->link);
    mem_free(bind);
}
