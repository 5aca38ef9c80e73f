/* Fetches of HTTP messages (manual 7.3.6). Where one function serves both sides, the row's data says which message is
 * meant. */
#include "base/digest.h"
#include "base/units.h"
#include "fetches/fetch_raw.h"
#include "fetches/fetches.h"
#include "http/http_cookie.h"
#include "http/http_uri.h"
#include "stream/stream.h"

#define OF_REQUEST  ((void *)1)
#define OF_RESPONSE ((void *)2)
#define OF_RULE     ((void *)3) /* the message that the rule is about */

static struct http_msg *message(const struct sample_args *args, struct sample_context *context)
{
    bool response = args->row_data == OF_RESPONSE || (args->row_data == OF_RULE && context->is_response_side);
    struct http_msg *msg = response ? context->response : context->request;
    if (msg || !context->stream)
        return msg;
    if (!response && !context->stream->http)
        return fetch_raw_request(context);
    if (!context->final)
        context->may_change = true;
    return NULL;
}

static bool give(struct str text, struct sample *out)
{
    *out = sample_text(text);
    return text.data != NULL;
}

static bool fetch_method(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    const struct http_txn *http = context->stream ? context->stream->http : NULL;
    (void)args;
    if (!http || !http->request_ready)
        return false;
    /* The client's method, whatever rules made of it (TRUTHS A33). */
    *out = (struct sample){ .type = SAMPLE_METH, .u.method = { http_method_of(http->method), http->method } };
    return true;
}

static bool fetch_path(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    const struct http_msg *msg = message(args, context);
    return msg && http_msg_path(msg).size && give(http_msg_path(msg), out);
}

static bool fetch_pathq(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    const struct http_msg *msg = message(args, context);
    return msg && http_msg_pathq(msg).size && give(http_msg_pathq(msg), out);
}

static bool fetch_query(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    const struct http_msg *msg = message(args, context);
    return msg && http_msg_query(msg).data && give(http_msg_query(msg), out);
}

static bool fetch_url(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    const struct http_msg *msg = message(args, context);
    return msg && give(msg->uri, out);
}

/* The first Host field and the path, without query. */
static bool fetch_base(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    const struct http_msg *msg = message(args, context);
    struct str host = STR_NONE;
    if (!msg)
        return false;
    const struct http_field *field = http_msg_find_id(msg, FIELD_HOST, NULL);
    if (field)
        host = field->value;
    if (!host.size)
        return fetch_path(args, context, out);
    return give(arena_printf(context->scratch, "%.*s%.*s", STR_ARG(host), STR_ARG(http_msg_path(msg))), out);
}

static struct str first_host(const struct http_msg *msg)
{
    const struct http_field *field = http_msg_find_id(msg, FIELD_HOST, NULL);
    return field ? field->value : STR("");
}

static bool fetch_base_query(const struct sample_args *args, struct sample_context *context,
                             struct sample *out)
{
    const struct http_msg *msg = message(args, context);
    return msg && give(arena_printf(context->scratch, "%.*s%.*s", STR_ARG(first_host(msg)),
                                    STR_ARG(http_msg_pathq(msg))),
                       out);
}

static bool hash_of(struct sample *out)
{
    *out = sample_int(digest_avalanche(digest_sdbm(out->u.text)));
    return true;
}

static bool fetch_base32(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    return fetch_base(args, context, out) && hash_of(out);
}

static bool fetch_url32(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    return fetch_base_query(args, context, out) && hash_of(out);
}

/* The hash in four bytes and the client's address behind it. */
static bool add_source(struct sample_context *context, struct sample *out)
{
    struct sample source;
    if (!context->session || !sample_of_addr(conn_source(&context->session->conn), &source))
        return false;
    size_t size = source.type == SAMPLE_IPV4 ? 4 : 16;
    char *bytes = arena_alloc(context->scratch, 4 + size);
    if (!bytes)
        return false;
    for (unsigned i = 0; i < 4; i++)
        bytes[i] = (char)((uint32_t)out->u.integer >> (24 - 8 * i));
    memcpy(bytes + 4, source.u.ip, size);
    *out = (struct sample){ .type = SAMPLE_BIN, .u.text = { bytes, 4 + size } };
    return true;
}

