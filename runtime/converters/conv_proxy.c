/* What backends and servers named by a value are like (HAProxy manual 7.3.1). */
#include "converters/conv.h"
#include "converters/converters.h"
#include "proxy/configuration.h"
#include "proxy/proxy.h"
#include "proxy/server.h"

static struct proxy *backend_of(struct sample_context *context, struct str name)
{
    struct str copy = arena_copy(context->scratch, name);
    return context->configuration && copy.data ? proxy_find(context->configuration, copy.data, PROXY_BACK)
                                               : NULL;
}

/* Backup servers count when no other one is left: all of them, or the first. */
static int64_t usable_servers(const struct proxy *backend)
{
    int64_t primaries = 0, backups = 0;
    for (const struct server *server = backend->servers; server; server = server->next) {
        if (server_takes_new(server))
            *(server->settings.backup ? &backups : &primaries) += 1;
    }
    if (primaries || !backups)
        return primaries;
    return backend->settings.all_backups ? backups : 1;
}

static bool conv_nbsrv(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    const struct proxy *backend = backend_of(context, sample->u.text);
    (void)args;
    if (!backend)
        return false;
    *sample = sample_int(usable_servers(backend));
    return true;
}

/* "backend/server", or a server of the proxy whose rule this is. */
static bool conv_srv_queue(const struct sample_args *args, struct sample_context *context,
                           struct sample *sample)
{
    struct str rest = sample->u.text, name = str_split(&rest, '/');
    struct proxy *backend = rest.data ? backend_of(context, name) : context->proxy;
    struct str server_name = arena_copy(context->scratch, rest.data ? rest : name);
    (void)args;
    const struct server *server =
        backend && server_name.data ? proxy_server(backend, server_name.data) : NULL;
    if (!server)
        return false;
    *sample = sample_int(server->queue_count);
    return true;
}

const struct converter_row conv_proxy_rows[] = {
    { "nbsrv", conv_nbsrv, "", SAMPLE_STR, SAMPLE_SINT, NULL, NULL },
    { "srv_queue", conv_srv_queue, "", SAMPLE_STR, SAMPLE_SINT, NULL, NULL },
    { 0 },
};
