/* Which proxy's alerts go to which section. */
#include "proxy/mailers.h"
#include "proxy/configuration.h"
#include "proxy/proxy.h"

static bool resolve_proxy(struct configuration *configuration, struct proxy *proxy)
{
    struct email_alert *alert = &proxy->settings.email_alert;
    if (!alert->seen)
        return true;
    if (!alert->mailers_name || !alert->from || !alert->to) {
        diag_config(configuration->diag, DIAG_WARNING, proxy->at,
                    "'email-alert' will be ignored for %s '%s': 'email-alert from', 'email-alert mailers' "
                    "and 'email-alert "
                    "to' are needed.",
                    proxy_type_name(proxy), proxy->name);
        return true;
    }
    alert->mailers = dict_get(&configuration->mailers, str_of(alert->mailers_name));
    if (!alert->mailers) {
        diag_config(configuration->diag, DIAG_ALERT, proxy->at, "Proxy '%s': unable to find mailers '%s'.",
                    proxy->name, alert->mailers_name);
        return false;
    }
    alert->mailers->used = true;
    return true;
}

bool mailers_resolve(struct configuration *configuration)
{
    bool good = true;
    for (struct proxy *proxy = configuration->proxies; proxy; proxy = proxy->next)
        good = resolve_proxy(configuration, proxy) && good;
    for (struct dict_entry *entry = dict_next(&configuration->mailers, NULL); entry;
         entry = dict_next(&configuration->mailers, entry)) {
        const struct mailers *mailers = entry->value;
        if (!mailers->used)
            diag_config(configuration->diag, DIAG_WARNING, mailers->at,
                        "Removing incomplete section 'mailers %s'.", mailers->name);
    }
    return good;
}
