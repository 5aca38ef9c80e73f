/* The plain reader. A line ends with LF, a CR before it does not count (RFC 9112 section 2.2). */
#include "slow_h1.h"

static bool is_token(struct str text)
{
    for (size_t i = 0; i < text.size; i++)
        if (!ascii_alpha(text.data[i]) && !ascii_digit(text.data[i]) &&
            !strchr("!#$%&'*+-.^_`|~", text.data[i]))
            return false;
    return text.size > 0 && !memchr(text.data, '\0', text.size);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The line at `at`, without its end; false: it has not ended. *next is where the one behind it begins. */
static bool line_at(struct str bytes, size_t at, struct str *line, size_t *next)
{
    size_t end = at;
    while (end < bytes.size && bytes.data[end] != '\n')
        end++;
    if (end == bytes.size)
        return false;
    *next = end + 1;
    if (end > at && bytes.data[end - 1] == '\r')
        end--;
    *line = str_slice(bytes, at, end - at);
    return true;
}

static struct str take_word(struct str *line)
{
    size_t end = 0, next;
    while (end < line->size && !is_blank(line->data[end]))
        end++;
    struct str word = str_slice(*line, 0, end);
    for (next = end; next < line->size && is_blank(line->data[next]);)
        next++;
    *line = str_from(*line, next);
    return word;
}

static bool good_version(struct str text)
{
    return text.size == 8 && !memcmp(text.data, "HTTP/", 5) && text.data[5] >= '1' && text.data[5] <= '9' &&
           text.data[6] == '.' && ascii_digit(text.data[7]);
}

static bool good_request_line(struct str line, struct slow_request *out)
{
    out->method = take_word(&line);
    out->target = take_word(&line);
    out->version = line;
    for (size_t i = 0; i < out->target.size; i++)
        if ((unsigned char)out->target.data[i] <= ' ' || (unsigned char)out->target.data[i] >= 127)
            return false;
    return is_token(out->method) && out->target.size && good_version(out->version);
}

/* A name and a value; false: no field line. */
static bool split_field(struct str line, struct str *name, struct str *value)
{
    size_t colon = str_find_char(line, ':');
    if (colon == STR_NOT_FOUND || !is_token(str_slice(line, 0, colon)))
        return false;
    *name = str_slice(line, 0, colon);
    *value = str_trim(str_from(line, colon + 1));
    return true;
}

static bool has_bad_byte(struct str line)
{
    return line.size && (memchr(line.data, '\0', line.size) || memchr(line.data, '\r', line.size));
}

static bool read_length(struct str text, uint64_t *out)
{
    uint64_t value = 0;
    if (!text.size || text.size > 19)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        if (!ascii_digit(text.data[i]))
            return false;
        value = value * 10 + (uint64_t)(text.data[i] - '0');
    }
    *out = value;
    return value <= INT64_MAX;
}

struct framing {
    bool length_seen, coding_seen;
};

/* Section 6.3: lists of equal lengths are one length. Leading zeros are taken off first, as any number of them may be. */
static bool note_lengths(struct framing *framing, struct str value, struct slow_request *out)
{
    do {
        uint64_t length;
        struct str word = str_trim(str_split(&value, ','));
        while (word.size > 1 && word.data[0] == '0')
            word = str_from(word, 1);
        if (!read_length(word, &length) || (framing->length_seen && length != out->length))
            return false;
        out->length = length;
        framing->length_seen = true;
    } while (value.data);
    return true;
}

/* A field whose value goes on in the next lines is only a framing field when nobody could read it in two ways. */
static bool note_field(struct framing *framing, struct str name, struct str value, struct slow_request *out)
{
    if (str_eq_nocase(name, STR("content-length")))
        return note_lengths(framing, value, out);
    if (str_eq_nocase(name, STR("transfer-encoding"))) {
        bool again = framing->coding_seen;
        framing->coding_seen = true;
        return !again && str_eq_nocase(value, STR("chunked"));
    }
    return true;
}

/* The value with the lines that go on with it, cut to what the buffer holds; *next moves behind them. */
static struct str unfolded(struct str bytes, struct str value, size_t *next, char *buffer, size_t room)
{
    struct str line;
    size_t after, size = 0;
    bool folded = false;
    if (value.size <= room)
        size = value.size, memcpy(buffer, value.data, size);
    while (line_at(bytes, *next, &line, &after) && line.size && is_blank(line.data[0])) {
        line = str_trim(line);
        folded = true;
        if (size + 1 + line.size <= room) {
            buffer[size++] = ' ';
            if (line.size)
                memcpy(buffer + size, line.data, line.size);
            size += line.size;
        }
        *next = after;
    }
    return folded ? str_trim(str_make(buffer, size)) : value;
}

/* A head whose end is not there yet is never judged: the last word is the real reader's. */
static bool head_ended(struct str bytes, size_t at)
{
    struct str line;
    while (line_at(bytes, at, &line, &at))
        if (!line.size)
            return true;
    return false;
}

