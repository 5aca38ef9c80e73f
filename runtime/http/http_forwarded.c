/* RFC 7239 sections 4 to 6, strictly: what is not well-formed is nothing to build trust on. */
#include "http/http_forwarded.h"
#include "base/units.h"
#include "http/http_chars.h"
#include "http/http_uri.h"

static const struct str names[FORWARDED_COUNT] = { [FORWARDED_PROTO] = STR_INIT("proto"),
                                                   [FORWARDED_HOST] = STR_INIT("host"),
                                                   [FORWARDED_BY] = STR_INIT("by"),
                                                   [FORWARDED_FOR] = STR_INIT("for") };

enum http_forwarded_parameter http_forwarded_parameter_of(struct str name)
{
    unsigned i = 0;
    while (i < FORWARDED_COUNT && !str_eq_nocase(names[i], name))
        i++;
    return (enum http_forwarded_parameter)i;
}

/* ---- nodes ---- */

bool http_node_is_obfuscated(struct str text)
{
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (!ascii_alpha(c) && !ascii_digit(c) && c != '.' && c != '_' && c != '-')
            return false;
    }
    return text.size > 0;
}

static bool is_obfuscated(struct str text)
{
    return text.size && text.data[0] == '_' && http_node_is_obfuscated(str_from(text, 1));
}

static bool is_port(struct str text)
{
    int64_t number;
    for (size_t i = 0; i < text.size; i++) {
        if (!ascii_digit(text.data[i]))
            return is_obfuscated(text);
    }
    return text.size <= 5 && units_parse_int(text, 0, 65535, &number);
}

/* "[address]" and what stands behind it. */
static bool read_bracketed(struct str text, struct http_node *out, struct str *behind)
{
    size_t close = str_find_char(text, ']');
    if (close == STR_NOT_FOUND)
        return false;
    out->kind = NODE_ADDRESS;
    out->name = str_slice(text, 1, close - 1);
    *behind = str_from(text, close + 1);
    return addr_parse_ip(out->name, &out->addr) && out->addr.family == ADDR_IPV6;
}

static bool read_plain(struct str text, struct http_node *out, struct str *behind)
{
    size_t colon = str_find_char(text, ':');
    out->name = str_slice(text, 0, colon);
    *behind = colon == STR_NOT_FOUND ? str_from(text, text.size) : str_from(text, colon);
    if (str_eq_nocase(out->name, STR("unknown")))
        out->kind = NODE_UNKNOWN;
    else if (is_obfuscated(out->name))
        out->kind = NODE_OBFUSCATED;
    else
        return addr_parse_ip(out->name, &out->addr) && out->addr.family == ADDR_IPV4;
    return true;
}

bool http_node_read(struct str text, struct http_node *out)
{
    struct str behind = STR_NONE;
    *out = (struct http_node){ .kind = NODE_ADDRESS };
    bool bracketed = text.size && text.data[0] == '[';
    if (!(bracketed ? read_bracketed(text, out, &behind) : read_plain(text, out, &behind)))
        return false;
    if (!behind.size)
        return true;
    out->port = str_from(behind, 1);
    return behind.data[0] == ':' && is_port(out->port);
}

/* ---- the element ---- */

static bool is_value(enum http_forwarded_parameter parameter, struct str value)
{
    struct http_authority authority;
    struct http_node node;
    switch (parameter) {
    case FORWARDED_PROTO:
        return str_eq_nocase(value, STR("http")) || str_eq_nocase(value, STR("https"));
    case FORWARDED_HOST:
        return http_uri_split_authority(value, false, &authority) && authority.host.size &&
               !authority.userinfo.data;
    default:
        return http_node_read(value, &node);
    }
}

/* A token or a quoted string at the beginning of *rest, which is left behind it. No value that is good here needs an
 * escape inside quotes. */
static bool read_value(struct str *rest, struct str *out)
{
    if (rest->size && rest->data[0] == '"') {
        size_t close = str_find_char(str_from(*rest, 1), '"');
        if (close == STR_NOT_FOUND)
            return false;
        *out = str_slice(*rest, 1, close);
        *rest = str_from(*rest, close + 2);
        return str_find_char(*out, '\\') == STR_NOT_FOUND;
    }
    size_t end = http_chars_span(*rest, 0, HTTP_CHAR_TOKEN);
    *out = str_slice(*rest, 0, end);
    *rest = str_from(*rest, end);
    return end > 0;
}

bool http_forwarded_read(struct str text, struct http_forwarded *out)
{
    struct str rest = str_trim(text), value;
    *out = (struct http_forwarded){ 0 };
    for (;;) {
        size_t equals = http_chars_span(rest, 0, HTTP_CHAR_TOKEN);
        enum http_forwarded_parameter parameter = http_forwarded_parameter_of(str_slice(rest, 0, equals));
        if (parameter == FORWARDED_COUNT || out->values[parameter].data || equals >= rest.size ||
            rest.data[equals] != '=')
            return false;
        rest = str_from(rest, equals + 1);
        if (!read_value(&rest, &value) || !is_value(parameter, value))
            return false;
        out->values[parameter] = value;
        rest = str_trim(rest);
        if (!rest.size)
            return true;
        if (rest.data[0] != ';')
            return false;
        rest = str_trim(str_from(rest, 1));
    }
}
