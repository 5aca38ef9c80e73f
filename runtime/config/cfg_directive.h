/* Lines that begin with a dot: .if .elif .else .endif .diag .notice .warning .alert (manual 2.4). */
#ifndef CONFIG_CFG_DIRECTIVE_H
#define CONFIG_CFG_DIRECTIVE_H
#include "config/cfg_reader.h"

#define CFG_IF_DEPTH_MAX 64

struct cfg_if_level {
    bool reading;  /* the branch in hand is read */
    bool answered; /* a branch was read, or is; or none may be (the block stands in one that is not read) */
    bool else_seen;
};

struct cfg_directives {
    struct cfg_if_level levels[CFG_IF_DEPTH_MAX];
    unsigned depth;
    unsigned too_deep; /* levels past the deepest: not read */
};

/* Lines that are no directives count now. */
bool cfg_directives_reading(const struct cfg_directives *directives);
/* true: the line was a directive and is done. */
bool cfg_directives_take(struct cfg_directives *directives, struct cfg_reader *reader,
                         struct diag_place place, const struct cfg_lex *lex);
/* At the end of a file: says that a block is open, and closes it. */
void cfg_directives_end(struct cfg_directives *directives, struct cfg_reader *reader,
                        struct diag_place place);

/* An error or a message of the reader's own: "config : parsing [file:line]: message"; alerts count as
 * errors. */
void cfg_reader_say(struct cfg_reader *reader, enum diag_level level, struct diag_place place,
                    const char *format, ...) PRINTF_LIKE(4, 5);

#endif
