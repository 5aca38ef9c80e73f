/* Choices. The answer to question n about an entity at a site hangs on nothing but (seed, site, entity, n), so that
 * a question that is new in one place moves no answer elsewhere. */
#include "base/rng.h"
#include "base/units.h"
#include "sim/sim_mem.h"
#include "sim/world_parts.h"

#define RANDOM_SITES 1000 /* added to the site's number for world_random: other streams than world_choose's */
#define DELAY_SITE   2000
#define PCT_SITE     3000
#define ENTITY_MAX   (1u << 22)

static const char *const site_names[SITE_COUNT] = {
    [SITE_NONE] = "none",
    [SITE_ENTROPY] = "entropy",
    [SITE_PICK] = "task.pick",
    [SITE_EVENT_ORDER] = "event.order",
    [SITE_BATCH] = "event.batch",
    [SITE_SEGMENT] = "net.segment",
    [SITE_LATENCY] = "net.latency",
    [SITE_LOSS] = "net.loss",
    [SITE_SHORT_READ] = "net.short_read",
    [SITE_SHORT_WRITE] = "net.short_write",
    [SITE_ACCEPT_ORDER] = "net.accept",
    [SITE_EPHEMERAL_PORT] = "net.port",
    [SITE_BOOT_DELAY] = "boot.delay",
    [SITE_FAULT] = "fault",
    [SITE_LUA_SEED] = "lua.seed",
    [SITE_STATEMENT] = "pick",
    [SITE_SWARM] = "swarm",
    [SITE_DUPLICATE] = "net.duplicate",
    [SITE_REORDER] = "net.reorder",
};

const char *world_site_name(enum world_site site)
{
    return site < SITE_COUNT ? site_names[site] : "?";
}

static uint32_t next_ordinal(struct world_ordinals *ordinals, uint32_t entity)
{
    if (entity >= ordinals->capacity) {
        CHECK(entity < ENTITY_MAX);
        uint32_t capacity = ordinals->capacity ? ordinals->capacity : 16;
        while (capacity <= entity)
            capacity *= 2;
        ordinals->counts = sim_mem_grow(ordinals->counts, capacity * sizeof(*ordinals->counts));
        memset(ordinals->counts + ordinals->capacity, 0,
               (capacity - ordinals->capacity) * sizeof(*ordinals->counts));
        ordinals->capacity = capacity;
    }
    return ordinals->counts[entity]++;
}

static void keep(struct world_choices *choices, const struct world_choice *answer)
{
    if (choices->tape_size == choices->tape_capacity) {
        if (choices->tape_size >= WORLD_TAPE_MAX) {
            choices->tape_cut = true;
            return;
        }
        choices->tape_capacity = choices->tape_capacity ? choices->tape_capacity * 2 : 256;
        choices->tape = sim_mem_grow(choices->tape, choices->tape_capacity * sizeof(*choices->tape));
    }
    choices->tape[choices->tape_size++] = *answer;
}

bool world_site_is_order(enum world_site site)
{
    return site == SITE_PICK || site == SITE_EVENT_ORDER || site == SITE_BATCH || site == SITE_ACCEPT_ORDER;
}

/* One of the first 16, 32 ... 4096 questions: how many there are is not known before, so the seed says that, too. */
static uint64_t place_among(uint64_t seed, unsigned site, unsigned number)
{
    uint64_t among = UINT64_C(16) << rng_at(seed, site, 0, 0) % 9;

    return rng_at(seed, site, 0, number + 1) % among;
}

/* Most defects of order need few orders to be unusual, wherever those are (Burckhardt et al., A randomized scheduler with
 * probabilistic guarantees of finding bugs, 2010; Emmi et al., Delay-bounded scheduling, 2011). So all but a few are
 * usual; the few stand at random among the first 16, 32 ... 4096, as the seed has it. */
void world_delay_orders(struct world_choices *choices, uint64_t seed, unsigned delays)
{
    choices->delays = delays < WORLD_DELAYS_MAX ? delays : WORLD_DELAYS_MAX;
    for (unsigned i = 0; i < choices->delays; i++)
        choices->delayed[i] = place_among(seed, DELAY_SITE, i);
}

/* Each socket and each task has a priority, and the highest comes first whenever there are several; at depth - 1 questions
 * the one that would come first is put behind all others for good. A defect that needs `depth` orders in one place is met
 * with a probability that does not sink with the number of those who run (Burckhardt et al., as above). */
void world_prioritize(struct world_choices *choices, uint64_t seed, unsigned depth)
{
    choices->pct = depth;
    choices->changes = depth - 1 < WORLD_DELAYS_MAX ? depth - 1 : WORLD_DELAYS_MAX;
    for (unsigned i = 0; i < choices->changes; i++)
        choices->change_at[i] = place_among(seed, PCT_SITE, i);
}

