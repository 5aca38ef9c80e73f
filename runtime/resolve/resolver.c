/* Questions. One that runs was sent to every nameserver; the first good answer ends it, a bad one does when no other can
 * come. Without records of the family asked for first the other one is asked for. Unanswered it is sent again, with a new
 * id, `resolve_retries` times. Between two runs it waits; without users it is kept as long as its answer is fresh. */
#include "resolve/resolver.h"
#include "base/arena.h"
#include "base/mem.h"
#include "base/units.h"
#include "net/conn.h"

#define RECEIVE_MAX 65536

struct dns_stream { /* one question to one nameserver over TCP */
    struct list link;
    struct resolution *resolution;
    struct nameserver *nameserver;
    struct conn conn;
    struct buf out, in; /* each message behind its size in two bytes */
    size_t sent;
};

static void run(struct resolution *resolution);
static void take_answer(struct nameserver *nameserver, struct str message, bool by_tcp);

void resolvers_set_usual(struct resolver_settings *settings)
{
    *settings = (struct resolver_settings){
        .retries = 3,
        .resolve_ms = 1000,
        .retry_ms = 1000,
        .hold_valid = 10000,
        .hold_nx = 30000,
        .hold_other = 30000,
        .hold_refused = 30000,
        .hold_timeout = 30000,
        .payload_size = 512,
    };
}

void resolvers_add(struct resolvers *resolvers, struct arena *arena, const char *name,
                   const struct addr *addr, bool tcp_only)
{
    struct nameserver **end = &resolvers->nameservers;
    while (*end)
        end = &(*end)->next;
    *end = arena_need(arena, sizeof(**end));
    (*end)->resolvers = resolvers;
    (*end)->name = name;
    (*end)->addr = *addr;
    (*end)->addr.datagram = false;
    (*end)->tcp_only = tcp_only;
}

static uint64_t now(const struct resolvers *resolvers)
{
    return loop_now(resolvers->loop);
}

/* ---- TCP ---- */

static void close_stream(struct dns_stream *stream)
{
    list_remove(&stream->link);
    conn_close(&stream->conn, false);
    buf_finish(&stream->out);
    buf_finish(&stream->in);
    mem_free(stream);
}

static void close_streams(struct resolution *resolution)
{
    LIST_EACH_SAFE(link, &resolution->streams)
    close_stream(LIST_ITEM(link, struct dns_stream, link));
}

static void send_stream(struct dns_stream *stream)
{
    while (stream->sent < stream->out.size && stream->conn.writable) {
        struct io_vec vec = { stream->out.data + stream->sent, stream->out.size - stream->sent };
        struct io_result result = conn_write(&stream->conn, &vec, 1, false);
        if (result.status != IO_OK)
            return;
        stream->sent += result.size;
    }
}

/* true: the message is whole. */
static bool receive_stream(struct dns_stream *stream)
{
    while (stream->conn.readable && stream->in.size < RECEIVE_MAX + 2) {
        char *room = buf_room(&stream->in, 2048);
        struct io_vec vec = { room, 2048 };
        if (!room)
            return false;
        struct io_result result = conn_read(&stream->conn, &vec, 1);
        if (result.status != IO_OK)
            break;
        stream->in.size += result.size;
    }
    if (stream->in.size < 2)
        return false;
    size_t size = (size_t)(uint8_t)stream->in.data[0] << 8 | (uint8_t)stream->in.data[1];
    return stream->in.size >= size + 2;
}

static void stream_ready(struct conn *conn, void *owner)
{
    struct dns_stream *stream = owner;
    if (conn->error == IO_OK && conn->state == CONN_READY) {
        send_stream(stream);
        if (receive_stream(stream)) {
            struct nameserver *nameserver = stream->nameserver;
            struct buf message = stream->in;
            stream->in = (struct buf)BUF_INIT;
            close_stream(stream);
            take_answer(nameserver, str_from(buf_str(&message), 2), true);
            buf_finish(&message);
            return;
        }
    }
    if (conn->error != IO_OK || conn->read_ended) /* the question's own time-out tells what follows */
        close_stream(stream);
}

