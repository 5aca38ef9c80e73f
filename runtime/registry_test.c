/* Configurations read by all the words, in a world of a few files: what is said about them, and the model that comes
 * out. Messages were compared with those of HAProxy 2.6. */
#include "base/test.h"
#include "config/cfg_reader.h"
#include "proxy/balance_row.h"
#include "proxy/bind.h"
#include "proxy/configuration.h"
#include "proxy/http_errors.h"
#include "proxy/server.h"
#include "proxy/userlist.h"
#include "registry.h"

struct bench {
    struct platform platform;
    struct diag diag;
    struct buf said;
    struct configuration *configuration;
    bool good;
};

static const char *env_get(struct platform *platform, const char *name)
{
    (void)platform;
    return strcmp(name, "NAME") == 0 ? "value" : NULL;
}

static enum io_status file_read(struct platform *platform, const char *path, struct buf *out)
{
    (void)platform;
    if (strcmp(path, "/404.http") == 0)
        buf_add_c(out, "HTTP/1.1 404 Nope\r\nContent-Length: 4\r\n\r\nnope");
    else if (strcmp(path, "/bad.http") == 0)
        buf_add_c(out, "hello");
    else if (strcmp(path, "/dev/null") != 0)
        return IO_NOT_FOUND;
    return IO_OK;
}

static enum io_status resolve(struct platform *platform, const char *name, bool prefer_v6, struct addr *out,
                              unsigned max, unsigned *count)
{
    (void)platform;
    (void)prefer_v6;
    (void)max;
    *count = strcmp(name, "known.test") == 0;
    *out = (struct addr){ .family = ADDR_IPV4, .u.ip = { 192, 0, 2, 1 } };
    return *count ? IO_OK : IO_NOT_FOUND;
}

static const char *host_name(struct platform *platform)
{
    (void)platform;
    return "host";
}

static int64_t user_id(struct platform *platform, const char *name)
{
    (void)platform;
    return strcmp(name, "web") == 0 ? 33 : -1;
}

static const struct platform_ops ops = {
    .env_get = env_get,
    .file_read = file_read,
    .resolve = resolve,
    .host_name = host_name,
    .user_id = user_id,
    .group_id = user_id,
};

static void keep(void *data, enum diag_level level, struct str message)
{
    static const char letters[] = "NWA";
    buf_printf(data, "%c %.*s\n", letters[level], STR_ARG(message));
}

/* Conditions without the fetches of the engine. */
static bool fetch_flag(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    (void)context;
    *out = sample_bool(args->row_data != NULL);
    return true;
}

/* clang-format off */
static const struct fetch_row flag_rows[] = {
    { .name = "test_true", .run = fetch_flag, .args = "", .out = SAMPLE_BOOL, .valid = AT_ANYWHERE, .data = (void *)1 },
    { .name = "test_false", .run = fetch_flag, .args = "", .out = SAMPLE_BOOL, .valid = AT_ANYWHERE },
};
/* clang-format on */

static void bench_start(struct bench *bench, const char *text)
{
    struct cfg_reader reader;
    *bench = (struct bench){ .platform.ops = &ops, .said = BUF_INIT };
    bench->diag = (struct diag){ .sink = keep, .sink_data = &bench->said };
    bench->configuration = configuration_create(&bench->platform, &bench->diag);
    struct words *words = &bench->configuration->words;
    EXPECT(registry_fill(words));
    EXPECT(words_add(words, WORD_FETCH, flag_rows[0].name, &flag_rows[0]) &&
           words_add(words, WORD_FETCH, flag_rows[1].name, &flag_rows[1]));
    bench->configuration->world.platform = &bench->platform;
    cfg_reader_init(&reader, &bench->configuration->words, &bench->platform, &bench->diag,
                    &bench->configuration->arena, bench->configuration, &bench->configuration->world);
    cfg_read_text(&reader, "f", str_of(text));
    cfg_read_end(&reader);
    bench->good = !reader.errors;
    cfg_reader_finish(&reader);
    if (bench->good)
        bench->good = configuration_resolve(bench->configuration);
}

