/* The generic setters: each kind of value with its limits and messages. */
#include "base/test.h"
#include "config/cfg_set.h"
#include "config/cfg_test_fake.h"

static const struct fake_pair env[] = { { "HOST", "127.0.0.1" }, { "PORT", "8080" }, { 0 } };

struct target {
    bool flag, kept;
    int number, mode;
    int64_t wide;
    uint64_t size, time;
    const char *text;
    int64_t from_call;
};

static const struct cfg_name modes[] = { { "tcp", 1 }, { "http", 2 }, { NULL, 0 } };

static struct target target;

static bool call_numbers(struct cfg_line *line)
{
    return cfg_arg_int(line, 0, 1, 9, &target.from_call) && cfg_arg_time_ms(line, 1, &target.time) &&
           cfg_arg_size(line, 2, &target.size);
}

#define IN(member) .offset = offsetof(struct target, member)
static const struct keyword_row keywords[] = {
    { IN_GLOBAL, "flag", CFG_FLAG, IN(flag), .negatable = true },
    { IN_GLOBAL, "kept", CFG_FLAG, IN(kept), .low = 1, .negatable = true },
    { IN_GLOBAL, "number", CFG_INT, IN(number) },
    { IN_GLOBAL, "wide", CFG_INT64, IN(wide), .low = 1, .high = 65536 },
    { IN_GLOBAL, "positive", CFG_INT64, IN(wide), .low = 0, .high = INT64_MAX },
    { IN_GLOBAL, "size", CFG_SIZE, IN(size), .low = 1024, .high = 1 << 20 },
    { IN_GLOBAL, "timeout client", CFG_TIME_MS, IN(time) },
    { IN_GLOBAL, "text", CFG_TEXT, IN(text) },
    { IN_GLOBAL, "mode", CFG_ENUM, IN(mode), .names = modes },
    { IN_GLOBAL, "ignored", CFG_IGNORED, .high = -1 },
    { IN_GLOBAL, "idle", CFG_IGNORED, .low = 1, .high = 2, .note = "one worker runs" },
    { IN_GLOBAL, "refused", CFG_REFUSED, .note = "use threads" },
    { IN_GLOBAL, "numbers of", CFG_CALL, .call = call_numbers },
};

static bool options_line(struct cfg_line *line)
{
    return cfg_options_each(line, 1, WORD_SERVER_OPTION, &target, "server a/s");
}

static const struct keyword_row options_row = { IN_GLOBAL, "options", CFG_CALL, .call = options_line };

static bool take_two(struct cfg_option *option)
{
    const char *first = cfg_option_value(option), *second = cfg_option_value(option);
    if (!second[0])
        return cfg_option_error(option, "two values are needed after '%s'", first);
    target.from_call = option->negated ? -1 : first[0] * 256 + second[0];
    return true;
}

static const struct option_row options[] = {
    { "check", CFG_FLAG, IN(flag), .no_form = true },
    { "backup", CFG_FLAG, IN(kept) },
    { "weight", CFG_INT, IN(number), .low = 0, .high = 256 },
    { "inter", CFG_TIME_MS, IN(time) },
    { "cookie", CFG_TEXT, IN(text) },
    { "mode", CFG_ENUM, IN(mode), .names = modes },
    { "two", CFG_CALL, .call = take_two, .no_form = true },
    { "proto", CFG_IGNORED, .value_count = 1 },
    { "quic", CFG_REFUSED, .value_count = 1, .note = "no QUIC" },
};

static void *begin(struct cfg_line *line)
{
    (void)line;
    return &target;
}

static const struct section_row global_row = { "global", IN_GLOBAL, begin, NULL };

struct setting {
    struct fake_world world;
    struct words words;
    struct arena arena;
    struct diag diag;
    struct buf said;
    struct cfg_reader reader;
};