static bool fetch_base32_src(const struct sample_args *args, struct sample_context *context,
                             struct sample *out)
{
    return fetch_base32(args, context, out) && add_source(context, out);
}

static bool fetch_url32_src(const struct sample_args *args, struct sample_context *context,
                            struct sample *out)
{
    return fetch_url32(args, context, out) && add_source(context, out);
}

/* The host of a request-target that names one, when it is an IPv4 address, and the port. */
static bool url_addr(const struct sample_args *args, struct sample_context *context, struct addr *out)
{
    const struct http_msg *msg = message(args, context);
    struct http_authority authority;
    struct http_uri uri;
    int64_t port = 80;
    if (!msg)
        return false;
    http_uri_split(msg->uri, &uri);
    if (uri.form != HTTP_URI_ABSOLUTE || !http_uri_split_authority(uri.authority, false, &authority) ||
        !addr_parse_ip(authority.host, out) || out->family != ADDR_IPV4)
        return false;
    if (authority.port.size && !units_parse_int(authority.port, 0, UINT16_MAX, &port))
        return false;
    out->port = (uint16_t)port;
    return true;
}

static bool fetch_url_ip(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    struct addr addr;
    return url_addr(args, context, &addr) && sample_of_addr(&addr, out);
}

static bool fetch_url_port(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    struct addr addr;
    if (!url_addr(args, context, &addr))
        return false;
    *out = sample_int(addr.port);
    return true;
}

static bool fetch_version(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    const struct http_msg *msg = message(args, context);
    return msg && give(str_from(msg->version, 5), out);
}

static bool fetch_status(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    const struct http_msg *msg = message(args, context);
    if (!msg)
        return false;
    *out = sample_int(msg->status);
    return true;
}

/* ---- header fields ---- */

static struct str lower(struct str name, struct arena *scratch)
{
    size_t at = 0;
    while (at < name.size && (name.data[at] < 'A' || name.data[at] > 'Z'))
        at++;
    if (at == name.size)
        return name;
    struct str copy = arena_copy(scratch, name);
    for (size_t i = 0; i < copy.size; i++)
        ((char *)(uintptr_t)copy.data)[i] = ascii_lower(copy.data[i]);
    return copy;
}

static bool value_at(const struct sample_args *args, struct sample_context *context, bool full,
                     struct str *out)
{
    const struct http_msg *msg = message(args, context);
    if (!msg)
        return false;
    int n = args->count > 1 ? (int)args->list[1].integer : 0;
    struct str name = lower(args->list[0].text, context->scratch);
    if (args->count < 2 && context->each.wanted) { /* conditions look at each value in turn */
        if (!http_msg_next_value(msg, name, full, &context->each.values))
            return false;
        *out = context->each.values.value;
        context->each.more = http_msg_has_next_value(msg, name, &context->each.values);
        return true;
    }
    return http_msg_value_at(msg, name, full, n, out);
}

static bool fetch_header(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    struct str value;
    return value_at(args, context, false, &value) && give(value, out);
}

static bool fetch_whole_header(const struct sample_args *args, struct sample_context *context,
                               struct sample *out)
{
    struct str value;
    return value_at(args, context, true, &value) && give(value, out);
}

static bool fetch_header_value(const struct sample_args *args, struct sample_context *context,
                               struct sample *out)
{
    struct str value;
    int64_t number = 0;
    if (!value_at(args, context, false, &value))
        return false;
    units_read_int(value, &number);
    *out = sample_int(number);
    return true;
}

