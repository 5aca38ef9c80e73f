/* The real platform on loopback sockets. Nothing sleeps: each step waits for the event that it needs, and only a
 * failure meets the deadline. */
#include "base/mem.h"
#include "base/test.h"
#include "platform/platform_epoll.h"
#include "platform/platform_posix.h"
#include "platform/platform_sockaddr.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define LONG_NS UINT64_C(10000000000) /* for what must come at once */
#define NS_MS   UINT64_C(1000000)

static struct platform *platform;
static const struct platform_ops *ops;
static int poller;
static unsigned descriptors_before;
static char folder[64];
static unsigned seen[1024]; /* by descriptor: told by waits, not yet asked for */

static unsigned open_descriptors(void)
{
    unsigned count = 0;
    DIR *list = opendir("/proc/self/fd");
    CHECK(list);
    while (readdir(list))
        count++;
    closedir(list);
    return count;
}

static void begin(void)
{
    descriptors_before = open_descriptors();
    memset(seen, 0, sizeof(seen));
    platform = platform_epoll_create();
    CHECK(platform);
    ops = platform->ops;
    poller = ops->poller_open(platform);
    CHECK(poller >= 0);
}

static void done(void)
{
    ops->poller_close(platform, poller);
    platform_epoll_destroy(platform);
    EXPECT_INT(open_descriptors(), descriptors_before);
}

static void make_folder(void)
{
    snprintf(folder, sizeof(folder), "/tmp/platform_test.XXXXXX");
    CHECK(mkdtemp(folder));
}

static struct addr loopback(uint16_t port)
{
    return (struct addr){ .family = ADDR_IPV4, .port = port, .u.ip = { 127, 0, 0, 1 } };
}

static struct addr unix_addr(enum addr_family family, const char *name)
{
    struct addr addr = { .family = family, .path_size = (uint8_t)strlen(name) };
    CHECK(strlen(name) <= sizeof(addr.u.path));
    memcpy(addr.u.path, name, strlen(name));
    return addr;
}

static struct addr in_folder(const char *name)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return unix_addr(ADDR_UNIX, path);
}

static struct plat_listen on(struct addr addr)
{
    return (struct plat_listen){ .addr = addr, .unix_uid = -1, .unix_gid = -1 };
}

static bool same_addr(const struct addr *a, const struct addr *b)
{
    size_t size = a->path_size ? a->path_size : sizeof(a->u.ip);
    return a->family == b->family && a->port == b->port && a->path_size == b->path_size &&
           memcmp(&a->u, &b->u, size) == 0;
}

static plat_sock listen_on(struct addr addr)
{
    struct plat_listen how = on(addr);
    enum io_status status = IO_BAD;
    plat_sock sock = ops->listen(platform, &how, &status);
    EXPECT_INT(status, IO_OK);
    return sock;
}

static struct addr own_name(plat_sock sock)
{
    struct addr own;
    EXPECT_INT(ops->names(platform, sock, &own, NULL), IO_OK);
    return own;
}

static plat_sock connect_to(struct addr addr, enum io_status *status)
{
    struct plat_connect how = { .to = addr };
    return ops->connect(platform, &how, status);
}

/* The token is the descriptor, so that a test can read what comes. */
static void watch(plat_sock sock)
{
    seen[sock] = 0;
    EXPECT_INT(ops->watch(platform, poller, sock, (uint64_t)sock), IO_OK);
}

static unsigned wait_once(uint64_t until, struct plat_event *events)
{
    return ops->wait(platform, poller, until, events, 16);
}

/* Takes what a wait tells into `seen`. */
static void take_events(uint64_t until)
{
    struct plat_event events[16];
    unsigned count = wait_once(until, events);
    for (unsigned i = 0; i < count; i++)
        seen[events[i].token] |= events[i].ready;
}

/* Waits until all of `want` was told about the socket since the last question about it; returns all that was. */
static unsigned await(plat_sock sock, unsigned want)
{
    uint64_t deadline = ops->monotonic_ns(platform) + LONG_NS;
    while ((seen[sock] & want) != want && ops->monotonic_ns(platform) < deadline)
        take_events(deadline);
    unsigned ready = seen[sock];
    seen[sock] = 0;
    EXPECT_INT(ready & want, want);
    return ready;
}

/* What is told without waiting. */
static unsigned ready_now(plat_sock sock)
{
    take_events(0);
    unsigned ready = seen[sock];
    seen[sock] = 0;
    return ready;
}

static struct io_result put(plat_sock sock, const char *text)
{
    struct io_vec vec = { (char *)(uintptr_t)text, strlen(text) };
    return ops->write(platform, sock, &vec, 1, false);
}

static enum io_status get_status(plat_sock sock)
{
    char byte;
    struct io_vec vec = { &byte, 1 };
    return ops->read(platform, sock, &vec, 1).status;
}

static void expect_read(plat_sock sock, const char *want)
{
    char bytes[256];
    struct io_vec vec = { bytes, sizeof(bytes) };
    struct io_result result = ops->read(platform, sock, &vec, 1);
    EXPECT_INT(result.status, IO_OK);
    EXPECT_STR(str_make(bytes, result.size), want);
}

struct link {
    plat_sock listener, client, server;
    struct addr client_name; /* as accept told it */
};

