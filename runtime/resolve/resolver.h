/* Names looked up while the proxy runs: `resolvers` sections, their nameservers, and the questions that are asked of them
 * again and again (HAProxy manual 5.3). A question is shared by all that want the same; each is told after every
 * attempt. Asked over UDP of all nameservers at once, over TCP of one whose answer was cut. */
#ifndef RESOLVE_RESOLVER_H
#define RESOLVE_RESOLVER_H
#include "base/diag.h"
#include "base/list.h"
#include "event/loop.h"
#include "resolve/dns_message.h"

struct resolver_settings {
    int64_t retries;
    uint64_t resolve_ms, retry_ms; /* between two questions, between two attempts at one */
    uint64_t hold_valid, hold_obsolete, hold_nx, hold_other, hold_refused, hold_timeout; /* ms */
    int64_t payload_size;
};

struct nameserver_counters {
    uint64_t sent, send_error, valid, update, cname, cname_error, any_error, nx, timeout, refused, other,
        invalid, too_big, truncated, outdated;
};

struct nameserver {
    struct nameserver *next;
    struct resolvers *resolvers;
    const char *name;
    struct addr addr;
    bool tcp_only;
    struct nameserver_counters counters;
    struct watch watch; /* of its UDP socket, while open */
    bool open;
};

struct resolvers { /* a section; what it runs with begins at resolvers_start */
    const char *name;
    struct diag_place at;
    struct resolver_settings settings;
    struct nameserver *nameservers;
    struct loop *loop; /* NULL: not started */
    struct list resolutions;
};

enum resolve_want {
    RESOLVE_IPV4,
    RESOLVE_IPV6,
    RESOLVE_SERVICE
}; /* IPv4, IPv6: the family asked for first */

struct resolution {
    struct list link; /* resolvers->resolutions */
    struct resolvers *resolvers;
    enum resolve_want want;
    bool only; /* the other family is not asked for */
    char name[DNS_NAME_MAX + 1];
    struct list users;
    enum dns_status status; /* of the last attempt; DNS_INVALID before the first ended */
    bool timed_out;         /* it got no answer at all */
    bool ever_valid;
    uint64_t tried_ns, valid_ns; /* end of the last attempt, of the last good one */
    struct nameserver *by;       /* who gave the last good answer */
    unsigned count;              /* of the last good answer */
    struct dns_record *records;
    /* The attempt that runs. */
    bool running, is_alternate;
    enum dns_type type;
    uint16_t id;
    int64_t tries_left;
    unsigned asked, answered;
    struct timer timer;
    struct list streams; /* over TCP */
};

struct arena;

struct resolve_user {
    struct list link;
    struct resolution *resolution;              /* NULL: none */
    bool once;                                  /* one answer is enough: nothing is asked again for it */
    void (*changed)(struct resolve_user *user); /* an attempt ended; may leave */
};

/* The built-in values. */
void resolvers_set_usual(struct resolver_settings *settings);
/* While it is configured; name stays as long as the arena does. */
void resolvers_add(struct resolvers *resolvers, struct arena *arena, const char *name,
                   const struct addr *addr, bool tcp_only);
/* Nothing is sent before the first question. */
void resolvers_start(struct resolvers *resolvers, struct loop *loop);
void resolvers_stop(struct resolvers *resolvers);

/* Joins or begins a question; the answer comes by `changed`, never from within the call. false: no memory. */
bool resolver_join(struct resolvers *resolvers, const char *name, enum resolve_want want, bool only,
                   struct resolve_user *user) MUST_USE;
void resolver_leave(struct resolve_user *user);
/* The last good answer may still be used: it is younger than `hold valid`. */
bool resolution_is_fresh(const struct resolution *resolution);

#endif
