/* Log lines: how targets are read, what stands around a text, and who gets it; over a platform that keeps what it is
 * sent. */
#include "base/test.h"
#include "base/units.h"
#include "log/log_target.h"

/* 24 November 2026, 14:45:25.874969 UTC. */
#define WALL_NS ((int64_t)1795531525 * 1000000000 + 874969123)

struct bench {
    struct platform platform;
    struct loop *loop;
    struct log_sender *sender;
    struct arena arena;
    struct diag diag;
    struct words words;
    struct cfg_reader reader;
    struct buf sent; /* datagrams and prints, one after the other */
    unsigned opened, closed;
    enum io_status answer; /* of the next sends */
    bool no_sockets;
    char said[256];
};

static struct bench *bench_of(struct platform *platform)
{
    return CONTAINER_OF(platform, struct bench, platform);
}

static uint64_t monotonic_ns(struct platform *platform)
{
    (void)platform;
    return 1000;
}

static int64_t wall_ns(struct platform *platform)
{
    (void)platform;
    return WALL_NS;
}

static int poller_open(struct platform *platform)
{
    (void)platform;
    return 1;
}

static void poller_close(struct platform *platform, int poller)
{
    (void)platform;
    (void)poller;
}

static unsigned wait_nothing(struct platform *platform, int poller, uint64_t until, struct plat_event *events,
                             unsigned max)
{
    (void)platform;
    (void)poller;
    (void)until;
    (void)events;
    (void)max;
    return 0;
}

static int64_t pid(struct platform *platform)
{
    (void)platform;
    return 4242;
}

static plat_sock datagram_open(struct platform *platform, const struct addr *bind, enum addr_family family,
                               enum io_status *status)
{
    struct bench *bench = bench_of(platform);
    EXPECT(!bind);
    if (bench->no_sockets) {
        *status = IO_NO_DESCRIPTORS;
        return PLAT_NO_SOCK;
    }
    *status = IO_OK;
    bench->opened++;
    return 10 + (plat_sock)family;
}

static struct io_result send_to(struct platform *platform, plat_sock sock, const struct addr *to,
                                const struct io_vec *vecs, unsigned count)
{
    struct bench *bench = bench_of(platform);
    EXPECT_INT(sock, 10 + (to->family == ADDR_ABSTRACT ? ADDR_UNIX : to->family));
    if (bench->answer != IO_OK)
        return (struct io_result){ bench->answer, 0 };
    buf_printf(&bench->sent, "%u:", to->port);
    for (unsigned i = 0; i < count; i++)
        buf_add(&bench->sent, str_make(vecs[i].data, vecs[i].size));
    return (struct io_result){ IO_OK, vecs[0].size };
}

static void close_sock(struct platform *platform, plat_sock sock)
{
    (void)sock;
    bench_of(platform)->closed++;
}

static void print(struct platform *platform, bool to_stderr, struct str text)
{
    struct bench *bench = bench_of(platform);
    buf_add_c(&bench->sent, to_stderr ? "err:" : "out:");
    buf_add(&bench->sent, text);
}

static void print_to(struct platform *platform, int number, struct str text)
{
    buf_printf(&bench_of(platform)->sent, "%d:", number);
    buf_add(&bench_of(platform)->sent, text);
}

static const struct platform_ops ops = {
    .monotonic_ns = monotonic_ns,
    .wall_ns = wall_ns,
    .poller_open = poller_open,
    .poller_close = poller_close,
    .wait = wait_nothing,
    .datagram_open = datagram_open,
    .send_to = send_to,
    .close = close_sock,
    .pid = pid,
    .print = print,
    .print_to = print_to,
};

static void say(void *data, enum diag_level level, struct str message)
{
    struct bench *bench = data;
    (void)level;
    str_to_c(message, bench->said, sizeof(bench->said));
}

static void bench_start(struct bench *bench)
{
    *bench = (struct bench){ .platform.ops = &ops, .sent = BUF_INIT, .answer = IO_OK };
    arena_init(&bench->arena, 4096);
    words_init(&bench->words);
    bench->diag = (struct diag){ .sink = say, .sink_data = bench };
    cfg_reader_init(&bench->reader, &bench->words, &bench->platform, &bench->diag, &bench->arena, NULL, NULL);
    bench->loop = loop_create(&bench->platform);
    bench->sender = log_sender_create(bench->loop);
}

static void bench_end(struct bench *bench)
{
    log_sender_destroy(bench->sender);
    EXPECT_INT(bench->closed, bench->opened);
    loop_destroy(bench->loop);
    cfg_reader_finish(&bench->reader);
    words_finish(&bench->words);
    arena_finish(&bench->arena);
    buf_finish(&bench->sent);
}