static struct link link_over(struct addr addr)
{
    struct link link;
    enum io_status status = IO_BAD;
    link.listener = listen_on(addr);
    watch(link.listener);
    link.client = connect_to(own_name(link.listener), &status);
    EXPECT(status == IO_OK || status == IO_WOULD_BLOCK);
    watch(link.client);
    await(link.client, PLAT_WRITABLE);
    EXPECT_INT(ops->sock_error(platform, link.client), IO_OK);
    await(link.listener, PLAT_READABLE);
    link.server = ops->accept(platform, link.listener, &link.client_name, &status);
    EXPECT_INT(status, IO_OK);
    watch(link.server);
    await(link.server, PLAT_WRITABLE);
    return link;
}

static void close_link(const struct link *link)
{
    ops->close(platform, link->listener);
    if (link->client != PLAT_NO_SOCK)
        ops->close(platform, link->client);
    if (link->server != PLAT_NO_SOCK)
        ops->close(platform, link->server);
}

static int64_t option_of(plat_sock sock, enum plat_option option)
{
    int64_t value = -1;
    EXPECT_INT(ops->get_option(platform, sock, option, &value), IO_OK);
    return value;
}

/* ---- streams ---- */

/* Some machines have no IPv6; there the rows that need it are left out, and that is said. */
static unsigned without_v6(unsigned all)
{
    struct sockaddr_in6 name = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    int sock = socket(AF_INET6, SOCK_STREAM, 0);
    bool works = sock >= 0 && bind(sock, (struct sockaddr *)&name, sizeof(name)) == 0;
    if (sock >= 0)
        close(sock);
    if (!works)
        printf("     (no IPv6 here)\n");
    return works ? all : all - 1;
}

static void bytes_go_both_ways(void)
{
    const struct addr v6 = { .family = ADDR_IPV6, .u.ip = { [15] = 1 } };
    const struct addr addrs[] = { loopback(0), v6 };
    begin();
    for (unsigned i = 0; i < without_v6(COUNT_OF(addrs)); i++) {
        struct link link = link_over(addrs[i]);
        struct addr own, peer, client = own_name(link.client), listener = own_name(link.listener);
        EXPECT(client.port && listener.port);
        EXPECT_INT(ops->names(platform, link.server, &own, &peer), IO_OK);
        EXPECT(same_addr(&own, &listener));
        EXPECT(same_addr(&peer, &client));
        EXPECT(same_addr(&link.client_name, &client));
        EXPECT_INT(fcntl(link.server, F_GETFD), FD_CLOEXEC);
        EXPECT(fcntl(link.server, F_GETFL) & O_NONBLOCK);
        EXPECT(option_of(link.server, PLAT_NO_DELAY));
        EXPECT(option_of(link.client, PLAT_NO_DELAY));

        EXPECT_INT(get_status(link.server), IO_WOULD_BLOCK);
        EXPECT_INT(put(link.client, "hello").size, 5);
        await(link.server, PLAT_READABLE);
        EXPECT_INT(option_of(link.server, PLAT_UNREAD), 5);
        expect_read(link.server, "hello");
        EXPECT_INT(put(link.server, "there").size, 5);
        await(link.client, PLAT_READABLE);
        expect_read(link.client, "there");
        close_link(&link);
    }
    done();
}

static void vectors_are_gathered_and_scattered(void)
{
    char a[2], b[1], c[10];
    const struct io_vec out[] = { { "ab", 2 }, { "", 0 }, { "cdef", 4 } },
                        in[] = { { a, 2 }, { b, 1 }, { c, 10 } };
    const struct io_vec nothing = { a, 0 };
    begin();
    struct link link = link_over(loopback(0));
    EXPECT_INT(ops->write(platform, link.client, out, 3, true).size, 6);
    EXPECT_INT(ops->write(platform, link.client, out, 1, false).size, 2);
    await(link.server, PLAT_READABLE);
    struct io_result result = ops->read(platform, link.server, in, 3);
    EXPECT_INT(result.status, IO_OK);
    EXPECT_INT(result.size, 8);
    EXPECT_STR(str_make(a, 2), "ab");
    EXPECT_STR(str_make(b, 1), "c");
    EXPECT_STR(str_make(c, 5), "defab");
    EXPECT_INT(ops->read(platform, link.server, &nothing, 1).status, IO_OK); /* no end of the stream */
    EXPECT_INT(ops->write(platform, link.server, &nothing, 1, false).status, IO_OK);
    close_link(&link);
    done();
}

static void an_end_closes_one_direction(void)
{
    begin();
    struct link link = link_over(loopback(0));
    EXPECT_INT(put(link.client, "last").status, IO_OK);
    EXPECT_INT(ops->shutdown(platform, link.client, PLAT_SHUT_WRITE), IO_OK);
    unsigned ready = await(link.server, PLAT_READABLE | PLAT_PEER_SHUT);
    EXPECT(!(ready & (PLAT_HUNG_UP | PLAT_ERROR)));
    expect_read(link.server, "last");
    EXPECT_INT(get_status(link.server), IO_CLOSED);
    EXPECT_INT(put(link.client, "x").status, IO_CLOSED);
    EXPECT_INT(put(link.server, "still").status, IO_OK);
    await(link.client, PLAT_READABLE);
    expect_read(link.client, "still");
    EXPECT_INT(ops->shutdown(platform, link.server, PLAT_SHUT_WRITE), IO_OK);
    await(link.server, PLAT_HUNG_UP);
    await(link.client, PLAT_PEER_SHUT | PLAT_HUNG_UP);
    EXPECT_INT(ops->shutdown(platform, link.listener, PLAT_SHUT_BOTH), IO_OK);
    close_link(&link);
    done();
}

