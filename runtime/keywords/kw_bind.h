/* Listeners from a line: `bind`, and `stats socket` of the global section. */
#ifndef KEYWORDS_KW_BIND_H
#define KEYWORDS_KW_BIND_H
#include "keywords/kw_common.h"

enum bind_kind { BIND_STREAM, BIND_CLI, BIND_DATAGRAM };

/* line->words[at] is the list of addresses, options stand behind. Appends to the section's listeners. what names the
 * keyword in messages. false: said. */
bool kw_bind_add(struct cfg_line *line, struct proxy *proxy, unsigned at, const char *what,
                 enum bind_kind kind) MUST_USE;

#endif
