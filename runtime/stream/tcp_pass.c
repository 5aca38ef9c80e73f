/* Bytes between two connections: mode tcp, and HTTP after an upgrade. */
#include "base/units.h"
#include "proxy/bind.h"
#include "stream/log_forwarder.h"
#include "stream/stick_rules.h"
#include "stream/stream_steps.h"

bool tcp_pass_receive(struct conn *conn, struct channel *channel, struct engine *engine)
{
    if (channel->ended || channel->failed || channel->closed || !conn->readable || conn->state != CONN_READY)
        return false;
    size_t size;
    char *room = channel_room(channel, engine, 0, &size);
    if (!room || !size)
        return false;
    struct io_vec vec = { room, size };
    struct io_result result = conn_read(conn, &vec, 1);
    if (result.status == IO_OK) {
        channel_added(channel, result.size);
        channel_filled(channel, size, result.size);
        channel->last_in_ns = engine_now(engine);
        return true;
    }
    channel_release_if_empty(channel, engine);
    if (result.status == IO_WOULD_BLOCK)
        return false;
    if (result.status == IO_CLOSED)
        channel->ended = true;
    else
        channel->failed = true;
    conn->readable = false;
    return true;
}

bool tcp_pass_send(struct conn *conn, struct channel *channel, struct engine *engine)
{
    bool moved = false;
    if (conn->state != CONN_READY)
        return false;
    while (channel->output && !channel->closed) {
        struct io_vec vec = { channel->data + channel->from, channel->output };
        struct io_result result = { IO_WOULD_BLOCK, 0 };
        if (conn->writable)
            result = conn_write(conn, &vec, 1, false);
        if (result.status == IO_WOULD_BLOCK) {
            channel_refused(channel, engine_now(engine));
            break;
        }
        moved = true;
        if (result.status != IO_OK) {
            channel->closed = true;
            break;
        }
        channel_sent(channel, result.size);
        channel_taken(channel, engine_now(engine));
    }
    if (channel->ended && !channel->held && !channel->output && !channel->input && !channel->end_sent &&
        !channel->closed) {
        conn_shut_write(conn);
        channel->end_sent = true;
        channel_taken(channel, engine_now(engine));
        moved = true;
    }
    channel_release_if_empty(channel, engine);
    return moved;
}

/* What the rules of one side decided about a stream without HTTP. */
static enum step obey(struct stream *stream, enum rule_result result, bool response)
{
    switch (result) {
    case RULE_NEXT:
    case RULE_STOP:
        return STEP_NEXT;
    case RULE_WAIT:
        return STEP_WAIT;
    case RULE_DENY:
        if (response) {
            stream->backend->back_counters.denied_responses++;
            stream_abort(stream, 'P', 'D', false);
        } else {
            stream->frontend->front_counters.denied_requests++;
            stream_abort(stream, 'P', 'R', false);
        }
        return STEP_WAIT;
    case RULE_FAIL:
    case RULE_INVALID:
        stream_abort(stream, 'P', response ? 'D' : 'R', false);
        return STEP_WAIT;
    case RULE_ABORT:
        stream_abort(stream, 'L', response ? 'D' : 'R', false);
        return STEP_WAIT;
    case RULE_DONE:
        return STEP_NEXT;
    }
    return STEP_WAIT;
}

/* No more data will change what a rule sees: the delay is over, the buffer is full, or the sender ended. */
static bool inspected_enough(struct stream *stream, struct channel *channel, uint64_t delay_ms)
{
    uint64_t now = engine_now(stream->engine);
    if (!delay_ms)
        return true;
    if (!stream->inspect_until)
        stream->inspect_until = now + delay_ms * NS_PER_MS;
    return now >= stream->inspect_until || channel->ended || channel->failed || channel_full(channel);
}

static enum step content_rules(struct stream *stream, const struct ruleset *set, struct proxy *proxy,
                               bool response)
{
    struct channel *channel = response ? &stream->response : &stream->request;
    uint64_t delay =
        response ? proxy->settings.response_inspect_delay : proxy->settings.request_inspect_delay;
    if (!set->count)
        return STEP_NEXT;
    bool final = inspected_enough(stream, channel, delay);
    enum rule_result result =
        stream_run_rules(stream, set, response ? AT_RESPONSE_CONTENT : AT_REQUEST_CONTENT, proxy, final);
    if (result == RULE_WAIT && !final)
        stream_wait_until(stream, stream->inspect_until);
    if (result != RULE_WAIT)
        stream->inspect_until = 0;
    return obey(stream, result, response);
}

/* Who takes a connection without a backend: the management applet that to a stats socket. NULL: nobody. */
static const struct service_row *own_service(const struct stream *stream)
{
    const struct bind *bind = stream->session->bind;
    if (bind && bind->is_cli)
        return stream->engine->configuration->cli_service;
    return stream->frontend->is_log_forward ? &log_forward_service : NULL;
}

static bool begin_service(struct stream *stream, const struct service_row *service)
{
    if (service->begin(stream, service->data))
        return true;
    stream_abort(stream, 'I', 'R', false);
    return false;
}

enum step tcp_pass_request(struct stream *stream)
{
    const struct service_row *service;
    for (;; stream->step++) {
        switch (stream->step) {
        case 0:
            if ((service = own_service(stream)))
                return begin_service(stream, service) ? STEP_NEXT : STEP_WAIT;
            if (content_rules(stream, &stream->frontend->tcp_content, stream->frontend, false) == STEP_WAIT)
                return STEP_WAIT;
            break;
        case 1:
            if (stream->applet)
                return STEP_NEXT;
            if (!stream_switch(stream)) {
                stream_abort(stream, 'S', 'C', false);
                return STEP_WAIT;
            }
            break;
        case 2:
            if (stream->backend != stream->frontend &&
                content_rules(stream, &stream->backend->tcp_content, stream->backend, false) == STEP_WAIT)
                return STEP_WAIT;
            break;
        default:
            return STEP_NEXT;
        }
        if (stream->phase == PHASE_END)
            return STEP_WAIT;
    }
}

enum step tcp_pass_response(struct stream *stream)
{
    if (content_rules(stream, &stream->backend->tcp_response, stream->backend, true) == STEP_WAIT)
        return STEP_WAIT;
    stick_rules_response(stream);
    return STEP_NEXT;
}
