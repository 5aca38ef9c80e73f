/* `grep` of the shell. */
#include "base/mem.h"
#include "sim/shell_parts.h"
#include <regex.h>

struct grep {
    bool quiet, inverted, count_only, fixed;
    int flags;
    struct str pattern;
    unsigned files; /* the word at which they begin */
};

/* false: an option that is unknown here. */
static bool grep_options(struct call *call, struct grep *grep)
{
    unsigned i = 1;

    for (; i < call->count && call->words[i].size > 1 && call->words[i].data[0] == '-'; i++) {
        struct str word = call->words[i];

        for (size_t k = 1; k < word.size; k++) {
            grep->quiet |= word.data[k] == 'q';
            grep->inverted |= word.data[k] == 'v';
            grep->count_only |= word.data[k] == 'c';
            grep->fixed |= word.data[k] == 'F';
            grep->flags |= word.data[k] == 'E' ? REG_EXTENDED : word.data[k] == 'i' ? REG_ICASE : 0;
            if (!strchr("qvcEFi", word.data[k]))
                return false;
        }
    }
    if (i >= call->count || i + 2 < call->count || (grep->fixed && grep->flags & REG_ICASE))
        return false;
    grep->pattern = call->words[i];
    grep->files = i + 1;
    return true;
}

static bool grep_matches(const struct grep *grep, const regex_t *pattern, struct str line)
{
    char *copy;
    bool matches;

    if (grep->fixed)
        return str_find(line, grep->pattern) != STR_NOT_FOUND;
    copy = mem_need_copy(line);
    matches = regexec(pattern, copy, 0, NULL, 0) == 0;
    mem_free(copy);
    return matches;
}

static struct outcome run_grep(struct call *call)
{
    struct grep grep = { .flags = REG_NOSUB };
    struct buf content = BUF_INIT;
    struct str text, line;
    unsigned selected = 0;
    regex_t pattern;

    if (!grep_options(call, &grep))
        return shell_unknown_use(call);
    if (regcomp(&pattern, grep.fixed ? "" : grep.pattern.data, grep.flags))
        return shell_ended(2);
    if (!shell_input(call, grep.files, &content, &text)) {
        regfree(&pattern);
        buf_finish(&content);
        return shell_ended(2);
    }
    while (shell_take_line(&text, &line)) {
        if (grep_matches(&grep, &pattern, line) == grep.inverted)
            continue;
        selected++;
        if (!grep.quiet && !grep.count_only)
            shell_add_line(call->out, line);
    }
    regfree(&pattern);
    buf_finish(&content);
    if (grep.count_only && !grep.quiet)
        buf_printf(call->out, "%u\n", selected);
    return shell_ended(selected ? 0 : 1);
}

const struct program_row shell_grep_rows[] = {
    { "grep", run_grep, "lines that match; -q -v -c -i -E -F, at most one file" },
    { 0 },
};
