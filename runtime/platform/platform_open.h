/* Ways to come to a socket: the members of platform_ops that make one; platform.h says what they do. The platform
 * pointer is that of a struct platform_posix. */
#ifndef PLATFORM_PLATFORM_OPEN_H
#define PLATFORM_PLATFORM_OPEN_H
#include "platform/platform.h"

plat_sock platform_open_listen(struct platform *platform, const struct plat_listen *how,
                               enum io_status *status);
plat_sock platform_open_accept(struct platform *platform, plat_sock listener, struct addr *peer,
                               enum io_status *status);
plat_sock platform_open_connect(struct platform *platform, const struct plat_connect *how,
                                enum io_status *status);
plat_sock platform_open_datagram(struct platform *platform, const struct addr *bind_or_null,
                                 enum addr_family family, enum io_status *status);
plat_sock platform_open_pair(struct platform *platform, plat_sock *other, enum io_status *status);
plat_sock platform_open_adopt(struct platform *platform, int number, enum io_status *status);

/* For a descriptor that came from another process: sets its flags, listens if it is bound and does not yet, and
 * marks it. On failure it stays open. */
enum io_status platform_open_take(struct platform *platform, plat_sock sock);

#endif