static void set_up(struct setting *setting)
{
    *setting = (struct setting){ .world = { .platform = { &fake_ops }, .env = env } };
    setting->diag = (struct diag){ .sink = fake_sink, .sink_data = &setting->said };
    arena_init(&setting->arena, 1024);
    words_init(&setting->words);
    EXPECT(words_add(&setting->words, WORD_SECTION, "global", &global_row));
    EXPECT(words_add(&setting->words, WORD_KEYWORD, "options", &options_row));
    for (unsigned i = 0; i < COUNT_OF(keywords); i++)
        EXPECT(words_add(&setting->words, WORD_KEYWORD, keywords[i].words, &keywords[i]));
    for (unsigned i = 0; i < COUNT_OF(options); i++)
        EXPECT(words_add(&setting->words, WORD_SERVER_OPTION, options[i].word, &options[i]));
    cfg_reader_init(&setting->reader, &setting->words, &setting->world.platform, &setting->diag,
                    &setting->arena, NULL, NULL);
    target = (struct target){ 0 };
}

static void tear_down(struct setting *setting)
{
    cfg_reader_finish(&setting->reader);
    words_finish(&setting->words);
    arena_finish(&setting->arena);
    buf_finish(&setting->said);
}

/* Reads one line in the section; what was said without the place. */
static void read_one(struct setting *setting, const char *line)
{
    struct buf text = BUF_INIT;
    buf_printf(&text, "global\n%s\n", line);
    buf_reset(&setting->said);
    cfg_read_text(&setting->reader, "f", buf_str(&text));
    buf_finish(&text);
}

static void stores_values(void)
{
    struct setting setting;
    set_up(&setting);
    target.text = "";
    read_one(&setting, "flag");
    EXPECT(target.flag);
    read_one(&setting, "no flag");
    EXPECT(!target.flag);
    target.flag = true;
    read_one(&setting, "default flag");
    EXPECT(!target.flag);
    read_one(&setting, "default kept");
    EXPECT(target.kept);
    read_one(&setting, "number -7");
    EXPECT_INT(target.number, -7);
    read_one(&setting, "wide 65536");
    EXPECT_INT(target.wide, 65536);
    read_one(&setting, "positive 9223372036854775807");
    EXPECT_INT(target.wide, INT64_MAX);
    read_one(&setting, "size 16k");
    EXPECT_INT(target.size, 16384);
    read_one(&setting, "timeout client 2s");
    EXPECT_INT(target.time, 2000);
    read_one(&setting, "timeout client 1us");
    EXPECT_INT(target.time, 1);
    read_one(&setting, "text 'a b'");
    EXPECT_STR(str_of(target.text), "a b");
    read_one(&setting, "mode http");
    EXPECT_INT(target.mode, 2);
    read_one(&setting, "numbers of 9 1s 1k");
    EXPECT_INT(target.from_call, 9);
    EXPECT_INT(target.time, 1000);
    EXPECT_INT(target.size, 1024);
    EXPECT_INT(setting.reader.errors, 0);
    EXPECT_STR(buf_str(&setting.said), "");
    tear_down(&setting);
}