/* Reads "log <text>", words parted by one blank. */
static struct log_target *target_of(struct bench *bench, const char *text)
{
    const char *words[32] = { "log" };
    struct str rest = str_of(text);
    struct cfg_line line = { .reader = &bench->reader,
                             .place = { "f", 1 },
                             .section = IN_FRONTEND,
                             .words = words,
                             .count = 1,
                             .keyword_words = 1 };
    while (rest.size)
        words[line.count++] = arena_need_copy(&bench->arena, str_split(&rest, ' '));
    bench->said[0] = 0;
    return log_target_read(&line, 1);
}

static void refused_lines(void)
{
    static const struct {
        const char *text, *said;
    } cases[] = {
        { "", "log : expects <address> and <facility>  as arguments" },
        { "127.0.0.1", "log : expects <address> and <facility> or global as arguments" },
        { "127.0.0.1 foo", "log : unknown log facility 'foo'" },
        { "127.0.0.1 local0 foo", "log : unknown optional log level 'foo'" },
        { "127.0.0.1 local0 info foo", "log : unknown optional minimum log level 'foo'" },
        { "127.0.0.1 local0 info info x", "log : cannot handle unexpected argument 'x'" },
        { "127.0.0.1 len 10 local0", "log : invalid log length '10', must be between 80 and 65535" },
        { "127.0.0.1 len x local0", "log : invalid log length 'x', must be between 80 and 65535" },
        { "127.0.0.1 format x local0", "log : unknown log format 'x'" },
        { "127.0.0.1 sample 1:x local0", "log : wrong sample size 'x' for sample range '1'" },
        { "127.0.0.1 sample 1:0 local0", "log : wrong sample size '0' for sample range '1'" },
        { "127.0.0.1 sample 1 local0", "log : Missing sample size" },
        { "127.0.0.1 sample a:5 local0", "log : wrong sample range 'a'" },
        { "127.0.0.1 sample 2-1:5 local0", "log : wrong sample range '2-1'" },
        { "127.0.0.1 sample 1-3,2:5 local0", "log : ranges are overlapping" },
        { "127.0.0.1 sample 1-7:5 local0",
          "log : sample size 5 should be greater or equal to 7 the maximum of the high ranges limits" },
        { "ring@ local0", "log : 'ring@' expects a ring's name." },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct bench bench;
        bench_start(&bench);
        test_case(cases[i].text);
        EXPECT(!target_of(&bench, cases[i].text));
        EXPECT(str_starts(str_of(bench.said), STR("config : parsing [f:1] : ")));
        EXPECT_STR(str_from(str_of(bench.said), strlen("config : parsing [f:1] : ")), cases[i].said);
        bench_end(&bench);
    }
}

/* What stands around "text" at level info, as HAProxy 2.6 writes it. */
static void envelopes(void)
{
    static const struct {
        const char *line, *host, *data, *sent;
    } cases[] = {
        { "127.0.0.1 local0", NULL, "", "514:<134>Nov 24 14:45:25 tag[4242]: text\n" },
        { "127.0.0.1:9 local0", "my.host", "", "9:<134>Nov 24 14:45:25 my.host tag[4242]: text\n" },
        { "127.0.0.1 format rfc3164 local3", NULL, "",
          "514:<158>Nov 24 14:45:25 localhost tag[4242]: text\n" },
        { "127.0.0.1 format local local0", "my.host", "", "514:<134>Nov 24 14:45:25 tag[4242]: text\n" },
        { "127.0.0.1 format rfc5424 local0", NULL, "",
          "514:<134>1 2026-11-24T14:45:25.874969+00:00 - tag 4242 - - text\n" },
        { "127.0.0.1 format rfc5424 local0", "my.host", "[e@1 a=\"b\"]",
          "514:<134>1 2026-11-24T14:45:25.874969+00:00 my.host tag 4242 - [e@1 a=\"b\"] text\n" },
        { "127.0.0.1 format priority local0", NULL, "", "514:<134>text\n" },
        { "127.0.0.1 format short local0", NULL, "", "514:<6>text\n" },
        { "127.0.0.1 format timed local0", NULL, "", "514:<6>2026-11-24T14:45:25.874969+00:00 text\n" },
        { "127.0.0.1 format iso local0", NULL, "", "514:2026-11-24T14:45:25.874969+00:00 text\n" },
        { "127.0.0.1 format raw local0", NULL, "", "514:text\n" },
        { "stdout format raw daemon", NULL, "", "out:text\n" },
        { "fd@2 format raw daemon", NULL, "", "err:text\n" },
        { "fd@17 format raw daemon", NULL, "", "17:text\n" },
        { "127.0.0.1 local0 info notice", NULL, "", "514:<134>Nov 24 14:45:25 tag[4242]: text\n" },
        { "127.0.0.1 local0 debug debug", NULL, "", "514:<135>Nov 24 14:45:25 tag[4242]: text\n" },
        { "127.0.0.1 local0 notice", NULL, "", "" },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct bench bench;
        bench_start(&bench);
        test_case(cases[i].line);
        struct log_target *target = target_of(&bench, cases[i].line);
        if (EXPECT(target != NULL)) {
            struct log_line line = {
                .level = LOG_INFO, .tag = "tag", .structured_data = str_of(cases[i].data), .text = STR("text")
            };
            target->host = cases[i].host;
            log_send(bench.sender, target, &line);
            EXPECT_VIEW(buf_str(&bench.sent), str_of(cases[i].sent));
        }
        bench_end(&bench);
    }
}

