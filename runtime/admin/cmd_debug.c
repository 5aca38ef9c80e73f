/* debug dev ...: for those who develop proxies and tests. */
#include "admin/cli.h"
#include "base/arena.h"
#include "proxy/configuration.h"
#include "stream/engine.h"
#include "stream/stream.h"

/* The words as a line in the log of the global section. */
static void run_log(struct cli_command *command)
{
    const struct globals *globals = &command->configuration->globals;
    struct buf text = BUF_INIT;
    if (!cli_is_expert(command)) {
        cli_error(command, "Permission denied: this command is for experts (expert-mode on).");
        return;
    }
    for (unsigned i = 0; i < cli_arg_count(command); i++)
        buf_printf(&text, "%s%s", i ? " " : "", cli_arg(command, i));
    struct log_line line = { .level = LOG_INFO, .tag = globals->log_tag, .text = buf_str(&text) };
    log_send(command->engine->log, globals->log_targets, &line);
    buf_finish(&text);
}

const struct command_row cmd_debug_rows[] = {
    { "debug dev log", CLI_ADMIN, "debug dev log [msg] ...                 : send this msg to global logs",
      run_log, NULL },
    { 0 },
};
