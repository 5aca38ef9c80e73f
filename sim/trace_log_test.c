/* Which two things are the ends of one message. */
#include "base/test.h"
#include "base/units.h"
#include "sim/trace_log.h"

enum {
    CLIENT = 7,
    SERVER = 8
}; /* sockets; the one that was accepted has the number after the one that connected */

struct told {
    const char *who;
    enum world_event_kind kind;
    uint64_t a, b;
};

static void tell(struct trace_log *log, struct world *world, uint64_t at_ns, struct told told)
{
    struct world_event event = {
        .at_ns = at_ns, .kind = told.kind, .entity = world_entity(world, told.who), .a = told.a, .b = told.b
    };

    trace_log_event(log, world, 0, &event);
}

/* The messages, as "FROM>TO:SIZE " each. */
static void print(struct buf *out, const struct trace_log *log)
{
    for (uint32_t i = 0; i < log->message_count; i++)
        buf_printf(out, "%u>%u:%llu ", log->messages[i].from, log->messages[i].to,
                   (unsigned long long)log->messages[i].size);
}

static const struct {
    const char *says;
    struct told told[10];
    const char *messages;
} cases[] = {
    { "bytes come in pieces and in order, over the two that were sent",
      { { "c1", EV_CONNECT, CLIENT, 80 },
        { "c1", EV_SEND, CLIENT, 10 },
        { "c1", EV_SEND, CLIENT, 5 },
        { "h1", EV_DELIVER, SERVER, 4 },
        { "h1", EV_ACCEPT, SERVER, 3 },
        { "h1", EV_DELIVER, SERVER, 11 },
        { "h1", EV_READ, SERVER, 15 } },
      "1>3:4 0>4:0 1>5:6 2>5:5 " },
    { "both directions are their own",
      { { "c1", EV_CONNECT, CLIENT, 80 },
        { "h1", EV_ACCEPT, SERVER, 3 },
        { "h1", EV_SEND, SERVER, 2 },
        { "c1", EV_SEND, CLIENT, 3 },
        { "c1", EV_DELIVER, CLIENT, 2 },
        { "h1", EV_DELIVER, SERVER, 3 } },
      "0>1:0 2>4:2 3>5:3 " },
    { "of a Unix socket bytes come when they are read",
      { { "c1", EV_CONNECT, CLIENT, 0 },
        { "h1", EV_ACCEPT, SERVER, 3 },
        { "c1", EV_SEND, CLIENT, 6 },
        { "h1", EV_READ, SERVER, 4 },
        { "h1", EV_READ, SERVER, 2 } },
      "0>1:0 2>3:4 2>4:2 " },
    { "an end comes from who closed, and from nobody who did not",
      { { "c1", EV_CONNECT, CLIENT, 80 },
        { "h1", EV_ACCEPT, SERVER, 3 },
        { "h1", EV_FIN, SERVER, 0 },
        { "h1", EV_CLOSE, SERVER, 5 },
        { "c1", EV_RST, CLIENT, 0 } },
      "0>1:0 3>4:0 " },
    { "a datagram is the first one of its size",
      { { "h1", EV_DATAGRAM, 20, 100 },
        { "h1", EV_DATAGRAM, 20, 90 },
        { "h1", EV_DATAGRAM, 20, 90 },
        { "S1", EV_DELIVER, 30, 90 },
        { "S1", EV_DELIVER, 30, 100 } },
      "1>3:90 0>4:100 " },
    { "what has no begin has no arrow",
      { { "h1", EV_SEND, 40, 9 }, { "h2", EV_READ, 41, 9 }, { "h2", EV_FIN, 41, 0 } },
      "" },
};

static void pairs_are_found(void)
{
    struct buf got = BUF_INIT;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct world *world = world_create(NULL);
        struct trace_log log;

        test_case(cases[i].says);
        trace_log_init(&log, 100);
        for (size_t k = 0; k < COUNT_OF(cases[i].told) && cases[i].told[k].who; k++)
            tell(&log, world, k, cases[i].told[k]);
        buf_reset(&got);
        print(&got, &log);
        EXPECT_VIEW(got.size ? buf_str(&got) : STR(""), str_of(cases[i].messages));
        trace_log_finish(&log);
        world_destroy(world);
    }
    test_case(NULL);
    buf_finish(&got);
}

