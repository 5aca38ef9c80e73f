/* Chains that many certificates share. */
#include "tls/tls_issuer.h"
#include "base/mem.h"
#include <openssl/err.h>
#include <openssl/x509v3.h>

struct tls_issuer {
    struct tls_issuer *next;
    const char *path;       /* in the library's arena */
    STACK_OF(X509) * chain; /* the issuer first */
};

/* A file that holds no certificate may lie there too. */
static void add_file(struct tls_library *library, const char *path, struct tls_issuer ***end)
{
    struct tls_pem pem;
    struct buf text = BUF_INIT, error = BUF_INIT;
    struct tls_issuer *issuer = NULL;
    tls_pem_init(&pem);
    if (library->platform->ops->file_read(library->platform, path, &text) == IO_OK &&
        tls_pem_read(library, &pem, buf_str(&text), path, &error) && pem.leaf)
        issuer = mem_zero(sizeof(*issuer));
    buf_finish(&text);
    buf_finish(&error);
    if (issuer) {
        issuer->path = arena_copy(&library->arena, str_of(path)).data;
        issuer->chain = pem.chain ? pem.chain : sk_X509_new_null();
        pem.chain = NULL;
        if (issuer->chain && sk_X509_unshift(issuer->chain, pem.leaf))
            pem.leaf = NULL;
        **end = issuer;
        *end = &issuer->next;
    }
    tls_pem_finish(&pem);
}

bool tls_issuers_load(struct tls_library *library, const char *path, struct buf *error)
{
    struct platform *platform = library->platform;
    struct buf names = BUF_INIT, name = BUF_INIT;
    struct tls_issuer **end = &library->issuers;
    enum io_status status = platform->ops->folder_list(platform, path, &names);
    for (size_t at = 0; status == IO_OK && at < names.size; at += strlen(names.data + at) + 1) {
        buf_reset(&name);
        buf_printf(&name, "%s/%s", path, names.data + at);
        if (!name.failed)
            add_file(library, name.data, &end);
    }
    buf_finish(&names);
    buf_finish(&name);
    if (status != IO_OK)
        buf_printf(error, "'issuers-chain-path' : unable to read '%s' (%s)", path,
                   platform_status_text(status));
    return status == IO_OK;
}

void tls_issuers_complete(const struct tls_library *library, struct tls_pem *pem)
{
    for (const struct tls_issuer *issuer = library->issuers; issuer && !pem->chain; issuer = issuer->next) {
        if (!sk_X509_num(issuer->chain) ||
            X509_check_issued(sk_X509_value(issuer->chain, 0), pem->leaf) != X509_V_OK)
            continue;
        pem->chain = X509_chain_up_ref(issuer->chain);
        pem->chain_path = issuer->path;
    }
    ERR_clear_error();
}

void tls_issuers_finish(struct tls_library *library)
{
    while (library->issuers) {
        struct tls_issuer *next = library->issuers->next;
        sk_X509_pop_free(library->issuers->chain, X509_free);
        mem_free(library->issuers);
        library->issuers = next;
    }
}
