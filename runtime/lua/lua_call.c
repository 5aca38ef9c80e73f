/* Entering Lua: coroutines from a pool, an instruction budget by Lua's count hook, errors to the log with their traceback.
 *
 * Waiting is yielding: lua_wait notes nothing but the coroutine's continuation; whoever owns the run resumes it when its
 * task is woken. A forced yield (the budget) is resumed with the next turn. */
#include "lua/lua_call.h"
#include "base/mem.h"
#include "base/units.h"
#include "lua/lua_held.h"
#include "lua/lua_log.h"
#include "stream/stream.h"
#include <lauxlib.h>
#include <limits.h>

#define IDLE_RUNS_MAX      256
#define NS_PER_INSTRUCTION 3 /* charged for a run's first interval: short ones are never timed */

/* ---- budget ---- */

/* Lua's count hook stops at each instruction, which doubles the cost of all. The machine asks anew whether it shall stop
 * at each jump, each call and each operation that may call; between those code runs straight on, and ends. So the hook
 * is made to count these: luaG_traceexec, which lvm.c calls before an instruction as long as it is told to, answers "no
 * more until you ask". In plain code that is every fourth instruction or so, in both worlds the same. */
#define INSTRUCTIONS_A_STOP 4

int __wrap_luaG_traceexec(lua_State *L, const void *pc);
int __real_luaG_traceexec(lua_State *L, const void *pc);
static void on_count(lua_State *L, lua_Debug *where);

int __wrap_luaG_traceexec(lua_State *L, const void *pc)
{
    int more = __real_luaG_traceexec(L, pc);
    return more && lua_gethook(L) != on_count; /* a script's own hook gets what it asked for */
}

static int stops_of(uint64_t instructions)
{
    uint64_t stops = instructions / INSTRUCTIONS_A_STOP;
    return stops > INT_MAX ? INT_MAX : stops ? (int)stops : 1;
}

static uint64_t limit_ms(const struct lua_run *run)
{
    const struct globals *globals = &run->machine->configuration->globals;
    switch (run->context) {
    case LUA_IN_TASK:
        return globals->lua_task_timeout_ms;
    case LUA_IN_SERVICE:
        return globals->lua_service_timeout_ms;
    default:
        return globals->lua_session_timeout_ms;
    }
}

/* Where no time passes while a script runs, the processor's counts. */
static struct lua_clocks clocks_of(const struct lua_run *run)
{
    struct platform *platform = loop_platform(run->engine->loop);
    return (struct lua_clocks){ platform->ops->monotonic_ns(platform), platform->ops->cpu_ns(platform) };
}

static void charge(struct lua_run *run)
{
    struct lua_clocks now = clocks_of(run), then = run->mark;
    uint64_t ns = run->machine->configuration->globals.lua_forced_yield * NS_PER_INSTRUCTION;
    if (then.now_ns)
        ns = now.now_ns - then.now_ns > now.cpu_ns - then.cpu_ns ? now.now_ns - then.now_ns
                                                                 : now.cpu_ns - then.cpu_ns;
    run->mark = now;
    run->used_ns += ns;
    run->burst_ns += ns;
}

static void stop_at_each(lua_State *L)
{
    lua_sethook(L, on_count, LUA_MASKCOUNT, 1);
}

static void on_count(lua_State *L, lua_Debug *where)
{
    struct lua_run *run = lua_run_of(L);
    (void)where;
    if (!run)
        return;
    bool outermost = L == run->thread; /* not in a coroutine that the script made */
    charge(run);
    uint64_t limit = limit_ms(run), burst = run->machine->configuration->globals.lua_burst_timeout_ms;
    if (limit && run->used_ns >= limit * NS_PER_MS) {
        stop_at_each(L); /* a pcall around it does not help: the next stop says it again */
        stop_at_each(run->thread);
        luaL_error(L, "execution timeout");
        return;
    }
    if ((run->context & LUA_MAY_WAIT) && outermost && lua_isyieldable(L)) {
        task_wake(run->task);
        lua_yield(L, 0);
        return;
    }
    lua_held_work(L, run->burst_ns);
    if (burst && run->burst_ns >= burst * NS_PER_MS) {
        stop_at_each(L);
        luaL_error(L, "execution timeout: it ran too long without a point to interrupt it");
    }
}

/* ---- protected calls on any state ---- */

struct protected_call {
    int (*call)(lua_State *L, void *data);
    void *data;
};

static int enter(lua_State *L)
{
    struct protected_call *protected = lua_touserdata(L, 1);
    lua_settop(L, 0);
    return protected->call(L, protected->data);
}

bool lua_protect(struct lua_machine *machine, lua_State *L, int (*call)(lua_State *L, void *data), void *data,
                 const char *what)
{
    struct protected_call protected = { call, data };
    if (!lua_checkstack(L, 4)) {
        lua_log_error(machine, NULL, what, "out of memory");
        return false;
    }
    lua_pushcfunction(L, enter);
    lua_pushlightuserdata(L, &protected);
    if (lua_pcall(L, 1, 0, 0) == LUA_OK)
        return true;
    const char *message = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "error that is no text";
    lua_log_error(machine, NULL, what, message);
    lua_pop(L, 1);
    return false;
}

