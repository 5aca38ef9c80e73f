/* Open sockets: the members of platform_ops that use one and need no poller; platform.h says what they do. The
 * platform pointer is that of a struct platform_posix. */
#ifndef PLATFORM_PLATFORM_SOCKET_H
#define PLATFORM_PLATFORM_SOCKET_H
#include "platform/platform.h"

struct io_result platform_socket_read(struct platform *platform, plat_sock sock, const struct io_vec *vecs,
                                      unsigned count);
struct io_result platform_socket_write(struct platform *platform, plat_sock sock, const struct io_vec *vecs,
                                       unsigned count, bool more);
struct io_result platform_socket_send_to(struct platform *platform, plat_sock sock, const struct addr *to,
                                         const struct io_vec *vecs, unsigned count);
struct io_result platform_socket_receive_from(struct platform *platform, plat_sock sock, struct addr *from,
                                              char *out, size_t size);
struct io_result platform_socket_send_sock(struct platform *platform, plat_sock via, plat_sock what,
                                           struct str data);
plat_sock platform_socket_receive_sock(struct platform *platform, plat_sock via, struct buf *data,
                                       enum io_status *status);

enum io_status platform_socket_error(struct platform *platform, plat_sock sock);
enum io_status platform_socket_shutdown(struct platform *platform, plat_sock sock, enum plat_shutdown how);
enum io_status platform_socket_names(struct platform *platform, plat_sock sock, struct addr *own,
                                     struct addr *peer);
enum io_status platform_socket_original(struct platform *platform, plat_sock sock, struct addr *out);

#endif
