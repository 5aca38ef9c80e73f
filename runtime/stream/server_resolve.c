/* Each server with a name has a question of its own, which servers of the same name share; each takes another of the
 * addresses. A server without an address, and one whose answers failed for longer than the section's `hold` times, is in
 * maintenance until an address comes. Servers of a service are dealt out to the service's targets. */
#include "stream/server_resolve.h"
#include "base/mem.h"
#include "base/units.h"
#include "proxy/server.h"
#include "resolve/resolver.h"
#include "stream/server_conn.h"
#include "stream/stream.h"
#include "stream/stream_steps.h"

struct service { /* one for all servers of a backend that name it */
    struct service *next;
    struct resolve_user user;
    struct engine *engine;
    struct proxy *proxy;
    const char *name;
    struct resolvers *resolvers;
};

struct server_resolve {
    struct resolve_user user;
    struct engine *engine;
    struct server *server;
    struct service *service;       /* NULL: its name is that of a host */
    char target[DNS_NAME_MAX + 1]; /* of the service; "": none now. Of a host: the name given at run time */
    uint64_t seen_ns;              /* when its address, or its target, was last in an answer */
    bool seen; /* the address it has was in one; else it is of init-addr, and not held on to */
};

static uint64_t now(const struct server_resolve *resolve)
{
    return engine_now(resolve->engine);
}

static void say(struct server_resolve *resolve, enum log_level level, const char *format, ...)
    PRINTF_LIKE(3, 4);
static void say(struct server_resolve *resolve, enum log_level level, const char *format, ...)
{
    struct proxy *proxy = resolve->server->proxy;
    struct engine *engine = resolve->engine;
    const struct globals *globals = &engine->configuration->globals;
    struct buf text = BUF_INIT;
    va_list values;
    va_start(values, format);
    buf_vprintf(&text, format, values);
    va_end(values);
    struct log_line line = {
        .level = level,
        .tag = proxy->settings.log_tag ? proxy->settings.log_tag : globals->log_tag,
        .text = buf_str(&text),
    };
    log_send(engine->log, proxy->settings.log_targets, &line);
    if (proxy->settings.log_global)
        log_send(engine->log, globals->log_targets, &line);
    buf_finish(&text);
}

static void go_to_maintenance(struct server_resolve *resolve, const char *why)
{
    struct server *server = resolve->server;
    if (server->admin & ADMIN_RESOLVE_MAINT)
        return;
    server_conn_purge(server);
    if (resolve->engine->resolved) {
        resolve->engine->resolved(resolve->engine, server, false, why);
        return;
    }
    server->admin |= ADMIN_RESOLVE_MAINT;
    server->last_change_ns = now(resolve);
    say(resolve, LOG_NOTICE, "Server %s/%s is going DOWN for maintenance (%s).", server->proxy->name,
        server->name, why);
    server_pick_changed(server);
}

static void leave_maintenance(struct server_resolve *resolve)
{
    struct server *server = resolve->server;
    if (!(server->admin & ADMIN_RESOLVE_MAINT))
        return;
    if (resolve->engine->resolved) {
        resolve->engine->resolved(resolve->engine, server, true, NULL);
        return;
    }
    server->state = SERVER_RUNNING;
    server->admin &= ~(unsigned)ADMIN_RESOLVE_MAINT;
    server->last_change_ns = now(resolve);
    say(resolve, LOG_NOTICE, "Server %s/%s ('%s') is UP/READY (resolves again).", server->proxy->name,
        server->name, resolve->service ? resolve->target : server->addr.host);
    server_pick_changed(server);
}

/* ---- addresses ---- */

static bool is_taken(const struct server *server, const struct addr *addr)
{
    if (server->settings.allow_dup_ip)
        return false;
    for (const struct server *other = server->proxy->servers; other; other = other->next) {
        if (other == server || !other->resolve || (other->admin & ADMIN_MAINT) ||
            !addr_same_ip(&other->addr.addr, addr) || other->addr.addr.port != server->addr.addr.port)
            continue;
        if (other->addr.host && server->addr.host && strcmp(other->addr.host, server->addr.host) == 0)
            return true;
    }
    return false;
}

