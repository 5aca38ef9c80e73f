/* One turn: wait, set the calendar to the machine's instant, call what was due until then, tell who waits for sockets or
 * children, and let those go on who were woken. Sockets are watched by edges; a listener, which is told of as long as a
 * connection waits, is looked at once for each time that somebody waits. */
#include "sim/real_world.h"
#include "base/list.h"
#include "base/mem.h"
#include "base/units.h"
#include "platform/platform_epoll.h"
#include "sim/real_process.h"
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EVENTS_MAX = 64, ORPHAN_ROUNDS = 200, ORPHAN_PAUSE_US = 5000, FOLDERS_OPEN_MAX = 16 };

struct real_sock {
    const void *owner; /* NULL: not open */
    net_ready_call *call;
    void *data;
    unsigned ready; /* told so far */
    bool watched, listens;
};

struct real_world {
    struct world *world;
    struct platform *platform;
    int poller;
    uint64_t offset;  /* of the machine's clock to the world's */
    uint64_t last_ns; /* when something last happened */
    const char *proxy;
    char folder[256];
    struct real_sock *socks; /* by number */
    unsigned sock_count;
    struct list processes; /* struct real_process */
};

/* ---- sockets ---- */

static struct real_sock *sock_of(struct real_world *real, plat_sock sock)
{
    unsigned wanted = (unsigned)sock + 1;

    if (wanted > real->sock_count) {
        unsigned count = wanted * 2;

        real->socks = mem_resize(real->socks, count * sizeof(*real->socks));
        CHECK(real->socks && "out of memory");
        for (unsigned i = real->sock_count; i < count; i++)
            real->socks[i] = (struct real_sock){ 0 };
        real->sock_count = count;
    }
    return &real->socks[sock];
}

