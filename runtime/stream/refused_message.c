/* One block of memory a message; a new one takes the place of the old one. */
#include "stream/refused_message.h"
#include "base/mem.h"
#include "stream/http_wire.h"
#include "stream/stream.h"

void refused_message_keep(struct stream *stream, bool is_response, struct str bytes, size_t position,
                          const char *why)
{
    struct proxy *front = stream->frontend, *back = stream->backend;
    struct refused_message **kept = is_response ? &back->refused_response : &front->refused_request;
    uint64_t event = stream->engine->configuration->refused_serial++;
    struct refused_message *message = mem_alloc(sizeof(*message) + bytes.size);
    if (!message)
        return;
    *message = (struct refused_message){
        .wall_ns = loop_wall(stream->engine->loop),
        .event = event,
        .other = is_response     ? front
                 : back != front ? back
                                 : NULL,
        .server = stream->server,
        .source = *conn_source(&stream->session->conn),
        .why = why,
        .position = position,
        .size = bytes.size,
    };
    if (bytes.size)
        memcpy(message->bytes, bytes.data, bytes.size);
    mem_free(*kept);
    *kept = message;
}

void refused_message_head(struct stream *stream, const struct http_reader *reader,
                          const struct channel *channel, bool is_response, enum h1_status status)
{
    const struct h1_parser *parser = &reader->parser;
    struct str bytes = channel_raw(channel);
    if (status == H1_MORE)
        refused_message_keep(stream, is_response, bytes, bytes.size, "the head does not fit into the buffer");
    else
        refused_message_keep(stream, is_response, bytes, parser->error_at, h1_error_text(parser->error));
}

bool refused_message_body(struct stream *stream, struct http_reader *reader, struct channel *channel,
                          bool is_response)
{
    bool was_broken = reader->broken, moved = http_reader_body(reader, channel);
    if (reader->broken && !was_broken)
        refused_message_keep(stream, is_response, channel_raw(channel), 0,
                             "the framing of the body is broken");
    return moved;
}

void refused_message_forget(struct proxy *proxy)
{
    mem_free(proxy->refused_request);
    mem_free(proxy->refused_response);
    proxy->refused_request = proxy->refused_response = NULL;
}
