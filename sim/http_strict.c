/* Lines are looked at whole: from the bytes at hand, or from `line` when they came in pieces. */
#include "sim/http_strict.h"
#include "base/check.h"

#define BEGIN_SIZE   16
#define DIGEST_BASE  0xcbf29ce484222325u
#define DIGEST_PRIME 0x100000001b3u

enum { LINE_MAX_SIZE = 1 << 20 };

void http_strict_init(struct http_strict *reader, bool is_response, bool tolerant)
{
    *reader = (struct http_strict){ .is_response = is_response, .tolerant = tolerant, .line = BUF_INIT };
    http_strict_next(reader);
}

void http_strict_finish(struct http_strict *reader)
{
    buf_finish(&reader->line);
}

void http_strict_next(struct http_strict *reader)
{
    struct buf line = reader->line;
    bool is_response = reader->is_response, tolerant = reader->tolerant;

    buf_reset(&line);
    *reader = (struct http_strict){ .is_response = is_response, .tolerant = tolerant, .line = line };
    reader->digest = DIGEST_BASE;
}

static void wrong(struct http_strict *reader, const char *why)
{
    reader->state = STRICT_WRONG;
    reader->wrong = why;
}

/* ---- characters ---- */

/* RFC 9110 section 5.6.2 */
static const bool token_signs[256] = {
    ['0' ... '9'] = true, ['A' ... 'Z'] = true, ['a' ... 'z'] = true, ['!'] = true,  ['#'] = true,
    ['$'] = true,         ['%'] = true,         ['&'] = true,         ['\''] = true, ['*'] = true,
    ['+'] = true,         ['-'] = true,         ['.'] = true,         ['^'] = true,  ['_'] = true,
    ['`'] = true,         ['|'] = true,         ['~'] = true,
};

static bool is_token(struct str text)
{
    for (const char *at = text.data, *end = at + text.size; at < end; at++)
        if (!token_signs[(unsigned char)*at])
            return false;
    return text.size > 0;
}

/* No control characters but tabs, which a value may have. */
static bool is_plain(struct str text, bool tabs)
{
    for (const char *at = text.data, *end = at + text.size; at < end; at++)
        if (((unsigned char)*at < 0x20 && !(tabs && *at == '\t')) || *at == 0x7f)
            return false;
    return true;
}

static bool named(struct str text, const char *name)
{
    return str_eq_nocase(text, str_of(name));
}

static struct str trimmed(struct str text)
{
    while (text.size && (text.data[0] == ' ' || text.data[0] == '\t'))
        text = str_from(text, 1);
    while (text.size && (text.data[text.size - 1] == ' ' || text.data[text.size - 1] == '\t'))
        text.size--;
    return text;
}

/* ---- the head ---- */

static bool take_version(struct http_strict *reader, struct str version)
{
    reader->http11 = str_eq(version, STR("HTTP/1.1"));
    reader->persists = reader->http11;
    return reader->http11 || str_eq(version, STR("HTTP/1.0"));
}

static void request_line(struct http_strict *reader, struct str line)
{
    size_t first = str_find_char(line, ' '), last = line.size;
    struct str method, target;

    while (last > 0 && line.data[last - 1] != ' ')
        last--;
    if (first == STR_NOT_FOUND || last <= first + 1) {
        wrong(reader, "a request line is METHOD TARGET VERSION");
        return;
    }
    method = str_slice(line, 0, first);
    target = str_slice(line, first + 1, last - first - 2);
    reader->is_head = str_eq(method, STR("HEAD"));
    reader->is_connect = str_eq(method, STR("CONNECT"));
    if (!is_token(method))
        wrong(reader, "a method is a token");
    else if (!target.size || !is_plain(target, false) || str_find_char(target, ' ') != STR_NOT_FOUND)
        wrong(reader, "a request's target has no blanks and no control characters");
    else if (!take_version(reader, str_from(line, last)))
        wrong(reader, "the version is HTTP/1.0 or HTTP/1.1");
}

