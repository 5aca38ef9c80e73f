/* What a line of HTTP's usual log (`option httplog`, HAProxy manual 8.2.3) tells of an answer:
 * "... IP:PORT [DATE] FRONTEND BACKEND/SERVER TR/Tw/Tc/Tr/Ta STATUS BYTES - - CAUSES ..." */
#ifndef SIM_LOG_LINE_H
#define SIM_LOG_LINE_H
#include "base/str.h"
#include <stdint.h>

/* The client's port and the status. false: another kind of line, or one of a client that went away. */
bool log_line_read(struct str line, uint16_t *port, unsigned *status);

#endif
