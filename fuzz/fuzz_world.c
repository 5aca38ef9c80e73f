/* A proxy between clients and servers that do what the input says. The first byte picks a configuration; then come
 * records that end with a byte 0xFF:
 *
 *   T...  answers to the world's choices (only as the first record)
 *   L.    links cut what is sent into segments of so many bytes, and reads and writes are short by choice
 *   n.    a new client, of frontend byte % 2; it is the current one
 *   c...  the current client sends this          o...  the same, byte by byte
 *   h     it ends its sending                    x, r  it closes, it resets
 *   s...  the current server connection sends    A     it answers 200 with a short body
 *   H     it ends its sending                    X, R  it closes, it resets
 *   t.    time passes: byte * 20 ms
 *
 * Held to: no crash, no livelock; what a server receives is a row of well-formed requests that all went through the
 * frontend's rules, what a client receives a row of answers to its own, as the plain reader sees them; when all peers are gone so are the proxy's descriptors; it stops. */
#include "base/units.h"
#include "fuzz.h"
#include "judge.h"
#include "proxy_world.h"

enum { INPUT_MAX = 4096, CLIENTS_MAX = 8, SERVERS_MAX = 16 };

struct side {
    plat_sock sock; /* PLAT_NO_SOCK: closed */
    struct buf received;
    struct buf sent; /* a client's */
    bool http;       /* through mode http */
};

struct play {
    struct proxy_world pw;
    struct addr front[2];
    plat_sock http_server, tcp_server;
    struct side clients[CLIENTS_MAX], servers[SERVERS_MAX];
    unsigned client_count, server_count;
};

#define COMMON                                                                                               \
    "defaults\n timeout client 2s\n timeout server 2s\n timeout connect 500ms\n timeout http-request 1s\n"   \
    " timeout queue 500ms\n retries 1\n"
#define TCP_PART                                                                                             \
    "frontend tcp\n mode tcp\n bind fd@${tcp}\n default_backend tb\nbackend tb\n mode tcp\n server t "       \
    "127.0.0.1:%u\n"
#define VIA " http-request set-header x-via 1\n"

static const char *const confs[] = {
    COMMON "frontend fe\n mode http\n bind fd@${fe}\n" VIA " default_backend be\n"
           "backend be\n mode http\n server s 127.0.0.1:%u\n" TCP_PART,
    COMMON "frontend fe\n mode http\n bind fd@${fe}\n" VIA " option httplog\n log 127.0.0.1:514 local0\n"
           " option http-buffer-request\n default_backend be\n"
           "backend be\n mode http\n retry-on all-retryable-errors\n http-reuse always\n"
           " http-response set-header x-back 1\n server s 127.0.0.1:%u maxconn 1\n" TCP_PART,
    "global\n tune.bufsize 1024\n tune.maxrewrite 256\n" COMMON
    "frontend fe\n mode http\n bind fd@${fe} accept-proxy\n" VIA
    " option forwardfor\n http-request replace-header host (.*) x\\1\n http-request set-path /p%%[path]\n "
    "default_backend be\n"
    "backend be\n mode http\n option http-server-close\n server s 127.0.0.1:%u\n" TCP_PART,
    COMMON
    "frontend fe\n mode http\n bind fd@${fe}\n" VIA
    " http-request wait-for-body time 300ms\n http-request deny if { req.body_len gt 100 }\n"
    " http-request return status 200 content-type text/plain lf-string '%%[req.body]' if { path /echo }\n"
    " http-response return status 404 if { status 404 }\n default_backend be\n"
    "backend be\n mode http\n option httpclose\n server s 127.0.0.1:%u send-proxy-v2\n" TCP_PART,
    /* rules at odds with the framing */
    COMMON
    "frontend fe\n mode http\n bind fd@${fe}\n" VIA
    " http-request del-header content-length if { path_beg /l }\n"
    " http-request del-header transfer-encoding if { path_beg /t }\n"
    " http-request set-header content-length 3 if { path_beg /s }\n"
    " http-request add-header transfer-encoding chunked if { path_beg /c }\n"
    " http-request set-method HEAD if { path_beg /h }\n http-request set-method GET if { path_beg /g }\n"
    " http-response set-status 204 if { status 201 }\n http-response set-status 200 if { status 204 }\n"
    " http-response del-header content- -m beg if { status 202 }\n"
    " http-response set-header content-length 3 if { status 203 }\n"
    " http-response del-header transfer-encoding if { status 205 }\n default_backend be\n"
    "backend be\n mode http\n http-reuse always\n server s 127.0.0.1:%u\n" TCP_PART,
};

