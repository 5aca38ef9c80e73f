/* Ready answers, from a message in a file or from the words of a rule, to a head and a body. */
#include "proxy/http_reply.h"
#include "http/h1_parse.h"
#include "http/http_status.h"
#include "sample/sample.h"
#include <stdio.h>

static const int statuses[HTTP_REPLY_COUNT] = {
    [REPLY_200] = 200, [REPLY_400] = 400, [REPLY_401] = 401, [REPLY_403] = 403, [REPLY_404] = 404,
    [REPLY_405] = 405, [REPLY_407] = 407, [REPLY_408] = 408, [REPLY_410] = 410, [REPLY_413] = 413,
    [REPLY_421] = 421, [REPLY_422] = 422, [REPLY_425] = 425, [REPLY_429] = 429, [REPLY_500] = 500,
    [REPLY_501] = 501, [REPLY_502] = 502, [REPLY_503] = 503, [REPLY_504] = 504,
};

int http_reply_index(int status)
{
    for (int i = 0; i < HTTP_REPLY_COUNT; i++) {
        if (statuses[i] == status)
            return i;
    }
    return -1;
}

int http_reply_status(int index)
{
    CHECK(index >= 0 && index < HTTP_REPLY_COUNT);
    return statuses[index];
}

static struct http_reply *make_reply(int status, struct arena *arena)
{
    struct http_reply *reply = arena_need(arena, sizeof(*reply));
    reply->status = status;
    return reply;
}

/* The framing that the fields announce must be the body that is there: what a client would wait for is not to be cut
 * or run on. */
static const char *framing_fault(const struct http_msg *message, size_t body_size, struct arena *arena)
{
    if (message->status < 200 && message->status != 101)
        return arena_printf(arena, "invalid http status code for an error message (%d)", message->status)
            .data;
    if (message->body == HTTP_BODY_CHUNKED)
        return "chunk-encoded payload not supported";
    if (message->body == HTTP_BODY_NONE && body_size)
        return "message payload not expected";
    if (message->body == HTTP_BODY_LENGTH && message->body_length != body_size)
        return arena_printf(arena, "payload size does not match the announced content-length (%zu != %llu)",
                            body_size, (unsigned long long)message->body_length)
            .data;
    return NULL;
}

struct http_reply *http_reply_from_message(int status, struct str text, struct arena *arena,
                                           const char **error)
{
    struct http_reply *reply = make_reply(status, arena);
    if (!text.size) {
        reply->silent = true;
        return reply;
    }
    struct h1_options options = { .is_response = true, .accept_invalid = true, .field_max = 101 };
    struct h1_parser parser;
    struct http_msg *message = arena_need(arena, sizeof(*message));
    size_t used = 0;
    http_msg_init(message, arena, true);
    h1_parser_init(&parser, &options, arena);
    if (h1_parse_head(&parser, text, message, &used) != H1_DONE) {
        *error = arena_printf(arena, "unable to parse headers (error offset: %zu)", parser.error_at).data;
        return NULL;
    }
    *error = framing_fault(message, text.size - used, arena);
    if (*error)
        return NULL;
    reply->body = REPLY_BODY_WHOLE;
    reply->message = message;
    reply->text = arena_copy(arena, str_from(text, used));
    return reply;
}

/* The usual pages: a sentence of HTML, never cached (as HAProxy's, whose texts clients and scripts look for). */
static void fill_usual_page(struct http_reply *reply, int status, struct arena *arena)
{
    struct http_msg *head = arena_need(arena, sizeof(*head));
    struct str size = arena_printf(arena, "%zu", http_status_page(status).size);
    http_msg_init(head, arena, true);
    head->major = head->minor = 1;
    head->version = STR("HTTP/1.1");
    head->keep_alive = true;
    head->body = HTTP_BODY_LENGTH;
    bool good = http_msg_set_status(head, status, http_status_page_reason(status)) &&
                http_msg_add(head, STR("content-length"), size) &&
                http_msg_add(head, STR("cache-control"), STR("no-cache")) &&
                http_msg_add(head, STR("content-type"), STR("text/html"));
    CHECK(good && "out of memory");
    reply->status = status;
    reply->body = REPLY_BODY_WHOLE;
    reply->message = head;
    reply->text = http_status_page(status);
}

