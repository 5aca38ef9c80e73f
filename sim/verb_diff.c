/* `lockstep-sim diff`: the first event in which two runs differ. */
#include "base/mem.h"
#include "sim/verb.h"
#include "sim/verb_line.h"
#include <stdio.h>

enum { BEFORE = 8, AFTER = 4 };

static const char help[] =
    "usage: lockstep-sim diff A B\n"
    "  A and B are files of events, as 'trace --events FILE' and 'run --trace FILE' write them: of two "
    "seeds, two builds,\n"
    "  two versions of a scenario. Prints the first line in which they differ, with what came before it.\n"
    "exit: 0 they are the same, 1 they differ, 2 one cannot be read\n";

static struct str next_line(struct str *rest)
{
    return rest->size ? str_split(rest, '\n') : STR_NONE;
}

static void print_sides(struct str a, struct str b)
{
    for (int i = 0; i < AFTER && (a.size || b.size); i++) {
        struct str left = next_line(&a), right = next_line(&b);

        printf("A %.*s\nB %.*s\n", STR_ARG(left.data ? left : STR("(its end)")),
               STR_ARG(right.data ? right : STR("(its end)")));
    }
}

static int compare(struct str a, struct str b)
{
    struct str before[BEFORE], rest_a = a, rest_b = b;
    uint64_t count = 0;

    for (;; count++) {
        struct str from_a = rest_a, from_b = rest_b, left = next_line(&rest_a), right = next_line(&rest_b);

        if (!left.data && !right.data) {
            printf("the same: %llu lines\n", (unsigned long long)count);
            return VERB_FINE;
        }
        if (left.data && right.data && str_eq(left, right)) {
            before[count % BEFORE] = left;
            continue;
        }
        printf("they differ from line %llu on\n", (unsigned long long)count + 1);
        for (uint64_t i = count < BEFORE ? 0 : count - BEFORE; i < count; i++)
            printf("  %.*s\n", STR_ARG(before[i % BEFORE]));
        print_sides(from_a, from_b);
        return VERB_FAILED;
    }
}

int verb_diff(int argc, char **argv)
{
    struct buf texts[2] = { BUF_INIT, BUF_INIT };
    struct run_options options;
    const struct verb_line line = { .verb = "diff",
                                    .options = &options,
                                    .files = "A and B, two files of events",
                                    .files_least = 2,
                                    .files_most = 2 };
    int code = VERB_WRONG;
    bool fine;

    if (verb_tells_help(argc, argv, help))
        return VERB_FINE;
    run_options_init(&options, argc);
    fine = verb_line_take(&line, argc, argv);
    for (int i = 0; i < 2 && fine; i++)
        fine = scenario_read_file(options.files[i], &texts[i]);
    if (fine)
        code = compare(buf_str(&texts[0]), buf_str(&texts[1]));
    buf_finish(&texts[0]);
    buf_finish(&texts[1]);
    run_options_finish(&options);
    return code;
}
