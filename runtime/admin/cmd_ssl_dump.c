/* dump ssl cert: a certificate as a file that could be read again (management manual 9.3 of HAProxy 3.0). */
#include "admin/cli.h"
#include "admin/cmd_ssl.h"
#include "tls/tls_cert.h"
#include "tls/tls_library.h"
#include "tls/tls_store.h"
#include <openssl/err.h>
#include <openssl/pem.h>

/* Key, leaf, chain. */
static bool write_pem(const struct tls_pem *pem, BIO *bio)
{
    if (pem->key && !PEM_write_bio_PrivateKey(bio, pem->key, NULL, NULL, 0, NULL, NULL))
        return false;
    if (!PEM_write_bio_X509(bio, pem->leaf))
        return false;
    for (int i = 0; i < sk_X509_num(pem->chain); i++) {
        if (!PEM_write_bio_X509(bio, sk_X509_value(pem->chain, i)))
            return false;
    }
    return true;
}

/* "*name": what a change will make of it. */
static const struct tls_pem *find(const struct tls_library *library, const char *path)
{
    const struct tls_cert_change *change = &library->changes->cert;
    if (path[0] == '*')
        return change->path && strcmp(change->path, path + 1) == 0 ? &change->pem : NULL;
    const struct tls_cert *cert = tls_cert_find(library, path);
    return cert ? &cert->pem : NULL;
}

static void dump_cert(struct cli_command *command)
{
    struct tls_library *library = cmd_ssl_library(command);
    const char *path = cli_arg(command, 0);
    char *text = NULL;
    if (!library)
        return;
    if (!path[0]) {
        cli_error(command, "'dump ssl cert' expects a filename");
        return;
    }
    const struct tls_pem *pem = find(library, path);
    if (!pem || !pem->leaf) {
        cli_error(command, "Can't dump the certificate: Not found or empty!");
        return;
    }
    BIO *bio = BIO_new(BIO_s_mem());
    long size = bio && write_pem(pem, bio) ? BIO_get_mem_data(bio, &text) : 0;
    if (size > 0)
        buf_add(command->out, str_make(text, (size_t)size));
    else
        cli_error(command, "Can't dump the certificate: out of memory");
    BIO_free(bio);
    ERR_clear_error();
}

const struct command_row cmd_ssl_dump_rows[] = {
    { "dump ssl cert", CLI_ADMIN,
      "dump ssl cert <certfile>                : dump the SSL certificates in PEM format", dump_cert, NULL },
    { 0 },
};
