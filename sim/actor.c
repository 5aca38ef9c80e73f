/* Actors and the statements that stand everywhere.
 *
 * A step comes from step_timer. Waking an actor that is awake already changes nothing, so each actor has at most one
 * step scheduled, and steps of one instant come in the order of waking. The alarm is lazy: its timer may stand
 * earlier than alarm_ns, and moves on when it fires. */
#include "sim/actor.h"
#include "base/mem.h"
#include "base/units.h"
#include "sim/barrier.h"
#include "sim/real_node.h"
#include "sim/shell.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static void step_fired(struct world_timer *timer)
{
    struct actor *actor = CONTAINER_OF(timer, struct actor, step_timer);
    enum actor_step step;

    actor->awake = false;
    if (!actor->running || actor->scenario->over)
        return;
    actor->waits_for = NULL;
    actor->wants_io = false;
    step = actor->class->step(actor);
    if (step == STEP_NEXT || (step == STEP_FAILED && !actor->scenario->over))
        actor_stop(actor);
}

static void alarm_fired(struct world_timer *timer)
{
    struct actor *actor = CONTAINER_OF(timer, struct actor, alarm_timer);

    actor->alarm_armed_ns = 0;
    if (!actor->alarm_ns)
        return;
    if (actor_alarm_passed(actor))
        actor_wake(actor);
    else
        actor_alarm(actor, actor->alarm_ns);
}

void actor_init(struct actor *actor, struct scenario *scenario, const struct actor_class *class,
                struct str name)
{
    actor->scenario = scenario;
    actor->class = class;
    str_to_c(name, actor->name, sizeof(actor->name));
    actor->entity = world_entity(scenario->world, actor->name);
    arena_init(&actor->scratch, 2048);
    world_timer_init(&actor->step_timer, step_fired);
    world_timer_init(&actor->alarm_timer, alarm_fired);
    list_add_last(&scenario->actors, &actor->link);
}

void actor_finish(struct actor *actor)
{
    actor_unload(actor);
    world_timer_stop(actor->scenario->world, &actor->step_timer);
    world_timer_stop(actor->scenario->world, &actor->alarm_timer);
    arena_finish(&actor->scratch);
    list_remove(&actor->link);
}

struct actor *actor_find(struct scenario *scenario, const struct actor_class *class, struct str name)
{
    LIST_EACH (item, &scenario->actors) {
        struct actor *actor = LIST_ITEM(item, struct actor, link);

        if (actor->class == class && str_eq(name, str_of(actor->name)))
            return actor;
    }
    return NULL;
}

void actor_start(struct actor *actor, const struct actor *by)
{
    CHECK(!actor->running);
    if (by && by->command) {
        actor->file = by->command->program->file;
        actor->line = by->command->text.line;
    }
    actor->running = true;
    world_trace(actor->scenario->world, EV_ACTOR_START, actor->entity, 0, 0, STR_NONE);
    actor_wake(actor);
}

void actor_stop(struct actor *actor)
{
    if (!actor->running)
        return;
    actor->running = false;
    actor->waits_for = NULL;
    actor->alarm_ns = 0;
    world_trace(actor->scenario->world, EV_ACTOR_END, actor->entity, 0, 0, STR_NONE);
    if (actor->scenario->top && actor != actor->scenario->top)
        actor_wake(actor->scenario->top);
}

void actor_wake(struct actor *actor)
{
    if (actor->awake || !actor->running)
        return;
    actor->awake = true;
    world_timer_set(actor->scenario->world, &actor->step_timer, world_now(actor->scenario->world));
}

void actor_ready(void *data, plat_sock sock, unsigned ready)
{
    struct actor *actor = data;

    (void)sock;
    (void)ready;
    if (actor->wants_io)
        actor_wake(actor);
}

enum actor_step actor_wait(struct actor *actor, const char *what)
{
    actor->waits_for = what;
    return STEP_WAIT;
}

enum actor_step actor_wait_io(struct actor *actor, const char *what)
{
    actor->wants_io = true;
    return actor_wait(actor, what);
}

void actor_alarm(struct actor *actor, uint64_t at_ns)
{
    actor->alarm_ns = at_ns;
    if (!at_ns || (actor->alarm_armed_ns && actor->alarm_armed_ns <= at_ns))
        return;
    actor->alarm_armed_ns = at_ns;
    world_timer_set(actor->scenario->world, &actor->alarm_timer, at_ns);
}

