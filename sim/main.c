/* lockstep-sim: Lockstep in a simulated world. */
#include "sim/verb.h"
#include <stdio.h>
#include <string.h>

static const struct verb_row verbs[] = {
    { "run", verb_run, "FILE.vtc... [options]", "replays scenarios; see 'run --help'" },
    { "sweep", verb_sweep, "FILE.vtc... --seeds A..B", "many seeds, and what failed in how many ways" },
    { "explore", verb_explore, "FILE.vtc...", "every way in which the first choices about order fall out" },
    { "repro", verb_repro, "FILE.repro", "a failure once more" },
    { "shrink", verb_shrink, "FILE.repro", "makes a failure small" },
    { "why", verb_why, "FILE.repro", "the choices that a failure hangs on" },
    { "trace", verb_trace, "FILE.vtc | FILE.repro", "one run as a story, a page, packets" },
    { "step", verb_step, "FILE.vtc | FILE.repro", "one run, event by event, forward and back" },
    { "diff", verb_diff, "A B", "the first event in which two runs differ" },
    { "doctor", verb_doctor, "FILE.vtc... [--program OTHER]", "one hash in all surroundings?" },
    { "torture", verb_torture, "FILE.vtc...", "each call of the world fails, in each way" },
    { "serve", verb_serve, "", "one world steered by JSON lines on stdin/stdout" },
    { 0 },
};

static void print_usage(FILE *out)
{
    fputs("usage: lockstep-sim VERB ...\n", out);
    for (const struct verb_row *verb = verbs; verb->name; verb++)
        fprintf(out, "  %-7s %-24s %s\n", verb->name, verb->usage, verb->says);
}

int main(int argc, char **argv)
{
    if (argc > 1 && (!strcmp(argv[1], "help") || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
        print_usage(stdout);
        return VERB_FINE;
    }
    for (const struct verb_row *verb = verbs; argc > 1 && verb->name; verb++)
        if (!strcmp(argv[1], verb->name))
            return verb->run(argc - 1, argv + 1);
    if (argc < 2)
        print_usage(stderr);
    else
        fprintf(stderr, "lockstep-sim: unknown verb '%s': expected one of those in 'lockstep-sim --help'\n",
                argv[1]);
    return VERB_WRONG;
}
