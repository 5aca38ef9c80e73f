/* One node's view of the world.
 *
 * The node is stepped by turns. A turn is due at once when a watched socket has an edge, on a wake or a signal; it is
 * due again after a turn that was given events or asked not to wait, because the instant it would wait for is
 * known only then; else at the instant that its last wait named. A turn takes TURN_NS, so that a node which never
 * waits moves the clock, as a real one does.
 *
 * Watches are like epoll's: an edge puts the socket on its poller's list, wait asks for the state of those on the list,
 * gives what is ready and takes it off, but for listeners, which stay as long as connections wait. */
#include "sim/sim_platform.h"
#include "base/dict.h"
#include "base/mem.h"
#include "base/units.h"
#include "sim/sim_files.h"
#include "sim/sim_heap.h"
#include "sim/sim_mem.h"
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>

#define TURN_NS NS_PER_US
#define LOOK_NS                                                                                              \
    (100 * NS_PER_US) /* a look at the processor time used takes some: who loops until it is there ends */
#define POLLER_MAX  256
#define BUSY_MAX    1000000 /* turns that a node may ask for without anything happening to it */
#define PID_FIRST   1000
#define NO_POLLER   (-1)
#define SIGNAL_BITS (~(1u << PLAT_SIGNAL_NONE))

/* Where regions of memory lie: below what the sanitizers leave to programs, above all that the loader uses. */
#define REGION_FIRST  ((uintptr_t)0x200000000000)
#define REGION_STRIDE ((uintptr_t)1 << 36)
#define REGION_MAX    256

struct watched {
    uint64_t token;
    int poller;  /* NO_POLLER: not watched */
    bool queued; /* on its poller's list */
};

struct sim_poller {
    bool open;
    uint64_t until;   /* what the last wait named */
    plat_sock *ready; /* sockets with an edge, in order */
    unsigned count, capacity;
};

struct inherited {
    int number;
    plat_sock sock;
    bool taken;
};

struct host_name {
    char *name;
    struct addr addr;
};

struct sim_platform {
    struct platform base;
    struct world *world;
    struct net *net;
    struct net_host *host;
    uint32_t entity;
    int64_t pid;
    struct world_timer turn_timer;
    void (*turn)(void *data);
    void *turn_data;
    bool in_turn, again;
    uint64_t not_before; /* when the current turn is over */
    uint64_t turns;
    uint64_t cpu_looks;
    uint32_t busy;    /* turns in a row that the node asked for itself */
    unsigned signals; /* a bit per enum plat_signal */
    struct sim_poller pollers[POLLER_MAX];
    int pollers_used; /* the highest that was open, and one */
    struct watched *watched;
    unsigned watched_size;
    struct inherited *inherited;
    unsigned inherited_count;
    struct host_name *names;
    unsigned name_count;
    enum io_status (*on_resolve)(void *data, const char *name, enum addr_family family, struct addr *out,
                                 unsigned max, unsigned *count);
    void *on_resolve_data;
    struct dict env; /* name -> "NAME=value" */
    struct sim_files *files;
    bool files_of_parent;
    const struct sim_children *children; /* NULL: there are no programs here */
    void *children_data;
    struct buf printed, shown;
    void (*on_print)(void *data, bool to_stderr, struct str text);
    void *on_print_data;
    bool (*fails)(void *data, enum sim_operation operation, enum io_status *status);
    void *fails_data;
    void (*on_wire)(void *data, enum sim_wire what, plat_sock sock, struct str bytes);
    void *on_wire_data;
    void (*on_secret)(void *data, struct str line);
    void *on_secret_data;
};

static struct sim_platform *self(struct platform *platform)
{
    return CONTAINER_OF(platform, struct sim_platform, base);
}

static inline bool fails(struct platform *platform, enum sim_operation operation, enum io_status *status)
{
    struct sim_platform *sim = self(platform);
    return UNLIKELY(sim->fails != NULL) && sim->fails(sim->fails_data, operation, status);
}

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
static void rouse(struct sim_platform *sim)
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
        rouse(sim);
    else
        world_timer_stop(sim->world, &sim->turn_timer);
}

void sim_platform_wake(struct sim_platform *sim)
{
    sim->again = true;
    rouse(sim);
}

