/* The management socket: commands from rows, several a line, answers ended by an empty line (management manual 9).
 *
 * A command answers in one go (its run writes to out), or piece by piece: run sets `more`, which is called again each
 * time the client has taken what was written, and whenever the stream's task was woken. So an answer of any size needs
 * one buffer, and delays nobody else. */
#ifndef ADMIN_CLI_H
#define ADMIN_CLI_H
#include "base/buf.h"
#include "stream/applet.h"

struct cli;
struct configuration;
struct engine;

enum cli_level { CLI_USER = 1, CLI_OPERATOR, CLI_ADMIN };
enum cli_more { CLI_DONE, CLI_MORE /* as soon as there is room */, CLI_WAIT /* when the stream is woken */ };

struct cli_command { /* one while it is carried out */
    struct stream *stream;
    struct engine *engine;
    struct configuration *configuration;
    struct cli *cli;
    const struct command_row *row;
    const char *const *words; /* NUL-terminated, all of the command's; they stay until it is done */
    unsigned count;
    unsigned command_words; /* that the command itself takes: arguments begin there */
    struct str payload;     /* behind <<; data NULL without */
    struct buf *out;        /* the answer */
    /* Set by run for an answer that goes on; may wait with stream_wait_until. */
    enum cli_more (*more)(struct cli_command *command);
    void (*stop)(struct cli_command *command); /* gives state back, finished or not; may be NULL */
    void *state;
};

struct command_row {
    const char *words; /* "show info" */
    enum cli_level level;
    const char *usage; /* "show info : report information about the running process"; NULL: not listed */
    void (*run)(struct cli_command *command);
    void *data;
};

#define CLI_PIECE 15360u /* bytes after which a long answer had better say CLI_MORE */

/* Word i of the arguments; "" past the end. */
const char *cli_arg(const struct cli_command *command, unsigned i);
unsigned cli_arg_count(const struct cli_command *command);
bool cli_has_level(const struct cli_command *command, enum cli_level level);
bool cli_is_expert(const struct cli_command *command);
bool cli_is_experimental(const struct cli_command *command);

/* One line about how it went, with the severity in front when the session asked for it. */
enum cli_severity { CLI_EMERG, CLI_ALERT, CLI_CRIT, CLI_ERROR, CLI_WARNING, CLI_NOTICE, CLI_INFO };
void cli_say(struct cli_command *command, enum cli_severity severity, const char *format, ...)
    PRINTF_LIKE(3, 4);
#define cli_error(command, ...) cli_say(command, CLI_ERROR, __VA_ARGS__)

/* Where a master's session sends what follows: the pid of a worker, 0 for itself. */
int64_t *cli_target(const struct cli_command *command);
/* From a route: the command itself begins so many words later. */
void cli_skip_words(struct cli_command *command, unsigned count);
/* The session ends with this command, and nothing stands behind its answer. */
void cli_quit(struct cli_command *command);

extern const struct service_row cli_service;
extern const struct command_row cli_rows[], cmd_stat_rows[], cmd_server_rows[], cmd_show_rows[],
    cmd_set_rows[], cmd_session_rows[], cmd_sockets_rows[], cmd_show_servers_rows[], cmd_errors_rows[];

#endif
