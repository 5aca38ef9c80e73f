/* The applet behind stats sockets. Lines are cut at newlines, commands at ';', and `\` takes the next byte as it is.
 * Without `prompt` the session ends with the answer to what the client has sent so far; with it, when the client says
 * so.
 *
 * A session is in one of these states: a command runs; a line has commands left; a payload is awaited; a line is. */
#include "admin/cli.h"
#include "admin/cli_help.h"
#include "base/units.h"
#include "config/words.h"
#include "proxy/bind.h"
#include "stream/stream.h"

#define LINE_MAX    16384
#define PAYLOAD_MAX (1024 * 1024)
#define WORDS_MAX   64

struct cli {
    struct buf input;   /* what came so far of the line that is received */
    struct buf line;    /* the commands in hand */
    size_t line_at;     /* where the next one begins */
    bool line_ready;    /* there are commands left in it */
    struct buf payload; /* so far */
    char payload_end[64];
    struct buf raw;    /* the command as it came, for a route */
    int64_t target;    /* of a master's session */
    struct buf answer; /* not yet in the channel */
    size_t answer_at;
    enum cli_level level;
    int severity; /* 0 none, 1 number, 2 word */
    bool prompt, in_payload, quitting, expert, experimental, running;
    struct cli_command command; /* while running, or while it waits for its payload */
    const char *words[WORDS_MAX];
};

static const char *const level_names[] = { "", "user", "operator", "admin" };

/* ---- what commands ask ---- */

const char *cli_arg(const struct cli_command *command, unsigned i)
{
    i += command->command_words;
    return i < command->count ? command->words[i] : "";
}

unsigned cli_arg_count(const struct cli_command *command)
{
    return command->count - command->command_words;
}

bool cli_has_level(const struct cli_command *command, enum cli_level level)
{
    return command->cli->level >= level;
}

bool cli_is_expert(const struct cli_command *command)
{
    return command->cli->expert;
}

bool cli_is_experimental(const struct cli_command *command)
{
    return command->cli->experimental;
}

int64_t *cli_target(const struct cli_command *command)
{
    return &command->cli->target;
}

void cli_skip_words(struct cli_command *command, unsigned count)
{
    struct cli *cli = command->cli;
    memmove(cli->words, cli->words + count, (WORDS_MAX - count) * sizeof(cli->words[0]));
    command->count -= count;
}

void cli_say(struct cli_command *command, enum cli_severity severity, const char *format, ...)
{
    static const char *const names[] = { "emerg", "alert", "crit", "err", "warning", "notice", "info" };
    va_list values;
    if (command->cli->severity == 1)
        buf_printf(command->out, "[%d]:", (int)severity);
    else if (command->cli->severity == 2)
        buf_printf(command->out, "[%s]:", names[severity]);
    va_start(values, format);
    buf_vprintf(command->out, format, values);
    va_end(values);
    buf_add_char(command->out, '\n');
}

/* ---- running ---- */

static const struct command_row *find(const struct configuration *configuration, const char *const *words,
                                      unsigned count, unsigned *taken)
{
    for (unsigned size = count < 5 ? count : 5; size > 0; size--) {
        struct buf name = BUF_INIT;
        for (unsigned i = 0; i < size; i++)
            buf_printf(&name, "%s%s", i ? " " : "", words[i]);
        const struct word *word = words_find(&configuration->words, WORD_COMMAND, buf_str(&name));
        buf_finish(&name);
        if (word) {
            *taken = size;
            return word->row;
        }
    }
    return NULL;
}

static void put_prompt(struct cli *cli)
{
    if (cli->target)
        buf_printf(&cli->answer, "%lld", (long long)cli->target);
    else if (cli->command.configuration->route)
        buf_add_c(&cli->answer, "master");
    buf_add_c(&cli->answer, "> ");
}