static void bench_end(struct bench *bench)
{
    configuration_destroy(bench->configuration);
    buf_finish(&bench->said);
}

static struct proxy *find(const struct bench *bench, const char *name)
{
    struct proxy *proxy = proxy_find(bench->configuration, name, 0);
    CHECK(proxy);
    return proxy;
}

#define TIMEOUTS     "timeout client 1s\ntimeout connect 1s\ntimeout server 1s\n"
#define DEFAULTS     "defaults\nmode http\n" TIMEOUTS                                            /* 5 lines */
#define FRONTEND     DEFAULTS "frontend f\nbind :8080\n"                                         /* 7 lines */
#define BACKEND      DEFAULTS "backend b\nserver s1 192.0.2.1:80\n"                              /* 7 lines */
#define LISTEN(mode) "listen l\nmode " mode "\n" TIMEOUTS "bind :8080\nserver s1 192.0.2.1:80\n" /* 7 lines */
#define AT(line)     "config : parsing [f:" #line "] : "

struct message_case {
    const char *text, *said;
};

static void expect_messages(const struct message_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct bench bench;
        bench_start(&bench, cases[i].text);
        test_case(cases[i].text);
        if (cases[i].said) /* NULL: lists all rows, so its text grows; that it is refused or not is enough */
            EXPECT_STR(buf_str(&bench.said), cases[i].said);
        bool alert = bench.said.size && (bench.said.data[0] == 'A' ||
                                         str_find(buf_str(&bench.said), STR("\nA ")) != STR_NOT_FOUND);
        EXPECT_INT(bench.good, !alert);
        bench_end(&bench);
    }
}

/* clang-format off */
static const struct message_case section_cases[] = {
    { "", "" },
    { "global\nglobal\n", "" },
    { "global foo\n", "A " AT(1) "'global' cannot handle unexpected argument 'foo'.\n" },
    { "backend\n", "A " AT(1) "'backend' expects an <id> argument\n" },
    { "backend \"a b\"\n", "A " AT(1) "character ' ' is not permitted in 'backend' name 'a b'.\n" },
    { "backend b\nbackend b\n",
      "A " AT(2) "backend 'b' has the same name as backend 'b' declared at f:1.\n" },
    { "backend b\nlisten b\nbind :80\n",
      "A " AT(2) "proxy 'b' has the same name as backend 'b' declared at f:1.\n" },
    { "backend b\n" DEFAULTS "frontend b\nbind :80\n", "" },
    { "frontend x y\n", "A " AT(1) "please use the 'bind' keyword for listening addresses.\n" },
    { "backend b from x\n", "A " AT(1) "defaults section 'x' not found for backend 'b'.\n" },
    { "defaults a\ndefaults a\n", "" },
    { "defaults a\ndefaults a\nbackend b from a\n",
      "A " AT(3) "ambiguous defaults section name 'a' referenced by backend 'b' exists at least at f:1 and f:2.\n" },
    { "defaults\nbind :1\n", "A " AT(2) "'bind' not allowed in 'defaults' section.\n" },
    { "defaults\nserver x 1.1.1.1\n", "A " AT(2) "'server' not allowed in 'defaults' section.\n" },
    { "defaults\nacl a test_true\n", "A " AT(2) "'acl' not allowed in anonymous 'defaults' section.\n" },
    { "defaults\nhttp-request deny\n", "A " AT(2) "'http-request' not allowed in anonymous 'defaults' section.\n" },
    { "defaults\ntcp-request content accept\n",
      "A " AT(2) "tcp-request content is not allowed in anonymous 'defaults' sections\n" },
    { "peers p\npeer a 127.0.0.1:80\n", "A " AT(1) "'peers' sections are not supported.\n" },
    { "cache c\ntotal-max-size 4\n", "A " AT(1) "'cache' sections are not supported.\n" },
    { "userlist\n", "A " AT(1) "'userlist' expects <name> as arguments.\n" },
    { "userlist u\nuserlist u\n", "W " AT(2) "ignoring duplicated userlist 'u'.\n" },
    { "userlist u\nuser a foo\n",
      "A " AT(2) "'user' only supports 'password', 'insecure-password' and 'groups' options.\n" },
    { "userlist u\nuser a insecure-password x\nuser a insecure-password y\n",
      "W " AT(3) "ignoring duplicated user 'a' in userlist 'u'.\n" },
    { "userlist u\nuser b insecure-password y groups g1,g2\n",
      "A config : userlist 'u': no such group 'g1' specified in user 'b'\n" },
    { "userlist u\ngroup g2 users a,b\n",
      "A config : userlist 'u': no such user 'a' specified in group 'g2'\n" },
    { "http-errors\n", "A " AT(1) "missing name for http-errors section.\n" },
    { "http-errors a\nhttp-errors a\n",
      "A " AT(2) "http-errors section 'a' already exists (declared at f:1).\n" },
    { "http-errors a\nerrorfile 404 /none\n", "A " AT(2) "errorfile : error opening file '/none'.\n" },
};