struct http_reply *http_reply_usual_pages(struct arena *arena)
{
    struct http_reply *pages = arena_need(arena, HTTP_REPLY_COUNT * sizeof(*pages));
    for (int i = 0; i < HTTP_REPLY_COUNT; i++)
        fill_usual_page(&pages[i], statuses[i], arena);
    return pages;
}

struct http_reply *http_reply_location(int status, const char *url, struct arena *arena)
{
    for (const char *at = url; *at; at++) {
        if ((unsigned char)*at < 32 || *at == 127)
            return NULL;
    }
    const char *error = NULL;
    struct str text = arena_printf(
        arena, "HTTP/1.1 %d %s\r\ncache-control: no-cache\r\ncontent-length: 0\r\nlocation: %s\r\n\r\n",
        status, status == 303 ? "See Other" : "Found", url);
    return text.data ? http_reply_from_message(status, text, arena, &error) : NULL;
}

static bool copy_message(const struct http_reply *reply, struct arena *arena, struct http_msg *head,
                         struct str *body)
{
    if (!http_msg_copy(reply->message, head, arena))
        return false;
    *body = reply->text;
    if (head->body == HTTP_BODY_UNTIL_CLOSE || head->body == HTTP_BODY_LENGTH) {
        head->body = HTTP_BODY_LENGTH;
        head->body_length = body->size;
    }
    return true;
}

static bool has_no_body(int status)
{
    return status < 200 || status == 204 || status == 304;
}

static bool add_length(struct http_msg *head, size_t size)
{
    char text[24];
    if (has_no_body(head->status)) {
        head->body = HTTP_BODY_NONE;
        return true;
    }
    head->body = HTTP_BODY_LENGTH;
    head->body_length = size;
    int length = snprintf(text, sizeof(text), "%zu", size);
    return http_msg_add(head, STR("content-length"), str_make(text, (size_t)length));
}

static bool add_headers(const struct http_reply *reply, struct sample_context *context, struct http_msg *head)
{
    for (const struct http_reply_header *header = reply->headers; header; header = header->next) {
        struct str value = log_format_text(header->value, context, true);
        if (!value.data || (value.size && !http_msg_add(head, header->name, value)))
            return false; /* an empty value is no field */
    }
    return true;
}

static bool make_body(const struct http_reply *reply, struct sample_context *context, struct arena *arena,
                      struct str *body)
{
    *body = STR_NONE;
    if (reply->body == REPLY_BODY_TEXT)
        *body = reply->text;
    if (reply->body != REPLY_BODY_FORMAT)
        return true;
    struct str text = log_format_text(reply->format, context, true);
    if (!text.data)
        return false;
    *body = context->scratch == arena ? text : arena_copy(arena, text);
    return body->data;
}

bool http_reply_build(const struct http_reply *reply, struct sample_context *context, struct arena *arena,
                      struct http_msg *head, struct str *body)
{
    CHECK(!reply->silent && !reply->use_error_page);
    http_msg_init(head, arena, true);
    if (reply->body == REPLY_BODY_WHOLE)
        return copy_message(reply, arena, head, body);
    head->major = head->minor = 1;
    head->version = STR("HTTP/1.1");
    head->keep_alive = true;
    if (!http_msg_set_status(head, reply->status, STR_NONE) || !make_body(reply, context, arena, body))
        return false;
    if (has_no_body(reply->status))
        *body = STR_NONE;
    if (!add_length(head, body->size))
        return false;
    if (reply->content_type && body->size &&
        !http_msg_add(head, STR("content-type"), str_of(reply->content_type)))
        return false;
    return add_headers(reply, context, head);
}
