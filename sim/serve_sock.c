/* Sockets in a served world: what a test connects, accepts, sends and receives. */
#include "base/mem.h"
#include "sim/serve.h"
#include "sim/sim_address.h"

enum sock_kind { SOCK_CONNECTION, SOCK_LISTENER, SOCK_DATAGRAM };

struct serve_sock {
    struct list link;
    unsigned id;
    enum sock_kind kind;
    struct net_host *host;
    plat_sock sock;
    struct buf in;         /* received, not yet asked for */
    enum io_status status; /* IO_OK while more may come */
};

static struct serve_sock *sock_add(struct serve *serve, enum sock_kind kind, struct net_host *host,
                                   plat_sock sock)
{
    struct serve_sock *added = mem_need(sizeof(*added));

    *added = (struct serve_sock){ .id = serve->next_id++, .kind = kind, .host = host, .sock = sock };
    list_add_last(&serve->socks, &added->link);
    return added;
}

static void sock_remove(struct serve_sock *sock)
{
    if (sock->in.size && sock->kind == SOCK_CONNECTION) /* unread bytes make a close a reset */
        (void)!net_set_option(sock->host, sock->sock, PLAT_LINGER_RESET, 1);
    net_close(sock->host, sock->sock);
    list_remove(&sock->link);
    buf_finish(&sock->in);
    mem_free(sock);
}

void serve_sock_close_all(struct serve *serve)
{
    while (!list_empty(&serve->socks))
        sock_remove(LIST_ITEM(list_first(&serve->socks), struct serve_sock, link));
}

/* The member `name` as a socket of that kind. NULL: refused. */
static struct serve_sock *asked_sock(struct serve *serve, const char *name, enum sock_kind kind)
{
    double id;

    if (!serve_number(serve, name, NULL, &id))
        return NULL;
    LIST_EACH (item, &serve->socks) {
        struct serve_sock *sock = LIST_ITEM(item, struct serve_sock, link);

        if (sock->id == id && sock->kind == kind)
            return sock;
    }
    serve_refuse(serve, "there is no %s %.0f", name, id);
    return NULL;
}

static bool asked_host(struct serve *serve, struct net_host **out)
{
    struct str name;

    if (!serve_text(serve, "as", "test", &name))
        return false;
    *out = serve_host(serve, name);
    return true;
}

static bool asked_address(struct serve *serve, const char *name, const char *otherwise, struct addr *out)
{
    struct str text;

    if (!serve_text(serve, name, otherwise, &text))
        return false;
    if (!sim_address_parse(text, out))
        return serve_refuse(serve, "'%s' wants an address such as 127.0.0.1:80 or /path", name);
    return true;
}

static void add_address(struct serve *serve, const char *name, const struct addr *addr)
{
    char text[ADDR_TEXT_MAX];

    serve_add_text(serve, name, str_make(text, addr_print(addr, text, sizeof(text))));
}

/* ---- opening ---- */

static bool connect_answered(struct serve *serve, void *data)
{
    struct serve_sock *sock = data;

    (void)serve;
    return net_readiness(sock->host, sock->sock) & (PLAT_WRITABLE | PLAT_ERROR);
}

static bool op_connect(struct serve *serve)
{
    struct plat_connect how = { 0 };
    struct net_host *host;
    enum io_status status;
    struct serve_sock *sock;
    struct addr own;
    uint64_t deadline;
    plat_sock opened;

    if (!asked_address(serve, "to", NULL, &how.to) || !asked_host(serve, &host) ||
        !serve_deadline(serve, "timeout_s", 10, &deadline))
        return false;
    if (json_member(serve->ask, "from") && !asked_address(serve, "from", NULL, &how.from))
        return false;
    opened = net_connect(host, &how, &status);
    if (opened == PLAT_NO_SOCK)
        return serve_refuse(serve, "%s", platform_status_text(status));
    sock = sock_add(serve, SOCK_CONNECTION, host, opened);
    status =
        serve_wait(serve, deadline, connect_answered, sock) ? net_sock_error(host, opened) : IO_TIMED_OUT;
    if (status != IO_OK) {
        sock_remove(sock);
        return serve_refuse(serve, "%s", platform_status_text(status));
    }
    serve_add_int(serve, "conn", sock->id);
    if (net_names(host, opened, &own, NULL) == IO_OK)
        serve_add_int(serve, "port", own.port);
    return true;
}

