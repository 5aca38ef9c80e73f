/* What happens to servers, told to scripts (API text since 2.8). An event becomes one call for each subscription that wants
 * it; calls run one after the other, each as an execution that may wait. */
#include "lua/lua_event.h"
#include "base/mem.h"
#include "base/units.h"
#include "health/health_check.h"
#include "lua/classes.h"
#include "lua/lua_log.h"
#include "proxy/proxy.h"
#include "proxy/server.h"
#include "stream/engine.h"
#include <lauxlib.h>

#define PENDING_MAX 10000 /* calls that may wait: past that events are lost, and that is said */

static const struct {
    const char *name;
    unsigned kinds;
} names[] = {
    { "SERVER", SERVER_EVENT_ALL },         { "SERVER_ADD", SERVER_EVENT_ADD },
    { "SERVER_DEL", SERVER_EVENT_DEL },     { "SERVER_DOWN", SERVER_EVENT_DOWN },
    { "SERVER_UP", SERVER_EVENT_UP },       { "SERVER_STATE", SERVER_EVENT_STATE },
    { "SERVER_ADMIN", SERVER_EVENT_ADMIN }, { "SERVER_CHECK", SERVER_EVENT_CHECK },
};

struct subscription {
    struct list link;      /* machine's subscriptions */
    struct server *server; /* NULL: all */
    unsigned kinds;
    int function_ref;
    bool ended;
    unsigned pending; /* calls that name it */
};

struct event_call {
    struct list link; /* machine's event_calls */
    struct subscription *subscription;
    struct server_event event;
    const char *name;
    int64_t when_s;
    struct lua_run *run;
};

/* ---- subscribing ---- */

static unsigned check_kinds(lua_State *L, int index)
{
    unsigned kinds = 0;
    luaL_checktype(L, index, LUA_TTABLE);
    for (lua_Integer i = 1; i <= (lua_Integer)lua_rawlen(L, index); i++) {
        bool known = false;
        lua_rawgeti(L, index, i);
        const char *name = luaL_checkstring(L, -1);
        for (size_t n = 0; n < COUNT_OF(names); n++)
            if (strcmp(names[n].name, name) == 0) {
                kinds |= names[n].kinds;
                known = true;
            }
        if (!known)
            luaL_error(L, "event_sub: '%s' is no event", name);
        lua_pop(L, 1);
    }
    return kinds;
}

int lua_event_subscribe(lua_State *L, struct server *server, int index)
{
    struct lua_machine *machine = lua_vm_of(L);
    unsigned kinds = check_kinds(L, index);
    luaL_checktype(L, index + 1, LUA_TFUNCTION);
    struct lua_handle *handle = lua_class_push_new(L, &class_event_sub, NULL, NULL);
    struct subscription *subscription = arena_zero(&machine->configuration->arena, sizeof(*subscription));
    if (!subscription)
        return luaL_error(L, "out of memory");
    lua_pushvalue(L, index + 1);
    subscription->function_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    subscription->server = server;
    subscription->kinds = kinds;
    list_add_last(&machine->subscriptions, &subscription->link);
    handle->object = subscription;
    return 1;
}

static int core_event_sub(lua_State *L)
{
    return lua_event_subscribe(L, NULL, 1);
}

static int sub_unsub(lua_State *L)
{
    struct subscription *subscription = lua_class_check(L, 1, &class_event_sub)->object;
    subscription->ended = true;
    return 0;
}

/* ---- telling ---- */

static const char *state_name(enum server_state state)
{
    static const char *const words[] = { "STOPPED", "STARTING", "RUNNING", "STOPPING" };
    return words[state];
}

static void set_text(lua_State *L, const char *key, const char *text)
{
    lua_pushstring(L, text);
    lua_setfield(L, -2, key);
}

static void set_flag(lua_State *L, const char *key, bool value)
{
    lua_pushboolean(L, value);
    lua_setfield(L, -2, key);
}

static void set_number(lua_State *L, const char *key, lua_Integer value)
{
    lua_pushinteger(L, value);
    lua_setfield(L, -2, key);
}

static void push_check(lua_State *L, const struct server *server)
{
    const struct check *check = check_of(server->check);
    lua_newtable(L);
    set_text(L, "result", check->result == CHECK_RESULT_PASSED ? "PASSED" : "FAILED");
    set_flag(L, "agent", check->is_agent);
    set_number(L, "duration", (lua_Integer)check->duration_ms);
    lua_newtable(L);
    set_text(L, "short", check_status_row(check->status)->code);
    set_text(L, "desc", check->text[0] ? check->text : check_status_row(check->status)->description);
    if (check->code > 0)
        set_number(L, "code", check->code);
    lua_setfield(L, -2, "reason");
    lua_newtable(L);
    set_number(L, "cur", check->health);
    set_number(L, "rise", check->rise);
    set_number(L, "fall", check->fall);
    lua_setfield(L, -2, "health");
}

static void push_admin(lua_State *L, const struct server_event *event)
{
    lua_newtable(L);
    for (unsigned old = 0; old < 2; old++) {
        unsigned admin = old ? event->old_admin : event->new_admin;
        lua_newtable(L);
        set_flag(L, "MAINT", admin & ADMIN_MAINT);
        set_flag(L, "DRAIN", admin & ADMIN_DRAIN);
        set_flag(L, "FMAINT", admin & ADMIN_FORCED_MAINT);
        set_flag(L, "IMAINT", admin & ADMIN_INHERITED_MAINT);
        set_flag(L, "RMAINT", admin & ADMIN_RESOLVE_MAINT);
        set_flag(L, "FDRAIN", admin & ADMIN_FORCED_DRAIN);
        set_flag(L, "IDRAIN", admin & ADMIN_INHERITED_DRAIN);
        lua_setfield(L, -2, old ? "old_admin" : "new_admin");
    }
    set_text(L, "cause", event->reason ? event->reason : "");
    set_number(L, "requeued", event->requeued);
}