/* ---- runs ---- */

static void timer_over(struct timer *timer)
{
    task_wake(CONTAINER_OF(timer, struct lua_run, timer)->task);
}

static int make_thread(lua_State *L, void *data)
{
    struct lua_run *run = data;
    run->thread = lua_newthread(L);
    run->thread_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    return 0;
}

static struct lua_run *make_run(struct lua_machine *machine, const char *what)
{
    struct lua_run *run = mem_zero(sizeof(*run));
    if (!run) {
        lua_log_error(machine, NULL, what, "out of memory");
        return NULL;
    }
    run->machine = machine;
    run->thread_ref = LUA_NOREF;
    list_init(&run->waiters);
    if (!lua_protect(machine, machine->main, make_thread, run, what)) {
        mem_free(run);
        return NULL;
    }
    return run;
}

struct lua_run *lua_run_take(struct lua_machine *machine, struct engine *engine, enum lua_context context,
                             struct stream *stream, struct proxy *proxy, struct task *task, const char *what)
{
    struct list *link = list_first(&machine->idle_runs);
    struct lua_run *run;
    if (link) {
        list_remove(link);
        machine->idle_run_count--;
        run = LIST_ITEM(link, struct lua_run, link);
    } else {
        run = make_run(machine, what);
        if (!run)
            return NULL;
    }
    list_add_last(&machine->runs, &run->link);
    run->context = context;
    run->engine = engine;
    run->stream = stream;
    run->proxy = proxy;
    run->task = task;
    run->what = what;
    run->sleep_until = run->again_at = 0;
    run->out = NULL;
    run->filter = NULL;
    run->yielded = run->at_rest = false;
    run->ended_by_script = run->response_side = run->replied = run->reply_failed = false;
    run->used_ns = run->burst_ns = 0;
    run->mark = (struct lua_clocks){ 0 };
    run->serial = ++machine->run_serial;
    timer_init(&run->timer, engine->loop, timer_over);
    *(struct lua_run **)lua_getextraspace(run->thread) = run;
    uint64_t every = machine->configuration->globals.lua_forced_yield;
    if (every && (lua_gethook(run->thread) != on_count || lua_gethookcount(run->thread) != stops_of(every)))
        lua_sethook(run->thread, on_count, LUA_MASKCOUNT,
                    stops_of(every)); /* else it stays from run to run */
    return run;
}

struct preparation {
    struct lua_run *run;
    int function_ref;
    int (*push)(lua_State *L, void *data);
    void *data;
};

static int prepare(lua_State *L, void *data)
{
    struct preparation *wanted = data;
    lua_State *thread = wanted->run->thread;
    (void)L;
    luaL_checkstack(thread, 16, NULL);
    bool pushed = wanted->function_ref == LUA_NOREF; /* push gives the function too */
    if (!pushed)
        lua_rawgeti(thread, LUA_REGISTRYINDEX, wanted->function_ref);
    wanted->run->argument_count = (wanted->push ? wanted->push(thread, wanted->data) : 0) - pushed;
    return 0;
}

bool lua_run_prepare(struct lua_run *run, int function_ref, int (*push)(lua_State *L, void *data), void *data)
{
    struct preparation wanted = { run, function_ref, push, data };
    return lua_protect(run->machine, run->machine->main, prepare, &wanted, run->what);
}

static int add_traceback(lua_State *L, void *data)
{
    struct lua_run *run = data;
    const char *message = lua_tostring(run->thread, -1);
    luaL_traceback(L, run->thread, message ? message : "error that is no text", 0);
    lua_log_error(run->machine, run, run->what, lua_tostring(L, -1));
    return 0;
}

static void report(struct lua_run *run, int status)
{
    lua_sethook(run->thread, NULL, 0, 0);
    if (status == LUA_ERRMEM || !lua_protect(run->machine, run->machine->main, add_traceback, run, run->what))
        lua_log_error(run->machine, run, run->what, "out of memory");
}

enum lua_outcome lua_run_resume(struct lua_run *run)
{
    struct platform *platform = loop_platform(run->engine->loop);
    int results = 0;
    timer_stop(&run->timer);
    run->sleep_until = 0;
    run->burst_ns = 0;
    if (run->used_ns) /* only what ran long before */
        run->mark = clocks_of(run);
    if (platform->ops->mark)
        platform->ops->mark(platform, PLAT_MARK_LUA_RESUME, run->serial, 0);
    int arguments = run->argument_count;
    struct lua_run *outer = run->machine->current;
    run->argument_count = 0;
    run->machine->current = run;
    int status = lua_resume(run->thread, run->machine->main, arguments, &results);
    run->machine->current = outer;
    if (status == LUA_OK) {
        run->at_rest = true;
        return LUA_FINISHED;
    }
    if (status == LUA_YIELD) {
        if (results)
            lua_pop(run->thread, results);
        if (run->context & LUA_MAY_WAIT)
            return LUA_WAITS;
        lua_log_error(run->machine, run, run->what, "it may not wait here");
        return LUA_FAILED;
    }
    if (run->ended_by_script) { /* its result is all that is left */
        if (lua_gettop(run->thread) > 1)
            lua_replace(run->thread, 1);
        lua_settop(run->thread, 1);
        return LUA_FINISHED;
    }
    report(run, status);
    return LUA_FAILED;
}

