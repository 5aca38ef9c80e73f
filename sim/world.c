/* The clock and the queue of timed events. The queue is a heap with four children a node, whose entries carry their
 * instant and order themselves, so that a comparison follows no pointer. */
#include "base/units.h"
#include "sim/sim_clock.h"
#include "sim/sim_mem.h"
#include "sim/world_parts.h"

#define EPOCH_DEFAULT_NS (1798761600 * (int64_t)NS_PER_S) /* 2027-01-01T00:00:00Z */
#define STEP_LIMIT       50000000
#define CHILDREN         4

struct world *world_create(const struct world_options *options)
{
    struct world *world = sim_mem_need(sizeof(*world));
    world->seed = options ? options->seed : 0;
    world->epoch = options && options->epoch_ns ? options->epoch_ns : EPOCH_DEFAULT_NS;
    world->step_limit = options && options->step_limit ? options->step_limit : STEP_LIMIT;
    world->now = NS_PER_S;
    world->entities = (struct dict)DICT_INIT;
    world->files = (struct dict)DICT_INIT;
    if (options && options->delays)
        world_delay_orders(&world->choices, world->seed, options->delays);
    if (options && options->pct)
        world_prioritize(&world->choices, world->seed, options->pct);
    world_trace_begin(&world->tracer);
    sim_clock_follow(world);
    return world;
}

void world_destroy(struct world *world)
{
    if (!world)
        return;
    sim_clock_follow(NULL);
    for (size_t i = 0; i < world->queued; i++)
        world->queue[i].timer->place = 0;
    world_trace_end(&world->tracer);
    world_choice_end(&world->choices);
    dict_finish(&world->entities);
    for (struct dict_entry *e = dict_next(&world->files, NULL); e; e = dict_next(&world->files, e))
        sim_mem_free(e->value);
    dict_finish(&world->files);
    sim_mem_free(world->entity_names);
    sim_mem_free(world->entity_keys);
    sim_mem_free(world->queue);
    sim_mem_free(world);
}

/* ---- names ---- */

static uint64_t key_of(const char *name)
{
    struct digest_trace digest = DIGEST_TRACE_INIT;
    digest_trace_bytes(&digest, str_of(name));
    return digest_trace_value(&digest);
}

uint32_t world_entity(struct world *world, const char *name)
{
    void *known = dict_get(&world->entities, str_of(name));
    if (known)
        return (uint32_t)(uintptr_t)known;
    uint32_t serial = ++world->entity_count;
    bool added = dict_set(&world->entities, str_of(name), (void *)(uintptr_t)serial);
    CHECK(added && "out of memory");
    if (serial >= world->entity_capacity) {
        world->entity_capacity = world->entity_capacity ? world->entity_capacity * 2 : 64;
        world->entity_names =
            sim_mem_grow(world->entity_names, world->entity_capacity * sizeof(*world->entity_names));
        world->entity_keys =
            sim_mem_grow(world->entity_keys, world->entity_capacity * sizeof(*world->entity_keys));
        world->entity_keys[0] = 0;
    }
    world->entity_keys[serial] = key_of(name);
    /* The table's own copy of the name: it does not move when the table grows. */
    world->entity_names[serial] = world->entities.entries[world->entities.used - 1].key.data;
    return serial;
}

const char *world_entity_name(const struct world *world, uint32_t entity)
{
    return entity && entity <= world->entity_count ? world->entity_names[entity] : "-";
}

/* ---- files of the machine ---- */

uint64_t world_file_digest(struct str text)
{
    struct digest_trace digest = DIGEST_TRACE_INIT;

    digest_trace_bytes(&digest, text);
    return digest_trace_value(&digest);
}

void world_note_file(struct world *world, const char *path, struct str text)
{
    uint64_t *digest;

    if (dict_has(&world->files, str_of(path)))
        return;
    digest = sim_mem_need(sizeof(*digest));
    *digest = world_file_digest(text);
    CHECK(dict_set(&world->files, str_of(path), digest));
}

void world_print_files(const struct world *world, struct buf *out)
{
    for (struct dict_entry *e = dict_next(&world->files, NULL); e; e = dict_next(&world->files, e))
        buf_printf(out, "%016llx %.*s\n", (unsigned long long)*(uint64_t *)e->value, STR_ARG(e->key));
}

uint64_t world_serial(struct world *world)
{
    return ++world->serial;
}

/* ---- clocks ---- */

uint64_t world_now(const struct world *world)
{
    return world->now;
}

static int64_t drifted(const struct world *world)
{
    int64_t gone = (int64_t)(world->now - world->drift_since);
    return gone / 1000000 * world->drift + gone % 1000000 * world->drift / 1000000;
}

