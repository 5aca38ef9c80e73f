/* The one way into Lua. Everything that may raise an error runs protected here, so that no other file thinks about long
 * jumps; everything that may wait runs on a pooled coroutine, a `struct lua_run`. */
#ifndef LUA_LUA_CALL_H
#define LUA_LUA_CALL_H
#include "lua/lua_vm.h"

struct stream;
struct stream_filter;

enum lua_context { /* bits: where a method may be called */
                   LUA_IN_BODY = 1,
                   LUA_IN_INIT = 2,
                   LUA_IN_TASK = 4,
                   LUA_IN_ACTION = 8,
                   LUA_IN_FETCH = 16,
                   LUA_IN_CONVERTER = 32,
                   LUA_IN_SERVICE = 64,
                   LUA_IN_CLI = 128,
                   LUA_IN_FILTER = 256,
                   LUA_IN_SETUP = LUA_IN_BODY | LUA_IN_INIT,
                   LUA_IN_RUNTIME = LUA_IN_TASK | LUA_IN_ACTION | LUA_IN_FETCH | LUA_IN_CONVERTER |
                                    LUA_IN_SERVICE | LUA_IN_CLI | LUA_IN_FILTER,
                   LUA_IN_STREAM = LUA_IN_ACTION | LUA_IN_FETCH | LUA_IN_CONVERTER | LUA_IN_SERVICE |
                                   LUA_IN_CLI | LUA_IN_FILTER,
                   LUA_MAY_WAIT = LUA_IN_TASK | LUA_IN_ACTION | LUA_IN_SERVICE | LUA_IN_CLI | LUA_IN_FILTER,
                   LUA_ANYWHERE = LUA_IN_SETUP | LUA_IN_RUNTIME,
};

enum lua_outcome { LUA_FINISHED, LUA_WAITS, LUA_FAILED /* logged */ };

struct lua_run {
    struct list link;
    struct lua_machine *machine;
    lua_State *thread;
    int thread_ref;
    enum lua_context context;
    struct engine *engine;
    struct stream *stream; /* NULL in tasks */
    struct proxy *proxy;   /* for log lines, NULL in tasks */
    struct task *task;     /* who is woken when the wait is over */
    const char *what;      /* "action 'hello'" for messages, lives with the machine */
    struct timer timer;    /* of a sleep */
    uint64_t sleep_until;  /* 0: not sleeping */
    uint64_t again_at;     /* act.wake_time: when an action that answers YIELD is run again; 0: not told */
    bool yielded;          /* it answered YIELD: new data or again_at begin it anew */
    uint64_t seen;         /* bytes that had come then */
    bool at_rest;          /* its function returned: the coroutine can begin another */
    bool ended_by_script;  /* core.done, txn:done: an error that is none */
    bool replied, reply_failed; /* txn:done(reply) put its answer in place, or could not */
    bool response_side;         /* the action runs in a response ruleset */
    uint64_t used_ns;           /* since it began, as far as the hook saw it */
    uint64_t burst_ns;          /* since the last resume */
    struct lua_clocks {
        uint64_t now_ns, cpu_ns;
    } mark;                       /* when the hook saw it last, or at its resume; 0: not yet */
    struct stream_filter *filter; /* whose callback it is; else NULL */
    struct buf *out; /* of management commands: where applet:send writes; NULL: into the stream */
    int argument_count;
    uint64_t serial;
    struct list waiters; /* struct lua_waiter: what will wake it, told when it ends before */
};

/* In an object that wakes a run when something happened to it. */
struct lua_waiter {
    struct list link;  /* in the run's waiters */
    struct task *task; /* NULL: nobody waits */
};
void lua_waiter_init(struct lua_waiter *waiter);
/* The run that calls waits for it from now on. */
void lua_waiter_set(struct lua_waiter *waiter, struct lua_run *run);
void lua_waiter_wake(struct lua_waiter *waiter); /* harmless when nobody waits */
void lua_waiter_end(struct lua_waiter *waiter);  /* before its memory ends */

/* A coroutine for one execution. NULL: no memory (logged). */
struct lua_run *lua_run_take(struct lua_machine *machine, struct engine *engine, enum lua_context context,
                             struct stream *stream, struct proxy *proxy, struct task *task, const char *what);
/* Puts the function of a registry reference (LUA_NOREF: the first value that push pushes) and what `push` pushes (it returns how many) on the coroutine. false: an
 * error, logged. */
bool lua_run_prepare(struct lua_run *run, int function_ref, int (*push)(lua_State *L, void *data),
                     void *data) MUST_USE;
/* Runs until it finished, waits or failed. When finished the results are at the top of run->thread: their number is
 * lua_gettop(run->thread). */
enum lua_outcome lua_run_resume(struct lua_run *run);
/* The wait is not over yet: a sleep that was woken for another reason. */
bool lua_run_asleep(const struct lua_run *run);
/* The coroutine goes back to the pool (or ends, when it was in the middle). */
void lua_run_give(struct lua_run *run);

/* Runs call(L, data) protected on the main state or on run->thread; false: an error, which is logged with `what`. */
bool lua_protect(struct lua_machine *machine, lua_State *L, int (*call)(lua_State *L, void *data), void *data,
                 const char *what) MUST_USE;

/* In a method: the execution it is part of, also where the script is in a coroutine of its own; NULL in the body and in
 * init. */
static inline struct lua_run *lua_run_of(lua_State *L)
{
    struct lua_run *run = *(struct lua_run **)lua_getextraspace(L);
    return run ? run : lua_vm_of(L)->current;
}
enum lua_context lua_context_of(lua_State *L);
const char *lua_context_name(enum lua_context context);

/* In a method: lets the others go on; `again` is called when the run's task was woken. Raises an error where nothing may
 * wait. `return lua_wait(L, again, state);` */
int lua_wait(lua_State *L, lua_KFunction again, lua_KContext state);
/* The same, but not before `until` (monotonic ns). */
int lua_wait_until(lua_State *L, uint64_t until, lua_KFunction again, lua_KContext state);
/* Waits for the task's wake, until a deadline at the latest (TIMER_OFF: none): `again` looks at the clock itself. */
int lua_wait_deadline(lua_State *L, uint64_t deadline, lua_KFunction again, lua_KContext state);
/* Ends the execution without an error, with the value on the stack's top as its result: core.done() and the like. Never
 * returns. */
int lua_end(lua_State *L);

#endif
