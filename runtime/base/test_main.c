/* The main of every unit test, with a heap that can be told to fail: linked with
 * -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free. */
#include "base/test.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const char *current_case;
static unsigned failures;
static uint64_t heap_calls, heap_fail_from;
static int64_t heap_blocks;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void __wrap_free(void *block);

static bool heap_fails(void)
{
    heap_calls++;
    return heap_fail_from && heap_calls >= heap_fail_from;
}

void *__wrap_malloc(size_t size)
{
    if (heap_fails())
        return NULL;
    heap_blocks++;
    return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    if (heap_fails())
        return NULL;
    heap_blocks++;
    return __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    if (heap_fails())
        return NULL;
    if (!old)
        heap_blocks++;
    return __real_realloc(old, size);
}

void __wrap_free(void *block)
{
    if (block)
        heap_blocks--;
    __real_free(block);
}

void test_fail_allocation(uint64_t n)
{
    heap_calls = 0;
    heap_fail_from = n;
}

uint64_t test_allocations(void)
{
    return heap_calls;
}

int64_t test_blocks(void)
{
    return heap_blocks;
}

void test_case(const char *says)
{
    current_case = says;
}

static void failed(const char *file, int line)
{
    failures++;
    printf("  %s:%d: ", file, line);
    if (current_case)
        printf("[%s] ", current_case);
}

bool test_expect(bool held, const char *fact, const char *file, int line)
{
    if (!held) {
        failed(file, line);
        printf("does not hold: %s\n", fact);
    }
    return held;
}

bool test_expect_int(int64_t got, int64_t want, const char *expression, const char *file, int line)
{
    if (got != want) {
        failed(file, line);
        printf("%s is %" PRId64 ", not %" PRId64 "\n", expression, got, want);
    }
    return got == want;
}

bool test_expect_str(struct str got, struct str want, const char *expression, const char *file, int line)
{
    if (str_eq(got, want))
        return true;
    failed(file, line);
    printf("%s is \"%.*s\", not \"%.*s\"\n", expression, STR_ARG(got), STR_ARG(want));
    return false;
}

int main(void)
{
    unsigned failed_tests = 0, count = 0;
    for (const struct test_row *row = tests; row->says; row++, count++) {
        unsigned before = failures;
        test_case(NULL);
        test_fail_allocation(0);
        row->run();
        test_fail_allocation(0);
        failed_tests += failures != before;
        printf("%s %s\n", failures == before ? "ok  " : "FAIL", row->says);
    }
    printf("%u tests, %u failed\n", count, failed_tests);
    return failed_tests || !count ? 1 : 0;
}
