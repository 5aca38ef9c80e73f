/* Fetches about connections, sections and servers (manual 7.3.2 and 7.3.3). */
#include "fetches/fetches.h"
#include "proxy/bind.h"
#include "proxy/server.h"
#include "stream/stream.h"

static bool text_of(const char *text, struct sample *out)
{
    *out = sample_text(str_of(text));
    return text != NULL;
}

/* What rules of the stream made of it, else what the connection has. */
static const struct addr *source_of(const struct sample_context *context)
{
    return context->stream ? stream_source(context->stream) : session_source(context->session);
}

static const struct addr *destination_of(const struct sample_context *context)
{
    return context->stream ? stream_destination(context->stream) : session_destination(context->session);
}

static bool fetch_src(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    (void)args;
    return context->session && sample_of_addr(source_of(context), out);
}

static bool fetch_dst(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    (void)args;
    return context->session && sample_of_addr(destination_of(context), out);
}

static bool port_of(const struct addr *addr, struct sample *out)
{
    *out = sample_int(addr->port);
    return addr_is_ip(addr);
}

static bool fetch_src_port(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    (void)args;
    return context->session && port_of(source_of(context), out);
}

static bool fetch_dst_port(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    (void)args;
    return context->session && port_of(destination_of(context), out);
}

static bool fetch_fe_name(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    (void)args;
    return context->session && text_of(context->session->frontend->name, out);
}

static bool fetch_fe_id(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    (void)args;
    *out = sample_int(context->session ? context->session->frontend->id : 0);
    return context->session != NULL;
}

static bool fetch_be_name(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    (void)args;
    if (context->check)
        return text_of(context->proxy->name, out);
    return context->stream && text_of(context->stream->backend->name, out);
}

static bool fetch_be_id(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    (void)args;
    *out = sample_int(context->stream ? context->stream->backend->id : 0);
    return context->stream != NULL;
}

static bool fetch_srv_name(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    (void)args;
    if (context->server)
        return text_of(context->server->name, out);
    return context->stream && context->stream->server && text_of(context->stream->server->name, out);
}

static bool fetch_srv_id(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    (void)args;
    const struct server *server = context->server   ? context->server
                                  : context->stream ? context->stream->server
                                                    : NULL;
    if (!server)
        return false;
    *out = sample_int(server->id);
    return true;
}

static bool fetch_so_name(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    (void)args;
    return context->session && context->session->bind && text_of(context->session->bind->settings.name, out);
}

static bool fetch_so_id(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    (void)args;
    if (!context->session || !context->session->bind)
        return false;
    *out = sample_int(context->session->bind->settings.id);
    return true;
}

static struct proxy *proxy_of(const struct sample_args *args, const struct sample_context *context)
{
    return args->count ? args->list[0].proxy : context->proxy;
}

static bool fetch_fe_conn(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    const struct proxy *proxy = proxy_of(args, context);
    *out = sample_int(proxy->current_front);
    return true;
}

static bool fetch_be_conn(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    const struct proxy *proxy = proxy_of(args, context);
    *out = sample_int(proxy->current_back);
    return true;
}

static bool fetch_fe_sess_rate(const struct sample_args *args, struct sample_context *context,
                               struct sample *out)
{
    *out = sample_int(
        rate_read(&proxy_of(args, context)->front_counters.session_rate, engine_now(context->engine)));
    return true;
}

static bool fetch_be_sess_rate(const struct sample_args *args, struct sample_context *context,
                               struct sample *out)
{
    *out = sample_int(
        rate_read(&proxy_of(args, context)->back_counters.session_rate, engine_now(context->engine)));
    return true;
}

static bool fetch_fe_req_rate(const struct sample_args *args, struct sample_context *context,
                              struct sample *out)
{
    *out = sample_int(
        rate_read(&proxy_of(args, context)->front_counters.request_rate, engine_now(context->engine)));
    return true;
}

static bool fetch_nbsrv(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    int64_t count = 0;
    for (const struct server *server = proxy_of(args, context)->servers; server; server = server->next)
        count += server_takes_new(server);
    *out = sample_int(count);
    return true;
}

static bool fetch_queue(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    const struct proxy *proxy = proxy_of(args, context);
    int64_t count = proxy->queue_count;
    for (const struct server *server = proxy->servers; server; server = server->next)
        count += server->queue_count;
    *out = sample_int(count);
    return true;
}

static bool fetch_srv_conn(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    (void)context;
    *out = sample_int(args->list[0].server->current);
    return true;
}

static bool fetch_srv_is_up(const struct sample_args *args, struct sample_context *context,
                            struct sample *out)
{
    (void)context;
    *out = sample_bool(server_usable(args->list[0].server));
    return true;
}

const struct fetch_row fetch_connection_rows[] = {
    /* name           run               args          out          valid at */
    { "be_conn", fetch_be_conn, "backend?", SAMPLE_SINT, AT_ANYWHERE, NULL, NULL },
    { "be_id", fetch_be_id, "", SAMPLE_SINT, AT_STREAM, NULL, NULL },
    { "be_name", fetch_be_name, "", SAMPLE_STR, AT_STREAM | AT_CHECK, NULL, NULL },
    { "be_sess_rate", fetch_be_sess_rate, "backend?", SAMPLE_SINT, AT_CLIENT, NULL, NULL },
    { "dst", fetch_dst, "", SAMPLE_ADDR, AT_CLIENT, NULL, NULL },
    { "dst_port", fetch_dst_port, "", SAMPLE_SINT, AT_CLIENT, NULL, NULL },
    { "fe_conn", fetch_fe_conn, "frontend?", SAMPLE_SINT, AT_ANYWHERE, NULL, NULL },
    { "fe_id", fetch_fe_id, "", SAMPLE_SINT, AT_CLIENT, NULL, NULL },
    { "fe_name", fetch_fe_name, "", SAMPLE_STR, AT_CLIENT, NULL, NULL },
    { "fe_req_rate", fetch_fe_req_rate, "frontend?", SAMPLE_SINT, AT_CLIENT, NULL, NULL },
    { "fe_sess_rate", fetch_fe_sess_rate, "frontend?", SAMPLE_SINT, AT_CLIENT, NULL, NULL },
    { "nbsrv", fetch_nbsrv, "backend?", SAMPLE_SINT, AT_CLIENT, NULL, NULL },
    { "queue", fetch_queue, "backend?", SAMPLE_SINT, AT_CLIENT, NULL, NULL },
    { "so_id", fetch_so_id, "", SAMPLE_SINT, AT_CLIENT, NULL, NULL },
    { "so_name", fetch_so_name, "", SAMPLE_STR, AT_CLIENT, NULL, NULL },
    { "src", fetch_src, "", SAMPLE_ADDR, AT_CLIENT, NULL, NULL },
    { "src_port", fetch_src_port, "", SAMPLE_SINT, AT_CLIENT, NULL, NULL },
    { "srv_conn", fetch_srv_conn, "server", SAMPLE_SINT, AT_ANYWHERE, NULL, NULL },
    { "srv_id", fetch_srv_id, "", SAMPLE_SINT, AT_SERVER | AT_CHECK, NULL, NULL },
    { "srv_is_up", fetch_srv_is_up, "server", SAMPLE_BOOL, AT_ANYWHERE, NULL, NULL },
    { "srv_name", fetch_srv_name, "", SAMPLE_STR, AT_SERVER | AT_CHECK, NULL, NULL },
    { 0 },
};
