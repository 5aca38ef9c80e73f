/* What is said about a line whose first words no row takes here: the nearest known word, the words that
 * could stand in the place of the one at fault, or in which sections the keyword does stand. */
#ifndef CONFIG_CFG_UNKNOWN_H
#define CONFIG_CFG_UNKNOWN_H
#include "config/cfg_reader.h"

/* In a section. elsewhere: the row that knows the keyword in other sections, NULL for none. Counts an
 * error, unless it is only a warning (a frontend's keyword in a backend, or the other way round). */
void cfg_unknown_keyword(struct cfg_line *line, const struct keyword_row *elsewhere);
/* Before any section. */
void cfg_unknown_section(struct cfg_line *line);

#endif