static const struct message_case proxy_cases[] = {
    { "frontend x\nmode http\nbind :8080\n",
      "W config : missing timeouts for frontend 'x'.\n"
      "   | While not properly invalid, you will certainly encounter various problems\n"
      "   | with such a configuration. To fix this, please ensure that all following\n"
      "   | timeouts are set to a non-zero value: 'client', 'connect', 'server'.\n" },
    { DEFAULTS "listen x\n",
      "W config : proxy 'x' has no 'bind' directive. Please declare it as a backend if this was intended.\n" },
    { FRONTEND "mode foo\n", "A " AT(8) "unknown proxy mode 'foo'.\n" },
    { FRONTEND "default_backend\n", "A " AT(8) "'default_backend' expects a backend name.\n" },
    { FRONTEND "default_backend b c\n", "A " AT(8) "'default_backend' cannot handle unexpected argument 'c'.\n" },
    { FRONTEND "default_backend b\n", "A config : Proxy 'f': unable to find required default_backend: 'b'.\n" },
    { LISTEN("http") "default_backend l\n", "A config : Proxy 'l': loop detected for default_backend: 'l'.\n" },
    { LISTEN("http") "default_backend b\nbackend b\nmode tcp\n",
      "A config : http proxy 'l' (f:1) tries to use incompatible tcp backend 'b' (f:9) as its default backend (see "
      "'mode').\n" },
    { LISTEN("tcp") "default_backend b\nbackend b\nmode http\n",
      "W config : In proxy 'l', the 'default_backend' rule always has precedence over the servers, which will never "
      "be used.\n" },
    { FRONTEND "use_backend b\n", "A config : Proxy 'f': unable to find required use_backend: 'b'.\n" },
    { FRONTEND "use_backend b foo\n",
      "A " AT(8) "unexpected keyword 'foo' after switching rule, only 'if' and 'unless' are allowed.\n" },
    { BACKEND "use-server x if { test_true }\n",
      "A config : backend 'b' : unable to find server 'x' referenced in a 'use-server' rule.\n" },
    { BACKEND "use-server s1\n",
      "A " AT(8) "'use-server' requires either 'if' or 'unless' followed by a condition.\n" },
    { BACKEND "default_backend b\n",
      "W " AT(8) "'default_backend' ignored because backend 'b' has no frontend capability.\n" },
    { FRONTEND "server a 1.2.3.4\n",
      "A " AT(8) "'server' not allowed because frontend 'f' has no backend capability.\n" },
    { FRONTEND "timeout client 2s 3s\n",
      "A " AT(8) "'timeout client' : unexpected extra argument '3s' after value '2s'.\n" },
    { FRONTEND "timeout client 1x\n", "A " AT(8) "unexpected character 'x' in 'timeout client'\n" },
    { FRONTEND "timeout client 2s\ntimeout client 3s\n",
      "W " AT(9) "overwriting 'timeout client' which was already specified\n" },
    { FRONTEND "contimeout 3s\n",
      "A " AT(8) "the 'contimeout' directive is not supported anymore since HAProxy 2.1. Use 'timeout connect'.\n" },
    { FRONTEND "option httplog foo\n", "A " AT(8) "keyword 'httplog' only supports option 'clf'.\n" },
    { FRONTEND "no option forwardfor\n",
      "A " AT(8) "negation/default is not supported for option 'forwardfor'.\n" },
    { FRONTEND "option forwardfor foo\n",
      "A " AT(8) "'option forwardfor' only supports optional values: 'except', 'header' and 'if-none'.\n" },
    { FRONTEND "id x\n", "A " AT(8) "custom id has to be > 0.\n" },
    { FRONTEND "id 5\nbackend b\nid 5\n",
      "A " AT(10) "backend b reuses same custom id as frontend f (declared at f:6).\n" },
    { FRONTEND "monitor-uri\n", "A " AT(8) "'monitor-uri' expects an URI.\n" },
    { FRONTEND "monitor fail\n",
      "A " AT(8) "'monitor fail' requires either 'if' or 'unless' followed by a condition.\n" },
    { BACKEND "retry-on foo\n", "A " AT(8) "'retry-on': unknown keyword 'foo'\n" },
    { BACKEND "cookie x rewrite insert\n",
      "A " AT(8) "cookie 'rewrite', 'insert' and 'prefix' modes are incompatible.\n" },
    { BACKEND "hash-balance-factor 3\n", "A " AT(8) "'hash-balance-factor' must be 0 or greater than 100.\n" },
    { LISTEN("tcp") "monitor-uri /x\noption forwardfor\n",
      "W config : monitor-uri will be ignored for proxy 'l' (needs 'mode http').\n"
      "W config : 'option forwardfor' ignored for proxy 'l' as it requires HTTP mode.\n" },
    { LISTEN("tcp") "cookie x insert\nstats enable\n",
      "W config : cookie will be ignored for proxy 'l' (needs 'mode http').\n"
      "W config : 'stats' statement ignored for proxy 'l' as it requires HTTP mode.\n" },
};