static bool fetch_header_ip(const struct sample_args *args, struct sample_context *context,
                            struct sample *out)
{
    struct str value;
    struct addr addr;
    while (value_at(args, context, false, &value)) {
        size_t colon = str_find_char(value, ':');
        size_t close = str_find_last_char(value, ']');
        bool bracketed = str_starts(value, STR("[")) && close != STR_NOT_FOUND;
        if (addr_parse_ip(bracketed ? str_slice(value, 1, close - 1) : value, &addr) ||
            (colon != STR_NOT_FOUND && colon == str_find_last_char(value, ':') &&
             addr_parse_ip(str_slice(value, 0, colon), &addr)))
            return sample_of_addr(&addr, out);
        if (!context->each.wanted || args->count > 1)
            return false;
    }
    return false;
}

static unsigned values_of(struct str list)
{
    unsigned count = 1;
    for (size_t end = http_msg_value_end(list, 0); end < list.size; end = http_msg_value_end(list, end + 1))
        count++;
    return count;
}

static bool count_header(const struct sample_args *args, struct sample_context *context, bool full,
                         struct sample *out)
{
    const struct http_msg *msg = message(args, context);
    unsigned count = 0;
    if (!msg)
        return false;
    if (args->count && args->list[0].text.size)
        count = http_msg_count_values(msg, lower(args->list[0].text, context->scratch), full);
    else
        for (struct http_field *field = http_msg_next(msg, NULL); field; field = http_msg_next(msg, field))
            count += full ? 1 : values_of(field->value);
    *out = sample_int(count);
    return true;
}

static bool fetch_header_count(const struct sample_args *args, struct sample_context *context,
                               struct sample *out)
{
    return count_header(args, context, false, out);
}

static bool fetch_whole_header_count(const struct sample_args *args, struct sample_context *context,
                                     struct sample *out)
{
    return count_header(args, context, true, out);
}

static bool fetch_header_names(const struct sample_args *args, struct sample_context *context,
                               struct sample *out)
{
    const struct http_msg *msg = message(args, context);
    struct buf names = BUF_INIT;
    if (!msg)
        return false;
    for (struct http_field *field = http_msg_next(msg, NULL); field; field = http_msg_next(msg, field)) {
        if (names.size)
            buf_add(&names, args->count ? args->list[0].text : STR(","));
        buf_add(&names, field->name);
    }
    bool well = give(arena_copy(context->scratch, buf_str(&names)), out);
    buf_finish(&names);
    return well;
}

static bool fetch_headers(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    const struct http_msg *msg = message(args, context);
    struct buf text = BUF_INIT;
    if (!msg)
        return false;
    for (struct http_field *field = http_msg_next(msg, NULL); field; field = http_msg_next(msg, field))
        buf_printf(&text, "%.*s: %.*s\r\n", STR_ARG(field->name), STR_ARG(field->value));
    buf_add(&text, STR("\r\n"));
    bool well = give(arena_copy(context->scratch, buf_str(&text)), out);
    buf_finish(&text);
    return well;
}

/* A number of SPOE: up to 239 in one byte, then seven bits a byte behind the first four. */
static void add_number(struct buf *out, uint64_t value)
{
    if (value < 240) {
        buf_add_char(out, (char)value);
        return;
    }
    buf_add_char(out, (char)(value | 240));
    for (value = (value - 240) >> 4; value >= 128; value = (value - 128) >> 7)
        buf_add_char(out, (char)(value | 128));
    buf_add_char(out, (char)value);
}

static void add_counted(struct buf *out, struct str text)
{
    add_number(out, text.size);
    buf_add(out, text);
}

static bool fetch_headers_binary(const struct sample_args *args, struct sample_context *context,
                                 struct sample *out)
{
    const struct http_msg *msg = message(args, context);
    struct buf text = BUF_INIT;
    if (!msg)
        return false;
    for (struct http_field *field = http_msg_next(msg, NULL); field; field = http_msg_next(msg, field)) {
        add_counted(&text, field->name);
        add_counted(&text, field->value);
    }
    add_number(&text, 0);
    add_number(&text, 0);
    bool well = !text.failed && give(arena_copy(context->scratch, buf_str(&text)), out);
    out->type = SAMPLE_BIN;
    buf_finish(&text);
    return well;
}

