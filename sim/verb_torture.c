/* `lockstep-sim torture`: each call of the proxies' platforms fails once, then from there on, in each way that it can. With
 * --memory it is each piece of memory that the engine, Lua and OpenSSL ask for once the proxies serve.
 *
 * An expectation that does not hold is no finding: a client may well see that something failed. What counts is that the
 * engine lives, comes to rest, waits for nothing that cannot come, and ends as it should with all closed. */
#include "base/mem.h"
#include "base/units.h"
#include "sim/fault.h"
#include "sim/run_options.h"
#include "sim/sim_heap.h"
#include "sim/trial.h"
#include "sim/verb.h"
#include "sim/verb_line.h"
#include <limits.h>
#include <stdio.h>

enum { PLACES_MAX = 400, STEPS_MAX = 1000000 };

static const char help[] =
    "usage: lockstep-sim torture FILE.vtc... [options]\n" RUN_OPTIONS_HELP
    "  --memory          memory runs out instead: of the engine, of Lua, of OpenSSL\n"
    "  --piece N, --pieces N  with --memory: of each kind only this one, or all from it on, with a whole "
    "report\n"
    "  --most N          so many places of each kind, evenly spread (default 400)\n"
    "exit: 0 nothing was found, 1 something was, 2 a file is wrong or does not pass untouched\n";

enum way {
    TWICE,  /* once, and from there on */
    ONCE,   /* for ever it is a busy loop, by right */
    STARVES /* whoever waits for what does not come then waits for ever, by right */
};

