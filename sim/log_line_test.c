/* Lines as HAProxy writes them, and others. */
#include "base/test.h"
#include "sim/log_line.h"

#define LINE(MIDDLE)                                                                                         \
    "<134>Jan  1 00:00:00 haproxy[7]: 127.0.0.1:32774 [01/Jan/2027:00:00:00.003] fe be/s1 " MIDDLE           \
    " 1/1/0/0/0 0/0 \"GET /a HTTP/1.1\"\n"

static void lines(void)
{
    static const struct {
        const char *says, *line;
        unsigned status; /* 0: it tells nothing */
    } cases[] = {
        { "an answer", LINE("0/0/2/1/5 200 1090 - - ----"), 200 },
        { "of the proxy itself", LINE("0/-1/-1/-1/5 403 190 - - PR--"), 403 },
        { "the client went away", LINE("0/0/2/-1/5 200 10 - - CD--"), 0 },
        { "before the end", LINE("0/0/2/1/+5 200 +1090 - - ----"), 0 },
        { "no status", LINE("0/0/2/-1/5 -1 0 - - SH--"), 0 },
        { "tcp", "<1>x: 127.0.0.1:3 [d] fe be/s1 0/0/5 1090 -- 1/1/0/0/0 0/0\n", 0 },
        { "another text", "<1>x: Proxy fe started.\n", 0 },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint16_t port = 0;
        unsigned status = 0;

        test_case(cases[i].says);
        EXPECT(log_line_read(str_of(cases[i].line), &port, &status) == (cases[i].status != 0));
        EXPECT_INT(status, cases[i].status);
        EXPECT_INT(port, cases[i].status ? 32774 : 0);
    }
}

const struct test_row tests[] = {
    { "what lines tell", lines },
    { 0 },
};
