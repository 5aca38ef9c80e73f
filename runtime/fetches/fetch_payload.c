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

/* ---- the ClientHello of a TLS connection that is passed through (RFC 8446 section 4.1.2) ---- */

struct bytes {
    const unsigned char *at, *end;
    bool cut; /* what was asked for is past what came */
};

static size_t number(struct bytes *bytes, unsigned size)
{
    size_t value = 0;
    if ((size_t)(bytes->end - bytes->at) < size) {
        bytes->cut = true;
        return 0;
    }
    while (size--)
        value = value << 8 | *bytes->at++;
    return value;
}

static struct bytes block(struct bytes *bytes, size_t size)
{
    struct bytes part = { bytes->at, bytes->at, false };
    if ((size_t)(bytes->end - bytes->at) < size) {
        bytes->cut = true;
        return part;
    }
    part.end = bytes->at += size;
    return part;
}

enum hello { HELLO_NONE, HELLO_MORE, HELLO_FOUND };

/* The handshake message behind the record header; type of the message in *type. */
static enum hello find_hello(struct str data, unsigned *version, unsigned *type, struct bytes *body)
{
    struct bytes all = { (const unsigned char *)data.data, (const unsigned char *)data.data + data.size,
                         false };
    if (data.size && (unsigned char)data.data[0] != 0x16)
        return HELLO_NONE;
    number(&all, 1);
    *version = (unsigned)number(&all, 2);
    size_t record = number(&all, 2);
    if (all.cut)
        return HELLO_MORE;
    if (*version < 0x0300 || record < 4)
        return HELLO_NONE;
    *type = (unsigned)number(&all, 1);
    size_t size = number(&all, 3);
    *body = block(&all, size);
    return all.cut ? HELLO_MORE : HELLO_FOUND;
}

static enum hello hello_of(const struct sample_args *args, struct sample_context *context, unsigned *version,
                           unsigned *type, struct bytes *body)
{
    const struct channel *channel = channel_of(args, context);
    if (!channel)
        return HELLO_NONE;
    enum hello found = find_hello(bytes_of(channel), version, type, body);
    if (found == HELLO_MORE)
        context->may_change = !channel->ended;
    return found;
}

static bool fetch_hello_type(const struct sample_args *args, struct sample_context *context,
                             struct sample *out)
{
    unsigned version, type = 0;
    struct bytes body;
    if (hello_of(args, context, &version, &type, &body) != HELLO_FOUND)
        return false;
    *out = sample_int(type);
    return true;
}

static bool find_extension(struct bytes hello, unsigned wanted, struct bytes *out)
{
    number(&hello, 2);
    block(&hello, 32);
    block(&hello, number(&hello, 1));
    block(&hello, number(&hello, 2));
    block(&hello, number(&hello, 1));
    struct bytes extensions = block(&hello, number(&hello, 2));
    while (!hello.cut && !extensions.cut && extensions.at < extensions.end) {
        unsigned type = (unsigned)number(&extensions, 2);
        struct bytes extension = block(&extensions, number(&extensions, 2));
        if (!extensions.cut && type == wanted) {
            *out = extension;
            return true;
        }
    }
    return false;
}

static bool fetch_sni(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    unsigned version, type = 0;
    struct bytes body, extension;
    if (hello_of(args, context, &version, &type, &body) != HELLO_FOUND || type != 1 ||
        !find_extension(body, 0, &extension))
        return false;
    number(&extension, 2);
    while (!extension.cut && extension.at < extension.end) {
        unsigned kind = (unsigned)number(&extension, 1);
        struct bytes name = block(&extension, number(&extension, 2));
        if (extension.cut || kind != 0)
            continue;
        *out = sample_text(str_make((const char *)name.at, (size_t)(name.end - name.at)));
        return true;
    }
    return false;
}

static bool fetch_curves(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    unsigned version, type = 0;
    struct bytes body, extension;
    if (hello_of(args, context, &version, &type, &body) != HELLO_FOUND || type != 1 ||
        !find_extension(body, 10, &extension))
        return false;
    *out = sample_bool(true);
    return true;
}

/* 0: no session ticket extension, 1: an empty one, 2: a ticket (RFC 5077). */
static bool fetch_ticket(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    unsigned version, type = 0;
    struct bytes body, extension;
    if (hello_of(args, context, &version, &type, &body) != HELLO_FOUND || type != 1)
        return false;
    bool found = find_extension(body, 35, &extension);
    *out = sample_int(!found ? 0 : extension.at < extension.end ? 2 : 1);
    return true;
}

