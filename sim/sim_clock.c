/* The C library's clock, for libraries that ask it behind our back (OpenSSL: validity, tickets, ages of sessions). These
 * definitions stand before the C library's, for shared libraries too. While a world lives they tell its wall clock. */
#include "sim/sim_clock.h"
#include "sim/world.h"
#include <sys/time.h>
#include <time.h>

static const struct world *current;

void sim_clock_follow(const struct world *world)
{
    current = world;
}

static void read_clock(struct timespec *out)
{
    if (!current) {
        clock_gettime(CLOCK_REALTIME, out);
        return;
    }
    int64_t wall = world_wall(current);
    out->tv_sec = (time_t)(wall / 1000000000);
    out->tv_nsec = (long)(wall % 1000000000);
}

time_t time(time_t *out)
{
    struct timespec now;
    read_clock(&now);
    if (out)
        *out = now.tv_sec;
    return now.tv_sec;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone)
{
    struct timespec now;
    (void)zone;
    read_clock(&now);
    out->tv_sec = now.tv_sec;
    out->tv_usec = now.tv_nsec / 1000;
    return 0;
}