bool lua_run_asleep(const struct lua_run *run)
{
    return run->sleep_until && engine_now(run->engine) < run->sleep_until;
}

static int drop_thread(lua_State *L, void *data)
{
    luaL_unref(L, LUA_REGISTRYINDEX, *(int *)data);
    return 0;
}

void lua_run_give(struct lua_run *run)
{
    struct lua_machine *machine = run->machine;
    timer_finish(&run->timer);
    LIST_EACH_SAFE(link, &run->waiters)
    lua_waiter_end(LIST_ITEM(link, struct lua_waiter, link));
    list_remove(&run->link);
    *(struct lua_run **)lua_getextraspace(run->thread) = NULL;
    bool clean =
        run->at_rest || lua_resetthread(run->thread) == LUA_OK; /* at rest there is nothing to unwind */
    lua_settop(run->thread, 0);
    if (clean && machine->idle_run_count < IDLE_RUNS_MAX) {
        list_add_first(&machine->idle_runs, &run->link);
        machine->idle_run_count++;
        return;
    }
    if (!lua_protect(machine, machine->main, drop_thread, &run->thread_ref, run->what))
        return; /* said; the coroutine stays referenced until the state ends */
    mem_free(run);
}

/* ---- from inside of methods ---- */

enum lua_context lua_context_of(lua_State *L)
{
    struct lua_run *run = lua_run_of(L);
    return run ? run->context : (enum lua_context)lua_vm_of(L)->context;
}

const char *lua_context_name(enum lua_context context)
{
    switch (context) {
    case LUA_IN_BODY:
        return "the body of a file";
    case LUA_IN_INIT:
        return "an init function";
    case LUA_IN_TASK:
        return "a task";
    case LUA_IN_ACTION:
        return "an action";
    case LUA_IN_FETCH:
        return "a sample fetch";
    case LUA_IN_CONVERTER:
        return "a converter";
    case LUA_IN_SERVICE:
        return "a service";
    case LUA_IN_CLI:
        return "a management command";
    case LUA_IN_FILTER:
        return "a filter";
    default:
        return "this place";
    }
}

int lua_wait(lua_State *L, lua_KFunction again, lua_KContext state)
{
    enum lua_context context = lua_context_of(L);
    const struct lua_run *run = lua_run_of(L);
    if (!(context & LUA_MAY_WAIT))
        return luaL_error(L, "waiting is not allowed in %s", lua_context_name(context));
    if (run && run->thread != L)
        return luaL_error(L, "cannot wait here: a coroutine of the script is between this call and the %s",
                          lua_context_name(context));
    if (!lua_isyieldable(L))
        return luaL_error(
            L, "cannot wait here: a C function, metamethod or iterator is between this call and the %s",
            lua_context_name(context));
    return lua_yieldk(L, 0, state, again);
}

int lua_wait_until(lua_State *L, uint64_t until, lua_KFunction again, lua_KContext state)
{
    struct lua_run *run = lua_run_of(L);
    if (run && (run->context & LUA_MAY_WAIT)) {
        run->sleep_until = until;
        if (!timer_set(&run->timer, until))
            return luaL_error(L, "out of memory");
    }
    return lua_wait(L, again, state);
}

int lua_wait_deadline(lua_State *L, uint64_t deadline, lua_KFunction again, lua_KContext state)
{
    struct lua_run *run = lua_run_of(L);
    if (run && deadline != TIMER_OFF && !timer_set(&run->timer, deadline))
        return luaL_error(L, "out of memory");
    return lua_wait(L, again, state);
}

void lua_waiter_init(struct lua_waiter *waiter)
{
    list_init(&waiter->link);
    waiter->task = NULL;
}

void lua_waiter_set(struct lua_waiter *waiter, struct lua_run *run)
{
    list_remove(&waiter->link);
    list_add_last(&run->waiters, &waiter->link);
    waiter->task = run->task;
}

void lua_waiter_wake(struct lua_waiter *waiter)
{
    if (waiter->task)
        task_wake(waiter->task);
}

void lua_waiter_end(struct lua_waiter *waiter)
{
    list_remove(&waiter->link);
    waiter->task = NULL;
}

/* The error's value is what the execution gives; pcall can stop it (TRUTHS A5). */
int lua_end(lua_State *L)
{
    struct lua_run *run = lua_run_of(L);
    if (run)
        run->ended_by_script = true;
    if (lua_gettop(L) == 0)
        lua_pushnil(L);
    return lua_error(L);
}