/* ---- body ---- */

static struct channel *body_of(const struct sample_args *args, struct sample_context *context)
{
    return args->row_data == OF_RESPONSE ? context->response_channel : context->request_channel;
}

static bool fetch_body(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    const struct channel *channel = body_of(args, context);
    if (!channel || !message(args, context))
        return false;
    *out = sample_text(
        channel->data ? str_make(channel->data + channel->from, channel->output + channel->input) : STR(""));
    out->type = SAMPLE_BIN;
    return true;
}

static bool fetch_body_len(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    const struct channel *channel = body_of(args, context);
    if (!channel || !message(args, context))
        return false;
    *out = sample_int((int64_t)(channel->output + channel->input));
    return true;
}

static bool fetch_body_size(const struct sample_args *args, struct sample_context *context,
                            struct sample *out)
{
    const struct http_msg *msg = message(args, context);
    if (!msg)
        return false;
    const struct channel *channel = body_of(args, context);
    *out = sample_int(msg->body == HTTP_BODY_LENGTH ? (int64_t)msg->body_length
                      : channel                     ? (int64_t)(channel->output + channel->input)
                                                    : 0);
    return true;
}

/* ---- parameters ---- */

/* The value behind `name` in "a=1&b=2"; an empty name: the first one's. */
static bool find_param(struct str text, struct str name, char separator, struct str *out)
{
    while (text.data) {
        struct str pair = str_split(&text, separator);
        size_t equal = str_find_char(pair, '=');
        struct str key = equal == STR_NOT_FOUND ? pair : str_slice(pair, 0, equal);
        if (!pair.size || (name.size && !str_eq(key, name)))
            continue;
        *out = equal == STR_NOT_FOUND ? STR("") : str_from(pair, equal + 1);
        return true;
    }
    return false;
}

static bool fetch_url_param(const struct sample_args *args, struct sample_context *context,
                            struct sample *out)
{
    const struct http_msg *msg = message(args, context);
    struct str value;
    struct str delimiter = args->count > 1 ? args->list[1].text : STR("?");
    if (!msg)
        return false;
    size_t mark = delimiter.size ? str_find_char(msg->uri, delimiter.data[0]) : STR_NOT_FOUND;
    if (mark == STR_NOT_FOUND)
        return false;
    char separator = delimiter.data[0] == ';' ? ';' : '&';
    return find_param(str_from(msg->uri, mark + 1), args->count ? args->list[0].text : STR_NONE, separator,
                      &value) &&
           give(value, out);
}

static bool fetch_url_param_value(const struct sample_args *args, struct sample_context *context,
                                  struct sample *out)
{
    struct sample text;
    int64_t number = 0;
    if (!fetch_url_param(args, context, &text))
        return false;
    units_read_int(text.u.text, &number);
    *out = sample_int(number);
    return true;
}

static bool fetch_body_param(const struct sample_args *args, struct sample_context *context,
                             struct sample *out)
{
    struct sample body;
    struct str value;
    return fetch_body(args, context, &body) &&
           find_param(body.u.text, args->count ? args->list[0].text : STR_NONE, '&', &value) &&
           give(value, out);
}

/* ---- cookies ---- */

static bool fetch_cookie(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    const struct http_msg *msg = message(args, context);
    struct http_cookie_cursor cursor = { 0 };
    struct http_cookie cookie, found = { 0 };
    struct str name = args->count ? args->list[0].text : STR_NONE;
    if (!msg)
        return false;
    while (http_cookie_find(msg, name, &cursor, &cookie)) {
        bool first = !found.value.data;
        found = cookie;
        if (!name.size && first) /* without a name the first; with one the last (TRUTHS B39) */
            break;
    }
    return found.value.data && give(found.value, out);
}

