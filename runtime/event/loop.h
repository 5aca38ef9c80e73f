/* One worker's loop: readiness → tasks, timers, wake-ups. One turn = wait, note ready sockets, fire due timers,
 * run tasks within a budget.
 *
 * Tasks run first-in first-out; a nice value moves a task up or down in that line by as many wake-ups, so that
 * none starves (the platform's `pick` may choose another of the same value). A task woken while tasks run waits
 * for the next round; a turn has a few. Timers of one instant fire in the order in which they were armed. Both
 * are embedded in their owner's struct and never allocate when used.
 */
#ifndef EVENT_LOOP_H
#define EVENT_LOOP_H
#include "base/heap.h"
#include "base/list.h"
#include "platform/platform.h"

struct loop;

/* ---- tasks: run once for each time they were woken before ---- */
struct task {
    struct list link;
    struct loop *loop;
    void (*run)(struct task *task);
    uint64_t serial; /* of the wake-up */
    int64_t rank;    /* its place in line: the serial, moved by nice */
    int16_t nice;    /* -1024 (first) .. 1024 (last), as HAProxy's `nice` */
    uint16_t number; /* one of the loop's tasks, from the order of their making */
    uint16_t kind;   /* for the trace; the owner's business, 0: none given */
    bool queued;
    bool niced; /* queued among those with a nice value */
};
void task_init(struct task *task, struct loop *loop, void (*run)(struct task *task));
void task_wake(struct task *task);   /* harmless when it is queued */
void task_cancel(struct task *task); /* takes it out of the queue */

/* ---- timers ---- */
struct timer {
    struct heap_node node; /* where it stands in the heap: may be earlier than at_ns, never later */
    struct loop *loop;
    void (*fire)(struct timer *timer);
    uint64_t at_ns, order; /* TIMER_OFF when not armed */
};
#define TIMER_OFF UINT64_MAX
void timer_init(struct timer *timer, struct loop *loop, void (*fire)(struct timer *timer));
/* Arms for a monotonic instant (again: moves); one that has passed means now. Moving later costs nothing until the
 * old instant passes. false when there is no memory: not armed then. */
bool timer_set(struct timer *timer, uint64_t at_ns);
void timer_stop(struct timer *timer);
void timer_finish(struct timer *timer); /* before its memory ends */
static inline bool timer_armed(const struct timer *timer)
{
    return timer->at_ns != TIMER_OFF;
}

/* ---- watched sockets ---- */
struct watch {
    uint32_t slot; /* in the loop's table; the token carries a generation, so a stale event is dropped */
    plat_sock sock;
    struct loop *loop;
    void (*ready)(struct watch *watch, unsigned ready); /* enum plat_ready, called before timers and tasks */
};
/* Starts watching; IO_OK or why not. watch_end also closes the socket. */
enum io_status watch_begin(struct watch *watch, struct loop *loop, plat_sock sock,
                           void (*ready)(struct watch *watch, unsigned ready)) MUST_USE;
void watch_end(struct watch *watch);          /* closes the socket; harmless when ended or zeroed */
plat_sock watch_release(struct watch *watch); /* stops watching, the caller gets the socket */
/* Goes on in another loop of the node; what is ready is told anew. On failure it stays where it was, but paused. */
enum io_status watch_move(struct watch *watch, struct loop *loop) MUST_USE;
/* Nothing is told of it until it is resumed, which may fail and be tried again; the socket stays the watch's. */
void watch_pause(struct watch *watch);
enum io_status watch_resume(struct watch *watch) MUST_USE;

/* ---- the loop ---- */
struct loop *loop_create(struct platform *platform); /* NULL: out of memory or descriptors */
void loop_destroy(struct loop *loop);                /* nothing may be watched or armed */
/* Makes `loop` one of those of a node, of which `first` is another: they have one clock, and a wake-up or a timer for one
 * that is not in its turn wakes it. gated: each is turned by a thread of its own, inside the platform's gate but while it
 * waits; else all are turned by one thread. Both before the first turn. */
void loop_join(struct loop *loop, struct loop *first, bool gated);
/* Ends a wait of the loop, or its next one. */
void loop_rouse(struct loop *loop);
/* One turn. Does not wait when there is work; else until the next timer. */
void loop_turn(struct loop *loop);
/* Has work that needs no event and no time (tasks queued, timers due). */
bool loop_busy(const struct loop *loop);

/* The clocks as of the current turn. */
uint64_t loop_now(const struct loop *loop); /* monotonic ns */
int64_t loop_wall(const struct loop *loop); /* ns since 1970 */
struct platform *loop_platform(const struct loop *loop);
/* Called in each turn right after wait, for signals. */
void loop_on_turn(struct loop *loop, void (*call)(void *data), void *data);

struct loop_counters {
    uint64_t turns, tasks_run, timers_fired, events;
    uint64_t busy_ns, idle_ns;
};
const struct loop_counters *loop_counters(const struct loop *loop);

/* The monotonic instant `ms` from now; TIMER_OFF for ms 0, which in the configuration means "no limit". */
uint64_t loop_after_ms(const struct loop *loop, uint64_t ms);

#endif
