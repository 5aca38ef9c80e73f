/* What `program` sections say: other programs that the master starts and ends (manual 3.7). */
#ifndef PROXY_PROGRAM_H
#define PROXY_PROGRAM_H
#include <stdbool.h>
#include <stdint.h>

struct program {
    struct program *next;
    const char *name;
    const char *const *argv; /* NULL-terminated; NULL: no command was given */
    bool start_on_reload;
    const int64_t *uid, *gid; /* NULL: as the master is */
};

#endif