static const struct torture_row {
    enum sim_operation operation;
    enum io_status status;
    const char *error;
    enum way how;
} rows[] = {
    { SIM_LISTEN, IO_IN_USE, "EADDRINUSE", TWICE },
    { SIM_LISTEN, IO_NO_DESCRIPTORS, "EMFILE", TWICE },
    { SIM_ACCEPT, IO_NO_DESCRIPTORS, "EMFILE", STARVES },
    { SIM_ACCEPT, IO_NO_MEMORY, "ENOBUFS", STARVES },
    { SIM_ACCEPT, IO_RESET, "ECONNABORTED", ONCE },
    { SIM_CONNECT, IO_NO_DESCRIPTORS, "EMFILE", TWICE },
    { SIM_CONNECT, IO_NO_PORTS, "EADDRNOTAVAIL", TWICE },
    { SIM_CONNECT, IO_UNREACHABLE, "EHOSTUNREACH", TWICE },
    { SIM_READ, IO_RESET, "ECONNRESET", TWICE },
    { SIM_READ, IO_TIMED_OUT, "ETIMEDOUT", TWICE },
    { SIM_READ, IO_WOULD_BLOCK, "EAGAIN", ONCE },
    { SIM_WRITE, IO_CLOSED, "EPIPE", TWICE },
    { SIM_WRITE, IO_RESET, "ECONNRESET", TWICE },
    { SIM_WRITE, IO_WOULD_BLOCK, "EAGAIN", ONCE },
    { SIM_WRITE, IO_NO_MEMORY, "ENOBUFS", TWICE },
    { SIM_DATAGRAM, IO_NO_DESCRIPTORS, "EMFILE", STARVES },
    { SIM_SEND_TO, IO_WOULD_BLOCK, "EAGAIN", STARVES },
    { SIM_SEND_TO, IO_REFUSED, "ECONNREFUSED", STARVES },
    { SIM_FILE_READ, IO_NOT_FOUND, "ENOENT", TWICE },
    { SIM_FILE_WRITE, IO_DENIED, "EACCES", TWICE },
    { SIM_RESOLVE, IO_NOT_FOUND, "ENOENT", TWICE },
    { SIM_RESOLVE, IO_TIMED_OUT, "ETIMEDOUT", TWICE },
    { SIM_READ, IO_OK, "short", TWICE },
    { SIM_READ, IO_UNREACHABLE, "EHOSTUNREACH", TWICE },
    { SIM_READ, IO_REFUSED, "ECONNREFUSED", TWICE },
    { SIM_READ, IO_NO_MEMORY, "ENOMEM", TWICE },
    { SIM_WRITE, IO_OK, "short", TWICE },
    { SIM_WRITE, IO_TIMED_OUT, "ETIMEDOUT", TWICE },
    { SIM_WRITE, IO_UNREACHABLE, "EHOSTUNREACH", TWICE },
    { SIM_LISTEN, IO_NO_MEMORY, "ENOMEM", TWICE },
    { SIM_LISTEN, IO_DENIED, "EACCES", TWICE },
    { SIM_LISTEN, IO_NO_PORTS, "EADDRNOTAVAIL", TWICE },
    { SIM_ACCEPT, IO_DENIED, "EPERM", STARVES },
    { SIM_ACCEPT, IO_BAD, "EINVAL", STARVES },
    { SIM_CONNECT, IO_REFUSED, "ECONNREFUSED", TWICE },
    { SIM_CONNECT, IO_NO_MEMORY, "ENOMEM", TWICE },
    { SIM_CONNECT, IO_DENIED, "EACCES", TWICE },
    { SIM_CONNECT, IO_IN_USE, "EADDRINUSE", TWICE },
    { SIM_CONNECT, IO_NOT_FOUND, "ENOENT", TWICE },
    { SIM_DATAGRAM, IO_NO_MEMORY, "ENOMEM", STARVES },
    { SIM_DATAGRAM, IO_IN_USE, "EADDRINUSE", STARVES },
    { SIM_SEND_TO, IO_NO_MEMORY, "ENOBUFS", STARVES },
    { SIM_SEND_TO, IO_TOO_BIG, "EMSGSIZE", STARVES },
    { SIM_SEND_TO, IO_UNREACHABLE, "ENETUNREACH", STARVES },
    { SIM_SEND_TO, IO_DENIED, "EPERM", STARVES },
    { SIM_RECEIVE_FROM, IO_WOULD_BLOCK, "EAGAIN", ONCE },
    { SIM_RECEIVE_FROM, IO_REFUSED, "ECONNREFUSED", ONCE },
    { SIM_RECEIVE_FROM, IO_NO_MEMORY, "ENOMEM", ONCE },
    { SIM_FILE_READ, IO_DENIED, "EACCES", TWICE },
    { SIM_FILE_READ, IO_NO_DESCRIPTORS, "EMFILE", TWICE },
    { SIM_FILE_READ, IO_BAD, "EIO", TWICE },
    { SIM_FILE_WRITE, IO_BAD, "ENOSPC", TWICE },
    { SIM_POLLER, IO_NO_DESCRIPTORS, "EMFILE", TWICE },
    { SIM_WATCH, IO_NO_MEMORY, "ENOMEM", TWICE },
    { SIM_SOCK_ERROR, IO_REFUSED, "ECONNREFUSED", TWICE },
    { SIM_SOCK_ERROR, IO_TIMED_OUT, "ETIMEDOUT", TWICE },
    { SIM_SHUTDOWN, IO_BAD, "ENOTCONN", TWICE },
    { SIM_SET_OPTION, IO_BAD, "EINVAL", TWICE },
    { SIM_GET_OPTION, IO_BAD, "EINVAL", TWICE },
    { SIM_NAMES, IO_BAD, "ENOTCONN", TWICE },
    { SIM_ADOPT, IO_BAD, "EBADF", TWICE },
    { SIM_PAIR, IO_NO_DESCRIPTORS, "EMFILE", TWICE },
    { SIM_SEND_SOCK, IO_WOULD_BLOCK, "EAGAIN", ONCE },
    { SIM_SEND_SOCK, IO_CLOSED, "EPIPE", TWICE },
    { SIM_RECEIVE_SOCK, IO_WOULD_BLOCK, "EAGAIN", ONCE },
    { SIM_RECEIVE_SOCK, IO_NO_DESCRIPTORS, "EMFILE", STARVES },
    { SIM_RECEIVE_SOCK, IO_RESET, "ECONNRESET", TWICE },
    { SIM_FILE_INFO, IO_NOT_FOUND, "ENOENT", TWICE },
    { SIM_FILE_INFO, IO_DENIED, "EACCES", TWICE },
    { SIM_FILE_REMOVE, IO_DENIED, "EACCES", TWICE },
    { SIM_FILE_RENAME, IO_DENIED, "EACCES", TWICE },
    { SIM_FOLDER_LIST, IO_NOT_FOUND, "ENOENT", TWICE },
    { SIM_FOLDER_CHANGE, IO_NOT_FOUND, "ENOENT", TWICE },
    { SIM_CHILD_START, IO_NO_MEMORY, "ENOMEM", TWICE },
    { SIM_RESERVE, IO_NO_MEMORY, "ENOMEM", TWICE },
    { SIM_DROP_PRIVILEGES, IO_DENIED, "EPERM", TWICE },
    { SIM_DAEMONIZE, IO_NO_MEMORY, "ENOMEM", TWICE },
};

