/* Fetches that read protocols other than HTTP and TLS from the buffer: RDP's cookie and distcc (manual 7.3.5). */
#include "fetches/fetches.h"
#include "sample/sample_args.h"
#include "stream/channel.h"
#include "stream/stream.h"

static struct str bytes_of(const struct sample_context *context)
{
    const struct channel *channel = context->request_channel;
    return channel && channel->data
               ? str_make(channel->data + channel->from, channel->output + channel->input)
               : STR_NONE;
}

static bool more_may_come(struct sample_context *context)
{
    context->may_change = context->request_channel && !context->request_channel->ended;
    return false;
}

/* ---- RDP: a connection request with "Cookie: name=value" behind its TPKT and X.224 headers ([MS-RDPBCGR] 2.2.1.1) */

#define TPKT_SIZE   4u
#define HEADER_SIZE 11u

static bool find_cookie(const struct sample_args *args, struct sample_context *context, struct str *value)
{
    struct str data = bytes_of(context), wanted = args->count ? args->list[0].text : STR("");
    const unsigned char *bytes = (const unsigned char *)data.data;
    if (data.size < HEADER_SIZE)
        return more_may_come(context);
    size_t size = (size_t)bytes[2] << 8 | bytes[3], rest = bytes[TPKT_SIZE];
    if (bytes[0] != 3 || bytes[TPKT_SIZE + 1] != 0xe0 || size != TPKT_SIZE + 1 + rest || size < HEADER_SIZE)
        return false;
    if (data.size < size)
        return more_may_come(context);
    struct str text = str_slice(data, HEADER_SIZE, size - HEADER_SIZE);
    if (!str_starts_nocase(text, STR("Cookie:")))
        return false;
    text = str_from(text, sizeof("Cookie:") - 1);
    while (str_starts(text, STR(" ")))
        text = str_from(text, 1);
    size_t equal = str_find_char(text, '='), end = str_find_char(text, '\r');
    if (equal == STR_NOT_FOUND || end == STR_NOT_FOUND || equal > end)
        return false;
    if (wanted.size && !str_eq_nocase(str_slice(text, 0, equal), wanted))
        return false;
    *value = str_slice(text, equal + 1, end - equal - 1);
    return true;
}

static bool fetch_rdp_cookie(const struct sample_args *args, struct sample_context *context,
                             struct sample *out)
{
    struct str value;
    if (!find_cookie(args, context, &value))
        return false;
    *out = sample_text(value);
    return true;
}

static bool fetch_rdp_cookie_count(const struct sample_args *args, struct sample_context *context,
                                   struct sample *out)
{
    struct str value;
    bool found = find_cookie(args, context, &value);
    if (!found && context->may_change)
        return false;
    *out = sample_int(found);
    return true;
}

/* ---- distcc: tokens of four letters with eight hexadecimal digits, some with so many bytes behind ---- */

#define TOKEN_SIZE 12u

static bool has_body(struct str name)
{
    static const char *const names[] = { "ARGV", "CDIR", "DOTI", "DOTO", "DOTD",
                                         "FILE", "LINK", "NAME", "SERR", "SOUT" };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (str_eq(name, str_of(names[i])))
            return true;
    }
    return false;
}

struct token {
    size_t parameter, body_at;
    bool has_body;
};

static bool read_token(struct str data, size_t at, struct token *out)
{
    size_t value = 0;
    for (size_t i = at + 4; i < at + TOKEN_SIZE; i++) {
        int digit = ascii_hex(data.data[i]);
        if (digit < 0)
            return false;
        value = value << 4 | (size_t)digit;
    }
    *out = (struct token){ value, at + TOKEN_SIZE, has_body(str_slice(data, at, 4)) };
    return true;
}

/* The occurrence of a token that the arguments name; without a number the first. */
static bool find_token(const struct sample_args *args, struct sample_context *context, struct token *out)
{
    struct str data = bytes_of(context);
    int64_t left = args->count > 1 ? args->list[1].integer : 1;
    for (size_t at = 0;;) {
        if (data.size - at < TOKEN_SIZE)
            return more_may_come(context);
        if (!read_token(data, at, out))
            return false;
        if (str_eq(str_slice(data, at, 4), args->list[0].text) && --left <= 0)
            return true;
        at += TOKEN_SIZE;
        if (out->has_body && data.size - at < out->parameter)
            return more_may_come(context);
        if (out->has_body)
            at += out->parameter;
    }
}

static bool fetch_distcc_parameter(const struct sample_args *args, struct sample_context *context,
                                   struct sample *out)
{
    struct token token;
    if (!find_token(args, context, &token))
        return false;
    *out = sample_int((int64_t)token.parameter);
    return true;
}

static bool fetch_distcc_body(const struct sample_args *args, struct sample_context *context,
                              struct sample *out)
{
    struct token token;
    if (!find_token(args, context, &token) || !token.has_body)
        return false;
    struct str data = bytes_of(context);
    if (data.size - token.body_at < token.parameter)
        return more_may_come(context);
    *out = sample_text(str_slice(data, token.body_at, token.parameter));
    out->type = SAMPLE_BIN;
    return true;
}

/* clang-format off */
const struct fetch_row fetch_protocol_rows[] = {
    { "distcc_body",        fetch_distcc_body,      "str,int?", SAMPLE_BIN,  AT_REQUEST, NULL, NULL },
    { "distcc_param",       fetch_distcc_parameter, "str,int?", SAMPLE_SINT, AT_REQUEST, NULL, NULL },
    { "rdp_cookie",         fetch_rdp_cookie,       "str?",     SAMPLE_STR,  AT_REQUEST, NULL, NULL },
    { "rdp_cookie_cnt",     fetch_rdp_cookie_count, "str?",     SAMPLE_SINT, AT_REQUEST, NULL, NULL },
    { "req.rdp_cookie",     fetch_rdp_cookie,       "str?",     SAMPLE_STR,  AT_REQUEST, NULL, NULL },
    { "req.rdp_cookie_cnt", fetch_rdp_cookie_count, "str?",     SAMPLE_SINT, AT_REQUEST, NULL, NULL },
    { 0 },
};
/* clang-format on */
