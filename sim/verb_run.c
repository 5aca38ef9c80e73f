/* `lockstep-sim run`: scenarios one after the other, each in a world of its own. */
#include "base/mem.h"
#include "base/units.h"
#include "sim/report.h"
#include "sim/test_report.h"
#include "sim/verb.h"
#include "sim/verb_line.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

struct outcome_count {
    unsigned passed, failed, skipped, wrong;
};

struct run {
    struct run_options options;
    bool tap, tap13, twice, verbose, real;
    char beside[4096]; /* the proxy that stands beside this program */
    const char *trace_path, *junit_path;
    FILE *trace;
    struct test_report report; /* of the JUnit file */
    struct outcome_count count;
    unsigned number; /* of the test in TAP */
};

static const char help[] =
    "usage: lockstep-sim run FILE.vtc... [options]\n" RUN_OPTIONS_HELP
    "  --real            on real sockets and in real time, with the proxy that stands beside this program\n"
    "  --proxy PROGRAM   the same with another proxy, such as /usr/sbin/haproxy\n"
    "  --twice           runs each seed twice and compares the hashes of what happened\n"
    "  --trace FILE      writes what happened, an event a line\n"
    "  --tap             prints TAP 14\n"
    "  --tap13           the same, for readers that refuse later versions (such as prove of Perl 5.36)\n"
    "  --junit FILE      writes a report as JUnit does (XML)\n"
    "  -v                tells what is sent, received and printed\n"
    "exit: 0 all passed, 1 one failed, 2 one is wrong, 77 all were skipped\n";

/* ---- the command line ---- */

/* Seeds and what a simulated world alone has would say nothing. */
static bool choose_proxy(struct run *run)
{
    const struct scenario_options *scenario = &run->options.scenario;
    ssize_t size;

    if (scenario->torture || scenario->swarm || scenario->delays || scenario->live_ns || run->twice ||
        run->trace_path || run->options.first_seed != run->options.last_seed) {
        verb_line_refuse("run",
                         "--real does not go with what only a simulated world has: --seeds, --torture, "
                         "--swarm, --delays, --live, --twice, --trace");
        return false;
    }
    if (scenario->proxy)
        return true;
    size = readlink("/proc/self/exe", run->beside, sizeof(run->beside) - sizeof("lockstep"));
    if (size < 0)
        return false;
    run->beside[size] = '\0';
    strcpy(strrchr(run->beside, '/') + 1, "lockstep");
    run->options.scenario.proxy = run->beside;
    return true;
}

static bool parse(struct run *run, int argc, char **argv)
{
    const struct verb_option own[] = {
        { "--tap", NULL, &run->tap, NULL, NULL },
        { "--tap13", NULL, &run->tap13, NULL, NULL },
        { "--twice", NULL, &run->twice, NULL, NULL },
        { "-v", NULL, &run->verbose, NULL, NULL },
        { "--real", NULL, &run->real, NULL, NULL },
        { "--proxy", "a program", NULL, &run->options.scenario.proxy, NULL },
        { "--trace", "a file to write", NULL, &run->trace_path, NULL },
        { "--junit", "a file to write", NULL, &run->junit_path, NULL },
        { 0 },
    };
    const struct verb_line line = { .verb = "run",
                                    .own = own,
                                    .options = &run->options,
                                    .runs = true,
                                    .files = "FILE.vtc...",
                                    .files_least = 1,
                                    .files_most = UINT_MAX };

    if (!verb_line_take(&line, argc, argv))
        return false;
    run->real |= run->options.scenario.proxy != NULL;
    return !run->real || choose_proxy(run);
}

/* ---- output ---- */

static void say_line(void *data, uint64_t at_ns, const char *who, struct str text)
{
    (void)data;
    printf("    %llu.%06llu %-8s %.*s\n", (unsigned long long)(at_ns / NS_PER_S),
           (unsigned long long)(at_ns % NS_PER_S / NS_PER_US), who, STR_ARG(text));
}

static void trace_line(void *data, const struct world *world, uint64_t began_ns,
                       const struct world_event *event)
{
    struct run *run = data;
    struct buf line = BUF_INIT;

    report_event(&line, world, began_ns, event);
    buf_add_char(&line, '\n');
    fwrite(line.data, 1, line.size, run->trace);
    buf_finish(&line);
}

static void print_tap(unsigned number, const struct test_row *row)
{
    struct buf out = BUF_INIT;

    test_report_tap(&out, number, row);
    fwrite(out.data, 1, out.size, stdout);
    buf_finish(&out);
}