#define AT "A config : parsing [f:2] : "
static const struct {
    const char *line, *said;
} faults[] = {
    { "flag x", AT "'flag' cannot handle unexpected argument 'x'.\n" },
    { "number", AT "'number' expects an integer argument.\n" },
    { "number 7x", AT "'number' expects an integer argument (got '7x').\n" },
    { "number 1 2", AT "'number' cannot handle unexpected argument '2'.\n" },
    { "number 3000000000",
      AT "'number' expects a value between -2147483648 and 2147483647 (got '3000000000').\n" },
    { "wide 0", AT "'wide' expects a value between 1 and 65536 (got '0').\n" },
    { "positive -1", AT "'positive' expects a positive value (got '-1').\n" },
    { "size", AT "'size' expects a size argument.\n" },
    { "size 1x", AT "'size': '1x' is an invalid size\n" },
    { "size 1", AT "'size' expects a value between 1024 and 1048576 bytes (got '1').\n" },
    { "timeout client", AT "'timeout client' expects an integer value (in milliseconds)\n" },
    { "timeout client 1x", AT "unexpected character 'x' in 'timeout client'\n" },
    { "timeout client -1", AT "unexpected character '-' in 'timeout client'\n" },
    { "timeout client 99d", AT "timer overflow in argument '99d' to 'timeout client' (maximum value is "
                               "2147483647 ms or ~24.8 days)\n" },
    { "timeout client 1 2", AT "'timeout client' : unexpected extra argument '2' after value '1'.\n" },
    { "text", AT "'text' expects an argument.\n" },
    { "text a b", AT "'text' cannot handle unexpected argument 'b'.\n" },
    { "mode htp", AT "'mode' expects 'tcp' or 'http' but got 'htp'; did you mean 'http' maybe ?\n" },
    { "mode", AT "'mode' expects 'tcp' or 'http' but got ''.\n" },
    { "refused x", AT "'refused' is not supported: use threads.\n" },
    { "ignored with all sorts of words", "N config : parsing [f:2] : 'ignored' has no effect.\n" },
    { "idle 4", "N config : parsing [f:2] : 'idle' has no effect: one worker runs.\n" },
    { "idle", AT "'idle' expects at least 1 argument.\n" },
    { "idle 1 2 3", AT "'idle' cannot handle unexpected argument '3'.\n" },
    { "numbers of 10", AT "'numbers of' expects a value between 1 and 9 (got '10').\n" },
    { "numbers of 1 2y", AT "unexpected character 'y' in 'numbers of'\n" },
    { "numbers of 1 2 z", AT "'numbers of': 'z' is an invalid size\n" },
    { "options weigth 5 check",
      AT "'server a/s' : unknown keyword 'weigth'; did you mean 'weight' maybe ?\n" },
    { "options zzzzzzzzzz", AT "'server a/s' : unknown keyword 'zzzzzzzzzz'.\n" },
    { "options no-zzzzzzzz", AT "'server a/s' : unknown keyword 'no-zzzzzzzz'.\n" },
    { "options weight", AT "'server a/s' : 'weight' : missing value\n" },
    { "options weight 300 inter 1x mode x",
      AT "'server a/s' : 'weight' expects a value between 0 and 256 (got '300').\n" AT
         "'server a/s' : unexpected character 'x' in 'inter'\n" AT
         "'server a/s' : 'mode' expects 'tcp' or 'http' but got 'x'.\n" },
    { "options two a", AT "'server a/s' : 'two' : two values are needed after 'a'\n" },
    { "options quic 1 check", AT "'server a/s' : 'quic' : not supported: no QUIC.\n" },
    { "options proto 1 check", "N config : parsing [f:2] : 'server a/s' : 'proto' has no effect.\n" },
};

static void says_what_is_wrong(void)
{
    struct setting setting;
    set_up(&setting);
    struct target before = target;
    for (unsigned i = 0; i < COUNT_OF(faults); i++) {
        test_case(faults[i].line);
        unsigned errors = setting.reader.errors;
        target = before;
        read_one(&setting, faults[i].line);
        EXPECT_STR(buf_str(&setting.said), faults[i].said);
        EXPECT(setting.reader.errors > errors || faults[i].said[0] == 'N');
        EXPECT_INT(target.number, 0);
        EXPECT_INT(target.wide, 0);
        EXPECT(!target.text);
    }
    tear_down(&setting);
}

static void walks_options(void)
{
    struct setting setting;
    set_up(&setting);
    read_one(&setting, "options weight 5 check inter 2s cookie 'c c' mode tcp two a b backup");
    EXPECT_STR(buf_str(&setting.said), "");
    EXPECT(target.flag && target.kept);
    EXPECT_INT(target.number, 5);
    EXPECT_INT(target.time, 2000);
    EXPECT_STR(str_of(target.text), "c c");
    EXPECT_INT(target.mode, 1);
    EXPECT_INT(target.from_call, 'a' * 256 + 'b');
    read_one(&setting, "options no-check no-two a b");
    EXPECT_STR(buf_str(&setting.said), "");
    EXPECT(!target.flag);
    EXPECT_INT(target.from_call, -1);
    read_one(&setting, "options check \"${UNSET}\" nonsense"); /* an empty word ends the line */
    EXPECT(target.flag);
    read_one(&setting, "options");
    EXPECT_INT(setting.reader.errors, 0);
    tear_down(&setting);
}

