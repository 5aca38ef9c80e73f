/* Heads are tried one after the other: priority, then RFC 5424, which says its version, then RFC 3164, which is known by
 * its time. */
#include "log/log_message.h"
#include "base/civil_time.h"
#include "base/units.h"

#define SHORT_TIME_SIZE 15 /* "Nov  6 08:49:37" */
#define PRIORITY_DIGITS 9

/* ---- reading ---- */

static bool take_priority(struct str *rest, struct log_message *out)
{
    size_t at = 1;
    unsigned priority = 0;
    if (rest->size < 2 || rest->data[0] != '<')
        return false;
    for (; at < rest->size && at <= PRIORITY_DIGITS && ascii_digit(rest->data[at]); at++)
        priority = priority * 10 + (unsigned)(rest->data[at] - '0');
    if (at >= rest->size || rest->data[at] != '>')
        return false;
    out->has_priority = true;
    out->priority = priority;
    *rest = str_from(*rest, at + 1);
    return true;
}

/* Up to a blank, which must be there and is taken too. "-" stands for nothing. */
static bool take_word(struct str *rest, struct str *out)
{
    size_t end = str_find_char(*rest, ' ');
    if (end == STR_NOT_FOUND || !end)
        return false;
    *out = str_slice(*rest, 0, end);
    if (str_eq(*out, STR("-")))
        *out = STR_NONE;
    *rest = str_from(*rest, end + 1);
    return true;
}

/* One element in brackets; in a quoted value a backslash takes the next byte's meaning (RFC 5424 section 6.3.3). */
static size_t element_size(struct str text)
{
    bool quoted = false;
    for (size_t at = 1; at < text.size; at++) {
        char c = text.data[at];
        if (quoted && c == '\\')
            at++;
        else if (c == '"')
            quoted = !quoted;
        else if (c == ']')
            return quoted ? 0 : at + 1;
    }
    return 0;
}

static bool take_structured(struct str *rest, struct str *out)
{
    size_t size = 0;
    if (str_starts(*rest, STR("- "))) {
        *rest = str_from(*rest, 2);
        return true;
    }
    while (size < rest->size && rest->data[size] == '[') {
        size_t element = element_size(str_from(*rest, size));
        if (!element)
            return false;
        size += element;
    }
    if (!size || size >= rest->size || rest->data[size] != ' ')
        return false;
    *out = str_slice(*rest, 0, size);
    *rest = str_from(*rest, size + 1);
    return true;
}

/* "d" stands for a digit, "?" for any byte. */
static bool looks_like(struct str text, const char *pattern)
{
    size_t size = strlen(pattern);
    if (text.size < size)
        return false;
    for (size_t i = 0; i < size; i++) {
        if (pattern[i] == 'd' ? !ascii_digit(text.data[i]) : pattern[i] != '?' && text.data[i] != pattern[i])
            return false;
    }
    return true;
}

/* RFC 5424 section 6.2.3: the zone is written out. */
static bool is_iso_time(struct str time)
{
    size_t at = 19;
    if (!looks_like(time, "dddd-dd-dd?dd:dd:dd"))
        return false;
    if (at < time.size && time.data[at] == '.') {
        for (at++; at < time.size && ascii_digit(time.data[at]); at++)
            ;
    }
    struct str zone = str_from(time, at);
    return str_eq(zone, STR("Z")) ||
           (zone.size == 6 && (looks_like(zone, "+dd:dd") || looks_like(zone, "-dd:dd")));
}

static bool take_5424(struct str rest, struct log_message *message)
{
    struct log_message read = *message;
    if (!str_starts(rest, STR("1 ")))
        return false;
    rest = str_from(rest, 2);
    if (!take_word(&rest, &read.time) || (read.time.size && !is_iso_time(read.time)) ||
        !take_word(&rest, &read.host) || !take_word(&rest, &read.tag) || !take_word(&rest, &read.pid) ||
        !take_word(&rest, &read.id) || !take_structured(&rest, &read.structured))
        return false;
    if (!read.time.size)
        read.time = STR("-");
    read.kind = LOG_MESSAGE_RFC5424;
    read.text = rest;
    *message = read;
    return true;
}

static int month_of(struct str text)
{
    for (int month = 1; month <= 12; month++) {
        if (str_starts(text, str_of(civil_time_month_name(month))))
            return month;
    }
    return 0;
}

