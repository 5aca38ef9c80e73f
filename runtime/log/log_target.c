/* Targets read from lines, and the sender that gives each its line. */
#include "log/log_target.h"
#include "base/mem.h"
#include "base/units.h"
#include "config/cfg_addr.h"
#include "log/log_envelope.h"
#include "log/log_message.h"
#include "log/log_ring.h"

#define USUAL_LENGTH 1024
#define USUAL_PORT   514
#define USUAL_TAG    "haproxy"

static const char *const level_names[LOG_LEVEL_COUNT] = { "emerg",   "alert",  "crit", "err",
                                                          "warning", "notice", "info", "debug" };
static const char *const facility_names[] = { "kern",   "user",   "mail",   "daemon", "auth",   "syslog",
                                              "lpr",    "news",   "uucp",   "cron",   "auth2",  "ftp",
                                              "ntp",    "audit",  "alert",  "cron2",  "local0", "local1",
                                              "local2", "local3", "local4", "local5", "local6", "local7" };
static const struct {
    const char *word;
    enum log_envelope envelope;
} envelope_names[] = {
    { "rfc3164", LOG_RFC3164 },   { "local", LOG_LOCAL }, { "rfc5424", LOG_RFC5424 },
    { "priority", LOG_PRIORITY }, { "short", LOG_SHORT }, { "timed", LOG_TIMED },
    { "iso", LOG_ISO },           { "raw", LOG_RAW },
};

bool log_level_of(const char *word, enum log_level *out)
{
    for (unsigned i = 0; i < LOG_LEVEL_COUNT; i++) {
        if (strcmp(level_names[i], word) == 0) {
            *out = (enum log_level)i;
            return true;
        }
    }
    return false;
}

const char *log_level_name(enum log_level level)
{
    CHECK(level < LOG_LEVEL_COUNT);
    return level_names[level];
}

/* ---- reading ---- */

/* A log server over TCP gets a ring of its own, made when the configuration is whole. */
static bool read_stream_address(struct cfg_line *line, const char *text, struct log_target *target)
{
    struct cfg_reader *reader = line->reader;
    struct cfg_addr addr = { .fd = -1 };
    const char *error = NULL;
    if (!cfg_parse_addr(reader->platform, reader->arena, text, ADDR_PORT_NEEDED, true, &addr, &error))
        return cfg_error(line, "log : %s", error);
    target->kind = LOG_TO_RING;
    target->addr = addr.addr;
    return true;
}

static bool read_address(struct cfg_line *line, const char *text, struct log_target *target)
{
    struct cfg_reader *reader = line->reader;
    struct cfg_addr addr = { .fd = -1 };
    const char *error = NULL;
    target->kind = LOG_TO_DATAGRAM;
    if (strcmp(text, "stdout") == 0 || strcmp(text, "fd@1") == 0) {
        target->kind = LOG_TO_STDOUT;
        return true;
    }
    if (strcmp(text, "stderr") == 0 || strcmp(text, "fd@2") == 0) {
        target->kind = LOG_TO_STDERR;
        return true;
    }
    struct str whole = str_of(text);
    if (str_starts(whole, STR("backend@")))
        return cfg_error(line, "log : '%s' is not supported: there are no backends for logs.", text);
    if (str_starts(whole, STR("ring@"))) {
        target->kind = LOG_TO_RING;
        target->ring_name = arena_need_copy(reader->arena, str_from(whole, 5));
        return target->ring_name[0] || cfg_error(line, "log : 'ring@' expects a ring's name.");
    }
    if (str_starts(whole, STR("tcp@")) || str_starts(whole, STR("tcp4@")) || str_starts(whole, STR("tcp6@")))
        return read_stream_address(line, text, target);
    if (!cfg_parse_addr(reader->platform, reader->arena, text, ADDR_PORT_OPTIONAL, true, &addr, &error))
        return cfg_error(line, "log : %s", error);
    if (addr.fd >= 0) {
        target->kind = LOG_TO_DESCRIPTOR;
        target->descriptor = addr.fd;
        return true;
    }
    target->addr = addr.addr;
    if (addr_is_ip(&target->addr) && !addr.port_given)
        target->addr.port = USUAL_PORT;
    target->addr.datagram = true;
    return true;
}

