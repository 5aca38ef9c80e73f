/* `lockstep-sim shrink` and `why`: a failure made small, and which choices it hangs on. */
#include "base/mem.h"
#include "base/units.h"
#include "sim/report.h"
#include "sim/repro.h"
#include "sim/shrink.h"
#include "sim/trial.h"
#include "sim/verb.h"
#include "sim/verb_line.h"
#include <stdio.h>
#include <unistd.h>

enum { STORY_MAX = 6, PATH_SIZE = 4096 };

static const char shrink_help[] =
    "usage: lockstep-sim shrink FILE.repro [--out STEM]\n"
    "  Leaves out choices, then statements and lines, while the scenario fails in the same way. Writes "
    "STEM.vtc, which\n"
    "  has its choices in it, and STEM.repro (default: the repro's name with .min).\n"
    "exit: 0 done, 1 it does not fail, 2 it cannot be run\n";

static const char why_help[] =
    "usage: lockstep-sim why FILE.repro\n"
    "  Names the choices without which the scenario would not fail so, and what followed each.\n"
    "exit: 0 done, 1 it does not fail, 2 it cannot be run\n";

/* ---- beginning ---- */

static void show_progress(void *data, const struct shrink *shrink)
{
    (void)data;
    fprintf(stderr, "\r%u trials: %u choices, %u lines\033[K", shrink->trials,
            shrink_line_count(buf_str(&shrink->tape)), shrink_line_count(buf_str(&shrink->text)));
}

/* VERB_FINE: `shrink` is ready, `text` is the scenario's. */
static int begin(const char *path, struct repro *repro, struct buf *text, struct shrink *shrink)
{
    const char *other;

    if (!repro_read(path, repro))
        return VERB_WRONG;
    if (!scenario_read_file(repro->file, text)) {
        fprintf(stderr, "%s: the scenario '%s' cannot be read\n", path, repro->file);
    } else if (!repro->has_tape) {
        fprintf(stderr, "%s: it has no choices: only its seed repeats it\n", path);
    } else if (!repro_fits(repro, buf_str(text), &other)) {
        fprintf(stderr, "%s: '%s' is not what this was made of\n", path, other);
    } else {
        bool fails = shrink_init(shrink, &repro->options.scenario, repro->says, buf_str(text));

        if (isatty(STDERR_FILENO))
            shrink->progress = show_progress;
        if (fails)
            return VERB_FINE;
        fprintf(stderr, "%s: it does not fail so any more\n", path);
        shrink_finish(shrink);
        repro_finish(repro);
        return VERB_FAILED;
    }
    repro_finish(repro);
    return VERB_WRONG;
}

static void end_progress(const struct shrink *shrink)
{
    if (shrink->progress)
        fputs("\r\033[K", stderr);
}

/* ---- shrink ---- */

static bool write_text(const char *path, struct str text)
{
    FILE *file = fopen(path, "wb");
    bool fine;

    if (!file)
        return false;
    fine = fwrite(text.data, 1, text.size, file) == text.size;
    return fclose(file) == 0 && fine;
}

/* Says the line nothing but that the scenario is one of this language? */
static bool is_guard(struct str line)
{
    return str_eq(str_trim(line), STR(SCENARIO_GUARD));
}

/* The scenario with its guard and its choices as the first statements behind the title: what stands before the guard is
 * read by others, too. */
static void add_regression(const struct shrink *shrink, uint64_t seed, struct buf *out)
{
    struct str text = buf_str(&shrink->text), tape = buf_str(&shrink->tape);
    struct str title = str_split(&text, '\n');

    buf_printf(out, "%.*s\n%s\nsim -seed %llu -choices {\n", STR_ARG(title), SCENARIO_GUARD,
               (unsigned long long)seed);
    while (tape.size) {
        struct str line = str_split(&tape, '\n');

        buf_printf(out, "    %.*s\n", STR_ARG(line));
    }
    buf_add_c(out, "}\n");
    while (text.size) {
        struct str line = str_split(&text, '\n');

        if (!is_guard(line))
            buf_printf(out, "%.*s\n", STR_ARG(line));
    }
}

static int write_results(const struct repro *repro, struct shrink *shrink, const char *stem)
{
    struct scenario_options options = repro->options.scenario;
    struct scenario_result result;
    struct buf regression = BUF_INIT;
    char vtc[PATH_SIZE + sizeof(".vtc")], smaller[PATH_SIZE + sizeof(".repro")];
    struct str text;
    bool fine;

    snprintf(vtc, sizeof(vtc), "%.*s.vtc", PATH_SIZE - 1, stem);
    snprintf(smaller, sizeof(smaller), "%.*s.repro", PATH_SIZE - 1, stem);
    add_regression(shrink, options.seed, &regression);
    text = buf_str(&regression);
    options.path = vtc;
    options.text = text;
    options.tape = STR_NONE;
    scenario_run(&options, &result);
    options.text = STR_NONE;
    fine = write_text(vtc, text) && repro_write(smaller, &options, &result, &text);
    if (fine)
        printf("%.*s%s %s\nonce more: lockstep-sim repro %s\n", STR_ARG(buf_str(&result.text)),
               result.outcome == SCENARIO_FAILED ? "written:" : "written, but it does not fail alone:", vtc,
               smaller);
    else
        fprintf(stderr, "lockstep-sim shrink: cannot write '%s'\n", vtc);
    scenario_result_finish(&result);
    buf_finish(&regression);
    return fine ? VERB_FINE : VERB_WRONG;
}

