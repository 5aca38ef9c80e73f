/* Forging certificates. What is made is kept by name, the least recently used one goes first. */
#include "tls/tls_forge.h"
#include "base/mem.h"
#include "tls/tls_bind.h"
#include "tls/tls_cert.h"
#include <openssl/err.h>
#include <openssl/x509v3.h>

#define KEPT_MAX   1000u /* tune.ssl.ssl-ctx-cache-size of HAProxy */
#define LIFETIME_S ((int64_t)365 * 86400)

struct forged {
    struct list link;
    SSL_CTX *context;
    char name[];
};

struct tls_forge {
    struct tls_library *library;
    struct tls_pem authority;
    struct dict names; /* struct forged */
    struct list kept;  /* the newest used first */
    unsigned count;
};

struct tls_forge *tls_forge_create(struct tls_library *library, const char *path, struct buf *error)
{
    struct tls_forge *forge = mem_zero(sizeof(*forge));
    const char *whole = tls_library_path(library, library->tuning.ca_base, path);
    struct buf text = BUF_INIT;
    if (!forge || !whole) {
        buf_add_c(error, "out of memory");
        mem_free(forge);
        return NULL;
    }
    forge->library = library;
    list_init(&forge->kept);
    tls_pem_init(&forge->authority);
    enum io_status status = library->platform->ops->file_read(library->platform, whole, &text);
    bool well = status == IO_OK;
    if (!well)
        buf_printf(error, "cannot open file '%s' : %s", whole, platform_status_text(status));
    well = well && tls_pem_read(library, &forge->authority, buf_str(&text), whole, error) &&
           tls_pem_whole(&forge->authority, whole, error);
    buf_finish(&text);
    if (well)
        return forge;
    tls_forge_destroy(forge);
    return NULL;
}

static void drop(struct tls_forge *forge, struct forged *forged)
{
    dict_remove(&forge->names, str_of(forged->name));
    list_remove(&forged->link);
    SSL_CTX_free(forged->context);
    mem_free(forged);
    forge->count--;
}

void tls_forge_clear(struct tls_forge *forge)
{
    LIST_EACH_SAFE(link, &forge->kept)
    drop(forge, LIST_ITEM(link, struct forged, link));
}

void tls_forge_destroy(struct tls_forge *forge)
{
    if (!forge)
        return;
    tls_forge_clear(forge);
    dict_finish(&forge->names);
    tls_pem_finish(&forge->authority);
    mem_free(forge);
}

/* ---- one certificate ---- */

static bool is_host_name(struct str name)
{
    for (size_t i = 0; i < name.size; i++) {
        char c = name.data[i];
        if (!ascii_alpha(c) && !ascii_digit(c) && c != '-' && c != '.' && c != '_')
            return false;
    }
    return name.size > 0;
}

static bool set_serial(const struct tls_forge *forge, X509 *made)
{
    unsigned char bytes[16];
    struct platform *platform = forge->library->platform;
    platform->ops->entropy(platform, bytes, sizeof(bytes));
    bytes[0] = (unsigned char)((bytes[0] & 0x7f) |
                               1); /* RFC 5280 section 4.1.2.2: positive, no more than 20 bytes */
    BIGNUM *number = BN_bin2bn(bytes, sizeof(bytes), NULL);
    bool well = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(made));
    BN_free(number);
    return well;
}

/* From the authority's beginning on, as clocks differ. */
static bool set_times(const struct tls_forge *forge, X509 *made)
{
    struct platform *platform = forge->library->platform;
    int64_t now_s = platform->ops->wall_ns(platform) / 1000000000;
    return X509_set1_notBefore(made, X509_get0_notBefore(forge->authority.leaf)) &&
           ASN1_TIME_set(X509_getm_notAfter(made), (time_t)(now_s + LIFETIME_S));
}

/* The authority's own names with the host's behind, as HAProxy has them. A longer one than X.520 lets stand there is
 * found in the alternative names alone. */
static bool set_names(const struct tls_forge *forge, X509 *made, struct str host)
{
    const X509 *authority = forge->authority.leaf;
    X509_NAME *subject = X509_NAME_dup(X509_get_subject_name(authority));
    bool well = subject != NULL;
    if (well && host.size <= 64)
        well = X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)host.data,
                                          (int)host.size, -1, 0);
    well = well && X509_set_subject_name(made, subject) &&
           X509_set_issuer_name(made, X509_get_subject_name(authority));
    X509_NAME_free(subject);
    return well;
}

