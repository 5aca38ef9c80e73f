/* Commands about authorities (ca-file) and revocations (crl-file): the same for both, told apart by the row's data. */
#include "admin/cmd_ssl.h"
#include "proxy/configuration.h"
#include "stream/engine.h"
#include "tls/tls_store.h"
#include "tls/tls_x509.h"

struct ca_words { /* a row's data: how the kind is called */
    bool is_crl;
    const char *what, *title, *created;
};

static const struct ca_words ca_words = { false, "ca-file", "CA file", "CA" };
static const struct ca_words crl_words = { true, "crl-file", "CRL file", "CRL" };

static const struct ca_words *words_of(const struct cli_command *command)
{
    return command->row->data;
}

static struct tls_ca_file *find_ca(struct cli_command *command, struct tls_library *library, const char *path)
{
    struct tls_ca_file *file = tls_ca_find(library, path);
    return file && file->is_crl == words_of(command)->is_crl ? file : NULL;
}

static struct tls_ca_change *ca_change(struct cli_command *command, struct tls_library *library)
{
    return words_of(command)->is_crl ? &library->changes->crl : &library->changes->ca;
}

static void print_revoked(X509_CRL *crl, struct buf *out)
{
    STACK_OF(X509_REVOKED) *list = X509_CRL_get_REVOKED(crl);
    buf_printf(out, "Version %ld\nSignature Algorithm: %s\nIssuer: ", X509_CRL_get_version(crl) + 1,
               OBJ_nid2ln(X509_CRL_get_signature_nid(crl)));
    tls_x509_name(X509_CRL_get_issuer(crl), false, out);
    buf_add_c(out, "\nLast Update: ");
    tls_x509_time_print(X509_CRL_get0_lastUpdate(crl), out);
    buf_add_c(out, "\nNext Update: ");
    tls_x509_time_print(X509_CRL_get0_nextUpdate(crl), out);
    buf_add_c(out, list && sk_X509_REVOKED_num(list) ? "\nRevoked Certificates:\n"
                                                     : "\nNo Revoked Certificates.\n");
    for (int i = 0; list && i < sk_X509_REVOKED_num(list); i++) {
        X509_REVOKED *one = sk_X509_REVOKED_value(list, i);
        const ASN1_INTEGER *serial = X509_REVOKED_get0_serialNumber(one);
        buf_add_c(out, "    Serial Number: ");
        tls_x509_hex(ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial), out);
        buf_add_c(out, "\n        Revocation Date: ");
        tls_x509_time_print(X509_REVOKED_get0_revocationDate(one), out);
        buf_add_char(out, '\n');
    }
}

static void print_ca_content(const struct tls_ca_content *content, bool is_crl, int64_t only, struct buf *out)
{
    int count = is_crl ? (content->revoked ? sk_X509_CRL_num(content->revoked) : 0)
                       : (content->authorities ? sk_X509_num(content->authorities) : 0);
    for (int i = 0; i < count; i++) {
        if (only && only != i + 1)
            continue;
        buf_printf(out, is_crl ? " \nCertificate Revocation List #%d:\n" : " \nCertificate #%d:\n", i + 1);
        if (is_crl)
            print_revoked(sk_X509_CRL_value(content->revoked, i), out);
        else
            tls_x509_describe(sk_X509_value(content->authorities, i), out);
    }
}

static void print_ca_line(const char *mark, const char *path, const struct tls_ca_content *content,
                          bool is_crl, struct buf *out)
{
    if (is_crl)
        buf_printf(out, "%s%s\n", mark, path);
    else
        buf_printf(out, "%s%s - %d certificate(s)\n", mark, path,
                   content->authorities ? sk_X509_num(content->authorities) : 0);
}

static void list_ca(struct cli_command *command, struct tls_library *library)
{
    const struct tls_ca_change *change = ca_change(command, library);
    bool is_crl = words_of(command)->is_crl;
    struct arena_mark mark = arena_mark(&command->engine->scratch);
    unsigned count;
    const char **paths = cmd_ssl_sorted(&library->ca_files, &command->engine->scratch, &count);
    if (change->path) {
        buf_add_c(command->out, "# transaction\n");
        print_ca_line("*", change->path, &change->content, is_crl, command->out);
    }
    buf_add_c(command->out, "# filename\n");
    for (unsigned i = 0; paths && i < count; i++) {
        const struct tls_ca_file *file = find_ca(command, library, paths[i]);
        if (file)
            print_ca_line("", paths[i], &file->content, is_crl, command->out);
    }
    arena_rewind(&command->engine->scratch, mark);
}

