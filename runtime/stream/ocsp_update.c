/* OCSP updates. A response that is wanted is scheduled; of those whose time has come one is asked for at a time, so that
 * many certificates are no burst. What operators ask for by hand does not wait for that. */
#include "stream/ocsp_update.h"
#include "base/base64.h"
#include "base/civil_time.h"
#include "base/mem.h"
#include "base/units.h"
#include "stream/engine.h"
#include "stream/http_client.h"
#include "tls/tls_cert.h"
#include "tls/tls_ocsp.h"

/* The timer is always set, so that no memory is needed to set it to another time. */
#define IDLE_NS    (3600 * NS_PER_S)
#define TIMEOUT_MS 10000
#define MARGIN_S   60  /* before a response ends, the next one is asked for */
#define RETRY_S    60  /* after a failure; twice as long after each further one */
#define GET_MAX    255 /* characters of a question that goes into the path (RFC 6960 appendix A.1) */
#define PROXY_NAME "<OCSP-UPDATE>"

struct ocsp_updates {
    struct engine *engine;
    struct tls_library *library;
    struct task task;
    struct timer timer;
    struct list jobs;
};

struct job { /* one question */
    struct list link;
    struct ocsp_updates *updates;
    struct tls_ocsp *ocsp;
    struct http_client http;
    struct str method, url; /* for the log; url in the client's arena */
    uint64_t began_ns;
    int64_t began_wall_ns;
    bool by_hand;
    struct list waiters; /* struct ocsp_waiter */
};

static uint64_t now(const struct ocsp_updates *updates)
{
    return engine_now(updates->engine);
}

static int64_t wall_s(const struct ocsp_updates *updates)
{
    return loop_wall(updates->engine->loop) / (int64_t)NS_PER_S;
}

/* ---- when ---- */

/* Seconds from now until the next time: before it ends, neither too often nor too seldom. */
static int64_t usual_delay_s(const struct ocsp_updates *updates, const struct tls_ocsp *ocsp)
{
    const struct tls_tuning *tuning = &updates->library->tuning;
    if (!ocsp->response.size)
        return 0;
    int64_t left = ocsp->expires_s - MARGIN_S - wall_s(updates);
    if (left > tuning->ocsp_max_s)
        left = tuning->ocsp_max_s;
    return left < tuning->ocsp_min_s ? tuning->ocsp_min_s : left;
}

static int64_t retry_delay_s(const struct ocsp_updates *updates, const struct tls_ocsp *ocsp)
{
    int64_t longest = updates->library->tuning.ocsp_max_s, delay = RETRY_S;
    for (unsigned i = 1; i < ocsp->failures_in_row && delay < longest; i++)
        delay *= 2;
    return delay < longest ? delay : longest;
}

static void schedule(const struct ocsp_updates *updates, struct tls_ocsp *ocsp)
{
    int64_t delay_s = usual_delay_s(updates, ocsp);
    int64_t least_s = ocsp->failures_in_row ? retry_delay_s(updates, ocsp) : 0;
    ocsp->scheduled = true;
    ocsp->next_ns = now(updates) + (uint64_t)(delay_s > least_s ? delay_s : least_s) * NS_PER_S;
}

/* ---- the log ---- */

static void log_text(const struct ocsp_updates *updates, struct buf *text)
{
    const struct globals *globals = &updates->engine->configuration->globals;
    struct log_line line = { .level = LOG_NOTICE, .tag = globals->log_tag, .text = buf_str(text) };
    if (!text->failed)
        log_send(updates->engine->log, globals->log_targets, &line);
    buf_finish(text);
}

static void log_update(const struct job *job)
{
    const struct tls_ocsp *ocsp = job->ocsp;
    struct buf text = BUF_INIT;
    buf_printf(&text, PROXY_NAME " %s %u \"%s", tls_ocsp_path(ocsp), ocsp->last_status,
               tls_ocsp_status_text(ocsp->last_status));
    if (ocsp->last_reason.size)
        buf_printf(&text, " (%s)", ocsp->last_reason.data);
    buf_printf(&text, "\" %u %u", ocsp->failures, ocsp->successes);
    log_text(job->updates, &text);
}

