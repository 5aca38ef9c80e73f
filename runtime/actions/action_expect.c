/* tcp-request connection expect-proxy and expect-netscaler-cip: the client's first bytes are to be a header that says
 * whose the connection is (HAProxy manual 4.2). */
#include "actions/action_read.h"
#include "actions/actions.h"
#include "proxy/bind.h"
#include "stream/session.h"

static bool read_layer(struct cfg_line *line, unsigned *at, struct rule *rule)
{
    if (strcmp(cfg_word(line, *at), "layer4") != 0)
        return action_error(line, rule, "'%s' expects 'layer4'", line->words[*at - 1]);
    ++*at;
    return true;
}

static enum rule_result expect_proxy(struct rule *rule, struct sample_context *context,
                                     struct rule_cursor *cursor)
{
    (void)rule;
    (void)cursor;
    conn_expect_header(&context->session->conn, PROXY_HEADER_PROXY, 0);
    return RULE_NEXT;
}

#define NETSCALER_MAGIC_USUAL 0xc1b

static enum rule_result expect_netscaler(struct rule *rule, struct sample_context *context,
                                         struct rule_cursor *cursor)
{
    const struct bind *bind = context->session->bind;
    uint32_t magic = bind && bind->settings.cip_magic ? bind->settings.cip_magic : NETSCALER_MAGIC_USUAL;
    (void)rule;
    (void)cursor;
    conn_expect_header(&context->session->conn, PROXY_HEADER_NETSCALER, magic);
    return RULE_NEXT;
}

#define CONNECTION RULES_TCP_CONNECTION, read_layer

/* clang-format off */
const struct action_row action_expect_rows[] = {
    { "expect-netscaler-cip", CONNECTION, expect_netscaler, NULL, NULL, NULL, NULL },
    { "expect-proxy", CONNECTION, expect_proxy, NULL, NULL, NULL, NULL },
    { 0 },
};
/* clang-format on */
