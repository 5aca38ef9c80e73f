/* A handshake counts at the proxy and at the listener or server that it was with; rates are the process's alone. */
#include "stream/tls_count.h"
#include "proxy/bind.h"
#include "proxy/configuration.h"
#include "proxy/server.h"
#include "stream/engine.h"
#include "stream/server_conn.h"
#include "stream/stream.h"
#include "tls/tls_conn.h"

bool tls_count_room(const struct configuration *configuration)
{
    return !configuration->globals.maxsslconn ||
           configuration->tls->counters.current < (uint64_t)configuration->globals.maxsslconn;
}

static void count(struct proxy_counters *counters, bool well, bool resumed)
{
    if (!well)
        counters->tls_failed++;
    else if (resumed)
        counters->tls_resumed++;
    else
        counters->tls_sessions++;
}

void tls_count_client(struct session *session, bool well)
{
    const struct tls_conn *tls = tls_conn_of(&session->conn);
    struct tls_rates *process = &session->engine->configuration->tls_rates;
    uint64_t now = engine_now(session->engine);
    if (!tls)
        return;
    bool resumed = well && SSL_session_reused(tls->ssl);
    count(&session->frontend->front_counters, well, resumed);
    count(&session->bind->counters, well, resumed);
    if (!well)
        return;
    rate_count(&process->clients, &process->clients_max, now);
    if (!resumed)
        rate_count(&process->client_keys, &process->client_keys_max, now);
}

void tls_count_server(struct stream *stream, bool well)
{
    const struct tls_conn *tls = tls_conn_of(&stream->back->conn);
    struct tls_rates *process = &stream->engine->configuration->tls_rates;
    if (!tls)
        return;
    /* Early data goes out before the answer, on a session that is taken up. */
    bool resumed = well && (SSL_session_reused(tls->ssl) || !tls->done);
    count(&stream->backend->back_counters, well, resumed);
    if (stream->server)
        count(&stream->server->counters, well, resumed);
    if (well && !resumed)
        rate_count(&process->server_keys, &process->server_keys_max, engine_now(stream->engine));
}
