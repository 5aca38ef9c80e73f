/* Counter-based random numbers: value n of stream (seed, site, entity) depends on nothing else, so that a new
 * draw in one place shifts no other place. Integers only; the same on every machine. */
#ifndef BASE_RNG_H
#define BASE_RNG_H
#include <stdint.h>

/* One well-mixed 64-bit value. */
uint64_t rng_mix(uint64_t value);
uint64_t rng_at(uint64_t seed, uint64_t site, uint64_t entity, uint64_t ordinal);

/* A cheap sequence from a seed (for production's non-cryptographic needs and for tests). */
struct rng {
    uint64_t state;
};
uint64_t rng_next(struct rng *rng);
/* 0..bound-1 without bias to speak of; bound > 0. */
uint32_t rng_below(struct rng *rng, uint32_t bound);

#endif
