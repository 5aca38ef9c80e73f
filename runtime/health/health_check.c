/* Running health checks: a timer starts a run, the connection's readiness carries it through its steps, a time limit
 * ends it if nothing else does. See health_check.h. */
#include "health/health_check.h"
#include "base/mem.h"
#include "base/units.h"
#include "health/agent_check.h"
#include "health/check_rules.h"
#include "health/external_check.h"
#include "health/health_log.h"
#include "health/server_status.h"
#include "proxy/proxy.h"
#include "proxy/server.h"
#include "stream/engine.h"
#include "tls/tls_conn.h"

#define ANSWER_MAX 16384

static void advance(struct check *check);

/* ---- when ---- */

/* From one to the next: short while the health moves, long while the server is down (manual 5.2 inter). */
static uint64_t interval_ms(const struct check *check)
{
    bool full = check->health == check->rise + check->fall - 1;
    bool down = check->server->state == SERVER_STOPPED && !check->health;
    uint64_t ms = full ? check->inter : down ? check->downinter : check->fastinter;
    return ms ? ms : check->inter;
}

void check_schedule(struct check *check, uint64_t after_ms)
{
    if (!check->configured || !check->enabled || check->paused)
        return;
    uint64_t spread = check->engine->configuration->globals.spread_checks;
    uint64_t most = after_ms * spread / 100;
    if (most && after_ms)
        after_ms = after_ms - most + engine_random(check->engine) % (2 * most + 1);
    (void)timer_set(&check->timer, engine_now(check->engine) + after_ms * NS_PER_MS);
}

/* ---- ends ---- */

static void close_conn(struct check *check)
{
    const struct check_step *step = check->connect_step;
    bool reset = !(step && step->linger) && check->conn.state == CONN_READY &&
                 !check->conn.read_ended; /* manual 4.2 "linger" */
    conn_close(&check->conn, reset);
}

/* Gives back what the run held. */
static void clean_up(struct check *check)
{
    close_conn(check);
    external_check_stop(check);
    check->running = false;
    check->phase = CHECK_SLEEPING;
    check->response = NULL;
    vars_finish(&check->vars);
    buf_finish(&check->in);
    buf_finish(&check->out);
    buf_finish(&check->ok_text);
    arena_reset(&check->arena);
    timer_stop(&check->timer);
}

static void put_result(const struct check *check, struct buf *out)
{
    const struct check_status_row *row = check_status_row(check->status);
    buf_printf(out, "reason: %s", row->description);
    if (check->status >= CHECK_L7_OK)
        buf_printf(out, ", code: %d", check->code > 0 ? check->code : 0);
    if (check->text[0])
        buf_printf(out, ", info: \"%s\"", check->text);
    buf_printf(out, ", check duration: %llums", (unsigned long long)check->duration_ms);
}

static void log_result(struct check *check)
{
    struct server *server = check->server;
    struct buf line = BUF_INIT;
    bool up = check->health >= check->rise;
    buf_printf(&line, "%s check for %sserver %s/%s %s, ", check->is_agent ? "Agent" : "Health",
               server->settings.backup ? "backup " : "", server->proxy->name, server->name,
               check->result == CHECK_RESULT_FAILED        ? "failed"
               : check->result == CHECK_RESULT_CONDITIONAL ? "conditionally succeeded"
                                                           : "succeeded");
    put_result(check, &line);
    buf_printf(&line, ", status: %lld/%lld %s.",
               (long long)(up ? check->health - check->rise + 1 : check->health),
               (long long)(up ? check->fall : check->rise),
               !up                  ? "DOWN"
               : server->weight_now ? "UP"
                                    : "DRAIN");
    health_log(check->engine, server->proxy, LOG_NOTICE, buf_str(&line));
    buf_finish(&line);
}

