/* Reads heads line by line. A finished line is checked by its bytes and remembered by its offsets; when
 * the empty line has come, the whole head is copied at once, names are lowered in the copy, and the fields
 * that frame the message or name its target are looked at together. Where RFC 9112 leaves a choice the
 * answer is HAProxy's, except where two parsers could read two things: that is refused. */
#include "http/h1_parse.h"
#include "http/http_chars.h"
#include "http/http_uri.h"

#define LINES_FIRST     16u
#define FIELD_MAX_USUAL 101u /* tune.http.maxhdr */
#define FIELDS_SPARE    8u   /* room for what rules usually add */

void h1_parser_init(struct h1_parser *parser, const struct h1_options *options, struct arena *arena)
{
    *parser = (struct h1_parser){ .options = *options, .arena = arena };
    if (!parser->options.field_max)
        parser->options.field_max = FIELD_MAX_USUAL;
}

/* Always false, so that checks can return it. */
static bool reject(struct h1_parser *parser, enum h1_error error, size_t at)
{
    parser->error = error;
    parser->error_at = at;
    parser->error_status = error == H1_NO_MEMORY ? 500 : parser->options.is_response ? 502 : 400;
    return false;
}

static struct h1_span span(size_t at, size_t size)
{
    return (struct h1_span){ (uint32_t)at, (uint32_t)size };
}

static bool check_value(struct h1_parser *parser, struct str line, size_t from)
{
    size_t at = from + http_chars_find_nul_or_cr(str_from(line, from));
    if (at >= line.size)
        return true;
    return reject(parser, line.data[at] ? H1_BAD_LINE_END : H1_BAD_VALUE, parser->at + at);
}

/* "HTTP/1." DIGIT: other versions have no head of this kind (RFC 9112 section 2.3). */
static bool good_version(struct str text)
{
    return text.size == 8 && memcmp(text.data, "HTTP/", 5) == 0 && text.data[5] == '1' &&
           text.data[6] == '.' && ascii_digit(text.data[7]);
}

/* The end of a target that begins at `from`; false: a byte that may not be in one. */
static bool read_target(struct h1_parser *parser, struct str line, size_t from, size_t *end)
{
    size_t at = http_chars_span(line, from, HTTP_CHAR_TARGET);
    while (at < line.size && !http_char_is(line.data[at], HTTP_CHAR_BLANK)) {
        bool lenient = line.data[at] == '#' || (unsigned char)line.data[at] >= 128;
        if (!lenient || !parser->options.accept_invalid)
            return reject(parser, H1_BAD_TARGET, parser->at + at);
        at = http_chars_span(line, at + 1, HTTP_CHAR_TARGET);
    }
    *end = at;
    return at > from || reject(parser, H1_BAD_TARGET, parser->at + at);
}

/* method 1*blank target 1*blank version, RFC 9112 section 3 as HAProxy relaxes it. */
static bool read_request_line(struct h1_parser *parser, struct str line)
{
    size_t method = http_chars_span(line, 0, HTTP_CHAR_TOKEN), target_end;
    if (method == 0 || method == line.size || !http_char_is(line.data[method], HTTP_CHAR_BLANK))
        return reject(parser, H1_BAD_METHOD, parser->at + method);
    if (method == 3 && memcmp(line.data, "PRI", 3) == 0) /* what HTTP/2 begins with, RFC 9113 section 3.4 */
        return reject(parser, H1_BAD_METHOD, parser->at);
    size_t target = http_chars_span(line, method, HTTP_CHAR_BLANK);
    if (!read_target(parser, line, target, &target_end))
        return false;
    size_t version = http_chars_span(line, target_end, HTTP_CHAR_BLANK);
    bool old = version == line.size && parser->options.accept_invalid && method == 3 &&
               memcmp(line.data, "GET", 3) == 0; /* HTTP/0.9 says no version */
    if (!old && !good_version(str_from(line, version)))
        return reject(parser, H1_BAD_VERSION, parser->at + version);
    parser->words[0] = span(parser->at, method);
    parser->words[1] = span(parser->at + target, target_end - target);
    parser->words[2] = span(parser->at + version, line.size - version);
    return true;
}

