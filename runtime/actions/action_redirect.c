/* redirect: an answer with a Location that is given whole, or made of a prefix or scheme and the request's own target
 * (HAProxy manual 4.2 redirect). */
#include "actions/action_read.h"
#include "actions/actions.h"
#include "http/http_status.h"
#include "log/log_format.h"
#include "proxy/proxy.h"
#include "stream/stream.h"

enum redirect_type { TO_NOTHING, TO_LOCATION, TO_PREFIX, TO_SCHEME };

struct redirect {
    enum redirect_type type;
    struct log_format *format; /* NULL: `text` as it is, in the `redirect` keyword */
    struct str text, cookie;   /* cookie: the whole Set-Cookie value; data NULL: none */
    int status;
    bool drop_query, append_slash, ignore_empty;
};

/* ---- reading ---- */

struct reading {
    struct cfg_line *line;
    struct rule *rule;
    struct redirect *redirect;
    unsigned at;
};

static bool missing(const struct reading *reading, const char *word)
{
    return action_error(reading->line, reading->rule, "missing argument for '%s'", word);
}

static bool read_target(struct reading *reading, enum redirect_type type, const char *word)
{
    struct redirect *redirect = reading->redirect;
    const char *text = cfg_word(reading->line, reading->at);
    if (!text[0])
        return missing(reading, word);
    reading->at++;
    redirect->type = type;
    redirect->text = action_copy(reading->line, text);
    if (strcmp(reading->line->words[0], "redirect") == 0)
        return true;
    redirect->format = action_read_format(reading->line, reading->rule, text);
    return redirect->format;
}

static bool read_code(struct reading *reading)
{
    static const int codes[] = { 301, 302, 303, 307, 308 };
    const char *text = cfg_word(reading->line, reading->at);
    if (!text[0])
        return missing(reading, "code");
    reading->at++;
    for (size_t i = 0; i < COUNT_OF(codes); i++) {
        char code[4] = { '3', '0', (char)('0' + codes[i] % 10), 0 };
        if (strcmp(text, code) != 0)
            continue;
        reading->redirect->status = codes[i];
        return true;
    }
    return action_error(reading->line, reading->rule,
                        "'code': unsupported HTTP code '%s' (must be one of 301, 302, 303, 307 or 308)",
                        text);
}

static bool read_cookie(struct reading *reading, const char *word, const char *attributes)
{
    const char *text = cfg_word(reading->line, reading->at);
    struct buf value = BUF_INIT;
    if (!text[0])
        return missing(reading, word);
    reading->at++;
    buf_printf(&value, "%s%s", text, attributes);
    buf_add_char(&value, 0);
    reading->redirect->cookie = action_copy(reading->line, value.data ? value.data : "");
    buf_finish(&value);
    return true;
}

static bool read_word(struct reading *reading)
{
    const char *word = cfg_word(reading->line, reading->at++);
    struct redirect *redirect = reading->redirect;
    if (strcmp(word, "location") == 0)
        return read_target(reading, TO_LOCATION, word);
    if (strcmp(word, "prefix") == 0)
        return read_target(reading, TO_PREFIX, word);
    if (strcmp(word, "scheme") == 0)
        return read_target(reading, TO_SCHEME, word);
    if (strcmp(word, "code") == 0)
        return read_code(reading);
    if (strcmp(word, "set-cookie") == 0)
        return read_cookie(reading, word, "; path=/;");
    if (strcmp(word, "clear-cookie") == 0)
        return read_cookie(reading, word, "; path=/; Max-Age=0;");
    if (strcmp(word, "drop-query") == 0)
        redirect->drop_query = true;
    else if (strcmp(word, "append-slash") == 0)
        redirect->append_slash = true;
    else if (strcmp(word, "ignore-empty") == 0)
        redirect->ignore_empty = true;
    else
        return action_error(reading->line, reading->rule,
                            "expects 'code', 'prefix', 'location', 'scheme', 'set-cookie', 'clear-cookie', "
                            "'drop-query', 'ignore-empty' or 'append-slash' (was '%s')",
                            word);
    return true;
}

