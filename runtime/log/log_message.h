/* Syslog messages as they come from others: RFC 5424, RFC 3164, or a text behind a priority, or only a text. Pure. */
#ifndef LOG_LOG_MESSAGE_H
#define LOG_LOG_MESSAGE_H
#include "base/buf.h"

enum log_message_kind { LOG_MESSAGE_BARE, LOG_MESSAGE_RFC3164, LOG_MESSAGE_RFC5424 };

struct log_message { /* parts point into the bytes that were read; one without bytes: it is not there */
    enum log_message_kind kind;
    bool has_priority;
    unsigned priority;                         /* facility * 8 + level, as written */
    struct str time;                           /* of RFC 5424 possibly "-" */
    struct str host, tag, pid, id, structured; /* "-" of RFC 5424 is an empty one */
    struct str text;
};

/* Any bytes are a message: a head that is of neither kind belongs to the text. Line ends and NULs behind it are dropped. */
void log_message_read(struct str bytes, struct log_message *out);
/* Its time as RFC 3164 or RFC 5424 writes it. The former knows no year: `year` is taken, and no zone is claimed.
 * false: it has none, and nothing was written. */
bool log_message_put_short_time(const struct log_message *message, struct buf *out);
bool log_message_put_iso_time(const struct log_message *message, int year, struct buf *out);

enum log_frame_status { LOG_FRAME_MORE, LOG_FRAME_DONE, LOG_FRAME_REJECT };
/* The next message of a stream (RFC 6587): behind its length, when the stream goes on with a digit, or up to a line feed.
 * lines: always the latter, whatever it begins with. DONE: *used bytes are done with. A message that `room` bytes cannot
 * hold is refused. */
enum log_frame_status log_message_frame(struct str bytes, bool lines, size_t room, struct str *message,
                                        size_t *used);

#endif
