/* `lockstep-sim torture`: each call of the proxies' platforms fails once, then from there on, in each way that it can.
 *
 * An expectation that does not hold is no finding: a client may well see that something failed. What counts is that the
 * engine lives, comes to rest, waits for nothing that cannot come, and ends as it should with all closed. */
#include "base/mem.h"
#include "base/units.h"
#include "sim/fault.h"
#include "sim/run_options.h"
#include "sim/trial.h"
#include "sim/verb.h"
#include <stdio.h>

enum { CALLS_MAX = 400, STEPS_MAX = 1000000 };

static const char help[] =
    "usage: lockstep-sim torture FILE.vtc... [options]\n" RUN_OPTIONS_HELP
    "exit: 0 nothing was found, 1 something was, 2 a file is wrong or does not pass untouched\n";

static const struct torture_row {
    enum sim_operation operation;
    enum io_status status;
    const char *error;
    bool once; /* for ever it is a busy loop, by right */
} rows[] = {
    { SIM_LISTEN, IO_IN_USE, "EADDRINUSE", false },
    { SIM_LISTEN, IO_NO_DESCRIPTORS, "EMFILE", false },
    { SIM_ACCEPT, IO_NO_DESCRIPTORS, "EMFILE", false },
    { SIM_ACCEPT, IO_NO_MEMORY, "ENOBUFS", false },
    { SIM_ACCEPT, IO_RESET, "ECONNABORTED", true },
    { SIM_CONNECT, IO_NO_DESCRIPTORS, "EMFILE", false },
    { SIM_CONNECT, IO_NO_PORTS, "EADDRNOTAVAIL", false },
    { SIM_CONNECT, IO_UNREACHABLE, "EHOSTUNREACH", false },
    { SIM_READ, IO_RESET, "ECONNRESET", false },
    { SIM_READ, IO_TIMED_OUT, "ETIMEDOUT", false },
    { SIM_READ, IO_WOULD_BLOCK, "EAGAIN", true },
    { SIM_WRITE, IO_CLOSED, "EPIPE", false },
    { SIM_WRITE, IO_RESET, "ECONNRESET", false },
    { SIM_WRITE, IO_WOULD_BLOCK, "EAGAIN", true },
    { SIM_WRITE, IO_NO_MEMORY, "ENOBUFS", false },
    { SIM_DATAGRAM, IO_NO_DESCRIPTORS, "EMFILE", false },
    { SIM_SEND_TO, IO_WOULD_BLOCK, "EAGAIN", true },
    { SIM_SEND_TO, IO_REFUSED, "ECONNREFUSED", false },
    { SIM_FILE_READ, IO_NOT_FOUND, "ENOENT", false },
    { SIM_FILE_WRITE, IO_DENIED, "EACCES", false },
    { SIM_RESOLVE, IO_NOT_FOUND, "ENOENT", false },
};

struct torture {
    struct run_options options;
    unsigned runs, found;
};

/* Is it the engine's fault? What is printed by scenario.c and sim_node.c. */
static bool is_finding(const struct trial *trial)
{
    static const char *const signs[] = { "nobody can move",     "does not come to rest",
                                         "the limit of",        "to close all that it opened",
                                         "expected  exit code", "judge " };

    for (size_t i = 0; i < COUNT_OF(signs) && trial->outcome == SCENARIO_FAILED; i++)
        if (str_find(buf_str(&trial->says), str_of(signs[i])) != STR_NOT_FOUND)
            return true;
    return trial->died;
}

static void try_one(struct torture *torture, const char *file, const struct torture_row *row, uint64_t nth,
                    bool from_then_on)
{
    struct scenario_torture calls = { row->operation, row->status, nth, from_then_on, NULL };
    struct scenario_options options = torture->options.scenario;
    struct trial trial;

    options.path = file;
    options.seed = torture->options.first_seed;
    options.calls = &calls;
    options.step_limit = STEPS_MAX;
    trial_run(&options, &trial);
    torture->runs++;
    if (is_finding(&trial)) {
        torture->found++;
        printf("FOUND %s: call %llu of %s%s gives %s: %s%.*s\n", file, (unsigned long long)nth,
               fault_operation_name(row->operation), from_then_on ? " and all behind it" : "", row->error,
               trial.died ? "the simulator died" : "", STR_ARG(buf_str(&trial.says)));
        fflush(stdout);
    }
    trial_finish(&trial);
}

static bool torture_file(struct torture *torture, const char *file)
{
    uint64_t counts[SIM_OPERATIONS] = { 0 };
    struct scenario_torture none = { SIM_OPERATIONS, IO_OK, 0, false, counts };
    struct scenario_options options = torture->options.scenario;
    struct scenario_result result;
    bool passed;

    options.path = file;
    options.seed = torture->options.first_seed;
    options.calls = &none;
    scenario_run(&options, &result);
    passed = result.outcome == SCENARIO_PASSED;
    if (!passed)
        printf("%s: %s untouched\n%.*s\n", file, scenario_outcome_name(result.outcome),
               STR_ARG(buf_str(&result.text)));
    scenario_result_finish(&result);
    for (size_t i = 0; i < COUNT_OF(rows) && passed; i++) {
        uint64_t most = counts[rows[i].operation] < CALLS_MAX ? counts[rows[i].operation] : CALLS_MAX;

        for (uint64_t nth = 1; nth <= most; nth++) {
            try_one(torture, file, &rows[i], nth, false);
            if (!rows[i].once)
                try_one(torture, file, &rows[i], nth, true);
        }
    }
    return passed || result.outcome == SCENARIO_SKIPPED;
}

int verb_torture(int argc, char **argv)
{
    struct torture torture = { 0 };
    bool fine = true;
    int code = VERB_WRONG;

    run_options_init(&torture.options, argc);
    for (int i = 1; i < argc && fine; i++) {
        enum run_option taken = run_options_take(&torture.options, "torture", argc, argv, i);

        fine = taken == RUN_OPTION_TAKEN || taken == RUN_OPTION_TAKEN_TWO;
        i += taken == RUN_OPTION_TAKEN_TWO;
    }
    if (!fine || !torture.options.file_count) {
        fputs(help, stderr);
    } else {
        for (unsigned i = 0; i < torture.options.file_count; i++)
            fine &= torture_file(&torture, torture.options.files[i]);
        printf("%u runs with a call that failed, %u findings\n", torture.runs, torture.found);
        code = !fine ? VERB_WRONG : torture.found ? VERB_FAILED : VERB_FINE;
    }
    run_options_finish(&torture.options);
    return code;
}
