/* Changes of a server's state.
 *
 * Two things decide whether a server is used: its health (state, from checks, agents, observed traffic or by hand) and
 * administration (bits). A change of either that makes it usable or unusable is logged, counted, handed on to the
 * servers that track it, told to the balance algorithm, and moves sessions and queues. */
#include "health/server_status.h"
#include "base/units.h"
#include "health/health_check.h"
#include "health/health_log.h"
#include "proxy/balance_row.h"
#include "proxy/configuration.h"
#include "stream/server_queue.h"
#include "stream/stream_steps.h"

/* ---- looking ---- */

const struct server *server_status_root(const struct server *server)
{
    while (server->tracked)
        server = server->tracked;
    return server;
}

static bool checked(const struct check *check)
{
    return check && check->configured && check->enabled;
}

enum server_status_kind server_status_kind(const struct server *server)
{
    const struct server *root = server_status_root(server);
    const struct check *check = check_of(root->check), *agent = check_of(root->agent);
    bool ailing = checked(check) && check->health < check->rise + check->fall - 1;
    if (server->admin & ADMIN_MAINT)
        return STATUS_MAINT;
    switch (server->state) {
    case SERVER_RUNNING:
    case SERVER_STARTING:
        if (server->admin & ADMIN_DRAIN)
            return checked(agent) ? STATUS_DRAIN_AGENT : ailing ? STATUS_DRAIN_GOING_DOWN : STATUS_DRAIN;
        if (ailing)
            return STATUS_GOING_DOWN;
        return checked(check) ? STATUS_UP : STATUS_NO_CHECK;
    case SERVER_STOPPING:
        return ailing ? STATUS_NOLB_GOING_DOWN : STATUS_NOLB;
    default:
        if (checked(agent) && !agent->health)
            return STATUS_DOWN_AGENT;
        return checked(check) && check->health ? STATUS_GOING_UP : STATUS_DOWN;
    }
}

void server_status_text(const struct server *server, struct buf *out)
{
    const struct check *check = check_of(server_status_root(server)->check);
    enum server_status_kind kind = server_status_kind(server);
    static const char *const words[] = { "DOWN",  "DOWN (agent)",  "DOWN",     "UP",
                                         "UP",    "NOLB",          "NOLB",     "DRAIN",
                                         "DRAIN", "DRAIN (agent)", "no check", "MAINT" };
    buf_add_c(out, words[kind]);
    switch (kind) {
    case STATUS_GOING_UP:
        buf_printf(out, " %lld/%lld", (long long)check->health, (long long)check->rise);
        break;
    case STATUS_GOING_DOWN:
    case STATUS_NOLB_GOING_DOWN:
    case STATUS_DRAIN_GOING_DOWN:
        buf_printf(out, " %lld/%lld", (long long)(check->health - check->rise + 1), (long long)check->fall);
        break;
    case STATUS_MAINT:
        if ((server->admin & ADMIN_INHERITED_MAINT) && server->tracked)
            buf_printf(out, " (via %s/%s)", server->tracked->proxy->name, server->tracked->name);
        else if ((server->admin & ADMIN_MAINT) == ADMIN_RESOLVE_MAINT)
            buf_add_c(out, " (resolution)");
        break;
    default:
        break;
    }
}

static int64_t first_backup_weight(const struct proxy *backend)
{
    const struct server *server = backend->servers;
    while (server && !(server->settings.backup && server->counted))
        server = server->next;
    return server ? server->weight_now : 0;
}

/* Backup servers count for the weight when no other is left (manual 4.2 option allbackups). */
struct server_status_sums server_status_sums(const struct proxy *backend)
{
    struct server_status_sums sums = { .active = backend->usable[0],
                                       .backup = backend->usable[1],
                                       .weight = backend->usable_weight[0] };
    if (!sums.active && sums.backup)
        sums.weight =
            backend->settings.all_backups ? backend->usable_weight[1] : first_backup_weight(backend);
    sums.user_weight = sums.weight;
    return sums;
}

