/* What another process of the simulator says through a pipe. */
#ifndef SIM_PIPE_TEXT_H
#define SIM_PIPE_TEXT_H
#include "base/buf.h"

/* Appends all that comes until the other end is closed, or fails. */
void pipe_text_read(int pipe, struct buf *out);

#endif