static const struct message_case line_cases[] = {
    { FRONTEND "bind\n",
      "A " AT(8) "'bind' expects {<path>|[addr1]:port1[-end1]}{,[addr]:port[-end]}... as arguments.\n" },
    { FRONTEND "bind 127.0.0.1\n", "A " AT(8) "'bind' : missing port specification in '127.0.0.1'\n" },
    { FRONTEND "bind :0\n", "A " AT(8) "'bind' : invalid port '0'\n" },
    { FRONTEND "bind :81 nam x\n", "A " AT(8) "'bind :81' : unknown keyword 'nam'; did you mean 'name' maybe ?\n" },
    { FRONTEND "bind :81 maxconn\n", "A " AT(8) "'bind :81' : 'maxconn' : missing value\n" },
    { BACKEND "server a\n", "A " AT(8) "'server' expects <name> and <addr>[:<port>] as arguments.\n" },
    { BACKEND "server \"a b\" 127.0.0.1\n", "A " AT(8) "character ' ' is not permitted in server name 'a b'.\n" },
    { BACKEND "server s1 127.0.0.1\n",
      "A " AT(8) "backend 'b', another server named 's1' was already defined at line 7, please use distinct names.\n" },
    { BACKEND "server s2 fd@3\n",
      "A " AT(8) "'server b/s2' : a file descriptor is not acceptable here in 'fd@3'\n" },
    { BACKEND "server s2 127.0.0.1:80-90\n",
      "A " AT(8) "'server b/s2' : port range not permitted here in '127.0.0.1:80-90'\n" },
    { BACKEND "server s2 127.0.0.1 weight 257\n",
      "A " AT(8) "'server b/s2' : 'weight' : weight '257' is not within 0 and 256.\n" },
    { BACKEND "server s2 127.0.0.1 rise 0\n", "A " AT(8) "'server b/s2' : 'rise' : has to be > 0.\n" },
    { BACKEND "server s2 127.0.0.1 id 5\nserver s3 127.0.0.1 id 5\n",
      "A " AT(9) "server s3 reuses same custom id as server s2 (declared at f:8).\n" },
    { BACKEND "server s2 nowhere.test:80\n",
      "A " AT(8) "'server b/s2' : could not resolve address 'nowhere.test'.\n" },
    { BACKEND "server s2 127.0.0.1 track x/y\n",
      "A " AT(8) "'server b/s2' : unable to find required proxy 'x' for tracking.\n" },
    { BACKEND "server s2 127.0.0.1 track s1\n",
      "A " AT(8) "'server b/s2' : unable to use b/s1 for tracking as it does not have any check nor agent enabled.\n" },
    { BACKEND "server s2 127.0.0.1 track s3\nserver s3 127.0.0.1 track s2\n",
      "A " AT(8) "'server b/s2' : unable to track b/s2 as the chain of tracked servers is a loop.\n"
      "A " AT(9) "'server b/s3' : unable to track b/s3 as the chain of tracked servers is a loop.\n" },
    { BACKEND "balance foo\n", NULL },
    { FRONTEND "log 127.0.0.1\n", "A " AT(8) "log : expects <address> and <facility> or global as arguments\n" },
    { FRONTEND "no log global\n", "A " AT(8) "log : 'no log' does not expect arguments\n" },
    { FRONTEND "log-format a b\n",
      "A " AT(8) "log-format expects only one argument, don't forget to escape spaces!\n" },
    { FRONTEND "log-format x\n", "W config : log format ignored for frontend 'f' since it has no log address.\n" },
    { FRONTEND "log 127.0.0.1 local0\nlog-format %nosuch\n",
      "A " AT(9) "failed to parse log-format : no such format variable 'nosuch'. If you wanted to emit the '%' "
      "character verbatim, you need to use '%%'.\n" },
    { FRONTEND "errorfile 404 /bad.http\n",
      "A " AT(8) "errorfile : '/bad.http': unable to parse headers (error offset: 0)\n" },
    { FRONTEND "errorfile 999 /dev/null\n", "A " AT(8) "errorfile : status code '999' not handled.\n" },
    { FRONTEND "errorfiles nope\n", "A config : proxy 'f': unknown http-errors section 'nope' (at f:8).\n" },
    { FRONTEND "http-error status 404 string x\n",
      "A " AT(8) "http-error : a content type must be defined when non-empty payload is configured\n" },
    { FRONTEND "http-error status 404 content-type text/plain string x file y\n",
      "A " AT(8) "http-error : unexpected 'file' argument, 'string' already defined\n" },
    { FRONTEND "http-error status 404 foo\n", "A " AT(8) "http-error : unknown keyword 'foo'.\n" },
    { FRONTEND "capture request header x\n",
      "A " AT(8) "'capture request' expects 'header' <header_name> 'len' <len>.\n" },
    { FRONTEND "declare capture request len\n",
      "A " AT(8) "'declare capture': 'len' requires a numeric value that represents the capture length\n" },
    { FRONTEND "tcp-request foo\n",
      "A " AT(8) "'tcp-request' expects 'inspect-delay', 'connection', 'session' or 'content' in frontend 'f' (got "
      "'foo')\n" },
    { FRONTEND "tcp-request inspect-delay x\n",
      "A " AT(8) "'tcp-request inspect-delay' expects a positive delay in milliseconds, in frontend 'f' (unexpected "
      "character 'x')\n" },
    { FRONTEND "tcp-response content accept\n",
      "A " AT(8) "tcp-response content is only allowed in 'backend' sections or 'defaults' section with a name\n" },
    { BACKEND "tcp-request connection accept\n",
      "A " AT(8) "tcp-request connection is not allowed because backend b is not a frontend\n" },
    { FRONTEND "acl b@c test_true\n", "A " AT(8) "character '@' is not permitted in acl name 'b@c'.\n" },
    { FRONTEND "block if TRUE\n",
      "A " AT(8) "The 'block' directive is not supported anymore since HAProxy 2.1. Use 'http-request deny' which uses "
      "the exact same syntax.\n" },
};

