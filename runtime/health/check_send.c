/* What a check's send steps write: bytes, formats, HTTP requests; and where their expressions are evaluated. */
#include "base/units.h"
#include "health/check_rules.h"
#include "health/server_status.h"
#include "proxy/proxy.h"
#include "stream/engine.h"
#include "stream/stream.h"

static struct vars *context_vars(const struct sample_context *context, enum var_scope scope)
{
    if (scope == VAR_CHECK)
        return &context->check->vars;
    return scope == VAR_PROC ? &context->configuration->proc_vars : NULL;
}

struct sample_context check_context(struct check *check)
{
    return (struct sample_context){
        .place = AT_CHECK,
        .configuration = check->engine->configuration,
        .engine = check->engine,
        .proxy = check->server->proxy,
        .check = check,
        .server = check->server,
        .response = check->response,
        .response_channel = &check->view,
        .scratch = &check->engine->scratch,
        .final = true,
        .is_response_side = true,
        .vars = context_vars,
    };
}

/* Hexadecimal text into bytes, as far as it is. */
static void put_hex(struct str text, struct buf *out)
{
    for (size_t i = 0; i + 1 < text.size; i += 2) {
        int high = ascii_hex(text.data[i]), low = ascii_hex(text.data[i + 1]);
        if (high < 0 || low < 0)
            break;
        buf_add_char(out, (char)(high << 4 | low));
    }
}

/* http-check send-state: how the server stands, for the server. */
static void put_state(struct check *check, struct buf *out)
{
    const struct server *server = check->server;
    char addr[ADDR_TEXT_MAX];
    struct buf text = BUF_INIT;
    const struct globals *globals = &check->engine->configuration->globals;
    const char *node = globals->node_name ? globals->node_name : globals->host_name;
    server_status_text(server, &text);
    size_t size = addr_print_ip(&server->addr.addr, addr, sizeof(addr));
    struct server_status_sums sums = server_status_sums(server->proxy);
    buf_printf(out,
               "x-haproxy-server-state: %.*s; address=%.*s; port=%u; name=%s/%s; node=%s; weight=%lld/%lld; "
               "scur=%lld/%lld; qcur=%u\r\n",
               STR_ARG(buf_str(&text)), (int)size, addr, server->addr.addr.port, server->proxy->name,
               server->name, node ? node : "", (long long)server->weight_now, (long long)sums.weight,
               (long long)server->current, (long long)server->proxy->current_back, server->queue_count);
    buf_finish(&text);
}

static void put_headers(struct check *check, const struct check_step *step, struct sample_context *context,
                        struct buf *out, bool *closes)
{
    for (const struct check_header *header = step->headers; header; header = header->next) {
        if (str_eq(str_of(header->name), STR("content-length")) ||
            str_eq(str_of(header->name), STR("transfer-encoding")))
            continue;
        buf_printf(out, "%s: ", header->name);
        log_format_build(header->value, context, true, out);
        buf_add_c(out, "\r\n");
        *closes = *closes || str_eq(str_of(header->name), STR("connection"));
    }
    if (check->rules->send_state)
        put_state(check, out);
}

static bool build_http(struct check *check, const struct check_step *step)
{
    struct sample_context context = check_context(check);
    struct buf *out = &check->out, body = BUF_INIT;
    const char *version = step->version ? step->version : "HTTP/1.0";
    bool has_connection = false;
    buf_printf(out, "%s ", step->method ? step->method : "OPTIONS");
    size_t before = out->size;
    if (step->uri_format)
        log_format_build(step->uri_format, &context, true, out);
    if (step->uri_format && out->size == before)
        buf_add_c(out, "/");
    else if (!step->uri_format)
        buf_add_c(out, step->uri ? step->uri : "/");
    buf_printf(out, " %s\r\n", version);
    put_headers(check, step, &context, out, &has_connection);
    if (step->body_format)
        log_format_build(step->body_format, &context, true, &body);
    else
        buf_add(&body, step->body);
    if (body.size)
        buf_printf(out, "content-length: %zu\r\n", body.size);
    /* The connection ends with the last request; HTTP/1.0 does so by itself. */
    bool more = false;
    for (const struct check_step *each = step->next; each && each->kind != STEP_CONNECT; each = each->next)
        more = more || each->kind == STEP_SEND_HTTP;
    if (!has_connection && !more && strcmp(version, "HTTP/1.1") == 0)
        buf_add_c(out, "connection: close\r\n");
    buf_add_c(out, "\r\n");
    buf_add(out, buf_str(&body));
    bool good = !out->failed && !body.failed;
    buf_finish(&body);
    return good;
}

void check_send_host(struct check *check, const struct check_step *step, struct buf *out)
{
    struct arena *scratch = &check->engine->scratch;
    struct arena_mark mark = arena_mark(scratch);
    struct sample_context context = check_context(check);
    const struct check_header *header = NULL;
    while (step && step->kind != STEP_SEND_HTTP)
        step = step->next;
    for (header = step ? step->headers : NULL; header; header = header->next) {
        if (str_eq_nocase(str_of(header->name), STR("host")))
            break;
    }
    if (header)
        log_format_build(header->value, &context, true, out);
    struct str rest = buf_str(out);
    out->size = str_split(&rest, ':').size;
    arena_rewind(scratch, mark);
}

bool check_send_build(struct check *check, const struct check_step *step)
{
    struct arena *scratch = &check->engine->scratch;
    struct arena_mark mark = arena_mark(scratch);
    buf_reset(&check->out);
    check->out_at = 0;
    bool good = true;
    if (check->is_agent && check->send) {
        buf_add_c(&check->out, check->send);
    } else if (step->kind == STEP_SEND_HTTP) {
        good = build_http(check, step);
    } else if (!step->format) {
        buf_add(&check->out, step->data);
    } else {
        struct sample_context context = check_context(check);
        struct buf text = BUF_INIT;
        log_format_build(step->format, &context, true, &text);
        if (step->is_hex)
            put_hex(buf_str(&text), &check->out);
        else
            buf_add(&check->out, buf_str(&text));
        good = !text.failed;
        buf_finish(&text);
    }
    arena_rewind(scratch, mark);
    return good && !check->out.failed;
}
