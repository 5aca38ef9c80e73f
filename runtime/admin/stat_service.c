/* `stats uri`: the page, its exports, and the forms on it (HAProxy manual 4.2 "stats ...").
 *
 * Behind the page's address stand options, ";csv", ";up", ";norefresh", "scope=x" and the like, anywhere. A form's
 * fields are s (a server, may come several times), b (the section, "#id" or a name) and action; the answer sends the
 * browser back to the page, with ";st=" and what became of it. */
#include "admin/admin_services.h"
#include "admin/http_answer.h"
#include "admin/stat_page.h"
#include "base/arena.h"
#include "base/base64.h"
#include "base/units.h"
#include "health/health_check.h"
#include "health/server_status.h"
#include "http/http_uri.h"
#include "proxy/server.h"
#include "stream/stream.h"

enum what { WHAT_PAGE, WHAT_CSV, WHAT_JSON, WHAT_SCHEMA, WHAT_FORM, WHAT_NOTHING };

struct service {
    const struct proxy *section; /* whose settings count */
    const struct stats_settings *settings;
    struct http_answer answer;
    struct stat_page page; /* the dump in it serves the exports */
    enum what what;
    struct buf form;
    struct str options; /* of the request's target */
    bool over;
};

/* ---- who asks ---- */

static bool may_see(const struct service *service, const struct http_msg *request)
{
    struct str value;
    char plain[512];
    if (!service->settings->users)
        return true;
    if (!http_msg_value_at(request, STR("authorization"), true, 0, &value) ||
        !str_starts_nocase(value, STR("basic ")))
        return false;
    size_t size = base64_decode(str_trim(str_from(value, 6)), plain, sizeof(plain), false);
    if (size == STR_NOT_FOUND)
        return false;
    struct str password = str_make(plain, size), name = str_split(&password, ':');
    for (const struct stats_user *user = service->settings->users; user; user = user->next)
        if (str_eq(name, str_of(user->name)) && str_eq(password, str_of(user->password)))
            return true;
    return false;
}

static bool may_change(struct stream *stream, const struct service *service)
{
    bool allowed = false;
    struct sample_context context = stream_context(stream, AT_REQUEST_HEAD, stream->backend);
    struct arena_mark mark = arena_mark(context.scratch);
    context.final = true;
    for (const struct stats_admin *admin = service->settings->admins; admin && !allowed; admin = admin->next)
        allowed = condition_eval(admin->condition, &context) == ACL_PASS;
    arena_rewind(context.scratch, mark);
    return allowed;
}

/* ---- what is asked ---- */

static bool has(struct str options, const char *word)
{
    return str_find(options, str_of(word)) != STR_NOT_FOUND;
}

/* The value behind "name=", up to what cannot be part of it. */
static const char *option_value(struct stream *stream, struct str options, const char *name)
{
    size_t at = str_find(options, str_of(name));
    if (at == STR_NOT_FOUND)
        return NULL;
    struct str value = str_from(options, at + strlen(name));
    size_t size = 0;
    while (size < value.size && value.data[size] != '&' && value.data[size] != ';' && value.data[size] != ' ')
        size++;
    struct str copy = arena_copy(&stream->arena, str_slice(value, 0, size));
    return copy.size ? copy.data : NULL;
}

static void read_options(struct stream *stream, struct service *service)
{
    struct str options = service->options;
    struct stat_dump *dump = &service->page.dump;
    stat_walk_start(&dump->walk, stream->engine);
    dump->scopes = service->settings->scopes;
    dump->own = service->section;
    dump->hide_down = has(options, ";up");
    dump->hide_maint = has(options, ";no-maint");
    dump->scope = option_value(stream, options, "scope=");
    service->page.no_refresh = has(options, ";norefresh");
    service->page.state = option_value(stream, options, ";st=");
    service->what = has(options, ";csv")           ? WHAT_CSV
                    : has(options, ";json-schema") ? WHAT_SCHEMA
                    : has(options, ";json")        ? WHAT_JSON
                                                   : WHAT_PAGE;
    if (service->what == WHAT_JSON)
        dump->format = STAT_JSON;
}

/* `stats scope`: only the sections named there; "." is the own one. */
static bool in_scope(const struct service *service, const struct proxy *proxy)
{
    const struct stats_scope *scope = service->settings->scopes;
    if (!scope)
        return true;
    for (; scope; scope = scope->next)
        if (strcmp(scope->name, proxy->name) == 0 ||
            (strcmp(scope->name, ".") == 0 && proxy == service->section))
            return true;
    return false;
}

/* ---- forms ---- */