/* true: the health moved. */
static bool move_health(struct check *check)
{
    if (check->result == CHECK_RESULT_FAILED) {
        /* An agent that cannot be reached says nothing about the server (manual 5.2 agent-check). */
        if (!check->health || (check->is_agent && check->status < CHECK_L7_OK))
            return false;
        check->server->counters.failed_checks++;
        check->health--;
        if (check->health < check->rise)
            check->health = 0;
        return true;
    }
    if (check->result != CHECK_RESULT_PASSED && check->result != CHECK_RESULT_CONDITIONAL)
        return false;
    check->failed_count = 0;
    if (check->health >= check->rise + check->fall - 1)
        return false;
    check->health++;
    if (check->health >= check->rise)
        check->health = check->rise + check->fall - 1;
    return true;
}

static bool other_says_down(const struct check *check)
{
    const struct check *other = check_of(check->is_agent ? check->server->check : check->server->agent);
    return other && other->configured && other->enabled && !other->health;
}

static void move_server(struct check *check)
{
    struct server *server = check->server;
    struct buf reason = BUF_INIT;
    if (server->tracked)
        return;
    if (!(server->proxy->settings.log_health_checks &&
          !check->is_agent)) /* else the log has said it already */
        put_result(check, &reason);
    if (check->result == CHECK_RESULT_FAILED) {
        if (!check->health && !(check->is_agent && check->status != CHECK_L7_STATUS))
            server_status_down(check->engine, server, reason.data);
    } else if (check->health >= check->rise && !other_says_down(check)) {
        if (check->result == CHECK_RESULT_CONDITIONAL)
            server_status_stopping(check->engine, server, reason.data);
        else if (!(check->is_agent && server->state == SERVER_STOPPING))
            server_status_up(check->engine, server, reason.data);
    }
    buf_finish(&reason);
}

void check_end(struct check *check, enum check_status status, int code, const char *text)
{
    enum check_status before = check->status;
    bool neutral = status == CHECK_CHECKED;
    if (!neutral) {
        check->status = status;
        check->result = check_status_row(status)->result;
    }
    check->code = code;
    check->duration_ms = (engine_now(check->engine) - check->started_ns) / NS_PER_MS;
    (void)str_to_c(str_of(text ? text : ""), check->text, sizeof(check->text));
    clean_up(check);
    if (neutral) {
        check_schedule(check, interval_ms(check));
        return;
    }
    bool moved = move_health(check);
    if (check->server->proxy->settings.log_health_checks && (moved || status != before))
        log_result(check);
    if (moved || check->result == CHECK_RESULT_CONDITIONAL ||
        (check->result == CHECK_RESULT_PASSED && check->server->state != SERVER_RUNNING))
        move_server(check);
    check_schedule(check, interval_ms(check));
}

/* ---- connecting ---- */

static const char *socket_error_text(enum io_status why)
{
    switch (why) {
    case IO_REFUSED:
        return "ECONNREFUSED returned by OS";
    case IO_UNREACHABLE:
        return "General socket error (Network is unreachable)";
    case IO_RESET:
        return "ECONNRESET returned by OS";
    case IO_NO_PORTS:
        return "General socket error (Cannot assign requested address)";
    case IO_NO_DESCRIPTORS:
        return "General socket error (Too many open files)";
    case IO_NO_MEMORY:
        return "General socket error (Out of memory)";
    case IO_DENIED:
        return "General socket error (Permission denied)";
    case IO_NOT_FOUND:
        return "General socket error (No such file or directory)";
    default:
        return "General socket error";
    }
}

/* " at step 2 of tcp-check (connect port 1) comment: 'x'", for lists of steps that a person wrote. */
static void put_step(const struct check *check, struct buf *out)
{
    const struct check_step *step = check->rules->steps[check->step];
    if (!step || step->implicit || check->rules->kind != CHECK_KIND_TCP)
        return;
    buf_printf(out, " at step %u of tcp-check (", check_rules_number(check->rules, step));
    check_step_name(step, out);
    buf_add_char(out, ')');
    if (step->comment)
        buf_printf(out, " comment: '%s'", step->comment);
}

