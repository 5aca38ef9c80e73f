/* A node's OpenSSL: its context, its providers, and the lists of what was made with it. */
#include "tls/tls_library.h"
#include "base/mem.h"
#include "tls/tls_bind.h"
#include "tls/tls_ca.h"
#include "tls/tls_cert.h"
#include "tls/tls_client.h"
#include "tls/tls_conn.h"
#include "tls/tls_crt_list.h"
#include "tls/tls_issuer.h"
#include "tls/tls_random.h"
#include "tls/tls_store.h"
#include <openssl/err.h>
#include <openssl/provider.h>

static bool open_library(struct tls_library *library)
{
    /* No configuration file and no environment: what is not in ours does not count. */
    if (!OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, NULL))
        return false;
    library->openssl = OSSL_LIB_CTX_new();
    if (!library->openssl)
        return false;
    library->default_provider = OSSL_PROVIDER_load(library->openssl, "default");
    library->random_provider = tls_random_use(library->openssl, library->platform);
    library->bio = tls_conn_bio();
    return library->default_provider && library->random_provider && library->bio;
}

/* The file was looked at when its name was read; what it lost since then is done without. */
static bool load_dh(struct tls_library *library)
{
    struct tls_pem pem;
    struct buf text = BUF_INIT, error = BUF_INIT;
    const char *path = library->tuning.dh_file;
    if (!path)
        return true;
    tls_pem_init(&pem);
    if (library->platform->ops->file_read(library->platform, path, &text) == IO_OK &&
        tls_pem_read(library, &pem, buf_str(&text), path, &error)) {
        library->dh = pem.dh;
        pem.dh = NULL;
    }
    tls_pem_finish(&pem);
    buf_finish(&text);
    buf_finish(&error);
    return library->dh != NULL;
}

struct tls_library *tls_library_create(struct platform *platform, const struct tls_tuning *tuning)
{
    struct tls_library *library = mem_zero(sizeof(*library));
    if (!library)
        return NULL;
    library->platform = platform;
    library->tuning = *tuning;
    arena_init(&library->arena, 1024);
    list_init(&library->binds);
    list_init(&library->clients);
    library->changes = mem_zero(sizeof(*library->changes));
    if (library->changes && open_library(library) && load_dh(library))
        return library;
    tls_library_destroy(library);
    return NULL;
}

void tls_library_destroy(struct tls_library *library)
{
    if (!library)
        return;
    tls_store_finish(library);
    LIST_EACH_SAFE(link, &library->binds)
    tls_bind_destroy(LIST_ITEM(link, struct tls_bind, link));
    LIST_EACH_SAFE(link, &library->clients)
    tls_client_destroy(LIST_ITEM(link, struct tls_client, link));
    for (struct dict_entry *e = dict_next(&library->crt_lists, NULL); e;
         e = dict_next(&library->crt_lists, e))
        tls_crt_list_destroy(e->value);
    for (struct dict_entry *e = dict_next(&library->certs, NULL); e; e = dict_next(&library->certs, e))
        tls_cert_destroy(e->value);
    for (struct dict_entry *e = dict_next(&library->ca_files, NULL); e; e = dict_next(&library->ca_files, e))
        tls_ca_destroy(e->value);
    dict_finish(&library->crt_lists);
    dict_finish(&library->certs);
    dict_finish(&library->ocsp);
    dict_finish(&library->ca_files);
    tls_issuers_finish(library);
    EVP_PKEY_free(library->dh);
    BIO_meth_free(library->bio);
    if (library->random_provider)
        OSSL_PROVIDER_unload(library->random_provider);
    if (library->default_provider)
        OSSL_PROVIDER_unload(library->default_provider);
    OSSL_LIB_CTX_free(library->openssl);
    arena_finish(&library->arena);
    mem_free(library);
}

const char *tls_library_path(struct tls_library *library, const char *base, const char *path)
{
    if (!base || path[0] == '/' || path[0] == '@')
        return path;
    return arena_printf(&library->arena, "%s/%s", base, path).data;
}

const char *tls_error_text(char *out, size_t size)
{
    unsigned long error = ERR_peek_last_error();
    const char *reason = ERR_reason_error_string(error);
    str_to_c(str_of(reason ? reason : "no reason given"), out, size);
    ERR_clear_error();
    return out;
}
