/* `lockstep-sim sweep`: many seeds, on several processors, and what failed in how many ways. */
#include "base/mem.h"
#include "base/units.h"
#include "sim/json.h"
#include "sim/sweep_marks.h"
#include "sim/sweep_worker.h"
#include "sim/test_report.h"
#include "sim/verb.h"
#include "sim/verb_line.h"
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

enum { JOBS_MAX = 256, WAYS_MAX = 1000, SEEDS_SHOWN = 8, PROGRESS_MS = 250 };

/* A way to fail: what all its runs say alike. */
struct way {
    struct way *next;
    char *says, *text, *repro; /* of the run with the lowest number */
    uint64_t first_run, count;
    uint64_t seeds[SEEDS_SHOWN];
};

/* What became of the runs of one file. */
struct file_count {
    uint64_t runs, skipped, failed, real_ns, virtual_ns, events;
    char *text; /* why it was skipped or is wrong */
    bool wrong;
};

struct sweep {
    struct run_options options;
    struct sweep_plan plan;
    bool jsonl, until_fail, quiet, stopping;
    struct sweep_worker workers[JOBS_MAX];
    struct sweep_marks marks;
    struct way *ways, *last_way;
    unsigned way_count;
    const char *junit_path;
    struct file_count *files; /* one for each of the options */
    uint64_t total, done, began_ns, shown_ns;
    uint64_t passed, failed, skipped, wrong, virtual_ns;
};

static const char help[] = "usage: lockstep-sim sweep FILE.vtc... --seeds A..B [options]\n" RUN_OPTIONS_HELP
                           "  -j N              so many processes (default: one for each processor)\n"
                           "  --shard I/N       only every N-th run, beginning with the I-th\n"
                           "  --until-fail      ends with the first failure\n"
                           "  --out FOLDER      where the failures' repros go (default lockstep-out)\n"
                           "  --junit FILE      writes a report as JUnit does (XML): a case for each file "
                           "that is fine, and one for each way to fail\n"
                           "  --jsonl           prints a line of JSON for each run\n"
                           "  --quiet           no line that tells how far it is\n"
                           "exit: 0 all passed, 1 one failed or what holds sometimes never did, 2 a file is "
                           "wrong, 77 all were skipped\n";

/* ---- the command line ---- */

static bool take_shard(void *data, char *text)
{
    struct sweep *sweep = data;
    const char *slash = strchr(text, '/');
    char index[24];

    if (!slash || !str_to_c(str_make(text, (size_t)(slash - text)), index, sizeof(index)) ||
        !run_options_number(index, &sweep->plan.shard) ||
        !run_options_number(slash + 1, &sweep->plan.shards) || sweep->plan.shard == 0 ||
        sweep->plan.shard > sweep->plan.shards)
        return false;
    sweep->plan.shard--;
    return true;
}

static bool take_jobs(void *data, char *text)
{
    struct sweep *sweep = data;
    uint64_t jobs;

    if (!run_options_number(text, &jobs) || jobs == 0 || jobs > JOBS_MAX)
        return false;
    sweep->plan.jobs = (unsigned)jobs;
    return true;
}

static bool parse(struct sweep *sweep, int argc, char **argv)
{
    const struct verb_option own[] = {
        { "--jsonl", NULL, &sweep->jsonl, NULL, NULL },
        { "--until-fail", NULL, &sweep->until_fail, NULL, NULL },
        { "--quiet", NULL, &sweep->quiet, NULL, NULL },
        { "--out", "a folder", NULL, &sweep->plan.folder, NULL },
        { "--junit", "a file to write", NULL, &sweep->junit_path, NULL },
        { "-j", "a number of processes, from 1 to 256", NULL, NULL, take_jobs },
        { "--shard", "I/N, numbers with I from 1 to N", NULL, NULL, take_shard },
        { 0 },
    };
    const struct verb_line line = { .verb = "sweep",
                                    .own = own,
                                    .data = sweep,
                                    .options = &sweep->options,
                                    .runs = true,
                                    .files = "FILE.vtc...",
                                    .files_least = 1,
                                    .files_most = UINT_MAX };

    return verb_line_take(&line, argc, argv);
}

/* ---- results ---- */

static struct way *way_of(struct sweep *sweep, const struct sweep_result *result)
{
    struct way *way = sweep->ways;

