/* Opening a bind's socket, as its options want it. */
#include "proxy/bind.h"
#include "proxy/proxy.h"

enum io_status bind_open(struct platform *platform, struct bind *bind)
{
    enum io_status status = IO_OK;
    const struct bind_settings *settings = &bind->settings;
    if (bind->addr.fd >= 0) {
        bind->sock = platform->ops->adopt(platform, bind->addr.fd, &status);
        return bind->sock == PLAT_NO_SOCK ? status : IO_OK;
    }
    struct plat_listen how = {
        .addr = bind->addr.addr,
        .backlog = settings->backlog                   ? (unsigned)settings->backlog
                   : bind->proxy->settings.backlog > 0 ? (unsigned)bind->proxy->settings.backlog
                                                       : 1024,
        .v6_only = settings->v6only,
        .transparent = settings->transparent,
        .defer_accept = settings->defer_accept,
        .tcp_fast_open = settings->tfo,
        .unix_mode = settings->unix_mode,
        .unix_uid = settings->unix_uid,
        .unix_gid = settings->unix_gid,
        .max_segment = settings->mss > 0 ? (unsigned)settings->mss : 0,
        .interface = settings->interface,
    };
    bind->sock = platform->ops->listen(platform, &how, &status);
    return bind->sock == PLAT_NO_SOCK ? status : IO_OK;
}
