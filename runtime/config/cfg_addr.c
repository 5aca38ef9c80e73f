/* From text to an address: a family in front, the port behind the last colon, between them an IP, a name
 * or `*`. Environment variables stand in addresses without quotes too. */
#include "config/cfg_addr.h"
#include "base/units.h"

#define PORT_MAX 65535

struct parsing {
    struct platform *platform;
    struct arena *arena;
    const char *text; /* as written, for messages */
    enum cfg_addr_need need;
    bool resolve;
    struct cfg_addr *out;
    const char **error;
};

PRINTF_LIKE(2, 3) static bool fail(const struct parsing *parsing, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    struct str message = arena_vprintf(parsing->arena, format, values);
    va_end(values);
    *parsing->error = message.data ? message.data : "out of memory";
    return false;
}

/* Variables. */

static bool name_byte(char c)
{
    return ascii_alpha(c) || ascii_digit(c) || c == '_';
}

/* "$NAME" and "${NAME}" replaced; an unset one is empty. NULL: no memory. */
static const char *expand(const struct parsing *parsing)
{
    struct str rest = str_of(parsing->text);
    if (str_find_char(rest, '$') == STR_NOT_FOUND)
        return parsing->text;
    struct buf out = BUF_INIT, name = BUF_INIT;
    while (rest.size) {
        size_t dollar = str_find_char(rest, '$');
        if (dollar == STR_NOT_FOUND) {
            buf_add(&out, rest);
            break;
        }
        buf_add(&out, str_slice(rest, 0, dollar));
        rest = str_from(rest, dollar + 1);
        bool braces = rest.size && rest.data[0] == '{';
        rest = str_from(rest, braces);
        size_t size = 0;
        while (size < rest.size && name_byte(rest.data[size]))
            size++;
        buf_reset(&name);
        buf_add(&name, str_slice(rest, 0, size));
        if (size && !name.failed && parsing->platform)
            buf_add(&out, str_of(parsing->platform->ops->env_get(parsing->platform, name.data)));
        rest = str_from(rest, size);
        if (braces && rest.size && rest.data[0] == '}')
            rest = str_from(rest, 1);
    }
    const char *copy = out.failed || name.failed ? NULL : arena_copy(parsing->arena, buf_str(&out)).data;
    buf_finish(&out);
    buf_finish(&name);
    return copy;
}

/* Families. */

enum family {
    FAMILY_ANY,
    FAMILY_IPV4,
    FAMILY_IPV6,
    FAMILY_UNIX,
    FAMILY_ABSTRACT,
    FAMILY_TIGHT, /* abstract, not padded */
    FAMILY_DESCRIPTOR,
    FAMILY_SOCKPAIR,
    FAMILY_QUIC,
    FAMILY_OTHER
};

static const struct prefix_row {
    struct str text;
    enum family family;
    bool datagram;
} prefixes[] = {
    { STR_INIT("ipv4@"), FAMILY_IPV4, false },     { STR_INIT("ipv6@"), FAMILY_IPV6, false },
    { STR_INIT("ip@"), FAMILY_ANY, false },        { STR_INIT("tcp@"), FAMILY_ANY, false },
    { STR_INIT("tcp4@"), FAMILY_IPV4, false },     { STR_INIT("tcp6@"), FAMILY_IPV6, false },
    { STR_INIT("udp@"), FAMILY_ANY, true },        { STR_INIT("udp4@"), FAMILY_IPV4, true },
    { STR_INIT("udp6@"), FAMILY_IPV6, true },      { STR_INIT("unix@"), FAMILY_UNIX, false },
    { STR_INIT("uxst@"), FAMILY_UNIX, false },     { STR_INIT("uxdg@"), FAMILY_UNIX, true },
    { STR_INIT("abns@"), FAMILY_ABSTRACT, false }, { STR_INIT("abnsz@"), FAMILY_TIGHT, false },
    { STR_INIT("fd@"), FAMILY_DESCRIPTOR, false }, { STR_INIT("sockpair@"), FAMILY_SOCKPAIR, false },
    { STR_INIT("quic@"), FAMILY_QUIC, false },     { STR_INIT("quic4@"), FAMILY_QUIC, false },
    { STR_INIT("quic6@"), FAMILY_QUIC, false },    { STR_INIT("mptcp@"), FAMILY_OTHER, false },
    { STR_INIT("mptcp4@"), FAMILY_OTHER, false },  { STR_INIT("mptcp6@"), FAMILY_OTHER, false },
    { STR_INIT("rhttp@"), FAMILY_OTHER, false },
};

