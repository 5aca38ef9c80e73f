/* How a server stands, and what follows when that changes: the log's line, those that track it, sessions and queues,
 * and the balance algorithm. All changes of state go through here. */
#ifndef HEALTH_SERVER_STATUS_H
#define HEALTH_SERVER_STATUS_H
#include "base/buf.h"
#include "proxy/server.h"
struct check;
struct engine;

/* Health: from checks, agents, observation, or by hand. reason is what the log says behind "is DOWN"; may be NULL. */
void server_status_up(struct engine *engine, struct server *server, const char *reason);
void server_status_down(struct engine *engine, struct server *server, const char *reason);
void server_status_stopping(struct engine *engine, struct server *server, const char *reason);
/* How it stands before a check says more, as `init-state` wants it: at start, out of maintenance, when its checks are
 * switched on. Tells nobody. */
void server_status_begin(struct server *server);
/* Administration: one bit of enum server_admin. Those that track the server inherit it. */
void server_status_set_admin(struct engine *engine, struct server *server, unsigned bit, const char *reason);
void server_status_clear_admin(struct engine *engine, struct server *server, unsigned bit);
/* Weight: NULL, or why text is none. "10", "50%" of the configured one. */
const char *server_status_set_weight(struct engine *engine, struct server *server, const char *text);
/* After any change that balance algorithms look at. */
void server_status_changed(struct engine *engine, struct server *server);
/* Tells those that watch that the server came or went. */
void server_status_tell(struct engine *engine, struct server *server,
                        unsigned kind); /* enum server_event_kind */
/* Ends all sessions on it. */
void server_status_kill_sessions(struct engine *engine, struct server *server, char cause);

/* Whose health it goes by: the server itself, or the one at the end of its `track`. */
const struct server *server_status_root(const struct server *server);
/* "UP 1/3", "MAINT (via be/s1)", "no check", ... as statistics have it. */
void server_status_text(const struct server *server, struct buf *out);
/* A class for colours: what server_status_text begins with and whether it moves. */
enum server_status_kind {
    STATUS_DOWN,
    STATUS_DOWN_AGENT,
    STATUS_GOING_UP,
    STATUS_GOING_DOWN,
    STATUS_UP,
    STATUS_NOLB_GOING_DOWN,
    STATUS_NOLB,
    STATUS_DRAIN_GOING_DOWN,
    STATUS_DRAIN,
    STATUS_DRAIN_AGENT,
    STATUS_NO_CHECK,
    STATUS_MAINT
};
enum server_status_kind server_status_kind(const struct server *server);
/* Effective weight and servers of a backend that take new clients. */
struct server_status_sums {
    int64_t weight, user_weight;
    unsigned active, backup;
};
struct server_status_sums server_status_sums(const struct proxy *backend);

#endif
