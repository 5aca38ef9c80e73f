/* The configured model: frontends, backends and both in one (`listen`), with what they inherit from `defaults`.
 *
 * `settings` is what a plain keyword sets and what `defaults` hands down by copying; the rest belongs to this section
 * alone. All lives in the configuration's arena unless said otherwise. */
#ifndef PROXY_PROXY_H
#define PROXY_PROXY_H
#include "base/diag.h"
#include "base/dict.h"
#include "config/cfg_set.h"
#include "log/log_format.h"
#include "log/log_target.h"
#include "proxy/counters.h"
#include "proxy/http_reply.h"
#include "proxy/log_forward.h"
#include "proxy/mailers.h"
#include "proxy/source.h"
#include "rules/ruleset.h"

struct refused_message;
struct balance_row;
struct bind;
struct check_rules;
struct configuration;
struct filter_config;
struct forwarded;
struct server;
struct server_settings;
struct stats_admin;
struct stick_rule;
struct stick_table;

enum server_state_source { SERVER_STATE_NONE, SERVER_STATE_GLOBAL, SERVER_STATE_LOCAL };
enum proxy_mode { MODE_TCP, MODE_HTTP, MODE_HEALTH, MODE_LOG };
enum proxy_side { PROXY_FRONT = 1, PROXY_BACK = 2, PROXY_DEFAULTS = 4, PROXY_INTERNAL = 8 };
enum http_connection_mode { HTTP_KEEP_ALIVE, HTTP_SERVER_CLOSE, HTTP_CLOSE };
/* option tcp-smart-connect: the last packet of a handshake waits for the first bytes. HTTP: as nothing was said. */
enum smart_connect { SMART_CONNECT_HTTP, SMART_CONNECT_NEVER, SMART_CONNECT_ALWAYS };
enum http_reuse { REUSE_SAFE, REUSE_NEVER, REUSE_AGGRESSIVE, REUSE_ALWAYS };

enum cookie_flags { /* bits of `cookie` */
                    COOKIE_REWRITE = 1,
                    COOKIE_INSERT = 2,
                    COOKIE_PREFIX = 4,
                    COOKIE_INDIRECT = 8,
                    COOKIE_NOCACHE = 16,
                    COOKIE_POSTONLY = 32,
                    COOKIE_PRESERVE = 64,
                    COOKIE_HTTPONLY = 128,
                    COOKIE_SECURE = 256,
                    COOKIE_DYNAMIC = 512,
};

enum retry_on { /* bits of `retry-on` */
                RETRY_CONN_FAILURE = 1,
                RETRY_EMPTY_RESPONSE = 2,
                RETRY_JUNK_RESPONSE = 4,
                RETRY_RESPONSE_TIMEOUT = 8,
                RETRY_0RTT_REJECTED = 16,
                RETRY_401 = 32,
                RETRY_403 = 64,
                RETRY_404 = 128,
                RETRY_408 = 256,
                RETRY_425 = 512,
                RETRY_500 = 1024,
                RETRY_501 = 2048,
                RETRY_502 = 4096,
                RETRY_503 = 8192,
                RETRY_504 = 16384,
                RETRY_429 = 32768,
};

/* What the `stats` words say; shared by the sections that inherit it, copied before a change. */
struct stats_user {
    struct stats_user *next;
    const char *name, *password;
};
struct stats_scope {
    struct stats_scope *next;
    const char *name; /* "." for the own section */
};
struct stats_settings {
    bool enabled, hide_version, show_node, show_legends, show_modules;
    const char *uri, *realm, *node, *description; /* uri NULL: /haproxy?stats */
    uint64_t refresh_ms;
    struct stats_user *users;
    struct stats_scope *scopes;
    struct stats_admin *admins; /* `stats admin` conditions of this section */
};
struct named_default { /* `default-server name <name>`: for servers that say `from srv:<name>` */
    struct named_default *next;
    const char *name;
    struct server_settings *settings;
};
struct stats_admin {
    struct stats_admin *next;
    struct condition *condition;
};

