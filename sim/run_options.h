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
    "  --live SECONDS    so long proxies may take to come to rest when all others left; by default it is "   \
    "not looked at\n"                                                                                        \
    "  --swarm           each seed has a part of all settings of links and of all faults, and --live 300; "  \
    "what specs expect is no verdict\n"                                                                      \
    "  --delays N        of choices about order only N are unusual (at most 16), anywhere; usually all are " \
    "drawn\n"                                                                                                \
    "  --macro NAME=VALUE  defines ${NAME}\n"                                                                \
    "  --args TEXT       arguments of every proxy (default \"-dM -dI -dW\")\n"

void run_options_init(struct run_options *options, int argc); /* room for argc files */
void run_options_finish(struct run_options *options);

enum run_option { RUN_OPTION_TAKEN, RUN_OPTION_TAKEN_TWO, RUN_OPTION_BAD, RUN_OPTION_UNKNOWN };
/* Takes argv[at], and the value behind it with TAKEN_TWO. What does not begin with '-' is a file. BAD was said. */
enum run_option run_options_take(struct run_options *options, const char *verb, int argc, char **argv,
                                 int at);

bool run_options_number(const char *text, uint64_t *out) MUST_USE;
uint64_t run_options_real_ns(void); /* a clock of the machine, for how long things took */

#endif