/* A walk goes on behind a fault: what follows an unknown word up to the next option is its value. */
static void walks_on_after_a_fault(void)
{
    struct setting setting;
    set_up(&setting);
    read_one(&setting, "options wrong 1 2 weight 7 worse check");
    EXPECT_INT(setting.reader.errors, 2);
    EXPECT_INT(target.number, 7);
    EXPECT(target.flag);
    read_one(&setting, "options backup no-backup"); /* has no such form */
    EXPECT_INT(setting.reader.errors, 3);
    EXPECT(target.kept);
    tear_down(&setting);
}

static void memory_may_fail(void)
{
    struct setting setting;
    bool stored = false;
    for (uint64_t n = 1; !stored && EXPECT(n < 100); n++) {
        set_up(&setting);
        test_fail_allocation(n);
        cfg_read_text(&setting.reader, "f", STR("global\n text 'something to keep'\n"));
        test_fail_allocation(0);
        stored = target.text != NULL && setting.reader.errors == 0;
        EXPECT(stored || setting.reader.errors > 0);
        tear_down(&setting);
    }
}

struct addr_case {
    const char *text;
    enum cfg_addr_need need;
    enum addr_family family;
    const char *ip; /* or path */
    unsigned first, last;
    int offset;
    int fd;
};

static const struct addr_case addresses[] = {
    { "1.2.3.4:80", ADDR_PORT_NEEDED, ADDR_IPV4, "1.2.3.4", 80, 80, 0, -1 },
    { ":80", ADDR_PORT_NEEDED, ADDR_IPV4, "0.0.0.0", 80, 80, 0, -1 },
    { "*:80-90", ADDR_PORT_NEEDED, ADDR_IPV4, "0.0.0.0", 80, 90, 0, -1 },
    { "ipv4@:80", ADDR_PORT_NEEDED, ADDR_IPV4, "0.0.0.0", 80, 80, 0, -1 },
    { "ipv6@:80", ADDR_PORT_NEEDED, ADDR_IPV6, "::", 80, 80, 0, -1 },
    { "ipv6@*:80", ADDR_PORT_NEEDED, ADDR_IPV6, "::", 80, 80, 0, -1 },
    { "[::1]:80", ADDR_PORT_NEEDED, ADDR_IPV6, "::1", 80, 80, 0, -1 },
    { "::1:80", ADDR_PORT_NEEDED, ADDR_IPV6, "::1", 80, 80, 0, -1 },
    { ":::80", ADDR_PORT_NEEDED, ADDR_IPV6, "::", 80, 80, 0, -1 },
    { "stream+ipv4@1.2.3.4:1", ADDR_PORT_NEEDED, ADDR_IPV4, "1.2.3.4", 1, 1, 0, -1 },
    { "tcp@1.2.3.4:1", ADDR_PORT_NEEDED, ADDR_IPV4, "1.2.3.4", 1, 1, 0, -1 },
    { "tcp4@1.2.3.4:1", ADDR_PORT_NEEDED, ADDR_IPV4, "1.2.3.4", 1, 1, 0, -1 },
    { "tcp6@[::2]:1", ADDR_PORT_NEEDED, ADDR_IPV6, "::2", 1, 1, 0, -1 },
    { "1.2.3.4", ADDR_PORT_OPTIONAL, ADDR_IPV4, "1.2.3.4", 0, 0, 0, -1 },
    { "1.2.3.4:", ADDR_PORT_OPTIONAL, ADDR_IPV4, "1.2.3.4", 0, 0, 0, -1 },
    { "1.2.3.4:0", ADDR_PORT_OPTIONAL, ADDR_IPV4, "1.2.3.4", 0, 0, 0, -1 },
    { "1.2.3.4:+5", ADDR_PORT_OPTIONAL, ADDR_IPV4, "1.2.3.4", 0, 0, 5, -1 },
    { "1.2.3.4:-5", ADDR_PORT_OPTIONAL, ADDR_IPV4, "1.2.3.4", 0, 0, -5, -1 },
    { "2001:db8::1", ADDR_PORT_OPTIONAL, ADDR_IPV6, "2001:db8::1", 0, 0, 0, -1 },
    { "[2001:db8::1]", ADDR_PORT_OPTIONAL, ADDR_IPV6, "2001:db8::1", 0, 0, 0, -1 },
    { "::1", ADDR_PORT_NONE, ADDR_IPV6, "::1", 0, 0, 0, -1 },
    { "${HOST}:${PORT}", ADDR_PORT_NEEDED, ADDR_IPV4, "127.0.0.1", 8080, 8080, 0, -1 },
    { "$HOST:1", ADDR_PORT_NEEDED, ADDR_IPV4, "127.0.0.1", 1, 1, 0, -1 },
    { "host.test:80", ADDR_PORT_NEEDED, ADDR_IPV4, "9.8.7.6", 80, 80, 0, -1 },
    { "/tmp/x", ADDR_PORT_NEEDED, ADDR_UNIX, "/tmp/x", 0, 0, 0, -1 },
    { "unix@rel:80", ADDR_PORT_NEEDED, ADDR_UNIX, "rel:80", 0, 0, 0, -1 },
    { "uxst@/a", ADDR_PORT_OPTIONAL, ADDR_UNIX, "/a", 0, 0, 0, -1 },
    { "abns@name", ADDR_PORT_NEEDED, ADDR_ABSTRACT, "name", 0, 0, 0, -1 },
    { "abnsz@name", ADDR_PORT_NEEDED, ADDR_ABSTRACT, "name", 0, 0, 0, -1 },
    { "fd@7", ADDR_PORT_NEEDED, ADDR_NONE, "", 0, 0, 0, 7 },
    { "fd@${PORT}", ADDR_PORT_NEEDED, ADDR_NONE, "", 0, 0, 0, 8080 },
    { "sockpair@3", ADDR_PORT_NEEDED, ADDR_NONE, "", 0, 0, 0, 3 },
};