static void open_play(struct play *play, unsigned which)
{
    struct buf conf = BUF_INIT;
    struct addr http, tcp;
    play->http_server = proxy_world_listen(&play->pw, &http);
    play->tcp_server = proxy_world_listen(&play->pw, &tcp);
    proxy_world_inherit(&play->pw, "fe", &play->front[0]);
    proxy_world_inherit(&play->pw, "tcp", &play->front[1]);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    buf_printf(&conf, confs[which % COUNT_OF(confs)], http.port, tcp.port);
#pragma GCC diagnostic pop
    bool serves = proxy_world_start(&play->pw, buf_str(&conf), NULL);
    FUZZ_EXPECT(serves);
    buf_finish(&conf);
}

static void shut(struct play *play, struct side *side, bool by_reset)
{
    if (side->sock == PLAT_NO_SOCK)
        return;
    if (by_reset)
        (void)net_set_option(play->pw.peers, side->sock, PLAT_LINGER_RESET, 1);
    net_close(play->pw.peers, side->sock);
    side->sock = PLAT_NO_SOCK;
}

static void read_side(struct play *play, struct side *side)
{
    if (side->sock != PLAT_NO_SOCK)
        (void)proxy_world_read(&play->pw, side->sock, &side->received);
}

static void accept_at(struct play *play, plat_sock listener, bool http)
{
    for (;;) {
        enum io_status status;
        plat_sock sock = net_accept(play->pw.peers, listener, NULL, &status);
        if (sock == PLAT_NO_SOCK)
            return;
        if (play->server_count == SERVERS_MAX)
            net_close(play->pw.peers, sock);
        else
            play->servers[play->server_count++] = (struct side){ .sock = sock, .http = http };
    }
}

static void pass(struct play *play, uint64_t ns)
{
    FUZZ_EXPECT(proxy_world_run(&play->pw, ns));
    accept_at(play, play->http_server, true);
    accept_at(play, play->tcp_server, false);
    for (unsigned i = 0; i < play->client_count; i++)
        read_side(play, &play->clients[i]);
    for (unsigned i = 0; i < play->server_count; i++)
        read_side(play, &play->servers[i]);
}

static void write_slowly(struct play *play, struct side *side, struct str bytes)
{
    for (size_t i = 0; i < bytes.size; i++) {
        proxy_world_write(&play->pw, side->sock, str_slice(bytes, i, 1));
        buf_add_char(&side->sent, bytes.data[i]);
        pass(play, NS_PER_MS / 10);
    }
}

static void cut_links(struct play *play, uint8_t byte)
{
    struct net_link link = net_get_link(play->pw.net, NULL, NULL);
    link.segment_max = byte % 64 + 1u;
    link.random_segments = byte & 64;
    link.short_reads = link.short_writes = byte & 128;
    net_set_link(play->pw.net, NULL, NULL, &link);
}

static void new_client(struct play *play, uint8_t byte)
{
    plat_sock sock;
    if (play->client_count == CLIENTS_MAX)
        return;
    sock = proxy_world_connect(&play->pw, &play->front[byte % 2]);
    if (sock != PLAT_NO_SOCK)
        play->clients[play->client_count++] = (struct side){ .sock = sock, .http = !(byte % 2) };
}

