/* The commands of the stepper. Moving is a goal; who goes back leaves the run and begins it once more with the place as
 * its goal. A change of a choice needs the whole tape first, and what the run was, to see from where on it differs. */
#include "sim/step.h"
#include "base/units.h"
#include "sim/actor.h"
#include <stdio.h>

struct command_row {
    const char *word, *brief; /* brief: one letter, or NULL */
    enum step_answer (*move)(struct step *step, struct scenario *scenario, struct str words);
    void (*show)(struct step *step, struct scenario *scenario, struct str words);
    const char *usage, *says;
};

/* ---- moving ---- */

static enum step_answer forward(struct step *step, struct scenario *scenario, enum step_goal goal,
                                uint64_t number)
{
    if (scenario->over) {
        puts("the run has ended");
        return STEP_STAYS;
    }
    step->goal = goal;
    step->goal_number = number;
    return STEP_GOES_ON;
}

static enum step_answer anew(struct step *step, enum step_goal goal, uint64_t number)
{
    step->goal = goal;
    step->goal_number = number;
    step->again = true;
    return STEP_LEAVES;
}

static enum step_answer wrong(const char *usage)
{
    printf("it is written: %s\n", usage);
    return STEP_STAYS;
}

static bool take_count(struct str words, int64_t *out)
{
    *out = 1;
    return !words.size || units_parse_int(words, 1, INT64_MAX, out);
}

static enum step_answer move_step(struct step *step, struct scenario *scenario, struct str words)
{
    uint64_t events = world_event_count(scenario->world);
    int64_t count;

    if (!take_count(words, &count))
        return wrong("step [EVENTS]");
    return forward(step, scenario, STEP_TO_EVENT, events + (uint64_t)count);
}

static enum step_answer move_back(struct step *step, struct scenario *scenario, struct str words)
{
    size_t places = step->now.count;
    int64_t count;

    (void)scenario;
    if (!take_count(words, &count))
        return wrong("back [PLACES]");
    return anew(step, STEP_TO_EVENT,
                places > (uint64_t)count ? step->now.list[places - 1 - (size_t)count].events : 0);
}

static bool take_text(struct step *step, struct str words)
{
    step->matched = 0;
    return words.size && str_to_c(words, step->goal_text, sizeof(step->goal_text)) == words.size;
}

static enum step_answer move_until(struct step *step, struct scenario *scenario, struct str words)
{
    if (!take_text(step, words))
        return wrong("until TEXT");
    return forward(step, scenario, STEP_TO_TEXT, world_event_count(scenario->world));
}

static enum step_answer move_back_until(struct step *step, struct scenario *scenario, struct str words)
{
    if (!take_text(step, words))
        return wrong("before TEXT");
    step->last_match = 0;
    return anew(step, STEP_TO_MATCH,
                step->now.count > 1 ? step->now.list[step->now.count - 2].events
                                    : world_event_count(scenario->world));
}

static enum step_answer move_goto(struct step *step, struct scenario *scenario, struct str words)
{
    int64_t number;
    uint64_t ns, now = scenario_now(scenario);

    if (units_parse_int(words, 0, INT64_MAX, &number)) {
        if ((uint64_t)number >= world_event_count(scenario->world))
            return forward(step, scenario, STEP_TO_EVENT, (uint64_t)number);
        return anew(step, STEP_TO_EVENT, (uint64_t)number);
    }
    if (!words.size || !actor_parse_duration(words, &ns))
        return wrong("goto EVENT or TIME, such as 12.5s or 20ms");
    return ns > now ? forward(step, scenario, STEP_TO_TIME, ns) : anew(step, STEP_TO_TIME, ns);
}

static enum step_answer move_continue(struct step *step, struct scenario *scenario, struct str words)
{
    (void)words;
    return forward(step, scenario, STEP_TO_END, 0);
}

static enum step_answer move_quit(struct step *step, struct scenario *scenario, struct str words)
{
    (void)scenario;
    (void)words;
    step->ended = true;
    return STEP_LEAVES;
}

/* ---- another choice ---- */

