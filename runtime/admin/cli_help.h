/* Lists of commands: for `help`, and for a command that is none. */
#ifndef ADMIN_CLI_HELP_H
#define ADMIN_CLI_HELP_H
#include "admin/cli.h"

/* Those that begin with the command's arguments, or all. */
void cli_help(struct cli_command *command, enum cli_level level);
/* The command is unknown: those that it may have been meant for. */
void cli_help_unknown(struct cli_command *command, enum cli_level level);

#endif
