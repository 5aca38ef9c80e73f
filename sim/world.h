/* One simulated world: a virtual clock, a queue of timed events, the choices, and the trace.
 *
 * Nothing in a world runs at the same time: the world takes the next event (smallest instant, then the order of
 * scheduling), sets the clock to it and calls it. Nodes (proxies) and actors (scripted clients and servers)
 * are stepped from events. Every choice is drawn by `world_choose`, every fact worth knowing is traced. */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H
#include "base/buf.h"
#include "base/digest.h"
#include "base/str.h"
#include <stdbool.h>
#include <stdint.h>

struct world;

/* ---- choices: 0 is always the benign answer ---- */
enum world_site { /* append only: the numbers are part of a tape */
                  SITE_NONE,
                  SITE_ENTROPY,     /* bytes for a node; entity: the node */
                  SITE_PICK,        /* which runnable task */
                  SITE_EVENT_ORDER, /* order inside one batch of readiness events */
                  SITE_BATCH,       /* how many events one wait gives */
                  SITE_SEGMENT,     /* where a write is cut into segments */
                  SITE_LATENCY,     /* of a segment, within the link's range */
                  SITE_LOSS,
                  SITE_SHORT_READ,
                  SITE_SHORT_WRITE,
                  SITE_ACCEPT_ORDER,
                  SITE_EPHEMERAL_PORT,
                  SITE_BOOT_DELAY,
                  SITE_FAULT,
                  SITE_LUA_SEED,
                  SITE_STATEMENT, /* which of a `pick`, and how many */
                  SITE_SWARM,     /* what of a swarm is on, and how much */
                  SITE_DUPLICATE, /* a datagram comes twice */
                  SITE_REORDER,   /* it is overtaken */
                  SITE_COUNT
};
const char *world_site_name(enum world_site site);
bool world_site_is_order(enum world_site site); /* which of several comes first */
/* 0 .. bound-1 (bound > 0), from the world's source; recorded when not 0. entity: a stable serial, not an address. */
uint32_t world_choose(struct world *world, enum world_site site, uint32_t entity, uint32_t bound);
/* The same, where the question is which of `bound` comes first; who: a number for each, the same in every question. */
uint32_t world_choose_first(struct world *world, enum world_site site, uint32_t entity, uint32_t bound,
                            const uint32_t *who);
uint64_t world_random(struct world *world, enum world_site site,
                      uint32_t entity); /* 64 raw bits, not on the tape */

/* One answer: the ordinal counts the questions of this site about this entity, from 0. */
struct world_choice {
    enum world_site site;
    uint32_t entity, ordinal, value;
    uint64_t at_ns; /* when it was asked; a tape does not go by it */
};
/* Where answers come from: a seed, a tape, bytes, a search. What it gives past bound-1 is cut to bound-1. */
struct world_source {
    uint32_t (*choose)(struct world_source *source, const struct world_choice *question, uint32_t bound);
};
/* Borrowed; NULL: the seed of the options, which is where a world begins. */
void world_set_source(struct world *world, struct world_source *source);
/* The answers that were not 0 so far, in order; as lines "site entity ordinal = value # instant" in out. */
size_t world_tape(const struct world *world, const struct world_choice **out);
void world_tape_print(const struct world *world, struct buf *out);
bool world_tape_cut(
    const struct world *world); /* there were too many to keep: only the seed repeats the run */
/* Every answer 0. */
struct world_source *world_source_benign(void);
/* Answers from printed lines; what is not on them is 0. NULL when a line cannot be read, *bad_line (from 1) then. */
struct world_source *world_source_tape(struct world *world, struct str lines, unsigned *bad_line);
void world_source_destroy(struct world_source *source); /* of a tape or benign */

