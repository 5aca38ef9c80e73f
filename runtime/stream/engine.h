/* What the streams of one worker share: the loop, the pools, the way to the logs. One per worker. */
#ifndef STREAM_ENGINE_H
#define STREAM_ENGINE_H
#include "base/pool.h"
#include "event/loop.h"
#include "log/log_target.h"
#include "proxy/configuration.h"
#include "proxy/server.h"

enum server_event_kind { /* bits */
                         SERVER_EVENT_UP = 1,
                         SERVER_EVENT_DOWN = 2,
                         SERVER_EVENT_STATE = 4, /* any change of its state */
                         SERVER_EVENT_ADMIN = 8, /* of its administration */
                         SERVER_EVENT_CHECK = 16,
                         SERVER_EVENT_ADD = 32, /* it came, or went, at run time */
                         SERVER_EVENT_DEL = 64,
                         SERVER_EVENT_ALL = 127,
};

struct server_event {
    struct server *server;
    unsigned kinds;
    enum server_state old_state, new_state;
    unsigned old_admin, new_admin;
    unsigned requeued;  /* streams that left its queue */
    const char *reason; /* NULL: none was given */
    bool by_check;
};

struct server;
struct service;

struct engine {
    struct configuration *configuration;
    struct loop *loop;
    struct engine *first,
        *next; /* of all workers of the node, in order; the first has what there is once: listeners,
                                  * checks, resolvers, rings, tables' timers */
    struct engine *last_given; /* of the first: who got the latest connection; NULL: nobody yet */
    struct log_sender *log;
    struct pool buffers;      /* tune.bufsize bytes each */
    struct pool bulk_buffers; /* four times that: for bodies that pass as they come, see channel.h */
    struct pool sessions, server_conns;
    struct list free_streams; /* kept with one chunk of their arena each */
    unsigned free_stream_count;
    struct arena scratch; /* for evaluations between two returns to the loop; callers rewind */
    struct list session_list, stream_list; /* in order of birth */
    struct list listeners;                 /* open ones of this worker: struct bind_listener in engine.c */
    struct list ring_servers;              /* of ring_server.c */
    struct list log_forwarders;            /* of log_forwarder.c: sockets of datagrams */
    uint64_t session_count, stream_count;
    struct service *services;          /* of server_resolve.c */
    struct ocsp_updates *ocsp_updates; /* of ocsp_update.c; the first engine's; NULL: nothing is kept fresh */
    bool soft_stopping;
    uint64_t soft_stop_ns; /* when it began */
    bool master_gone;      /* a worker whose master died */
    /* How a server did for a stream, for those that watch: a connection (layer7 false) or a response. NULL: nobody. */
    void (*observe)(struct engine *engine, struct server *server, bool layer7, bool good);
    /* Told what happens to servers; NULL: nobody asks. */
    void (*on_server_event)(void *data, const struct server_event *event);
    void *on_server_event_data;
    /* A server has an address from DNS again, or has none any more, for that reason. NULL: nobody. */
    void (*resolved)(struct engine *engine, struct server *server, bool known, const char *why);
};

/* first: the engine of the node's first worker; NULL: this is it. NULL: no memory. */
struct engine *engine_create(struct configuration *configuration, struct loop *loop, struct engine *first);
/* Ends all its sessions at once and frees everything. The first is destroyed last. */
void engine_destroy(struct engine *engine);
static inline uint64_t engine_now(const struct engine *engine)
{
    return loop_now(engine->loop);
}
/* Watches the opened sockets of all binds. false: said why. */
bool engine_listen(struct engine *engine);
/* A limit has room again: listeners that paused for it go on. */
void engine_room_again(struct engine *engine);
/* Whether a response that is written now says that its connection ends, for the process wants to. */
bool engine_ends_connection(struct engine *engine);
/* Whether the process wants to end and clients are to leave as soon as they are idle. */
bool engine_lets_go(const struct engine *engine);
/* Of the first: nobody accepts any more; sessions of all go on, idle ones are closed (close-spread-time: some time
 * within it). */
void engine_soft_stop(struct engine *engine);
/* A frontend's listeners by hand. Paused ones accept nobody until they are resumed; closed ones never do again.
 * false: some could not be opened again. */
void engine_pause(struct engine *engine, struct proxy *frontend);
bool engine_resume(struct engine *engine, struct proxy *frontend) MUST_USE;
void engine_close(struct engine *engine, struct proxy *frontend);
/* A random 32-bit value from the platform's entropy (uuid, rand): deterministic in the simulator. */
uint32_t engine_random(struct engine *engine);

#endif