static void a_reset_is_told(void)
{
    begin();
    struct link link = link_over(loopback(0));
    EXPECT_INT(ops->set_option(platform, link.client, PLAT_LINGER_RESET, 1), IO_OK);
    EXPECT_INT(option_of(link.client, PLAT_LINGER_RESET), 1);
    ops->close(platform, link.client);
    link.client = PLAT_NO_SOCK;
    await(link.server, PLAT_READABLE | PLAT_ERROR | PLAT_HUNG_UP);
    EXPECT_INT(get_status(link.server), IO_RESET);
    EXPECT_INT(put(link.server, "x").status, IO_CLOSED); /* and no SIGPIPE */
    close_link(&link);

    link = link_over(loopback(0));
    ops->close(platform, link.client);
    link.client = PLAT_NO_SOCK;
    await(link.server, PLAT_PEER_SHUT);
    EXPECT_INT(put(link.server, "first").status, IO_OK); /* answered by RST */
    await(link.server, PLAT_HUNG_UP);
    EXPECT_INT(put(link.server, "second").status, IO_CLOSED);
    close_link(&link);
    done();
}

static void a_refused_connection_is_told(void)
{
    enum io_status status;
    begin();
    plat_sock listener = listen_on(loopback(0));
    struct addr gone = own_name(listener);
    ops->close(platform, listener);
    plat_sock client = connect_to(gone, &status);
    EXPECT_INT(status, IO_WOULD_BLOCK);
    watch(client);
    await(client, PLAT_ERROR | PLAT_READABLE);
    EXPECT_INT(ops->sock_error(platform, client), IO_REFUSED);
    EXPECT_INT(ops->sock_error(platform, client), IO_OK); /* fetched */
    ops->close(platform, client);
    struct addr none = { 0 };
    EXPECT_INT(connect_to(none, &status), PLAT_NO_SOCK);
    EXPECT_INT(status, IO_BAD);
    done();
}

static void a_full_socket_blocks_until_it_is_read(void)
{
    static char block[65536];
    struct io_vec vec = { block, sizeof(block) };
    struct io_result result;
    size_t sent = 0, received = 0;
    begin();
    struct link link = link_over(loopback(0));
    while ((result = ops->write(platform, link.client, &vec, 1, false)).status == IO_OK)
        sent += result.size;
    EXPECT_INT(result.status, IO_WOULD_BLOCK);
    EXPECT(sent > sizeof(block));
    EXPECT(!(ready_now(link.client) & PLAT_WRITABLE));
    while (received < sent) {
        result = ops->read(platform, link.server, &vec, 1);
        if (result.status == IO_OK)
            received += result.size;
        else if (result.status == IO_WOULD_BLOCK)
            await(link.server, PLAT_READABLE);
        else
            break;
    }
    EXPECT_INT(received, sent);
    await(link.client, PLAT_WRITABLE);
    close_link(&link);
    done();
}

static void sockets_tell_edges_and_listeners_levels(void)
{
    enum io_status status;
    begin();
    struct link link = link_over(loopback(0));
    EXPECT_INT(put(link.client, "a").status, IO_OK);
    EXPECT(await(link.server, PLAT_READABLE) & PLAT_WRITABLE); /* both directions, by one watch */
    EXPECT_INT(ready_now(link.server), 0);
    EXPECT_INT(put(link.client, "b").status, IO_OK);
    await(link.server, PLAT_READABLE);
    expect_read(link.server, "ab");

    plat_sock second = connect_to(own_name(link.listener), &status);
    await(link.listener, PLAT_READABLE);
    EXPECT_INT(ready_now(link.listener), PLAT_READABLE);
    EXPECT_INT(ops->unwatch(platform, poller, link.listener), IO_OK);
    EXPECT_INT(ready_now(link.listener), 0);
    watch(link.listener);
    await(link.listener, PLAT_READABLE);
    plat_sock accepted = ops->accept(platform, link.listener, NULL, &status);
    EXPECT_INT(status, IO_OK);
    EXPECT_INT(ops->accept(platform, link.listener, NULL, &status), PLAT_NO_SOCK);
    EXPECT_INT(status, IO_WOULD_BLOCK);
    EXPECT_INT(ready_now(link.listener), 0);
    ops->close(platform, accepted);
    ops->close(platform, second);
    close_link(&link);
    done();
}

/* ---- addresses ---- */