bool actor_alarm_passed(const struct actor *actor)
{
    return actor->alarm_ns && world_now(actor->scenario->world) >= actor->alarm_ns;
}

/* ---- programs ---- */

static enum actor_step push_frame(struct actor *actor, struct program *program, unsigned rounds, bool owned)
{
    if (actor->depth == ACTOR_DEPTH_MAX) {
        if (owned)
            program_destroy(program);
        return actor_wrong(actor, "specs are nested more than %d deep", ACTOR_DEPTH_MAX);
    }
    actor->frames[actor->depth++] =
        (struct actor_frame){ .program = program, .owned = owned, .rounds_left = rounds - 1 };
    return STEP_NEXT;
}

static void pop_frame(struct actor *actor)
{
    struct actor_frame *frame = &actor->frames[--actor->depth];

    if (frame->owned)
        program_destroy(frame->program);
    frame->program = NULL;
}

void actor_load(struct actor *actor, struct program *program)
{
    actor_unload(actor);
    actor->frames[0] = (struct actor_frame){ .program = program };
    actor->depth = 1;
}

void actor_unload(struct actor *actor)
{
    while (actor->depth)
        pop_frame(actor);
    actor->command = NULL;
    actor->alarm_ns = 0;
}

/* Macros are expanded when a command begins, once for all its words. */
static bool expand_words(struct actor *actor, const struct command *command)
{
    struct lex_word *words;
    struct buf text = BUF_INIT;
    bool fine = true;

    actor->words = command->text.words;
    actor->word_count = command->text.count;
    if (!command->text.has_macro)
        return true;
    arena_reset(&actor->scratch);
    words = arena_need(&actor->scratch, actor->word_count * sizeof(*words));
    for (unsigned i = 0; i < actor->word_count && fine; i++) {
        struct str unknown;

        words[i] = command->text.words[i];
        if (!words[i].has_macro)
            continue;
        buf_reset(&text);
        fine = scenario_macro_expand(&actor->scenario->macros, words[i].text, &text, &unknown);
        if (fine)
            words[i].text = str_make(arena_need_copy(&actor->scratch, buf_str(&text)), text.size);
        else
            actor_wrong(actor, "no macro has the name '%.*s'", STR_ARG(unknown));
    }
    buf_finish(&text);
    actor->words = words;
    return fine;
}

static enum actor_step begin_command(struct actor *actor, struct command *command)
{
    actor->command = command;
    actor->phase = actor->position = 0;
    actor->count = 0;
    actor->alarm_ns = 0;
    actor->waits_detail[0] = '\0';
    if (actor->scenario->real && real_lacks(command)) {
        scenario_skip(actor->scenario, "line %u: %s", command->text.line, real_lacks(command));
        return STEP_FAILED;
    }
    if (!command->row)
        return actor_wrong(actor, "unknown word '%.60s'", command->text.words[0].text.data);
    if (!expand_words(actor, command))
        return STEP_FAILED;
    world_trace(actor->scenario->world, EV_ACTOR_STEP, actor->entity, command->text.line, actor->depth,
                command->text.words[0].text);
    return STEP_NEXT;
}

/* The next command of the innermost frame that has one; NULL at the end of the program. */
static struct command *next_command(struct actor *actor)
{
    while (actor->depth) {
        struct actor_frame *frame = &actor->frames[actor->depth - 1];

        if (frame->next < frame->program->count)
            return &frame->program->commands[frame->next++];
        if (frame->rounds_left && frame->program->count) {
            frame->rounds_left--;
            frame->next = 0;
            continue;
        }
        pop_frame(actor);
    }
    return NULL;
}

enum actor_step actor_run_program(struct actor *actor)
{
    struct scenario *scenario = actor->scenario;

    for (;;) {
        enum actor_step step;

        if (!actor->command) {
            struct command *command;

            if (scenario->ending && actor != scenario->top)
                actor_unload(actor);
            command = next_command(actor);
            if (!command)
                return STEP_NEXT;
            if (begin_command(actor, command) != STEP_NEXT)
                return STEP_FAILED;
        }
        step = actor->command->row->run(actor);
        if (scenario->over)
            return STEP_FAILED;
        if (step != STEP_NEXT)
            return step;
        actor->command = NULL;
        actor->alarm_ns = 0;
    }
}

/* ---- for statements ---- */

