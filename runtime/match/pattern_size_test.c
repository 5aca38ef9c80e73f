/* What large lists cost: bytes an entry beside its text, and the time of a look-up. The time is printed, not judged. */
#include "base/rng.h"
#include "base/test.h"
#include "match/pattern.h"
#include <malloc.h>
#include <stdio.h>
#include <time.h>

#define PREFIXES 200000u
#define TEXTS    10000u
#define LOOKUPS  200000u

static struct arena arena;
static struct pattern_set *set;

static size_t bytes_in_use(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static struct str prefixes(struct rng *rng)
{
    size_t size = 0, capacity = PREFIXES * 40;
    char *text = arena_alloc(&arena, capacity);
    for (unsigned i = 0; i < PREFIXES; i++) {
        uint32_t bits = 16 + (uint32_t)rng_below(rng, 17);
        uint32_t ip = (uint32_t)rng_below(rng, UINT32_MAX) & (UINT32_MAX << (32 - bits));
        size += (size_t)snprintf(text + size, capacity - size, "%u.%u.%u.%u/%u v%u\n", ip >> 24,
                                 ip >> 16 & 255, ip >> 8 & 255, ip & 255, bits, i % 1000);
    }
    return str_make(text, size);
}

static struct pattern_expr *load(struct str text, const char *name, enum match_method method)
{
    struct pattern_options options = { .method = method, .value_type = SAMPLE_STR };
    const char *error = NULL;
    struct pattern_ref *ref = pattern_ref_add(set, str_of(name), true);
    EXPECT(ref && pattern_ref_load(ref, text, name, &arena, &error));
    struct pattern_expr *expr = pattern_ref_index(ref, &options, &arena, &error);
    EXPECT(expr);
    return expr;
}

static void prefixes_are_small_and_quick(void)
{
    struct rng rng = { 11 };
    arena_init(&arena, 65536);
    set = pattern_set_create();
    struct str text = prefixes(&rng);
    size_t before = bytes_in_use();
    double begin = now_ns();
    const struct pattern_expr *expr = load(text, "prefixes", MATCH_IP);
    double loaded = now_ns();
    size_t used = bytes_in_use() - before;
    printf("     %u prefixes: %.0f ns and %.1f bytes an entry beside its text\n", PREFIXES,
           (loaded - begin) / PREFIXES, ((double)used - (double)text.size) / PREFIXES);
    EXPECT(used <= text.size + 100 * (size_t)PREFIXES);
    unsigned found = 0;
    begin = now_ns();
    for (unsigned i = 0; i < LOOKUPS; i++) {
        struct sample sample = { .type = SAMPLE_IPV4 };
        uint32_t ip = (uint32_t)rng_below(&rng, UINT32_MAX);
        memcpy(sample.u.ip, &ip, sizeof(ip));
        found += pattern_match(expr, &sample, &arena, NULL);
    }
    printf("     %.0f ns a look-up, %u of %u found\n", (now_ns() - begin) / LOOKUPS, found, LOOKUPS);
    EXPECT(found);
    pattern_set_destroy(set);
    arena_finish(&arena);
}

static void texts_are_quickly_missed(void)
{
    size_t size = 0, capacity = TEXTS * 64;
    arena_init(&arena, 65536);
    set = pattern_set_create();
    char *text = arena_alloc(&arena, capacity), key[64];
    for (unsigned i = 0; i < TEXTS; i++)
        size +=
            (size_t)snprintf(text + size, capacity - size, "host-%u.example.com be_%u\n", i * 7919, i % 100);
    const struct pattern_expr *expr = load(str_make(text, size), "hosts", MATCH_STR);
    double spent = 0;
    for (unsigned i = 0; i < LOOKUPS / 100; i++) {
        struct sample sample =
            sample_text(str_make(key, (size_t)snprintf(key, sizeof(key), "other-%u.example.com", i)));
        double begin = now_ns();
        for (unsigned again = 0; again < 100; again++)
            EXPECT(!pattern_match(expr, &sample, &arena, NULL));
        spent += now_ns() - begin;
    }
    printf("     %u texts: a miss takes %.0f ns\n", TEXTS, spent / LOOKUPS);
    pattern_set_destroy(set);
    arena_finish(&arena);
}

const struct test_row tests[] = {
    { "prefixes are small, and quick to find", prefixes_are_small_and_quick },
    { "texts that are not there are quickly missed", texts_are_quickly_missed },
    { 0 },
};