void sim_platform_signal(struct sim_platform *sim, enum plat_signal signal)
{
    sim->signals |= 1u << signal;
    rouse(sim);
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
    rouse(sim);
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
        rouse(sim);
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

static inline void show_wire(struct sim_platform *sim, enum sim_wire what, plat_sock sock, struct str bytes)
{
    if (!sim->on_wire)
        return;
    bool in_turn = sim_heap_leave();
    sim->on_wire(sim->on_wire_data, what, sock, bytes);
    sim_heap_return(in_turn);
}

static void show_vecs(struct sim_platform *sim, enum sim_wire what, plat_sock sock, const struct io_vec *vecs,
                      size_t size)
{
    for (; sim->on_wire && size; vecs++) {
        size_t part = vecs->size < size ? vecs->size : size;
        if (part)
            show_wire(sim, what, sock, str_make(vecs->data, part));
        size -= part;
    }
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
        unsigned from = i + world_choose(sim->world, SITE_EVENT_ORDER, sim->entity, count - i);
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

/* ---- sockets ---- */

/* A socket that would block for no reason, or moved too little, is ready again at once, and says so. */
static void again_at_once(struct platform *platform, plat_sock sock)
{
    struct sim_platform *sim = self(platform);
    struct watched *watched = watched_at(sim, sock);
    if (watched && watched->poller != NO_POLLER) {
        queue(sim, sock, watched);
        rouse(sim);
    }
}

static struct io_result failed(struct platform *platform, plat_sock sock, enum io_status status)
{
    if (status == IO_WOULD_BLOCK)
        again_at_once(platform, sock);
    return (struct io_result){ status, 0 };
}

static plat_sock open_listener(struct platform *platform, const struct plat_listen *how,
                               enum io_status *status)
{
    if (fails(platform, SIM_LISTEN, status))
        return PLAT_NO_SOCK;
    return net_listen(self(platform)->host, how, status);
}

static plat_sock accept_sock(struct platform *platform, plat_sock listener, struct addr *peer,
                             enum io_status *status)
{
    if (fails(platform, SIM_ACCEPT, status))
        return PLAT_NO_SOCK;
    plat_sock sock = net_accept(self(platform)->host, listener, peer, status);
    if (sock != PLAT_NO_SOCK)
        show_wire(self(platform), SIM_WIRE_ACCEPTED, sock, STR_NONE);
    return sock;
}

static plat_sock connect_sock(struct platform *platform, const struct plat_connect *how,
                              enum io_status *status)
{
    if (fails(platform, SIM_CONNECT, status))
        return PLAT_NO_SOCK;
    plat_sock sock = net_connect(self(platform)->host, how, status);
    if (sock != PLAT_NO_SOCK)
        show_wire(self(platform), SIM_WIRE_CONNECTED, sock, STR_NONE);
    return sock;
}

static enum io_status sock_error(struct platform *platform, plat_sock sock)
{
    enum io_status status;
    if (fails(platform, SIM_SOCK_ERROR, &status))
        return status;
    return net_sock_error(self(platform)->host, sock);
}

static struct io_result read_sock(struct platform *platform, plat_sock sock, const struct io_vec *vecs,
                                  unsigned count)
{
    enum io_status status;
    bool short_of_all = fails(platform, SIM_READ, &status);
    struct io_vec first = { vecs->data, 1 };
    if (short_of_all && (status != IO_OK || !vecs->size))
        return failed(platform, sock, status);
    struct io_result result =
        net_read(self(platform)->host, sock, short_of_all ? &first : vecs, short_of_all ? 1 : count);
    if (short_of_all && result.status == IO_OK)
        again_at_once(platform, sock);
    if (result.status == IO_OK)
        show_vecs(self(platform), SIM_WIRE_READ, sock, vecs, result.size);
    else if (result.status != IO_WOULD_BLOCK)
        show_wire(self(platform), SIM_WIRE_READ_END, sock, STR_NONE);
    return result;
}

static struct io_result write_sock(struct platform *platform, plat_sock sock, const struct io_vec *vecs,
                                   unsigned count, bool more)
{
    enum io_status status;
    bool short_of_all = fails(platform, SIM_WRITE, &status);
    struct io_vec first = { vecs->data, 1 };
    if (short_of_all && (status != IO_OK || !vecs->size))
        return failed(platform, sock, status);
    struct io_result result =
        net_write(self(platform)->host, sock, short_of_all ? &first : vecs, short_of_all ? 1 : count, more);
    if (short_of_all && result.status == IO_OK)
        again_at_once(platform, sock);
    if (result.status == IO_OK)
        show_vecs(self(platform), SIM_WIRE_WRITTEN, sock, vecs, result.size);
    return result;
}

static enum io_status shutdown_sock(struct platform *platform, plat_sock sock, enum plat_shutdown how)
{
    enum io_status status;
    if (fails(platform, SIM_SHUTDOWN, &status))
        return status;
    return net_shutdown(self(platform)->host, sock, how);
}

static enum io_status set_option(struct platform *platform, plat_sock sock, enum plat_option option,
                                 int64_t value)
{
    enum io_status status;
    if (fails(platform, SIM_SET_OPTION, &status))
        return status;
    return net_set_option(self(platform)->host, sock, option, value);
}

static enum io_status get_option(struct platform *platform, plat_sock sock, enum plat_option option,
                                 int64_t *value)
{
    enum io_status status;
    if (fails(platform, SIM_GET_OPTION, &status))
        return status;
    return net_get_option(self(platform)->host, sock, option, value);
}

static enum io_status names(struct platform *platform, plat_sock sock, struct addr *own, struct addr *peer)
{
    enum io_status status;
    if (fails(platform, SIM_NAMES, &status))
        return status;
    return net_names(self(platform)->host, sock, own, peer);
}

/* Nobody rewrites addresses here: the kernel has no original to tell of either. */
static enum io_status original(struct platform *platform, plat_sock sock, struct addr *out)
{
    (void)platform;
    (void)sock;
    (void)out;
    return IO_NOT_FOUND;
}

static plat_sock adopt(struct platform *platform, int number, enum io_status *status)
{
    if (fails(platform, SIM_ADOPT, status))
        return PLAT_NO_SOCK;
    struct sim_platform *sim = self(platform);
    *status = IO_OK;
    for (unsigned i = 0; i < sim->inherited_count; i++)
        if (sim->inherited[i].number == number) {
            if (sim->inherited[i].taken) /* two binds of one socket each have it as their own */
                return net_duplicate(sim->host, sim->inherited[i].sock, sim->host, status);
            sim->inherited[i].taken = true;
            return sim->inherited[i].sock;
        }
    *status = IO_BAD;
    return PLAT_NO_SOCK;
}

static struct io_result send_sock(struct platform *platform, plat_sock via, plat_sock what, struct str data)
{
    enum io_status status;
    if (fails(platform, SIM_SEND_SOCK, &status))
        return failed(platform, via, status);
    return net_send_sock(self(platform)->host, via, what, data);
}

static plat_sock receive_sock(struct platform *platform, plat_sock via, struct buf *data,
                              enum io_status *status)
{
    if (fails(platform, SIM_RECEIVE_SOCK, status)) {
        (void)failed(platform, via, *status);
        return PLAT_NO_SOCK;
    }
    return net_receive_sock(self(platform)->host, via, data, status);
}

static plat_sock open_pair(struct platform *platform, plat_sock *other, enum io_status *status)
{
    if (fails(platform, SIM_PAIR, status))
        return PLAT_NO_SOCK;
    return net_pair(self(platform)->host, other, status);
}

static plat_sock datagram_open(struct platform *platform, const struct addr *bind_or_null,
                               enum addr_family family, enum io_status *status)
{
    if (fails(platform, SIM_DATAGRAM, status))
        return PLAT_NO_SOCK;
    return net_datagram_open(self(platform)->host, bind_or_null, family, status);
}

static struct io_result send_to(struct platform *platform, plat_sock sock, const struct addr *to,
                                const struct io_vec *vecs, unsigned count)
{
    enum io_status status;
    if (fails(platform, SIM_SEND_TO, &status))
        return failed(platform, sock, status);
    return net_send_to(self(platform)->host, sock, to, vecs, count);
}

static struct io_result receive_from(struct platform *platform, plat_sock sock, struct addr *from, char *out,
                                     size_t size)
{
    enum io_status status;
    if (fails(platform, SIM_RECEIVE_FROM, &status))
        return failed(platform, sock, status);
    return net_receive_from(self(platform)->host, sock, from, out, size);
}

/* ---- files: a path may also be a socket's ---- */

static enum io_status file_read(struct platform *platform, const char *path, struct buf *out)
{
    enum io_status status;
    if (fails(platform, SIM_FILE_READ, &status))
        return status;
    return sim_files_read(self(platform)->files, path, out);
}

static enum io_status file_write(struct platform *platform, const char *path, struct str data, bool append)
{
    enum io_status status;
    if (fails(platform, SIM_FILE_WRITE, &status))
        return status;
    return sim_files_write(self(platform)->files, path, data, append);
}

static enum io_status file_info(struct platform *platform, const char *path, struct plat_file_info *out)
{
    enum io_status status;
    if (fails(platform, SIM_FILE_INFO, &status))
        return status;
    struct sim_platform *sim = self(platform);
    if (!net_path_there(sim->net, str_of(path)))
        return sim_files_info(sim->files, path, out);
    *out = (struct plat_file_info){ 0 };
    return IO_OK;
}

static enum io_status file_remove(struct platform *platform, const char *path)
{
    enum io_status status;
    if (fails(platform, SIM_FILE_REMOVE, &status))
        return status;
    struct sim_platform *sim = self(platform);
    return net_path_remove(sim->net, str_of(path)) ? IO_OK : sim_files_remove(sim->files, path);
}

static enum io_status file_rename(struct platform *platform, const char *from, const char *to)
{
    enum io_status status;
    if (fails(platform, SIM_FILE_RENAME, &status))
        return status;
    struct sim_platform *sim = self(platform);
    bool is_sock = net_path_rename(sim->net, str_of(from), str_of(to));
    return is_sock ? IO_OK : sim_files_rename(sim->files, from, to);
}

static enum io_status folder_list(struct platform *platform, const char *path, struct buf *out)
{
    enum io_status status;
    if (fails(platform, SIM_FOLDER_LIST, &status))
        return status;
    return sim_files_list(self(platform)->files, path, out);
}

static enum io_status folder_change(struct platform *platform, const char *path)
{
    enum io_status status;
    if (fails(platform, SIM_FOLDER_CHANGE, &status))
        return status;
    return sim_files_change_folder(self(platform)->files, path);
}

/* ---- the process ---- */

static int64_t child_start(struct platform *platform, const struct plat_child *how)
{
    enum io_status status;
    if (fails(platform, SIM_CHILD_START, &status))
        return -1;
    struct sim_platform *sim = self(platform);
    bool in_turn = sim_heap_leave();
    int64_t pid = sim->children ? sim->children->start(sim->children_data, how) : -1;
    sim_heap_return(in_turn);
    return pid;
}

static bool child_ended(struct platform *platform, int64_t pid, int *exit_code)
{
    struct sim_platform *sim = self(platform);
    if (sim->children)
        return sim->children->ended(sim->children_data, pid, exit_code);
    *exit_code = 127; /* there was none, as a shell says it */
    return true;
}

static void child_signal(struct platform *platform, int64_t pid, enum plat_signal signal)
{
    struct sim_platform *sim = self(platform);
    if (sim->children)
        sim->children->signal(sim->children_data, pid, signal);
}

static int64_t get_pid(struct platform *platform)
{
    return self(platform)->pid;
}

static const char *host_name(struct platform *platform)
{
    (void)platform;
    return "sim";
}

static const char *env_get(struct platform *platform, const char *name)
{
    const char *entry = dict_get(&self(platform)->env, str_of(name));
    return entry ? entry + strlen(name) + 1 : NULL;
}

static void env_set(struct platform *platform, const char *name, const char *value)
{
    struct sim_platform *sim = self(platform);
    char *entry = NULL;
    if (value) { /* which may be the old one */
        size_t size = strlen(name) + strlen(value) + 2;
        entry = sim_mem_need(size);
        snprintf(entry, size, "%s=%s", name, value);
    }
    sim_mem_free(dict_remove(&sim->env, str_of(name)));
    if (!entry)
        return;
    bool in_turn = sim_heap_leave(), added = dict_set(&sim->env, str_of(name), entry);
    sim_heap_return(in_turn);
    CHECK(added && "out of memory");
}

static const char *env_at(struct platform *platform, size_t index)
{
    const struct dict *env = &self(platform)->env;
    struct dict_entry *entry = dict_next(env, NULL);
    while (entry && index--)
        entry = dict_next(env, entry);
    return entry ? entry->value : NULL;
}

/* What the scenario set is the hard limit. */
static uint64_t descriptor_limit(struct platform *platform, uint64_t wanted_or_0)
{
    (void)wanted_or_0;
    return net_host_descriptor_limit(self(platform)->host);
}

static uint64_t descriptor_ceiling(struct platform *platform)
{
    return net_host_descriptor_limit(self(platform)->host);
}

static enum io_status drop_privileges(struct platform *platform, const char *root, int64_t uid, int64_t gid)
{
    enum io_status status;
    if (fails(platform, SIM_DROP_PRIVILEGES, &status))
        return status;
    (void)root;
    (void)uid;
    (void)gid;
    return IO_OK;
}

static const struct known_user {
    const char *name;
    int64_t uid, gid; /* -1: no such user or group */
} known_users[] = {
    { "root", 0, 0 },        { "daemon", 1, 1 },      { "bin", 2, 2 },          { "www-data", 33, 33 },
    { "haproxy", 106, 112 }, { "nobody", 65534, -1 }, { "nogroup", -1, 65534 },
};

static const struct known_user *find_user(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(known_users); i++)
        if (strcmp(known_users[i].name, name) == 0)
            return &known_users[i];
    return NULL;
}

static int64_t user_id(struct platform *platform, const char *user)
{
    const struct known_user *known = find_user(user);
    (void)platform;
    return known ? known->uid : -1;
}

static int64_t group_id(struct platform *platform, const char *group)
{
    const struct known_user *known = find_user(group);
    (void)platform;
    return known ? known->gid : -1;
}

static enum io_status daemonize(struct platform *platform)
{
    enum io_status status;
    if (fails(platform, SIM_DAEMONIZE, &status))
        return status;
    return IO_OK;
}

static void print(struct platform *platform, bool to_stderr, struct str text)
{
    struct sim_platform *sim = self(platform);
    bool in_turn = sim_heap_leave();
    world_trace(sim->world, EV_PRINT, sim->entity, to_stderr, text.size, text);
    buf_add(&sim->printed, text);
    if (sim->on_print)
        sim->on_print(sim->on_print_data, to_stderr, text);
    sim_heap_return(in_turn);
}

static void print_to(struct platform *platform, int number, struct str text)
{
    struct sim_platform *sim = self(platform);
    for (unsigned i = 0; i < sim->inherited_count; i++)
        if (sim->inherited[i].number == number) {
            struct io_vec vec = { (char *)(uintptr_t)text.data, text.size };
            (void)net_write(sim->host, sim->inherited[i].sock, &vec, 1, false);
        }
}

/* ---- memory ---- */

/* The first free place of a fixed row: tables of Lua hash by address, so a region has the same one in each run. */
static void *reserve(struct platform *platform, size_t size)
{
    enum io_status status;
    if (fails(platform, SIM_RESERVE, &status))
        return NULL;
    if (size > REGION_STRIDE)
        return NULL;
    for (uintptr_t i = 0; i < REGION_MAX; i++) {
        void *wanted = (void *)(REGION_FIRST + i * REGION_STRIDE);
        void *base = mmap(wanted, size, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
        if (base == wanted)
            return base;
        if (base != MAP_FAILED)
            munmap(base, size); /* a kernel that takes the address for a hint */
        else if (errno != EEXIST)
            return NULL;
    }
    return NULL;
}

static void unreserve(struct platform *platform, void *base, size_t size)
{
    (void)platform;
    munmap(base, size);
}

/* ---- names of hosts ---- */

static void add_address(struct addr *out, unsigned max, unsigned *count, struct addr addr)
{
    addr.port = 0;
    if (*count < max)
        out[(*count)++] = addr;
}

static enum io_status add_family(const struct sim_platform *sim, const char *name, enum addr_family family,
                                 struct addr *out, unsigned max, unsigned *count)
{
    enum io_status status =
        sim->on_resolve ? sim->on_resolve(sim->on_resolve_data, name, family, out, max, count) : IO_OK;
    for (unsigned i = 0; i < sim->name_count; i++)
        if (strcmp(sim->names[i].name, name) == 0 && sim->names[i].addr.family == family)
            add_address(out, max, count, sim->names[i].addr);
    return status == IO_NOT_FOUND ? IO_OK : status;
}

static bool localhost(enum addr_family family, struct addr *out)
{
    return addr_parse_ip(family == ADDR_IPV6 ? STR("::1") : STR("127.0.0.1"), out);
}

static enum io_status resolve(struct platform *platform, const char *name, bool prefer_v6, struct addr *out,
                              unsigned max, unsigned *count)
{
    const struct sim_platform *sim = self(platform);
    enum addr_family first = prefer_v6 ? ADDR_IPV6 : ADDR_IPV4, second = prefer_v6 ? ADDR_IPV4 : ADDR_IPV6;
    struct addr addr;
    enum io_status status;
    *count = 0;
    if (fails(platform, SIM_RESOLVE, &status))
        return status;
    if (addr_parse_ip(str_of(name), &addr)) {
        add_address(out, max, count, addr);
        return IO_OK;
    }
    status = add_family(sim, name, first, out, max, count);
    if (status == IO_OK)
        status = add_family(sim, name, second, out, max, count);
    if (status != IO_OK && *count == 0)
        return status;
    if (*count == 0 && strcmp(name, "localhost") == 0) {
        if (localhost(first, &addr))
            add_address(out, max, count, addr);
        if (localhost(second, &addr))
            add_address(out, max, count, addr);
    }
    return *count ? IO_OK : IO_NOT_FOUND;
}

/* ---- choices and marks ---- */

static unsigned pick(struct platform *platform, unsigned count)
{
    struct sim_platform *sim = self(platform);
    return count < 2 ? 0 : world_choose(sim->world, SITE_PICK, sim->entity, count);
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

static const struct platform_ops sim_ops = {
    .monotonic_ns = monotonic_ns,
    .wall_ns = wall_ns,
    .cpu_ns = cpu_ns,
    .entropy = entropy,
    .poller_open = poller_open,
    .poller_close = poller_close,
    .watch = watch,
    .unwatch = unwatch,
    .wait = wait_ready,
    .wake = wake,
    .listen = open_listener,
    .accept = accept_sock,
    .connect = connect_sock,
    .sock_error = sock_error,
    .read = read_sock,
    .write = write_sock,
    .shutdown = shutdown_sock,
    .close = close_sock,
    .set_option = set_option,
    .get_option = get_option,
    .names = names,
    .original = original,
    .adopt = adopt,
    .send_sock = send_sock,
    .receive_sock = receive_sock,
    .pair = open_pair,
    .datagram_open = datagram_open,
    .send_to = send_to,
    .receive_from = receive_from,
    .file_read = file_read,
    .file_write = file_write,
    .file_info = file_info,
    .file_remove = file_remove,
    .file_rename = file_rename,
    .folder_list = folder_list,
    .folder_change = folder_change,
    .signal_next = signal_next,
    .child_start = child_start,
    .child_ended = child_ended,
    .child_signal = child_signal,
    .pid = get_pid,
    .host_name = host_name,
    .env_get = env_get,
    .env_set = env_set,
    .env_at = env_at,
    .descriptor_limit = descriptor_limit,
    .descriptor_ceiling = descriptor_ceiling,
    .drop_privileges = drop_privileges,
    .user_id = user_id,
    .group_id = group_id,
    .daemonize = daemonize,
    .print = print,
    .print_to = print_to,
    .reserve = reserve,
    .unreserve = unreserve,
    .resolve = resolve,
    .pick = pick,
    .mark = mark,
    .secret = secret,
};

/* ---- life ---- */

struct sim_platform *sim_platform_create(struct world *world, struct net *net, const char *name)
{
    struct sim_platform *sim = sim_mem_need(sizeof(*sim));
    sim->base.ops = &sim_ops;
    sim->world = world;
    sim->net = net;
    sim->host = net_host_create(net, name);
    sim->entity = world_entity(world, name);
    sim->pid = PID_FIRST + (int64_t)world_serial(world);
    sim->files = sim_files_create(world);
    sim->env = (struct dict)DICT_INIT;
    sim->printed = sim->shown = (struct buf)BUF_INIT;
    world_timer_init(&sim->turn_timer, turn_fired);
    env_set(&sim->base, "HOME", "/");
    env_set(&sim->base, "PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    env_set(&sim->base, "TERM", "dumb");
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
    for (size_t i = 0; env_at(&parent->base, i); i++) {
        struct str value = str_of(env_at(&parent->base, i)), name = str_split(&value, '=');
        char *copy = mem_need_copy(name);
        env_set(&child->base, copy, value.data);
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
    env_set(&sim->base, name, value);
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
