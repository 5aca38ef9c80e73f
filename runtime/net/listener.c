/* Listeners. Out of descriptors or memory, or accepting is forbidden: nothing is accepted for a moment; the backlog keeps
 * who waits. */
#include "net/listener.h"
#include "base/units.h"

#define ACCEPT_BATCH 64
#define PAUSE_NS     (100 * NS_PER_MS)

static void on_ready(struct watch *watch, unsigned ready);

static void rest(struct listener *listener, uint64_t pause_ns)
{
    if (listener->paused)
        return;
    listener->paused = true;
    watch_pause(&listener->watch);
    if (pause_ns)
        (void)timer_set(&listener->pause, loop_now(listener->loop) + pause_ns);
}

static plat_sock accept_next(struct listener *listener, struct addr *peer, enum io_status *status)
{
    struct platform *platform = loop_platform(listener->loop);
    if (!listener->by_messages)
        return platform->ops->accept(platform, listener->watch.sock, peer, status);
    struct buf nothing = BUF_INIT;
    plat_sock sock = platform->ops->receive_sock(platform, listener->watch.sock, &nothing, status);
    buf_finish(&nothing);
    *peer = (struct addr){ .family = ADDR_NONE };
    return sock;
}

static void on_ready(struct watch *watch, unsigned ready)
{
    struct listener *listener = CONTAINER_OF(watch, struct listener, watch);
    (void)ready;
    for (unsigned i = 0; i < ACCEPT_BATCH && listener->open; i++) {
        listener->pause_ns = 0;
        if (listener->may_accept && !listener->may_accept(listener)) {
            rest(listener, listener->pause_ns);
            return;
        }
        struct addr peer;
        enum io_status status;
        plat_sock sock = accept_next(listener, &peer, &status);
        if (sock != PLAT_NO_SOCK) {
            listener->accepted(listener, sock, &peer);
        } else if (status == IO_NO_DESCRIPTORS || status == IO_NO_MEMORY) {
            rest(listener, PAUSE_NS);
            return;
        } else if (listener->by_messages && status != IO_WOULD_BLOCK) {
            if (status != IO_OK && listener->ended)
                listener->ended(listener);
            if (status != IO_OK)
                return;
        } else if (status == IO_WOULD_BLOCK) {
            return;
        } else if (status != IO_RESET && status != IO_UNREACHABLE && status != IO_TIMED_OUT) {
            rest(listener, PAUSE_NS);
            return;
        } /* else a connection died in the queue, which is nobody's loss */
    }
}

void listener_resume(struct listener *listener)
{
    if (!listener->open || !listener->paused)
        return;
    timer_stop(&listener->pause);
    listener->paused = watch_resume(&listener->watch) != IO_OK;
    if (listener->paused) /* no memory for it now: later */
        (void)timer_set(&listener->pause, loop_now(listener->loop) + PAUSE_NS);
}

static void pause_over(struct timer *timer)
{
    listener_resume(CONTAINER_OF(timer, struct listener, pause));
}

enum io_status listener_open(struct listener *listener, struct loop *loop, plat_sock sock)
{
    listener->loop = loop;
    listener->paused = false;
    timer_init(&listener->pause, loop, pause_over);
    enum io_status status = watch_begin(&listener->watch, loop, sock, on_ready);
    listener->open = status == IO_OK;
    return status;
}

void listener_close(struct listener *listener)
{
    if (!listener->open)
        return;
    timer_finish(&listener->pause);
    watch_end(&listener->watch);
    listener->open = false;
}
