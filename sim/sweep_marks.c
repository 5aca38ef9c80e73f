/* A handful of facts: a list does. */
#include "sim/sweep_marks.h"
#include "base/mem.h"
#include <stdio.h>

static struct sweep_mark *mark_of(struct sweep_marks *marks, struct str text)
{
    struct sweep_mark **at = &marks->first, *mark;

    while (*at && str_compare(str_of((*at)->text), text) < 0)
        at = &(*at)->next;
    if (*at && str_eq(str_of((*at)->text), text))
        return *at;
    mark = mem_need(sizeof(*mark));
    mark->text = mem_need_copy(text);
    mark->next = *at;
    *at = mark;
    return mark;
}

void sweep_marks_add(struct sweep_marks *marks, struct str lines)
{
    while (lines.data && lines.size) {
        struct str line = str_split(&lines, '\n');
        struct sweep_mark *mark = mark_of(marks, str_from(line, 1));

        mark->runs++;
        mark->held += line.data[0] == '+';
    }
}

unsigned sweep_marks_missing(const struct sweep_marks *marks)
{
    unsigned missing = 0;

    for (const struct sweep_mark *mark = marks->first; mark; mark = mark->next)
        missing += !mark->held;
    return missing;
}

void sweep_marks_print(const struct sweep_marks *marks)
{
    for (const struct sweep_mark *mark = marks->first; mark; mark = mark->next)
        printf("%s %s: in %llu of %llu runs\n", mark->held ? "HELD " : "NEVER", mark->text,
               (unsigned long long)mark->held, (unsigned long long)mark->runs);
}

void sweep_marks_finish(struct sweep_marks *marks)
{
    while (marks->first) {
        struct sweep_mark *mark = marks->first;

        marks->first = mark->next;
        mem_free(mark->text);
        mem_free(mark);
    }
}
