/* The dialogue, the members of requests and answers, and the ops about the world itself: time, links, what happened. */
#include "sim/serve.h"
#include "base/mem.h"
#include "base/units.h"
#include "sim/report.h"
#include <stdio.h>
#include <stdlib.h>

/* ---- members ---- */

bool serve_refuse(struct serve *serve, const char *format, ...)
{
    struct buf text = BUF_INIT;
    va_list values;

    va_start(values, format);
    buf_vprintf(&text, format, values);
    va_end(values);
    buf_reset(&serve->answer);
    serve_add_text(serve, "error", buf_str(&text));
    buf_finish(&text);
    return false;
}

bool serve_text(struct serve *serve, const char *name, const char *otherwise, struct str *out)
{
    const struct json *member = json_member(serve->ask, name);

    *out = STR("");
    if (member && member->kind == JSON_STRING) {
        *out = member->text;
        return true;
    }
    if (member && member->kind != JSON_NULL)
        return serve_refuse(serve, "'%s' wants a string", name);
    if (!otherwise)
        return serve_refuse(serve, "'%s' is missing", name);
    *out = str_of(otherwise);
    return true;
}

bool serve_number(struct serve *serve, const char *name, const double *otherwise, double *out)
{
    const struct json *member = json_member(serve->ask, name);

    *out = 0;
    if (member && member->kind == JSON_NUMBER && member->number >= -1e15 && member->number <= 1e15) {
        *out = member->number;
        return true;
    }
    if (member && member->kind != JSON_NULL)
        return serve_refuse(serve, "'%s' wants a number", name);
    if (!otherwise)
        return serve_refuse(serve, "'%s' is missing", name);
    *out = *otherwise;
    return true;
}

bool serve_flag(struct serve *serve, const char *name)
{
    const struct json *member = json_member(serve->ask, name);

    return member && member->kind == JSON_TRUE;
}

bool serve_deadline(struct serve *serve, const char *name, double otherwise_s, uint64_t *out)
{
    double seconds;

    *out = 0;
    if (!serve_number(serve, name, &otherwise_s, &seconds))
        return false;
    if (seconds < 0 || seconds > 1e9)
        return serve_refuse(serve, "'%s' wants seconds from 0 to 1e9", name);
    *out = world_now(serve->world) + (uint64_t)(seconds * 1e9 + 0.5);
    return true;
}

bool serve_bytes(struct serve *serve, struct str *out)
{
    struct str hex;
    char *bytes;

    if (!json_member(serve->ask, "hex"))
        return serve_text(serve, "text", NULL, out);
    if (!serve_text(serve, "hex", NULL, &hex))
        return false;
    bytes = arena_need(&serve->arena, hex.size / 2 + 1);
    for (size_t i = 0; i < hex.size / 2; i++) {
        int high = ascii_hex(hex.data[2 * i]), low = ascii_hex(hex.data[2 * i + 1]);

        if (high < 0 || low < 0)
            return serve_refuse(serve, "'hex' wants pairs of hexadecimal digits");
        bytes[i] = (char)(high * 16 + low);
    }
    *out = str_make(bytes, hex.size / 2);
    return true;
}

static void add_name(struct serve *serve, const char *name)
{
    buf_printf(&serve->answer, ", \"%s\": ", name);
}

void serve_add_text(struct serve *serve, const char *name, struct str text)
{
    add_name(serve, name);
    json_add_string(&serve->answer, text);
}

void serve_add_hex(struct serve *serve, const char *name, struct str bytes)
{
    static const char digits[] = "0123456789abcdef";

    add_name(serve, name);
    buf_add_char(&serve->answer, '"');
    for (size_t i = 0; i < bytes.size; i++) {
        buf_add_char(&serve->answer, digits[(unsigned char)bytes.data[i] >> 4]);
        buf_add_char(&serve->answer, digits[(unsigned char)bytes.data[i] & 15]);
    }
    buf_add_char(&serve->answer, '"');
}

void serve_add_int(struct serve *serve, const char *name, int64_t value)
{
    add_name(serve, name);
    buf_add_int(&serve->answer, value);
}

void serve_add_flag(struct serve *serve, const char *name, bool value)
{
    add_name(serve, name);
    buf_add_c(&serve->answer, value ? "true" : "false");
}

/* ---- the world ---- */

static void world_open(struct serve *serve, uint64_t seed, int64_t epoch_ns)
{
    struct world_options options = { .seed = seed, .epoch_ns = epoch_ns };

    serve->world = world_create(&options);
    serve->net = net_create(serve->world);
    serve->began_ns = world_now(serve->world);
    serve->next_id = 1;
    serve->next_inherited = 1000;
    list_init(&serve->hosts);
    list_init(&serve->socks);
    list_init(&serve->nodes);
}