static bool ask_by_tcp(struct resolution *resolution, struct nameserver *nameserver)
{
    struct dns_stream *stream = mem_zero(sizeof(*stream));
    if (!stream)
        return false;
    list_init(&stream->link);
    stream->resolution = resolution;
    stream->nameserver = nameserver;
    stream->conn.ready = stream_ready;
    stream->conn.owner = stream;
    buf_add(&stream->out, STR("\0\0"));
    if (!dns_message_query(resolution->name, resolution->type, resolution->id,
                           (unsigned)resolution->resolvers->settings.payload_size, &stream->out) ||
        !conn_connect(&stream->conn, resolution->resolvers->loop,
                      &(struct plat_connect){ .to = nameserver->addr })) {
        close_stream(stream);
        return false;
    }
    size_t size = stream->out.size - 2;
    stream->out.data[0] = (char)(size >> 8);
    stream->out.data[1] = (char)size;
    list_add_last(&resolution->streams, &stream->link);
    return true;
}

/* ---- UDP ---- */

static void socket_ready(struct watch *watch, unsigned ready)
{
    struct nameserver *nameserver = CONTAINER_OF(watch, struct nameserver, watch);
    struct platform *platform = loop_platform(watch->loop);
    (void)ready;
    char *message = mem_alloc(RECEIVE_MAX);
    for (unsigned i = 0; message && i < 64 && nameserver->open; i++) {
        struct addr from;
        struct io_result result =
            platform->ops->receive_from(platform, watch->sock, &from, message, RECEIVE_MAX);
        if (result.status != IO_OK)
            break;
        if (addr_same_ip(&from, &nameserver->addr) && from.port == nameserver->addr.port)
            take_answer(nameserver, str_make(message, result.size), false);
    }
    mem_free(message);
}

static bool open_socket(struct nameserver *nameserver, struct loop *loop)
{
    struct platform *platform = loop_platform(loop);
    enum io_status status;
    if (nameserver->open)
        return true;
    plat_sock sock = platform->ops->datagram_open(platform, NULL, nameserver->addr.family, &status);
    if (sock == PLAT_NO_SOCK)
        return false;
    if (watch_begin(&nameserver->watch, loop, sock, socket_ready) != IO_OK) {
        platform->ops->close(platform, sock);
        return false;
    }
    return nameserver->open = true;
}

static bool ask_by_udp(struct resolution *resolution, struct nameserver *nameserver, struct str query)
{
    struct loop *loop = resolution->resolvers->loop;
    struct platform *platform = loop_platform(loop);
    if (!open_socket(nameserver, loop))
        return false;
    struct io_vec vec = { (char *)(uintptr_t)query.data, query.size };
    return platform->ops->send_to(platform, nameserver->watch.sock, &nameserver->addr, &vec, 1).status ==
           IO_OK;
}

/* ---- a question's way ---- */

static void wait_until(struct resolution *resolution, uint64_t at_ns)
{
    if (!timer_set(&resolution->timer, at_ns))
        timer_stop(&resolution->timer); /* no memory to watch the time: asked again when somebody joins */
}

static bool id_is_taken(const struct resolvers *resolvers, uint16_t id)
{
    LIST_EACH (link, &resolvers->resolutions) {
        const struct resolution *other = LIST_ITEM(link, struct resolution, link);
        if (other->running && other->id == id)
            return true;
    }
    return false;
}

static void choose_id(struct resolution *resolution)
{
    struct platform *platform = loop_platform(resolution->resolvers->loop);
    for (unsigned i = 0; i < 100; i++) {
        uint16_t id;
        platform->ops->entropy(platform, &id, sizeof(id));
        if (!id || id_is_taken(resolution->resolvers, id))
            continue;
        resolution->id = id;
        return;
    }
}

/* To all nameservers. What could not be sent counts as unanswered. */
static void ask(struct resolution *resolution)
{
    struct resolvers *resolvers = resolution->resolvers;
    struct buf query = BUF_INIT;
    close_streams(resolution);
    choose_id(resolution);
    resolution->running = true;
    resolution->asked = resolution->answered = 0;
    bool known = dns_message_query(resolution->name, resolution->type, resolution->id,
                                   (unsigned)resolvers->settings.payload_size, &query);
    for (struct nameserver *each = resolvers->nameservers; each && known; each = each->next) {
        bool sent =
            each->tcp_only ? ask_by_tcp(resolution, each) : ask_by_udp(resolution, each, buf_str(&query));
        resolution->asked += sent;
        (sent ? &each->counters.sent : &each->counters.send_error)[0]++;
    }
    buf_finish(&query);
    wait_until(resolution, now(resolvers) + resolvers->settings.retry_ms * NS_PER_MS);
}

static void run(struct resolution *resolution)
{
    resolution->type = resolution->want == RESOLVE_SERVICE ? DNS_SRV
                       : resolution->want == RESOLVE_IPV6  ? DNS_AAAA
                                                           : DNS_A;
    resolution->is_alternate = false;
    resolution->tries_left = resolution->resolvers->settings.retries;
    ask(resolution);
}

