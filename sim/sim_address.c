/* Address texts to values. */
#include "sim/sim_address.h"
#include "base/units.h"

static bool parse_path(struct str path, enum addr_family family, struct addr *out)
{
    if (!path.size || path.size > ADDR_PATH_MAX)
        return false;
    *out = (struct addr){ .family = family, .path_size = (uint8_t)path.size };
    memcpy(out->u.path, path.data, path.size);
    return true;
}

bool sim_address_parse(struct str text, struct addr *out)
{
    size_t cut;
    int64_t port = 0;
    struct str host;

    text = str_trim(text);
    if (!text.size)
        return false;
    if (text.data[0] == '/')
        return parse_path(text, ADDR_UNIX, out);
    if (text.data[0] == '@')
        return parse_path(str_from(text, 1), ADDR_ABSTRACT, out);
    cut = str_find_char(text, ' ');
    if (cut == STR_NOT_FOUND)
        cut = str_find_last_char(text, ':');
    if (cut == STR_NOT_FOUND || !units_parse_int(str_trim(str_from(text, cut + 1)), 0, 65535, &port))
        return false;
    host = str_slice(text, 0, cut);
    if (host.size >= 2 && host.data[0] == '[' && host.data[host.size - 1] == ']')
        host = str_slice(host, 1, host.size - 2);
    if (str_eq(host, STR("localhost")) || !host.size)
        host = STR("127.0.0.1");
    if (!addr_parse_ip(host, out))
        return false;
    out->port = (uint16_t)port;
    return true;
}