static void status_line(struct http_strict *reader, struct str line)
{
    if (line.size < 12 || !take_version(reader, str_slice(line, 0, 8)) || line.data[8] != ' ' ||
        (line.size > 12 && line.data[12] != ' ')) {
        wrong(reader, "a status line is VERSION STATUS REASON");
        return;
    }
    for (size_t i = 9; i < 12; i++) {
        if (line.data[i] < '0' || line.data[i] > '9') {
            wrong(reader, "a status has three digits");
            return;
        }
        reader->status = reader->status * 10 + (unsigned)(line.data[i] - '0');
    }
    if (!is_plain(line, true))
        wrong(reader, "a status line has no control characters");
}

static void take_length(struct http_strict *reader, struct str value)
{
    uint64_t length = 0;

    for (size_t i = 0; i < value.size; i++) {
        if (value.data[i] < '0' || value.data[i] > '9' || length > UINT64_MAX / 10 - 1) {
            wrong(reader, "a content-length is a number");
            return;
        }
        length = length * 10 + (uint64_t)(value.data[i] - '0');
    }
    if (!value.size)
        wrong(reader, "a content-length is a number");
    else if (reader->has_length && (!reader->tolerant || reader->length != length))
        wrong(reader, "there is one content-length");
    reader->has_length = true;
    reader->length = length;
}

/* The last coding counts; what stands before it does not frame. */
static void take_encoding(struct http_strict *reader, struct str value)
{
    if (reader->chunked)
        wrong(reader, "nothing is encoded after chunked");
    reader->encoded = true;
    while (value.data) {
        struct str coding = trimmed(str_split(&value, ','));

        if (reader->chunked && coding.size)
            wrong(reader, "nothing is encoded after chunked");
        reader->chunked |= named(coding, "chunked");
    }
}

static void take_connection(struct http_strict *reader, struct str value)
{
    while (value.data) {
        struct str word = trimmed(str_split(&value, ','));

        if (named(word, "close"))
            reader->persists = false;
        else if (named(word, "keep-alive") && !reader->http11)
            reader->persists = true;
    }
}

static void field_line(struct http_strict *reader, struct str line, bool trailer)
{
    size_t colon = str_find_char(line, ':');
    struct str name, value;

    if (colon == STR_NOT_FOUND || (!reader->tolerant && !is_token(str_slice(line, 0, colon)))) {
        if (!reader->tolerant)
            wrong(reader, "a field is NAME: VALUE");
        return;
    }
    name = str_slice(line, 0, colon);
    value = trimmed(str_from(line, colon + 1));
    if (!reader->tolerant && !is_plain(value, true))
        wrong(reader, "a field has no control characters");
    if (trailer)
        return;
    if (name.size == 14 && named(name, "content-length"))
        take_length(reader, value);
    else if (name.size == 17 && named(name, "transfer-encoding"))
        take_encoding(reader, value);
    else if (name.size == 10 && named(name, "connection"))
        take_connection(reader, value);
}

/* RFC 9112 section 6.3: how the body is framed. */
static void head_ends(struct http_strict *reader)
{
    bool none =
        reader->is_response && (reader->bodiless || reader->status / 100 == 1 || reader->status == 204 ||
                                reader->status == 304 || (reader->tunnels && reader->status / 100 == 2));

    if (reader->encoded && reader->has_length && !reader->tolerant) {
        wrong(reader, "a message has a content-length or a transfer-encoding, not both");
    } else if (none) {
        reader->state = STRICT_DONE;
    } else if (reader->chunked) {
        reader->state = STRICT_CHUNK_SIZE;
    } else if (reader->encoded && !reader->is_response) {
        wrong(reader, "a request that is encoded is chunked in the end");
    } else if (reader->has_length && !reader->encoded) {
        reader->left = reader->length;
        reader->state = reader->left ? STRICT_BODY : STRICT_DONE;
    } else if (reader->is_response) {
        reader->persists = false;
        reader->state = STRICT_UNTIL_CLOSE;
    } else {
        reader->state = STRICT_DONE;
    }
}

static void head_line(struct http_strict *reader, struct str line)
{
    if (!reader->has_start) {
        if (!line.size && reader->tolerant) {
            reader->state = STRICT_IDLE; /* as if it had not come */
            return;
        }
        reader->has_start = true;
        if (reader->is_response)
            status_line(reader, line);
        else
            request_line(reader, line);
    } else if (!line.size) {
        head_ends(reader);
    } else {
        field_line(reader, line, false);
    }
}

/* ---- chunks ---- */