static const struct message_case global_cases[] = {
    { "global\nmaxconn\n", "A " AT(2) "'maxconn' expects an integer argument.\n" },
    { "global\nnbthread 0\n", "A " AT(2) "'nbthread' value must be between 1 and 64 (was 0)\n" },
    { "global\nuser nosuch\n", "A " AT(2) "cannot find user id for 'nosuch'\n" },
    { "global\nuser web\ngroup web\n", "" },
    { "global\nstats socket\n",
      "A " AT(2) "'stats socket' in global section expects an address or a path to a UNIX socket\n" },
    { "global\nstats timeout x\n", "A " AT(2) "'stats timeout' : unexpected character 'x'\n" },
    { "global\nlog global\n", "A " AT(2) "log : 'global' is not supported for a global syslog server\n" },
    { "global\nsetenv a\n", "A " AT(2) "'setenv' expects a name and a value.\n" },
    { "global\nset-var x\n",
      "A " AT(2) "'set-var' requires a process-wide variable name ('proc.<name>') and a sample expression.\n" },
    { "global\nthread-groups 1\nexpose-experimental-directives\ntune.ssl.default-dh-param 2048\nno quiet\n",
      NULL },
    { "global\nhard-stop-after x\n", "A " AT(2) "unexpected character 'x' in argument to <hard-stop-after>.\n" },
    { "global\nnbproc 2\n",
      "A " AT(2) "nbproc is not supported any more since HAProxy 2.5. Threads will automatically be used on "
      "multi-processor machines if available.\n" },
};
/* clang-format on */

