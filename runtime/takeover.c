/* A loop of its own, for nothing else runs yet when a process looks for its listeners. */
#include "takeover.h"
#include "base/mem.h"
#include "base/units.h"
#include "event/loop.h"
#include "proxy/bind.h"

#define LIMIT_NS  (5 * NS_PER_S) /* a process that says nothing more is left alone */
#define SOCKS_MAX 65536

struct takeover {
    struct platform *platform;
    struct loop *loop;
    struct watch watch;
    struct timer limit;
    struct buf data;
    plat_sock *socks;
    size_t count, capacity, expected; /* expected 0: not known yet */
    bool asked, over, failed;
};

static void give_up(struct takeover *takeover)
{
    takeover->over = takeover->failed = true;
}

static void limit_passed(struct timer *timer)
{
    give_up(CONTAINER_OF(timer, struct takeover, limit));
}

static bool ask(struct takeover *takeover)
{
    char text[] = "_getsocks\n";
    struct io_vec vec = { text, sizeof(text) - 1 };
    struct io_result result =
        takeover->platform->ops->write(takeover->platform, takeover->watch.sock, &vec, 1, false);
    takeover->asked = result.status == IO_OK;
    return result.status == IO_OK || result.status == IO_WOULD_BLOCK;
}

static bool keep(struct takeover *takeover, plat_sock sock)
{
    if (takeover->count == takeover->capacity) {
        size_t capacity = takeover->capacity ? takeover->capacity * 2 : 16;
        plat_sock *socks = mem_resize(takeover->socks, capacity * sizeof(*socks));
        if (!socks) {
            takeover->platform->ops->close(takeover->platform, sock);
            return false;
        }
        takeover->socks = socks;
        takeover->capacity = capacity;
    }
    takeover->socks[takeover->count++] = sock;
    return true;
}

/* The count stands ahead of all. */
static bool read_count(struct takeover *takeover)
{
    int count;
    if (takeover->expected || takeover->data.size < sizeof(count))
        return true;
    memcpy(&count, takeover->data.data, sizeof(count));
    takeover->expected = (size_t)count;
    if (count == 0)
        takeover->over = true;
    return count >= 0 && count <= SOCKS_MAX;
}

static void ready(struct watch *watch, unsigned bits)
{
    struct takeover *takeover = CONTAINER_OF(watch, struct takeover, watch);
    (void)bits;
    if (!takeover->asked && !ask(takeover)) {
        give_up(takeover);
        return;
    }
    while (takeover->asked && !takeover->over) {
        enum io_status status;
        plat_sock sock =
            takeover->platform->ops->receive_sock(takeover->platform, watch->sock, &takeover->data, &status);
        if (status == IO_WOULD_BLOCK)
            return;
        if (status != IO_OK || (sock != PLAT_NO_SOCK && !keep(takeover, sock)) || !read_count(takeover)) {
            give_up(takeover);
            return;
        }
        if (takeover->expected && takeover->count == takeover->expected)
            takeover->over = true;
    }
}

static plat_sock connect_to(struct platform *platform, const char *path)
{
    struct plat_connect how = { .to = { .family = ADDR_UNIX } };
    enum io_status status;
    size_t size = strlen(path);
    if (size >= ADDR_PATH_MAX)
        return PLAT_NO_SOCK;
    memcpy(how.to.u.path, path, size);
    how.to.path_size = (uint8_t)size;
    return platform->ops->connect(platform, &how, &status);
}

struct takeover *takeover_begin(struct platform *platform, const char *path, plat_sock via)
{
    struct takeover *takeover = mem_zero(sizeof(*takeover));
    plat_sock sock = takeover && path ? connect_to(platform, path) : via;
    if (!takeover || sock == PLAT_NO_SOCK)
        goto failed;
    takeover->platform = platform;
    takeover->loop = loop_create(platform);
    if (!takeover->loop)
        goto failed;
    timer_init(&takeover->limit, takeover->loop, limit_passed);
    if (!timer_set(&takeover->limit, platform->ops->monotonic_ns(platform) + LIMIT_NS) ||
        watch_begin(&takeover->watch, takeover->loop, sock, ready) != IO_OK)
        goto failed;
    return takeover;
failed:
    if (sock != PLAT_NO_SOCK)
        platform->ops->close(platform, sock);
    takeover_destroy(takeover);
    return NULL;
}

bool takeover_turn(struct takeover *takeover)
{
    if (!takeover->over)
        loop_turn(takeover->loop);
    return takeover->over;
}

bool takeover_finish(struct takeover *takeover, struct configuration *configuration)
{
    struct platform *platform = takeover->platform;
    bool whole = !takeover->failed;
    struct taken_sock *taken = arena_alloc(&configuration->arena, (takeover->count + 1) * sizeof(*taken));
    if (!taken)
        return false;
    for (size_t i = 0; i < takeover->count; i++) {
        taken[i].sock = takeover->socks[i];
        if (platform->ops->names(platform, taken[i].sock, &taken[i].own, NULL) != IO_OK)
            taken[i].own.family = ADDR_NONE;
    }
    configuration->taken = taken;
    configuration->taken_count = takeover->count;
    takeover->count = 0;
    return whole;
}

void takeover_destroy(struct takeover *takeover)
{
    if (!takeover)
        return;
    for (size_t i = 0; i < takeover->count; i++)
        takeover->platform->ops->close(takeover->platform, takeover->socks[i]);
    if (takeover->loop) {
        watch_end(&takeover->watch);
        timer_finish(&takeover->limit);
        loop_destroy(takeover->loop);
    }
    mem_free(takeover->socks);
    buf_finish(&takeover->data);
    mem_free(takeover);
}
