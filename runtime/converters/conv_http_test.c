/* HTTP's texts as HAProxy 2.6.12 reads them. */
#include "converters/conv_test.h"

static const struct conv_case cases[] = {
    { "str(fr),language(fr;en)", "fr" },
    { "str(\"fr,en;q=0.8\"),language(en;fr)", "fr" },
    { "str(\"fr;q=0.5,en;q=0.8\"),language(en;fr)", "en" },
    { "str(\"de\"),language(en;fr)", NULL },
    { "str(\"de\"),language(en;fr,xx)", "xx" },
    { "str(\"fr-FR,fr;q=0.5\"),language(fr)", "fr" },
    { "str(\"fr-FR\"),language(fr)", "fr" },
    { "str(\"FR\"),language(fr)", NULL },
    { "str(\"*\"),language(fr;en)", NULL },
    { "str(\"en;q=0,fr;q=0.1\"),language(en;fr)",
      "fr" }, /* HAProxy takes the comma for a part of the number */
    { "str(\"en;q=0.000,fr;q=0.1\"),language(en;fr)", "fr" },
    { "str(\"en;q=1.0,fr\"),language(fr;en)", "en" },
    { "str(\"en;q=0.9,fr;q=0.9\"),language(fr;en)", "en" },
    { "str(\"da, en-gb;q=0.8, en;q=0.7\"),language(en)", "en" },
    { "str(\"\"),language(en)", NULL },
    { "str(en;q=2),language(en)", "en" },
    { "str(fr),language(fr-FR)", NULL },
    { "str(\"en-gb\"),language(en-gb;en)", "en-gb" },
    { "str(\"en;q=0\"),language(en)", NULL },
    { "str(\"en;q=0\"),language(en,d)", "d" },
    { "str(\"en;x=1\"),language(en)", "en" },
    { "str(\"en ; q=0.5 , fr\"),language(en;fr)", "fr" },
    { "str(\"en;q=0.5,fr;q=0.55\"),language(en;fr)", "fr" },
    { "str(\"en;q=1.5,fr\"),language(en;fr)", "en" },
    { "str(example.com:80),host_only", "example.com" },
    { "str(example.com),host_only", "example.com" },
    { "str([::1]:80),host_only", "[::1]" },
    { "str([::1]),host_only", "[::1]" },
    { "str([::1),host_only", "[:" },
    { "str(::1),host_only", ":" },
    { "str(10.0.0.1:8080),host_only", "10.0.0.1" },
    { "str(example.com:80),port_only", "80" },
    { "str(example.com),port_only", "0" },
    { "str(example.com:),port_only", "0" },
    { "str([::1]:80),port_only", "80" },
    { "str([::1]),port_only", "0" },
    { "str(::1),port_only", "1" },
    { "str(example.com:abc),port_only", "0" }, /* HAProxy computes with the letters */
    { "str(),host_only", "" },
    { "str(),port_only", "0" },
    { "str(a%20b),url_dec", "a b" },
    { "str(a+b),url_dec", "a+b" },
    { "str(a?b+c),url_dec", "a?b c" },
    { "str(a+b),url_dec(1)", "a b" },
    { "str(a+b),url_dec(0)", "a+b" },
    { "str(a%2),url_dec", NULL },
    { "str(a%zz),url_dec", NULL },
    { "str(%41%2f%2B),url_dec", "A/+" },
    { "str(a%00b),url_dec,hex", "610062" },
    { "str(),url_dec", "" },
    { "str(a b&c=d/e?f~g_h-i.j),url_enc", "a%20b%26c%3Dd%2Fe%3Ff~g_h-i.j" },
    { "str(a b),url_enc(query)", "a%20b" },
    { "str(a b),url_enc(foo)",
      "!invalid args in converter 'url_enc' : Unexpected encode type. Allowed value is 'query'" },
    { "bin(e9ff00),url_enc", "%E9%FF" },
    { "str(abc),url_dec(x)",
      "!invalid arg 1 in converter 'url_dec' : failed to parse 'x' as type 'integer' at position 1" },
};

static void as_observed(void)
{
    conv_test_run(cases, COUNT_OF(cases), NULL);
}

const struct test_row tests[] = {
    { "hosts, percent-coding and languages are HAProxy's", as_observed },
    { 0 },
};