static bool is_preferred(const struct server *server, const struct addr *addr)
{
    for (const struct server_net *net = server->settings.nets; net; net = net->next) {
        struct addr masked = *addr, network = net->network;
        if (addr->family != network.family)
            continue;
        addr_mask(&masked, net->bits);
        addr_mask(&network, net->bits);
        if (addr_same_ip(&masked, &network))
            return true;
    }
    return false;
}

/* The address that the server has goes before others, and one of a preferred network before that. */
static const struct addr *choose(const struct server *server, const struct resolution *resolution)
{
    const struct addr *best = NULL;
    unsigned most = 0;
    for (unsigned i = 0; i < resolution->count; i++) {
        const struct addr *addr = &resolution->records[i].addr;
        bool own = addr_same_ip(addr, &server->addr.addr);
        if (!own && is_taken(server, addr))
            continue;
        unsigned points = 1 + own + 2 * is_preferred(server, addr);
        if (points <= most)
            continue;
        most = points;
        best = addr;
    }
    return best;
}

static bool is_in(const struct resolution *resolution, const struct addr *addr)
{
    for (unsigned i = 0; i < resolution->count; i++) {
        if (addr_same_ip(&resolution->records[i].addr, addr))
            return true;
    }
    return false;
}

static void set_ip(struct server_resolve *resolve, const struct addr *addr, struct nameserver *nameserver,
                   const char *by)
{
    struct server *server = resolve->server;
    char before[ADDR_TEXT_MAX] = "(none)", after[ADDR_TEXT_MAX];
    if (addr_same_ip(addr, &server->addr.addr))
        return;
    if (addr_is_ip(&server->addr.addr))
        addr_print_ip(&server->addr.addr, before, sizeof(before));
    addr_print_ip(addr, after, sizeof(after));
    uint16_t port = server->addr.addr.port;
    server->addr.addr = *addr;
    server->addr.addr.port = port;
    if (nameserver)
        nameserver->counters.update++;
    say(resolve, LOG_NOTICE, "%s/%s changed its IP from %s to %s by %s.", server->proxy->name, server->name,
        before, after, by);
    server_conn_purge(server);
    server_pick_changed(server);
}

static void take_answer(struct server_resolve *resolve, const struct resolution *resolution)
{
    struct server *server = resolve->server;
    uint64_t obsolete_ns = resolution->resolvers->settings.hold_obsolete * NS_PER_MS;
    bool has_one = addr_is_ip(&server->addr.addr) && !(server->admin & ADMIN_RESOLVE_MAINT);
    if (is_in(resolution, &server->addr.addr))
        resolve->seen_ns = now(resolve);
    else if (has_one && resolve->seen && obsolete_ns && now(resolve) < resolve->seen_ns + obsolete_ns)
        return; /* it may come back */
    const struct addr *chosen = choose(server, resolution);
    if (!chosen) {
        go_to_maintenance(resolve, "No IP for server");
        return;
    }
    char by[160];
    struct buf text = { by, 0, sizeof(by) - 1, sizeof(by) - 1, false };
    buf_printf(&text, "%s/%s", resolution->resolvers->name, resolution->by->name);
    resolve->seen_ns = now(resolve);
    resolve->seen = true;
    set_ip(resolve, chosen, resolution->by, text.failed ? resolution->resolvers->name : by);
    leave_maintenance(resolve);
}

struct hold {
    uint64_t ms;
    const char *why;
};

static struct hold hold_of(const struct resolution *resolution)
{
    const struct resolver_settings *settings = &resolution->resolvers->settings;
    if (resolution->timed_out)
        return (struct hold){ settings->hold_timeout, "DNS timeout status" };
    switch (resolution->status) {
    case DNS_NX:
        return (struct hold){ settings->hold_nx, "DNS NX status" };
    case DNS_REFUSED:
        return (struct hold){ settings->hold_refused, "DNS refused status" };
    default:
        return (struct hold){ settings->hold_other, "unspecified DNS error" };
    }
}

static void host_changed(struct resolve_user *user)
{
    struct server_resolve *resolve = CONTAINER_OF(user, struct server_resolve, user);
    const struct resolution *resolution = user->resolution;
    if (resolution->status == DNS_OK) {
        take_answer(resolve, resolution);
        return;
    }
    struct hold hold = hold_of(resolution);
    if (now(resolve) >= resolve->seen_ns + hold.ms * NS_PER_MS)
        go_to_maintenance(resolve, hold.why);
}

