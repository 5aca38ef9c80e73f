/* What happened in one run, kept whole for those who draw it: things in order, who they are of, and which of them are
 * two ends of one message. */
#ifndef SIM_TRACE_LOG_H
#define SIM_TRACE_LOG_H
#include "base/arena.h"
#include "base/buf.h"
#include "base/dict.h"
#include "sim/world.h"

enum { TRACE_SAID = EV_KIND_COUNT, TRACE_NO_ITEM = UINT32_MAX };

enum trace_role { TRACE_SCRIPT, TRACE_CLIENT, TRACE_PROXY, TRACE_SERVER, TRACE_OTHER };

struct trace_lane {
    const char *name;
    bool scripted, proxy, connects, accepts; /* seen so far */
};

struct trace_item {
    uint64_t at_ns; /* since the scenario began */
    uint64_t a, b;  /* as the event has them */
    struct str text;
    uint32_t lane;
    uint16_t kind; /* enum world_event_kind, or TRACE_SAID */
};

/* From one item to another: bytes, a connection's begin (from EV_CONNECT), its end (from EV_CLOSE). */
struct trace_message {
    uint32_t from, to; /* numbers of items that are kept */
    uint64_t size;     /* of the bytes that came with it */
};

struct trace_log {
    struct arena arena;
    struct dict names; /* -> lane + 1 */
    struct trace_lane *lanes;
    struct trace_item *items;
    struct trace_message *messages;
    uint32_t lane_count, item_count, message_count;
    uint32_t lane_room, item_room, message_room;
    uint32_t items_max; /* when there are more, the older half goes: how a run ends is looked at most */
    uint32_t dropped;   /* so many: the first item that is kept has this number */
    struct trace_socket **sockets; /* by serial */
    uint32_t socket_room;
    struct trace_sent *datagrams, **datagrams_last;
};

void trace_log_init(struct trace_log *log, uint32_t items_max);
void trace_log_finish(struct trace_log *log);
void trace_log_event(struct trace_log *log, const struct world *world, uint64_t began_ns,
                     const struct world_event *event);
void trace_log_said(struct trace_log *log, uint64_t at_ns, const char *who, struct str text);

/* The item with that number, which must be kept. */
static inline const struct trace_item *trace_log_item(const struct trace_log *log, uint32_t number)
{
    return &log->items[number - log->dropped];
}
enum trace_role trace_log_role(const struct trace_log *log, uint32_t lane);
/* What an event is in plain words: "sends 51 bytes, socket 11: "GET / ..."". */
void trace_words(struct buf *out, enum world_event_kind kind, uint64_t a, uint64_t b, struct str bytes);
static inline const char *trace_kind_name(uint16_t kind)
{
    return kind == TRACE_SAID ? "says" : world_event_name((enum world_event_kind)kind);
}

#endif