static void listeners_and_sources_are_bound_as_told(void)
{
    enum io_status status;
    begin();
    struct plat_listen how = on(loopback(0));
    how.reuse_port = true;
    how.defer_accept = true;
    how.max_segment = 1000;
    how.backlog = 5;
    plat_sock first = ops->listen(platform, &how, &status);
    how.addr = own_name(first);
    plat_sock second = ops->listen(platform, &how, &status);
    EXPECT_INT(status, IO_OK);
    EXPECT(option_of(first, PLAT_DEFER_ACCEPT) > 0);
    how.reuse_port = false;
    EXPECT_INT(ops->listen(platform, &how, &status), PLAT_NO_SOCK);
    EXPECT_INT(status, IO_IN_USE);

    how = on((struct addr){ .family = ADDR_IPV4, .u.ip = { 192, 0, 2, 77 } }); /* nobody's */
    EXPECT_INT(ops->listen(platform, &how, &status), PLAT_NO_SOCK);
    EXPECT_INT(status, IO_NO_PORTS);
    how.free_bind = true;
    plat_sock foreign = ops->listen(platform, &how, &status);
    EXPECT_INT(status, IO_OK);

    plat_sock plain = listen_on(loopback(0));
    struct plat_connect from = { .to = own_name(plain), .from = loopback(0) };
    from.from.u.ip[3] = 9;
    plat_sock client = ops->connect(platform, &from, &status);
    EXPECT_INT(status, IO_WOULD_BLOCK);
    struct addr client_name = own_name(client);
    EXPECT_INT(client_name.u.ip[3], 9);
    EXPECT(client_name.port);
    ops->close(platform, client);
    ops->close(platform, plain);
    ops->close(platform, foreign);
    ops->close(platform, second);
    ops->close(platform, first);
    done();
}

static void v6_only_leaves_ipv4_alone(void)
{
    enum io_status status;
    if (!without_v6(1))
        return;
    begin();
    struct plat_listen how = on((struct addr){ .family = ADDR_IPV6 });
    how.v6_only = true;
    plat_sock v6 = ops->listen(platform, &how, &status);
    EXPECT_INT(status, IO_OK);
    plat_sock v4 = listen_on((struct addr){ .family = ADDR_IPV4, .port = own_name(v6).port });
    ops->close(platform, v4);
    ops->close(platform, v6);
    how.v6_only = false;
    v6 = ops->listen(platform, &how, &status);
    plat_sock client = connect_to(loopback(own_name(v6).port), &status);
    watch(client);
    await(client, PLAT_WRITABLE);
    EXPECT_INT(ops->sock_error(platform, client), IO_OK);
    ops->close(platform, client);
    ops->close(platform, v6);
    done();
}

static unsigned names_in_folder(void)
{
    struct buf names = BUF_INIT;
    unsigned count = 0;
    EXPECT_INT(ops->folder_list(platform, folder, &names), IO_OK);
    for (size_t i = 0; i < names.size; i++)
        count += names.data[i] == 0;
    buf_finish(&names);
    return count;
}

static void a_unix_path_changes_hands(void)
{
    enum io_status status;
    struct stat info;
    char path[ADDR_PATH_MAX + 1];
    begin();
    make_folder();
    struct addr addr = in_folder("sock");
    str_to_c(str_make(addr.u.path, addr.path_size), path, sizeof(path));
    EXPECT_INT(connect_to(addr, &status), PLAT_NO_SOCK);
    EXPECT_INT(status, IO_NOT_FOUND);

    struct plat_listen how = on(addr);
    how.unix_mode = 0640;
    how.unix_uid = (int)getuid();
    how.unix_gid = (int)getgid();
    plat_sock old = ops->listen(platform, &how, &status);
    EXPECT_INT(status, IO_OK);
    EXPECT(stat(path, &info) == 0 && S_ISSOCK(info.st_mode));
    EXPECT_INT(info.st_mode & 0777, 0640);
    EXPECT_INT(names_in_folder(), 1); /* nothing temporary is left */
    struct addr own = own_name(old);
    EXPECT(same_addr(&own, &addr));

    plat_sock before = connect_to(addr, &status);
    EXPECT_INT(status, IO_OK);
    struct addr peer;
    EXPECT_INT(ops->names(platform, before, &own, &peer), IO_OK);
    EXPECT_INT(own.family, ADDR_UNIX);
    EXPECT_INT(own.path_size, 0);
    EXPECT(same_addr(&peer, &addr));

    plat_sock next = listen_on(addr); /* over the living one, which keeps what it has */
    plat_sock after = connect_to(addr, &status);
    EXPECT_INT(status, IO_OK);
    plat_sock accepted = ops->accept(platform, next, NULL, &status);
    EXPECT_INT(status, IO_OK);
    EXPECT_INT(ops->accept(platform, next, NULL, &status), PLAT_NO_SOCK);
    plat_sock kept = ops->accept(platform, old, &peer, &status);
    EXPECT_INT(status, IO_OK);
    EXPECT_INT(peer.family, ADDR_UNIX);

    ops->close(platform, next);
    ops->close(platform, old);
    EXPECT_INT(connect_to(addr, &status), PLAT_NO_SOCK); /* the stale path */
    EXPECT_INT(status, IO_REFUSED);
    ops->close(platform, listen_on(addr));
    ops->close(platform, before);
    ops->close(platform, after);
    ops->close(platform, kept);
    ops->close(platform, accepted);
    EXPECT_INT(ops->file_remove(platform, path), IO_OK);
    EXPECT_INT(ops->file_remove(platform, folder), IO_OK);
    done();
}

