/* `stick` rules: which server a client had before, and which one to remember (HAProxy manual 4.2 stick on); and the
 * events that followed entries count. */
#include "stream/stick_rules.h"
#include "proxy/server.h"
#include "proxy/stick_rule.h"
#include "stream/stream.h"
#include "table/stick_track.h"

struct stick_pending { /* an entry that is to name the server; held until the stream ends */
    struct stick_pending *next;
    struct stick_table *table;
    struct stick_entry *entry;
};

/* ---- servers ---- */

static struct str server_key(const struct server *server, const struct stick_table *table,
                             char text[ADDR_TEXT_MAX])
{
    if (!stick_table_options(table)->server_by_address)
        return str_of(server->name);
    return str_make(text, addr_print(&server->addr.addr, text, ADDR_TEXT_MAX));
}

static struct server *server_of(const struct proxy *backend, const struct stick_entry *entry)
{
    struct str key = stick_entry_server_key(entry);
    int64_t id = 0;
    char text[ADDR_TEXT_MAX];
    if (key.data) {
        for (struct server *server = backend->servers; server; server = server->next) {
            if (str_eq(server_key(server, entry->table, text), key))
                return server;
        }
        return NULL;
    }
    if (!stick_entry_read(entry, STICK_SERVER_ID, 0, &id) || !id)
        return NULL;
    struct server *server = backend->servers;
    while (server && server->id != id)
        server = server->next;
    return server;
}

/* A server that may not be used is passed over, unless the backend insists. */
static bool may_use(const struct stream *stream, const struct server *server)
{
    return server_usable(server) || stream->backend->settings.persist;
}

/* ---- rules ---- */

static bool key_of(const struct stick_rule *rule, struct sample_context *context, struct stick_key *key)
{
    struct sample value;
    return condition_eval(rule->condition, context) == ACL_PASS && sample_eval(rule->expr, context, &value) &&
           stick_table_key(rule->table, &value, context->scratch, key);
}

static bool is_pending(const struct stream *stream, const struct stick_table *table)
{
    const struct stick_pending *pending = stream->sticky;
    while (pending && pending->table != table)
        pending = pending->next;
    return pending != NULL;
}

/* One key a table: the first rule's. Without memory the server is not learnt. */
static void keep(struct stream *stream, const struct stick_rule *rule, const struct stick_key *key)
{
    if (is_pending(stream, rule->table))
        return;
    struct stick_pending *pending = arena_zero(&stream->arena, sizeof(*pending));
    struct stick_entry *entry = pending ? stick_table_make(rule->table, key) : NULL;
    if (!entry)
        return;
    stick_entry_hold(entry);
    *pending = (struct stick_pending){ stream->sticky, rule->table, entry };
    stream->sticky = pending;
}

static struct server *match(struct stream *stream, const struct stick_rule *rule, const struct stick_key *key)
{
    struct stick_entry *entry = stick_table_find(rule->table, key);
    if (!entry)
        return NULL;
    struct server *server = server_of(stream->backend, entry);
    stick_entry_touch(entry);
    return server && may_use(stream, server) ? server : NULL;
}

struct server *stick_rules_request(struct stream *stream)
{
    struct server *found = NULL;
    if (!stream->backend->stick_rules)
        return NULL;
    stick_rules_forget(stream);
    struct sample_context context = stream_context(stream, AT_SERVER_PICK, stream->backend);
    struct arena_mark mark = arena_mark(context.scratch);
    context.final = true;
    for (const struct stick_rule *rule = stream->backend->stick_rules; rule; rule = rule->next) {
        struct stick_key key;
        if (rule->response || (found && !rule->store) || !key_of(rule, &context, &key))
            continue;
        if (rule->match && !found)
            found = match(stream, rule, &key);
        if (rule->store)
            keep(stream, rule, &key);
    }
    arena_rewind(context.scratch, mark);
    return found;
}

static void learn(struct stream *stream, struct stick_entry *entry)
{
    char text[ADDR_TEXT_MAX];
    stick_entry_set(entry, STICK_SERVER_ID, 0, (uint64_t)stream->server->id);
    /* Without memory for the name, the number still says which server it is. */
    (void)!stick_entry_set_server_key(entry, server_key(stream->server, entry->table, text));
    stick_entry_touch(entry);
}

void stick_rules_response(struct stream *stream)
{
    if (!stream->backend->stick_rules || !stream->server)
        return;
    struct sample_context context =
        stream_context(stream, stream->http ? AT_RESPONSE_HEAD : AT_RESPONSE_CONTENT, stream->backend);
    struct arena_mark mark = arena_mark(context.scratch);
    context.final = true;
    for (const struct stick_rule *rule = stream->backend->stick_rules; rule; rule = rule->next) {
        struct stick_key key;
        if (rule->response && key_of(rule, &context, &key))
            keep(stream, rule, &key);
    }
    arena_rewind(context.scratch, mark);
    for (const struct stick_pending *pending = stream->sticky; pending; pending = pending->next) {
        if (stream->server->settings.stick)
            learn(stream, pending->entry);
    }
}

void stick_rules_forget(struct stream *stream)
{
    struct stick_pending *pending = stream->sticky;
    stream->sticky = NULL;
    for (; pending; pending = pending->next)
        stick_entry_drop(pending->entry);
}

/* ---- what is counted ---- */

static void count(struct stream *stream, enum stick_data total, enum stick_data rate, uint64_t amount)
{
    stick_track_count(stream->tracked, stream->session->tracked, total, rate, amount);
}

void stick_count_request(struct stream *stream)
{
    count(stream, STICK_HTTP_REQ_CNT, STICK_HTTP_REQ_RATE, 1);
}

void stick_count_error(struct stream *stream)
{
    count(stream, STICK_HTTP_ERR_CNT, STICK_HTTP_ERR_RATE, 1);
}

void stick_count_failure(struct stream *stream)
{
    count(stream, STICK_HTTP_FAIL_CNT, STICK_HTTP_FAIL_RATE, 1);
}

bool stick_status_in(const uint64_t codes[10], int status)
{
    return status >= 0 && status < 640 && codes[status / 64] >> (status % 64) & 1;
}

void stick_count_status(struct stream *stream, int status)
{
    const struct globals *globals = &stream->engine->configuration->globals;
    if (stick_status_in(globals->error_codes, status))
        stick_count_error(stream);
    if (stick_status_in(globals->failure_codes, status))
        stick_count_failure(stream);
}

void stick_count_bytes(struct stream *stream, unsigned long long in, unsigned long long out)
{
    if (in)
        count(stream, STICK_BYTES_IN_CNT, STICK_BYTES_IN_RATE, in);
    if (out)
        count(stream, STICK_BYTES_OUT_CNT, STICK_BYTES_OUT_RATE, out);
}

void stick_count_session(struct session *session)
{
    stick_track_count(NULL, session->tracked, STICK_SESS_CNT, STICK_SESS_RATE, 1);
}
