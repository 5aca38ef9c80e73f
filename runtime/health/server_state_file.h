/* State files: how servers stood before a restart, in the lines that `show servers state` writes (HAProxy manual 3.1
 * server-state-file, 4.2 load-server-state-from-file; management manual 9.3 show servers state).
 *
 * A file is read while it can still be reached, before chroot; what it says becomes the past of
 * servers (server_past.h), which they take up once their checks are there. */
#ifndef HEALTH_SERVER_STATE_FILE_H
#define HEALTH_SERVER_STATE_FILE_H
#include "base/check.h"
#include <stdbool.h>

struct configuration;

/* Reads the files that the configuration names, and gives each server that one knows its past. A file that is not
 * there, and lines that make no sense, are said and passed over. false: a server's address was to come from a file, and
 * is in none (said). */
bool server_state_file_read(struct configuration *configuration) MUST_USE;

#endif
