/* What stands in front of a line's text: the formats of `log` lines and rings (HAProxy manual 4.2 "log"). */
#ifndef LOG_LOG_ENVELOPE_H
#define LOG_LOG_ENVELOPE_H
#include "base/buf.h"

struct log_message;

enum log_level {
    LOG_EMERG,
    LOG_ALERT,
    LOG_CRIT,
    LOG_ERR,
    LOG_WARNING,
    LOG_NOTICE,
    LOG_INFO,
    LOG_DEBUG,
    LOG_LEVEL_COUNT
};
enum log_envelope {
    LOG_USUAL /* LOG_RFC3164 when a host is sent, else LOG_LOCAL; of a relayed line as it came */,
    LOG_RFC3164,
    LOG_LOCAL,
    LOG_RFC5424,
    LOG_PRIORITY,
    LOG_SHORT,
    LOG_TIMED,
    LOG_ISO,
    LOG_RAW
};

struct log_head {
    enum log_envelope envelope; /* not LOG_USUAL */
    unsigned facility;
    enum log_level level;
    int64_t wall_ns, pid;
    const char *tag;
    struct str host; /* empty: none */
    struct str structured_data;
    const struct log_message
        *relayed; /* its time, tag, pid, id and data go before ours; NULL: our own line */
};

/* Appends all up to the text. */
void log_envelope_put(const struct log_head *head, struct buf *out);
/* The one that keeps of a message what its head told (HAProxy manual 12.6). */
enum log_envelope log_envelope_as_came(const struct log_message *message);

#endif
