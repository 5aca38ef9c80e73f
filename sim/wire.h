/* The sockets of actors. They stand in the simulated network, or, when the scenario runs in the real world, in the
 * kernel's: the meanings are those of platform.h in both, and readiness is told by edges, always from the run's loop. */
#ifndef SIM_WIRE_H
#define SIM_WIRE_H
#include "sim/net.h"

struct scenario;
struct wire;

struct wire *wire_create(struct scenario *scenario, const char *name);
void wire_destroy(struct wire *wire); /* its sockets are closed */
/* Where it stands in the simulated network, also when nothing is done there. */
struct net_host *wire_host(const struct wire *wire);

plat_sock wire_listen(struct wire *wire, const struct plat_listen *how, enum io_status *status);
plat_sock wire_accept(struct wire *wire, plat_sock listener, struct addr *peer, enum io_status *status);
plat_sock wire_connect(struct wire *wire, const struct plat_connect *how, enum io_status *status);
enum io_status wire_sock_error(struct wire *wire, plat_sock sock);
struct io_result wire_read(struct wire *wire, plat_sock sock, const struct io_vec *vecs, unsigned count);
struct io_result wire_write(struct wire *wire, plat_sock sock, const struct io_vec *vecs, unsigned count,
                            bool more);
enum io_status wire_shutdown(struct wire *wire, plat_sock sock, enum plat_shutdown how);
void wire_close(struct wire *wire, plat_sock sock);
enum io_status wire_set_option(struct wire *wire, plat_sock sock, enum plat_option option, int64_t value);
enum io_status wire_names(struct wire *wire, plat_sock sock, struct addr *own, struct addr *peer);
plat_sock wire_datagram_open(struct wire *wire, const struct addr *bind_or_null, enum addr_family family,
                             enum io_status *status);
struct io_result wire_receive_from(struct wire *wire, plat_sock sock, struct addr *from, char *out,
                                   size_t size);
/* As net_on_ready and net_readiness; in the real world the latter is what was told so far. */
void wire_on_ready(struct wire *wire, plat_sock sock, net_ready_call *call, void *data);
unsigned wire_readiness(struct wire *wire, plat_sock sock);

#endif
