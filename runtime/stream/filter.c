/* The filters of a stream, in their order; a direction without any that wants its data costs one test. */
#include "stream/filter.h"
#include "proxy/proxy.h"

static struct channel *channel_of(struct stream *stream, bool response)
{
    return response ? &stream->response : &stream->request;
}

void filter_attach(struct stream *stream, const struct proxy *proxy)
{
    struct stream_filter **end = &stream->filters;
    while (*end)
        end = &(*end)->next;
    for (const struct filter_config *config = proxy->filters; config; config = config->next) {
        struct stream_filter *filter = arena_zero(&stream->arena, sizeof(*filter));
        if (!filter)
            return;
        filter->config = config;
        filter->stream = stream;
        if (!config->row->attach(filter))
            continue;
        *end = filter;
        end = &filter->next;
    }
}

static void stop(struct stream_filter *filter, bool response)
{
    struct filter_way *way = &filter->ways[response];
    if (way->started && !way->stopped && filter->config->row->stop)
        filter->config->row->stop(filter, response);
    way->stopped = true;
}

void filter_detach(struct stream *stream)
{
    for (struct stream_filter *filter = stream->filters; filter; filter = filter->next) {
        stop(filter, false);
        stop(filter, true);
        filter->config->row->detach(filter);
    }
    stream->filters = NULL;
}

static enum step obey(struct stream *stream, enum filter_result result, bool response)
{
    if (result == FILTER_FAIL)
        stream_abort(stream, 'P', response ? 'D' : 'R', false);
    return result == FILTER_NEXT ? STEP_NEXT : STEP_WAIT;
}

enum step filter_start(struct stream *stream, bool response)
{
    for (struct stream_filter *filter = stream->filters; filter; filter = filter->next) {
        struct filter_way *way = &filter->ways[response];
        const struct filter_row *row = filter->config->row;
        if (way->started)
            continue;
        enum filter_result result = row->start ? row->start(filter, response) : FILTER_NEXT;
        if (result != FILTER_NEXT)
            return obey(stream, result, response);
        way->started = true;
    }
    return STEP_NEXT;
}

enum step filter_head(struct stream *stream, bool response)
{
    for (struct stream_filter *filter = stream->filters; filter; filter = filter->next) {
        struct filter_way *way = &filter->ways[response];
        const struct filter_row *row = filter->config->row;
        if (way->head_seen)
            continue;
        enum filter_result result = row->head && stream->http ? row->head(filter, response) : FILTER_NEXT;
        if (result != FILTER_NEXT)
            return obey(stream, result, response);
        way->head_seen = true;
    }
    return STEP_NEXT;
}

static bool wanted(const struct stream *stream, bool response)
{
    for (const struct stream_filter *filter = stream->filters; filter; filter = filter->next)
        if (filter->ways[response].wants_data)
            return true;
    return false;
}

void filter_open(struct stream *stream, bool response)
{
    stream->filters_open[response] = true;
    if (!stream->filters || !wanted(stream, response))
        channel_forward(channel_of(stream, response), CHANNEL_ALL);
}

void filter_want_data(struct stream_filter *filter, bool response, bool wants)
{
    struct stream *stream = filter->stream;
    filter->ways[response].wants_data = wants;
    if (!stream->filters_open[response])
        return;
    if (!wanted(stream, response))
        channel_forward(channel_of(stream, response), CHANNEL_ALL);
    else
        channel_of(stream, response)->forward = 0;
}

static bool any_pending(const struct stream *stream, bool response)
{
    for (const struct stream_filter *filter = stream->filters; filter; filter = filter->next)
        if (filter->ways[response].pending)
            return true;
    return false;
}

/* All filters look at the same input; what none holds up goes on. */
static bool show_data(struct stream *stream, bool response)
{
    struct channel *channel = channel_of(stream, response);
    if (!channel->input && !channel->held)
        return false;
    for (struct stream_filter *filter = stream->filters; filter; filter = filter->next) {
        struct filter_way *way = &filter->ways[response];
        const struct filter_row *row = filter->config->row;
        if (!row->data || (!way->pending && (!way->wants_data || !channel->input)))
            continue;
        way->seen = channel->total_in;
        enum filter_result result = row->data(filter, response);
        channel->held = any_pending(stream, response);
        if (result == FILTER_FAIL)
            (void)obey(stream, result, response);
        if (result != FILTER_NEXT)
            return false;
    }
    if (channel->input)
        channel_forward(channel, channel->input);
    return true;
}

static bool show_end(struct stream *stream, bool response)
{
    bool moved = false;
    for (struct stream_filter *filter = stream->filters; filter; filter = filter->next) {
        struct filter_way *way = &filter->ways[response];
        const struct filter_row *row = filter->config->row;
        if (way->ended || !way->started)
            continue;
        enum filter_result result =
            row->end && stream->http && way->head_seen ? row->end(filter, response) : FILTER_NEXT;
        if (result != FILTER_NEXT) {
            (void)obey(stream, result, response);
            return moved;
        }
        way->ended = moved = true;
    }
    return moved;
}

bool filter_data(struct stream *stream)
{
    bool moved = false;
    for (int response = 0; response < 2 && stream->phase != PHASE_END; response++) {
        const struct channel *channel = channel_of(stream, response);
        if (!stream->filters_open[response])
            continue;
        if (wanted(stream, response) || channel->held)
            moved |= show_data(stream, response);
        if (channel->ended && !channel->input && !channel->raw && !channel->held)
            moved |= show_end(stream, response);
    }
    return moved;
}
