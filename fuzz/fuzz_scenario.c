/* Scenario text through the simulator's reader and a short run: whatever it says, there is an outcome, and the same one
 * the second time. */
#include "base/units.h"
#include "fuzz.h"
#include "sim/scenario.h"
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

enum { INPUT_MAX = 4096 };

static bool has_any(struct str text, const char *const *words)
{
    for (; *words; words++)
        if (str_find(text, str_of(*words)) != STR_NOT_FOUND)
            return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* Numbers of repetitions are a script's right, and a fuzzer's way to wait for ever. */
    static const char *const unbounded[] = { "loop", "repeat", "len", "send_n", "/dev", "/proc", NULL };
    struct str text = str_make((const char *)data, size);
    char path[64];
    struct scenario_options options = { .path = path, .seed = 1, .limit_ns = 2 * NS_PER_S };
    struct scenario_result first, second;
    if (size > INPUT_MAX || has_any(text, unbounded))
        return 0;
    int file = memfd_create("scenario", MFD_CLOEXEC);
    FUZZ_EXPECT(file >= 0);
    FUZZ_EXPECT(write(file, data, size) == (ssize_t)size);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    scenario_run(&options, &first);
    scenario_run(&options, &second);
    FUZZ_EXPECT(first.outcome == second.outcome && first.hash == second.hash);
    FUZZ_EXPECT(first.outcome == SCENARIO_PASSED || first.text.size);
    scenario_result_finish(&first);
    scenario_result_finish(&second);
    close(file);
    return 0;
}