/* A log that holds four things only: what is gone has no message, and numbers go on. */
static void the_older_half_goes(void)
{
    struct world *world = world_create(NULL);
    struct trace_log log;
    struct buf got = BUF_INIT;

    trace_log_init(&log, 4);
    tell(&log, world, 0, (struct told){ "c1", EV_CONNECT, CLIENT, 80 });
    tell(&log, world, 1, (struct told){ "c1", EV_SEND, CLIENT, 10 });
    tell(&log, world, 2, (struct told){ "h1", EV_ACCEPT, SERVER, 3 });
    tell(&log, world, 3, (struct told){ "c1", EV_SEND, CLIENT, 20 });
    EXPECT_INT(log.dropped, 0);
    EXPECT_INT(log.message_count, 1);
    tell(&log, world, 4, (struct told){ "h1", EV_DELIVER, SERVER, 15 });
    EXPECT_INT(log.dropped, 2);
    EXPECT_INT(log.item_count, 3);
    print(&got, &log);
    EXPECT_STR(buf_str(&got), "3>4:5 "); /* the ten of the one that is gone came from nowhere */
    EXPECT_INT(trace_log_item(&log, 4)->at_ns, 4);
    buf_finish(&got);
    trace_log_finish(&log);
    world_destroy(world);
}

static void a_lost_datagram_is_not_waited_for(void)
{
    struct world *world = world_create(NULL);
    struct trace_log log;
    struct buf got = BUF_INIT;

    trace_log_init(&log, 100);
    tell(&log, world, 0, (struct told){ "h1", EV_DATAGRAM, 20, 50 });
    tell(&log, world, 60 * NS_PER_S, (struct told){ "h2", EV_DATAGRAM, 21, 50 });
    tell(&log, world, 61 * NS_PER_S, (struct told){ "S1", EV_DELIVER, 30, 50 });
    tell(&log, world, 62 * NS_PER_S, (struct told){ "h2", EV_DATAGRAM, 21, 50 });
    tell(&log, world, 63 * NS_PER_S, (struct told){ "S1", EV_DELIVER, 30, 50 });
    print(&got, &log);
    EXPECT_STR(buf_str(&got), "1>2:50 3>4:50 ");
    buf_finish(&got);
    trace_log_finish(&log);
    world_destroy(world);
}

static void roles_are_seen(void)
{
    struct world *world = world_create(NULL);
    struct trace_log log;

    trace_log_init(&log, 100);
    tell(&log, world, 0, (struct told){ "script", EV_ACTOR_STEP, 1, 1 });
    tell(&log, world, 1, (struct told){ "s1", EV_LISTEN, 1, 80 });
    tell(&log, world, 2, (struct told){ "h1", EV_LISTEN, 2, 81 });
    tell(&log, world, 3, (struct told){ "h1", EV_NODE_TURN, 1, 0 });
    tell(&log, world, 4, (struct told){ "c1", EV_CONNECT, 3, 81 });
    tell(&log, world, 5, (struct told){ "c1", EV_ACTOR_STEP, 9, 1 });
    trace_log_said(&log, 6, "nobody", STR("is heard"));
    EXPECT_INT(log.lane_count, 5);
    EXPECT_INT(trace_log_role(&log, 0), TRACE_SCRIPT);
    EXPECT_INT(trace_log_role(&log, 1), TRACE_SERVER);
    EXPECT_INT(trace_log_role(&log, 2), TRACE_PROXY);
    EXPECT_INT(trace_log_role(&log, 3), TRACE_CLIENT);
    EXPECT_INT(trace_log_role(&log, 4), TRACE_OTHER);
    EXPECT_STR(trace_log_item(&log, 6)->text, "is heard");
    trace_log_finish(&log);
    world_destroy(world);
}

const struct test_row tests[] = {
    { "messages have their two ends", pairs_are_found },
    { "of too many things the older half goes", the_older_half_goes },
    { "a lost datagram is not waited for", a_lost_datagram_is_not_waited_for },
    { "lanes have their roles", roles_are_seen },
    { 0 },
};
