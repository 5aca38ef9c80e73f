/* The kernel as the judge of the simulated network: each script below runs on real loopback sockets and on simulated
 * ones, through the same driver and the same calls of the platform, and both must answer what the script says.
 *
 * A script is steps separated by ';'. A step is an operation, its arguments and, behind '=', the answer: it is asked
 * again until the answer comes or a time is over, so that nothing hangs on how fast the kernel is. What must not
 * happen is asked after a `pause`.
 *
 *   listen L [kind] [backlog]   tcp (127.0.0.1), tcp6 (::1), any (:: for both), unix, abstract     = status
 *   udp U [kind]                a datagram socket: udp, unixgram, or free (without a name)         = status
 *   connect C L | accept S L    to where L listens, or did                                         = status
 *   tcp C S | unix C S | pair C S   both ends of a connection
 *   write C n | read C n        = bytes moved (all of them, in as many calls as it takes) or status
 *   once C n                    one read                                                           = bytes or status
 *   fill C                      writes until it would block                                        = would-block
 *   shut C w|both, close C, linger C, error C, peer C, unread C, sendto U V n, recv V n
 *   mask C                      what is ready now: I O R(peer shut) H E, or - for nothing
 *   edge C                      what the next event says; `quiet C` forgets and then expects none
 *   pass V C | take W D         a socket over a Unix socket
 *   buffer C n                  the send buffer */
#include "base/test.h"
#include "base/units.h"
#include "platform/platform_epoll.h"
#include "sim/sim_platform.h"
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define SLOTS       26
#define ANSWER_SIZE 64
#define PATIENCE_NS (5 * NS_PER_S) /* two SYNs that were not answered fit in */
#define PAUSE_NS    (30 * NS_PER_MS)
#define LOOK_AGAIN  NS_PER_MS
#define PIECE       65536
#define ARGUMENTS   3

static const char *const status_names[] = {
    [IO_OK] = "ok",
    [IO_WOULD_BLOCK] = "would-block",
    [IO_CLOSED] = "closed",
    [IO_RESET] = "reset",
    [IO_REFUSED] = "refused",
    [IO_UNREACHABLE] = "unreachable",
    [IO_TIMED_OUT] = "timed-out",
    [IO_NO_DESCRIPTORS] = "no-descriptors",
    [IO_NO_MEMORY] = "no-memory",
    [IO_NO_PORTS] = "no-ports",
    [IO_IN_USE] = "in-use",
    [IO_DENIED] = "denied",
    [IO_NOT_FOUND] = "not-found",
    [IO_TOO_BIG] = "too-big",
    [IO_BAD] = "bad",
};

/* One of the two worlds. */
struct ground {
    const char *name;
    struct platform *platform;
    int poller;
    struct world *world; /* NULL: the real one */
    struct net *net;
    struct sim_platform *sim;
    unsigned serial; /* of the script, for names */
};

struct slot {
    plat_sock sock;
    bool open, watched;
    struct addr addr;
    unsigned edge; /* what the latest event said, 0: none came */
    uint64_t written, read;
};

struct script {
    const char *says, *steps;
};

struct run {
    struct ground *ground;
    const struct platform_ops *ops;
    struct slot slots[SLOTS];
    char words[ARGUMENTS + 1][24];
    unsigned count;
    char answer[ANSWER_SIZE];
    uint64_t progress; /* of the bytes of this step */
};

static char scratch[PIECE];

#include "sim/net_conformance_rows.h"

/* ---- time ---- */

static uint64_t now_ns(struct run *run)
{
    return run->ops->monotonic_ns(run->ground->platform);
}

/* Lets the world go on for a moment and notes what became ready. A listener with somebody waiting is ready at every
 * look, so that the simulated clock has to move all the same. */
static void go_on(struct run *run)
{
    struct plat_event events[64];
    struct world *world = run->ground->world;
    uint64_t until = now_ns(run) + LOOK_AGAIN;
    unsigned count =
        run->ops->wait(run->ground->platform, run->ground->poller, world ? 0 : until, events, 64);
    for (unsigned i = 0; i < count; i++)
        run->slots[events[i].token].edge = events[i].ready;
    if (!world)
        return;
    if (world_next(world) <= until)
        (void)!world_step(world);
    else
        world_advance(world, until);
}

