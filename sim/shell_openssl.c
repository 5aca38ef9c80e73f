/* `openssl` of the shell, a row for each of its commands. */
#include "base/base64.h"
#include "base/mem.h"
#include "base/units.h"
#include "sim/shell_parts.h"
#include "sim/sim_address.h"
#include <openssl/ssl.h>

enum { LINE = 64, PATIENCE_S = 300 };

/* Lines of 64 signs; of what is decoded, blanks and newlines do not count. */
static struct outcome encode(struct call *call)
{
    struct buf text = BUF_INIT;
    char *room = buf_room(&text, base64_encoded_size(call->in.size) + 1);

    CHECK(room);
    text.size = base64_encode(call->in, room, false);
    for (size_t at = 0; at < text.size; at += LINE)
        shell_add_line(call->out, str_slice(buf_str(&text), at, LINE));
    buf_finish(&text);
    return shell_ended(0);
}

static struct outcome decode(struct call *call)
{
    struct buf packed = BUF_INIT, bytes = BUF_INIT;
    char *room;
    size_t size;

    for (size_t i = 0; i < call->in.size; i++)
        if (!strchr(" \t\r\n", call->in.data[i]))
            buf_add_char(&packed, call->in.data[i]);
    room = buf_room(&bytes, packed.size + 4);
    CHECK(room);
    size = base64_decode(buf_str(&packed), room, packed.size + 4, false);
    if (size != STR_NOT_FOUND)
        buf_add(call->out, str_make(room, size));
    buf_finish(&packed);
    buf_finish(&bytes);
    return shell_ended(size == STR_NOT_FOUND ? 1 : 0);
}

static struct outcome run_base64(struct call *call)
{
    if (call->count == 2)
        return encode(call);
    return call->count == 3 && str_eq(call->words[2], STR("-d")) ? decode(call) : shell_unknown_use(call);
}

struct s_client {
    struct str place, server_name;
    bool no_name, quiet, waits;
    int version;
};

static bool s_client_options(const struct call *call, struct s_client *client)
{
    for (unsigned i = 2; i < call->count; i++) {
        struct str word = call->words[i], value = i + 1 < call->count ? call->words[i + 1] : STR_NONE;
        bool takes = true;

        if (str_eq(word, STR("-connect")) || str_eq(word, STR("-unix"))) {
            client->place = value;
        } else if (str_eq(word, STR("-servername"))) { /* an IP or a path alone gives none */
            client->server_name = value;
        } else {
            takes = false;
            if (str_eq(word, STR("-tls1_2")))
                client->version = TLS1_2_VERSION;
            else if (str_eq(word, STR("-tls1_3")))
                client->version = TLS1_3_VERSION;
            else if (str_eq(word, STR("-noservername")))
                client->no_name = true;
            else if (str_eq(word, STR("-quiet")))
                client->quiet = true;
            else if (str_eq(word, STR("-ign_eof")))
                client->waits = true;
            else
                return false;
        }
        if (takes && !value.data)
            return false;
        i += takes;
    }
    client->waits |= client->quiet;
    return client->place.data != NULL;
}

/* Without -ign_eof it ends with its input: "Q" or nothing. */
static struct outcome run_s_client(struct call *call)
{
    struct s_client client = { 0 };
    struct errand *errand;
    struct addr to;
    bool made;

    if (!s_client_options(call, &client) || !sim_address_parse(client.place, &to) ||
        (!client.waits && call->in.size && call->in.data[0] != 'Q'))
        return shell_unknown_use(call);
    errand = shell_next_errand(call->shell, ERRAND_TLS, &made);
    if (!errand)
        return shell_stop(call->shell, "shell: too many '%.*s'", call->words[0]);
    if (made) {
        errand->to = to;
        errand->wait_ns = PATIENCE_S * NS_PER_S;
        if (!client.no_name && client.server_name.size)
            errand->server_name = mem_need_copy(client.server_name);
        errand->tls = (struct shell_tls_wish){ .version = client.version,
                                               .only_handshake = !client.waits,
                                               .reports = !client.quiet };
        if (client.waits)
            buf_add(&errand->in, call->in);
    }
    if (!errand->done)
        return shell_errand_outcome(call->shell, errand, call->out);
    buf_add(call->out, buf_str(&errand->out));
    return shell_ended(errand->exit_code ? 1 : 0);
}

static const struct program_row commands[] = {
    { "base64", run_base64, "its input encoded, or decoded with -d" },
    { "s_client", run_s_client,
      "a TLS handshake, and what follows with -ign_eof or -quiet; -connect -unix -servername -tls1_2 "
      "-tls1_3" },
    { 0 },
};

struct outcome shell_run_openssl(struct call *call)
{
    for (const struct program_row *row = commands; row->name && call->count > 1; row++)
        if (str_eq(call->words[1], str_of(row->name)))
            return row->run(call);
    return shell_stop(call->shell, "shell: 'openssl %.*s' is not known here",
                      call->count > 1 ? call->words[1] : STR(""));
}
