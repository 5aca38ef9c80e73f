/* Each connection of a client takes one descriptor and one more for its server. Without a word about it there are as
 * many as the hard limit of descriptors serves, or as the memory given with -m: two buffers and a stream each, and
 * what TLS costs on top. */
#include "proxy/connection_limit.h"
#include "proxy/bind.h"
#include "proxy/server.h"

#define OWN_DESCRIPTORS     26 /* standard streams, poller, signals, log sockets, files that are being read */
#define DESCRIPTORS_USUAL   (UINT64_C(1) << 20)
#define STREAM_BYTES        2560u
#define TLS_SESSION_BYTES   (16u << 10)
#define TLS_HANDSHAKE_BYTES (76u << 10)
#define TLS_CACHED_BYTES    200u
#define USABLE_PERCENT      97u

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Listeners and checks. */
static uint64_t fixed_descriptors(const struct configuration *configuration)
{
    uint64_t count = OWN_DESCRIPTORS;
    for (const struct proxy *proxy = configuration->proxies; proxy; proxy = proxy->next) {
        for (const struct bind *bind = proxy->binds; bind; bind = bind->next)
            count++;
        for (const struct server *server = proxy->servers; server; server = server->next)
            count += server->settings.check + server->settings.agent_check;
    }
    for (const struct proxy *proxy = configuration->log_forwards; proxy; proxy = proxy->next)
        for (const struct bind *bind = proxy->binds; bind; bind = bind->next)
            count++;
    for (const struct bind *bind = configuration->cli ? configuration->cli->binds : NULL; bind;
         bind = bind->next)
        count++;
    return count;
}

/* Sides that speak TLS: 0 to 2. */
static unsigned tls_sides(const struct configuration *configuration)
{
    bool front = false, back = false;
    for (const struct proxy *proxy = configuration->proxies; proxy; proxy = proxy->next) {
        for (const struct bind *bind = proxy->binds; bind; bind = bind->next)
            front |= bind->tls != NULL;
        for (const struct server *server = proxy->servers; server; server = server->next)
            back |= server->tls != NULL;
    }
    for (const struct proxy *proxy = configuration->log_forwards; proxy; proxy = proxy->next)
        for (const struct bind *bind = proxy->binds; bind; bind = bind->next)
            front |= bind->tls != NULL;
    return (unsigned)front + back;
}

static uint64_t two_digits(uint64_t value)
{
    uint64_t unit = 1;
    while (value / unit >= 100)
        unit *= 10;
    return value / unit * unit;
}

static uint64_t by_memory(const struct configuration *configuration)
{
    const struct globals *globals = &configuration->globals;
    uint64_t memory = ((uint64_t)globals->memory_mb << 20) / 100 * USABLE_PERCENT;
    uint64_t cached = (uint64_t)globals->tls.cache_size * TLS_CACHED_BYTES;
    unsigned sides = tls_sides(configuration);
    uint64_t each = STREAM_BYTES + 2 * (uint64_t)globals->bufsize;
    if (sides) {
        each += sides * TLS_SESSION_BYTES + TLS_HANDSHAKE_BYTES;
        memory = memory > cached ? memory - cached : 0;
    }
    return memory / each ? two_digits(memory / each) : 1;
}

static uint64_t by_descriptors(uint64_t descriptors, uint64_t fixed)
{
    return descriptors > fixed + 2 ? (descriptors - fixed) / 2 : 1;
}

static bool complain(const struct configuration *configuration, uint64_t wanted, uint64_t have)
{
    bool strict = configuration->globals.strict_limits;
    diag_say(configuration->diag, strict ? DIAG_ALERT : DIAG_WARNING,
             "[%s.main()] Cannot raise FD limit to %llu, limit is %llu.", "lockstep",
             (unsigned long long)wanted, (unsigned long long)have);
    return !strict;
}

bool connection_limit_set(struct configuration *configuration)
{
    struct globals *globals = &configuration->globals;
    struct platform *platform = configuration->platform;
    uint64_t fixed = fixed_descriptors(configuration);
    uint64_t ceiling = globals->fd_hard_limit ? (uint64_t)globals->fd_hard_limit : DESCRIPTORS_USUAL;
    uint64_t hard = least(platform->ops->descriptor_ceiling(platform), ceiling);
    bool own_choice = !globals->maxconn;
    uint64_t maxconn = !own_choice          ? (uint64_t)globals->maxconn
                       : globals->memory_mb ? by_memory(configuration)
                                            : by_descriptors(hard, fixed);
    uint64_t wanted = globals->ulimit_n ? (uint64_t)globals->ulimit_n : fixed + 2 * maxconn;
    uint64_t have = platform->ops->descriptor_limit(platform, wanted);
    if (own_choice)
        maxconn = least(maxconn, by_descriptors(least(have, ceiling), fixed));
    globals->maxconn = (int64_t)maxconn;
    configuration->maxconn_at_start = globals->maxconn;
    return have >= wanted || own_choice || complain(configuration, wanted, have);
}
