/* core.register_filter: filters of scripts (API text since 2.5, "Filter class"). A `filter lua.<name>` line gives an object; each
 * stream gets what its `new` makes. Callbacks are methods of that: start_analyze, http_headers, http_payload, http_end,
 * tcp_payload, end_analyze; each may wait, which holds the stream's bytes up. */
#include "lua/lua_filter.h"
#include "base/units.h"
#include "lua/classes.h"
#include "lua/lua_log.h"
#include "stream/filter.h"
#include <lauxlib.h>

struct filter_function { /* a registered name */
    struct lua_machine *machine;
    int class_ref, parse_ref;
    const char *what;
};

struct filter_line { /* a line of the configuration */
    const struct filter_function *function;
    int object_ref;
};

struct instance { /* of a stream; in its arena */
    struct stream_filter *filter;
    const struct filter_line *line;
    int ref;
    struct lua_run *runs[2]; /* callbacks that wait, of the request and the response */
    struct timer again;      /* filter.wake_time: the stream's task is woken */
};

enum { LUA_FILTER_ERROR = -1, LUA_FILTER_WAIT, LUA_FILTER_CONTINUE };

static void time_is_over(struct timer *timer)
{
    stream_wake(CONTAINER_OF(timer, struct instance, again)->filter->stream);
}

/* ---- callbacks ---- */

struct callback {
    struct instance *instance;
    const char *method;
    bool response, message; /* the argument is the message, not the channel */
    bool found;
};

/* Pushes the method, self, txn and channel or message. */
static int push_callback(lua_State *L, void *data)
{
    struct callback *call = data;
    struct stream *stream = call->instance->filter->stream;
    luaL_checkstack(L, 8, NULL);
    lua_rawgeti(L, LUA_REGISTRYINDEX, call->instance->ref);
    call->found = lua_getfield(L, -1, call->method) == LUA_TFUNCTION;
    lua_insert(L, -2);
    class_txn_push(L, stream);
    lua_getfield(
        L, -1, call->message ? (call->response ? "http_res" : "http_req") : (call->response ? "res" : "req"));
    return 4;
}

static enum filter_result result_of(const struct lua_run *run)
{
    lua_State *thread = run->thread;
    if (lua_gettop(thread) == 0 || !lua_isinteger(thread, -1))
        return FILTER_NEXT;
    lua_Integer code = lua_tointeger(thread, -1);
    return code == LUA_FILTER_ERROR ? FILTER_FAIL : code == LUA_FILTER_WAIT ? FILTER_WAIT : FILTER_NEXT;
}

static struct lua_run *begin(struct callback *call)
{
    struct instance *instance = call->instance;
    const struct filter_function *function = instance->line->function;
    struct stream *stream = instance->filter->stream;
    struct lua_run *run = lua_run_take(function->machine, stream->engine, LUA_IN_FILTER, stream,
                                       stream->backend, &stream->task, function->what);
    if (!run)
        return NULL;
    run->response_side = call->response;
    run->filter = instance->filter;
    if (lua_run_prepare(run, LUA_NOREF, push_callback, call) && call->found)
        return run;
    lua_run_give(run);
    return NULL;
}

/* A script's error in a filter is logged and lets the bytes go on. */
static enum filter_result call_back(struct stream_filter *filter, const char *method, bool response,
                                    bool message)
{
    struct callback call = { filter->own, method, response, message, false };
    struct instance *instance = filter->own;
    struct lua_run *run = instance->runs[response];
    if (run && lua_run_asleep(run))
        return FILTER_WAIT;
    if (!run)
        run = begin(&call);
    if (!run)
        return FILTER_NEXT;
    instance->runs[response] = NULL;
    enum lua_outcome outcome = lua_run_resume(run);
    if (outcome == LUA_WAITS) {
        instance->runs[response] = run;
        return FILTER_WAIT;
    }
    enum filter_result result = outcome == LUA_FINISHED ? result_of(run) : FILTER_NEXT;
    if (run->again_at && result != FILTER_FAIL && !timer_set(&instance->again, run->again_at))
        result = FILTER_FAIL;
    lua_run_give(run);
    return result;
}

static enum filter_result filter_begins(struct stream_filter *filter, bool response)
{
    return call_back(filter, "start_analyze", response, false);
}

static enum filter_result filter_sees_head(struct stream_filter *filter, bool response)
{
    return call_back(filter, "http_headers", response, true);
}

