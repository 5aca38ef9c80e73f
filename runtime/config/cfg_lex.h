/* Cuts one line into words: quotes, escapes, comments, environment variables (HAProxy manual 2.2, 2.3). */
#ifndef CONFIG_CFG_LEX_H
#define CONFIG_CFG_LEX_H
#include "base/buf.h"
#include "base/str.h"
#include "platform/platform.h"

enum cfg_lex_error { LEX_OK, LEX_QUOTE_OPEN, LEX_BRACE_OPEN, LEX_BAD_VARIABLE, LEX_BAD_ESCAPE, LEX_TOO_MANY_WORDS,
                     LEX_NO_MEMORY };

struct cfg_lex {
    struct platform *platform;  /* for variables */
    /* .FILE., .LINE. and the like: NULL when the name is not one of them. */
    const char *(*own_variable)(void *data, struct str name);
    void *data;
    struct buf text;            /* the words, each with a NUL behind */
    const char *words[257];     /* into text; the last is NULL */
    unsigned count;
    size_t error_at;            /* offset in the line */
};
/* The words stay valid until the next call with the same lex. */
enum cfg_lex_error cfg_lex_line(struct cfg_lex *lex, struct str line) MUST_USE;
void cfg_lex_finish(struct cfg_lex *lex);

#endif
