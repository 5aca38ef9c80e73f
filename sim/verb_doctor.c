/* `lockstep-sim doctor`: the same runs in surroundings that must not matter, and by other builds.
 *
 * Each surrounding is this program (or another build) with the verb `sweep --jsonl`, started with something changed; what
 * it prints as hashes must be what the first one printed. */
#include "base/mem.h"
#include "sim/json.h"
#include "sim/pipe_text.h"
#include "sim/run_options.h"
#include "sim/verb.h"
#include "sim/verb_line.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PROGRAMS_MAX = 8, PADDING = 5000 };

static const char help[] =
    "usage: lockstep-sim doctor FILE.vtc... [--seeds A..B] [--program OTHER]...\n" RUN_OPTIONS_HELP
    "  --program OTHER   another build of lockstep-sim that must give the same hashes, too\n"
    "exit: 0 one hash for each run everywhere, 1 not so, 2 something could not be run\n";

struct doctor {
    struct run_options options;
    const char *programs[PROGRAMS_MAX];
    unsigned program_count;
    char **argv; /* what is handed on to the sweeps */
    int argc;
};

/* ---- surroundings: in the process that becomes the sweep ---- */

static void as_it_is(void)
{
}

static void empty_environment(void)
{
    (void)clearenv();
}

static void large_environment(void)
{
    char *padding = mem_need(PADDING + 1);

    memset(padding, 'x', PADDING);
    (void)setenv("PADDING", padding, 1);
    mem_free(padding);
}

static void other_place_and_tongue(void)
{
    (void)setenv("TZ", "Asia/Tokyo", 1);
    (void)setenv("LANG", "C.UTF-8", 1);
    (void)setenv("LC_ALL", "C.UTF-8", 1);
}

static void addresses_not_random(void)
{
    int now = personality(0xffffffff);

    if (now >= 0)
        (void)personality((unsigned long)now | ADDR_NO_RANDOMIZE);
}

static void large_stack(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_STACK, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_STACK, &limit);
    }
}

static void memory_filled_with_25(void)
{
    (void)setenv("MALLOC_PERTURB_", "37", 1);
}

static void memory_filled_with_6f(void)
{
    (void)setenv("MALLOC_PERTURB_", "111", 1);
}

static void last_in_line(void)
{
    (void)!nice(19);
}

static const struct surrounding_row {
    const char *says;
    void (*enter)(void);
} surroundings[] = {
    { "as it is", as_it_is },
    { "an empty environment", empty_environment },
    { "a large environment", large_environment },
    { "another time zone and language", other_place_and_tongue },
    { "addresses that are not random", addresses_not_random },
    { "a stack as large as may be", large_stack },
    { "memory filled with 0x25", memory_filled_with_25 },
    { "memory filled with 0x6f", memory_filled_with_6f },
    { "the lowest priority", last_in_line },
    { 0 },
};

/* ---- running ---- */

static void become(const struct doctor *doctor, const char *program, void (*enter)(void), int pipe)
{
    char **words = mem_need(((size_t)doctor->argc + 8) * sizeof(*words));
    int count = 0;

    words[count++] = (char *)(uintptr_t)program;
    words[count++] = (char *)(uintptr_t) "sweep";
    words[count++] = (char *)(uintptr_t) "--jsonl";
    words[count++] = (char *)(uintptr_t) "--quiet";
    words[count++] = (char *)(uintptr_t) "-j";
    words[count++] = (char *)(uintptr_t) "1";
    for (int i = 0; i < doctor->argc; i++)
        words[count++] = doctor->argv[i];
    words[count] = NULL;
    enter();
    if (dup2(pipe, STDOUT_FILENO) < 0)
        _exit(127);
    execvp(program, words);
    fprintf(stderr, "lockstep-sim doctor: cannot run '%s': %s\n", program, strerror(errno));
    _exit(127);
}

