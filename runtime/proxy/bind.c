/* Opening a bind's socket, as its options want it. */
#include "proxy/bind.h"
#include "base/units.h"
#include "proxy/configuration.h"
#include "proxy/proxy.h"

/* A path is bound under a temporary name, "<path>.<pid>.tmp", which the socket keeps. */
static bool is_path_of(const struct addr *own, const struct addr *wanted)
{
    struct str name = str_make(own->u.path, own->path_size),
               path = str_make(wanted->u.path, wanted->path_size);
    if (!str_starts(name, path))
        return false;
    struct str rest = str_from(name, path.size);
    if (!rest.size)
        return true;
    int64_t pid;
    return str_starts(rest, STR(".")) && str_ends(rest, STR(".tmp")) &&
           units_parse_int(str_slice(rest, 1, rest.size - 5), 1, INT32_MAX, &pid);
}

static bool is_of(const struct addr *own, const struct addr *wanted)
{
    return own->family == ADDR_UNIX && wanted->family == ADDR_UNIX ? is_path_of(own, wanted)
                                                                   : addr_eq(own, wanted);
}

static plat_sock take(const struct bind *bind)
{
    struct configuration *configuration = bind->proxy->configuration;
    for (size_t i = 0; i < configuration->taken_count; i++) {
        struct taken_sock *taken = &configuration->taken[i];
        if (taken->sock == PLAT_NO_SOCK || !is_of(&taken->own, &bind->addr.addr))
            continue;
        plat_sock sock = taken->sock;
        taken->sock = PLAT_NO_SOCK;
        return sock;
    }
    return PLAT_NO_SOCK;
}

void bind_close_untaken(struct configuration *configuration)
{
    struct platform *platform = configuration->platform;
    for (size_t i = 0; i < configuration->taken_count; i++)
        if (configuration->taken[i].sock != PLAT_NO_SOCK)
            platform->ops->close(platform, configuration->taken[i].sock);
    configuration->taken_count = 0;
}

static plat_sock listen_anew(struct platform *platform, const struct bind *bind, enum io_status *status)
{
    const struct bind_settings *settings = &bind->settings;
    struct plat_listen how = {
        .addr = bind->addr.addr,
        .datagram = bind->datagram,
        .backlog = settings->backlog                   ? (unsigned)settings->backlog
                   : bind->proxy->settings.backlog > 0 ? (unsigned)bind->proxy->settings.backlog
                                                       : 1024,
        .v6_only = settings->v6only,
        .reuse_port = !bind->proxy->configuration->globals.no_reuse_port,
        .transparent = settings->transparent,
        .defer_accept = settings->defer_accept,
        .tcp_fast_open = settings->tfo,
        .unix_mode = settings->unix_mode,
        .unix_uid = settings->unix_uid,
        .unix_gid = settings->unix_gid,
        .max_segment = settings->mss > 0 ? (unsigned)settings->mss : 0,
        .interface = settings->interface,
    };
    return platform->ops->listen(platform, &how, status);
}

/* What is accepted inherits them. */
static void set_options(struct platform *platform, const struct bind *bind)
{
    const struct globals *globals = &bind->proxy->configuration->globals;
    if (bind->proxy->settings.tcp_smart_accept) /* a request is acknowledged with its response */
        (void)platform->ops->set_option(platform, bind->sock, PLAT_QUICK_ACK, 0);
    platform_set_asked(platform, bind->sock, PLAT_RECEIVE_BUFFER, globals->receive_buffer_client);
    platform_set_asked(platform, bind->sock, PLAT_SEND_BUFFER, globals->send_buffer_client);
    platform_set_asked(platform, bind->sock, PLAT_USER_TIMEOUT, bind->settings.tcp_user_timeout);
}

enum io_status bind_open(struct platform *platform, struct bind *bind)
{
    enum io_status status = IO_OK;
    if (bind->addr.fd >= 0)
        bind->sock = platform->ops->adopt(platform, bind->addr.fd, &status);
    else if (bind->datagram || (bind->sock = take(bind)) == PLAT_NO_SOCK)
        bind->sock = listen_anew(platform, bind, &status);
    if (bind->sock == PLAT_NO_SOCK)
        return status;
    set_options(platform, bind);
    return IO_OK;
}