static bool has_lasting_user(const struct resolution *resolution)
{
    LIST_EACH (link, &resolution->users) {
        if (!LIST_ITEM(link, struct resolve_user, link)->once)
            return true;
    }
    return false;
}

static void destroy(struct resolution *resolution)
{
    close_streams(resolution);
    timer_finish(&resolution->timer);
    list_remove(&resolution->link);
    mem_free(resolution->records);
    mem_free(resolution);
}

/* When it is asked again, or forgotten. */
static void schedule(struct resolution *resolution)
{
    const struct resolver_settings *settings = &resolution->resolvers->settings;
    uint64_t pause =
        settings->hold_valid < settings->resolve_ms ? settings->hold_valid : settings->resolve_ms;
    if (!has_lasting_user(resolution))
        pause = settings->hold_valid;
    wait_until(resolution, now(resolution->resolvers) + pause * NS_PER_MS);
}

static void tell_users(struct resolution *resolution)
{
    struct list *link = resolution->users.next;
    while (link != &resolution->users) {
        struct resolve_user *user = LIST_ITEM(link, struct resolve_user, link);
        link = link->next;
        user->changed(user);
    }
}

static void finish(struct resolution *resolution, enum dns_status status, bool timed_out)
{
    close_streams(resolution);
    resolution->running = false;
    resolution->status = status;
    resolution->timed_out = timed_out;
    resolution->tried_ns = now(resolution->resolvers);
    if (status == DNS_OK) {
        resolution->ever_valid = true;
        resolution->valid_ns = resolution->tried_ns;
    }
    schedule(resolution);
    tell_users(resolution);
}

/* The answers were no good, or none came in time. */
static void attempt_failed(struct resolution *resolution, enum dns_status status, bool timed_out)
{
    bool other = !timed_out && !resolution->is_alternate && !resolution->only && resolution->type != DNS_SRV;
    if (other) {
        resolution->is_alternate = true;
        resolution->type = resolution->type == DNS_A ? DNS_AAAA : DNS_A;
        ask(resolution);
        return;
    }
    if (timed_out && resolution->tries_left-- > 0) {
        ask(resolution);
        return;
    }
    finish(resolution, status, timed_out);
}

static void timer_fired(struct timer *timer)
{
    struct resolution *resolution = CONTAINER_OF(timer, struct resolution, timer);
    if (resolution->running) {
        for (struct nameserver *each = resolution->resolvers->nameservers; each; each = each->next)
            each->counters.timeout++;
        attempt_failed(resolution, DNS_ERROR, true);
    } else if (has_lasting_user(resolution)) {
        run(resolution);
    } else if (list_empty(&resolution->users)) {
        destroy(resolution);
    }
}

static struct resolution *find_running(const struct resolvers *resolvers, uint16_t id)
{
    LIST_EACH (link, &resolvers->resolutions) {
        struct resolution *resolution = LIST_ITEM(link, struct resolution, link);
        if (resolution->running && resolution->id == id)
            return resolution;
    }
    return NULL;
}

static void count(struct nameserver_counters *counters, enum dns_status status)
{
    switch (status) {
    case DNS_OK:
        counters->valid++;
        break;
    case DNS_NX:
        counters->nx++;
        break;
    case DNS_REFUSED:
        counters->refused++;
        break;
    case DNS_CNAME_ERROR:
        counters->cname_error++;
        break;
    case DNS_NO_DATA:
        counters->any_error++;
        break;
    case DNS_TRUNCATED:
        counters->truncated++;
        break;
    case DNS_INVALID:
        counters->invalid++;
        break;
    case DNS_NOT_OURS:
        counters->outdated++;
        break;
    case DNS_ERROR:
        counters->other++;
        break;
    }
}

static bool keep_records(struct resolution *resolution, const struct dns_answer *answer)
{
    struct dns_record *records = mem_alloc(answer->count * sizeof(*records));
    if (!records)
        return false;
    memcpy(records, answer->records, answer->count * sizeof(*records));
    mem_free(resolution->records);
    resolution->records = records;
    resolution->count = answer->count;
    return true;
}

static void use_answer(struct resolution *resolution, struct nameserver *nameserver,
                       const struct dns_answer *answer, bool by_tcp)
{
    count(&nameserver->counters, answer->status);
    if (answer->by_cname)
        nameserver->counters.cname++;
    switch (answer->status) {
    case DNS_NOT_OURS:
    case DNS_INVALID: /* dropped: the true answer may still come */
        return;
    case DNS_TRUNCATED:
        if (!by_tcp && ask_by_tcp(resolution, nameserver))
            return;
        break;
    case DNS_OK:
        resolution->by = nameserver;
        if (!keep_records(resolution, answer))
            break;
        finish(resolution, DNS_OK, false);
        return;
    default:
        break;
    }
    if (++resolution->answered >= resolution->asked)
        attempt_failed(resolution, answer->status, false);
}