/* How HTTP went, when it did not go well, in the shape of a line of HTTP's log. */
static void log_http(const struct job *job)
{
    const struct http_client *http = &job->http;
    const struct ocsp_updates *updates = job->updates;
    bool late = now(updates) >= http_client_wake_at(http);
    int status = http->head_done ? (int)http->response_head.status : !http->sent ? 503 : late ? 504 : 502;
    const char *flags = !http->failed ? "--" : !http->sent ? (late ? "sC" : "SC") : late ? "sH" : "SH";
    struct civil_time date = civil_time_of(job->began_wall_ns / (int64_t)NS_PER_S);
    struct buf text = BUF_INIT;
    buf_printf(
        &text, "-:- [%02d/%s/%04d:%02d:%02d:%02d.%03d] " PROXY_NAME " -/- 0/0/%d/%d/%llu %d %zu - - %s-- ",
        date.day, civil_time_month_name(date.month), date.year, date.hour, date.minute, date.second,
        (int)(job->began_wall_ns / (int64_t)NS_PER_MS % 1000), http->sent ? 0 : -1, http->head_done ? 0 : -1,
        (unsigned long long)((now(updates) - job->began_ns) / NS_PER_MS), status, http->answer.size, flags);
    buf_printf(&text, "0/0/0/0/%lld 0/0 {} \"%.*s %.*s HTTP/1.1\"",
               (long long)(updates->engine->configuration->globals.httpclient_retries - http->retries),
               STR_ARG(job->method), STR_ARG(job->url));
    log_text(updates, &text);
}

/* ---- one question ---- */

static void ready(struct http_client *http)
{
    task_wake(&CONTAINER_OF(http, struct job, http)->updates->task);
}

static void end_job(struct job *job, const struct tls_ocsp *ocsp)
{
    job->ocsp->updating = false;
    list_remove(&job->link);
    http_client_end(&job->http);
    while (!list_empty(&job->waiters)) {
        struct ocsp_waiter *waiter = LIST_ITEM(list_first(&job->waiters), struct ocsp_waiter, link);
        list_remove(&waiter->link);
        waiter->told(waiter, ocsp);
    }
    mem_free(job);
}

/* The question as text in a path, or as a body when it is too long. */
static bool put_question(struct job *job, struct str der, struct buf *path)
{
    struct http_client *http = &job->http;
    char *room = arena_alloc(&http->arena, base64_encoded_size(der.size) + 1);
    if (!room)
        return false;
    struct str text = str_make(room, base64_encode(der, room, false));
    size_t before = path->size;
    if (before && path->data[before - 1] != '/')
        buf_add_char(path, '/');
    for (size_t i = 0; i < text.size; i++) {
        if (memchr("+/=", text.data[i], 3))
            buf_printf(path, "%%%02X", text.data[i]);
        else
            buf_add_char(path, text.data[i]);
    }
    job->method = STR("GET");
    if (path->size - before > GET_MAX) {
        path->size = before;
        job->method = STR("POST");
        http->body = arena_copy(&http->arena, der);
    }
    return !path->failed && (job->method.size == 3 || http->body.data);
}

