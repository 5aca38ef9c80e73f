/* What `expect A OP B` means: comparing texts, numbers and patterns. */
#ifndef SIM_EXPECT_H
#define SIM_EXPECT_H
#include "sim/actor.h"

/* An operand: how it is written, and its value. data NULL: it has none ("<undef>"). */
struct expect_side {
    struct str written, value;
};

/* == != ~ !~, numbers by -lt -le -eq -ne -ge -gt (whole) and < <= > >= (with a fraction). A compiled pattern is kept
 * at the command under way. */
/* As expect_compare, but what does not hold is no failure: *held says so. */
enum actor_step expect_holds(struct actor *actor, struct expect_side left, struct str op,
                             struct expect_side right, bool *held);
enum actor_step expect_compare(struct actor *actor, struct expect_side left, struct str op,
                               struct expect_side right);
/* `expect ~ RE` and `expect !~ RE` of what has no name; the operator is word 1, the pattern word 2. */
enum actor_step expect_pattern(struct actor *actor, const char *noun, struct str subject);

/* Text for a report: quoted, control characters escaped, cut at `max` bytes. */
void expect_quote(struct buf *out, struct str text, size_t max);

#endif
