/* The options that all verbs have which run scenarios. */
#ifndef SIM_RUN_OPTIONS_H
#define SIM_RUN_OPTIONS_H
#include "sim/scenario.h"

enum { RUN_DEFINES_MAX = 64 };

struct run_options {
    struct scenario_options scenario;
    struct scenario_define defines[RUN_DEFINES_MAX];
    uint64_t first_seed, last_seed;
    const char **files; /* of argc, from the command line */
    unsigned file_count;
};

/* Their help, a line each. */
#define RUN_OPTIONS_HELP                                                                                     \
    "  --seed N          the run's seed (default 1)\n"                                                       \
    "  --seeds A..B      runs each file with each of these seeds\n"                                          \
    "  --torture         every link cuts writes, reads and segments by chance\n"                             \
    "  --limit SECONDS   virtual time a scenario may take (default 60); half of it is the patience of its "  \
    "specs\n"                                                                                                \
    "  --live SECONDS    so long proxies may take to come to rest when all others left (default 600)\n"      \
    "  --swarm           each seed has a part of all settings of links and of all faults; what specs "       \
    "expect is no verdict\n"                                                                                 \
    "  --delays N        of choices about order only N are unusual (at most 16), anywhere; usually all are " \
    "drawn\n"                                                                                                \
    "  --pct D           who comes first goes by priorities of sockets and tasks, which change D-1 times "   \
    "(at "                                                                                                   \
    "most 16), anywhere\n"                                                                                   \
    "  --macro NAME=VALUE  defines ${NAME}\n"                                                                \
    "  --args TEXT       arguments of every proxy (default \"-dM -dI -dW\")\n"

void run_options_init(struct run_options *options, int argc); /* room for argc files */
void run_options_finish(struct run_options *options);

/* For verb_line.c. What the value of this option is, for who gave another one; NULL: no such option has a value. */
const char *run_options_wants(const char *word);
bool run_options_flag(struct run_options *options, const char *word); /* false: it is none */
bool run_options_value(struct run_options *options, const char *word, char *value);

bool run_options_number(const char *text, uint64_t *out) MUST_USE;
uint64_t run_options_real_ns(void); /* a clock of the machine, for how long things took */

#endif
