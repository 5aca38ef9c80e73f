/* What a request tells its server about its client: option forwardfor, originalto and forwarded. */
#include "http/http_forwarded.h"
#include "proxy/forwarded.h"
#include "proxy/proxy.h"
#include "stream/stream_steps.h"

static bool within(const struct addr *addr, const struct addr *network, unsigned bits)
{
    struct addr masked = *addr, other = *network;
    if (addr->family != network->family)
        return false;
    addr_mask(&masked, bits);
    addr_mask(&other, bits);
    return addr_same_ip(&masked, &other);
}

static bool add_addr(struct http_msg *msg, const char *name, const struct addr *addr)
{
    char text[ADDR_TEXT_MAX];
    size_t size = addr_print_ip(addr, text, sizeof(text));
    return http_msg_add(msg, str_of(name), str_make(text, size));
}

/* option forwardfor and originalto; each of the two sections may ask. */
static bool add_addresses(struct stream *stream)
{
    struct http_msg *request = &stream->http->request;
    const struct proxy_settings *front = &stream->frontend->settings, *back = &stream->backend->settings;
    const struct proxy_settings *by = front->forward_for ? front : back;
    const struct addr *source = stream_source(stream);
    if ((front->forward_for || back->forward_for) && addr_is_ip(source)) {
        const char *name = back->forward_for && back->forward_for_header ? back->forward_for_header
                           : by->forward_for_header                      ? by->forward_for_header
                                                                         : "x-forwarded-for";
        bool if_none = (!front->forward_for || front->forward_for_if_none) &&
                       (!back->forward_for || back->forward_for_if_none);
        bool excepted = (front->forward_for && front->forward_for_except_bits &&
                         within(source, &front->forward_for_except, front->forward_for_except_bits)) ||
                        (back->forward_for && back->forward_for_except_bits &&
                         within(source, &back->forward_for_except, back->forward_for_except_bits));
        if (!excepted && !(if_none && http_msg_find(request, str_of(name), NULL)) &&
            !add_addr(request, name, source))
            return false;
    }
    by = front->original_to ? front : back;
    const struct addr *destination = by->original_to ? stream_destination(stream) : NULL;
    if (destination && addr_is_ip(destination)) {
        const char *name = by->original_to_header ? by->original_to_header : "x-original-to";
        bool excepted = by->original_to_except_bits &&
                        within(destination, &by->original_to_except, by->original_to_except_bits);
        if (!excepted && !add_addr(request, name, destination))
            return false;
    }
    return true;
}

/* ---- option forwarded (RFC 7239) ---- */

/* A node's name or port by the section's own expression, or by the address. An expression that gives no address and no
 * number is an obfuscated name; one that gives nothing is unknown. */
static void put_name(struct sample_context *context, const struct forwarded_node *node,
                     const struct addr *addr, struct buf *out)
{
    struct sample value;
    char text[ADDR_TEXT_MAX];
    if (node->name) {
        if (!sample_eval(node->name, context, &value)) {
            buf_add(out, STR("unknown"));
            return;
        }
        if (value.type == SAMPLE_IPV4 || value.type == SAMPLE_IPV6) {
            struct addr own = sample_to_addr(&value);
            size_t size = addr_print_ip(&own, text, sizeof(text));
            buf_printf(out, own.family == ADDR_IPV6 ? "[%.*s]" : "%.*s", (int)size, text);
        } else if (sample_cast(&value, SAMPLE_STR, context->scratch) &&
                   http_node_is_obfuscated(value.u.text)) {
            buf_printf(out, "_%.*s", STR_ARG(value.u.text));
        } else {
            buf_add(out, STR("unknown"));
        }
        return;
    }
    if (!addr_is_ip(addr)) {
        buf_add(out, STR("unknown"));
        return;
    }
    size_t size = addr_print_ip(addr, text, sizeof(text));
    buf_printf(out, addr->family == ADDR_IPV6 ? "[%.*s]" : "%.*s", (int)size, text);
}

static void put_port(struct sample_context *context, const struct forwarded_node *node,
                     const struct addr *addr, struct buf *out)
{
    struct sample value;
    if (!node->port) {
        if (node->with_port && addr_is_ip(addr))
            buf_printf(out, ":%u", addr->port);
        return;
    }
    if (!sample_eval(node->port, context, &value))
        return;
    if (value.type == SAMPLE_SINT && value.u.integer >= 0 && value.u.integer <= 65535)
        buf_printf(out, ":%u", (unsigned)value.u.integer);
    else if (value.type != SAMPLE_SINT && sample_cast(&value, SAMPLE_STR, context->scratch) &&
             http_node_is_obfuscated(value.u.text))
        buf_printf(out, ":_%.*s", STR_ARG(value.u.text));
}

static void put_node(struct sample_context *context, const struct forwarded_node *node, const char *word,
                     const struct addr *addr, struct buf *out)
{
    struct buf text = BUF_INIT;
    if (!node->wanted)
        return;
    put_name(context, node, addr, &text);
    put_port(context, node, addr, &text);
    struct str value = buf_str(&text);
    bool quoted = str_find_char(value, ':') != STR_NOT_FOUND; /* no token */
    buf_printf(out, quoted ? "%s%s=\"%.*s\"" : "%s%s=%.*s", out->size ? ";" : "", word, STR_ARG(value));
    out->failed |= text.failed;
    buf_finish(&text);
}

static void put_host(struct sample_context *context, const struct forwarded *forwarded, struct buf *out)
{
    struct str host = http_msg_host(context->request);
    struct sample value;
    if (!forwarded->with_host)
        return;
    if (forwarded->host)
        host = sample_eval_as(forwarded->host, context, SAMPLE_STR, &value) ? value.u.text : STR_NONE;
    if (host.size && str_find_char(host, '"') == STR_NOT_FOUND && str_find_char(host, '\\') == STR_NOT_FOUND)
        buf_printf(out, "%shost=\"%.*s\"", out->size ? ";" : "", STR_ARG(host));
}

static bool add_forwarded(struct stream *stream, const struct forwarded *forwarded)
{
    struct sample_context context = stream_context(stream, AT_REQUEST_HEAD, stream->backend);
    struct arena_mark mark = arena_mark(context.scratch);
    struct buf value = BUF_INIT;
    context.final = true;
    if (forwarded->with_proto)
        buf_add(&value,
                stream->session->conn.transport == &conn_plain ? STR("proto=http") : STR("proto=https"));
    put_host(&context, forwarded, &value);
    put_node(&context, &forwarded->by, "by", stream_destination(stream), &value);
    put_node(&context, &forwarded->of, "for", stream_source(stream), &value);
    bool well = !value.failed &&
                (!value.size || http_msg_add(&stream->http->request, STR("forwarded"), buf_str(&value)));
    buf_finish(&value);
    arena_rewind(context.scratch, mark);
    return well;
}

bool http_forward_add(struct stream *stream)
{
    const struct forwarded *forwarded = stream->backend->settings.forwarded;
    return add_addresses(stream) && (!forwarded || add_forwarded(stream, forwarded));
}
