/* One line for each stream, when it ended (or as soon as its fields are known, with `option logasap`). */
#include "stream/stream_steps.h"

static bool has_targets(const struct stream *stream)
{
    const struct proxy *frontend = stream->frontend;
    return frontend->settings.log_targets ||
           (frontend->settings.log_global && stream->engine->configuration->globals.log_targets);
}

static bool went_wrong(const struct stream *stream)
{
    return (stream->end_cause != '-' && stream->end_cause != 'L') || stream->try_count ||
           stream->redispatched || (stream->http && stream->http->status >= 500);
}

static bool unwanted(const struct stream *stream)
{
    const struct proxy_settings *settings = &stream->frontend->settings;
    if (stream->log_silent || stream->logged || !has_targets(stream))
        return true;
    if (settings->dontlognull && !stream->session->conn.any_in)
        return true;
    return settings->dontlog_normal && !went_wrong(stream);
}

static void write_line(struct stream *stream)
{
    struct proxy *frontend = stream->frontend;
    if (unwanted(stream))
        return;
    stream->logged = true;
    const struct log_format *format =
        went_wrong(stream) && frontend->error_log_format ? frontend->error_log_format : frontend->log_format;
    if (!format)
        return;
    enum log_level level = stream->log_level;
    if (level == LOG_LEVEL_COUNT)
        level = frontend->settings.log_separate_errors && went_wrong(stream) ? LOG_ERR : LOG_INFO;
    struct sample_context context = stream_context(stream, AT_LOG, frontend);
    struct arena_mark mark = arena_mark(context.scratch);
    context.final = true;
    struct buf text = BUF_INIT;
    log_format_build(format, &context, false, &text);
    struct buf structured = BUF_INIT;
    if (frontend->log_structured)
        log_format_build(frontend->log_structured, &context, false, &structured);
    stream_log_line(stream, frontend, level, buf_str(&text), buf_str(&structured));
    buf_finish(&structured);
    buf_finish(&text);
    arena_rewind(context.scratch, mark);
}

void stream_log(struct stream *stream)
{
    write_line(stream);
}

void stream_log_begin(struct stream *stream)
{
    const char *text = stream->frontend->settings.log_format_text;
    if (text == log_format_default_tcp || text == log_format_default_http)
        write_line(stream);
}

void stream_log_early(struct stream *stream)
{
    const struct log_format *format = stream->frontend->log_format;
    if (format && !stream->logged &&
        (stream->frontend->settings.log_as_soon_as || !log_format_needs_end(format)))
        write_line(stream);
}