static enum filter_result filter_sees_data(struct stream_filter *filter, bool response)
{
    bool http = filter->stream->http && !filter->stream->tunnel;
    const struct instance *instance = filter->own;
    enum filter_result result = call_back(filter, http ? "http_payload" : "tcp_payload", response, http);
    filter->ways[response].pending = instance->runs[response];
    return result;
}

static enum filter_result filter_sees_end(struct stream_filter *filter, bool response)
{
    return call_back(filter, "http_end", response, true);
}

static void end_run(struct instance *instance, bool response)
{
    if (instance->runs[response])
        lua_run_give(instance->runs[response]);
    instance->runs[response] = NULL;
}

/* The stream ends: nothing waits for the answer any more. */
static void filter_stops(struct stream_filter *filter, bool response)
{
    struct instance *instance = filter->own;
    end_run(instance, response);
    (void)call_back(filter, "end_analyze", response, false);
    end_run(instance, response);
}

/* ---- instances ---- */

static int push_new(lua_State *L, void *data)
{
    const struct filter_line *line = data;
    luaL_checkstack(L, 8, NULL);
    lua_rawgeti(L, LUA_REGISTRYINDEX, line->object_ref);
    if (lua_getfield(L, -1, "new") != LUA_TFUNCTION)
        luaL_error(L, "the filter has no method 'new'");
    lua_insert(L, -2);
    return 2;
}

struct keeping {
    lua_State *from;
    int ref;
};

static int keep_instance(lua_State *L, void *data)
{
    struct keeping *keeping = data;
    if (lua_gettop(keeping->from) == 0 || !lua_istable(keeping->from, -1)) {
        keeping->ref = LUA_NOREF;
        return 0;
    }
    lua_pushvalue(keeping->from, -1);
    lua_xmove(keeping->from, L, 1);
    keeping->ref = luaL_ref(L, LUA_REGISTRYINDEX);
    return 0;
}

static bool filter_attaches(struct stream_filter *filter)
{
    const struct filter_line *line = filter->config->own;
    struct lua_machine *machine = line->function->machine;
    struct stream *stream = filter->stream;
    struct instance *instance = arena_zero(&stream->arena, sizeof(*instance));
    if (!instance)
        return false;
    instance->filter = filter;
    instance->line = line;
    instance->ref = LUA_NOREF;
    timer_init(&instance->again, stream->engine->loop, time_is_over);
    struct lua_run *run = lua_run_take(machine, stream->engine, LUA_IN_FILTER, stream, stream->frontend,
                                       &stream->task, line->function->what);
    if (!run)
        return false;
    struct keeping keeping = { run->thread, LUA_NOREF };
    if (lua_run_prepare(run, LUA_NOREF, push_new, (void *)(uintptr_t)line)) {
        enum lua_outcome outcome = lua_run_resume(run);
        if (outcome == LUA_WAITS)
            lua_log_error(machine, run, line->function->what, "'new' may not wait");
        if (outcome == LUA_FINISHED &&
            !lua_protect(machine, machine->main, keep_instance, &keeping, line->function->what))
            keeping.ref = LUA_NOREF;
    }
    lua_run_give(run);
    instance->ref = keeping.ref;
    filter->own = instance;
    return instance->ref != LUA_NOREF;
}

static int forget(lua_State *L, void *data)
{
    luaL_unref(L, LUA_REGISTRYINDEX, *(int *)data);
    return 0;
}

static void filter_detaches(struct stream_filter *filter)
{
    struct instance *instance = filter->own;
    struct lua_machine *machine = instance->line->function->machine;
    timer_finish(&instance->again);
    end_run(instance, false);
    end_run(instance, true);
    if (!lua_protect(machine, machine->main, forget, &instance->ref, instance->line->function->what))
        lua_log_error(machine, NULL, instance->line->function->what, "an object stays until the end");
}

/* ---- the configuration's line ---- */

struct parsing {
    struct cfg_line *line;
    unsigned at;
    struct filter_line *out;
};

static int parse_line(lua_State *L, void *data)
{
    struct parsing *parsing = data;
    const struct filter_function *function = parsing->out->function;
    lua_rawgeti(L, LUA_REGISTRYINDEX, function->parse_ref);
    lua_rawgeti(L, LUA_REGISTRYINDEX, function->class_ref);
    lua_newtable(L);
    for (unsigned i = parsing->at; *cfg_word(parsing->line, i); i++) {
        lua_pushstring(L, cfg_word(parsing->line, i));
        lua_rawseti(L, -2, (lua_Integer)(i - parsing->at) + 1);
    }
    lua_call(L, 2, 1);
    if (!lua_istable(L, -1))
        return luaL_error(L, "the function of register_filter gave no table");
    parsing->out->object_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    return 0;
}

