/* show events: what rings hold, and with -w what comes into one (management manual 9.3). */
#include "admin/cli.h"
#include "base/arena.h"
#include "log/log_ring.h"
#include "proxy/configuration.h"
#include "stream/stream.h"

struct watch_ring {
    struct log_ring_reader reader;
    const struct log_ring *ring;
    struct stream *stream;
    bool waits, zeros; /* -w, -0 */
};

static void written(struct log_ring_reader *reader)
{
    struct watch_ring *watch = CONTAINER_OF(reader, struct watch_ring, reader);
    stream_wake(watch->stream);
}

static void stop(struct cli_command *command)
{
    struct watch_ring *watch = command->state;
    log_ring_reader_end(&watch->reader);
}

/* Any key ends the waiting, as does the end of what the client sends. */
static enum cli_more go_on(struct cli_command *command)
{
    struct watch_ring *watch = command->state;
    while (log_ring_read(watch->ring, &watch->reader.position, command->out)) {
        buf_add_char(command->out, watch->zeros ? '\0' : '\n');
        if (command->out->size >= CLI_PIECE)
            return CLI_MORE;
    }
    bool left = command->stream->request.output || command->stream->request.ended;
    return watch->waits && !left ? CLI_WAIT : CLI_DONE;
}

static void list_sinks(struct cli_command *command)
{
    buf_add_c(command->out,
              "Supported events sinks are listed below. Add -0(zero), -w(wait), -n(new). Any key to stop\n"
              "    stdout     : type=fd, 0 dropped, standard output (fd#1)\n"
              "    stderr     : type=fd, 0 dropped, standard output (fd#2)\n");
    for (const struct log_ring *ring = command->configuration->rings; ring; ring = ring->next)
        buf_printf(command->out, "    %-10s : type=buffer, %llu dropped, %s\n", ring->name,
                   (unsigned long long)ring->dropped, ring->description);
}

static bool read_options(struct cli_command *command, struct watch_ring *watch, bool *from_newest)
{
    for (unsigned i = 1; cli_arg(command, i)[0]; i++) {
        const char *word = cli_arg(command, i);
        for (const char *at = word[0] == '-' ? word + 1 : word; *at; at++) {
            if (word[0] != '-' || !strchr("wn0", *at)) {
                cli_error(command, "unknown option");
                return false;
            }
            watch->waits |= *at == 'w';
            watch->zeros |= *at == '0';
            *from_newest |= *at == 'n';
        }
    }
    return true;
}

static void run_events(struct cli_command *command)
{
    const char *name = cli_arg(command, 0);
    struct log_ring *ring = command->configuration->rings;
    bool from_newest = false;
    if (!name[0]) {
        list_sinks(command);
        return;
    }
    if (strcmp(name, "stdout") == 0 || strcmp(name, "stderr") == 0) {
        cli_say(command, CLI_NOTICE, "Nothing to report for this sink");
        return;
    }
    while (ring && strcmp(ring->name, name) != 0)
        ring = ring->next;
    struct watch_ring *watch = ring ? arena_zero(&command->stream->arena, sizeof(*watch)) : NULL;
    if (!watch) {
        cli_error(command, ring ? "out of memory" : "No such event sink");
        return;
    }
    if (!read_options(command, watch, &from_newest))
        return;
    watch->ring = ring;
    watch->stream = command->stream;
    log_ring_reader_begin(&watch->reader, ring, !from_newest, written);
    command->state = watch;
    command->more = go_on;
    command->stop = stop;
}

const struct command_row cmd_events_rows[] = {
    { "show events", CLI_OPERATOR, "show events [<sink>] [-w] [-n] [-0]     : show event sink state",
      run_events, NULL },
    { 0 },
};