void real_world_own(struct real_world *real, plat_sock sock, const void *owner)
{
    int listens = 0;
    socklen_t size = sizeof(listens);

    if (getsockopt(sock, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0)
        listens = 0; /* a pipe */
    *sock_of(real, sock) = (struct real_sock){ .owner = owner, .listens = listens != 0 };
}

static void watch(struct real_world *real, plat_sock sock, bool wanted)
{
    struct real_sock *entry = sock_of(real, sock);
    const struct platform_ops *ops = real->platform->ops;

    if (entry->watched == wanted)
        return;
    entry->watched = wanted;
    if (wanted)
        CHECK(ops->watch(real->platform, real->poller, sock, (uint64_t)sock) == IO_OK);
    else
        (void)ops->unwatch(real->platform, real->poller, sock);
}

void real_world_close(struct real_world *real, plat_sock sock)
{
    watch(real, sock, false);
    *sock_of(real, sock) = (struct real_sock){ 0 };
    real->platform->ops->close(real->platform, sock);
}

void real_world_close_all(struct real_world *real, const void *owner)
{
    for (unsigned i = 0; i < real->sock_count; i++)
        if (real->socks[i].owner == owner)
            real_world_close(real, (plat_sock)i);
}

void real_world_on_ready(struct real_world *real, plat_sock sock, net_ready_call *call, void *data)
{
    struct real_sock *entry = sock_of(real, sock);

    entry->call = call;
    entry->data = data;
    watch(real, sock, call != NULL);
}

void real_world_await(struct real_world *real, plat_sock listener)
{
    watch(real, listener, sock_of(real, listener)->call != NULL);
}

unsigned real_world_readiness(const struct real_world *real, plat_sock sock)
{
    return real->socks[sock].ready;
}

/* ---- the loop ---- */

static uint64_t machine_now(const struct real_world *real)
{
    return real->platform->ops->monotonic_ns(real->platform) - real->offset;
}

static void run_due(struct real_world *real, uint64_t now)
{
    while (world_next(real->world) <= now && world_step(real->world) && !world_exhausted(real->world))
        ;
}

static void tell(struct real_world *real, const struct plat_event *event)
{
    struct real_sock *entry = sock_of(real, (plat_sock)event->token);

    entry->ready |= event->ready;
    if (!entry->call)
        return;
    if (entry->listens)
        watch(real, (plat_sock)event->token, false);
    entry->call(entry->data, (plat_sock)event->token, event->ready);
}

/* false: this process is to end. */
static bool take_signals(struct real_world *real)
{
    enum plat_signal signal;
    bool goes_on = true;

    while ((signal = real->platform->ops->signal_next(real->platform)) != PLAT_SIGNAL_NONE) {
        if (signal == PLAT_SIGNAL_INT || signal == PLAT_SIGNAL_TERM || signal == PLAT_SIGNAL_HUP)
            goes_on = false;
        if (signal != PLAT_SIGNAL_CHILD)
            continue;
        real->last_ns = machine_now(real);
        LIST_EACH (link, &real->processes)
            real_process_look(real_process_of(link));
    }
    return goes_on;
}

bool real_world_turn(struct real_world *real, uint64_t until_ns)
{
    struct plat_event events[EVENTS_MAX];
    uint64_t next = world_next(real->world), now;
    unsigned count;
    bool goes_on;

    if (next > until_ns)
        next = until_ns;
    count = real->platform->ops->wait(real->platform, real->poller,
                                      next == UINT64_MAX ? next : next + real->offset, events, EVENTS_MAX);
    now = machine_now(real);
    run_due(real, now);
    if (now > world_now(real->world) && now <= world_next(real->world))
        world_advance(real->world, now);
    if (count)
        real->last_ns = now;
    for (unsigned i = 0; i < count; i++)
        tell(real, &events[i]);
    goes_on = take_signals(real);
    run_due(real, now);
    return goes_on;
}

uint64_t real_world_quiet_ns(const struct real_world *real)
{
    return machine_now(real) - real->last_ns;
}

/* ---- life ---- */

struct platform *real_world_platform(struct real_world *real)
{
    return real->platform;
}

const char *real_world_folder(const struct real_world *real)
{
    return real->folder;
}

const char *real_world_proxy(const struct real_world *real)
{
    return real->proxy;
}

void real_world_add_process(struct real_world *real, struct list *link)
{
    list_add_last(&real->processes, link);
}

struct real_world *real_world_create(struct world *world, const char *proxy, const char **why)
{
    struct real_world *real = mem_need(sizeof(*real));
    const char *top = getenv("TMPDIR");
    int64_t wall;

    *real = (struct real_world){ .world = world, .proxy = proxy };
    list_init(&real->processes);
    snprintf(real->folder, sizeof(real->folder), "%.200s/vtc.%ld.XXXXXX", top && *top ? top : "/tmp",
             (long)getpid());
    *why = "no folder can be made for its files";
    if (!mkdtemp(real->folder)) {
        mem_free(real);
        return NULL;
    }
    real->platform = platform_epoll_create();
    CHECK(real->platform && "no signals can be watched");
    real->poller = real->platform->ops->poller_open(real->platform);
    CHECK(real->poller >= 0 && "out of descriptors");
    /* What a child leaves behind when it ends becomes ours, so that it can be ended, too. */
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    real->offset = real->platform->ops->monotonic_ns(real->platform) - world_now(world);
    wall = real->platform->ops->wall_ns(real->platform);
    world_wall_jump(world, wall - world_wall(world));
    return real;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info;
    (void)kind;
    (void)where;
    (void)remove(path);
    return 0;
}

/* Children of this process that are left: those of the processes that have ended. true: there was one. */
static bool end_orphans(void)
{
    char path[96];
    FILE *file;
    long pid;
    bool found = false;

    snprintf(path, sizeof(path), "/proc/self/task/%ld/children", (long)getpid());
    file = fopen(path, "r");
    while (file && fscanf(file, "%ld", &pid) == 1) {
        found = true;
        (void)kill((pid_t)pid, SIGKILL);
    }
    if (file)
        fclose(file);
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
    return found;
}

void real_world_destroy(struct real_world *real)
{
    if (!real)
        return;
    while (!list_empty(&real->processes))
        real_process_destroy(real_process_of(list_first(&real->processes)));
    for (int i = 0; i < ORPHAN_ROUNDS && end_orphans(); i++)
        (void)usleep(ORPHAN_PAUSE_US);
    (void)nftw(real->folder, remove_one, FOLDERS_OPEN_MAX, FTW_DEPTH | FTW_PHYS);
    real->platform->ops->poller_close(real->platform, real->poller);
    platform_epoll_destroy(real->platform);
    mem_free(real->socks);
    mem_free(real);
}