static bool op_listen(struct serve *serve)
{
    struct plat_listen how = { .unix_uid = -1, .unix_gid = -1 };
    static const double backlog_otherwise = 128;
    struct net_host *host;
    enum io_status status;
    struct addr own;
    plat_sock opened;
    double backlog;

    if (!asked_address(serve, "address", "127.0.0.1:0", &how.addr) || !asked_host(serve, &host) ||
        !serve_number(serve, "backlog", &backlog_otherwise, &backlog))
        return false;
    how.backlog = backlog >= 0 && backlog < 65536 ? (unsigned)backlog : 128;
    opened = net_listen(host, &how, &status);
    if (opened == PLAT_NO_SOCK)
        return serve_refuse(serve, "%s", platform_status_text(status));
    serve_add_int(serve, "listener", sock_add(serve, SOCK_LISTENER, host, opened)->id);
    if (net_names(host, opened, &own, NULL) == IO_OK)
        serve_add_int(serve, "port", own.port);
    return true;
}

struct accepting {
    struct serve_sock *listener;
    plat_sock sock;
    struct addr peer;
    enum io_status status;
};

static bool accept_came(struct serve *serve, void *data)
{
    struct accepting *accepting = data;

    (void)serve;
    accepting->sock = net_accept(accepting->listener->host, accepting->listener->sock, &accepting->peer,
                                 &accepting->status);
    return accepting->sock != PLAT_NO_SOCK || accepting->status != IO_WOULD_BLOCK;
}

static bool op_accept(struct serve *serve)
{
    struct accepting accepting = { .listener = asked_sock(serve, "listener", SOCK_LISTENER) };
    uint64_t deadline;

    if (!accepting.listener || !serve_deadline(serve, "timeout_s", 5, &deadline))
        return false;
    if (!serve_wait(serve, deadline, accept_came, &accepting)) {
        serve_add_flag(serve, "timeout", true);
        return true;
    }
    if (accepting.sock == PLAT_NO_SOCK)
        return serve_refuse(serve, "%s", platform_status_text(accepting.status));
    serve_add_int(serve, "conn",
                  sock_add(serve, SOCK_CONNECTION, accepting.listener->host, accepting.sock)->id);
    add_address(serve, "peer", &accepting.peer);
    return true;
}

/* ---- bytes ---- */

struct sending {
    struct serve_sock *sock;
    struct str bytes;
    size_t sent;
    enum io_status status;
};

static bool send_more(struct serve *serve, void *data)
{
    struct sending *sending = data;

    (void)serve;
    while (sending->sent < sending->bytes.size) {
        struct io_vec vec = { (char *)(uintptr_t)sending->bytes.data + sending->sent,
                              sending->bytes.size - sending->sent };
        struct io_result result;

        result = net_write(sending->sock->host, sending->sock->sock, &vec, 1, false);
        sending->status = result.status;
        if (result.status == IO_WOULD_BLOCK)
            return false;
        if (result.status != IO_OK)
            return true;
        sending->sent += result.size;
    }
    return true;
}

/* In pieces when "segment" says so, each on its way before the next is written. */
static bool op_send(struct serve *serve)
{
    struct sending sending = { .sock = asked_sock(serve, "conn", SOCK_CONNECTION) };
    static const double segment_otherwise = 0;
    uint64_t deadline;
    double segment;
    struct str bytes;

    if (!sending.sock || !serve_bytes(serve, &bytes) || !serve_deadline(serve, "timeout_s", 5, &deadline) ||
        !serve_number(serve, "segment", &segment_otherwise, &segment))
        return false;
    if (segment < 0)
        return serve_refuse(serve, "'segment' wants a number of bytes");
    for (size_t at = 0; at < bytes.size && sending.status == IO_OK; at += sending.sent) {
        sending.bytes = str_slice(bytes, at, segment >= 1 ? (size_t)segment : bytes.size);
        sending.sent = 0;
        if (!serve_wait(serve, deadline, send_more, &sending)) {
            serve_add_flag(serve, "timeout", true);
            serve_add_int(serve, "sent", (int64_t)(at + sending.sent));
            return true;
        }
        if (segment >= 1)
            serve_wait(serve, world_now(serve->world) + 20000, NULL, NULL);
        if (sending.status != IO_OK)
            return serve_refuse(serve, "%s", platform_status_text(sending.status));
    }
    serve_add_int(serve, "sent", (int64_t)bytes.size);
    return true;
}

