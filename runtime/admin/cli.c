/* The applet behind stats sockets. Lines are cut at newlines and ';', `\` escapes; without `prompt` the first line's
 * commands are answered and the connection closes when the client has sent all; with it, it stays. */
#include "admin/cli.h"
#include "config/words.h"
#include "proxy/bind.h"
#include "stream/stream.h"

#define LINE_MAX  16384
#define WORDS_MAX 64

struct cli {
    struct buf line; /* what came so far of the current one */
    struct buf payload;
    struct buf answer; /* not yet in the channel */
    size_t answer_at;
    enum cli_level level;
    bool prompt, in_payload, quitting, overlong;
    char *pending; /* the command that waits for its payload */
};

static const char *const level_names[] = { "", "user", "operator", "admin" };

const char *cli_arg(const struct cli_command *command, unsigned i)
{
    i += command->command_words;
    return i < command->count ? command->words[i] : "";
}

/* ---- finding and running ---- */

static const struct command_row *find(const struct configuration *configuration, const char *const *words,
                                      unsigned count, unsigned *taken)
{
    for (unsigned size = count < 4 ? count : 4; size > 0; size--) {
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

static void help(struct cli_command *command, const char *prefix)
{
    const struct dict *known = &command->configuration->words.by_name[WORD_COMMAND];
    buf_add_c(command->out, prefix);
    for (struct dict_entry *entry = dict_next(known, NULL); entry; entry = dict_next(known, entry)) {
        const struct command_row *row = ((const struct word *)entry->value)->row;
        if (row->level <= command->cli->level && row->usage)
            buf_printf(command->out, "  %s\n", row->usage);
    }
}

static void run_words(struct stream *stream, struct cli *cli, const char *const *words, unsigned count,
                      struct str payload)
{
    unsigned taken = 0;
    struct configuration *configuration = stream->engine->configuration;
    const struct command_row *row = count ? find(configuration, words, count, &taken) : NULL;
    struct cli_command command = {
        .stream = stream,
        .engine = stream->engine,
        .configuration = configuration,
        .cli = cli,
        .words = words,
        .count = count,
        .command_words = taken,
        .payload = payload,
        .out = &cli->answer,
    };
    if (!row)
        help(&command, "Unknown command, but maybe one of the following ones is a better match:\n");
    else if (row->level > cli->level)
        buf_add_c(&cli->answer, "Permission denied\n");
    else
        row->run(&command);
    if (!cli->quitting || cli->answer.size)
        buf_add_char(&cli->answer, '\n');
}

/* Cuts a command in place; `\` takes the next byte as it is. */
static unsigned cut(char *text, const char **words)
{
    unsigned count = 0;
    char *to = text;
    bool inside = false;
    for (char *from = text; *from; from++) {
        if ((*from == ' ' || *from == '\t') && inside) {
            *to++ = 0;
            inside = false;
            continue;
        }
        if (*from == ' ' || *from == '\t')
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

static void run_text(struct stream *stream, struct cli *cli, char *text, struct str payload)
{
    const char *words[WORDS_MAX];
    unsigned count = cut(text, words);
    if (count || payload.size)
        run_words(stream, cli, words, count, payload);
}

/* "command <<" waits for lines up to an empty one. */
static bool wants_payload(char *text)
{
    size_t size = strlen(text);
    while (size && (text[size - 1] == ' ' || text[size - 1] == '\t'))
        size--;
    if (size < 2 || text[size - 1] != '<' || text[size - 2] != '<')
        return false;
    text[size - 2] = 0;
    return true;
}

static void run_line(struct stream *stream, struct cli *cli)
{
    char *text = cli->line.data;
    for (char *at = text; at && !cli->quitting;) {
        char *end = at;
        while (*end && *end != ';')
            end += *end == '\\' && end[1] ? 2 : 1;
        char *next = *end ? end + 1 : NULL;
        *end = 0;
        if (!next && wants_payload(at)) {
            cli->pending = (char *)(uintptr_t)arena_copy(&stream->arena, str_of(at)).data;
            cli->in_payload = cli->pending != NULL;
            buf_reset(&cli->payload);
            return;
        }
        run_text(stream, cli, at, STR_NONE);
        at = next;
    }
}

/* ---- the applet ---- */

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

static void finish_line(struct stream *stream, struct cli *cli)
{
    if (cli->in_payload) {
        if (cli->line.size) {
            buf_add(&cli->payload, buf_str(&cli->line));
            buf_add_char(&cli->payload, '\n');
        } else {
            cli->in_payload = false;
            run_text(stream, cli, cli->pending, buf_str(&cli->payload));
        }
    } else if (cli->line.size) {
        run_line(stream, cli);
    } else if (cli->prompt) {
        buf_add_char(&cli->answer, '\n');
    }
    if (cli->prompt && !cli->quitting)
        buf_add_c(&cli->answer, cli->in_payload ? "+ " : "> ");
    buf_reset(&cli->line);
}

static void take_input(struct stream *stream, struct cli *cli)
{
    while (stream->request.output && !cli->quitting && cli->answer.size < LINE_MAX) {
        struct str have = channel_output(&stream->request);
        size_t end = str_find_char(have, '\n');
        struct str part = str_slice(have, 0, end == STR_NOT_FOUND ? have.size : end);
        if (cli->line.size + part.size > LINE_MAX) {
            cli->quitting = true;
            return;
        }
        buf_add(&cli->line, part);
        channel_sent(&stream->request, part.size + (end != STR_NOT_FOUND));
        if (end == STR_NOT_FOUND)
            continue;
        if (cli->line.size && cli->line.data[cli->line.size - 1] == '\r')
            buf_remove(&cli->line, cli->line.size - 1, 1);
        finish_line(stream, cli);
        if (!cli->prompt && !cli->in_payload) /* without a prompt one line is all */
            cli->quitting = true;
    }
    channel_release_if_empty(&stream->request, stream->engine);
}

static bool start(struct stream *stream)
{
    struct cli *cli = arena_zero(&stream->arena, sizeof(*cli));
    stream->applet_state = cli;
    if (!cli)
        return false;
    int level = stream->session->bind ? stream->session->bind->settings.level : 0;
    cli->level = level ? (enum cli_level)level : CLI_OPERATOR;
    return true;
}

static void run(struct stream *stream)
{
    struct cli *cli = stream->applet_state;
    if (!flush(stream, cli))
        return;
    take_input(stream, cli);
    bool over =
        cli->quitting || ((stream->request.ended || stream->request.failed) && !stream->request.output);
    if (over && !cli->quitting && cli->line.size && !cli->in_payload) { /* a last line without its newline */
        finish_line(stream, cli);
    }
    if (flush(stream, cli) && over)
        stream_applet_end(stream);
}

static void stop(struct stream *stream)
{
    struct cli *cli = stream->applet_state;
    if (!cli)
        return;
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

/* ---- commands about the socket itself ---- */

static void run_help(struct cli_command *command)
{
    help(command, "The following commands are valid at this level:\n");
}

static void run_prompt(struct cli_command *command)
{
    command->cli->prompt = !command->cli->prompt;
}

static void run_quit(struct cli_command *command)
{
    command->cli->quitting = true;
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
}

static void run_user(struct cli_command *command)
{
    lower(command, CLI_USER);
}

static void run_show_level(struct cli_command *command)
{
    buf_printf(command->out, "%s\n", level_names[command->cli->level]);
}

const struct command_row cli_rows[] = {
    { "help", CLI_USER, "help                                    : full commands list", run_help, NULL },
    { "prompt", CLI_USER, "prompt                                  : toggle interactive mode with prompt",
      run_prompt, NULL },
    { "quit", CLI_USER, "quit                                    : disconnect", run_quit, NULL },
    { "operator", CLI_USER,
      "operator                                : lower the level of the current CLI session to operator",
      run_operator, NULL },
    { "user", CLI_USER,
      "user                                    : lower the level of the current CLI session to user",
      run_user, NULL },
    { "show cli level", CLI_USER,
      "show cli level                          : display the level of the current CLI session",
      run_show_level, NULL },
    { 0 },
};
