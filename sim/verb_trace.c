/* `lockstep-sim trace`: what happened in one run, as a story to read, a page to look at, and packets. */
#include "base/units.h"
#include "sim/pcapng.h"
#include "sim/report.h"
#include "sim/repro.h"
#include "sim/sim_heap.h"
#include "sim/trace_html.h"
#include "sim/trace_perfetto.h"
#include "sim/verb.h"
#include "sim/verb_line.h"
#include <errno.h>
#include <stdio.h>

enum { ITEMS_MAX = 50000 }; /* that are drawn: a page stays small enough for a browser */

static const char help[] = "usage: lockstep-sim trace FILE.vtc | FILE.repro [options]\n" RUN_OPTIONS_HELP
                           "  --txt FILE        the story (default: printed)\n"
                           "  --pcap FILE       the packets, as pcapng\n"
                           "  --html FILE       a page for a browser: lanes, arrows, a scrubber\n"
                           "  --perfetto FILE   for Perfetto and chrome://tracing (Trace Event Format)\n"
                           "  --events FILE     every event, one a line, as 'diff' compares them\n"
                           "exit: as of the run\n";

struct trace {
    struct run_options options;
    const char *txt_path, *pcap_path, *events_path, *html_path, *perfetto_path;
    FILE *txt, *pcap, *events, *html, *perfetto;
    struct buf secrets, packets; /* of the capture, as blocks */
    struct trace_log *log;       /* NULL: nothing is drawn */
};

static void tell(struct trace *trace, uint64_t at_ns, const char *who, struct str text)
{
    fprintf(trace->txt, "%llu.%09llu %-8s %.*s\n", (unsigned long long)(at_ns / NS_PER_S),
            (unsigned long long)(at_ns % NS_PER_S), who, STR_ARG(text));
}

static void said(void *data, uint64_t at_ns, const char *who, struct str text)
{
    struct trace *trace = data;

    tell(trace, at_ns, who, text);
    if (trace->log)
        trace_log_said(trace->log, at_ns, who, text);
}

/* What the story tells beside what actors and proxies say. */
static const char *told_event(enum world_event_kind kind)
{
    static const char *const told[EV_KIND_COUNT] = {
        [EV_CONNECT] = "connects, socket",     [EV_REFUSED] = "is refused, socket",
        [EV_ACCEPT] = "accepts, socket",       [EV_FIN] = "hears that the other side has ended, socket",
        [EV_RST] = "is reset, socket",         [EV_FAULT] = "has a fault:",
        [EV_TIME] = "has another wall clock:", [EV_ACTOR_FAIL] = "fails at line",
    };

    return kind < EV_KIND_COUNT ? told[kind] : NULL;
}

static void happened(void *data, const struct world *world, uint64_t began_ns,
                     const struct world_event *event)
{
    struct trace *trace = data;
    const char *words = told_event(event->kind);
    struct buf line = BUF_INIT;

    if (words) {
        if (event->kind == EV_FAULT && event->bytes.size)
            buf_printf(&line, "%s %.*s", words, STR_ARG(event->bytes));
        else
            buf_printf(&line, "%s %llu", words, (unsigned long long)event->a);
        tell(trace, event->at_ns - began_ns, world_entity_name(world, event->entity), buf_str(&line));
        buf_reset(&line);
    }
    if (trace->events) {
        report_event(&line, world, began_ns, event);
        fprintf(trace->events, "%.*s\n", STR_ARG(buf_str(&line)));
    }
    if (trace->log)
        trace_log_event(trace->log, world, began_ns, event);
    buf_finish(&line);
}

static void told_secret(void *data, struct str line)
{
    pcapng_secret(&((struct trace *)data)->secrets, line);
}

static void seen(void *data, const struct world *world, const struct net_packet_seen *packet)
{
    struct trace *trace = data;
    struct buf comment = BUF_INIT;
    bool in_turn = sim_heap_leave(); /* who looks changes nothing */

    buf_printf(&comment, "from %s, event %llu", world_entity_name(world, packet->entity),
               (unsigned long long)world_event_count(world));
    pcapng_packet(&trace->packets, world_wall(world), packet, buf_str(&comment));
    buf_finish(&comment);
    sim_heap_return(in_turn);
}

/* All secrets before the first packet: who reads the file changes keys at a Finished message, and one end knows them
 * only after it has read the other's. */
static void write_capture(struct trace *trace)
{
    struct buf begin = BUF_INIT;

    if (trace->pcap) {
        pcapng_begin(&begin);
        fwrite(begin.data, 1, begin.size, trace->pcap);
        if (trace->secrets.size)
            fwrite(trace->secrets.data, 1, trace->secrets.size, trace->pcap);
        if (trace->packets.size)
            fwrite(trace->packets.data, 1, trace->packets.size, trace->pcap);
    }
    buf_finish(&begin);
    buf_finish(&trace->secrets);
    buf_finish(&trace->packets);
}