/* version 1*blank 3DIGIT [ 1*blank reason ]; 100 to 999, as the class is all that counts (RFC 9110 section
 * 15). */
static bool read_status_line(struct h1_parser *parser, struct str line)
{
    if (!good_version(str_slice(line, 0, 8)))
        return reject(parser, H1_BAD_VERSION, parser->at);
    size_t code = http_chars_span(line, 8, HTTP_CHAR_BLANK), end = code;
    while (end < line.size && ascii_digit(line.data[end]))
        end++;
    if (code == 8)
        return reject(parser, H1_BAD_VERSION, parser->at);
    if (end != code + 3 || line.data[code] == '0' ||
        (end < line.size && !http_char_is(line.data[end], HTTP_CHAR_BLANK)))
        return reject(parser, H1_BAD_STATUS, parser->at + code);
    size_t reason = http_chars_span(line, end, HTTP_CHAR_BLANK);
    parser->words[0] = span(parser->at, 8);
    parser->words[1] = span(parser->at + code, 3);
    parser->words[2] = span(parser->at + reason, line.size - reason);
    return check_value(parser, line, reason);
}

static bool grow_lines(struct h1_parser *parser)
{
    unsigned capacity = parser->line_capacity ? parser->line_capacity * 2 : LINES_FIRST;
    struct h1_line *lines = arena_alloc(parser->arena, capacity * sizeof(*lines));
    if (!lines)
        return reject(parser, H1_NO_MEMORY, parser->at);
    if (parser->line_count)
        memcpy(lines, parser->lines, parser->line_count * sizeof(*lines));
    parser->lines = lines;
    parser->line_capacity = capacity;
    return true;
}

/* With accept_invalid a name may hold any visible byte and blanks inside, but a blank before the colon or
 * a control character is never good: the next reader would see another name (RFC 9112 section 5.1). */
static bool lenient_name(struct str line, size_t *size)
{
    size_t colon = str_find_char(line, ':');
    if (colon == STR_NOT_FOUND || colon == 0 || http_char_is(line.data[colon - 1], HTTP_CHAR_BLANK))
        return false;
    for (size_t i = 0; i < colon; i++)
        if (http_char_is(line.data[i], HTTP_CHAR_CONTROL))
            return false;
    *size = colon;
    return true;
}

/* A line that begins with a blank goes on with the value above (obs-fold, RFC 9112 section 5.2). */
static bool read_fold(struct h1_parser *parser, struct str line)
{
    if (!parser->line_count)
        return reject(parser, H1_OBS_FOLD, parser->at);
    struct h1_line *last = &parser->lines[parser->line_count - 1];
    last->value_size = (uint32_t)(parser->at + line.size - last->value_at);
    last->folded = true;
    return check_value(parser, line, 0);
}

static bool read_field(struct h1_parser *parser, struct str line)
{
    if (http_char_is(line.data[0], HTTP_CHAR_BLANK))
        return read_fold(parser, line);
    size_t name = http_chars_span(line, 0, HTTP_CHAR_TOKEN);
    if (UNLIKELY(name == 0 || name == line.size || line.data[name] != ':') &&
        !(parser->options.accept_invalid && lenient_name(line, &name)))
        return reject(parser, H1_BAD_NAME, parser->at + name);
    if (!check_value(parser, line, name + 1))
        return false;
    if (parser->line_count + 1 >= parser->options.field_max)
        return reject(parser, H1_TOO_MANY_FIELDS, parser->at);
    if (parser->line_count == parser->line_capacity && !grow_lines(parser))
        return false;
    size_t from = http_chars_span(line, name + 1, HTTP_CHAR_BLANK), end = line.size;
    while (end > from && http_char_is(line.data[end - 1], HTTP_CHAR_BLANK))
        end--;
    parser->lines[parser->line_count++] = (struct h1_line){ .name_at = (uint32_t)parser->at,
                                                            .name_size = (uint32_t)name,
                                                            .value_at = (uint32_t)(parser->at + from),
                                                            .value_size = (uint32_t)(end - from) };
    return true;
}

/* A line that has not ended yet: what cannot be HTTP is told at once, with the answer that the whole line
 * would get. */