static void world_close(struct serve *serve)
{
    serve_node_end_all(serve);
    serve_sock_close_all(serve);
    while (!list_empty(&serve->hosts)) {
        struct serve_host *host = LIST_ITEM(list_first(&serve->hosts), struct serve_host, link);

        list_remove(&host->link);
        net_host_destroy(host->host);
        mem_free(host);
    }
    net_destroy(serve->net);
    world_destroy(serve->world);
}

struct net_host *serve_host(struct serve *serve, struct str name)
{
    struct net_host *of_node = serve_node_host(serve, name);
    struct serve_host *host;

    if (of_node)
        return of_node;
    LIST_EACH (item, &serve->hosts) {
        host = LIST_ITEM(item, struct serve_host, link);
        if (str_eq(name, str_of(host->name)))
            return host->host;
    }
    host = mem_need(sizeof(*host));
    str_to_c(name, host->name, sizeof(host->name));
    host->host = net_host_create(serve->net, host->name);
    list_add_last(&serve->hosts, &host->link);
    return host->host;
}

bool serve_wait(struct serve *serve, uint64_t deadline_ns, bool (*ready)(struct serve *serve, void *data),
                void *data)
{
    while (!ready || !ready(serve, data)) {
        if (world_exhausted(serve->world))
            return false;
        if (world_next(serve->world) > deadline_ns) {
            if (deadline_ns > world_now(serve->world))
                world_advance(serve->world, deadline_ns);
            return false;
        }
        if (!world_step(serve->world))
            return false;
    }
    return true;
}

/* ---- ops ---- */

static bool op_world(struct serve *serve)
{
    static const double seed_otherwise = 1, epoch_otherwise = 0;
    double seed, epoch;

    if (!serve_number(serve, "seed", &seed_otherwise, &seed) ||
        !serve_number(serve, "epoch", &epoch_otherwise, &epoch))
        return false;
    if (seed < 0)
        return serve_refuse(serve, "'seed' wants a number from 0 on");
    world_close(serve);
    world_open(serve, (uint64_t)seed, (int64_t)epoch * (int64_t)NS_PER_S);
    return true;
}

static bool op_advance(struct serve *serve)
{
    uint64_t deadline;

    if (!json_member(serve->ask, "seconds"))
        return serve_refuse(serve, "'seconds' is missing");
    if (!serve_deadline(serve, "seconds", 0, &deadline))
        return false;
    serve_wait(serve, deadline, NULL, NULL);
    return true;
}

static bool op_settle(struct serve *serve)
{
    while (!world_exhausted(serve->world) && !net_is_settled(serve->net))
        if (!world_step(serve->world))
            break;
    return true;
}

static bool op_now(struct serve *serve)
{
    serve_add_int(serve, "wall_ns", world_wall(serve->world));
    return true;
}

static bool op_wall_jump(struct serve *serve)
{
    double seconds;

    if (!serve_number(serve, "seconds", NULL, &seconds))
        return false;
    world_wall_jump(serve->world, (int64_t)(seconds * 1e9));
    return true;
}

static bool latency_of(struct serve *serve, const char *name, uint64_t *ns)
{
    double otherwise = (double)*ns / 1e9, seconds;

    if (!serve_number(serve, name, &otherwise, &seconds))
        return false;
    if (seconds < 0 || seconds > 1e6)
        return serve_refuse(serve, "'%s' wants seconds from 0 to 1e6", name);
    *ns = (uint64_t)(seconds * 1e9 + 0.5);
    return true;
}

static bool size_of(struct serve *serve, const char *name, uint32_t *size)
{
    double otherwise = *size, value;

    if (!serve_number(serve, name, &otherwise, &value))
        return false;
    if (value < 1 || value > 1 << 30)
        return serve_refuse(serve, "'%s' wants bytes from 1 to 2^30", name);
    *size = (uint32_t)value;
    return true;
}

/* The link from one host to another, or of all; what the request does not name stays. */
static bool op_fault(struct serve *serve)
{
    struct str from, to;
    struct net_host *from_host, *to_host;
    struct net_link link;
    const struct json *cut = json_member(serve->ask, "cut");

    if (!serve_text(serve, "from", "", &from) || !serve_text(serve, "to", "", &to))
        return false;
    from_host = from.size ? serve_host(serve, from) : NULL;
    to_host = to.size ? serve_host(serve, to) : NULL;
    link = net_get_link(serve->net, from_host, to_host);
    if (json_member(serve->ask, "latency_s")) {
        link.latency_min_ns = link.latency_max_ns = 0;
        if (!latency_of(serve, "latency_s", &link.latency_min_ns))
            return false;
        link.latency_max_ns = link.latency_min_ns;
    }
    if (!latency_of(serve, "latency_max_s", &link.latency_max_ns) ||
        !size_of(serve, "segment", &link.segment_max) || !size_of(serve, "send_buffer", &link.send_buffer) ||
        !size_of(serve, "receive_buffer", &link.receive_buffer))
        return false;
    if (link.latency_max_ns < link.latency_min_ns)
        link.latency_max_ns = link.latency_min_ns;
    if (cut)
        link.cut = cut->kind == JSON_TRUE;
    net_set_link(serve->net, from_host, to_host, &link);
    if (serve_flag(serve, "both"))
        net_set_link(serve->net, to_host, from_host, &link);
    return true;
}