static void socket_failed(struct check *check, enum io_status why)
{
    struct buf text = BUF_INIT;
    enum check_status status = CHECK_L4_CONNECTION;
    if (why == IO_TIMED_OUT)
        status = CHECK_L4_TIMEOUT;
    else if (check->phase == CHECK_STEPPING || why == IO_NO_DESCRIPTORS || why == IO_NO_MEMORY)
        status = CHECK_SOCKET_ERROR;
    if (status != CHECK_L4_TIMEOUT)
        buf_add_c(&text, socket_error_text(why));
    put_step(check, &text);
    check_end(check, status, -1, text.data);
    buf_finish(&text);
}

static void handshake_failed(struct check *check, const struct tls_conn *tls)
{
    struct buf text = BUF_INIT;
    buf_add_c(&text,
              tls->failure == TLS_EMPTY ? "Connection closed during SSL handshake" : "SSL handshake failure");
    put_step(check, &text);
    check_end(check, CHECK_L6_RESPONSE, -1, text.data);
    buf_finish(&text);
}

static void conn_ready(struct conn *conn, void *owner)
{
    (void)conn;
    advance(owner);
}

static int64_t port_of(struct check *check, const struct check_step *step)
{
    if (step->port)
        return step->port;
    if (step->port_expr) {
        struct sample_context context = check_context(check);
        struct arena_mark mark = arena_mark(context.scratch);
        struct sample port;
        bool known = sample_eval_as(step->port_expr, &context, SAMPLE_SINT, &port);
        arena_rewind(context.scratch, mark);
        if (known && port.u.integer > 0 && port.u.integer < 65536)
            return port.u.integer;
    }
    if (step->addr_given && step->addr.addr.port)
        return step->addr.addr.port;
    if (check->port)
        return check->port;
    if (!check->is_agent && check->addr.family != ADDR_NONE && check->addr.port)
        return check->addr.port;
    return check->server->addr.addr.port;
}

/* `check-ssl`, or the server's own TLS unless the check goes elsewhere; an explicit connect says it itself. */
static bool wants_tls(const struct check *check, const struct check_step *step)
{
    const struct server_settings *settings = &check->server->settings;
    if (check->is_agent)
        return false;
    if (!step->usual)
        return step->ssl;
    bool elsewhere = check->port || check->addr.family != ADDR_NONE;
    return settings->check_ssl || (settings->ssl && !elsewhere && !check->server->dynamic);
}

/* The name for the handshake: what is configured, else the host that the request will name, where the connection is not
 * one of the rules' own. */
static bool find_sni(struct check *check, const struct check_step *step, struct buf *out)
{
    const struct server_settings *settings = &check->server->settings;
    const char *given = step->sni ? step->sni : settings->check_sni;
    if (given)
        buf_add_c(out, given);
    else if (step->implicit && check->rules->kind == CHECK_KIND_HTTP && !settings->no_check_sni_auto)
        check_send_host(check, step, out);
    return !out->failed;
}

/* LOCAL, or what HAProxy said before 2.1: PROXY of an unknown connection. */
static struct str header_of_version_2(const struct check *check)
{
    static const char local[] = "\r\n\r\n\0\r\nQUIT\n\x20\0\0\0", proxy[] = "\r\n\r\n\0\r\nQUIT\n\x21\0\0\0";
    return str_make(check->engine->configuration->globals.never_send_local ? proxy : local, 16);
}

/* What goes ahead: a LOCAL header, which says that the connection is the proxy's own, and TLS. */
static bool prepare_conn(struct check *check, const struct check_step *step)
{
    const struct server_settings *settings = &check->server->settings;
    bool elsewhere = check->port || check->addr.family != ADDR_NONE;
    bool header = step->usual ? settings->check_send_proxy ||
                                    (!elsewhere && !check->server->dynamic &&
                                     (settings->send_proxy || settings->send_proxy_v2) && !check->is_agent)
                              : step->send_proxy;
    if (header) {
        bool version_2 = step->usual && settings->send_proxy_v2;
        if (!conn_send_header(&check->conn,
                              version_2 ? header_of_version_2(check) : STR("PROXY UNKNOWN\r\n")))
            return false;
    }
    if (!wants_tls(check, step))
        return true;
    const char *alpn = step->alpn ? step->alpn : settings->check_alpn;
    struct buf sni = BUF_INIT;
    bool good = check->server->tls && find_sni(check, step, &sni) &&
                tls_conn_open(&check->conn, check->server->tls, sni.size ? buf_str(&sni) : STR_NONE, false) &&
                (!alpn || tls_conn_offer(&check->conn, alpn));
    buf_finish(&sni);
    return good;
}