/* The fields that begin at `at` and what they say of the body. */
static bool read_fields(struct str bytes, size_t at, struct slow_request *out)
{
    struct str line, name, value;
    size_t next = at;
    struct framing framing = { 0 };
    char buffer[4096];
    for (; line_at(bytes, at, &line, &next) && line.size; at = next) {
        if (has_bad_byte(str_slice(bytes, at, line.size)) || !split_field(line, &name, &value))
            return false;
        value = unfolded(bytes, value, &next, buffer, sizeof(buffer));
        if (!note_field(&framing, name, value, out))
            return false;
        out->field_count++;
    }
    out->head_size = next;
    out->body = framing.coding_seen ? SLOW_CHUNKED : framing.length_seen ? SLOW_LENGTH : SLOW_NO_BODY;
    if (framing.coding_seen)
        out->length = 0;
    return true;
}

enum slow_verdict slow_h1_head(struct str bytes, struct slow_request *out)
{
    struct str line;
    size_t at = 0, next;
    *out = (struct slow_request){ 0 };
    while (line_at(bytes, at, &line, &next) && !line.size)
        at = next;
    if (!line_at(bytes, at, &line, &next) || !head_ended(bytes, next))
        return SLOW_MORE;
    if (has_bad_byte(line) || !good_request_line(line, out))
        return SLOW_REJECT;
    return read_fields(bytes, next, out) ? SLOW_DONE : SLOW_REJECT;
}

static bool good_status_line(struct str line, int *status)
{
    struct str version = take_word(&line), code = take_word(&line);
    if (!good_version(version) || code.size != 3)
        return false;
    *status = 0;
    for (size_t i = 0; i < 3; i++) {
        if (!ascii_digit(code.data[i]))
            return false;
        *status = *status * 10 + (code.data[i] - '0');
    }
    return *status >= 100;
}

enum slow_verdict slow_h1_response(struct str bytes, struct slow_response *out)
{
    struct str line;
    struct slow_request fields = { 0 };
    size_t at = 0, next;
    *out = (struct slow_response){ 0 };
    while (line_at(bytes, at, &line, &next) && !line.size)
        at = next;
    if (!line_at(bytes, at, &line, &next) || !head_ended(bytes, next))
        return SLOW_MORE;
    if (has_bad_byte(line) || !good_status_line(line, &out->status) || !read_fields(bytes, next, &fields))
        return SLOW_REJECT;
    out->head_size = fields.head_size;
    out->length = fields.length;
    out->body = fields.body == SLOW_NO_BODY ? SLOW_UNTIL_CLOSE : fields.body;
    if (out->status < 200 || out->status == 204 || out->status == 304)
        out->body = SLOW_NO_BODY;
    return SLOW_DONE;
}

unsigned slow_h1_count(struct str head, struct str wanted)
{
    struct str line, name, value;
    size_t at = 0;
    unsigned count = 0;
    while (line_at(head, at, &line, &at))
        if (split_field(line, &name, &value) && str_eq_nocase(name, wanted))
            count++;
    return count;
}

/* Section 7.1: 1*HEXDIG, blanks, perhaps an extension, CR LF. */
static enum slow_verdict chunk_size(struct str bytes, size_t *at, uint64_t *size)
{
    size_t end = str_find_char(str_from(bytes, *at), '\n'), i = 0;
    struct str line;
    if (end == STR_NOT_FOUND)
        return SLOW_MORE;
    line = str_slice(bytes, *at, end);
    *at += end + 1;
    *size = 0;
    if (!line.size || line.data[line.size - 1] != '\r')
        return SLOW_REJECT;
    line.size--;
    for (; i < line.size && ascii_hex(line.data[i]) >= 0; i++) {
        if (*size >> 59)
            return SLOW_REJECT;
        *size = *size * 16 + (uint64_t)ascii_hex(line.data[i]);
    }
    if (!i)
        return SLOW_REJECT;
    while (i < line.size && is_blank(line.data[i]))
        i++;
    if (i < line.size && line.data[i] != ';')
        return SLOW_REJECT;
    return has_bad_byte(line) ? SLOW_REJECT : SLOW_DONE;
}

static enum slow_verdict trailers(struct str bytes, size_t *at)
{
    struct str line;
    while (line_at(bytes, *at, &line, at))
        if (!line.size)
            return SLOW_DONE;
    return SLOW_MORE;
}

enum slow_verdict slow_h1_chunked(struct str bytes, char *body, size_t *body_size, size_t *used)
{
    uint64_t size;
    size_t at = 0;
    *body_size = 0;
    for (;;) {
        enum slow_verdict verdict = chunk_size(bytes, &at, &size);
        if (verdict != SLOW_DONE)
            return verdict;
        if (!size)
            break;
        if (bytes.size - at < 2 || bytes.size - at - 2 < size)
            return SLOW_MORE;
        memcpy(body + *body_size, bytes.data + at, size);
        *body_size += size;
        at += size;
        if (memcmp(bytes.data + at, "\r\n", 2) != 0)
            return SLOW_REJECT;
        at += 2;
    }
    *used = at;
    return trailers(bytes, used);
}
