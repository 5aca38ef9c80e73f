/* The verbs of lockstep-sim: one row and one function each. */
#ifndef SIM_VERB_H
#define SIM_VERB_H
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum verb_exit { VERB_FINE = 0, VERB_FAILED = 1, VERB_WRONG = 2, VERB_ALL_SKIPPED = 77 };

struct verb_row {
    const char *name;
    int (*run)(int argc, char **argv); /* argv[0] is the verb's name */
    const char *usage, *says;
};

int verb_run(int argc, char **argv);
int verb_sweep(int argc, char **argv);
int verb_explore(int argc, char **argv);
int verb_repro(int argc, char **argv);
int verb_shrink(int argc, char **argv);
int verb_why(int argc, char **argv);
int verb_trace(int argc, char **argv);
int verb_step(int argc, char **argv);
int verb_diff(int argc, char **argv);
int verb_doctor(int argc, char **argv);
int verb_torture(int argc, char **argv);
int verb_serve(int argc, char **argv);

/* --help as the verb's first word: its help is printed. */
static inline bool verb_tells_help(int argc, char **argv, const char *help)
{
    if (argc < 2 || (strcmp(argv[1], "--help") != 0 && strcmp(argv[1], "-h") != 0))
        return false;
    fputs(help, stdout);
    return true;
}

#endif