static bool is_usual(struct world_choices *choices)
{
    uint64_t number = choices->orders++;

    for (unsigned i = 0; i < choices->delays; i++)
        if (choices->delayed[i] == number)
            return false;
    return true;
}

static uint64_t key_of(const struct world *world, uint32_t entity)
{
    return entity && entity <= world->entity_count ? world->entity_keys[entity] : 0;
}

/* Is the answer to this question made otherwise than by drawing? */
static bool is_ruled(const struct world_choices *choices, enum world_site site, uint32_t bound)
{
    return (choices->delays || choices->pct) && bound > 1 && world_site_is_order(site);
}

static uint64_t priority_of(struct world *world, const struct world_choice *question, uint32_t who)
{
    const struct world_choices *choices = &world->choices;

    for (unsigned i = 0; i < choices->lowered_count; i++)
        if (choices->lowered[i].site == question->site && choices->lowered[i].entity == question->entity &&
            choices->lowered[i].who == who)
            return WORLD_DELAYS_MAX - i - 1;
    return WORLD_DELAYS_MAX +
           (rng_at(world->seed, PCT_SITE + question->site, key_of(world, question->entity), who) >> 8);
}

static uint32_t highest(struct world *world, const struct world_choice *question, uint32_t bound,
                        const uint32_t *who)
{
    uint32_t first = 0;

    for (uint32_t i = 1; i < bound; i++)
        if (priority_of(world, question, who[i]) > priority_of(world, question, who[first]))
            first = i;
    return first;
}

static uint32_t by_priority(struct world *world, const struct world_choice *question, uint32_t bound,
                            const uint32_t *who)
{
    struct world_choices *choices = &world->choices;
    uint64_t number = choices->firsts++;
    uint32_t first = highest(world, question, bound, who);

    for (unsigned i = 0; i < choices->changes; i++)
        if (choices->change_at[i] == number && choices->lowered_count < WORLD_DELAYS_MAX) {
            choices->lowered[choices->lowered_count++] =
                (struct world_lowered){ question->site, question->entity, who[first] };
            first = highest(world, question, bound, who);
        }
    return first;
}

static uint32_t by_seed(struct world *world, const struct world_choice *question, uint32_t bound,
                        const uint32_t *who)
{
    struct world_choices *choices = &world->choices;
    uint64_t drawn = rng_at(world->seed, question->site, key_of(world, question->entity), question->ordinal);

    if (!UNLIKELY(is_ruled(choices, question->site, bound)))
        return (uint32_t)((drawn >> 32) * bound >> 32);
    if (choices->pct)
        return who ? by_priority(world, question, bound, who) : 0;
    return is_usual(choices) ? 0 : 1 + (uint32_t)((drawn >> 32) * (bound - 1) >> 32);
}

uint32_t world_choose_first(struct world *world, enum world_site site, uint32_t entity, uint32_t bound,
                            const uint32_t *who)
{
    struct world_choices *choices = &world->choices;
    CHECK(bound > 0);
    CHECK(site < SITE_COUNT);
    struct world_choice question = { site, entity, next_ordinal(&choices->choose[site], entity), 0,
                                     world->now };
    if (UNLIKELY(choices->source != NULL)) {
        question.value = choices->source->choose(choices->source, &question, bound);
        if (question.value >= bound)
            question.value = bound - 1;
    } else {
        question.value = by_seed(world, &question, bound, who);
    }
    if (question.value)
        keep(choices, &question);
    return question.value;
}

uint32_t world_choose(struct world *world, enum world_site site, uint32_t entity, uint32_t bound)
{
    return world_choose_first(world, site, entity, bound, NULL);
}

uint64_t world_random(struct world *world, enum world_site site, uint32_t entity)
{
    uint32_t ordinal = next_ordinal(&world->choices.random[site], entity);
    return rng_at(world->seed, (uint64_t)site + RANDOM_SITES, key_of(world, entity), ordinal);
}

void world_choice_end(struct world_choices *choices)
{
    for (int site = 0; site < SITE_COUNT; site++) {
        sim_mem_free(choices->choose[site].counts);
        sim_mem_free(choices->random[site].counts);
    }
    sim_mem_free(choices->tape);
}

/* ---- the tape ---- */

size_t world_tape(const struct world *world, const struct world_choice **out)
{
    *out = world->choices.tape;
    return world->choices.tape_size;
}

bool world_tape_cut(const struct world *world)
{
    return world->choices.tape_cut;
}

