/* Both ends of a connection are made together, so the one that was accepted has the number after the one that
 * connected. Bytes come in the order in which they were sent. A Unix socket's bytes are there at once: they come when
 * they are read. A datagram's sender is the first one whose datagram of that size is still on its way. */
#include "sim/trace_log.h"
#include "base/units.h"
#include "sim/expect.h"
#include "sim/sim_mem.h"

enum { TEXT_MAX = 1000, DATAGRAMS_WAIT_S = 10 };

struct trace_sent {
    struct trace_sent *next;
    uint32_t item;
    uint64_t left;
};

struct trace_socket {
    struct trace_sent *sent, **last; /* on their way to the other end, oldest first */
    uint32_t connected, closed;      /* items; TRACE_NO_ITEM */
    bool delivers;                   /* bytes take their time: not a Unix socket */
};

void trace_log_init(struct trace_log *log, uint32_t items_max)
{
    *log = (struct trace_log){ .names = DICT_INIT, .items_max = items_max };
    arena_init(&log->arena, 65536);
    log->datagrams_last = &log->datagrams;
}

void trace_log_finish(struct trace_log *log)
{
    sim_mem_free(log->lanes);
    sim_mem_free(log->items);
    sim_mem_free(log->messages);
    sim_mem_free(log->sockets);
    dict_finish(&log->names);
    arena_finish(&log->arena);
}

/* Room for one more at `count`. */
static void *with_room(void *list, uint32_t count, uint32_t *room, size_t size)
{
    if (count < *room)
        return list;
    *room = *room ? *room * 2 : 64;
    return sim_mem_grow(list, *room * size);
}

static uint32_t lane_of(struct trace_log *log, const char *name)
{
    uintptr_t known = (uintptr_t)dict_get(&log->names, str_of(name));

    if (known)
        return (uint32_t)known - 1;
    log->lanes = with_room(log->lanes, log->lane_count, &log->lane_room, sizeof(*log->lanes));
    log->lanes[log->lane_count++] =
        (struct trace_lane){ arena_need_copy(&log->arena, str_of(name)), false, false, false, false };
    CHECK(dict_set(&log->names, str_of(name), (void *)(uintptr_t)log->lane_count));
    return log->lane_count - 1;
}

static void forget_half(struct trace_log *log)
{
    uint32_t gone = log->items_max / 2, kept = 0;

    log->dropped += gone;
    log->item_count -= gone;
    memmove(log->items, log->items + gone, log->item_count * sizeof(*log->items));
    for (uint32_t i = 0; i < log->message_count; i++)
        if (log->messages[i].from >= log->dropped)
            log->messages[kept++] = log->messages[i];
    log->message_count = kept;
}

/* Returns its number. */
static uint32_t add_item(struct trace_log *log, struct trace_item item)
{
    if (log->item_count == log->items_max)
        forget_half(log);
    item.text.size = item.text.size < TEXT_MAX ? item.text.size : TEXT_MAX;
    item.text.data = arena_need_copy(&log->arena, item.text.size ? item.text : STR(""));
    log->items = with_room(log->items, log->item_count, &log->item_room, sizeof(*log->items));
    log->items[log->item_count++] = item;
    return log->dropped + log->item_count - 1;
}

static void add_message(struct trace_log *log, uint32_t from, uint32_t to, uint64_t size)
{
    if (from < log->dropped)
        return;
    log->messages = with_room(log->messages, log->message_count, &log->message_room, sizeof(*log->messages));
    log->messages[log->message_count++] = (struct trace_message){ from, to, size };
}

/* ---- sockets ---- */

