/* A process for each lane, with a thread for each group of things. An event is a slice of a nanosecond, the least that
 * time can go on by, so that slices never cut each other; arrows are flows from slice to slice. Connections and streams
 * last: they are asynchronous slices, and those that the run left open end with it. How many there are of them is a
 * counter. Instants are in microseconds. */
#include "sim/trace_perfetto.h"
#include "sim/json.h"
#include "sim/scenario.h"
#include "sim/sim_mem.h"

enum thread { THREAD_SCRIPT = 1, THREAD_NETWORK, THREAD_WORK, THREAD_LUA, THREAD_COUNT };

static const char *const thread_names[THREAD_COUNT] = { NULL, "script", "network", "work", "Lua" };

enum lasting { LASTING_CONNECTION, LASTING_STREAM, LASTING_COUNT };

static const struct {
    const char *name, *counter;
} lasting_rows[LASTING_COUNT] = { { "connection", "connections" }, { "stream", "streams" } };

struct open_thing {
    struct open_thing *next;
    uint64_t serial;
    unsigned id; /* a proxy that is started again counts from 1 again */
};

struct lane_state {
    struct open_thing *open[LASTING_COUNT]; /* the latest first */
    unsigned count[LASTING_COUNT];
};

struct writer {
    struct buf *out;
    const struct trace_log *log;
    struct lane_state *lanes;
    struct arena arena;
    unsigned last_id;
};

/* ---- events ---- */

static void begin(struct writer *writer, const char *phase, uint32_t lane, unsigned thread, uint64_t at_ns)
{
    buf_printf(writer->out, ",\n{\"ph\":\"%s\",\"pid\":%u,\"tid\":%u,\"ts\":%llu.%03u", phase, lane + 1,
               thread, (unsigned long long)(at_ns / 1000), (unsigned)(at_ns % 1000));
}

/* Readers differ in what they take for text: ASCII is what all do. */
static void add_plain(struct buf *out, struct str text)
{
    struct buf plain = BUF_INIT;

    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];

        if (c >= 0x7f)
            buf_printf(&plain, "\\x%02x", c);
        else
            buf_add_char(&plain, (char)c);
    }
    json_add_string(out, buf_str(&plain));
    buf_finish(&plain);
}

static void add_metadata(struct writer *writer, const char *what, uint32_t lane, unsigned thread,
                         const char *name)
{
    begin(writer, "M", lane, thread, 0);
    buf_printf(writer->out, ",\"name\":\"%s\",\"args\":{\"name\":", what);
    add_plain(writer->out, str_of(name));
    buf_add_c(writer->out, "}}");
}

static void add_lane(struct writer *writer, uint32_t lane)
{
    add_metadata(writer, "process_name", lane, 0, writer->log->lanes[lane].name);
    begin(writer, "M", lane, 0, 0);
    buf_printf(writer->out, ",\"name\":\"process_sort_index\",\"args\":{\"sort_index\":%u}}",
               trace_log_role(writer->log, lane) * 1000 + lane);
    for (unsigned thread = 1; thread < THREAD_COUNT; thread++)
        add_metadata(writer, "thread_name", lane, thread, thread_names[thread]);
}

static unsigned thread_of(uint16_t kind)
{
    if (kind == EV_LUA_RESUME)
        return THREAD_LUA;
    if (kind == EV_NODE_TURN || kind == EV_TASK || kind == EV_STREAM_NEW || kind == EV_STREAM_END)
        return THREAD_WORK;
    return kind >= EV_LISTEN && kind <= EV_DATAGRAM ? THREAD_NETWORK : THREAD_SCRIPT;
}

/* ---- what lasts ---- */

static void add_lasting(struct writer *writer, const char *phase, enum lasting what, uint32_t lane,
                        const struct open_thing *thing, uint64_t at_ns)
{
    begin(writer, phase, lane, what == LASTING_STREAM ? THREAD_WORK : THREAD_NETWORK, at_ns);
    buf_printf(writer->out, ",\"cat\":\"%s\",\"id\":%u,\"name\":\"%s %llu\"}", lasting_rows[what].name,
               thing->id, lasting_rows[what].name, (unsigned long long)thing->serial);
}

static void add_counter(struct writer *writer, enum lasting what, uint32_t lane, uint64_t at_ns)
{
    begin(writer, "C", lane, 0, at_ns);
    buf_printf(writer->out, ",\"name\":\"%s\",\"args\":{\"open\":%u}}", lasting_rows[what].counter,
               writer->lanes[lane].count[what]);
}