static bool fetch_alpn(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    unsigned version, type = 0;
    struct bytes body, extension;
    if (hello_of(args, context, &version, &type, &body) != HELLO_FOUND || type != 1 ||
        !find_extension(body, 16, &extension))
        return false;
    number(&extension, 2);
    struct bytes name = block(&extension, number(&extension, 1)); /* the first only (TRUTHS B43) */
    *out = sample_text(str_make((const char *)name.at, (size_t)(name.end - name.at)));
    return !extension.cut;
}

static bool fetch_tls_version(const struct sample_args *args, struct sample_context *context,
                              struct sample *out)
{
    unsigned version = 0, type = 0;
    struct bytes body;
    if (hello_of(args, context, &version, &type, &body) != HELLO_FOUND)
        return false;
    size_t inner = type == 1 ? number(&body, 2) : version;
    *out = sample_int((int64_t)((inner >> 8) << 16 | (inner & 0xff)));
    return true;
}

#define RESPONSE_SIDE ((void *)1)
const struct fetch_row fetch_payload_rows[] = {
    /* name               run                args        out          valid at */
    { "payload", fetch_payload, "int,int", SAMPLE_BIN, AT_REQUEST, NULL, NULL },
    { "payload_lv", fetch_payload_lv, "int,int,str?", SAMPLE_BIN, AT_REQUEST, NULL, check_payload_lv },
    { "rep_ssl_hello_type", fetch_hello_type, "", SAMPLE_SINT, AT_RESPONSE, RESPONSE_SIDE, NULL },
    { "req.payload_lv", fetch_payload_lv, "int,int,str?", SAMPLE_BIN, AT_REQUEST, NULL, check_payload_lv },
    { "req.ssl_ec_ext", fetch_curves, "", SAMPLE_BOOL, AT_REQUEST, NULL, NULL },
    { "req.ssl_st_ext", fetch_ticket, "", SAMPLE_SINT, AT_REQUEST, NULL, NULL },
    { "res.payload_lv", fetch_payload_lv, "int,int,str?", SAMPLE_BIN, AT_RESPONSE, RESPONSE_SIDE,
      check_payload_lv },
    { "req.len", fetch_len, "", SAMPLE_SINT, AT_REQUEST, NULL, NULL },
    { "req_len", fetch_len, "", SAMPLE_SINT, AT_REQUEST, NULL, NULL },
    { "req.payload", fetch_payload, "int,int", SAMPLE_BIN, AT_REQUEST, NULL, NULL },
    { "req.proto_http", fetch_proto_http, "", SAMPLE_BOOL, AT_REQUEST, NULL, NULL },
    { "req_proto_http", fetch_proto_http, "", SAMPLE_BOOL, AT_REQUEST, NULL, NULL },
    { "req.ssl_alpn", fetch_alpn, "", SAMPLE_STR, AT_REQUEST, NULL, NULL },
    { "req.ssl_hello_type", fetch_hello_type, "", SAMPLE_SINT, AT_REQUEST, NULL, NULL },
    { "req_ssl_hello_type", fetch_hello_type, "", SAMPLE_SINT, AT_REQUEST, NULL, NULL },
    { "req.ssl_sni", fetch_sni, "", SAMPLE_STR, AT_REQUEST, NULL, NULL },
    { "req_ssl_sni", fetch_sni, "", SAMPLE_STR, AT_REQUEST, NULL, NULL },
    { "req.ssl_ver", fetch_tls_version, "", SAMPLE_SINT, AT_REQUEST, NULL, NULL },
    { "req_ssl_ver", fetch_tls_version, "", SAMPLE_SINT, AT_REQUEST, NULL, NULL },
    { "res.len", fetch_len, "", SAMPLE_SINT, AT_RESPONSE | AT_CHECK, RESPONSE_SIDE, NULL },
    { "res.payload", fetch_payload, "int,int", SAMPLE_BIN, AT_RESPONSE | AT_CHECK, RESPONSE_SIDE, NULL },
    { "res.ssl_hello_type", fetch_hello_type, "", SAMPLE_SINT, AT_RESPONSE, RESPONSE_SIDE, NULL },
    { "wait_end", fetch_wait_end, "", SAMPLE_BOOL, AT_REQUEST | AT_RESPONSE, NULL, NULL },
    { 0 },
};
