/* Watches are like epoll's: an edge puts the socket on its poller's list, wait asks for the state of those on the list,
 * gives what is ready and takes it off, but for listeners, which stay as long as connections wait. */
#include "sim/sim_platform_parts.h"

#define SIGNAL_BITS (~(1u << PLAT_SIGNAL_NONE))

/* ---- watching ---- */

static struct watched *watched_at(struct sim_platform *sim, plat_sock sock)
{
    return (unsigned)sock < sim->watched_size ? &sim->watched[sock] : NULL;
}

static void append(struct sim_poller *poller, plat_sock sock)
{
    if (poller->count == poller->capacity) {
        poller->capacity = poller->capacity ? poller->capacity * 2 : 64;
        poller->ready = sim_mem_grow(poller->ready, poller->capacity * sizeof(*poller->ready));
    }
    poller->ready[poller->count++] = sock;
}

static void queue(struct sim_platform *sim, plat_sock sock, struct watched *watched)
{
    if (watched->queued)
        return;
    append(&sim->pollers[watched->poller], sock);
    watched->queued = true;
}

static void edge(void *data, plat_sock sock, unsigned ready)
{
    struct sim_platform *sim = data;
    (void)ready;
    queue(sim, sock, &sim->watched[sock]);
    sim_platform_rouse(sim);
}

static void forget(struct sim_platform *sim, plat_sock sock, struct watched *watched)
{
    struct sim_poller *poller = &sim->pollers[watched->poller];
    unsigned at = 0;
    if (watched->queued) {
        while (poller->ready[at] != sock)
            at++;
        poller->count--;
        memmove(&poller->ready[at], &poller->ready[at + 1], (poller->count - at) * sizeof(*poller->ready));
    }
    *watched = (struct watched){ .poller = NO_POLLER };
    net_on_ready(sim->host, sock, NULL, NULL);
}

void sim_platform_again_at_once(struct sim_platform *sim, plat_sock sock)
{
    struct watched *watched = watched_at(sim, sock);
    if (watched && watched->poller != NO_POLLER) {
        queue(sim, sock, watched);
        sim_platform_rouse(sim);
    }
}

static int poller_open(struct platform *platform)
{
    enum io_status status;
    if (fails(platform, SIM_POLLER, &status))
        return -1;
    struct sim_platform *sim = self(platform);
    int number = 0;
    while (number < POLLER_MAX && sim->pollers[number].open)
        number++;
    if (number == POLLER_MAX)
        return -1;
    sim->pollers[number].open = true;
    sim->pollers[number].until = 0;
    if (number >= sim->pollers_used)
        sim->pollers_used = number + 1;
    return number;
}

static void poller_close(struct platform *platform, int number)
{
    struct sim_platform *sim = self(platform);
    CHECK(number >= 0 && number < POLLER_MAX);
    for (unsigned sock = 0; sock < sim->watched_size; sock++)
        if (sim->watched[sock].poller == number)
            forget(sim, (plat_sock)sock, &sim->watched[sock]);
    sim_mem_free(sim->pollers[number].ready);
    sim->pollers[number] = (struct sim_poller){ 0 };
}

static enum io_status watch(struct platform *platform, int poller, plat_sock sock, uint64_t token)
{
    enum io_status status;
    if (fails(platform, SIM_WATCH, &status))
        return status;
    struct sim_platform *sim = self(platform);
    CHECK(poller >= 0 && poller < POLLER_MAX && sim->pollers[poller].open);
    if ((unsigned)sock >= sim->watched_size) {
        unsigned size = sim->watched_size ? sim->watched_size : 64;
        while (size <= (unsigned)sock)
            size *= 2;
        sim->watched = sim_mem_grow(sim->watched, size * sizeof(*sim->watched));
        for (unsigned i = sim->watched_size; i < size; i++)
            sim->watched[i] = (struct watched){ .poller = NO_POLLER };
        sim->watched_size = size;
    }
    struct watched *watched = &sim->watched[sock];
    if (watched->poller != NO_POLLER)
        return IO_BAD; /* EEXIST */
    *watched = (struct watched){ .token = token, .poller = poller };
    net_on_ready(sim->host, sock, edge, sim);
    if (net_readiness(sim->host, sock)) {
        queue(sim, sock, watched);
        sim_platform_rouse(sim);
    }
    return IO_OK;
}