static void pause_a_while(struct run *run)
{
    uint64_t until = now_ns(run) + PAUSE_NS;
    while (now_ns(run) < until)
        go_on(run);
}

/* ---- slots ---- */

static struct slot *slot(struct run *run, unsigned argument)
{
    CHECK(argument < run->count && run->words[argument][0] >= 'A' && run->words[argument][0] <= 'Z');
    return &run->slots[run->words[argument][0] - 'A'];
}

static int64_t number(struct run *run, unsigned argument, int64_t otherwise)
{
    int64_t value = otherwise;
    if (argument < run->count)
        CHECK(units_parse_int(str_of(run->words[argument]), 0, INT32_MAX, &value));
    return value;
}

static const char *word(struct run *run, unsigned argument, const char *otherwise)
{
    return argument < run->count ? run->words[argument] : otherwise;
}

static void say(struct run *run, const char *text)
{
    snprintf(run->answer, sizeof(run->answer), "%s", text);
}

static void say_status(struct run *run, enum io_status status)
{
    say(run, status_names[status]);
}

static void set_watch(struct run *run, struct slot *slot, bool on)
{
    struct ground *ground = run->ground;
    if (slot->watched && !on)
        (void)!run->ops->unwatch(ground->platform, ground->poller, slot->sock);
    if (!slot->watched && on)
        CHECK(run->ops->watch(ground->platform, ground->poller, slot->sock, (uint64_t)(slot - run->slots)) ==
              IO_OK);
    slot->watched = on;
}

static void take(struct run *run, struct slot *slot, plat_sock sock, enum io_status status)
{
    say_status(run, status);
    if (sock == PLAT_NO_SOCK)
        return;
    struct addr addr = slot->addr;
    *slot = (struct slot){ .sock = sock, .open = true, .addr = addr };
    (void)!run->ops->names(run->ground->platform, sock, &slot->addr, NULL);
    set_watch(run, slot, true);
}

static void close_slot(struct run *run, struct slot *slot)
{
    if (!slot->open)
        return;
    slot->open = slot->watched = false;
    slot->edge = 0;
    run->ops->close(run->ground->platform, slot->sock);
}

/* ---- operations ---- */

static void name_for(struct run *run, const struct slot *slot, const char *kind, struct addr *out)
{
    char text[64];
    *out = (struct addr){ .family = ADDR_IPV4 };
    bool is_ip = true;
    if (strcmp(kind, "tcp6") == 0)
        is_ip = addr_parse_ip(STR("::1"), out);
    else if (strcmp(kind, "any") == 0)
        is_ip = addr_parse_ip(STR("::"), out);
    else if (strcmp(kind, "tcp") == 0 || strcmp(kind, "udp") == 0)
        is_ip = addr_parse_ip(STR("127.0.0.1"), out);
    else
        out->family = strcmp(kind, "abstract") == 0 ? ADDR_ABSTRACT : ADDR_UNIX;
    CHECK(is_ip);
    if (out->family != ADDR_UNIX && out->family != ADDR_ABSTRACT)
        return;
    int size = snprintf(text, sizeof(text), "/tmp/net-conformance-%d-%u-%c", (int)getpid(),
                        run->ground->serial, (char)('a' + (slot - run->slots)));
    out->path_size = (uint8_t)size;
    memcpy(out->u.path, text, (size_t)size);
}

static void do_listen(struct run *run)
{
    struct slot *listener = slot(run, 0);
    struct plat_listen how = { .backlog = (unsigned)number(run, 2, 10), .unix_uid = -1, .unix_gid = -1 };
    enum io_status status;
    if (run->count > 1 && run->words[1][0] >= 'A' && run->words[1][0] <= 'Z')
        how.addr = slot(run, 1)->addr; /* where another one listens */
    else
        name_for(run, listener, word(run, 1, "tcp"), &how.addr);
    plat_sock sock = run->ops->listen(run->ground->platform, &how, &status);
    take(run, listener, sock, status);
}