static bool check_partial(struct h1_parser *parser, struct str line)
{
    if (!parser->in_fields && parser->options.is_response) {
        struct str begin = STR("HTTP/");
        if (line.size && line.data[0] != '\r' && !str_starts(line, str_slice(begin, 0, line.size)))
            return reject(parser, H1_BAD_VERSION, parser->at);
        return true;
    }
    bool begins_with_cr = line.size && line.data[0] == '\r';
    size_t from =
        begins_with_cr ? 0 : parser->scanned; /* a first CR was let through for the LF that may follow */
    size_t at = parser->past_name ? line.size : http_chars_span(line, from, HTTP_CHAR_TOKEN);
    if (at == line.size || (begins_with_cr && line.size == 1))
        return true;
    char c = line.data[at];
    if (parser->in_fields)
        parser->past_name =
            parser->options.accept_invalid || (at ? c == ':' : http_char_is(c, HTTP_CHAR_BLANK));
    else
        parser->past_name = at && http_char_is(c, HTTP_CHAR_BLANK);
    return parser->past_name ||
           reject(parser, parser->in_fields ? H1_BAD_NAME : H1_BAD_METHOD, parser->at + at);
}

struct head {
    struct h1_parser *parser;
    struct http_msg *msg;
    char *text; /* the copy: the byte at offset n of the input is text[n - parser->start_at] */
    const struct h1_line *line; /* that is looked at */
    struct http_field *host;
    bool has_length, has_coding;
    unsigned chunked_codings, other_codings;
    bool empty_coding, chunked_is_last;
    bool says_close, says_keep_alive, says_upgrade, has_upgrade, to_websocket;
};

static bool bad_field(struct head *head, enum h1_error error)
{
    return reject(head->parser, error, head->line->value_at);
}

