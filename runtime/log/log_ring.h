/* Rings: the newest log lines in memory, for those who read them later (HAProxy manual 3.9). A full ring forgets its
 * oldest lines. Positions count bytes since the ring began, so that a reader knows what it missed. */
#ifndef LOG_LOG_RING_H
#define LOG_LOG_RING_H
#include "base/addr.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/list.h"

struct arena;

struct log_ring_server { /* lines are sent to it over TCP */
    struct log_ring_server *next;
    const char *name;
    struct addr addr;
    bool octet_count; /* log-proto octet-count: RFC 6587 section 3.4.1 */
};

struct log_ring_reader {
    struct list link;
    uint64_t position;                             /* of the next line */
    void (*written)(struct log_ring_reader *self); /* a line came */
};

struct log_ring {
    struct log_ring *next;
    const char *name, *description;
    struct diag_place at;
    int envelope;      /* enum log_envelope, for targets that name none */
    size_t length_max; /* of a line */
    struct log_ring_server *servers;
    uint64_t timeout_connect_ms, timeout_server_ms;
    char *data;
    size_t size;
    uint64_t begin, end; /* positions: of the oldest line, behind the newest */
    uint64_t dropped;    /* lines that do not fit at all */
    struct list readers;
};

#define LOG_RING_SIZE   16384
#define LOG_RING_LENGTH 1024

/* Memory for its lines, in the configuration's arena; false: none. After its size is known. */
bool log_ring_prepare(struct log_ring *ring, struct arena *arena) MUST_USE;
void log_ring_write(struct log_ring *ring, struct str line);
/* The line at *position (moved to the oldest one if it is gone) is appended to out, and *position moves behind it.
 * false: no line there yet. */
bool log_ring_read(const struct log_ring *ring, uint64_t *position, struct buf *out);
/* From the ring's newest line (or its oldest one) on. */
void log_ring_reader_begin(struct log_ring_reader *reader, struct log_ring *ring, bool from_oldest,
                           void (*written)(struct log_ring_reader *self));
void log_ring_reader_end(struct log_ring_reader *reader);

#endif