/* All names in order, the second and later ones behind a separator. */
static bool fetch_cookie_names(const struct sample_args *args, struct sample_context *context,
                               struct sample *out)
{
    const struct http_msg *msg = message(args, context);
    struct http_cookie_cursor cursor = { 0 };
    struct http_cookie cookie;
    struct buf names = BUF_INIT;
    if (!msg)
        return false;
    while (http_cookie_find(msg, STR_NONE, &cursor, &cookie)) {
        if (msg->is_response && !cookie.leads)
            continue;
        if (names.size)
            buf_add(&names, args->count ? args->list[0].text : STR(","));
        buf_add(&names, cookie.name);
    }
    bool well = !names.failed && names.size && give(arena_copy(context->scratch, buf_str(&names)), out);
    buf_finish(&names);
    return well;
}

static bool fetch_cookie_count(const struct sample_args *args, struct sample_context *context,
                               struct sample *out)
{
    const struct http_msg *msg = message(args, context);
    struct http_cookie_cursor cursor = { 0 };
    struct http_cookie cookie;
    int64_t count = 0;
    if (!msg)
        return false;
    while (http_cookie_find(msg, args->count ? args->list[0].text : STR_NONE, &cursor, &cookie))
        count++;
    *out = sample_int(count);
    return true;
}

static bool fetch_cookie_value(const struct sample_args *args, struct sample_context *context,
                               struct sample *out)
{
    struct sample text;
    int64_t number = 0;
    if (!fetch_cookie(args, context, &text))
        return false;
    units_read_int(text.u.text, &number);
    *out = sample_int(number);
    return true;
}

/* ---- captures and the like ---- */

static bool captured(const struct str *slots, unsigned count, const struct sample_args *args,
                     struct sample *out)
{
    int64_t index = args->list[0].integer;
    return slots && index >= 0 && index < (int64_t)count && slots[index].data && give(slots[index], out);
}

static bool fetch_captured_request(const struct sample_args *args, struct sample_context *context,
                                   struct sample *out)
{
    const struct http_txn *http = context->stream ? context->stream->http : NULL;
    return http && captured(context->stream->request_captures,
                            context->stream->frontend->request_capture_count, args, out);
}

static bool fetch_captured_response(const struct sample_args *args, struct sample_context *context,
                                    struct sample *out)
{
    const struct http_txn *http = context->stream ? context->stream->http : NULL;
    return http && captured(context->stream->response_captures,
                            context->stream->frontend->response_capture_count, args, out);
}

static bool fetch_captured_method(const struct sample_args *args, struct sample_context *context,
                                  struct sample *out)
{
    const struct http_txn *http = context->stream ? context->stream->http : NULL;
    (void)args;
    return http && http->request_ready && give(http->method, out);
}

static bool fetch_captured_uri(const struct sample_args *args, struct sample_context *context,
                               struct sample *out)
{
    const struct http_txn *http = context->stream ? context->stream->http : NULL;
    (void)args;
    if (!http || !http->request_ready)
        return false;
    struct http_uri uri; /* from its first slash to its end, without the host */
    http_uri_split(http->target, &uri);
    return give(uri.pathq, out);
}

static bool fetch_captured_version(const struct sample_args *args, struct sample_context *context,
                                   struct sample *out)
{
    const struct http_txn *http = context->stream ? context->stream->http : NULL;
    (void)args;
    return http && http->request_ready && give(http->version, out);
}

static bool fetch_captured_response_version(const struct sample_args *args, struct sample_context *context,
                                            struct sample *out)
{
    (void)args;
    return context->response && give(context->response->version, out);
}

/* Nothing is cached or compressed here. */
static bool fetch_never(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    (void)args;
    *out = sample_bool(false);
    return context->stream != NULL;
}

static bool fetch_nothing(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    (void)args;
    (void)context;
    (void)out;
    return false;
}

static bool fetch_first_request(const struct sample_args *args, struct sample_context *context,
                                struct sample *out)
{
    (void)args;
    *out = sample_bool(context->session && context->session->stream_count <= 1);
    return true;
}