static void reads_addresses(void)
{
    struct fake_world world = { .platform = { &fake_ops }, .env = env };
    struct arena arena;
    arena_init(&arena, 1024);
    EXPECT(addr_parse_ip(STR("9.8.7.6"), &world.host));
    for (unsigned i = 0; i < COUNT_OF(addresses); i++) {
        const struct addr_case *wanted = &addresses[i];
        struct cfg_addr got;
        struct addr ip;
        const char *error = NULL;
        test_case(wanted->text);
        EXPECT(cfg_parse_addr(&world.platform, &arena, wanted->text, wanted->need, true, &got, &error));
        EXPECT_STR(str_of(error), "");
        EXPECT_INT(got.addr.family, wanted->family);
        EXPECT_INT(got.addr.port, wanted->first);
        EXPECT_INT(got.port_last, wanted->last);
        EXPECT_INT(got.port_offset, wanted->offset);
        EXPECT_INT(got.port_relative, wanted->offset != 0);
        EXPECT_INT(got.fd, wanted->fd);
        if (got.addr.family == ADDR_UNIX || got.addr.family == ADDR_ABSTRACT)
            EXPECT_STR(str_make(got.addr.u.path, got.addr.path_size), wanted->ip);
        else if (got.addr.family != ADDR_NONE && EXPECT(addr_parse_ip(str_of(wanted->ip), &ip)))
            EXPECT(memcmp(ip.u.ip, got.addr.u.ip, ip.family == ADDR_IPV4 ? 4 : 16) == 0);
    }
    arena_finish(&arena);
}

#define PATH_LONG                                                                                            \
    "/01234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890" \
    "12345678"
