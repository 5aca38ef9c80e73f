/* The real world: Linux sockets, epoll, clocks and files. */
#ifndef PLATFORM_PLATFORM_EPOLL_H
#define PLATFORM_PLATFORM_EPOLL_H
#include "platform/platform.h"

/* One per process (signals). Signals are watched from here on; SIGPIPE is ignored. Ends with _destroy. */
struct platform *platform_epoll_create(void);
void platform_epoll_destroy(struct platform *platform);

#endif
