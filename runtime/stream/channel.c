/* Buffers of channels come from the engine's pool when the first byte needs room and go back with the last. */
#include "stream/channel.h"
#include "stream/engine.h"

void channel_init(struct channel *channel)
{
    *channel = (struct channel){ 0 };
}

void channel_finish(struct channel *channel, struct engine *engine)
{
    if (channel->data)
        pool_give(channel->bulk ? &engine->bulk_buffers : &engine->buffers, channel->data);
    channel->data = NULL;
    channel->bulk = false;
    channel->capacity = channel->from = channel->output = channel->input = channel->raw = 0;
}

static size_t held(const struct channel *channel)
{
    return channel->output + channel->input + channel->raw;
}

void channel_release_if_empty(struct channel *channel, struct engine *engine)
{
    if (channel->data && held(channel) == 0)
        channel_finish(channel, engine);
}

static void take_buffer(struct channel *channel, struct engine *engine)
{
    const struct pool *large = &engine->bulk_buffers;
    if (channel->eager && channel->forward >= large->object_size)
        channel->data = pool_take(&engine->bulk_buffers);
    channel->bulk = channel->data;
    if (!channel->data)
        channel->data = pool_take(&engine->buffers);
    channel->capacity = channel->bulk ? large->object_size : engine->buffers.object_size;
}

char *channel_room(struct channel *channel, struct engine *engine, size_t reserve, size_t *size)
{
    *size = 0;
    if (!channel->data) {
        take_buffer(channel, engine);
        if (!channel->data)
            return NULL;
        channel->from = 0;
    }
    size_t used = held(channel);
    if (used == 0)
        channel->from = 0;
    if (used + reserve >= channel->capacity)
        return channel->data; /* full */
    size_t limit = channel->capacity - reserve;
    if (channel->from &&
        (limit <= channel->from + used || limit - channel->from - used < channel->capacity / 4)) {
        memmove(channel->data, channel->data + channel->from, used);
        channel->from = 0;
    }
    *size = limit > channel->from + used ? limit - channel->from - used : 0;
    return channel->data + channel->from + used;
}

/* Input may pass at once as far as `forward` goes. */
static void pass(struct channel *channel)
{
    size_t size = channel->input;
    if (channel->forward != CHANNEL_ALL) {
        if (size > channel->forward)
            size = (size_t)channel->forward;
        channel->forward -= size;
    }
    channel->input -= size;
    channel->output += size;
}

void channel_added(struct channel *channel, size_t size)
{
    CHECK(channel->raw == 0 && channel->from + held(channel) + size <= channel->capacity);
    channel->input += size;
    channel->total_in += size;
    if (channel->forward)
        pass(channel);
}

void channel_added_raw(struct channel *channel, size_t size)
{
    CHECK(channel->from + held(channel) + size <= channel->capacity);
    channel->raw += size;
}

void channel_drop_raw(struct channel *channel, size_t size)
{
    CHECK(size <= channel->raw);
    size_t kept = channel->output + channel->input;
    channel->raw -= size;
    if (!size)
        return;
    if (kept == 0) {
        channel->from += size;
        return;
    }
    char *raw = channel->data + channel->from + kept;
    if (kept < channel->raw) { /* the shorter side moves */
        memmove(channel->data + channel->from + size, channel->data + channel->from, kept);
        channel->from += size;
    } else {
        memmove(raw, raw + size, channel->raw);
    }
}

void channel_take_raw(struct channel *channel, size_t size)
{
    CHECK(size <= channel->raw);
    channel->raw -= size;
    channel->input += size;
    channel->total_in += size;
    if (channel->forward)
        pass(channel);
}

void channel_forward(struct channel *channel, uint64_t size)
{
    if (channel->forward == CHANNEL_ALL || size == CHANNEL_ALL)
        channel->forward = CHANNEL_ALL;
    else
        channel->forward += size;
    pass(channel);
}

void channel_sent(struct channel *channel, size_t size)
{
    CHECK(size <= channel->output);
    channel->output -= size;
    channel->from += size;
    channel->total_out += size;
}

size_t channel_put(struct channel *channel, struct engine *engine, struct str text)
{
    if (!text.size)
        return 0;
    size_t room;
    char *to = channel_room(channel, engine, 0, &room);
    if (!to)
        return 0;
    if (room < text.size && channel->from) { /* the bytes at hand may move to the front */
        memmove(channel->data, channel->data + channel->from, held(channel));
        channel->from = 0;
        to = channel->data + held(channel);
        room = channel->capacity - held(channel);
    }
    size_t size = text.size < room ? text.size : room;
    memcpy(to, text.data, size);
    channel_added(channel, size);
    return size;
}

void channel_cut_input(struct channel *channel, size_t at, size_t size)
{
    CHECK(at <= channel->input && size <= channel->input - at);
    char *input = channel->data + channel->from + channel->output;
    memmove(input + at, input + at + size, channel->input - at - size + channel->raw);
    channel->input -= size;
}

bool channel_insert_input(struct channel *channel, struct engine *engine, size_t at, struct str text)
{
    CHECK(at <= channel->input);
    if (!text.size)
        return true;
    size_t room;
    if (!channel_room(channel, engine, 0, &room) || channel->capacity - held(channel) < text.size)
        return false;
    if (channel->from) {
        memmove(channel->data, channel->data + channel->from, held(channel));
        channel->from = 0;
    }
    char *input = channel->data + channel->output;
    memmove(input + at + text.size, input + at, channel->input - at + channel->raw);
    memcpy(input + at, text.data, text.size);
    channel->input += text.size;
    return true;
}

bool channel_full(const struct channel *channel)
{
    return channel->data && held(channel) >= channel->capacity;
}
