/* Rates over a sliding second: what was counted in the running second, and the share of the one before that still
 * lies within the last 1000 ms. */
#include "proxy/counters.h"
#include "base/units.h"

static void turn_to(struct rate *rate, uint64_t second)
{
    if (rate->second == second)
        return;
    rate->previous = second == rate->second + 1 ? rate->current : 0;
    rate->current = 0;
    rate->second = second;
}

void rate_add(struct rate *rate, uint64_t now_ns, uint32_t events)
{
    turn_to(rate, now_ns / NS_PER_S);
    rate->current = events > UINT32_MAX - rate->current ? UINT32_MAX : rate->current + events;
}

uint32_t rate_read(const struct rate *rate, uint64_t now_ns)
{
    struct rate now = *rate;
    turn_to(&now, now_ns / NS_PER_S);
    /* At one event a second or fewer the share would flicker between 0 and 1. */
    if (!now.current && now.previous <= 1)
        return now.previous;
    uint64_t left_ms = 1000 - now_ns % NS_PER_S / NS_PER_MS;
    uint64_t sum = now.current + now.previous * left_ms / 1000;
    return sum > UINT32_MAX ? UINT32_MAX : (uint32_t)sum;
}

void rate_count(struct rate *rate, uint32_t *most, uint64_t now_ns)
{
    rate_add(rate, now_ns, 1);
    uint32_t now = rate_read(rate, now_ns);
    if (now > *most)
        *most = now;
}

void counters_add_time(uint64_t *sum, uint64_t *longest, uint64_t ms)
{
    *sum = *sum - (*sum + 1023) / 1024 + ms;
    if (ms > *longest)
        *longest = ms;
}
