/* What the commands about certificates and those about authorities share. */
#ifndef ADMIN_CMD_SSL_H
#define ADMIN_CMD_SSL_H
#include "admin/cli.h"
#include "base/arena.h"
#include "base/dict.h"

struct tls_library;

/* The node's TLS; certificates may be made before any bind needs it. NULL: said. */
struct tls_library *cmd_ssl_library(struct cli_command *command);
/* Says the text and gives its memory back. */
void cmd_ssl_say(struct cli_command *command, struct buf *text);
/* The keys of a dict sorted by their bytes, in the arena; NULL: no memory. */
const char **cmd_ssl_sorted(const struct dict *dict, struct arena *arena, unsigned *count);
void cmd_ssl_committed(struct cli_command *command, const char *path, unsigned updated);
void cmd_ssl_not_committed(struct cli_command *command, const char *path, struct buf *error);
bool cmd_ssl_may_abort(struct cli_command *command, const char *changing, const char *path, const char *what);
/* "file:2" names one of a file's; *index 0: all. In the engine's scratch. */
const char *cmd_ssl_cut_index(struct cli_command *command, const char *text, int64_t *index);

#endif
