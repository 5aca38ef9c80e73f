/* One question decides each call: is there a real world? */
#include "sim/wire.h"
#include "base/mem.h"
#include "sim/real_world.h"
#include "sim/scenario.h"

struct wire {
    struct net_host *host;
    struct real_world *real; /* NULL: simulated */
};

/* The platform's answer in the real world, the network's otherwise. */
#define ANSWER(call, ...)                                                                                    \
    (wire->real ? real_world_platform(wire->real)->ops->call(real_world_platform(wire->real), __VA_ARGS__)   \
                : net_##call(wire->host, __VA_ARGS__))

struct wire *wire_create(struct scenario *scenario, const char *name)
{
    struct wire *wire = mem_need(sizeof(*wire));

    wire->host = net_host_create(scenario->net, name);
    wire->real = scenario->real;
    return wire;
}

void wire_destroy(struct wire *wire)
{
    if (wire->real)
        real_world_close_all(wire->real, wire);
    net_host_destroy(wire->host);
    mem_free(wire);
}

struct net_host *wire_host(const struct wire *wire)
{
    return wire->host;
}

/* A socket that was opened is the wire's until it is closed. */
static plat_sock own(struct wire *wire, plat_sock sock)
{
    if (wire->real && sock != PLAT_NO_SOCK)
        real_world_own(wire->real, sock, wire);
    return sock;
}

plat_sock wire_listen(struct wire *wire, const struct plat_listen *how, enum io_status *status)
{
    return own(wire, ANSWER(listen, how, status));
}

plat_sock wire_accept(struct wire *wire, plat_sock listener, struct addr *peer, enum io_status *status)
{
    plat_sock sock = own(wire, ANSWER(accept, listener, peer, status));

    if (wire->real && sock == PLAT_NO_SOCK && *status == IO_WOULD_BLOCK)
        real_world_await(wire->real, listener);
    return sock;
}

plat_sock wire_connect(struct wire *wire, const struct plat_connect *how, enum io_status *status)
{
    return own(wire, ANSWER(connect, how, status));
}

enum io_status wire_sock_error(struct wire *wire, plat_sock sock)
{
    return ANSWER(sock_error, sock);
}

struct io_result wire_read(struct wire *wire, plat_sock sock, const struct io_vec *vecs, unsigned count)
{
    return ANSWER(read, sock, vecs, count);
}

struct io_result wire_write(struct wire *wire, plat_sock sock, const struct io_vec *vecs, unsigned count,
                            bool more)
{
    return ANSWER(write, sock, vecs, count, more);
}

enum io_status wire_shutdown(struct wire *wire, plat_sock sock, enum plat_shutdown how)
{
    return ANSWER(shutdown, sock, how);
}

void wire_close(struct wire *wire, plat_sock sock)
{
    if (wire->real)
        real_world_close(wire->real, sock);
    else
        net_close(wire->host, sock);
}

enum io_status wire_set_option(struct wire *wire, plat_sock sock, enum plat_option option, int64_t value)
{
    return ANSWER(set_option, sock, option, value);
}

enum io_status wire_names(struct wire *wire, plat_sock sock, struct addr *own, struct addr *peer)
{
    return ANSWER(names, sock, own, peer);
}

plat_sock wire_datagram_open(struct wire *wire, const struct addr *bind_or_null, enum addr_family family,
                             enum io_status *status)
{
    return own(wire, ANSWER(datagram_open, bind_or_null, family, status));
}

struct io_result wire_receive_from(struct wire *wire, plat_sock sock, struct addr *from, char *out,
                                   size_t size)
{
    return ANSWER(receive_from, sock, from, out, size);
}

void wire_on_ready(struct wire *wire, plat_sock sock, net_ready_call *call, void *data)
{
    if (wire->real)
        real_world_on_ready(wire->real, sock, call, data);
    else
        net_on_ready(wire->host, sock, call, data);
}

unsigned wire_readiness(struct wire *wire, plat_sock sock)
{
    return wire->real ? real_world_readiness(wire->real, sock) : net_readiness(wire->host, sock);
}
