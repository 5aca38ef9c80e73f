/* Commands about OCSP responses (management manual 9.3). */
#include "admin/cmd_ssl.h"
#include "base/base64.h"
#include "base/civil_time.h"
#include "base/units.h"
#include "stream/engine.h"
#include "stream/ocsp_update.h"
#include "stream/stream.h"
#include "tls/tls_cert.h"
#include "tls/tls_library.h"
#include "tls/tls_ocsp.h"
#include "tls/tls_x509.h"

static void print_hex(const ASN1_STRING *text, struct buf *out)
{
    tls_x509_hex(ASN1_STRING_get0_data(text), (size_t)ASN1_STRING_length(text), out);
}

static void print_id(const struct tls_ocsp *ocsp, struct buf *out)
{
    ASN1_OCTET_STRING *name = NULL, *key = NULL;
    ASN1_INTEGER *serial = NULL;
    OCSP_id_get0_info(&name, NULL, &key, &serial, ocsp->id);
    buf_printf(out, "Certificate ID key : %s\nCertificate path : %s\n", ocsp->key, tls_ocsp_path(ocsp));
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

/* ---- updates ---- */

static void print_date(int64_t seconds, struct buf *out)
{
    struct civil_time date = civil_time_of(seconds);
    buf_printf(out, " | %02d/%s/%04d:%02d:%02d:%02d +0000", date.day, civil_time_month_name(date.month),
               date.year, date.hour, date.minute, date.second);
}

static void print_update(const struct cli_command *command, const struct tls_ocsp *ocsp)
{
    struct buf *out = command->out;
    uint64_t now = engine_now(command->engine);
    int64_t wall_ns = loop_wall(command->engine->loop);
    uint64_t left = ocsp->next_ns > now ? ocsp->next_ns - now : 0;
    buf_printf(out, "%s | %s", ocsp->key, tls_ocsp_path(ocsp));
    print_date((wall_ns + (int64_t)left) / (int64_t)NS_PER_S, out);
    if (ocsp->last_s)
        print_date(ocsp->last_s, out);
    else
        buf_add_c(out, " | -");
    buf_printf(out, " | %u | %u | %u | %s", ocsp->successes, ocsp->failures, ocsp->last_status,
               tls_ocsp_status_text(ocsp->last_status));
    if (ocsp->last_reason.size)
        buf_printf(out, " (%s)", ocsp->last_reason.data);
    buf_add_char(out, '\n');
}

/* The soonest first. */
static void show_updates(struct cli_command *command)
{
    const struct tls_library *library = cmd_ssl_library(command);
    struct arena *scratch = &command->engine->scratch;
    struct arena_mark mark = arena_mark(scratch);
    unsigned count = 0;
    if (!library)
        return;
    const struct tls_ocsp **sorted = arena_alloc(scratch, (library->ocsp.count + 1) * sizeof(*sorted));
    for (struct dict_entry *e = dict_next(&library->ocsp, NULL); sorted && e;
         e = dict_next(&library->ocsp, e)) {
        const struct tls_ocsp *ocsp = e->value;
        unsigned at = count;
        if (!tls_ocsp_wants_updates(ocsp))
            continue;
        for (; at > 0 && sorted[at - 1]->next_ns > ocsp->next_ns; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = ocsp;
        count++;
    }
    buf_add_c(command->out,
              "OCSP Certid | Path | Next Update | Last Update | Successes | Failures | Last Update "
              "Status | Last Update Status (str)\n");
    for (unsigned i = 0; i < count; i++)
        print_update(command, sorted[i]);
    arena_rewind(scratch, mark);
}

struct wait_for_update {
    struct ocsp_waiter waiter;
    struct stream *stream;
    bool done;
    struct buf text; /* of the end */
    bool well;
};

static void told(struct ocsp_waiter *waiter, const struct tls_ocsp *ocsp)
{
    struct wait_for_update *wait = CONTAINER_OF(waiter, struct wait_for_update, waiter);
    wait->done = true;
    wait->well = ocsp && ocsp->last_status == TLS_OCSP_UPDATED;
    if (wait->well)
        wait->well = tls_ocsp_print(buf_str(&ocsp->response), &wait->text);
    else if (ocsp)
        buf_printf(&wait->text, "%s%s%s", tls_ocsp_status_text(ocsp->last_status),
                   ocsp->last_reason.size ? ": " : "", ocsp->last_reason.size ? ocsp->last_reason.data : "");
    stream_wake(wait->stream);
}

static enum cli_more wait_more(struct cli_command *command)
{
    struct wait_for_update *wait = command->state;
    if (!wait->done)
        return CLI_WAIT;
    if (wait->well)
        buf_add(command->out, buf_str(&wait->text));
    else
        cli_error(command, "Can't update the OCSP response! %s", wait->text.data ? wait->text.data : "");
    return CLI_DONE;
}

static void wait_stop(struct cli_command *command)
{
    struct wait_for_update *wait = command->state;
    list_remove(&wait->waiter.link);
    buf_finish(&wait->text);
}

static void update(struct cli_command *command)
{
    const struct tls_library *library = cmd_ssl_library(command);
    const char *path = cli_arg(command, 0);
    if (!library)
        return;
    if (!path[0]) {
        cli_error(command, "'update ssl ocsp-response' expects a filename");
        return;
    }
    const struct tls_cert *cert = tls_cert_find(library, path);
    if (!cert) {
        cli_error(command,
                  "Unknown certificate! 'update ssl ocsp-response' expects an already known certificate "
                  "file name.\nCan't send ocsp request for %s!",
                  path);
        return;
    }
    if (!cert->ocsp || !cert->ocsp->uri) {
        cli_error(command,
                  "'update ssl ocsp-response' only works on certificates that already have a known OCSP "
                  "response%s.\nCan't send ocsp request for %s!",
                  cert->ocsp ? ", and name a responder" : "", path);
        return;
    }
    struct wait_for_update *wait = arena_zero(&command->stream->arena, sizeof(*wait));
    if (wait) {
        list_init(&wait->waiter.link);
        wait->waiter.told = told;
        wait->stream = command->stream;
    }
    if (!wait || !ocsp_update_now(command->engine, cert->ocsp, &wait->waiter)) {
        cli_error(command, "Can't allocate memory");
        return;
    }
    command->state = wait;
    command->more = wait_more;
    command->stop = wait_stop;
}

/* clang-format off */
const struct command_row cmd_ssl_ocsp_rows[] = {
    { "set ssl ocsp-response", CLI_ADMIN, "set ssl ocsp-response <resp|payload>    : update a certificate's OCSP Response from a base64-encode DER", set, NULL },
    { "show ssl ocsp-response", CLI_OPERATOR, "show ssl ocsp-response [[text|base64] id] : display the IDs of the OCSP responses used in memory, or the details of a single OCSP response (in text or base64 format)", show, NULL },
    { "show ssl ocsp-updates", CLI_OPERATOR, "show ssl ocsp-updates                   : display when the OCSP responses that are kept fresh will be updated, and how it went", show_updates, NULL },
    { "update ssl ocsp-response", CLI_ADMIN, "update ssl ocsp-response <certfile>     : send ocsp request and update stored ocsp response", update, NULL },
    { 0 },
};
/* clang-format on */
