/* `retry-on` (HAProxy manual 4.2): a request that got no answer, a broken one or one of certain statuses is sent again,
 * as long as all of it is still at hand and nothing of an answer went to the client. */
#include "proxy/server.h"
#include "stream/stream_steps.h"

static const struct {
    int status;
    unsigned reason;
} statuses[] = {
    { 401, RETRY_401 }, { 403, RETRY_403 }, { 404, RETRY_404 }, { 408, RETRY_408 },
    { 425, RETRY_425 }, { 429, RETRY_429 }, { 500, RETRY_500 }, { 501, RETRY_501 },
    { 502, RETRY_502 }, { 503, RETRY_503 }, { 504, RETRY_504 },
};

unsigned http_retry_reason(int status)
{
    for (size_t i = 0; i < COUNT_OF(statuses); i++) {
        if (statuses[i].status == status)
            return statuses[i].reason;
    }
    return 0;
}

void http_retry_keep(struct stream *stream)
{
    const struct channel *request = &stream->request;
    stream->kept_request = false;
    if (!(stream->backend->settings.retry_on & ~(unsigned)RETRY_CONN_FAILURE) || !request->ended ||
        request->total_out)
        return;
    stream->kept = STR_NONE;
    if (request->output) {
        stream->kept = arena_copy(&stream->arena, channel_output(request));
        if (!stream->kept.data)
            return;
    }
    stream->kept_request = true;
}

static bool put_back(struct stream *stream)
{
    struct channel *request = &stream->request;
    struct str raw = channel_raw(request);
    if (raw.size) { /* a pipelined request stays behind the body */
        raw = arena_copy(&stream->arena, raw);
        if (!raw.data)
            return false;
    }
    uint64_t total_in = request->total_in;
    request->raw = request->input = request->output = 0;
    request->closed = request->failed = request->end_sent = false;
    request->total_out = 0;
    if (channel_put(request, stream->engine, stream->kept) < stream->kept.size)
        return false;
    size_t room;
    char *to = raw.size ? channel_room(request, stream->engine, 0, &room) : NULL;
    if (raw.size && (!to || room < raw.size))
        return false;
    if (raw.size) {
        memcpy(to, raw.data, raw.size);
        channel_added_raw(request, raw.size);
    }
    request->total_in = total_in;
    request->ended = true;
    return true;
}

bool http_retry(struct stream *stream, unsigned reason)
{
    struct http_txn *http = stream->http;
    if (!http || http->response_ruled || http->response_own || !stream->kept_request || stream->no_l7_retry ||
        !stream->tries_left || !(stream->backend->settings.retry_on & reason))
        return false;
    if (stream->back)
        server_conn_destroy(stream->back, false);
    stream->back = NULL;
    http->back = NULL;
    if (!put_back(stream))
        return false;
    channel_finish(&stream->response, stream->engine);
    channel_init(&stream->response);
    http->response_ready = stream->request_begun = false;
    stream->phase = PHASE_CONNECT;
    stream->step = 0;
    return server_pick_again(stream, false);
}
