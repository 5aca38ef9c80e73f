/* Lists of commands in the order of the alphabet, with help, prompt and quit at the end. */
#include "admin/cli_help.h"
#include "config/words.h"
#include "proxy/configuration.h"
#include "stream/stream.h"

#define ROWS_MAX 512

static bool is_about_session(const char *words)
{
    return strcmp(words, "help") == 0 || strcmp(words, "prompt") == 0 || strcmp(words, "quit") == 0;
}

static bool comes_before(const struct command_row *a, const struct command_row *b)
{
    bool a_last = is_about_session(a->words), b_last = is_about_session(b->words);
    return a_last != b_last ? b_last : strcmp(a->words, b->words) < 0;
}

/* How many of the words from `from` on begin the row's own, one after the other. */
static unsigned common_words(const struct cli_command *command, unsigned from, const char *row_words)
{
    struct str rest = str_of(row_words);
    unsigned common = 0;
    while (rest.data && from + common < command->count) {
        struct str word = str_split(&rest, ' ');
        if (!str_eq(word, str_of(command->words[from + common])))
            break;
        common++;
    }
    return common;
}

/* Rows of this level that have at least `least` words in common, sorted. */
static unsigned collect(const struct cli_command *command, enum cli_level level, unsigned from,
                        unsigned least, const struct command_row **rows)
{
    const struct dict *known = &command->configuration->words.by_name[WORD_COMMAND];
    unsigned count = 0;
    for (struct dict_entry *entry = dict_next(known, NULL); entry; entry = dict_next(known, entry)) {
        const struct command_row *row = ((const struct word *)entry->value)->row;
        if (row->level > level || !row->usage || count == ROWS_MAX)
            continue;
        if (common_words(command, from, row->words) < least && !is_about_session(row->words))
            continue;
        unsigned at = count++;
        for (; at && comes_before(row, rows[at - 1]); at--)
            rows[at] = rows[at - 1];
        rows[at] = row;
    }
    return count;
}

static void list(struct cli_command *command, enum cli_level level, unsigned from, unsigned least)
{
    struct arena *scratch = &command->engine->scratch;
    struct arena_mark mark = arena_mark(scratch);
    const struct command_row **rows = arena_alloc(scratch, ROWS_MAX * sizeof(const struct command_row *));
    unsigned count = rows ? collect(command, level, from, least, rows) : 0;
    for (unsigned i = 0; i < count; i++)
        buf_printf(command->out, "  %s\n", rows[i]->usage);
    arena_rewind(scratch, mark);
}

/* The most words that any row has in common. */
static unsigned longest_match(const struct cli_command *command, enum cli_level level, unsigned from)
{
    const struct dict *known = &command->configuration->words.by_name[WORD_COMMAND];
    unsigned most = 0;
    for (struct dict_entry *entry = dict_next(known, NULL); entry; entry = dict_next(known, entry)) {
        const struct command_row *row = ((const struct word *)entry->value)->row;
        unsigned common = common_words(command, from, row->words);
        if (row->level <= level && row->usage && common > most)
            most = common;
    }
    return most;
}

void cli_help(struct cli_command *command, enum cli_level level)
{
    buf_add_c(command->out, "The following commands are valid at this level:\n");
    list(command, level, command->command_words, longest_match(command, level, command->command_words));
}

void cli_help_unknown(struct cli_command *command, enum cli_level level)
{
    unsigned most = longest_match(command, level, 0);
    buf_add_c(command->out, command->count
                                ? "Unknown command, but maybe one of the following ones is a better match:\n"
                                : "Unknown command. Please enter one of the following commands only:\n");
    list(command, level, 0, most);
}