static void do_udp(struct run *run)
{
    struct slot *socket = slot(run, 0);
    const char *kind = word(run, 1, "udp");
    struct addr addr;
    enum io_status status;
    bool is_free = strcmp(kind, "free") == 0 || strcmp(kind, "unixfree") == 0;
    enum addr_family family = strncmp(kind, "unix", 4) == 0 ? ADDR_UNIX : ADDR_IPV4;
    if (run->count > 1 && kind[0] >= 'A' && kind[0] <= 'Z')
        addr = slot(run, 1)->addr;
    else if (!is_free)
        name_for(run, socket, kind, &addr);
    plat_sock sock = run->ops->datagram_open(run->ground->platform, is_free ? NULL : &addr, family, &status);
    take(run, socket, sock, status);
}

static void connect_to(struct run *run, struct slot *client, const struct addr *to)
{
    struct plat_connect how = { .to = *to };
    enum io_status status;
    plat_sock sock = run->ops->connect(run->ground->platform, &how, &status);
    take(run, client, sock, status);
}

static void do_connect(struct run *run)
{
    struct addr to = slot(run, 1)->addr;
    if (run->count > 2) /* by another address of this machine */
        CHECK(addr_parse_ip(str_of(run->words[2]), &to));
    to.port = slot(run, 1)->addr.port;
    connect_to(run, slot(run, 0), &to);
}

static void do_accept(struct run *run)
{
    enum io_status status;
    plat_sock sock = run->ops->accept(run->ground->platform, slot(run, 1)->sock, NULL, &status);
    take(run, slot(run, 0), sock, status);
}

static void make_connected(struct run *run, const char *kind)
{
    struct plat_listen how = { .backlog = 10, .unix_uid = -1, .unix_gid = -1 };
    struct slot listener = { 0 };
    enum io_status status;
    name_for(run, slot(run, 0), kind, &how.addr);
    listener.sock = run->ops->listen(run->ground->platform, &how, &status);
    CHECK(listener.sock != PLAT_NO_SOCK);
    CHECK(run->ops->names(run->ground->platform, listener.sock, &listener.addr, NULL) == IO_OK);
    connect_to(run, slot(run, 0), &listener.addr);
    plat_sock sock = PLAT_NO_SOCK;
    for (uint64_t until = now_ns(run) + PATIENCE_NS; sock == PLAT_NO_SOCK && now_ns(run) < until; go_on(run))
        sock = run->ops->accept(run->ground->platform, listener.sock, NULL, &status);
    take(run, slot(run, 1), sock, status);
    run->ops->close(run->ground->platform, listener.sock);
}

static void do_tcp(struct run *run)
{
    make_connected(run, "tcp");
}

static void do_unix(struct run *run)
{
    make_connected(run, "unix");
}

static void do_pair(struct run *run)
{
    plat_sock other;
    enum io_status status;
    plat_sock sock = run->ops->pair(run->ground->platform, &other, &status);
    CHECK(sock != PLAT_NO_SOCK);
    take(run, slot(run, 0), sock, status);
    take(run, slot(run, 1), other, status);
}

static char pattern(uint64_t at)
{
    return (char)(at * 31 + at / 251);
}

static struct io_result write_some(struct run *run, struct slot *writer, size_t size)
{
    if (size > PIECE)
        size = PIECE;
    for (size_t i = 0; i < size; i++)
        scratch[i] = pattern(writer->written + i);
    struct io_vec vec = { scratch, size };
    struct io_result result = run->ops->write(run->ground->platform, writer->sock, &vec, 1, false);
    if (result.status == IO_OK)
        writer->written += result.size;
    return result;
}

static struct io_result read_some(struct run *run, struct slot *reader, size_t size)
{
    /* Two vectors, so that both worlds have to fill the second one too. */
    if (size > PIECE)
        size = PIECE;
    struct io_vec vecs[2] = { { scratch, size / 2 }, { scratch + size / 2, size - size / 2 } };
    struct io_result result = run->ops->read(run->ground->platform, reader->sock, vecs, 2);
    for (size_t i = 0; result.status == IO_OK && i < result.size; i++)
        EXPECT_INT(scratch[i], pattern(reader->read + i));
    if (result.status == IO_OK)
        reader->read += result.size;
    return result;
}