static bool send_job(struct job *job)
{
    struct http_client *http = &job->http;
    const struct globals *globals = &job->updates->engine->configuration->globals;
    struct http_target target;
    struct buf der = BUF_INIT, path = BUF_INIT;
    http_target_read(&target, str_of(job->ocsp->uri));
    bool by_proxy = globals->ocsp_proxy.family != ADDR_NONE && !target.tls;
    buf_add(&path, http_target_path(&target, &http->arena));
    bool well = tls_ocsp_request(job->ocsp, &der) && put_question(job, buf_str(&der), &path);
    if (well)
        job->url = arena_printf(&http->arena, "%s://%.*s%.*s", target.tls ? "https" : "http",
                                STR_ARG(target.uri.authority), STR_ARG(buf_str(&path)));
    struct str asked = by_proxy ? job->url : arena_copy(&http->arena, buf_str(&path));
    well = well && job->url.data && http_client_head(http, job->method, asked) &&
           (!http->body.data ||
            http_msg_add(&http->request_head, STR("content-type"), STR("application/ocsp-request")));
    if (by_proxy)
        target.addr = globals->ocsp_proxy;
    if (well)
        http_client_send(http, &target, TIMEOUT_MS);
    http->failed |= !well;
    buf_finish(&der);
    buf_finish(&path);
    return well;
}

/* NULL: no memory. */
static struct job *begin_job(struct ocsp_updates *updates, struct tls_ocsp *ocsp, bool by_hand)
{
    struct job *job = mem_zero(sizeof(*job));
    if (!job)
        return NULL;
    job->updates = updates;
    job->ocsp = ocsp;
    job->by_hand = by_hand;
    job->began_ns = now(updates);
    job->began_wall_ns = loop_wall(updates->engine->loop);
    list_init(&job->waiters);
    list_add_last(&updates->jobs, &job->link);
    ocsp->updating = true;
    ocsp->last_status = TLS_OCSP_UNKNOWN;
    job->http.ready = ready;
    http_client_begin(&job->http, updates->engine);
    job->http.answer_max = (size_t)updates->engine->configuration->globals.bufsize;
    if (!send_job(job))
        job->http.failed = true; /* told when it is looked at */
    task_wake(&updates->task);
    return job;
}

/* What came is good, and takes its place; else why not, and *reason when there is more to say. */
static enum tls_ocsp_status judge(const struct job *job, struct buf *reason)
{
    const struct http_client *http = &job->http;
    struct tls_ocsp *ocsp = job->ocsp;
    if (http->failed || http->response_head.status != 200)
        return TLS_OCSP_HTTP_ERROR;
    const struct http_field *type = http_msg_find(&http->response_head, STR("content-type"), NULL);
    if (!type || !str_eq_nocase(type->value, STR("application/ocsp-response")))
        return TLS_OCSP_NO_HEADER;
    if (!tls_ocsp_verify(ocsp, buf_str(&http->answer), reason))
        return TLS_OCSP_REFUSED;
    if (!tls_ocsp_replace(job->updates->library, ocsp, buf_str(&http->answer), reason))
        return TLS_OCSP_NOT_INSERTED;
    return TLS_OCSP_UPDATED;
}

static void finish_job(struct job *job)
{
    struct ocsp_updates *updates = job->updates;
    struct tls_ocsp *ocsp = job->ocsp;
    buf_reset(&ocsp->last_reason);
    ocsp->last_status = judge(job, &ocsp->last_reason);
    if (ocsp->last_status == TLS_OCSP_UPDATED) {
        ocsp->successes++;
        ocsp->failures_in_row = 0;
        ocsp->last_s = wall_s(updates);
    } else {
        ocsp->failures++;
        ocsp->failures_in_row++;
    }
    log_update(job);
    if (job->http.failed || job->http.response_head.status >= 500)
        log_http(job);
    if (ocsp->scheduled)
        schedule(updates, ocsp);
    end_job(job, ocsp);
}

/* ---- all of them ---- */

static void advance_jobs(struct ocsp_updates *updates)
{
    LIST_EACH_SAFE(link, &updates->jobs)
    {
        struct job *job = LIST_ITEM(link, struct job, link);
        if (http_client_advance(&job->http))
            finish_job(job);
    }
}

static bool asks_already(const struct ocsp_updates *updates)
{
    LIST_EACH (link, &updates->jobs) {
        if (!LIST_ITEM(link, struct job, link)->by_hand)
            return true;
    }
    return false;
}

