/* The loop over a platform that only notes what it is asked. */
#include "base/buf.h"
#include "base/mem.h"
#include "base/test.h"
#include "event/loop.h"

#define SOCKS_MAX  512
#define EVENTS_MAX 64

struct fake {
    struct platform base;
    uint64_t now, turn_ns, until; /* turn_ns: how long each wait takes */
    uint64_t tokens[SOCKS_MAX];
    bool watched[SOCKS_MAX], closed[SOCKS_MAX];
    struct plat_event events[EVENTS_MAX];
    unsigned event_count, waits;
    enum io_status watch_answer;
    int poller_answer;
    unsigned pick_asked[8], pick_count;
    bool pick_last;
    uint64_t marked_kind, marked_serial;
};

static struct fake *fake_of(struct platform *platform)
{
    return CONTAINER_OF(platform, struct fake, base);
}

static uint64_t fake_monotonic(struct platform *platform)
{
    return fake_of(platform)->now;
}

static int64_t fake_wall(struct platform *platform)
{
    return (int64_t)fake_of(platform)->now + 7;
}

static int fake_poller_open(struct platform *platform)
{
    return fake_of(platform)->poller_answer;
}

static void fake_poller_close(struct platform *platform, int poller)
{
    EXPECT_INT(poller, fake_of(platform)->poller_answer);
}

static enum io_status fake_watch(struct platform *platform, int poller, plat_sock sock, uint64_t token)
{
    struct fake *fake = fake_of(platform);
    (void)poller;
    fake->tokens[sock] = token;
    fake->watched[sock] = fake->watch_answer == IO_OK;
    return fake->watch_answer;
}

static enum io_status fake_unwatch(struct platform *platform, int poller, plat_sock sock)
{
    (void)poller;
    fake_of(platform)->watched[sock] = false;
    return IO_OK;
}

static void fake_close(struct platform *platform, plat_sock sock)
{
    fake_of(platform)->closed[sock] = true;
}

static unsigned fake_wait(struct platform *platform, int poller, uint64_t until, struct plat_event *events,
                          unsigned max)
{
    struct fake *fake = fake_of(platform);
    unsigned count = fake->event_count;
    (void)poller;
    EXPECT(count <= max);
    memcpy(events, fake->events, count * sizeof(*events));
    fake->event_count = 0;
    fake->until = until;
    fake->now += fake->turn_ns;
    fake->waits++;
    return count;
}

static unsigned fake_pick(struct platform *platform, unsigned count, const uint32_t *who)
{
    for (unsigned i = 1; i < count; i++)
        EXPECT(who[i] != who[0]); /* tasks can be told apart */
    struct fake *fake = fake_of(platform);
    if (fake->pick_count < COUNT_OF(fake->pick_asked))
        fake->pick_asked[fake->pick_count] = count;
    fake->pick_count++;
    return fake->pick_last ? count - 1 : 0;
}

static void fake_mark(struct platform *platform, enum plat_mark what, uint64_t a, uint64_t b)
{
    EXPECT_INT(what, PLAT_MARK_TASK);
    fake_of(platform)->marked_kind = a;
    fake_of(platform)->marked_serial = b;
}

#define FAKE_OPS                                                                                             \
    .monotonic_ns = fake_monotonic, .wall_ns = fake_wall, .poller_open = fake_poller_open,                   \
    .poller_close = fake_poller_close, .watch = fake_watch, .unwatch = fake_unwatch, .close = fake_close,    \
    .wait = fake_wait
static const struct platform_ops fifo_ops = { FAKE_OPS, .mark = fake_mark };
static const struct platform_ops picking_ops = { FAKE_OPS, .pick = fake_pick };

/* One loop over one fake for the test that runs, and the text in which it notes what happened. */
static struct fake world;
static struct loop *loop;
static struct buf notes;
static int64_t blocks_before;

static void open_on(const struct platform_ops *ops)
{
    world = (struct fake){ .base = { ops }, .now = 1000, .poller_answer = 3 };
    blocks_before = test_blocks();
    loop = loop_create(&world.base);
    CHECK(loop);
}

static void done(void)
{
    loop_destroy(loop);
    buf_finish(&notes);
    EXPECT_INT(test_blocks(), blocks_before);
}

static void expect_notes(const char *want)
{
    EXPECT_STR(buf_str(&notes), want);
    buf_reset(&notes);
}

