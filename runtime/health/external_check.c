/* The program is given the proxy's and the server's address and port, and more in its environment; its exit code is the
 * verdict. Its end is looked for every few milliseconds, since a worker is not told of it. */
#include "health/external_check.h"
#include "base/units.h"
#include "health/check_rules.h"
#include "proxy/bind.h"
#include "proxy/server.h"
#include "stream/engine.h"

#define LOOK_EVERY_NS (10 * NS_PER_MS)

static struct platform *platform_of(const struct check *check)
{
    return loop_platform(check->engine->loop);
}

static uint64_t limit_ms(const struct check *check)
{
    uint64_t limit = check->server->proxy->settings.timeout_check;
    return limit ? limit : check->inter;
}

bool external_check_late(const struct check *check)
{
    return engine_now(check->engine) >= check->started_ns + limit_ms(check) * NS_PER_MS;
}

void external_check_stop(struct check *check)
{
    if (check->child > 0)
        platform_of(check)->ops->child_signal(platform_of(check), check->child, PLAT_SIGNAL_TERM);
    check->child = 0;
}

struct facts {
    const char *env[24], *argv[6];
    unsigned count;
};

static void put(struct check *check, struct facts *facts, const char *name, const char *value)
{
    struct str line = arena_printf(&check->arena, "%s=%s", name, value ? value : "");
    if (line.data && facts->count + 1 < COUNT_OF(facts->env))
        facts->env[facts->count++] = line.data;
}

static const char *number(struct check *check, int64_t value)
{
    struct str text = arena_printf(&check->arena, "%lld", (long long)value);
    return text.data ? text.data : "";
}

static const char *addr_text(struct check *check, const struct addr *addr)
{
    char text[ADDR_TEXT_MAX];
    if (!addr_is_ip(addr))
        return "NOT_USED";
    size_t size = addr_print_ip(addr, text, sizeof(text));
    struct str copy = arena_copy(&check->arena, str_make(text, size));
    return copy.data ? copy.data : "";
}

static void collect(struct check *check, struct facts *facts)
{
    const struct server *server = check->server;
    const struct proxy *proxy = server->proxy;
    const struct bind *bind = proxy->binds;
    bool has_bind = bind && addr_is_ip(&bind->addr.addr);
    const struct addr *to = check->addr.family != ADDR_NONE ? &check->addr : &server->addr.addr;
    uint16_t port = check->port ? check->port : to->port ? to->port : server->addr.addr.port;
    facts->argv[0] = proxy->settings.external_command;
    facts->argv[1] = has_bind ? addr_text(check, &bind->addr.addr) : "NOT_USED";
    facts->argv[2] = has_bind ? number(check, bind->addr.addr.port) : "NOT_USED";
    facts->argv[3] = addr_text(check, to);
    facts->argv[4] = number(check, port);
    put(check, facts, "HAPROXY_PROXY_ADDR", has_bind ? facts->argv[1] : "");
    put(check, facts, "HAPROXY_PROXY_PORT", has_bind ? facts->argv[2] : "");
    put(check, facts, "HAPROXY_PROXY_NAME", proxy->name);
    put(check, facts, "HAPROXY_PROXY_ID", number(check, proxy->id));
    put(check, facts, "HAPROXY_SERVER_ADDR", facts->argv[3]);
    put(check, facts, "HAPROXY_SERVER_PORT", facts->argv[4]);
    put(check, facts, "HAPROXY_SERVER_NAME", server->name);
    put(check, facts, "HAPROXY_SERVER_ID", number(check, server->id));
    put(check, facts, "HAPROXY_SERVER_CURCONN", number(check, server->current));
    put(check, facts, "HAPROXY_SERVER_MAXCONN", number(check, server->settings.maxconn));
    put(check, facts, "HAPROXY_SERVER_SSL", server->settings.ssl ? "1" : "0");
    put(check, facts, "HAPROXY_SERVER_PROTO", "tcp");
    put(check, facts, "PATH", proxy->settings.external_path);
}

void external_check_start(struct check *check)
{
    struct facts facts = { 0 };
    struct platform *platform = platform_of(check);
    collect(check, &facts);
    struct plat_child how = { .argv = facts.argv, .env = facts.env, .in = PLAT_NO_SOCK, .out = PLAT_NO_SOCK };
    check->child = platform->ops->child_start(platform, &how);
    if (check->child <= 0) {
        check->child = 0;
        check_end(check, CHECK_SOCKET_ERROR, -1, "Cannot start the external check");
        return;
    }
    (void)timer_set(&check->timer, engine_now(check->engine) + LOOK_EVERY_NS);
}

void external_check_poll(struct check *check, bool late)
{
    struct platform *platform = platform_of(check);
    int code = 0;
    if (platform->ops->child_ended(platform, check->child, &code)) {
        check->child = 0;
        check_end(check, code ? CHECK_PROCESS_ERROR : CHECK_PROCESS_OK, code, NULL);
    } else if (late) {
        check_end(check, CHECK_PROCESS_TIMEOUT, -1, NULL);
    } else {
        (void)timer_set(&check->timer, engine_now(check->engine) + LOOK_EVERY_NS);
    }
}
