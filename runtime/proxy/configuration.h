/* Everything that was configured, and what the workers of a node share. */
#ifndef PROXY_CONFIGURATION_H
#define PROXY_CONFIGURATION_H
#include "base/arena.h"
#include "base/dict.h"
#include "config/cfg_cond.h"
#include "config/cfg_reader.h"
#include "config/words.h"
#include "match/pattern.h"
#include "proxy/proxy.h"
#include "sample/vars.h"
#include "tls/tls_settings.h"

struct tls_library;

struct globals {     /* the global section, in its own words */
    int64_t maxconn; /* 0: from the descriptor limit */
    int64_t maxconn_rate, session_rate, ssl_rate;
    int64_t thread_count;
    uint64_t bufsize, maxrewrite; /* tune.bufsize, tune.maxrewrite: bytes */
    int64_t http_maxhdr, http_logurilen, http_cookielen;
    int64_t runqueue_depth, max_accept, max_poll_events;
    uint64_t idle_timer_ms;
    uint64_t vars_global_max, vars_proc_max, vars_sess_max, vars_txn_max, vars_reqres_max, vars_check_max;
    uint64_t lua_forced_yield, lua_maxmem_mb, lua_session_timeout_ms, lua_task_timeout_ms,
        lua_service_timeout_ms, lua_burst_timeout_ms;
    bool lua_log_stderr;
    bool lua_real_booleans;    /* tune.lua.bool-sample-conversion normal */
    const char *lua_libraries; /* tune.lua.openlibs: names with commas; NULL: all */
    int64_t httpclient_retries;
    uint64_t httpclient_connect_ms;
    const char *httpclient_resolvers;   /* httpclient.resolvers.id; NULL: "default", if there is one */
    bool httpclient_no_names;           /* httpclient.resolvers.disabled */
    bool httpclient_ipv4;               /* httpclient.resolvers.prefer ipv4 */
    struct tls_settings httpclient_tls; /* verify unset: the usual, which fails only when it is used */
    struct addr ocsp_proxy;             /* ocsp-update.httpproxy; ADDR_NONE: none */
    bool ssl_server_verify_none;
    int lua_log_loggers;
    uint64_t error_codes[10], failure_codes[10]; /* statuses as bits: what counts as an error, as a failure */
    const char *lua_prepend_path;
    const char *host_name; /* the machine's */
    const char *node_name, *description, *pidfile, *chroot, *user, *group, *log_tag, *log_send_hostname,
        *server_state_base, *server_state_file, *local_peer, *crt_base, *key_base, *ca_base, *default_path;
    int64_t uid, gid, ulimit_n, fd_hard_limit, memory_mb, maxsslconn; /* 0: not given */
    bool no_reuse_port, no_exit_on_failure, master_worker, daemon, quiet, debug, insecure_fork, strict_limits,
        zero_warning, log_send_hostname_set;
    uint64_t hard_stop_after, grace; /* ms */
    uint64_t close_spread_ms;        /* 0: at once; UINT64_MAX: not at all */
    uint64_t max_spread_checks_ms;   /* 0: no limit */
    bool never_send_local;
    int64_t max_reloads; /* of a worker; 0: any number */
    uint64_t stats_timeout_ms;
    int64_t stats_maxconn;
    struct log_target *log_targets;
    uint64_t spread_checks;
    bool external_check;
    int64_t unix_mode;
    int unix_uid, unix_gid;
    const char *unix_prefix;
    int server_sockets_reuse;
    struct tls_settings tls_bind, tls_server; /* ssl-default-bind-*, ssl-default-server-* */
    struct tls_tuning tls;                    /* tune.ssl.* and the like */
    uint64_t receive_buffer_client, receive_buffer_server, send_buffer_client, send_buffer_server;
};

struct cli_command;
struct log_ring;
struct master;
struct program;

struct lua_file { /* lua-load lines, in order */
    struct lua_file *next;
    const char *path;
    const char **args; /* NULL-terminated */
    bool per_thread;
    struct diag_place at;
};

struct global_var { /* set-var of the global section, evaluated once at start-up */
    struct global_var *next;
    struct var_name name;
    struct sample_expr *expr;
    struct log_format *format;
};

struct wanted_resolvers { /* a line that names a resolvers section, which may be read later */
    struct wanted_resolvers *next;
    struct diag_place at;
    const char *name;
    struct resolvers **out;
};

/* A listener of the process before us, until a bind of the same address takes it. */
struct taken_sock {
    plat_sock sock; /* PLAT_NO_SOCK: it has its bind */
    struct addr own;
};