/* A line "FILE seed N hash H RESULT" for each run. false: it could not be run. */
static bool hashes_of(const struct doctor *doctor, const char *program, void (*enter)(void), struct buf *out)
{
    struct buf heard = BUF_INIT;
    struct str rest;
    int ends[2], status = 0;
    pid_t pid;

    buf_reset(out);
    if (pipe(ends) != 0)
        return false;
    fflush(NULL);
    pid = fork();
    if (pid == 0) {
        close(ends[0]);
        become(doctor, program, enter, ends[1]);
    }
    close(ends[1]);
    pipe_text_read(ends[0], &heard);
    close(ends[0]);
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    for (rest = buf_str(&heard); rest.size;) {
        struct str line = str_split(&rest, '\n');
        struct arena arena;
        const struct json *run;
        size_t mistake;

        arena_init(&arena, 1024);
        run = json_parse(line, &arena, &mistake);
        if (run && json_member(run, "hash") && json_member(run, "seed") && json_member(run, "file"))
            buf_printf(out, "%s seed %.0f hash %s\n", json_member(run, "file")->text.data,
                       json_member(run, "seed")->number, json_member(run, "hash")->text.data);
        arena_finish(&arena);
    }
    buf_finish(&heard);
    return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) < 2 && out->size;
}

/* 0: the same. */
static int compare(const char *says, struct str wanted, struct str got)
{
    unsigned differ = 0;

    while (wanted.size || got.size) {
        struct str left = str_split(&wanted, '\n'), right = str_split(&got, '\n');

        if (str_eq(left, right))
            continue;
        if (differ++ == 0)
            printf("  as it is: %.*s\n  here:     %.*s\n", STR_ARG(left), STR_ARG(right));
    }
    printf("%s %s", differ ? "FAIL" : "ok  ", says);
    printf(differ ? " (%u runs differ)\n" : "\n", differ);
    fflush(stdout);
    return differ != 0;
}

static int examine(struct doctor *doctor, const char *own)
{
    struct buf wanted = BUF_INIT, got = BUF_INIT;
    int bad = 0, code = VERB_WRONG;
    bool fine = hashes_of(doctor, own, surroundings[0].enter, &wanted);

    for (const struct surrounding_row *row = surroundings; row->says && fine; row++) {
        fine = hashes_of(doctor, own, row->enter, &got);
        if (fine)
            bad += compare(row->says, buf_str(&wanted), buf_str(&got));
    }
    for (unsigned i = 0; i < doctor->program_count && fine; i++) {
        fine = hashes_of(doctor, doctor->programs[i], as_it_is, &got);
        if (fine)
            bad += compare(doctor->programs[i], buf_str(&wanted), buf_str(&got));
    }
    if (fine)
        code = bad ? VERB_FAILED : VERB_FINE;
    else
        fputs("lockstep-sim doctor: the runs could not be made\n", stderr);
    buf_finish(&wanted);
    buf_finish(&got);
    return code;
}

static bool take_program(void *data, char *path)
{
    struct doctor *doctor = data;

    if (doctor->program_count == PROGRAMS_MAX || access(path, X_OK) != 0)
        return false;
    doctor->programs[doctor->program_count++] = path;
    return true;
}

static bool parse(struct doctor *doctor, int argc, char **argv)
{
    const struct verb_option own[] = {
        { "--program", "another build of lockstep-sim (at most 8 of them)", NULL, NULL, take_program },
        { 0 },
    };
    const struct verb_line line = { .verb = "doctor",
                                    .own = own,
                                    .data = doctor,
                                    .options = &doctor->options,
                                    .runs = true,
                                    .files = "FILE.vtc...",
                                    .files_least = 1,
                                    .files_most = UINT_MAX };

    /* A macro's text is cut by being read. */
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--program")) {
            i++;
            continue;
        }
        doctor->argv[doctor->argc++] = mem_need_copy(str_of(argv[i]));
        if (!strcmp(argv[i], "--macro") && i + 1 < argc)
            doctor->argv[doctor->argc++] = mem_need_copy(str_of(argv[++i]));
    }
    return verb_line_take(&line, argc, argv);
}

int verb_doctor(int argc, char **argv)
{
    struct doctor doctor = { 0 };
    char own[4096];
    ssize_t size;
    int code = VERB_WRONG;

    if (verb_tells_help(argc, argv, help))
        return VERB_FINE;
    run_options_init(&doctor.options, argc);
    doctor.argv = mem_need(((size_t)argc + 1) * sizeof(*doctor.argv));
    if (parse(&doctor, argc, argv)) {
        size = readlink("/proc/self/exe", own, sizeof(own) - 1);
        own[size > 0 ? size : 0] = '\0';
        code = examine(&doctor, own);
    }
    for (int i = 0; i < doctor.argc; i++)
        mem_free(doctor.argv[i]);
    mem_free(doctor.argv);
    run_options_finish(&doctor.options);
    return code;
}
