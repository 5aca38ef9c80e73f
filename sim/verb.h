/* The verbs of lockstep-sim: one row and one function each. */
#ifndef SIM_VERB_H
#define SIM_VERB_H

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

#endif