static void end_command(struct cli *cli)
{
    struct cli_command *command = &cli->command;
    if (command->stop)
        command->stop(command);
    command->stop = NULL;
    command->more = NULL;
    cli->running = false;
    if (!cli->quitting || cli->answer.size)
        buf_add_char(&cli->answer, '\n');
    if (cli->prompt && !cli->quitting && !cli->line_ready)
        put_prompt(cli);
}

static void carry_out(struct cli *cli, struct cli_command *command)
{
    command->row = command->count
                       ? find(command->configuration, cli->words, command->count, &command->command_words)
                       : NULL;
    if (!command->row)
        cli_help_unknown(command, cli->level);
    else if (command->row->level > cli->level)
        buf_add_c(&cli->answer, "Permission denied\n");
    else
        command->row->run(command);
}

static void run_command(struct stream *stream, struct cli *cli, struct str payload)
{
    struct configuration *configuration = stream->engine->configuration;
    struct cli_command *command = &cli->command;
    *command = (struct cli_command){
        .stream = stream,
        .engine = stream->engine,
        .configuration = configuration,
        .cli = cli,
        .words = cli->words,
        .count = command->count,
        .payload = payload,
        .out = &cli->answer,
    };
    cli->running = true;
    if (!configuration->route || !configuration->route(command, cli->raw.data))
        carry_out(cli, command);
    if (!command->more)
        end_command(cli);
}

/* Cuts a command in place; `\` takes the next byte as it is. */
static unsigned cut(char *text, const char **words)
{
    unsigned count = 0;
    char *to = text;
    bool inside = false;
    for (char *from = text; *from; from++) {
        bool blank = *from == ' ' || *from == '\t';
        if (blank && inside) {
            *to++ = 0;
            inside = false;
        }
        if (blank)
            continue;
        if (!inside) {
            if (count == WORDS_MAX)
                break;
            words[count++] = to;
            inside = true;
        }
        if (*from == '\\' && from[1])
            from++;
        *to++ = *from;
    }
    *to = 0;
    return count;
}

/* "command <<" waits for lines up to an empty one, "command <<END" up to one that says END. */
static bool wants_payload(struct cli *cli)
{
    struct cli_command *command = &cli->command;
    const char *last = command->count ? cli->words[command->count - 1] : "";
    if (strncmp(last, "<<", 2) != 0)
        return false;
    str_to_c(str_of(last + 2), cli->payload_end, sizeof(cli->payload_end));
    command->count--;
    return true;
}

static void next_command(struct stream *stream, struct cli *cli)
{
    char *at = cli->line.data + cli->line_at, *end = at;
    while (*end && *end != ';')
        end += *end == '\\' && end[1] ? 2 : 1;
    cli->line_ready = *end != 0;
    cli->line_at = (size_t)(end - cli->line.data) + 1;
    *end = 0;
    if (stream->engine->configuration->route) {
        buf_reset(&cli->raw);
        buf_add(&cli->raw, str_make(at, (size_t)(end - at) + 1)); /* with its NUL */
        if (cli->raw.failed) {
            cli->quitting = true;
            return;
        }
    }
    cli->command.count = cut(at, cli->words);
    if (!cli->line_ready && wants_payload(cli)) {
        cli->in_payload = true;
        buf_reset(&cli->payload);
        if (cli->prompt)
            buf_add_c(&cli->answer, "+ ");
        return;
    }
    run_command(stream, cli, STR_NONE);
}

/* ---- the applet ---- */

/* The answer into the channel. true: all of it is there. */
static bool flush(struct stream *stream, struct cli *cli)
{
    struct str rest = str_from(buf_str(&cli->answer), cli->answer_at);
    if (!rest.size)
        return true;
    cli->answer_at += channel_put(&stream->response, stream->engine, rest);
    if (cli->answer_at < cli->answer.size)
        return false;
    buf_reset(&cli->answer);
    cli->answer_at = 0;
    return true;
}

