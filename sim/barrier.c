/* A barrier counts arrivals. The last one opens it: `cycle` moves on and all who wait for it are woken, in the order
 * in which they came. A cyclic barrier then begins again; on any other a further arrival is a mistake. */
#include "sim/barrier.h"
#include "base/mem.h"
#include <stdio.h>

struct barrier {
    struct list link;
    char name[64];
    uint32_t entity;
    unsigned expected, waiting;
    uint64_t cycle;
    bool cyclic;
    struct actor *waiters[64];
};

static struct barrier *barrier_find(struct scenario *scenario, struct str name)
{
    LIST_EACH (item, &scenario->barriers) {
        struct barrier *barrier = LIST_ITEM(item, struct barrier, link);

        if (str_eq(name, str_of(barrier->name)))
            return barrier;
    }
    return NULL;
}

static struct barrier *barrier_create(struct scenario *scenario, struct str name)
{
    struct barrier *barrier = arena_need(&scenario->arena, sizeof(*barrier));

    str_to_c(name, barrier->name, sizeof(barrier->name));
    barrier->entity = world_entity(scenario->world, barrier->name);
    list_add_last(&scenario->barriers, &barrier->link);
    return barrier;
}

static void barrier_open(struct barrier *barrier)
{
    unsigned count = barrier->waiting;

    barrier->cycle++;
    if (barrier->cyclic)
        barrier->waiting = 0;
    for (unsigned i = 0; i < count; i++)
        if (barrier->waiters[i])
            actor_wake(barrier->waiters[i]);
}

void barrier_release_all(struct scenario *scenario)
{
    LIST_EACH (item, &scenario->barriers) {
        struct barrier *barrier = LIST_ITEM(item, struct barrier, link);

        if (barrier->waiting && barrier->waiting < barrier->expected)
            barrier_open(barrier);
    }
}

static bool barrier_declare(struct actor *actor, struct barrier *barrier)
{
    uint64_t expected;

    if (barrier->expected) {
        actor_wrong(actor, "barrier %s is declared already", barrier->name);
        return false;
    }
    if (!actor_number(actor, actor->position + 1, &expected))
        return false;
    if (expected < 2 || expected > COUNT_OF(barrier->waiters)) {
        actor_wrong(actor, "a barrier is for 2 to %zu actors", COUNT_OF(barrier->waiters));
        return false;
    }
    barrier->expected = (unsigned)expected;
    return true;
}

/* phase 0: arrive; phase 1: waits, actor->count is the cycle that it came in. */
static enum actor_step barrier_sync(struct actor *actor, struct barrier *barrier)
{
    if (actor->phase == 1) {
        if (barrier->cycle == actor->count)
            return actor_wait(actor, "barrier");
        actor->phase = 0;
        return STEP_NEXT;
    }
    if (!barrier->expected)
        return actor_wrong(actor, "barrier %s is not declared", barrier->name);
    if (barrier->waiting == barrier->expected)
        return actor_fail(actor, "barrier %s has had its %u arrivals, this is one more", barrier->name,
                          barrier->expected);
    world_trace(actor->scenario->world, EV_BARRIER, actor->entity, barrier->waiting + 1, barrier->expected,
                str_of(barrier->name));
    actor->count = barrier->cycle;
    barrier->waiters[barrier->waiting++] = actor;
    if (barrier->waiting == barrier->expected) {
        barrier->waiters[barrier->expected - 1] = NULL;
        barrier_open(barrier);
        return STEP_NEXT;
    }
    if (actor->scenario->ending)
        return STEP_NEXT;
    actor->phase = 1;
    snprintf(actor->waits_detail, sizeof(actor->waits_detail), "%s, %u of %u came", barrier->name,
             barrier->waiting, barrier->expected);
    return actor_wait(actor, "barrier");
}

enum actor_step barrier_statement(struct actor *actor)
{
    struct str name = actor_word(actor, 1);
    struct barrier *barrier = barrier_find(actor->scenario, name);

    if (!barrier) {
        if (name.data[0] != 'b')
            return actor_wrong(actor, "a barrier's name begins with 'b', not '%.*s'", STR_ARG(name));
        barrier = barrier_create(actor->scenario, name);
    }
    if (!actor->position)
        actor->position = 2;
    for (; actor->position < actor->word_count; actor->position++) {
        if (actor_word_is(actor, actor->position, "cond")) {
            if (!barrier_declare(actor, barrier))
                return STEP_FAILED;
            actor->position++;
        } else if (actor_word_is(actor, actor->position, "sync")) {
            enum actor_step step = barrier_sync(actor, barrier);

            if (step != STEP_NEXT)
                return step;
        } else if (actor_word_is(actor, actor->position, "-cyclic")) {
            barrier->cyclic = true;
        } else if (actor_word_is(actor, actor->position, "sock")) {
            scenario_skip(actor->scenario, "'barrier sock' is for a Varnish module");
            return STEP_FAILED;
        } else {
            return actor_wrong(actor, "'barrier' does not know '%.*s'",
                               STR_ARG(actor_word(actor, actor->position)));
        }
    }
    return STEP_NEXT;
}
