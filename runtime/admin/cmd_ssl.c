/* Commands about certificates, authorities, revocations, lists and ticket keys (management manual 9.3). */
#include "admin/cmd_ssl.h"
#include "base/base64.h"
#include "base/units.h"
#include "proxy/bind.h"
#include "proxy/configuration.h"
#include "stream/engine.h"
#include "tls/tls_bind.h"
#include "tls/tls_crt_list.h"
#include "tls/tls_ocsp.h"
#include "tls/tls_store.h"
#include "tls/tls_ticket.h"
#include "tls/tls_x509.h"
#include <openssl/x509v3.h>

struct tls_library *cmd_ssl_library(struct cli_command *command)
{
    struct tls_library *library = configuration_tls_library(command->configuration);
    if (!library)
        cli_error(command, "Can't allocate memory");
    return library;
}

void cmd_ssl_say(struct cli_command *command, struct buf *text)
{
    struct str view = buf_str(text);
    if (view.size && view.data[view.size - 1] == '\n')
        view.size--;
    cli_error(command, "%.*s", STR_ARG(view));
    buf_finish(text);
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char **cmd_ssl_sorted(const struct dict *dict, struct arena *arena, unsigned *count)
{
    const char **keys = arena_alloc(arena, (dict->count + 1) * sizeof(*keys));
    *count = 0;
    for (struct dict_entry *e = dict_next(dict, NULL); keys && e; e = dict_next(dict, e)) {
        unsigned at = (*count)++;
        while (at > 0 && compare_paths(&keys[at - 1], &e->key.data) > 0) {
            keys[at] = keys[at - 1];
            at--;
        }
        keys[at] = e->key.data;
    }
    return keys;
}

/* ---- showing certificates ---- */

static void print_pem(const struct tls_pem *pem, const struct tls_ocsp *ocsp, struct buf *out)
{
    if (pem->leaf)
        tls_x509_describe(pem->leaf, out);
    if (pem->chain_path)
        buf_printf(out, "Chain Filename: %s\n", pem->chain_path);
    for (int i = 0; pem->chain && i < sk_X509_num(pem->chain); i++) {
        buf_add_c(out, "Chain Subject: ");
        tls_x509_name(X509_get_subject_name(sk_X509_value(pem->chain, i)), false, out);
        buf_add_c(out, "\nChain Issuer: ");
        tls_x509_name(X509_get_issuer_name(sk_X509_value(pem->chain, i)), false, out);
        buf_add_char(out, '\n');
    }
    buf_add_c(out, "OCSP Response Key: ");
    if (ocsp)
        buf_add_c(out, ocsp->key);
    buf_add_char(out, '\n');
}

static void list_certs(struct cli_command *command, const struct tls_library *library)
{
    struct arena_mark mark = arena_mark(&command->engine->scratch);
    unsigned count;
    const char **paths = cmd_ssl_sorted(&library->certs, &command->engine->scratch, &count);
    if (library->changes->cert.path)
        buf_printf(command->out, "# transaction\n*%s\n", library->changes->cert.path);
    buf_add_c(command->out, "# filename\n");
    for (unsigned i = 0; paths && i < count; i++)
        buf_printf(command->out, "%s\n", paths[i]);
    arena_rewind(&command->engine->scratch, mark);
}

/* "x.pem.ocsp" is the answer that is stapled to x.pem. */
static bool show_part(struct cli_command *command, const struct tls_library *library, const char *path)
{
    struct str text = str_of(path);
    if (!str_ends(text, STR(".ocsp")) || tls_cert_find(library, path))
        return false;
    const struct tls_cert_change *change = &library->changes->cert;
    struct str stem = str_slice(text, 0, text.size - strlen(".ocsp"));
    const struct tls_cert *cert = dict_get(&library->certs, stem);
    struct str response = cert && cert->ocsp ? buf_str(&cert->ocsp->response) : STR_NONE;
    if (path[0] == '*' && change->path && str_eq(str_from(stem, 1), str_of(change->path)))
        response = buf_str(&change->pem.ocsp);
    return response.size && tls_ocsp_print(response, command->out);
}

static void show_cert(struct cli_command *command)
{
    struct tls_library *library = cmd_ssl_library(command);
    const char *path = cli_arg(command, 0), *status = "Used";
    const struct tls_pem *pem = NULL;
    const struct tls_ocsp *ocsp = NULL;
    if (!library)
        return;
    if (!path[0]) {
        list_certs(command, library);
        return;
    }
    if (show_part(command, library, path))
        return;
    if (path[0] == '*') {
        const struct tls_cert_change *change = &library->changes->cert;
        pem = change->path && strcmp(change->path, path + 1) == 0 ? &change->pem : NULL;
        status = "Unused";
    } else {
        const struct tls_cert *cert = tls_cert_find(library, path);
        pem = cert ? &cert->pem : NULL;
        ocsp = cert ? cert->ocsp : NULL;
        if (cert && !tls_cert_used(cert))
            status = cert->pem.leaf ? "Unused" : "Empty";
    }
    if (!pem) {
        cli_error(command, "Can't display the certificate: Not found or the certificate is a bundle!");
        return;
    }
    buf_printf(command->out, "Filename: %s\nStatus: %s\n", path, status);
    print_pem(pem, ocsp, command->out);
}

/* ---- changing certificates ---- */

static void new_cert(struct cli_command *command)
{
    struct tls_library *library = cmd_ssl_library(command);
    const char *path = cli_arg(command, 0);
    if (!library)
        return;
    if (!path[0])
        cli_error(command, "'new ssl cert' expects a filename");
    else if (tls_cert_find(library, path))
        cli_error(command, "Certificate '%s' already exists!", path);
    else if (!tls_cert_create(library, path))
        cli_error(command, "unable to create a new certificate");
    else
        cli_say(command, CLI_NOTICE, "New empty certificate store '%s'!", path);
}

static void set_cert(struct cli_command *command)
{
    struct tls_library *library = cmd_ssl_library(command);
    const char *path = cli_arg(command, 0), *whole = NULL;
    struct buf error = BUF_INIT;
    bool fresh = false;
    if (!library)
        return;
    if (!path[0] || !command->payload.data) {
        cli_error(command, "'set ssl cert expects a filename and a certificate as a payload");
        return;
    }
    if (tls_store_set_cert(library, path, command->payload, &whole, &fresh, &error)) {
        cli_say(command, CLI_NOTICE, "Transaction %s for certificate %s!", fresh ? "created" : "updated",
                whole);
        buf_finish(&error);
        return;
    }
    buf_printf(&error, "Can't update %s!\n", path);
    cmd_ssl_say(command, &error);
}

void cmd_ssl_committed(struct cli_command *command, const char *path, unsigned updated)
{
    buf_printf(command->out, "Committing %s", path);
    for (unsigned i = 0; i < updated; i++)
        buf_add_char(command->out, '.');
    buf_add_c(command->out, "\nSuccess!\n");
}

void cmd_ssl_not_committed(struct cli_command *command, const char *path, struct buf *error)
{
    buf_printf(error, "Can't commit %s!\n", path);
    cmd_ssl_say(command, error);
}

static void commit_cert(struct cli_command *command)
{
    struct tls_library *library = cmd_ssl_library(command);
    const char *path = cli_arg(command, 0);
    struct buf error = BUF_INIT;
    unsigned updated = 0;
    if (!library)
        return;
    if (!path[0]) {
        cli_error(command, "'commit ssl cert expects a filename");
    } else if (tls_store_commit_cert(library, path, &updated, &error)) {
        cmd_ssl_committed(command, path, updated);
        buf_finish(&error);
    } else {
        cmd_ssl_not_committed(command, path, &error);
    }
}

bool cmd_ssl_may_abort(struct cli_command *command, const char *changing, const char *path, const char *what)
{
    if (!path[0])
        cli_error(command, "'abort ssl %s' expects a filename", what);
    else if (!changing)
        cli_error(command, "No ongoing transaction!");
    else if (strcmp(changing, path) != 0)
        cli_error(command,
                  "The ongoing transaction is about '%s' but you are trying to abort a transaction for '%s'",
                  changing, path);
    else
        return true;
    return false;
}

static void abort_cert(struct cli_command *command)
{
    struct tls_library *library = cmd_ssl_library(command);
    const char *path = cli_arg(command, 0);
    if (!library || !cmd_ssl_may_abort(command, library->changes->cert.path, path, "cert"))
        return;
    tls_store_abort_cert(library);
    cli_say(command, CLI_NOTICE, "Transaction aborted for certificate '%s'!", path);
}

static void delete_cert(struct cli_command *command)
{
    struct tls_library *library = cmd_ssl_library(command);
    const char *path = cli_arg(command, 0), *changing;
    if (!library)
        return;
    struct tls_cert *cert = tls_cert_find(library, path);
    changing = library->changes->cert.path;
    if (!path[0]) {
        cli_error(command, "'del ssl cert' expects a certificate name");
    } else if (changing && strcmp(changing, path) == 0) {
        cli_error(command, "Can't remove the certificate: ongoing transaction for the certificate '%s'!\n",
                  path);
    } else if (!cert) {
        cli_error(command, "Can't remove the certificate: certificate '%s' doesn't exist!\n", path);
    } else if (tls_cert_used(cert)) {
        cli_error(command, "Can't remove the certificate: certificate '%s' in use, can't be deleted!\n",
                  path);
    } else {
        cli_say(command, CLI_NOTICE, "Certificate '%s' deleted!", path);
        dict_remove(&library->certs, str_of(path));
        tls_cert_destroy(cert);
    }
}

const char *cmd_ssl_cut_index(struct cli_command *command, const char *text, int64_t *index)
{
    struct str view = str_of(text);
    size_t colon = str_find_last_char(view, ':');
    *index = 0;
    if (colon == STR_NOT_FOUND || !units_parse_int(str_from(view, colon + 1), 1, INT32_MAX, index))
        return text;
    return arena_copy(&command->engine->scratch, str_slice(view, 0, colon)).data;
}

/* ---- lists ---- */

/* A folder may be written with slashes behind. */
static struct tls_crt_list *find_list(const struct tls_library *library, const char *text)
{
    struct str path = str_of(text);
    while (path.size > 1 && path.data[path.size - 1] == '/')
        path.size--;
    return dict_get(&library->crt_lists, path);
}

static void print_line(const struct tls_crt_line *line, bool numbered, struct buf *out)
{
    buf_add_c(out, line->cert->path);
    if (numbered)
        buf_printf(out, ":%u", line->number);
    if (line->options && line->options[0])
        buf_printf(out, " [%s]", line->options);
    for (unsigned i = 0; i < line->filter_count; i++)
        buf_printf(out, " %s", line->filters[i]);
    buf_add_char(out, '\n');
}

static void show_list(struct cli_command *command)
{
    struct tls_library *library = cmd_ssl_library(command);
    bool numbered = strcmp(cli_arg(command, 0), "-n") == 0;
    const char *path = cli_arg(command, numbered);
    if (!library)
        return;
    if (numbered && !path[0]) {
        cli_error(command, "'show ssl crt-list -n' expects a filename or a directory");
        return;
    }
    if (!path[0]) {
        struct arena_mark mark = arena_mark(&command->engine->scratch);
        unsigned count;
        const char **paths = cmd_ssl_sorted(&library->crt_lists, &command->engine->scratch, &count);
        for (unsigned i = 0; paths && i < count; i++)
            buf_printf(command->out, "%s\n", paths[i]);
        arena_rewind(&command->engine->scratch, mark);
        return;
    }
    struct tls_crt_list *list = find_list(library, path);
    if (!list) {
        cli_error(command, "didn't find the specified filename");
        return;
    }
    buf_printf(command->out, "# %s\n", list->path);
    LIST_EACH (link, &list->lines)
        print_line(LIST_ITEM(link, struct tls_crt_line, link), numbered, command->out);
}

static void cannot_edit(struct cli_command *command, struct buf *error)
{
    cli_error(command, "Can't edit the crt-list: %s", error->data ? error->data : "out of memory");
    buf_finish(error);
}

static void add_list(struct cli_command *command)
{
    struct tls_library *library = cmd_ssl_library(command);
    const char *path = cli_arg(command, 0);
    struct str text = command->payload.data ? str_trim(command->payload) : str_of(cli_arg(command, 1));
    struct buf error = BUF_INIT;
    struct tls_crt_line *line = NULL;
    unsigned updated = 0;
    if (!library)
        return;
    while (text.size && (text.data[text.size - 1] == '\n' || text.data[text.size - 1] == '\r'))
        text.size--;
    if (path[0] && command->payload.data && !text.size) {
        cli_error(command, "Can't edit the crt-list: only one line of payload is supported!");
        return;
    }
    if (!path[0] || !text.size) {
        cli_error(command, "'add ssl crtlist' expects a filename and a certificate name");
        return;
    }
    struct tls_crt_list *list = find_list(library, path);
    if (!list) {
        buf_printf(&error, "crt-list '%s' does not exist!", path);
        cannot_edit(command, &error);
        return;
    }
    if (!tls_crt_list_read_known(list, text, &line, &error) || !line) {
        cannot_edit(command, &error);
        return;
    }
    if (!tls_store_add_line(list, line, &updated, &error)) {
        cannot_edit(command, &error);
        return;
    }
    buf_printf(command->out, "Inserting certificate '%s' in crt-list '%s'", line->cert->path, list->path);
    for (unsigned i = 0; i < updated; i++)
        buf_add_char(command->out, '.');
    buf_add_c(command->out, "\nSuccess!\n");
    buf_finish(&error);
}

static void add_places(const struct configuration *configuration, const struct tls_bind *tls, struct buf *out)
{
    for (const struct proxy *proxy = configuration->proxies; proxy; proxy = proxy->next) {
        for (const struct bind *bind = proxy->binds; bind; bind = bind->next) {
            if (bind->tls == tls)
                buf_printf(out, "\t- %s:%u\n", bind->at.file, bind->at.line);
        }
    }
}

/* Where its certificate is the one for unknown names: lines of the configuration. Empty: nowhere. */
static void places_of_usual(const struct cli_command *command, const struct tls_crt_line *line,
                            struct buf *out)
{
    LIST_EACH (link, &line->entries) {
        const struct tls_entry *entry = LIST_ITEM(link, struct tls_entry, line_link);
        if (entry->bind->usual == entry)
            add_places(command->configuration, entry->bind, out);
    }
}

/* The line that "cert" or "cert:number" means; NULL: said why none. */
static struct tls_crt_line *find_line(struct cli_command *command, struct tls_crt_list *list,
                                      const char *text)
{
    int64_t number;
    struct tls_crt_line *found = NULL;
    unsigned count = 0;
    struct buf numbers = BUF_INIT;
    const char *path = cmd_ssl_cut_index(command, text, &number);
    if (path == text && strchr(text, ':')) {
        cli_error(command, "Can't delete the entry: wrong line number after colons in '%s'!", text);
        return NULL;
    }
    LIST_EACH (link, &list->lines) {
        struct tls_crt_line *line = LIST_ITEM(link, struct tls_crt_line, link);
        if (!path || strcmp(line->cert->path, path) != 0)
            continue;
        buf_printf(&numbers, "%s%u", count++ ? ", " : "", line->number);
        if (!number || line->number == number)
            found = line;
    }
    if (!count)
        cli_error(command, "Can't delete the entry: certificate '%s' does not exist!", path ? path : text);
    else if (!number && count > 1)
        cli_error(
            command,
            "Can't delete the entry: found the certificate '%s' in several entries, please specify a line "
            "number preceded by colons (%s)!",
            path, numbers.data);
    else if (!found)
        cli_error(command,
                  "Can't delete the entry: found a certificate '%s' but the line number is incorrect, please "
                  "specify "
                  "a correct line number preceded by colons (%s)!",
                  path, numbers.data);
    buf_finish(&numbers);
    return !number && count > 1 ? NULL : found;
}

static void delete_list(struct cli_command *command)
{
    struct tls_library *library = cmd_ssl_library(command);
    const char *path = cli_arg(command, 0), *cert = cli_arg(command, 1);
    if (!library)
        return;
    if (!path[0] || !cert[0]) {
        cli_error(command, "'del ssl crtlist' expects a filename and a certificate name");
        return;
    }
    struct tls_crt_list *list = find_list(library, path);
    if (!list) {
        cli_error(command, "Can't delete the entry: crt-list '%s' does not exist!", path);
        return;
    }
    struct arena_mark mark = arena_mark(&command->engine->scratch);
    struct tls_crt_line *line = find_line(command, list, cert);
    struct buf places = BUF_INIT;
    if (line)
        places_of_usual(command, line, &places);
    if (places.size) {
        cli_error(command,
                  "Can't delete the entry: certificate '%s' cannot be deleted, it is used as default "
                  "certificate by "
                  "the following frontends:\n%s",
                  line->cert->path, places.data);
    } else if (line) {
        tls_store_remove_line(line);
        cli_say(command, CLI_NOTICE, "Entry '%s' deleted in crtlist '%s'!", line->cert->path, list->path);
    }
    buf_finish(&places);
    arena_rewind(&command->engine->scratch, mark);
}

/* ---- names ---- */

static void print_entry_name(const struct bind *bind, const struct tls_entry *entry, const char *name,
                             struct buf *out)
{
    X509 *leaf = entry->cert->pem.leaf;
    static const char *const kinds[] = { "rsa", "ecdsa", "dsa" };
    buf_printf(out, "%s/%s\t%s\t%s\t%s\t%s\t", bind->proxy->name, bind->label, name[0] == '!' ? "-" : name,
               name[0] == '!' ? name + 1 : "-", kinds[entry->kind], entry->cert->path);
    tls_x509_time_print(X509_get0_notAfter(leaf), out);
    buf_add_char(out, '\t');
    tls_x509_time_print(X509_get0_notBefore(leaf), out);
    buf_add_char(out, '\n');
}

static void print_sni(const struct bind *bind, struct buf *out)
{
    LIST_EACH (link, &bind->tls->entries) {
        const struct tls_entry *entry = LIST_ITEM(link, struct tls_entry, link);
        struct buf names = BUF_INIT;
        if (entry == bind->tls->usual)
            print_entry_name(bind, entry, "*", out);
        tls_entry_names(entry, &names);
        for (size_t at = 0; at < names.size; at += strlen(names.data + at) + 1)
            print_entry_name(bind, entry, names.data + at, out);
        buf_finish(&names);
    }
}

static void show_sni(struct cli_command *command)
{
    const struct configuration *configuration = command->configuration;
    const struct proxy *only = NULL;
    if (strcmp(cli_arg(command, 0), "-f") == 0) {
        only = proxy_find(configuration, cli_arg(command, 1), PROXY_FRONT);
        if (!only) {
            cli_error(command, "Couldn't find the specified frontend!");
            return;
        }
    }
    buf_add_c(command->out, "# Frontend/Bind\tSNI\tNegative Filter\tType\tFilename\tNotAfter\tNotBefore\n");
    for (const struct proxy *proxy = configuration->proxies; proxy; proxy = proxy->next) {
        for (const struct bind *bind = proxy->binds; bind && (!only || only == proxy); bind = bind->next) {
            if (bind->tls)
                print_sni(bind, command->out);
        }
    }
}

/* ---- ticket keys ---- */

static struct tls_tickets *find_tickets(const struct tls_library *library, const char *name, unsigned *number)
{
    *number = 0;
    LIST_EACH (link, &library->binds) {
        struct tls_tickets *tickets = LIST_ITEM(link, struct tls_bind, link)->tickets;
        char text[24];
        if (!tickets)
            continue;
        snprintf(text, sizeof(text), "#%u", *number);
        if (strcmp(name, tickets->path) == 0 || strcmp(name, text) == 0)
            return tickets;
        ++*number;
    }
    return NULL;
}

static void print_keys(const struct tls_tickets *tickets, unsigned number, struct buf *out)
{
    buf_printf(out, "# %u (%s)\n", number, tickets->path);
    for (unsigned i = 0; i < TLS_TICKET_KEYS; i++) {
        char raw[80], text[128];
        size_t size = tls_ticket_raw(tickets, i, raw);
        size_t length = base64_encode(str_make(raw, size), text, false);
        buf_printf(out, "%u.%u %.*s\n", number, i, (int)length, text);
    }
}

static void show_tickets(struct cli_command *command)
{
    struct tls_library *library = cmd_ssl_library(command);
    const char *wanted = cli_arg(command, 0);
    unsigned number = 0;
    if (!library)
        return;
    bool all = wanted[0] == '*';
    const struct tls_tickets *one = wanted[0] && !all ? find_tickets(library, wanted, &number) : NULL;
    if (wanted[0] && !all && !one) {
        cli_error(command, "'show tls-keys' unable to locate referenced filename");
        return;
    }
    buf_add_c(command->out, wanted[0] ? "# id secret\n" : "# id (file)\n");
    if (one) {
        print_keys(one, number, command->out);
        return;
    }
    LIST_EACH (link, &library->binds) {
        const struct tls_tickets *tickets = LIST_ITEM(link, struct tls_bind, link)->tickets;
        if (tickets && all)
            print_keys(tickets, number++, command->out);
        else if (tickets)
            buf_printf(command->out, "%u (%s)\n", number++, tickets->path);
    }
}

static void set_ticket(struct cli_command *command)
{
    struct tls_library *library = cmd_ssl_library(command);
    const char *name = cli_arg(command, 0), *key = cli_arg(command, 1);
    unsigned number;
    if (!library)
        return;
    if (!name[0] || !key[0]) {
        cli_error(command, "'set ssl tls-key' expects a filename and the new TLS key in base64 encoding.");
        return;
    }
    struct tls_tickets *tickets = find_tickets(library, name, &number);
    if (!tickets)
        cli_error(command, "'set ssl tls-key' unable to locate referenced filename");
    else if (!tls_tickets_rotate(tickets, str_of(key)))
        cli_error(command, "'set ssl tls-key' received invalid base64 encoded TLS key.");
    else
        cli_say(command, CLI_NOTICE, "TLS ticket key updated!");
}

/* clang-format off */
const struct command_row cmd_ssl_rows[] = {
    { "abort ssl cert", CLI_ADMIN, "abort ssl cert <certfile>               : abort a transaction for a certificate file", abort_cert, NULL },
    { "add ssl crt-list", CLI_ADMIN, "add ssl crt-list <list> <cert> [opts]*  : add to crt-list file <list> a line <cert> or a payload", add_list, NULL },
    { "commit ssl cert", CLI_ADMIN, "commit ssl cert <certfile>              : commit a certificate file", commit_cert, NULL },
    { "del ssl cert", CLI_ADMIN, "del ssl cert <certfile>                 : delete an unused certificate file", delete_cert, NULL },
    { "del ssl crt-list", CLI_ADMIN, "del ssl crt-list <list> <cert[:line]>   : delete a line <cert> from crt-list file <list>", delete_list, NULL },
    { "new ssl cert", CLI_ADMIN, "new ssl cert <certfile>                 : create a new certificate file to be used in a crt-list or a directory", new_cert, NULL },
    { "set ssl cert", CLI_ADMIN, "set ssl cert <certfile> <payload>       : replace a certificate file", set_cert, NULL },
    { "set ssl tls-key", CLI_ADMIN, "set ssl tls-key [id|file] <key>         : set the next TLS key for the <id> or <file> listener to <key>", set_ticket, NULL },
    { "show ssl cert", CLI_OPERATOR, "show ssl cert [<certfile>]              : display the SSL certificates used in memory, or the details of a file", show_cert, NULL },
    { "show ssl crt-list", CLI_OPERATOR, "show ssl crt-list [-n] [<list>]         : show the list of crt-lists or the content of a crt-list file <list>", show_list, NULL },
    { "show ssl sni", CLI_OPERATOR, "show ssl sni [-f <frontend>]            : display the list of SNI and their corresponding filename", show_sni, NULL },
    { "show tls-keys", CLI_ADMIN, "show tls-keys [id|*]                    : show tls keys references or dump tls ticket keys when id specified", show_tickets, NULL },
    { 0 },
};
/* clang-format on */