/* ---- what follows ---- */

void server_status_changed(struct engine *engine, struct server *server)
{
    (void)engine;
    server_pick_changed(server);
}

static void kill_streams(struct engine *engine, const struct server *server, char cause)
{
    LIST_EACH_SAFE(link, &engine->stream_list)
    {
        struct stream *stream = LIST_ITEM(link, struct stream, link);
        if (stream->server == server && stream->server_counted)
            stream_kill(stream, cause);
    }
}

void server_status_kill_sessions(struct engine *engine, struct server *server, char cause)
{
    for (engine = engine->first; engine; engine = engine->next)
        kill_streams(engine, server, cause);
}

static void kill_backup_sessions(struct engine *engine, struct proxy *backend)
{
    for (struct server *server = backend->servers; server; server = server->next)
        if (server->settings.backup)
            server_status_kill_sessions(engine, server, 'U');
}

struct before {
    struct server_status_sums sums;
    bool usable;
};

static struct before look(const struct server *server)
{
    return (struct before){ server_status_sums(server->proxy), server_usable(server) };
}

static const char *kind_word(const struct server *server)
{
    return server->settings.backup ? "Backup " : "";
}

/* "1 active and 0 backup servers left. Running on backup. 0 sessions active, 0 requeued, 0 remaining in queue." */
static void put_tail(const struct server *server, bool went_down, unsigned requeued, struct buf *out)
{
    const struct proxy *backend = server->proxy;
    struct server_status_sums sums = server_status_sums(backend);
    buf_printf(out, ". %u active and %u backup servers %s.%s", sums.active, sums.backup,
               went_down ? "left" : "online", sums.backup && !sums.active ? " Running on backup." : "");
    if (went_down)
        buf_printf(out, " %lld sessions active, %u requeued, %u remaining in queue.",
                   (long long)server->current, requeued, backend->queue_count);
    else
        buf_printf(out, " %u sessions requeued, %u total in queue.", requeued, backend->queue_count);
}

static void note_backend(struct engine *engine, struct proxy *backend,
                         const struct server_status_sums *before)
{
    struct server_status_sums now = server_status_sums(backend);
    bool was = before->active + before->backup, is = now.active + now.backup;
    uint64_t time = engine_now(engine);
    if (was == is)
        return;
    backend->last_change_ns = time;
    if (is) {
        if (backend->down_since_ns)
            backend->down_time_ns += time - backend->down_since_ns;
        backend->down_since_ns = 0;
        return;
    }
    backend->down_since_ns = time;
    backend->back_counters.down_transitions++;
    health_logf(engine, backend, LOG_EMERG, "%s %s has no server available!", proxy_type_name(backend),
                backend->name);
}

static void note_times(struct engine *engine, struct server *server, bool usable)
{
    uint64_t time = engine_now(engine);
    server->last_change_ns = time;
    if (usable) {
        if (server->down_since_ns)
            server->down_time_ns += time - server->down_since_ns;
        server->down_since_ns = 0;
    } else {
        server->down_since_ns = time;
        server->counters.down_transitions++;
    }
}

static void say(struct engine *engine, struct server *server, bool went_down, unsigned requeued,
                enum log_level level, struct buf *line)
{
    put_tail(server, went_down, requeued, line);
    health_log(engine, server->proxy, level, buf_str(line));
    buf_finish(line);
}

/* It takes nobody any more: those in its queue look elsewhere. */
static unsigned leave(struct engine *engine, struct server *server)
{
    if (server->settings.on_marked_down)
        server_status_kill_sessions(engine, server, 'D');
    server_conn_purge(server);
    return server_queue_scatter(server);
}

/* ---- health ---- */

enum verdict { VERDICT_DOWN, VERDICT_UP, VERDICT_STOPPING };

