/* balance url_param: the value of a parameter of the query, or with check_post of a form in a POST's body. */
#include "balance/balance_hash.h"
#include "balance/balance_words.h"
#include "stream/stream.h"

struct param_options {
    struct str name;
    bool check_post;
};

static bool prepare(struct proxy *proxy, const char **words, const char **error)
{
    struct param_options *options = arena_need(&proxy->configuration->arena, sizeof(*options));
    balance_hash_prepare(proxy, options);
    *error = "requires an URL parameter name.";
    if (!words || !words[0])
        return false;
    options->name = str_of(words[0]);
    *error = "only accepts check_post modifier.";
    if (words[1] && strcmp(words[1], "check_post") != 0)
        return false;
    options->check_post = words[1] != NULL;
    if (options->check_post)
        proxy->settings.http_buffer_request = true;
    return true;
}

static bool find(struct str rest, struct str name, struct str *value)
{
    while (rest.data) {
        struct str pair = str_split(&rest, '&');
        if (pair.size > name.size && pair.data[name.size] == '=' && str_starts(pair, name)) {
            *value = str_from(pair, name.size + 1);
            return true;
        }
    }
    return false;
}

static struct server *pick(struct proxy *proxy, struct stream *stream, const struct server *avoid,
                           bool backups)
{
    const struct param_options *options = balance_hash_own(proxy);
    struct str value;
    if (!stream->http)
        return balance_hash_next(proxy, stream, avoid, backups);
    const struct http_msg *request = &stream->http->request;
    bool found = find(http_msg_query(request), options->name, &value);
    if (!found && options->check_post && request->method_id == HTTP_POST)
        found = find(channel_input(&stream->request), options->name, &value);
    return found ? balance_hash_key(proxy, stream, value, avoid, backups)
                 : balance_hash_next(proxy, stream, avoid, backups);
}

const struct balance_row balance_url_param_row = {
    .word = "url_param",
    .prepare = prepare,
    .pick = pick,
    .server_changed = balance_hash_changed,
    .traits = BALANCE_HASH,
    .note = "a hash of a parameter of the query",
    .finish = balance_hash_finish,
};
