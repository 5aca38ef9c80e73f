/* Queue: values that one script leaves and another takes (API text since 2.8, "Queue class"). The values stand in a Lua table
 * beside the object, from `first` to `last`. */
#include "base/mem.h"
#include "lua/classes.h"
#include <lauxlib.h>

struct queue {
    struct list waiters; /* struct waiting, first come first served */
    lua_Integer first, count;
};

struct waiting { /* on the C side of one pop_wait */
    struct lua_waiter waiter;
    struct list link;
    bool alarm; /* told once, and takes nothing */
};

static void finish(struct lua_handle *handle)
{
    struct queue *queue = handle->object;
    LIST_EACH_SAFE(link, &queue->waiters)
    {
        struct waiting *waiting = LIST_ITEM(link, struct waiting, link);
        list_remove(link);
        lua_waiter_end(&waiting->waiter);
    }
    mem_free(queue);
}

int class_queue_new(lua_State *L)
{
    struct lua_handle *handle = lua_class_push_new(L, &class_queue, NULL, finish);
    struct queue *queue = mem_zero(sizeof(*queue));
    if (!queue)
        return luaL_error(L, "out of memory");
    list_init(&queue->waiters);
    queue->first = 1;
    handle->object = queue;
    lua_newtable(L); /* the values; [1] of the object, behind the handle at [0] */
    lua_rawseti(L, -2, 1);
    return 1;
}

static struct queue *check_queue(lua_State *L)
{
    return lua_class_check(L, 1, &class_queue)->object;
}

/* All alarms, and the first that still waits: an execution that ended leaves its place to the collector. */
static void wake_first(struct queue *queue)
{
    LIST_EACH_SAFE(link, &queue->waiters)
    {
        struct waiting *waiting = LIST_ITEM(link, struct waiting, link);
        if (!waiting->waiter.task)
            continue;
        lua_waiter_wake(&waiting->waiter);
        if (!waiting->alarm)
            return;
        list_remove(link);
        lua_waiter_end(&waiting->waiter);
    }
}

static int queue_push(lua_State *L)
{
    struct queue *queue = check_queue(L);
    bool good = !lua_isnil(L, 2);
    if (good) {
        lua_rawgeti(L, 1, 1);
        lua_pushvalue(L, 2);
        lua_rawseti(L, -2, queue->first + queue->count);
        queue->count++;
        wake_first(queue);
    }
    lua_pushboolean(L, good);
    return 1;
}

static int take(lua_State *L, struct queue *queue)
{
    if (!queue->count) {
        lua_pushnil(L);
        return 1;
    }
    lua_rawgeti(L, 1, 1);
    lua_rawgeti(L, -1, queue->first);
    lua_pushnil(L);
    lua_rawseti(L, -3, queue->first);
    queue->first++;
    queue->count--;
    return 1;
}

static int queue_pop(lua_State *L)
{
    return take(L, check_queue(L));
}

static int queue_size(lua_State *L)
{
    lua_pushinteger(L, check_queue(L)->count);
    return 1;
}

/* The wait's own memory is a userdata on the stack of the coroutine that waits: it ends with it. */
static int end_waiting(lua_State *L)
{
    struct waiting *waiting = lua_touserdata(L, 1);
    list_remove(&waiting->link);
    lua_waiter_end(&waiting->waiter);
    return 0;
}

/* Stack: self, the wait. */
static int pop_again(lua_State *L, int status, lua_KContext state)
{
    struct queue *queue = check_queue(L);
    struct waiting *waiting = lua_touserdata(L, 2);
    (void)status;
    (void)state;
    if (!queue->count) {
        lua_waiter_set(&waiting->waiter, lua_run_of(L));
        return lua_wait(L, pop_again, 0);
    }
    list_remove(&waiting->link);
    lua_waiter_end(&waiting->waiter);
    if (queue->count > 1)
        wake_first(queue);
    return take(L, queue);
}

static struct waiting *push_waiting(lua_State *L, struct queue *queue)
{
    struct waiting *waiting = lua_newuserdatauv(L, sizeof(*waiting), 0);
    lua_waiter_init(&waiting->waiter);
    list_init(&waiting->link);
    waiting->alarm = false;
    if (luaL_newmetatable(L, "wait for a queue")) {
        lua_pushcfunction(L, end_waiting);
        lua_setfield(L, -2, "__gc");
    }
    lua_setmetatable(L, -2);
    list_add_last(&queue->waiters, &waiting->link);
    return waiting;
}

static int queue_pop_wait(lua_State *L)
{
    struct queue *queue = check_queue(L);
    lua_settop(L, 1);
    if (queue->count && list_empty(&queue->waiters))
        return take(L, queue);
    (void)push_waiting(L, queue);
    return pop_again(L, LUA_OK, 0);
}

/* The alarm's memory stands in the object, under the execution that set it: a second one takes its place. */
static int queue_alarm(lua_State *L)
{
    struct queue *queue = check_queue(L);
    struct lua_run *run = lua_run_of(L);
    if (lua_rawgetp(L, 1, run) != LUA_TUSERDATA) {
        struct waiting *made = push_waiting(L, queue);
        made->alarm = true;
        lua_pushvalue(L, -1);
        lua_rawsetp(L, 1, run);
    }
    struct waiting *waiting = lua_touserdata(L, -1);
    list_remove(&waiting->link);
    list_add_first(&queue->waiters, &waiting->link);
    lua_waiter_set(&waiting->waiter, run);
    return 0;
}

static const struct lua_method_row rows[] = {
    /* name       run             where allowed  may wait */
    { "alarm", queue_alarm, LUA_MAY_WAIT, false, "" },
    { "pop", queue_pop, LUA_ANYWHERE, false, " -> any" },
    { "pop_wait", queue_pop_wait, LUA_MAY_WAIT, true, " -> any" },
    { "push", queue_push, LUA_ANYWHERE, false, "item: any -> boolean" },
    { "size", queue_size, LUA_ANYWHERE, false, " -> integer" },
    { 0 },
};

const struct lua_class class_queue = { "Queue", rows, NULL, false, NULL };
