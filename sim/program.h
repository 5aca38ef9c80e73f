/* Scenario text as programs: commands with the statement that carries each out.
 *
 * A program belongs to one actor, which steps through it (actor.h). A statement is one row and one function. */
#ifndef SIM_PROGRAM_H
#define SIM_PROGRAM_H
#include "sim/scenario_lex.h"

struct actor;
struct program;

enum actor_step {
    STEP_NEXT,   /* carried out: go on with the next command */
    STEP_WAIT,   /* call again when the actor is woken */
    STEP_FAILED, /* the scenario has failed (or ends otherwise); nothing more is run */
};

enum { WORDS_ANY = 255 };

struct statement_row {
    const char *word;
    enum actor_step (*run)(struct actor *actor);
    unsigned char least, most; /* words behind the first; most may be WORDS_ANY */
    const char *usage;         /* what may follow, for messages */
    const char *skip;          /* not NULL: a scenario that has this statement is skipped, and why */
};

struct command {
    const struct statement_row *row; /* NULL: no such statement (said when it is reached) */
    struct lex_command text;
    const struct program *program;
    /* What the statement keeps from one run of this very command to the next; `forget` frees it. */
    void *cache;
    void (*forget)(void *cache);
};

struct program {
    struct command *commands;
    unsigned count;
    const char *file; /* for messages */
    struct str text;  /* what it was made of: same text, same program */
    struct arena arena;
};

struct program_mistake {
    unsigned line;
    const char *skip; /* not NULL: no mistake, but the scenario cannot be run here, and why */
    char what[240];
};

/* Looks words up in rows, then in the statements that stand everywhere. strict: an unknown word is a mistake at
 * once. NULL: *mistake says why. */
struct program *program_create(struct str text, const char *file, unsigned first_line,
                               const struct statement_row *rows, bool strict,
                               struct program_mistake *mistake) MUST_USE;
void program_destroy(struct program *program); /* NULL is fine */

#endif
