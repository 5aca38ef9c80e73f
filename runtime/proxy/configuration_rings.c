/* Rings of the configuration: those of sections, those that `log tcp@...` lines get, and which target writes to which. */
#include "log/log_ring.h"
#include "proxy/configuration.h"

void configuration_add_ring(struct configuration *configuration, struct log_ring *ring)
{
    *configuration->rings_end = ring;
    configuration->rings_end = &ring->next;
}

void configuration_add_usual_ring(struct configuration *configuration)
{
    struct log_ring *ring = arena_need(&configuration->arena, sizeof(*ring));
    ring->name = "buf0";
    ring->description = "in-memory ring buffer";
    ring->size = LOG_RING_SIZE;
    ring->length_max = LOG_RING_LENGTH;
    configuration_add_ring(configuration, ring);
}

static struct log_ring *find_ring(struct configuration *configuration, const char *name)
{
    struct log_ring *ring = configuration->rings;
    while (ring && strcmp(ring->name, name) != 0)
        ring = ring->next;
    return ring;
}

/* The ring of a log server over TCP: as one of a section, with that server. */
static struct log_ring *make_ring(struct configuration *configuration, const struct log_target *target)
{
    struct arena *arena = &configuration->arena;
    struct log_ring *ring = arena_need(arena, sizeof(*ring));
    ring->servers = arena_need(arena, sizeof(*ring->servers));
    ring->servers->addr = target->addr;
    ring->name = ring->servers->name = arena_printf(arena, "%s:%u", target->at.file, target->at.line).data;
    ring->description = ring->name ? ring->name : "";
    ring->at = target->at;
    ring->size = LOG_RING_SIZE;
    ring->length_max = target->length_max;
    configuration_add_ring(configuration, ring);
    return ring;
}

static bool resolve_log_rings(struct configuration *configuration, struct log_target *targets)
{
    bool good = true;
    for (struct log_target *target = targets; target; target = target->next) {
        if (target->kind != LOG_TO_RING || target->ring)
            continue;
        target->ring = target->ring_name ? find_ring(configuration, target->ring_name)
                                         : make_ring(configuration, target);
        if (target->ring)
            continue;
        diag_config(configuration->diag, DIAG_ALERT, target->at, "log : unknown ring '%s'.",
                    target->ring_name);
        good = false;
    }
    return good;
}

static bool prepare_rings(struct configuration *configuration)
{
    for (struct log_ring *ring = configuration->rings; ring; ring = ring->next) {
        if (!log_ring_prepare(ring, &configuration->arena))
            return false;
    }
    return true;
}

bool configuration_resolve_rings(struct configuration *configuration)
{
    bool good = resolve_log_rings(configuration, configuration->globals.log_targets);
    for (struct proxy *proxy = configuration->proxies; proxy; proxy = proxy->next)
        good = resolve_log_rings(configuration, proxy->settings.log_targets) && good;
    for (struct proxy *proxy = configuration->log_forwards; proxy; proxy = proxy->next)
        good = resolve_log_rings(configuration, proxy->settings.log_targets) && good;
    return prepare_rings(configuration) && good;
}
