/* Commands about stick tables. */
#ifndef ADMIN_CMD_TABLE_H
#define ADMIN_CMD_TABLE_H
#include "admin/cli.h"

extern const struct command_row cmd_table_rows[];

#endif