static void payload_line(struct stream *stream, struct cli *cli)
{
    struct str line = buf_str(&cli->input);
    if (!str_eq(line, str_of(cli->payload_end))) {
        if (cli->payload.size + line.size > PAYLOAD_MAX) {
            cli->quitting = true;
            return;
        }
        buf_add(&cli->payload, line);
        buf_add_char(&cli->payload, '\n');
        if (cli->prompt)
            buf_add_c(&cli->answer, "+ ");
        return;
    }
    cli->in_payload = false;
    struct str payload = buf_str(&cli->payload);
    run_command(stream, cli, payload.data ? payload : STR(""));
}

static void whole_line(struct stream *stream, struct cli *cli)
{
    if (cli->input.size && cli->input.data[cli->input.size - 1] == '\r')
        buf_remove(&cli->input, cli->input.size - 1, 1);
    if (cli->in_payload) {
        payload_line(stream, cli);
    } else {
        struct buf line = cli->line;
        cli->line = cli->input;
        cli->input = line;
        cli->line_at = 0;
        cli->line_ready = true;
        char *end = buf_room(&cli->line, 1); /* a NUL behind, even of an empty line */
        if (end && !cli->line.failed)
            *end = 0;
        else
            cli->quitting = true;
    }
    buf_reset(&cli->input);
}

/* Takes a line's bytes from the channel. true: a line was completed. */
static bool take_line(struct stream *stream, struct cli *cli)
{
    bool complete = false;
    while (stream->request.output && !complete) {
        struct str have = channel_output(&stream->request);
        size_t end = str_find_char(have, '\n');
        struct str part = str_slice(have, 0, end == STR_NOT_FOUND ? have.size : end);
        complete = end != STR_NOT_FOUND;
        if (cli->input.size + part.size > LINE_MAX) {
            cli->quitting = true;
            return false;
        }
        buf_add(&cli->input, part);
        channel_sent(&stream->request, part.size + complete);
    }
    channel_release_if_empty(&stream->request, stream->engine);
    bool ended = stream->request.ended || stream->request.failed;
    if (!complete && ended && cli->input.size) /* a last line without its newline */
        complete = true;
    if (complete)
        whole_line(stream, cli);
    return complete;
}

/* true: something moved. */
static bool advance(struct stream *stream, struct cli *cli)
{
    if (cli->running) {
        size_t before = cli->answer.size;
        enum cli_more more = cli->command.more(&cli->command);
        if (more == CLI_DONE)
            end_command(cli);
        return more == CLI_DONE || cli->answer.size > before;
    }
    if (cli->quitting)
        return false;
    if (cli->line_ready) {
        next_command(stream, cli);
        return true;
    }
    if (take_line(stream, cli))
        return true;
    if (stream->request.ended || stream->request.failed)
        cli->quitting = true;
    return false;
}

static bool idle(const struct stream *stream, const struct cli *cli)
{
    return !cli->running && !cli->line_ready && !cli->in_payload && !cli->input.size &&
           !stream->request.output;
}

static void run(struct stream *stream)
{
    struct cli *cli = stream->applet_state;
    bool answered = false;
    while (flush(stream, cli) && advance(stream, cli)) {
        answered = answered || !cli->running;
        if (answered && !cli->prompt && idle(stream, cli)) /* without a prompt, what was sent so far is all */
            cli->quitting = true;
    }
    if (cli->quitting && !cli->running && flush(stream, cli))
        stream_applet_end(stream);
}

static bool start(struct stream *stream)
{
    struct cli *cli = arena_zero(&stream->arena, sizeof(*cli));
    stream->applet_state = cli;
    if (!cli)
        return false;
    const struct bind *bind = stream->session->bind;
    cli->level = bind && bind->settings.level ? (enum cli_level)bind->settings.level : CLI_OPERATOR;
    cli->severity = bind ? bind->settings.severity : 0;
    return true;
}

static void stop(struct stream *stream)
{
    struct cli *cli = stream->applet_state;
    if (!cli)
        return;
    if (cli->running && cli->command.stop)
        cli->command.stop(&cli->command);
    buf_finish(&cli->input);
    buf_finish(&cli->raw);
    buf_finish(&cli->line);
    buf_finish(&cli->payload);
    buf_finish(&cli->answer);
}