static bool filter_parse(struct cfg_line *line, unsigned at, struct filter_config *config)
{
    const struct filter_function *function = config->row->data_of_row;
    struct configuration *configuration = function->machine->configuration;
    struct filter_line *own = arena_need(&configuration->arena, sizeof(*own));
    struct parsing parsing = { line, at, own };
    own->function = function;
    config->own = own;
    if (!lua_protect(function->machine, function->machine->main, parse_line, &parsing, function->what))
        return cfg_error(line, "'filter %s' is refused by its script", config->row->name);
    return true;
}

static int register_filter(lua_State *L)
{
    struct lua_machine *machine = lua_vm_of(L);
    struct configuration *configuration = machine->configuration;
    const char *name = luaL_checkstring(L, 1);
    luaL_checktype(L, 2, LUA_TTABLE);
    luaL_checktype(L, 3, LUA_TFUNCTION);
    struct filter_function *function = arena_need(&configuration->arena, sizeof(*function));
    struct filter_row *row = arena_need(&configuration->arena, sizeof(*row));
    struct str full = arena_printf(&configuration->arena, "lua.%s", name);
    function->what = arena_printf(&configuration->arena, "filter '%s'", name).data;
    function->machine = machine;
    if (!full.data || !function->what)
        return luaL_error(L, "out of memory");
    lua_pushvalue(L, 2);
    function->class_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    lua_pushvalue(L, 3);
    function->parse_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    *row = (struct filter_row){
        .name = full.data,
        .parse = filter_parse,
        .attach = filter_attaches,
        .detach = filter_detaches,
        .start = filter_begins,
        .head = filter_sees_head,
        .data = filter_sees_data,
        .end = filter_sees_end,
        .stop = filter_stops,
        .data_of_row = function,
    };
    if (words_find(&configuration->words, WORD_FILTER, full))
        return luaL_error(L, "register_filter: '%s' exists already", name);
    if (!words_add(&configuration->words, WORD_FILTER, full.data, row))
        return luaL_error(L, "out of memory");
    return 0;
}

/* ---- the table filter ---- */

static int want_data(lua_State *L, bool wants)
{
    struct lua_run *run = lua_run_of(L);
    bool response = lua_class_test(L, -1, &class_channel_response) != NULL;
    if (!response)
        lua_class_check(L, -1, &class_channel_request);
    if (run->filter)
        filter_want_data(run->filter, response, wants);
    return 0;
}

static int register_data_filter(lua_State *L)
{
    return want_data(L, true);
}

static int unregister_data_filter(lua_State *L)
{
    return want_data(L, false);
}

static int wake_time(lua_State *L)
{
    struct lua_run *run = lua_run_of(L);
    lua_Integer ms = luaL_checkinteger(L, -1);
    luaL_argcheck(L, ms >= 0 && ms <= INT32_MAX, 1, "milliseconds are expected");
    run->again_at = engine_now(run->engine) + (uint64_t)ms * NS_PER_MS;
    return 0;
}

const struct lua_method_row lua_filter_rows[] = {
    /* name                 run               where allowed  may wait */
    { "register_data_filter", register_data_filter, LUA_IN_FILTER, false, "filter: any, channel?: Channel" },
    { "unregister_data_filter", unregister_data_filter, LUA_IN_FILTER, false,
      "filter: any, channel?: Channel" },
    { "wake_time", wake_time, LUA_IN_FILTER, false, "milliseconds: integer" },
    { 0 },
};

const struct lua_method_row lua_filter_core_rows[] = {
    { "register_filter", register_filter, LUA_IN_SETUP, false,
      "name: string, class: table, make: fun(class: table, arguments: string[]): table" },
    { 0 },
};

void lua_filter_make(lua_State *L)
{
    static const struct {
        const char *name;
        lua_Integer value;
    } constants[] = {
        { "CONTINUE", LUA_FILTER_CONTINUE },
        { "WAIT", LUA_FILTER_WAIT },
        { "ERROR", LUA_FILTER_ERROR },
        { "FLT_CFG_FL_HTX", 1 },
    };
    lua_getglobal(L, "filter");
    for (size_t i = 0; i < COUNT_OF(constants); i++) {
        lua_pushinteger(L, constants[i].value);
        lua_setfield(L, -2, constants[i].name);
    }
    lua_pop(L, 1);
}