static void tell(struct engine *engine, struct server *server, enum server_state old_state,
                 unsigned old_admin, unsigned requeued, const char *reason, bool by_check)
{
    struct server_event event = { .server = server,
                                  .old_state = old_state,
                                  .new_state = server->state,
                                  .old_admin = old_admin,
                                  .new_admin = server->admin,
                                  .requeued = requeued,
                                  .reason = reason,
                                  .by_check = by_check };
    engine = engine->first;
    if (!engine->on_server_event)
        return;
    if (old_state != server->state)
        event.kinds |= SERVER_EVENT_STATE;
    if (old_state != SERVER_STOPPED && server->state == SERVER_STOPPED)
        event.kinds |= SERVER_EVENT_DOWN;
    if (old_state == SERVER_STOPPED && server->state != SERVER_STOPPED)
        event.kinds |= SERVER_EVENT_UP;
    if (old_admin != server->admin)
        event.kinds |= SERVER_EVENT_ADMIN;
    if (event.kinds)
        engine->on_server_event(engine->on_server_event_data, &event);
}

void server_status_tell(struct engine *engine, struct server *server, unsigned kind)
{
    struct server_event event = { .server = server,
                                  .kinds = kind,
                                  .old_state = server->state,
                                  .new_state = server->state,
                                  .old_admin = server->admin,
                                  .new_admin = server->admin };
    engine = engine->first;
    if (engine->on_server_event)
        engine->on_server_event(engine->on_server_event_data, &event);
}

static void set_health(struct engine *engine, struct server *server, enum verdict verdict, const char *reason,
                       const struct server *via);

static void tell_trackers(struct engine *engine, struct server *server, enum verdict verdict)
{
    for (struct server *each = server->trackers; each; each = each->next_tracker)
        set_health(engine, each, verdict, NULL, server);
}

static enum server_state state_after(const struct server *server, enum verdict verdict)
{
    if (verdict == VERDICT_DOWN)
        return SERVER_STOPPED;
    if (verdict == VERDICT_STOPPING)
        return SERVER_STOPPING;
    if (server->state == SERVER_STOPPED && server->settings.slowstart)
        return SERVER_STARTING;
    return server->state == SERVER_STARTING ? SERVER_STARTING : SERVER_RUNNING;
}

static void set_health(struct engine *engine, struct server *server, enum verdict verdict, const char *reason,
                       const struct server *via)
{
    struct before before = look(server);
    enum server_state state = state_after(server, verdict), old = server->state;
    static const char *const words[] = { "DOWN", "UP", "stopping" };
    if (state == old || (server->admin & ADMIN_MAINT))
        return;
    server->state = state;
    server_recount(server);
    unsigned requeued = verdict == VERDICT_DOWN       ? leave(engine, server)
                        : verdict == VERDICT_STOPPING ? server_queue_scatter(server)
                                                      : 0;
    if (verdict == VERDICT_DOWN || old == SERVER_STOPPED)
        note_times(engine, server, verdict != VERDICT_DOWN);
    else
        server->last_change_ns = engine_now(engine);
    struct buf line = BUF_INIT;
    buf_printf(&line, "%sServer %s/%s is %s", kind_word(server), server->proxy->name, server->name,
               words[verdict]);
    if (via)
        buf_printf(&line, " via %s/%s", via->proxy->name, via->name);
    else if (reason)
        buf_printf(&line, ", %s", reason);
    say(engine, server, verdict == VERDICT_DOWN, requeued, verdict == VERDICT_DOWN ? LOG_ALERT : LOG_NOTICE,
        &line);
    if (verdict == VERDICT_UP && old == SERVER_STOPPED && server->settings.on_marked_up &&
        !server->settings.backup)
        kill_backup_sessions(engine, server->proxy);
    server_status_changed(engine, server);
    note_backend(engine, server->proxy, &before.sums);
    tell(engine, server, old, server->admin, requeued, reason,
         !via && reason && strncmp(reason, "changed from", 12) != 0);
    tell_trackers(engine, server, verdict);
}

void server_status_up(struct engine *engine, struct server *server, const char *reason)
{
    set_health(engine, server, VERDICT_UP, reason, NULL);
}