static bool fetch_unique_id(const struct sample_args *args, struct sample_context *context,
                            struct sample *out)
{
    struct stream *stream = context->stream;
    (void)args;
    if (stream)
        return give(stream_unique_id(stream), out);
    const struct proxy *backend = context->proxy; /* a check of a backend that has a format of its own */
    bool own = backend && backend->unique_id && !(backend->sides & PROXY_FRONT);
    return own && give(log_format_text(backend->unique_id, context, false), out);
}

#define IN_ANSWER (AT_RESPONSE | AT_CHECK)
#define FRONT     AT_REQUEST_HEAD | AT_REQUEST_CONTENT | AT_SERVER_PICK
#define REQUEST_NAMES(prefix)                                                                                \
    { prefix "fhdr", fetch_whole_header, "str,int?", SAMPLE_STR, FRONT, OF_REQUEST, NULL },                  \
        { prefix "fhdr_cnt", fetch_whole_header_count, "str?", SAMPLE_SINT, FRONT, OF_REQUEST, NULL },       \
        { prefix "hdr_cnt", fetch_header_count, "str?", SAMPLE_SINT, FRONT, OF_REQUEST, NULL },              \
        { prefix "hdr_ip", fetch_header_ip, "str,int?", SAMPLE_ADDR, FRONT, OF_REQUEST, NULL },              \
    {                                                                                                        \
        prefix "hdr_val", fetch_header_value, "str,int?", SAMPLE_SINT, FRONT, OF_REQUEST, NULL               \
    }
