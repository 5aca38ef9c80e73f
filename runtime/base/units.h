/* Numbers, sizes and times as text (HAProxy manual 2.4 and 2.5). All refuse what they do not read whole. */
#ifndef BASE_UNITS_H
#define BASE_UNITS_H
#include "base/str.h"
#include <stdbool.h>
#include <stdint.h>

#define NS_PER_US 1000ull
#define NS_PER_MS 1000000ull
#define NS_PER_S  1000000000ull

/* A decimal integer with an optional sign, within [low, high]. */
bool units_parse_int(struct str text, int64_t low, int64_t high, int64_t *out) MUST_USE;
/* The longest decimal prefix, with its sign; saturates; returns the bytes read, 0 (and *out is 0) for none. */
size_t units_read_int(struct str text, int64_t *out);

enum units_time { UNITS_US, UNITS_MS, UNITS_S };
enum units_error { UNITS_OK, UNITS_BAD, UNITS_OVERFLOW, UNITS_UNDERFLOW };
/* A time such as 10, 10ms, 5s, 1d: digits, then one of us ms s m h d, the default unit without. Result in `unit`,
 * rounded up as HAProxy 2.6 does, so that 1us is 1 ms: UNITS_UNDERFLOW (a non-zero time that becomes 0) is what
 * other versions answer there. UNITS_OVERFLOW past 2^31-1 of the unit.
 * *stop is the first byte that could not be read (for messages; the end of text when that comes too early), else
 * NULL. */
enum units_error units_parse_time(struct str text, enum units_time unit, uint64_t *out,
                                  const char **stop) MUST_USE;
/* A size such as 10, 16k, 1m, 2g (powers of 1024, either case). UNITS_OVERFLOW past 2^32-1; *stop is then the last
 * byte, which is what HAProxy's message names. */
enum units_error units_parse_size(struct str text, uint64_t *out, const char **stop) MUST_USE;

#endif
