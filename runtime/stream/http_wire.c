/* The channel holds body data alone; heads are copied into the stream's arena when they are complete, so that the
 * buffer is free for the body at once and a head can be sent again to another server. */
#include "stream/http_wire.h"
#include "base/dict.h"
#include "stream/engine.h"

bool http_wire_fill(struct conn *conn, struct channel *channel, struct engine *engine, size_t reserve)
{
    size_t size;
    if (!conn->readable || conn->state != CONN_READY || channel->failed)
        return false;
    char *room = channel_room(channel, engine, reserve, &size);
    if (!room || !size)
        return false;
    struct io_vec vec = { room, size };
    struct io_result result = conn_read(conn, &vec, 1);
    if (result.status == IO_OK) {
        channel_added_raw(channel, result.size);
        channel_filled(channel, size, result.size);
        channel->last_in_ns = engine_now(engine);
        return true;
    }
    channel_release_if_empty(channel, engine);
    if (result.status == IO_WOULD_BLOCK)
        return false;
    conn->readable = false;
    if (result.status != IO_CLOSED)
        channel->failed = true;
    return true;
}

void http_reader_init(struct http_reader *reader, const struct h1_options *options, struct arena *arena)
{
    h1_parser_init(&reader->parser, options, arena);
    reader->trailers = (struct h1_trailers){ 0 };
    reader->head_done = reader->broken = false;
}

enum h1_status http_reader_head(struct http_reader *reader, struct channel *channel, struct http_msg *msg)
{
    size_t used = 0;
    enum h1_status status = h1_parse_head(&reader->parser, channel_raw(channel), msg, &used);
    if (status == H1_DONE) {
        channel_drop_raw(channel, used);
        reader->head_done = true;
        h1_body_init(&reader->body, msg->body, msg->body_length);
        if (reader->body.kind == HTTP_BODY_NONE || (msg->body == HTTP_BODY_LENGTH && msg->body_length == 0))
            channel->ended = true;
    }
    return status;
}

/* Of the framing just skipped, what belongs to the trailers. false: no memory. */
static bool keep_trailers(struct http_reader *reader, struct channel *channel, struct str skipped, bool ended)
{
    const struct h1_body *body = &reader->body;
    struct arena *arena = reader->parser.arena;
    struct str bytes = str_from(skipped, body->trailers_at);
    bool any = reader->trailers.size || body->any_trailer || body->state == BODY_TRAILER_NAME;
    if (!bytes.size || !any || channel->closed)
        return true;
    if (!h1_trailers_add(&reader->trailers, bytes, arena))
        return false;
    if (ended)
        channel->trailers = h1_trailers_end(&reader->trailers, arena);
    return !ended || channel->trailers.data;
}

bool http_reader_body(struct http_reader *reader, struct channel *channel)
{
    bool moved = false;
    while (channel->raw && !channel->ended && !reader->broken) {
        size_t skip = 0, data = 0;
        enum h1_status status = h1_body_next(&reader->body, channel_raw(channel), &skip, &data);
        if (!keep_trailers(reader, channel, str_slice(channel_raw(channel), 0, skip), status == H1_DONE))
            status = H1_REJECT;
        channel_drop_raw(channel, skip);
        channel_take_raw(channel, data);
        if (channel->closed) { /* nobody wants it: drained so that the connection can go on */
            channel_forward(channel, CHANNEL_ALL);
            channel_sent(channel, channel->output);
        }
        moved |= skip || data;
        if (status == H1_DONE)
            channel->ended = true;
        else if (status == H1_REJECT)
            reader->broken = channel->failed = true;
        else if (!skip && !data)
            break;
    }
    return moved || reader->broken;
}

void http_reader_closed(struct http_reader *reader, struct channel *channel)
{
    if (channel->ended || channel->raw)
        return;
    if (h1_body_closed(&reader->body))
        channel->ended = true;
    else
        channel->failed = true;
}

void http_reader_tunnel(struct http_reader *reader, struct channel *channel)
{
    h1_body_init(&reader->body, HTTP_BODY_TUNNEL, 0);
    channel->ended = false;
    channel->forward = CHANNEL_ALL;
}

/* option h1-case-adjust-bogus-*: only the case of names changes, so that it is done in place. */
static void adjust_cases(char *head, size_t size, const struct dict *cases)
{
    size_t at = str_find_char(str_make(head, size), '\n') + 1;
    while (at < size && head[at] != '\r') {
        struct str rest = str_make(head + at, size - at);
        struct str name = str_slice(rest, 0, str_find_char(rest, ':'));
        const char *wanted = dict_get(cases, name);
        if (wanted)
            memcpy(head + at, wanted, name.size);
        at += str_find_char(rest, '\n') + 1;
    }
}

static bool put_head(struct http_writer *writer, const struct http_msg *msg, struct arena *arena)
{
    size_t before = writer->head.size, size = h1_head_size(msg);
    char *text = arena_alloc(arena, before + size);
    if (!text)
        return false;
    if (before)
        memcpy(text, writer->head.data, before);
    size = h1_write_head(msg, text + before);
    if (writer->cases)
        adjust_cases(text + before, size, writer->cases);
    writer->head = str_make(text, before + size);
    return true;
}