static void client_does(struct play *play, char what, struct str bytes)
{
    if (!play->client_count)
        new_client(play, 0);
    struct side *client = &play->clients[play->client_count - 1];
    if (client->sock == PLAT_NO_SOCK)
        return;
    if (what == 'c') {
        proxy_world_write(&play->pw, client->sock, bytes);
        buf_add(&client->sent, bytes);
    } else if (what == 'o') {
        write_slowly(play, client, bytes);
    } else if (what == 'h') {
        (void)net_shutdown(play->pw.peers, client->sock, PLAT_SHUT_WRITE);
    } else {
        shut(play, client, what == 'r');
    }
}

static void server_does(struct play *play, char what, struct str bytes)
{
    if (!play->server_count)
        return;
    struct side *server = &play->servers[play->server_count - 1];
    if (server->sock == PLAT_NO_SOCK)
        return;
    if (what == 's')
        proxy_world_write(&play->pw, server->sock, bytes);
    else if (what == 'A')
        proxy_world_write(&play->pw, server->sock, STR("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"));
    else if (what == 'H')
        (void)net_shutdown(play->pw.peers, server->sock, PLAT_SHUT_WRITE);
    else
        shut(play, server, what == 'R');
}

static void perform(struct play *play, struct str record)
{
    char what = record.data[0];
    struct str bytes = str_from(record, 1);
    uint8_t byte = bytes.size ? (uint8_t)bytes.data[0] : 0;
    if (what == 'n')
        new_client(play, byte);
    else if (what == 'L')
        cut_links(play, byte);
    else if (what == 't')
        pass(play, byte * 20 * NS_PER_MS);
    else if (strchr("cohxr", what))
        client_does(play, what, bytes);
    else if (strchr("sAHXR", what))
        server_does(play, what, bytes);
    pass(play, NS_PER_MS);
}

static void close_play(struct play *play, bool proxied, unsigned descriptors)
{
    struct net_host *host = sim_platform_host(sim_process_platform(play->pw.process));
    for (unsigned i = 0; i < play->client_count; i++)
        shut(play, &play->clients[i], false);
    for (unsigned i = 0; i < play->server_count; i++)
        shut(play, &play->servers[i], false);
    pass(play, 10 * NS_PER_S);
    for (unsigned i = 0; i < play->server_count; i++)
        shut(play, &play->servers[i], false);
    pass(play, 10 * NS_PER_S);
    FUZZ_EXPECT(sim_process_state(play->pw.process) == PROCESS_RUNNING);
    FUZZ_EXPECT(net_host_open_count(host) <= descriptors + 1); /* one for log lines */
    sim_process_signal(play->pw.process, PLAT_SIGNAL_USR1);
    pass(play, 10 * NS_PER_S);
    FUZZ_EXPECT(sim_process_state(play->pw.process) == PROCESS_ENDED);
    FUZZ_EXPECT(sim_process_exit_code(play->pw.process) == 0);
    for (unsigned i = 0; i < play->server_count; i++) {
        if (play->servers[i].http)
            judge_requests(buf_str(&play->servers[i].received), proxied);
        buf_finish(&play->servers[i].received);
    }
    for (unsigned i = 0; i < play->client_count; i++) {
        struct side *client = &play->clients[i];
        if (client->http)
            judge_responses(buf_str(&client->received), buf_str(&client->sent));
        buf_finish(&client->received);
        buf_finish(&client->sent);
    }
    proxy_world_close(&play->pw);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = fuzz_input_make(data, size < INPUT_MAX ? size : INPUT_MAX);
    unsigned which = fuzz_input_byte(&input) % COUNT_OF(confs);
    struct play play = { 0 };
    struct str first = STR_NONE;
    if (input.rest.size && input.rest.data[0] == 'T')
        first = fuzz_input_until(&input, (char)0xff);
    proxy_world_open(&play.pw, str_from(first, 1));
    open_play(&play, which);
    pass(&play, NS_PER_MS);
    unsigned descriptors = net_host_open_count(sim_platform_host(sim_process_platform(play.pw.process)));
    while (input.rest.size) {
        struct str record = fuzz_input_until(&input, (char)0xff);
        if (record.size && record.data[0])
            perform(&play, record);
    }
    close_play(&play, which == 3, descriptors);
    return 0;
}
