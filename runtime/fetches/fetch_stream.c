/* Fetches of a stream's own facts: its time-outs and retries as they are and as the sections have them, and the rule
 * that ended a ruleset (manual 7.3.2 and 7.3.3). */
#include "fetches/fetches.h"
#include "proxy/proxy.h"
#include "stream/stream.h"

static bool number(const struct sample_context *context, uint64_t value, struct sample *out)
{
    *out = sample_int((int64_t)value);
    return context->stream != NULL;
}

/* A fetch of a field of struct stream, and one of a field of a section's settings. */
#define CURRENT(function, field)                                                                             \
    static bool function(const struct sample_args *args, struct sample_context *context, struct sample *out) \
    {                                                                                                        \
        (void)args;                                                                                          \
        return context->stream && number(context, (uint64_t)context->stream->field, out);                    \
    }
#define CONFIGURED(function, side, field)                                                                    \
    static bool function(const struct sample_args *args, struct sample_context *context, struct sample *out) \
    {                                                                                                        \
        (void)args;                                                                                          \
        return context->stream && number(context, (uint64_t)context->stream->side->settings.field, out);     \
    }

CURRENT(fetch_cur_client, timeout_client_ms)
CURRENT(fetch_cur_connect, timeout_connect_ms)
CURRENT(fetch_cur_queue, timeout_queue_ms)
CURRENT(fetch_cur_server, timeout_server_ms)
CURRENT(fetch_cur_tunnel, timeout_tunnel_ms)
CURRENT(fetch_cur_retries, tries_max)
CONFIGURED(fetch_be_connect, backend, timeout_connect)
CONFIGURED(fetch_be_queue, backend, timeout_queue)
CONFIGURED(fetch_be_server, backend, timeout_server)
CONFIGURED(fetch_be_tarpit, backend, timeout_tarpit)
CONFIGURED(fetch_be_tunnel, backend, timeout_tunnel)
CONFIGURED(fetch_be_retries, backend, retries)
CONFIGURED(fetch_fe_client, frontend, timeout_client)
CONFIGURED(fetch_fe_tarpit, frontend, timeout_tarpit)

static bool fetch_cur_tarpit(const struct sample_args *args, struct sample_context *context,
                             struct sample *out)
{
    const struct stream *stream = context->stream;
    (void)args;
    if (!stream)
        return false;
    return number(context,
                  stream->timeout_tarpit_ms ? stream->timeout_tarpit_ms
                                            : stream->frontend->settings.timeout_tarpit,
                  out);
}

/* ---- last_rule_* ---- */

static bool fetch_last_rule_file(const struct sample_args *args, struct sample_context *context,
                                 struct sample *out)
{
    const struct rule *rule = context->stream ? context->stream->last_rule : NULL;
    (void)args;
    if (!rule)
        return false;
    *out = sample_text(str_of(rule->at.file));
    return true;
}

static bool fetch_last_rule_line(const struct sample_args *args, struct sample_context *context,
                                 struct sample *out)
{
    const struct rule *rule = context->stream ? context->stream->last_rule : NULL;
    (void)args;
    if (!rule)
        return false;
    *out = sample_int(rule->at.line);
    return true;
}

/* ---- priorities and cost ---- */

CURRENT(fetch_priority_class, priority_class)
CURRENT(fetch_priority_offset, priority_offset_ms)

CURRENT(fetch_runs, runs)

/* Tasks are not timed one by one, as in HAProxy without profiling. */
static bool fetch_no_time(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    (void)args;
    return number(context, 0, out);
}

/* clang-format off */
const struct fetch_row fetch_stream_rows[] = {
    { "cpu_calls",           fetch_runs,           "", SAMPLE_SINT, AT_STREAM, NULL, NULL },
    { "cpu_ns_avg",          fetch_no_time,        "", SAMPLE_SINT, AT_STREAM, NULL, NULL },
    { "cpu_ns_tot",          fetch_no_time,        "", SAMPLE_SINT, AT_STREAM, NULL, NULL },
    { "lat_ns_avg",          fetch_no_time,        "", SAMPLE_SINT, AT_STREAM, NULL, NULL },
    { "lat_ns_tot",          fetch_no_time,        "", SAMPLE_SINT, AT_STREAM, NULL, NULL },
    { "prio_class",          fetch_priority_class, "", SAMPLE_SINT, AT_STREAM, NULL, NULL },
    { "prio_offset",         fetch_priority_offset, "", SAMPLE_SINT, AT_STREAM, NULL, NULL },
    /* name                  run                   args out          valid at */
    { "be_connect_timeout",  fetch_be_connect,     "", SAMPLE_SINT, AT_STREAM, NULL, NULL },
    { "be_max_retries",      fetch_be_retries,     "", SAMPLE_SINT, AT_STREAM, NULL, NULL },
    { "be_queue_timeout",    fetch_be_queue,       "", SAMPLE_SINT, AT_STREAM, NULL, NULL },
    { "be_server_timeout",   fetch_be_server,      "", SAMPLE_SINT, AT_STREAM, NULL, NULL },
    { "be_tarpit_timeout",   fetch_be_tarpit,      "", SAMPLE_SINT, AT_STREAM, NULL, NULL },
    { "be_tunnel_timeout",   fetch_be_tunnel,      "", SAMPLE_SINT, AT_STREAM, NULL, NULL },
    { "cur_client_timeout",  fetch_cur_client,     "", SAMPLE_SINT, AT_STREAM, NULL, NULL },
    { "cur_connect_timeout", fetch_cur_connect,    "", SAMPLE_SINT, AT_STREAM, NULL, NULL },
    { "cur_max_retries",     fetch_cur_retries,    "", SAMPLE_SINT, AT_STREAM, NULL, NULL },
    { "cur_queue_timeout",   fetch_cur_queue,      "", SAMPLE_SINT, AT_STREAM, NULL, NULL },
    { "cur_server_timeout",  fetch_cur_server,     "", SAMPLE_SINT, AT_STREAM, NULL, NULL },
    { "cur_tarpit_timeout",  fetch_cur_tarpit,     "", SAMPLE_SINT, AT_STREAM, NULL, NULL },
    { "cur_tunnel_timeout",  fetch_cur_tunnel,     "", SAMPLE_SINT, AT_STREAM, NULL, NULL },
    { "fe_client_timeout",   fetch_fe_client,      "", SAMPLE_SINT, AT_STREAM, NULL, NULL },
    { "fe_tarpit_timeout",   fetch_fe_tarpit,      "", SAMPLE_SINT, AT_STREAM, NULL, NULL },
    { "last_rule_file",      fetch_last_rule_file, "", SAMPLE_STR,  AT_STREAM, NULL, NULL },
    { "last_rule_line",      fetch_last_rule_line, "", SAMPLE_SINT, AT_STREAM, NULL, NULL },
    { 0 },
};
/* clang-format on */