static void long_lines(void)
{
    struct bench bench;
    bench_start(&bench);
    struct log_target *target = target_of(&bench, "127.0.0.1 len 80 format short local0");
    char text[200];
    memset(text, 'x', sizeof(text));
    struct log_line line = {
        .level = LOG_INFO, .tag = "tag", .structured_data = STR_NONE, .text = str_make(text, sizeof(text))
    };
    log_send(bench.sender, target, &line);
    EXPECT_INT(bench.sent.size, strlen("514:") + 80 + 1);
    EXPECT_INT(bench.sent.data[bench.sent.size - 1], '\n');
    bench_end(&bench);
}

static void samples(void)
{
    struct bench bench;
    bench_start(&bench);
    struct log_target *target = target_of(&bench, "127.0.0.1 format raw sample 4-5,1:6 local0");
    for (unsigned i = 1; i <= 13; i++) {
        char text[8] = { (char)('a' + i - 1) };
        struct log_line line = {
            .level = LOG_INFO, .tag = NULL, .structured_data = STR_NONE, .text = str_of(text)
        };
        log_send(bench.sender, target, &line);
    }
    EXPECT_STR(buf_str(&bench.sent), "514:a\n514:d\n514:e\n514:g\n514:j\n514:k\n514:m\n");
    EXPECT_INT(target->sent, 7);
    bench_end(&bench);
}

static void sockets_are_shared(void)
{
    struct bench bench;
    bench_start(&bench);
    struct log_target *first = target_of(&bench, "127.0.0.1 format raw local0");
    struct log_target *second = target_of(&bench, "127.0.0.2:99 format raw local0");
    struct log_target *third = target_of(&bench, "[::1]:98 format raw local0");
    struct log_target *fourth = target_of(&bench, "/dev/log format raw local0");
    struct log_line line = { .level = LOG_INFO, .tag = NULL, .structured_data = STR_NONE, .text = STR("x") };
    first->next = second;
    second->next = third;
    third->next = fourth;
    EXPECT_INT(bench.opened, 0);
    log_send(bench.sender, first, &line);
    log_send(bench.sender, first, &line);
    EXPECT_INT(bench.opened, 3);
    EXPECT_STR(buf_str(&bench.sent), "514:x\n99:x\n98:x\n0:x\n514:x\n99:x\n98:x\n0:x\n");
    bench_end(&bench);
}

static void what_cannot_be_sent(void)
{
    struct bench bench;
    bench_start(&bench);
    struct log_target *target = target_of(&bench, "127.0.0.1 format raw local0");
    struct log_line line = { .level = LOG_INFO, .tag = NULL, .structured_data = STR_NONE, .text = STR("x") };
    bench.no_sockets = true;
    log_send(bench.sender, target, &line);
    bench.no_sockets = false;
    bench.answer = IO_WOULD_BLOCK;
    log_send(bench.sender, target, &line);
    bench.answer = IO_OK;
    log_send(bench.sender, target, &line);
    EXPECT_INT(target->dropped, 2);
    EXPECT_INT(target->sent, 1);
    EXPECT_INT(log_sender_dropped(bench.sender), 2);
    bench_end(&bench);
}

static void without_memory(void)
{
    for (uint64_t n = 1; n < 10; n++) {
        struct bench bench;
        bench_start(&bench);
        struct log_target *target = target_of(&bench, "127.0.0.1 format raw local0");
        struct log_line line = {
            .level = LOG_INFO, .tag = NULL, .structured_data = STR_NONE, .text = STR("x")
        };
        test_fail_allocation(n);
        log_send(bench.sender, target, &line);
        bool done = test_allocations() < n;
        test_fail_allocation(0);
        EXPECT_INT(target->sent + target->dropped, 1);
        bench_end(&bench);
        if (done)
            return;
    }
    EXPECT(false && "ends");
}

const struct test_row tests[] = {
    { "a line that cannot be read says why", refused_lines },
    { "each envelope is HAProxy's", envelopes },
    { "a line is cut at its length, the line feed not counted", long_lines },
    { "samples take their share of the lines", samples },
    { "one socket a family, opened when it is wanted", sockets_are_shared },
    { "what cannot be sent is dropped and counted", what_cannot_be_sent },
    { "no memory drops a line", without_memory },
    { 0 },
};
