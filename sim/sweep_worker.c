/* A worker writes two kinds of message into its pipe: that it begins a run, and what came out of one. */
#include "sim/sweep_worker.h"
#include "base/mem.h"
#include "sim/repro.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PIECE = 65536, PATH_SIZE = 4096 };

struct message {
    uint64_t run, hash, events, virtual_ns, real_ns;
    int32_t outcome; /* BEGINS, or what came out */
    uint32_t says_size, text_size, repro_size, marks_size;
};

enum { BEGINS = -1 };

/* ---- the plan ---- */

static uint64_t seeds_of(const struct sweep_plan *plan)
{
    return plan->options->last_seed - plan->options->first_seed + 1;
}

uint64_t sweep_run_count(const struct sweep_plan *plan)
{
    return seeds_of(plan) * plan->options->file_count;
}

const char *sweep_file(const struct sweep_plan *plan, uint64_t run)
{
    return plan->options->files[run / seeds_of(plan)];
}

uint64_t sweep_seed(const struct sweep_plan *plan, uint64_t run)
{
    return plan->options->first_seed + run % seeds_of(plan);
}

/* ---- in the worker ---- */

static void tell(int pipe, const void *data, size_t size)
{
    const char *at = data;

    while (size) {
        ssize_t done = write(pipe, at, size);

        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            _exit(1); /* nobody listens any more */
        at += done;
        size -= (size_t)done;
    }
}

static void repro_path(const struct sweep_plan *plan, uint64_t run, char *out, size_t size)
{
    const char *file = sweep_file(plan, run), *slash = strrchr(file, '/');
    struct str stem = str_of(slash ? slash + 1 : file);

    if (stem.size > 4 && str_eq(str_from(stem, stem.size - 4), STR(".vtc")))
        stem = str_slice(stem, 0, stem.size - 4);
    snprintf(out, size, "%s/%.*s-%llu.repro", plan->folder, STR_ARG(stem),
             (unsigned long long)sweep_seed(plan, run));
}

static void run_one(const struct sweep_plan *plan, uint64_t run, int pipe)
{
    struct scenario_options options = plan->options->scenario;
    struct message message = { .run = run, .outcome = BEGINS };
    struct scenario_result result;
    uint64_t began = run_options_real_ns();
    char path[PATH_SIZE] = "";

    options.path = sweep_file(plan, run);
    options.seed = sweep_seed(plan, run);
    tell(pipe, &message, sizeof(message));
    scenario_run(&options, &result);
    if (result.outcome == SCENARIO_FAILED) {
        repro_path(plan, run, path, sizeof(path));
        (void)mkdir(plan->folder, 0777);
        if (!repro_write(path, &options, &result, NULL))
            path[0] = '\0';
    }
    message = (struct message){ .run = run,
                                .hash = result.hash,
                                .events = result.events,
                                .virtual_ns = result.virtual_ns,
                                .real_ns = run_options_real_ns() - began,
                                .outcome = (int32_t)result.outcome,
                                .says_size = (uint32_t)result.says.size,
                                .text_size = (uint32_t)result.text.size,
                                .repro_size = (uint32_t)strlen(path),
                                .marks_size = (uint32_t)result.marks.size };
    tell(pipe, &message, sizeof(message));
    tell(pipe, result.says.data, result.says.size);
    tell(pipe, result.text.data, result.text.size);
    tell(pipe, path, strlen(path));
    tell(pipe, result.marks.data, result.marks.size);
    scenario_result_finish(&result);
}

bool sweep_worker_start(const struct sweep_plan *plan, struct sweep_worker *worker)
{
    uint64_t count = sweep_run_count(plan), step = plan->shards * plan->jobs;
    int ends[2];

    if (worker->next >= count)
        return false;
    if (pipe(ends) != 0)
        return false;
    fflush(NULL);
    worker->pid = fork();
    if (worker->pid == 0) {
        close(ends[0]);
        for (uint64_t run = worker->next; run < count; run += step)
            run_one(plan, run, ends[1]);
        _exit(0);
    }
    close(ends[1]);
    worker->pipe = ends[0];
    worker->busy = false;
    if (worker->pid > 0)
        return true;
    worker->pid = 0;
    close(ends[0]);
    return false;
}

/* ---- in the sweep ---- */

static void hear_all(struct sweep_worker *worker, void (*each)(void *data, const struct sweep_result *result),
                     void *data)
{
    struct str heard = buf_str(&worker->heard);
    struct message message;

    while (heard.size >= sizeof(message)) {
        struct str rest = str_from(heard, sizeof(message));
        size_t size;

        memcpy(&message, heard.data, sizeof(message));
        size = (size_t)message.says_size + message.text_size + message.repro_size + message.marks_size;
        if (rest.size < size)
            break;
        worker->next = message.run;
        worker->busy = message.outcome == BEGINS;
        if (!worker->busy) {
            struct sweep_result result = { message.run,        message.outcome, message.hash, message.events,
                                           message.virtual_ns, message.real_ns, STR_NONE,     STR_NONE,
                                           STR_NONE,           STR_NONE };

            result.says = str_slice(rest, 0, message.says_size);
            result.text = str_slice(rest, message.says_size, message.text_size);
            result.repro = str_slice(rest, message.says_size + message.text_size, message.repro_size);
            result.marks = str_slice(rest, size - message.marks_size, message.marks_size);
            each(data, &result);
        }
        heard = str_from(rest, size);
    }
    buf_remove(&worker->heard, 0, worker->heard.size - heard.size);
}

static void tell_death(const struct sweep_plan *plan, struct sweep_worker *worker, int status,
                       void (*each)(void *data, const struct sweep_result *result), void *data)
{
    struct scenario_options options = plan->options->scenario;
    char says[160], path[PATH_SIZE];
    struct sweep_result result = { .run = worker->next, .outcome = SWEEP_DIED };

    if (WIFSIGNALED(status))
        snprintf(says, sizeof(says), "the simulator died by signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    else
        snprintf(says, sizeof(says), "the simulator ended with exit code %d", WEXITSTATUS(status));
    options.path = sweep_file(plan, worker->next);
    options.seed = sweep_seed(plan, worker->next);
    repro_path(plan, worker->next, path, sizeof(path));
    (void)mkdir(plan->folder, 0777);
    result.says = result.text = str_of(says);
    if (repro_write_seed(path, &options, says))
        result.repro = str_of(path);
    each(data, &result);
}

bool sweep_worker_hear(const struct sweep_plan *plan, struct sweep_worker *worker,
                       void (*each)(void *data, const struct sweep_result *result), void *data)
{
    char *room = buf_room(&worker->heard, PIECE);
    ssize_t got;
    int status = 0;

    CHECK(room && "out of memory");
    got = read(worker->pipe, room, PIECE);
    if (got > 0) {
        worker->heard.size += (size_t)got;
        hear_all(worker, each, data);
    }
    if (got > 0 || (got < 0 && errno == EINTR))
        return true;
    close(worker->pipe);
    while (waitpid(worker->pid, &status, 0) < 0 && errno == EINTR)
        ;
    worker->pid = 0;
    buf_reset(&worker->heard);
    if (worker->busy)
        tell_death(plan, worker, status, each, data);
    return false;
}

void sweep_worker_stop(struct sweep_worker *worker)
{
    if (worker->pid > 0) {
        kill(worker->pid, SIGKILL);
        while (waitpid(worker->pid, NULL, 0) < 0 && errno == EINTR)
            ;
        close(worker->pipe);
        worker->pid = 0;
    }
    buf_finish(&worker->heard);
}
