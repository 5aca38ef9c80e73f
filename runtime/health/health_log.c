/* What operators must see goes to the logs of the section and to the process's own messages. */
#include "health/health_log.h"
#include "stream/engine.h"

void health_log(struct engine *engine, struct proxy *proxy, enum log_level level, struct str text)
{
    const struct globals *globals = &engine->configuration->globals;
    struct log_line line = {
        .level = level,
        .tag = proxy->settings.log_tag ? proxy->settings.log_tag : globals->log_tag,
        .text = text,
    };
    diag_say(engine->configuration->diag, level == LOG_EMERG ? DIAG_ALERT : DIAG_WARNING, "%.*s",
             STR_ARG(text));
    log_send(engine->log, proxy->settings.log_targets, &line);
    if (proxy->settings.log_global)
        log_send(engine->log, globals->log_targets, &line);
}

void health_logf(struct engine *engine, struct proxy *proxy, enum log_level level, const char *format, ...)
{
    struct buf text = BUF_INIT;
    va_list values;
    va_start(values, format);
    buf_vprintf(&text, format, values);
    va_end(values);
    health_log(engine, proxy, level, buf_str(&text));
    buf_finish(&text);
}
