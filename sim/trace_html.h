/* A run as one page for a browser, which needs nothing beside it: trace_page.html with the run's data in it. */
#ifndef SIM_TRACE_HTML_H
#define SIM_TRACE_HTML_H
#include "sim/trace_log.h"

struct scenario_options;
struct scenario_result;

void trace_html(struct buf *out, const struct trace_log *log, const struct scenario_options *options,
                const struct scenario_result *result);

#endif