static bool add_host(X509 *made, struct str host)
{
    GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_IA5STRING *text = ASN1_IA5STRING_new();
    bool well = names && name && text && ASN1_STRING_set(text, host.data, (int)host.size);
    if (well) {
        GENERAL_NAME_set0_value(name, GEN_DNS, text);
        text = NULL;
        well = sk_GENERAL_NAME_push(names, name) > 0;
        name = well ? NULL : name;
        well = well && X509_add1_ext_i2d(made, NID_subject_alt_name, names, 0, 0) == 1;
    }
    ASN1_IA5STRING_free(text);
    GENERAL_NAME_free(name);
    sk_GENERAL_NAME_pop_free(names, GENERAL_NAME_free);
    return well;
}

static bool add_extension(const struct tls_forge *forge, X509 *made, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, forge->authority.leaf, made, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_nconf_nid(NULL, &context, nid, value);
    bool well = extension && X509_add_ext(made, extension, -1);
    X509_EXTENSION_free(extension);
    return well;
}

static bool sign(const struct tls_forge *forge, X509 *made)
{
    EVP_PKEY *key = forge->authority.key;
    bool own_digest = EVP_PKEY_is_a(key, "ED25519") || EVP_PKEY_is_a(key, "ED448");
    EVP_MD *digest = own_digest ? NULL : EVP_MD_fetch(forge->library->openssl, "SHA256", NULL);
    bool well = (own_digest || digest) && X509_sign(made, key, digest) > 0;
    EVP_MD_free(digest);
    return well;
}

static X509 *make(const struct tls_forge *forge, EVP_PKEY *key, struct str host)
{
    X509 *made = X509_new_ex(forge->library->openssl, NULL);
    if (made && X509_set_version(made, X509_VERSION_3) && set_serial(forge, made) && set_times(forge, made) &&
        set_names(forge, made, host) && X509_set_pubkey(made, key) &&
        add_extension(forge, made, NID_basic_constraints, "critical,CA:FALSE") &&
        add_extension(forge, made, NID_key_usage, "nonRepudiation,digitalSignature,keyEncipherment") &&
        add_extension(forge, made, NID_ext_key_usage, "serverAuth") && add_host(made, host) &&
        sign(forge, made))
        return made;
    X509_free(made);
    return NULL;
}

/* Behind a leaf come the certificates that lead to a root that clients know: a root need not be sent. */
static bool add_chain(const struct tls_forge *forge, struct tls_pem *pem)
{
    X509 *authority = forge->authority.leaf;
    if (!X509_NAME_cmp(X509_get_subject_name(authority), X509_get_issuer_name(authority)))
        return true;
    pem->chain = forge->authority.chain ? X509_chain_up_ref(forge->authority.chain) : sk_X509_new_null();
    if (!pem->chain || !X509_up_ref(authority))
        return false;
    if (sk_X509_unshift(pem->chain, authority) > 0)
        return true;
    X509_free(authority);
    return false;
}

static SSL_CTX *make_context(struct tls_forge *forge, struct tls_bind *bind, struct str host)
{
    if (list_empty(&bind->entries) || !is_host_name(host))
        return NULL;
    struct tls_entry *first = LIST_ITEM(list_first(&bind->entries), struct tls_entry, link);
    EVP_PKEY *key = first->cert->pem.key;
    struct buf error = BUF_INIT;
    struct tls_pem pem;
    SSL_CTX *context = NULL;
    tls_pem_init(&pem);
    pem.leaf = make(forge, key, host);
    if (pem.leaf && EVP_PKEY_up_ref(key))
        pem.key = key;
    if (first->cert->pem.dh && EVP_PKEY_up_ref(first->cert->pem.dh))
        pem.dh = first->cert->pem.dh;
    if (pem.key && add_chain(forge, &pem))
        context = tls_entry_context(first, &pem, &error);
    if (context)
        SSL_CTX_set_tlsext_status_cb(context, NULL); /* what is stapled is about another certificate */
    tls_pem_finish(&pem);
    buf_finish(&error);
    ERR_clear_error();
    return context;
}

SSL_CTX *tls_forge_context(struct tls_forge *forge, struct tls_bind *bind, struct str name)
{
    struct forged *forged = dict_get(&forge->names, name);
    if (forged) {
        list_remove(&forged->link);
        list_add_first(&forge->kept, &forged->link);
        return forged->context;
    }
    forged = mem_zero(sizeof(*forged) + name.size + 1);
    if (!forged)
        return NULL;
    memcpy(forged->name, name.data, name.size);
    forged->context = make_context(forge, bind, name);
    if (!forged->context || !dict_set(&forge->names, str_of(forged->name), forged)) {
        SSL_CTX_free(forged->context);
        mem_free(forged);
        return NULL;
    }
    list_add_first(&forge->kept, &forged->link);
    if (++forge->count > KEPT_MAX)
        drop(forge, LIST_ITEM(forge->kept.prev, struct forged, link));
    return forged->context;
}
