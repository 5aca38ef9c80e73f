/* Answers of the proxy's own: error pages, returns, redirects, and what applets say. */
#include "stream/stream_steps.h"

void stream_set_end(struct stream *stream, char cause, char phase)
{
    if (stream->end_cause == '-')
        stream->end_cause = cause;
    if (stream->end_phase == '-')
        stream->end_phase = phase;
}

/* The message of our own takes the response's place; its body is all there is. */
static bool put_body(struct stream *stream, struct str body)
{
    channel_finish(&stream->response, stream->engine);
    uint64_t in = stream->response.total_in, out = stream->response.total_out;
    channel_init(&stream->response);
    stream->response.total_in = in;
    stream->response.total_out = out;
    if (channel_put(&stream->response, stream->engine, body) < body.size)
        return false;
    stream->response.ended = true;
    return true;
}

/* No memory for the page: the head alone goes out. */
static bool without_body(struct stream *stream)
{
    struct http_msg *head = &stream->http->response;
    channel_finish(&stream->response, stream->engine);
    stream->response.ended = true;
    head->body = HTTP_BODY_LENGTH;
    head->body_length = 0;
    http_msg_remove(head, STR("transfer-encoding"));
    http_msg_remove(head, STR("content-length"));
    return http_msg_add(head, STR("content-length"), STR("0"));
}

bool stream_reply_message(struct stream *stream, struct http_msg *head, struct str body, char cause,
                          char phase)
{
    struct http_txn *http = stream->http;
    stream_drop_back(stream, false);
    bool whole = put_body(stream, body);
    if (!whole && head->status < 400)
        return false;
    http->response = *head;
    http->response.arena = &stream->arena;
    if (!whole && !without_body(stream)) /* of an error its status is worth more than its page */
        return false;
    http->response_ready = http->response_own = true;
    http->response_ruled = false;
    http->status = head->status;
    stream->request.closed = true; /* what still comes of the request is read and dropped */
    channel_forward(&stream->request, CHANNEL_ALL);
    channel_sent(&stream->request, stream->request.output);
    stream->phase = PHASE_RESPONSE;
    stream->step = 0;
    stream->cursor = (struct rule_cursor){ 0 };
    stream->deadline_rules = TIMER_OFF;
    stream_set_end(stream, cause, phase);
    stream_wake(stream);
    return true;
}

bool stream_reply(struct stream *stream, const struct http_reply *reply, char cause, char phase)
{
    if (reply->silent) {
        stream->http->status = reply->status;
        stream_abort(stream, cause, phase, false);
        return true;
    }
    if (reply->use_error_page)
        return stream_reply_error(stream, reply->status, cause, phase);
    struct http_msg head;
    struct str body = STR_NONE;
    struct sample_context context = stream_context(
        stream,
        stream->http->response_ready && !stream->http->response_own ? AT_RESPONSE_HEAD : AT_REQUEST_HEAD,
        stream->backend);
    struct arena_mark mark = arena_mark(context.scratch);
    bool built = http_reply_build(reply, &context, &stream->arena, &head, &body);
    arena_rewind(context.scratch, mark);
    return built && stream_reply_message(stream, &head, body, cause, phase);
}

bool stream_reply_error(struct stream *stream, int status, char cause, char phase)
{
    const struct http_reply *reply = proxy_error_reply(stream->backend, status);
    if (!reply)
        return false;
    if (reply->silent) {
        stream->http->status = status;
        stream_abort(stream, cause, phase, false);
        return true;
    }
    struct http_msg head;
    struct str body = STR_NONE;
    struct sample_context context = stream_context(stream, AT_REQUEST_HEAD, stream->backend);
    struct arena_mark mark = arena_mark(context.scratch);
    bool built = http_reply_build(reply, &context, &stream->arena, &head, &body);
    arena_rewind(context.scratch, mark);
    return built && stream_reply_message(stream, &head, body, cause, phase);
}

void stream_use_applet(struct stream *stream, const struct applet_ops *ops, void *state)
{
    CHECK(!stream->applet);
    stream->applet = ops;
    stream->applet_state = state;
}

bool stream_applet_continue(struct stream *stream)
{
    struct http_msg interim;
    http_msg_init(&interim, &stream->arena, true);
    interim.major = interim.minor = 1;
    interim.version = STR("HTTP/1.1");
    return http_msg_set_status(&interim, 100, STR_NONE) &&
           http_writer_interim(&stream->http->front->writer, &interim, &stream->arena);
}

void stream_applet_head_ready(struct stream *stream)
{
    stream->http->response_ready = true;
    stream->times.response = engine_now(stream->engine);
    if (stream->http->response.body == HTTP_BODY_NONE)
        stream->response.ended = true;
    stream_wake(stream);
}

void stream_applet_end(struct stream *stream)
{
    stream->response.ended = true;
    if (!stream->http)
        stream->request.closed = true;
    stream_wake(stream);
}

void stream_applet_fail(struct stream *stream)
{
    stream->frontend->front_counters.internal_errors++;
    if (stream->http && !stream->http->response_ready) {
        const struct applet_ops *ops = stream->applet;
        stream->applet = NULL;
        if (ops && ops->stop)
            ops->stop(stream);
        if (stream_reply_error(stream, 500, 'P', 'R')) {
            stream->http->applet_failed = true;
            stream->times.response = engine_now(stream->engine);
            return;
        }
    }
    stream_abort(stream, 'I', 'D', false);
}
