/* Elements and nodes, good and bad. */
#include "base/test.h"
#include "http/http_forwarded.h"

static const struct {
    const char *text;
    bool good;
} elements[] = {
    { "proto=http;for=127.0.0.1", true },
    { "for=\"unknown:132\";host=\"[::1]:65535\";by=\"_obfs:_port\";proto=https", true },
    { "For=\"127.0.0.1\"; HOST=v.test", true },
    { "by=\"[::1]\"", true },
    { "by=\"[::1]:3\"", true },
    { "by=\"[::1]:\"", false },
    { "by=[::1]", false },
    { "by=\"[127.0.0.1]\"", false },
    { "for=127.0.0.1:80", false },
    { "for=\"127.0.0.1:65536\"", false },
    { "for=\"127.0.0.1:8x\"", false },
    { "fore=\"unknown:132\"", false },
    { "proto=http;proto=http", false },
    { "proto=ftp", false },
    { "proto=http;", false },
    { "proto=http,for=127.0.0.1", false },
    { "for=_", false },
    { "for=\"_a\\b\"", false },
    { "host=", false },
    { "\"", false },
    { "", false },
};

static void each_element(void)
{
    for (size_t i = 0; i < COUNT_OF(elements); i++) {
        struct http_forwarded forwarded;
        bool good = http_forwarded_read(str_of(elements[i].text), &forwarded);
        EXPECT(good == elements[i].good);
    }
}

static void parts(void)
{
    struct http_forwarded forwarded;
    struct http_node node;
    EXPECT(http_forwarded_read(STR("proto=http;for=\"[::1]:_id\""), &forwarded));
    EXPECT_STR(forwarded.values[FORWARDED_PROTO], "http");
    EXPECT_STR(forwarded.values[FORWARDED_FOR], "[::1]:_id");
    EXPECT(!forwarded.values[FORWARDED_BY].data);
    EXPECT(http_node_read(forwarded.values[FORWARDED_FOR], &node));
    EXPECT(node.kind == NODE_ADDRESS && node.addr.family == ADDR_IPV6);
    EXPECT_STR(node.name, "::1");
    EXPECT_STR(node.port, "_id");
    EXPECT(http_node_read(STR("_x"), &node) && node.kind == NODE_OBFUSCATED && !node.port.data);
    EXPECT(http_node_read(STR("unknown:7"), &node) && node.kind == NODE_UNKNOWN);
}

const struct test_row tests[] = {
    { "elements are taken and refused as they should be", each_element },
    { "what stands in an element", parts },
    { 0 },
};