static struct trace_socket *socket_of(struct trace_log *log, uint64_t serial)
{
    if (serial >= log->socket_room) {
        uint32_t room = (uint32_t)serial * 2 + 64;

        log->sockets = sim_mem_grow(log->sockets, room * sizeof(*log->sockets));
        memset(log->sockets + log->socket_room, 0, (room - log->socket_room) * sizeof(*log->sockets));
        log->socket_room = room;
    }
    if (!log->sockets[serial]) {
        struct trace_socket *socket = arena_need(&log->arena, sizeof(*socket));

        *socket = (struct trace_socket){ .connected = TRACE_NO_ITEM, .closed = TRACE_NO_ITEM };
        socket->last = &socket->sent;
        log->sockets[serial] = socket;
    }
    return log->sockets[serial];
}

/* The other end; NULL: it is no connection, or its begin was not seen. */
static struct trace_socket *other_end(struct trace_log *log, uint64_t serial)
{
    if (socket_of(log, serial)->connected != TRACE_NO_ITEM)
        return socket_of(log, serial + 1);
    if (serial > 0 && socket_of(log, serial - 1)->connected != TRACE_NO_ITEM)
        return socket_of(log, serial - 1);
    return NULL;
}

static void add_sent(struct trace_log *log, struct trace_sent ***last, uint32_t item, uint64_t size)
{
    struct trace_sent *sent = arena_need(&log->arena, sizeof(*sent));

    *sent = (struct trace_sent){ NULL, item, size };
    **last = sent;
    *last = &sent->next;
}

static void take_sent(struct trace_log *log, struct trace_socket *from, uint32_t item, uint64_t size)
{
    while (size && from->sent) {
        struct trace_sent *sent = from->sent;
        uint64_t part = sent->left < size ? sent->left : size;

        add_message(log, sent->item, item, part);
        sent->left -= part;
        size -= part;
        if (!sent->left) {
            from->sent = sent->next;
            if (!from->sent)
                from->last = &from->sent;
        }
    }
}

static void take_datagram(struct trace_log *log, uint32_t item, uint64_t size)
{
    uint64_t now = trace_log_item(log, item)->at_ns;

    for (struct trace_sent **link = &log->datagrams; *link;) {
        struct trace_sent *sent = *link;
        bool lost = sent->item < log->dropped ||
                    now - trace_log_item(log, sent->item)->at_ns > DATAGRAMS_WAIT_S * NS_PER_S;

        if (!lost && sent->left != size) {
            link = &sent->next;
            continue;
        }
        *link = sent->next;
        if (!*link)
            log->datagrams_last = link;
        if (!lost) {
            add_message(log, sent->item, item, size);
            return;
        }
    }
}

static void arrives(struct trace_log *log, uint64_t serial, uint32_t item, uint64_t size)
{
    struct trace_socket *from = other_end(log, serial);

    if (from) {
        socket_of(log, serial)->delivers = true;
        take_sent(log, from, item, size);
    } else {
        take_datagram(log, item, size);
    }
}

static void follow(struct trace_log *log, const struct world_event *event, uint32_t item)
{
    struct trace_socket *socket = socket_of(log, event->a), *other = other_end(log, event->a);

    switch (event->kind) {
    case EV_CONNECT:
        socket->connected = item;
        break;
    case EV_ACCEPT:
        if (other)
            add_message(log, other->connected, item, 0);
        break;
    case EV_SEND:
        add_sent(log, &socket->last, item, event->b);
        break;
    case EV_DATAGRAM:
        add_sent(log, &log->datagrams_last, item, event->b);
        break;
    case EV_DELIVER:
        arrives(log, event->a, item, event->b);
        break;
    case EV_READ:
        if (other && !socket->delivers)
            take_sent(log, other, item, event->b);
        break;
    case EV_CLOSE:
        socket->closed = item;
        break;
    case EV_FIN:
    case EV_RST:
        if (other && other->closed != TRACE_NO_ITEM)
            add_message(log, other->closed, item, 0);
        break;
    default:
        break;
    }
}

static bool is_of_socket(enum world_event_kind kind)
{
    return kind >= EV_LISTEN && kind <= EV_DATAGRAM;
}

/* ---- what is told ---- */

