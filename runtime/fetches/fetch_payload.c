/* Fetches of buffer contents (manual 7.3.5). Bytes past what came may still come: until `final` the answer may change. */
#include "base/units.h"
#include "fetches/fetch_raw.h"
#include "fetches/fetches.h"
#include "sample/sample_args.h"
#include "stream/channel.h"
#include "stream/stream.h"

static struct str bytes_of(const struct channel *channel)
{
    return channel && channel->data
               ? str_make(channel->data + channel->from, channel->output + channel->input)
               : STR_NONE;
}

static const struct channel *channel_of(const struct sample_args *args, const struct sample_context *context)
{
    return args->row_data ? context->response_channel : context->request_channel;
}

static bool fetch_len(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    const struct channel *channel = channel_of(args, context);
    if (!channel)
        return false;
    *out = sample_int((int64_t)bytes_of(channel).size);
    context->may_change = !channel->ended;
    return true;
}

/* In mode http the buffer is no longer what the peer sent. */
static bool is_http(const struct sample_context *context)
{
    return context->stream && context->stream->http;
}

static bool fetch_payload(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    const struct channel *channel = channel_of(args, context);
    size_t offset = (size_t)args->list[0].integer, size = (size_t)args->list[1].integer;
    struct str bytes = bytes_of(channel);
    if (!channel || is_http(context) || args->list[0].integer < 0 || args->list[1].integer < 0)
        return false;
    if (offset > bytes.size || (size && bytes.size - offset < size)) {
        context->may_change = !channel->ended;
        return false;
    }
    *out = sample_text(size ? str_slice(bytes, offset, size) : str_from(bytes, offset));
    out->type = SAMPLE_BIN;
    context->may_change = !size && !channel->ended;
    return size || out->u.text.size;
}

/* A block whose size stands in the bytes in front of it, or elsewhere. The third argument is an offset, from behind the
 * size when it has a sign. */
static bool fetch_payload_lv(const struct sample_args *args, struct sample_context *context,
                             struct sample *out)
{
    const struct channel *channel = channel_of(args, context);
    struct str bytes = bytes_of(channel);
    int64_t size_at = args->list[0].integer, size_width = args->list[1].integer, at = size_at + size_width;
    int64_t size = 0, have = (int64_t)bytes.size;
    if (!channel || is_http(context) || size_at < 0)
        return false;
    if (at > have) {
        context->may_change = !channel->ended;
        return false;
    }
    for (int64_t i = size_at; i < at; i++)
        size = (size << 8) + (unsigned char)bytes.data[i];
    if (args->count > 2) {
        struct str text = args->list[2].text;
        bool relative = str_starts(text, STR("+")) || str_starts(text, STR("-"));
        int64_t offset = 0;
        units_read_int(text, &offset);
        at = relative ? at + offset : offset;
    }
    if (at < 0 || !size)
        return false;
    if (size > have || at > have - size) {
        context->may_change = !channel->ended;
        return false;
    }
    *out = sample_text(str_slice(bytes, (size_t)at, (size_t)size));
    out->type = SAMPLE_BIN;
    return true;
}

static bool check_payload_lv(struct sample_args *args, const char **error)
{
    int64_t number;
    if (args->list[1].integer < 1 || args->list[1].integer > 8) {
        *error = "payload length must be > 0";
        return false;
    }
    struct str text = args->count > 2 ? args->list[2].text : STR("0");
    *error = "payload offset2 is not a number";
    return units_read_int(text, &number) == text.size && text.size;
}

static bool fetch_wait_end(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    (void)args;
    if (!context->final) {
        context->may_change = true;
        return false;
    }
    *out = sample_bool(true);
    return true;
}

static bool fetch_proto_http(const struct sample_args *args, struct sample_context *context,
                             struct sample *out)
{
    (void)args;
    if (context->request || (context->stream && context->stream->http)) {
        *out = sample_bool(context->request != NULL);
        return true;
    }
    *out = sample_bool(fetch_raw_request(context) != NULL);
    return out->u.integer || !context->may_change;
}

#define RESPONSE_SIDE ((void *)1)
const struct fetch_row fetch_payload_rows[] = {
    /* name               run                args        out          valid at */
    { "payload", fetch_payload, "int,int", SAMPLE_BIN, AT_REQUEST, NULL, NULL },
    { "payload_lv", fetch_payload_lv, "int,int,str?", SAMPLE_BIN, AT_REQUEST, NULL, check_payload_lv },
    { "req.payload_lv", fetch_payload_lv, "int,int,str?", SAMPLE_BIN, AT_REQUEST, NULL, check_payload_lv },
    { "res.payload_lv", fetch_payload_lv, "int,int,str?", SAMPLE_BIN, AT_RESPONSE, RESPONSE_SIDE,
      check_payload_lv },
    { "req.len", fetch_len, "", SAMPLE_SINT, AT_REQUEST, NULL, NULL },
    { "req_len", fetch_len, "", SAMPLE_SINT, AT_REQUEST, NULL, NULL },
    { "req.payload", fetch_payload, "int,int", SAMPLE_BIN, AT_REQUEST, NULL, NULL },
    { "req.proto_http", fetch_proto_http, "", SAMPLE_BOOL, AT_REQUEST, NULL, NULL },
    { "req_proto_http", fetch_proto_http, "", SAMPLE_BOOL, AT_REQUEST, NULL, NULL },
    { "res.len", fetch_len, "", SAMPLE_SINT, AT_RESPONSE | AT_CHECK, RESPONSE_SIDE, NULL },
    { "res.payload", fetch_payload, "int,int", SAMPLE_BIN, AT_RESPONSE | AT_CHECK, RESPONSE_SIDE, NULL },
    { "wait_end", fetch_wait_end, "", SAMPLE_BOOL, AT_REQUEST | AT_RESPONSE, NULL, NULL },
    { 0 },
};
