/* A stream: one request and its response, or one TCP exchange, from a front end through rules to a server or an applet.
 *
 * States of `phase`, in order; each analyser may wait and is called again with every wake:
 *   PHASE_REQUEST   the request head (HTTP) or the first data (TCP with inspection) is awaited
 *   PHASE_RULES     tcp-request content, http-request, use_backend, and the backend's
 *   PHASE_SERVER    a server is looked for, maybe in a queue
 *   PHASE_CONNECT   the connection to it is under way
 *   PHASE_RESPONSE  established: the request is sent, the response head is awaited, its rules run
 *   PHASE_DATA      heads are through, data flows until both directions ended
 *   PHASE_END       logged; memory goes back
 */
#ifndef STREAM_STREAM_H
#define STREAM_STREAM_H
#include "http/h1_body.h"
#include "http/http_msg.h"
#include "net/conn.h"
#include "proxy/http_reply.h"
#include "rules/ruleset.h"
#include "stream/applet.h"
#include "stream/channel.h"
#include "stream/session.h"

struct http_back;
struct http_front;
struct server;
struct server_conn;
struct stream_filter;
struct stick_pending;

enum stream_phase {
    PHASE_REQUEST,
    PHASE_RULES,
    PHASE_SERVER,
    PHASE_CONNECT,
    PHASE_RESPONSE,
    PHASE_DATA,
    PHASE_END
};

/* HTTP of a stream: both messages and what the log wants of them. */
struct http_txn {
    struct http_msg request, response;
    bool request_ready;  /* head complete and valid */
    bool response_ready; /* head from the server or made by us */
    bool response_ruled; /* its rules ran: may be sent */
    bool applet_failed;  /* the response is the page that stands for an applet's */
    bool response_own;   /* made by us: replies, applets */
    bool client_keep_alive;
    size_t request_head_size, response_head_size; /* as received, for the room that rules have */
    int status;                                   /* of the response, for the log; 0: none */
    int deny_status;                              /* of deny and tarpit: 403 unless said */
    struct http_reply *deny_reply;
    bool soft_request, soft_response;   /* strict-mode off: a change that a rule cannot make is passed over */
    struct str uri;                     /* request line as the log prints it (%r), cut */
    struct str method, target, version; /* as received, for %HM %HU %HV: not changed by rules */
    struct str client_cookie, server_cookie; /* %CC %CS */
    char cookie_state[2];                    /* last two letters of the termination state */
    int64_t cookie_last_s, cookie_first_s;   /* dates of the persistence cookie; 0: none */
    struct http_msg *hints;                  /* of early-hint, while it grows; NULL: none */
    struct http_front *front;                /* reader of requests, writer of responses */
    struct http_back *back;                  /* writer of requests, reader of responses */
};

/* Instants, monotonic ns; 0: not reached. Timers of the log are differences (manual 8.4). */
struct stream_times {
    uint64_t begin;            /* accept, or end of the previous request */
    uint64_t first_byte;       /* of the request (Ti ends) */
    uint64_t request;          /* head received whole (TR ends) */
    uint64_t queued, unqueued; /* Tw */
    uint64_t connected;        /* Tc ends */
    uint64_t response;         /* response head received (Tr ends) */
    uint64_t end;
    int64_t wall_begin, wall_request; /* ns since 1970 */
};

struct stream {
    struct list link; /* engine's stream_list */
    struct task task; /* wake it when anything changed: task_wake(&stream->task) */
    struct engine *engine;
    struct session *session;
    struct proxy *frontend, *backend; /* backend == frontend until one was chosen */
    uint64_t serial, runs;            /* how often its task ran */
    enum stream_phase phase;
    unsigned step;      /* analyser within the phase */
    struct arena arena; /* all that lives as long as the stream */
    struct channel request, response;
    struct http_txn *http; /* NULL in mode tcp */
    struct vars vars_txn, vars_req, vars_res;
    struct str unique_id;
    struct str *request_captures,
        *response_captures;            /* by index; NULL: none yet; data NULL: none of that index */
    struct addr *source, *destination; /* set by rules; NULL: the connection's */
    struct rule_cursor cursor;         /* of the ruleset that runs or waits */
    struct rule *last_rule;            /* that ended a ruleset, for last_rule_file and last_rule_line */
    /* The server side: a connection, or an applet. */
    struct server *server;    /* chosen */
    struct server_conn *back; /* NULL: none (yet) */
    const struct applet_ops *applet;
    void *applet_state; /* the applet's own */
    unsigned tries_left, try_count, tries_max;
    bool no_l7_retry; /* disable-l7-retry */
    bool redispatched, server_counted, in_queue;
    struct server *assigned; /* by a rule, a cookie, a stick table: goes before the balance algorithm */
    bool direct;             /* the client itself said which, by a cookie or the like */
    bool assigning_done, force_persist, ignore_persist;
    bool kept_request; /* all of its body is in `kept`, so that it may be sent once more */
    struct str kept;
    struct list queue_link;
    /* Deadlines, monotonic ns; TIMER_OFF: none. The session's timer is armed for the earliest. */
    uint64_t deadline_rules;   /* inspect-delay, tarpit, a waiting action */
    uint64_t deadline_request; /* http-request */
    uint64_t deadline_connect, deadline_queue;
    uint64_t inspect_until; /* end of the inspect-delay of the ruleset that runs */
    /* May be set by rules. */
    uint64_t timeout_client_ms, timeout_server_ms, timeout_tunnel_ms, timeout_connect_ms, timeout_queue_ms,
        timeout_tarpit_ms;
    struct stream_times times;
    /* For the log. */
    char end_cause, end_phase; /* 'C' 'H' of "CH--"; '-' while all is well */
    enum log_level log_level;  /* LOG_LEVEL_COUNT: as usual; see log_silent */
    bool log_silent, logged;
    int back_failure; /* enum tls_failure of the last attempt to connect, and OpenSSL's error */
    unsigned long back_tls_error;
    uint64_t accounted_in, accounted_out;                   /* bytes that the counters have already */
    unsigned queue_position_server, queue_position_backend; /* %sq %bq */
    bool tunnel;        /* after 101, CONNECT, or mode tcp: bytes pass as they come */
    bool early_refused; /* a server threw the request away that came as early data: it is not sent so again */
    bool request_begun; /* bytes went to the server: no retry from here on */
    bool counted;       /* in the backend's current streams */
    bool client_aborted;
    bool kill_requested;
    int64_t nice, priority_class, priority_offset_ms;
    struct stick_entry *tracked[3]; /* followed by rules of content and HTTP */
    struct stick_pending *sticky;   /* entries that are to name the server */
    struct stream_filter *filters;  /* NULL: none */
    bool filters_open[2];           /* request, response: bytes may pass as far as filters let them */
    void *lua;                      /* the Lua binding's own; freed by lua_release */
    void (*lua_release)(struct stream *stream);
};