static void opens(struct writer *writer, enum lasting what, const struct trace_item *item)
{
    struct lane_state *state = &writer->lanes[item->lane];
    struct open_thing *thing = arena_need(&writer->arena, sizeof(*thing));

    *thing = (struct open_thing){ state->open[what], item->a, ++writer->last_id };
    state->open[what] = thing;
    state->count[what]++;
    add_lasting(writer, "b", what, item->lane, thing, item->at_ns);
    add_counter(writer, what, item->lane, item->at_ns);
}

static void ends(struct writer *writer, enum lasting what, const struct trace_item *item)
{
    struct lane_state *state = &writer->lanes[item->lane];

    for (struct open_thing **link = &state->open[what]; *link; link = &(*link)->next) {
        if ((*link)->serial != item->a)
            continue;
        add_lasting(writer, "e", what, item->lane, *link, item->at_ns);
        *link = (*link)->next;
        state->count[what]--;
        add_counter(writer, what, item->lane, item->at_ns);
        return;
    }
}

static void follow(struct writer *writer, const struct trace_item *item)
{
    if (item->kind == EV_CONNECT || item->kind == EV_ACCEPT)
        opens(writer, LASTING_CONNECTION, item);
    else if (item->kind == EV_CLOSE)
        ends(writer, LASTING_CONNECTION, item);
    else if (item->kind == EV_STREAM_NEW)
        opens(writer, LASTING_STREAM, item);
    else if (item->kind == EV_STREAM_END)
        ends(writer, LASTING_STREAM, item);
}

static void end_all(struct writer *writer, uint64_t at_ns)
{
    for (uint32_t lane = 0; lane < writer->log->lane_count; lane++)
        for (unsigned what = 0; what < LASTING_COUNT; what++)
            for (struct open_thing *thing = writer->lanes[lane].open[what]; thing; thing = thing->next)
                add_lasting(writer, "e", (enum lasting)what, lane, thing, at_ns);
}

/* ---- the file ---- */

static void add_item(struct writer *writer, const struct trace_item *item)
{
    begin(writer, "X", item->lane, thread_of(item->kind), item->at_ns);
    buf_printf(writer->out, ",\"dur\":0.001,\"cat\":\"%s\",\"name\":\"%s\"",
               thread_names[thread_of(item->kind)], trace_kind_name(item->kind));
    buf_add_c(writer->out, ",\"args\":{\"text\":");
    add_plain(writer->out, item->text);
    buf_printf(writer->out, ",\"a\":%llu,\"b\":%llu}}", (unsigned long long)item->a,
               (unsigned long long)item->b);
}

static void add_arrow(struct writer *writer, uint32_t number)
{
    const struct trace_message *message = &writer->log->messages[number];
    const struct trace_item *ends[] = { &writer->log->items[message->from],
                                        &writer->log->items[message->to] };

    for (unsigned i = 0; i < 2; i++) {
        begin(writer, i ? "f" : "s", ends[i]->lane, THREAD_NETWORK, ends[i]->at_ns);
        buf_printf(writer->out, ",\"cat\":\"message\",\"id\":%u,\"name\":\"%s\"%s}", number + 1,
                   message->size ? "bytes" : trace_kind_name(ends[1]->kind), i ? ",\"bp\":\"e\"" : "");
    }
}

void trace_perfetto(struct buf *out, const struct trace_log *log, const struct scenario_options *options,
                    const struct scenario_result *result)
{
    struct writer writer = { .out = out, .log = log };

    arena_init(&writer.arena, 4096);
    writer.lanes = sim_mem_need((log->lane_count + 1) * sizeof(*writer.lanes));
    buf_add_c(out, "{\"displayTimeUnit\":\"ns\",\n\"otherData\":{\"scenario\":");
    add_plain(out, str_of(options->path));
    buf_printf(out, ",\"seed\":\"%llu\",\"outcome\":\"%s\",\"hash\":\"%016llx\",\"dropped\":\"%u\"},\n",
               (unsigned long long)options->seed, scenario_outcome_name(result->outcome),
               (unsigned long long)result->hash, log->dropped);
    buf_add_c(out,
              "\"traceEvents\":[\n{\"ph\":\"M\",\"pid\":0,\"tid\":0,\"ts\":0.000,\"name\":\"process_name\","
              "\"args\":{\"name\":\"the world\"}}");
    for (uint32_t lane = 0; lane < log->lane_count; lane++)
        add_lane(&writer, lane);
    for (uint32_t i = 0; i < log->item_count; i++) {
        follow(&writer, &log->items[i]);
        add_item(&writer, &log->items[i]);
    }
    for (uint32_t i = 0; i < log->message_count; i++)
        add_arrow(&writer, i);
    end_all(&writer, result->virtual_ns);
    buf_add_c(out, "\n]}\n");
    sim_mem_free(writer.lanes);
    arena_finish(&writer.arena);
}