static void turns(unsigned count)
{
    while (count--)
        loop_turn(loop);
}

/* ---- tasks ---- */

struct named_task {
    struct task task;
    char name;
    unsigned again; /* wakes itself that often */
    struct named_task *wakes, *cancels;
    unsigned runs;
};

static void note_task(struct task *task)
{
    struct named_task *named = CONTAINER_OF(task, struct named_task, task);
    named->runs++;
    buf_add_char(&notes, named->name);
    if (named->again) {
        named->again--;
        task_wake(task);
    }
    if (named->wakes)
        task_wake(&named->wakes->task);
    if (named->cancels)
        task_cancel(&named->cancels->task);
}

static void init_named(struct named_task *task, char name, int16_t nice)
{
    *task = (struct named_task){ .name = name };
    task_init(&task->task, loop, note_task);
    task->task.nice = nice;
}

static void init_tasks(struct named_task *tasks, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        init_named(&tasks[i], (char)('a' + i), 0);
}

static void tasks_run_in_order(void)
{
    struct named_task tasks[3];
    open_on(&fifo_ops);
    init_tasks(tasks, 3);
    task_wake(&tasks[2].task);
    task_wake(&tasks[0].task);
    task_wake(&tasks[1].task);
    task_wake(&tasks[2].task); /* is queued: keeps its place */
    EXPECT(loop_busy(loop));
    turns(1);
    expect_notes("cab");
    EXPECT(!loop_busy(loop));
    EXPECT_INT(world.until, 0);
    turns(1);
    expect_notes("");
    EXPECT_INT(world.until, UINT64_MAX);
    EXPECT_INT(loop_counters(loop)->tasks_run, 3);
    done();
}

static void tasks_woken_wait_for_the_next_round(void)
{
    struct named_task tasks[3];
    open_on(&fifo_ops);
    init_tasks(tasks, 3);
    tasks[0].again = 1;
    tasks[0].wakes = &tasks[2];
    tasks[0].task.nice = -1024; /* even so */
    task_wake(&tasks[1].task);
    task_wake(&tasks[0].task);
    turns(1);
    expect_notes("abac");
    done();
}

static void tasks_cancelled_do_not_run(void)
{
    struct named_task tasks[4];
    open_on(&fifo_ops);
    init_tasks(tasks, 4);
    tasks[0].cancels = &tasks[2];
    tasks[1].task.nice = 5;
    for (unsigned i = 0; i < 4; i++)
        task_wake(&tasks[i].task);
    task_cancel(&tasks[1].task);
    task_cancel(&tasks[1].task);
    tasks[1].task.nice = 0; /* changed while it is queued: counts from the next wake-up */
    turns(1);
    expect_notes("ad");
    EXPECT(!loop_busy(loop));
    task_wake(&tasks[2].task);
    task_cancel(&tasks[2].task);
    task_wake(&tasks[2].task);
    turns(1);
    expect_notes("c");
    done();
}

static void free_task(struct task *task)
{
    buf_add_char(&notes, 'f');
    mem_free(CONTAINER_OF(task, struct named_task, task));
}

static void a_task_may_free_itself(void)
{
    open_on(&fifo_ops);
    for (unsigned i = 0; i < 2; i++) {
        struct named_task *task = mem_alloc(sizeof(*task));
        CHECK(task);
        task_init(&task->task, loop, free_task);
        task->task.nice = (int16_t)i;
        task_wake(&task->task);
    }
    turns(1);
    expect_notes("ff");
    done();
}

static void tasks_have_a_budget(void)
{
    static struct named_task tasks[500];
    open_on(&fifo_ops);
    for (unsigned i = 0; i < 500; i++) {
        init_named(&tasks[i], 'x', 0);
        task_wake(&tasks[i].task);
    }
    const unsigned after_turn[] = { 200, 400, 500, 500 };
    for (unsigned i = 0; i < COUNT_OF(after_turn); i++) {
        turns(1);
        EXPECT_INT(loop_counters(loop)->tasks_run, after_turn[i]);
        EXPECT_INT(loop_busy(loop), after_turn[i] < 500);
    }
    done();
}

static void a_task_that_never_sleeps_lets_sockets_in(void)
{
    struct named_task task;
    open_on(&fifo_ops);
    init_named(&task, 'x', 0);
    task.again = 1000;
    task_wake(&task.task);
    turns(5);
    EXPECT_INT(world.waits, 5);
    EXPECT(task.runs >= 5 && task.runs <= 5 * 8);
    task_cancel(&task.task);
    done();
}

