/* The table core and the table act (API text, "Core class" and "Act class"). */
#include "base/units.h"
#include "lua/classes.h"
#include "lua/lua_cli.h"
#include "lua/lua_filter.h"
#include "lua/lua_log.h"
#include "lua/lua_register.h"
#include "lua/lua_stats.h"
#include "lua/lua_value.h"
#include "stream/stream.h"
#include <lauxlib.h>

/* core.* uses the global log targets, whoever calls (TRUTHS A14). */
static int log_at(lua_State *L, enum log_level level, int index)
{
    lua_log_text(lua_vm_of(L), NULL, level, lua_value_check_str(L, index));
    return 0;
}

static int core_log(lua_State *L)
{
    lua_Integer level = luaL_checkinteger(L, 1);
    luaL_argcheck(L, level >= LOG_EMERG && level <= LOG_DEBUG, 1,
                  "a log level from core.emerg to core.debug is expected");
    return log_at(L, (enum log_level)level, 2);
}

static int core_debug(lua_State *L)
{
    return log_at(L, LOG_DEBUG, 1);
}

static int core_info(lua_State *L)
{
    return log_at(L, LOG_INFO, 1);
}

static int core_warning(lua_State *L)
{
    return log_at(L, LOG_WARNING, 1);
}

static int core_alert(lua_State *L)
{
    return log_at(L, LOG_ALERT, 1);
}

static int woken(lua_State *L, int status, lua_KContext state)
{
    (void)status;
    (void)state;
    lua_settop(L, 0);
    return 0;
}

static int sleep_ns(lua_State *L, uint64_t ns)
{
    struct lua_run *run = lua_run_of(L);
    if (!run) /* body and init: accepted, nothing to wait for (TRUTHS A13) */
        return 0;
    return lua_wait_until(L, engine_now(run->engine) + ns, woken, 0);
}

static int core_msleep(lua_State *L)
{
    lua_Integer ms = luaL_checkinteger(L, 1);
    luaL_argcheck(L, ms <= INT32_MAX, 1, "too many milliseconds");
    return ms > 0 ? sleep_ns(L, (uint64_t)ms * NS_PER_MS) : 0;
}

static int core_sleep(lua_State *L)
{
    lua_Integer seconds = luaL_checkinteger(L, 1);
    luaL_argcheck(L, seconds <= INT32_MAX, 1, "too many seconds");
    return seconds > 0 ? sleep_ns(L, (uint64_t)seconds * NS_PER_S) : 0;
}

/* Until something wakes the execution, such as Queue:alarm(), or the time is over. */
static int core_wait(lua_State *L)
{
    struct lua_run *run = lua_run_of(L);
    lua_Integer ms = luaL_optinteger(L, 1, 0);
    luaL_argcheck(L, ms >= 0 && ms <= INT32_MAX, 1, "milliseconds are expected");
    uint64_t deadline = ms && run ? engine_now(run->engine) + (uint64_t)ms * NS_PER_MS : TIMER_OFF;
    return lua_wait_deadline(L, deadline, woken, 0);
}

static int core_yield(lua_State *L)
{
    struct lua_run *run = lua_run_of(L);
    if (!run || !(run->context & LUA_MAY_WAIT)) /* no effect (TRUTHS A13) */
        return 0;
    task_wake(run->task);
    return lua_wait(L, woken, 0);
}

/* The value given is the result (TRUTHS A5). The body and init functions go on behind it, as in HAProxy. */
static int core_done(lua_State *L)
{
    return lua_run_of(L) ? lua_end(L) : 0;
}

static int core_now(lua_State *L)
{
    struct lua_run *run = lua_run_of(L);
    struct lua_machine *machine = lua_vm_of(L);
    struct platform *platform = machine->configuration->platform;
    int64_t now = run ? loop_wall(run->engine->loop) : platform->ops->wall_ns(platform);
    lua_createtable(L, 0, 2);
    lua_pushinteger(L, now / (int64_t)NS_PER_S);
    lua_setfield(L, -2, "sec");
    lua_pushinteger(L, now % (int64_t)NS_PER_S / 1000);
    lua_setfield(L, -2, "usec");
    return 1;
}

static int core_set_nice(lua_State *L)
{
    lua_Integer nice = luaL_checkinteger(L, 1);
    struct lua_run *run = lua_run_of(L);
    if (run)
        run->task->nice = (int16_t)(nice < -1024 ? -1024 : nice > 1024 ? 1024 : nice);
    return 0;
}