struct torture {
    struct run_options options;
    bool memory, from_then_on;
    uint64_t most, only; /* 0: all places */
    unsigned runs, found;
};

/* Is it the engine's fault? What is printed by scenario.c and sim_node.c. */
static bool is_finding(const struct trial *trial, bool starves)
{
    static const struct sign {
        const char *text;
        bool by_right; /* in one that starves */
    } signs[] = { { "nobody can move", true },        { "the limit of", true },
                  { "does not come to rest", false }, { "to close all that it opened", false },
                  { "expected  exit code", false },   { "judge ", false } };
    static const char *const expectations[] = { "waits for the end of S", "waits for the end of s",
                                                "waits for barrier", "of the script, came" };

    /* Who waits for a line of a log, a request or a barrier waits for what the failed call would have brought: that is
     * an expectation, too. */
    for (size_t i = 0; i < COUNT_OF(expectations); i++)
        if (str_find(buf_str(&trial->says), str_of(expectations[i])) != STR_NOT_FOUND)
            return trial->died;
    for (size_t i = 0; i < COUNT_OF(signs) && trial->outcome == SCENARIO_FAILED; i++)
        if (!(starves && signs[i].by_right) &&
            str_find(buf_str(&trial->says), str_of(signs[i].text)) != STR_NOT_FOUND)
            return true;
    return trial->died;
}

static void try_one(struct torture *torture, const char *file, const struct scenario_torture *calls,
                    bool starves, const char *what)
{
    struct scenario_options options = torture->options.scenario;
    struct trial trial;

    options.path = file;
    options.seed = torture->options.first_seed;
    options.calls = calls;
    options.step_limit = STEPS_MAX;
    trial_run(&options, &trial);
    torture->runs++;
    if (is_finding(&trial, starves)) {
        torture->found++;
        printf("FOUND %s: %s %llu %s%s: %s%.*s\n", file, calls->memory ? "piece" : "call",
               (unsigned long long)calls->nth, what, calls->from_then_on ? ", and all behind it" : "",
               trial.died ? "the simulator died" : "", STR_ARG(buf_str(&trial.says)));
        fflush(stdout);
    }
    trial_finish(&trial);
}

/* Each place where it can happen, or as many as are wanted, evenly spread. */
static void try_places(struct torture *torture, const char *file, struct scenario_torture calls,
                       uint64_t count, enum way how, const char *what)
{
    uint64_t step = (count + torture->most - 1) / torture->most;

    for (calls.nth = 1; calls.nth <= count; calls.nth += step) {
        calls.from_then_on = false;
        try_one(torture, file, &calls, how == STARVES, what);
        calls.from_then_on = true;
        if (how != ONCE)
            try_one(torture, file, &calls, how == STARVES, what);
    }
}

static void torture_calls(struct torture *torture, const char *file, const uint64_t *counts)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct scenario_torture calls = { .operation = rows[i].operation, .status = rows[i].status };
        char what[96];

        snprintf(what, sizeof(what), "of %s gives %s", fault_operation_name(rows[i].operation),
                 rows[i].error);
        try_places(torture, file, calls, counts[rows[i].operation], rows[i].how, what);
    }
}