static bool take_prefix(struct str *text, struct str prefix)
{
    if (!str_starts(*text, prefix))
        return false;
    *text = str_from(*text, prefix.size);
    return true;
}

static enum family take_family(struct str *text, bool *datagram)
{
    *datagram = take_prefix(text, STR("dgram+")) || take_prefix(text, STR("datagram+"));
    if (!*datagram)
        (void)take_prefix(text, STR("stream+"));
    for (size_t i = 0; i < COUNT_OF(prefixes); i++) {
        if (!take_prefix(text, prefixes[i].text))
            continue;
        *datagram |= prefixes[i].datagram;
        return prefixes[i].family;
    }
    return text->size && text->data[0] == '/' ? FAMILY_UNIX : FAMILY_ANY;
}

static bool parse_path(const struct parsing *parsing, struct str path, bool abstract)
{
    size_t most = ADDR_PATH_MAX - 1; /* the NUL behind a path, or in front of an abstract name */
    if (!path.size)
        return fail(parsing, "missing socket path in '%s'", parsing->text);
    if (path.size > most)
        return fail(parsing, "socket path '%.*s' too long (max %zu)", STR_ARG(path), most);
    struct addr *addr = &parsing->out->addr;
    addr->family = abstract ? ADDR_ABSTRACT : ADDR_UNIX;
    addr->path_size = (uint8_t)path.size;
    memcpy(addr->u.path, path.data, path.size);
    return true;
}

static bool parse_descriptor(const struct parsing *parsing, struct str text)
{
    int64_t number;
    if (!units_parse_int(text, 0, INT32_MAX, &number))
        return fail(parsing, "file descriptor '%.*s' is not a valid integer in '%s'", STR_ARG(text),
                    parsing->text);
    parsing->out->fd = (int)number;
    return true;
}

/* Ports. */

static bool port_number(const struct parsing *parsing, struct str whole, struct str text, int64_t *out)
{
    size_t digits = 0;
    while (digits < text.size && ascii_digit(text.data[digits]))
        digits++;
    if (digits < text.size && digits == 0)
        return fail(parsing, "invalid character '%c' in port number '%.*s' in '%s'", text.data[digits],
                    STR_ARG(whole), parsing->text);
    if (!units_parse_int(text, 0, PORT_MAX, out))
        return fail(parsing, "invalid port '%.*s'", STR_ARG(text));
    return true;
}

static bool parse_port(const struct parsing *parsing, struct str text)
{
    struct cfg_addr *out = parsing->out;
    int64_t first, last;
    if (!text.size) {
        if (parsing->need == ADDR_PORT_NEEDED)
            return fail(parsing, "missing port specification in '%s'", parsing->text);
        return true;
    }
    if (text.data[0] == '+' || text.data[0] == '-') {
        if (!port_number(parsing, text, str_from(text, 1), &first))
            return false;
        out->port_offset = text.data[0] == '-' ? -(int)first : (int)first;
        out->port_relative = out->port_given = true;
        return true;
    }
    struct str range = text;
    struct str low = str_split(&range, '-');
    if (!port_number(parsing, text, low, &first))
        return false;
    last = first;
    if (range.data && !port_number(parsing, text, range, &last))
        return false;
    if (last < first)
        return fail(parsing, "invalid port range '%.*s'", STR_ARG(text));
    if (parsing->need == ADDR_PORT_NEEDED && first == 0)
        return fail(parsing, "invalid port '%.*s'", STR_ARG(text));
    out->addr.port = (uint16_t)first;
    out->port_last = (unsigned)last;
    out->port_given = true;
    return true;
}

/* Hosts. */

static bool family_fits(enum family family, const struct addr *addr)
{
    return family == FAMILY_ANY || (family == FAMILY_IPV4) == (addr->family == ADDR_IPV4);
}

static bool look_up(const struct parsing *parsing, enum family family, const char *name, struct addr *out)
{
    struct addr found[8];
    unsigned count = 0;
    struct platform *platform = parsing->platform;
    if (!platform || platform->ops->resolve(platform, name, family == FAMILY_IPV6, found, COUNT_OF(found),
                                            &count) != IO_OK)
        return false;
    for (unsigned i = 0; i < count; i++) {
        if (!family_fits(family, &found[i]))
            continue;
        *out = found[i];
        return true;
    }
    return false;
}

