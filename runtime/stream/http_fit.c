/* Heads are made fit for the other side: what is one connection's business goes, what the other one needs comes. And the
 * options that look at a whole head: http-restrict-req-hdr-names, checkcache. */
#include "proxy/proxy.h"
#include "proxy/server.h"
#include "stream/stream_steps.h"

/* Takes the words that are this connection's business out of Connection, keeping others (RFC 9110 section 7.6.1). */
static bool clean_connection(struct http_msg *msg, bool keep_upgrade)
{
    struct http_field *field = NULL;
    while ((field = http_msg_find_id(msg, FIELD_CONNECTION, field))) {
        struct str rest = field->value, word;
        struct buf kept = BUF_INIT;
        while (rest.data) {
            word = str_trim(str_split(&rest, ','));
            bool ours = !word.size || str_eq_nocase(word, STR("keep-alive")) ||
                        str_eq_nocase(word, STR("close")) ||
                        (!keep_upgrade && str_eq_nocase(word, STR("upgrade")));
            if (ours)
                continue;
            if (kept.size)
                buf_add(&kept, STR(", "));
            buf_add(&kept, word);
        }
        bool well = !kept.failed;
        if (well && !kept.size)
            http_msg_remove_field(msg, field);
        else if (well && !str_eq(buf_str(&kept), field->value))
            well = http_msg_set_value(msg, field, buf_str(&kept));
        buf_finish(&kept);
        if (!well)
            return false;
    }
    while ((field = http_msg_find_id(msg, FIELD_PROXY_CONNECTION, NULL)))
        http_msg_remove_field(msg, field);
    while ((field = http_msg_find_id(msg, FIELD_KEEP_ALIVE, NULL)))
        http_msg_remove_field(msg, field);
    return true;
}

static enum http_connection_mode connection_mode(const struct stream *stream)
{
    int front = stream->frontend->settings.http_connection_mode,
        back = stream->backend->settings.http_connection_mode;
    return (enum http_connection_mode)(front > back ? front : back);
}

/* option http-use-proxy-header: a client that takes us for its proxy asked with Proxy-Connection. */
static struct str connection_field(const struct stream *stream)
{
    const struct http_msg *request = &stream->http->request;
    bool as_proxy = stream->frontend->settings.http_use_proxy_header && !str_starts(request->uri, STR("/"));
    return as_proxy ? STR("proxy-connection") : STR("connection");
}

static bool add_unique_id(struct stream *stream)
{
    const char *name = stream->frontend->settings.unique_id_header;
    struct str id = stream_unique_id(stream);
    return !name || !id.data || http_msg_add(&stream->http->request, str_of(name), id);
}

/* The request as the server is to see it. */
bool http_fit_request(struct stream *stream)
{
    struct http_msg *request = &stream->http->request;
    if (!add_unique_id(stream))
        return false;
    if (connection_mode(stream) == HTTP_CLOSE)
        stream->http->client_keep_alive = false;
    if (!clean_connection(request, request->upgrade) || !http_forward_add(stream))
        return false;
    bool keep = connection_mode(stream) == HTTP_KEEP_ALIVE;
    if (request->upgrade)
        return true;
    if (stream->backend->settings.http_pretend_keepalive)
        keep = true; /* the server is not told that its connection ends with this answer */
    if (!keep && (request->minor >= 1 || request->major > 1))
        return http_msg_add(request, connection_field(stream), STR("close"));
    if (keep && request->major == 1 && request->minor == 0)
        return http_msg_add(request, connection_field(stream), STR("keep-alive"));
    return true;
}