static void nice_moves_a_task_in_the_line(void)
{
    struct named_task tasks[8];
    open_on(&fifo_ops);
    init_tasks(tasks, 8);
    tasks[1].task.nice = 100;
    tasks[2].task.nice = 1024;
    tasks[5].task.nice = -1024;
    tasks[6].task.nice = -100;
    tasks[7].task.nice = -100;
    for (unsigned i = 0; i < 8; i++)
        task_wake(&tasks[i].task);
    turns(1);
    expect_notes("fghadebc");
    done();
}

/* Two tasks that always want to run, and one whose nice value puts it behind or before them. */
static unsigned turns_until_run(int16_t busy_nice, int16_t waiting_nice)
{
    struct named_task tasks[3];
    unsigned count = 0;
    open_on(&fifo_ops);
    init_tasks(tasks, 3);
    for (unsigned i = 0; i < 2; i++) {
        tasks[i].again = UINT32_MAX;
        tasks[i].task.nice = busy_nice;
        task_wake(&tasks[i].task);
    }
    tasks[2].task.nice = waiting_nice;
    task_wake(&tasks[2].task);
    while (!tasks[2].runs && count++ < 10000)
        turns(1);
    for (unsigned i = 0; i < 3; i++)
        task_cancel(&tasks[i].task);
    done();
    return count;
}

static void nobody_starves(void)
{
    EXPECT(turns_until_run(0, 1024) < 10000);
    EXPECT(turns_until_run(-1024, 0) < 10000);
    EXPECT(turns_until_run(-1024, 1024) < 10000);
    EXPECT_INT(turns_until_run(0, 0), 1);
}

static void pick_chooses_among_equals(void)
{
    struct named_task tasks[6];
    open_on(&picking_ops);
    world.pick_last = true;
    init_tasks(tasks, 6);
    tasks[0].wakes = &tasks[3]; /* runs last of its round, so d belongs to the next */
    tasks[4].task.nice = -10;
    tasks[5].task.nice = -10;
    for (unsigned i = 0; i < 3; i++)
        task_wake(&tasks[i].task);
    task_wake(&tasks[4].task);
    task_wake(&tasks[5].task);
    turns(1);
    expect_notes("fecbad");
    EXPECT_INT(world.pick_count, 3);
    EXPECT_INT(world.pick_asked[0], 2);
    EXPECT_INT(world.pick_asked[1], 3);
    EXPECT_INT(world.pick_asked[2], 2);

    world.pick_last = false;
    for (unsigned i = 1; i < 3; i++)
        task_wake(&tasks[i].task);
    turns(1);
    expect_notes("bc");
    done();
}

static void tasks_are_marked(void)
{
    struct named_task tasks[2];
    open_on(&fifo_ops);
    init_tasks(tasks, 2);
    tasks[1].task.kind = 42;
    task_wake(&tasks[0].task);
    task_wake(&tasks[1].task);
    turns(1);
    EXPECT_INT(world.marked_kind, 42);
    EXPECT_INT(world.marked_serial, 2);
    expect_notes("ab");
    done();
}

/* ---- timers ---- */

struct named_timer {
    struct timer timer;
    char name;
    struct named_timer *stops;
    uint64_t again_ns; /* arms itself for this, 0: not */
};

static void note_timer(struct timer *timer)
{
    struct named_timer *named = CONTAINER_OF(timer, struct named_timer, timer);
    buf_add_char(&notes, named->name);
    EXPECT(!timer_armed(timer));
    if (named->stops)
        timer_stop(&named->stops->timer);
    if (named->again_ns)
        EXPECT(timer_set(timer, named->again_ns));
}

static void init_timers(struct named_timer *timers, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        timers[i] = (struct named_timer){ .name = (char)('a' + i) };
        timer_init(&timers[i].timer, loop, note_timer);
    }
}

static void finish_timers(struct named_timer *timers, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        timer_finish(&timers[i].timer);
}

static void at(uint64_t now)
{
    world.now = now;
    turns(1);
}