/* A context for evaluating at a place; scratch is the engine's. */
struct sample_context stream_context(struct stream *stream, enum sample_place place, struct proxy *proxy);

/* ---- what actions and applets do to a stream ---- */
/* Puts this answer in the response's place: no server is asked (or its answer is dropped). http-after-response rules
 * run on it. cause/phase: the log's letters, e.g. 'P','R' or 'L','R'. false: internal error, caller answers RULE_FAIL. */
bool stream_reply(struct stream *stream, const struct http_reply *reply, char cause, char phase) MUST_USE;
/* The same for a head and body made by the caller in the stream's arena. */
bool stream_reply_message(struct stream *stream, struct http_msg *head, struct str body, char cause,
                          char phase) MUST_USE;
/* The proxy's error page of a status. */
bool stream_reply_error(struct stream *stream, int status, char cause, char phase) MUST_USE;
/* A 1xx response ahead of the real one. false: no memory. */
bool stream_send_interim(struct stream *stream, const struct http_msg *head) MUST_USE;
/* Somebody waits for the request's body: a client that waits for 100 Continue gets it, once. false: no memory. */
bool stream_ask_for_body(struct stream *stream) MUST_USE;
/* While rules may still change a head, it and what of its body has come share tune.bufsize bytes, of which
 * tune.maxrewrite are for the rules. Bytes to keep free when reading a body; whether no more of it will be read now;
 * whether the head outgrew its room. */
size_t stream_body_reserve(const struct stream *stream, bool response);
bool stream_body_full(const struct stream *stream, bool response);
bool stream_head_too_large(const struct stream *stream, bool response);
/* An applet takes the server's place (use-service, statistics). */
void stream_use_applet(struct stream *stream, const struct applet_ops *ops, void *state);
/* No answer, the client's connection is closed (RST with reset). */
void stream_abort(struct stream *stream, char cause, char phase, bool reset);
void stream_set_end(struct stream *stream, char cause, char phase); /* the first one stays */
void stream_set_backend(struct stream *stream, struct proxy *backend);
/* deadline_rules of a waiting action: it is woken (with context->final) at that instant at the latest. */
void stream_wait_until(struct stream *stream, uint64_t at_ns);
/* The client's / the server's message that a rule on this side looks at. */
static inline struct http_msg *stream_message(struct stream *stream, bool response)
{
    return stream->http ? (response ? &stream->http->response : &stream->http->request) : NULL;
}
struct vars *stream_vars(struct stream *stream, enum var_scope scope);
/* Who the client is and where it wanted to go, as rules have it. */
const struct addr *stream_source(const struct stream *stream);
const struct addr *stream_destination(const struct stream *stream);
/* The stream's own name by unique-id-format, made when first wanted; data NULL: none is configured, or no memory. */
struct str stream_unique_id(struct stream *stream);
/* The value of a capture slot of the frontend, to be set; NULL: no memory, or no such slot. */
struct str *stream_capture(struct stream *stream, bool response, unsigned index);
/* Logs a line with the frontend's (request side) or backend's targets, as txn:log does. */
void stream_log_text(struct stream *stream, struct proxy *proxy, enum log_level level, struct str text);
/* Kills it from outside: management socket, Lua, soft-stop. */
void stream_kill(struct stream *stream, char cause);

/* The connection to the server, NULL without one. */
struct conn *stream_back_conn(const struct stream *stream);
/* Bytes of the response, head included, as %B counts them. */
uint64_t stream_bytes_to_client(const struct stream *stream);

/* For session and front ends. */
struct stream *stream_create(struct session *session); /* NULL: no memory */
void stream_wake(struct stream *stream);

#endif