static bool begin_connect(struct check *check, const struct check_step *step)
{
    const struct server *server = check->server;
    close_conn(check);
    buf_reset(&check->in);
    check->connect_step = step;
    struct plat_connect how = {
        .to = step->addr_given                  ? step->addr.addr
              : check->addr.family != ADDR_NONE ? check->addr
                                                : server->addr.addr,
        .late_ack = !step->next || step->next->kind != STEP_EXPECT, /* who is to speak first must accept */
    };
    const struct source_settings *source =
        server->settings.source.given ? &server->settings.source : &server->proxy->settings.source;
    if (source->given) {
        how.from = source->addr.addr;
        how.interface = source->interface;
    }
    if (addr_is_ip(&how.to))
        how.to.port = (uint16_t)port_of(check, step);
    check->conn = (struct conn){ .ready = conn_ready, .owner = check };
    check->phase = CHECK_CONNECTING;
    if (how.to.family == ADDR_NONE) {
        check_end(check, CHECK_SOCKET_ERROR, -1, "No address");
        return false;
    }
    if (!conn_connect(&check->conn, check->engine->loop, &how)) {
        socket_failed(check, check->conn.error);
        return false;
    }
    if (prepare_conn(check, step))
        return true;
    check_end(check, CHECK_SOCKET_ERROR, -1, "TLS is not set up for this server");
    return false;
}

/* From the connection on, `timeout check` is what an answer may take. */
static void connected(struct check *check)
{
    uint64_t limit = check->server->proxy->settings.timeout_check;
    if (limit && check->phase == CHECK_CONNECTING)
        (void)timer_set(&check->timer, engine_now(check->engine) + limit * NS_PER_MS);
    check->phase = CHECK_STEPPING;
}

static enum check_verdict run_connect(struct check *check, const struct check_step *step)
{
    if (check->connect_step != step && !begin_connect(check, step))
        return CHECK_OVER;
    const struct tls_conn *tls = tls_conn_of(&check->conn);
    if (check->conn.error != IO_OK && tls && tls->failure != TLS_FINE) {
        handshake_failed(check, tls);
        return CHECK_OVER;
    }
    if (check->conn.error != IO_OK) {
        socket_failed(check, check->conn.error);
        return CHECK_OVER;
    }
    if (check->conn.state != CONN_READY)
        return CHECK_WAIT;
    connected(check);
    return CHECK_NEXT;
}

/* ---- sending and receiving ---- */

static enum check_verdict run_send(struct check *check, const struct check_step *step)
{
    if (!check->sent) {
        check->sent = true;
        buf_reset(&check->in);
        if (!check_send_build(check, step)) {
            check_end(check, CHECK_SOCKET_ERROR, -1, "out of memory");
            return CHECK_OVER;
        }
    }
    while (check->out_at < check->out.size) {
        struct io_vec vec = { check->out.data + check->out_at, check->out.size - check->out_at };
        if (!check->conn.writable)
            return CHECK_WAIT;
        struct io_result result = conn_write(&check->conn, &vec, 1, false);
        if (result.status == IO_WOULD_BLOCK)
            return CHECK_WAIT;
        if (result.status != IO_OK) {
            socket_failed(check, result.status);
            return CHECK_OVER;
        }
        check->out_at += result.size;
    }
    check->sent = false;
    return CHECK_NEXT;
}