/* "su[12]: " or "su: "; any other first word is the text's. */
static void take_tag(struct log_message *message)
{
    size_t end = str_find(message->text, STR(": "));
    struct str tag = str_slice(message->text, 0, end);
    if (end == STR_NOT_FOUND || str_find_char(tag, ' ') != STR_NOT_FOUND ||
        str_find_char(tag, ':') != STR_NOT_FOUND)
        return;
    size_t bracket = str_find_char(tag, '[');
    if (bracket != STR_NOT_FOUND && tag.data[tag.size - 1] != ']')
        return;
    if (bracket != STR_NOT_FOUND && bracket) {
        message->pid = str_slice(tag, bracket + 1, tag.size - bracket - 2);
        tag = str_slice(tag, 0, bracket);
    }
    message->tag = tag;
    message->text = str_from(message->text, end + 2);
}

static void take_3164(struct str rest, struct log_message *message)
{
    struct log_message read = *message;
    read.time = str_slice(rest, 0, SHORT_TIME_SIZE);
    if (!month_of(rest) || (!looks_like(rest, "??? dd dd?dd?dd ") && !looks_like(rest, "???  d dd?dd?dd ")))
        return;
    rest = str_from(rest, SHORT_TIME_SIZE + 1);
    size_t end = str_find_char(rest, ' ');
    if (end == STR_NOT_FOUND || !end)
        return;
    read.kind = LOG_MESSAGE_RFC3164;
    read.host = str_slice(rest, 0, end);
    read.text = str_from(rest, end + 1);
    take_tag(&read);
    *message = read;
}

void log_message_read(struct str bytes, struct log_message *out)
{
    *out = (struct log_message){ .kind = LOG_MESSAGE_BARE };
    while (bytes.size && (bytes.data[bytes.size - 1] == '\n' || !bytes.data[bytes.size - 1]))
        bytes.size--;
    bool headed = take_priority(&bytes, out);
    out->text = bytes;
    if (headed && !take_5424(bytes, out))
        take_3164(bytes, out);
}

/* ---- times ---- */

static int number_at(struct str text, size_t at)
{
    char tens = text.data[at] == ' ' ? '0' : text.data[at];
    return (tens - '0') * 10 + (text.data[at + 1] - '0');
}

bool log_message_put_short_time(const struct log_message *message, struct buf *out)
{
    struct str time = message->time;
    if (message->kind == LOG_MESSAGE_RFC3164) {
        buf_add(out, time);
        return true;
    }
    if (time.size < 19)
        return false;
    int month = number_at(time, 5), day = number_at(time, 8);
    if (month < 1 || month > 12)
        return false;
    buf_printf(out, "%s %2d %.*s", civil_time_month_name(month), day, STR_ARG(str_slice(time, 11, 8)));
    return true;
}

bool log_message_put_iso_time(const struct log_message *message, int year, struct buf *out)
{
    struct str time = message->time;
    if (message->kind == LOG_MESSAGE_RFC3164) {
        buf_printf(out, "%04d-%02d-%02dT%.*s-00:00", year, month_of(time), number_at(time, 4),
                   STR_ARG(str_from(time, 7)));
        return true;
    }
    if (time.size < 19)
        return false;
    buf_add(out, time);
    return true;
}

/* ---- frames ---- */

static enum log_frame_status counted_frame(struct str bytes, size_t room, struct str *message, size_t *used)
{
    size_t end = 0;
    int64_t size;
    while (end < bytes.size && ascii_digit(bytes.data[end]))
        end++;
    struct str digits = str_slice(bytes, 0, end);
    if (bytes.data[0] == '0' || !units_parse_int(digits, 1, (int64_t)room, &size) ||
        (size_t)size + end + 1 > room)
        return LOG_FRAME_REJECT;
    if (end == bytes.size)
        return LOG_FRAME_MORE;
    if (bytes.data[end] != ' ')
        return LOG_FRAME_REJECT;
    *used = end + 1 + (size_t)size;
    if (*used > bytes.size)
        return LOG_FRAME_MORE;
    *message = str_slice(bytes, end + 1, (size_t)size);
    return LOG_FRAME_DONE;
}

enum log_frame_status log_message_frame(struct str bytes, bool lines, size_t room, struct str *message,
                                        size_t *used)
{
    if (!bytes.size)
        return LOG_FRAME_MORE;
    if (!lines && ascii_digit(bytes.data[0]))
        return counted_frame(bytes, room, message, used);
    if (!lines && bytes.data[0] != '<')
        return LOG_FRAME_REJECT;
    size_t end = str_find_char(bytes, '\n');
    if (end == STR_NOT_FOUND)
        return bytes.size >= room ? LOG_FRAME_REJECT : LOG_FRAME_MORE;
    *used = end + 1;
    *message = str_slice(bytes, 0, end);
    if (end && bytes.data[end - 1] == '\r')
        message->size--;
    return LOG_FRAME_DONE;
}
