/* balance hdr(name): the first value of a header; with use_domain_only the part of a host's name before its last dot,
 * from the dot before that on. */
#include "balance/balance_hash.h"
#include "balance/balance_words.h"
#include "stream/stream.h"

struct hdr_options {
    struct str name; /* lower case */
    bool domain_only;
};

static bool prepare(struct proxy *proxy, const char **words, const char **error)
{
    struct arena *arena = &proxy->configuration->arena;
    struct hdr_options *options = arena_need(arena, sizeof(*options));
    balance_hash_prepare(proxy, options);
    *error = "requires an http header field name.";
    struct str name = balance_parentheses(proxy, error);
    if (!name.size)
        return false;
    char *copy = arena_need_copy(arena, name);
    for (char *at = copy; *at; at++)
        *at = ascii_lower(*at);
    options->name = str_of(copy);
    *error = "only accepts 'use_domain_only' modifier.";
    if (words && words[0] && strcmp(words[0], "use_domain_only") != 0)
        return false;
    options->domain_only = words && words[0];
    return true;
}

/* From behind the last dot but one up to the last dot; all of a name without dots. */
static struct str domain_of(struct str host)
{
    size_t end = str_find_last_char(host, '.');
    if (end == STR_NOT_FOUND)
        return host;
    host = str_slice(host, 0, end);
    size_t begin = str_find_last_char(host, '.');
    return begin == STR_NOT_FOUND ? host : str_from(host, begin + 1);
}

static struct server *pick(struct proxy *proxy, struct stream *stream, const struct server *avoid,
                           bool backups)
{
    const struct hdr_options *options = balance_hash_own(proxy);
    struct str value;
    if (!stream->http || !http_msg_value_at(&stream->http->request, options->name, false, 1, &value))
        return balance_hash_next(proxy, stream, avoid, backups);
    return balance_hash_key(proxy, stream, options->domain_only ? domain_of(value) : value, avoid, backups);
}

const struct balance_row balance_hdr_row = {
    .word = "hdr",
    .prepare = prepare,
    .pick = pick,
    .server_changed = balance_hash_changed,
    .traits = BALANCE_HASH,
    .note = "a hash of a header's value",
    .finish = balance_hash_finish,
};
