/* Reads the head anew at each fetch: rules that look at HTTP in mode tcp are few, and the buffer may have grown. */
#include "fetches/fetch_raw.h"
#include "http/h1_parse.h"
#include "proxy/configuration.h"
#include "sample/sample.h"
#include "stream/channel.h"

struct http_msg *fetch_raw_request(struct sample_context *context)
{
    const struct channel *channel = context->request_channel;
    const struct globals *globals = &context->configuration->globals;
    if (context->each.raw) /* values of one message are walked */
        return context->each.raw;
    if (!channel || !channel->data) {
        context->may_change = channel && !channel->ended;
        return NULL;
    }
    struct h1_options options = { .field_max = (unsigned)globals->http_maxhdr };
    struct http_msg *msg = arena_alloc(context->scratch, sizeof(*msg));
    struct h1_parser parser;
    size_t used = 0;
    if (!msg)
        return NULL;
    http_msg_init(msg, context->scratch, false);
    h1_parser_init(&parser, &options, context->scratch);
    struct str bytes = str_make(channel->data + channel->from, channel->output + channel->input);
    enum h1_status status = h1_parse_head(&parser, bytes, msg, &used);
    if (status == H1_MORE)
        context->may_change = !channel->ended;
    if (status != H1_DONE)
        return NULL;
    if (context->each.wanted)
        context->each.raw = msg;
    return msg;
}
