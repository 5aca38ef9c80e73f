/* A `log-forward` section: a frontend of syslog messages (HAProxy manual 12.6). */
#ifndef PROXY_LOG_FORWARD_H
#define PROXY_LOG_FORWARD_H
#include <stdbool.h>

/* option host: what stands as the sender of a message in rfc3164 and rfc5424. */
enum log_forward_host { LOG_HOST_FILL, LOG_HOST_REPLACE, LOG_HOST_KEEP, LOG_HOST_APPEND };

struct log_forward {
    bool lines;    /* option assume-rfc6587-ntf */
    bool unparsed; /* option dont-parse-log */
    int host;      /* enum log_forward_host */
};

#define LOG_FORWARD_MAXCONN 10

#endif
