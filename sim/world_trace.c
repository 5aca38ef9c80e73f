/* The trace: what happened, hashed before anybody formats it. */
#include "sim/sim_mem.h"
#include "sim/world_parts.h"

static const char *const event_names[EV_KIND_COUNT] = {
    [EV_NONE] = "none",
    [EV_NODE_TURN] = "turn",
    [EV_TASK] = "task",
    [EV_STREAM_NEW] = "stream-new",
    [EV_STREAM_END] = "stream-end",
    [EV_LUA_RESUME] = "lua-resume",
    [EV_LISTEN] = "listen",
    [EV_CONNECT] = "connect",
    [EV_CONNECTED] = "connected",
    [EV_REFUSED] = "refused",
    [EV_ACCEPT] = "accept",
    [EV_SEND] = "send",
    [EV_DELIVER] = "deliver",
    [EV_READ] = "read",
    [EV_FIN] = "fin",
    [EV_RST] = "rst",
    [EV_CLOSE] = "close",
    [EV_DATAGRAM] = "datagram",
    [EV_LOG] = "log",
    [EV_PRINT] = "print",
    [EV_ACTOR_START] = "actor-start",
    [EV_ACTOR_STEP] = "actor-step",
    [EV_ACTOR_END] = "actor-end",
    [EV_ACTOR_FAIL] = "actor-fail",
    [EV_TIME] = "time",
    [EV_CHOICE] = "choice",
    [EV_FAULT] = "fault",
    [EV_BARRIER] = "barrier",
};

const char *world_event_name(enum world_event_kind kind)
{
    return kind < EV_KIND_COUNT ? event_names[kind] : "?";
}

void world_trace_begin(struct world_tracer *tracer)
{
    tracer->digest = (struct digest_trace)DIGEST_TRACE_INIT;
    tracer->ring = sim_mem_need(WORLD_RING * sizeof(*tracer->ring));
}

void world_trace_end(struct world_tracer *tracer)
{
    sim_mem_free(tracer->ring);
}

static void keep(struct world_tracer *tracer, const struct world_event *event)
{
    struct world_kept_event *kept = &tracer->ring[event->serial % WORLD_RING];
    kept->serial = event->serial;
    kept->at_ns = event->at_ns;
    kept->a = event->a;
    kept->b = event->b;
    kept->entity = event->entity;
    kept->kind = (uint16_t)event->kind;
    kept->size = (uint16_t)(event->bytes.size < WORLD_PREFIX ? event->bytes.size : WORLD_PREFIX);
    if (kept->size)
        memcpy(kept->bytes, event->bytes.data, kept->size);
}

void world_trace(struct world *world, enum world_event_kind kind, uint32_t entity, uint64_t a, uint64_t b,
                 struct str bytes)
{
    struct world_tracer *tracer = &world->tracer;
    digest_trace_u64(&tracer->digest,
                     (uint64_t)kind +
                         (entity && entity <= world->entity_count ? world->entity_keys[entity] : 0));
    digest_trace_u64(&tracer->digest, world->now);
    digest_trace_u64(&tracer->digest, a);
    digest_trace_u64(&tracer->digest, b);
    if (bytes.size)
        digest_trace_bytes(&tracer->digest, bytes);
    struct world_event event = { tracer->count++, world->now, kind, entity, a, b, bytes };
    keep(tracer, &event);
    if (UNLIKELY(tracer->call != NULL))
        tracer->call(tracer->call_data, &event);
}

uint64_t world_hash(const struct world *world)
{
    return digest_trace_value(&world->tracer.digest);
}

uint64_t world_event_count(const struct world *world)
{
    return world->tracer.count;
}

unsigned world_last_events(const struct world *world, struct world_event *out, unsigned max)
{
    const struct world_tracer *tracer = &world->tracer;
    uint64_t count = tracer->count < WORLD_RING ? tracer->count : WORLD_RING;
    if (count > max)
        count = max;
    for (uint64_t i = 0; i < count; i++) {
        const struct world_kept_event *kept = &tracer->ring[(tracer->count - count + i) % WORLD_RING];
        out[i] =
            (struct world_event){ kept->serial, kept->at_ns, (enum world_event_kind)kept->kind, kept->entity,
                                  kept->a,      kept->b,     { kept->bytes, kept->size } };
    }
    return (unsigned)count;
}

void world_on_event(struct world *world, void (*call)(void *data, const struct world_event *event),
                    void *data)
{
    world->tracer.call = call;
    world->tracer.call_data = data;
}