static bool ask_host(struct server_resolve *resolve, const char *name)
{
    const struct server_settings *settings = &resolve->server->settings;
    resolve->user.changed = host_changed;
    return resolver_join(settings->resolvers, name,
                         settings->resolve_family == ADDR_IPV4 ? RESOLVE_IPV4 : RESOLVE_IPV6, false,
                         &resolve->user);
}

/* ---- services ---- */

static struct server_resolve *find_target(const struct service *service, const struct dns_record *record)
{
    for (struct server *server = service->proxy->servers; server; server = server->next) {
        struct server_resolve *resolve = server->resolve;
        if (resolve && resolve->service == service && server->addr.addr.port == record->port &&
            strcmp(resolve->target, record->target) == 0)
            return resolve;
    }
    return NULL;
}

static struct server_resolve *find_free(const struct service *service)
{
    for (struct server *server = service->proxy->servers; server; server = server->next) {
        struct server_resolve *resolve = server->resolve;
        if (resolve && resolve->service == service && !resolve->target[0])
            return resolve;
    }
    return NULL;
}

/* 0 to 65535 of DNS as 0 to 256 of ours. */
static void set_weight(struct server *server, const struct dns_record *record)
{
    int64_t weight = (record->weight + 255) / 256;
    if (server->settings.ignore_weight || server->weight_now == weight)
        return;
    server->weight_now = weight;
    server_pick_changed(server);
}

static void give_target(struct server_resolve *resolve, const struct dns_record *record, const char *by)
{
    struct server *server = resolve->server;
    memcpy(resolve->target, record->target, sizeof(resolve->target));
    server->addr.host = resolve->target;
    server->addr.addr.port = record->port;
    server->addr.port_given = true;
    if (record->addr.family == ADDR_NONE) {
        if (!ask_host(resolve, resolve->target)) /* no memory: free again, for the next answer */
            resolve->target[0] = '\0';
        return;
    }
    set_ip(resolve, &record->addr, NULL, by);
    leave_maintenance(resolve);
}

static void take_target(struct server_resolve *resolve)
{
    resolver_leave(&resolve->user);
    resolve->target[0] = '\0';
    resolve->server->addr.addr.family = ADDR_NONE;
    go_to_maintenance(resolve, "entry removed from SRV record");
}

static void service_changed(struct resolve_user *user)
{
    struct service *service = CONTAINER_OF(user, struct service, user);
    const struct resolution *resolution = user->resolution;
    const struct resolver_settings *settings = &resolution->resolvers->settings;
    uint64_t time = engine_now(service->engine);
    uint64_t hold_ms = resolution->status == DNS_OK ? settings->hold_obsolete : hold_of(resolution).ms;
    for (unsigned i = 0; i < resolution->count && resolution->status == DNS_OK; i++) {
        const struct dns_record *record = &resolution->records[i];
        struct server_resolve *resolve = find_target(service, record);
        if (resolve && record->addr.family != ADDR_NONE)
            set_ip(resolve, &record->addr, NULL, "DNS additional record");
        if (!resolve && (resolve = find_free(service)))
            give_target(resolve, record, "DNS additional record");
        if (!resolve)
            continue; /* more targets than servers */
        resolve->seen_ns = time;
        set_weight(resolve->server, record);
    }
    for (struct server *server = service->proxy->servers; server; server = server->next) {
        struct server_resolve *resolve = server->resolve;
        if (resolve && resolve->service == service && resolve->target[0] && resolve->seen_ns != time &&
            time >= resolve->seen_ns + hold_ms * NS_PER_MS)
            take_target(resolve);
    }
}