/* Goes on from where the last attempt at this step came to. */
static void move_all(struct run *run, struct io_result (*move)(struct run *, struct slot *, size_t))
{
    uint64_t wanted = (uint64_t)number(run, 1, 1);
    struct io_result result = { IO_OK, 0 };
    while (run->progress < wanted && result.status == IO_OK) {
        result = move(run, slot(run, 0), wanted - run->progress);
        run->progress += result.status == IO_OK ? result.size : 0;
    }
    if (result.status == IO_OK || run->progress)
        snprintf(run->answer, sizeof(run->answer), "%llu", (unsigned long long)run->progress);
    else
        say_status(run, result.status);
}

static void do_write(struct run *run)
{
    move_all(run, write_some);
}

static void do_read(struct run *run)
{
    move_all(run, read_some);
}

static void do_once(struct run *run)
{
    struct io_result result = read_some(run, slot(run, 0), (size_t)number(run, 1, 1));
    if (result.status == IO_OK)
        snprintf(run->answer, sizeof(run->answer), "%zu", result.size);
    else
        say_status(run, result.status);
}

static void do_fill(struct run *run)
{
    struct io_result result;
    size_t piece = (size_t)number(run, 1, PIECE);
    do
        result = write_some(run, slot(run, 0), piece);
    while (result.status == IO_OK);
    /* The kernel's buffers grow while they are filled. */
    pause_a_while(run);
    if (write_some(run, slot(run, 0), piece).status == IO_OK)
        do_fill(run);
    else
        say_status(run, result.status);
}

static void do_shut(struct run *run)
{
    enum plat_shutdown how = strcmp(word(run, 1, "w"), "both") == 0 ? PLAT_SHUT_BOTH : PLAT_SHUT_WRITE;
    say_status(run, run->ops->shutdown(run->ground->platform, slot(run, 0)->sock, how));
}

static void do_close(struct run *run)
{
    close_slot(run, slot(run, 0));
    say(run, "ok");
}

static void do_linger(struct run *run)
{
    say_status(run, run->ops->set_option(run->ground->platform, slot(run, 0)->sock, PLAT_LINGER_RESET, 1));
}

static void do_buffer(struct run *run)
{
    say_status(run, run->ops->set_option(run->ground->platform, slot(run, 0)->sock, PLAT_SEND_BUFFER,
                                         number(run, 1, 16384)));
}

static void do_error(struct run *run)
{
    say_status(run, run->ops->sock_error(run->ground->platform, slot(run, 0)->sock));
}

static void do_peer(struct run *run)
{
    struct addr own, peer = { .family = ADDR_NONE };
    enum io_status status = run->ops->names(run->ground->platform, slot(run, 0)->sock, &own, &peer);
    if (status == IO_OK && addr_is_ip(&peer))
        addr_print_ip(&peer, run->answer, sizeof(run->answer));
    else
        say_status(run, status);
}

static void do_unread(struct run *run)
{
    int64_t value = 0;
    enum io_status status =
        run->ops->get_option(run->ground->platform, slot(run, 0)->sock, PLAT_UNREAD, &value);
    if (status == IO_OK)
        snprintf(run->answer, sizeof(run->answer), "%lld", (long long)value);
    else
        say_status(run, status);
}

static void say_ready(struct run *run, unsigned ready)
{
    static const char letters[] = "IORHE";
    size_t at = 0;
    for (unsigned bit = 0; bit < 5; bit++)
        if (ready >> bit & 1)
            run->answer[at++] = letters[bit];
    if (at == 0)
        run->answer[at++] = '-';
    run->answer[at] = 0;
}

/* A new watch tells what is ready already. */
static void do_mask(struct run *run)
{
    struct slot *asked = slot(run, 0);
    struct plat_event events[64];
    set_watch(run, asked, false);
    set_watch(run, asked, true);
    asked->edge = 0;
    unsigned count = run->ops->wait(run->ground->platform, run->ground->poller, 0, events, 64);
    for (unsigned i = 0; i < count; i++)
        run->slots[events[i].token].edge = events[i].ready;
    say_ready(run, asked->edge);
    asked->edge = 0;
}