static enum io_status unwatch(struct platform *platform, int poller, plat_sock sock)
{
    struct sim_platform *sim = self(platform);
    struct watched *watched = watched_at(sim, sock);
    if (!watched || watched->poller != poller)
        return IO_NOT_FOUND;
    forget(sim, sock, watched);
    return IO_OK;
}

static void close_sock(struct platform *platform, plat_sock sock)
{
    struct sim_platform *sim = self(platform);
    struct watched *watched = watched_at(sim, sock);
    show_wire(sim, SIM_WIRE_CLOSED, sock, STR_NONE);
    if (watched && watched->poller != NO_POLLER)
        forget(sim, sock, watched);
    net_close(sim->host, sock);
}

/* ---- waiting ---- */

/* Those of the list that are not ready any more leave it. */
static void drop_stale(struct sim_platform *sim, struct sim_poller *poller)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < poller->count; i++) {
        plat_sock sock = poller->ready[i];
        if (net_readiness(sim->host, sock))
            poller->ready[kept++] = sock;
        else
            sim->watched[sock].queued = false;
    }
    poller->count = kept;
}

/* The first `count` of the list in an order that the world chooses; as it stands when it always answers 0. */
static void shuffle(struct sim_platform *sim, struct sim_poller *poller, unsigned count)
{
    for (unsigned i = 0; i + 1 < count; i++) {
        unsigned from = i + world_choose_first(sim->world, SITE_EVENT_ORDER, sim->entity, count - i,
                                               (const uint32_t *)&poller->ready[i]);
        plat_sock chosen = poller->ready[from];
        memmove(&poller->ready[i + 1], &poller->ready[i], (from - i) * sizeof(*poller->ready));
        poller->ready[i] = chosen;
    }
}

static unsigned choose_batch(struct sim_platform *sim, struct sim_poller *poller, unsigned max)
{
    unsigned count = poller->count < max ? poller->count : max;
    if (count < 2)
        return count;
    shuffle(sim, poller, count);
    unsigned fewer = world_choose(sim->world, SITE_BATCH, sim->entity, count);
    return fewer ? fewer : count;
}

/* Takes the first `count` off the list; listeners go to its end again. */
static void give(struct sim_platform *sim, struct sim_poller *poller, struct plat_event *events,
                 unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        plat_sock sock = poller->ready[i];
        struct watched *watched = &sim->watched[sock];
        events[i] = (struct plat_event){ watched->token, net_readiness(sim->host, sock) };
        watched->queued = net_is_listener(sim->host, sock);
        if (watched->queued)
            append(poller, sock);
    }
    poller->count -= count;
    memmove(poller->ready, poller->ready + count, poller->count * sizeof(*poller->ready));
}

static unsigned wait_ready(struct platform *platform, int number, uint64_t until, struct plat_event *events,
                           unsigned max)
{
    struct sim_platform *sim = self(platform);
    struct sim_poller *poller = &sim->pollers[number];
    CHECK(poller->open);
    poller->until = until;
    drop_stale(sim, poller);
    unsigned count = choose_batch(sim, poller, max);
    if (count) {
        give(sim, poller, events, count);
        world_trace(sim->world, EV_NODE_TURN, sim->entity, count, 0, STR_NONE);
    }
    sim->again |= count > 0 || sim->signals;
    return count;
}

static void wake(struct platform *platform, int poller)
{
    (void)poller;
    sim_platform_wake(self(platform));
}

static enum plat_signal signal_next(struct platform *platform)
{
    struct sim_platform *sim = self(platform);
    sim->signals &= SIGNAL_BITS;
    if (!sim->signals)
        return PLAT_SIGNAL_NONE;
    unsigned lowest = (unsigned)__builtin_ctz(sim->signals);
    sim->signals &= ~(1u << lowest);
    return (enum plat_signal)lowest;
}

void sim_platform_watch_ops(struct platform_ops *ops)
{
    ops->poller_open = poller_open;
    ops->poller_close = poller_close;
    ops->watch = watch;
    ops->unwatch = unwatch;
    ops->wait = wait_ready;
    ops->wake = wake;
    ops->close = close_sock;
    ops->signal_next = signal_next;
}
