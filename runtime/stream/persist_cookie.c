/* Cookies of persistence. A cookie's value is a server's name in cookies, with dates behind it when their age counts
 * ("s1|last|first", each a count of four-second steps in five letters of base64), or a prefix of the application's own
 * value ("s1~value"). */
#include "stream/persist_cookie.h"
#include "base/units.h"
#include "http/http_cookie.h"
#include "proxy/server.h"
#include "stream/stream_steps.h"
#include <xxhash.h>

#define DATE_SIZE    5
#define DATE_STEP_S  4
#define FUTURE_MAX_S 86400 /* a date further ahead than clocks may differ */

static const char date_letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int64_t now_s(const struct stream *stream)
{
    return loop_wall(stream->engine->loop) / (int64_t)NS_PER_S;
}

/* 0: no date. */
static int64_t read_date(struct str text)
{
    int64_t value = 0;
    if (text.size < DATE_SIZE)
        return 0;
    for (size_t i = 0; i < DATE_SIZE; i++) {
        const char *letter = memchr(date_letters, text.data[i], 64);
        if (!letter)
            return 0;
        value = value * 64 + (letter - date_letters);
    }
    return value * DATE_STEP_S;
}

static void write_date(int64_t seconds, char out[DATE_SIZE + 1])
{
    uint64_t steps = (uint64_t)seconds / DATE_STEP_S;
    for (size_t i = DATE_SIZE; i-- > 0; steps /= 64)
        out[i] = date_letters[steps % 64];
    out[DATE_SIZE] = '\0';
}

static bool too_old(int64_t date, uint64_t limit_s, int64_t now)
{
    return date && limit_s && (now - date > (int64_t)limit_s || date - now > FUTURE_MAX_S);
}

/* The part of the value that names a server; the letter says when its dates forbid it. */
static struct str server_part(struct stream *stream, struct str value, char *letter)
{
    const struct proxy_settings *settings = &stream->backend->settings;
    struct http_txn *http = stream->http;
    if (settings->cookie_flags & COOKIE_PREFIX) {
        size_t end = str_find_char(value, '~');
        return end == STR_NOT_FOUND ? STR("") : str_slice(value, 0, end);
    }
    size_t bar = str_find_char(value, '|');
    if (bar == STR_NOT_FOUND)
        return value;
    struct str last = str_from(value, bar + 1);
    size_t second = str_find_char(last, '|');
    http->cookie_last_s = read_date(last);
    http->cookie_first_s = second == STR_NOT_FOUND ? 0 : read_date(str_from(last, second + 1));
    bool old = too_old(http->cookie_first_s, settings->cookie_max_life_s, now_s(stream));
    if (old || too_old(http->cookie_last_s, settings->cookie_max_idle_s, now_s(stream))) {
        *letter = old ? 'O' : 'E';
        http->cookie_last_s = http->cookie_first_s = 0;
        return STR("");
    }
    return str_slice(value, 0, bar);
}

/* The first usable server of that cookie; a server that is down lets others of the same cookie take its place. */
static struct server *find_server(const struct stream *stream, struct str name, char *letter)
{
    const struct proxy *backend = stream->backend;
    if (!name.size)
        return NULL;
    for (struct server *server = backend->servers; server; server = server->next) {
        if (!server->cookie || !str_eq(name, str_of(server->cookie)))
            continue;
        *letter = server_usable(server) ? 'V' : 'D';
        if (server_usable(server) || backend->settings.persist || stream->force_persist)
            return server;
    }
    return NULL;
}

/* Prefixes never reach the server, nor do inserted cookies that are only between the client and the proxy. */
static bool hide(struct stream *stream, struct str name)
{
    unsigned flags = stream->backend->settings.cookie_flags;
    struct http_msg *request = &stream->http->request;
    struct http_cookie_cursor cursor = { 0 };
    struct http_cookie cookie;
    if (flags & COOKIE_PREFIX) {
        if (!http_cookie_find(request, name, &cursor, &cookie))
            return true;
        size_t end = str_find_char(cookie.value, '~');
        return end == STR_NOT_FOUND ||
               http_cookie_set_value(request, cursor.field, &cookie, str_from(cookie.value, end + 1));
    }
    if ((flags & (COOKIE_INSERT | COOKIE_INDIRECT)) != (COOKIE_INSERT | COOKIE_INDIRECT))
        return true;
    while (http_cookie_find(request, name, &cursor, &cookie)) {
        if (!http_cookie_remove(request, cursor.field, &cookie))
            return false;
        cursor = (struct http_cookie_cursor){ 0 };
    }
    return true;
}

