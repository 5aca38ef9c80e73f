/* Programs from scenario text: lexed once, each first word looked up once. */
#include "sim/program.h"
#include "base/mem.h"
#include "sim/actor.h"
#include <stdio.h>

static const struct statement_row *row_find(const struct statement_row *rows, struct str word)
{
    for (; rows->word; rows++)
        if (str_eq(word, str_of(rows->word)))
            return rows;
    return NULL;
}

/* The number of words is part of the row, so statements need not check it. */
static bool check_count(const struct lex_command *text, const struct statement_row *row,
                        struct program_mistake *mistake)
{
    unsigned given = text->count - 1;

    if (given >= row->least && (row->most == WORDS_ANY || given <= row->most))
        return true;
    mistake->line = text->line;
    snprintf(mistake->what, sizeof(mistake->what), "'%s' is written: %s %s", row->word, row->word,
             row->usage);
    return false;
}

static bool resolve(struct program *program, struct command *command, const struct statement_row *rows,
                    bool strict, struct program_mistake *mistake)
{
    struct str word = command->text.words[0].text;
    const struct statement_row *row = row_find(rows, word);

    if (!row)
        row = row_find(actor_common_rows, word);
    command->row = row;
    command->program = program;
    mistake->line = command->text.line;
    if (!row) {
        if (!strict)
            return true;
        snprintf(mistake->what, sizeof(mistake->what), "unknown word '%.60s'", word.data);
        return false;
    }
    if (row->skip) {
        mistake->skip = row->skip;
        return false;
    }
    return check_count(&command->text, row, mistake);
}

struct program *program_create(struct str text, const char *file, unsigned first_line,
                               const struct statement_row *rows, bool strict, struct program_mistake *mistake)
{
    struct program *program = mem_need(sizeof(*program));
    struct lex_command *texts;
    struct lex_mistake wrong;

    arena_init(&program->arena, 4096);
    *mistake = (struct program_mistake){ 0 };
    program->file = file;
    program->text = str_make(arena_need_copy(&program->arena, text), text.size);
    if (!scenario_lex(text, first_line, &program->arena, &texts, &program->count, &wrong)) {
        mistake->line = wrong.line;
        snprintf(mistake->what, sizeof(mistake->what), "%s", wrong.what);
        program->count = 0;
        goto out;
    }
    program->commands = arena_need(&program->arena, program->count * sizeof(*program->commands) + 1);
    for (unsigned i = 0; i < program->count; i++)
        program->commands[i].text = texts[i];
    for (unsigned i = 0; i < program->count; i++)
        if (!resolve(program, &program->commands[i], rows, strict, mistake))
            goto out;
    return program;
out:
    program_destroy(program);
    return NULL;
}

void program_destroy(struct program *program)
{
    if (!program)
        return;
    for (unsigned i = 0; i < program->count; i++)
        if (program->commands[i].cache)
            program->commands[i].forget(program->commands[i].cache);
    arena_finish(&program->arena);
    mem_free(program);
}