static void timers_fire_by_instant_then_arming(void)
{
    struct named_timer timers[6];
    const uint64_t instants[] = { 3000, 2000, 3000, 2000, 2500, 3000 };
    open_on(&fifo_ops);
    init_timers(timers, 6);
    for (unsigned i = 0; i < 6; i++)
        EXPECT(timer_set(&timers[i].timer, instants[i]));
    EXPECT(timer_set(&timers[0].timer, 3000)); /* again: now the last of its instant */
    at(1999);
    EXPECT_INT(world.until, 2000);
    expect_notes("");
    at(2000);
    expect_notes("bd");
    at(9000);
    EXPECT_INT(world.until, 2500);
    expect_notes("ecfa");
    at(9001);
    EXPECT_INT(world.until, UINT64_MAX);
    EXPECT_INT(loop_counters(loop)->timers_fired, 6);
    finish_timers(timers, 6);
    done();
}

static void timers_move_both_ways(void)
{
    struct named_timer timers[3];
    open_on(&fifo_ops);
    init_timers(timers, 3);
    EXPECT(timer_set(&timers[0].timer, 2000));
    EXPECT(timer_set(&timers[1].timer, 2500));
    EXPECT(timer_set(&timers[2].timer, 5000));
    EXPECT(timer_set(&timers[0].timer, 4000));
    EXPECT(timer_set(&timers[2].timer, 3000));
    at(2000); /* the old instant: nothing but the heap is put right */
    expect_notes("");
    at(2999);
    expect_notes("b");
    EXPECT_INT(world.until, 2500);
    at(3500);
    expect_notes("c");
    EXPECT(timer_set(&timers[0].timer, 6000));
    EXPECT(timer_set(&timers[0].timer, 3600));
    EXPECT_INT(timers[0].timer.at_ns, 3600);
    at(3600);
    expect_notes("a");
    at(9000);
    expect_notes("");
    finish_timers(timers, 3);
    done();
}

static void timers_stop(void)
{
    struct named_timer timers[4];
    open_on(&fifo_ops);
    init_timers(timers, 4);
    for (unsigned i = 0; i < 4; i++)
        EXPECT(timer_set(&timers[i].timer, 2000));
    timers[0].stops = &timers[1];
    timer_stop(&timers[2].timer);
    EXPECT(timer_set(&timers[3].timer, TIMER_OFF)); /* is a stop */
    EXPECT(!timer_armed(&timers[3].timer));
    EXPECT(timer_armed(&timers[0].timer));
    at(2000);
    expect_notes("a");
    EXPECT(!loop_busy(loop));

    EXPECT(timer_set(&timers[0].timer, 3000));
    timer_stop(&timers[0].timer);
    turns(1);
    EXPECT_INT(world.until, UINT64_MAX); /* nobody is woken for one that is stopped */
    EXPECT(timer_set(&timers[0].timer, 3000));
    timer_stop(&timers[0].timer);
    EXPECT(timer_set(&timers[0].timer, 4000));
    at(3000);
    expect_notes("");
    at(4000);
    expect_notes("a");
    timers[0].stops = NULL;
    EXPECT(timer_set(&timers[0].timer, 5000));
    timer_finish(&timers[0].timer);
    timer_finish(&timers[0].timer);
    at(5000);
    expect_notes("");
    finish_timers(timers, 4);
    done();
}

static void past_instants_mean_now(void)
{
    struct named_timer timers[2];
    open_on(&fifo_ops);
    init_timers(timers, 2);
    at(5000);
    EXPECT(timer_set(&timers[0].timer, 4000));
    EXPECT(timer_set(&timers[1].timer, 3000));
    EXPECT(loop_busy(loop));
    turns(1);
    EXPECT_INT(world.until, 0);
    expect_notes("ab");
    timers[0].again_ns =
        1; /* arms itself for now: once a turn, and it does not keep the others from firing */
    EXPECT(timer_set(&timers[0].timer, 0));
    EXPECT(timer_set(&timers[1].timer, 0));
    turns(1);
    expect_notes("ab");
    turns(1);
    expect_notes("a");
    finish_timers(timers, 2);
    done();
}

static void free_timer(struct timer *timer)
{
    buf_add_char(&notes, 'f');
    timer_finish(timer);
    mem_free(timer);
}

static void a_timer_may_free_itself(void)
{
    open_on(&fifo_ops);
    struct timer *timer = mem_alloc(sizeof(*timer));
    CHECK(timer);
    timer_init(timer, loop, free_timer);
    EXPECT(timer_set(timer, 2000));
    at(2000);
    expect_notes("f");
    done();
}