static bool read_length(struct cfg_line *line, const char *text, struct log_target *target)
{
    int64_t length;
    if (!units_parse_int(str_of(text), 80, 65535, &length))
        return cfg_error(line, "log : invalid log length '%s', must be between 80 and 65535", text);
    target->length_max = (size_t)length;
    return true;
}

bool log_envelope_of(const char *word, enum log_envelope *out)
{
    for (size_t i = 0; i < COUNT_OF(envelope_names); i++) {
        if (strcmp(envelope_names[i].word, word) == 0) {
            *out = envelope_names[i].envelope;
            return true;
        }
    }
    return false;
}

static bool read_envelope(struct cfg_line *line, const char *text, struct log_target *target)
{
    return log_envelope_of(text, &target->envelope) || cfg_error(line, "log : unknown log format '%s'", text);
}

static bool read_range(struct cfg_line *line, struct str text, struct log_target *target)
{
    struct str rest = text, first = str_split(&rest, '-');
    int64_t low, high;
    if (target->sample_range_count == LOG_SAMPLE_RANGES)
        return cfg_error(line, "log : more than %d sample ranges", LOG_SAMPLE_RANGES);
    if (!units_parse_int(first, 1, INT32_MAX, &low) ||
        !units_parse_int(rest.data ? rest : first, low, INT32_MAX, &high))
        return cfg_error(line, "log : wrong sample range '%.*s'", STR_ARG(text));
    unsigned *range = target->sample_ranges[target->sample_range_count++];
    range[0] = (unsigned)low;
    range[1] = (unsigned)high;
    return true;
}

static void sort_ranges(struct log_target *target)
{
    for (unsigned i = 1; i < target->sample_range_count; i++) {
        for (unsigned at = i; at && target->sample_ranges[at][0] < target->sample_ranges[at - 1][0]; at--) {
            unsigned *a = target->sample_ranges[at], *b = target->sample_ranges[at - 1];
            unsigned low = a[0], high = a[1];
            a[0] = b[0];
            a[1] = b[1];
            b[0] = low;
            b[1] = high;
        }
    }
}

/* "1,3-5:10": of each ten lines the first, and the third to the fifth. */
static bool read_sample(struct cfg_line *line, const char *text, struct log_target *target)
{
    struct str size = str_of(text), ranges = str_split(&size, ':'), rest = ranges;
    int64_t count;
    if (!size.data)
        return cfg_error(line, "log : Missing sample size");
    if (!units_parse_int(size, 1, INT32_MAX, &count))
        return cfg_error(line, "log : wrong sample size '%.*s' for sample range '%.*s'", STR_ARG(size),
                         STR_ARG(ranges));
    target->sample_range_count = 0;
    while (rest.data) {
        if (!read_range(line, str_split(&rest, ','), target))
            return false;
    }
    sort_ranges(target);
    for (unsigned i = 1; i < target->sample_range_count; i++) {
        if (target->sample_ranges[i][0] <= target->sample_ranges[i - 1][1])
            return cfg_error(line, "log : ranges are overlapping");
    }
    unsigned highest = target->sample_ranges[target->sample_range_count - 1][1];
    if (count < highest)
        return cfg_error(
            line,
            "log : sample size %lld should be greater or equal to %u the maximum of the high ranges limits",
            (long long)count, highest);
    target->sample_size = (unsigned)count;
    return true;
}

