/* `lockstep-sim repro`: a failure once more, from its file. */
#include "sim/repro.h"
#include "sim/verb.h"
#include "sim/verb_line.h"
#include <stdio.h>

static const char help[] = "usage: lockstep-sim repro FILE.repro [--force] [-v]\n"
                           "  Runs the scenario that failed with the choices that were made, and says "
                           "whether it is the same failure.\n"
                           "  --force   though the scenario's text is another one now\n"
                           "  -v        tells what is sent, received and printed\n"
                           "exit: 0 it fails the same way, 1 it does not, 2 it cannot be run\n";

static void say_line(void *data, uint64_t at_ns, const char *who, struct str text)
{
    (void)data;
    printf("    %llu.%06llu %-8s %.*s\n", (unsigned long long)(at_ns / 1000000000),
           (unsigned long long)(at_ns % 1000000000 / 1000), who, STR_ARG(text));
}

static int judge(const struct repro *repro, const struct scenario_result *result)
{
    const char *verdict = "the same failure, the same hash";
    int code = VERB_FINE;

    if (result->outcome != SCENARIO_FAILED) {
        verdict = "it does not fail";
        code = VERB_FAILED;
    } else if (!str_eq(buf_str(&result->says), repro->says)) {
        verdict = "it fails in another way";
        code = VERB_FAILED;
    } else if (repro->hash && result->hash != repro->hash) {
        verdict = "the same failure; the hash is another one, so something else on the way there changed";
    }
    printf("%.*s%s: %s (hash %016llx)\n", STR_ARG(buf_str(&result->text)), repro->file, verdict,
           (unsigned long long)result->hash);
    return result->outcome == SCENARIO_WRONG ? VERB_WRONG : code;
}

static int run_repro(const char *path, bool force, bool verbose)
{
    struct scenario_result result;
    struct buf text = BUF_INIT;
    struct repro repro;
    const char *other;
    int code = VERB_WRONG;

    if (!repro_read(path, &repro))
        return VERB_WRONG;
    if (!scenario_read_file(repro.file, &text)) {
        fprintf(stderr, "%s: the scenario '%s' cannot be read\n", path, repro.file);
    } else if (!force && !repro_fits(&repro, buf_str(&text), &other)) {
        fprintf(stderr, "%s: '%s' is not what this was made of; --force runs it all the same\n", path, other);
    } else {
        if (verbose)
            repro.options.scenario.say = say_line;
        scenario_run(&repro.options.scenario, &result);
        code = judge(&repro, &result);
        scenario_result_finish(&result);
    }
    buf_finish(&text);
    repro_finish(&repro);
    return code;
}

int verb_repro(int argc, char **argv)
{
    struct run_options options;
    bool force = false, verbose = false;
    const struct verb_option own[] = {
        { "--force", NULL, &force, NULL, NULL },
        { "-v", NULL, &verbose, NULL, NULL },
        { 0 },
    };
    const struct verb_line line = { .verb = "repro",
                                    .own = own,
                                    .options = &options,
                                    .files = "FILE.repro",
                                    .files_least = 1,
                                    .files_most = 1 };
    int code = VERB_WRONG;

    if (verb_tells_help(argc, argv, help))
        return VERB_FINE;
    run_options_init(&options, argc);
    if (verb_line_take(&line, argc, argv))
        code = run_repro(options.files[0], force, verbose);
    run_options_finish(&options);
    return code;
}
