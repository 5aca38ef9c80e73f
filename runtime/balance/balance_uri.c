/* balance uri: the left part of the request's URI, before the question mark unless `whole`, maybe only so many bytes or
 * so many folders deep. */
#include "balance/balance_hash.h"
#include "balance/balance_words.h"
#include "stream/stream.h"

struct uri_options {
    int64_t length, depth; /* 0: no limit */
    bool whole, path_only;
};

static bool prepare(struct proxy *proxy, const char **words, const char **error)
{
    struct uri_options *options = arena_need(&proxy->configuration->arena, sizeof(*options));
    balance_hash_prepare(proxy, options);
    for (unsigned at = 0; words && words[at];) {
        if (strcmp(words[at], "len") == 0) {
            if (!balance_number(words, &at, 1, &options->length, error))
                return false;
        } else if (strcmp(words[at], "depth") == 0) {
            if (!balance_number(words, &at, 1, &options->depth, error))
                return false;
        } else if (strcmp(words[at], "whole") == 0) {
            options->whole = true;
            at++;
        } else if (strcmp(words[at], "path-only") == 0) {
            options->path_only = true;
            at++;
        } else {
            *error = "only accepts parameters 'len', 'depth', 'path-only', and 'whole'";
            return false;
        }
    }
    return true;
}

static struct str key_of(const struct uri_options *options, struct str uri)
{
    if (options->length)
        uri = str_slice(uri, 0, (size_t)options->length);
    int64_t slashes = 0;
    for (size_t i = 0; i < uri.size; i++) {
        if (uri.data[i] == '/' && options->depth && ++slashes == options->depth + 1)
            return str_slice(uri, 0, i);
        if (uri.data[i] == '?' && !options->whole)
            return str_slice(uri, 0, i);
    }
    return uri;
}

static struct server *pick(struct proxy *proxy, struct stream *stream, const struct server *avoid,
                           bool backups)
{
    const struct uri_options *options = balance_hash_own(proxy);
    if (!stream->http)
        return balance_hash_next(proxy, stream, avoid, backups);
    const struct http_msg *request = &stream->http->request;
    struct str uri = options->path_only ? http_msg_pathq(request) : request->uri;
    return balance_hash_key(proxy, stream, key_of(options, uri), avoid, backups);
}

const struct balance_row balance_uri_row = {
    .word = "uri",
    .prepare = prepare,
    .pick = pick,
    .server_changed = balance_hash_changed,
    .traits = BALANCE_HASH,
    .note = "a hash of the request's URI",
    .finish = balance_hash_finish,
};
