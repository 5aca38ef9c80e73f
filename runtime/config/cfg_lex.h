/* Cuts one line into words: quotes, escapes, comments, environment variables (HAProxy manual 2.2, 2.3). */
#ifndef CONFIG_CFG_LEX_H
#define CONFIG_CFG_LEX_H
#include "base/buf.h"
#include "base/str.h"
#include "platform/platform.h"

enum cfg_lex_error {
    LEX_OK,
    LEX_QUOTE_OPEN,
    LEX_BRACE_OPEN,
    LEX_BAD_VARIABLE,
    LEX_BAD_ESCAPE,
    LEX_BAD_EXPANSION, /* "${NAME[" without "*]" behind */
    LEX_TOO_MANY_WORDS,
    LEX_NO_MEMORY
};

#define CFG_WORD_MAX 64 /* words in a line, as HAProxy takes them */

struct cfg_lex {
    struct platform *platform; /* for variables */
    /* .FILE., .LINE. and the like, named without the dot at the end; NULL when the name is not one of
     * them. */
    const char *(*own_variable)(void *data, struct str name);
    void *data;
    bool no_comments;                    /* '#' is a byte as any other (-cc) */
    struct buf text;                     /* the words, each with a NUL behind */
    struct buf name;                     /* of a variable, while it is looked up */
    const char *words[CFG_WORD_MAX + 1]; /* into text; the last is NULL */
    unsigned count;
    size_t error_at; /* offset in the line */
};

/* The words stay valid until the next call with the same lex. */
enum cfg_lex_error cfg_lex_line(struct cfg_lex *lex, struct str line) MUST_USE;
void cfg_lex_finish(struct cfg_lex *lex);

/* What HAProxy says for an error: "unmatched quote". */
const char *cfg_lex_error_text(enum cfg_lex_error error);
/* Appends "\n  line\n     ^" with the mark below offset `at`; bytes that do not print become '?', and a
 * long line is cut to what stands around the mark. */
void cfg_lex_point_at(struct buf *out, struct str line, size_t at);

#endif
