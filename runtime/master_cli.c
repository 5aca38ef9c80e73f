/* The master's management socket: processes and reloads, and commands for a worker, which go there on a connection of
 * their own: "@1 show info", "@!4711 show info", or "@1" for all that follow (management manual 9.4). */
#include "base/arena.h"
#include "base/units.h"
#include "master.h"
#include "net/conn.h"
#include "stream/stream.h"
#include <stdio.h>

static struct master *master_of(const struct cli_command *command)
{
    return command->configuration->master;
}

/* ---- who a command is for ---- */

/* "1": the worker of now; "!pid": any. The words for the master itself. NULL: nobody. */
static struct child *find_worker(struct master *master, struct str name, bool *is_master)
{
    struct child *found = NULL;
    int64_t pid = 0;
    bool by_pid = str_starts(name, STR("!"));
    *is_master = str_eq(name, STR("master")) || str_eq(name, STR("0"));
    if (*is_master || !units_parse_int(str_from(name, by_pid), 1, INT32_MAX, &pid))
        return NULL;
    LIST_EACH (link, master_children(master)) {
        struct child *child = LIST_ITEM(link, struct child, link);
        bool current = !child->leaving && child->ready && pid == 1;
        if (child->kind == CHILD_WORKER && child->channel.sock != PLAT_NO_SOCK &&
            (by_pid ? child->pid == pid : current))
            found = child;
    }
    return found;
}

/* ---- on the way to a worker and back ---- */

struct errand {
    struct conn conn;
    struct stream *stream;
    struct buf request;
    size_t sent;
};

static void errand_ready(struct conn *conn, void *owner)
{
    struct errand *errand = owner;
    (void)conn;
    stream_wake(errand->stream);
}

static void errand_stop(struct cli_command *command)
{
    struct errand *errand = command->state;
    conn_close(&errand->conn, false);
    buf_finish(&errand->request);
}

static bool errand_send(struct errand *errand)
{
    while (errand->sent < errand->request.size) {
        struct str rest = str_from(buf_str(&errand->request), errand->sent);
        struct io_vec vec = { (char *)(uintptr_t)rest.data, rest.size };
        struct io_result result = conn_write(&errand->conn, &vec, 1, false);
        if (result.status != IO_OK)
            return result.status == IO_WOULD_BLOCK;
        errand->sent += result.size;
        if (errand->sent == errand->request.size)
            conn_shut_write(&errand->conn);
    }
    return true;
}

/* The answer as it comes, up to the end of the connection; the empty line behind it is ours to write. */
static enum cli_more errand_go_on(struct cli_command *command)
{
    struct errand *errand = command->state;
    if (!errand_send(errand))
        return CLI_DONE;
    for (;;) {
        char *room = buf_room(command->out, 4096);
        if (!room)
            return CLI_DONE;
        struct io_vec vec = { room, 4096 };
        struct io_result result = conn_read(&errand->conn, &vec, 1);
        if (result.status == IO_WOULD_BLOCK)
            return CLI_WAIT;
        if (result.status != IO_OK)
            break;
        command->out->size += result.size;
        if (command->out->size >= CLI_PIECE)
            return CLI_MORE;
    }
    if (command->out->size && command->out->data[command->out->size - 1] == '\n')
        command->out->size--;
    return CLI_DONE;
}

static void send_errand(struct cli_command *command, struct child *worker, struct str text)
{
    struct errand *errand = arena_zero(&command->stream->arena, sizeof(*errand));
    plat_sock sock = errand ? master_connect(master_of(command), worker) : PLAT_NO_SOCK;
    struct addr nobody = { .family = ADDR_NONE };
    if (sock == PLAT_NO_SOCK || !conn_accepted(&errand->conn, command->engine->loop, sock, &nobody)) {
        cli_error(command, "Can't connect to the target CLI!");
        return;
    }
    errand->stream = command->stream;
    errand->conn.ready = errand_ready;
    errand->conn.owner = errand;
    if (cli_is_expert(command))
        buf_add_c(&errand->request, "expert-mode on;");
    if (cli_is_experimental(command))
        buf_add_c(&errand->request, "experimental-mode on;");
    buf_add(&errand->request, text);
    buf_add_char(&errand->request, '\n');
    if (command->payload.data) {
        buf_add(&errand->request, command->payload);
        buf_add_char(&errand->request, '\n');
    }
    command->state = errand;
    command->stop = errand_stop;
    command->more = errand->request.failed ? NULL : errand_go_on;
    if (!command->more)
        errand_stop(command);
}