    while (way && !str_eq(str_of(way->says), result->says))
        way = way->next;
    if (way || sweep->way_count == WAYS_MAX)
        return way ? way : sweep->last_way;
    way = mem_need(sizeof(*way));
    way->says = mem_need_copy(result->says);
    way->first_run = UINT64_MAX;
    if (sweep->last_way)
        sweep->last_way->next = way;
    else
        sweep->ways = way;
    sweep->last_way = way;
    sweep->way_count++;
    return way;
}

static void add_failure(struct sweep *sweep, const struct sweep_result *result)
{
    struct way *way = way_of(sweep, result);

    if (way->count < SEEDS_SHOWN)
        way->seeds[way->count] = sweep_seed(&sweep->plan, result->run);
    way->count++;
    if (result->run >= way->first_run)
        return;
    way->first_run = result->run;
    mem_free(way->text);
    mem_free(way->repro);
    way->text = mem_need_copy(result->text);
    way->repro = mem_need_copy(result->repro);
}

static void print_json(struct sweep *sweep, const struct sweep_result *result)
{
    struct buf line = BUF_INIT;

    buf_add_c(&line, "{\"file\":");
    json_add_string(&line, str_of(sweep_file(&sweep->plan, result->run)));
    buf_printf(&line, ",\"seed\":%llu,\"result\":\"%s\",\"hash\":\"%016llx\",\"events\":%llu",
               (unsigned long long)sweep_seed(&sweep->plan, result->run),
               result->outcome == SWEEP_DIED ? "died"
                                             : scenario_outcome_name((enum scenario_outcome)result->outcome),
               (unsigned long long)result->hash, (unsigned long long)result->events);
    buf_printf(&line, ",\"virtual_ns\":%llu,\"real_ns\":%llu", (unsigned long long)result->virtual_ns,
               (unsigned long long)result->real_ns);
    if (result->outcome != SCENARIO_PASSED) {
        buf_add_c(&line, ",\"says\":");
        json_add_string(&line, result->says.size ? result->says : result->text);
    }
    if (result->marks.size) {
        buf_add_c(&line, ",\"marks\":");
        json_add_string(&line, result->marks);
    }
    if (result->repro.size) {
        buf_add_c(&line, ",\"repro\":");
        json_add_string(&line, result->repro);
    }
    printf("%.*s}\n", STR_ARG(buf_str(&line)));
    buf_finish(&line);
}

static void count_file(struct sweep *sweep, const struct sweep_result *result)
{
    uint64_t seeds = sweep->options.last_seed - sweep->options.first_seed + 1;
    struct file_count *file = &sweep->files[result->run / seeds];

    file->runs++;
    file->skipped += result->outcome == SCENARIO_SKIPPED;
    file->failed += result->outcome == SCENARIO_FAILED || result->outcome == SWEEP_DIED;
    file->wrong |= result->outcome == SCENARIO_WRONG;
    file->real_ns += result->real_ns;
    file->virtual_ns += result->virtual_ns;
    file->events += result->events;
    if (!file->text && (result->outcome == SCENARIO_SKIPPED || result->outcome == SCENARIO_WRONG))
        file->text = mem_need_copy(result->text);
}

static void take_result(void *data, const struct sweep_result *result)
{
    struct sweep *sweep = data;

    if (sweep->stopping)
        return;
    sweep->done++;
    sweep->virtual_ns += result->virtual_ns;
    count_file(sweep, result);
    sweep->passed += result->outcome == SCENARIO_PASSED;
    sweep->skipped += result->outcome == SCENARIO_SKIPPED;
    sweep->wrong += result->outcome == SCENARIO_WRONG;
    sweep_marks_add(&sweep->marks, result->marks);
    if (sweep->jsonl)
        print_json(sweep, result);
    else if (result->outcome == SCENARIO_WRONG && sweep->wrong == 1)
        printf("WRONG %.*s", STR_ARG(result->text));
    if (result->outcome != SCENARIO_FAILED && result->outcome != SWEEP_DIED)
        return;
    sweep->failed++;
    add_failure(sweep, result);
    sweep->stopping = sweep->until_fail;
}

/* ---- how far it is ---- */

