/* show sess, shutdown session (management manual 9.3). A session's id is its stream's number. */
#include "admin/cli.h"
#include "base/units.h"
#include "proxy/bind.h"
#include "proxy/server.h"
#include "stream/server_conn.h"
#include "stream/stream.h"

static bool parse_id(const char *text, uint64_t *out)
{
    if (strncmp(text, "0x", 2) == 0)
        text += 2;
    *out = 0;
    if (!text[0])
        return false;
    for (; *text; text++) {
        int digit = ascii_hex(*text);
        if (digit < 0 || *out >> 60)
            return false;
        *out = *out << 4 | (uint64_t)digit;
    }
    return true;
}

static struct stream *find(struct engine *engine, const char *text)
{
    uint64_t serial;
    if (!parse_id(text, &serial))
        return NULL;
    for (engine = engine->first; engine; engine = engine->next) {
        LIST_EACH (link, &engine->stream_list) {
            struct stream *stream = LIST_ITEM(link, struct stream, link);
            if (stream->serial == serial)
                return stream;
        }
    }
    return NULL;
}

static const char *protocol(const struct addr *addr)
{
    return addr->family == ADDR_UNIX ? "unix_stream" : addr->family == ADDR_IPV6 ? "tcpv6" : "tcpv4";
}

static void put_addr(struct buf *out, const struct addr *addr, const struct stream *stream)
{
    char text[ADDR_TEXT_MAX];
    if (!addr_is_ip(addr)) {
        buf_printf(out, "unix:%d", stream->session->bind ? (int)stream->session->bind->number : 0);
        return;
    }
    size_t size = addr_print(addr, text, sizeof(text));
    buf_add(out, str_make(text, size));
}

static void put_channel(struct buf *out, const char *name, const struct channel *channel)
{
    buf_printf(out, " %s[f=%s%sh,i=%zu,an=00h,rx=,wx=,ax=]", name, channel->ended ? "e" : "0",
               channel->closed ? "c" : "0", channel->input + channel->raw + channel->output);
}

static uint64_t age_s(const struct stream *stream)
{
    return (engine_now(stream->engine) - stream->times.begin) / NS_PER_S;
}

static const char *backend_name(const struct stream *stream)
{
    return stream->counted ? stream->backend->name : "<NONE>";
}

static void put_line(struct cli_command *command, struct stream *stream)
{
    struct buf *out = command->out;
    const struct addr *source = conn_source(&stream->session->conn);
    buf_printf(out, "0x%llx: proto=%s src=", (unsigned long long)stream->serial, protocol(source));
    put_addr(out, source, stream);
    buf_printf(out, " fe=%s be=%s srv=%s ts=%02x epoch=0 age=%llus calls=1 rate=0 cpu=0 lat=0",
               stream->frontend->name, backend_name(stream), stream->server ? stream->server->name : "<none>",
               (unsigned)stream->phase, (unsigned long long)age_s(stream));
    put_channel(out, "rq", &stream->request);
    put_channel(out, "rp", &stream->response);
    buf_printf(out, " scf=[8,0h,fd=%d] scb=[8,0h,fd=%d] exp= rc=%u c_exp=\n",
               stream->session->conn.watch.sock, stream->back ? stream->back->conn.watch.sock : -1,
               stream->try_count);
}

static void put_whole(struct cli_command *command, struct stream *stream)
{
    struct buf *out = command->out;
    const struct addr *source = conn_source(&stream->session->conn);
    static const char *const phases[] = {
        "request", "rules", "server", "connect", "response", "data", "end"
    };
    buf_printf(out, "0x%llx: id=%llu proto=%s source=", (unsigned long long)stream->serial,
               (unsigned long long)stream->serial, protocol(source));
    put_addr(out, source, stream);
    buf_printf(out, "\n  phase=%s step=%u tries_left=%u in_queue=%d age=%llus\n", phases[stream->phase],
               stream->step, stream->tries_left, stream->in_queue, (unsigned long long)age_s(stream));
    buf_printf(out, "  frontend=%s (id=%d mode=%s), listener=%s (id=%u)\n", stream->frontend->name,
               stream->frontend->id, stream->http ? "http" : "tcp",
               stream->session->bind ? stream->session->bind->name : "?",
               stream->session->bind ? stream->session->bind->number : 0);
    buf_printf(out, "  backend=%s (id=%d)\n", backend_name(stream),
               stream->counted ? stream->backend->id : -1);
    buf_printf(out, "  server=%s (id=%d)\n", stream->server ? stream->server->name : "<NONE>",
               stream->server ? stream->server->id : -1);
    buf_printf(out, "  req=(in=%zu out=%zu total=%llu)\n  res=(in=%zu out=%zu total=%llu)\n",
               stream->request.input + stream->request.raw, stream->request.output,
               (unsigned long long)stream->request.total_in, stream->response.input + stream->response.raw,
               stream->response.output, (unsigned long long)stream->response.total_in);
}

/* What is listed of each worker, in turn. */
struct list_place {
    unsigned worker; /* how many of them were listed whole */
    uint64_t last;   /* stream of the next one */
};

/* Streams come and go between two pieces: the next one is the first of its worker with a higher number. */
static enum cli_more list_more(struct cli_command *command)
{
    struct list_place *place = command->state;
    unsigned number = 0;
    for (const struct engine *engine = command->engine->first; engine; engine = engine->next, number++) {
        if (number < place->worker)
            continue;
        LIST_EACH (link, &engine->stream_list) {
            struct stream *stream = LIST_ITEM(link, struct stream, link);
            if (stream->serial <= place->last)
                continue;
            if (command->out->size >= CLI_PIECE)
                return CLI_MORE;
            put_line(command, stream);
            place->last = stream->serial;
        }
        *place = (struct list_place){ .worker = number + 1 };
    }
    return CLI_DONE;
}

static void run_show_sess(struct cli_command *command)
{
    const char *id = cli_arg(command, 0);
    if (strcmp(id, "all") == 0) {
        for (const struct engine *engine = command->engine->first; engine; engine = engine->next)
            LIST_EACH (link, &engine->stream_list)
                put_whole(command, LIST_ITEM(link, struct stream, link));
        return;
    }
    if (id[0]) {
        struct stream *stream = find(command->engine, id);
        if (stream)
            put_whole(command, stream);
        else
            buf_add_c(command->out, "Session not found.\n");
        return;
    }
    command->state = arena_zero(&command->stream->arena, sizeof(struct list_place));
    if (command->state)
        command->more = list_more;
}

static void run_shutdown_session(struct cli_command *command)
{
    const char *id = cli_arg(command, 0);
    struct stream *stream = find(command->engine, id);
    if (str_starts(str_of(id), STR("0x")) ? !id[2] : !ascii_digit(id[0]))
        cli_error(command, "Session pointer expected (use 'show sess').");
    else if (!stream)
        cli_error(command, "No such session (use 'show sess').");
    else
        stream_kill(stream, 'K');
}

/* clang-format off */
const struct command_row cmd_session_rows[] = {
    { "show sess", CLI_OPERATOR, "show sess [id]                          : report the list of current sessions or dump this exact session", run_show_sess, NULL },
    { "shutdown session", CLI_ADMIN, "shutdown session [id]                   : kill a specific session", run_shutdown_session, NULL },
    { 0 },
};
/* clang-format on */
