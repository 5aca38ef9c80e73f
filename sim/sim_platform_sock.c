/* Sockets and datagrams of one node: each call may be made to fail, and what connections carry is shown. */
#include "sim/sim_platform_parts.h"

static void show_vecs(struct sim_platform *sim, enum sim_wire what, plat_sock sock, const struct io_vec *vecs,
                      size_t size)
{
    for (; sim->on_wire && size; vecs++) {
        size_t part = vecs->size < size ? vecs->size : size;
        if (part)
            show_wire(sim, what, sock, str_make(vecs->data, part));
        size -= part;
    }
}

static struct io_result failed(struct platform *platform, plat_sock sock, enum io_status status)
{
    if (status == IO_WOULD_BLOCK)
        sim_platform_again_at_once(self(platform), sock);
    return (struct io_result){ status, 0 };
}

static plat_sock open_listener(struct platform *platform, const struct plat_listen *how,
                               enum io_status *status)
{
    if (fails(platform, SIM_LISTEN, status))
        return PLAT_NO_SOCK;
    return net_listen(self(platform)->host, how, status);
}

static plat_sock accept_sock(struct platform *platform, plat_sock listener, struct addr *peer,
                             enum io_status *status)
{
    if (fails(platform, SIM_ACCEPT, status))
        return PLAT_NO_SOCK;
    plat_sock sock = net_accept(self(platform)->host, listener, peer, status);
    if (sock != PLAT_NO_SOCK)
        show_wire(self(platform), SIM_WIRE_ACCEPTED, sock, str_make((const char *)peer, sizeof(*peer)));
    return sock;
}

static plat_sock connect_sock(struct platform *platform, const struct plat_connect *how,
                              enum io_status *status)
{
    if (fails(platform, SIM_CONNECT, status))
        return PLAT_NO_SOCK;
    plat_sock sock = net_connect(self(platform)->host, how, status);
    if (sock != PLAT_NO_SOCK)
        show_wire(self(platform), SIM_WIRE_CONNECTED, sock, STR_NONE);
    return sock;
}

static enum io_status sock_error(struct platform *platform, plat_sock sock)
{
    enum io_status status;
    if (fails(platform, SIM_SOCK_ERROR, &status))
        return status;
    return net_sock_error(self(platform)->host, sock);
}

static void show_failure(struct sim_platform *sim, plat_sock sock, enum io_status status)
{
    if (status != IO_OK && status != IO_WOULD_BLOCK)
        show_wire(sim, SIM_WIRE_FAILED, sock, STR_NONE);
}

static struct io_result read_sock(struct platform *platform, plat_sock sock, const struct io_vec *vecs,
                                  unsigned count)
{
    enum io_status status;
    bool short_of_all = fails(platform, SIM_READ, &status);
    struct io_vec first = { vecs->data, 1 };
    if (short_of_all && (status != IO_OK || !vecs->size)) {
        show_failure(self(platform), sock, status);
        return failed(platform, sock, status);
    }
    struct io_result result =
        net_read(self(platform)->host, sock, short_of_all ? &first : vecs, short_of_all ? 1 : count);
    if (short_of_all && result.status == IO_OK)
        sim_platform_again_at_once(self(platform), sock);
    if (result.status == IO_OK)
        show_vecs(self(platform), SIM_WIRE_READ, sock, vecs, result.size);
    else if (result.status != IO_WOULD_BLOCK)
        show_wire(self(platform), SIM_WIRE_READ_END, sock, STR_NONE);
    if (result.status != IO_CLOSED)
        show_failure(self(platform), sock, result.status);
    return result;
}

static struct io_result write_sock(struct platform *platform, plat_sock sock, const struct io_vec *vecs,
                                   unsigned count, bool more)
{
    enum io_status status;
    bool short_of_all = fails(platform, SIM_WRITE, &status);
    struct io_vec first = { vecs->data, 1 };
    if (short_of_all && (status != IO_OK || !vecs->size)) {
        show_failure(self(platform), sock, status);
        return failed(platform, sock, status);
    }
    struct io_result result =
        net_write(self(platform)->host, sock, short_of_all ? &first : vecs, short_of_all ? 1 : count, more);
    if (short_of_all && result.status == IO_OK)
        sim_platform_again_at_once(self(platform), sock);
    if (result.status == IO_OK)
        show_vecs(self(platform), SIM_WIRE_WRITTEN, sock, vecs, result.size);
    show_failure(self(platform), sock, result.status);
    return result;
}

static enum io_status shutdown_sock(struct platform *platform, plat_sock sock, enum plat_shutdown how)
{
    enum io_status status;
    if (fails(platform, SIM_SHUTDOWN, &status))
        return status;
    return net_shutdown(self(platform)->host, sock, how);
}