struct proxy_settings {
    int mode; /* enum proxy_mode */
    /* Time-outs, milliseconds; 0: none set. */
    uint64_t timeout_client, timeout_connect, timeout_server, timeout_http_request, timeout_http_keep_alive,
        timeout_queue, timeout_tunnel, timeout_client_fin, timeout_server_fin, timeout_check, timeout_tarpit,
        timeout_client_hs;
    uint64_t request_inspect_delay, response_inspect_delay;
    int http_connection_mode; /* enum http_connection_mode */
    int reuse;                /* enum http_reuse */
    int retries;
    int64_t maxconn; /* frontend; 0: the global one */
    int64_t fullconn;
    int64_t rate_limit_sessions;
    int64_t backlog;
    bool disabled;
    int smart_connect; /* enum smart_connect */
    /* option ... */
    bool abort_on_close, accept_invalid_request, accept_invalid_response, all_backups, allbackups_seen,
        contstats, dontlog_normal, dontlognull, drop_request_trailers, drop_response_trailers, forward_for,
        forward_for_if_none, original_to, http_buffer_request, idle_close_on_response, http_ignore_probes,
        http_no_delay, http_pretend_keepalive, http_use_proxy_header, independent_streams, log_as_soon_as,
        log_health_checks, log_separate_errors, no_linger, persist, prefer_last_server, redispatch,
        socket_stats, splice_auto, splice_request, splice_response, tcp_keep_alive_client,
        tcp_keep_alive_server, tcp_smart_accept, transparent, case_of_client, case_of_server,
        restrict_names_delete, restrict_names_reject, check_cache;
    /* TCP keep-alive of clients and servers: 0 leaves it to the system; times in seconds. */
    int64_t client_keep_alive_count, server_keep_alive_count;
    uint64_t client_keep_alive_idle_s, client_keep_alive_interval_s, server_keep_alive_idle_s,
        server_keep_alive_interval_s;
    const char *forward_for_header, *original_to_header; /* lower case; NULL: the usual ones */
    struct addr forward_for_except, original_to_except;
    unsigned forward_for_except_bits, original_to_except_bits;
    const struct forwarded *forwarded; /* option forwarded; NULL: no */
    int redispatch_after;
    /* Logs. */
    struct log_target *log_targets; /* own chain */
    bool log_global;                /* `log global`: the global section's too */
    const char *log_format_text, *error_log_format_text, *log_structured_text,
        *unique_id_text; /* NULL: none */
    struct diag_place log_format_at, error_log_format_at, log_structured_at, unique_id_at;
    const char *unique_id_header;
    const char *log_tag;
    bool log_format_is_httplog, log_format_is_tcplog;
    struct http_reply *error_replies[HTTP_REPLY_COUNT]; /* errorfile and friends; NULL: the usual page */
    const char *monitor_uri;
    const char *default_backend_name;
    const char *balance_text; /* arguments of `balance`, as written */
    const struct balance_row *balance;
    const char **balance_words; /* NULL-terminated */
    struct diag_place balance_at;
    int server_state_source;       /* enum server_state_source */
    const char *server_state_file; /* NULL: named as the backend */
    const char *description;
    struct email_alert email_alert;
    const char *cookie_name, *cookie_domain, *cookie_attribute, *dynamic_cookie_key;
    unsigned cookie_flags; /* enum cookie_flags */
    uint64_t cookie_max_idle_s, cookie_max_life_s;
    const char *capture_cookie; /* `capture cookie`; a trailing '*' was cut off into the flag */
    bool capture_cookie_prefix;
    size_t capture_cookie_length;
    struct sample_expr *persist_rdp; /* persist rdp-cookie; NULL: none */
    unsigned retry_on;               /* enum retry_on */
    const char *send_name_header;    /* http-send-name-header, lower case; NULL: none */
    int64_t max_keep_alive_queue;    /* -1: no limit */
    int64_t max_session_srv_conns;   /* idle ones that one session may hold; -1: no limit */
    int64_t hash_balance_factor;
    struct source_settings source;              /* for servers without their own */
    const struct stats_settings *stats;         /* NULL: none */
    struct check_rules *check_rules;            /* what `option ...chk` chose; NULL: a connection is all */
    struct check_rules *tcp_check, *http_check; /* so far, by their lines */
    bool check_tls;                             /* a step of tcp_check or http_check speaks TLS */
    const char *external_command, *external_path;
    unsigned hash_type; /* bits, by the balance storey */
    uint64_t slots[8];  /* spare, for words of upper storeys that are plain numbers */
};

struct switching_rule { /* use_backend */
    struct switching_rule *next;
    struct condition *condition;
    struct proxy *backend; /* NULL when the name is a format */
    struct log_format *name;
    const char *text;
    struct diag_place at;
};

struct server_rule { /* use-server */
    struct server_rule *next;
    struct condition *condition;
    struct server *server;
    struct log_format *name;
    const char *text;
    struct diag_place at;
};

