/* Random numbers: known values, independence of the coordinates, evenness. */
#include "base/rng.h"
#include "base/test.h"

/* The published sequence of SplitMix64 for the seed 1234567. */
static void the_known_sequence(void)
{
    static const uint64_t known[] = { 6457827717110365317ull, 3203168211198807973ull, 9817491932198370423ull,
                                      4593380528125082431ull, 16408922859458223821ull };
    struct rng rng = { 1234567 };
    for (size_t i = 0; i < COUNT_OF(known); i++)
        EXPECT(rng_next(&rng) == known[i]);
}

static void below_a_bound_evenly(void)
{
    static const uint32_t bounds[] = { 1, 2, 3, 7, 10, 100 };
    for (size_t b = 0; b < COUNT_OF(bounds); b++) {
        enum { DRAWS = 100000 };
        uint32_t seen[100] = { 0 }, bound = bounds[b];
        struct rng rng = { b };
        double off = 0;
        for (int i = 0; i < DRAWS; i++) {
            uint32_t value = rng_below(&rng, bound);
            if (!EXPECT(value < bound))
                return;
            seen[value]++;
        }
        double each = (double)DRAWS / bound;
        for (uint32_t i = 0; i < bound; i++)
            off += (seen[i] - each) * (seen[i] - each) / each;
        EXPECT(off < bound + 6.0 * bound); /* chi-squared: expected near bound - 1 */
    }
    struct rng rng = { 5 };
    bool large = false;
    for (int i = 0; i < 100; i++)
        large |= rng_below(&rng, UINT32_MAX) > UINT32_MAX / 2;
    EXPECT(large);
}

static unsigned bits_in(uint64_t word)
{
    unsigned count = 0;
    for (; word; word &= word - 1)
        count++;
    return count;
}

/* One bit of one coordinate changes half of the value, whichever it is. */
static void each_coordinate_counts(void)
{
    for (unsigned which = 0; which < 4; which++) {
        for (unsigned bit = 0; bit < 64; bit++) {
            unsigned changed = 0;
            for (uint64_t i = 0; i < 64; i++) {
                uint64_t at[4] = { 42, i, i * 7, i * i };
                uint64_t before = rng_at(at[0], at[1], at[2], at[3]);
                at[which] ^= (uint64_t)1 << bit;
                changed += bits_in(before ^ rng_at(at[0], at[1], at[2], at[3]));
            }
            EXPECT(changed > 64 * 27 && changed < 64 * 37);
        }
    }
}

static void coordinates_do_not_change_places(void)
{
    unsigned same = 0;
    for (uint64_t a = 0; a < 20; a++) {
        for (uint64_t b = 0; b < 20; b++) {
            if (a == b)
                continue;
            same += rng_at(1, a, b, 0) == rng_at(1, b, a, 0);
            same += rng_at(1, 0, a, b) == rng_at(1, 0, b, a);
            same += rng_at(a, b, 0, 0) == rng_at(b, a, 0, 0);
            same += rng_at(1, a, b + 1, 0) == rng_at(1, a, 0, b + 1);
        }
    }
    EXPECT_INT(same, 0);
    EXPECT(rng_at(1, 2, 3, 4) == rng_at(1, 2, 3, 4));
}

static void mixing_loses_nothing_small(void)
{
    EXPECT(rng_mix(0) == 0);
    for (uint64_t i = 1; i < 1000; i++)
        EXPECT(rng_mix(i) != rng_mix(i - 1) && rng_mix(i) != i);
}

const struct test_row tests[] = {
    { "the known sequence", the_known_sequence },
    { "values below a bound, evenly", below_a_bound_evenly },
    { "each bit of each coordinate changes half of the value", each_coordinate_counts },
    { "coordinates are told from each other", coordinates_do_not_change_places },
    { "mixing keeps numbers apart", mixing_loses_nothing_small },
    { 0 },
};