static void no_memory_leaves_a_timer_unarmed(void)
{
    struct named_timer timers[40];
    unsigned armed = 0;
    open_on(&fifo_ops);
    init_timers(timers, 40);
    test_fail_allocation(2); /* the heap can be made, and cannot grow */
    while (armed < 40 && timer_set(&timers[armed].timer, 2000 + armed))
        armed++;
    EXPECT(armed > 0 && armed < 40);
    EXPECT(!timer_armed(&timers[armed].timer));
    EXPECT(timer_set(&timers[0].timer, 9000)); /* moving needs none */
    EXPECT(timer_set(&timers[1].timer, 1500));
    test_fail_allocation(0);
    EXPECT(timer_set(&timers[armed].timer, 1400));
    at(1500);
    EXPECT_INT(notes.size, 2);
    buf_reset(&notes);
    finish_timers(timers, 40);
    done();
}

/* The heap with its lazy moves against a list that is searched: the same timers, in the same order. */
#define MODEL_TIMERS 24
struct model {
    uint64_t at, order;
};

static uint32_t draw(uint64_t *state, uint32_t bound)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 33) % bound;
}

static void model_fire(struct model *model, uint64_t now, struct buf *out)
{
    for (;;) {
        unsigned best = MODEL_TIMERS;
        for (unsigned i = 0; i < MODEL_TIMERS; i++)
            if (model[i].at <= now && (best == MODEL_TIMERS || model[i].at < model[best].at ||
                                       (model[i].at == model[best].at && model[i].order < model[best].order)))
                best = i;
        if (best == MODEL_TIMERS)
            return;
        model[best].at = TIMER_OFF;
        buf_add_char(out, (char)('a' + best));
    }
}

static void timers_agree_with_a_plain_model(void)
{
    struct named_timer timers[MODEL_TIMERS];
    struct model model[MODEL_TIMERS];
    struct buf want = BUF_INIT;
    uint64_t state = 1, order = 0;
    open_on(&fifo_ops);
    init_timers(timers, MODEL_TIMERS);
    for (unsigned i = 0; i < MODEL_TIMERS; i++)
        model[i] = (struct model){ TIMER_OFF, 0 };
    for (unsigned step = 0; step < 20000; step++) {
        unsigned which = draw(&state, MODEL_TIMERS), what = draw(&state, 8);
        if (what == 0) {
            timer_stop(&timers[which].timer);
            model[which].at = TIMER_OFF;
        } else if (what == 1) {
            at(world.now + draw(&state, 12));
            model_fire(model, world.now, &want);
        } else {
            uint64_t instant = world.now + draw(&state, 40);
            EXPECT(timer_set(&timers[which].timer, instant));
            model[which] = (struct model){ instant, ++order };
        }
    }
    EXPECT(want.size > 5000);
    EXPECT(str_eq(buf_str(&notes), buf_str(&want)));
    buf_finish(&want);
    finish_timers(timers, MODEL_TIMERS);
    done();
}

/* ---- watches ---- */

struct named_watch {
    struct watch watch;
    char name;
    struct named_watch *ends, *begins;
};

static void note_ready(struct watch *watch, unsigned ready)
{
    struct named_watch *named = CONTAINER_OF(watch, struct named_watch, watch);
    buf_printf(&notes, "%c%u", named->name, ready);
    if (named->ends)
        watch_end(&named->ends->watch);
    if (named->begins)
        EXPECT_INT(watch_begin(&named->begins->watch, loop, 100 + named->begins->name, note_ready), IO_OK);
}

static void begin_watches(struct named_watch *watches, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        watches[i] = (struct named_watch){ .name = (char)('a' + i) };
        EXPECT_INT(watch_begin(&watches[i].watch, loop, (plat_sock)(10 + i), note_ready), IO_OK);
    }
}

static void event(plat_sock sock, unsigned ready)
{
    world.events[world.event_count++] = (struct plat_event){ world.tokens[sock], ready };
}

static void events_reach_their_watch(void)
{
    struct named_watch watches[3];
    open_on(&fifo_ops);
    begin_watches(watches, 3);
    event(12, PLAT_READABLE);
    event(10, PLAT_WRITABLE | PLAT_ERROR);
    turns(1);
    expect_notes("c1a18");
    EXPECT_INT(loop_counters(loop)->events, 2);
    EXPECT_INT(watch_release(&watches[1].watch), 11);
    EXPECT(!world.watched[11] && !world.closed[11]);
    for (unsigned i = 0; i < 3; i++)
        watch_end(&watches[i].watch); /* the released one has ended already */
    EXPECT(world.closed[10] && !world.closed[11] && world.closed[12]);
    EXPECT_INT(watch_release(&watches[0].watch), PLAT_NO_SOCK);
    struct watch never = { 0 };
    watch_end(&never);
    EXPECT(!world.closed[0]);
    done();
}

