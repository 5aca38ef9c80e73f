/* The client's side of HTTP/1: requests come in, responses go out. A request that cannot be read is answered here. */
#include "base/units.h"
#include "proxy/bind.h"
#include "stream/refused_message.h"
#include "stream/stick_rules.h"
#include "stream/stream_steps.h"

bool http_front_begin(struct stream *stream)
{
    const struct proxy *frontend = stream->frontend;
    stream->http = arena_zero(&stream->arena, sizeof(*stream->http));
    if (!stream->http)
        return false;
    struct http_txn *http = stream->http;
    http->front = arena_zero(&stream->arena, sizeof(*http->front));
    if (!http->front)
        return false;
    http->deny_status = 403;
    http->cookie_state[0] = http->cookie_state[1] = '-';
    struct h1_options options = {
        .accept_invalid = frontend->settings.accept_invalid_request,
        .field_max = (unsigned)stream->engine->configuration->globals.http_maxhdr,
    };
    http_msg_init(&http->request, &stream->arena, false);
    http_msg_init(&http->response, &stream->arena, true);
    http_reader_init(&http->front->reader, &options, &stream->arena);
    return true;
}

/* "GET /x HTTP/1.1" as it came. Each request has one, so that it is put together by hand. */
static struct str request_line(const struct http_msg *request, struct arena *arena)
{
    const struct str words[] = { request->method, STR(" "), request->uri, STR(" "), request->version };
    size_t size = 0, at = 0;
    for (size_t i = 0; i < COUNT_OF(words); i++)
        size += words[i].size;
    char *line = arena_alloc(arena, size + 1);
    if (!line)
        return STR_NONE;
    for (size_t i = 0; i < COUNT_OF(words); at += words[i++].size)
        if (words[i].size)
            memcpy(line + at, words[i].data, words[i].size);
    line[size] = 0;
    return str_make(line, size);
}

/* The log shows what came, whether or not it could be read. */
static void keep_uri(struct stream *stream)
{
    struct http_txn *http = stream->http;
    const struct http_msg *request = &http->request;
    size_t limit = (size_t)stream->engine->configuration->globals.http_logurilen;
    http->method = request->method;
    http->target = request->uri;
    http->version = request->version;
    struct str line = request_line(request, &stream->arena);
    http->uri = limit && line.size >= limit ? str_slice(line, 0, limit - 1) : line;
}

void http_front_request_failed(struct stream *stream, int status, char cause)
{
    stick_count_request(stream);
    stick_count_error(stream);
    stream->frontend->front_counters.failed_requests++;
    if (stream->session->bind)
        stream->session->bind->counters.failed_requests++;
    stream->times.request = 0;
    stream->http->client_keep_alive = false;
    stream->request.closed = true;
    if (!stream_reply_error(stream, status, cause, 'R'))
        stream_abort(stream, cause, 'R', false);
}

static void request_is_whole(struct stream *stream)
{
    struct http_txn *http = stream->http;
    http->request_ready = true;
    http->client_keep_alive = http->request.keep_alive;
    stream->times.request = engine_now(stream->engine);
    stream->times.wall_request = loop_wall(stream->engine->loop);
    stream->deadline_request = TIMER_OFF;
    keep_uri(stream);
}

static bool receive_head(struct stream *stream)
{
    struct http_reader *reader = &stream->http->front->reader;
    struct channel *channel = &stream->request;
    const struct globals *globals = &stream->engine->configuration->globals;
    bool moved = false;
    while (!stream->http->request_ready) {
        if (channel->raw) {
            size_t before = channel->raw;
            enum h1_status status = http_reader_head(reader, channel, &stream->http->request);
            if (status == H1_DONE) {
                stream->request.total_in += before - channel->raw;
                stream->http->request_head_size = before - channel->raw;
                request_is_whole(stream);
                return true;
            }
            if (status == H1_REJECT || channel->raw >= globals->bufsize - globals->maxrewrite) {
                refused_message_head(stream, reader, channel, false, status);
                int code =
                    status == H1_REJECT && reader->parser.error_status ? reader->parser.error_status : 400;
                http_front_request_failed(stream, code, 'P');
                return true;
            }
        }
        if (!http_wire_fill(&stream->session->conn, channel, stream->engine, 0))
            return moved;
        moved = true;
        if (channel->failed || stream->session->conn.read_ended) {
            http_front_request_failed(stream, 400, 'C');
            return true;
        }
    }
    return moved;
}

bool http_front_receive(struct stream *stream)
{
    struct http_txn *http = stream->http;
    struct conn *conn = &stream->session->conn;
    struct channel *channel = &stream->request;
    if (!http->request_ready) {
        if (stream->phase != PHASE_REQUEST || !receive_head(stream))
            return false;
        if (http->request_ready && !channel->ended)
            refused_message_body(stream, &http->front->reader, channel, false);
        return true;
    }
    if (channel->ended || channel->failed)
        return false;
    struct http_reader *reader = &http->front->reader;
    bool moved = refused_message_body(stream, reader, channel, false);
    if (!channel->ended && !channel->failed &&
        http_wire_fill(conn, channel, stream->engine, stream_body_reserve(stream, false))) {
        moved = true;
        refused_message_body(stream, reader, channel, false);
        if (conn->read_ended)
            http_reader_closed(reader, channel);
    }
    return moved;
}

bool stream_send_interim(struct stream *stream, const struct http_msg *head)
{
    return http_writer_interim(&stream->http->front->writer, head, &stream->arena);
}

bool stream_ask_for_body(struct stream *stream)
{
    struct http_msg *request = &stream->http->request, head;
    if (!request->expect_continue || stream->request.input || stream->request.raw || stream->request.ended)
        return true;
    request->expect_continue = false;
    http_msg_remove(request, STR("expect"));
    http_msg_init(&head, &stream->arena, true);
    head.major = head.minor = 1;
    head.version = STR("HTTP/1.1");
    head.body = HTTP_BODY_NONE;
    return http_msg_set_status(&head, 100, STR_NONE) && stream_send_interim(stream, &head);
}

bool http_front_send(struct stream *stream)
{
    struct http_txn *http = stream->http;
    struct conn *conn = &stream->session->conn;
    if (!http->front->writer.started && !http->front->writer.head.size)
        return false;
    return http_writer_flush(&http->front->writer, conn, &stream->response, stream->engine);
}
