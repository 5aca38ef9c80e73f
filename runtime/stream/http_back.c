/* The server's side of HTTP/1: the request goes out as soon as the connection stands, the response comes in. */
#include "proxy/server.h"
#include "stream/refused_message.h"
#include "stream/stream_steps.h"
#include "tls/tls_conn.h"

/* http-send-name-header: the server learns its own name. */
static bool add_name(struct stream *stream)
{
    const char *name = stream->backend->settings.send_name_header;
    struct http_msg *request = &stream->http->request;
    if (!name || !stream->server)
        return true;
    http_msg_remove(request, str_of(name));
    return http_msg_add(request, str_of(name), str_of(stream->server->name));
}

bool http_back_begin(struct stream *stream)
{
    struct http_txn *http = stream->http;
    struct http_back *back = arena_zero(&stream->arena, sizeof(*back));
    if (!back || !add_name(stream) || !http_fit_framing(&http->request, false))
        return false;
    struct h1_options options = {
        .is_response = true,
        .accept_invalid = stream->backend->settings.accept_invalid_response,
        .field_max = (unsigned)stream->engine->configuration->globals.http_maxhdr,
        .answers_head = http->request.method_id == HTTP_HEAD,
        .answers_connect = http->request.method_id == HTTP_CONNECT,
    };
    http_reader_init(&back->reader, &options, &stream->arena);
    http_msg_init(&http->response, &stream->arena, true);
    if (stream->backend->settings.case_of_server)
        back->writer.cases = &stream->engine->configuration->header_cases;
    back->writer.drop_trailers = stream->frontend->settings.drop_request_trailers;
    if (!http_writer_begin(&back->writer, &http->request, false, &stream->arena))
        return false;
    back->begun = true;
    http->back = back;
    return true;
}

bool http_back_send(struct stream *stream)
{
    struct http_back *back = stream->http->back;
    if (!back || back->writer.done)
        return false;
    bool moved = http_writer_flush(&back->writer, &stream->back->conn, &stream->request, stream->engine);
    if (moved)
        stream->request_begun = true;
    return moved;
}

/* 100 Continue, 103 Early Hints and the like pass at once; another head follows on the same connection. */
static bool pass_interim(struct stream *stream)
{
    struct http_txn *http = stream->http;
    struct http_back *back = http->back;
    struct h1_options options = back->reader.parser.options;
    bool told = true;
    if (http->request.minor >= 1 || http->request.major > 1)
        told = http_writer_interim(&http->front->writer, &http->response, &stream->arena);
    http_msg_init(&http->response, &stream->arena, true);
    http_reader_init(&back->reader, &options, &stream->arena);
    stream->response.ended = false;
    return told;
}

/* NTLM and Negotiate tell who the connection is, not who the request is. */
static bool asks_for_identity(const struct http_msg *response)
{
    const char *name = response->status == 401   ? "www-authenticate"
                       : response->status == 407 ? "proxy-authenticate"
                                                 : NULL;
    struct http_field *field = NULL;
    while (name && (field = http_msg_find(response, str_of(name), field))) {
        struct str scheme = str_slice(field->value, 0, 4);
        if (str_eq_nocase(scheme, STR("Nego")) || str_eq_nocase(scheme, STR("NTLM")))
            return true;
    }
    return false;
}

static void response_is_whole(struct stream *stream)
{
    struct http_txn *http = stream->http;
    http->response_ready = true;
    stream->times.response = engine_now(stream->engine);
    if (asks_for_identity(&http->response))
        server_conn_make_private(stream->back);
}

/* The server threw away what it got before the handshake was done (RFC 8470 section 5.2). */
static bool early_was_refused(struct stream *stream)
{
    const struct tls_conn *tls = stream->back ? tls_conn_of(&stream->back->conn) : NULL;
    if (!tls || tls->failure != TLS_EARLY_REFUSED)
        return false;
    stream->early_refused = true;
    return true;
}

static void response_failed(struct stream *stream, int status, char cause)
{
    if (early_was_refused(stream)) {
        if (http_retry(stream, RETRY_0RTT_REJECTED))
            return;
        status = 425;
    }
    if (http_retry(stream, cause == 'S' ? RETRY_EMPTY_RESPONSE : RETRY_JUNK_RESPONSE))
        return;
    if (stream->server) {
        stream->server->counters.failed_responses++;
        if (stream->engine->observe)
            stream->engine->observe(stream->engine, stream->server, true, false);
    }
    stream->backend->back_counters.failed_responses++;
    stream_drop_back(stream, false);
    if (!stream_reply_error(stream, status, cause, 'H'))
        stream_abort(stream, cause, 'H', false);
}

/* 101 to a request that asked for no other protocol: nobody knows what follows. */
static bool unasked_upgrade(const struct stream *stream)
{
    return stream->http->response.status == 101 && !stream->http->request.upgrade;
}

static bool receive_head(struct stream *stream)
{
    struct http_back *back = stream->http->back;
    struct channel *channel = &stream->response;
    struct conn *conn = &stream->back->conn;
    const struct globals *globals = &stream->engine->configuration->globals;
    bool moved = false;
    while (!stream->http->response_ready) {
        if (channel->raw) {
            size_t before = channel->raw;
            enum h1_status status = http_reader_head(&back->reader, channel, &stream->http->response);
            stream->response.total_in += before - channel->raw;
            stream->http->response_head_size = before - channel->raw;
            if (status == H1_REJECT || (status == H1_DONE && unasked_upgrade(stream)) ||
                (status == H1_MORE && channel->raw >= globals->bufsize - globals->maxrewrite)) {
                if (status != H1_DONE)
                    refused_message_head(stream, &back->reader, channel, true, status);
                response_failed(stream, 502, 'P');
                return true;
            }
            if (status == H1_DONE) {
                moved = true;
                int code = stream->http->response.status;
                if (code >= 100 && code < 200 && code != 101) {
                    if (pass_interim(stream))
                        continue;
                    response_failed(stream, 500, 'R');
                    return true;
                }
                unsigned reason = http_retry_reason(code);
                if (reason && http_retry(stream, reason))
                    return true;
                response_is_whole(stream);
                return true;
            }
        }
        if (!http_wire_fill(conn, channel, stream->engine, 0))
            return moved;
        moved = true;
        if (channel->failed || conn->read_ended) {
            response_failed(stream, 502, 'S');
            return true;
        }
    }
    return moved;
}

bool http_back_receive(struct stream *stream)
{
    struct http_txn *http = stream->http;
    struct channel *channel = &stream->response;
    if (!http->back || !stream->back)
        return false;
    if (!http->response_ready) {
        if (stream->phase != PHASE_RESPONSE || !receive_head(stream))
            return false;
        if (http->response_ready && !http->response_own &&
            !channel->ended) /* what came with the head leaves with it */
            refused_message_body(stream, &http->back->reader, channel, true);
        return true;
    }
    if (channel->ended || channel->failed || channel->closed)
        return false;
    struct http_reader *reader = &http->back->reader;
    bool moved = refused_message_body(stream, reader, channel, true);
    if (!channel->ended && !channel->failed &&
        http_wire_fill(&stream->back->conn, channel, stream->engine, stream_body_reserve(stream, true))) {
        moved = true;
        refused_message_body(stream, reader, channel, true);
        if (stream->back->conn.read_ended)
            http_reader_closed(reader, channel);
    }
    return moved;
}