const struct fetch_row fetch_http_rows[] = {
    /* name   run   args   out   valid at   side */
    { "base", fetch_base, "", SAMPLE_STR, FRONT, OF_REQUEST, NULL },
    { "base32", fetch_base32, "", SAMPLE_SINT, FRONT, OF_REQUEST, NULL },
    { "base32+src", fetch_base32_src, "", SAMPLE_BIN, FRONT, OF_REQUEST, NULL },
    { "baseq", fetch_base_query, "", SAMPLE_STR, FRONT, OF_REQUEST, NULL },
    { "capture.req.hdr", fetch_captured_request, "int", SAMPLE_STR, AT_STREAM, NULL, NULL },
    { "capture.req.method", fetch_captured_method, "", SAMPLE_STR, AT_STREAM, NULL, NULL },
    { "capture.req.uri", fetch_captured_uri, "", SAMPLE_STR, AT_STREAM, NULL, NULL },
    { "capture.req.ver", fetch_captured_version, "", SAMPLE_STR, AT_STREAM, NULL, NULL },
    { "capture.res.hdr", fetch_captured_response, "int", SAMPLE_STR, AT_RESPONSE_KEPT, NULL, NULL },
    { "capture.res.ver", fetch_captured_response_version, "", SAMPLE_STR, AT_RESPONSE_KEPT, NULL, NULL },
    { "cook", fetch_cookie, "str?", SAMPLE_STR, FRONT | AT_RESPONSE_HEAD, OF_RULE, NULL },
    { "cook_cnt", fetch_cookie_count, "str?", SAMPLE_SINT, FRONT | AT_RESPONSE_HEAD, OF_RULE, NULL },
    { "cook_val", fetch_cookie_value, "str?", SAMPLE_SINT, FRONT | AT_RESPONSE_HEAD, OF_RULE, NULL },
    { "cookie", fetch_cookie, "str?", SAMPLE_STR, FRONT | AT_RESPONSE_HEAD, OF_RULE, NULL },
    { "hdr", fetch_header, "str,int?", SAMPLE_STR, FRONT | AT_RESPONSE_HEAD, OF_RULE, NULL },
    { "hdr_cnt", fetch_header_count, "str?", SAMPLE_SINT, FRONT | AT_RESPONSE_HEAD, OF_RULE, NULL },
    { "hdr_ip", fetch_header_ip, "str,int?", SAMPLE_ADDR, FRONT | AT_RESPONSE_HEAD, OF_RULE, NULL },
    { "hdr_val", fetch_header_value, "str,int?", SAMPLE_SINT, FRONT | AT_RESPONSE_HEAD, OF_RULE, NULL },
    { "http_first_req", fetch_first_request, "", SAMPLE_BOOL, AT_STREAM, NULL, NULL },
    { "method", fetch_method, "", SAMPLE_METH, AT_STREAM, OF_REQUEST, NULL },
    { "path", fetch_path, "", SAMPLE_STR, FRONT, OF_REQUEST, NULL },
    { "pathq", fetch_pathq, "", SAMPLE_STR, FRONT, OF_REQUEST, NULL },
    { "query", fetch_query, "", SAMPLE_STR, FRONT, OF_REQUEST, NULL },
    { "req.body", fetch_body, "", SAMPLE_BIN, FRONT, OF_REQUEST, NULL },
    { "req.body_len", fetch_body_len, "", SAMPLE_SINT, FRONT, OF_REQUEST, NULL },
    { "req.body_param", fetch_body_param, "str?", SAMPLE_STR, FRONT, OF_REQUEST, NULL },
    { "req.body_size", fetch_body_size, "", SAMPLE_SINT, FRONT, OF_REQUEST, NULL },
    { "req.cook", fetch_cookie, "str?", SAMPLE_STR, FRONT, OF_REQUEST, NULL },
    { "req.cook_cnt", fetch_cookie_count, "str?", SAMPLE_SINT, FRONT, OF_REQUEST, NULL },
    { "req.cook_val", fetch_cookie_value, "str?", SAMPLE_SINT, FRONT, OF_REQUEST, NULL },
    { "req.hdr", fetch_header, "str,int?", SAMPLE_STR, FRONT, OF_REQUEST, NULL },
    { "req.hdr_names", fetch_header_names, "str?", SAMPLE_STR, FRONT, OF_REQUEST, NULL },
    { "req.cook_names", fetch_cookie_names, "str?", SAMPLE_STR, FRONT, OF_REQUEST, NULL },
    { "req.hdrs_bin", fetch_headers_binary, "", SAMPLE_BIN, FRONT, OF_REQUEST, NULL },
    { "req.hdrs", fetch_headers, "", SAMPLE_STR, FRONT, OF_REQUEST, NULL },
    { "req.ver", fetch_version, "", SAMPLE_STR, AT_STREAM, OF_REQUEST, NULL },
    { "req_ver", fetch_version, "", SAMPLE_STR, AT_STREAM, OF_REQUEST, NULL },
    REQUEST_NAMES("req."),
    { "res.body", fetch_body, "", SAMPLE_BIN, IN_ANSWER, OF_RESPONSE, NULL },
    { "res.body_len", fetch_body_len, "", SAMPLE_SINT, IN_ANSWER, OF_RESPONSE, NULL },
    { "res.body_size", fetch_body_size, "", SAMPLE_SINT, IN_ANSWER, OF_RESPONSE, NULL },
    { "res.cook", fetch_cookie, "str?", SAMPLE_STR, IN_ANSWER, OF_RESPONSE, NULL },
    { "res.cache_hit", fetch_never, "", SAMPLE_BOOL, AT_RESPONSE_KEPT, NULL, NULL },
    { "res.cache_name", fetch_nothing, "", SAMPLE_STR, AT_RESPONSE_KEPT, NULL, NULL },
    { "res.comp", fetch_never, "", SAMPLE_BOOL, AT_RESPONSE_KEPT, NULL, NULL },
    { "res.comp_algo", fetch_nothing, "", SAMPLE_STR, AT_RESPONSE_KEPT, NULL, NULL },
    { "res.cook_names", fetch_cookie_names, "str?", SAMPLE_STR, IN_ANSWER, OF_RESPONSE, NULL },
    { "res.hdrs_bin", fetch_headers_binary, "", SAMPLE_BIN, IN_ANSWER, OF_RESPONSE, NULL },
    { "set-cookie", fetch_cookie, "str?", SAMPLE_STR, IN_ANSWER, OF_RESPONSE, NULL },
    { "scook_cnt", fetch_cookie_count, "str?", SAMPLE_SINT, IN_ANSWER, OF_RESPONSE, NULL },
    { "scook_val", fetch_cookie_value, "str?", SAMPLE_SINT, IN_ANSWER, OF_RESPONSE, NULL },
    { "shdr_cnt", fetch_header_count, "str?", SAMPLE_SINT, IN_ANSWER, OF_RESPONSE, NULL },
    { "shdr_ip", fetch_header_ip, "str,int?", SAMPLE_ADDR, IN_ANSWER, OF_RESPONSE, NULL },
    { "shdr_val", fetch_header_value, "str,int?", SAMPLE_SINT, IN_ANSWER, OF_RESPONSE, NULL },
    { "scook", fetch_cookie, "str?", SAMPLE_STR, IN_ANSWER, OF_RESPONSE, NULL },
    { "res.cook_cnt", fetch_cookie_count, "str?", SAMPLE_SINT, IN_ANSWER, OF_RESPONSE, NULL },
    { "res.cook_val", fetch_cookie_value, "str?", SAMPLE_SINT, IN_ANSWER, OF_RESPONSE, NULL },
    { "res.fhdr", fetch_whole_header, "str,int?", SAMPLE_STR, IN_ANSWER, OF_RESPONSE, NULL },
    { "res.fhdr_cnt", fetch_whole_header_count, "str?", SAMPLE_SINT, IN_ANSWER, OF_RESPONSE, NULL },
    { "res.hdr", fetch_header, "str,int?", SAMPLE_STR, IN_ANSWER, OF_RESPONSE, NULL },
    { "shdr", fetch_header, "str,int?", SAMPLE_STR, IN_ANSWER, OF_RESPONSE, NULL },
    { "res.hdr_cnt", fetch_header_count, "str?", SAMPLE_SINT, IN_ANSWER, OF_RESPONSE, NULL },
    { "res.hdr_ip", fetch_header_ip, "str,int?", SAMPLE_ADDR, IN_ANSWER, OF_RESPONSE, NULL },
    { "res.hdr_names", fetch_header_names, "str?", SAMPLE_STR, IN_ANSWER, OF_RESPONSE, NULL },
    { "res.hdr_val", fetch_header_value, "str,int?", SAMPLE_SINT, IN_ANSWER, OF_RESPONSE, NULL },
    { "res.hdrs", fetch_headers, "", SAMPLE_STR, IN_ANSWER, OF_RESPONSE, NULL },
    { "res.ver", fetch_version, "", SAMPLE_STR, AT_RESPONSE_KEPT | AT_CHECK, OF_RESPONSE, NULL },
    { "resp_ver", fetch_version, "", SAMPLE_STR, AT_RESPONSE_KEPT, OF_RESPONSE, NULL },
    { "status", fetch_status, "", SAMPLE_SINT, AT_RESPONSE_KEPT | AT_CHECK, OF_RESPONSE, NULL },
    { "unique-id", fetch_unique_id, "", SAMPLE_STR, AT_STREAM | AT_CHECK, NULL, NULL },
    { "url", fetch_url, "", SAMPLE_STR, FRONT, OF_REQUEST, NULL },
    { "url32", fetch_url32, "", SAMPLE_SINT, FRONT, OF_REQUEST, NULL },
    { "url32+src", fetch_url32_src, "", SAMPLE_BIN, FRONT, OF_REQUEST, NULL },
    { "url_ip", fetch_url_ip, "", SAMPLE_IPV4, FRONT, OF_REQUEST, NULL },
    { "url_port", fetch_url_port, "", SAMPLE_SINT, FRONT, OF_REQUEST, NULL },
    { "urlp_val", fetch_url_param_value, "str?,str?", SAMPLE_SINT, FRONT, OF_REQUEST, NULL },
    { "url_param", fetch_url_param, "str?,str?", SAMPLE_STR, FRONT, OF_REQUEST, NULL },
    { "urlp", fetch_url_param, "str?,str?", SAMPLE_STR, FRONT, OF_REQUEST, NULL },
    { 0 },
};
