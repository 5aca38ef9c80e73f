/* Health checks and agent checks of servers: who asks when, and what became of it (HAProxy manual 5.2 "check", 4.2
 * "option httpchk" ...).
 *
 * A check runs by steps (check_rules.h) on a connection of its own: connect, send, expect. It ends with a status; the
 * status moves the check's health between 0 and rise + fall - 1, and that moves the server (server_status.h).
 *
 * Between two runs a check sleeps: its timer is armed for the next one. */
#ifndef HEALTH_HEALTH_CHECK_H
#define HEALTH_HEALTH_CHECK_H
#include "base/arena.h"
#include "base/buf.h"
#include "net/conn.h"
#include "sample/vars.h"
#include "stream/channel.h"

struct check_rules;
struct check_step;
struct engine;
struct http_msg;
struct server;

enum check_status { /* the numbers stand in server state files */
                    CHECK_UNKNOWN,
                    CHECK_INITIALIZING,
                    CHECK_STARTED,
                    CHECK_CHECKED, /* what follows is the end of a run */
                    CHECK_ANALYZE, /* from traffic: observe */
                    CHECK_SOCKET_ERROR,
                    CHECK_L4_OK,
                    CHECK_L4_TIMEOUT,
                    CHECK_L4_CONNECTION,
                    CHECK_L6_OK,
                    CHECK_L6_TIMEOUT,
                    CHECK_L6_RESPONSE,
                    CHECK_L7_TIMEOUT,
                    CHECK_L7_RESPONSE,
                    CHECK_L7_OK,
                    CHECK_L7_OK_CONDITIONAL,
                    CHECK_L7_STATUS,
                    CHECK_PROCESS_ERROR,
                    CHECK_PROCESS_TIMEOUT,
                    CHECK_PROCESS_OK,
                    CHECK_STATUS_COUNT
};
enum check_result { /* as in server state files */
                    CHECK_RESULT_UNKNOWN,
                    CHECK_RESULT_NEUTRAL,
                    CHECK_RESULT_FAILED,
                    CHECK_RESULT_PASSED,
                    CHECK_RESULT_CONDITIONAL
};

struct check_status_row {
    const char *code; /* "L4OK" */
    enum check_result result;
    const char *description; /* "Layer4 check passed" */
};
const struct check_status_row *check_status_row(enum check_status status);
/* By its code ("l7ok", either case); CHECK_UNKNOWN: none. */
enum check_status check_status_of(const char *code);

enum check_phase { CHECK_SLEEPING, CHECK_CONNECTING, CHECK_STEPPING };

#define CHECK_TEXT_MAX 256

struct check {
    struct server *server;
    struct engine *engine;
    const struct check_rules *rules;
    bool is_agent;
    bool configured, enabled, paused, running;
    int64_t rise, fall, health;           /* up while health >= rise */
    uint64_t inter, fastinter, downinter; /* ms; 0: inter */
    struct addr addr;                     /* where to; family ADDR_NONE: the server's */
    uint16_t port;                        /* 0: the addr's or the server's */
    char *send;                           /* agent: set by hand, heap; NULL: as configured */
    /* The last run. */
    enum check_status status;
    enum check_result result;
    int code; /* of layer 7; -1: none */
    uint64_t duration_ms;
    char text[CHECK_TEXT_MAX]; /* what it said, or the error */
    uint64_t started_ns;
    uint64_t failed_count; /* observe: errors of traffic in a row */
    /* The run in hand. */
    enum check_phase phase;
    struct timer timer; /* next run, or the run's time limit */
    struct conn conn;
    unsigned step; /* into rules */
    bool sent;     /* the send step in hand was written */
    struct buf in, out;
    size_t out_at;
    struct arena arena; /* of a run */
    struct vars vars;
    struct http_msg *response;   /* the answer's head, in arena; NULL: none yet */
    struct channel view;         /* what came, as fetches of payload see it */
    enum check_status ok_status; /* of the last expect step */
    struct buf ok_text;
    const struct check_step *connect_step;
    int64_t child; /* external: its process, 0 for none */
    void *tls;
};

/* ---- for the node ---- */
/* Makes the checks of all servers that want them and starts them, spread over their intervals. false: no memory. */
bool check_start_all(struct engine *engine) MUST_USE;
void check_stop_all(struct engine *engine);

/* ---- for one server ---- */
static inline struct check *check_of(void *pointer) /* server->check, server->agent */
{
    return pointer;
}
/* Makes a server's checks as its settings want them; they do not run before check_wake. false: no memory. */
bool check_create(struct engine *engine, struct server *server) MUST_USE;
void check_destroy(struct server *server);
/* The next run is due after what its state says: now for a fresh one. */
void check_schedule(struct check *check, uint64_t after_ms);
/* What an agent is sent at the beginning of a run; false: no memory. */
bool check_set_send(struct check *agent, const char *text) MUST_USE;
/* Paused: no runs, the one in hand is broken off; else runs again, at once. */
void check_pause(struct check *check, bool paused);
/* Enabled or not: by hand. */
void check_enable(struct check *check, bool enabled);
/* A run ends like this; moves health and the server. text may be NULL. */
void check_end(struct check *check, enum check_status status, int code, const char *text);
/* Traffic's verdict under `observe`. */
void check_observe(struct engine *engine, struct server *server, bool layer7, bool good);

#endif