static bool act(struct engine *engine, struct server *server, struct str action)
{
    struct check *check = check_of(server->check), *agent = check_of(server->agent);
    if (str_eq(action, STR("ready"))) {
        server_status_clear_admin(engine, server, ADMIN_FORCED_MAINT);
        server_status_clear_admin(engine, server, ADMIN_FORCED_DRAIN);
    } else if (str_eq(action, STR("drain"))) {
        server_status_set_admin(engine, server, ADMIN_FORCED_DRAIN, NULL);
        server_status_clear_admin(engine, server, ADMIN_FORCED_MAINT);
    } else if (str_eq(action, STR("maint")) || str_eq(action, STR("disable"))) {
        server_status_set_admin(engine, server, ADMIN_FORCED_MAINT, NULL);
        server_status_clear_admin(engine, server, ADMIN_FORCED_DRAIN);
    } else if (str_eq(action, STR("enable"))) {
        server_status_clear_admin(engine, server, ADMIN_FORCED_MAINT);
    } else if (str_eq(action, STR("shutdown"))) {
        server_status_kill_sessions(engine, server, 'K');
    } else if (str_eq(action, STR("dhlth")) || str_eq(action, STR("ehlth"))) {
        if (check)
            check_enable(check, action.data[0] == 'e');
    } else if (str_eq(action, STR("dagent")) || str_eq(action, STR("eagent"))) {
        if (agent)
            check_enable(agent, action.data[0] == 'e');
    } else if (str_eq(action, STR("hrunn")) || str_eq(action, STR("hnolb"))) {
        if (server->tracked)
            return true;
        if (check)
            check->health = check->rise + check->fall - 1;
        if (action.data[1] == 'r')
            server_status_up(engine, server, "changed from Web interface");
        else
            server_status_stopping(engine, server, "changed from Web interface");
    } else if (str_eq(action, STR("hdown"))) {
        if (server->tracked)
            return true;
        if (check)
            check->health = 0;
        server_status_down(engine, server, "changed from Web interface");
    } else if (str_eq(action, STR("arunn")) || str_eq(action, STR("adown"))) {
        if (!agent || !agent->enabled)
            return true;
        bool up = action.data[1] == 'r';
        agent->health = up ? agent->rise + agent->fall - 1 : 0;
        if (up)
            server_status_up(engine, server, "changed from Web interface");
        else
            server_status_down(engine, server, "changed from Web interface");
    } else {
        return false;
    }
    return true;
}

/* The next field of a form, decoded in place. */
static bool next_field(char **at, struct str *name, struct str *value)
{
    if (!**at)
        return false;
    struct str rest = str_of(*at), field = str_split(&rest, '&');
    char *start = *at;
    *at += field.size + (rest.data ? 1 : 0);
    *value = field;
    *name = str_split(value, '=');
    size_t size = 0;
    char *into = start + name->size + 1;
    if (value->data && http_uri_decode(*value, true, into, &size))
        *value = str_make(into, size);
    return true;
}

static const char *carry_out(struct stream *stream, struct service *service)
{
    struct str name, value, action = STR_NONE;
    const struct proxy *backend = NULL;
    char text[256];
    unsigned wanted = 0, done = 0;
    if (!buf_room(&service->form, 1))
        return "EXCD";
    service->form.data[service->form.size] = 0;
    /* The servers come before the section that they are of, so that the fields are read twice. */
    struct str whole = arena_copy(&stream->arena, buf_str(&service->form));
    char *at = service->form.data;
    if (!whole.data || !at)
        return "EXCD";
    while (next_field(&at, &name, &value)) {
        (void)str_to_c(value, text, sizeof(text));
        if (str_eq(name, STR("action")))
            action = value;
        else if (str_eq(name, STR("b")))
            backend = proxy_find(stream->engine->configuration, text, PROXY_BACK);
    }
    if (!backend || !action.size || !in_scope(service, backend))
        return "ERRP";
    action = arena_copy(&stream->arena, action);
    at = (char *)(uintptr_t)whole.data;
    while (next_field(&at, &name, &value)) {
        if (!str_eq(name, STR("s")))
            continue;
        (void)str_to_c(value, text, sizeof(text));
        struct server *server = proxy_server(backend, text);
        wanted++;
        if (server && !act(stream->engine, server, action))
            return "ERRP";
        done += server != NULL;
    }
    return !wanted ? "NONE" : !done ? "ERRP" : done < wanted ? "PART" : "DONE";
}

static bool redirect(struct stream *stream, struct service *service, const char *state)
{
    const struct stat_page *page = &service->page;
    struct str location =
        arena_printf(&stream->arena, "%s;st=%s%s%s%s%s", page->uri, state, page->dump.hide_down ? ";up" : "",
                     page->no_refresh ? ";norefresh" : "", page->dump.scope ? ";scope=" : "",
                     page->dump.scope ? page->dump.scope : "");
    struct http_answer_field fields[] = { { "content-type", "text/plain" },
                                          { "location", location.data },
                                          { NULL, NULL } };
    service->over = true;
    return location.data && http_answer_head(stream, 303, fields, false);
}

