/* Converters that look at backends: a backend of three servers, one of them a backup. */
#include "converters/conv_test.h"
#include "proxy/proxy.h"
#include "proxy/server.h"

static struct proxy backend;
static struct server servers[3];

static void begin(struct conv_world *world)
{
    conv_test_begin(world, NULL);
    memset(&backend, 0, sizeof(backend));
    memset(servers, 0, sizeof(servers));
    backend.sides = PROXY_BACK;
    backend.servers = servers;
    for (unsigned i = 0; i < 3; i++) {
        servers[i].next = i < 2 ? &servers[i + 1] : NULL;
        servers[i].weight_now = 1;
        servers[i].state = SERVER_RUNNING;
    }
    servers[2].settings.backup = true;
    servers[1].queue_count = 4;
    EXPECT(dict_set(&world->configuration.proxies_by_name, STR("web"), &backend));
    EXPECT(dict_set(&backend.servers_by_name, STR("s2"), &servers[1]));
    world->context.proxy = &backend;
}

static void expect(struct conv_world *world, const char *expression, const char *result)
{
    struct conv_case one = { expression, result };
    conv_test_one(world, &one);
}

static void finish(struct conv_world *world)
{
    dict_finish(&backend.servers_by_name);
    dict_finish(&world->configuration.proxies_by_name);
    conv_test_end(world);
}

static void usable_servers_are_counted(void)
{
    struct conv_world world;
    begin(&world);
    expect(&world, "str(web),nbsrv", "2");
    expect(&world, "str(nope),nbsrv", NULL);
    servers[0].admin = ADMIN_DRAIN;
    expect(&world, "str(web),nbsrv", "1");
    servers[1].weight_now = 0;
    expect(&world, "str(web),nbsrv", "1"); /* the backup */
    servers[2].state = SERVER_STOPPED;
    expect(&world, "str(web),nbsrv", "0");
    finish(&world);
}

static void queues_are_read(void)
{
    struct conv_world world;
    begin(&world);
    expect(&world, "str(web/s2),srv_queue", "4");
    expect(&world, "str(s2),srv_queue", "4");
    expect(&world, "str(web/s9),srv_queue", NULL);
    expect(&world, "str(nope/s2),srv_queue", NULL);
    finish(&world);
}

const struct test_row tests[] = {
    { "usable servers are counted", usable_servers_are_counted },
    { "queues are read", queues_are_read },
    { 0 },
};
