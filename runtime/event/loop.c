/* One turn: wait, let the sockets that became ready say so, fire the timers that are due, run tasks.
 *
 * Watches live in a table of slots; the token given to the platform is slot | generation << 32, and the
 * generation moves on when a watch ends, so an event that was already fetched for it is dropped.
 * A timer may stand in the heap earlier than its instant, or while it is stopped: it is put right when it comes
 * to the top. Tasks of nice 0, nearly all, wait in a plain queue; the others in a list sorted by rank. */
#include "event/loop.h"
#include "base/mem.h"

#define EVENTS_MAX       200 /* taken from one wait, HAProxy's tune.maxpollevents */
#define TASKS_MAX        200 /* run in one turn, HAProxy's tune.runqueue-depth */
#define ROUNDS_MAX       4   /* so that tasks which wake each other cannot keep the sockets waiting */
#define NO_SLOT          UINT32_MAX
#define NS_PER_MS        UINT64_C(1000000)
#define PICK_MAX         256 /* tasks that a platform can choose from */
#define SLOTS_AT_FIRST   64
#define GENERATION_SHIFT 32

struct watch_slot {
    struct watch *watch; /* NULL: free */
    uint32_t generation;
    uint32_t next_free; /* NO_SLOT ends the chain */
};

struct loop {
    struct platform *platform;
    int poller;
    uint64_t now;
    int64_t wall;
    uint64_t since; /* when its own latest wait was over */

    struct loop *next;    /* in the ring of the node's loops; NULL: the only one */
    bool gated;           /* its thread leaves the platform's gate while it waits */
    bool away;            /* not in its turn, and nobody woke it since; only of several */
    uint64_t waits_until; /* as its latest wait was told */

    struct watch_slot *slots;
    uint32_t slot_count, slot_free, watched;

    struct heap timers;
    uint64_t timer_order;
    uint16_t tasks_made;

    struct list tasks; /* nice 0, in order of serial */
    struct list niced; /* others, in order of (rank, serial) */
    size_t task_count, niced_count;
    uint64_t task_serial;  /* of the latest wake-up */
    uint64_t round_serial; /* the latest that belongs to the round */

    void (*on_turn)(void *data);
    void *on_turn_data;
    struct loop_counters counters;
    struct plat_event events[EVENTS_MAX];
};

struct loop *loop_create(struct platform *platform)
{
    struct loop *loop = mem_zero(sizeof(*loop));
    if (!loop)
        return NULL;
    loop->platform = platform;
    loop->poller = platform->ops->poller_open(platform);
    if (loop->poller < 0) {
        mem_free(loop);
        return NULL;
    }
    loop->now = platform->ops->monotonic_ns(platform);
    loop->wall = platform->ops->wall_ns(platform);
    loop->since = loop->now;
    loop->slot_free = NO_SLOT;
    heap_init(&loop->timers);
    list_init(&loop->tasks);
    list_init(&loop->niced);
    return loop;
}

void loop_join(struct loop *loop, struct loop *first, bool gated)
{
    CHECK(!loop->next && loop != first);
    loop->next = first->next ? first->next : first;
    first->next = loop;
    loop->gated = first->gated = gated;
    loop->away = first->away = true;
}

static void leave_ring(struct loop *loop)
{
    struct loop *before = loop;
    if (!loop->next)
        return;
    while (before->next != loop)
        before = before->next;
    before->next = loop->next == before ? NULL : loop->next;
    before->away = before->away && before->next;
    before->gated = before->gated && before->next;
}

void loop_rouse(struct loop *loop)
{
    loop->away = false;
    loop->platform->ops->wake(loop->platform, loop->poller);
}

void loop_destroy(struct loop *loop)
{
    if (!loop)
        return;
    CHECK(loop->watched == 0);
    CHECK(list_empty(&loop->tasks));
    CHECK(list_empty(&loop->niced));
    for (size_t i = 0; i < loop->timers.count; i++) {
        struct timer *timer = CONTAINER_OF(loop->timers.nodes[i], struct timer, node);
        CHECK(!timer_armed(timer));
        timer->node.place = 0; /* stopped, and may be finished later than the loop */
    }
    heap_finish(&loop->timers);
    leave_ring(loop);
    mem_free(loop->slots);
    loop->platform->ops->poller_close(loop->platform, loop->poller);
    mem_free(loop);
}

/* ---- tasks ---- */

void task_init(struct task *task, struct loop *loop, void (*run)(struct task *task))
{
    *task = (struct task){ .loop = loop, .run = run, .number = ++loop->tasks_made };
    list_init(&task->link);
}