static void a_unix_path_that_cannot_be_bound_says_why(void)
{
    enum io_status status;
    char path[ADDR_PATH_MAX + 1];
    begin();
    make_folder();
    struct addr addr = in_folder("file");
    str_to_c(str_make(addr.u.path, addr.path_size), path, sizeof(path));
    EXPECT_INT(ops->file_write(platform, path, STR("precious"), false), IO_OK);
    struct plat_listen how = on(addr);
    EXPECT_INT(ops->listen(platform, &how, &status), PLAT_NO_SOCK);
    EXPECT_INT(status, IO_IN_USE);
    EXPECT_INT(ops->file_remove(platform, path), IO_OK);

    how = on(in_folder("no/such/folder"));
    EXPECT_INT(ops->listen(platform, &how, &status), PLAT_NO_SOCK);
    EXPECT_INT(status, IO_NOT_FOUND);
    memset(how.addr.u.path + 20, 'x', sizeof(how.addr.u.path) - 20);
    how.addr.path_size = ADDR_PATH_MAX; /* no room for the temporary ending */
    EXPECT_INT(ops->listen(platform, &how, &status), PLAT_NO_SOCK);
    EXPECT_INT(status, IO_TOO_BIG);

    plat_sock listener, clients[32];
    unsigned count = 0;
    how = on(addr);
    how.backlog = 1;
    listener = ops->listen(platform, &how, &status);
    while (count < COUNT_OF(clients) && (clients[count] = connect_to(addr, &status)) != PLAT_NO_SOCK)
        count++;
    EXPECT_INT(status, IO_NO_PORTS); /* the queue is full, and no event would tell when it is not */
    while (count)
        ops->close(platform, clients[--count]);
    ops->close(platform, listener);
    EXPECT_INT(ops->file_remove(platform, path), IO_OK);
    EXPECT_INT(ops->file_remove(platform, folder), IO_OK);
    done();
}

static void abstract_names_are_padded(void)
{
    enum io_status status;
    char name[64];
    begin();
    snprintf(name, sizeof(name), "platform-test-%d", (int)getpid());
    struct addr addr = unix_addr(ADDR_ABSTRACT, name);
    struct link link = link_over(addr);
    struct addr own = own_name(link.listener);
    EXPECT(same_addr(&own, &addr));
    EXPECT_INT(put(link.client, "x").status, IO_OK);
    await(link.server, PLAT_READABLE);

    struct sockaddr_un raw = { .sun_family = AF_UNIX };
    memcpy(raw.sun_path + 1, name, strlen(name));
    int padded = socket(AF_UNIX, SOCK_STREAM, 0), exact = socket(AF_UNIX, SOCK_STREAM, 0);
    EXPECT_INT(connect(padded, (struct sockaddr *)&raw, sizeof(raw)), 0);
    EXPECT_INT(connect(exact, (struct sockaddr *)&raw, (socklen_t)(3 + strlen(name))), -1);
    close(padded);
    close(exact);
    close_link(&link);
    EXPECT_INT(connect_to(addr, &status), PLAT_NO_SOCK);
    EXPECT_INT(status, IO_REFUSED);
    done();
}

/* ---- datagrams ---- */

static void datagrams_keep_their_borders(void)
{
    static char big[70000];
    enum io_status status;
    char bytes[32];
    begin();
    make_folder();
    const struct addr addrs[] = { loopback(0), in_folder("dgram") };
    for (unsigned i = 0; i < COUNT_OF(addrs); i++) {
        struct addr from, target;
        plat_sock receiver = ops->datagram_open(platform, &addrs[i], addrs[i].family, &status);
        EXPECT_INT(status, IO_OK);
        plat_sock sender = ops->datagram_open(platform, NULL, addrs[i].family, &status);
        EXPECT_INT(status, IO_OK);
        watch(receiver);
        target = own_name(receiver);
        const struct io_vec vecs[] = { { "one", 3 }, { "two", 3 } };
        EXPECT_INT(ops->send_to(platform, sender, &target, vecs, 2).size, 6);
        EXPECT_INT(ops->send_to(platform, sender, &target, vecs, 0).size, 0);
        EXPECT_INT(ops->send_to(platform, sender, &target, vecs, 1).size, 3);
        await(receiver, PLAT_READABLE);
        EXPECT_INT(ops->receive_from(platform, receiver, &from, bytes, sizeof(bytes)).size, 6);
        EXPECT_STR(str_make(bytes, 6), "onetwo");
        EXPECT_INT(from.family, target.family == ADDR_UNIX ? ADDR_NONE : target.family); /* it has no name */
        struct io_result empty = ops->receive_from(platform, receiver, NULL, bytes, sizeof(bytes));
        EXPECT_INT(empty.status, IO_OK);
        EXPECT_INT(empty.size, 0);
        EXPECT_INT(ops->receive_from(platform, receiver, NULL, bytes, 2).size, 2); /* the rest is lost */
        EXPECT_INT(ops->receive_from(platform, receiver, NULL, bytes, 2).status, IO_WOULD_BLOCK);
        if (target.family == ADDR_IPV4) {
            const struct io_vec whole = { big, sizeof(big) };
            EXPECT_INT(ops->send_to(platform, sender, &target, &whole, 1).status, IO_TOO_BIG);
            EXPECT(from.port == own_name(sender).port);
        }
        ops->close(platform, sender);
        ops->close(platform, receiver);
    }
    char path[128];
    snprintf(path, sizeof(path), "%s/dgram", folder);
    EXPECT_INT(ops->file_remove(platform, path), IO_OK);
    EXPECT_INT(ops->file_remove(platform, folder), IO_OK);
    done();
}

/* ---- sockets of other processes ---- */

