/* Reads in pieces, straight into the buffer. */
#include "sim/pipe_text.h"
#include "base/check.h"
#include <errno.h>
#include <unistd.h>

enum { PIECE = 65536 };

void pipe_text_read(int pipe, struct buf *out)
{
    for (;;) {
        char *room = buf_room(out, PIECE);
        ssize_t got;

        CHECK(room && "out of memory");
        got = read(pipe, room, PIECE);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return;
        out->size += (size_t)got;
    }
}