bool persist_cookie_request(struct stream *stream, struct server **named)
{
    const struct proxy_settings *settings = &stream->backend->settings;
    struct http_txn *http = stream->http;
    struct http_cookie_cursor cursor = { 0 };
    struct http_cookie cookie;
    char letter = 'N';
    *named = NULL;
    if (!settings->cookie_name)
        return true;
    struct str name = str_of(settings->cookie_name);
    if (settings->cookie_flags)
        http->cookie_state[0] = http->cookie_state[1] = 'N';
    if (!http_cookie_find(&http->request, name, &cursor, &cookie)) {
        return true;
    }
    struct str wanted = server_part(stream, cookie.value, &letter);
    if (stream->ignore_persist || stream->assigned)
        letter = letter == 'N' ? 'U' : letter;
    else
        *named = find_server(stream, wanted, &letter);
    if (settings->cookie_flags)
        http->cookie_state[0] = letter == 'N' ? 'I' : letter;
    return hide(stream, name);
}

/* ---- responses ---- */

/* What becomes of a cookie that the server sets itself. */
static bool treat_servers_cookie(struct stream *stream, struct http_field *field,
                                 const struct http_cookie *cookie, bool *gone)
{
    unsigned flags = stream->backend->settings.cookie_flags;
    struct http_txn *http = stream->http;
    const struct server *server = stream->server;
    http->cookie_state[1] = 'P';
    *gone = false;
    if (flags & COOKIE_PRESERVE)
        return true;
    if ((server && (flags & COOKIE_INSERT)) || (stream->direct && (flags & COOKIE_INDIRECT))) {
        http->cookie_state[1] = 'D';
        *gone = true;
        http_msg_remove_field(&http->response, field);
        return true;
    }
    if (!server || !server->cookie || !(flags & (COOKIE_REWRITE | COOKIE_PREFIX)))
        return true;
    http->cookie_state[1] = 'R';
    struct str value = str_of(server->cookie);
    if (flags & COOKIE_PREFIX)
        value = arena_printf(&stream->arena, "%s~%.*s", server->cookie, STR_ARG(cookie->value));
    return value.data && http_cookie_set_value(&http->response, field, cookie, value);
}

static bool treat_servers_cookies(struct stream *stream)
{
    struct str name = str_of(stream->backend->settings.cookie_name);
    struct http_msg *response = &stream->http->response;
    struct http_field *field = NULL;
    for (;;) {
        struct http_field *before = field;
        field = http_msg_find_id(response, FIELD_SET_COOKIE, field);
        if (!field)
            return true;
        struct http_cookie_cursor cursor = { 0 };
        struct http_cookie cookie;
        bool gone = false;
        if (!http_cookie_next(field->value, &cursor, &cookie) || !str_eq(cookie.name, name))
            continue;
        if (!treat_servers_cookie(stream, field, &cookie, &gone))
            return false;
        if (gone)
            field = before;
    }
}

/* The client has another cookie than it needs: none, another server's, or one whose dates are to change. */
static bool must_tell(const struct stream *stream)
{
    const struct proxy_settings *settings = &stream->backend->settings;
    const struct http_txn *http = stream->http;
    unsigned flags = settings->cookie_flags;
    if (!stream->server || !(flags & COOKIE_INSERT) || stream->ignore_persist)
        return false;
    if ((flags & COOKIE_PRESERVE) && http->cookie_state[1] == 'P')
        return false;
    if ((flags & COOKIE_POSTONLY) && http->request.method_id != HTTP_POST)
        return false;
    if (!stream->direct)
        return true;
    bool last_changes =
        (settings->cookie_max_idle_s || http->cookie_last_s) && http->cookie_last_s < now_s(stream);
    return last_changes || (settings->cookie_max_life_s != 0) != (http->cookie_first_s != 0);
}

