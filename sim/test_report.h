/* What came out of runs, for machines that read tests: TAP 14 (https://testanything.org) and JUnit's XML. */
#ifndef SIM_TEST_REPORT_H
#define SIM_TEST_REPORT_H
#include "sim/scenario.h"

struct test_row {
    const char *file;
    uint64_t seed;
    uint64_t seeds; /* of this file; with more than one the name tells which */
    bool real;      /* in the real world: no seed, no virtual time, no hash */
    enum scenario_outcome outcome;
    struct str says; /* of a failure, one line; empty: the first of text */
    struct str text; /* the report of a failure, the reason of a skip */
    uint64_t real_ns, virtual_ns, events, hash;
};

/* One test point with its facts; number is from 1. */
void test_report_tap(struct buf *out, unsigned number, const struct test_row *row);

/* All of a JUnit file. */
struct test_report {
    struct buf cases;
    unsigned counts[SCENARIO_WRONG + 1]; /* by outcome */
    uint64_t real_ns;
};
void test_report_add(struct test_report *report, const struct test_row *row);
/* false: it cannot be written, as was said on standard error for the verb. */
bool test_report_write(const struct test_report *report, const char *path, const char *verb) MUST_USE;
void test_report_finish(struct test_report *report);

#endif