bool master_cli_route(struct cli_command *command, const char *text)
{
    struct master *master = master_of(command);
    int64_t *target = cli_target(command);
    struct str rest = str_trim(str_of(text));
    struct child *worker = NULL;
    bool is_master = *target == 0, explicit = str_starts(rest, STR("@"));
    char name[32];
    if (explicit) {
        struct str word = str_split(&rest, ' ');
        rest = rest.data ? str_trim(rest) : STR("");
        worker = find_worker(master, str_from(word, 1), &is_master);
        if (!worker && !is_master) {
            buf_printf(command->out, "Can't find the target PID matching the prefix '%.*s'\n", STR_ARG(word));
            return true;
        }
        if (!rest.size) { /* for all that follow */
            *target = is_master ? 0 : worker->pid;
            return true;
        }
    } else if (!is_master) {
        snprintf(name, sizeof(name), "!%lld", (long long)*target);
        worker = find_worker(master, str_of(name), &is_master);
        if (!worker) {
            buf_printf(command->out, "Can't find the target PID matching the prefix '@%s'\n", name);
            return true;
        }
    }
    bool own = is_master || str_starts(rest, STR("expert-mode")) ||
               str_starts(rest, STR("experimental-mode")) || str_eq(rest, STR("prompt")) ||
               str_eq(rest, STR("quit"));
    if (own && explicit && is_master)
        cli_skip_words(command, 1);
    if (!own)
        send_errand(command, worker, rest);
    return !own;
}

/* ---- the master's own ---- */

static void put_process(struct cli_command *command, int64_t pid, const char *type, const char *reloads,
                        uint64_t start_ns, const char *version)
{
    uint64_t up = (engine_now(command->engine) - start_ns) / NS_PER_S;
    char uptime[32];
    snprintf(uptime, sizeof(uptime), "%llud%02lluh%02llum%02llus", (unsigned long long)(up / 86400),
             (unsigned long long)(up / 3600 % 24), (unsigned long long)(up / 60 % 60),
             (unsigned long long)(up % 60));
    buf_printf(command->out, "%-15lld %-15s %-15s %-15s %-15s\n", (long long)pid, type, reloads, uptime,
               version);
}

static void put_children(struct cli_command *command, enum child_kind kind, bool leaving, const char *title)
{
    bool any = false;
    LIST_EACH (link, master_children(master_of(command))) {
        const struct child *child = LIST_ITEM(link, struct child, link);
        char reloads[16];
        if (child->kind != kind || child->leaving != leaving)
            continue;
        if (!any)
            buf_printf(command->out, "# %s\n", title);
        any = true;
        snprintf(reloads, sizeof(reloads), "%d", child->reloads);
        put_process(command, child->pid, kind == CHILD_WORKER ? "worker" : child->name, reloads,
                    child->start_ns, kind == CHILD_WORKER ? COMMAND_LINE_LANGUAGE_VERSION : "-");
    }
}

static void run_show_proc(struct cli_command *command)
{
    struct master *master = master_of(command);
    struct platform *platform = command->configuration->platform;
    char reloads[48];
    snprintf(reloads, sizeof(reloads), "%d [failed: %d]", master_reload_count(master),
             master_reload_failures(master));
    buf_printf(command->out, "%-15s %-15s %-15s %-15s %-15s\n", "#<PID>", "<type>", "<reloads>", "<uptime>",
               "<version>");
    put_process(command, platform->ops->pid(platform), "master", reloads, master_start_ns(master),
                COMMAND_LINE_LANGUAGE_VERSION);
    put_children(command, CHILD_WORKER, false, "workers");
    put_children(command, CHILD_WORKER, true, "old workers");
    put_children(command, CHILD_PROGRAM, false, "programs");
    put_children(command, CHILD_PROGRAM, true, "old programs");
}

static enum cli_more wait_for_reload(struct cli_command *command)
{
    enum reload_state state = master_reload_state(master_of(command));
    if (state == RELOAD_RUNNING)
        return CLI_WAIT;
    buf_printf(command->out, "Success=%d\n--\n", state == RELOAD_DONE);
    return CLI_DONE;
}

static void stop_waiting(struct cli_command *command)
{
    master_forget(master_of(command), command->stream);
}

static void run_reload(struct cli_command *command)
{
    command->more = wait_for_reload;
    command->stop = stop_waiting;
    master_reload(master_of(command), command->stream);
}

static void run_show_version(struct cli_command *command)
{
    buf_printf(command->out, "%s\n", COMMAND_LINE_LANGUAGE_VERSION);
}

/* For help alone: they are taken before rows are looked at. */
static void run_prefix(struct cli_command *command)
{
    (void)command;
}

/* clang-format off */
const struct command_row master_cli_rows[] = {
    { "@!<pid>", CLI_USER, "@!<pid>                                 : send a command to the <pid> process", run_prefix, NULL },
    { "@<relative pid>", CLI_USER, "@<relative pid>                         : send a command to the <relative pid> process", run_prefix, NULL },
    { "@master", CLI_USER, "@master                                 : send a command to the master process", run_prefix, NULL },
    { "hard-reload", CLI_ADMIN, NULL, run_reload, NULL },
    { "reload", CLI_ADMIN, "reload                                  : reload the workers, and say how it went", run_reload, NULL },
    { "show proc", CLI_USER, "show proc                               : show processes status", run_show_proc, NULL },
    { "show version", CLI_USER, "show version                            : show version of the current process", run_show_version, NULL },
    { 0 },
};
/* clang-format on */
