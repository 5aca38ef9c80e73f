/* Heads as text. Sizing and writing walk the same pieces, so that they cannot disagree. */
#include "http/h1_write.h"

/* Only the field that says how the body is really framed is written: a rule or a script may have added the
 * other. */
static bool written(const struct http_msg *msg, const struct http_field *field)
{
    if (msg->body == HTTP_BODY_CHUNKED)
        return field->id != FIELD_CONTENT_LENGTH;
    return msg->body != HTTP_BODY_LENGTH || field->id != FIELD_TRANSFER_ENCODING;
}

struct output {
    char *at; /* NULL: bytes are only counted */
    size_t size;
};

static void put(struct output *out, struct str text)
{
    if (out->at && text.size)
        memcpy(out->at + out->size, text.data, text.size);
    out->size += text.size;
}

static void put_char(struct output *out, char c)
{
    if (out->at)
        out->at[out->size] = c;
    out->size++;
}

static void put_version(struct output *out, const struct http_msg *msg)
{
    put(out, msg->major > 1 || (msg->major == 1 && msg->minor) ? STR("HTTP/1.1") : STR("HTTP/1.0"));
}

static void put_start_line(struct output *out, const struct http_msg *msg)
{
    if (!msg->is_response) {
        put(out, msg->method);
        put_char(out, ' ');
        put(out, msg->uri.size ? msg->uri
                               : STR("/")); /* a target cannot be empty: the next word would become it */
        put_char(out, ' ');
        put_version(out, msg);
        put(out, STR("\r\n"));
        return;
    }
    CHECK(msg->status >= 100 && msg->status <= 999);
    put_version(out, msg);
    put_char(out, ' ');
    put_char(out, (char)('0' + msg->status / 100));
    put_char(out, (char)('0' + msg->status / 10 % 10));
    put_char(out, (char)('0' + msg->status % 10));
    put_char(out, ' ');
    put(out, msg->reason);
    put(out, STR("\r\n"));
}

static void put_head(struct output *out, const struct http_msg *msg)
{
    put_start_line(out, msg);
    for (unsigned i = 0; i < msg->field_count; i++) {
        const struct http_field *field = &msg->fields[i];
        if (field->removed || !written(msg, field))
            continue;
        if (!out->at) {
            out->size += field->name.size + 2 + field->value.size + 2;
            continue;
        }
        put(out, field->name);
        put(out, STR(": "));
        put(out, field->value);
        put(out, STR("\r\n"));
    }
    put(out, STR("\r\n"));
}

size_t h1_head_size(const struct http_msg *msg)
{
    struct output out = { 0 };
    put_head(&out, msg);
    return out.size;
}

size_t h1_write_head(const struct http_msg *msg, char *text)
{
    struct output out = { .at = text };
    put_head(&out, msg);
    return out.size;
}

bool h1_write_length(const struct http_msg *msg, uint64_t *length)
{
    const struct http_field *field = http_msg_find_id(msg, FIELD_CONTENT_LENGTH, NULL);
    struct str digits = field ? field->value : STR_NONE;
    uint64_t value = 0;
    for (size_t i = 0; i < digits.size; i++) {
        unsigned digit = (unsigned)digits.data[i] - '0';
        if (digit > 9 || value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *length = value;
    return digits.size > 0;
}

size_t h1_write_chunk_size(uint64_t size, char *out)
{
    static const char digits[] = "0123456789abcdef";
    unsigned count = 1;
    while (count < 16 && size >> (4 * count))
        count++;
    for (unsigned i = 0; i < count; i++)
        out[i] = digits[size >> (4 * (count - 1 - i)) & 15];
    out[count] = '\r';
    out[count + 1] = '\n';
    return count + 2;
}