struct capture { /* capture request|response header */
    struct capture *next;
    struct str name; /* lower case */
    size_t length_max;
    unsigned index;
};

enum proxy_rules { /* bits: kinds of rules read so far, in the order in which they run */
                   SEEN_TCP_CONNECTION = 1,
                   SEEN_TCP_SESSION = 2,
                   SEEN_TCP_CONTENT = 4,
                   SEEN_MONITOR_FAIL = 8,
                   SEEN_HTTP_REQUEST = 16,
                   SEEN_REDIRECT = 32,
                   SEEN_USE_BACKEND = 64,
                   SEEN_USE_SERVER = 128,
};

struct persist_rule { /* force-persist, ignore-persist */
    struct persist_rule *next;
    struct condition *condition;
    bool force;
};

struct proxy {
    struct proxy *next;      /* in the order of the files */
    struct proxy *same_name; /* the next section of the same name: a frontend and a backend may share one */
    struct configuration *configuration;
    const char *name;
    int id; /* from 2 on, as written or numbered */
    bool id_given;
    unsigned uuid;
    unsigned sides; /* enum proxy_side bits */
    struct diag_place at;
    struct proxy *defaults; /* the section it began as; NULL: none */
    struct proxy_settings settings;
    struct ruleset tcp_connection, tcp_session, tcp_content, tcp_response, http_request, http_response,
        http_after_response, stats;
    struct acl *acls; /* named, those of the defaults behind */
    struct condition *monitor_fail;
    const char **monitor_words; /* of its lines so far */
    unsigned monitor_word_count;
    struct switching_rule *switching;
    struct server_rule *server_rules;
    struct capture *request_captures, *response_captures;
    unsigned request_capture_count, response_capture_count;
    struct proxy *default_backend;
    struct bind *binds;
    struct server *servers, *last_server; /* in order */
    unsigned server_count;
    struct dict servers_by_name;
    struct server *dispatch;                /* stands for the servers that it lacks; NULL: none */
    struct named_default *named_defaults;   /* default-server name ..., in order */
    bool default_server_said;               /* by a line, and not taken back */
    struct server_settings *default_server; /* `default-server` up to here; of the own arena, never shared */
    struct persist_rule *persist_rules;
    struct filter_config *filters; /* in order */
    unsigned inherited_by;         /* of defaults: enum proxy_side bits of the sections that began as it */
    unsigned seen_rules;           /* enum proxy_rules bits, for warnings about their order */
    struct stick_table *table;     /* own; NULL: none */
    struct stick_rule *stick_rules;
    void *balance_state; /* the algorithm's own */
    struct log_format *log_format, *error_log_format, *log_structured, *unique_id;
    /* Life. */
    bool stopped, paused;
    int64_t current_front, current_back; /* connections, streams */
    struct list queue;                   /* streams that wait for any server */
    unsigned queue_count;
    unsigned usable[2]; /* servers, and backup servers, that take new clients: server_recount */
    int64_t usable_weight[2];
    int64_t on_servers; /* streams that have a place on one of the servers */
    uint64_t last_change_ns, down_since_ns,
        down_time_ns; /* of the backend: all its servers went down, or one came up */
    struct proxy_counters front_counters, back_counters;
    bool is_log_forward; /* of configuration->log_forwards */
    struct log_forward log_forward;
    struct refused_message *refused_request, *refused_response; /* of the stream storey; NULL: none yet */
};

/* A new section with what `defaults` hands down (NULL: the built-in values): settings, default-server, rules of named
 * defaults. Not yet in any list. */
struct proxy *proxy_create(struct configuration *configuration, unsigned sides, const char *name,
                           struct diag_place at, struct proxy *defaults);
/* Takes the slot as the last one; its index is set. */
void proxy_add_capture(struct proxy *proxy, bool response, struct capture *capture);
void proxy_destroy(struct proxy *proxy); /* what is not in the configuration's arena */
/* By name, or by "#id". Each of the sides must be there; 0: any. NULL: none. */
struct proxy *proxy_find(const struct configuration *configuration, const char *name, unsigned sides);
struct server *proxy_server(const struct proxy *proxy, const char *name);
/* The page for a status: the proxy's own, else the usual one. */
const struct http_reply *proxy_error_reply(const struct proxy *proxy, int status);
/* What servers are before any word about them. */
void proxy_usual_server(struct server_settings *settings);
const char *proxy_type_name(const struct proxy *proxy); /* "frontend", "backend", "proxy" as in messages */

#endif
