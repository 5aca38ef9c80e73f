/* _getsocks: a process that takes over gets our listeners (see takeover.h for what is said). */
#include "admin/cli.h"
#include "base/arena.h"
#include "base/units.h"
#include "proxy/bind.h"
#include "stream/stream.h"

struct hand_over {
    plat_sock *socks;
    int count, sent;
    bool told; /* how many they are */
};

#define AGAIN_NS NS_PER_MS

static int collect(const struct proxy *proxy, plat_sock *out)
{
    int count = 0;
    for (const struct bind *bind = proxy->binds; bind; bind = bind->next) {
        if (bind->heard == PLAT_NO_SOCK || bind->by_messages)
            continue;
        if (out)
            out[count] = bind->heard;
        count++;
    }
    return count;
}

static int collect_all(const struct configuration *configuration, plat_sock *out)
{
    int count = collect(configuration->cli, out);
    for (const struct proxy *proxy = configuration->proxies; proxy; proxy = proxy->next)
        if (!proxy->paused && !proxy->stopped)
            count += collect(proxy, out ? out + count : NULL);
    for (const struct proxy *proxy = configuration->log_forwards; proxy; proxy = proxy->next)
        count += collect(proxy, out ? out + count : NULL);
    return count;
}

/* Past the stream's channel: a socket travels with its own message. */
static enum cli_more go_on(struct cli_command *command)
{
    struct hand_over *hand_over = command->state;
    struct platform *platform = command->configuration->platform;
    plat_sock via = command->stream->session->conn.watch.sock;
    struct io_result result = { IO_OK, 0 };
    if (!hand_over->told) {
        struct io_vec vec = { (char *)&hand_over->count, sizeof(hand_over->count) };
        result = platform->ops->write(platform, via, &vec, 1, false);
        hand_over->told = result.status == IO_OK;
    }
    while (hand_over->told && result.status == IO_OK && hand_over->sent < hand_over->count) {
        static const char facts[2 + sizeof(int)]; /* no namespace, no interface, no options */
        result = platform->ops->send_sock(platform, via, hand_over->socks[hand_over->sent],
                                          str_make(facts, sizeof(facts)));
        hand_over->sent += result.status == IO_OK;
    }
    if (result.status != IO_WOULD_BLOCK)
        return CLI_DONE;
    stream_wait_until(command->stream, engine_now(command->engine) + AGAIN_NS);
    return CLI_WAIT;
}

static void run_get_socks(struct cli_command *command)
{
    const struct bind *bind = command->stream->session->bind;
    struct arena *arena = &command->stream->arena;
    cli_quit(command);
    if (!bind || !(bind->settings.expose_listeners || bind->by_messages))
        return;
    struct hand_over *hand_over = arena_zero(arena, sizeof(*hand_over));
    int count = collect_all(command->configuration, NULL);
    plat_sock *socks = arena_alloc(arena, (size_t)(count + 1) * sizeof(*socks));
    if (!hand_over || !socks)
        return;
    *hand_over = (struct hand_over){ .socks = socks, .count = count };
    (void)collect_all(command->configuration, socks);
    command->state = hand_over;
    command->more = go_on;
}

const struct command_row cmd_sockets_rows[] = {
    { "_getsocks", CLI_ADMIN, NULL, run_get_socks, NULL },
    { 0 },
};