void server_status_down(struct engine *engine, struct server *server, const char *reason)
{
    set_health(engine, server, VERDICT_DOWN, reason, NULL);
}

void server_status_stopping(struct engine *engine, struct server *server, const char *reason)
{
    set_health(engine, server, VERDICT_STOPPING, reason, NULL);
}

void server_status_begin(struct server *server)
{
    struct check *check = check_of(server->check);
    int init = server->settings.init_state;
    bool up = init == INIT_STATE_UP || init == INIT_STATE_FULLY_UP;
    if (init == INIT_STATE_NONE || (server->admin & ADMIN_MAINT))
        return;
    server->state = up ? SERVER_RUNNING : SERVER_STOPPED;
    server_recount(server);
    if (!check)
        return;
    check->health = init == INIT_STATE_FULLY_UP ? check->rise + check->fall - 1
                    : init == INIT_STATE_UP     ? check->rise
                    : init == INIT_STATE_DOWN   ? check->rise - 1
                                                : 0;
}

/* ---- administration ---- */

static void inherit(struct engine *engine, struct server *server, unsigned bit, bool set)
{
    unsigned inherited = bit & ADMIN_MAINT ? ADMIN_INHERITED_MAINT : ADMIN_INHERITED_DRAIN;
    for (struct server *each = server->trackers; each; each = each->next_tracker) {
        if (set)
            server_status_set_admin(engine, each, inherited, NULL);
        else
            server_status_clear_admin(engine, each, inherited);
    }
}

static void put_via(const struct server *server, unsigned bit, struct buf *out)
{
    if ((bit & (ADMIN_INHERITED_MAINT | ADMIN_INHERITED_DRAIN)) && server->tracked)
        buf_printf(out, " via %s/%s", server->tracked->proxy->name, server->tracked->name);
}

static void pause_checks(struct server *server, bool paused)
{
    struct check *checks[] = { check_of(server->check), check_of(server->agent) };
    for (size_t i = 0; i < COUNT_OF(checks); i++)
        if (checks[i])
            check_pause(checks[i], paused && !checks[i]->is_agent);
}

static void enter_maint(struct engine *engine, struct server *server, unsigned bit, const char *reason)
{
    struct buf line = BUF_INIT;
    bool was_down = server->state == SERVER_STOPPED;
    server->state = SERVER_STOPPED;
    server_recount(server);
    pause_checks(server, true);
    unsigned requeued = leave(engine, server);
    if (was_down) {
        buf_printf(&line, "%sServer %s/%s was DOWN and now enters maintenance", kind_word(server),
                   server->proxy->name, server->name);
        put_via(server, bit, &line);
        buf_add_char(&line, '.');
        health_log(engine, server->proxy, LOG_NOTICE, buf_str(&line));
        buf_finish(&line);
        return;
    }
    note_times(engine, server, false);
    buf_printf(&line, "%sServer %s/%s is going DOWN for maintenance", kind_word(server), server->proxy->name,
               server->name);
    put_via(server, bit, &line);
    if (reason)
        buf_printf(&line, " (%s)", reason);
    say(engine, server, true, requeued, LOG_ALERT, &line);
}

static void enter_drain(struct engine *engine, struct server *server, unsigned bit)
{
    struct buf line = BUF_INIT;
    server_recount(server);
    unsigned requeued = server_queue_scatter(server);
    buf_printf(&line, "%sServer %s/%s enters drain state", kind_word(server), server->proxy->name,
               server->name);
    put_via(server, bit, &line);
    say(engine, server, server->state == SERVER_STOPPED, requeued, LOG_NOTICE, &line);
}

