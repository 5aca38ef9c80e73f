/* Who finds names for the proxy's own requests: the section `default`, written or made (HAProxy manual 5.3, and 3.1
 * "httpclient.resolvers.id"). */
#include "proxy/configuration.h"
#include "resolve/resolv_conf.h"
#include "resolve/resolver.h"

struct resolvers *configuration_httpclient_resolvers(const struct configuration *configuration)
{
    const struct globals *globals = &configuration->globals;
    const char *name = globals->httpclient_resolvers ? globals->httpclient_resolvers : "default";
    return globals->httpclient_no_names ? NULL : dict_get(&configuration->resolvers, str_of(name));
}

void configuration_usual_resolvers(struct configuration *configuration)
{
    const struct globals *globals = &configuration->globals;
    struct platform *platform = configuration->platform;
    struct buf text = BUF_INIT;
    struct str ip;
    struct addr addr;
    if (globals->httpclient_no_names || globals->httpclient_resolvers ||
        dict_get(&configuration->resolvers, STR("default")) ||
        platform->ops->file_read(platform, RESOLV_CONF, &text) != IO_OK) {
        buf_finish(&text);
        return;
    }
    struct resolvers *made = arena_need(&configuration->arena, sizeof(*made));
    made->name = "default";
    resolvers_set_usual(&made->settings);
    for (struct str rest = buf_str(&text); resolv_conf_next(&rest, &ip);) {
        if (!addr_parse_ip(ip, &addr))
            continue;
        addr.port = RESOLV_CONF_PORT;
        resolvers_add(made, &configuration->arena, arena_need_copy(&configuration->arena, ip), &addr, false);
    }
    buf_finish(&text);
    if (made->nameservers && !dict_set(&configuration->resolvers, str_of(made->name), made))
        diag_say(configuration->diag, DIAG_WARNING, "config : resolvers 'default' : out of memory.");
}
