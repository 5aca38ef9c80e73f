/* `lockstep-sim run`: scenarios one after the other, each in a world of its own. */
#include "base/mem.h"
#include "base/units.h"
#include "sim/report.h"
#include "sim/run_options.h"
#include "sim/test_report.h"
#include "sim/verb.h"
#include <stdio.h>

struct outcome_count {
    unsigned passed, failed, skipped, wrong;
};

struct run {
    struct run_options options;
    bool tap, tap13, twice, verbose;
    const char *trace_path, *junit_path;
    FILE *trace;
    struct test_report report; /* of the JUnit file */
    struct outcome_count count;
    unsigned number; /* of the test in TAP */
};

static const char help[] =
    "usage: lockstep-sim run FILE.vtc... [options]\n" RUN_OPTIONS_HELP
    "  --twice           runs each seed twice and compares the hashes of what happened\n"
    "  --trace FILE      writes what happened, an event a line\n"
    "  --tap             prints TAP 14\n"
    "  --tap13           the same, for readers that refuse later versions (such as prove of Perl 5.36)\n"
    "  --junit FILE      writes a report as JUnit does (XML)\n"
    "  -v                tells what is sent, received and printed\n"
    "exit: 0 all passed, 1 one failed, 2 one is wrong, 77 all were skipped\n";

/* ---- the command line ---- */

/* An option of this verb alone, which may have a value behind it. */
static enum run_option take_own(struct run *run, int argc, char **argv, int at)
{
    const struct {
        const char *option;
        bool *flag;
        const char **value;
    } rows[] = {
        { "--tap", &run->tap, NULL },          { "--tap13", &run->tap13, NULL },
        { "--twice", &run->twice, NULL },      { "-v", &run->verbose, NULL },
        { "--trace", NULL, &run->trace_path }, { "--junit", NULL, &run->junit_path },
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (strcmp(argv[at], rows[i].option) != 0)
            continue;
        if (rows[i].flag) {
            *rows[i].flag = true;
            return RUN_OPTION_TAKEN;
        }
        if (at + 1 == argc)
            break;
        *rows[i].value = argv[at + 1];
        return RUN_OPTION_TAKEN_TWO;
    }
    fprintf(stderr, "lockstep-sim run: unknown option '%s', or it wants a value\n%s", argv[at], help);
    return RUN_OPTION_BAD;
}

static bool parse(struct run *run, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        enum run_option taken = run_options_take(&run->options, "run", argc, argv, i);

        if (taken == RUN_OPTION_UNKNOWN)
            taken = take_own(run, argc, argv, i);
        if (taken == RUN_OPTION_BAD)
            return false;
        if (taken == RUN_OPTION_TAKEN_TWO)
            i++;
    }
    if (!run->options.file_count)
        fputs(help, stderr);
    return run->options.file_count > 0;
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

static void print_result(const struct test_row *row)
{
    char seeded[40] = "";

    if (row->seeds > 1)
        snprintf(seeded, sizeof(seeded), " seed %llu", (unsigned long long)row->seed);
    if (row->outcome == SCENARIO_PASSED)
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
        print_result(&row);
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
            fprintf(stderr, "lockstep-sim run: cannot write '%s'\n", run.trace_path);
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
