/* TLS of the shell's programs: OpenSSL's client over bytes that somebody else carries. Its random bytes are the world's. */
#ifndef SIM_SHELL_TLS_H
#define SIM_SHELL_TLS_H
#include "base/buf.h"
#include "sim/world.h"

struct shell_tls;

struct shell_tls_wish {
    const char *server_name; /* NULL: none is sent */
    int version;             /* TLS1_2_VERSION and so on, the only one; 0: any */
    bool only_handshake;     /* and then an orderly end */
    bool reports; /* what was agreed on, as `openssl s_client` prints it, comes before the peer's bytes */
};

enum shell_tls_status { SHELL_TLS_MORE, SHELL_TLS_OVER, SHELL_TLS_BROKEN };

/* entity: whose random bytes. NULL: OpenSSL would not. No certificate is verified. */
struct shell_tls *shell_tls_create(const struct shell_tls_wish *wish, struct world *world,
                                   uint32_t entity) MUST_USE;
void shell_tls_destroy(struct shell_tls *tls); /* NULL is fine */
void shell_tls_received(struct shell_tls *tls, struct str bytes);
/* Goes on as far as it can with what was received. request: all of it, each time; what the peer said is added to out.
 * Afterwards there may be something unsent, whatever the status. */
enum shell_tls_status shell_tls_turn(struct shell_tls *tls, struct str request, struct buf *out) MUST_USE;
struct str shell_tls_unsent(const struct shell_tls *tls);
void shell_tls_sent(struct shell_tls *tls, size_t size);

#endif