static enum actor_step wrong_at_command(struct actor *actor, const char *format, va_list values)
{
    struct buf text = BUF_INIT;

    buf_vprintf(&text, format, values);
    scenario_wrong(actor->scenario, actor->command ? actor->command->program->file : NULL,
                   actor->command ? actor->command->text.line : 0, "%.*s", STR_ARG(buf_str(&text)));
    buf_finish(&text);
    return STEP_FAILED;
}

enum actor_step actor_wrong(struct actor *actor, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    wrong_at_command(actor, format, values);
    va_end(values);
    return STEP_FAILED;
}

enum actor_step actor_fail(struct actor *actor, const char *format, ...)
{
    struct buf text = BUF_INIT;
    va_list values;

    va_start(values, format);
    buf_vprintf(&text, format, values);
    va_end(values);
    world_trace(actor->scenario->world, EV_ACTOR_FAIL, actor->entity,
                actor->command ? actor->command->text.line : 0, 0, STR_NONE);
    scenario_fail(actor->scenario, actor, "%.*s", STR_ARG(buf_str(&text)));
    buf_finish(&text);
    return STEP_FAILED;
}

bool actor_number(struct actor *actor, unsigned index, uint64_t *out)
{
    struct str word = actor_word(actor, index);
    char *end;

    if (word.size && ascii_digit(word.data[0])) {
        errno = 0;
        *out = strtoull(word.data, &end, 0);
        if (!*end && !errno)
            return true;
    }
    actor_wrong(actor, "'%.*s' wants a number, not '%.*s'", STR_ARG(actor_word(actor, 0)), STR_ARG(word));
    return false;
}

#define DURATION_MAX_NS ((uint64_t)9000000000 * NS_PER_S) /* fits in 64 bits with a sign */

bool actor_parse_duration(struct str text, uint64_t *ns)
{
    static const struct {
        const char *name;
        uint64_t ns;
    } units[] = {
        { "", NS_PER_S },    { "s", NS_PER_S },      { "ms", NS_PER_MS },
        { "us", NS_PER_US }, { "m", 60 * NS_PER_S }, { "h", 3600 * NS_PER_S },
    };
    uint64_t whole = 0, part = 0, scale = 1;
    size_t at = 0, digits = 0;

    for (; at < text.size && ascii_digit(text.data[at]) && whole < 1000000000; at++, digits++)
        whole = whole * 10 + (uint64_t)(text.data[at] - '0');
    if (at < text.size && text.data[at] == '.')
        for (at++; at < text.size && ascii_digit(text.data[at]) && scale < 1000000000;
             at++, digits++, scale *= 10)
            part = part * 10 + (uint64_t)(text.data[at] - '0');
    for (size_t i = 0; i < COUNT_OF(units) && digits; i++) {
        if (!str_eq(str_from(text, at), str_of(units[i].name)))
            continue;
        *ns = whole * units[i].ns + part * units[i].ns / scale;
        return whole < DURATION_MAX_NS / units[i].ns;
    }
    return false;
}

bool actor_seconds(struct actor *actor, unsigned index, uint64_t *out)
{
    struct str word = actor_word(actor, index);

    if (actor_parse_duration(word, out))
        return true;
    actor_wrong(actor, "'%.*s' wants a time such as 0.5 or 20ms, not '%.*s'", STR_ARG(actor_word(actor, 0)),
                STR_ARG(word));
    return false;
}

/* Says what program_create found. */
static void report_mistake(struct actor *actor, const char *file, const struct program_mistake *mistake)
{
    if (mistake->skip)
        scenario_skip(actor->scenario, "%s", mistake->skip);
    else
        scenario_wrong(actor->scenario, file, mistake->line, "%s", mistake->what);
}

struct program *actor_program(struct actor *actor, unsigned index, const struct statement_row *rows,
                              struct program *old)
{
    struct str text = actor_word(actor, index);
    const char *file = actor->command->program->file;
    struct program_mistake mistake;
    struct program *program;

    if (old && old->file == file && str_eq(old->text, text))
        return old;
    program = program_create(text, file, actor->words[index].line, rows,
                             actor != actor->scenario->top || rows != actor->class->rows, &mistake);
    if (!program)
        report_mistake(actor, file, &mistake);
    return program;
}

static enum actor_step run_delay(struct actor *actor)
{
    uint64_t ns;