static struct service *service_of(struct engine *engine, struct server *server)
{
    struct service **end = &engine->services;
    for (; *end; end = &(*end)->next) {
        if ((*end)->proxy == server->proxy && (*end)->resolvers == server->settings.resolvers &&
            strcmp((*end)->name, server->addr.host) == 0)
            return *end;
    }
    struct service *service = mem_zero(sizeof(*service));
    if (!service)
        return NULL;
    *service = (struct service){ .engine = engine,
                                 .proxy = server->proxy,
                                 .name = server->addr.host,
                                 .resolvers = server->settings.resolvers };
    list_init(&service->user.link);
    service->user.changed = service_changed;
    if (!resolver_join(service->resolvers, service->name, RESOLVE_SERVICE, true, &service->user)) {
        mem_free(service);
        return NULL;
    }
    return *end = service;
}

/* ---- life ---- */

static struct server_resolve *create(struct engine *engine, struct server *server)
{
    struct server_resolve *resolve = mem_zero(sizeof(*resolve));
    if (!resolve)
        return NULL;
    server->resolve = resolve;
    resolve->engine = engine;
    resolve->server = server;
    resolve->seen_ns = engine_now(engine);
    list_init(&resolve->user.link);
    return resolve;
}

static bool start(struct engine *engine, struct server *server)
{
    struct server_resolve *resolve = create(engine, server);
    if (!resolve)
        return false;
    if (server->addr.host[0] != '_')
        return ask_host(resolve, server->addr.host);
    server->admin |= ADMIN_RESOLVE_MAINT;
    server_recount(server);
    resolve->service = service_of(engine, server);
    return resolve->service != NULL;
}

bool server_resolve_start(struct engine *engine)
{
    struct configuration *configuration = engine->configuration;
    for (struct dict_entry *entry = dict_next(&configuration->resolvers, NULL); entry;
         entry = dict_next(&configuration->resolvers, entry))
        resolvers_start(entry->value, engine->loop);
    for (struct proxy *proxy = configuration->proxies; proxy; proxy = proxy->next) {
        for (struct server *server = proxy->servers; server; server = server->next) {
            if (server->settings.resolvers && server->addr.host && !start(engine, server))
                return false;
        }
    }
    return true;
}

void server_resolve_stop(struct engine *engine)
{
    struct configuration *configuration = engine->configuration;
    for (struct dict_entry *entry = dict_next(&configuration->resolvers, NULL); entry;
         entry = dict_next(&configuration->resolvers, entry))
        resolvers_stop(entry->value);
    for (struct proxy *proxy = configuration->proxies; proxy; proxy = proxy->next) {
        for (struct server *server = proxy->servers; server; server = server->next) {
            mem_free(server->resolve);
            server->resolve = NULL;
        }
    }
    while (engine->services) {
        struct service *service = engine->services;
        engine->services = service->next;
        mem_free(service);
    }
}

/* ---- names that change ---- */

static bool is_name(const char *name)
{
    struct buf query = BUF_INIT;
    bool good = dns_message_query(name, DNS_A, 0, 512, &query);
    buf_finish(&query);
    return good;
}

bool server_resolve_rename(struct engine *engine, struct server *server, const char *name)
{
    struct server_resolve *resolve = server->resolve;
    if (!server->settings.resolvers || !is_name(name) || strlen(name) > DNS_NAME_MAX)
        return false;
    if (!resolve)
        resolve = create(engine->first, server);
    if (!resolve || resolve->service)
        return false;
    resolver_leave(&resolve->user);
    if (!ask_host(resolve, name))
        return false;
    memcpy(resolve->target, name, strlen(name) + 1);
    server->addr.host = resolve->target;
    resolve->seen_ns = now(resolve);
    resolve->seen = false;
    return true;
}

const char *server_resolve_service(const struct server *server)
{
    return server->resolve && server->resolve->service ? server->resolve->service->name : NULL;
}

void server_resolve_resume(struct server *server, const char *target, const struct addr *addr)
{
    struct server_resolve *resolve = server->resolve;
    if (!is_name(target) || strlen(target) > DNS_NAME_MAX || !ask_host(resolve, target))
        return;
    memcpy(resolve->target, target, strlen(target) + 1);
    server->addr.host = resolve->target;
    server->addr.addr.port = addr->port;
    server->addr.port_given = true;
    resolve->seen_ns = now(resolve);
    if (!addr_is_ip(addr))
        return;
    server->addr.addr = *addr;
    server->admin &= ~(unsigned)ADMIN_RESOLVE_MAINT;
    server->state = SERVER_RUNNING;
}
