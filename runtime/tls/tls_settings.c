/* The words of TLS as a table: one list serves bind lines, server lines, lines of a crt-list and ssl-default-*. */
#include "tls/tls_settings.h"
#include "base/arena.h"
#include "base/units.h"
#include "tls/tls_x509.h"
#include <openssl/ssl.h>

enum word_kind {
    TEXT,
    TEXT_IGNORED,
    VERIFY,
    VERSION,
    SWITCH,
    ERRORS,
    SET,
    CLEAR,
    VERSION_OFF,
    VERSION_ON,
    VERSION_ONLY,
    NOTHING
};

struct tls_word {
    const char *word;
    enum word_kind kind;
    unsigned places;
    size_t offset;
    int value; /* enum tls_version */
};

#define BIND      (TLS_ON_BIND | TLS_IN_CRT_LIST)
#define BOTH      (TLS_ON_BIND | TLS_IN_CRT_LIST | TLS_ON_SERVER)
#define LINES     (TLS_ON_BIND | TLS_ON_SERVER)
#define OPTION    (TLS_ON_BIND | TLS_ON_SERVER | TLS_BIND_DEFAULT | TLS_SERVER_DEFAULT)
#define OPTION_   (OPTION | TLS_IN_CRT_LIST)
#define AT(field) offsetof(struct tls_settings, field)

/* clang-format off */
static const struct tls_word words[] = {
    { "allow-0rtt", SET, BOTH, AT(allow_0rtt), 0 },
    { "alpn", TEXT, BOTH, AT(alpn), 0 },
    { "no-alpn", SET, BOTH, AT(no_alpn), 0 },
    { "npn", TEXT_IGNORED, BOTH, 0, 0 },
    { "ca-file", TEXT, BOTH, AT(ca_file), 0 },
    { "ca-ignore-err", ERRORS, TLS_ON_BIND, AT(ca_ignore), 0 },
    { "ca-sign-file", TEXT, TLS_ON_BIND, AT(ca_sign_file), 0 },
    { "ca-sign-pass", TEXT, TLS_ON_BIND, AT(ca_sign_pass), 0 },
    { "ca-verify-file", TEXT, BIND, AT(ca_verify_file), 0 },
    { "ciphers", TEXT, BOTH, AT(ciphers), 0 },
    { "ciphersuites", TEXT, BOTH, AT(ciphersuites), 0 },
    { "client-sigalgs", TEXT, BOTH, AT(client_sigalgs), 0 },
    { "crl-file", TEXT, BOTH, AT(crl_file), 0 },
    { "crt", TEXT, TLS_ON_SERVER, AT(crt), 0 },
    { "crt-ignore-err", ERRORS, TLS_ON_BIND, AT(crt_ignore), 0 },
    { "curves", TEXT, BOTH, AT(curves), 0 },
    { "ecdhe", TEXT, BIND, AT(ecdhe), 0 },
    { "force-sslv3", VERSION_ONLY, OPTION, 0, TLS_SSLV3 },
    { "force-tlsv10", VERSION_ONLY, OPTION, 0, TLS_TLSV10 },
    { "force-tlsv11", VERSION_ONLY, OPTION, 0, TLS_TLSV11 },
    { "force-tlsv12", VERSION_ONLY, OPTION, 0, TLS_TLSV12 },
    { "force-tlsv13", VERSION_ONLY, OPTION, 0, TLS_TLSV13 },
    { "generate-certificates", SET, TLS_ON_BIND, AT(generate), 0 },
    { "no-ca-names", SET, BIND, AT(no_ca_names), 0 },
    { "no-sslv3", VERSION_OFF, OPTION, 0, TLS_SSLV3 },
    { "no-tlsv10", VERSION_OFF, OPTION, 0, TLS_TLSV10 },
    { "no-tlsv11", VERSION_OFF, OPTION, 0, TLS_TLSV11 },
    { "no-tlsv12", VERSION_OFF, OPTION, 0, TLS_TLSV12 },
    { "no-tlsv13", VERSION_OFF, OPTION, 0, TLS_TLSV13 },
    { "sslv3", VERSION_ON, TLS_ON_SERVER, 0, TLS_SSLV3 },
    { "tlsv10", VERSION_ON, TLS_ON_SERVER, 0, TLS_TLSV10 },
    { "tlsv11", VERSION_ON, TLS_ON_SERVER, 0, TLS_TLSV11 },
    { "tlsv12", VERSION_ON, TLS_ON_SERVER, 0, TLS_TLSV12 },
    { "tlsv13", VERSION_ON, TLS_ON_SERVER, 0, TLS_TLSV13 },
    { "no-tls-tickets", SET, OPTION, AT(no_tickets), 0 },
    { "tls-tickets", CLEAR, LINES, AT(no_tickets), 0 },
    { "no-ssl-reuse", SET, TLS_ON_SERVER, AT(no_reuse), 0 },
    { "ssl-reuse", CLEAR, TLS_ON_SERVER, AT(no_reuse), 0 },
    { "prefer-client-ciphers", SET, TLS_ON_BIND | TLS_BIND_DEFAULT, AT(prefer_client_ciphers), 0 },
    { "sigalgs", TEXT, BOTH, AT(sigalgs), 0 },
    { "ssl-max-ver", VERSION, OPTION_, AT(version_max), 0 },
    { "ssl-min-ver", VERSION, OPTION_, AT(version_min), 0 },
    { "no-strict-sni", SET, TLS_ON_BIND, AT(no_strict_sni), 0 },
    { "strict-sni", SET, TLS_ON_BIND | TLS_BIND_DEFAULT, AT(strict_sni), 0 },
    { "tls-ticket-keys", TEXT, TLS_ON_BIND, AT(ticket_keys), 0 },
    { "verify", VERIFY, BOTH, AT(verify), 0 },
    { "verifyhost", TEXT, TLS_ON_SERVER, AT(verify_host), 0 },
    { "ocsp-update", SWITCH, TLS_IN_CRT_LIST, AT(ocsp_update), 0 },
};
/* clang-format on */

