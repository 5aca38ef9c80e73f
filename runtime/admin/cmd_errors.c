/* show errors: the last message of each section that broke the protocol (management manual 9.3). */
#include "admin/cli.h"
#include "base/civil_time.h"
#include "base/units.h"
#include "proxy/configuration.h"
#include "stream/refused_message.h"
#include "stream/stream.h"
#include <stdio.h>

#define LINE_WIDTH 79

struct dump {
    const struct proxy *proxy; /* the next one */
    int64_t only;              /* its id; -1: all */
    bool requests, responses;
};

/* [26/Nov/2026:22:04:21.106] */
static void put_date(struct buf *out, int64_t wall_ns)
{
    struct civil_time date = civil_time_of(wall_ns / (int64_t)NS_PER_S);
    buf_printf(out, "[%02d/%s/%04d:%02d:%02d:%02d.%03d]", date.day, civil_time_month_name(date.month),
               date.year, date.hour, date.minute, date.second, (int)(wall_ns / (int64_t)NS_PER_MS % 1000));
}

/* As it stands in a line: printable, or behind a backslash. */
static struct str shown(char c, char text[8])
{
    static const char plain[] = "\t\n\r\x1b\\", letters[] = "tnre\\";
    const char *found = c ? strchr(plain, c) : NULL;
    int size = found                  ? snprintf(text, 8, "\\%c", letters[found - plain])
               : c >= ' ' && c <= '~' ? snprintf(text, 8, "%c", c)
                                      : snprintf(text, 8, "\\x%02X", (unsigned char)c);
    return str_make(text, (size_t)size);
}

/* A line of input a line; what is too long goes on behind a plus sign. */
static void put_bytes(struct buf *out, struct str bytes)
{
    char text[8];
    bool goes_on = false;
    for (size_t at = 0; at < bytes.size;) {
        size_t begun = out->size;
        buf_printf(out, "  %05zu%c ", at, goes_on ? '+' : ' ');
        goes_on = true;
        while (at < bytes.size && goes_on) {
            struct str next = shown(bytes.data[at], text);
            if (out->size - begun + next.size > LINE_WIDTH)
                break;
            buf_add(out, next);
            goes_on = bytes.data[at++] != '\n';
        }
        buf_add_char(out, '\n');
        if (out->failed)
            return;
    }
}

static void put_server(struct buf *out, const struct server *server)
{
    buf_printf(out, ", server %s (#%d)", server ? server->name : "<NONE>", server ? server->id : -1);
}

static void put(struct cli_command *command, const struct proxy *proxy, const struct refused_message *message,
                bool is_response)
{
    struct buf *out = command->out;
    const struct proxy *other = message->other;
    char source[ADDR_TEXT_MAX];
    size_t size = addr_print(&message->source, source, sizeof(source));
    uint64_t room = command->configuration->globals.bufsize;
    buf_add_c(out, " \n");
    put_date(out, message->wall_ns);
    buf_printf(out, " %s %s (#%d): invalid %s\n  %s %s (#%d)", is_response ? "backend" : "frontend",
               proxy->name, proxy->id, is_response ? "response" : "request",
               is_response ? "frontend" : "backend", other ? other->name : "<NONE>", other ? other->id : -1);
    put_server(out, message->server);
    buf_printf(out, ", event #%llu, src %.*s\n", (unsigned long long)message->event, (int)size, source);
    buf_printf(out, "  buffer starts at 0 (including 0 out), %llu free,\n",
               (unsigned long long)(message->size < room ? room - message->size : 0));
    buf_printf(out, "  len %zu, wraps at %llu, error at position %zu\n  reason: %s\n  \n", message->size,
               (unsigned long long)room, message->position, message->why);
    put_bytes(out, str_make(message->bytes, message->size));
}

/* A section's are those of either side of it. */
static bool is_wanted(const struct dump *dump, const struct proxy *proxy,
                      const struct refused_message *message)
{
    return message && (dump->only < 0 || proxy->id == dump->only ||
                       (message->other && message->other->id == dump->only));
}

static enum cli_more more(struct cli_command *command)
{
    struct dump *dump = command->state;
    for (; dump->proxy; dump->proxy = dump->proxy->next) {
        const struct proxy *proxy = dump->proxy;
        if (command->out->size >= CLI_PIECE)
            return CLI_MORE;
        if (dump->requests && is_wanted(dump, proxy, proxy->refused_request))
            put(command, proxy, proxy->refused_request, false);
        if (dump->responses && is_wanted(dump, proxy, proxy->refused_response))
            put(command, proxy, proxy->refused_response, true);
    }
    return CLI_DONE;
}

static void run(struct cli_command *command)
{
    struct engine *engine = command->engine;
    const char *who = cli_arg(command, 0), *which = cli_arg(command, 1);
    struct dump *dump = arena_zero(&command->stream->arena, sizeof(*dump));
    if (!dump)
        return;
    dump->only = -1;
    dump->proxy = command->configuration->proxies;
    dump->requests = strcmp(which, "response") != 0;
    dump->responses = strcmp(which, "request") != 0;
    if (who[0]) {
        const struct proxy *proxy = proxy_find(command->configuration, who, PROXY_FRONT);
        proxy = proxy ? proxy : proxy_find(command->configuration, who, PROXY_BACK);
        if (proxy)
            dump->only = proxy->id;
        else if (!units_parse_int(str_of(who), -1, INT32_MAX, &dump->only)) {
            cli_error(command, "No such proxy.");
            return;
        }
    }
    buf_add_c(command->out, "Total events captured on ");
    put_date(command->out, loop_wall(engine->loop));
    buf_printf(command->out, " : %llu\n", (unsigned long long)engine->configuration->refused_serial);
    command->state = dump;
    command->more = more;
}

/* clang-format off */
const struct command_row cmd_errors_rows[] = {
    { "show errors", CLI_OPERATOR, "show errors [<px>] [request|response]   : report last request and/or response errors for each proxy", run, NULL },
    { 0 },
};
/* clang-format on */