static void add_time(struct buf *out, double seconds)
{
    if (seconds < 120)
        buf_printf(out, "%.1f s", seconds);
    else if (seconds < 7200)
        buf_printf(out, "%.1f min", seconds / 60);
    else if (seconds < 172800)
        buf_printf(out, "%.1f h", seconds / 3600);
    else
        buf_printf(out, "%.1f d", seconds / 86400);
}

static void show_progress(struct sweep *sweep, bool last)
{
    uint64_t now = run_options_real_ns();
    double took = (double)(now - sweep->began_ns) / 1e9, rate = (double)sweep->done / (took > 0 ? took : 1);
    struct buf line = BUF_INIT;

    if (sweep->quiet || (!last && now - sweep->shown_ns < PROGRESS_MS * NS_PER_MS))
        return;
    sweep->shown_ns = now;
    buf_printf(&line, "sweep %llu/%llu %.0f/s, ", (unsigned long long)sweep->done,
               (unsigned long long)sweep->total, rate);
    add_time(&line, (double)sweep->virtual_ns / 1e9);
    buf_printf(&line, " virtual (%.0fx), %llu failed in %u ways",
               (double)sweep->virtual_ns / 1e9 / (took > 0 ? took : 1), (unsigned long long)sweep->failed,
               sweep->way_count);
    if (!last && rate > 0) {
        buf_add_c(&line, ", ");
        add_time(&line, (double)(sweep->total - sweep->done) / rate);
        buf_add_c(&line, " left");
    }
    fprintf(stderr, "\r%.*s\033[K%s", STR_ARG(buf_str(&line)), last ? "\n" : "");
    buf_finish(&line);
}

static void print_ways(const struct sweep *sweep)
{
    for (const struct way *way = sweep->ways; way; way = way->next) {
        struct str text = str_trim(str_of(way->text));

        printf("\n%.*s\n", STR_ARG(text));
        if (way->count > 1) {
            printf("%llu runs fail so, with seeds", (unsigned long long)way->count);
            for (uint64_t i = 0; i < way->count && i < SEEDS_SHOWN; i++)
                printf(" %llu", (unsigned long long)way->seeds[i]);
            puts(way->count > SEEDS_SHOWN ? " ..." : "");
        }
        if (way->repro[0])
            printf("once more: lockstep-sim repro %s\n", way->repro);
    }
}

/* ---- the JUnit file ---- */

static void add_way(struct test_report *report, const struct sweep *sweep, const struct way *way)
{
    struct buf text = BUF_INIT;
    struct test_row row = { .file = sweep_file(&sweep->plan, way->first_run),
                            .seed = sweep_seed(&sweep->plan, way->first_run),
                            .seeds = 2,
                            .outcome = SCENARIO_FAILED,
                            .says = str_of(way->says) };

    buf_printf(&text, "%s\n%llu runs fail so\n", way->text, (unsigned long long)way->count);
    if (way->repro[0])
        buf_printf(&text, "once more: lockstep-sim repro %s\n", way->repro);
    row.text = buf_str(&text);
    test_report_add(report, &row);
    buf_finish(&text);
}

static bool write_junit(const struct sweep *sweep)
{
    struct test_report report = { 0 };
    bool written;

    for (unsigned i = 0; i < sweep->options.file_count; i++) {
        const struct file_count *file = &sweep->files[i];
        struct test_row row = { .file = sweep->options.files[i],
                                .seed = sweep->options.first_seed,
                                .text = str_of(file->text ? file->text : ""),
                                .real_ns = file->real_ns };

        if (file->wrong)
            row.outcome = SCENARIO_WRONG;
        else if (file->runs && file->skipped == file->runs)
            row.outcome = SCENARIO_SKIPPED;
        if (file->runs && !file->failed)
            test_report_add(&report, &row);
    }
    for (const struct way *way = sweep->ways; way; way = way->next)
        add_way(&report, sweep, way);
    written = test_report_write(&report, sweep->junit_path, "sweep");
    test_report_finish(&report);
    return written;
}

/* ---- running ---- */

static bool anybody_runs(const struct sweep *sweep, struct pollfd *polls, unsigned *workers, nfds_t *count)
{
    *count = 0;
    for (unsigned i = 0; i < sweep->plan.jobs; i++) {
        if (!sweep->workers[i].pid)
            continue;
        polls[*count] = (struct pollfd){ .fd = sweep->workers[i].pipe, .events = POLLIN };
        workers[(*count)++] = i;
    }
    return *count > 0;
}