/* Takes in what has come. true: no more will. */
static bool receive(struct check *check)
{
    while (check->conn.readable && check->in.size < ANSWER_MAX) {
        char *room = buf_room(&check->in, ANSWER_MAX - check->in.size);
        if (!room)
            return true;
        struct io_vec vec = { room, ANSWER_MAX - check->in.size };
        struct io_result result = conn_read(&check->conn, &vec, 1);
        if (result.status == IO_WOULD_BLOCK)
            break;
        if (result.status != IO_OK)
            return true;
        check->in.size += result.size;
    }
    return check->conn.read_ended || check->in.size >= ANSWER_MAX;
}

static enum check_verdict run_expect(struct check *check, const struct check_step *step)
{
    bool last = receive(check);
    if (last && !check->in.size && check->conn.error != IO_OK) {
        socket_failed(check, check->conn.error);
        return CHECK_OVER;
    }
    if (!last && !check->in.size)
        return CHECK_WAIT;
    return check_expect_run(check, step, last);
}

static void run_var(struct check *check, const struct check_step *step)
{
    struct sample_context context = check_context(check);
    struct arena_mark mark = arena_mark(context.scratch);
    struct sample value;
    bool kept = false;
    struct vars *vars = step->var.scope == VAR_CHECK ? &check->vars : &context.configuration->proc_vars;
    if (step->kind == STEP_UNSET_VAR) {
        kept = false;
    } else if (step->var_format) {
        value = sample_text(log_format_text(step->var_format, &context, true));
        kept = value.u.text.data && vars_set(vars, &step->var, &value);
    } else if (sample_eval(step->expr, &context, &value)) {
        kept = vars_set(vars, &step->var, &value);
    }
    if (!kept)
        (void)vars_remove(vars, &step->var);
    arena_rewind(context.scratch, mark);
}

/* ---- a run ---- */

static enum check_verdict run_step(struct check *check, const struct check_step *step)
{
    switch (step->kind) {
    case STEP_COMMENT:
        return CHECK_NEXT;
    case STEP_SET_VAR:
    case STEP_UNSET_VAR:
        run_var(check, step);
        return CHECK_NEXT;
    case STEP_CONNECT:
        return run_connect(check, step);
    case STEP_SEND:
    case STEP_SEND_HTTP:
        return run_send(check, step);
    case STEP_EXPECT:
        return run_expect(check, step);
    }
    return CHECK_NEXT;
}

static void all_passed(struct check *check)
{
    char text[CHECK_TEXT_MAX];
    if (!check->rules->any_layer7) {
        check_end(check, tls_conn_of(&check->conn) ? CHECK_L6_OK : CHECK_L4_OK, -1, NULL);
        return;
    }
    bool plain = check->ok_status == CHECK_UNKNOWN;
    (void)str_to_c(buf_str(&check->ok_text), text, sizeof(text));
    if (check->rules->kind == CHECK_KIND_TCP && !check->ok_text.size)
        (void)str_to_c(STR("(tcp-check)"), text, sizeof(text));
    check_end(check, plain ? CHECK_L7_OK : check->ok_status, check->code, text);
}

static void advance(struct check *check)
{
    while (check->running) {
        const struct check_step *step = check->rules->steps[check->step];
        if (!step) {
            all_passed(check);
            return;
        }
        if (run_step(check, step) != CHECK_NEXT)
            return;
        check->step++;
    }
}

static void start_run(struct check *check)
{
    const struct proxy_settings *settings = &check->server->proxy->settings;
    uint64_t limit = check->inter;
    check->running = true;
    check->started_ns = engine_now(check->engine);
    check->step = 0;
    check->sent = false;
    check->code = -1;
    check->connect_step = NULL;
    check->ok_status = CHECK_UNKNOWN;
    check->vars = vars_make(&check->engine->configuration->proc_vars,
                            check->engine->configuration->globals.vars_check_max);
    check->phase = CHECK_CONNECTING;
    if (settings->timeout_check && settings->timeout_connect && settings->timeout_connect < limit)
        limit = settings->timeout_connect;
    (void)timer_set(&check->timer, check->started_ns + limit * NS_PER_MS);
    if (check->rules->kind == CHECK_KIND_EXTERNAL)
        external_check_start(check);
    else
        advance(check);
}

