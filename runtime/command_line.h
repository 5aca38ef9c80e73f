/* The command line, in HAProxy's letters (management manual 3), and the texts of -v, -vv and of the usage.
 * Nothing here touches the world: texts go to buffers and to diag, the caller prints them and exits. */
#ifndef COMMAND_LINE_H
#define COMMAND_LINE_H
#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"

/* The version of the configuration language: what -v, version_atleast() and scripts go by. */
#define COMMAND_LINE_LANGUAGE_VERSION "3.5-dev5"

enum command_line_old { OLD_LEAVE, OLD_FINISH, OLD_TERMINATE }; /* nothing, -sf, -st */

struct command_line {
    const char *program; /* argv[0] */
    const char **files;  /* -f and what follows "--", files and folders in their order; NULL-terminated */
    unsigned file_count;
    const char *condition;     /* -cc: to be evaluated, nothing else is done; NULL: none */
    bool check;                /* -c */
    const char *folder;        /* -C: change there before the files are read; NULL: stay */
    const char *pid_file;      /* -p; NULL as the following: not given */
    const char *local_peer;    /* -L */
    const char *master_socket; /* -S: an address and bind options, with commas between */
    const char *old_socket;    /* -x: where to fetch listeners from */
    int64_t maxconn;           /* -n, 0: not given */
    int64_t proxy_maxconn;     /* -N, 0: not given */
    int64_t memory_mb;         /* -m, 0: not given */
    bool daemon, master_worker, systemd, debug, foreground, quiet, verbose; /* -D -W -Ws -d -db -q -V */
    bool diagnostic;              /* -dD: warnings about what is allowed but suspicious */
    bool zero_warning;            /* -dW: warnings are fatal */
    bool insecure_fork;           /* -dI */
    bool dump_objects;            /* -dL */
    bool no_reuse_port;           /* -dR */
    bool ignore_resolve_failures; /* -dr */
    bool no_server_verify;        /* -dV */
    bool no_epoll, no_poll, no_splice, no_getaddrinfo, no_zero_copy, no_fast_forward,
        no_ktls;    /* -de -dp -dS -dG -dZ -dF -dT */
    bool ipv4_only; /* -4 */
    bool cpu_debug; /* -dc */
    /* The text right behind the letters, "" when there is none; NULL: the option was not given. */
    const char *memory_debug;  /* -dM[byte][,option...] */
    int poison_byte;           /* of -dM: -1 none, else 0..255 */
    const char *traces;        /* -dt[source...] */
    const char *dump_keywords; /* -dKclass[,class...] */
    const char *dump_config;   /* -dC[key] */
    const char *dump_archive;  /* -dA[file] */
    enum command_line_old old;
    int64_t *old_pids;
    unsigned old_pid_count;
};

/* What -vv tells; NULL members are left out. */
struct command_line_build {
    const char *compiler, *flags;
    const char *ssl_built, *ssl_running; /* "OpenSSL 3.0.19 27 Jan 2026" */
    const char *lua, *pcre2, *zlib_built, *zlib_running;
    bool pcre2_jit;
};

struct command_line_reply {
    struct buf out, err; /* for stdout and stderr */
    int exit_code;
};

/* true: go on with *line (argv and arena must outlive it). false: all is done, print the reply and exit. */
bool command_line_parse(struct command_line *line, int argc, const char *const *argv, struct arena *arena,
                        const struct command_line_build *build, struct diag *diag,
                        struct command_line_reply *reply) MUST_USE;
void command_line_reply_finish(struct command_line_reply *reply);

void command_line_version(struct buf *out);                                       /* -v */
void command_line_build(struct buf *out, const struct command_line_build *build); /* -vv */
void command_line_usage(struct buf *out, const char *program);

/* What feature() answers true to, in upper case; NULL-terminated. */
extern const char *const command_line_features[];
/* What enabled() answers true to with this command line; NULL-terminated. */
#define COMMAND_LINE_ENABLED_MAX 8
void command_line_enabled(const struct command_line *line, const char *out[COMMAND_LINE_ENABLED_MAX]);

#endif