static void events_of_ended_watches_are_dropped(void)
{
    struct named_watch watches[3], newcomer = { .name = 'n' };
    open_on(&fifo_ops);
    begin_watches(watches, 3);
    watches[0].ends = &watches[1];
    watches[0].begins = &newcomer; /* takes the slot of the one that ended */
    event(10, PLAT_READABLE);
    event(11, PLAT_READABLE);
    event(12, PLAT_READABLE);
    world.events[world.event_count++] = (struct plat_event){ UINT64_C(0xfffffff0), PLAT_READABLE };
    turns(1);
    expect_notes("a1c1");
    EXPECT_INT(newcomer.watch.slot, 1);
    event(100 + 'n', PLAT_WRITABLE);
    event(11, PLAT_READABLE); /* a token from before */
    turns(1);
    expect_notes("n2");
    watches[2].ends = &watches[2]; /* itself */
    event(12, PLAT_HUNG_UP);
    event(12, PLAT_HUNG_UP);
    turns(1);
    expect_notes("c8");
    watch_end(&watches[0].watch);
    watch_end(&newcomer.watch);
    done();
}

static void the_table_grows_while_events_are_given(void)
{
    static struct named_watch watches[300];
    open_on(&fifo_ops);
    begin_watches(watches, 64);
    struct named_watch newcomer = { .name = 'n' };
    watches[0].begins = &newcomer;
    event(10, PLAT_READABLE);
    event(10 + 63, PLAT_READABLE);
    turns(1);
    EXPECT_INT(newcomer.watch.slot, 64);
    EXPECT_INT(loop_counters(loop)->events, 2);
    buf_reset(&notes);
    for (unsigned i = 64; i < 300; i++)
        EXPECT_INT(watch_begin(&watches[i].watch, loop, (plat_sock)(10 + i), note_ready), IO_OK);
    EXPECT_INT(watches[299].watch.slot, 300);
    watch_end(&newcomer.watch);
    for (unsigned i = 0; i < 300; i++)
        watch_end(&watches[i].watch);
    done();
}

static void a_watch_that_cannot_begin_says_why(void)
{
    struct watch watch = { 0 }, other = { 0 };
    open_on(&fifo_ops);
    test_fail_allocation(1);
    EXPECT_INT(watch_begin(&watch, loop, 10, note_ready), IO_NO_MEMORY);
    test_fail_allocation(0);
    world.watch_answer = IO_NO_DESCRIPTORS;
    EXPECT_INT(watch_begin(&watch, loop, 10, note_ready), IO_NO_DESCRIPTORS);
    uint64_t token = world.tokens[10];
    watch_end(&watch);
    EXPECT(!world.closed[10]); /* the caller still has the socket */
    world.watch_answer = IO_OK;
    EXPECT_INT(watch_begin(&other, loop, 11, note_ready), IO_OK);
    EXPECT_INT(other.slot, 0);
    EXPECT(world.tokens[11] != token);
    watch_end(&other);
    done();
}

/* ---- the turn ---- */

static void note_turn(void *data)
{
    buf_add_c(&notes, data);
    EXPECT_INT(loop_now(loop), world.now);
    EXPECT_INT(loop_wall(loop), (int64_t)world.now + 7);
}

static struct named_task turn_task;

static void ready_wakes(struct watch *watch, unsigned ready)
{
    (void)watch;
    (void)ready;
    buf_add_char(&notes, 'e');
    task_wake(&turn_task.task);
}

static void a_turn_has_an_order(void)
{
    struct named_timer timer;
    struct watch watch;
    open_on(&fifo_ops);
    init_timers(&timer, 1);
    timer.name = 't';
    init_named(&turn_task, 'k', 0);
    loop_on_turn(loop, note_turn, "(");
    EXPECT_INT(watch_begin(&watch, loop, 10, ready_wakes), IO_OK);
    EXPECT(timer_set(&timer.timer, 2000));
    event(10, PLAT_READABLE);
    at(2000);
    expect_notes("(etk");
    loop_on_turn(loop, NULL, NULL);
    turns(1);
    expect_notes("");
    EXPECT(loop_platform(loop) == &world.base);
    timer_finish(&timer.timer);
    watch_end(&watch);
    done();
}