static void too_late(struct check *check)
{
    if (check->rules->kind == CHECK_KIND_EXTERNAL) {
        external_check_poll(check, true);
        return;
    }
    const struct check_step *step = check->rules->steps[check->step];
    struct buf text = BUF_INIT;
    enum check_status status = CHECK_L7_TIMEOUT;
    if (check->phase == CHECK_CONNECTING)
        status = check->conn.state == CONN_HANDSHAKE ? CHECK_L6_TIMEOUT : CHECK_L4_TIMEOUT;
    else if (step && step->timeout_status)
        status = step->timeout_status;
    put_step(check, &text);
    check_end(check, status, check->code, text.data);
    buf_finish(&text);
}

static void fire(struct timer *timer)
{
    struct check *check = CONTAINER_OF(timer, struct check, timer);
    if (!check->running)
        start_run(check);
    else if (check->rules->kind == CHECK_KIND_EXTERNAL && !external_check_late(check))
        external_check_poll(check, false);
    else
        too_late(check);
}

bool check_set_send(struct check *agent, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = mem_alloc(size);
    if (!copy)
        return false;
    memcpy(copy, text, size);
    mem_free(agent->send);
    agent->send = copy;
    return true;
}

void check_pause(struct check *check, bool paused)
{
    if (check->paused == paused)
        return;
    check->paused = paused;
    if (paused)
        clean_up(check);
    else
        check_schedule(check, 0);
}

void check_enable(struct check *check, bool enabled)
{
    if (!check->configured || check->enabled == enabled)
        return;
    check->enabled = enabled;
    if (enabled && !check->is_agent && check->server->settings.init_state) {
        server_status_begin(check->server);
        server_status_changed(check->engine, check->server);
    }
    if (enabled)
        check_schedule(check, 0);
    else
        clean_up(check);
}

/* ---- life ---- */

static struct check *make(struct engine *engine, struct server *server)
{
    struct check *check = mem_zero(sizeof(*check));
    if (!check)
        return NULL;
    check->engine = engine->first;
    check->server = server;
    check->status = CHECK_INITIALIZING;
    check->code = -1;
    arena_init(&check->arena, 1024);
    timer_init(&check->timer, check->engine->loop, fire);
    return check;
}

bool check_create(struct engine *engine, struct server *server)
{
    const struct server_settings *settings = &server->settings;
    struct arena *arena = &engine->configuration->arena;
    struct proxy *section = settings->healthcheck ? settings->healthcheck : server->proxy;
    struct check_rules *rules = section->settings.check_rules;
    bool maint = server->admin & ADMIN_MAINT;
    if (!server->check && settings->check && !server->tracked) {
        struct check *check = make(engine, server);
        if (!check)
            return false;
        server->check = check;
        if (!rules)
            rules = section->settings.check_rules = check_rules_create(arena, CHECK_KIND_CONNECT, "check");
        check_rules_complete(rules, arena);
        check->rules = rules;
        check->rise = settings->rise;
        check->fall = settings->fall;
        check->health = maint ? 0 : settings->rise;
        check->inter = settings->inter;
        check->fastinter = settings->fastinter;
        check->downinter = settings->downinter;
        check->addr = settings->check_addr.addr;
        check->port = (uint16_t)settings->check_port;
        check->configured = check->enabled = true;
        check->paused = maint;
    }
    if (!server->agent && settings->agent_check) {
        struct check *agent = make(engine, server);
        if (!agent)
            return false;
        server->agent = agent;
        agent_check_prepare(agent);
    }
    return true;
}

static void destroy(struct check *check)
{
    if (!check)
        return;
    clean_up(check);
    timer_finish(&check->timer);
    arena_finish(&check->arena);
    mem_free(check->send);
    mem_free(check);
}

void check_destroy(struct server *server)
{
    destroy(check_of(server->check));
    destroy(check_of(server->agent));
    server->check = server->agent = NULL;
}

