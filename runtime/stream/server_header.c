/* The PROXY protocol header that goes ahead of a connection to a server: send-proxy, send-proxy-v2 and their options
 * (HAProxy manual 5.2). */
#include "proxy/server.h"
#include "stream/server_conn.h"
#include "stream/stream.h"

#define TLV_COUNT_MAX 24

struct tlv_list {
    struct proxy_tlv tlvs[TLV_COUNT_MAX];
    unsigned count;
};

static void add(struct tlv_list *list, unsigned type, struct str value)
{
    for (unsigned i = 0; i < list->count; i++) {
        if (list->tlvs[i].type == type)
            return;
    }
    if (list->count < TLV_COUNT_MAX)
        list->tlvs[list->count++] = (struct proxy_tlv){ type, value };
}

/* What the configuration's own formats say; those of default-server stand behind the server's. */
static void add_formats(struct stream *stream, const struct server *server, struct tlv_list *list)
{
    struct sample_context context = stream_context(stream, AT_REQUEST_HEAD, stream->backend);
    context.final = true;
    for (const struct server_tlv *tlv = server->settings.tlvs; tlv; tlv = tlv->next)
        add(list, tlv->type, tlv->value ? log_format_text(tlv->value, &context, true) : STR(""));
}

static void add_options(struct stream *stream, const struct server *server, struct tlv_list *list)
{
    unsigned options = server->settings.proxy_v2_options;
    const struct conn *client = &stream->session->conn;
    struct str value;
    size_t at = 0;
    if ((options & PROXY_V2_AUTHORITY) &&
        proxy_header_tlv(conn_tlvs(client), PROXY_TLV_AUTHORITY, &at, &value))
        add(list, PROXY_TLV_AUTHORITY, value);
    if (options & PROXY_V2_UNIQUE_ID) {
        value = stream_unique_id(stream);
        if (value.size)
            add(list, PROXY_TLV_UNIQUE_ID, value);
    }
    /* Nothing of the client's TLS is claimed: no flags, and a certificate that was not verified. */
    if (options & PROXY_V2_SSL)
        add(list, PROXY_TLV_SSL, STR("\0\xff\xff\xff\xff"));
}

bool server_header_build(struct stream *stream, const struct server *server, struct buf *out)
{
    const struct server_settings *settings = &server->settings;
    struct tlv_list list = { .count = 0 };
    if (!settings->send_proxy && !settings->send_proxy_v2)
        return true;
    const struct addr *source = stream ? stream_source(stream) : NULL;
    const struct addr *destination = stream ? stream_destination(stream) : NULL;
    if (!settings->send_proxy_v2) {
        proxy_header_write_1(source, destination, out);
        return !out->failed;
    }
    if (settings->proxy_v2_options & PROXY_V2_CRC32C)
        add(&list, PROXY_TLV_CRC32C, STR_NONE);
    if (!stream)
        return proxy_header_write_2(NULL, NULL, list.tlvs, list.count, out);
    struct arena_mark mark = arena_mark(&stream->engine->scratch);
    add_formats(stream, server, &list);
    add_options(stream, server, &list);
    bool well = proxy_header_write_2(source, destination, list.tlvs, list.count, out);
    arena_rewind(&stream->engine->scratch, mark);
    return well;
}