bool http_writer_begin(struct http_writer *writer, const struct http_msg *msg, bool no_body,
                       struct arena *arena)
{
    if (!put_head(writer, msg, arena))
        return false;
    writer->head_bytes = writer->head.size;
    writer->chunked = msg->body == HTTP_BODY_CHUNKED && !no_body;
    writer->counted = msg->body == HTTP_BODY_LENGTH && !no_body && h1_write_length(msg, &writer->length_left);
    writer->no_body = no_body;
    writer->started = true;
    return true;
}

bool http_writer_interim(struct http_writer *writer, const struct http_msg *msg, struct arena *arena)
{
    return put_head(writer, msg, arena);
}

/* A chunk of all output that is there; the last one carries the end with it. */
static void open_chunk(struct http_writer *writer, const struct channel *channel)
{
    bool all = channel->ended && !channel->input &&
               !channel->held; /* what is raw then belongs to the next message */
    if (writer->frame_size || writer->tail.size || writer->chunk_left || writer->last_chunk)
        return;
    struct str end =
        channel->trailers.size && !writer->drop_trailers ? channel->trailers : STR("\r\n0\r\n\r\n");
    writer->frame_at = 0;
    if (channel->output) {
        writer->frame_size = (unsigned)h1_write_chunk_size(channel->output, writer->frame);
        writer->chunk_left = channel->output;
        writer->tail = all ? end : STR("\r\n");
    } else if (all) {
        writer->tail = str_from(end, 2);
    }
    writer->last_chunk = all;
}

static size_t take(size_t *written, size_t have)
{
    size_t size = *written < have ? *written : have;
    *written -= size;
    return size;
}

static void sent(struct http_writer *writer, struct channel *channel, size_t written)
{
    writer->head = str_from(writer->head, take(&written, writer->head.size));
    writer->frame_at += (unsigned)take(&written, writer->frame_size - writer->frame_at);
    if (writer->frame_at == writer->frame_size)
        writer->frame_at = writer->frame_size = 0;
    size_t data = take(&written, writer->chunked ? (size_t)writer->chunk_left : channel->output);
    if (writer->chunked)
        writer->chunk_left -= data;
    if (writer->counted)
        writer->length_left -= data;
    channel_sent(channel, data);
    writer->tail = str_from(writer->tail, take(&written, writer->tail.size));
    CHECK(written == 0);
}

bool http_writer_idle(const struct http_writer *writer, const struct channel *channel)
{
    return !writer->head.size && !writer->frame_size && !writer->tail.size &&
           (!channel->output || writer->no_body || !writer->started);
}

bool http_writer_flush(struct http_writer *writer, struct conn *conn, struct channel *channel,
                       struct engine *engine)
{
    bool moved = false;
    if (writer->done || writer->broken || conn->state != CONN_READY)
        return false;
    for (;;) {
        if (writer->counted && channel->output > writer->length_left)
            return writer->broken = true;
        if (writer->no_body && writer->started && channel->output) {
            channel_sent(channel, channel->output);
            moved = true;
        }
        if (writer->chunked && writer->started)
            open_chunk(writer, channel);
        struct io_vec vecs[4];
        unsigned count = 0;
        if (writer->head.size)
            vecs[count++] = (struct io_vec){ (char *)(uintptr_t)writer->head.data, writer->head.size };
        if (writer->frame_size)
            vecs[count++] =
                (struct io_vec){ writer->frame + writer->frame_at, writer->frame_size - writer->frame_at };
        size_t data = !writer->started ? 0 : writer->chunked ? (size_t)writer->chunk_left : channel->output;
        if (data)
            vecs[count++] = (struct io_vec){ channel->data + channel->from, data };
        if (writer->tail.size)
            vecs[count++] = (struct io_vec){ (char *)(uintptr_t)writer->tail.data, writer->tail.size };
        if (!count)
            break;
        struct io_result result = { IO_WOULD_BLOCK, 0 };
        if (conn->writable)
            result = conn_write(conn, vecs, count, false);
        if (result.status != IO_OK) {
            if (result.status == IO_WOULD_BLOCK) {
                channel_refused(channel, engine_now(engine));
            } else { /* said once: it may be asked again and again */
                moved |= !channel->closed;
                channel->closed = true;
            }
            break;
        }
        sent(writer, channel, result.size);
        channel_taken(channel, engine_now(engine));
        moved = true;
    }
    if (writer->started && channel->ended && !channel->held && !channel->input &&
        http_writer_idle(writer, channel) && (!writer->chunked || writer->last_chunk)) {
        writer->broken = writer->counted && writer->length_left && !channel->closed;
        writer->done = !writer->broken;
        moved = true;
    }
    channel_release_if_empty(channel, engine);
    return moved;
}
