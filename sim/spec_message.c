/* What txreq and txresp write, and heads taken apart.
 *
 * txreq:  METHOD URL HTTP/1.1, the -hdr lines, Host (unless given, -nohost or another -proto), User-Agent: the
 *         client's name, Content-Length when there is a body.
 * txresp: HTTP/1.1 200 OK, the -hdr lines, Date, Server: the server's name, Content-Length. */
#include "sim/spec_message.h"
#include "base/mem.h"
#include "base/units.h"
#include <zlib.h>

/* The words of a message, read one after the other. */
struct words {
    struct actor_http *http;
    struct actor *actor;
    unsigned at;
    struct spec_message *out;
    struct buf body;
    bool has_body, no_length, no_host, no_date, no_server, no_agent;
};

static bool word_is(const struct words *words, const char *text)
{
    return actor_word_is(words->actor, words->at, text);
}

/* The word behind the option at words->at. */
static bool take_value(struct words *words, struct str *out)
{
    if (words->at + 1 >= words->actor->word_count) {
        actor_wrong(words->actor, "'%.*s' wants a word behind it",
                    STR_ARG(actor_word(words->actor, words->at)));
        return false;
    }
    *out = actor_word(words->actor, ++words->at);
    return true;
}

static void add_line(struct buf *out, const char *name, struct str value)
{
    buf_add_c(out, name);
    buf_add(out, value);
    buf_add_c(out, "\r\n");
}

/* One -hdr: the line as it is; some names stand for a default that is then not written. */
static bool add_header(struct words *words)
{
    struct str line;

    if (!take_value(words, &line))
        return false;
    words->no_length |=
        str_starts_nocase(line, STR("Content-Length:")) || str_starts_nocase(line, STR("Transfer-Encoding:"));
    words->no_host |= str_starts_nocase(line, STR("Host:"));
    words->no_date |= str_starts_nocase(line, STR("Date:"));
    words->no_server |= str_starts_nocase(line, STR("Server:"));
    words->no_agent |= str_starts_nocase(line, STR("User-Agent:"));
    add_line(&words->out->bytes, "", line);
    return true;
}

/* -hdrlen NAME NUMBER: a field of that many digits. */
static bool add_long_header(struct words *words)
{
    struct str name;
    uint64_t size;

    if (!take_value(words, &name) || !actor_number(words->actor, ++words->at, &size))
        return false;
    buf_add(&words->out->bytes, name);
    buf_add_c(&words->out->bytes, ": ");
    while (size-- > 0)
        buf_add_char(&words->out->bytes, (char)('0' + size % 10));
    buf_add_c(&words->out->bytes, "\r\n");
    return true;
}

static bool add_headers(struct words *words)
{
    for (; words->at < words->actor->word_count; words->at++) {
        if (word_is(words, "-nolen"))
            words->no_length = true;
        else if (word_is(words, "-nohost"))
            words->no_host = true;
        else if (word_is(words, "-nodate"))
            words->no_date = true;
        else if (word_is(words, "-hdr")) {
            if (!add_header(words))
                return false;
        } else if (word_is(words, "-hdrlen")) {
            if (!add_long_header(words))
                return false;
        } else {
            break;
        }
    }
    return true;
}

/* Lines of 64 columns: each begins one letter further than the one before. gibberish: letters that do not repeat,
 * for compression (the same ones each time). */
static void synthetic_body(struct buf *out, uint64_t size, bool gibberish)
{
    char first = '!', letter = '!';
    uint32_t mixed = 1;

    for (uint64_t i = 0; i < size; i++) {
        if (i % 64 == 63 || i == size - 1) {
            buf_add_char(out, '\n');
            if (++first == '~')
                first = '!';
            letter = first;
        } else if (gibberish) {
            mixed = mixed * 1664525u + 1013904223u;
            buf_add_char(out, (char)(' ' + (mixed >> 16) % 95));
        } else {
            buf_add_char(out, letter);
            if (++letter == '~')
                letter = '!';
        }
    }
}

