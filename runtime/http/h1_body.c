/* A body's framing as a machine of single bytes, with the data in between taken at one go. */
#include "http/h1_body.h"
#include "http/http_chars.h"

#define LINE_MAX_BYTES 16384u /* of one size line, and of all trailers: HAProxy's usual buffer */
#define CHUNK_MAX                                                                                            \
    ((1ull << 52) - 1) /* larger ones are no whole numbers to readers that count in floating point */

void h1_body_init(struct h1_body *body, enum http_body kind, uint64_t length)
{
    *body = (struct h1_body){ .kind = kind, .state = BODY_DATA };
    if (kind == HTTP_BODY_CHUNKED)
        body->state = BODY_SIZE_FIRST;
    else if (kind == HTTP_BODY_LENGTH)
        body->left = length;
    if (kind == HTTP_BODY_NONE || (kind == HTTP_BODY_LENGTH && !length))
        body->state = BODY_DONE;
}

static enum h1_body_state first_digit(struct h1_body *body, char c)
{
    int digit = ascii_hex(c);
    if (digit < 0)
        return BODY_BROKEN;
    body->left = (uint64_t)digit;
    return BODY_SIZE;
}

static enum h1_body_state behind_size(struct h1_body *body, char c)
{
    if (c == ';') {
        body->quoted = body->escaped = false;
        return BODY_EXTENSION;
    }
    if (c == '\r')
        return BODY_SIZE_LF;
    return c == ' ' || c == '\t' ? BODY_SIZE_BLANK : BODY_BROKEN;
}

static enum h1_body_state next_digit(struct h1_body *body, char c)
{
    int digit = ascii_hex(c);
    if (digit < 0)
        return behind_size(body, c);
    if (body->left > CHUNK_MAX >> 4)
        return BODY_BROKEN;
    body->left = body->left << 4 | (uint64_t)digit;
    return BODY_SIZE;
}

/* Extensions mean nothing to us; what matters is that nobody sees another end of the line than we do. */
static enum h1_body_state in_extension(struct h1_body *body, char c)
{
    if (c == '\r')
        return body->quoted ? BODY_BROKEN : BODY_SIZE_LF;
    if (c != '\t' && http_char_is(c, HTTP_CHAR_CONTROL))
        return BODY_BROKEN;
    if (body->escaped)
        body->escaped = false;
    else if (c == '\\' && !body->quoted)
        return BODY_BROKEN;
    else if (c == '\\')
        body->escaped = true;
    else if (c == '"')
        body->quoted = !body->quoted;
    return BODY_EXTENSION;
}

static enum h1_body_state behind_size_line(struct h1_body *body, char c)
{
    body->line_size = 0;
    if (c != '\n')
        return BODY_BROKEN;
    return body->left ? BODY_DATA : BODY_TRAILER;
}

static enum h1_body_state begin_trailer(struct h1_body *body, char c)
{
    if (c == '\r')
        return BODY_END_LF;
    if (c == '\n')
        return BODY_DONE;
    if (http_char_is(c, HTTP_CHAR_BLANK))
        return body->any_trailer ? BODY_TRAILER_VALUE : BODY_BROKEN;
    return http_char_is(c, HTTP_CHAR_TOKEN) ? BODY_TRAILER_NAME : BODY_BROKEN;
}

static enum h1_body_state in_trailer_name(struct h1_body *body, char c)
{
    body->any_trailer = true;
    if (c == ':')
        return BODY_TRAILER_VALUE;
    return http_char_is(c, HTTP_CHAR_TOKEN) ? BODY_TRAILER_NAME : BODY_BROKEN;
}

static enum h1_body_state in_trailer_value(char c)
{
    if (c == '\r')
        return BODY_TRAILER_LF;
    if (c == '\n')
        return BODY_TRAILER;
    return c ? BODY_TRAILER_VALUE : BODY_BROKEN;
}

static enum h1_body_state step(struct h1_body *body, char c)
{
    switch (body->state) {
    case BODY_SIZE_FIRST:
        return first_digit(body, c);
    case BODY_SIZE:
        return next_digit(body, c);
    case BODY_SIZE_BLANK:
        return behind_size(body, c);
    case BODY_EXTENSION:
        return in_extension(body, c);
    case BODY_SIZE_LF:
        return behind_size_line(body, c);
    case BODY_DATA_CR:
        return c == '\r' ? BODY_DATA_LF : BODY_BROKEN;
    case BODY_DATA_LF:
        return c == '\n' ? BODY_SIZE_FIRST : BODY_BROKEN;
    case BODY_TRAILER:
        return begin_trailer(body, c);
    case BODY_TRAILER_NAME:
        return in_trailer_name(body, c);
    case BODY_TRAILER_VALUE:
        return in_trailer_value(c);
    case BODY_TRAILER_LF:
        return c == '\n' ? BODY_TRAILER : BODY_BROKEN;
    case BODY_END_LF:
        return c == '\n' ? BODY_DONE : BODY_BROKEN;
    default:
        return BODY_BROKEN;
    }
}

/* Framing bytes at the start, until data, the end or the last byte. */
static size_t skip_framing(struct h1_body *body, struct str bytes)
{
    size_t at = 0;
    bool in_trailers = body->state >= BODY_TRAILER;
    body->trailers_at = 0;
    while (at < bytes.size && body->state < BODY_DONE && body->state != BODY_DATA) {
        body->state = step(body, bytes.data[at++]);
        if (!in_trailers)
            body->trailers_at = at;
        in_trailers = body->state >= BODY_TRAILER;
        if (++body->line_size > LINE_MAX_BYTES)
            body->state = BODY_BROKEN;
        if (body->state == BODY_SIZE_FIRST || body->state == BODY_DATA)
            body->line_size = 0;
    }
    return at;
}

static size_t take_data(struct h1_body *body, size_t have)
{
    bool counted = body->kind == HTTP_BODY_LENGTH || body->kind == HTTP_BODY_CHUNKED;
    size_t size = counted && body->left < have ? (size_t)body->left : have;
    body->total += size;
    if (!counted)
        return size;
    body->left -= size;
    if (!body->left)
        body->state = body->kind == HTTP_BODY_CHUNKED ? BODY_DATA_CR : BODY_DONE;
    return size;
}

enum h1_status h1_body_next(struct h1_body *body, struct str bytes, size_t *skip, size_t *data)
{
    *data = 0;
    *skip = skip_framing(body, bytes);
    if (body->state == BODY_DATA)
        *data = take_data(body, bytes.size - *skip);
    if (body->state == BODY_BROKEN)
        return H1_REJECT;
    return body->state == BODY_DONE ? H1_DONE : H1_MORE;
}

bool h1_body_closed(struct h1_body *body)
{
    if (body->state == BODY_DATA && (body->kind == HTTP_BODY_UNTIL_CLOSE || body->kind == HTTP_BODY_TUNNEL))
        body->state = BODY_DONE;
    return body->state == BODY_DONE;
}
