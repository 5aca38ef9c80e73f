/* Sample expressions and log formats in a proxy that serves one request: the input's lines are a log format, a format
 * and an expression for rules, an expression for a condition, and what the client sends behind its head. */
#include "base/units.h"
#include "fuzz.h"
#include "proxy_world.h"

enum { INPUT_MAX = 2048 };

/* As one word of the language, whatever it holds: strong quotes, which a quote leaves and enters again. */
static void add_quoted(struct buf *conf, struct str text)
{
    buf_add_char(conf, '\'');
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '\'')
            buf_add_c(conf, "'\\''");
        else if (text.data[i] && text.data[i] != '\n' && text.data[i] != '\r')
            buf_add_char(conf, text.data[i]);
    }
    buf_add_char(conf, '\'');
}

static void add_expression(struct buf *conf, const char *before, struct str text, const char *behind)
{
    struct buf word = BUF_INIT;
    buf_add_c(conf, before);
    buf_add_c(&word, "%[");
    buf_add(&word, text);
    buf_add_char(&word, ']');
    add_quoted(conf, buf_str(&word));
    buf_add_c(conf, behind);
    buf_finish(&word);
}

static void write_conf(struct buf *conf, struct fuzz_input *input)
{
    struct str log = fuzz_input_until(input, '\n'), format = fuzz_input_until(input, '\n');
    struct str rule = fuzz_input_until(input, '\n');
    struct str condition = fuzz_input_until(input, '\n');
    buf_add_c(conf, "defaults\n mode http\n timeout client 1s\n timeout server 1s\n timeout connect 1s\n"
                    "frontend fe\n bind fd@${fe}\n log 127.0.0.1:514 local0\n log-format ");
    add_quoted(conf, log);
    add_expression(conf, "\n http-request set-header x-a ", rule, "\n");
    add_expression(conf, " http-request set-var-fmt(txn.a) ", rule, "\n");
    buf_add_c(conf, " http-request set-header x-b b if { ");
    add_quoted(conf, condition);
    buf_add_c(conf, " -m found }\n http-request set-header x-c ");
    add_quoted(conf, format);
    buf_add_c(conf, "\n http-request return status 200 content-type text/plain lf-string ");
    add_quoted(conf, format);
    buf_add_char(conf, '\n');
}

static void one_request(struct proxy_world *pw, const struct addr *to, struct str body)
{
    struct buf bytes = BUF_INIT;
    plat_sock sock = proxy_world_connect(pw, to);
    buf_printf(&bytes,
               "POST /a/b.html?x=1&y=%%20z HTTP/1.1\r\nhost: a.example:80\r\ncookie: c=1; d=\"2\"\r\n"
               "x-forwarded-for: 10.0.0.1, ::1\r\naccept-language: de, en;q=0.5\r\n"
               "authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ.x\r\ncontent-length: %zu\r\n\r\n",
               body.size);
    buf_add(&bytes, body);
    proxy_world_write(pw, sock, buf_str(&bytes));
    FUZZ_EXPECT(proxy_world_run(pw, 100 * NS_PER_MS));
    buf_reset(&bytes);
    proxy_world_read(pw, sock, &bytes);
    FUZZ_EXPECT(str_starts(buf_str(&bytes), STR("HTTP/1.1 ")));
    net_close(pw->peers, sock);
    buf_finish(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = fuzz_input_make(data, size < INPUT_MAX ? size : INPUT_MAX);
    struct proxy_world pw;
    struct buf conf = BUF_INIT;
    struct addr front;
    proxy_world_open(&pw, STR_NONE);
    proxy_world_inherit(&pw, "fe", &front);
    write_conf(&conf, &input);
    if (proxy_world_start(&pw, buf_str(&conf), NULL)) {
        one_request(&pw, &front, input.rest);
        FUZZ_EXPECT(proxy_world_run(&pw, 3 * NS_PER_S));
        FUZZ_EXPECT(sim_process_state(pw.process) == PROCESS_RUNNING);
    }
    proxy_world_close(&pw);
    buf_finish(&conf);
    return 0;
}