static bool gzip_body(struct words *words, struct str text)
{
    z_stream stream = { 0 };
    size_t bound;
    char *room;

    if (deflateInit2(&stream, words->http->gzip_level, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY) != Z_OK) {
        actor_wrong(words->actor, "zlib does not take the level %d", words->http->gzip_level);
        return false;
    }
    bound = deflateBound(&stream, (uLong)text.size) + 64;
    buf_reset(&words->body);
    room = buf_room(&words->body, bound);
    CHECK(room);
    stream.next_in = (Bytef *)(uintptr_t)text.data;
    stream.avail_in = (uInt)text.size;
    stream.next_out = (Bytef *)room;
    stream.avail_out = (uInt)bound;
    CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    words->body.size += stream.total_out;
    deflateEnd(&stream);
    add_line(&words->out->bytes, "Content-Encoding: gzip", STR_NONE);
    return true;
}

/* -body: the two characters \0 stand for a NUL byte. */
static void literal_body(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.size; i++) {
        bool nul = text.data[i] == '\\' && i + 1 < text.size && text.data[i + 1] == '0';

        buf_add_char(out, nul ? '\0' : text.data[i]);
        i += nul;
    }
}

static bool read_body_file(struct words *words, struct str path)
{
    words->out->keeps = false;
    if (scenario_take_file(words->actor->scenario, path.data, &words->body))
        return true;
    actor_wrong(words->actor, "cannot read the file '%s' that '-bodyfrom' names", path.data);
    return false;
}

/* One option about the body; *known false: it is none. */
static bool add_body_option(struct words *words, bool *known)
{
    struct str value;
    uint64_t number = 0;
    bool fine = true;

    *known = true;
    if (word_is(words, "-body")) {
        if (!take_value(words, &value))
            return false;
        literal_body(&words->body, value);
    } else if (word_is(words, "-bodyfrom")) {
        if (!take_value(words, &value) || !read_body_file(words, value))
            return false;
    } else if (word_is(words, "-bodylen")) {
        if (!actor_number(words->actor, ++words->at, &number))
            return false;
        synthetic_body(&words->body, number, false);
    } else if (word_is(words, "-gziplevel")) {
        fine = actor_number(words->actor, ++words->at, &number);
        words->http->gzip_level = (int)number;
        words->out->keeps = false;
        return fine;
    } else if (word_is(words, "-gzipresidual")) {
        return actor_number(words->actor, ++words->at, &number);
    } else if (word_is(words, "-gzipbody")) {
        fine = take_value(words, &value) && gzip_body(words, value);
    } else if (word_is(words, "-gziplen")) {
        struct buf plain = BUF_INIT;

        fine = actor_number(words->actor, ++words->at, &number);
        synthetic_body(&plain, number, true);
        fine = fine && gzip_body(words, buf_str(&plain));
        buf_finish(&plain);
    } else {
        *known = false;
        return true;
    }
    words->has_body = true;
    return fine;
}

static bool add_body_options(struct words *words)
{
    for (; words->at < words->actor->word_count; words->at++) {
        bool known;

        if (!add_body_option(words, &known))
            return false;
        if (known)
            continue;
        actor_wrong(words->actor, "'%.*s' does not know '%.*s' here", STR_ARG(actor_word(words->actor, 0)),
                    STR_ARG(actor_word(words->actor, words->at)));
        return false;
    }
    return true;
}

static void add_date(struct words *words)
{
    char blank[SCENARIO_DATE_SIZE] = { 0 };

    buf_add_c(&words->out->bytes, "Date: ");
    words->out->date_at = words->out->bytes.size;
    buf_add(&words->out->bytes, str_make(blank, sizeof(blank)));
    buf_add_c(&words->out->bytes, "\r\n");
}

