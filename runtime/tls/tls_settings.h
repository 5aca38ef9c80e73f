/* What options behind `bind ... ssl`, `server ... ssl`, a crt-list's line and the ssl-default-* words say. */
#ifndef TLS_TLS_SETTINGS_H
#define TLS_TLS_SETTINGS_H
#include "base/buf.h"
#include <stdint.h>

struct arena;

enum tls_verify { TLS_VERIFY_UNSET, TLS_VERIFY_NONE, TLS_VERIFY_OPTIONAL, TLS_VERIFY_REQUIRED };
enum tls_version {
    TLS_VERSION_UNSET,
    TLS_SSLV3,
    TLS_TLSV10,
    TLS_TLSV11,
    TLS_TLSV12,
    TLS_TLSV13,
    TLS_VERSION_COUNT
};

struct tls_error_set { /* X509_V_ERR_* that are let through */
    bool all;
    uint64_t bits[2];
};

enum tls_switch { TLS_NOT_SAID, TLS_OFF, TLS_ON };

struct tls_settings {
    const char *ca_file, *ca_verify_file, *crl_file, *ciphers, *ciphersuites, *curves, *ecdhe, *sigalgs,
        *client_sigalgs, *alpn, *ticket_keys, *ca_sign_file, *ca_sign_pass;
    const char *crt, *verify_host; /* servers */
    int verify;                    /* enum tls_verify */
    int ocsp_update;               /* enum tls_switch */
    int version_min, version_max;  /* enum tls_version */
    unsigned versions_off;         /* bit 1 << enum tls_version: no-sslv3 and the like */
    struct tls_error_set crt_ignore, ca_ignore;
    bool no_tickets, strict_sni, no_strict_sni, allow_0rtt, no_ca_names, no_reuse, generate,
        prefer_client_ciphers, no_alpn;
};

struct tls_crt { /* crt and crt-list of a bind line, in order */
    struct tls_crt *next;
    const char *path;
    bool is_list;
};

struct tls_tuning {          /* tune.ssl.* */
    int64_t cache_size;      /* sessions */
    uint64_t lifetime_s;     /* of a session */
    uint32_t early_max;      /* bytes of early data that are taken */
    int64_t max_record;      /* bytes; 0: no limit of ours */
    int64_t default_dh_bits; /* 0: no DHE without parameters of a file */
    int64_t capture_size;    /* of a client's hello; 0: none is kept */
    bool keylog;
    const char *crt_base, *ca_base; /* NULL: none */
    const char *dh_file;            /* ssl-dh-param-file */
    const char *issuers_path;       /* issuers-chain-path */
    int64_t security_level;         /* -1: OpenSSL's own */
    bool skip_self_issued_ca;
    bool ocsp_update; /* ocsp-update.mode: holds for certificates that are not said to be updated or not */
    int64_t ocsp_min_s, ocsp_max_s; /* ocsp-update.mindelay and .maxdelay */
    bool ocsp_disable;              /* ocsp-update.disable: none is, whatever is said */
    unsigned extra_files;           /* enum tls_extra_file bits */
    bool extra_delete_extension;
};

enum tls_extra_file { /* what is looked for beside a certificate: ssl-load-extra-files */
                      TLS_EXTRA_BUNDLE = 1,
                      TLS_EXTRA_SCTL = 2,
                      TLS_EXTRA_OCSP = 4,
                      TLS_EXTRA_ISSUER = 8,
                      TLS_EXTRA_KEY = 16,
                      TLS_EXTRA_ALL = 31,
};

/* Places where a word may stand. */
enum tls_place {
    TLS_ON_BIND = 1,
    TLS_ON_SERVER = 2,
    TLS_IN_CRT_LIST = 4,
    TLS_BIND_DEFAULT = 8,
    TLS_SERVER_DEFAULT = 16
};

struct tls_word;
/* NULL: there is no such word at that place. */
const struct tls_word *tls_word_find(const char *word, unsigned place);
bool tls_word_has_value(const struct tls_word *word);
/* Sets what the word says; text is copied into the arena. false: *error says why, without the word. */
bool tls_word_set(const struct tls_word *word, struct tls_settings *settings, const char *value,
                  struct arena *arena, struct buf *error) MUST_USE;
/* What own leaves open is taken from defaults. */
struct tls_settings tls_settings_merge(const struct tls_settings *own, const struct tls_settings *defaults);
/* The lowest and highest version as OpenSSL counts them. false: all are disabled. */
bool tls_settings_versions(const struct tls_settings *settings, int *low, int *high) MUST_USE;
bool tls_error_set_has(const struct tls_error_set *set, int error);

#endif