static void chunk_size_line(struct http_strict *reader, struct str line)
{
    uint64_t size = 0;
    size_t at = 0;

    for (; at < line.size; at++) {
        char c = line.data[at];
        unsigned digit;

        if (c >= '0' && c <= '9')
            digit = (unsigned)(c - '0');
        else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
            digit = (unsigned)((c | 0x20) - 'a' + 10);
        else
            break;
        if (size >> 60) {
            wrong(reader, "a chunk's size has 64 bits");
            return;
        }
        size = size << 4 | digit;
    }
    if (at == 0 || (at < line.size && line.data[at] != ';' && !reader->tolerant)) {
        wrong(reader, "a chunk begins with its size");
        return;
    }
    reader->left = size;
    reader->state = size ? STRICT_CHUNK : STRICT_TRAILERS;
}

/* One line without its end. */
static void take_line(struct http_strict *reader, struct str line)
{
    switch (reader->state) {
    case STRICT_IDLE:
    case STRICT_HEAD:
        reader->state = STRICT_HEAD;
        head_line(reader, line);
        return;
    case STRICT_CHUNK_SIZE:
        chunk_size_line(reader, line);
        return;
    case STRICT_CHUNK_END:
        reader->state = STRICT_CHUNK_SIZE;
        if (line.size)
            wrong(reader, "a chunk ends where its size says");
        return;
    case STRICT_TRAILERS:
        if (line.size)
            field_line(reader, line, true);
        else
            reader->state = STRICT_DONE;
        return;
    case STRICT_BODY:
    case STRICT_CHUNK:
    case STRICT_UNTIL_CLOSE:
    case STRICT_DONE:
    case STRICT_WRONG:
        return;
    }
}

static size_t read_line(struct http_strict *reader, struct str bytes)
{
    const char *end = memchr(bytes.data, '\n', bytes.size);
    size_t size = end ? (size_t)(end - bytes.data) + 1 : bytes.size;
    struct str line = str_slice(bytes, 0, size);

    if (!end || reader->line.size) {
        buf_add(&reader->line, line);
        if (reader->state == STRICT_IDLE)
            reader->state = STRICT_HEAD;
        if (reader->line.size > LINE_MAX_SIZE)
            wrong(reader, "a line has an end");
        if (!end)
            return size;
        line = buf_str(&reader->line);
    }
    line.size--;
    if (line.size && line.data[line.size - 1] == '\r')
        line.size--;
    else if (!reader->tolerant)
        wrong(reader, "a line ends in CR LF");
    take_line(reader, line);
    buf_reset(&reader->line);
    return size;
}

/* ---- bodies ---- */

static size_t read_body(struct http_strict *reader, struct str bytes)
{
    size_t size = bytes.size;
    uint64_t digest = reader->digest, before = reader->size;

    if (reader->state != STRICT_UNTIL_CLOSE && size > reader->left)
        size = (size_t)reader->left;
    for (size_t at = 0; at < size;) {
        size_t stop =
            before + at < BEGIN_SIZE && BEGIN_SIZE - before < size ? (size_t)(BEGIN_SIZE - before) : size;

        for (; at < stop; at++)
            digest = (digest ^ (unsigned char)bytes.data[at]) * DIGEST_PRIME;
        if (before + at == BEGIN_SIZE)
            reader->begins = digest;
    }
    reader->digest = digest;
    reader->size += size;
    if (reader->state == STRICT_UNTIL_CLOSE)
        return size;
    reader->left -= size;
    if (!reader->left)
        reader->state = reader->state == STRICT_BODY ? STRICT_DONE : STRICT_CHUNK_END;
    return size;
}

size_t http_strict_read(struct http_strict *reader, struct str bytes)
{
    size_t taken = 0;

    while (taken < bytes.size && reader->state != STRICT_DONE && reader->state != STRICT_WRONG) {
        struct str rest = str_from(bytes, taken);

        if (reader->state == STRICT_BODY || reader->state == STRICT_CHUNK ||
            reader->state == STRICT_UNTIL_CLOSE)
            taken += read_body(reader, rest);
        else
            taken += read_line(reader, rest);
    }
    return taken;
}

void http_strict_ends(struct http_strict *reader)
{
    if (reader->state == STRICT_UNTIL_CLOSE)
        reader->state = STRICT_DONE;
}