/* Digits alone, up to 2^63-1: what is larger some reader takes for negative. */
static bool parse_length(struct str digits, uint64_t *out)
{
    uint64_t value = 0;
    for (size_t i = 0; i < digits.size; i++) {
        unsigned digit = (unsigned)(digits.data[i] - '0');
        if (!ascii_digit(digits.data[i]) || value > ((uint64_t)INT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *out = value;
    return digits.size > 0;
}

/* Equal lengths, in one list or in several fields, are one; unequal ones are an attack (RFC 9112 section
 * 6.3). */
static bool note_length(struct head *head, struct http_field *field)
{
    struct http_msg *msg = head->msg;
    struct str rest = field->value, first = STR_NONE;
    do {
        uint64_t value;
        struct str word = str_trim(str_split(&rest, ','));
        if (!parse_length(word, &value))
            return bad_field(head, H1_BAD_LENGTH);
        if ((head->has_length || first.data) && value != msg->body_length)
            return bad_field(head, H1_LENGTH_CONFLICT);
        if (!first.data)
            first = word;
        msg->body_length = value;
    } while (rest.data);
    field->removed = head->has_length;
    field->value = first;
    head->has_length = true;
    return true;
}

static void note_coding(struct head *head, struct http_field *field)
{
    struct str rest = field->value;
    head->has_coding = true;
    do {
        struct str word = str_trim(str_split(&rest, ','));
        head->chunked_is_last = str_eq_nocase(word, STR("chunked"));
        head->empty_coding |= !word.size;
        head->chunked_codings += head->chunked_is_last;
        head->other_codings += !head->chunked_is_last;
    } while (rest.data);
}

static bool next_word(struct str list, size_t *at, struct str *word)
{
    if (*at > list.size)
        return false;
    size_t end = http_msg_value_end(list, *at);
    *word = str_trim(str_slice(list, *at, end - *at));
    *at = end + 1;
    return true;
}

static void note_connection(struct head *head, const struct http_field *field)
{
    struct str word;
    for (size_t at = 0; next_word(field->value, &at, &word);) {
        head->says_close |= str_eq_nocase(word, STR("close"));
        head->says_keep_alive |= str_eq_nocase(word, STR("keep-alive"));
        head->says_upgrade |= str_eq_nocase(word, STR("upgrade"));
    }
}

/* An upgrade to HTTP/2 would hide requests from the rules, so that it is not passed on (RFC 9113 section
 * 3.1). */
static void note_upgrade(struct head *head, struct http_field *field)
{
    struct str word;
    for (size_t at = 0; next_word(field->value, &at, &word);) {
        if (str_eq_nocase(word, STR("h2c")) || str_eq_nocase(word, STR("h2")))
            field->removed = true;
        head->to_websocket |= str_eq_nocase(word, STR("websocket"));
    }
    head->has_upgrade |= !field->removed && field->value.size;
}

/* Only "trailers" means something to those behind us (RFC 9110 section 10.1.4). */
static void note_te(struct head *head, struct http_field *field)
{
    struct str word;
    bool trailers = false;
    for (size_t at = 0; next_word(field->value, &at, &word);)
        trailers |= str_eq_nocase(word, STR("trailers"));
    field->removed = !trailers || head->msg->has_trailers_te;
    field->value = trailers ? STR("trailers") : field->value;
    head->msg->has_trailers_te |= trailers;
}

static bool note_host(struct head *head, struct http_field *field)
{
    bool lax = head->parser->options.accept_invalid;
    if (head->host) {
        field->removed = true;
        return str_eq_nocase(field->value, head->host->value) || bad_field(head, H1_BAD_HOST);
    }
    head->host = field;
    return lax || http_chars_span(field->value, 0, HTTP_CHAR_HOST) == field->value.size ||
           bad_field(head, H1_BAD_HOST);
}

static bool note_field(struct head *head, struct http_field *field)
{
    struct http_msg *msg = head->msg;
    switch (field->id) {
    case FIELD_CONTENT_LENGTH:
        return note_length(head, field);
    case FIELD_TRANSFER_ENCODING:
        note_coding(head, field);
        return true;
    case FIELD_CONNECTION:
        note_connection(head, field);
        return true;
    case FIELD_UPGRADE:
        note_upgrade(head, field);
        return true;
    case FIELD_TE:
        if (!msg->is_response)
            note_te(head, field);
        return true;
    case FIELD_HOST:
        return msg->is_response || note_host(head, field);
    case FIELD_EXPECT:
        msg->expect_continue = !msg->is_response && (msg->major > 1 || msg->minor > 0) &&
                               str_eq_nocase(field->value, STR("100-continue"));
        return true;
    default:
        return true;
    }
}

static char *place(const struct head *head, size_t offset)
{
    return head->text + (offset - head->parser->start_at);
}

static struct str word_of(const struct head *head, unsigned n)
{
    struct h1_span word = head->parser->words[n];
    return str_make(place(head, word.at), word.size);
}

/* Every byte of a line end becomes a blank, which keeps offsets (RFC 9112 section 5.2). */
static struct str unfold(char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (text[i] == '\r' || text[i] == '\n')
            text[i] = ' ';
    return str_trim(str_make(text, size));
}

static bool take_fields(struct head *head)
{
    const struct h1_parser *parser = head->parser;
    struct http_msg *msg = head->msg;
    for (unsigned i = 0; i < parser->line_count; i++) {
        const struct h1_line *line = head->line = &parser->lines[i];
        struct http_field *field = &msg->fields[msg->field_count++];
        char *name = place(head, line->name_at), *value = place(head, line->value_at);
        http_chars_lower(name, line->name_size);
        field->name = str_make(name, line->name_size);
        field->value =
            UNLIKELY(line->folded) ? unfold(value, line->value_size) : str_make(value, line->value_size);
        field->id = http_field_id_of(field->name);
        field->removed = false;
        if (field->id != FIELD_OTHER && !note_field(head, field))
            return false;
    }
    return true;
}

static void take_version(struct http_msg *msg, struct str version)
{
    msg->version =
        version.size ? version : STR("HTTP/1.0"); /* HTTP/0.9 goes on as the oldest that has a head */
    version = msg->version;
    msg->major = (uint8_t)(version.data[5] - '0');
    msg->minor = (uint8_t)(version.data[7] - '0');
}

static void take_start_line(struct head *head)
{
    struct http_msg *msg = head->msg;
    if (msg->is_response) {
        struct str code = word_of(head, 1);
        take_version(msg, word_of(head, 0));
        msg->status = (code.data[0] - '0') * 100 + (code.data[1] - '0') * 10 + code.data[2] - '0';
        msg->reason = word_of(head, 2);
        return;
    }
    msg->method = word_of(head, 0);
    msg->method_id = http_method_of(msg->method);
    msg->uri = word_of(head, 1);
    take_version(msg, word_of(head, 2));
}

static struct str unusual_port(struct str scheme, struct str port)
{
    return http_uri_is_usual_port(scheme, port) ? STR_NONE : port;
}

/* Whether Host names the target's authority; a port that goes without saying may be missing on either
 * side. */
static bool same_authority(const struct head *head, struct str scheme, const struct http_authority *target)
{
    struct http_authority host;
    if (!http_uri_split_authority(head->host->value, true, &host) || !str_eq_nocase(host.host, target->host))
        return false;
    if (host.port.size && target->port.size)
        return str_eq(host.port, target->port);
    return str_eq(unusual_port(scheme, host.port), unusual_port(scheme, target->port));
}

/* As HAProxy does: a port that goes without saying is not passed on, neither in the target nor in Host. */
static void drop_usual_port(struct head *head, struct str scheme, const struct http_authority *target)
{
    struct http_msg *msg = head->msg;
    struct http_authority host;
    if (!target->port.data || !http_uri_is_usual_port(scheme, target->port))
        return;
    char *text = place(head, head->parser->words[1].at);
    size_t colon = (size_t)(target->port.data - 1 - text), behind = colon + 1 + target->port.size;
    memmove(text + colon, text + behind, msg->uri.size - behind);
    msg->uri.size -= behind - colon;
    if (head->host && http_uri_split_authority(head->host->value, true, &host))
        head->host->value = host.host;
}

/* An absolute target without path and query names the root (RFC 9110 section 4.2.3). Its slash takes the place of the
 * blank behind the target. */
static void add_root(struct head *head)
{
    const struct h1_span *word = &head->parser->words[1], *version = &head->parser->words[2];
    if (version->at <= word->at + word->size)
        return;
    head->text[word->at - head->parser->start_at + head->msg->uri.size] = '/';
    head->msg->uri.size++;
}

/* RFC 9112 section 3.2.2. An empty authority names nothing (RFC 9110 section 4.2.1) and passes, as HAProxy lets it,
 * only beside a Host that is empty too. */
static enum h1_error check_absolute(struct head *head, const struct http_uri *uri)
{
    struct http_authority authority;
    bool path_follows = !uri->pathq.size || uri->pathq.data[0] == '/' || uri->pathq.data[0] == '?';
    if (!path_follows || !http_uri_split_authority(uri->authority, false, &authority) ||
        (!authority.host.size && authority.port.size))
        return H1_BAD_TARGET;
    if (head->host && !same_authority(head, uri->scheme, &authority))
        return H1_BAD_HOST;
    drop_usual_port(head, uri->scheme, &authority);
    if (!uri->pathq.size)
        add_root(head);
    return H1_OK;
}

/* host ":" port, RFC 9112 section 3.2.3 */
static enum h1_error check_connect(struct head *head)
{
    struct http_authority authority, host;
    if (!http_uri_split_authority(head->msg->uri, false, &authority) || authority.userinfo.data ||
        !authority.host.size || !authority.port.size)
        return H1_BAD_TARGET;
    if (!head->host)
        return H1_OK;
    if (!same_authority(head, STR_NONE, &authority))
        return H1_BAD_HOST;
    if (http_uri_split_authority(head->host->value, true, &host) && host.port.size &&
        http_uri_is_usual_port(STR_NONE, host.port))
        head->host->value = host.host;
    return H1_OK;
}

static enum h1_error target_fault(struct head *head)
{
    const struct http_msg *msg = head->msg;
    struct http_uri uri;
    if (msg->method_id == HTTP_CONNECT)
        return check_connect(head);
    http_uri_split(msg->uri, &uri);
    switch (uri.form) {
    case HTTP_URI_ORIGIN:
        return H1_OK;
    case HTTP_URI_ASTERISK: /* of the methods that we know only OPTIONS has it */
        return msg->uri.size == 1 && (msg->method_id == HTTP_OPTIONS || msg->method_id == HTTP_OTHER_METHOD)
                   ? H1_OK
                   : H1_BAD_TARGET;
    case HTTP_URI_ABSOLUTE:
        return check_absolute(head, &uri);
    default:
        return H1_BAD_TARGET;
    }
}

static bool check_target(struct head *head)
{
    enum h1_error error = target_fault(head);
    if (error == H1_OK || head->parser->options.accept_invalid)
        return true;
    return reject(head->parser, error, head->parser->words[1].at);
}

static void remove_all(struct http_msg *msg, enum http_field_id id)
{
    for (struct http_field *field = NULL; (field = http_msg_find_id(msg, id, field));)
        field->removed = true;
}

/* One "chunked" and nothing else: other codings we could not undo, and a message that says chunked in a
 * roundabout way is not understood alike by everybody (RFC 9112 sections 6.1 and 7). */
static bool check_coding(struct head *head)
{
    if (!head->has_coding || (head->chunked_codings == 1 && !head->other_codings))
        return true;
    bool understood = head->chunked_codings == 1 && head->chunked_is_last && !head->empty_coding;
    reject(head->parser, H1_BAD_TRANSFER_ENCODING, head->parser->start_at);
    if (understood && !head->msg->is_response)
        head->parser->error_status = 422;
    return false;
}

static void drop_framing(struct http_msg *msg)
{
    remove_all(msg, FIELD_CONTENT_LENGTH);
    remove_all(msg, FIELD_TRANSFER_ENCODING);
    msg->body_length = 0;
}

/* Chunked goes before a length, which is taken out; the connection ends behind such a message, as behind a
 * chunked one of HTTP/1.0 (RFC 9112 sections 6.1 and 6.3). */
static void frame_by_fields(struct head *head)
{
    struct http_msg *msg = head->msg;
    if (head->has_coding) {
        msg->body = HTTP_BODY_CHUNKED;
        msg->body_length = 0;
        remove_all(msg, FIELD_CONTENT_LENGTH);
        if (head->has_length || (msg->major == 1 && msg->minor == 0))
            msg->keep_alive = false;
    } else if (head->has_length) {
        msg->body = HTTP_BODY_LENGTH;
    } else {
        msg->body = msg->is_response ? HTTP_BODY_UNTIL_CLOSE : HTTP_BODY_NONE;
        msg->keep_alive &= !msg->is_response;
    }
}

/* CONNECT has no body: what follows is for the tunnel, so a length means nothing and a coding is refused.
 * If the tunnel is not made, nobody knows where the next request would begin. */
static bool frame_connect(struct head *head)
{
    if (head->has_coding)
        return reject(head->parser, H1_BAD_TRANSFER_ENCODING, head->parser->start_at);
    if (head->has_length)
        head->msg->keep_alive = false;
    drop_framing(head->msg);
    head->msg->body = HTTP_BODY_NONE;
    return true;
}

static bool frame_request(struct head *head)
{
    struct http_msg *msg = head->msg;
    if (msg->method_id == HTTP_CONNECT)
        return frame_connect(head);
    frame_by_fields(head);
    if (msg->body == HTTP_BODY_CHUNKED || msg->body_length) { /* body and upgrade do not go together */
        remove_all(msg, FIELD_UPGRADE);
        head->has_upgrade = false;
    }
    msg->upgrade = head->has_upgrade && head->says_upgrade && (msg->major > 1 || msg->minor > 0);
    if (msg->upgrade && head->to_websocket && !http_msg_find(msg, STR("sec-websocket-key"), NULL))
        return reject(head->parser, H1_BAD_VALUE, head->parser->start_at);
    return true;
}

/* RFC 9112 section 6.3, rules 1 and 2; the framing fields of HEAD and 304 tell about another message and
 * stay. */
static bool frame_response(struct head *head)
{
    struct http_msg *msg = head->msg;
    const struct h1_options *options = &head->parser->options;
    int status = msg->status;
    msg->upgrade = head->has_upgrade && head->says_upgrade;
    if (status == 101) {
        if (!msg->upgrade)
            return reject(head->parser, H1_BAD_STATUS, head->parser->words[1].at);
        drop_framing(msg);
        msg->body = HTTP_BODY_TUNNEL;
    } else if (status < 200 || status == 204) {
        drop_framing(msg);
        msg->body = HTTP_BODY_NONE;
    } else if (options->answers_connect && status < 300) {
        drop_framing(msg);
        msg->body = HTTP_BODY_TUNNEL;
    } else if (options->answers_head || status == 304) {
        if (head->has_coding)
            remove_all(msg, FIELD_CONTENT_LENGTH);
        msg->body = HTTP_BODY_NONE;
        msg->body_length = 0;
    } else {
        frame_by_fields(head);
    }
    return true;
}

static bool take_head(struct head *head, struct str bytes)
{
    struct h1_parser *parser = head->parser;
    struct http_msg *msg = head->msg;
    size_t size = parser->at - parser->start_at;
    head->text = arena_alloc(msg->arena, size);
    msg->is_response = parser->options.is_response;
    msg->field_count = 0;
    if (!head->text || !http_msg_reserve_fields(msg, parser->line_count + FIELDS_SPARE))
        return reject(parser, H1_NO_MEMORY, parser->at);
    memcpy(head->text, bytes.data + parser->start_at, size);
    take_start_line(head);
    if (!take_fields(head) || !check_coding(head))
        return false;
    msg->keep_alive = !head->says_close && (msg->major > 1 || msg->minor > 0 || head->says_keep_alive);
    if (msg->is_response)
        return frame_response(head);
    return check_target(head) && frame_request(head);
}

static enum h1_status finish(struct h1_parser *parser, struct str bytes, struct http_msg *msg, size_t *used)
{
    struct head head = { .parser = parser, .msg = msg };
    if (!take_head(&head, bytes))
        return H1_REJECT;
    *used = parser->at;
    return H1_DONE;
}

enum h1_status h1_parse_head(struct h1_parser *parser, struct str bytes, struct http_msg *msg, size_t *used)
{
    CHECK(bytes.size <= UINT32_MAX);
    while (parser->error == H1_OK) {
        struct str rest = str_from(bytes, parser->at);
        size_t feed = str_find_char(str_from(rest, parser->scanned), '\n');
        if (feed == STR_NOT_FOUND) {
            if (!check_partial(parser, rest))
                break;
            parser->scanned = rest.size;
            return H1_MORE;
        }
        size_t end = parser->scanned + feed;
        struct str line = str_slice(rest, 0, end && rest.data[end - 1] == '\r' ? end - 1 : end);
        bool empty = line.size == 0, first = !parser->in_fields, well = true;
        if (first && !empty) {
            parser->start_at = parser->at;
            well = parser->options.is_response ? read_status_line(parser, line)
                                               : read_request_line(parser, line);
            parser->in_fields = true;
        } else if (!empty) {
            well = read_field(parser, line);
        }
        if (!well)
            break;
        parser->at += end + 1;
        parser->scanned = 0;
        parser->past_name = false;
        bool without_version = first && !empty && !parser->options.is_response && !parser->words[2].size;
        if ((empty && !first) || without_version)
            return finish(parser, bytes, msg, used);
    }
    return H1_REJECT;
}

const char *h1_error_text(enum h1_error error)
{
    static const char *const texts[] = {
        [H1_OK] = "no error",
        [H1_BAD_METHOD] = "invalid character in the method",
        [H1_BAD_TARGET] = "invalid request target",
        [H1_BAD_VERSION] = "invalid HTTP version",
        [H1_BAD_STATUS] = "invalid status line",
        [H1_BAD_LINE_END] = "CR without LF",
        [H1_BAD_NAME] = "invalid character in a header name",
        [H1_BAD_VALUE] = "invalid header value",
        [H1_OBS_FOLD] = "folded line before the first header",
        [H1_TOO_MANY_FIELDS] = "too many headers",
        [H1_BAD_LENGTH] = "invalid Content-Length",
        [H1_LENGTH_CONFLICT] = "contradicting Content-Length",
        [H1_BAD_TRANSFER_ENCODING] = "invalid Transfer-Encoding",
        [H1_BAD_HOST] = "invalid Host, or one that contradicts the target",
        [H1_NO_MEMORY] = "out of memory",
    };
    CHECK((size_t)error < COUNT_OF(texts) && texts[error]);
    return texts[error];
}