static bool ranks_before(const struct task *a, const struct task *b)
{
    return a->rank != b->rank ? a->rank < b->rank : a->serial < b->serial;
}

static void queue_niced(struct loop *loop, struct task *task)
{
    struct list *where = &loop->niced;
    while (where->prev != &loop->niced && ranks_before(task, LIST_ITEM(where->prev, struct task, link)))
        where = where->prev;
    list_insert_before(where, &task->link);
    loop->niced_count++;
}

/* A nice value counts as that many wake-ups: a task that is moved back is reached all the same once so many others
 * have come, and those of one nice value keep their order. */
void task_wake(struct task *task)
{
    if (task->queued)
        return;
    struct loop *loop = task->loop;
    if (UNLIKELY(loop->away))
        loop_rouse(loop);
    task->queued = true;
    task->serial = ++loop->task_serial;
    task->rank = (int64_t)task->serial + task->nice;
    task->niced = task->nice != 0;
    if (UNLIKELY(task->niced)) {
        queue_niced(loop, task);
        return;
    }
    list_add_last(&loop->tasks, &task->link);
    loop->task_count++;
}

void task_cancel(struct task *task)
{
    if (!task->queued)
        return;
    struct loop *loop = task->loop;
    task->queued = false;
    list_remove(&task->link);
    if (task->niced) {
        loop->niced_count--;
        return;
    }
    loop->task_count--;
}

/* The first niced task of the round; NULL if there is none. */
static struct task *niced_first(const struct loop *loop)
{
    LIST_EACH (link, &loop->niced) {
        struct task *task = LIST_ITEM(link, struct task, link);
        if (task->serial <= loop->round_serial)
            return task;
    }
    return NULL;
}

/* Another task of the round with the same nice value as `first`, if the platform wants to choose. */
static struct task *picked(const struct loop *loop, struct task *first)
{
    const struct list *head = first->niced ? &loop->niced : &loop->tasks;
    uint32_t who[PICK_MAX];
    unsigned same = 0;
    LIST_EACH (link, head) {
        struct task *task = LIST_ITEM(link, struct task, link);
        if (task->serial <= loop->round_serial && task->nice == first->nice && same < PICK_MAX)
            who[same++] = task->number;
    }
    if (same < 2)
        return first;
    unsigned left = loop->platform->ops->pick(loop->platform, same, who);
    LIST_EACH (link, head) {
        struct task *task = LIST_ITEM(link, struct task, link);
        if (task->serial <= loop->round_serial && task->nice == first->nice && left-- == 0)
            return task;
    }
    CHECK(false); /* pick answers less than what it was asked */
    return first;
}

static struct task *task_next(const struct loop *loop)
{
    struct list *link = list_first(&loop->tasks);
    struct task *task = link ? LIST_ITEM(link, struct task, link) : NULL;
    if (task && task->serial > loop->round_serial)
        task = NULL;
    if (UNLIKELY(loop->niced_count)) {
        struct task *niced = niced_first(loop);
        if (niced && (!task || ranks_before(niced, task)))
            task = niced;
    }
    return task && loop->platform->ops->pick ? picked(loop, task) : task;
}

/* The task may end its own memory. */
static void run_task(struct loop *loop, struct task *task)
{
    const struct platform_ops *ops = loop->platform->ops;
    task_cancel(task);
    loop->counters.tasks_run++;
    if (ops->mark)
        ops->mark(loop->platform, PLAT_MARK_TASK, task->kind, task->serial);
    task->run(task);
}

static void run_tasks(struct loop *loop)
{
    unsigned budget = TASKS_MAX;
    for (unsigned round = 0; round < ROUNDS_MAX; round++) {
        struct task *task;
        loop->round_serial = loop->task_serial;
        while (budget && (task = task_next(loop))) {
            run_task(loop, task);
            budget--;
        }
    }
}

/* ---- timers ---- */

void timer_init(struct timer *timer, struct loop *loop, void (*fire)(struct timer *timer))
{
    *timer = (struct timer){ .loop = loop, .fire = fire, .at_ns = TIMER_OFF };
}