/* The first runs are spread over the shortest interval, or max-spread-checks, so that they do not all come at once. */
static void start_spread(struct engine *engine, unsigned count, uint64_t shortest_ms)
{
    uint64_t most = engine->configuration->globals.max_spread_checks_ms;
    unsigned place = 0;
    if (most && most < shortest_ms)
        shortest_ms = most;
    for (struct proxy *proxy = engine->configuration->proxies; proxy; proxy = proxy->next) {
        for (struct server *server = proxy->servers; server; server = server->next) {
            struct check *checks[] = { check_of(server->check), check_of(server->agent) };
            for (size_t i = 0; i < COUNT_OF(checks); i++) {
                if (!checks[i])
                    continue;
                uint64_t after = shortest_ms * NS_PER_MS * place++ / count;
                if (checks[i]->enabled && !checks[i]->paused)
                    (void)timer_set(&checks[i]->timer, engine_now(engine) + after);
            }
        }
    }
}

/* Errors in a row beyond `error-limit` do what `on-error` says; a good answer forgives them (manual 5.2 observe). */
void check_observe(struct engine *engine, struct server *server, bool layer7, bool good)
{
    struct check *check = check_of(server->check);
    const struct server_settings *settings = &server->settings;
    if (!check || !check->enabled || settings->observe != (layer7 ? 2 : 1) || server->state == SERVER_STOPPED)
        return;
    if (good) {
        check->failed_count = 0;
        return;
    }
    if (++check->failed_count < (uint64_t)settings->error_limit)
        return;
    check->failed_count = 0;
    switch (settings->on_error) {
    case 1: /* fastinter */
        break;
    case 3: /* sudden-death */
        if (check->health > check->rise)
            check->health = check->rise;
        break;
    case 4: /* mark-down */
        check->health = 1;
        break;
    default:
        break;
    }
    if (settings->on_error == 3 || settings->on_error == 4 || settings->on_error == 2 ||
        !settings->on_error) {
        clean_up(check);
        check->started_ns = engine_now(engine);
        check_end(check, CHECK_ANALYZE, -1, "Detected consecutive errors in live traffic");
        return;
    }
    uint64_t soon = check->fastinter ? check->fastinter : check->inter;
    if (!check->running && check->timer.at_ns > engine_now(engine) + soon * NS_PER_MS)
        check_schedule(check, soon);
}

/* Without an address from DNS a server is in maintenance. */
static void resolved(struct engine *engine, struct server *server, bool known, const char *why)
{
    if (known)
        server_status_clear_admin(engine, server, ADMIN_RESOLVE_MAINT);
    else
        server_status_set_admin(engine, server, ADMIN_RESOLVE_MAINT, why);
}

bool check_start_all(struct engine *engine)
{
    for (struct engine *one = engine->first; one; one = one->next) {
        one->observe = check_observe;
        one->resolved = resolved;
    }
    unsigned count = 0;
    uint64_t shortest = UINT64_MAX;
    for (struct proxy *proxy = engine->configuration->proxies; proxy; proxy = proxy->next) {
        proxy->last_change_ns = engine_now(engine);
        for (struct server *server = proxy->servers; server; server = server->next) {
            server->last_change_ns = engine_now(engine);
            if (proxy->settings.disabled)
                continue;
            if (!check_create(engine, server))
                return false;
            server_status_begin(server);
            if (server->settings.init_state && server->state == SERVER_STOPPED)
                server->down_since_ns = server->last_change_ns;
            struct check *checks[] = { check_of(server->check), check_of(server->agent) };
            for (size_t i = 0; i < COUNT_OF(checks); i++) {
                if (!checks[i])
                    continue;
                count++;
                shortest = checks[i]->inter < shortest ? checks[i]->inter : shortest;
            }
        }
    }
    if (count)
        start_spread(engine, count, shortest);
    return true;
}

void check_stop_all(struct engine *engine)
{
    for (struct proxy *proxy = engine->configuration->proxies; proxy; proxy = proxy->next)
        for (struct server *server = proxy->servers; server; server = server->next)
            check_destroy(server);
}
