/* Where log lines go, and in which envelope: UDP and Unix datagrams, stdout, stderr, descriptors (HAProxy manual 3.1 and 4.2
 * "log"). */
#ifndef LOG_LOG_TARGET_H
#define LOG_LOG_TARGET_H
#include "base/addr.h"
#include "base/buf.h"
#include "base/list.h"
#include "config/cfg_reader.h"
#include "event/loop.h"
#include "log/log_envelope.h"

enum log_target_kind { LOG_TO_DATAGRAM, LOG_TO_STDOUT, LOG_TO_STDERR, LOG_TO_DESCRIPTOR, LOG_TO_RING };

#define LOG_SAMPLE_RANGES 8

struct log_ring;

struct log_target {
    struct log_target *next;
    enum log_target_kind kind;
    int descriptor;        /* LOG_TO_DESCRIPTOR: left open by the starter */
    struct addr addr;      /* of a datagram; of the log server whose ring is to be made (stream_server) */
    const char *ring_name; /* LOG_TO_RING: found when the configuration is whole; NULL: a ring of its own */
    struct log_ring *ring; /* LOG_TO_RING */
    struct diag_place at;
    const char *host; /* in the envelopes that have one: log-send-hostname; NULL: not sent */
    enum log_envelope envelope;
    int facility;                                 /* 0..23 */
    enum log_level level_max;                     /* lines of a higher number are dropped */
    enum log_level level_min;                     /* lines more severe are sent as this */
    size_t length_max;                            /* of the whole line; usual 1024 */
    unsigned sample_range_count, sample_size;     /* sample <ranges>:<size> */
    unsigned sample_ranges[LOG_SAMPLE_RANGES][2]; /* first and last, from 1 on, in ascending order */
    uint64_t sample_seen, dropped, sent;
};

/* Reads "log <address> [len n] [format f] [sample ...] <facility> [max [min]]" from word `from`. NULL: reported.
 * "log global" and "no log" are the keyword's business. */
struct log_target *log_target_read(struct cfg_line *line, unsigned from) MUST_USE;
bool log_envelope_of(const char *word, enum log_envelope *out);
bool log_level_of(const char *word, enum log_level *out);
const char *log_level_name(enum log_level level);

/* One worker's way out: keeps the sockets. */
struct log_sender;
struct log_sender *log_sender_create(struct loop *loop); /* NULL: no memory */
void log_sender_destroy(struct log_sender *sender);

struct log_line {
    enum log_level level;
    const char *tag;            /* log-tag; usual "haproxy" */
    struct str structured_data; /* RFC 5424, without brackets' outside; empty: "-" */
    struct str text;            /* without newline */
    /* Of somebody else's message, whose parts go into the envelope; NULL: our own line. */
    const struct log_message *relayed;
    struct str host; /* of relayed: as the envelope is to have it; empty: none is known */
};
/* Sends to each target of the chain that wants the level. Never blocks; what cannot be sent is dropped and counted. */
void log_send(struct log_sender *sender, struct log_target *targets, const struct log_line *line);
uint64_t log_sender_dropped(const struct log_sender *sender);

#endif