struct receiving {
    struct serve_sock *sock;
    size_t at_most, at_least; /* at_least SIZE_MAX: until it ends */
    struct str until;         /* data NULL: by size */
    size_t found;             /* bytes that answer the request; SIZE_MAX: not yet */
};

static bool satisfied(struct receiving *receiving)
{
    struct buf *in = &receiving->sock->in;
    size_t place;

    if (receiving->until.data) {
        place = in->size ? str_find(buf_str(in), receiving->until) : STR_NOT_FOUND;
        if (place == STR_NOT_FOUND)
            return false;
        receiving->found = place + receiving->until.size;
        return true;
    }
    if (in->size < receiving->at_least)
        return false;
    receiving->found = in->size < receiving->at_most ? in->size : receiving->at_most;
    return true;
}

static bool receive_more(struct serve *serve, void *data)
{
    struct receiving *receiving = data;
    struct serve_sock *sock = receiving->sock;

    (void)serve;
    while (!satisfied(receiving) && sock->status == IO_OK) {
        size_t wanted = receiving->at_most - sock->in.size;
        size_t size = receiving->until.data || wanted > 16384 ? 16384 : wanted;
        struct io_vec vec = { buf_room(&sock->in, size), size };
        struct io_result result;

        CHECK(vec.data);
        result = net_read(sock->host, sock->sock, &vec, 1);
        if (result.status == IO_WOULD_BLOCK || (result.status == IO_OK && !result.size))
            return false;
        if (result.status == IO_OK)
            sock->in.size += result.size;
        else
            sock->status = result.status;
    }
    return true;
}

/* max: what is there, at least a byte; until_bytes: exactly so many; until_text: up to and with the text; eof: all. */
static bool op_recv(struct serve *serve)
{
    struct receiving receiving = { .sock = asked_sock(serve, "conn", SOCK_CONNECTION), .at_least = 1 };
    static const double max_otherwise = 65536;
    uint64_t deadline;
    double number;
    size_t size;
    bool came;

    if (!receiving.sock || !serve_deadline(serve, "timeout_s", 5, &deadline) ||
        !serve_number(serve, "max", &max_otherwise, &number))
        return false;
    receiving.at_most = number >= 1 ? (size_t)number : 1;
    if (json_member(serve->ask, "until_bytes")) {
        if (!serve_number(serve, "until_bytes", NULL, &number))
            return false;
        receiving.at_most = receiving.at_least = number >= 0 ? (size_t)number : 0;
    } else if (json_member(serve->ask, "until_text")) {
        if (!serve_text(serve, "until_text", NULL, &receiving.until))
            return false;
    } else if (serve_flag(serve, "eof")) {
        receiving.at_most = receiving.at_least = SIZE_MAX;
    }
    receiving.found = SIZE_MAX;
    came = serve_wait(serve, deadline, receive_more, &receiving);
    size = receiving.found < receiving.sock->in.size ? receiving.found : receiving.sock->in.size;
    serve_add_hex(serve, "hex", str_make(receiving.sock->in.data, size));
    buf_remove(&receiving.sock->in, 0, size);
    serve_add_flag(serve, "eof", receiving.sock->status == IO_CLOSED && !receiving.sock->in.size);
    serve_add_flag(serve, "reset", receiving.sock->status == IO_RESET && !receiving.sock->in.size);
    if (!came)
        serve_add_flag(serve, "timeout", true);
    return true;
}

/* ---- closing ---- */

static bool op_shutdown(struct serve *serve)
{
    struct serve_sock *sock = asked_sock(serve, "conn", SOCK_CONNECTION);
    enum io_status status;

    if (!sock)
        return false;
    status = net_shutdown(sock->host, sock->sock, PLAT_SHUT_WRITE);
    return status == IO_OK || serve_refuse(serve, "%s", platform_status_text(status));
}

