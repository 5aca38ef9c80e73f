/* Reading /etc/resolv.conf. */
#include "resolve/resolv_conf.h"

bool resolv_conf_next(struct str *rest, struct str *ip)
{
    while (rest->data && rest->size) {
        struct str words = str_trim(str_split(rest, '\n'));
        if (!str_starts(words, STR("nameserver")))
            continue;
        *ip = str_trim(str_from(words, strlen("nameserver")));
        return true;
    }
    return false;
}