/* One whose process died goes on behind the run that killed it. */
static void worker_ended(struct sweep *sweep, struct sweep_worker *worker)
{
    if (!worker->busy)
        return;
    worker->next += sweep->plan.shards * sweep->plan.jobs;
    if (!sweep->stopping)
        (void)!sweep_worker_start(&sweep->plan, worker);
}

static void run_all(struct sweep *sweep)
{
    struct pollfd polls[JOBS_MAX];
    unsigned workers[JOBS_MAX];
    nfds_t count;

    for (unsigned i = 0; i < sweep->plan.jobs; i++) {
        sweep->workers[i].next = sweep->plan.shard + i * sweep->plan.shards;
        (void)!sweep_worker_start(&sweep->plan, &sweep->workers[i]);
    }
    while (!sweep->stopping && anybody_runs(sweep, polls, workers, &count)) {
        if (poll(polls, count, PROGRESS_MS) < 0 && errno != EINTR)
            break;
        for (nfds_t i = 0; i < count && !sweep->stopping; i++) {
            struct sweep_worker *worker = &sweep->workers[workers[i]];

            if (polls[i].revents && !sweep_worker_hear(&sweep->plan, worker, take_result, sweep))
                worker_ended(sweep, worker);
        }
        show_progress(sweep, false);
    }
    for (unsigned i = 0; i < sweep->plan.jobs; i++)
        sweep_worker_stop(&sweep->workers[i]);
}

static int finish(struct sweep *sweep)
{
    show_progress(sweep, true);
    if (!sweep->jsonl) {
        print_ways(sweep);
        sweep_marks_print(&sweep->marks);
        printf("%s%llu passed, %llu failed in %u ways, %llu skipped, %llu wrong of %llu runs\n",
               sweep->ways ? "\n" : "", (unsigned long long)sweep->passed, (unsigned long long)sweep->failed,
               sweep->way_count, (unsigned long long)sweep->skipped, (unsigned long long)sweep->wrong,
               (unsigned long long)sweep->done);
    }
    if (sweep->done < sweep->total && !sweep->stopping) {
        fprintf(stderr, "lockstep-sim sweep: only %llu of %llu runs came to an end\n",
                (unsigned long long)sweep->done, (unsigned long long)sweep->total);
        return VERB_WRONG;
    }
    if ((sweep->junit_path && !write_junit(sweep)) || sweep->wrong)
        return VERB_WRONG;
    if (sweep->failed ||
        (sweep->plan.shards == 1 && sweep_marks_missing(&sweep->marks))) /* a shard has not seen all */
        return VERB_FAILED;
    return sweep->passed || !sweep->done ? VERB_FINE : VERB_ALL_SKIPPED;
}

static void forget(struct sweep *sweep)
{
    while (sweep->ways) {
        struct way *way = sweep->ways;

        sweep->ways = way->next;
        mem_free(way->says);
        mem_free(way->text);
        mem_free(way->repro);
        mem_free(way);
    }
    for (unsigned i = 0; sweep->files && i < sweep->options.file_count; i++)
        mem_free(sweep->files[i].text);
    mem_free(sweep->files);
    sweep_marks_finish(&sweep->marks);
    run_options_finish(&sweep->options);
    mem_free(sweep);
}

int verb_sweep(int argc, char **argv)
{
    struct sweep *sweep = mem_need(sizeof(*sweep));
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    int code = VERB_WRONG;

    if (verb_tells_help(argc, argv, help))
        return VERB_FINE;
    run_options_init(&sweep->options, argc);
    sweep->plan = (struct sweep_plan){ &sweep->options, "lockstep-out", 0, 1, 1 };
    sweep->plan.jobs = processors < 1 ? 1 : processors > JOBS_MAX ? JOBS_MAX : (unsigned)processors;
    sweep->quiet = !isatty(STDERR_FILENO);
    if (parse(sweep, argc, argv)) {
        uint64_t all = sweep_run_count(&sweep->plan);

        sweep->total = all > sweep->plan.shard ? (all - sweep->plan.shard - 1) / sweep->plan.shards + 1 : 0;
        sweep->began_ns = run_options_real_ns();
        sweep->files = mem_need(sweep->options.file_count * sizeof(*sweep->files));
        run_all(sweep);
        code = finish(sweep);
    }
    forget(sweep);
    return code;
}