bool timer_set(struct timer *timer, uint64_t at_ns)
{
    struct loop *loop = timer->loop;
    if (at_ns == TIMER_OFF) {
        timer_stop(timer);
        return true;
    }
    if (at_ns < loop->now)
        at_ns = loop->now;
    if (UNLIKELY(loop->away) && at_ns < loop->waits_until)
        loop_rouse(loop);
    timer->at_ns = at_ns;
    timer->order = ++loop->timer_order;
    if (timer->node.place && timer->node.key <= at_ns)
        return true;
    timer->node.key = at_ns;
    timer->node.order = timer->order;
    if (timer->node.place) {
        heap_moved(&loop->timers, &timer->node);
        return true;
    }
    if (heap_add(&loop->timers, &timer->node))
        return true;
    timer->at_ns = TIMER_OFF;
    return false;
}

void timer_stop(struct timer *timer)
{
    timer->at_ns = TIMER_OFF;
}

void timer_finish(struct timer *timer)
{
    timer->at_ns = TIMER_OFF;
    if (timer->node.place)
        heap_remove(&timer->loop->timers, &timer->node);
}

static struct timer *timer_first(const struct loop *loop)
{
    struct heap_node *node = heap_first(&loop->timers);
    return node ? CONTAINER_OF(node, struct timer, node) : NULL;
}

/* When the heap has something to do, UINT64_MAX for never. Stopped timers at the top are dropped, so that
 * nobody is woken for them. */
static uint64_t timers_next(struct loop *loop)
{
    struct timer *timer;
    while ((timer = timer_first(loop))) {
        if (timer_armed(timer))
            return timer->node.key;
        heap_remove(&loop->timers, &timer->node);
    }
    return UINT64_MAX;
}

/* Those armed while others fire wait for the next turn: one that arms itself for now would never end. */
static void fire_timers(struct loop *loop)
{
    uint64_t last_order = loop->timer_order;
    struct timer *timer;
    while ((timer = timer_first(loop)) && timer->node.key <= loop->now) {
        if (!timer_armed(timer)) {
            heap_remove(&loop->timers, &timer->node);
        } else if (timer->order != timer->node.order) {
            timer->node.key = timer->at_ns;
            timer->node.order = timer->order;
            heap_moved(&loop->timers, &timer->node);
        } else if (timer->order > last_order) {
            return; /* instants before now do not exist, so all that is left was armed after it */
        } else {
            heap_remove(&loop->timers, &timer->node);
            timer->at_ns = TIMER_OFF;
            loop->counters.timers_fired++;
            timer->fire(timer);
        }
    }
}

/* ---- watched sockets ---- */

static bool slots_grow(struct loop *loop)
{
    uint32_t count = loop->slot_count ? loop->slot_count * 2 : SLOTS_AT_FIRST;
    struct watch_slot *slots = mem_resize(loop->slots, count * sizeof(*slots));
    if (!slots)
        return false;
    for (uint32_t i = count; i-- > loop->slot_count;) {
        slots[i] = (struct watch_slot){ .next_free = loop->slot_free };
        loop->slot_free = i;
    }
    loop->slots = slots;
    loop->slot_count = count;
    return true;
}

static void slot_give(struct watch *watch)
{
    struct loop *loop = watch->loop;
    struct watch_slot *slot = &loop->slots[watch->slot];
    CHECK(slot->watch == watch);
    slot->watch = NULL;
    slot->generation++;
    slot->next_free = loop->slot_free;
    loop->slot_free = watch->slot;
    loop->watched--;
    watch->loop = NULL;
    watch->sock = PLAT_NO_SOCK;
}

enum io_status watch_resume(struct watch *watch)
{
    struct loop *loop = watch->loop;
    uint64_t token = watch->slot | (uint64_t)loop->slots[watch->slot].generation << GENERATION_SHIFT;
    return loop->platform->ops->watch(loop->platform, loop->poller, watch->sock, token);
}

void watch_pause(struct watch *watch)
{
    struct loop *loop = watch->loop;
    (void)loop->platform->ops->unwatch(loop->platform, loop->poller, watch->sock);
}

enum io_status watch_begin(struct watch *watch, struct loop *loop, plat_sock sock,
                           void (*ready)(struct watch *watch, unsigned ready))
{
    if (loop->slot_free == NO_SLOT && !slots_grow(loop))
        return IO_NO_MEMORY;
    *watch = (struct watch){ .slot = loop->slot_free, .sock = sock, .loop = loop, .ready = ready };
    struct watch_slot *slot = &loop->slots[watch->slot];
    loop->slot_free = slot->next_free;
    slot->watch = watch;
    loop->watched++;
    enum io_status status = watch_resume(watch);
    if (status != IO_OK)
        slot_give(watch);
    return status;
}