/* ---- trace: typed events, hashed as they come, before anything is formatted ---- */
enum world_event_kind { /* append only */
                        EV_NONE,
                        EV_NODE_TURN,
                        EV_TASK,
                        EV_STREAM_NEW,
                        EV_STREAM_END,
                        EV_LUA_RESUME,
                        EV_LISTEN,
                        EV_CONNECT,
                        EV_CONNECTED,
                        EV_REFUSED,
                        EV_ACCEPT,
                        EV_SEND,
                        EV_DELIVER,
                        EV_READ,
                        EV_FIN,
                        EV_RST,
                        EV_CLOSE,
                        EV_DATAGRAM,
                        EV_LOG,
                        EV_PRINT,
                        EV_ACTOR_START,
                        EV_ACTOR_STEP,
                        EV_ACTOR_END,
                        EV_ACTOR_FAIL,
                        EV_TIME,
                        EV_CHOICE,
                        EV_FAULT,
                        EV_BARRIER,
                        EV_KIND_COUNT
};
const char *world_event_name(enum world_event_kind kind);
struct world_event {
    uint64_t serial, at_ns;
    enum world_event_kind kind;
    uint32_t entity; /* who: see world_entity */
    uint64_t a, b;
    struct str bytes; /* payload kept for reports; valid while the event is in the ring */
};
/* bytes are hashed whole; a bounded prefix is kept for the report. */
void world_trace(struct world *world, enum world_event_kind kind, uint32_t entity, uint64_t a, uint64_t b,
                 struct str bytes);
uint64_t world_hash(const struct world *world);
uint64_t world_event_count(const struct world *world);
/* The last `max` events, oldest first; returns how many. */
unsigned world_last_events(const struct world *world, struct world_event *out, unsigned max);
/* Called for every traced event (the --trace file); NULL to stop. */
void world_on_event(struct world *world, void (*call)(void *data, const struct world_event *event),
                    void *data);
/* A stable serial for a named thing ("h1", "c1"); the same name gives the same serial. */
uint32_t world_entity(struct world *world, const char *name);
const char *world_entity_name(const struct world *world, uint32_t entity);

/* ---- time ---- */
struct world_options {
    uint64_t seed;
    int64_t epoch_ns; /* wall clock at virtual 0; 0: 2027-01-01T00:00:00Z */
    unsigned
        delays; /* of choices about order only so many are not benign, see world_choice.c; 0: all are drawn */
    unsigned pct; /* who comes first goes by priorities that change so often, less one; 0: it is drawn */
    uint64_t step_limit; /* events per run, 0: 50 million: past it the run is a livelock */
};
struct world *world_create(const struct world_options *options);
void world_destroy(struct world *world);
uint64_t
world_now(const struct world
              *world); /* monotonic ns since the world began; starts at 1 s so that 0 is never a time */
int64_t world_wall(const struct world *world);         /* ns since 1970 */
void world_reseed(struct world *world, uint64_t seed); /* what is drawn from now on */
void world_wall_jump(struct world *world, int64_t by_ns);
void world_wall_drift(struct world *world,
                      int millionths); /* faster than world_now, from now on; -: slower */

struct world_timer {
    size_t place; /* in the queue, from 1; 0: not armed */
    void (*fire)(struct world_timer *timer);
};
void world_timer_init(struct world_timer *timer, void (*fire)(struct world_timer *timer));
/* Again: moves. An instant in the past means now. Same instant: in order of arming. */
void world_timer_set(struct world *world, struct world_timer *timer, uint64_t at_ns);
void world_timer_stop(struct world *world, struct world_timer *timer);
static inline bool world_timer_armed(const struct world_timer *timer)
{
    return timer->place != 0;
}
uint64_t world_timer_at(const struct world *world,
                        const struct world_timer *timer); /* UINT64_MAX: not armed */

/* Runs the next event; false when there is none. */
bool world_step(struct world *world);
/* The instant of the next event, UINT64_MAX for none. */
uint64_t world_next(const struct world *world);
/* Moves the clock with nothing to do in between; the instant may not be past world_next. */
void world_advance(struct world *world, uint64_t to_ns);
bool world_exhausted(const struct world *world); /* step limit reached, or somebody gave up: */
void world_exhaust(struct world *world, uint32_t entity, const char *why); /* traced as EV_FAULT */
/* A file of the machine that the run hangs on, as it was read; the first reading counts. */
void world_note_file(struct world *world, const char *path, struct str text);
/* Lines "DIGEST PATH", in order of reading. */
void world_print_files(const struct world *world, struct buf *out);
uint64_t world_file_digest(struct str text);
uint64_t world_serial(struct world *world); /* 1, 2, 3 ... for whoever needs a number of its own */

#endif
