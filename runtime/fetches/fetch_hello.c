/* Fetches of the ClientHello of a TLS connection that is passed through (manual 7.3.5; RFC 8446 section 4.1.2). */
#include "fetches/fetches.h"
#include "sample/sample_args.h"
#include "stream/channel.h"
#include "stream/stream.h"
#include <openssl/tls1.h>

struct bytes {
    const unsigned char *at, *end;
    bool cut; /* what was asked for is past what came */
};

static size_t number(struct bytes *bytes, unsigned size)
{
    size_t value = 0;
    if ((size_t)(bytes->end - bytes->at) < size) {
        bytes->cut = true;
        return 0;
    }
    while (size--)
        value = value << 8 | *bytes->at++;
    return value;
}

static struct bytes block(struct bytes *bytes, size_t size)
{
    struct bytes part = { bytes->at, bytes->at, false };
    if ((size_t)(bytes->end - bytes->at) < size) {
        bytes->cut = true;
        return part;
    }
    part.end = bytes->at += size;
    return part;
}

enum { CLIENT_HELLO = 1 }; /* the handshake message's type */
enum hello { HELLO_NONE, HELLO_MORE, HELLO_FOUND };

/* The handshake message behind the record header; type of the message in *type. */
static enum hello find_hello(struct str data, unsigned *version, unsigned *type, struct bytes *body)
{
    struct bytes all = { (const unsigned char *)data.data, (const unsigned char *)data.data + data.size,
                         false };
    if (data.size && (unsigned char)data.data[0] != 0x16)
        return HELLO_NONE;
    number(&all, 1);
    *version = (unsigned)number(&all, 2);
    size_t record = number(&all, 2);
    if (all.cut)
        return HELLO_MORE;
    if (*version < 0x0300 || record < 4)
        return HELLO_NONE;
    *type = (unsigned)number(&all, 1);
    size_t size = number(&all, 3);
    *body = block(&all, size);
    return all.cut ? HELLO_MORE : HELLO_FOUND;
}

static enum hello hello_of(const struct sample_args *args, struct sample_context *context, unsigned *version,
                           unsigned *type, struct bytes *body)
{
    const struct channel *channel = args->row_data ? context->response_channel : context->request_channel;
    if (!channel)
        return HELLO_NONE;
    struct str bytes =
        channel->data ? str_make(channel->data + channel->from, channel->output + channel->input) : STR_NONE;
    enum hello found = find_hello(bytes, version, type, body);
    if (found == HELLO_MORE)
        context->may_change = !channel->ended;
    return found;
}

static bool fetch_hello_type(const struct sample_args *args, struct sample_context *context,
                             struct sample *out)
{
    unsigned version, type = 0;
    struct bytes body;
    if (hello_of(args, context, &version, &type, &body) != HELLO_FOUND)
        return false;
    *out = sample_int(type);
    return true;
}

static bool fetch_tls_version(const struct sample_args *args, struct sample_context *context,
                              struct sample *out)
{
    unsigned version = 0, type = 0;
    struct bytes body;
    if (hello_of(args, context, &version, &type, &body) != HELLO_FOUND)
        return false;
    size_t inner = type == CLIENT_HELLO ? number(&body, 2) : version;
    *out = sample_int((int64_t)((inner >> 8) << 16 | (inner & 0xff)));
    return true;
}

/* ---- the parts of a ClientHello ---- */

/* Its ciphers, and its extensions as they follow each other. false: there is no whole ClientHello. */
static bool client_hello(const struct sample_args *args, struct sample_context *context,
                         struct bytes *ciphers, struct bytes *extensions)
{
    unsigned version, type = 0;
    struct bytes hello;
    if (hello_of(args, context, &version, &type, &hello) != HELLO_FOUND || type != CLIENT_HELLO)
        return false;
    number(&hello, 2);                /* version */
    block(&hello, 32);                /* random */
    block(&hello, number(&hello, 1)); /* session */
    *ciphers = block(&hello, number(&hello, 2));
    block(&hello, number(&hello, 1)); /* compression */
    *extensions = block(&hello, number(&hello, 2));
    extensions->cut |= hello.cut;
    return true;
}

static bool find_extension(const struct sample_args *args, struct sample_context *context, unsigned wanted,
                           struct bytes *out)
{
    struct bytes ciphers, extensions;
    if (!client_hello(args, context, &ciphers, &extensions))
        return false;
    while (!extensions.cut && extensions.at < extensions.end) {
        unsigned type = (unsigned)number(&extensions, 2);
        *out = block(&extensions, number(&extensions, 2));
        if (!extensions.cut && type == wanted)
            return true;
    }
    return false;
}

static bool give(const struct bytes *part, enum sample_type type, struct sample *out)
{
    *out = sample_text(str_make((const char *)part->at, (size_t)(part->end - part->at)));
    out->type = type;
    return !part->cut;
}

static bool fetch_cipherlist(const struct sample_args *args, struct sample_context *context,
                             struct sample *out)
{
    struct bytes ciphers, extensions;
    return client_hello(args, context, &ciphers, &extensions) && ciphers.at < ciphers.end &&
           give(&ciphers, SAMPLE_BIN, out);
}

