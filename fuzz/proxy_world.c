/* The world around a proxy under test. Real files stay out of sight as far as a target's own names go: the proxy's
 * folder exists in memory only. */
#include "proxy_world.h"
#include "base/units.h"
#include "fuzz.h"
#include <stdio.h>

enum { FIRST_INHERITED = 100, ARGUMENTS_MAX = 16, STEPS_MAX = 400000 };

#define CONF_PATH "/fuzz/proxy.cfg"

static uint32_t choose(struct world_source *source, const struct world_choice *question, uint32_t bound)
{
    struct proxy_world_tape *tape = CONTAINER_OF(source, struct proxy_world_tape, base);
    (void)question;
    if (bound < 2 || !tape->rest.size)
        return 0;
    uint32_t byte = (uint8_t)tape->rest.data[0];
    tape->rest = str_from(tape->rest, 1);
    return byte % bound;
}

void proxy_world_open(struct proxy_world *pw, struct str tape)
{
    const struct world_options options = { .seed = 1, .step_limit = STEPS_MAX };
    *pw = (struct proxy_world){ .tape = { { choose }, tape }, .next_inherited = FIRST_INHERITED };
    pw->world = world_create(&options);
    world_set_source(pw->world, &pw->tape.base);
    pw->net = net_create(pw->world);
    pw->peers = net_host_create(pw->net, "peers");
    pw->process = sim_process_create(pw->world, pw->net, "h1");
}

void proxy_world_close(struct proxy_world *pw)
{
    sim_process_destroy(pw->process);
    net_host_destroy(pw->peers);
    net_destroy(pw->net);
    world_destroy(pw->world);
}

plat_sock proxy_world_listen(struct proxy_world *pw, struct addr *addr)
{
    struct plat_listen how = { .backlog = 100, .unix_uid = -1, .unix_gid = -1 };
    enum io_status status;
    bool parsed = addr_parse_ip(STR("127.0.0.1"), &how.addr);
    plat_sock sock = net_listen(pw->peers, &how, &status);
    CHECK(parsed && sock != PLAT_NO_SOCK);
    status = net_names(pw->peers, sock, addr, NULL);
    CHECK(status == IO_OK);
    return sock;
}

void proxy_world_inherit(struct proxy_world *pw, const char *name, struct addr *addr)
{
    struct sim_platform *sim = sim_process_platform(pw->process);
    char number[16];
    plat_sock sock = proxy_world_listen(pw, addr);
    snprintf(number, sizeof(number), "%d", pw->next_inherited);
    sim_platform_setenv(sim, name, number);
    sim_platform_inherit(sim, pw->next_inherited++, pw->peers, sock);
}

void proxy_world_file(struct proxy_world *pw, const char *path, struct str data)
{
    sim_platform_file(sim_process_platform(pw->process), path, data);
}

bool proxy_world_start(struct proxy_world *pw, struct str conf, const char *const *options)
{
    const char *argv[ARGUMENTS_MAX] = { "lockstep" };
    int argc = 1;
    while (options && *options)
        argv[argc++] = *options++;
    argv[argc++] = "-f";
    argv[argc++] = CONF_PATH;
    CHECK(argc < ARGUMENTS_MAX);
    proxy_world_file(pw, CONF_PATH, conf);
    sim_process_start(pw->process, argc, argv);
    return sim_process_state(pw->process) == PROCESS_RUNNING;
}

plat_sock proxy_world_connect(struct proxy_world *pw, const struct addr *to)
{
    struct plat_connect how = { .to = *to };
    enum io_status status;
    plat_sock sock = net_connect(pw->peers, &how, &status);
    FUZZ_EXPECT(proxy_world_run(pw, NS_PER_MS));
    return sock;
}

bool proxy_world_run(struct proxy_world *pw, uint64_t for_ns)
{
    uint64_t end = world_now(pw->world) + for_ns;
    while (world_next(pw->world) <= end) {
        if (!world_step(pw->world) || world_exhausted(pw->world))
            return !world_exhausted(pw->world);
    }
    world_advance(pw->world, end);
    return true;
}

bool proxy_world_read(struct proxy_world *pw, plat_sock sock, struct buf *out)
{
    for (;;) {
        char block[4096];
        struct io_vec vec = { block, sizeof(block) };
        struct io_result got = net_read(pw->peers, sock, &vec, 1);
        if (got.status != IO_OK)
            return got.status == IO_WOULD_BLOCK;
        buf_add(out, str_make(block, got.size));
    }
}

void proxy_world_write(struct proxy_world *pw, plat_sock sock, struct str bytes)
{
    while (bytes.size) {
        struct io_vec vec = { (char *)(uintptr_t)bytes.data, bytes.size };
        struct io_result put = net_write(pw->peers, sock, &vec, 1, false);
        if (put.status != IO_OK)
            return;
        bytes = str_from(bytes, put.size);
    }
}
