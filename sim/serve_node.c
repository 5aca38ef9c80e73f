/* Proxies in a served world: node_start, node_stop, node_signal, node_output, node_file. */
#include "base/mem.h"
#include "base/units.h"
#include "sim/serve.h"
#include "sim/sim_process.h"
#include <stdio.h>

enum { ARGUMENTS_MAX = 64 };

struct serve_node {
    struct list link;
    char name[64];
    struct sim_process *process;
    size_t told; /* bytes of its output that were told already */
};

static struct serve_node *node_find(struct serve *serve, struct str name)
{
    LIST_EACH (item, &serve->nodes) {
        struct serve_node *node = LIST_ITEM(item, struct serve_node, link);

        if (str_eq(name, str_of(node->name)))
            return node;
    }
    return NULL;
}

struct net_host *serve_node_host(struct serve *serve, struct str name)
{
    struct serve_node *node = node_find(serve, name);

    return node ? sim_platform_host(sim_process_platform(node->process)) : NULL;
}

static void node_remove(struct serve_node *node)
{
    list_remove(&node->link);
    sim_process_destroy(node->process);
    mem_free(node);
}

void serve_node_end_all(struct serve *serve)
{
    while (!list_empty(&serve->nodes))
        node_remove(LIST_ITEM(list_first(&serve->nodes), struct serve_node, link));
}

/* The member "name" as a proxy. NULL: refused. */
static struct serve_node *asked_node(struct serve *serve)
{
    struct serve_node *node;
    struct str name;

    if (!serve_text(serve, "name", NULL, &name))
        return NULL;
    node = node_find(serve, name);
    if (!node)
        serve_refuse(serve, "no proxy has the name '%.*s'", STR_ARG(name));
    return node;
}

/* State, exit code, and what was printed since the last telling. */
static void tell(struct serve *serve, struct serve_node *node)
{
    struct str output = sim_process_output(node->process);
    bool running = sim_process_state(node->process) == PROCESS_RUNNING;

    serve_add_flag(serve, "running", running);
    if (!running)
        serve_add_int(serve, "exit_code", sim_process_exit_code(node->process));
    if (sim_process_was_killed(node->process))
        serve_add_flag(serve, "killed", true);
    serve_add_text(serve, "output", str_from(output, node->told));
    node->told = output.size;
}

static bool text_members(struct serve *serve, const char *name, struct sim_platform *sim,
                         void (*give)(struct sim_platform *sim, const struct json *member))
{
    const struct json *object = json_member(serve->ask, name);

    for (const struct json *member = object ? object->first : NULL; member; member = member->next) {
        if (member->kind != JSON_STRING)
            return serve_refuse(serve, "'%s' wants an object of strings", name);
        give(sim, member);
    }
    return true;
}

static void give_file(struct sim_platform *sim, const struct json *member)
{
    sim_platform_file(sim, member->name.data, member->text);
}

static void give_variable(struct sim_platform *sim, const struct json *member)
{
    sim_platform_setenv(sim, member->name.data, member->text.data);
}

/* "listeners": names; each is a listening socket on 127.0.0.1, for `bind fd@${NAME}`. The answer's "ports" has them. */
static bool give_listeners(struct serve *serve, struct sim_platform *sim)
{
    const struct json *names = json_member(serve->ask, "listeners");
    struct net_host *host = serve_host(serve, STR("test"));
    struct buf ports = BUF_INIT;

    for (const struct json *name = names ? names->first : NULL; name; name = name->next) {
        struct plat_listen how = { .backlog = 100, .unix_uid = -1, .unix_gid = -1 };
        struct addr own;
        enum io_status status;
        char number[16];
        plat_sock sock;

        if (name->kind != JSON_STRING) {
            buf_finish(&ports);
            return serve_refuse(serve, "'listeners' wants an array of names");
        }
        CHECK(addr_parse_ip(STR("127.0.0.1"), &how.addr));
        sock = net_listen(host, &how, &status);
        CHECK(sock != PLAT_NO_SOCK && net_names(host, sock, &own, NULL) == IO_OK);
        snprintf(number, sizeof(number), "%d", serve->next_inherited);
        sim_platform_setenv(sim, name->text.data, number);
        sim_platform_inherit(sim, serve->next_inherited++, host, sock);
        buf_add_c(&ports, ports.size ? ", " : "");
        json_add_string(&ports, name->text);
        buf_printf(&ports, ": %u", own.port);
    }
    buf_printf(&serve->answer, ", \"ports\": {%.*s}", (int)ports.size, ports.data ? ports.data : "");
    buf_finish(&ports);
    return true;
}

/* "args" before -f; without them -d, so that it stays in the foreground of its world. */
static bool start_with_arguments(struct serve *serve, struct serve_node *node, const char *conf_path)
{
    const struct json *args = json_member(serve->ask, "args");
    const char *argv[ARGUMENTS_MAX + 1] = { "lockstep" };
    int argc = 1;

    if (!args)
        argv[argc++] = "-d";
    for (const struct json *arg = args ? args->first : NULL; arg; arg = arg->next) {
        if (arg->kind != JSON_STRING || argc >= ARGUMENTS_MAX - 2)
            return serve_refuse(serve, "'args' wants an array of up to %d strings", ARGUMENTS_MAX - 4);
        argv[argc++] = arg->text.data;
    }
    if (conf_path) {
        argv[argc++] = "-f";
        argv[argc++] = conf_path;
    }
    argv[argc] = NULL;
    sim_process_start(node->process, argc, argv);
    return true;
}