/* The list in an extension that is nothing but a list with its size in front. */
static bool give_list(const struct sample_args *args, struct sample_context *context, unsigned extension,
                      struct sample *out)
{
    struct bytes data;
    if (!find_extension(args, context, extension, &data))
        return false;
    struct bytes list = block(&data, number(&data, 2));
    return !data.cut && list.at < list.end && give(&list, SAMPLE_BIN, out);
}

static bool fetch_groups(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    return give_list(args, context, TLSEXT_TYPE_supported_groups, out);
}

static bool fetch_sigalgs(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    return give_list(args, context, TLSEXT_TYPE_signature_algorithms, out);
}

/* The groups that keys came for, without the keys (RFC 8446 section 4.2.8). */
static bool fetch_keyshare_groups(const struct sample_args *args, struct sample_context *context,
                                  struct sample *out)
{
    struct sample shares;
    if (!give_list(args, context, TLSEXT_TYPE_key_share, &shares))
        return false;
    const unsigned char *first = (const unsigned char *)shares.u.text.data;
    struct bytes rest = { first, first + shares.u.text.size, false };
    char *groups = arena_alloc(context->scratch, shares.u.text.size);
    size_t size = 0;
    while (groups && rest.at < rest.end) {
        const unsigned char *group = rest.at;
        number(&rest, 2);
        block(&rest, number(&rest, 2));
        if (rest.cut)
            return false;
        groups[size++] = (char)group[0];
        groups[size++] = (char)group[1];
    }
    *out = sample_text(str_make(groups, size));
    out->type = SAMPLE_BIN;
    return groups != NULL;
}

static bool fetch_sni(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    struct bytes extension;
    if (!find_extension(args, context, TLSEXT_TYPE_server_name, &extension))
        return false;
    number(&extension, 2);
    while (!extension.cut && extension.at < extension.end) {
        unsigned kind = (unsigned)number(&extension, 1);
        struct bytes name = block(&extension, number(&extension, 2));
        if (!extension.cut && kind == TLSEXT_NAMETYPE_host_name)
            return give(&name, SAMPLE_STR, out);
    }
    return false;
}

static bool fetch_curves(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    struct bytes extension;
    *out = sample_bool(true);
    return find_extension(args, context, TLSEXT_TYPE_supported_groups, &extension);
}

/* 0: no session ticket extension, 1: an empty one, 2: a ticket (RFC 5077). */
static bool fetch_ticket(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    struct bytes ciphers, extension;
    if (!client_hello(args, context, &ciphers, &extension))
        return false;
    bool found = find_extension(args, context, TLSEXT_TYPE_session_ticket, &extension);
    *out = sample_int(!found ? 0 : extension.at < extension.end ? 2 : 1);
    return true;
}

static bool fetch_alpn(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    struct bytes extension;
    if (!find_extension(args, context, TLSEXT_TYPE_application_layer_protocol_negotiation, &extension))
        return false;
    number(&extension, 2);
    struct bytes name = block(&extension, number(&extension, 1)); /* the first only (TRUTHS B43) */
    return !extension.cut && give(&name, SAMPLE_STR, out);
}

#define RESPONSE_SIDE ((void *)1)
const struct fetch_row fetch_hello_rows[] = {
    /* name               run                args        out          valid at */
    { "req.ssl_cipherlist", fetch_cipherlist, "", SAMPLE_BIN, AT_REQUEST, NULL, NULL },
    { "req.ssl_keyshare_groups", fetch_keyshare_groups, "", SAMPLE_BIN, AT_REQUEST, NULL, NULL },
    { "req.ssl_sigalgs", fetch_sigalgs, "", SAMPLE_BIN, AT_REQUEST, NULL, NULL },
    { "req.ssl_supported_groups", fetch_groups, "", SAMPLE_BIN, AT_REQUEST, NULL, NULL },
    { "rep_ssl_hello_type", fetch_hello_type, "", SAMPLE_SINT, AT_RESPONSE, RESPONSE_SIDE, NULL },
    { "req.ssl_ec_ext", fetch_curves, "", SAMPLE_BOOL, AT_REQUEST, NULL, NULL },
    { "req.ssl_st_ext", fetch_ticket, "", SAMPLE_SINT, AT_REQUEST, NULL, NULL },
    { "req.ssl_alpn", fetch_alpn, "", SAMPLE_STR, AT_REQUEST, NULL, NULL },
    { "req.ssl_hello_type", fetch_hello_type, "", SAMPLE_SINT, AT_REQUEST, NULL, NULL },
    { "req_ssl_hello_type", fetch_hello_type, "", SAMPLE_SINT, AT_REQUEST, NULL, NULL },
    { "req.ssl_sni", fetch_sni, "", SAMPLE_STR, AT_REQUEST, NULL, NULL },
    { "req_ssl_sni", fetch_sni, "", SAMPLE_STR, AT_REQUEST, NULL, NULL },
    { "req.ssl_ver", fetch_tls_version, "", SAMPLE_SINT, AT_REQUEST, NULL, NULL },
    { "req_ssl_ver", fetch_tls_version, "", SAMPLE_SINT, AT_REQUEST, NULL, NULL },
    { "res.ssl_hello_type", fetch_hello_type, "", SAMPLE_SINT, AT_RESPONSE, RESPONSE_SIDE, NULL },
    { 0 },
};
