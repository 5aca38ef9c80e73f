/* Counters that a client's connection or a stream follows: sc0 to sc2. A stream looks at its own first, then at its
 * session's. */
#ifndef TABLE_STICK_TRACK_H
#define TABLE_STICK_TRACK_H
#include "table/stick_table.h"

#define STICK_COUNTERS 3

/* Follows the entry from here on: one connection more. */
void stick_track(struct stick_entry **slot, struct stick_entry *entry);
/* Ends it for all slots. */
void stick_untrack(struct stick_entry **slots);
/* Counts an event in a number and its rate, for whatever is followed. Either list may be NULL. */
void stick_track_count(struct stick_entry *const *of_stream, struct stick_entry *const *of_session,
                       enum stick_data total, enum stick_data rate, uint64_t amount);

#endif