/* The words between address and facility. */
static bool read_options(struct cfg_line *line, unsigned *at, struct log_target *target)
{
    for (;; *at += 2) {
        const char *word = cfg_word(line, *at), *value = cfg_word(line, *at + 1);
        bool good;
        if (strcmp(word, "len") == 0)
            good = read_length(line, value, target);
        else if (strcmp(word, "format") == 0)
            good = read_envelope(line, value, target);
        else if (strcmp(word, "sample") == 0)
            good = read_sample(line, value, target);
        else if (strcmp(word, "profile") == 0)
            good = cfg_error(line, "log : 'profile' is not supported.");
        else
            return true;
        if (!good)
            return false;
    }
}

static bool read_facility(struct cfg_line *line, const char *word, struct log_target *target)
{
    for (unsigned i = 0; i < COUNT_OF(facility_names); i++) {
        if (strcmp(facility_names[i], word) == 0) {
            target->facility = (int)i;
            return true;
        }
    }
    return cfg_error(line, "log : unknown log facility '%s'", word);
}

static bool read_levels(struct cfg_line *line, unsigned at, struct log_target *target)
{
    const char *max = cfg_word(line, at), *min = cfg_word(line, at + 1);
    target->level_max = LOG_DEBUG;
    target->level_min = LOG_EMERG;
    if (max[0] && !log_level_of(max, &target->level_max))
        return cfg_error(line, "log : unknown optional log level '%s'", max);
    if (min[0] && !log_level_of(min, &target->level_min))
        return cfg_error(line, "log : unknown optional minimum log level '%s'", min);
    if (line->count > at + 2)
        return cfg_error(line, "log : cannot handle unexpected argument '%s'", line->words[at + 2]);
    return true;
}

struct log_target *log_target_read(struct cfg_line *line, unsigned from)
{
    struct log_target target = { .length_max = USUAL_LENGTH, .at = line->place };
    unsigned at = from + 1;
    if (from >= line->count) {
        cfg_error(line, "log : expects <address> and <facility>  as arguments");
        return NULL;
    }
    if (!read_address(line, line->words[from], &target) || !read_options(line, &at, &target))
        return NULL;
    if (at >= line->count) {
        cfg_error(line, "log : expects <address> and <facility>%s as arguments",
                  line->section == IN_GLOBAL ? " " : " or global");
        return NULL;
    }
    if (!read_facility(line, line->words[at], &target) || !read_levels(line, at + 1, &target))
        return NULL;
    struct log_target *kept = arena_alloc(line->reader->arena, sizeof(*kept));
    if (!kept) {
        cfg_error(line, "log : out of memory");
        return NULL;
    }
    *kept = target;
    return kept;
}

/* ---- sending ---- */

enum { SOCK_IPV4, SOCK_IPV6, SOCK_UNIX, SOCK_COUNT };

struct log_sender {
    struct loop *loop;
    plat_sock socks[SOCK_COUNT]; /* opened at the first line that wants one */
    struct buf line;
    uint64_t dropped;
};

struct log_sender *log_sender_create(struct loop *loop)
{
    struct log_sender *sender = mem_zero(sizeof(*sender));
    if (!sender)
        return NULL;
    sender->loop = loop;
    for (unsigned i = 0; i < SOCK_COUNT; i++)
        sender->socks[i] = PLAT_NO_SOCK;
    return sender;
}

void log_sender_destroy(struct log_sender *sender)
{
    if (!sender)
        return;
    struct platform *platform = loop_platform(sender->loop);
    for (unsigned i = 0; i < SOCK_COUNT; i++) {
        if (sender->socks[i] != PLAT_NO_SOCK)
            platform->ops->close(platform, sender->socks[i]);
    }
    buf_finish(&sender->line);
    mem_free(sender);
}

uint64_t log_sender_dropped(const struct log_sender *sender)
{
    return sender->dropped;
}

/* The target's, else its ring's, else the usual one: of a relayed line that in which it came. */
static enum log_envelope envelope_of(const struct log_target *target, const struct log_line *line)
{
    if (target->envelope != LOG_USUAL)
        return target->envelope;
    if (target->ring && target->ring->envelope != LOG_USUAL)
        return (enum log_envelope)target->ring->envelope;
    if (line->relayed)
        return log_envelope_as_came(line->relayed);
    return target->host ? LOG_RFC3164 : LOG_LOCAL;
}