    if (actor->phase == 0) {
        if (!actor_seconds(actor, 1, &ns))
            return STEP_FAILED;
        actor->phase = 1;
        actor_alarm(actor, world_now(actor->scenario->world) + ns);
    }
    return actor_alarm_passed(actor) ? STEP_NEXT : actor_wait(actor, "the end of its delay");
}

static void forget_program(void *program)
{
    program_destroy(program);
}

static enum actor_step run_loop(struct actor *actor)
{
    struct command *command = actor->command;
    struct program *body;
    uint64_t rounds;

    if (!actor_number(actor, 1, &rounds))
        return STEP_FAILED;
    if (!rounds)
        return STEP_NEXT;
    if (rounds > UINT32_MAX)
        return actor_wrong(actor, "'loop' takes up to %u rounds", UINT32_MAX);
    body = actor_program(actor, 2, actor->class->rows, command->cache);
    if (!body)
        return STEP_FAILED;
    if (body != command->cache) {
        program_destroy(command->cache);
        command->cache = body;
        command->forget = forget_program;
    }
    return push_frame(actor, body, (unsigned)rounds, false);
}

/* A..B or A. */
static bool parse_range(struct str text, int64_t *low, int64_t *high)
{
    size_t dots = str_find(text, STR(".."));

    if (dots == STR_NOT_FOUND)
        return units_parse_int(text, 0, 10000, low) && units_parse_int(text, 0, 10000, high);
    return units_parse_int(str_slice(text, 0, dots), 0, 10000, low) &&
           units_parse_int(str_from(text, dots + 2), *low, 10000, high);
}

/* phase: how many are still to be carried out, and one. Each is one of the alternatives; 0 is the first. */
static enum actor_step run_pick(struct actor *actor)
{
    struct world *world = actor->scenario->world;
    bool counted = actor_word_is(actor, 1, "-n");
    unsigned first = counted ? 3 : 1, chosen;
    int64_t low = 1, high = 1;
    struct program *body;

    if (counted && !parse_range(actor_word(actor, 2), &low, &high))
        return actor_wrong(actor, "'pick -n' wants a number or a range such as 1..5");
    if (first >= actor->word_count)
        return actor_wrong(actor, "'pick' has nothing to pick from");
    low += world_choose(world, SITE_STATEMENT, actor->entity, (uint32_t)(high - low + 1));
    for (; low > 0; low--) {
        chosen = first + world_choose(world, SITE_STATEMENT, actor->entity, actor->word_count - first);
        body = actor_program(actor, chosen, actor->class->rows, NULL);
        if (!body || push_frame(actor, body, 1, true) != STEP_NEXT)
            return STEP_FAILED;
    }
    return STEP_NEXT;
}

/* The files are pushed last to first, so that the first is carried out first. */
static enum actor_step run_include(struct actor *actor)
{
    for (unsigned i = actor->word_count - 1; i > 0; i--) {
        const char *path = arena_need_copy(&actor->scenario->arena, actor_word(actor, i));
        struct buf text = BUF_INIT;
        struct program_mistake mistake;
        struct program *program;

        if (!scenario_take_file(actor->scenario, path, &text)) {
            buf_finish(&text);
            return actor_wrong(actor, "cannot read the file '%s' that 'include' names", path);
        }
        program = program_create(buf_str(&text), path, 1, actor->class->rows, actor != actor->scenario->top,
                                 &mistake);
        buf_finish(&text);
        if (!program) {
            report_mistake(actor, path, &mistake);
            return STEP_FAILED;
        }
        if (push_frame(actor, program, 1, true) != STEP_NEXT)
            return STEP_FAILED;
    }
    return STEP_NEXT;
}

const struct statement_row actor_common_rows[] = {
    { "barrier", barrier_statement, 2, WORDS_ANY, "bNAME cond NUMBER [-cyclic] | sync", NULL },
    { "delay", run_delay, 1, 1, "SECONDS", NULL },
    { "loop", run_loop, 2, 2, "NUMBER {SPEC}", NULL },
    { "pick", run_pick, 1, WORDS_ANY, "[-n A..B] {STATEMENTS} {STATEMENTS} ...", NULL },
    { "include", run_include, 1, WORDS_ANY, "FILE...", NULL },
    { "shell", shell_statement, 1, WORDS_ANY, "[-err | -exit N] [-expect TEXT] {SCRIPT}", NULL },
    { 0 },
};
