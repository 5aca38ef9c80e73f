/* SplitMix64's finaliser (Steele, Lea, Flood, 2014) as the mixer; a draw is a chain of mixes over its coordinates. */
#include "base/rng.h"
#include "base/check.h"

#define GOLDEN 0x9e3779b97f4a7c15ull

uint64_t rng_mix(uint64_t value)
{
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ull;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebull;
    return value ^ (value >> 31);
}

/* Each coordinate enters through a mix of all before it, so that (1, 2) and (2, 1) share nothing. */
uint64_t rng_at(uint64_t seed, uint64_t site, uint64_t entity, uint64_t ordinal)
{
    uint64_t value = rng_mix(seed + GOLDEN);
    value = rng_mix(value + GOLDEN * site + 1);
    value = rng_mix(value + GOLDEN * entity + 2);
    return rng_mix(value + GOLDEN * ordinal + 3);
}

uint64_t rng_next(struct rng *rng)
{
    rng->state += GOLDEN;
    return rng_mix(rng->state);
}

/* The high half of a product (Lemire): off from uniform by less than bound / 2^32. */
uint32_t rng_below(struct rng *rng, uint32_t bound)
{
    CHECK(bound > 0);
    return (uint32_t)(((rng_next(rng) >> 32) * bound) >> 32);
}
