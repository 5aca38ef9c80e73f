/* One message is made on the stack; a longer one on the heap, and when there is no heap it is cut: a message that
 * says why memory ran out must come through. */
#include "base/diag.h"
#include "base/mem.h"
#include <limits.h>
#include <stdio.h>

#define MESSAGE_USUAL 1024
#define NO_SLIP       UINT_MAX

static void hand_over(struct diag *diag, enum diag_level level, struct str message)
{
    diag->alerts += level == DIAG_ALERT;
    diag->warnings += level == DIAG_WARNING;
    if (diag->sink)
        diag->sink(diag->sink_data, level, message);
}

static size_t print_prefix(char *out, size_t size, const struct diag_place *place)
{
    int length = 0;
    if (!place)
        out[0] = 0;
    else if (!place->file)
        length = snprintf(out, size, "config : ");
    else if (!place->line)
        length = snprintf(out, size, "config : parsing [%s] : ", place->file);
    else
        length = snprintf(out, size, "config : parsing [%s:%u] : ", place->file, place->line);
    CHECK(length >= 0);
    return (size_t)length;
}

/* The whole length, however much of it fitted. */
static size_t print_message(char *out, size_t size, const struct diag_place *place, const char *format,
                            va_list values)
{
    size_t prefix = print_prefix(out, size, place);
    bool full = prefix >= size;
    int length = vsnprintf(full ? NULL : out + prefix, full ? 0 : size - prefix, format, values);
    CHECK(length >= 0);
    return prefix + (size_t)length;
}

static void say(struct diag *diag, enum diag_level level, const struct diag_place *place, const char *format,
                va_list values)
{
    char usual[MESSAGE_USUAL];
    va_list again;
    va_copy(again, values);
    size_t size = print_message(usual, sizeof(usual), place, format, values);
    char *longer = size < sizeof(usual) ? NULL : mem_alloc(size + 1);
    if (longer)
        print_message(longer, size + 1, place, format, again);
    else if (size >= sizeof(usual))
        size = sizeof(usual) - 1;
    va_end(again);
    hand_over(diag, level, str_make(longer ? longer : usual, size));
    mem_free(longer);
}

void diag_config(struct diag *diag, enum diag_level level, struct diag_place place, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    say(diag, level, &place, format, values);
    va_end(values);
}

void diag_say(struct diag *diag, enum diag_level level, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    say(diag, level, NULL, format, values);
    va_end(values);
}

static unsigned smaller(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* The distance when it is within `budget`, else something larger. Equal first bytes never cost; at the first
 * difference each edit is tried. With a budget of at most 2 that is a handful of walks over the words. */
static unsigned distance_within(struct str a, struct str b, unsigned budget)
{
    while (a.size && b.size && a.data[0] == b.data[0]) {
        a = str_from(a, 1);
        b = str_from(b, 1);
    }
    size_t gap = a.size > b.size ? a.size - b.size : b.size - a.size;
    if (!a.size || !b.size)
        return gap <= budget ? (unsigned)gap : budget + 1;
    if (!budget || gap > budget)
        return budget + 1;
    struct str a1 = str_from(a, 1), b1 = str_from(b, 1), a2 = str_from(a, 2), b2 = str_from(b, 2);
    unsigned best = 1 + distance_within(a1, b1, budget - 1);
    best = smaller(best, 1 + distance_within(a1, b, budget - 1));
    best = smaller(best, 1 + distance_within(a, b1, budget - 1));
    if (a.size > 1 && b.size > 1 && a.data[0] == b.data[1] && a.data[1] == b.data[0])
        best = smaller(best, 1 + distance_within(a2, b2, budget - 1));
    if (budget < 2)
        return best;
    /* two neighbours changed places, and a byte came between them or went from there */
    if (a.size > 1 && b.size > 2 && a.data[0] == b.data[2] && a.data[1] == b.data[0])
        best = smaller(best, 2 + distance_within(a2, str_from(b, 3), budget - 2));
    if (a.size > 2 && b.size > 1 && a.data[0] == b.data[1] && a.data[2] == b.data[0])
        best = smaller(best, 2 + distance_within(str_from(a, 3), b2, budget - 2));
    return best;
}

unsigned diag_distance(struct str a, struct str b)
{
    size_t longer = a.size > b.size ? a.size : b.size;
    unsigned near_enough = longer >= 6 ? 2 : 1;
    unsigned distance = distance_within(a, b, near_enough);
    return distance <= near_enough ? distance : NO_SLIP;
}

const char *diag_closest(struct str word, const char *const *words)
{
    const char *closest = NULL;
    unsigned smallest = NO_SLIP;
    for (; *words; words++) {
        unsigned distance = diag_distance(word, str_of(*words));
        if (distance < smallest) {
            smallest = distance;
            closest = *words;
        }
    }
    return closest;
}