static bool op_hash(struct serve *serve)
{
    char text[24];

    snprintf(text, sizeof(text), "%016llx", (unsigned long long)world_hash(serve->world));
    serve_add_text(serve, "hash", str_of(text));
    serve_add_int(serve, "events", (int64_t)world_event_count(serve->world));
    return true;
}

/* The last events as lines, oldest first. */
static bool op_events(struct serve *serve)
{
    static const double most_otherwise = 20;
    struct world_event events[256];
    double most;
    unsigned count;

    if (!serve_number(serve, "max", &most_otherwise, &most))
        return false;
    if (most < 1 || most > (double)COUNT_OF(events))
        return serve_refuse(serve, "'max' wants a number from 1 to %zu", COUNT_OF(events));
    count = world_last_events(serve->world, events, (unsigned)most);
    add_name(serve, "lines");
    for (unsigned i = 0; i < count; i++) {
        struct buf line = BUF_INIT;

        report_event(&line, serve->world, serve->began_ns, &events[i]);
        buf_add_c(&serve->answer, i ? ", " : "[");
        json_add_string(&serve->answer, buf_str(&line));
        buf_finish(&line);
    }
    buf_add_c(&serve->answer, count ? "]" : "[]");
    return true;
}

static bool op_quit(struct serve *serve)
{
    serve->ended = true;
    return true;
}

static const struct serve_row world_rows[] = {
    { "world", op_world },         { "advance", op_advance },
    { "settle", op_settle },       { "now", op_now },
    { "wall_jump", op_wall_jump }, { "fault", op_fault },
    { "hash", op_hash },           { "events", op_events },
    { "quit", op_quit },           { 0 },
};

/* ---- the dialogue ---- */

static const struct serve_row *row_find(struct str op)
{
    static const struct serve_row *const tables[] = { world_rows, serve_node_rows, serve_sock_rows };

    for (size_t i = 0; i < COUNT_OF(tables); i++)
        for (const struct serve_row *row = tables[i]; row->op; row++)
            if (str_eq(op, str_of(row->op)))
                return row;
    return NULL;
}

static bool carry_out(struct serve *serve)
{
    const struct serve_row *row;
    struct str op;

    if (!serve_text(serve, "op", NULL, &op))
        return false;
    row = row_find(op);
    return row ? row->run(serve) : serve_refuse(serve, "there is no op '%.*s'", STR_ARG(op));
}

static void answer_line(struct serve *serve, struct str line)
{
    size_t mistake;
    const struct json *id;
    bool fine = false;

    arena_reset(&serve->arena);
    buf_reset(&serve->answer);
    serve->ask = json_parse(line, &serve->arena, &mistake);
    if (!serve->ask || serve->ask->kind != JSON_OBJECT)
        serve_refuse(serve, "a request is one JSON object a line; this stops at byte %zu", mistake);
    else
        fine = carry_out(serve);
    id = json_member(serve->ask, "id");
    printf("{\"id\": ");
    if (id && id->kind == JSON_NUMBER)
        printf("%lld", (long long)id->number);
    else
        printf("null");
    printf(", \"ok\": %s, \"now_ns\": %llu%.*s}\n", fine ? "true" : "false",
           (unsigned long long)(world_now(serve->world) - serve->began_ns), (int)serve->answer.size,
           serve->answer.data ? serve->answer.data : "");
    fflush(stdout);
}

int serve_dialogue(void)
{
    struct serve serve = { .answer = BUF_INIT };
    char *line = NULL;
    size_t capacity = 0;
    ssize_t size;

    arena_init(&serve.arena, 65536);
    world_open(&serve, 1, 0);
    while (!serve.ended && (size = getline(&line, &capacity, stdin)) > 0) {
        struct str text = str_trim(str_make(line, (size_t)size));

        if (text.size > 1 || (text.size && text.data[0] != '\n'))
            answer_line(&serve, text);
    }
    free(line);
    world_close(&serve);
    buf_finish(&serve.answer);
    arena_finish(&serve.arena);
    return 0;
}
