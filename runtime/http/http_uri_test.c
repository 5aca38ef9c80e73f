/* Cutting targets and authorities, percent-coding. */
#include "base/test.h"
#include "http/http_uri.h"

#define N NULL

static const struct {
    const char *text;
    enum http_uri_form form;
    const char *scheme, *authority, *path, *query, *fragment, *pathq;
} split_cases[] = {
    { "/", HTTP_URI_ORIGIN, N, N, "/", N, N, "/" },
    { "/a/b?c=d&e", HTTP_URI_ORIGIN, N, N, "/a/b", "c=d&e", N, "/a/b?c=d&e" },
    { "/a?", HTTP_URI_ORIGIN, N, N, "/a", "", N, "/a?" },
    { "/a??b", HTTP_URI_ORIGIN, N, N, "/a", "?b", N, "/a??b" },
    { "/a?b#c?d", HTTP_URI_ORIGIN, N, N, "/a", "b", "c?d", "/a?b#c?d" },
    { "/a#", HTTP_URI_ORIGIN, N, N, "/a", N, "", "/a#" },
    { "//h/p", HTTP_URI_ORIGIN, N, N, "//h/p", N, N, "//h/p" },
    { "http://h:1/p?q", HTTP_URI_ABSOLUTE, "http", "h:1", "/p", "q", N, "/p?q" },
    { "http://h", HTTP_URI_ABSOLUTE, "http", "h", "", N, N, "" },
    { "http://h?q", HTTP_URI_ABSOLUTE, "http", "h", "", "q", N, "?q" },
    { "a+-.1://", HTTP_URI_ABSOLUTE, "a+-.1", "", "", N, N, "" },
    { "1a://h", HTTP_URI_OTHER, N, N, N, N, N, N },
    { "http:/h", HTTP_URI_OTHER, N, N, N, N, N, N },
    { "http:", HTTP_URI_OTHER, N, N, N, N, N, N },
    { "h:80", HTTP_URI_OTHER, N, N, N, N, N, N },
    { "", HTTP_URI_OTHER, N, N, N, N, N, N },
    { "?", HTTP_URI_OTHER, N, N, N, N, N, N },
    { "*", HTTP_URI_ASTERISK, N, N, N, N, N, N },
    { "*a", HTTP_URI_ASTERISK, N, N, N, N, N, N },
};

static void expect_part(struct str got, const char *want)
{
    EXPECT_INT(got.data != NULL, want != NULL);
    EXPECT_STR(got, want);
}

static void splitting(void)
{
    for (size_t i = 0; i < COUNT_OF(split_cases); i++) {
        struct http_uri uri;
        test_case(split_cases[i].text);
        http_uri_split(str_of(split_cases[i].text), &uri);
        EXPECT_INT(uri.form, split_cases[i].form);
        expect_part(uri.scheme, split_cases[i].scheme);
        expect_part(uri.authority, split_cases[i].authority);
        expect_part(uri.path, split_cases[i].path);
        expect_part(uri.query, split_cases[i].query);
        expect_part(uri.fragment, split_cases[i].fragment);
        expect_part(uri.pathq, split_cases[i].pathq);
    }
}

static const struct {
    const char *text;
    bool good, good_lax;
    const char *userinfo, *host, *port;
} authority_cases[] = {
    { "h", true, true, N, "h", N },
    { "h:80", true, true, N, "h", "80" },
    { "h:", true, true, N, "h", "" },
    { "", true, true, N, "", N },
    { ":1", true, true, N, "", "1" },
    { "u:p@h:1", true, true, "u:p", "h", "1" },
    { "@h", true, true, "", "h", N },
    { "[::1]", true, true, N, "[::1]", N },
    { "[::1]:65535", true, true, N, "[::1]", "65535" },
    { "a-b_c.d~%41!$&'()*+,;=", true, true, N, "a-b_c.d~%41!$&'()*+,;=", N },
    { "h:65536", false, false, N, N, N },
    { "h:1a", false, false, N, N, N },
    { "a:1:2", false, false, N, N, N },
    { "[::1", false, false, N, N, N },
    { "[::1]x", false, false, N, N, N },
    { "[]", false, true, N, "[]", N },
    { "a]", false, true, N, "a]", N },
    { "a[b", false, true, N, "a[b", N },
    { "[[a]", false, true, N, "[[a]", N },
    { "a@b@c", false, true, "a", "b@c", N },
    { "a b", false, true, N, "a b", N },
    { "a/b", false, true, N, "a/b", N },
    { "u/v@h", false, true, "u/v", "h", N },
    { "\x80", false, true, N, "\x80", N },
};