static void of_sections(void)
{
    expect_messages(section_cases, COUNT_OF(section_cases));
}

static void of_proxies(void)
{
    expect_messages(proxy_cases, COUNT_OF(proxy_cases));
}

static void of_lines(void)
{
    expect_messages(line_cases, COUNT_OF(line_cases));
}

static void of_globals(void)
{
    expect_messages(global_cases, COUNT_OF(global_cases));
}

/* ---- the model ---- */

static void inheritance(void)
{
    struct bench bench;
    bench_start(
        &bench,
        "defaults one\nmode http\ntimeout client 5s\nretries 7\noption forwardfor\nlog 192.0.2.9 local0\n"
        "defaults two from one\ntimeout client 6s\n"
        "defaults\nmode tcp\n"
        "backend anonymous\n"
        "backend named from one\nlog 192.0.2.10 local1\n"
        "backend deep from two\nretries 1\nno log\n");
    EXPECT(bench.good);
    EXPECT_STR(buf_str(&bench.said), "");
    const struct proxy *anonymous = find(&bench, "anonymous"), *named = find(&bench, "named"),
                       *deep = find(&bench, "deep");
    EXPECT_INT(anonymous->settings.mode, MODE_TCP);
    EXPECT_INT(anonymous->settings.retries, 3);
    EXPECT(!anonymous->settings.log_targets);
    EXPECT_INT(named->settings.mode, MODE_HTTP);
    EXPECT_INT(named->settings.timeout_client, 5000);
    EXPECT_INT(named->settings.retries, 7);
    EXPECT(named->settings.forward_for);
    EXPECT(named->settings.log_targets && named->settings.log_targets->next &&
           !named->settings.log_targets->next->next);
    EXPECT_INT(deep->settings.timeout_client, 6000);
    EXPECT_INT(deep->settings.retries, 1);
    EXPECT(!deep->settings.log_targets);
    /* The chain of the defaults did not grow by what `named` added. */
    EXPECT(!named->defaults->settings.log_targets->next);
    bench_end(&bench);
}

