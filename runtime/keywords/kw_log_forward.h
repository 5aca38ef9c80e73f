/* `log-forward` sections. */
#ifndef KEYWORDS_KW_LOG_FORWARD_H
#define KEYWORDS_KW_LOG_FORWARD_H
struct cfg_line;

void *kw_log_forward_begin(struct cfg_line *line); /* struct proxy *; NULL: said */

#endif
