/* Reports are made once, when the scenario fails, from what the world kept. */
#include "sim/report.h"
#include "base/units.h"
#include "sim/expect.h"
#include "sim/sim_node.h"

enum { EVENTS_SHOWN = 12 };

static void add_instant(struct buf *out, uint64_t ns)
{
    buf_printf(out, "%llu.%09llu", (unsigned long long)(ns / NS_PER_S), (unsigned long long)(ns % NS_PER_S));
}

void report_event(struct buf *out, const struct world *world, uint64_t began_ns,
                  const struct world_event *event)
{
    add_instant(out, event->at_ns > began_ns ? event->at_ns - began_ns : 0);
    buf_printf(out, " %-8s %-11s", world_entity_name(world, event->entity), world_event_name(event->kind));
    if (event->a || event->b)
        buf_printf(out, " %llu", (unsigned long long)event->a);
    if (event->b)
        buf_printf(out, " %llu", (unsigned long long)event->b);
    if (event->bytes.size) {
        buf_add_char(out, ' ');
        expect_quote(out, event->bytes, 70);
    }
}

static void add_command(struct buf *out, const struct actor *who)
{
    const struct lex_command *text = &who->command->text;

    for (unsigned i = 0; i < text->count && i < 6; i++) {
        const struct lex_word *word = &text->words[i];

        if (i)
            buf_add_char(out, ' ');
        if (word->in_braces)
            buf_add_c(out, "{...}");
        else if (str_find_char(word->text, ' ') != STR_NOT_FOUND ||
                 str_find_char(word->text, '\n') != STR_NOT_FOUND)
            expect_quote(out, word->text, 60);
        else
            buf_printf(out, "%.*s", (int)(word->text.size > 80 ? 80 : word->text.size), word->text.data);
    }
}

void report_place(const struct scenario *scenario, const struct actor *who, struct buf *out)
{
    const char *file = scenario->options->path;

    if (!who) {
        buf_add_c(out, file);
    } else if (who->command) {
        buf_printf(out, "%s:%u: %s: ", who->command->program->file, who->command->text.line, who->name);
        add_command(out, who);
    } else if (who->line) {
        buf_printf(out, "%s:%u: %s", who->file, who->line, who->name);
    } else {
        buf_printf(out, "%s: at the end of the script", file);
    }
}

static void add_events(struct scenario *scenario, struct buf *out)
{
    struct world_event events[EVENTS_SHOWN];
    unsigned count = world_last_events(scenario->world, events, EVENTS_SHOWN);

    buf_printf(out, "last %u of %llu events:\n", count,
               (unsigned long long)world_event_count(scenario->world));
    for (unsigned i = 0; i < count; i++) {
        buf_add_c(out, "    ");
        report_event(out, scenario->world, scenario->began_ns, &events[i]);
        buf_add_char(out, '\n');
    }
}

void report_waiting(struct scenario *scenario, struct buf *out)
{
    LIST_EACH (item, &scenario->actors) {
        const struct actor *actor = LIST_ITEM(item, struct actor, link);

        if (!actor->running || !actor->waits_for)
            continue;
        buf_printf(out, "    %-8s waits for %s%s%s", actor->name, actor->waits_for,
                   actor->waits_detail[0] ? " " : "", actor->waits_detail);
        if (actor->command)
            buf_printf(out, " (%s:%u)", actor->command->program->file, actor->command->text.line);
        buf_add_char(out, '\n');
    }
}

void report_failure(struct scenario *scenario, const struct actor *who, struct str text, struct buf *out)
{
    buf_printf(out, "FAIL %s  ", scenario->options->path);
    if (!scenario->real)
        buf_printf(out, "seed %llu  ", (unsigned long long)scenario->options->seed);
    buf_add_c(out, "at ");
    add_instant(out, scenario_now(scenario));
    buf_printf(out, " s %s (event %llu)\n", scenario->real ? "real" : "virtual",
               (unsigned long long)world_event_count(scenario->world));
    buf_add_c(out, "  ");
    report_place(scenario, who, out);
    buf_printf(out, "\n    %.*s\n", STR_ARG(text));
    add_events(scenario, out);
    LIST_EACH (item, &scenario->nodes)
        sim_node_describe(sim_node_of(item), out);
    if (scenario->real) {
        buf_printf(out, "again: lockstep-sim run --real --proxy %s %s", scenario->options->proxy,
                   scenario->options->path);
        if (scenario->options->limit_ns)
            buf_printf(out, " --limit %llu", (unsigned long long)(scenario->options->limit_ns / NS_PER_S));
        buf_add_char(out, '\n');
        return;
    }
    buf_printf(out, "again: lockstep-sim run %s --seed %llu", scenario->options->path,
               (unsigned long long)scenario->options->seed);
    if (scenario->options->torture)
        buf_add_c(out, " --torture");
    if (scenario->options->swarm)
        buf_add_c(out, " --swarm");
    if (scenario->options->pct)
        buf_printf(out, " --pct %u", scenario->options->pct);
    if (scenario->options->delays)
        buf_printf(out, " --delays %u", scenario->options->delays);
    if (scenario->options->live_ns)
        buf_printf(out, " --live %llu", (unsigned long long)(scenario->options->live_ns / NS_PER_S));
    if (scenario->options->limit_ns)
        buf_printf(out, " --limit %llu", (unsigned long long)(scenario->options->limit_ns / NS_PER_S));
    buf_add_char(out, '\n');
}
