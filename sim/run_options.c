/* What the command lines of the verbs have in common. */
#include "sim/run_options.h"
#include "base/mem.h"
#include "base/units.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

void run_options_init(struct run_options *options, int argc)
{
    *options = (struct run_options){ .first_seed = 1, .last_seed = 1 };
    options->scenario.defines = options->defines;
    options->files = mem_need((size_t)argc * sizeof(*options->files) + 1);
}

void run_options_finish(struct run_options *options)
{
    mem_free(options->files);
}

bool run_options_number(const char *text, uint64_t *out)
{
    char *end;

    errno = 0;
    *out = strtoull(text, &end, 0);
    return ascii_digit(*text) && !*end && !errno;
}

static bool take_seed(struct run_options *options, char *text)
{
    bool fine = run_options_number(text, &options->first_seed);

    options->last_seed = options->first_seed;
    return fine;
}

static bool take_seeds(struct run_options *options, char *text)
{
    const char *dots = strstr(text, "..");
    char first[32];

    if (!dots || !str_to_c(str_make(text, (size_t)(dots - text)), first, sizeof(first)))
        return false;
    return run_options_number(first, &options->first_seed) &&
           run_options_number(dots + 2, &options->last_seed) && options->first_seed <= options->last_seed;
}

static bool take_limit(struct run_options *options, char *text)
{
    uint64_t seconds;

    if (!run_options_number(text, &seconds) || seconds > 1000000000)
        return false;
    options->scenario.limit_ns = seconds * NS_PER_S;
    return true;
}

static bool take_delays(struct run_options *options, char *text)
{
    uint64_t delays;

    if (!run_options_number(text, &delays) || !delays || delays > 16)
        return false;
    options->scenario.delays = (unsigned)delays;
    return true;
}

static bool take_live(struct run_options *options, char *text)
{
    uint64_t seconds;

    if (!run_options_number(text, &seconds) || !seconds || seconds > 1000000)
        return false;
    options->scenario.live_ns = seconds * NS_PER_S;
    return true;
}

static bool take_macro(struct run_options *options, char *text)
{
    char *equals = strchr(text, '=');

    if (!equals || options->scenario.define_count == RUN_DEFINES_MAX)
        return false;
    *equals = '\0';
    options->defines[options->scenario.define_count++] = (struct scenario_define){ text, equals + 1 };
    return true;
}

static bool take_args(struct run_options *options, char *text)
{
    options->scenario.arguments = text;
    return true;
}

static const struct value_row {
    const char *option;
    bool (*take)(struct run_options *options, char *text);
} values[] = {
    { "--seed", take_seed },     { "--seeds", take_seeds },
    { "--limit", take_limit },   { "--live", take_live },
    { "--delays", take_delays }, { "--macro", take_macro },
    { "--args", take_args },     { 0 },
};

enum run_option run_options_take(struct run_options *options, const char *verb, int argc, char **argv, int at)
{
    char *word = argv[at];

    if (word[0] != '-') {
        options->files[options->file_count++] = word;
        return RUN_OPTION_TAKEN;
    }
    if (!strcmp(word, "--torture")) {
        options->scenario.torture = true;
        return RUN_OPTION_TAKEN;
    }
    if (!strcmp(word, "--swarm")) {
        options->scenario.swarm = true;
        return RUN_OPTION_TAKEN;
    }
    for (const struct value_row *row = values; row->option; row++) {
        if (strcmp(word, row->option) != 0)
            continue;
        if (at + 1 < argc && row->take(options, argv[at + 1]))
            return RUN_OPTION_TAKEN_TWO;
        fprintf(stderr, "lockstep-sim %s: '%s' does not take '%s'\n", verb, word,
                at + 1 < argc ? argv[at + 1] : "");
        return RUN_OPTION_BAD;
    }
    return RUN_OPTION_UNKNOWN;
}

uint64_t run_options_real_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}
