/* Unit tests: a table of functions, run one after the other. Each X_test.c is one program:
 *
 *     static void splits_at_each_byte(void) { ... EXPECT_STR(got, "want"); }
 *     const struct test_row tests[] = { { "says what holds", splits_at_each_byte }, { 0 } };
 *
 * The main is in test_main.c; it prints one line a test and exits 1 when one failed. Only tests include this. */
#ifndef BASE_TEST_H
#define BASE_TEST_H
#include "base/str.h"
#include <stdbool.h>
#include <stdint.h>

struct test_row {
    const char *says;
    void (*run)(void);
};
extern const struct test_row tests[]; /* ends with an empty row */

#define EXPECT(fact)           test_expect((fact), #fact, __FILE__, __LINE__)
#define EXPECT_INT(got, want)  test_expect_int((int64_t)(got), (int64_t)(want), #got, __FILE__, __LINE__)
#define EXPECT_STR(got, want)  test_expect_str((got), str_of(want), #got, __FILE__, __LINE__)
#define EXPECT_VIEW(got, want) test_expect_str((got), (want), #got, __FILE__, __LINE__)
/* Names the row of a table that the following expectations are about; NULL for none. */
void test_case(const char *says);

bool test_expect(bool held, const char *fact, const char *file, int line);
bool test_expect_int(int64_t got, int64_t want, const char *expression, const char *file, int line);
bool test_expect_str(struct str got, struct str want, const char *expression, const char *file, int line);

/* From now on the n-th heap call (from 1) and all after it fail; 0: none. test_allocations counts them. */
void test_fail_allocation(uint64_t n);
uint64_t test_allocations(void);
/* Blocks now on the heap: the same number before and after means no leak. */
int64_t test_blocks(void);

#endif