/* true: the form came whole, or cannot be taken. */
static bool take_form(struct stream *stream, struct service *service, const char **state)
{
    struct channel *request = &stream->request;
    size_t limit = stream->engine->configuration->globals.bufsize;
    while (request->output) {
        struct str have = channel_output(request);
        buf_add(&service->form, have);
        channel_sent(request, have.size);
    }
    channel_release_if_empty(request, stream->engine);
    if (service->form.size > limit || service->form.failed) {
        *state = "EXCD";
        return true;
    }
    if (!request->ended && !request->failed)
        return false;
    *state = carry_out(stream, service);
    return true;
}

/* ---- the applet ---- */

static bool begin_answer(struct stream *stream, struct service *service)
{
    static const char *const types[] = { "text/html", "text/plain; charset=UTF-8", "application/json",
                                         "application/json" };
    struct http_answer_field fields[] = { { "cache-control", "no-cache" },
                                          { "content-type", types[service->what] },
                                          { NULL, NULL },
                                          { NULL, NULL } };
    char seconds[24];
    if (service->what == WHAT_PAGE && service->settings->refresh_ms && !service->page.no_refresh) {
        struct buf text = BUF_INIT;
        buf_add_uint(&text, service->settings->refresh_ms / 1000);
        (void)str_to_c(buf_str(&text), seconds, sizeof(seconds));
        buf_finish(&text);
        fields[2] = (struct http_answer_field){ "refresh", seconds };
    }
    return http_answer_head(stream, 200, fields, true);
}

static bool ask_for_user(struct stream *stream, struct service *service)
{
    const char *realm = service->settings->realm ? service->settings->realm : "HAProxy Statistics";
    struct str challenge = arena_printf(&stream->arena, "Basic realm=\"%s\"", realm);
    struct http_answer_field fields[] = { { "cache-control", "no-cache" },
                                          { "content-type", "text/html" },
                                          { "www-authenticate", challenge.data },
                                          { NULL, NULL } };
    service->what = WHAT_NOTHING;
    buf_add_c(&service->answer.text,
              "<html><body><h1>401 Unauthorized</h1>\nYou need a valid user and password to "
              "access this content.\n</body></html>\n");
    return challenge.data && http_answer_head(stream, 401, fields, true);
}

static bool start(struct stream *stream)
{
    struct service *service = stream->applet_state;
    const struct http_msg *request = &stream->http->request;
    const char *uri = service->settings->uri ? service->settings->uri : "/haproxy?stats";
    service->page.settings = service->settings;
    service->page.uri = uri;
    struct str target = request->uri;
    size_t at = str_find(target, str_of(uri));
    service->options = at == STR_NOT_FOUND ? STR_NONE : str_from(target, at + strlen(uri));
    read_options(stream, service);
    if (!may_see(service, request))
        return ask_for_user(stream, service);
    service->page.admin = may_change(stream, service);
    if (request->method_id == HTTP_POST) {
        service->what = WHAT_FORM;
        return service->page.admin || redirect(stream, service, "DENY");
    }
    return begin_answer(stream, service);
}

static bool dump_some(struct service *service)
{
    struct buf *out = &service->answer.text;
    return service->what == WHAT_PAGE ? stat_page_some(&service->page, out, HTTP_ANSWER_PIECE)
                                      : stat_dump_some(&service->page.dump, out, HTTP_ANSWER_PIECE);
}

static void fill(struct service *service)
{
    if (service->what == WHAT_SCHEMA) {
        stat_dump_schema(&service->answer.text);
        service->over = true;
    } else if (service->what == WHAT_NOTHING) {
        service->over = true;
    } else {
        service->over = dump_some(service);
    }
}

static void run(struct stream *stream)
{
    struct service *service = stream->applet_state;
    const char *state = NULL;
    if (service->what == WHAT_FORM && !service->over) {
        if (!take_form(stream, service, &state))
            return;
        if (!redirect(stream, service, state)) {
            stream_applet_fail(stream);
            return;
        }
    }
    while (http_answer_flush(stream, &service->answer)) {
        if (service->over) {
            stream_applet_end(stream);
            return;
        }
        fill(service);
    }
}

static void stop(struct stream *stream)
{
    struct service *service = stream->applet_state;
    if (!service)
        return;
    http_answer_finish(&service->answer);
    buf_finish(&service->form);
}

static const struct applet_ops stat_ops = { "stats", start, run, stop };

static bool begin(struct stream *stream, void *data)
{
    struct service *service = arena_zero(&stream->arena, sizeof(*service));
    if (!service)
        return false;
    service->section = data;
    service->settings = service->section->settings.stats;
    stream_use_applet(stream, &stat_ops, service);
    return true;
}

const struct service_row stat_service = { "stats", true, false, begin, NULL };