static bool open_file(const char *path, FILE **out)
{
    if (!path)
        return true;
    *out = fopen(path, "wb");
    if (!*out)
        verb_line_refuse("trace", "'%s' cannot be written: %s", path, strerror(errno));
    return *out != NULL;
}

static bool close_file(FILE *file)
{
    return !file || file == stdout || fclose(file) == 0;
}

/* What is drawn when the run is over. */
static void draw(struct trace *trace, const struct scenario_options *options,
                 const struct scenario_result *result)
{
    struct buf page = BUF_INIT;

    if (trace->html) {
        trace_html(&page, trace->log, options, result);
        fwrite(page.data, 1, page.size, trace->html);
    }
    if (trace->perfetto) {
        buf_reset(&page);
        trace_perfetto(&page, trace->log, options, result);
        fwrite(page.data, 1, page.size, trace->perfetto);
    }
    buf_finish(&page);
}

static int run_traced(struct trace *trace, struct scenario_options *options)
{
    static const int codes[] = { VERB_FINE, VERB_FAILED, VERB_ALL_SKIPPED, VERB_WRONG };
    struct scenario_result result;
    struct trace_log log;
    int code = VERB_WRONG;

    trace_log_init(&log, ITEMS_MAX);
    trace->txt = stdout;
    if (open_file(trace->txt_path, &trace->txt) && open_file(trace->pcap_path, &trace->pcap) &&
        open_file(trace->events_path, &trace->events) && open_file(trace->html_path, &trace->html) &&
        open_file(trace->perfetto_path, &trace->perfetto)) {
        trace->log = trace->html || trace->perfetto ? &log : NULL;
        options->say = said;
        options->say_data = trace;
        options->event = happened;
        options->event_data = trace;
        options->packet = trace->pcap ? seen : NULL;
        options->packet_data = trace;
        options->secret = trace->pcap ? told_secret : NULL;
        options->secret_data = trace;
        scenario_run(options, &result);
        fprintf(trace->txt, "%.*s%s, hash %016llx\n", STR_ARG(buf_str(&result.text)),
                scenario_outcome_name(result.outcome), (unsigned long long)result.hash);
        draw(trace, options, &result);
        code = codes[result.outcome];
        scenario_result_finish(&result);
    }
    write_capture(trace);
    trace_log_finish(&log);
    if (!close_file(trace->txt) || !close_file(trace->pcap) || !close_file(trace->events) ||
        !close_file(trace->html) || !close_file(trace->perfetto)) {
        fputs("lockstep-sim trace: a file could not be written whole\n", stderr);
        code = VERB_WRONG;
    }
    return code;
}

static bool parse(struct trace *trace, int argc, char **argv)
{
    const struct verb_option own[] = {
        { "--txt", "a file to write", NULL, &trace->txt_path, NULL },
        { "--pcap", "a file to write", NULL, &trace->pcap_path, NULL },
        { "--events", "a file to write", NULL, &trace->events_path, NULL },
        { "--html", "a file to write", NULL, &trace->html_path, NULL },
        { "--perfetto", "a file to write", NULL, &trace->perfetto_path, NULL },
        { 0 },
    };
    const struct verb_line line = { .verb = "trace",
                                    .own = own,
                                    .options = &trace->options,
                                    .runs = true,
                                    .files = "FILE.vtc or FILE.repro",
                                    .files_least = 1,
                                    .files_most = 1 };

    return verb_line_take(&line, argc, argv);
}

static bool is_repro(const char *path)
{
    size_t size = strlen(path);

    return size > 6 && !strcmp(path + size - 6, ".repro");
}

int verb_trace(int argc, char **argv)
{
    struct trace trace = { 0 };
    struct repro repro;
    int code = VERB_WRONG;

    if (verb_tells_help(argc, argv, help))
        return VERB_FINE;
    run_options_init(&trace.options, argc);
    if (!parse(&trace, argc, argv)) {
        code = VERB_WRONG;
    } else if (!is_repro(trace.options.files[0])) {
        trace.options.scenario.path = trace.options.files[0];
        trace.options.scenario.seed = trace.options.first_seed;
        code = run_traced(&trace, &trace.options.scenario);
    } else if (repro_read_fitting(trace.options.files[0], &repro)) {
        code = run_traced(&trace, &repro.options.scenario);
        repro_finish(&repro);
    }
    run_options_finish(&trace.options);
    return code;
}
