/* Counters of frontends, backends, servers and listeners, as `show stat` has them. */
#ifndef PROXY_COUNTERS_H
#define PROXY_COUNTERS_H
#include <stdint.h>

struct rate {        /* events per second: the current second and the one before (HAProxy's freq counter) */
    uint64_t second; /* monotonic second of `current` */
    uint32_t current, previous;
};
void rate_add(struct rate *rate, uint64_t now_ns, uint32_t events);
/* One event, and the most in a second so far. */
void rate_count(struct rate *rate, uint32_t *most, uint64_t now_ns);
uint32_t rate_read(const struct rate *rate, uint64_t now_ns); /* events per second, sliding */

struct proxy_counters {
    uint64_t connections_total, connections_max, sessions_total, sessions_max, bytes_in, bytes_out;
    uint64_t denied_requests, denied_responses, denied_connections, denied_sessions;
    uint64_t failed_requests, failed_connections, failed_responses, failed_checks, down_transitions;
    uint64_t client_aborts, server_aborts, retries, redispatches, failed_rewrites, internal_errors;
    uint64_t http_responses[6]; /* 1xx .. 5xx, other at 0 */
    uint64_t http_requests, intercepted_requests;
    uint64_t reused, connects, picked, queue_max;
    uint64_t request_bytes_out, response_bytes_in;
    uint64_t sessions_other, sessions_h1, sessions_h2, requests_other, requests_h1, requests_h2;
    uint64_t compressed_in, compressed_out, compression_bypassed, compressed_responses;
    uint64_t cache_lookups, cache_hits;
    uint64_t tls_sessions, tls_resumed, tls_failed;
    struct rate session_rate, request_rate, connection_rate;
    uint32_t session_rate_max, request_rate_max, connection_rate_max;
    uint64_t queue_time_ms, connect_time_ms, response_time_ms, total_time_ms; /* sliding sums over 1024 */
    uint64_t queue_time_max, connect_time_max, response_time_max, total_time_max;
};
/* Handshakes of a whole process. Keys: those that resumed nothing. */
struct tls_rates {
    struct rate clients, client_keys, server_keys;
    uint32_t clients_max, client_keys_max, server_keys_max;
};
/* Adds a time to a sliding sum over the last 1024, and keeps the longest. */
void counters_add_time(uint64_t *sum, uint64_t *longest, uint64_t ms);

#endif