static void authorities(void)
{
    for (size_t i = 0; i < COUNT_OF(authority_cases); i++) {
        struct http_authority authority;
        struct str text = str_of(authority_cases[i].text);
        test_case(authority_cases[i].text);
        EXPECT_INT(http_uri_split_authority(text, false, &authority), authority_cases[i].good);
        EXPECT_INT(http_uri_split_authority(text, true, &authority), authority_cases[i].good_lax);
        if (!authority_cases[i].good_lax)
            continue;
        expect_part(authority.userinfo, authority_cases[i].userinfo);
        expect_part(authority.host, authority_cases[i].host);
        expect_part(authority.port, authority_cases[i].port);
    }
}

static void usual_ports(void)
{
    EXPECT(http_uri_is_usual_port(STR("http"), STR("80")));
    EXPECT(http_uri_is_usual_port(STR("HTTPS"), STR("443")));
    EXPECT(http_uri_is_usual_port(STR("ws"), STR("80")));
    EXPECT(http_uri_is_usual_port(STR("wss"), STR("443")));
    EXPECT(http_uri_is_usual_port(STR_NONE, STR("80")));
    EXPECT(http_uri_is_usual_port(STR_NONE, STR("443")));
    EXPECT(http_uri_is_usual_port(STR("ftp"), STR("")));
    EXPECT(!http_uri_is_usual_port(STR("http"), STR("443")));
    EXPECT(!http_uri_is_usual_port(STR("https"), STR("80")));
    EXPECT(!http_uri_is_usual_port(STR("ftp"), STR("80")));
    EXPECT(!http_uri_is_usual_port(STR("http"), STR("080")));
}

static const struct {
    struct str text;
    bool plus;
    const char *decoded; /* NULL: refused */
} decode_cases[] = {
    { STR_INIT("abc"), false, "abc" },
    { STR_INIT("%41%6a%6A"), false, "Ajj" },
    { STR_INIT("a+b?c+d"), false, "a+b?c d" },
    { STR_INIT("a+b"), true, "a b" },
    { STR_INIT("%2b+"), true, "+ " },
    { STR_INIT("%3f+"), false, "?+" },
    { STR_INIT(""), false, "" },
    { STR_INIT("%"), false, NULL },
    { STR_INIT("%4"), false, NULL },
    { STR_INIT("%4g"), false, NULL },
    { STR_INIT("%g4"), false, NULL },
    { STR_INIT("a%%41"), false, NULL },
};

static void coding(void)
{
    char out[3 * 256], all[256], back[256];
    size_t size;
    for (size_t i = 0; i < COUNT_OF(decode_cases); i++) {
        test_case(decode_cases[i].text.data);
        EXPECT_INT(http_uri_decode(decode_cases[i].text, decode_cases[i].plus, out, &size),
                   !!decode_cases[i].decoded);
        if (decode_cases[i].decoded)
            EXPECT_STR(str_make(out, size), decode_cases[i].decoded);
    }
    EXPECT_STR(str_make(out, http_uri_encode(STR("a-b._~1/?\x80 %"), out)), "a-b._~1%2F%3F%80%20%25");
    for (unsigned i = 0; i < sizeof(all); i++)
        all[i] = (char)i;
    size = http_uri_encode(str_make(all, sizeof(all)), out);
    EXPECT_INT(size, 256 + 2 * (256 - 66));
    EXPECT(http_uri_decode(str_make(out, size), true, back, &size));
    EXPECT_VIEW(str_make(back, size), str_make(all, sizeof(all)));
}

const struct test_row tests[] = {
    { "cutting targets", splitting },
    { "cutting authorities", authorities },
    { "usual ports", usual_ports },
    { "percent-coding", coding },
    { 0 },
};
