/* `lockstep-sim explore`: every way in which the first choices about order can fall out, one after the other.
 *
 * A run is told by the answers to its first questions; what is asked later, and what is no matter of order (latencies,
 * sizes, faults), is benign. The next run has the same answers but for the last that can still be raised, and nothing
 * behind it: so all are tried, depth first, none twice. */
#include "base/mem.h"
#include "sim/repro.h"
#include "sim/verb.h"
#include "sim/verb_line.h"
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

enum { DEPTH_MAX = 64, DEPTH_USUAL = 12, WIDTH_MAX = 1000, RUNS_USUAL = 100000, WIDTH_USUAL = 4 };

static const char help[] =
    "usage: lockstep-sim explore FILE.vtc... [options]\n"
    "  All ways in which the first choices about order fall out (tasks, events, accepts, 'pick'); all else "
    "is benign.\n"
    "  --depth N         so many choices (default 12, at most 64)\n"
    "  --width N         so many answers of each, from the benign one on (default 4)\n"
    "  --most N          ends after so many runs of a file (default 100000)\n"
    "  --out FOLDER      where a failure's repro goes (default lockstep-out)\n" RUN_OPTIONS_HELP
    "exit: 0 all passed, 1 one failed, 2 a file is wrong\n";

struct explorer {
    struct world_source source; /* first */
    unsigned depth, asked;
    uint32_t width;
    uint32_t answers[DEPTH_MAX], bounds[DEPTH_MAX];
    unsigned given; /* of the answers, those that stand */
};

struct explore {
    struct run_options options;
    struct explorer explorer;
    uint64_t most;
    const char *folder;
};

static bool is_order(enum world_site site)
{
    return world_site_is_order(site) || site == SITE_STATEMENT;
}

static uint32_t choose(struct world_source *source, const struct world_choice *question, uint32_t bound)
{
    struct explorer *explorer = CONTAINER_OF(source, struct explorer, source);
    unsigned at = explorer->asked;

    if (bound < 2 || !is_order(question->site) || at >= explorer->depth)
        return 0;
    explorer->asked++;
    explorer->bounds[at] = bound < explorer->width ? bound : explorer->width;
    if (at >= explorer->given)
        explorer->answers[at] = 0;
    return explorer->answers[at];
}

/* The answers of the next run; false: there is none. */
static bool next(struct explorer *explorer)
{
    unsigned at = explorer->asked;

    while (at > 0 && explorer->answers[at - 1] + 1 >= explorer->bounds[at - 1])
        at--;
    if (at == 0)
        return false;
    explorer->answers[at - 1]++;
    explorer->given = at;
    return true;
}

static void write_repro(const struct explore *explore, const struct scenario_options *options,
                        const struct scenario_result *result, uint64_t run)
{
    const char *slash = strrchr(options->path, '/');
    char path[4096];

    snprintf(path, sizeof(path), "%s/%s-%llu.repro", explore->folder, slash ? slash + 1 : options->path,
             (unsigned long long)run);
    (void)mkdir(explore->folder, 0777);
    if (repro_write(path, options, result, NULL))
        printf("once more: lockstep-sim repro %s\n", path);
}

static int explore_file(struct explore *explore, const char *file)
{
    struct explorer *explorer = &explore->explorer;
    struct scenario_options options = explore->options.scenario;
    int code = VERB_FINE;
    uint64_t runs = 0;
    bool more = true;

    options.path = file;
    options.seed = explore->options.first_seed;
    options.source = &explorer->source;
    explorer->given = 0;
    while (more && code == VERB_FINE && runs < explore->most) {
        struct scenario_result result;

        explorer->asked = 0;
        scenario_run(&options, &result);
        runs++;
        if (result.outcome == SCENARIO_FAILED || result.outcome == SCENARIO_WRONG) {
            printf("%.*s", STR_ARG(buf_str(&result.text)));
            code = result.outcome == SCENARIO_FAILED ? VERB_FAILED : VERB_WRONG;
            if (code == VERB_FAILED)
                write_repro(explore, &options, &result, runs);
        }
        scenario_result_finish(&result);
        more = next(explorer);
    }
    printf("%s: %llu runs, %s\n", file, (unsigned long long)runs,
           code != VERB_FINE ? "the last one failed"
           : more            ? "all passed, and there are more"
                             : "all that there are, and all passed");
    return code;
}

static bool take_number(const char *text, uint64_t most, uint64_t *out)
{
    return run_options_number(text, out) && *out > 0 && *out <= most;
}

static bool take_depth(void *data, char *text)
{
    uint64_t number;
    bool fine = take_number(text, DEPTH_MAX, &number);

    if (fine)
        ((struct explore *)data)->explorer.depth = (unsigned)number;
    return fine;
}

static bool take_width(void *data, char *text)
{
    uint64_t number;
    bool fine = take_number(text, WIDTH_MAX, &number);

    if (fine)
        ((struct explore *)data)->explorer.width = (uint32_t)number;
    return fine;
}

static bool take_most(void *data, char *text)
{
    return take_number(text, UINT64_MAX, &((struct explore *)data)->most);
}

static bool parse(struct explore *explore, int argc, char **argv)
{
    const struct verb_option own[] = {
        { "--out", "a folder", NULL, &explore->folder, NULL },
        { "--depth", "a number from 1 to 64", NULL, NULL, take_depth },
        { "--width", "a number from 1 to 1000", NULL, NULL, take_width },
        { "--most", "a number of runs, from 1 on", NULL, NULL, take_most },
        { 0 },
    };
    const struct verb_line line = { .verb = "explore",
                                    .own = own,
                                    .data = explore,
                                    .options = &explore->options,
                                    .runs = true,
                                    .files = "FILE.vtc...",
                                    .files_least = 1,
                                    .files_most = UINT_MAX };

    return verb_line_take(&line, argc, argv);
}

int verb_explore(int argc, char **argv)
{
    struct explore explore = { .most = RUNS_USUAL, .folder = "lockstep-out" };
    int code = VERB_WRONG;

    if (verb_tells_help(argc, argv, help))
        return VERB_FINE;
    explore.explorer = (struct explorer){ .source = { choose }, .depth = DEPTH_USUAL, .width = WIDTH_USUAL };
    run_options_init(&explore.options, argc);
    if (parse(&explore, argc, argv)) {
        code = VERB_FINE;
        for (unsigned i = 0; i < explore.options.file_count && code == VERB_FINE; i++)
            code = explore_file(&explore, explore.options.files[i]);
    }
    run_options_finish(&explore.options);
    return code;
}
