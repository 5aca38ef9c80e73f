/* set-src, set-src-port, set-dst, set-dst-port: who the client is and where it wanted to go, as those behind us are to
 * see it (HAProxy manual 4.2 http-request set-src). Rules of the connection and of the session change it for all streams,
 * rules of a stream for that stream alone. */
#include "actions/action_read.h"
#include "actions/actions.h"
#include "base/mem.h"
#include "sample/sample_expr.h"
#include "stream/stream.h"

static bool read_expression(struct cfg_line *line, unsigned *at, struct rule *rule)
{
    rule->own = action_read_expr(line, rule, at);
    return rule->own;
}

static const struct addr *address_now(const struct sample_context *context, bool source)
{
    if (context->stream)
        return source ? stream_source(context->stream) : stream_destination(context->stream);
    return source ? session_source(context->session) : session_destination(context->session);
}

/* Without memory the address stays as it was. */
static void keep(const struct rule *rule, struct sample_context *context, bool source,
                 const struct addr *addr)
{
    struct stream *stream = context->stream;
    if (rule->kind == RULES_TCP_SESSION) {
        struct addr **own = source ? &context->session->source : &context->session->destination;
        if (!*own)
            *own = mem_zero(sizeof(**own));
        if (*own)
            **own = *addr;
        return;
    }
    if (!stream) {
        struct conn *conn = &context->session->conn;
        if (context->place == AT_CONNECTION)
            (void)!(source ? conn_set_source(conn, addr) : conn_set_destination(conn, addr));
        else
            (void)!(source ? conn_say_source(conn, addr) : conn_say_destination(conn, addr));
        return;
    }
    struct addr **kept = source ? &stream->source : &stream->destination;
    if (!*kept)
        *kept = arena_alloc(&stream->arena, sizeof(**kept));
    if (*kept)
        **kept = *addr;
}

/* The port stays. */
static enum rule_result set_ip(struct rule *rule, struct sample_context *context, bool source)
{
    struct arena_mark mark = arena_mark(context->scratch);
    struct sample value;
    if (sample_eval_as(rule->own, context, SAMPLE_ADDR, &value)) {
        const struct addr *before = address_now(context, source);
        struct addr addr = sample_to_addr(&value);
        addr.port = addr_is_ip(before) ? before->port : 0;
        keep(rule, context, source, &addr);
    }
    arena_rewind(context->scratch, mark);
    return RULE_NEXT;
}

/* A port needs an address: one that is none yet becomes 0.0.0.0. */
static enum rule_result set_port(struct rule *rule, struct sample_context *context, bool source)
{
    struct arena_mark mark = arena_mark(context->scratch);
    struct sample value;
    if (sample_eval_as(rule->own, context, SAMPLE_SINT, &value)) {
        const struct addr *before = address_now(context, source);
        struct addr addr = addr_is_ip(before) ? *before : (struct addr){ .family = ADDR_IPV4 };
        addr.port = (uint16_t)value.u.integer;
        keep(rule, context, source, &addr);
    }
    arena_rewind(context->scratch, mark);
    return RULE_NEXT;
}

static enum rule_result set_src(struct rule *rule, struct sample_context *context, struct rule_cursor *cursor)
{
    (void)cursor;
    return set_ip(rule, context, true);
}

static enum rule_result set_dst(struct rule *rule, struct sample_context *context, struct rule_cursor *cursor)
{
    (void)cursor;
    return set_ip(rule, context, false);
}

static enum rule_result set_src_port(struct rule *rule, struct sample_context *context,
                                     struct rule_cursor *cursor)
{
    (void)cursor;
    return set_port(rule, context, true);
}

static enum rule_result set_dst_port(struct rule *rule, struct sample_context *context,
                                     struct rule_cursor *cursor)
{
    (void)cursor;
    return set_port(rule, context, false);
}

#define RULES (RULES_TCP_CONNECTION | RULES_TCP_SESSION | RULES_TCP_CONTENT | RULES_HTTP_REQUEST)

/* clang-format off */
const struct action_row action_address_rows[] = {
    /* name           rulesets read             run */
    { "set-dst",      RULES,   read_expression, set_dst,      NULL, NULL, NULL, NULL },
    { "set-dst-port", RULES,   read_expression, set_dst_port, NULL, NULL, NULL, NULL },
    { "set-src",      RULES,   read_expression, set_src,      NULL, NULL, NULL, NULL },
    { "set-src-port", RULES,   read_expression, set_src_port, NULL, NULL, NULL, NULL },
    { 0 },
};
/* clang-format on */