static enum step_answer move_set(struct step *step, struct scenario *scenario, struct str words)
{
    unsigned bad_line;
    struct world_source *source = words.size ? world_source_tape(scenario->world, words, &bad_line) : NULL;

    if (!source || str_to_c(words, step->edit, sizeof(step->edit)) != words.size) {
        world_source_destroy(source);
        return wrong("set SITE WHO NUMBER = ANSWER, as 'tape' has them");
    }
    world_source_destroy(source);
    return anew(step, STEP_TO_TAPE, 0);
}

static enum step_answer move_keep(struct step *step, struct scenario *scenario, struct str words)
{
    if (!words.size || str_to_c(words, step->path, sizeof(step->path)) != words.size)
        return wrong("keep FILE.repro");
    return anew(step, STEP_TO_KEEP, world_event_count(scenario->world));
}

/* ---- the table ---- */

static void show_help(struct step *step, struct scenario *scenario, struct str words);

static void show_nothing(struct step *step, struct scenario *scenario, struct str words)
{
    (void)step;
    (void)scenario;
    (void)words;
}

static const struct command_row rows[] = {
    { "step", "s", move_step, NULL, "[EVENTS]", "goes on by one event, or so many" },
    { "until", "u", move_until, NULL, "TEXT", "to the next event whose line has TEXT" },
    { "continue", "c", move_continue, NULL, "", "to the end" },
    { "goto", "g", move_goto, NULL, "EVENT|TIME", "to an event's number or an instant (20ms), back as well" },
    { "back", "b", move_back, NULL, "[PLACES]", "to the place before" },
    { "before", NULL, move_back_until, NULL, "TEXT", "back to the last event whose line has TEXT" },
    { "set", NULL, move_set, NULL, "SITE WHO NUMBER = ANSWER",
      "another choice; to where the run is another one" },
    { "keep", NULL, move_keep, NULL, "FILE.repro", "writes the failure that this run has at its end" },
    { "where", "w", NULL, show_nothing, "", "the place alone" },
    { "who", NULL, NULL, step_show_actors, "",
      "script, clients, servers: the line under way, what they wait for" },
    { "sockets", NULL, NULL, step_show_sockets, "[WHO]", "states, names, bytes that wait" },
    { "queues", "q", NULL, step_show_queues, "[PROXY]",
      "sessions and queues of frontends, backends, servers" },
    { "streams", NULL, NULL, step_show_streams, "[PROXY]", "as 'show sess all' has them" },
    { "lua", "l", NULL, step_show_lua, "[PROXY]", "scripts under way, with stacks and locals" },
    { "cli", NULL, NULL, step_show_cli, "PROXY COMMAND",
      "a management command; what it changes is gone again" },
    { "tape", "t", NULL, step_show_tape, "", "the choices so far that were not benign" },
    { "events", "e", NULL, step_show_events, "[NUMBER]", "the last events" },
    { "report", NULL, NULL, step_show_report, "", "how the run ended" },
    { "help", "h", NULL, show_help, "", "these" },
    { "quit", NULL, move_quit, NULL, "", "ends" },
    { 0 },
};

static void show_help(struct step *step, struct scenario *scenario, struct str words)
{
    (void)step;
    (void)scenario;
    (void)words;
    for (const struct command_row *row = rows; row->word; row++)
        printf("%-2s%-9s %-25s %s\n", row->brief ? row->brief : "", row->word, row->usage, row->says);
}

enum step_answer step_command(struct step *step, struct scenario *scenario, struct str line)
{
    struct str words = str_trim(line), word = str_split(&words, ' ');

    words = str_trim(words);
    for (const struct command_row *row = rows; row->word; row++) {
        if (!str_eq(word, str_of(row->word)) && !(row->brief && str_eq(word, str_of(row->brief))))
            continue;
        if (row->move)
            return row->move(step, scenario, words);
        row->show(step, scenario, words);
        return STEP_STAYS;
    }
    printf("there is no '%.*s'; 'help' tells what there is\n", STR_ARG(word));
    return STEP_STAYS;
}