static void show_ca(struct cli_command *command)
{
    struct tls_library *library = cmd_ssl_library(command);
    const struct ca_words *words = words_of(command);
    const char *status = "Used";
    int64_t index;
    if (!library)
        return;
    if (!cli_arg(command, 0)[0]) {
        list_ca(command, library);
        return;
    }
    struct arena_mark mark = arena_mark(&command->engine->scratch);
    const char *path = cmd_ssl_cut_index(command, cli_arg(command, 0), &index);
    const struct tls_ca_content *content = NULL;
    if (path == cli_arg(command, 0) && strchr(path, ':')) {
        cli_error(command, "wrong %s index after colons in '%s'!", words->is_crl ? "CRL" : "CA", path);
        arena_rewind(&command->engine->scratch, mark);
        return;
    }
    if (path && path[0] == '*') {
        const struct tls_ca_change *change = ca_change(command, library);
        content = change->path && strcmp(change->path, path + 1) == 0 ? &change->content : NULL;
        status = "Unused";
    } else if (path) {
        const struct tls_ca_file *file = find_ca(command, library, path);
        content = file ? &file->content : NULL;
        if (file && !tls_store_ca_used(library, file))
            status = "Unused";
    }
    if (!content) {
        cli_error(command, "Can't display the %s : Not found!", words->title);
    } else {
        buf_printf(command->out, "Filename: %s\nStatus: %s\n", path, status);
        print_ca_content(content, words->is_crl, index, command->out);
    }
    arena_rewind(&command->engine->scratch, mark);
}

static void new_ca(struct cli_command *command)
{
    struct tls_library *library = cmd_ssl_library(command);
    const struct ca_words *words = words_of(command);
    const char *path = cli_arg(command, 0);
    if (!library)
        return;
    if (!path[0])
        cli_error(command, "'new ssl %s' expects a filename", words->what);
    else if (tls_ca_find(library, path))
        cli_error(command, "%s '%s' already exists!", words->title, path);
    else if (!tls_ca_create(library, path, words->is_crl))
        cli_error(command, "Cannot create a newCA file!");
    else
        cli_say(command, CLI_NOTICE, "New %s created '%s'!", words->title, path);
}

static void change_ca(struct cli_command *command, bool append)
{
    struct tls_library *library = cmd_ssl_library(command);
    const struct ca_words *words = words_of(command);
    const char *path = cli_arg(command, 0);
    struct buf error = BUF_INIT;
    bool fresh = false, well;
    if (!library)
        return;
    if (!path[0] || !command->payload.data) {
        cli_error(command, "'%s ssl %s expects a filename and %s as a payload", append ? "add" : "set",
                  words->what, words->is_crl ? "CRLs" : "CAs");
        return;
    }
    struct tls_ca_file *file = find_ca(command, library, path);
    if (!file) {
        buf_printf(&error, "Can't replace a %s which is not referenced by the configuration!\n",
                   words->title);
        well = false;
    } else {
        well = tls_store_set_ca(library, file, command->payload, append, &fresh, &error);
    }
    if (well) {
        cli_say(command, CLI_NOTICE, "transaction %s for %s %s!", fresh ? "created" : "updated",
                words->created, path);
        buf_finish(&error);
        return;
    }
    buf_printf(&error, "Can't update %s!\n", path);
    cmd_ssl_say(command, &error);
}

static void set_ca(struct cli_command *command)
{
    change_ca(command, false);
}

static void add_ca(struct cli_command *command)
{
    change_ca(command, true);
}

static void commit_ca(struct cli_command *command)
{
    struct tls_library *library = cmd_ssl_library(command);
    const struct ca_words *words = words_of(command);
    const char *path = cli_arg(command, 0);
    struct buf error = BUF_INIT;
    unsigned updated = 0;
    if (!library)
        return;
    if (!path[0]) {
        cli_error(command, "'commit ssl %s expects a filename", words->what);
    } else if (tls_store_commit_ca(library, words->is_crl, path, &updated, &error)) {
        cmd_ssl_committed(command, path, updated);
        buf_finish(&error);
    } else {
        cmd_ssl_not_committed(command, path, &error);
    }
}