void trace_log_event(struct trace_log *log, const struct world *world, uint64_t began_ns,
                     const struct world_event *event)
{
    uint32_t lane = lane_of(log, world_entity_name(world, event->entity));
    struct trace_lane *seen = &log->lanes[lane];
    struct buf text = BUF_INIT;
    uint32_t item;

    seen->proxy |= event->kind == EV_NODE_TURN;
    seen->scripted |= event->kind == EV_ACTOR_STEP;
    seen->connects |= event->kind == EV_CONNECT;
    seen->accepts |= event->kind == EV_LISTEN || event->kind == EV_ACCEPT;
    trace_words(&text, event->kind, event->a, event->b, event->bytes);
    item = add_item(log, (struct trace_item){ event->at_ns > began_ns ? event->at_ns - began_ns : 0, event->a,
                                              event->b, buf_str(&text), lane, (uint16_t)event->kind });
    if (is_of_socket(event->kind) && event->a < UINT32_MAX / 4)
        follow(log, event, item);
    buf_finish(&text);
}

void trace_log_said(struct trace_log *log, uint64_t at_ns, const char *who, struct str text)
{
    (void)add_item(log, (struct trace_item){ at_ns, 0, 0, text, lane_of(log, who), TRACE_SAID });
}

enum trace_role trace_log_role(const struct trace_log *log, uint32_t lane)
{
    const struct trace_lane *seen = &log->lanes[lane];

    if (!strcmp(seen->name, "script"))
        return TRACE_SCRIPT;
    if (seen->proxy)
        return TRACE_PROXY;
    if (seen->connects && seen->scripted)
        return TRACE_CLIENT;
    return seen->accepts ? TRACE_SERVER : TRACE_OTHER;
}

/* ---- words ---- */

/* %A, %B: the event's numbers. */
static const char *const words[EV_KIND_COUNT] = {
    [EV_NONE] = "nothing",
    [EV_NODE_TURN] = "runs: %A ready",
    [EV_TASK] = "runs task %B",
    [EV_STREAM_NEW] = "begins stream %A",
    [EV_STREAM_END] = "ends stream %A",
    [EV_LUA_RESUME] = "goes on in Lua, run %A",
    [EV_LISTEN] = "listens on port %B, socket %A",
    [EV_CONNECT] = "connects to port %B, socket %A",
    [EV_CONNECTED] = "is connected, socket %A",
    [EV_REFUSED] = "is refused, socket %A",
    [EV_ACCEPT] = "accepts socket %A from listener %B",
    [EV_SEND] = "sends %B bytes, socket %A",
    [EV_DELIVER] = "gets %B bytes, socket %A",
    [EV_READ] = "reads %B bytes, socket %A",
    [EV_FIN] = "hears the end, socket %A",
    [EV_RST] = "is reset, socket %A",
    [EV_CLOSE] = "closes descriptor %B, socket %A",
    [EV_DATAGRAM] = "sends a datagram of %B bytes, socket %A",
    [EV_LOG] = "logs",
    [EV_PRINT] = "prints",
    [EV_ACTOR_START] = "starts",
    [EV_ACTOR_STEP] = "line %A",
    [EV_ACTOR_END] = "ends",
    [EV_ACTOR_FAIL] = "fails at line %A",
    [EV_TIME] = "the wall clock is another one",
    [EV_CHOICE] = "chooses %A",
    [EV_FAULT] = "fault %A %B",
    [EV_BARRIER] = "is number %A of %B at the barrier",
};

void trace_words(struct buf *out, enum world_event_kind kind, uint64_t a, uint64_t b, struct str bytes)
{
    enum { QUOTE_MAX = 400 };

    for (const char *at = kind < EV_KIND_COUNT && words[kind] ? words[kind] : "?"; *at; at++) {
        if (*at == '%' && (at[1] == 'A' || at[1] == 'B'))
            buf_add_uint(out, *++at == 'A' ? a : b);
        else
            buf_add_char(out, *at);
    }
    if (bytes.size) {
        buf_add_c(out, ": ");
        expect_quote(out, bytes, QUOTE_MAX);
    }
}