static void servers_and_their_defaults(void)
{
    struct bench bench;
    bench_start(&bench,
                DEFAULTS "default-server weight 7 check inter 3s\n"
                         "backend b\nserver first 192.0.2.1:80 id 2\ndefault-server maxconn 9 no-check\n"
                         "server second known.test:81 weight 3 disabled\n"
                         "server-template t 2-3 192.0.2.3:82 backup\n"
                         "server late nowhere.test:1 init-addr last,none\n");
    EXPECT_STR(buf_str(&bench.said), "");
    const struct proxy *proxy = find(&bench, "b");
    const struct server *first = proxy_server(proxy, "first"), *second = proxy_server(proxy, "second"),
                        *third = proxy_server(proxy, "t3"), *late = proxy_server(proxy, "late");
    if (EXPECT(first && second && third && late)) {
        EXPECT_INT(first->settings.weight, 7);
        EXPECT(first->settings.check);
        EXPECT_INT(first->settings.inter, 3000);
        EXPECT_INT(first->id, 2);
        EXPECT_INT(first->settings.maxconn, 0);
        EXPECT_INT(second->id, 1);
        EXPECT_INT(second->weight_now, 3);
        EXPECT_INT(second->settings.maxconn, 9);
        EXPECT(!second->settings.check);
        EXPECT_INT(second->admin, ADMIN_CONFIG_MAINT | ADMIN_FORCED_MAINT);
        EXPECT_INT(second->addr.addr.u.ip[3], 1);
        EXPECT(proxy_server(proxy, "t2") && third->settings.backup);
        EXPECT_INT(late->admin, ADMIN_RESOLVE_MAINT);
    }
    EXPECT_INT(proxy->server_count, 5);
    EXPECT(!proxy_server(proxy, "t1"));
    EXPECT_STR(str_of(proxy->settings.balance->word), "roundrobin");
    bench_end(&bench);
}

static void numbers_of_sections(void)
{
    struct bench bench;
    bench_start(&bench,
                DEFAULTS "backend a\nbackend b\nid 2\nbackend c\nfrontend d\nid 4\nbind :80\nbackend e\n");
    EXPECT_INT(find(&bench, "a")->id, 3);
    EXPECT_INT(find(&bench, "b")->id, 2);
    EXPECT_INT(find(&bench, "c")->id, 5);
    EXPECT_INT(find(&bench, "d")->id, 4);
    EXPECT_INT(find(&bench, "e")->id, 6);
    EXPECT(find(&bench, "#5") == find(&bench, "c"));
    bench_end(&bench);
}

static void listeners(void)
{
    struct bench bench;
    bench_start(&bench,
                "global\nstats socket /tmp/s level admin mode 600\nstats timeout 5s\n" DEFAULTS "maxconn 77\n"
                "frontend f\nbind 192.0.2.1:80-82,:90 name many\nbind fd@7 maxconn 5 id 9\nbind /tmp/x\n");
    EXPECT_STR(buf_str(&bench.said), "");
    const struct bind *bind = find(&bench, "f")->binds;
    static const uint16_t ports[] = { 80, 81, 82, 90 };
    for (size_t i = 0; i < COUNT_OF(ports) && EXPECT(bind != NULL); i++, bind = bind->next) {
        EXPECT_INT(bind->addr.addr.port, ports[i]);
        EXPECT_STR(str_of(bind->name), "many");
        EXPECT_INT(bind->settings.maxconn, 77);
        EXPECT_INT(bind->settings.id, i + 1);
    }
    if (EXPECT(bind && bind->next)) {
        EXPECT_INT(bind->addr.fd, 7);
        EXPECT_INT(bind->settings.maxconn, 5);
        EXPECT_INT(bind->settings.id, 9);
        EXPECT_STR(str_of(bind->next->name), "sock-6");
    }
    const struct proxy *cli = bench.configuration->cli;
    if (EXPECT(cli && cli->binds)) {
        EXPECT(cli->binds->is_cli);
        EXPECT_INT(cli->binds->settings.level, 3);
        EXPECT_INT(cli->binds->settings.unix_mode, 0600);
        EXPECT_INT(cli->settings.timeout_client, 5000);
    }
    bench_end(&bench);
}

