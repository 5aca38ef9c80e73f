/* Scenario text cut into commands and words, by the rules of HAProxy's test language (VTC):
 *
 *   - a newline ends a command; a backslash before it joins two lines
 *   - "..." is one word with the escapes \n \r \t \" \\ \ooo \xHH, on one line
 *   - {...} is one word, raw, its braces counted blindly (quotes and escapes mean nothing inside)
 *   - # begins a comment where a command would begin, and nowhere else
 *
 * Words are copied into the arena, each with a NUL behind. `${...}` is left alone: see scenario_macro.h. */
#ifndef SIM_SCENARIO_LEX_H
#define SIM_SCENARIO_LEX_H
#include "base/arena.h"
#include "base/str.h"

enum { SCENARIO_WORDS_MAX = 200 };

struct lex_word {
    struct str text;
    unsigned line; /* where it begins: the first line of what stands inside braces */
    bool in_braces;
    bool has_macro; /* contains "${" */
};

struct lex_command {
    struct lex_word *words;
    unsigned count; /* at least 1 */
    unsigned line;
    bool has_macro; /* any word has one */
};

struct lex_mistake {
    unsigned line;
    const char *what; /* a whole sentence without its place */
};

/* Cuts all of text; first_line is the number of its first line. false: *mistake says where and what. */
bool scenario_lex(struct str text, unsigned first_line, struct arena *arena, struct lex_command **commands,
                  unsigned *count, struct lex_mistake *mistake) MUST_USE;

#endif