static void print_result(const struct test_row *row, bool real)
{
    char seeded[40] = "";

    if (row->seeds > 1)
        snprintf(seeded, sizeof(seeded), " seed %llu", (unsigned long long)row->seed);
    if (row->outcome == SCENARIO_PASSED && real)
        printf("PASS %s%s  (real %.3f s)\n", row->file, seeded, (double)row->real_ns / 1e9);
    else if (row->outcome == SCENARIO_PASSED)
        printf("PASS %s%s  (virtual %.3f s, real %.1f ms, %llu events, hash %016llx)\n", row->file, seeded,
               (double)row->virtual_ns / 1e9, (double)row->real_ns / 1e6, (unsigned long long)row->events,
               (unsigned long long)row->hash);
    else if (row->outcome == SCENARIO_SKIPPED)
        printf("SKIP %s%s  %.*s\n", row->file, seeded, STR_ARG(row->text));
    else
        printf("%s%.*s", row->outcome == SCENARIO_WRONG ? "WRONG " : "", STR_ARG(row->text));
}

static void count_result(struct outcome_count *count, enum scenario_outcome outcome)
{
    switch (outcome) {
    case SCENARIO_PASSED:
        count->passed++;
        break;
    case SCENARIO_FAILED:
        count->failed++;
        break;
    case SCENARIO_SKIPPED:
        count->skipped++;
        break;
    case SCENARIO_WRONG:
        count->wrong++;
        break;
    }
}

/* ---- running ---- */

/* The same seed again must give the same hash. */
static void compare_again(const struct scenario_options *options, struct scenario_result *result)
{
    struct scenario_options quiet = *options;
    struct scenario_result again;

    quiet.say = NULL;
    quiet.event = NULL;
    scenario_run(&quiet, &again);
    if (again.hash != result->hash) {
        buf_printf(&result->text,
                   "FAIL %s  seed %llu: not the same twice: hash %016llx (%llu events), then %016llx "
                   "(%llu events)\n",
                   options->path, (unsigned long long)options->seed, (unsigned long long)result->hash,
                   (unsigned long long)result->events, (unsigned long long)again.hash,
                   (unsigned long long)again.events);
        result->outcome = SCENARIO_FAILED;
    }
    scenario_result_finish(&again);
}

static void run_one(struct run *run, const char *file, uint64_t seed)
{
    struct scenario_options options = run->options.scenario;
    struct scenario_result result;
    struct test_row row;
    uint64_t began = run_options_real_ns(), took;

    options.path = file;
    options.seed = seed;
    if (run->verbose)
        options.say = say_line;
    if (run->trace) {
        options.event = trace_line;
        options.event_data = run;
        fprintf(run->trace, "# %s seed %llu\n", file, (unsigned long long)seed);
    }
    scenario_run(&options, &result);
    took = run_options_real_ns() - began;
    if (run->twice && (result.outcome == SCENARIO_PASSED || result.outcome == SCENARIO_FAILED))
        compare_again(&options, &result);
    count_result(&run->count, result.outcome);
    row = (struct test_row){ .file = file,
                             .seed = seed,
                             .seeds = run->options.last_seed - run->options.first_seed + 1,
                             .real = run->real,
                             .outcome = result.outcome,
                             .says = buf_str(&result.says),
                             .text = buf_str(&result.text),
                             .real_ns = took,
                             .virtual_ns = result.virtual_ns,
                             .events = result.events,
                             .hash = result.hash };
    run->number++;
    if (run->tap)
        print_tap(run->number, &row);
    else
        print_result(&row, run->real);
    fflush(stdout);
    if (run->junit_path)
        test_report_add(&run->report, &row);
    scenario_result_finish(&result);
}

static int finish(struct run *run)
{
    const struct outcome_count *count = &run->count;
    bool written = !run->junit_path || test_report_write(&run->report, run->junit_path, "run");

    if (!run->tap)
        printf("%u passed, %u failed, %u skipped%s\n", count->passed, count->failed, count->skipped,
               count->wrong ? ", and some files are wrong" : "");
    if (count->wrong || !written)
        return VERB_WRONG;
    if (count->failed)
        return VERB_FAILED;
    return count->passed ? VERB_FINE : VERB_ALL_SKIPPED;
}

int verb_run(int argc, char **argv)
{
    struct run run = { 0 };
    int code = VERB_WRONG;

    if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
        fputs(help, stdout);
        return VERB_FINE;
    }
    run_options_init(&run.options, argc);
    if (!parse(&run, argc, argv))
        goto out;
    run.tap |= run.tap13;
    if (run.trace_path) {
        run.trace = fopen(run.trace_path, "w");
        if (!run.trace) {
            verb_line_refuse("run", "'--trace %s' cannot be written: %s", run.trace_path, strerror(errno));
            goto out;
        }
    }
    if (run.tap)
        printf("TAP version %d\n1..%llu\n", run.tap13 ? 13 : 14,
               (unsigned long long)(run.options.last_seed - run.options.first_seed + 1) *
                   run.options.file_count);
    for (unsigned i = 0; i < run.options.file_count; i++)
        for (uint64_t seed = run.options.first_seed;; seed++) {
            run_one(&run, run.options.files[i], seed);
            if (seed == run.options.last_seed)
                break;
        }
    code = finish(&run);
out:
    if (run.trace && fclose(run.trace) != 0)
        code = VERB_WRONG;
    test_report_finish(&run.report);
    run_options_finish(&run.options);
    return code;
}
