/* Pollers are epoll sets. An ordinary socket is added once, edge-triggered for everything, and never touched again:
 * the kernel forgets it when it is closed. Only a descriptor that another process may hold is taken out by hand.
 *
 * Two descriptors of the platform's own stand in the sets: an eventfd per set for wake, edge-triggered and never
 * read (each write is a new edge), and one signalfd, in the first set, so that signals are seen between two turns
 * and cost nothing in the others. The signals are blocked for good; threads started later inherit that. */
#include "platform/platform_epoll.h"
#include "base/mem.h"
#include "platform/platform_open.h"
#include "platform/platform_option.h"
#include "platform/platform_posix.h"
#include "platform/platform_process.h"
#include "platform/platform_socket.h"
#include "platform/platform_thread.h"
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define POLLER_MAX   256 /* threads */
#define EVENTS_MAX   256 /* in one wait */
#define NS_PER_MS    1000000
#define TOKEN_WAKE   UINT64_MAX /* no loop gives these: their slot would be the 2^32nd */
#define TOKEN_SIGNAL (UINT64_MAX - 1)

struct poller {
    int epoll, event; /* -1: not open */
};

struct platform_epoll {
    struct platform_posix posix; /* first: a platform pointer is one to this */
    struct platform_thread_set threads;
    struct poller pollers[POLLER_MAX];
    int signals;       /* the signalfd */
    int signal_poller; /* whose set it is in, -1: none */
    unsigned pending;  /* a bit per enum plat_signal; of the thread that runs signal_poller */
    sigset_t mask_before;
    struct sigaction pipe_before, child_before;
};

static struct platform_epoll *self(struct platform *platform)
{
    return CONTAINER_OF(platform, struct platform_epoll, posix.base);
}

/* ---- pollers ---- */

static bool add(int epoll, int descriptor, uint32_t events, uint64_t token)
{
    struct epoll_event event = { .events = events, .data.u64 = token };
    return epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0;
}

static void attach_signals(struct platform_epoll *real, int poller)
{
    if (add(real->pollers[poller].epoll, real->signals, EPOLLIN, TOKEN_SIGNAL))
        real->signal_poller = poller;
}

static void close_poller(struct poller *poller)
{
    if (poller->epoll >= 0)
        close(poller->epoll);
    if (poller->event >= 0)
        close(poller->event);
    *poller = (struct poller){ -1, -1 };
}

static int poller_open(struct platform *platform)
{
    struct platform_epoll *real = self(platform);
    int number = 0;
    while (number < POLLER_MAX && real->pollers[number].epoll >= 0)
        number++;
    if (number == POLLER_MAX)
        return -1;
    struct poller *poller = &real->pollers[number];
    poller->epoll = epoll_create1(EPOLL_CLOEXEC);
    poller->event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (poller->epoll < 0 || poller->event < 0 ||
        !add(poller->epoll, poller->event, EPOLLIN | EPOLLET, TOKEN_WAKE)) {
        close_poller(poller);
        return -1;
    }
    if (real->signal_poller < 0)
        attach_signals(real, number);
    return number;
}

static void poller_close(struct platform *platform, int poller)
{
    struct platform_epoll *real = self(platform);
    CHECK(poller >= 0 && poller < POLLER_MAX);
    close_poller(&real->pollers[poller]);
    if (real->signal_poller != poller)
        return;
    real->signal_poller = -1;
    for (int i = 0; i < POLLER_MAX && real->signal_poller < 0; i++)
        if (real->pollers[i].epoll >= 0)
            attach_signals(real, i);
}

static enum io_status watch(struct platform *platform, int poller, plat_sock sock, uint64_t token)
{
    struct platform_epoll *real = self(platform);
    bool listens = platform_marks_get(&real->posix.marks, sock) & PLATFORM_MARK_LISTENER;
    uint32_t events = listens ? EPOLLIN : EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    if (add(real->pollers[poller].epoll, sock, events, token))
        return IO_OK;
    return errno == ENOSPC ? IO_NO_DESCRIPTORS : platform_posix_status(errno);
}

static enum io_status unwatch(struct platform *platform, int poller, plat_sock sock)
{
    if (epoll_ctl(self(platform)->pollers[poller].epoll, EPOLL_CTL_DEL, sock, NULL) < 0)
        return platform_posix_status(errno);
    return IO_OK;
}

/* ---- waiting ---- */

