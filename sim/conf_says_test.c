/* Which configurations have HTTP alone. */
#include "base/test.h"
#include "sim/conf_says.h"

static void modes(void)
{
    static const struct {
        const char *says, *conf;
        bool http;
    } cases[] = {
        { "nothing is nothing else", "global\n", true },
        { "tcp goes without saying", "frontend a\n    bind :1\n", false },
        { "its own word", "frontend a\n    mode http\n", true },
        { "defaults before it", "defaults\n  mode http\nfrontend a\n  bind :1\n", true },
        { "other defaults", "defaults\n  mode http\ndefaults\n  timeout client 1s\nlisten a\n", false },
        { "one of two", "defaults\n  mode http\nfrontend a\nlisten b\n\tmode tcp\n", false },
        { "a backend has none", "defaults\n  mode http\nfrontend a\nbackend b\n  mode tcp\n", true },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        test_case(cases[i].says);
        EXPECT(conf_is_all_http(str_of(cases[i].conf)) == cases[i].http);
    }
}

const struct test_row tests[] = {
    { "modes of frontends", modes },
    { 0 },
};
