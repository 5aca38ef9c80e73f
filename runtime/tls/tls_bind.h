/* TLS of a listener: its certificates, and which one a client gets by the name and the abilities in its hello.
 *
 * A connection begins on the `initial` context, which holds the session cache and the ticket keys; the hello moves it to
 * the context of an entry. An entry is one certificate with its filters; without filters it answers to the names that
 * the certificate holds. */
#ifndef TLS_TLS_BIND_H
#define TLS_TLS_BIND_H
#include "tls/tls_library.h"
#include "tls/tls_settings.h"

struct tls_cert;
struct tls_crt_line;
struct tls_forge;
struct tls_pem;
struct tls_tickets;

enum tls_key_kind { TLS_KEY_RSA, TLS_KEY_ECDSA, TLS_KEY_DSA, TLS_KEY_KINDS };

struct tls_entry {
    struct list link;      /* bind's entries */
    struct list cert_link; /* cert's entries */
    struct list line_link; /* the line's entries */
    struct tls_bind *bind;
    struct tls_cert *cert;
    struct tls_crt_line *line; /* NULL: of a plain crt */
    struct tls_settings settings;
    SSL_CTX *context;
    struct buf alpn; /* as on the wire */
    enum tls_key_kind kind;
};

struct tls_bind {
    struct list link; /* library's binds */
    struct tls_library *library;
    struct tls_settings settings;
    SSL_CTX *initial;
    struct list entries, retired;
    struct tls_entry *usual;      /* for no name, or one that nobody answers to */
    struct dict names, wildcards; /* struct tls_name *, chains; "www.a.com", ".a.com" */
    struct arena names_arena;
    struct tls_forge *forge;     /* NULL: names that nobody answers to get the usual one */
    struct tls_tickets *tickets; /* NULL: OpenSSL's own keys */
    bool early;                  /* a client may send early data, to one of its entries at least */
    const char *label;           /* for messages: "bind :443" */
};

/* settings: merged ones. NULL: *error says why. */
struct tls_bind *tls_bind_create(struct tls_library *library, const struct tls_settings *settings,
                                 const char *label, struct buf *error) MUST_USE;
void tls_bind_destroy(struct tls_bind *bind);
/* All of a crt word: a file, its variants .rsa .ecdsa .dsa, or a folder. */
bool tls_bind_add_crt(struct tls_bind *bind, const char *path, struct buf *error) MUST_USE;
bool tls_bind_add_list(struct tls_bind *bind, const char *path, struct buf *error) MUST_USE;
/* After the last one, and after each later change: names find their entries. false: no memory. */
bool tls_bind_index(struct tls_bind *bind) MUST_USE;

struct tls_entry *tls_entry_create(struct tls_bind *bind, struct tls_cert *cert, struct tls_crt_line *line,
                                   struct buf *error) MUST_USE;
void tls_entry_destroy(struct tls_entry *entry);
/* Takes it out of use; its memory stays until the bind ends, for handshakes that began with it. The bind is to be
 * indexed after. */
void tls_entry_retire(struct tls_entry *entry);
/* The names that it answers to, "!" in front of those that it does not, a NUL behind each. */
void tls_entry_names(const struct tls_entry *entry, struct buf *out);
void tls_entry_refresh(struct tls_entry *entry); /* its certificate's content changed */
/* A context with this content instead of the certificate's own, for a change that is tried first. NULL: said. */
SSL_CTX *tls_entry_context(struct tls_entry *entry, const struct tls_pem *pem, struct buf *error) MUST_USE;

#endif