/* What stands behind the first line. */
static bool add_rest(struct words *words)
{
    struct buf *out = &words->out->bytes;

    if (!add_headers(words) || !add_body_options(words))
        return false;
    if (!words->no_host)
        add_line(out, "Host: ", scenario_macro_get(&words->actor->scenario->macros, STR("localhost")));
    if (!words->no_date)
        add_date(words);
    if (!words->no_server)
        add_line(out, "Server: ", str_of(words->actor->name));
    if (!words->no_agent)
        add_line(out, "User-Agent: ", str_of(words->actor->name));
    if (words->has_body && !words->no_length) {
        buf_add_c(out, "Content-Length: ");
        buf_add_uint(out, words->body.size);
        buf_add_c(out, "\r\n");
    }
    buf_add_c(out, "\r\n");
    buf_add(out, buf_str(&words->body));
    return true;
}

static void add_first_line(struct buf *out, struct str a, struct str b, struct str c)
{
    buf_add(out, a);
    buf_add_char(out, ' ');
    buf_add(out, b);
    buf_add_char(out, ' ');
    buf_add(out, c);
    buf_add_c(out, "\r\n");
}

static bool build_request(struct words *words)
{
    struct str method = STR("GET"), url = STR("/"), version = STR("HTTP/1.1");

    words->no_date = words->no_server = true;
    for (; words->at < words->actor->word_count; words->at++) {
        if (word_is(words, "-url")) {
            if (!take_value(words, &url))
                return false;
        } else if (word_is(words, "-proto")) {
            if (!take_value(words, &version))
                return false;
        } else if (word_is(words, "-method") || word_is(words, "-req")) {
            if (!take_value(words, &method))
                return false;
        } else if (word_is(words, "-nouseragent")) {
            words->no_agent = true;
        } else {
            break;
        }
    }
    words->out->is_head = str_eq(method, STR("HEAD"));
    words->no_host = !str_eq(version, STR("HTTP/1.1"));
    add_first_line(&words->out->bytes, method, url, version);
    return add_rest(words);
}

static bool build_response(struct words *words)
{
    struct str status = STR("200"), reason = STR("OK"), version = STR("HTTP/1.1");

    words->no_host = words->no_agent = true;
    words->has_body = true; /* an empty one: "Content-Length: 0" */
    for (; words->at < words->actor->word_count; words->at++) {
        if (word_is(words, "-proto")) {
            if (!take_value(words, &version))
                return false;
        } else if (word_is(words, "-status")) {
            if (!take_value(words, &status))
                return false;
        } else if (word_is(words, "-reason")) {
            if (!take_value(words, &reason))
                return false;
        } else if (word_is(words, "-noserver")) {
            words->no_server = true;
        } else {
            break;
        }
    }
    add_first_line(&words->out->bytes, version, status, reason);
    return add_rest(words);
}

bool spec_message_build(struct actor_http *http, bool is_request, struct spec_message *out)
{
    struct words words = { .http = http, .actor = &http->actor, .at = 1, .out = out, .body = BUF_INIT };
    bool fine;

    *out = (struct spec_message){
        .bytes = BUF_INIT, .date_at = STR_NOT_FOUND, .date_s = INT64_MIN, .keeps = true
    };
    fine = is_request ? build_request(&words) : build_response(&words);
    buf_finish(&words.body);
    if (!fine)
        buf_finish(&out->bytes);
    return fine;
}

void spec_message_renew(struct actor_http *http, struct spec_message *message)
{
    int64_t wall, second;

    if (message->date_at == STR_NOT_FOUND)
        return;
    wall = world_wall(http->actor.scenario->world);
    second = wall / (int64_t)NS_PER_S;
    if (second == message->date_s)
        return;
    message->date_s = second;
    scenario_macro_date(wall, message->bytes.data + message->date_at);
}

/* ---- what came ---- */

static bool is_end(const char *at, const char *end)
{
    return *at == '\n' || (*at == '\r' && at + 1 < end && at[1] == '\n');
}

static char *skip_end(char *at)
{
    return *at == '\r' ? at + 2 : at + 1;
}