static void sockets_travel_over_sockets(void)
{
    enum io_status status;
    struct buf data = BUF_INIT;
    begin();
    plat_sock there, here = ops->pair(platform, &there, &status);
    EXPECT_INT(status, IO_OK);
    plat_sock listener = listen_on(loopback(0));
    struct addr addr = own_name(listener);
    EXPECT_INT(ops->receive_sock(platform, here, &data, &status), PLAT_NO_SOCK);
    EXPECT_INT(status, IO_WOULD_BLOCK);
    EXPECT_INT(ops->send_sock(platform, there, listener, STR("take it")).size, 7);
    plat_sock copy = ops->receive_sock(platform, here, &data, &status);
    EXPECT_INT(status, IO_OK);
    EXPECT_STR(buf_str(&data), "take it");
    EXPECT(copy >= 0 && copy != listener);
    EXPECT_INT(fcntl(copy, F_GETFD), FD_CLOEXEC);

    /* The first is closed and its watch has ended, although the copy keeps the description alive. */
    watch(listener);
    watch(copy);
    ops->close(platform, listener);
    plat_sock client = connect_to(addr, &status);
    await(copy, PLAT_READABLE);
    EXPECT_INT(ready_now(listener), 0);
    EXPECT_INT(ready_now(copy), PLAT_READABLE); /* a listener here too: told again */
    ops->close(platform, client);
    ops->close(platform, copy);

    EXPECT_INT(put(there, "only text").status, IO_OK);
    EXPECT_INT(ops->receive_sock(platform, here, &data, &status), PLAT_NO_SOCK);
    EXPECT_INT(status, IO_OK);
    EXPECT_STR(buf_str(&data), "take itonly text");
    ops->close(platform, there);
    EXPECT_INT(ops->receive_sock(platform, here, &data, &status), PLAT_NO_SOCK);
    EXPECT_INT(status, IO_CLOSED);
    ops->close(platform, here);
    buf_finish(&data);
    done();
}

static int bound_socket(bool listening, struct addr *addr)
{
    struct sockaddr_in name = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof(name);
    int sock = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(bind(sock, (struct sockaddr *)&name, sizeof(name)) == 0);
    CHECK(!listening || listen(sock, 10) == 0);
    CHECK(getsockname(sock, (struct sockaddr *)&name, &size) == 0);
    *addr = loopback(ntohs(name.sin_port));
    return sock;
}

static void inherited_sockets_are_taken_over(void)
{
    enum io_status status;
    begin();
    for (int listening = 0; listening < 2; listening++) {
        struct addr addr;
        int theirs = bound_socket(listening, &addr), number = dup(theirs);
        plat_sock sock = ops->adopt(platform, number, &status);
        EXPECT_INT(status, IO_OK);
        EXPECT_INT(sock, number);
        EXPECT_INT(fcntl(sock, F_GETFD), FD_CLOEXEC);
        EXPECT(fcntl(sock, F_GETFL) & O_NONBLOCK);
        watch(sock);
        plat_sock client = connect_to(addr, &status);
        await(sock, PLAT_READABLE);
        EXPECT_INT(ready_now(sock), PLAT_READABLE);
        plat_sock accepted = ops->accept(platform, sock, NULL, &status);
        EXPECT_INT(status, IO_OK);
        EXPECT(option_of(accepted, PLAT_NO_DELAY));
        ops->close(platform, sock);
        plat_sock late = connect_to(addr, &status); /* the starter's copy still listens */
        watch(late);
        await(late, PLAT_WRITABLE);
        EXPECT_INT(ready_now(sock), 0);
        ops->close(platform, late);
        ops->close(platform, accepted);
        ops->close(platform, client);
        close(theirs);
    }
    EXPECT_INT(ops->adopt(platform, 999, &status), PLAT_NO_SOCK);
    EXPECT_INT(status, IO_BAD);
    EXPECT_INT(ops->adopt(platform, -1, &status), PLAT_NO_SOCK);
    int pipes[2];
    CHECK(pipe(pipes) == 0);
    EXPECT_INT(ops->adopt(platform, pipes[0], &status), PLAT_NO_SOCK);
    EXPECT_INT(status, IO_BAD);
    close(pipes[0]);
    close(pipes[1]);
    done();
}

static void original_is_unknown_without_redirection(void)
{
    struct addr addr;
    begin();
    struct link link = link_over(loopback(0));
    EXPECT(ops->original(platform, link.server, &addr) != IO_OK);
    close_link(&link);
    done();
}

/* ---- options ---- */

