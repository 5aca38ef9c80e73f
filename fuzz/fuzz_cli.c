/* Commands of the management socket, by an administrator who may write anything: each connection is answered and ends,
 * and the proxy goes on serving. The input is what is sent; a byte 0xFF ends a connection and begins the next. */
#include "base/units.h"
#include "fuzz.h"
#include "proxy_world.h"

enum { INPUT_MAX = 2048, CONNECTIONS_MAX = 8 };

static const char conf[] =
    "global\n stats socket fd@${cli} level admin\n stats timeout 5s\n"
    "defaults\n mode http\n timeout client 1s\n timeout server 1s\n timeout connect 1s\n"
    "frontend fe\n bind fd@${fe}\n acl listed src -f /fuzz/list\n http-request deny if listed\n"
    " http-request set-header x %[req.hdr(host),map(/fuzz/hosts.map)]\n default_backend be\n"
    "backend be\n balance roundrobin\n server s1 127.0.0.1:1\n server s2 127.0.0.1:2 backup\n";

static void converse(struct proxy_world *pw, const struct addr *to, struct str bytes)
{
    struct buf answer = BUF_INIT;
    plat_sock sock = proxy_world_connect(pw, to);
    proxy_world_write(pw, sock, bytes);
    net_shutdown(pw->peers, sock, PLAT_SHUT_WRITE);
    bool open = true;
    for (unsigned i = 0; i < 100 && open; i++) {
        FUZZ_EXPECT(proxy_world_run(pw, 200 * NS_PER_MS));
        open = proxy_world_read(pw, sock, &answer);
    }
    FUZZ_EXPECT(!open);
    net_close(pw->peers, sock);
    buf_finish(&answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = fuzz_input_make(data, size < INPUT_MAX ? size : INPUT_MAX);
    struct proxy_world pw;
    struct addr front, cli;
    proxy_world_open(&pw, STR_NONE);
    proxy_world_file(&pw, "/fuzz/hosts.map", STR("a.example one\nb.example two\n"));
    proxy_world_file(&pw, "/fuzz/list", STR("10.0.0.0/8\n::1\n"));
    proxy_world_inherit(&pw, "fe", &front);
    proxy_world_inherit(&pw, "cli", &cli);
    bool serves = proxy_world_start(&pw, str_of(conf), NULL);
    FUZZ_EXPECT(serves);
    for (unsigned i = 0; i < CONNECTIONS_MAX && input.rest.size; i++)
        converse(&pw, &cli, fuzz_input_until(&input, (char)0xff));
    FUZZ_EXPECT(sim_process_state(pw.process) == PROCESS_RUNNING);
    proxy_world_close(&pw);
    return 0;
}