static void build(const struct stream *stream, struct buf *out)
{
    const struct proxy_settings *settings = &stream->backend->settings;
    const char *value = stream->server->cookie;
    char date[DATE_SIZE + 1];
    if (!value) {
        buf_printf(out, "%s=; Expires=Thu, 01-Jan-1970 00:00:01 GMT; path=/", settings->cookie_name);
    } else {
        int64_t rounded = now_s(stream) + DATE_STEP_S - 1;
        buf_printf(out, "%s=%s", settings->cookie_name, value);
        if (settings->cookie_max_idle_s || settings->cookie_max_life_s) {
            write_date(rounded, date);
            buf_printf(out, "|%s", date);
        }
        if (settings->cookie_max_life_s) {
            write_date(stream->http->cookie_first_s ? stream->http->cookie_first_s : rounded, date);
            buf_printf(out, "|%s", date);
        }
        buf_add(out, STR("; path=/"));
    }
    if (settings->cookie_domain)
        buf_printf(out, "; domain=%s", settings->cookie_domain);
    if (settings->cookie_flags & COOKIE_HTTPONLY)
        buf_add(out, STR("; HttpOnly"));
    if (settings->cookie_flags & COOKIE_SECURE)
        buf_add(out, STR("; Secure"));
    if (settings->cookie_attribute)
        buf_printf(out, "; %s", settings->cookie_attribute);
}

/* What Cache-Control says about keeping: forbidden counts more than for how long. */
static void read_cache_control(const struct http_msg *response, bool *forbidden, bool *fresh)
{
    struct http_field *field = NULL;
    while ((field = http_msg_find(response, STR("cache-control"), field))) {
        struct str rest = field->value;
        while (rest.data) {
            struct str word = str_trim(str_split(&rest, ','));
            *forbidden |= str_starts_nocase(word, STR("no-cache")) ||
                          str_starts_nocase(word, STR("no-store")) || str_starts_nocase(word, STR("private"));
            *fresh |= str_starts_nocase(word, STR("max-age=")) || str_starts_nocase(word, STR("s-maxage="));
        }
    }
}

/* A cache on the way could keep it (RFC 9111 sections 3 and 4.2): its status allows that, and it has an age or something to
 * be checked by. */
static bool cacheable(const struct stream *stream)
{
    static const int statuses[] = { 200, 203, 204, 206, 300, 301, 404, 405, 410, 414, 501 };
    const struct http_msg *response = &stream->http->response;
    enum http_method method = stream->http->request.method_id;
    bool known = false, forbidden = false;
    if (method != HTTP_GET && method != HTTP_HEAD)
        return false;
    for (size_t i = 0; i < COUNT_OF(statuses); i++)
        known |= response->status == statuses[i];
    bool fresh = http_msg_find(response, STR("expires"), NULL) ||
                 http_msg_find(response, STR("etag"), NULL) ||
                 http_msg_find(response, STR("last-modified"), NULL);
    read_cache_control(response, &forbidden, &fresh);
    return known && fresh && !forbidden;
}

bool persist_cookie_response(struct stream *stream)
{
    struct http_txn *http = stream->http;
    if (!stream->backend->settings.cookie_name)
        return true;
    if (!stream->backend->settings.cookie_flags) /* passive: nothing is done to it, and nothing said */
        return true;
    if (!treat_servers_cookies(stream))
        return false;
    if (!must_tell(stream))
        return true;
    struct buf text = BUF_INIT;
    build(stream, &text);
    bool well = !text.failed && http_msg_add(&http->response, STR("set-cookie"), buf_str(&text));
    buf_finish(&text);
    http->cookie_state[1] = stream->direct && stream->server->cookie ? 'U' : 'I';
    if (well && (stream->backend->settings.cookie_flags & COOKIE_NOCACHE) && cacheable(stream))
        well = http_msg_add(&http->response, STR("cache-control"), STR("private"));
    return well;
}

/* ---- dynamic cookies ---- */

static void make_cookie(struct server *server, const char *key)
{
    const struct addr *addr = &server->addr.addr;
    struct arena *arena = &server->proxy->configuration->arena;
    struct buf text = BUF_INIT;
    uint32_t port = addr->port;
    if (server->settings.cookie || !addr_is_ip(addr))
        return;
    buf_add_c(&text, key);
    buf_add(&text, str_make((const char *)addr->u.ip, addr->family == ADDR_IPV4 ? 4 : 16));
    for (unsigned i = 0; i < 4; i++)
        buf_add_char(&text, (char)(port >> (8 * i)));
    if (!text.failed)
        server->cookie =
            arena_printf(arena, "%016llx", (unsigned long long)XXH64(text.data, text.size, 0)).data;
    buf_finish(&text);
}

void persist_cookie_prepare(struct proxy *backend)
{
    const struct proxy_settings *settings = &backend->settings;
    bool dynamic = (settings->cookie_flags & COOKIE_DYNAMIC) && settings->dynamic_cookie_key;
    for (struct server *server = backend->servers; server; server = server->next) {
        server->cookie = server->settings.cookie;
        if (dynamic)
            make_cookie(server, settings->dynamic_cookie_key);
    }
}