/* The response as the client is to see it (RFC 9112 section 6 and 9). */
bool http_fit_response(struct stream *stream)
{
    struct http_txn *http = stream->http;
    struct http_msg *response = &http->response;
    http->status = response->status;
    if (response->body == HTTP_BODY_TUNNEL)
        return clean_connection(response, true);
    if (!clean_connection(response, false))
        return false;
    bool old_client = http->request.major == 1 && http->request.minor == 0;
    if (response->body == HTTP_BODY_CHUNKED && old_client) { /* RFC 9112 section 6.1: not for HTTP/1.0 */
        http_msg_remove(response, STR("transfer-encoding"));
        response->body = HTTP_BODY_UNTIL_CLOSE;
    }
    bool old_response = response->major == 1 && response->minor == 0;
    bool odd_framing =
        old_response && response->body == HTTP_BODY_CHUNKED; /* the same section: closed behind it */
    if (connection_mode(stream) == HTTP_CLOSE || response->body == HTTP_BODY_UNTIL_CLOSE || odd_framing ||
        engine_ends_connection(stream->engine))
        http->client_keep_alive = false;
    if (!http->client_keep_alive && !old_response)
        return http_msg_add(response, connection_field(stream), STR("close"));
    if (http->client_keep_alive && (old_client || old_response))
        return http_msg_add(response, connection_field(stream), STR("keep-alive"));
    return true;
}

/* ---- framing ---- */

static void remove_fields(struct http_msg *msg, enum http_field_id id)
{
    for (struct http_field *field; (field = http_msg_find_id(msg, id, NULL));)
        http_msg_remove_field(msg, field);
}

static bool is_old(const struct http_msg *msg)
{
    return msg->major == 1 && msg->minor == 0;
}

static bool set_length(struct http_msg *msg, uint64_t length)
{
    char text[24];
    struct buf digits = { text, 0, sizeof(text), sizeof(text) - 1, false };
    remove_fields(msg, FIELD_CONTENT_LENGTH);
    buf_add_uint(&digits, length);
    return http_msg_add(msg, STR("content-length"), buf_str(&digits));
}

/* Once, as the last of the codings. */
static bool says_chunked(const struct http_msg *msg)
{
    struct http_value_cursor cursor = { 0 };
    unsigned count = 0;
    bool last = false;
    while (http_msg_next_value(msg, STR("transfer-encoding"), false, &cursor))
        count += last = str_eq_nocase(cursor.value, STR("chunked"));
    return last && count == 1;
}

static bool mentions_chunked(const struct http_msg *msg)
{
    struct http_value_cursor cursor = { 0 };
    while (http_msg_next_value(msg, STR("transfer-encoding"), false, &cursor))
        if (str_eq_nocase(cursor.value, STR("chunked")))
            return true;
    return false;
}

static bool frame_chunked(struct http_msg *msg)
{
    msg->body = HTTP_BODY_CHUNKED;
    remove_fields(msg, FIELD_CONTENT_LENGTH);
    if (says_chunked(msg))
        return true;
    remove_fields(msg, FIELD_TRANSFER_ENCODING);
    return http_msg_add(msg, STR("transfer-encoding"), STR("chunked"));
}

/* The first length counts; a body that lost its length goes in chunks, as in HAProxy, or ends with the connection. */
static bool frame_by_length(struct http_msg *msg)
{
    struct http_field *first = http_msg_find_id(msg, FIELD_CONTENT_LENGTH, NULL), *other;
    uint64_t length;
    remove_fields(msg, FIELD_TRANSFER_ENCODING);
    if (!first && !msg->is_response && !msg->body_length)
        return true;
    if (!first && !is_old(msg))
        return frame_chunked(msg);
    if (!first && msg->is_response)
        msg->body = HTTP_BODY_UNTIL_CLOSE;
    if (!first)
        return msg->is_response || set_length(msg, msg->body_length);
    while ((other = http_msg_find_id(msg, FIELD_CONTENT_LENGTH, first)))
        http_msg_remove_field(msg, other);
    return h1_write_length(msg, &length) || set_length(msg, msg->body_length);
}