static bool op_node_start(struct serve *serve)
{
    struct serve_node *node;
    struct sim_platform *sim;
    struct str name, conf;
    char conf_path[128];

    if (!serve_text(serve, "name", NULL, &name) || !serve_text(serve, "conf", "", &conf))
        return false;
    node = node_find(serve, name);
    if (node && sim_process_state(node->process) == PROCESS_RUNNING)
        return serve_refuse(serve, "'%.*s' runs already", STR_ARG(name));
    if (node)
        node_remove(node);
    node = mem_need(sizeof(*node));
    str_to_c(name, node->name, sizeof(node->name));
    node->process = sim_process_create(serve->world, serve->net, node->name);
    list_add_last(&serve->nodes, &node->link);
    sim = sim_process_platform(node->process);
    snprintf(conf_path, sizeof(conf_path), "/sim/%s/cfg", node->name);
    if (conf.size)
        sim_platform_file(sim, conf_path, conf);
    if (!text_members(serve, "files", sim, give_file) || !text_members(serve, "env", sim, give_variable) ||
        !give_listeners(serve, sim) || !start_with_arguments(serve, node, conf.size ? conf_path : NULL)) {
        node_remove(node);
        return false;
    }
    serve_add_int(serve, "pid", sim_process_pid(node->process));
    tell(serve, node);
    return true;
}

static bool node_ended(struct serve *serve, void *data)
{
    struct serve_node *node = data;

    (void)serve;
    return sim_process_state(node->process) != PROCESS_RUNNING;
}

static const struct {
    const char *name;
    enum plat_signal signal;
} signals[] = {
    { "INT", PLAT_SIGNAL_INT },   { "TERM", PLAT_SIGNAL_TERM }, { "USR1", PLAT_SIGNAL_USR1 },
    { "USR2", PLAT_SIGNAL_USR2 }, { "HUP", PLAT_SIGNAL_HUP },   { "TTIN", PLAT_SIGNAL_TTIN },
    { "TTOU", PLAT_SIGNAL_TTOU }, { "QUIT", PLAT_SIGNAL_QUIT },
};

/* INT, or the signal that is asked for; after timeout_s (2 s) the proxy is killed. */
static bool op_node_stop(struct serve *serve)
{
    struct serve_node *node = asked_node(serve);
    uint64_t deadline;
    struct str signal;

    if (!node || !serve_deadline(serve, "timeout_s", 2, &deadline) ||
        !serve_text(serve, "signal", "INT", &signal))
        return false;
    for (size_t i = 0; i < COUNT_OF(signals); i++)
        if (str_eq(signal, str_of(signals[i].name)))
            sim_process_signal(node->process, signals[i].signal);
    if (!serve_wait(serve, deadline, node_ended, node))
        sim_process_kill(node->process);
    tell(serve, node);
    return true;
}

static bool op_node_signal(struct serve *serve)
{
    struct serve_node *node = asked_node(serve);
    struct str signal;

    if (!node || !serve_text(serve, "signal", NULL, &signal))
        return false;
    if (str_eq(signal, STR("KILL"))) {
        sim_process_kill(node->process);
        return true;
    }
    for (size_t i = 0; i < COUNT_OF(signals); i++) {
        if (!str_eq(signal, str_of(signals[i].name)))
            continue;
        sim_process_signal(node->process, signals[i].signal);
        return true;
    }
    return serve_refuse(serve, "'signal' wants INT TERM USR1 USR2 HUP TTIN TTOU QUIT or KILL");
}

static bool op_node_output(struct serve *serve)
{
    struct serve_node *node = asked_node(serve);

    if (node)
        tell(serve, node);
    return node != NULL;
}

/* A file that appears in, or with no text vanishes from, what the proxy sees. */
static bool op_node_file(struct serve *serve)
{
    struct serve_node *node = asked_node(serve);
    const struct json *text = json_member(serve->ask, "text");
    struct str path;

    if (!node || !serve_text(serve, "path", NULL, &path))
        return false;
    sim_platform_file(sim_process_platform(node->process), path.data,
                      text && text->kind == JSON_STRING ? text->text : STR_NONE);
    return true;
}

static bool op_node_host_name(struct serve *serve)
{
    struct serve_node *node = asked_node(serve);
    struct str host, ip;
    struct addr addr;

    if (!node || !serve_text(serve, "host", NULL, &host) || !serve_text(serve, "ip", NULL, &ip))
        return false;
    if (!addr_parse_ip(ip, &addr))
        return serve_refuse(serve, "'ip' wants an IP address");
    sim_platform_host_name(sim_process_platform(node->process), host.data, addr);
    return true;
}

const struct serve_row serve_node_rows[] = {
    { "node_start", op_node_start },
    { "node_stop", op_node_stop },
    { "node_signal", op_node_signal },
    { "node_output", op_node_output },
    { "node_file", op_node_file },
    { "node_host_name", op_node_host_name },
    { 0 },
};