static void take_answer(struct nameserver *nameserver, struct str message, bool by_tcp)
{
    struct resolvers *resolvers = nameserver->resolvers;
    if (message.size < 2) {
        nameserver->counters.invalid++;
        return;
    }
    uint16_t id = (uint16_t)((uint8_t)message.data[0] << 8 | (uint8_t)message.data[1]);
    struct resolution *resolution = find_running(resolvers, id);
    if (!resolution) {
        nameserver->counters.outdated++;
        return;
    }
    if (!by_tcp && message.size > (size_t)resolvers->settings.payload_size) {
        nameserver->counters.too_big++;
        return;
    }
    struct dns_answer answer = { .records = mem_alloc(DNS_RECORDS_MAX * sizeof(struct dns_record)) };
    if (!answer.records)
        return; /* as if it had been lost on the way */
    dns_message_read(message, resolution->name, resolution->type, id, &answer);
    use_answer(resolution, nameserver, &answer, by_tcp);
    mem_free(answer.records);
}

/* ---- users ---- */

bool resolution_is_fresh(const struct resolution *resolution)
{
    const struct resolvers *resolvers = resolution->resolvers;
    return resolution->ever_valid && resolution->status == DNS_OK &&
           now(resolvers) < resolution->valid_ns + resolvers->settings.hold_valid * NS_PER_MS;
}

static struct resolution *find(const struct resolvers *resolvers, const char *name, enum resolve_want want,
                               bool only)
{
    LIST_EACH (link, &resolvers->resolutions) {
        struct resolution *resolution = LIST_ITEM(link, struct resolution, link);
        if (resolution->want == want && resolution->only == only &&
            str_eq_nocase(str_of(resolution->name), str_of(name)))
            return resolution;
    }
    return NULL;
}

static struct resolution *create(struct resolvers *resolvers, const char *name, enum resolve_want want,
                                 bool only)
{
    struct str text = str_of(name);
    struct resolution *resolution = text.size <= DNS_NAME_MAX ? mem_zero(sizeof(*resolution)) : NULL;
    if (!resolution)
        return NULL;
    resolution->resolvers = resolvers;
    resolution->want = want;
    resolution->only = only;
    resolution->status = DNS_INVALID;
    memcpy(resolution->name, text.data, text.size);
    list_init(&resolution->users);
    list_init(&resolution->streams);
    timer_init(&resolution->timer, resolvers->loop, timer_fired);
    list_add_last(&resolvers->resolutions, &resolution->link);
    return resolution;
}

bool resolver_join(struct resolvers *resolvers, const char *name, enum resolve_want want, bool only,
                   struct resolve_user *user)
{
    struct resolution *resolution = find(resolvers, name, want, only);
    bool is_new = !resolution;
    CHECK(!user->resolution);
    if (is_new)
        resolution = create(resolvers, name, want, only);
    if (!resolution)
        return false;
    list_add_last(&resolution->users, &user->link);
    user->resolution = resolution;
    if (!resolution->running && (is_new || !resolution_is_fresh(resolution)))
        run(resolution);
    else if (!resolution->running && !user->once)
        schedule(resolution);
    return true;
}

void resolver_leave(struct resolve_user *user)
{
    struct resolution *resolution = user->resolution;
    if (!resolution)
        return;
    list_remove(&user->link);
    user->resolution = NULL;
    if (list_empty(&resolution->users) && !resolution->running)
        schedule(resolution);
}

void resolvers_start(struct resolvers *resolvers, struct loop *loop)
{
    resolvers->loop = loop;
    list_init(&resolvers->resolutions);
}

void resolvers_stop(struct resolvers *resolvers)
{
    if (!resolvers->loop)
        return;
    LIST_EACH_SAFE(link, &resolvers->resolutions)
    {
        struct resolution *resolution = LIST_ITEM(link, struct resolution, link);
        LIST_EACH_SAFE(user, &resolution->users)
        {
            LIST_ITEM(user, struct resolve_user, link)->resolution = NULL;
            list_remove(user);
        }
        destroy(resolution);
    }
    for (struct nameserver *each = resolvers->nameservers; each; each = each->next) {
        if (each->open)
            watch_end(&each->watch);
        each->open = false;
    }
    resolvers->loop = NULL;
}
