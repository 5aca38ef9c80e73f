/* Keys of session tickets from a file: of several, the last but one encrypts, all decrypt (manual 5.1,
 * "tls-ticket-keys"). */
#ifndef TLS_TLS_TICKET_H
#define TLS_TLS_TICKET_H
#include "tls/tls_library.h"

#define TLS_TICKET_KEYS 3 /* tune: what the ring holds */

struct tls_ticket_key {
    unsigned char name[16], hmac[32], cipher[32];
};

struct tls_tickets {
    struct tls_library *library;
    const char *path;
    struct tls_ticket_key keys[TLS_TICKET_KEYS]; /* oldest first */
    unsigned newest;                             /* encrypts: the last but one of them */
    unsigned key_size;                           /* of the cipher: 16 or 32 */
};

struct tls_tickets *tls_tickets_load(struct tls_library *library, const char *path,
                                     struct buf *error) MUST_USE;
void tls_tickets_destroy(struct tls_tickets *tickets);
bool tls_tickets_use(struct tls_tickets *tickets, SSL_CTX *context) MUST_USE;
/* A new key joins, the oldest goes. text: base64. */
bool tls_tickets_rotate(struct tls_tickets *tickets, struct str text) MUST_USE;
/* Key number i as a file has it before base64; out has room for 80 bytes. Its size. */
size_t tls_ticket_raw(const struct tls_tickets *tickets, unsigned i, char *out);

#endif
