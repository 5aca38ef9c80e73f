/* option ssl-hello-chk: the hello of SSL version 3 as bytes; any record of the protocol is an answer. */
#include "health/check_rules.h"

#define CIPHERS 39

static enum check_verdict judge(struct check *check, const struct check_step *step, struct str bytes,
                                bool last)
{
    (void)step;
    if (bytes.size < 5 && !last)
        return CHECK_WAIT;
    bool record = bytes.size >= 5 && (bytes.data[0] == 0x15 || bytes.data[0] == 0x16) && bytes.data[1] == 3;
    if (!bytes.size)
        return check_step_bad(check, CHECK_L6_RESPONSE, -1, STR("TCPCHK got an empty response at step 2"));
    if (record)
        return check_step_good(check, CHECK_L6_OK, 0, STR_NONE);
    return check_step_bad(check, CHECK_L6_RESPONSE, -1, STR_NONE);
}

static bool prepare(struct check_rules *rules, struct arena *arena, const char *const *words,
                    const char **error)
{
    char hello[128] = { 0x16, 3, 0, 0, 0, /* record: handshake, SSL 3.0, its size */
                        1,    0, 0, 0, 3, 0 /* hello, its size, 3.0 */ };
    size_t size = 11;
    (void)words, (void)error;
    memset(hello + size, 'L', 32); /* the random bytes; nothing is ever derived from them */
    size += 32;
    hello[size++] = 0; /* no session */
    hello[size++] = 0;
    hello[size++] = 2 * CIPHERS;
    for (int i = 1; i <= 0x1b; i++) {
        hello[size++] = 0;
        hello[size++] = (char)i;
    }
    for (int i = 0x2f; i <= 0x3a; i++) {
        hello[size++] = 0;
        hello[size++] = (char)i;
    }
    hello[size++] = 1; /* compression: none */
    hello[size++] = 0;
    hello[4] = (char)(size - 5);
    hello[8] = (char)(size - 9);
    health_send(rules, arena, hello, size);
    health_expect(rules, arena, judge);
    return true;
}

const struct health_row health_ssl_hello_row = { "ssl-hello-chk", "", prepare };