int64_t world_wall(const struct world *world)
{
    return world->epoch + (int64_t)(world->now - NS_PER_S) + drifted(world);
}

void world_reseed(struct world *world, uint64_t seed)
{
    world->seed = seed;
}

void world_wall_jump(struct world *world, int64_t by_ns)
{
    world->epoch += by_ns;
    world_trace(world, EV_TIME, 0, world->now, (uint64_t)by_ns, STR_NONE);
}

void world_wall_drift(struct world *world, int millionths)
{
    world->epoch += drifted(world);
    world->drift_since = world->now;
    world->drift = millionths;
    world_trace(world, EV_TIME, 0, world->now, (uint64_t)(int64_t)millionths, STR_NONE);
}

/* ---- the queue ---- */

static bool before(const struct world_queued *a, const struct world_queued *b)
{
    return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->order < b->order;
}

static void put(struct world *world, size_t index, struct world_queued entry)
{
    world->queue[index] = entry;
    entry.timer->place = index + 1;
}

static void rise(struct world *world, size_t index, struct world_queued entry)
{
    while (index > 0) {
        size_t parent = (index - 1) / CHILDREN;
        if (!before(&entry, &world->queue[parent]))
            break;
        put(world, index, world->queue[parent]);
        index = parent;
    }
    put(world, index, entry);
}

static void sink(struct world *world, size_t index, struct world_queued entry)
{
    for (;;) {
        size_t child = index * CHILDREN + 1, end = child + CHILDREN;
        if (child >= world->queued)
            break;
        if (end > world->queued)
            end = world->queued;
        size_t least = child;
        for (size_t i = child + 1; i < end; i++)
            if (before(&world->queue[i], &world->queue[least]))
                least = i;
        if (!before(&world->queue[least], &entry))
            break;
        put(world, index, world->queue[least]);
        index = least;
    }
    put(world, index, entry);
}

static void place_again(struct world *world, size_t index, struct world_queued entry)
{
    if (index > 0 && before(&entry, &world->queue[(index - 1) / CHILDREN]))
        rise(world, index, entry);
    else
        sink(world, index, entry);
}

void world_timer_init(struct world_timer *timer, void (*fire)(struct world_timer *timer))
{
    *timer = (struct world_timer){ .fire = fire };
}

void world_timer_set(struct world *world, struct world_timer *timer, uint64_t at_ns)
{
    if (at_ns < world->now)
        at_ns = world->now;
    struct world_queued entry = { at_ns, ++world->order, timer };
    if (timer->place) {
        CHECK(world->queue[timer->place - 1].timer == timer);
        place_again(world, timer->place - 1, entry);
        return;
    }
    if (world->queued == world->queue_capacity) {
        world->queue_capacity = world->queue_capacity ? world->queue_capacity * 2 : 256;
        world->queue = sim_mem_grow(world->queue, world->queue_capacity * sizeof(*world->queue));
    }
    world->queued++;
    rise(world, world->queued - 1, entry);
}

void world_timer_stop(struct world *world, struct world_timer *timer)
{
    if (!timer->place)
        return;
    size_t index = timer->place - 1;
    CHECK(world->queue[index].timer == timer);
    timer->place = 0;
    struct world_queued last = world->queue[--world->queued];
    if (last.timer != timer)
        place_again(world, index, last);
}

uint64_t world_timer_at(const struct world *world, const struct world_timer *timer)
{
    return timer->place ? world->queue[timer->place - 1].at_ns : UINT64_MAX;
}

/* ---- going on ---- */

bool world_step(struct world *world)
{
    if (world->exhausted || world->queued == 0)
        return false;
    if (world->steps++ >= world->step_limit) {
        world_exhaust(world, 0, "the run has more steps than the limit: a livelock?");
        return false;
    }
    struct world_timer *timer = world->queue[0].timer;
    world->now = world->queue[0].at_ns;
    world_timer_stop(world, timer);
    timer->fire(timer);
    return true;
}

uint64_t world_next(const struct world *world)
{
    return world->queued ? world->queue[0].at_ns : UINT64_MAX;
}

void world_advance(struct world *world, uint64_t to_ns)
{
    CHECK(to_ns <= world_next(world));
    if (to_ns > world->now)
        world->now = to_ns;
}

bool world_exhausted(const struct world *world)
{
    return world->exhausted;
}

void world_exhaust(struct world *world, uint32_t entity, const char *why)
{
    if (world->exhausted)
        return;
    world->exhausted = true;
    world_trace(world, EV_FAULT, entity, world->steps, 0, str_of(why));
}