static int run_shrink(const char *path, const char *stem)
{
    struct repro repro;
    struct shrink shrink;
    struct buf text = BUF_INIT;
    char own_stem[PATH_SIZE];
    int code = begin(path, &repro, &text, &shrink);

    if (code == VERB_FINE) {
        unsigned choices = shrink_line_count(buf_str(&shrink.tape));
        uint64_t began = run_options_real_ns();

        shrink_tape(&shrink);
        shrink_text(&shrink);
        shrink_tape(&shrink);
        shrink_answers(&shrink);
        end_progress(&shrink);
        printf("shrunk: choices %u -> %u, lines %u -> %u (%u runs, %.1f s)\n", choices,
               shrink_line_count(buf_str(&shrink.tape)), shrink_line_count(buf_str(&text)),
               shrink_line_count(buf_str(&shrink.text)), shrink.trials,
               (double)(run_options_real_ns() - began) / 1e9);
        if (!stem) {
            size_t size = strlen(path);

            if (size > 6 && !strcmp(path + size - 6, ".repro"))
                size -= 6;
            snprintf(own_stem, sizeof(own_stem), "%.*s.min", (int)size, path);
            stem = own_stem;
        }
        code = write_results(&repro, &shrink, stem);
        shrink_finish(&shrink);
        repro_finish(&repro);
    }
    buf_finish(&text);
    return code;
}

int verb_shrink(int argc, char **argv)
{
    struct run_options options;
    const char *stem = NULL;
    const struct verb_option own[] = { { "--out", "a path without .vtc", NULL, &stem, NULL }, { 0 } };
    const struct verb_line line = { .verb = "shrink",
                                    .own = own,
                                    .options = &options,
                                    .files = "FILE.repro",
                                    .files_least = 1,
                                    .files_most = 1 };
    int code = VERB_WRONG;

    if (verb_tells_help(argc, argv, shrink_help))
        return VERB_FINE;
    run_options_init(&options, argc);
    if (verb_line_take(&line, argc, argv))
        code = run_shrink(options.files[0], stem);
    run_options_finish(&options);
    return code;
}

/* ---- why ---- */

struct story {
    struct str who;
    uint64_t from_ns;
    unsigned told;
};

static void tell_event(void *data, const struct world *world, uint64_t began_ns,
                       const struct world_event *event)
{
    struct story *story = data;
    struct buf line = BUF_INIT;

    if (story->told == STORY_MAX || event->at_ns < began_ns + story->from_ns || event->kind == EV_NODE_TURN ||
        event->kind == EV_TASK)
        return;
    story->told++;
    report_event(&line, world, began_ns, event);
    printf("      %.*s\n", STR_ARG(buf_str(&line)));
    buf_finish(&line);
}

/* The instant behind '#', in nanoseconds. */
static uint64_t instant_of(struct str line)
{
    size_t at = str_find_char(line, '#');
    uint64_t ns = 0;

    return at != STR_NOT_FOUND && actor_parse_duration(str_trim(str_from(line, at + 1)), &ns) ? ns : 0;
}

/* What comes out when this one choice is the benign one. */
static void print_otherwise(const struct shrink *shrink, unsigned index)
{
    struct scenario_options options = shrink->options;
    struct str tape = buf_str(&shrink->tape);
    struct buf others = BUF_INIT;
    struct trial trial;

    for (unsigned i = 0; tape.size; i++) {
        struct str line = str_split(&tape, '\n');

        if (i != index)
            buf_printf(&others, "%.*s\n", STR_ARG(line));
    }
    options.text = buf_str(&shrink->text);
    options.tape = others.size ? buf_str(&others) : STR("");
    trial_run(&options, &trial);
    printf("    without it: %s%s%.*s\n",
           trial.outcome == SCENARIO_PASSED ? "passes" : scenario_outcome_name(trial.outcome),
           trial.says.size ? ", " : "", STR_ARG(buf_str(&trial.says)));
    trial_finish(&trial);
    buf_finish(&others);
}

static void print_choice(const struct shrink *shrink, struct str line, unsigned index)
{
    struct scenario_options options = shrink->options;
    struct story story = { .from_ns = instant_of(line) };
    struct scenario_result result;

    printf("  %.*s\n", STR_ARG(line));
    print_otherwise(shrink, index);
    puts("    what follows it:");
    fflush(stdout);
    options.text = buf_str(&shrink->text);
    options.tape = shrink->tape.size ? buf_str(&shrink->tape) : STR("");
    options.event = tell_event;
    options.event_data = &story;
    scenario_run(&options, &result);
    scenario_result_finish(&result);
}

static int run_why(const char *path)
{
    struct repro repro;
    struct shrink shrink;
    struct buf text = BUF_INIT;
    int code = begin(path, &repro, &text, &shrink);

    if (code == VERB_FINE) {
        unsigned choices = shrink_line_count(buf_str(&shrink.tape)), index = 0;
        struct str tape;

        shrink_tape(&shrink);
        shrink_answers(&shrink);
        end_progress(&shrink);
        tape = buf_str(&shrink.tape);
        printf("%.*s\n", STR_ARG(buf_str(&shrink.says)));
        if (!tape.size)
            puts("fails without any choice: it does not hang on the seed");
        else
            printf("hangs on %u of %u choices (%u runs):\n", shrink_line_count(tape), choices, shrink.trials);
        while (tape.size)
            print_choice(&shrink, str_split(&tape, '\n'), index++);
        shrink_finish(&shrink);
        repro_finish(&repro);
    }
    buf_finish(&text);
    return code;
}

int verb_why(int argc, char **argv)
{
    struct run_options options;
    const struct verb_line line = {
        .verb = "why", .options = &options, .files = "FILE.repro", .files_least = 1, .files_most = 1
    };
    int code = VERB_WRONG;

    if (verb_tells_help(argc, argv, why_help))
        return VERB_FINE;
    run_options_init(&options, argc);
    if (verb_line_take(&line, argc, argv))
        code = run_why(options.files[0]);
    run_options_finish(&options);
    return code;
}