static bool read_redirect(struct cfg_line *line, unsigned *at, struct rule *rule)
{
    struct redirect *redirect = action_alloc(line, sizeof(*redirect));
    struct reading reading = { line, rule, redirect, *at };
    redirect->status = 302;
    rule->own = redirect;
    while (!action_ends_at(line, reading.at)) {
        if (!read_word(&reading))
            return false;
    }
    *at = reading.at;
    if (redirect->type == TO_NOTHING)
        return action_error(line, rule, "redirection type expected ('prefix', 'location', or 'scheme')");
    return true;
}

/* ---- running ---- */

/* The request's own path, with its query unless that is dropped. */
static void add_path(const struct redirect *redirect, const struct http_msg *request, struct buf *out)
{
    struct str path = http_msg_pathq(request);
    if (!path.size) {
        buf_add(out, STR("/"));
        return;
    }
    size_t mark = str_find_char(path, '?');
    struct str bare = mark == STR_NOT_FOUND ? path : str_slice(path, 0, mark);
    if (!redirect->drop_query && !redirect->append_slash) {
        buf_add(out, path);
        return;
    }
    buf_add(out, bare);
    if (redirect->append_slash && !str_ends(bare, STR("/")))
        buf_add(out, STR("/"));
    if (!redirect->drop_query)
        buf_add(out, str_from(path, bare.size));
}

static void add_location(const struct redirect *redirect, struct str text, const struct http_msg *request,
                         struct buf *out)
{
    struct str host;
    switch (redirect->type) {
    case TO_SCHEME:
        host = http_msg_host(request);
        buf_printf(out, "%.*s://%.*s", STR_ARG(text), STR_ARG(host));
        add_path(redirect, request, out);
        break;
    case TO_PREFIX:
        if (!str_eq(text, STR("/"))) /* an empty prefix cannot be written: "/" stands for it */
            buf_add(out, text);
        add_path(redirect, request, out);
        break;
    default:
        buf_add(out, text);
        break;
    }
}

static bool build_head(const struct redirect *redirect, struct str location, struct arena *arena,
                       struct http_msg *head)
{
    http_msg_init(head, arena, true);
    head->major = head->minor = 1;
    head->version = STR("HTTP/1.1");
    head->body = HTTP_BODY_LENGTH;
    head->keep_alive = true;
    if (!http_msg_set_status(head, redirect->status, STR_NONE) ||
        !http_msg_add(head, STR("content-length"), STR("0")) ||
        !http_msg_add(head, STR("location"), location))
        return false;
    bool temporary = redirect->status == 302 || redirect->status == 303 || redirect->status == 307;
    if (temporary && !http_msg_add(head, STR("cache-control"), STR("no-cache")))
        return false;
    return !redirect->cookie.data || http_msg_add(head, STR("set-cookie"), redirect->cookie);
}

static enum rule_result run_redirect(struct rule *rule, struct sample_context *context,
                                     struct rule_cursor *cursor)
{
    const struct redirect *redirect = rule->own;
    struct stream *stream = context->stream;
    bool response = rule->kind == RULES_HTTP_RESPONSE;
    struct arena_mark mark = arena_mark(context->scratch);
    struct str text = redirect->format ? log_format_text(redirect->format, context, true) : redirect->text;
    struct buf location = BUF_INIT;
    struct http_msg head;
    enum rule_result result = RULE_FAIL;
    (void)cursor;
    if (text.data && redirect->ignore_empty && !text.size) {
        result = RULE_NEXT;
        goto out;
    }
    add_location(redirect, text, &stream->http->request, &location);
    if (!text.data || location.failed || !build_head(redirect, buf_str(&location), &stream->arena, &head) ||
        !stream_reply_message(stream, &head, STR_NONE, 'L', response ? 'H' : 'R'))
        goto out;
    if (!response)
        stream->frontend->front_counters.intercepted_requests++;
    result = RULE_DONE;
out:
    buf_finish(&location);
    arena_rewind(context->scratch, mark);
    return result;
}

const struct action_row action_redirect_rows[] = {
    { "redirect", RULES_HTTP_REQUEST | RULES_HTTP_RESPONSE, read_redirect, run_redirect, NULL, NULL, NULL,
      NULL },
    { 0 },
};
