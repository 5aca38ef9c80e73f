/* What servers and agents answer to health checks, and the file with the servers' state. A byte picks the kind of check;
 * then come parts that end with a byte 0xFF: the state file, and answers, each for the next connection, an agent's when it
 * begins with '@' (which is not sent). Held to: no crash, no livelock; servers and agents are asked again whatever they
 * answered; the management socket knows the server; it stops. */
#include "base/units.h"
#include "fuzz.h"
#include "proxy_world.h"

enum { INPUT_MAX = 4096, CONNECTIONS_MAX = 64 };

static const char conf[] =
    "global\n stats socket fd@${cli} level admin\n server-state-file /fuzz/state\n"
    "defaults\n timeout client 1s\n timeout server 1s\n timeout connect 1s\n timeout check 500ms\n"
    " load-server-state-from-file global\n option log-health-checks\n log 127.0.0.1:514 local0\n"
    "backend be\n mode %s\n %s\n server s 127.0.0.1:%u check inter 200ms agent-check agent-port %u "
    "agent-inter 300ms"
    " agent-send hello\\n\n server t 127.0.0.1:1 weight 5 backup\n";

static const struct {
    const char *mode, *lines;
} kinds[] = {
    { "http", "option httpchk GET /\n http-check expect status 200-299,404" },
    { "http", "option httpchk\n http-check send meth POST uri /x ver HTTP/1.1 hdr host a body abc\n"
              " http-check expect rstring ^a+b\n http-check expect hdr name -m beg x- value -m sub y" },
    { "tcp", "option smtpchk EHLO a" },
    { "tcp", "option mysql-check user u" },
    { "tcp", "option mysql-check" },
    { "tcp", "option pgsql-check user u" },
    { "tcp", "option redis-check" },
    { "tcp", "option ldap-check" },
    { "tcp", "option spop-check" },
    { "tcp", "option ssl-hello-chk" },
    { "tcp", "option tcp-check\n tcp-check connect\n tcp-check expect min-recv 3 string +OK\n"
             " tcp-check send-lf %[res.payload(0,0),hex]\\n\n tcp-check set-var(check.a) res.payload(1,2)\n"
             " tcp-check expect rbinary ^4.4F\n tcp-check expect ! rstring no" },
};

struct play {
    struct proxy_world pw;
    struct addr cli;
    plat_sock servers, agents;
    struct fuzz_input input;
    plat_sock open[CONNECTIONS_MAX];
    unsigned open_count, server_asked, agent_asked;
    struct str answers[2]; /* of the server, of the agent: next ones */
};

static void open_play(struct play *play, unsigned kind, struct str state)
{
    struct buf text = BUF_INIT;
    struct addr server, agent;
    proxy_world_open(&play->pw, STR_NONE);
    play->servers = proxy_world_listen(&play->pw, &server);
    play->agents = proxy_world_listen(&play->pw, &agent);
    proxy_world_inherit(&play->pw, "cli", &play->cli);
    proxy_world_file(&play->pw, "/fuzz/state", state);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    buf_printf(&text, conf, kinds[kind].mode, kinds[kind].lines, server.port, agent.port);
#pragma GCC diagnostic pop
    bool started = proxy_world_start(&play->pw, buf_str(&text), NULL);
    FUZZ_EXPECT(started);
    buf_finish(&text);
}

/* The next answer that is for it; data NULL: none is left. */
static struct str next_answer(struct play *play, bool agent)
{
    struct fuzz_input rest = play->input;
    while (rest.rest.size) {
        struct str part = fuzz_input_until(&rest, (char)0xff);
        if (str_starts(part, STR("@")) != agent)
            continue;
        if (play->answers[agent].data && part.data <= play->answers[agent].data)
            continue;
        play->answers[agent] = part;
        return str_from(part, agent);
    }
    return STR_NONE;
}

static void answer_all(struct play *play, plat_sock listener, bool agent)
{
    enum io_status status;
    plat_sock sock;
    while ((sock = net_accept(play->pw.peers, listener, NULL, &status)) != PLAT_NO_SOCK) {
        struct str answer = next_answer(play, agent);
        (agent ? &play->agent_asked : &play->server_asked)[0]++;
        if (play->open_count == CONNECTIONS_MAX) {
            net_close(play->pw.peers, play->open[0]);
            memmove(&play->open[0], &play->open[1], --play->open_count * sizeof(play->open[0]));
        }
        play->open[play->open_count++] = sock;
        /* Half at once, half later; what ends with a byte 0 is the end. */
        proxy_world_write(&play->pw, sock, str_slice(answer, 0, answer.size / 2));
        FUZZ_EXPECT(proxy_world_run(&play->pw, NS_PER_MS));
        proxy_world_write(&play->pw, sock, str_from(answer, answer.size / 2));
        if (answer.size && answer.data[answer.size - 1] <= '\r')
            (void)net_shutdown(play->pw.peers, sock, PLAT_SHUT_WRITE);
    }
}

static void pass(struct play *play, unsigned rounds)
{
    for (unsigned i = 0; i < rounds; i++) {
        FUZZ_EXPECT(proxy_world_run(&play->pw, 50 * NS_PER_MS));
        answer_all(play, play->servers, false);
        answer_all(play, play->agents, true);
    }
}

/* Whether the server is in no maintenance, as the management socket has it. */
static bool is_active(struct play *play)
{
    struct buf answer = BUF_INIT;
    const struct str row = STR_INIT(" be 1 s ");
    plat_sock sock = proxy_world_connect(&play->pw, &play->cli);
    proxy_world_write(&play->pw, sock, STR("show servers state be; show stat be; show servers conn be\n"));
    FUZZ_EXPECT(proxy_world_run(&play->pw, 100 * NS_PER_MS));
    (void)proxy_world_read(&play->pw, sock, &answer);
    size_t at = str_find(buf_str(&answer), row);
    FUZZ_EXPECT(at != STR_NOT_FOUND);
    struct str rest = str_from(buf_str(&answer), at + row.size), admin;
    (void)str_split(&rest, ' '); /* its address */
    (void)str_split(&rest, ' '); /* its operational state */
    admin = str_split(&rest, ' ');
    bool active = str_eq(admin, STR("0"));
    net_close(play->pw.peers, sock);
    buf_finish(&answer);
    return active;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = fuzz_input_make(data, size < INPUT_MAX ? size : INPUT_MAX);
    struct play play = { .open_count = 0 };
    unsigned kind = fuzz_input_byte(&input) % COUNT_OF(kinds);
    struct str state = fuzz_input_until(&input, (char)0xff);
    play.input = input;
    open_play(&play, kind, state);
    pass(&play, 40);
    unsigned server_asked = play.server_asked, agent_asked = play.agent_asked;
    bool active = is_active(&play);
    pass(&play, 60);
    active &= is_active(&play) && !state.size; /* a file may have moved the server's port */
    FUZZ_EXPECT(!active || play.server_asked > server_asked);
    FUZZ_EXPECT(!active || play.agent_asked > agent_asked);
    FUZZ_EXPECT(sim_process_state(play.pw.process) == PROCESS_RUNNING);
    sim_process_signal(play.pw.process, PLAT_SIGNAL_INT);
    FUZZ_EXPECT(proxy_world_run(&play.pw, NS_PER_S));
    FUZZ_EXPECT(sim_process_state(play.pw.process) == PROCESS_ENDED);
    proxy_world_close(&play.pw);
    return 0;
}