static void take_time(struct task *task)
{
    (void)task;
    world.now += 30;
}

static void busy_and_idle_time_is_counted(void)
{
    struct task task;
    open_on(&fifo_ops);
    world.turn_ns = 500;
    task_init(&task, loop, take_time);
    task_wake(&task);
    turns(1);
    EXPECT_INT(loop_counters(loop)->busy_ns, 0); /* counted when the next wait begins */
    EXPECT_INT(loop_counters(loop)->idle_ns, 500);
    turns(1);
    EXPECT_INT(loop_counters(loop)->busy_ns, 30);
    EXPECT_INT(loop_counters(loop)->idle_ns, 1000);
    EXPECT_INT(loop_counters(loop)->turns, 2);
    EXPECT_INT(loop_now(loop), 1000 + 1030);
    done();
}

static void milliseconds_become_instants(void)
{
    open_on(&fifo_ops);
    EXPECT_INT(loop_after_ms(loop, 0), TIMER_OFF);
    EXPECT_INT(loop_after_ms(loop, 1), 1000 + 1000000);
    EXPECT_INT(loop_after_ms(loop, UINT64_MAX / 1000000), TIMER_OFF);
    EXPECT_INT(loop_after_ms(loop, UINT64_MAX), TIMER_OFF);
    done();
}

static void a_loop_that_cannot_be_made_leaves_nothing(void)
{
    world = (struct fake){ .base = { &fifo_ops }, .poller_answer = -1 };
    int64_t before = test_blocks();
    EXPECT(loop_create(&world.base) == NULL);
    world.poller_answer = 0;
    test_fail_allocation(1);
    EXPECT(loop_create(&world.base) == NULL);
    test_fail_allocation(0);
    EXPECT_INT(test_blocks(), before);
    loop_destroy(NULL);
}

/* A timer that was stopped, not finished, may outlive its loop. */
static void stopped_timers_outlive_the_loop(void)
{
    struct named_timer timer;
    open_on(&fifo_ops);
    init_timers(&timer, 1);
    EXPECT(timer_set(&timer.timer, 2000));
    timer_stop(&timer.timer);
    done();
    timer_finish(&timer.timer);
}

const struct test_row tests[] = {
    { "tasks run in the order of their wake-ups", tasks_run_in_order },
    { "a task woken by a task waits for the next round", tasks_woken_wait_for_the_next_round },
    { "a cancelled task does not run", tasks_cancelled_do_not_run },
    { "a task may free itself", a_task_may_free_itself },
    { "a turn runs 200 tasks", tasks_have_a_budget },
    { "a task that never sleeps lets sockets in", a_task_that_never_sleeps_lets_sockets_in },
    { "nice moves a task in the line", nice_moves_a_task_in_the_line },
    { "nobody starves", nobody_starves },
    { "pick chooses among tasks of one nice value", pick_chooses_among_equals },
    { "each run is marked with kind and serial", tasks_are_marked },
    { "timers fire by instant, then by arming", timers_fire_by_instant_then_arming },
    { "timers move both ways", timers_move_both_ways },
    { "timers stop", timers_stop },
    { "an instant in the past means now, once a turn", past_instants_mean_now },
    { "a timer may free itself", a_timer_may_free_itself },
    { "without memory a timer is not armed", no_memory_leaves_a_timer_unarmed },
    { "timers agree with a plain model", timers_agree_with_a_plain_model },
    { "events reach their watch", events_reach_their_watch },
    { "events of ended watches are dropped", events_of_ended_watches_are_dropped },
    { "the table grows while events are given", the_table_grows_while_events_are_given },
    { "a watch that cannot begin says why", a_watch_that_cannot_begin_says_why },
    { "a turn: hook, events, timers, tasks", a_turn_has_an_order },
    { "busy and idle time is counted", busy_and_idle_time_is_counted },
    { "milliseconds become instants", milliseconds_become_instants },
    { "a loop that cannot be made leaves nothing", a_loop_that_cannot_be_made_leaves_nothing },
    { "stopped timers may outlive the loop", stopped_timers_outlive_the_loop },
    { 0 },
};