void server_status_set_admin(struct engine *engine, struct server *server, unsigned bit, const char *reason)
{
    unsigned old = server->admin, group = bit & ADMIN_MAINT ? ADMIN_MAINT : ADMIN_DRAIN;
    struct before before = look(server);
    enum server_state old_state = server->state;
    if (old & bit)
        return;
    server->admin |= bit;
    if (old & group)
        return; /* it was so already, for another reason */
    if (group == ADMIN_MAINT)
        enter_maint(engine, server, bit, reason);
    else if (!(old & ADMIN_MAINT))
        enter_drain(engine, server, bit);
    server_status_changed(engine, server);
    if (group == ADMIN_MAINT || !(old & ADMIN_MAINT))
        note_backend(engine, server->proxy, &before.sums);
    tell(engine, server, old_state, old, 0, reason, false);
    inherit(engine, server, bit, true);
}

/* Out of maintenance it is as healthy as whom it follows, and is checked at once when it is checked. */
static void leave_maint(struct engine *engine, struct server *server, unsigned bit)
{
    struct check *check = check_of(server->check), *agent = check_of(server->agent);
    const struct server *root = server_status_root(server);
    bool up = root == server || root->state != SERVER_STOPPED;
    if (check && check->configured)
        check->health = check->rise;
    if (agent && agent->configured && agent->enabled && !agent->health)
        up = false;
    server->state = !up ? SERVER_STOPPED : server->settings.slowstart ? SERVER_STARTING : SERVER_RUNNING;
    server_status_begin(server);
    up = server->state != SERVER_STOPPED;
    pause_checks(server, false);
    if (up)
        note_times(engine, server, true);
    health_logf(engine, server->proxy, LOG_NOTICE, "%sServer %s/%s is %s/%s (leaving %smaintenance).",
                kind_word(server), server->proxy->name, server->name, up ? "UP" : "DOWN",
                server->admin & ADMIN_DRAIN ? "DRAIN" : "READY", bit == ADMIN_FORCED_MAINT ? "forced " : "");
}

void server_status_clear_admin(struct engine *engine, struct server *server, unsigned bit)
{
    unsigned old = server->admin, group = bit & ADMIN_MAINT ? ADMIN_MAINT : ADMIN_DRAIN;
    struct before before = look(server);
    enum server_state old_state = server->state;
    if (!(old & bit))
        return;
    server->admin &= ~bit;
    if (server->admin & group)
        return; /* another reason remains */
    if (group == ADMIN_MAINT)
        leave_maint(engine, server, bit);
    else if (!(server->admin & ADMIN_MAINT))
        health_logf(engine, server->proxy, LOG_NOTICE, "%sServer %s/%s is %s (leaving forced drain).",
                    kind_word(server), server->proxy->name, server->name,
                    server->state == SERVER_STOPPED ? "DOWN" : "UP");
    server_status_changed(engine, server);
    note_backend(engine, server->proxy, &before.sums);
    tell(engine, server, old_state, old, 0, NULL, false);
    inherit(engine, server, bit, false);
}

/* ---- weight ---- */

const char *server_status_set_weight(struct engine *engine, struct server *server, const char *text)
{
    int64_t value = 0, initial = server->settings.weight;
    struct str rest = str_of(text);
    size_t size = units_read_int(rest, &value);
    struct before before = look(server);
    if (!rest.size)
        return "Require <weight> or <weight%>.";
    if (!size)
        return "Empty weight string empty or preceded by garbage";
    rest = str_from(rest, size);
    if (str_eq(rest, STR("%"))) {
        if (value < 0)
            return "Relative weight must be positive.";
        value = initial * value / 100;
        if (value > 256)
            value = 256;
    } else if (rest.size) {
        return "Trailing garbage in weight string";
    } else if (value < 0 || value > 256) {
        return "Absolute weight can only be between 0 and 256 inclusive.";
    }
    const struct balance_row *balance = server->proxy->settings.balance;
    if (balance && (balance->traits & BALANCE_FIXED_WEIGHT) && value && value != initial)
        return "Backend is using a static LB algorithm and only accepts weights '0%' and '100%'.";
    server->weight_now = value;
    server_status_changed(engine, server);
    note_backend(engine, server->proxy, &before.sums);
    return NULL;
}