static void do_edge(struct run *run)
{
    struct slot *asked = slot(run, 0);
    say_ready(run, asked->edge);
    asked->edge = 0;
}

static void do_quiet(struct run *run)
{
    struct slot *asked = slot(run, 0);
    pause_a_while(run);
    asked->edge = 0;
    pause_a_while(run);
    say_ready(run, asked->edge);
}

static void do_pause(struct run *run)
{
    pause_a_while(run);
    say(run, "ok");
}

static void do_sendto(struct run *run)
{
    size_t size = (size_t)number(run, 2, 1);
    struct io_vec vec = { scratch, size };
    CHECK(size <= sizeof(scratch));
    struct io_result result =
        run->ops->send_to(run->ground->platform, slot(run, 0)->sock, &slot(run, 1)->addr, &vec, 1);
    if (result.status == IO_OK)
        snprintf(run->answer, sizeof(run->answer), "%zu", result.size);
    else
        say_status(run, result.status);
}

static void do_recv(struct run *run)
{
    struct addr from;
    struct io_result result = run->ops->receive_from(run->ground->platform, slot(run, 0)->sock, &from,
                                                     scratch, (size_t)number(run, 1, 100));
    if (result.status == IO_OK)
        snprintf(run->answer, sizeof(run->answer), "%zu", result.size);
    else
        say_status(run, result.status);
}

static void do_pass(struct run *run)
{
    struct io_result result =
        run->ops->send_sock(run->ground->platform, slot(run, 0)->sock, slot(run, 1)->sock, STR("sock"));
    say_status(run, result.status);
}

static void do_take(struct run *run)
{
    struct buf data = BUF_INIT;
    enum io_status status;
    plat_sock sock = run->ops->receive_sock(run->ground->platform, slot(run, 1)->sock, &data, &status);
    take(run, slot(run, 0), sock, status);
    if (sock != PLAT_NO_SOCK)
        snprintf(run->answer, sizeof(run->answer), "%.*s", STR_ARG(buf_str(&data)));
    buf_finish(&data);
}

static void do_port(struct run *run) /* the place of another, as an address only */
{
    slot(run, 0)->addr = slot(run, 1)->addr;
    say(run, "ok");
}

static const struct operation {
    const char *name;
    void (*run)(struct run *run);
    bool once; /* asking again would do it again */
} operations[] = {
    { "listen", do_listen, true },  { "udp", do_udp, true },       { "connect", do_connect, true },
    { "accept", do_accept, false }, { "tcp", do_tcp, true },       { "unix", do_unix, true },
    { "pair", do_pair, true },      { "write", do_write, false },  { "read", do_read, false },
    { "once", do_once, false },     { "fill", do_fill, true },     { "shut", do_shut, true },
    { "close", do_close, true },    { "linger", do_linger, true }, { "buffer", do_buffer, true },
    { "error", do_error, true },    { "peer", do_peer, false },    { "unread", do_unread, false },
    { "mask", do_mask, false },     { "edge", do_edge, false },    { "quiet", do_quiet, true },
    { "pause", do_pause, true },    { "sendto", do_sendto, true }, { "recv", do_recv, false },
    { "pass", do_pass, true },      { "take", do_take, false },    { "port", do_port, true },
};

/* ---- running ---- */

static const struct operation *find(struct str name)
{
    for (size_t i = 0; i < COUNT_OF(operations); i++)
        if (str_eq(name, str_of(operations[i].name)))
            return &operations[i];
    return NULL;
}

static void read_words(struct run *run, struct str text)
{
    run->count = 0;
    while (text.data) {
        struct str part = str_split(&text, ' ');
        if (part.size == 0)
            continue;
        CHECK(run->count < ARGUMENTS);
        str_to_c(part, run->words[run->count++], sizeof(run->words[0]));
    }
}

/* What an operation would have to take back before it is asked again. */
static void undo(struct run *run, const struct operation *operation)
{
    if (operation->run == do_accept || operation->run == do_take)
        close_slot(run, slot(run, 0));
}