/* Here and now: what a debugger wants. */
static void show_one(struct torture *torture, const char *file, unsigned kind)
{
    struct scenario_torture calls = {
        .operation = kind, .memory = true, .nth = torture->only, .from_then_on = torture->from_then_on
    };
    struct scenario_options options = torture->options.scenario;
    struct scenario_result result;

    options.path = file;
    options.seed = torture->options.first_seed;
    options.calls = &calls;
    options.step_limit = STEPS_MAX;
    scenario_run(&options, &result);
    torture->runs++;
    printf("%s: piece %llu of %s: %s\n%.*s", file, (unsigned long long)torture->only,
           sim_heap_kind_name((enum sim_heap_kind)kind), scenario_outcome_name(result.outcome),
           STR_ARG(buf_str(&result.text)));
    scenario_result_finish(&result);
}

static void torture_memory(struct torture *torture, const char *file, const uint64_t *counts)
{
    for (unsigned kind = 0; kind < SIM_HEAP_KINDS; kind++) {
        struct scenario_torture calls = { .operation = kind, .memory = true };
        char what[96];

        if (torture->only) {
            if (torture->only <= counts[kind])
                show_one(torture, file, kind);
            continue;
        }
        snprintf(what, sizeof(what), "of memory for %s is not there",
                 sim_heap_kind_name((enum sim_heap_kind)kind));
        try_places(torture, file, calls, counts[kind], TWICE, what);
    }
}

static bool torture_file(struct torture *torture, const char *file)
{
    uint64_t counts[SIM_OPERATIONS] = { 0 }, pieces[SIM_HEAP_KINDS];
    struct scenario_torture none = { .operation = SIM_OPERATIONS, .counts = counts };
    struct scenario_options options = torture->options.scenario;
    struct scenario_result result;
    bool passed;

    options.path = file;
    options.seed = torture->options.first_seed;
    options.calls = &none;
    scenario_run(&options, &result);
    for (unsigned kind = 0; kind < SIM_HEAP_KINDS; kind++)
        pieces[kind] = sim_heap_count((enum sim_heap_kind)kind);
    passed = result.outcome == SCENARIO_PASSED;
    if (!passed)
        printf("%s: %s untouched\n%.*s\n", file, scenario_outcome_name(result.outcome),
               STR_ARG(buf_str(&result.text)));
    scenario_result_finish(&result);
    if (passed && torture->memory)
        torture_memory(torture, file, pieces);
    else if (passed)
        torture_calls(torture, file, counts);
    return passed || result.outcome == SCENARIO_SKIPPED;
}

static bool take_piece(void *data, char *text)
{
    struct torture *torture = data;

    return run_options_number(text, &torture->only) && torture->only;
}

static bool take_pieces(void *data, char *text)
{
    ((struct torture *)data)->from_then_on = true;
    return take_piece(data, text);
}

static bool take_most(void *data, char *text)
{
    struct torture *torture = data;

    return run_options_number(text, &torture->most) && torture->most;
}

static bool parse(struct torture *torture, int argc, char **argv)
{
    const struct verb_option own[] = {
        { "--memory", NULL, &torture->memory, NULL, NULL },
        { "--piece", "a number from 1 on", NULL, NULL, take_piece },
        { "--pieces", "a number from 1 on", NULL, NULL, take_pieces },
        { "--most", "a number of places, from 1 on", NULL, NULL, take_most },
        { 0 },
    };
    const struct verb_line line = { .verb = "torture",
                                    .own = own,
                                    .data = torture,
                                    .options = &torture->options,
                                    .runs = true,
                                    .files = "FILE.vtc...",
                                    .files_least = 1,
                                    .files_most = UINT_MAX };

    return verb_line_take(&line, argc, argv);
}

int verb_torture(int argc, char **argv)
{
    struct torture torture = { .most = PLACES_MAX };
    bool fine = true;
    int code = VERB_WRONG;

    if (verb_tells_help(argc, argv, help))
        return VERB_FINE;
    run_options_init(&torture.options, argc);
    if (parse(&torture, argc, argv)) {
        if (torture.memory)
            sim_heap_take_tls();
        for (unsigned i = 0; i < torture.options.file_count; i++)
            fine &= torture_file(&torture, torture.options.files[i]);
        printf("%u runs with %s, %u findings\n", torture.runs,
               torture.memory ? "memory that ran out" : "a call that failed", torture.found);
        code = !fine ? VERB_WRONG : torture.found ? VERB_FAILED : VERB_FINE;
    }
    run_options_finish(&torture.options);
    return code;
}