void watch_end(struct watch *watch)
{
    if (!watch->loop)
        return;
    struct platform *platform = watch->loop->platform;
    plat_sock sock = watch->sock;
    slot_give(watch);
    platform->ops->close(platform, sock);
}

plat_sock watch_release(struct watch *watch)
{
    if (!watch->loop)
        return PLAT_NO_SOCK;
    struct loop *loop = watch->loop;
    plat_sock sock = watch->sock;
    slot_give(watch);
    (void)loop->platform->ops->unwatch(loop->platform, loop->poller, sock);
    return sock;
}

enum io_status watch_move(struct watch *watch, struct loop *loop)
{
    struct watch old = *watch;
    watch_pause(watch);
    enum io_status status = watch_begin(watch, loop, old.sock, old.ready);
    if (status != IO_OK) {
        *watch = old;
        return status;
    }
    old.loop->slots[old.slot].watch = &old;
    slot_give(&old);
    return IO_OK;
}

static void dispatch(struct loop *loop, struct plat_event event)
{
    uint32_t slot = (uint32_t)event.token;
    if (slot >= loop->slot_count || loop->slots[slot].generation != event.token >> GENERATION_SHIFT)
        return;
    struct watch *watch = loop->slots[slot].watch;
    if (!watch)
        return;
    loop->counters.events++;
    watch->ready(watch, event.ready);
}

/* ---- the loop ---- */

static uint64_t wait_until(struct loop *loop)
{
    if (loop->task_count || loop->niced_count)
        return 0;
    uint64_t next = timers_next(loop);
    return next <= loop->now ? 0 : next;
}

static void take_time(struct loop *loop, uint64_t before)
{
    const struct platform_ops *ops = loop->platform->ops;
    loop->now = ops->monotonic_ns(loop->platform);
    loop->wall = ops->wall_ns(loop->platform);
    loop->counters.idle_ns += loop->now - before;
}

/* As one of several: their clock is set inside the gate. */
static unsigned wait_among_others(struct loop *loop, uint64_t until, uint64_t before)
{
    const struct platform_ops *ops = loop->platform->ops;
    loop->counters.busy_ns += before - loop->since;
    loop->waits_until = until;
    if (loop->gated)
        ops->gate_leave(loop->platform);
    unsigned count = ops->wait(loop->platform, loop->poller, until, loop->events, EVENTS_MAX);
    if (loop->gated)
        ops->gate_enter(loop->platform);
    loop->away = false;
    take_time(loop, before);
    loop->since = loop->now;
    for (struct loop *other = loop->next; other && other != loop; other = other->next) {
        other->now = loop->now;
        other->wall = loop->wall;
    }
    return count;
}

static unsigned wait_and_take_time(struct loop *loop)
{
    const struct platform_ops *ops = loop->platform->ops;
    uint64_t until = wait_until(loop);
    uint64_t before = ops->monotonic_ns(loop->platform);
    if (UNLIKELY(loop->next != NULL))
        return wait_among_others(loop, until, before);
    loop->counters.busy_ns += before - loop->now;
    unsigned count = ops->wait(loop->platform, loop->poller, until, loop->events, EVENTS_MAX);
    take_time(loop, before);
    return count;
}

void loop_turn(struct loop *loop)
{
    loop->counters.turns++;
    unsigned count = wait_and_take_time(loop);
    if (loop->on_turn)
        loop->on_turn(loop->on_turn_data);
    for (unsigned i = 0; i < count; i++)
        dispatch(loop, loop->events[i]);
    fire_timers(loop);
    run_tasks(loop);
    if (UNLIKELY(loop->next != NULL))
        loop->away = true;
}

bool loop_busy(const struct loop *loop)
{
    const struct timer *timer = timer_first(loop);
    return loop->task_count || loop->niced_count || (timer && timer->node.key <= loop->now);
}

uint64_t loop_now(const struct loop *loop)
{
    return loop->now;
}

int64_t loop_wall(const struct loop *loop)
{
    return loop->wall;
}

struct platform *loop_platform(const struct loop *loop)
{
    return loop->platform;
}

void loop_on_turn(struct loop *loop, void (*call)(void *data), void *data)
{
    loop->on_turn = call;
    loop->on_turn_data = data;
}

const struct loop_counters *loop_counters(const struct loop *loop)
{
    return &loop->counters;
}

uint64_t loop_after_ms(const struct loop *loop, uint64_t ms)
{
    if (ms == 0 || ms >= (TIMER_OFF - loop->now) / NS_PER_MS)
        return TIMER_OFF;
    return loop->now + ms * NS_PER_MS;
}