static void abort_ca(struct cli_command *command)
{
    struct tls_library *library = cmd_ssl_library(command);
    const struct ca_words *words = words_of(command);
    const char *path = cli_arg(command, 0);
    if (!library || !cmd_ssl_may_abort(command, ca_change(command, library)->path, path, words->what))
        return;
    tls_store_abort_ca(library, words->is_crl);
    cli_say(command, CLI_NOTICE, "Transaction aborted for certificate '%s'!", path);
}

static void delete_ca(struct cli_command *command)
{
    struct tls_library *library = cmd_ssl_library(command);
    const struct ca_words *words = words_of(command);
    const char *path = cli_arg(command, 0);
    if (!library)
        return;
    const char *changing = ca_change(command, library)->path;
    struct tls_ca_file *file = find_ca(command, library, path);
    if (!path[0]) {
        cli_error(command, "'del ssl %s' expects a %s name", words->what, words->title);
    } else if (changing && strcmp(changing, path) == 0) {
        cli_error(command, "Can't remove the %s: ongoing transaction for the %s '%s'!\n", words->title,
                  words->title, path);
    } else if (!file) {
        cli_error(command, "Can't remove the %s: %s '%s' doesn't exist!\n", words->title, words->title, path);
    } else if (tls_store_ca_used(library, file)) {
        cli_error(command, "Can't remove the %s: %s '%s' in use, can't be deleted!\n", words->title,
                  words->title, path);
    } else {
        cli_say(command, CLI_NOTICE, "%s '%s' deleted!", words->title, path);
        dict_remove(&library->ca_files, str_of(path));
        tls_ca_destroy(file);
    }
}

#define AUTHORITIES ((void *)(uintptr_t)&ca_words)
#define REVOCATIONS ((void *)(uintptr_t)&crl_words)

/* clang-format off */
const struct command_row cmd_ssl_ca_rows[] = {
    { "abort ssl ca-file", CLI_ADMIN, "abort ssl ca-file <cafile>              : abort a transaction for a CA file", abort_ca, AUTHORITIES },
    { "abort ssl crl-file", CLI_ADMIN, "abort ssl crl-file <crlfile>            : abort a transaction for a CRL file", abort_ca, REVOCATIONS },
    { "add ssl ca-file", CLI_ADMIN, "add ssl ca-file <cafile> <payload>      : add a certificate into the CA file", add_ca, AUTHORITIES },
    { "commit ssl ca-file", CLI_ADMIN, "commit ssl ca-file <cafile>             : commit a CA file", commit_ca, AUTHORITIES },
    { "commit ssl crl-file", CLI_ADMIN, "commit ssl crl-file <crlfile>           : commit a CRL file", commit_ca, REVOCATIONS },
    { "del ssl ca-file", CLI_ADMIN, "del ssl ca-file <cafile>                : delete an unused CA file", delete_ca, AUTHORITIES },
    { "del ssl crl-file", CLI_ADMIN, "del ssl crl-file <crlfile>              : delete an unused CRL file", delete_ca, REVOCATIONS },
    { "new ssl ca-file", CLI_ADMIN, "new ssl ca-file <cafile>                : create a new CA file to be used in a crt-list", new_ca, AUTHORITIES },
    { "new ssl crl-file", CLI_ADMIN, "new ssl crl-file <crlfile>              : create a new CRL file to be used in a crt-list", new_ca, REVOCATIONS },
    { "set ssl ca-file", CLI_ADMIN, "set ssl ca-file <cafile> <payload>      : replace a CA file", set_ca, AUTHORITIES },
    { "set ssl crl-file", CLI_ADMIN, "set ssl crl-file <crlfile> <payload>    : replace a CRL file", set_ca, REVOCATIONS },
    { "show ssl ca-file", CLI_OPERATOR, "show ssl ca-file [<cafile>[:<index>]]   : display the SSL CA files used in memory, or the details of a <cafile>, or a single certificate of index <index> of a CA file <cafile>", show_ca, AUTHORITIES },
    { "show ssl crl-file", CLI_OPERATOR, "show ssl crl-file [<crlfile[:<index>>]] : display the SSL CRL files used in memory, or the details of a <crlfile>, or a single CRL of index <index> of CRL file <crlfile>", show_ca, REVOCATIONS },
    { 0 },
};
/* clang-format on */