static const char *const version_names[] = { "", "SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3" };
static const int version_numbers[] = {
    0, SSL3_VERSION, TLS1_VERSION, TLS1_1_VERSION, TLS1_2_VERSION, TLS1_3_VERSION
};

const struct tls_word *tls_word_find(const char *word, unsigned place)
{
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if ((words[i].places & place) && strcmp(words[i].word, word) == 0)
            return &words[i];
    }
    return NULL;
}

bool tls_word_has_value(const struct tls_word *word)
{
    return word->kind <= ERRORS;
}

static bool wrong(struct buf *error, const char *format, ...) PRINTF_LIKE(2, 3);
static bool wrong(struct buf *error, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    buf_vprintf(error, format, values);
    va_end(values);
    return false;
}

static bool set_verify(int *out, const char *value, struct buf *error)
{
    static const char *const names[] = { "none", "optional", "required" };
    for (int i = 0; i < (int)COUNT_OF(names); i++) {
        if (strcmp(value, names[i]) == 0) {
            *out = TLS_VERIFY_NONE + i;
            return true;
        }
    }
    return wrong(error, "unknown verify method '%s', only 'none', 'optional', and 'required' are supported",
                 value);
}

static bool set_version(int *out, const char *value, struct buf *error)
{
    for (int i = TLS_SSLV3; i < TLS_VERSION_COUNT; i++) {
        if (strcmp(value, version_names[i]) == 0) {
            *out = i;
            return true;
        }
    }
    return wrong(error, "'%s' : unknown ssl/tls version", value);
}

/* "all", or numbers and names of X509_V_ERR_* with commas between. */
static bool set_errors(struct tls_error_set *set, const char *value, struct buf *error)
{
    struct str rest = str_of(value);
    if (strcmp(value, "all") == 0) {
        set->all = true;
        return true;
    }
    while (rest.data) {
        int64_t number = 0;
        struct str one = str_split(&rest, ',');
        int named = tls_x509_error_number(one);
        if (named > 0)
            number = named;
        else if (!units_parse_int(one, 1, 94, &number))
            return wrong(error, "ID '%lld' out of range (1..94) in error IDs list '%s'", (long long)number,
                         value);
        set->bits[number / 64] |= (uint64_t)1 << (number % 64);
    }
    return true;
}

bool tls_word_set(const struct tls_word *word, struct tls_settings *settings, const char *value,
                  struct arena *arena, struct buf *error)
{
    void *at = (char *)settings + word->offset;
    if (tls_word_has_value(word) && !value[0])
        return wrong(error, "missing argument");
    switch (word->kind) {
    case TEXT:
        *(const char **)at = arena_copy(arena, str_of(value)).data;
        return *(const char **)at || wrong(error, "out of memory");
    case VERIFY:
        return set_verify(at, value, error);
    case VERSION:
        return set_version(at, value, error);
    case SWITCH:
        *(int *)at = strcmp(value, "on") == 0 ? TLS_ON : TLS_OFF;
        return *(int *)at == TLS_ON || strcmp(value, "off") == 0 ||
               wrong(error, "'%s' : expects <on|off>.", word->word);
    case ERRORS:
        return set_errors(at, value, error);
    case SET:
    case CLEAR:
        *(bool *)at = word->kind == SET;
        return true;
    case VERSION_OFF:
        settings->versions_off |= 1u << word->value;
        return true;
    case VERSION_ON:
        settings->versions_off &= ~(1u << word->value);
        return true;
    case VERSION_ONLY:
        settings->version_min = settings->version_max = word->value;
        return true;
    case TEXT_IGNORED:
    case NOTHING:
        break;
    }
    return true;
}

struct tls_settings tls_settings_merge(const struct tls_settings *own, const struct tls_settings *defaults)
{
    struct tls_settings merged = *own;
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        void *to = (char *)&merged + words[i].offset;
        const void *from = (const char *)defaults + words[i].offset;
        if (words[i].kind == TEXT && !*(const char **)to)
            *(const char **)to = *(const char *const *)from;
        else if ((words[i].kind == VERIFY || words[i].kind == VERSION) && !*(int *)to)
            *(int *)to = *(const int *)from;
        else if (words[i].kind == SET)
            *(bool *)to = *(bool *)to || *(const bool *)from;
    }
    merged.versions_off |= defaults->versions_off;
    if (own->no_strict_sni)
        merged.strict_sni = false;
    return merged;
}

/* Without a word on the lowest, TLS 1.2 it is; versions that are off at either end move that end. */
bool tls_settings_versions(const struct tls_settings *settings, int *low, int *high)
{
    int first = settings->version_min ? settings->version_min : TLS_TLSV12;
    int last = settings->version_max ? settings->version_max : TLS_TLSV13;
    if (!settings->version_min && settings->version_max && settings->version_max < first)
        first = settings->version_max;
    while (first <= last && (settings->versions_off & (1u << first)))
        first++;
    while (last >= first && (settings->versions_off & (1u << last)))
        last--;
    if (first > last)
        return false;
    *low = version_numbers[first];
    *high = version_numbers[last];
    return true;
}

bool tls_error_set_has(const struct tls_error_set *set, int error)
{
    return set->all || (error > 0 && error < 128 && (set->bits[error / 64] >> (error % 64) & 1));
}