/* Rounded up, so that the deadline has passed when it returns. */
static int timeout_ms(uint64_t until)
{
    if (until == 0)
        return 0;
    if (until == UINT64_MAX)
        return -1;
    uint64_t now = platform_posix_monotonic_ns(NULL);
    if (until <= now)
        return 0;
    uint64_t ms = (until - now + NS_PER_MS - 1) / NS_PER_MS;
    return ms > INT_MAX ? INT_MAX : (int)ms;
}

static void take_signals(struct platform_epoll *real)
{
    struct signalfd_siginfo info;
    while (read(real->signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
        real->pending |= 1u << platform_process_signal_name((int)info.ssi_signo);
}

/* An error or a hang-up is fetched by reading, also where the kernel does not say so itself (pipes). */
static unsigned ready_bits(uint32_t events)
{
    unsigned ready = 0;
    if (events & (EPOLLIN | EPOLLERR | EPOLLHUP))
        ready |= PLAT_READABLE;
    if (events & EPOLLOUT)
        ready |= PLAT_WRITABLE;
    if (events & EPOLLRDHUP)
        ready |= PLAT_PEER_SHUT;
    if (events & EPOLLHUP)
        ready |= PLAT_HUNG_UP;
    if (events & EPOLLERR)
        ready |= PLAT_ERROR;
    return ready;
}

static unsigned wait_ready(struct platform *platform, int poller, uint64_t until, struct plat_event *events,
                           unsigned max)
{
    struct platform_epoll *real = self(platform);
    struct epoll_event got[EVENTS_MAX];
    int room = max < EVENTS_MAX ? (int)max : EVENTS_MAX;
    int count = epoll_wait(real->pollers[poller].epoll, got, room, timeout_ms(until));
    unsigned given = 0;
    for (int i = 0; i < count; i++) {
        if (got[i].data.u64 == TOKEN_WAKE)
            continue;
        if (got[i].data.u64 == TOKEN_SIGNAL)
            take_signals(real);
        else
            events[given++] = (struct plat_event){ got[i].data.u64, ready_bits(got[i].events) };
    }
    return given;
}

static void wake(struct platform *platform, int poller)
{
    uint64_t one = 1;
    ssize_t put = write(self(platform)->pollers[poller].event, &one, sizeof(one));
    (void)put; /* it fails only with 2^64 - 2 wakes behind it */
}

static enum plat_signal signal_next(struct platform *platform)
{
    struct platform_epoll *real = self(platform);
    real->pending &= ~(1u << PLAT_SIGNAL_NONE);
    if (!real->pending)
        return PLAT_SIGNAL_NONE;
    unsigned lowest = (unsigned)__builtin_ctz(real->pending);
    real->pending &= ~(1u << lowest);
    return (enum plat_signal)lowest;
}

/* ---- closing, going to the background ---- */

/* A description that another process holds lives on after our close, and so would its watch. */
static void close_sock(struct platform *platform, plat_sock sock)
{
    struct platform_epoll *real = self(platform);
    unsigned marks = platform_marks_get(&real->posix.marks, sock);
    if (UNLIKELY(marks & PLATFORM_MARK_SHARED))
        for (int i = 0; i < POLLER_MAX; i++)
            if (real->pollers[i].epoll >= 0)
                (void)epoll_ctl(real->pollers[i].epoll, EPOLL_CTL_DEL, sock, NULL);
    if (marks)
        platform_marks_clear(&real->posix.marks, sock);
    close(sock);
}

/* epoll waits for the signals of the process that added the signalfd: after the fork it must be added again. */
static enum io_status daemonize(struct platform *platform)
{
    struct platform_epoll *real = self(platform);
    enum io_status status = platform_process_to_background();
    if (status != IO_OK || real->signal_poller < 0)
        return status;
    (void)unwatch(platform, real->signal_poller, real->signals);
    attach_signals(real, real->signal_poller);
    return IO_OK;
}

/* ---- threads ---- */

static bool thread_start(struct platform *platform, void (*run)(void *data), void *data)
{
    return platform_thread_start(&self(platform)->threads, run, data);
}

static void thread_join_all(struct platform *platform)
{
    platform_thread_join_all(&self(platform)->threads);
}

static void gate_enter(struct platform *platform)
{
    platform_thread_enter(&self(platform)->threads);
}

static void gate_leave(struct platform *platform)
{
    platform_thread_leave(&self(platform)->threads);
}

static const struct platform_ops epoll_ops = {
    .monotonic_ns = platform_posix_monotonic_ns,
    .wall_ns = platform_posix_wall_ns,
    .cpu_ns = platform_posix_cpu_ns,
    .entropy = platform_posix_entropy,
    .poller_open = poller_open,
    .poller_close = poller_close,
    .watch = watch,
    .unwatch = unwatch,
    .wait = wait_ready,
    .wake = wake,
    .thread_start = thread_start,
    .thread_join_all = thread_join_all,
    .gate_enter = gate_enter,
    .gate_leave = gate_leave,
    .listen = platform_open_listen,
    .accept = platform_open_accept,
    .connect = platform_open_connect,
    .sock_error = platform_socket_error,
    .read = platform_socket_read,
    .write = platform_socket_write,
    .shutdown = platform_socket_shutdown,
    .close = close_sock,
    .set_option = platform_option_set,
    .get_option = platform_option_get,
    .names = platform_socket_names,
    .original = platform_socket_original,
    .adopt = platform_open_adopt,
    .send_sock = platform_socket_send_sock,
    .receive_sock = platform_socket_receive_sock,
    .pair = platform_open_pair,
    .datagram_open = platform_open_datagram,
    .send_to = platform_socket_send_to,
    .receive_from = platform_socket_receive_from,
    .file_read = platform_posix_file_read,
    .file_write = platform_posix_file_write,
    .file_info = platform_posix_file_info,
    .file_remove = platform_posix_file_remove,
    .file_rename = platform_posix_file_rename,
    .folder_list = platform_posix_folder_list,
    .folder_change = platform_posix_folder_change,
    .signal_next = signal_next,
    .child_start = platform_process_child_start,
    .child_ended = platform_process_child_ended,
    .child_signal = platform_process_child_signal,
    .pid = platform_process_pid,
    .host_name = platform_process_host_name,
    .env_get = platform_process_env_get,
    .env_set = platform_process_env_set,
    .env_at = platform_process_env_at,
    .descriptor_limit = platform_process_descriptor_limit,
    .descriptor_ceiling = platform_process_descriptor_ceiling,
    .drop_privileges = platform_process_drop_privileges,
    .user_id = platform_process_user_id,
    .group_id = platform_process_group_id,
    .daemonize = daemonize,
    .print = platform_posix_print,
    .print_to = platform_posix_print_to,
    .reserve = platform_posix_reserve,
    .unreserve = platform_posix_unreserve,
    .resolve = platform_process_resolve,
};

/* ---- life ---- */

static void watched_signals(sigset_t *set)
{
    sigemptyset(set);
    for (int signal = PLAT_SIGNAL_NONE + 1; signal <= PLAT_SIGNAL_QUIT; signal++)
        sigaddset(set, platform_process_signal_number((enum plat_signal)signal));
}

struct platform *platform_epoll_create(void)
{
    struct platform_epoll *real = mem_zero(sizeof(*real));
    struct sigaction ignore = { .sa_handler = SIG_IGN }, usual = { .sa_handler = SIG_DFL };
    sigset_t watched;
    if (!real)
        return NULL;
    platform_process_need_standard();
    watched_signals(&watched);
    real->signals = signalfd(-1, &watched, SFD_NONBLOCK | SFD_CLOEXEC);
    if (real->signals < 0) {
        mem_free(real);
        return NULL;
    }
    real->posix.base.ops = &epoll_ops;
    platform_marks_init(&real->posix.marks);
    platform_thread_init(&real->threads);
    if (gethostname(real->posix.host_name, sizeof(real->posix.host_name) - 1) < 0)
        real->posix.host_name[0] = 0;
    real->signal_poller = -1;
    for (int i = 0; i < POLLER_MAX; i++)
        real->pollers[i] = (struct poller){ -1, -1 };
    CHECK(sigprocmask(SIG_BLOCK, &watched, &real->mask_before) == 0);
    CHECK(sigaction(SIGPIPE, &ignore, &real->pipe_before) == 0);
    CHECK(sigaction(SIGCHLD, &usual, &real->child_before) ==
          0); /* ignored, children would leave no exit code */
    return &real->posix.base;
}

void platform_epoll_destroy(struct platform *platform)
{
    if (!platform)
        return;
    struct platform_epoll *real = self(platform);
    for (int i = 0; i < POLLER_MAX; i++)
        close_poller(&real->pollers[i]);
    take_signals(real); /* what came too late would otherwise be delivered by the next line */
    close(real->signals);
    (void)sigprocmask(SIG_SETMASK, &real->mask_before, NULL);
    (void)sigaction(SIGPIPE, &real->pipe_before, NULL);
    (void)sigaction(SIGCHLD, &real->child_before, NULL);
    platform_marks_finish(&real->posix.marks);
    platform_thread_finish(&real->threads);
    mem_free(real);
}
