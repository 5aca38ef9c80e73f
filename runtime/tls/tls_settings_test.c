/* Words of TLS settings: what they set, what they refuse, how defaults fill in. */
#include "base/arena.h"
#include "base/test.h"
#include "tls/tls_settings.h"
#include <openssl/ssl.h>

struct word_case {
    const char *says, *word, *value;
    unsigned place;
    bool known, good;
};

static const struct word_case cases[] = {
    { "a text", "ciphers", "HIGH", TLS_ON_BIND, true, true },
    { "a text that is missing", "ciphers", "", TLS_ON_BIND, true, false },
    { "how clients are verified", "verify", "optional", TLS_IN_CRT_LIST, true, true },
    { "no way to verify", "verify", "perhaps", TLS_ON_SERVER, true, false },
    { "a version", "ssl-min-ver", "TLSv1.3", TLS_BIND_DEFAULT, true, true },
    { "no version", "ssl-min-ver", "TLSv1.4", TLS_ON_BIND, true, false },
    { "errors by number", "crt-ignore-err", "10,23", TLS_ON_BIND, true, true },
    { "errors by name", "crt-ignore-err", "X509_V_ERR_CERT_REVOKED", TLS_ON_BIND, true, true },
    { "an error that there is not", "ca-ignore-err", "95", TLS_ON_BIND, true, false },
    { "a bind's word on a server", "strict-sni", "", TLS_ON_SERVER, false, false },
    { "a server's word on a bind", "verifyhost", "x", TLS_ON_BIND, false, false },
    { "no word at all", "nonsense", "", TLS_ON_BIND, false, false },
};

static void words_are_read(void)
{
    struct arena arena;
    arena_init(&arena, 512);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct tls_settings settings = { 0 };
        struct buf error = BUF_INIT;
        const struct tls_word *word = tls_word_find(cases[i].word, cases[i].place);
        test_case(cases[i].says);
        EXPECT(!word == !cases[i].known);
        if (word)
            EXPECT(tls_word_set(word, &settings, cases[i].value, &arena, &error) == cases[i].good);
        EXPECT(!word || cases[i].good == !error.size);
        buf_finish(&error);
    }
    test_case(NULL);
    arena_finish(&arena);
}

struct version_case {
    struct tls_settings settings;
    bool any;
    int low, high;
};

static const struct version_case versions[] = {
    { { 0 }, true, TLS1_2_VERSION, TLS1_3_VERSION },
    { { .version_min = TLS_TLSV10 }, true, TLS1_VERSION, TLS1_3_VERSION },
    { { .version_max = TLS_TLSV11 }, true, TLS1_1_VERSION, TLS1_1_VERSION },
    { { .version_min = TLS_TLSV13, .version_max = TLS_TLSV13 }, true, TLS1_3_VERSION, TLS1_3_VERSION },
    { { .versions_off = 1u << TLS_TLSV12 }, true, TLS1_3_VERSION, TLS1_3_VERSION },
    { { .versions_off = 1u << TLS_TLSV13 }, true, TLS1_2_VERSION, TLS1_2_VERSION },
    { { .versions_off = 1u << TLS_TLSV12 | 1u << TLS_TLSV13 }, false, 0, 0 },
    { { .version_min = TLS_TLSV13, .version_max = TLS_TLSV12 }, false, 0, 0 },
};

static void versions_are_counted(void)
{
    for (size_t i = 0; i < COUNT_OF(versions); i++) {
        int low = 0, high = 0;
        EXPECT(tls_settings_versions(&versions[i].settings, &low, &high) == versions[i].any);
        EXPECT(low == versions[i].low && high == versions[i].high);
    }
}

static void defaults_fill_in(void)
{
    const struct tls_settings defaults = { .ciphers = "D",
                                           .curves = "C",
                                           .verify = TLS_VERIFY_NONE,
                                           .versions_off = 1u << TLS_TLSV12,
                                           .strict_sni = true };
    const struct tls_settings own = { .ciphers = "O", .verify = TLS_VERIFY_REQUIRED };
    struct tls_settings merged = tls_settings_merge(&own, &defaults);
    EXPECT(strcmp(merged.ciphers, "O") == 0 && strcmp(merged.curves, "C") == 0);
    EXPECT(merged.verify == TLS_VERIFY_REQUIRED && merged.strict_sni);
    EXPECT(merged.versions_off == 1u << TLS_TLSV12);
    const struct tls_settings loose = { .no_strict_sni = true };
    EXPECT(!tls_settings_merge(&loose, &defaults).strict_sni);
}

static void errors_are_a_set(void)
{
    struct tls_error_set set = { .bits = { (uint64_t)1 << 10, 1 } };
    EXPECT(tls_error_set_has(&set, 10) && tls_error_set_has(&set, 64));
    EXPECT(!tls_error_set_has(&set, 11) && !tls_error_set_has(&set, 0) && !tls_error_set_has(&set, 1000));
    set.all = true;
    EXPECT(tls_error_set_has(&set, 11));
}

const struct test_row tests[] = {
    { "words are read", words_are_read },
    { "versions are counted", versions_are_counted },
    { "defaults fill in", defaults_fill_in },
    { "errors are a set", errors_are_a_set },
    { 0 },
};
