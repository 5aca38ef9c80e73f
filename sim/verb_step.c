/* `lockstep-sim step`: a run that rests where it is told to. Commands come a line at a time from standard input; each
 * answer ends with a line "> EVENTS INSTANT", so that a program can drive it as well as a person. */
#include "base/units.h"
#include "sim/report.h"
#include "sim/repro.h"
#include "sim/sim_mem.h"
#include "sim/step.h"
#include "sim/verb.h"
#include "sim/verb_line.h"
#include <stdio.h>
#include <unistd.h>

enum {
    LINES_MAX = 16384, /* bytes of events told at one place */
    EVENTS_NEAR = 4096 /* so many before a number that is gone to, they are not put into words */
};

static const char help[] =
    "usage: lockstep-sim step FILE.vtc | FILE.repro [options]\n" RUN_OPTIONS_HELP
    "  Commands are read from standard input, a line each ('help' lists them); each answer ends with a line\n"
    "  \"> EVENTS INSTANT\": where the run rests.\n"
    "exit: 0 at 'quit' or the end of the input, 2 it cannot be run\n";

/* ---- what happens ---- */

static void happened(void *data, const struct world *world, uint64_t began_ns,
                     const struct world_event *event)
{
    struct step *step = data;
    struct buf line = BUF_INIT;

    if (step->silent || (step->goal == STEP_TO_EVENT && event->serial + EVENTS_NEAR < step->goal_number))
        return;
    buf_printf(&line, "%llu ", (unsigned long long)event->serial + 1);
    report_event(&line, world, began_ns, event);
    if (step->goal_text[0] && str_find(buf_str(&line), str_of(step->goal_text)) != STR_NOT_FOUND)
        step->matched = event->serial + 1;
    if (step->lines.size < LINES_MAX)
        buf_printf(&step->lines, "%.*s\n", STR_ARG(buf_str(&line)));
    buf_finish(&line);
}

static void add_place(struct step_places *places, uint64_t events, uint64_t hash)
{
    if (places->count && places->list[places->count - 1].events == events)
        return;
    if (places->count == places->room) {
        places->room = places->room ? places->room * 2 : 1024;
        places->list = sim_mem_grow(places->list, places->room * sizeof(*places->list));
    }
    places->list[places->count++] = (struct step_place){ events, hash };
}

/* Does the run differ from the one before, at its latest place? */
static bool differs(const struct step *step)
{
    size_t at = step->now.count - 1;

    return at >= step->before.count || step->before.list[at].events != step->now.list[at].events ||
           step->before.list[at].hash != step->now.list[at].hash;
}

static bool is_reached(struct step *step, const struct scenario *scenario)
{
    uint64_t events = world_event_count(scenario->world);

    switch (step->goal) {
    case STEP_TO_EVENT:
        return events >= step->goal_number;
    case STEP_TO_TIME:
        return world_next(scenario->world) > scenario->began_ns + step->goal_number;
    case STEP_TO_TEXT:
        return step->matched > step->goal_number;
    case STEP_TO_MATCH:
        if (step->matched && events <= step->goal_number)
            step->last_match = events;
        step->matched = 0;
        return events >= step->goal_number;
    case STEP_TO_BRANCH:
        return differs(step);
    case STEP_TO_END:
    case STEP_TO_TAPE:
    case STEP_TO_KEEP:
        break;
    }
    return false;
}

/* ---- resting ---- */

static void tell_place(const struct scenario *scenario)
{
    uint64_t ns = scenario_now(scenario);

    printf("> %llu %llu.%09llu%s%s\n", (unsigned long long)world_event_count(scenario->world),
           (unsigned long long)(ns / NS_PER_S), (unsigned long long)(ns % NS_PER_S),
           scenario->over ? " " : "", scenario->over ? scenario_outcome_name(scenario->result->outcome) : "");
    fflush(stdout);
}

/* What the goal was, where it is not what the place says. */
static void tell_goal(struct step *step, const struct scenario *scenario)
{
    if (step->goal == STEP_TO_BRANCH)
        puts(scenario->over && !differs(step) ? "nothing hangs on that choice"
                                              : "from here on it is another run");
    if (step->goal == STEP_TO_TEXT && step->matched <= step->goal_number)
        puts("no such event came");
}

static enum step_answer rest_here(struct step *step, struct scenario *scenario)
{
    static char line[4096], last[4096];

    fwrite(step->lines.data, 1, step->lines.size, stdout);
    tell_goal(step, scenario);
    for (;;) {
        enum step_answer answer;
        struct str text;

        tell_place(scenario);
        if (!fgets(line, sizeof(line), stdin)) {
            step->ended = true;
            return STEP_LEAVES;
        }
        text = str_trim(str_of(line));
        while (text.size && (text.data[text.size - 1] == '\n' || text.data[text.size - 1] == '\r'))
            text.size--;
        if (text.size)
            str_to_c(text, last, sizeof(last));
        else if (!last[0])
            continue;
        answer = step_command(step, scenario, str_of(last));
        if (answer != STEP_STAYS)
            return answer;
    }
}

