/* One node's view of the world.
 *
 * The node is stepped by turns. A turn is due at once when a watched socket has an edge, on a wake or a signal; it is
 * due again after a turn that was given events or asked not to wait, because the instant it would wait for is
 * known only then; else at the instant that its last wait named. A turn takes TURN_NS, so that a node which never
 * waits moves the clock, as a real one does. */
#include "base/mem.h"
#include "sim/sim_platform_parts.h"

#define TURN_NS NS_PER_US
#define LOOK_NS                                                                                              \
    (100 * NS_PER_US)     /* a look at the processor time used takes some: who loops until it is there ends */
#define BUSY_MAX  1000000 /* turns that a node may ask for without anything happening to it */
#define PID_FIRST 1000

/* ---- turns ---- */

static void schedule(struct sim_platform *sim, uint64_t at)
{
    if (!sim->turn)
        return;
    if (at < sim->not_before)
        at = sim->not_before;
    if (at < world_timer_at(sim->world, &sim->turn_timer))
        world_timer_set(sim->world, &sim->turn_timer, at);
}

/* Something happened to the node. */
void sim_platform_rouse(struct sim_platform *sim)
{
    sim->busy = 0;
    schedule(sim, world_now(sim->world));
}

static uint64_t waits_until(const struct sim_platform *sim)
{
    uint64_t until = UINT64_MAX;
    for (int i = 0; i < sim->pollers_used; i++)
        if (sim->pollers[i].open && sim->pollers[i].until < until)
            until = sim->pollers[i].until;
    return until;
}

static bool no_memory(void *data)
{
    struct sim_platform *sim = data;
    enum io_status status;
    return sim->fails && sim->fails(sim->fails_data, SIM_ALLOC, &status);
}

static void turn_fired(struct world_timer *timer)
{
    struct sim_platform *sim = CONTAINER_OF(timer, struct sim_platform, turn_timer);
    uint64_t now = world_now(sim->world);
    if (!sim->turn)
        return;
    sim->again = false;
    sim->in_turn = true;
    sim->not_before = now + TURN_NS;
    sim->turns++;
    sim_heap_ask(sim->fails ? no_memory : NULL, sim);
    sim_heap_turn(true);
    sim->turn(sim->turn_data);
    sim_heap_turn(false);
    sim->in_turn = false;
    if (!sim->turn)
        return;
    uint64_t until = waits_until(sim);
    if (!sim->again && until > now) {
        sim->busy = 0;
        if (until != UINT64_MAX)
            schedule(sim, until);
        return;
    }
    if (++sim->busy > BUSY_MAX)
        world_exhaust(sim->world, sim->entity,
                      "the node is busy without end: it never waits and nothing happens");
    schedule(sim, now);
}

void sim_platform_drive(struct sim_platform *sim, void (*turn)(void *data), void *data)
{
    sim->turn = turn;
    sim->turn_data = data;
    if (turn)
        sim_platform_rouse(sim);
    else
        world_timer_stop(sim->world, &sim->turn_timer);
}

void sim_platform_wake(struct sim_platform *sim)
{
    sim->again = true;
    sim_platform_rouse(sim);
}

void sim_platform_signal(struct sim_platform *sim, enum plat_signal signal)
{
    sim->signals |= 1u << signal;
    sim_platform_rouse(sim);
}

/* ---- clocks ---- */

static uint64_t monotonic_ns(struct platform *platform)
{
    return world_now(self(platform)->world);
}

static int64_t wall_ns(struct platform *platform)
{
    return world_wall(self(platform)->world);
}

static uint64_t cpu_ns(struct platform *platform)
{
    struct sim_platform *sim = self(platform);
    return sim->turns * TURN_NS + ++sim->cpu_looks * LOOK_NS;
}

static void entropy(struct platform *platform, void *out, size_t size)
{
    struct sim_platform *sim = self(platform);
    unsigned char *at = out;
    while (size) {
        uint64_t bits = world_random(sim->world, SITE_ENTROPY, sim->entity);
        for (unsigned i = 0; i < 8 && size; i++, size--)
            *at++ = (unsigned char)(bits >> 8 * i); /* the same on every machine */
    }
}

