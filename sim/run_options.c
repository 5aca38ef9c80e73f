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

    if (!run_options_number(text, &seconds) || !seconds || seconds > 1000000000)
        return false;
    options->scenario.limit_ns = seconds * NS_PER_S;
    return true;
}

static bool take_delays(struct run_options *options, char *text)
{
    uint64_t delays;

    if (!run_options_number(text, &delays) || !delays || delays > 16 || options->scenario.pct)
        return false;
    options->scenario.delays = (unsigned)delays;
    return true;
}

static bool take_pct(struct run_options *options, char *text)
{
    uint64_t depth;

    if (!run_options_number(text, &depth) || !depth || depth > 16 || options->scenario.delays)
        return false;
    options->scenario.pct = (unsigned)depth;
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

    if (!equals || equals == text || options->scenario.define_count == RUN_DEFINES_MAX)
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
    const char *option, *wants;
    bool (*take)(struct run_options *options, char *text);
} values[] = {
    { "--seed", "a number", take_seed },
    { "--seeds", "a range A..B of numbers, such as 1..100", take_seeds },
    { "--limit", "seconds, from 1 to 1000000000", take_limit },
    { "--live", "seconds, from 1 to 1000000", take_live },
    { "--delays", "a number from 1 to 16, and no --pct beside it", take_delays },
    { "--pct", "a number from 1 to 16, and no --delays beside it", take_pct },
    { "--macro", "NAME=VALUE", take_macro },
    { "--args", "arguments of proxies in one word, such as \"-dM -dI\"", take_args },
    { 0 },
};

static const struct value_row *value_row(const char *word)
{
    const struct value_row *row = values;

    while (row->option && strcmp(word, row->option) != 0)
        row++;
    return row;
}

const char *run_options_wants(const char *word)
{
    return value_row(word)->wants;
}

bool run_options_flag(struct run_options *options, const char *word)
{
    if (!strcmp(word, "--torture"))
        return options->scenario.torture = true;
    if (!strcmp(word, "--swarm"))
        return options->scenario.swarm = true;
    return false;
}

bool run_options_value(struct run_options *options, const char *word, char *value)
{
    return value_row(word)->take(options, value);
}

uint64_t run_options_real_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}
