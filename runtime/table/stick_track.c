/* Followed entries: held, counted when followed, and given back. */
#include "table/stick_track.h"

void stick_track(struct stick_entry **slot, struct stick_entry *entry)
{
    *slot = entry;
    stick_entry_hold(entry);
    stick_entry_touch(entry);
    stick_entry_add(entry, STICK_CONN_CUR, 0, 1);
    stick_entry_add(entry, STICK_CONN_CNT, 0, 1);
    stick_entry_add(entry, STICK_CONN_RATE, 0, 1);
}

void stick_untrack(struct stick_entry **slots)
{
    for (unsigned i = 0; i < STICK_COUNTERS; i++) {
        struct stick_entry *entry = slots[i];
        int64_t connections;
        if (!entry)
            continue;
        slots[i] = NULL;
        if (stick_entry_read(entry, STICK_CONN_CUR, 0, &connections)) {
            if (connections > 0)
                stick_entry_add(entry, STICK_CONN_CUR, 0, -1);
            stick_entry_touch(entry);
        }
        stick_entry_drop(entry);
    }
}

void stick_track_count(struct stick_entry *const *of_stream, struct stick_entry *const *of_session,
                       enum stick_data total, enum stick_data rate, uint64_t amount)
{
    for (unsigned i = 0; i < STICK_COUNTERS; i++) {
        struct stick_entry *entry = of_stream ? of_stream[i] : NULL;
        if (!entry && of_session)
            entry = of_session[i];
        if (!entry)
            continue;
        stick_entry_add(entry, total, 0, (int64_t)amount);
        stick_entry_add(entry, rate, 0, (int64_t)amount);
        stick_entry_touch(entry);
    }
}
