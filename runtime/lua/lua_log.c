/* Lines of scripts. Each byte that does not print becomes a dot, so that one line stays one line (TRUTHS A14). */
#include "lua/lua_log.h"
#include "base/units.h"
#include "lua/lua_call.h"
#include "stream/stream.h"

static void printable(struct buf *out, struct str text)
{
    size_t end = str_find_char(text, 0);
    if (end != STR_NOT_FOUND)
        text.size = end;
    for (size_t i = 0; i < text.size; i++)
        buf_add_char(out, text.data[i] >= ' ' && text.data[i] < 127 ? text.data[i] : '.');
}

static void to_stderr(struct lua_machine *machine, enum log_level level, struct str text)
{
    struct platform *platform = machine->configuration->platform;
    if (!machine->configuration->globals.lua_log_stderr || machine->configuration->globals.quiet)
        return;
    int64_t now = platform->ops->wall_ns(platform) / (int64_t)NS_PER_S;
    struct buf line = BUF_INIT;
    int64_t day_s = ((now % 86400) + 86400) % 86400;
    buf_printf(&line, "[%s] %02d%02d%02d (%lld) : ", log_level_name(level), (int)(day_s / 3600),
               (int)(day_s / 60 % 60), (int)(day_s % 60), (long long)platform->ops->pid(platform));
    buf_add(&line, text);
    buf_add_char(&line, '\n');
    platform->ops->print(platform, true, buf_str(&line));
    buf_finish(&line);
}

void lua_log_text(struct lua_machine *machine, struct proxy *proxy, enum log_level level, struct str text)
{
    struct configuration *configuration = machine->configuration;
    struct buf clean = BUF_INIT;
    printable(&clean, text);
    to_stderr(machine, level, buf_str(&clean));
    if (machine->engine && configuration->globals.lua_log_loggers) {
        struct log_line line = {
            .level = level,
            .tag =
                proxy && proxy->settings.log_tag ? proxy->settings.log_tag : configuration->globals.log_tag,
            .text = buf_str(&clean),
        };
        bool global = !proxy || proxy->settings.log_global;
        if (proxy)
            log_send(machine->engine->log, proxy->settings.log_targets, &line);
        if (global)
            log_send(machine->engine->log, configuration->globals.log_targets, &line);
    }
    buf_finish(&clean);
}

void lua_log_error(struct lua_machine *machine, const struct lua_run *run, const char *what,
                   const char *message)
{
    struct platform *platform = machine->configuration->platform;
    struct buf text = BUF_INIT;
    buf_printf(&text, "Lua %s: ", what);
    if (run && run->stream)
        buf_printf(&text, "stream 0x%llx: ", (unsigned long long)run->stream->serial);
    buf_add_c(&text, message);
    if (machine->context &
        (LUA_IN_BODY | LUA_IN_INIT)) { /* the start-up says it, in the shape of all its messages */
        struct buf line = BUF_INIT;
        buf_printf(&line, "[ALERT]    (%lld) : config : ", (long long)platform->ops->pid(platform));
        buf_add(&line, buf_str(&text));
        buf_add_char(&line, '\n');
        platform->ops->print(platform, true, buf_str(&line));
        buf_finish(&line);
    } else {
        lua_log_text(machine, run ? run->proxy : NULL, LOG_ERR, buf_str(&text));
    }
    buf_finish(&text);
}