/* Whose turn is next; NULL: nobody is scheduled. */
static struct tls_ocsp *look_at_all(struct ocsp_updates *updates)
{
    const struct dict *all = &updates->library->ocsp;
    struct tls_ocsp *next = NULL;
    for (struct dict_entry *e = dict_next(all, NULL); e; e = dict_next(all, e)) {
        struct tls_ocsp *ocsp = e->value;
        bool wanted = tls_ocsp_wants_updates(ocsp);
        if (wanted && !ocsp->scheduled)
            schedule(updates, ocsp);
        ocsp->scheduled = wanted;
        if (wanted && !ocsp->updating && (!next || ocsp->next_ns < next->next_ns))
            next = ocsp;
    }
    return next;
}

static void look(struct task *task)
{
    struct ocsp_updates *updates = CONTAINER_OF(task, struct ocsp_updates, task);
    uint64_t at = now(updates) + IDLE_NS;
    advance_jobs(updates);
    struct tls_ocsp *next = asks_already(updates) ? NULL : look_at_all(updates);
    if (next && next->next_ns > now(updates))
        at = next->next_ns;
    else if (next && !begin_job(updates, next, false))
        at = now(updates) + NS_PER_S; /* no memory now */
    LIST_EACH (link, &updates->jobs) {
        uint64_t wake = http_client_wake_at(&LIST_ITEM(link, struct job, link)->http);
        if (wake < at)
            at = wake;
    }
    (void)timer_set(&updates->timer, at);
}

static void fire(struct timer *timer)
{
    struct ocsp_updates *updates = CONTAINER_OF(timer, struct ocsp_updates, timer);
    (void)timer_set(timer, now(updates) + IDLE_NS); /* it keeps its place */
    task_wake(&updates->task);
}

/* Some came or left. Who is about to go has no certificate left: its question is dropped before it does. */
static void changed(void *data)
{
    struct ocsp_updates *updates = data;
    LIST_EACH_SAFE(link, &updates->jobs)
    {
        struct job *job = LIST_ITEM(link, struct job, link);
        if (list_empty(&job->ocsp->certs))
            end_job(job, NULL);
    }
    task_wake(&updates->task);
}

bool ocsp_update_start(struct engine *engine)
{
    struct tls_library *library = engine->configuration->tls;
    CHECK(engine == engine->first && !engine->ocsp_updates);
    if (!library)
        return true; /* nobody speaks TLS */
    struct ocsp_updates *updates = mem_zero(sizeof(*updates));
    if (!updates)
        return false;
    updates->engine = engine;
    updates->library = library;
    list_init(&updates->jobs);
    task_init(&updates->task, engine->loop, look);
    timer_init(&updates->timer, engine->loop, fire);
    if (!timer_set(&updates->timer, now(updates) + IDLE_NS)) {
        mem_free(updates);
        return false;
    }
    engine->ocsp_updates = updates;
    library->ocsp_changed = changed;
    library->ocsp_changed_data = updates;
    task_wake(&updates->task);
    return true;
}

void ocsp_update_stop(struct engine *engine)
{
    struct ocsp_updates *updates = engine->ocsp_updates;
    if (!updates)
        return;
    updates->library->ocsp_changed = NULL;
    while (!list_empty(&updates->jobs))
        end_job(LIST_ITEM(list_first(&updates->jobs), struct job, link), NULL);
    task_cancel(&updates->task);
    timer_finish(&updates->timer);
    mem_free(updates);
    engine->ocsp_updates = NULL;
}

bool ocsp_update_now(struct engine *engine, struct tls_ocsp *ocsp, struct ocsp_waiter *waiter)
{
    struct ocsp_updates *updates = engine->first->ocsp_updates;
    struct job *job = NULL;
    if (!updates)
        return false;
    LIST_EACH (link, &updates->jobs) {
        struct job *one = LIST_ITEM(link, struct job, link);
        if (one->ocsp == ocsp)
            job = one;
    }
    if (!job)
        job = begin_job(updates, ocsp, true);
    if (job)
        list_add_last(&job->waiters, &waiter->link);
    return job != NULL;
}
