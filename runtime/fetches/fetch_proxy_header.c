/* Fetches about the PROXY protocol header that the client's connection began with (manual 7.3.3). */
#include "fetches/fetches.h"
#include "stream/session.h"

static bool find(struct sample_context *context, unsigned type, struct sample *out)
{
    struct str value;
    if (!context->session)
        return false;
    if (!proxy_header_tlv(conn_tlvs(&context->session->conn), type, &context->each.next, &value))
        return false;
    context->each.more = true;
    *out = (struct sample){ .type = SAMPLE_BIN, .u.text = value };
    return true;
}

static bool fetch_authority(const struct sample_args *args, struct sample_context *context,
                            struct sample *out)
{
    (void)args;
    bool found = find(context, PROXY_TLV_AUTHORITY, out);
    out->type = SAMPLE_STR;
    return found;
}

static bool fetch_unique_id(const struct sample_args *args, struct sample_context *context,
                            struct sample *out)
{
    (void)args;
    bool found = find(context, PROXY_TLV_UNIQUE_ID, out);
    out->type = SAMPLE_STR;
    return found;
}

static const struct {
    const char *word;
    unsigned type;
} tlv_names[] = {
    { "ALPN", PROXY_TLV_ALPN },     { "AUTHORITY", PROXY_TLV_AUTHORITY },
    { "CRC32C", PROXY_TLV_CRC32C }, { "UNIQUE_ID", PROXY_TLV_UNIQUE_ID },
    { "SSL", PROXY_TLV_SSL },       { "NETNS", 0x30 },
};

/* "0xE1", "225" or a name; 0: none of these. */
static unsigned tlv_type(struct str text)
{
    unsigned value = 0, base = str_starts(text, STR("0x")) ? 16 : 10;
    for (size_t i = 0; i < COUNT_OF(tlv_names); i++) {
        if (str_eq(text, str_of(tlv_names[i].word)))
            return tlv_names[i].type;
    }
    for (size_t i = base == 16 ? 2 : 0; i < text.size && value < 256; i++) {
        char c = ascii_lower(text.data[i]);
        unsigned digit = ascii_digit(c)         ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
                                                : 99;
        if (digit >= base)
            return 0;
        value = value * base + digit;
    }
    return value < 256 ? value : 0;
}

static bool check_tlv(struct sample_args *args, const char **error)
{
    *error = "invalid TLV name or number";
    return args->count == 1 && tlv_type(args->list[0].text) != 0;
}

static bool fetch_tlv(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    bool found = find(context, tlv_type(args->list[0].text), out);
    out->type = SAMPLE_STR;
    return found;
}

static bool fetch_rcvd_proxy(const struct sample_args *args, struct sample_context *context,
                             struct sample *out)
{
    (void)args;
    *out = sample_bool(context->session && context->session->conn.header_came);
    return context->session != NULL;
}

/* clang-format off */
const struct fetch_row fetch_proxy_header_rows[] = {
    /* name             run               args   out          valid at */
    { "fc_pp_authority", fetch_authority, "", SAMPLE_STR, AT_CLIENT, NULL, NULL },
    { "fc_pp_tlv", fetch_tlv, "str", SAMPLE_STR, AT_CLIENT, NULL, check_tlv },
    { "fc_pp_unique_id", fetch_unique_id, "", SAMPLE_STR, AT_CLIENT, NULL, NULL },
    { "fc_rcvd_proxy", fetch_rcvd_proxy, "", SAMPLE_BOOL, AT_CLIENT, NULL, NULL },
    { 0 },
};
/* clang-format on */