/* The whole tape is known: with its one change it is what the next run goes by. */
static enum step_answer change_tape(struct step *step, struct scenario *scenario)
{
    struct buf whole = BUF_INIT;
    struct str rest, key = str_of(step->edit);

    if (world_tape_cut(scenario->world)) {
        puts("there are too many choices to change one");
        step->goal = STEP_TO_END;
        buf_reset(&step->lines);
        return rest_here(step, scenario);
    }
    key = str_trim(str_split(&key, '='));
    world_tape_print(scenario->world, &whole);
    buf_reset(&step->tape);
    for (rest = buf_str(&whole); rest.size;) {
        struct str line = str_split(&rest, '\n'), of = line;

        if (!str_eq(str_trim(str_split(&of, '=')), key))
            buf_printf(&step->tape, "%.*s\n", STR_ARG(line));
    }
    buf_printf(&step->tape, "%s\n", step->edit);
    buf_finish(&whole);
    step->options.tape = buf_str(&step->tape);
    sim_mem_free(step->before.list);
    step->before = step->now;
    step->now = (struct step_places){ 0 };
    step->goal = STEP_TO_BRANCH;
    step->again = true;
    return STEP_LEAVES;
}

static enum step_answer arrive(struct step *step, struct scenario *scenario)
{
    if (step->goal == STEP_TO_TAPE)
        return change_tape(step, scenario);
    if (step->goal == STEP_TO_KEEP)
        return STEP_LEAVES; /* what is written hangs on the whole run */
    if (step->goal == STEP_TO_MATCH) {
        if (!step->last_match)
            puts("no such event was before");
        step->goal = STEP_TO_EVENT;
        step->goal_number = step->last_match ? step->last_match : step->goal_number;
        step->again = true;
        return STEP_LEAVES;
    }
    return rest_here(step, scenario);
}

static bool rest(void *data, struct scenario *scenario)
{
    struct step *step = data;
    bool goes_on = true;

    if (step->silent)
        return true;
    add_place(&step->now, world_event_count(scenario->world), world_hash(scenario->world));
    if (is_reached(step, scenario) || scenario->over)
        goes_on = arrive(step, scenario) == STEP_GOES_ON;
    buf_reset(&step->lines);
    return goes_on;
}

/* ---- the verb ---- */

static void keep(struct step *step, const struct scenario_result *result)
{
    struct scenario_options options = step->options;

    options.text = STR_NONE;
    if (result->outcome != SCENARIO_FAILED)
        puts("the run does not fail: there is nothing to keep");
    else if (repro_write(step->path, &options, result, &step->options.text))
        printf("written: %s\n", step->path);
    else
        printf("'%s' cannot be written\n", step->path);
    step->goal = STEP_TO_EVENT;
    step->again = true;
}

static int run_steps(struct step *step, const struct scenario_options *options)
{
    struct buf text = BUF_INIT;
    int code = VERB_FINE;

    step->options = *options;
    if (scenario_read_file(options->path, &text)) /* it may be edited meanwhile */
        step->options.text = buf_str(&text);
    step->options.event = happened;
    step->options.rest = rest;
    step->options.event_data = step->options.rest_data = step;
    do {
        struct scenario_result result;

        step->again = false;
        step->now.count = 0;
        buf_reset(&step->lines);
        scenario_run(&step->options, &result);
        if (step->goal == STEP_TO_KEEP)
            keep(step, &result);
        if (!step->again && !step->ended) { /* it did not come as far as to rest */
            fprintf(stderr, "%.*s\n", STR_ARG(buf_str(&result.text)));
            code = VERB_WRONG;
        }
        scenario_result_finish(&result);
    } while (step->again);
    sim_mem_free(step->now.list);
    sim_mem_free(step->before.list);
    buf_finish(&step->tape);
    buf_finish(&step->lines);
    buf_finish(&text);
    return code;
}

static bool parse(struct run_options *options, int argc, char **argv)
{
    const struct verb_line line = { .verb = "step",
                                    .options = options,
                                    .runs = true,
                                    .files = "FILE.vtc or FILE.repro",
                                    .files_least = 1,
                                    .files_most = 1 };

    return verb_line_take(&line, argc, argv);
}

int verb_step(int argc, char **argv)
{
    struct run_options options;
    struct step step = { .goal = STEP_TO_EVENT };
    struct repro repro;
    int code = VERB_WRONG;

    if (verb_tells_help(argc, argv, help))
        return VERB_FINE;
    run_options_init(&options, argc);
    if (!parse(&options, argc, argv)) {
        code = VERB_WRONG;
    } else if (!str_ends(str_of(options.files[0]), STR(".repro"))) {
        options.scenario.path = options.files[0];
        options.scenario.seed = options.first_seed;
        code = run_steps(&step, &options.scenario);
    } else if (repro_read_fitting(options.files[0], &repro)) {
        code = run_steps(&step, &repro.options.scenario);
        repro_finish(&repro);
    }
    run_options_finish(&options);
    return code;
}
