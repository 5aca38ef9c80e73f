/* The management socket: commands from rows, one line each, answers ended by an empty line (management manual 9). */
#ifndef ADMIN_CLI_H
#define ADMIN_CLI_H
#include "base/buf.h"
#include "stream/applet.h"

struct cli;
struct configuration;
struct engine;

enum cli_level { CLI_USER = 1, CLI_OPERATOR, CLI_ADMIN };

struct cli_command { /* one line while it is carried out */
    struct stream *stream;
    struct engine *engine;
    struct configuration *configuration;
    struct cli *cli;
    const char *const *words; /* NUL-terminated, all of the line's */
    unsigned count;
    unsigned command_words; /* that the command itself takes: arguments begin there */
    struct str payload;     /* behind <<; empty without */
    struct buf *out;        /* the answer */
};

struct command_row {
    const char *words; /* "show info" */
    enum cli_level level;
    const char *usage; /* "show info : report information about the running process" */
    void (*run)(struct cli_command *command);
    void *data;
};

/* Word i of the arguments; "" past the end. */
const char *cli_arg(const struct cli_command *command, unsigned i);

extern const struct service_row cli_service;
extern const struct command_row cli_rows[];

#endif