static enum io_status set_option(struct platform *platform, plat_sock sock, enum plat_option option,
                                 int64_t value)
{
    enum io_status status;
    if (fails(platform, SIM_SET_OPTION, &status))
        return status;
    return net_set_option(self(platform)->host, sock, option, value);
}

static enum io_status get_option(struct platform *platform, plat_sock sock, enum plat_option option,
                                 int64_t *value)
{
    enum io_status status;
    if (fails(platform, SIM_GET_OPTION, &status))
        return status;
    return net_get_option(self(platform)->host, sock, option, value);
}

static enum io_status names(struct platform *platform, plat_sock sock, struct addr *own, struct addr *peer)
{
    enum io_status status;
    if (fails(platform, SIM_NAMES, &status))
        return status;
    return net_names(self(platform)->host, sock, own, peer);
}

/* Nobody rewrites addresses here: the kernel has no original to tell of either. */
static enum io_status original(struct platform *platform, plat_sock sock, struct addr *out)
{
    (void)platform;
    (void)sock;
    (void)out;
    return IO_NOT_FOUND;
}

static plat_sock adopt(struct platform *platform, int number, enum io_status *status)
{
    if (fails(platform, SIM_ADOPT, status))
        return PLAT_NO_SOCK;
    struct sim_platform *sim = self(platform);
    *status = IO_OK;
    for (unsigned i = 0; i < sim->inherited_count; i++)
        if (sim->inherited[i].number == number) {
            if (sim->inherited[i].taken) /* two binds of one socket each have it as their own */
                return net_duplicate(sim->host, sim->inherited[i].sock, sim->host, status);
            sim->inherited[i].taken = true;
            return sim->inherited[i].sock;
        }
    *status = IO_BAD;
    return PLAT_NO_SOCK;
}

static struct io_result send_sock(struct platform *platform, plat_sock via, plat_sock what, struct str data)
{
    enum io_status status;
    if (fails(platform, SIM_SEND_SOCK, &status))
        return failed(platform, via, status);
    return net_send_sock(self(platform)->host, via, what, data);
}

static plat_sock receive_sock(struct platform *platform, plat_sock via, struct buf *data,
                              enum io_status *status)
{
    if (fails(platform, SIM_RECEIVE_SOCK, status)) {
        (void)failed(platform, via, *status);
        return PLAT_NO_SOCK;
    }
    return net_receive_sock(self(platform)->host, via, data, status);
}

static plat_sock open_pair(struct platform *platform, plat_sock *other, enum io_status *status)
{
    if (fails(platform, SIM_PAIR, status))
        return PLAT_NO_SOCK;
    return net_pair(self(platform)->host, other, status);
}

static plat_sock datagram_open(struct platform *platform, const struct addr *bind_or_null,
                               enum addr_family family, enum io_status *status)
{
    if (fails(platform, SIM_DATAGRAM, status))
        return PLAT_NO_SOCK;
    return net_datagram_open(self(platform)->host, bind_or_null, family, status);
}

static struct io_result send_to(struct platform *platform, plat_sock sock, const struct addr *to,
                                const struct io_vec *vecs, unsigned count)
{
    enum io_status status;
    if (fails(platform, SIM_SEND_TO, &status))
        return failed(platform, sock, status);
    for (unsigned i = 0; i < count; i++)
        show_wire(self(platform), SIM_WIRE_DATAGRAM, sock, str_make(vecs[i].data, vecs[i].size));
    return net_send_to(self(platform)->host, sock, to, vecs, count);
}

static struct io_result receive_from(struct platform *platform, plat_sock sock, struct addr *from, char *out,
                                     size_t size)
{
    enum io_status status;
    if (fails(platform, SIM_RECEIVE_FROM, &status))
        return failed(platform, sock, status);
    return net_receive_from(self(platform)->host, sock, from, out, size);
}

void sim_platform_sock_ops(struct platform_ops *ops)
{
    ops->listen = open_listener;
    ops->accept = accept_sock;
    ops->connect = connect_sock;
    ops->sock_error = sock_error;
    ops->read = read_sock;
    ops->write = write_sock;
    ops->shutdown = shutdown_sock;
    ops->set_option = set_option;
    ops->get_option = get_option;
    ops->names = names;
    ops->original = original;
    ops->adopt = adopt;
    ops->send_sock = send_sock;
    ops->receive_sock = receive_sock;
    ops->pair = open_pair;
    ops->datagram_open = datagram_open;
    ops->send_to = send_to;
    ops->receive_from = receive_from;
}