static void options_are_set_and_told(void)
{
    static const struct {
        enum plat_option option;
        int64_t value;
        bool at_least; /* the kernel rounds it up */
    } rows[] = {
        { PLAT_NO_DELAY, 0, false },         { PLAT_NO_DELAY, 1, false },
        { PLAT_KEEP_ALIVE, 1, false },       { PLAT_KEEP_ALIVE_IDLE, 33, false },
        { PLAT_KEEP_ALIVE_EVERY, 5, false }, { PLAT_KEEP_ALIVE_COUNT, 4, false },
        { PLAT_SEND_BUFFER, 30000, true },   { PLAT_RECEIVE_BUFFER, 30000, true },
        { PLAT_USER_TIMEOUT, 1234, false },  { PLAT_TOS, 0x10, false },
        { PLAT_LINGER_RESET, 1, false },     { PLAT_LINGER_RESET, 0, false },
    };
    static const enum plat_option told[] = { PLAT_ROUND_TRIP_US, PLAT_ROUND_TRIP_VAR_US, PLAT_LOST,
                                             PLAT_RETRANSMITTED, PLAT_UNACKED,           PLAT_REORDERING };
    const struct addr v6 = { .family = ADDR_IPV6, .u.ip = { [15] = 1 } };
    begin();
    const struct addr addrs[] = { loopback(0), v6 };
    for (unsigned l = 0; l < without_v6(COUNT_OF(addrs)); l++) {
        struct link link = link_over(addrs[l]);
        for (unsigned i = 0; i < COUNT_OF(rows); i++) {
            EXPECT_INT(ops->set_option(platform, link.client, rows[i].option, rows[i].value), IO_OK);
            int64_t value = option_of(link.client, rows[i].option);
            EXPECT(rows[i].at_least ? value >= rows[i].value : value == rows[i].value);
        }
        for (unsigned i = 0; i < COUNT_OF(told); i++)
            EXPECT(option_of(link.client, told[i]) >= 0);
        EXPECT(option_of(link.client, PLAT_ROUND_TRIP_US) > 0);
        EXPECT_INT(ops->set_option(platform, link.client, PLAT_QUICK_ACK, 1), IO_OK);
        EXPECT_INT(ops->set_option(platform, link.client, PLAT_UNREAD, 1), IO_BAD);
        close_link(&link);
    }
    done();
}

/* ---- waiting, waking, signals ---- */

static void a_wait_ends_at_its_deadline(void)
{
    struct plat_event events[16];
    begin();
    uint64_t now = ops->monotonic_ns(platform);
    EXPECT_INT(wait_once(0, events), 0);
    EXPECT_INT(wait_once(1, events), 0); /* long ago */
    EXPECT(ops->monotonic_ns(platform) - now < LONG_NS);
    now = ops->monotonic_ns(platform);
    EXPECT_INT(wait_once(now + NS_MS / 2, events), 0);
    EXPECT(ops->monotonic_ns(platform) >= now + NS_MS / 2);
    done();
}

static void *wake_from_thread(void *data)
{
    ops->wake(platform, *(int *)data);
    return NULL;
}

static void another_thread_wakes(void)
{
    struct plat_event events[16];
    pthread_t thread;
    begin();
    for (unsigned i = 0; i < 3; i++) { /* each time anew, with nothing read in between */
        CHECK(pthread_create(&thread, NULL, wake_from_thread, &poller) == 0);
        uint64_t deadline = ops->monotonic_ns(platform) + LONG_NS;
        EXPECT_INT(wait_once(deadline, events), 0);
        EXPECT(ops->monotonic_ns(platform) < deadline);
        pthread_join(thread, NULL);
    }
    int second = ops->poller_open(platform);
    EXPECT(second >= 0 && second != poller);
    ops->wake(platform, second);
    EXPECT_INT(ops->wait(platform, second, ops->monotonic_ns(platform) + LONG_NS, events, 16), 0);
    ops->poller_close(platform, second);
    EXPECT_INT(wait_once(0, events), 0);
    done();
}

static const struct {
    int number;
    enum plat_signal name;
} signal_rows[] = {
    { SIGINT, PLAT_SIGNAL_INT },   { SIGTERM, PLAT_SIGNAL_TERM }, { SIGUSR1, PLAT_SIGNAL_USR1 },
    { SIGUSR2, PLAT_SIGNAL_USR2 }, { SIGHUP, PLAT_SIGNAL_HUP },   { SIGCHLD, PLAT_SIGNAL_CHILD },
    { SIGTTIN, PLAT_SIGNAL_TTIN }, { SIGTTOU, PLAT_SIGNAL_TTOU }, { SIGQUIT, PLAT_SIGNAL_QUIT },
};

static void signals_are_told_after_a_wait(void)
{
    struct plat_event events[16];
    begin();
    EXPECT_INT(ops->signal_next(platform), PLAT_SIGNAL_NONE);
    for (unsigned i = 0; i < COUNT_OF(signal_rows); i++) {
        kill(getpid(), signal_rows[i].number);
        EXPECT_INT(ops->signal_next(platform), PLAT_SIGNAL_NONE); /* not before the wait */
        EXPECT_INT(wait_once(UINT64_MAX, events), 0);
        EXPECT_INT(ops->signal_next(platform), signal_rows[i].name);
        EXPECT_INT(ops->signal_next(platform), PLAT_SIGNAL_NONE);
    }
    kill(getpid(), SIGHUP);
    kill(getpid(), SIGTERM);
    kill(getpid(), SIGPIPE); /* ignored */
    wait_once(UINT64_MAX, events);
    EXPECT_INT(ops->signal_next(platform), PLAT_SIGNAL_TERM);
    EXPECT_INT(ops->signal_next(platform), PLAT_SIGNAL_HUP);
    EXPECT_INT(ops->signal_next(platform), PLAT_SIGNAL_NONE);
    done();
}

static void the_next_poller_sees_the_signals(void)
{
    struct plat_event events[16];
    begin();
    int second = ops->poller_open(platform);
    kill(getpid(), SIGUSR1);
    EXPECT_INT(ops->wait(platform, second, 0, events, 16), 0);
    EXPECT_INT(ops->signal_next(platform), PLAT_SIGNAL_NONE);
    ops->poller_close(platform, poller);
    EXPECT_INT(ops->wait(platform, second, UINT64_MAX, events, 16), 0);
    EXPECT_INT(ops->signal_next(platform), PLAT_SIGNAL_USR1);
    poller = second;
    done();
}

