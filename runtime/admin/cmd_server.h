/* What commands about servers share. */
#ifndef ADMIN_CMD_SERVER_H
#define ADMIN_CMD_SERVER_H
#include "admin/cli.h"
#include "proxy/server.h"

/* The server that "backend/server" names; NULL: said. */
struct server *cmd_server_find(struct cli_command *command, const char *text);
/* Changes the address and port (NULL: as it is); appends what happened to out. false: nothing was changed. */
bool cmd_server_move(struct engine *engine, struct server *server, const char *addr, const char *port,
                     struct buf *out);

#endif
