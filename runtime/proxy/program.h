/* What `program` sections say: other programs that the master starts and ends (manual 3.7). */
#ifndef PROXY_PROGRAM_H
#define PROXY_PROGRAM_H

struct program {
    struct program *next;
    const char *name;
    const char *const *argv; /* NULL-terminated; NULL: no command was given */
    bool start_on_reload;
};

#endif
