/* balance hash <expression>, and rdp-cookie(name), which is one: a hash of what an expression gives. */
#include "balance/balance_hash.h"
#include "balance/balance_words.h"
#include "stream/stream.h"

static bool read(struct proxy *proxy, const char *text, const char **error)
{
    struct sample_parser parser = configuration_parser(proxy->configuration, NULL, proxy, AT_SERVER_PICK);
    const char *end = NULL;
    parser.unresolved = NULL;
    struct sample_expr *expr = sample_expr_parse(&parser, text, &end);
    balance_hash_prepare(proxy, expr);
    *error = expr ? "takes one expression" : parser.error;
    return expr && !*end;
}

static bool prepare_hash(struct proxy *proxy, const char **words, const char **error)
{
    *error = "requires a sample expression.";
    if (!words || !words[0])
        return false;
    struct buf text = BUF_INIT;
    for (unsigned i = 0; words[i]; i++)
        buf_printf(&text, "%s%s", i ? " " : "", words[i]);
    const char *copy = arena_need_copy(&proxy->configuration->arena, buf_str(&text));
    buf_finish(&text);
    return read(proxy, copy, error);
}

static bool prepare_rdp(struct proxy *proxy, const char **words, const char **error)
{
    *error = NULL;
    struct str name = balance_parentheses(proxy, error);
    if (*error)
        return false;
    struct str text = arena_printf(&proxy->configuration->arena, "req.rdp_cookie(%.*s)",
                                   name.size ? (int)name.size : 5, name.size ? name.data : "msts");
    return balance_no_words(words, error) && read(proxy, text.data, error);
}

static struct server *pick(struct proxy *proxy, struct stream *stream, const struct server *avoid,
                           bool backups)
{
    struct sample_context context =
        stream_context(stream, stream->http ? AT_REQUEST_HEAD : AT_REQUEST_CONTENT, proxy);
    struct arena_mark mark = arena_mark(context.scratch);
    struct sample value;
    struct server *server;
    context.final = true;
    if (sample_eval_as(balance_hash_own(proxy), &context, SAMPLE_BIN, &value) && value.u.text.size)
        server = balance_hash_key(proxy, stream, value.u.text, avoid, backups);
    else
        server = balance_hash_next(proxy, stream, avoid, backups);
    arena_rewind(context.scratch, mark);
    return server;
}

const struct balance_row balance_hash_row = {
    .word = "hash",
    .prepare = prepare_hash,
    .pick = pick,
    .server_changed = balance_hash_changed,
    .traits = BALANCE_HASH,
    .note = "a hash of an expression",
    .finish = balance_hash_finish,
};
const struct balance_row balance_rdp_cookie_row = {
    .word = "rdp-cookie",
    .prepare = prepare_rdp,
    .pick = pick,
    .server_changed = balance_hash_changed,
    .traits = BALANCE_HASH,
    .note = "a hash of an RDP cookie",
    .finish = balance_hash_finish,
};
