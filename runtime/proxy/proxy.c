/* Sections: how one begins with what its defaults hand down, and how it is found by name. */
#include "proxy/proxy.h"
#include "base/units.h"
#include "proxy/balance_row.h"
#include "proxy/configuration.h"
#include "proxy/server.h"
#include "table/stick_table.h"

static void set_usual(struct proxy_settings *settings)
{
    *settings = (struct proxy_settings){
        .mode = MODE_TCP,
        .http_connection_mode = HTTP_KEEP_ALIVE,
        .reuse = REUSE_SAFE,
        .retries = 3,
        .redispatch_after = 0,
        .max_keep_alive_queue = -1,
        .max_session_srv_conns = 5,
        .retry_on = RETRY_CONN_FAILURE,
        .tcp_smart_accept = true,
        .email_alert.level = LOG_ALERT,
    };
}

void proxy_usual_server(struct server_settings *settings)
{
    *settings = (struct server_settings){
        .weight = 1,
        .inter = 2000,
        .rise = 2,
        .fall = 3,
        .pool_max_conn = -1,
        .pool_purge_delay = 5000,
        .max_reuse = -1,
        .error_limit = 10,
        .stick = true,
    };
    settings->check_addr.fd = -1;
}

/* Rules of a named defaults section stand before the section's own; those of a side that is not there are left out. */
static void inherit_rules(struct proxy *proxy, const struct proxy *defaults)
{
    struct arena *arena = &proxy->configuration->arena;
    bool front = proxy->sides & (PROXY_FRONT | PROXY_DEFAULTS),
         back = proxy->sides & (PROXY_BACK | PROXY_DEFAULTS);
    if (front) {
        ruleset_append(&proxy->tcp_connection, &defaults->tcp_connection, arena);
        ruleset_append(&proxy->tcp_session, &defaults->tcp_session, arena);
    }
    if (back)
        ruleset_append(&proxy->tcp_response, &defaults->tcp_response, arena);
    ruleset_append(&proxy->tcp_content, &defaults->tcp_content, arena);
    ruleset_append(&proxy->http_request, &defaults->http_request, arena);
    ruleset_append(&proxy->http_response, &defaults->http_response, arena);
    ruleset_append(&proxy->http_after_response, &defaults->http_after_response, arena);
}

void proxy_add_capture(struct proxy *proxy, bool response, struct capture *capture)
{
    struct capture **end = response ? &proxy->response_captures : &proxy->request_captures;
    unsigned *count = response ? &proxy->response_capture_count : &proxy->request_capture_count;
    while (*end)
        end = &(*end)->next;
    capture->index = (*count)++;
    *end = capture;
}

/* Slots that rules of the defaults made: those rules know them by number. */
static void inherit_captures(struct proxy *proxy, const struct proxy *defaults)
{
    for (const struct capture *slot = defaults->request_captures; slot; slot = slot->next) {
        struct capture *copy = arena_need(&proxy->configuration->arena, sizeof(*copy));
        *copy = *slot;
        copy->next = NULL;
        proxy_add_capture(proxy, false, copy);
    }
}

struct proxy *proxy_create(struct configuration *configuration, unsigned sides, const char *name,
                           struct diag_place at, struct proxy *defaults)
{
    struct arena *arena = &configuration->arena;
    struct proxy *proxy = arena_need(arena, sizeof(*proxy));
    proxy->configuration = configuration;
    proxy->name = arena_need_copy(arena, str_of(name));
    proxy->sides = sides;
    proxy->at = at;
    proxy->defaults = defaults;
    proxy->default_server = arena_need(arena, sizeof(*proxy->default_server));
    list_init(&proxy->queue);
    if (!defaults) {
        set_usual(&proxy->settings);
        proxy_usual_server(proxy->default_server);
        return proxy;
    }
    proxy->settings = defaults->settings;
    *proxy->default_server = *defaults->default_server;
    inherit_rules(proxy, defaults);
    if (sides & PROXY_FRONT)
        inherit_captures(proxy, defaults);
    return proxy;
}

void proxy_destroy(struct proxy *proxy)
{
    struct ruleset *sets[] = { &proxy->tcp_connection,      &proxy->tcp_session,  &proxy->tcp_content,
                               &proxy->tcp_response,        &proxy->http_request, &proxy->http_response,
                               &proxy->http_after_response, &proxy->stats };
    for (size_t i = 0; i < COUNT_OF(sets); i++)
        ruleset_finish(sets[i]);
    const struct balance_row *balance = proxy->settings.balance;
    if (balance && balance->finish && proxy->balance_state)
        balance->finish(proxy);
    dict_finish(&proxy->servers_by_name);
    stick_table_destroy(proxy->table);
}

static struct proxy *find_by_id(const struct configuration *configuration, const char *text, unsigned sides)
{
    int64_t id;
    if (!units_parse_int(str_of(text), 1, INT32_MAX, &id))
        return NULL;
    for (struct proxy *proxy = configuration->proxies; proxy; proxy = proxy->next) {
        if (proxy->id == id && (proxy->sides & sides) == sides)
            return proxy;
    }
    return NULL;
}

struct proxy *proxy_find(const struct configuration *configuration, const char *name, unsigned sides)
{
    if (name[0] == '#')
        return find_by_id(configuration, name + 1, sides);
    struct proxy *proxy = dict_get(&configuration->proxies_by_name, str_of(name));
    while (proxy && (proxy->sides & sides) != sides)
        proxy = proxy->same_name;
    return proxy;
}

struct server *proxy_server(const struct proxy *proxy, const char *name)
{
    return dict_get(&proxy->servers_by_name, str_of(name));
}

const struct http_reply *proxy_error_reply(const struct proxy *proxy, int status)
{
    int index = http_reply_index(status);
    if (index < 0)
        index = REPLY_500;
    if (proxy->settings.error_replies[index])
        return proxy->settings.error_replies[index];
    return &proxy->configuration->usual_replies[index];
}

const char *proxy_type_name(const struct proxy *proxy)
{
    switch (proxy->sides & (PROXY_FRONT | PROXY_BACK | PROXY_DEFAULTS)) {
    case PROXY_FRONT:
        return "frontend";
    case PROXY_BACK:
        return "backend";
    case PROXY_FRONT | PROXY_BACK:
        return "proxy";
    default:
        return "defaults";
    }
}