void world_tape_print(const struct world *world, struct buf *out)
{
    for (size_t i = 0; i < world->choices.tape_size; i++) {
        const struct world_choice *choice = &world->choices.tape[i];
        uint64_t at = choice->at_ns - NS_PER_S; /* when the world began */
        buf_printf(out, "%s %s %u = %u # %llu.%09llu\n", world_site_name(choice->site),
                   world_entity_name(world, choice->entity), choice->ordinal, choice->value,
                   (unsigned long long)(at / NS_PER_S), (unsigned long long)(at % NS_PER_S));
    }
}

/* ---- sources ---- */

struct tape_source {
    struct world_source base;
    struct world_choice *choices; /* sorted by (site, entity, ordinal) */
    size_t count, capacity;
};

void world_set_source(struct world *world, struct world_source *source)
{
    world->choices.source = source;
}

static int compare(const struct world_choice *a, const struct world_choice *b)
{
    if (a->site != b->site)
        return a->site < b->site ? -1 : 1;
    if (a->entity != b->entity)
        return a->entity < b->entity ? -1 : 1;
    return a->ordinal == b->ordinal ? 0 : a->ordinal < b->ordinal ? -1 : 1;
}

static uint32_t choose_from_tape(struct world_source *source, const struct world_choice *question,
                                 uint32_t bound)
{
    (void)bound;
    const struct tape_source *tape = CONTAINER_OF(source, struct tape_source, base);
    size_t low = 0, high = tape->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = compare(&tape->choices[middle], question);
        if (order == 0)
            return tape->choices[middle].value;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return 0;
}

/* Stable, so that of two lines for one question the first one holds wherever the search lands: doubles go. */
static void sort(struct world_choice *choices, struct world_choice *spare, size_t count)
{
    if (count < 2)
        return;
    size_t half = count / 2;
    sort(choices, spare, half);
    sort(choices + half, spare, count - half);
    memcpy(spare, choices, half * sizeof(*choices));
    for (size_t left = 0, right = half, at = 0; left < half; at++) {
        bool take_right = right < count && compare(&choices[right], &spare[left]) < 0;
        choices[at] = take_right ? choices[right++] : spare[left++];
    }
}

static void drop_doubles(struct tape_source *tape)
{
    size_t kept = 0;
    for (size_t i = 0; i < tape->count; i++)
        if (kept == 0 || compare(&tape->choices[kept - 1], &tape->choices[i]) != 0)
            tape->choices[kept++] = tape->choices[i];
    tape->count = kept;
}

static bool read_line(struct world *world, struct str line, struct world_choice *out)
{
    char name[256];
    int64_t ordinal, value;
    line = str_trim(str_split(&line, '#'));
    struct str site = str_split(&line, ' '), entity = str_split(&line, ' '), number = str_split(&line, ' ');
    struct str equals = str_split(&line, ' ');
    out->site = SITE_NONE;
    for (int i = 1; i < SITE_COUNT; i++)
        if (str_eq(site, str_of(site_names[i])))
            out->site = (enum world_site)i;
    if (out->site == SITE_NONE || !str_eq(equals, STR("=")) || entity.size == 0 ||
        entity.size >= sizeof(name))
        return false;
    if (!units_parse_int(number, 0, UINT32_MAX, &ordinal) || !units_parse_int(line, 0, UINT32_MAX, &value))
        return false;
    str_to_c(entity, name, sizeof(name));
    out->entity = str_eq(entity, STR("-")) ? 0 : world_entity(world, name);
    out->ordinal = (uint32_t)ordinal;
    out->value = (uint32_t)value;
    return true;
}

struct world_source *world_source_benign(void)
{
    struct tape_source *tape = sim_mem_need(sizeof(*tape));
    tape->base.choose = choose_from_tape;
    return &tape->base;
}

struct world_source *world_source_tape(struct world *world, struct str lines, unsigned *bad_line)
{
    struct tape_source *tape = CONTAINER_OF(world_source_benign(), struct tape_source, base);
    unsigned number = 0;
    while (lines.data) {
        struct str line = str_trim(str_split(&lines, '\n'));
        number++;
        if (line.size == 0 || line.data[0] == '#')
            continue;
        if (tape->count == tape->capacity) {
            tape->capacity = tape->capacity ? tape->capacity * 2 : 64;
            tape->choices = sim_mem_grow(tape->choices, tape->capacity * sizeof(*tape->choices));
        }
        if (!read_line(world, line, &tape->choices[tape->count++])) {
            *bad_line = number;
            world_source_destroy(&tape->base);
            return NULL;
        }
    }
    struct world_choice *spare = sim_mem_need((tape->count + 1) * sizeof(*spare));
    sort(tape->choices, spare, tape->count);
    sim_mem_free(spare);
    drop_doubles(tape);
    return &tape->base;
}

void world_source_destroy(struct world_source *source)
{
    if (!source)
        return;
    struct tape_source *tape = CONTAINER_OF(source, struct tape_source, base);
    sim_mem_free(tape->choices);
    sim_mem_free(tape);
}
