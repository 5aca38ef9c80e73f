/* A run in the Trace Event Format, which Perfetto (ui.perfetto.dev, offline as well) and chrome://tracing open. */
#ifndef SIM_TRACE_PERFETTO_H
#define SIM_TRACE_PERFETTO_H
#include "sim/trace_log.h"

struct scenario_options;
struct scenario_result;

void trace_perfetto(struct buf *out, const struct trace_log *log, const struct scenario_options *options,
                    const struct scenario_result *result);

#endif