/* Variables of the process are everybody's; all others are a stream's. */
static int core_get_var(lua_State *L)
{
    struct configuration *configuration = lua_vm_of(L)->configuration;
    struct var_name name;
    struct sample value;
    const char *error = NULL;
    if (!var_name_parse(lua_value_check_str(L, 1), &name, &error))
        return luaL_error(L, "get_var: %s", error);
    if (name.scope != VAR_PROC)
        return luaL_error(L, "get_var: only variables of 'proc.' are known here");
    if (vars_get(&configuration->proc_vars, &name, &value))
        lua_value_push_sample(L, &value, lua_vm_scratch(L));
    else
        lua_pushnil(L);
    return 1;
}

static int core_get_info(lua_State *L)
{
    return lua_stats_push_info(L);
}

/* Mail is the scripts' business alone here. */
static int core_native_mailers(lua_State *L)
{
    (void)L;
    return 0;
}

const struct lua_method_row class_core_rows[] = {
    /* name       run           where allowed   may wait */
    { "log", core_log, LUA_ANYWHERE, false, "level: integer, text: string" },
    { "Debug", core_debug, LUA_ANYWHERE, false, "text: string" },
    { "Info", core_info, LUA_ANYWHERE, false, "text: string" },
    { "Warning", core_warning, LUA_ANYWHERE, false, "text: string" },
    { "Alert", core_alert, LUA_ANYWHERE, false, "text: string" },
    { "disable_legacy_mailers", core_native_mailers, LUA_IN_SETUP, false, "" },
    { "use_native_mailers_config", core_native_mailers, LUA_IN_SETUP, false, "" },
    { "get_info", core_get_info, LUA_ANYWHERE, false, " -> table<string, any>" },
    { "msleep", core_msleep, LUA_ANYWHERE, true, "milliseconds: integer" },
    { "sleep", core_sleep, LUA_ANYWHERE, true, "seconds: integer" },
    { "wait", core_wait, LUA_MAY_WAIT, true, "milliseconds?: integer" },
    { "yield", core_yield, LUA_ANYWHERE, true, "" },
    { "done", core_done, LUA_ANYWHERE, false, "result?: any" },
    { "concat", class_concat_new, LUA_ANYWHERE, false, " -> Concat" },
    { "httpclient", class_httpclient_new, LUA_IN_INIT | LUA_IN_RUNTIME, false, " -> HTTPClient" },
    { "queue", class_queue_new, LUA_ANYWHERE, false, " -> Queue" },
    { "get_patref", class_patref_get, LUA_ANYWHERE, false, "name: string -> Patref" },
    { "get_var", core_get_var, LUA_ANYWHERE, false, "name: string -> any" },
    { "tcp", class_socket_new, LUA_IN_INIT | LUA_IN_RUNTIME, false, " -> Socket" },
    { "now", core_now, LUA_ANYWHERE, false, " -> { sec: integer, usec: integer }" },
    { "set_nice", core_set_nice, LUA_ANYWHERE, false, "nice: integer" },
    { 0 },
};

static const struct {
    const char *name;
    int value;
} levels[] = {
    { "emerg", LOG_EMERG }, { "alert", LOG_ALERT },     { "crit", LOG_CRIT },
    { "err", LOG_ERR },     { "warning", LOG_WARNING }, { "notice", LOG_NOTICE },
    { "info", LOG_INFO },   { "debug", LOG_DEBUG },     { "silent", -1 },
};

static const char *const act_names[] = { "CONTINUE", "STOP", "YIELD", "ERROR",
                                         "DONE",     "DENY", "ABORT", "INVALID" };

static int act_wake_time(lua_State *L)
{
    bool method = lua_type(L, 1) == LUA_TTABLE; /* act:wake_time(ms) and act.wake_time(ms) */
    if (lua_gettop(L) != (method ? 2 : 1))
        return luaL_error(L, "wake_time takes the milliseconds alone");
    lua_Integer ms = luaL_checkinteger(L, method ? 2 : 1);
    struct lua_run *run = lua_run_of(L);
    luaL_argcheck(L, ms <= INT32_MAX, method ? 2 : 1, "too many milliseconds");
    run->again_at = engine_now(run->engine) + (ms > 0 ? (uint64_t)ms : 0) * NS_PER_MS;
    return 0;
}

const struct lua_method_row class_act_rows[] = {
    { "wake_time", act_wake_time, LUA_IN_ACTION, false, "milliseconds: integer, ...: any" },
    { 0 },
};

void class_core_make(lua_State *L)
{
    lua_getglobal(L, "core");
    lua_pushinteger(L, 0); /* one state for all threads */
    lua_setfield(L, -2, "thread");
    for (size_t i = 0; i < COUNT_OF(levels); i++) {
        lua_pushinteger(L, levels[i].value);
        lua_setfield(L, -2, levels[i].name);
    }
    lua_getglobal(L, "act");
    for (size_t i = 0; i < COUNT_OF(act_names); i++) {
        lua_pushinteger(L, (lua_Integer)i);
        lua_setfield(L, -2, act_names[i]);
    }
    lua_pop(L, 2);
}
