/* Heads of answers made here are framed in chunks for HTTP/1.1 and end with the connection before. */
#include "admin/http_answer.h"
#include "stream/stream.h"

bool http_answer_head(struct stream *stream, int status, const struct http_answer_field *fields, bool body)
{
    struct http_msg *head = &stream->http->response;
    const struct http_msg *request = &stream->http->request;
    http_msg_init(head, &stream->arena, true);
    head->version = STR("HTTP/1.1");
    head->major = head->minor = 1;
    head->keep_alive = true;
    if (!http_msg_set_status(head, status, STR_NONE))
        return false;
    for (const struct http_answer_field *field = fields; field->name; field++)
        if (!http_msg_add(head, str_of(field->name), str_of(field->value)))
            return false;
    stream->http->status = status;
    if (!body) {
        if (!http_msg_add(head, STR("content-length"), STR("0")))
            return false;
        head->body = HTTP_BODY_LENGTH;
        head->body_length = 0;
    } else if (request->major > 1 || (request->major == 1 && request->minor >= 1)) {
        if (!http_msg_add(head, STR("transfer-encoding"), STR("chunked")))
            return false;
        head->body = HTTP_BODY_CHUNKED;
    } else {
        head->body = HTTP_BODY_UNTIL_CLOSE;
    }
    if (request->method_id == HTTP_HEAD)
        head->body = HTTP_BODY_NONE;
    stream_applet_head_ready(stream);
    return true;
}

bool http_answer_flush(struct stream *stream, struct http_answer *answer)
{
    struct str rest = str_from(buf_str(&answer->text), answer->at);
    if (rest.size)
        answer->at += channel_put(&stream->response, stream->engine, rest);
    if (answer->at < answer->text.size)
        return false;
    buf_reset(&answer->text);
    answer->at = 0;
    return true;
}

void http_answer_finish(struct http_answer *answer)
{
    buf_finish(&answer->text);
}