static void push_data(lua_State *L, const struct event_call *call)
{
    const struct server_event *event = &call->event;
    struct server *server = event->server;
    bool checked = event->by_check && server->check;
    lua_newtable(L);
    set_text(L, "name", server->name);
    set_number(L, "puid", server->id);
    set_number(L, "rid", 0);
    set_text(L, "proxy_name", server->proxy->name);
    set_number(L, "proxy_uuid", server->proxy->id);
    if (!(event->kinds & SERVER_EVENT_DEL)) {
        class_server_push(L, server);
        lua_setfield(L, -2, "reference");
    }
    if (event->kinds & SERVER_EVENT_STATE) {
        lua_newtable(L);
        set_flag(L, "admin", event->kinds & SERVER_EVENT_ADMIN);
        set_text(L, "new_state", state_name(event->new_state));
        set_text(L, "old_state", state_name(event->old_state));
        set_number(L, "requeued", event->requeued);
        set_text(L, "cause", event->reason ? event->reason : "");
        if (checked) {
            push_check(L, server);
            lua_setfield(L, -2, "check");
        }
        lua_setfield(L, -2, "state");
    }
    if (event->kinds & SERVER_EVENT_ADMIN) {
        push_admin(L, event);
        lua_setfield(L, -2, "admin");
    }
    if (checked) {
        push_check(L, server);
        lua_setfield(L, -2, "check");
    }
}

static int push_call(lua_State *L, void *data)
{
    const struct event_call *call = data;
    luaL_checkstack(L, 16, NULL);
    lua_pushstring(L, call->name);
    push_data(L, call);
    lua_class_push_new(L, &class_event_sub, call->subscription, NULL);
    lua_pushinteger(L, call->when_s);
    return 4;
}

static void drop(struct event_call *call)
{
    if (call->run)
        lua_run_give(call->run);
    list_remove(&call->link);
    mem_free(call);
}

/* One call at a time; what it waits for wakes the task. */
static void run_calls(struct task *task)
{
    struct lua_machine *machine = CONTAINER_OF(task, struct lua_machine, event_task);
    struct list *first;
    while ((first = list_first(&machine->event_calls))) {
        struct event_call *call = LIST_ITEM(first, struct event_call, link);
        if (call->subscription->ended && !call->run) {
            drop(call);
            continue;
        }
        if (!call->run) {
            call->run = lua_run_take(machine, machine->engine, LUA_IN_TASK, NULL, NULL, task, "event");
            if (!call->run ||
                !lua_run_prepare(call->run, call->subscription->function_ref, push_call, call)) {
                drop(call);
                continue;
            }
        }
        if (lua_run_asleep(call->run) || lua_run_resume(call->run) == LUA_WAITS)
            return;
        drop(call);
    }
}

static void add_call(struct lua_machine *machine, struct subscription *subscription,
                     const struct server_event *event, const char *name)
{
    struct event_call *call = mem_zero(sizeof(*call));
    if (!call) {
        lua_log_error(machine, NULL, "event", "out of memory: an event is lost");
        return;
    }
    call->subscription = subscription;
    call->event = *event;
    call->event.reason = NULL; /* it lives as long as the change */
    call->name = name;
    call->when_s = loop_wall(machine->engine->loop) / (int64_t)NS_PER_S;
    list_add_last(&machine->event_calls, &call->link);
    task_wake(&machine->event_task);
}

static void on_event(void *data, const struct server_event *event)
{
    struct lua_machine *machine = data;
    LIST_EACH (link, &machine->subscriptions) {
        struct subscription *subscription = LIST_ITEM(link, struct subscription, link);
        if (subscription->ended || (subscription->server && subscription->server != event->server))
            continue;
        for (size_t n = 1; n < COUNT_OF(names); n++)
            if (names[n].kinds & subscription->kinds & event->kinds)
                add_call(machine, subscription, event, names[n].name);
    }
}

void lua_event_start(struct lua_machine *machine)
{
    task_init(&machine->event_task, machine->engine->loop, run_calls);
    machine->engine->on_server_event = on_event;
    machine->engine->on_server_event_data = machine;
}

void lua_event_stop(struct lua_machine *machine)
{
    if (!machine->engine)
        return;
    machine->engine->on_server_event = NULL;
    LIST_EACH_SAFE(link, &machine->event_calls)
    drop(LIST_ITEM(link, struct event_call, link));
    task_cancel(&machine->event_task);
}

static const struct lua_method_row rows[] = {
    { "unsub", sub_unsub, LUA_ANYWHERE, false, "" },
    { 0 },
};

const struct lua_class class_event_sub = { "EventSub", rows, NULL, false, NULL };

const struct lua_method_row lua_event_core_rows[] = {
    /* name        run             where allowed  may wait */
    { "event_sub", core_event_sub, LUA_ANYWHERE, false,
      "events: string[], handler: fun(event: string, data: table, sub: EventSub, when: integer) -> "
      "EventSub" },
    { 0 },
};
