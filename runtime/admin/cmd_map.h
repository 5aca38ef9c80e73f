/* Commands about maps and ACLs. */
#ifndef ADMIN_CMD_MAP_H
#define ADMIN_CMD_MAP_H
#include "admin/cli.h"

extern const struct command_row cmd_map_rows[];

#endif