struct configuration {
    struct platform *platform;
    struct arena arena; /* all that is configured */
    struct words words;
    struct diag *diag;
    struct cfg_condition_world world;
    struct pattern_set *patterns;
    struct globals globals;
    struct proxy *proxies,
        **proxies_end; /* in the order of the files; defaults sections and cli are not in it */
    struct proxy *defaults, **defaults_end; /* named and anonymous ones, in order */
    struct proxy *last_defaults;            /* what the next section begins as */
    struct dict proxies_by_name;            /* newest of a name first: see proxy_find */
    struct taken_sock *taken;               /* taken_count of them */
    size_t taken_count;
    struct proxy *log_forwards; /* in order: frontends of log messages, which nobody lists */
    struct proxy *cli;          /* internal frontend of the stats sockets; NULL: none */
    struct dict header_cases;   /* h1-case-adjust: lower case to const char * as it is to be written */
    struct dict userlists;      /* struct userlist * */
    struct dict http_errors;    /* struct http_errors * */
    struct dict resolvers;      /* struct resolvers * */
    struct dict mailers;        /* struct mailers * */
    struct wanted_resolvers *wanted_resolvers;
    struct lua_file *lua_files, **lua_files_end;
    struct global_var *global_vars, **global_vars_end;
    struct program *programs;   /* in order */
    struct crt_load *crt_loads; /* of crt-store sections, in order */
    struct proxy *healthchecks; /* each a section of its own, of which the checks count alone */
    struct log_ring *rings, **rings_end;
    struct sample_unresolved *unresolved;
    struct reply_of_set *replies_of_sets, *last_reply_of_set; /* of http_reply_read.c, until resolved */
    struct vars proc_vars, all_vars;                          /* all_vars only counts */
    struct dict var_names;            /* of variables that the configuration uses, without their scope */
    struct http_reply *usual_replies; /* the built-in error pages, by enum http_reply_status */
    struct lua_machine *lua;          /* set by the lua storey; NULL without scripts */
    /* Loads a script at once, so that the lines that follow know what it registers. Set by the node. */
    bool (*load_lua)(struct configuration *configuration, const struct lua_file *file);
    const struct service_row *stat_service; /* what answers behind `stats uri`; set by the node */
    const struct service_row *cli_service;  /* what answers on stats sockets; set by the node */
    /* Of a master: takes a command that is not for it. true: it has seen to it. */
    bool (*route)(struct cli_command *command, const char *text);
    struct master *master; /* NULL: this process is none */
    unsigned next_id;
    const char *const *files; /* as given */
    /* Since start. */
    int64_t start_wall_ns;
    uint64_t start_ns;
    bool stopping;
    int64_t current_connections;
    int64_t maxconn_at_start;
    struct buf startup_log; /* messages up to the start of service */
    struct proxy_counters counters;
    struct tls_rates tls_rates;
    uint64_t log_messages;             /* that came to log-forward sections */
    uint64_t maxconn_reached;          /* how often somebody had to wait because of it */
    struct rate bytes_out_32;          /* sent, in pieces of 32 bytes */
    struct tls_library *tls;           /* NULL: nothing needs it */
    struct tls_client *httpclient_tls; /* NULL until it is needed, or asked for by httpclient.ssl.* */
    uint64_t unique_serial;            /* %rt */
    uint64_t session_serial, stream_serial, refused_serial;
};

struct configuration *configuration_create(struct platform *platform,
                                           struct diag *diag); /* NULL: no memory */
void configuration_destroy(struct configuration *configuration);
/* After the last file: names to objects, formats compiled, checks across sections; reports all. false: errors. */
bool configuration_resolve(struct configuration *configuration) MUST_USE;
/* Finds what an argument names. NULL: found; else what could not be found: "server". */
const char *configuration_resolve_argument(struct configuration *configuration,
                                           struct sample_unresolved *one) MUST_USE;
/* What the reader's rows work on: its owner is the configuration. */
static inline struct configuration *configuration_of(const struct cfg_line *line)
{
    return line->reader->owner;
}
/* Puts a finished section at the end of its list and under its name. false: no memory. */
bool configuration_add_proxy(struct configuration *configuration, struct proxy *proxy) MUST_USE;
void configuration_add_ring(struct configuration *configuration, struct log_ring *ring);
/* buf0, which is there without a section (management manual 9.3 show events). */
void configuration_add_usual_ring(struct configuration *configuration);
/* Targets find their rings, rings get their memory. false: said. */
bool configuration_resolve_rings(struct configuration *configuration) MUST_USE;
/* The internal frontend of the stats sockets, made when it is first wanted; NULL: no memory. */
struct proxy *configuration_cli(struct configuration *configuration);
/* Certificates of all binds and servers that speak TLS; all errors are said. false: there were some. */
bool configuration_tls(struct configuration *configuration) MUST_USE;
/* The same for one server, added while the proxy runs too. */
bool configuration_tls_server(struct configuration *configuration, struct server *server,
                              struct buf *error) MUST_USE;
/* What HTTP clients of scripts speak TLS with, made when it is first wanted. NULL: *error says why. */
struct tls_client *configuration_httpclient_tls(struct configuration *configuration, struct buf *error);
/* Who finds the names that HTTP clients ask for; NULL: nobody. */
struct resolvers *configuration_httpclient_resolvers(const struct configuration *configuration);
/* The section `default`, from what the machine is set to, when it is needed and was not written. */
void configuration_usual_resolvers(struct configuration *configuration);
/* The node's TLS, made when it is first wanted. NULL: it cannot be had. */
struct tls_library *configuration_tls_library(struct configuration *configuration);
/* *out will be the section of that name when the configuration is resolved; without one that is an error. */
void configuration_want_resolvers(struct configuration *configuration, struct diag_place at, const char *name,
                                  struct resolvers **out);
/* A sample parser for a line of a section; place 0: any. */
struct sample_parser configuration_parser(struct configuration *configuration, const struct cfg_line *line,
                                          struct proxy *proxy, enum sample_place place);
struct acl_parser configuration_acl_parser(struct configuration *configuration, const struct cfg_line *line,
                                           struct proxy *proxy, enum sample_place place);

#endif