static bool run_step(struct run *run, struct str step)
{
    struct str whole = step, left = str_trim(str_split(&step, '=')), wanted = str_trim(step);
    struct str arguments = left;
    const struct operation *operation = find(str_split(&arguments, ' '));
    char says[160];
    CHECK(operation);
    read_words(run, arguments);
    run->progress = 0;
    uint64_t until = now_ns(run) + PATIENCE_NS;
    for (;;) {
        operation->run(run);
        if (wanted.size == 0 || str_eq(str_of(run->answer), wanted) || operation->once || now_ns(run) > until)
            break;
        undo(run, operation);
        go_on(run);
    }
    if (wanted.size == 0 || str_eq(str_of(run->answer), wanted))
        return true;
    snprintf(says, sizeof(says), "%s: %.*s", run->ground->name, STR_ARG(str_trim(whole)));
    return test_expect_str(str_of(run->answer), wanted, says, __FILE__, __LINE__);
}

static void run_script(struct ground *ground, const struct script *script)
{
    struct run run = { .ground = ground, .ops = ground->platform->ops };
    struct str rest = str_of(script->steps);
    test_case(script->says);
    ground->serial++;
    while (rest.data) {
        struct str step = str_trim(str_split(&rest, ';'));
        if (step.size && !run_step(&run, step))
            break;
    }
    for (unsigned i = 0; i < SLOTS; i++) {
        close_slot(&run, &run.slots[i]);
        if (run.slots[i].addr.family == ADDR_UNIX && run.slots[i].addr.path_size) {
            char path[ADDR_PATH_MAX + 1];
            str_to_c(str_make(run.slots[i].addr.u.path, run.slots[i].addr.path_size), path, sizeof(path));
            (void)!run.ops->file_remove(ground->platform, path);
        }
    }
    test_case(NULL);
}

static void open_simulated(struct ground *ground, uint64_t seed)
{
    *ground = (struct ground){ .name = "simulated" };
    ground->world = world_create(&(struct world_options){ .seed = seed });
    ground->net = net_create(ground->world);
    ground->sim = sim_platform_create(ground->world, ground->net, "n1");
    ground->platform = sim_platform_base(ground->sim);
    ground->poller = ground->platform->ops->poller_open(ground->platform);
    CHECK(ground->poller >= 0);
}

static void close_simulated(struct ground *ground)
{
    ground->platform->ops->poller_close(ground->platform, ground->poller);
    EXPECT_INT(net_host_open_count(sim_platform_host(ground->sim)), 0);
    sim_platform_destroy(ground->sim);
    net_destroy(ground->net);
    world_destroy(ground->world);
}

static void kernel_agrees(void)
{
    struct ground ground = { .name = "kernel", .platform = platform_epoll_create() };
    if (!EXPECT(ground.platform != NULL))
        return;
    ground.poller = ground.platform->ops->poller_open(ground.platform);
    for (size_t i = 0; i < COUNT_OF(scripts); i++)
        run_script(&ground, &scripts[i]);
    ground.platform->ops->poller_close(ground.platform, ground.poller);
    platform_epoll_destroy(ground.platform);
}

static void simulation_agrees(void)
{
    for (uint64_t seed = 0; seed < 5; seed++) {
        struct ground ground;
        open_simulated(&ground, seed);
        for (size_t i = 0; i < COUNT_OF(scripts); i++)
            run_script(&ground, &scripts[i]);
        close_simulated(&ground);
    }
}

/* A script alone leaves nothing behind. */
static void nothing_leaks(void)
{
    for (size_t i = 0; i < COUNT_OF(scripts); i++) {
        struct ground ground;
        int64_t before = test_blocks();
        open_simulated(&ground, i);
        run_script(&ground, &scripts[i]);
        close_simulated(&ground);
        test_case(scripts[i].says);
        EXPECT_INT(test_blocks(), before);
    }
}

const struct test_row tests[] = {
    { "the kernel answers what the scripts say", kernel_agrees },
    { "the simulation answers what the scripts say", simulation_agrees },
    { "no script leaves memory behind", nothing_leaks },
    { 0 },
};