/* A word of the first line: up to a blank or the line's end; NULL when the line has ended before it. */
static char *first_word(char *at, char *end, struct str *out)
{
    char *begin;

    while (*at == ' ' || *at == '\t')
        at++;
    if (at >= end || is_end(at, end))
        return NULL;
    begin = at;
    while (at < end && *at != ' ' && *at != '\t' && *at != '\r' && *at != '\n')
        at++;
    *out = str_make(begin, (size_t)(at - begin));
    return at;
}

/* Two words and a rest that may have blanks, be empty or be missing. Returns the next line; NULL: too few words. */
static char *split_first_line(struct http_head *head, char *at, char *end)
{
    char *begin;

    at = first_word(at, end, &head->first[0]);
    if (!at || at >= end || is_end(at, end))
        return NULL;
    *at++ = '\0';
    at = first_word(at, end, &head->first[1]);
    if (!at || at >= end)
        return NULL;
    if (is_end(at, end)) {
        begin = at;
        at = skip_end(at);
        *begin = '\0';
        return at;
    }
    *at++ = '\0';
    while (*at == ' ' || *at == '\t')
        at++;
    begin = at;
    while (at < end && !is_end(at, end))
        at++;
    head->first[2] = str_make(begin, (size_t)(at - begin));
    begin = at;
    if (at < end)
        at = skip_end(at);
    *begin = '\0';
    return at;
}

bool spec_message_split(struct http_head *head, const char **why)
{
    char *at = head->bytes.data, *end = at + head->bytes.size;

    head->count = 0;
    for (int i = 0; i < 3; i++)
        head->first[i] = STR_NONE;
    if (!head->bytes.size)
        return true;
    *end = '\0'; /* buf keeps room for it */
    while (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n')
        at++;
    at = split_first_line(head, at, end);
    *why = "its first line has fewer than two words";
    if (!at)
        return false;
    while (at < end && !is_end(at, end)) {
        char *begin = at, *colon;

        while (at < end && !is_end(at, end))
            at++;
        *why = "it has too many fields";
        if (head->count == HTTP_FIELDS_MAX)
            return false;
        colon = memchr(begin, ':', (size_t)(at - begin));
        if (colon) {
            struct http_field *field = &head->fields[head->count++];

            field->name = str_make(begin, (size_t)(colon - begin));
            for (colon++; *colon == ' ' || *colon == '\t'; colon++)
                continue;
            field->value = str_make(colon, (size_t)(at - colon));
        }
        begin = at;
        if (at < end)
            at = skip_end(at);
        *begin = '\0';
    }
    return true;
}

struct str spec_message_field(const struct http_head *head, struct str name)
{
    for (unsigned i = 0; i < head->count; i++)
        if (str_eq_nocase(head->fields[i].name, name))
            return head->fields[i].value;
    return STR_NONE;
}

unsigned spec_message_field_count(const struct http_head *head, struct str name)
{
    unsigned count = 0;

    for (unsigned i = 0; i < head->count; i++)
        count += str_eq_nocase(head->fields[i].name, name);
    return count;
}

bool spec_message_gunzip(struct buf *body, const char **why)
{
    struct buf plain = BUF_INIT;
    z_stream stream = { 0 };
    int status = Z_OK;

    *why = "it does not begin with gzip's magic bytes";
    if (body->size < 2 || body->data[0] != '\x1f' || body->data[1] != '\x8b')
        return false;
    CHECK(inflateInit2(&stream, 31) == Z_OK);
    stream.next_in = (Bytef *)body->data;
    stream.avail_in = (uInt)body->size;
    while (status == Z_OK) {
        char *room = buf_room(&plain, 16384);

        CHECK(room);
        stream.next_out = (Bytef *)room;
        stream.avail_out = 16384;
        status = inflate(&stream, Z_NO_FLUSH);
        plain.size += 16384 - stream.avail_out;
    }
    inflateEnd(&stream);
    *why = "it is cut short or broken";
    if (status != Z_STREAM_END) {
        buf_finish(&plain);
        return false;
    }
    buf_finish(body);
    *body = plain;
    return true;
}
