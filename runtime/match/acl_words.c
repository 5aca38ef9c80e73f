/* ACL-only words: criteria with a method built in, and the pre-defined ACLs (HAProxy manual 7.3 and 7.4). */
#include "match/acl_words.h"

#define FAMILY(prefix, fetch)                                                                                \
    { prefix "_beg", fetch, MATCH_BEG, NULL, false }, { prefix "_dir", fetch, MATCH_DIR, NULL, false },      \
        { prefix "_dom", fetch, MATCH_DOM, NULL, false }, { prefix "_end", fetch, MATCH_END, NULL, false },  \
        { prefix "_len", fetch, MATCH_LEN, NULL, false }, { prefix "_reg", fetch, MATCH_REG, NULL, false },  \
    {                                                                                                        \
        prefix "_sub", fetch, MATCH_SUB, NULL, false                                                         \
    }
#define CRITERION(name, fetch, method)                                                                       \
    {                                                                                                        \
        name, fetch, method, NULL, false                                                                     \
    }
#define DEFINED(name, fetch, method, patterns)                                                               \
    {                                                                                                        \
        name, fetch, method, patterns, false                                                                 \
    }

/* A plain hdr or cook looks at the request wherever it stands. */
const struct acl_row acl_word_rows[] = {
    FAMILY("base", "base"),
    CRITERION("cook", "req.cook", MATCH_STR),
    FAMILY("cook", "req.cook"),
    CRITERION("hdr", "req.hdr", MATCH_STR),
    FAMILY("hdr", "req.hdr"),
    CRITERION("http_auth_group", "http_auth_group", MATCH_STR),
    CRITERION("method", "method", MATCH_STR),
    FAMILY("path", "path"),
    CRITERION("payload", "req.payload", MATCH_BIN),
    CRITERION("payload_lv", "req.payload_lv", MATCH_BIN),
    CRITERION("req_rdp_cookie", "req.rdp_cookie", MATCH_STR),
    CRITERION("req_rdp_cookie_cnt", "req.rdp_cookie_cnt", MATCH_INT),
    CRITERION("req_ssl_sni", "req.ssl_sni", MATCH_STR),
    { "req_ssl_ver", "req.ssl_ver", MATCH_INT, NULL, true },
    { "req.ssl_ver", "req.ssl_ver", MATCH_INT, NULL, true },
    CRITERION("req_ver", "req.ver", MATCH_STR),
    CRITERION("resp_ver", "res.ver", MATCH_STR),
    CRITERION("scook", "res.cook", MATCH_STR),
    FAMILY("scook", "res.cook"),
    CRITERION("shdr", "res.hdr", MATCH_STR),
    FAMILY("shdr", "res.hdr"),
    CRITERION("ssl_fc_sni_end", "ssl_fc_sni", MATCH_END),
    CRITERION("ssl_fc_sni_reg", "ssl_fc_sni", MATCH_REG),
    FAMILY("url", "url"),
    CRITERION("urlp", "urlp", MATCH_STR),
    FAMILY("urlp", "urlp"),

    DEFINED("FALSE", "always_false", MATCH_BOOL, ""),
    DEFINED("HTTP", "req.proto_http", MATCH_BOOL, ""),
    DEFINED("HTTP_1.0", "req.ver", MATCH_STR, "1.0"),
    DEFINED("HTTP_1.1", "req.ver", MATCH_STR, "1.1"),
    DEFINED("HTTP_2.0", "req.ver", MATCH_STR, "2.0"),
    DEFINED("HTTP_CONTENT", "req.hdr_val(content-length)", MATCH_INT, "1:"),
    DEFINED("HTTP_URL_ABS", "url", MATCH_REG, "^[^/:]*://"),
    DEFINED("HTTP_URL_SLASH", "url", MATCH_BEG, "/"),
    DEFINED("HTTP_URL_STAR", "url", MATCH_STR, "*"),
    DEFINED("LOCALHOST", "src", MATCH_IP, "127.0.0.1/8 ::1"),
    DEFINED("METH_CONNECT", "method", MATCH_STR, "CONNECT"),
    DEFINED("METH_DELETE", "method", MATCH_STR, "DELETE"),
    DEFINED("METH_GET", "method", MATCH_STR, "GET HEAD"),
    DEFINED("METH_HEAD", "method", MATCH_STR, "HEAD"),
    DEFINED("METH_OPTIONS", "method", MATCH_STR, "OPTIONS"),
    DEFINED("METH_POST", "method", MATCH_STR, "POST"),
    DEFINED("METH_PUT", "method", MATCH_STR, "PUT"),
    DEFINED("METH_TRACE", "method", MATCH_STR, "TRACE"),
    DEFINED("RDP_COOKIE", "req.rdp_cookie_cnt", MATCH_INT, "1:"),
    DEFINED("REQ_CONTENT", "req.len", MATCH_INT, "1:"),
    DEFINED("TRUE", "always_true", MATCH_BOOL, ""),
    DEFINED("WAIT_END", "wait_end", MATCH_BOOL, ""),
    { 0 },
};
