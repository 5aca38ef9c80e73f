/* Servers of a backend: where they are, what they may take, and how they stand. */
#ifndef PROXY_SERVER_H
#define PROXY_SERVER_H
#include "base/list.h"
#include "config/cfg_set.h"
#include "event/loop.h"
#include "proxy/counters.h"
#include "proxy/source.h"
#include "tls/tls_settings.h"

struct proxy;
struct log_format;
struct sample_expr;

enum proxy_v2_option { /* bits of proxy-v2-options */
                       PROXY_V2_SSL = 1,
                       PROXY_V2_CERT_CN = 2,
                       PROXY_V2_SSL_CIPHER = 4,
                       PROXY_V2_CERT_SIG = 8,
                       PROXY_V2_CERT_KEY = 16,
                       PROXY_V2_AUTHORITY = 32,
                       PROXY_V2_CRC32C = 64,
                       PROXY_V2_UNIQUE_ID = 128,
};

struct server_tlv { /* set-proxy-v2-tlv-fmt */
    struct server_tlv *next;
    unsigned type;
    struct log_format *value; /* NULL: empty */
};

enum server_state { SERVER_STOPPED, SERVER_STARTING, SERVER_RUNNING, SERVER_STOPPING };
enum server_admin { /* bits: why it is not to be used */
                    ADMIN_FORCED_MAINT = 1,
                    ADMIN_INHERITED_MAINT = 2,
                    ADMIN_CONFIG_MAINT = 4,
                    ADMIN_RESOLVE_MAINT = 8,
                    ADMIN_FORCED_DRAIN = 16,
                    ADMIN_INHERITED_DRAIN = 32,
                    ADMIN_NAME_CHANGED = 64, /* keeps nobody away: its name was given by hand */
                    ADMIN_MAINT = 11,        /* ADMIN_CONFIG_MAINT only says where it came from */
                    ADMIN_DRAIN = 48,
};

enum init_state {
    INIT_STATE_NONE,
    INIT_STATE_FULLY_DOWN,
    INIT_STATE_DOWN,
    INIT_STATE_UP,
    INIT_STATE_FULLY_UP
};
enum hash_key { HASH_KEY_ID, HASH_KEY_ADDR, HASH_KEY_ADDR_PORT };

struct resolvers;
struct server_resolve;
struct server_past;

struct server_net { /* resolve-net */
    struct server_net *next;
    struct addr network;
    unsigned bits;
};

struct server_settings { /* what options behind `server` and `default-server` say */
    int64_t weight;      /* 0..256 */
    int64_t maxconn, minconn, maxqueue, pool_max_conn, pool_low_conn, max_reuse, id;
    uint64_t pool_purge_delay;
    const char *cookie;
    bool backup, disabled, check, send_proxy, send_proxy_v2, ssl, no_check;
    uint64_t inter, fastinter, downinter, slowstart;
    int64_t rise, fall, check_port;
    const char *track;
    const char *healthcheck_name;
    struct proxy *healthcheck; /* found when the configuration is whole; NULL: the backend's own */
    const char *sni, *check_sni, *check_alpn; /* sni: an expression */
    struct cfg_addr check_addr;
    struct source_settings source;
    bool no_ssl;    /* "no-ssl" was said */
    bool ssl_ready; /* and may be taken back while it runs: default-server has TLS */
    bool check_ssl, check_send_proxy, agent_check;
    bool no_sni_auto, no_check_sni_auto;
    int hash_key;   /* enum hash_key */
    int init_state; /* enum init_state */
    int64_t observe, on_error, on_marked_down, on_marked_up, error_limit;
    unsigned proxy_v2_options; /* enum proxy_v2_option bits */
    struct server_tlv *tlvs;
    struct sample_expr
        *conn_name; /* pool-conn-name: what makes connections alike; NULL: the name of the handshake */
    bool
        init_addr_none; /* a name that does not resolve at start is no error: the server waits in maintenance */
    const char *init_addr;      /* methods, as written; NULL: the usual ones */
    bool init_addr_last;        /* a state file's address goes before the others */
    const char *resolvers_name; /* NULL: the name is looked up once, at start */
    struct resolvers *resolvers;
    int resolve_family; /* enum addr_family: resolve-prefer */
    struct server_net *nets;
    bool allow_dup_ip, ignore_weight; /* resolve-opts */
    bool stick;                       /* false: `non-stick`, never learnt by stick tables */
    const char *redirect_prefix;      /* redir */
    uint64_t tcp_user_timeout;
    int64_t agent_port;
    uint64_t agent_inter;
    struct cfg_addr agent_cfg_addr;
    const char *agent_send;
    struct tls_settings tls;
};

struct server {
    struct server *next;
    struct proxy *proxy;
    const char *name;
    int id; /* puid, from 1 on */
    struct cfg_addr addr;
    struct server_settings settings;
    struct server *trackers, *next_tracker; /* those that track this one, the latest first */
    struct server *tracked;                 /* `track`: whose health this one follows; NULL: its own */
    struct diag_place at;
    struct tls_client *tls;  /* NULL: plain, checks too */
    struct sample_expr *sni; /* NULL: none */
    /* How it stands. */
    enum server_state state;
    unsigned admin;            /* enum server_admin bits */
    int64_t weight_now;        /* user's weight, after run-time changes; 0..256 */
    int64_t current;           /* streams on it, the queue's not */
    int64_t used_connections;  /* open, in use */
    int64_t used_most, needed; /* of them at once: in the running pool-purge-delay, and as it was before */
    uint64_t used_since_ns;
    struct list queue; /* streams that wait for this server */
    unsigned queue_count;
    struct list idle; /* idle HTTP connections, latest used first */
    unsigned idle_count;
    uint64_t last_change_ns, down_since_ns, down_time_ns, last_use_ns;
    struct proxy_counters counters;
    const char *cookie;             /* of persistence: as configured, or made from its address; NULL: none */
    struct server_resolve *resolve; /* of the stream storey; NULL: its address is not looked up */
    void *balance;                  /* the algorithm's own */
    bool dynamic;                   /* came at run time */
    bool counted;                   /* in the backend's sums */
    int64_t counted_weight;         /* with so much */
    bool referenced;                /* by a rule, an expression or `track`: it cannot be deleted */
    void *check, *agent;            /* the health storey's own */
    struct server_past *past;       /* of the health storey, while it starts; NULL: none */
};

static inline bool server_usable(const struct server *server)
{
    return server->state != SERVER_STOPPED && !(server->admin & ADMIN_MAINT);
}
/* How many streams it may have now, between minconn and maxconn as the backend fills up; 0: no limit. */
int64_t server_limit(const struct server *server);
/* Below that limit, and nobody waits for it already. */
bool server_has_room(const struct server *server);
/* Its weight in sixteenths; less than full while a slowstart lasts. */
#define SERVER_WEIGHT_SCALE 16
unsigned server_weight_at(const struct server *server, uint64_t now_ns);
/* Keeps what the backend counts of its servers true: to be called when the state, administration or weight of one is
 * another, before anybody looks at the sums. */
void server_recount(struct server *server);
/* Takes new clients: not stopping or draining, weight not 0. */
static inline bool server_takes_new(const struct server *server)
{
    return server_usable(server) && server->state != SERVER_STOPPING && !(server->admin & ADMIN_DRAIN) &&
           server->weight_now > 0;
}

#endif
