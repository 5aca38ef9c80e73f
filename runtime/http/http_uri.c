/* Cuts request-targets. A target is cut by its first bytes alone, as HAProxy does: '/' and '*' say what
 * they are, and anything else needs a scheme to be an absolute form; what is left may be an authority. */
#include "http/http_uri.h"
#include "http/http_chars.h"

/* scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." ), RFC 3986 section 3.1; 0 when "://" does not follow. */
static size_t scheme_size(struct str text)
{
    size_t size = 0;
    if (!text.size || !ascii_alpha(text.data[0]))
        return 0;
    while (size < text.size && (ascii_alpha(text.data[size]) || ascii_digit(text.data[size]) ||
                                text.data[size] == '+' || text.data[size] == '-' || text.data[size] == '.'))
        size++;
    return str_starts(str_from(text, size), STR("://")) ? size : 0;
}

static void split_path(struct str pathq, struct http_uri *out)
{
    out->pathq = out->path = pathq;
    size_t hash = str_find_char(pathq, '#');
    if (hash != STR_NOT_FOUND) {
        out->fragment = str_from(pathq, hash + 1);
        out->path = pathq = str_slice(pathq, 0, hash);
    }
    size_t mark = str_find_char(pathq, '?');
    if (mark == STR_NOT_FOUND)
        return;
    out->query = str_from(pathq, mark + 1);
    out->path = str_slice(pathq, 0, mark);
}

void http_uri_split(struct str text, struct http_uri *out)
{
    *out = (struct http_uri){ .form = HTTP_URI_OTHER };
    if (text.size && text.data[0] == '/') {
        out->form = HTTP_URI_ORIGIN;
        split_path(text, out);
        return;
    }
    if (text.size && text.data[0] == '*') {
        out->form = HTTP_URI_ASTERISK;
        return;
    }
    size_t size = scheme_size(text);
    if (!size)
        return;
    struct str rest = str_from(text, size + 3);
    size_t end = 0;
    while (end < rest.size && rest.data[end] != '/' && rest.data[end] != '?' && rest.data[end] != '#')
        end++;
    out->form = HTTP_URI_ABSOLUTE;
    out->scheme = str_slice(text, 0, size);
    out->authority = str_slice(rest, 0, end);
    split_path(str_from(rest, end), out);
}

/* Where the port's colon stands: behind the bracket if there is one, else the only colon. */
static bool cut_port(struct str text, struct http_authority *out)
{
    size_t from = 0;
    if (text.size && text.data[0] == '[') {
        size_t bracket = str_find_char(text, ']');
        if (bracket == STR_NOT_FOUND)
            return false;
        from = bracket + 1;
        if (from < text.size && text.data[from] != ':')
            return false;
    }
    size_t colon = str_find_char(str_from(text, from), ':');
    out->host = text;
    out->port = STR_NONE;
    if (colon == STR_NOT_FOUND)
        return true;
    out->host = str_slice(text, 0, from + colon);
    out->port = str_from(text, from + colon + 1);
    return true;
}

static bool good_port(struct str port)
{
    unsigned value = 0;
    for (size_t i = 0; i < port.size; i++) {
        if (!ascii_digit(port.data[i]))
            return false;
        value = value * 10 + (unsigned)(port.data[i] - '0');
        if (value > 65535)
            return false;
    }
    return true;
}

/* Brackets stand around an address and nowhere else; a colon is in one or before the port. */
static bool good_host(struct str host)
{
    if (http_chars_span(host, 0, HTTP_CHAR_HOST) < host.size)
        return false;
    if (!host.size || host.data[0] != '[')
        return str_find_char(host, '[') == STR_NOT_FOUND && str_find_char(host, ']') == STR_NOT_FOUND;
    return host.size > 2 && str_find_char(str_from(host, 1), '[') == STR_NOT_FOUND &&
           str_find_char(host, ']') == host.size - 1;
}

bool http_uri_split_authority(struct str text, bool lax, struct http_authority *out)
{
    size_t at = str_find_char(text, '@');
    out->userinfo = STR_NONE;
    if (at != STR_NOT_FOUND) {
        out->userinfo = str_slice(text, 0, at);
        text = str_from(text, at + 1);
        if (!lax && (str_find_char(text, '@') != STR_NOT_FOUND ||
                     http_chars_span(out->userinfo, 0, HTTP_CHAR_HOST) < out->userinfo.size))
            return false;
    }
    if (!cut_port(text, out))
        return false;
    return good_port(out->port) && (lax || good_host(out->host));
}

bool http_uri_is_usual_port(struct str scheme, struct str port)
{
    bool plain = str_eq_nocase(scheme, STR("http")) || str_eq_nocase(scheme, STR("ws"));
    bool secure = str_eq_nocase(scheme, STR("https")) || str_eq_nocase(scheme, STR("wss"));
    if (!port.size)
        return true;
    return (str_eq(port, STR("80")) && (plain || !scheme.size)) ||
           (str_eq(port, STR("443")) && (secure || !scheme.size));
}

bool http_uri_decode(struct str text, bool plus, char *out, size_t *size)
{
    size_t written = 0;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (c == '?')
            plus = true;
        if (c == '+' && plus)
            c = ' ';
        if (c == '%') {
            int high = i + 1 < text.size ? ascii_hex(text.data[i + 1]) : -1;
            int low = i + 2 < text.size ? ascii_hex(text.data[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            c = (char)(high << 4 | low);
            i += 2;
        }
        out[written++] = c;
    }
    *size = written;
    return true;
}

void http_uri_escape_byte(unsigned char byte, char *out)
{
    static const char digits[] = "0123456789ABCDEF";
    out[0] = '%';
    out[1] = digits[byte >> 4];
    out[2] = digits[byte & 15];
}

size_t http_uri_encode(struct str text, char *out)
{
    size_t written = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (http_char_is(text.data[i], HTTP_CHAR_UNRESERVED)) {
            out[written++] = text.data[i];
            continue;
        }
        http_uri_escape_byte((unsigned char)text.data[i], out + written);
        written += 3;
    }
    return written;
}