bool http_fit_framing(struct http_msg *msg, bool no_body)
{
    bool tells =
        msg->is_response && msg->status >= 200 && msg->status != 204; /* HEAD, 304: of another message */
    if (msg->body == HTTP_BODY_TUNNEL || (no_body && tells))
        return true;
    if (no_body || msg->body == HTTP_BODY_NONE) {
        remove_fields(msg, FIELD_CONTENT_LENGTH);
        remove_fields(msg, FIELD_TRANSFER_ENCODING);
        if (no_body || !msg->is_response)
            return true;
        msg->body = HTTP_BODY_LENGTH; /* a rule made it a response that has one */
        msg->body_length = 0;
    }
    if (msg->body == HTTP_BODY_LENGTH)
        return frame_by_length(msg);
    if (msg->body == HTTP_BODY_CHUNKED)
        return frame_chunked(msg);
    remove_fields(msg, FIELD_CONTENT_LENGTH);
    if (mentions_chunked(msg))
        remove_fields(msg, FIELD_TRANSFER_ENCODING);
    return true;
}

/* ---- option http-restrict-req-hdr-names ---- */

static bool is_restricted(struct str name)
{
    for (size_t i = 0; i < name.size; i++) {
        if (!ascii_alpha(name.data[i]) && !ascii_digit(name.data[i]) && name.data[i] != '-')
            return true;
    }
    return false;
}

bool http_fit_names(struct stream *stream, const struct proxy *proxy)
{
    struct http_msg *request = &stream->http->request;
    if (!proxy->settings.restrict_names_reject && !proxy->settings.restrict_names_delete)
        return true;
    for (struct http_field *field = http_msg_next(request, NULL); field;
         field = http_msg_next(request, field)) {
        if (!is_restricted(field->name))
            continue;
        if (proxy->settings.restrict_names_reject)
            return false;
        http_msg_remove_field(request, field);
    }
    return true;
}

/* ---- option checkcache ---- */

/* What a cache may keep without being told so (RFC 9110 sections 9.2.3 and 15.1). */
static bool is_cacheable_by_itself(const struct http_txn *http)
{
    static const int statuses[] = { 200, 203, 204, 206, 300, 301, 404, 405, 410, 414, 501 };
    enum http_method method = http->request.method_id;
    bool method_fits =
        method == HTTP_GET || method == HTTP_HEAD || method == HTTP_OPTIONS || method == HTTP_TRACE;
    for (size_t i = 0; i < COUNT_OF(statuses) && method_fits; i++) {
        if (statuses[i] == http->response.status)
            return true;
    }
    return false;
}

static bool says_private(struct str word)
{
    static const struct str words[] = { STR_INIT("private"), STR_INIT("no-store"), STR_INIT("max-age=0"),
                                        STR_INIT("s-maxage=0"), STR_INIT("no-cache") };
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (str_eq_nocase(word, words[i]))
            return true;
    }
    return str_eq_nocase(word, STR("no-cache=\"set-cookie\"")) ||
           str_starts_nocase(word, STR("no-cache=\"set-cookie,"));
}

bool http_fit_cookies(struct stream *stream)
{
    const struct http_msg *response = &stream->http->response;
    bool cacheable = is_cacheable_by_itself(stream->http);
    struct http_value_cursor cursor = { 0 };
    if (!http_msg_find_id(response, FIELD_SET_COOKIE, NULL))
        return true;
    while (http_msg_next_value(response, STR("pragma"), false, &cursor)) {
        if (str_eq_nocase(cursor.value, STR("no-cache")))
            return true;
    }
    cursor = (struct http_value_cursor){ 0 };
    while (http_msg_next_value(response, STR("cache-control"), false, &cursor)) {
        if (says_private(cursor.value))
            return true;
        cacheable |= str_eq_nocase(cursor.value, STR("public"));
    }
    if (!cacheable)
        return true;
    struct str text =
        arena_printf(&stream->arena, "Blocking cacheable cookie in response from instance %s, server %s.",
                     stream->backend->name, stream->server ? stream->server->name : "<dispatch>");
    if (text.data)
        stream_log_text(stream, stream->backend, LOG_ALERT, text);
    return false;
}