/* ---- choices and marks ---- */

static unsigned pick(struct platform *platform, unsigned count, const uint32_t *who)
{
    struct sim_platform *sim = self(platform);
    return count < 2 ? 0 : world_choose_first(sim->world, SITE_PICK, sim->entity, count, who);
}

static void mark(struct platform *platform, enum plat_mark what, uint64_t a, uint64_t b)
{
    static const enum world_event_kind kinds[] = {
        [PLAT_MARK_TASK] = EV_TASK,
        [PLAT_MARK_STREAM_NEW] = EV_STREAM_NEW,
        [PLAT_MARK_STREAM_END] = EV_STREAM_END,
        [PLAT_MARK_LUA_RESUME] = EV_LUA_RESUME,
    };
    struct sim_platform *sim = self(platform);
    if ((unsigned)what < COUNT_OF(kinds))
        world_trace(sim->world, kinds[what], sim->entity, a, b, STR_NONE);
}

static void secret(struct platform *platform, struct str line)
{
    struct sim_platform *sim = self(platform);
    bool in_turn = sim_heap_leave();
    if (sim->on_secret)
        sim->on_secret(sim->on_secret_data, line);
    sim_heap_return(in_turn);
}

/* ---- life ---- */

struct sim_platform *sim_platform_create(struct world *world, struct net *net, const char *name)
{
    struct sim_platform *sim = sim_mem_need(sizeof(*sim));
    sim->ops.monotonic_ns = monotonic_ns;
    sim->ops.wall_ns = wall_ns;
    sim->ops.cpu_ns = cpu_ns;
    sim->ops.entropy = entropy;
    sim->ops.pick = pick;
    sim->ops.mark = mark;
    sim->ops.secret = secret;
    sim_platform_watch_ops(&sim->ops);
    sim_platform_sock_ops(&sim->ops);
    sim_platform_system_ops(&sim->ops);
    sim->base.ops = &sim->ops;
    sim->world = world;
    sim->net = net;
    sim->host = net_host_create(net, name);
    sim->entity = world_entity(world, name);
    sim->pid = PID_FIRST + (int64_t)world_serial(world);
    sim->files = sim_files_create(world);
    sim->env = (struct dict)DICT_INIT;
    sim->printed = sim->shown = (struct buf)BUF_INIT;
    world_timer_init(&sim->turn_timer, turn_fired);
    sim->ops.env_set(&sim->base, "HOME", "/");
    sim->ops.env_set(&sim->base, "PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    sim->ops.env_set(&sim->base, "TERM", "dumb");
    return sim;
}

void sim_platform_destroy(struct sim_platform *sim)
{
    if (!sim)
        return;
    CHECK(!sim->in_turn);
    world_timer_stop(sim->world, &sim->turn_timer);
    net_host_close_all(sim->host);
    net_host_destroy(sim->host);
    for (int i = 0; i < POLLER_MAX; i++)
        sim_mem_free(sim->pollers[i].ready);
    for (unsigned i = 0; i < sim->name_count; i++)
        sim_mem_free(sim->names[i].name);
    for (struct dict_entry *e = dict_next(&sim->env, NULL); e; e = dict_next(&sim->env, e))
        sim_mem_free(e->value);
    dict_finish(&sim->env);
    if (!sim->files_of_parent)
        sim_files_destroy(sim->files);
    buf_finish(&sim->printed);
    buf_finish(&sim->shown);
    sim_mem_free(sim->names);
    sim_mem_free(sim->inherited);
    sim_mem_free(sim->watched);
    sim_mem_free(sim);
}

struct platform *sim_platform_base(struct sim_platform *sim)
{
    return &sim->base;
}

struct net_host *sim_platform_host(struct sim_platform *sim)
{
    return sim->host;
}

/* ---- what the scenario gives it ---- */

void sim_platform_inherit(struct sim_platform *sim, int number, struct net_host *from, plat_sock sock)
{
    enum io_status status;
    plat_sock own = net_duplicate(from, sock, sim->host, &status);
    CHECK(own != PLAT_NO_SOCK);
    sim->inherited = sim_mem_grow(sim->inherited, (sim->inherited_count + 1) * sizeof(*sim->inherited));
    sim->inherited[sim->inherited_count++] = (struct inherited){ number, own, false };
}

void sim_platform_children(struct sim_platform *sim, const struct sim_children *children, void *data)
{
    sim->children = children;
    sim->children_data = data;
}

void sim_platform_be_child(struct sim_platform *child, struct sim_platform *parent,
                           const struct plat_child *how)
{
    for (size_t i = 0; parent->ops.env_at(&parent->base, i); i++) {
        struct str value = str_of(parent->ops.env_at(&parent->base, i)), name = str_split(&value, '=');
        char *copy = mem_need_copy(name);
        child->ops.env_set(&child->base, copy, value.data);
        mem_free(copy);
    }
    sim_files_destroy(child->files);
    child->files = parent->files;
    child->files_of_parent = true;
    for (unsigned i = 0; i < parent->inherited_count; i++)
        if (!parent->inherited[i].taken)
            sim_platform_inherit(child, parent->inherited[i].number, parent->host, parent->inherited[i].sock);
    for (unsigned i = 0; i < how->pass_count; i++)
        sim_platform_inherit(child, how->pass[i], parent->host, how->pass[i]);
    for (unsigned i = 0; i < parent->name_count; i++)
        sim_platform_host_name(child, parent->names[i].name, parent->names[i].addr);
}

unsigned sim_platform_left_open(struct sim_platform *sim)
{
    unsigned count = net_host_open_count(sim->host);
    for (unsigned i = 0; i < sim->inherited_count; i++)
        count -= net_is_open(sim->host, sim->inherited[i].sock);
    return count;
}

void sim_platform_file(struct sim_platform *sim, const char *path, struct str data)
{
    sim_files_put(sim->files, path, data);
}

void sim_platform_setenv(struct sim_platform *sim, const char *name, const char *value)
{
    sim->ops.env_set(&sim->base, name, value);
}

void sim_platform_on_resolve(struct sim_platform *sim,
                             enum io_status (*call)(void *data, const char *name, enum addr_family family,
                                                    struct addr *out, unsigned max, unsigned *count),
                             void *data)
{
    sim->on_resolve = call;
    sim->on_resolve_data = data;
}

void sim_platform_host_name(struct sim_platform *sim, const char *name, struct addr addr)
{
    size_t size = strlen(name) + 1;
    sim->names = sim_mem_grow(sim->names, (sim->name_count + 1) * sizeof(*sim->names));
    struct host_name *added = &sim->names[sim->name_count++];
    added->name = sim_mem_need(size);
    memcpy(added->name, name, size);
    added->addr = addr;
}

struct str sim_platform_output(struct sim_platform *sim)
{
    struct buf swap = sim->shown;
    sim->shown = sim->printed;
    sim->printed = swap;
    buf_reset(&sim->printed);
    return buf_str(&sim->shown);
}

void sim_platform_on_print(struct sim_platform *sim,
                           void (*call)(void *data, bool to_stderr, struct str text), void *data)
{
    sim->on_print = call;
    sim->on_print_data = data;
}

void sim_platform_on_secret(struct sim_platform *sim, void (*call)(void *data, struct str line), void *data)
{
    sim->on_secret = call;
    sim->on_secret_data = data;
}

void sim_platform_on_call(struct sim_platform *sim,
                          bool (*call_fails)(void *data, enum sim_operation operation,
                                             enum io_status *status),
                          void *data)
{
    sim->fails = call_fails;
    sim->fails_data = data;
}

void sim_platform_on_wire(struct sim_platform *sim,
                          void (*call)(void *data, enum sim_wire what, plat_sock sock, struct str bytes),
                          void *data)
{
    sim->on_wire = call;
    sim->on_wire_data = data;
}
