/* Socket options by their platform names. */
#ifndef PLATFORM_PLATFORM_OPTION_H
#define PLATFORM_PLATFORM_OPTION_H
#include "platform/platform.h"

enum io_status platform_option_set(struct platform *platform, plat_sock sock, enum plat_option option,
                                   int64_t value);
enum io_status platform_option_get(struct platform *platform, plat_sock sock, enum plat_option option,
                                   int64_t *value);

#endif