static const struct {
    const char *text, *error;
} bad_addresses[] = {
    { "", "'' resolves to an empty address (environment variable missing?)" },
    { "${UNSET}", "'${UNSET}' resolves to an empty address (environment variable missing?)" },
    { ":", "missing port specification in ':'" },
    { "1.2.3.4", "missing port specification in '1.2.3.4'" },
    { "[::1]", "missing port specification in '[::1]'" },
    { ":x", "invalid character 'x' in port number 'x' in ':x'" },
    { ":0", "invalid port '0'" },
    { ":65536", "invalid port '65536'" },
    { ":80x", "invalid port '80x'" },
    { ":80-70", "invalid port range '80-70'" },
    { ":80-", "invalid port ''" },
    { "1.2.3.4.5:80", "invalid address: '1.2.3.4.5' in '1.2.3.4.5:80'" },
    { "nohost.invalid:80", "invalid address: 'nohost.invalid' in 'nohost.invalid:80'" },
    { "foo@:80", "invalid address: 'foo@' in 'foo@:80'" },
    { "[::1:80", "invalid address: '[::1' in '[::1:80'" },
    { "ipv6@1.2.3.4:80", "invalid address: '1.2.3.4' in 'ipv6@1.2.3.4:80'" },
    { "ipv4@::1:80", "invalid address: '::1' in 'ipv4@::1:80'" },
    { "fd@x", "file descriptor 'x' is not a valid integer in 'fd@x'" },
    { "fd@", "file descriptor '' is not a valid integer in 'fd@'" },
    { "unix@", "missing socket path in 'unix@'" },
    { "abns@", "missing socket path in 'abns@'" },
    { "quic4@:443",
      "unsupported protocol family in address 'quic4@:443'; QUIC is not compiled in if this is what you "
      "were looking for." },
    { "mptcp@:80", "unsupported protocol family in address 'mptcp@:80'" },
    { PATH_LONG, "socket path '" PATH_LONG "' too long (max 107)" },
};

static void refuses_addresses(void)
{
    struct fake_world world = { .platform = { &fake_ops }, .env = env };
    struct arena arena;
    arena_init(&arena, 1024);
    for (unsigned i = 0; i < COUNT_OF(bad_addresses); i++) {
        struct cfg_addr got;
        const char *error = NULL;
        test_case(bad_addresses[i].text);
        EXPECT(!cfg_parse_addr(&world.platform, &arena, bad_addresses[i].text, ADDR_PORT_NEEDED, true, &got,
                               &error));
        EXPECT_STR(str_of(error), bad_addresses[i].error);
    }
    arena_finish(&arena);
}

static void names_can_wait(void)
{
    struct fake_world world = { .platform = { &fake_ops }, .env = env };
    struct arena arena;
    struct cfg_addr got;
    const char *error;
    arena_init(&arena, 1024);
    EXPECT(cfg_parse_addr(&world.platform, &arena, "some.host:80", ADDR_PORT_OPTIONAL, false, &got, &error));
    EXPECT_STR(str_of(got.host), "some.host");
    EXPECT_INT(got.addr.family, ADDR_NONE);
    EXPECT_INT(got.addr.port, 80);
    EXPECT(
        cfg_parse_addr(&world.platform, &arena, "udp@1.2.3.4:514", ADDR_PORT_OPTIONAL, false, &got, &error));
    EXPECT(got.addr.datagram && !got.host);
    arena_finish(&arena);
}

static void addresses_survive_failed_allocations(void)
{
    struct fake_world world = { .platform = { &fake_ops }, .env = env };
    bool fine = false;
    for (uint64_t n = 1; !fine && EXPECT(n < 100); n++) {
        struct arena arena;
        struct cfg_addr got;
        const char *error = NULL;
        arena_init(&arena, 64);
        int64_t before = test_blocks();
        test_fail_allocation(n);
        fine = cfg_parse_addr(&world.platform, &arena, "${UNSET}some.host:${PORT}", ADDR_PORT_NEEDED, false,
                              &got, &error);
        test_fail_allocation(0);
        EXPECT(fine || error);
        arena_finish(&arena);
        EXPECT_INT(test_blocks(), before);
    }
}

const struct test_row tests[] = {
    { "stores values", stores_values },
    { "says what is wrong and keeps the old value", says_what_is_wrong },
    { "walks options", walks_options },
    { "walks on after a fault", walks_on_after_a_fault },
    { "memory may fail", memory_may_fail },
    { "reads addresses", reads_addresses },
    { "refuses addresses", refuses_addresses },
    { "names can wait", names_can_wait },
    { "addresses survive failed allocations", addresses_survive_failed_allocations },
    { 0 },
};
