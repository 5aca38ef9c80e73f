/* Commands about OCSP responses (management manual 9.3). */
#include "admin/cmd_ssl.h"
#include "base/base64.h"
#include "tls/tls_cert.h"
#include "tls/tls_library.h"
#include "tls/tls_ocsp.h"
#include "tls/tls_x509.h"

static const char *path_of(const struct tls_ocsp *ocsp)
{
    if (list_empty(&ocsp->certs))
        return "";
    return LIST_ITEM(list_first(&ocsp->certs), struct tls_cert, ocsp_link)->path;
}

static void print_hex(const ASN1_STRING *text, struct buf *out)
{
    tls_x509_hex(ASN1_STRING_get0_data(text), (size_t)ASN1_STRING_length(text), out);
}

static void print_id(const struct tls_ocsp *ocsp, struct buf *out)
{
    ASN1_OCTET_STRING *name = NULL, *key = NULL;
    ASN1_INTEGER *serial = NULL;
    OCSP_id_get0_info(&name, NULL, &key, &serial, ocsp->id);
    buf_printf(out, "Certificate ID key : %s\nCertificate path : %s\n", ocsp->key, path_of(ocsp));
    buf_add_c(out, " Certificate ID:\n   Issuer Name Hash: ");
    print_hex(name, out);
    buf_add_c(out, "\n   Issuer Key Hash: ");
    print_hex(key, out);
    buf_add_c(out, "\n   Serial Number: ");
    print_hex(serial, out);
    buf_add_char(out, '\n');
}

static void print_base64(struct str der, struct buf *out)
{
    char *room = buf_room(out, base64_encoded_size(der.size));
    if (!room)
        return;
    out->size += base64_encode(der, room, false);
    buf_add_char(out, '\n');
}

static void list_all(struct cli_command *command, const struct tls_library *library)
{
    buf_add_c(command->out, "# Certificate IDs\n");
    for (struct dict_entry *e = dict_next(&library->ocsp, NULL); e; e = dict_next(&library->ocsp, e))
        print_id(e->value, command->out);
}

static void show(struct cli_command *command)
{
    const struct tls_library *library = cmd_ssl_library(command);
    bool base64 = strcmp(cli_arg(command, 0), "base64") == 0;
    bool has_format = base64 || strcmp(cli_arg(command, 0), "text") == 0;
    const char *wanted = cli_arg(command, has_format);
    if (!library)
        return;
    if (!wanted[0] && !has_format) {
        list_all(command, library);
        return;
    }
    if (!wanted[0]) {
        cli_error(command, "'show ssl ocsp-response [text|base64]' expects a valid certid.");
        return;
    }
    const struct tls_ocsp *ocsp = tls_ocsp_find(library, wanted);
    if (!ocsp)
        cli_error(command, "Certificate ID or path does not match any certificate.");
    else if (!ocsp->response.size)
        cli_error(command, "There is no OCSP response for this certificate yet.");
    else if (base64)
        print_base64(buf_str(&ocsp->response), command->out);
    else if (!tls_ocsp_print(buf_str(&ocsp->response), command->out))
        cli_error(command, "Unable to parse OCSP response");
}

static void set(struct cli_command *command)
{
    struct tls_library *library = cmd_ssl_library(command);
    struct str text = command->payload.data ? command->payload : str_of(cli_arg(command, 0));
    struct buf packed = BUF_INIT, der = BUF_INIT, error = BUF_INIT;
    if (!library)
        return;
    if (!text.size) {
        cli_error(command, "'set ssl ocsp-response' expects response in base64 encoding.");
        return;
    }
    for (size_t i = 0; i < text.size; i++) {
        if (!strchr("\r\n \t", text.data[i]))
            buf_add_char(&packed, text.data[i]);
    }
    char *room = buf_room(&der, packed.size + 1);
    size_t size = room ? base64_decode(buf_str(&packed), room, packed.size + 1, false) : STR_NOT_FOUND;
    if (size == STR_NOT_FOUND)
        cli_error(command, "'set ssl ocsp-response' received invalid base64 encoded response.");
    else if (tls_ocsp_replace(library, NULL, str_make(room, size), &error))
        cli_say(command, CLI_NOTICE, "OCSP Response updated!");
    else
        cli_error(command, "%s.", error.data ? error.data : "Can't allocate memory");
    buf_finish(&packed);
    buf_finish(&der);
    buf_finish(&error);
}

/* clang-format off */
const struct command_row cmd_ssl_ocsp_rows[] = {
    { "set ssl ocsp-response", CLI_ADMIN, "set ssl ocsp-response <resp|payload>    : update a certificate's OCSP Response from a base64-encode DER", set, NULL },
    { "show ssl ocsp-response", CLI_OPERATOR, "show ssl ocsp-response [[text|base64] id] : display the IDs of the OCSP responses used in memory, or the details of a single OCSP response (in text or base64 format)", show, NULL },
    { 0 },
};
/* clang-format on */