static bool host_name_like(struct str host)
{
    for (size_t i = 0; i < host.size; i++)
        if (!name_byte(host.data[i]) && host.data[i] != '.' && host.data[i] != '-')
            return false;
    return host.size > 0;
}

static bool parse_host(const struct parsing *parsing, enum family family, struct str host)
{
    struct cfg_addr *out = parsing->out;
    struct str bare = host;
    if (host.size >= 2 && host.data[0] == '[' && host.data[host.size - 1] == ']')
        bare = str_slice(host, 1, host.size - 2);
    struct addr found = { 0 };
    if (!bare.size || str_eq(bare, STR("*"))) {
        found.family = family == FAMILY_IPV6 ? ADDR_IPV6 : ADDR_IPV4;
    } else if (!addr_parse_ip(bare, &found)) {
        if (!host_name_like(bare))
            return fail(parsing, "invalid address: '%.*s' in '%s'", STR_ARG(host), parsing->text);
        out->host = arena_copy(parsing->arena, bare).data;
        if (!out->host)
            return fail(parsing, "out of memory");
        if (parsing->resolve && !look_up(parsing, family, out->host, &found))
            return fail(parsing, "invalid address: '%.*s' in '%s'", STR_ARG(host), parsing->text);
    }
    if (found.family != ADDR_NONE && !family_fits(family, &found))
        return fail(parsing, "invalid address: '%.*s' in '%s'", STR_ARG(host), parsing->text);
    out->addr.family = found.family;
    memcpy(out->addr.u.ip, found.u.ip, sizeof(found.u.ip));
    return true;
}

/* The colon in front of the port: the last one, unless it stands in brackets, or the text is an IPv6
 * address that has no port. */
static size_t port_colon(const struct parsing *parsing, struct str text)
{
    size_t colon = str_find_last_char(text, ':'), bracket = str_find_last_char(text, ']');
    if (parsing->need == ADDR_PORT_NONE || colon == STR_NOT_FOUND)
        return STR_NOT_FOUND;
    if (bracket != STR_NOT_FOUND && bracket > colon)
        return STR_NOT_FOUND;
    struct addr ignored;
    struct str host = str_slice(text, 0, colon);
    if (str_find_char(host, ':') != STR_NOT_FOUND && bracket == STR_NOT_FOUND &&
        !addr_parse_ip(host, &ignored) && addr_parse_ip(text, &ignored))
        return STR_NOT_FOUND;
    return colon;
}

static bool parse_ip(const struct parsing *parsing, enum family family, struct str text)
{
    size_t colon = port_colon(parsing, text);
    struct str port = colon == STR_NOT_FOUND ? STR_NONE : str_from(text, colon + 1);
    return parse_host(parsing, family, str_slice(text, 0, colon)) && parse_port(parsing, port);
}

bool cfg_parse_addr(struct platform *platform, struct arena *arena, const char *text, enum cfg_addr_need need,
                    bool resolve, struct cfg_addr *out, const char **error)
{
    struct parsing parsing = { platform, arena, text, need, resolve, out, error };
    *out = (struct cfg_addr){ .fd = -1 };
    *error = NULL;
    const char *expanded = expand(&parsing);
    if (!expanded)
        return fail(&parsing, "out of memory");
    if (!expanded[0])
        return fail(&parsing, "'%s' resolves to an empty address (environment variable missing?)", text);
    struct str rest = str_of(expanded);
    bool datagram, fine = false;
    enum family family = take_family(&rest, &datagram);
    switch (family) {
    case FAMILY_ANY:
    case FAMILY_IPV4:
    case FAMILY_IPV6:
        fine = parse_ip(&parsing, family, rest);
        break;
    case FAMILY_UNIX:
    case FAMILY_ABSTRACT:
    case FAMILY_TIGHT:
        fine = parse_path(&parsing, rest, family != FAMILY_UNIX);
        out->addr.tight = family == FAMILY_TIGHT;
        break;
    case FAMILY_DESCRIPTOR:
    case FAMILY_SOCKPAIR:
        fine = parse_descriptor(&parsing, rest);
        out->sockpair = family == FAMILY_SOCKPAIR;
        break;
    case FAMILY_QUIC:
        return fail(
            &parsing,
            "unsupported protocol family in address '%s'; QUIC is not compiled in if this is what you "
            "were looking for.",
            text);
    case FAMILY_OTHER:
        return fail(&parsing, "unsupported protocol family in address '%s'", text);
    }
    out->addr.datagram = datagram;
    if (!out->port_last)
        out->port_last = out->addr.port;
    return fine;
}
