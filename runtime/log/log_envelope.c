/* Envelopes of our own lines, and of those that others wrote: where these say nothing of a part, it is left out, but for
 * the time, which is ours then. */
#include "log/log_envelope.h"
#include "base/civil_time.h"
#include "base/units.h"
#include "log/log_message.h"

/* "Nov  6 08:49:37", of RFC 3164 section 4.1.2. */
static void put_short_time(const struct log_head *head, struct buf *out)
{
    if (head->relayed && log_message_put_short_time(head->relayed, out))
        return;
    struct civil_time time = civil_time_of(head->wall_ns / (int64_t)NS_PER_S);
    buf_printf(out, "%s %2d %02d:%02d:%02d", civil_time_month_name(time.month), time.day, time.hour,
               time.minute, time.second);
}

/* "1994-11-06T08:49:37.000000+00:00", of RFC 5424 section 6.2.3. */
static void put_iso_time(const struct log_head *head, struct buf *out)
{
    struct civil_time time = civil_time_of(head->wall_ns / (int64_t)NS_PER_S);
    if (head->relayed && log_message_put_iso_time(head->relayed, time.year, out))
        return;
    buf_printf(out, "%04d-%02d-%02dT%02d:%02d:%02d.%06d+00:00", time.year, time.month, time.day, time.hour,
               time.minute, time.second, (int)(head->wall_ns % (int64_t)NS_PER_S / (int64_t)NS_PER_US));
}

static unsigned priority_of(const struct log_head *head)
{
    return head->facility * 8 + (unsigned)head->level;
}

static void put_process(const struct log_head *head, struct buf *out)
{
    const struct log_message *relayed = head->relayed;
    if (!relayed)
        buf_printf(out, " %s[%lld]:", head->tag, (long long)head->pid);
    else if (relayed->tag.size && relayed->pid.size)
        buf_printf(out, " %.*s[%.*s]:", STR_ARG(relayed->tag), STR_ARG(relayed->pid));
    else if (relayed->tag.size)
        buf_printf(out, " %.*s:", STR_ARG(relayed->tag));
}

static void put_rfc3164(const struct log_head *head, struct buf *out)
{
    buf_printf(out, "<%u>", priority_of(head));
    put_short_time(head, out);
    if (head->envelope != LOG_LOCAL)
        buf_printf(out, " %.*s", STR_ARG(head->host.size ? head->host : STR("localhost")));
    put_process(head, out);
    buf_add_char(out, ' ');
}

static void put_part(struct str part, struct buf *out)
{
    buf_printf(out, "%.*s ", STR_ARG(part.size ? part : STR("-")));
}

static void put_rfc5424(const struct log_head *head, struct buf *out)
{
    const struct log_message *relayed = head->relayed;
    buf_printf(out, "<%u>1 ", priority_of(head));
    if (relayed && str_eq(relayed->time, STR("-")))
        buf_add_char(out, '-');
    else
        put_iso_time(head, out);
    buf_add_char(out, ' ');
    put_part(head->host, out);
    if (!relayed) {
        buf_printf(out, "%s %lld - ", head->tag, (long long)head->pid);
        put_part(head->structured_data, out);
        return;
    }
    put_part(relayed->tag, out);
    put_part(relayed->pid, out);
    put_part(relayed->id, out);
    put_part(relayed->structured, out);
}

void log_envelope_put(const struct log_head *head, struct buf *out)
{
    switch (head->envelope) {
    case LOG_USUAL:
    case LOG_RFC3164:
    case LOG_LOCAL:
        put_rfc3164(head, out);
        break;
    case LOG_RFC5424:
        put_rfc5424(head, out);
        break;
    case LOG_PRIORITY:
        buf_printf(out, "<%u>", priority_of(head));
        break;
    case LOG_SHORT:
        buf_printf(out, "<%u>", (unsigned)head->level);
        break;
    case LOG_TIMED:
        buf_printf(out, "<%u>", (unsigned)head->level);
        put_iso_time(head, out);
        buf_add_char(out, ' ');
        break;
    case LOG_ISO:
        put_iso_time(head, out);
        buf_add_char(out, ' ');
        break;
    case LOG_RAW:
        break;
    }
}

enum log_envelope log_envelope_as_came(const struct log_message *message)
{
    if (message->host.size)
        return message->kind == LOG_MESSAGE_RFC5424 ? LOG_RFC5424 : LOG_RFC3164;
    if (message->tag.size)
        return LOG_LOCAL;
    return message->has_priority ? LOG_PRIORITY : LOG_RAW;
}