static void events_are_given_in_portions(void)
{
    enum io_status status;
    plat_sock ours[10], theirs[10];
    struct plat_event events[16];
    begin();
    for (unsigned i = 0; i < 10; i++) {
        ours[i] = ops->pair(platform, &theirs[i], &status);
        watch(ours[i]);
    }
    EXPECT_INT(ops->wait(platform, poller, UINT64_MAX, events, 4), 4);
    EXPECT_INT(ops->wait(platform, poller, UINT64_MAX, events, 4), 4);
    EXPECT_INT(ops->wait(platform, poller, UINT64_MAX, events, 4), 2);
    for (unsigned i = 0; i < 10; i++) {
        ops->close(platform, ours[i]);
        ops->close(platform, theirs[i]);
    }
    done();
}

/* ---- what runs out ---- */

static void descriptors_run_out(void)
{
    struct rlimit before, none;
    enum io_status status;
    begin();
    struct link link = link_over(loopback(0));
    plat_sock waiting = connect_to(own_name(link.listener), &status);
    await(link.listener, PLAT_READABLE);
    CHECK(getrlimit(RLIMIT_NOFILE, &before) == 0);
    none = (struct rlimit){ .rlim_cur = 0, .rlim_max = before.rlim_max };
    CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0);
    EXPECT_INT(ops->accept(platform, link.listener, NULL, &status), PLAT_NO_SOCK);
    EXPECT_INT(status, IO_NO_DESCRIPTORS);
    EXPECT_INT(connect_to(loopback(1), &status), PLAT_NO_SOCK);
    EXPECT_INT(status, IO_NO_DESCRIPTORS);
    struct plat_listen how = on(loopback(0));
    EXPECT_INT(ops->listen(platform, &how, &status), PLAT_NO_SOCK);
    EXPECT_INT(status, IO_NO_DESCRIPTORS);
    EXPECT_INT(ops->datagram_open(platform, NULL, ADDR_IPV4, &status), PLAT_NO_SOCK);
    EXPECT_INT(status, IO_NO_DESCRIPTORS);
    plat_sock other;
    EXPECT_INT(ops->pair(platform, &other, &status), PLAT_NO_SOCK);
    EXPECT_INT(status, IO_NO_DESCRIPTORS);
    EXPECT(ops->poller_open(platform) < 0);
    CHECK(setrlimit(RLIMIT_NOFILE, &before) == 0);
    plat_sock accepted = ops->accept(platform, link.listener, NULL, &status);
    EXPECT_INT(status, IO_OK);
    ops->close(platform, accepted);
    ops->close(platform, waiting);
    close_link(&link);
    done();
}

static void memory_runs_out(void)
{
    enum io_status status;
    int64_t blocks = test_blocks();
    test_fail_allocation(1);
    EXPECT(platform_epoll_create() == NULL);
    test_fail_allocation(0);
    begin();
    struct plat_listen how = on(loopback(0));
    unsigned before = open_descriptors();
    test_fail_allocation(1);
    plat_sock sock = ops->listen(platform, &how, &status);
    test_fail_allocation(0);
    EXPECT_INT(sock, PLAT_NO_SOCK);
    EXPECT_INT(status, IO_NO_MEMORY);
    EXPECT_INT(open_descriptors(), before);
    done();
    EXPECT_INT(test_blocks(), blocks);
}

const struct test_row tests[] = {
    { "bytes go both ways, over IPv4 and IPv6", bytes_go_both_ways },
    { "vectors are gathered and scattered", vectors_are_gathered_and_scattered },
    { "an end closes one direction", an_end_closes_one_direction },
    { "a reset is told", a_reset_is_told },
    { "a refused connection is told", a_refused_connection_is_told },
    { "a full socket blocks until it is read", a_full_socket_blocks_until_it_is_read },
    { "sockets tell edges, listeners levels", sockets_tell_edges_and_listeners_levels },
    { "listeners and sources are bound as told", listeners_and_sources_are_bound_as_told },
    { "v6_only leaves IPv4 alone", v6_only_leaves_ipv4_alone },
    { "a Unix path changes hands", a_unix_path_changes_hands },
    { "a Unix path that cannot be bound says why", a_unix_path_that_cannot_be_bound_says_why },
    { "abstract names are padded", abstract_names_are_padded },
    { "datagrams keep their borders", datagrams_keep_their_borders },
    { "sockets travel over sockets", sockets_travel_over_sockets },
    { "inherited sockets are taken over", inherited_sockets_are_taken_over },
    { "the original address is unknown without redirection", original_is_unknown_without_redirection },
    { "options are set and told", options_are_set_and_told },
    { "a wait ends at its deadline", a_wait_ends_at_its_deadline },
    { "another thread wakes", another_thread_wakes },
    { "signals are told after a wait", signals_are_told_after_a_wait },
    { "the next poller sees the signals", the_next_poller_sees_the_signals },
    { "events are given in portions", events_are_given_in_portions },
    { "descriptors run out", descriptors_run_out },
    { "memory runs out", memory_runs_out },
    { 0 },
};
