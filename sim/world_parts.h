/* What the files world*.c share; nobody else includes it. */
#ifndef SIM_WORLD_PARTS_H
#define SIM_WORLD_PARTS_H
#include "base/dict.h"
#include "sim/world.h"

#define WORLD_RING     4096 /* events kept for reports */
#define WORLD_PREFIX   64   /* bytes of payload kept with each */
#define WORLD_TAPE_MAX (4u << 20)

struct world_kept_event {
    uint64_t serial, at_ns, a, b;
    uint32_t entity;
    uint16_t kind, size;
    char bytes[WORLD_PREFIX];
};

struct world_tracer {
    struct digest_trace digest;
    uint64_t count;
    struct world_kept_event *ring; /* WORLD_RING of them */
    void (*call)(void *data, const struct world_event *event);
    void *call_data;
};

/* How often a site was asked for each entity. */
struct world_ordinals {
    uint32_t *counts;
    uint32_t capacity;
};

enum { WORLD_DELAYS_MAX = 16 };

/* Whom a change of priority has put behind all others. */
struct world_lowered {
    enum world_site site;
    uint32_t entity, who;
};

struct world_choices {
    unsigned pct, changes, lowered_count;
    uint64_t firsts; /* questions of who comes first, so far */
    uint64_t change_at[WORLD_DELAYS_MAX];
    struct world_lowered
        lowered[WORLD_DELAYS_MAX]; /* in the order of their changes: each is behind all before it */
    unsigned delays;
    uint64_t orders;                    /* asked so far */
    uint64_t delayed[WORLD_DELAYS_MAX]; /* which of them are not benign */
    struct world_source *source;        /* NULL: the seed */
    struct world_ordinals choose[SITE_COUNT], random[SITE_COUNT];
    struct world_choice *tape;
    size_t tape_size, tape_capacity;
    bool tape_cut;
};

struct world_queued {
    uint64_t at_ns, order;
    struct world_timer *timer;
};

struct world {
    uint64_t seed, now, step_limit, steps, order, serial;
    int64_t epoch; /* wall clock at virtual 0, if it did not drift */
    uint64_t drift_since;
    int64_t drift; /* millionths, since that instant */
    bool exhausted;
    struct world_queued *queue; /* a heap of four children a node */
    size_t queued, queue_capacity;
    struct dict entities; /* name -> serial */
    struct dict files;    /* path -> digest, as heap text */
    const char **entity_names;
    uint64_t
        *entity_keys; /* of the names: what is drawn and hashed hangs on them, not on the order of meeting */
    uint32_t entity_count, entity_capacity;
    struct world_choices choices;
    struct world_tracer tracer;
};

void world_trace_begin(struct world_tracer *tracer);
void world_trace_end(struct world_tracer *tracer);
void world_delay_orders(struct world_choices *choices, uint64_t seed, unsigned delays);
void world_prioritize(struct world_choices *choices, uint64_t seed, unsigned depth);
void world_choice_end(struct world_choices *choices);

#endif
