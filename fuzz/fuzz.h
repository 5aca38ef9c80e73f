/* What every fuzz target shares: the entry point, a fact that must hold, a cursor over the input, and copies of it. */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H
#include "base/check.h"
#include "base/mem.h"
#include "base/str.h"
#include <stdint.h>

/* The one function of each target; called by libFuzzer or by replay_main.c. Always 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the process when the fact does not hold, which is what a fuzzer calls a finding. */
#define FUZZ_EXPECT(fact) CHECK(fact)

struct fuzz_input {
    struct str rest;
};

static inline struct fuzz_input fuzz_input_make(const uint8_t *data, size_t size)
{
    return (struct fuzz_input){ { (const char *)data, size } };
}

/* The next byte, 0 past the end. */
static inline uint8_t fuzz_input_byte(struct fuzz_input *input)
{
    if (!input->rest.size)
        return 0;
    uint8_t byte = (uint8_t)input->rest.data[0];
    input->rest = str_from(input->rest, 1);
    return byte;
}

/* Up to the next separator, which is dropped; all that is left when there is none. */
static inline struct str fuzz_input_until(struct fuzz_input *input, char separator)
{
    struct str part = str_split(&input->rest, separator);
    if (!input->rest.data)
        input->rest = str_make("", 0);
    return part.data ? part : str_make("", 0);
}

/* A block of just this size, so that a sanitizer sees one byte past its end; mem_free gives it back. */
static inline char *fuzz_exact_copy(struct str bytes)
{
    char *copy = mem_need(bytes.size);
    if (bytes.size)
        memcpy(copy, bytes.data, bytes.size);
    return copy;
}

#endif
