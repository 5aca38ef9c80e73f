/* What a health check does, step by step: connect, send, expect (HAProxy manual 4.2 "tcp-check ..." and "http-check
 * ..."). Each kind of check is such a list; `option httpchk`, `option smtpchk` and friends make theirs from a row. */
#ifndef HEALTH_CHECK_RULES_H
#define HEALTH_CHECK_RULES_H
#include "base/arena.h"
#include "config/cfg_addr.h"
#include "health/health_check.h"
#include "log/log_format.h"
#include "match/pattern.h"
#include "match/regex.h"

struct sample_context;

enum check_kind { CHECK_KIND_CONNECT, CHECK_KIND_TCP, CHECK_KIND_HTTP, CHECK_KIND_OWN, CHECK_KIND_EXTERNAL };

enum check_step_kind {
    STEP_COMMENT,
    STEP_SET_VAR,
    STEP_UNSET_VAR,
    STEP_CONNECT,
    STEP_SEND,
    STEP_SEND_HTTP,
    STEP_EXPECT
};
enum check_expect {
    EXPECT_STRING,
    EXPECT_STRING_FORMAT,
    EXPECT_REGEX,
    EXPECT_BINARY,
    EXPECT_BINARY_FORMAT,
    EXPECT_BINARY_REGEX, /* on the bytes in hexadecimal */
    EXPECT_STATUS,
    EXPECT_STATUS_REGEX,
    EXPECT_HEADER,
    EXPECT_BODY,
    EXPECT_BODY_FORMAT,
    EXPECT_BODY_REGEX,
    EXPECT_OWN /* judge() */
};

enum check_verdict {
    CHECK_WAIT,
    CHECK_NEXT /* the step is through */,
    CHECK_OVER /* check_end was called */
};

struct check_header { /* http-check send hdr */
    struct check_header *next;
    const char *name;
    struct log_format *value;
};

struct check_range {
    int low, high;
};

struct check_match {          /* of a header's name or value */
    enum match_method method; /* MATCH_FOUND: anything */
    struct str text;
    struct log_format *format;
    struct regex *regex;
};

struct check_step {
    struct check_step *next;
    enum check_step_kind kind;
    const char *comment;
    struct diag_place at;
    bool implicit; /* made by us: it has no number */
    /* connect */
    struct cfg_addr addr;
    bool addr_given, send_proxy, ssl, linger, usual; /* usual: `default`, as the server's own connections */
    int64_t port;
    struct sample_expr *port_expr;
    const char *sni, *alpn;
    /* send; also what an expect looks for */
    struct str data;
    struct log_format *format;
    bool is_hex; /* the format gives hexadecimal text */
    /* http send */
    const char *method, *uri, *version;
    struct log_format *uri_format, *body_format;
    struct check_header *headers;
    struct str body;
    /* expect */
    enum check_expect expect;
    bool inverse, full_header;
    int64_t min_received; /* -1: not given */
    struct regex *regex;
    struct check_range *ranges;
    unsigned range_count;
    struct check_match name, value;
    enum check_status ok_status, error_status, timeout_status;
    struct log_format *on_success, *on_error;
    struct sample_expr *status_code;
    /* What has come is `bytes`; last: no more will. */
    enum check_verdict (*judge)(struct check *check, const struct check_step *step, struct str bytes,
                                bool last);
    /* set-var, unset-var */
    struct var_name var;
    struct sample_expr *expr;
    struct log_format *var_format;
};

struct check_rules {
    enum check_kind kind;
    const char *name; /* "tcp-check", "http-check", for messages */
    struct check_step *first, **end;
    unsigned count;
    bool ready; /* check_rules_complete ran */
    bool disable_on_404, send_state;
    const char *method, *uri, *version; /* option httpchk */
    struct check_header *headers;       /* the old way to give them */
    struct str body;
    struct check_step **steps; /* in order, once complete */
    bool any_layer7;           /* something is sent or expected */
};

struct check_rules *check_rules_create(struct arena *arena, enum check_kind kind, const char *name);
struct check_step *check_rules_add(struct check_rules *rules, struct arena *arena, enum check_step_kind kind);
/* Puts what was left out where it belongs: the first connect, the request, what is expected of the answer. */
void check_rules_complete(struct check_rules *rules, struct arena *arena);
/* For messages: the step's number, from 1 on. */
unsigned check_rules_number(const struct check_rules *rules, const struct check_step *step);

/* Protocols with a row: option <word>. */
struct health_row {
    const char *word;  /* "smtpchk" */
    const char *usage; /* of its arguments, for messages */
    /* Adds the steps. words: the option's arguments, NULL-terminated. false: *error says why. */
    bool (*prepare)(struct check_rules *rules, struct arena *arena, const char *const *words,
                    const char **error);
};
/* A step that sends bytes, one that judges the answer. */
void health_send(struct check_rules *rules, struct arena *arena, const char *bytes, size_t size);
void health_expect(struct check_rules *rules, struct arena *arena,
                   enum check_verdict (*judge)(struct check *check, const struct check_step *step,
                                               struct str bytes, bool last));
/* The answer's first line, without its end. */
struct str health_first_line(struct str bytes);
extern const struct health_row health_smtp_row, health_ldap_row, health_mysql_row, health_pgsql_row,
    health_redis_row, health_ssl_hello_row, health_spop_row;

/* check_send.c, check_expect.c: one step of a run. */
struct sample_context check_context(struct check *check);
bool check_send_build(struct check *check, const struct check_step *step) MUST_USE; /* into check->out */
/* The Host of the next HTTP request behind step, without its port, is added to out; nothing when it names none. */
void check_send_host(struct check *check, const struct check_step *step, struct buf *out);
enum check_verdict check_expect_run(struct check *check, const struct check_step *step, bool last);
/* Ends the run with a message about the step: text, " at step N", the comment. */
void check_end_at(struct check *check, const struct check_step *step, enum check_status status,
                  const char *text);
/* For judge(): the step is through, and this is what the check ends with if nothing follows. text may be NULL. */
enum check_verdict check_step_good(struct check *check, enum check_status status, int code, struct str text);
/* For judge(): the run ends. */
enum check_verdict check_step_bad(struct check *check, enum check_status status, int code, struct str text);
/* What a connect, send or expect step is called in messages: "connect port 1". */
void check_step_name(const struct check_step *step, struct buf *out);

#endif