static bool close_kind(struct serve *serve, const char *name, enum sock_kind kind, bool reset)
{
    struct serve_sock *sock = asked_sock(serve, name, kind);

    if (!sock)
        return false;
    if (reset)
        (void)!net_set_option(sock->host, sock->sock, PLAT_LINGER_RESET, 1);
    sock_remove(sock);
    return true;
}

static bool op_close(struct serve *serve)
{
    if (json_member(serve->ask, "listener"))
        return close_kind(serve, "listener", SOCK_LISTENER, false);
    if (json_member(serve->ask, "sock"))
        return close_kind(serve, "sock", SOCK_DATAGRAM, false);
    return close_kind(serve, "conn", SOCK_CONNECTION, false);
}

static bool op_reset(struct serve *serve)
{
    return close_kind(serve, "conn", SOCK_CONNECTION, true);
}

/* ---- datagrams ---- */

static bool op_udp_bind(struct serve *serve)
{
    struct net_host *host;
    enum io_status status;
    struct addr bind, own;
    plat_sock opened;

    if (!asked_address(serve, "address", "127.0.0.1:0", &bind) || !asked_host(serve, &host))
        return false;
    opened = net_datagram_open(host, &bind, bind.family, &status);
    if (opened == PLAT_NO_SOCK)
        return serve_refuse(serve, "%s", platform_status_text(status));
    serve_add_int(serve, "sock", sock_add(serve, SOCK_DATAGRAM, host, opened)->id);
    if (net_names(host, opened, &own, NULL) == IO_OK)
        serve_add_int(serve, "port", own.port);
    return true;
}

struct datagram {
    struct serve_sock *sock;
    struct io_result result;
    struct addr from;
    char bytes[65536];
};

static bool datagram_came(struct serve *serve, void *data)
{
    struct datagram *datagram = data;

    (void)serve;
    datagram->result = net_receive_from(datagram->sock->host, datagram->sock->sock, &datagram->from,
                                        datagram->bytes, sizeof(datagram->bytes));
    return datagram->result.status != IO_WOULD_BLOCK;
}

static bool op_udp_recv(struct serve *serve)
{
    struct datagram *datagram = arena_need(&serve->arena, sizeof(*datagram));
    uint64_t deadline;

    datagram->sock = asked_sock(serve, "sock", SOCK_DATAGRAM);
    if (!datagram->sock || !serve_deadline(serve, "timeout_s", 5, &deadline))
        return false;
    if (!serve_wait(serve, deadline, datagram_came, datagram)) {
        serve_add_flag(serve, "timeout", true);
        return true;
    }
    if (datagram->result.status != IO_OK)
        return serve_refuse(serve, "%s", platform_status_text(datagram->result.status));
    serve_add_hex(serve, "hex", str_make(datagram->bytes, datagram->result.size));
    add_address(serve, "from", &datagram->from);
    return true;
}

static bool op_udp_send(struct serve *serve)
{
    struct serve_sock *sock = asked_sock(serve, "sock", SOCK_DATAGRAM);
    struct io_result result;
    struct io_vec vec;
    struct addr to;
    struct str bytes;

    if (!sock || !asked_address(serve, "to", NULL, &to) || !serve_bytes(serve, &bytes))
        return false;
    vec = (struct io_vec){ (char *)(uintptr_t)bytes.data, bytes.size };
    result = net_send_to(sock->host, sock->sock, &to, &vec, 1);
    if (result.status != IO_OK)
        return serve_refuse(serve, "%s", platform_status_text(result.status));
    serve_add_int(serve, "sent", (int64_t)result.size);
    return true;
}

const struct serve_row serve_sock_rows[] = {
    { "connect", op_connect },   { "listen", op_listen },     { "accept", op_accept },
    { "send", op_send },         { "recv", op_recv },         { "shutdown", op_shutdown },
    { "close", op_close },       { "reset", op_reset },       { "udp_bind", op_udp_bind },
    { "udp_recv", op_udp_recv }, { "udp_send", op_udp_send }, { 0 },
};