static const struct applet_ops cli_ops = { "cli", start, run, stop };

static bool begin(struct stream *stream, void *data)
{
    (void)data;
    stream->log_silent = true;
    stream_use_applet(stream, &cli_ops, NULL);
    return true;
}

const struct service_row cli_service = { "cli", false, true, begin, NULL };

/* ---- commands about the session itself ---- */

static void run_help(struct cli_command *command)
{
    cli_help(command, command->cli->level);
}

static void run_prompt(struct cli_command *command)
{
    command->cli->prompt = !command->cli->prompt;
}

void cli_quit(struct cli_command *command)
{
    command->cli->quitting = true;
    command->cli->line_ready = false;
}

static void lower(struct cli_command *command, enum cli_level level)
{
    if (command->cli->level < level)
        buf_add_c(command->out, "Permission denied\n");
    else
        command->cli->level = level;
}

static void run_operator(struct cli_command *command)
{
    lower(command, CLI_OPERATOR);
    command->cli->expert = command->cli->experimental = false;
}

static void run_user(struct cli_command *command)
{
    lower(command, CLI_USER);
    command->cli->expert = command->cli->experimental = false;
}

static void run_show_level(struct cli_command *command)
{
    buf_printf(command->out, "%s\n", level_names[command->cli->level]);
}

static void run_mode(struct cli_command *command)
{
    const char *word = cli_arg(command, 0);
    bool experimental = strcmp(command->words[0], "experimental-mode") == 0;
    bool *flag = experimental ? &command->cli->experimental : &command->cli->expert;
    if (!word[0])
        buf_printf(command->out, "%s is %s\n", command->words[0], *flag ? "ON" : "OFF");
    else
        *flag = strcmp(word, "on") == 0;
}

static void run_set_timeout(struct cli_command *command)
{
    const char *stop_at = NULL, *text = cli_arg(command, 1);
    uint64_t ms = 0;
    if (strcmp(cli_arg(command, 0), "cli") != 0)
        cli_error(command, "'set timeout' only supports 'cli'.");
    else if (!text[0])
        cli_error(command, "Expects an integer value.");
    else if (units_parse_time(str_of(text), UNITS_S, &ms, &stop_at) != UNITS_OK || ms < 1)
        cli_error(command, "Invalid timeout value.");
    else
        command->stream->timeout_client_ms = ms * 1000;
}

static void run_set_severity(struct cli_command *command)
{
    const char *word = cli_arg(command, 0);
    static const char *const words[] = { "none", "number", "string" };
    for (int i = 0; i < 3; i++) {
        if (strcmp(word, words[i]) == 0) {
            command->cli->severity = i;
            return;
        }
    }
    cli_error(command, "one of 'none', 'number', 'string' is a required argument");
}

/* clang-format off */
const struct command_row cli_rows[] = {
    { "expert-mode", CLI_ADMIN, NULL, run_mode, NULL },
    { "experimental-mode", CLI_ADMIN, NULL, run_mode, NULL },
    { "operator", CLI_OPERATOR, "operator                                : lower the level of the current CLI session to operator", run_operator, NULL },
    { "set severity-output", CLI_USER, "set severity-output [none|number|string]: set presence of severity level in feedback information", run_set_severity, NULL },
    { "set timeout", CLI_USER, "set timeout [cli] <delay>               : change a timeout setting", run_set_timeout, NULL },
    { "show cli level", CLI_USER, "show cli level                          : display the level of the current CLI session", run_show_level, NULL },
    { "user", CLI_USER, "user                                    : lower the level of the current CLI session to user", run_user, NULL },
    { "help", CLI_USER, "help [<command>]                        : list matching or all commands", run_help, NULL },
    { "prompt", CLI_USER, "prompt                                  : toggle interactive mode with prompt", run_prompt, NULL },
    { "quit", CLI_USER, "quit                                    : disconnect", cli_quit, NULL },
    { 0 },
};
/* clang-format on */