/* errorfiles may name a section further down; what it has not stays as it was. */
static void error_pages(void)
{
    struct bench bench;
    bench_start(&bench, DEFAULTS "errorfile 503 /dev/null\nfrontend f\nbind :80\nerrorfiles set\n"
                                 "http-error status 403 content-type text/plain string no\n"
                                 "http-errors set\nerrorfile 404 /404.http\n");
    EXPECT_STR(buf_str(&bench.said), "");
    const struct proxy *proxy = find(&bench, "f");
    const struct http_reply *found = proxy_error_reply(proxy, 404);
    EXPECT_INT(found->body, REPLY_BODY_WHOLE);
    EXPECT_STR(found->text, "nope");
    EXPECT(proxy_error_reply(proxy, 503)->silent);
    EXPECT_STR(proxy_error_reply(proxy, 403)->text, "no");
    EXPECT_INT(proxy_error_reply(proxy, 400)->status, 400);
    EXPECT(proxy_error_reply(proxy, 400)->text.size > 20);
    EXPECT_INT(proxy_error_reply(proxy, 418)->status, 500);
    bench_end(&bench);
}

static void words_of_a_frontend(void)
{
    struct bench bench;
    bench_start(&bench, FRONTEND "capture request header Host len 5\ndeclare capture request len 6\n"
                                 "capture response header X len 7\ncapture cookie SID= len 8\n"
                                 "option httpclose\nno option httpclose\noption http-server-close\n"
                                 "option forwardfor except 10.0.0.0/8 header X-Client if-none\n"
                                 "monitor fail if { test_true }\nmonitor fail if { test_false }\n"
                                 "description two  words\n");
    EXPECT_STR(buf_str(&bench.said), "");
    const struct proxy *proxy = find(&bench, "f");
    const struct capture *capture = proxy->request_captures;
    if (EXPECT(capture && capture->next)) {
        EXPECT_STR(capture->name, "host");
        EXPECT_INT(capture->next->index, 1);
        EXPECT_INT(capture->next->length_max, 6);
    }
    EXPECT_INT(proxy->response_capture_count, 1);
    EXPECT_STR(str_of(proxy->settings.capture_cookie), "SID");
    EXPECT(!proxy->settings.capture_cookie_prefix);
    EXPECT_INT(proxy->settings.http_connection_mode, HTTP_SERVER_CLOSE);
    EXPECT_STR(str_of(proxy->settings.forward_for_header), "x-client");
    EXPECT(proxy->settings.forward_for_if_none);
    EXPECT_INT(proxy->settings.forward_for_except_bits, 8);
    EXPECT(proxy->monitor_fail != NULL);
    EXPECT_STR(str_of(proxy->settings.description), "two words");
    bench_end(&bench);
}

/* ---- memory ---- */

static void gives_everything_back(void)
{
    int64_t before = test_blocks();
    struct bench bench;
    bench_start(&bench,
                "global\nstats socket /tmp/s\nlog 192.0.2.1 local0\n" FRONTEND
                "acl a test_true\ndefault_backend b\nuse_backend c if a\nbackend b\nserver s 192.0.2.1\n"
                "backend c\nuserlist u\nuser a insecure-password b\n");
    EXPECT(bench.good);
    bench_end(&bench);
    EXPECT_INT(test_blocks(), before);
}

const struct test_row tests[] = {
    { "messages about sections", of_sections },
    { "messages about proxies", of_proxies },
    { "messages about binds, servers, logs, pages and rules", of_lines },
    { "messages about the global section", of_globals },
    { "settings come from the defaults that are named, or the latest", inheritance },
    { "servers begin with what default-server said before them", servers_and_their_defaults },
    { "sections are numbered around the written ids", numbers_of_sections },
    { "listeners of one line, and of the management socket", listeners },
    { "error pages from files, sets and words", error_pages },
    { "captures, options and conditions of a frontend", words_of_a_frontend },
    { "a configuration gives all its memory back", gives_everything_back },
    { 0 },
};