static void add_envelope(struct log_sender *sender, const struct log_target *target,
                         const struct log_line *line, enum log_level level)
{
    struct platform *platform = loop_platform(sender->loop);
    bool own_facility = !line->relayed || !line->relayed->has_priority;
    const struct log_head head = {
        .envelope = envelope_of(target, line),
        .facility = own_facility ? (unsigned)target->facility : line->relayed->priority / 8,
        .level = level,
        .wall_ns = loop_wall(sender->loop),
        .pid = platform->ops->pid(platform),
        .tag = line->tag ? line->tag : USUAL_TAG,
        .host = line->relayed ? line->host : str_of(target->host),
        .structured_data = line->structured_data,
        .relayed = line->relayed,
    };
    log_envelope_put(&head, &sender->line);
}

static plat_sock sock_for(struct log_sender *sender, enum addr_family family)
{
    unsigned which = family == ADDR_IPV4 ? SOCK_IPV4 : family == ADDR_IPV6 ? SOCK_IPV6 : SOCK_UNIX;
    struct platform *platform = loop_platform(sender->loop);
    enum io_status status;
    if (sender->socks[which] == PLAT_NO_SOCK)
        sender->socks[which] =
            platform->ops->datagram_open(platform, NULL, which == SOCK_UNIX ? ADDR_UNIX : family, &status);
    return sender->socks[which];
}

static bool send_datagram(struct log_sender *sender, const struct log_target *target)
{
    struct platform *platform = loop_platform(sender->loop);
    struct io_vec vec = { sender->line.data, sender->line.size };
    plat_sock sock = sock_for(sender, target->addr.family);
    if (sock == PLAT_NO_SOCK)
        return false;
    return platform->ops->send_to(platform, sock, &target->addr, &vec, 1).status == IO_OK;
}

/* Whether the target takes this line of its samples. */
static bool is_sampled(struct log_target *target)
{
    if (!target->sample_size)
        return true;
    unsigned at = (unsigned)(target->sample_seen++ % target->sample_size) + 1;
    for (unsigned i = 0; i < target->sample_range_count; i++) {
        if (at >= target->sample_ranges[i][0] && at <= target->sample_ranges[i][1])
            return true;
    }
    return false;
}

static bool send_line(struct log_sender *sender, const struct log_target *target, const struct log_line *line,
                      enum log_level level)
{
    struct platform *platform = loop_platform(sender->loop);
    struct buf *out = &sender->line;
    buf_reset(out);
    add_envelope(sender, target, line, level);
    buf_add(out, line->text);
    size_t limit = target->ring && target->ring->length_max < target->length_max ? target->ring->length_max
                                                                                 : target->length_max;
    if (!out->failed && out->size > limit)
        out->size = limit;
    if (target->kind == LOG_TO_RING) {
        if (out->failed || !target->ring)
            return false;
        log_ring_write(target->ring, buf_str(out));
        return true;
    }
    buf_add_char(out, '\n');
    if (out->failed)
        return false;
    if (target->kind == LOG_TO_DATAGRAM)
        return send_datagram(sender, target);
    if (target->kind == LOG_TO_DESCRIPTOR)
        platform->ops->print_to(platform, target->descriptor, buf_str(out));
    else
        platform->ops->print(platform, target->kind == LOG_TO_STDERR, buf_str(out));
    return true;
}

void log_send(struct log_sender *sender, struct log_target *targets, const struct log_line *line)
{
    for (struct log_target *target = targets; target; target = target->next) {
        if (line->level > target->level_max || !is_sampled(target))
            continue;
        enum log_level level = line->level < target->level_min ? target->level_min : line->level;
        if (send_line(sender, target, line, level)) {
            target->sent++;
        } else {
            target->dropped++;
            sender->dropped++;
        }
    }
}
