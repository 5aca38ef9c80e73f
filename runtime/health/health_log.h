/* Lines about servers and sections: to the section's logs, and as a message of the process. */
#ifndef HEALTH_HEALTH_LOG_H
#define HEALTH_HEALTH_LOG_H
#include "base/buf.h"
#include "log/log_target.h"
struct engine;
struct proxy;

void health_log(struct engine *engine, struct proxy *proxy, enum log_level level, struct str text);
void health_logf(struct engine *engine, struct proxy *proxy, enum log_level level, const char *format, ...)
    PRINTF_LIKE(4, 5);

#endif
