/* Session tickets under keys that several machines share. */
#include "tls/tls_ticket.h"
#include "base/base64.h"
#include "base/mem.h"
#include "tls/tls_bind.h"
#include "tls/tls_conn.h"
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

/* 48 bytes: name, HMAC key of 16, AES-128 key; 80: name, HMAC key of 32, AES-256 key. */
static bool read_key(struct str text, struct tls_ticket_key *key, unsigned *key_size)
{
    unsigned char raw[128];
    size_t size = base64_decode(str_trim(text), (char *)raw, sizeof(raw), false);
    if (size != 48 && size != 80)
        return false;
    *key_size = size == 48 ? 16 : 32;
    memset(key, 0, sizeof(*key));
    memcpy(key->name, raw, 16);
    memcpy(key->hmac, raw + 16, *key_size);
    memcpy(key->cipher, raw + 16 + *key_size, *key_size);
    OPENSSL_cleanse(raw, sizeof(raw));
    return true;
}

static void push(struct tls_tickets *tickets, const struct tls_ticket_key *key)
{
    memmove(&tickets->keys[0], &tickets->keys[1], sizeof(tickets->keys[0]) * (TLS_TICKET_KEYS - 1));
    tickets->keys[TLS_TICKET_KEYS - 1] = *key;
}

static bool read_keys(struct tls_tickets *tickets, struct str text)
{
    unsigned count = 0;
    while (text.data && text.size) {
        struct str line = str_trim(str_split(&text, '\n'));
        struct tls_ticket_key key;
        unsigned key_size;
        if (!line.size)
            continue;
        if (!read_key(line, &key, &key_size) || (count && key_size != tickets->key_size))
            return false;
        tickets->key_size = key_size;
        push(tickets, &key);
        count++;
    }
    return count >= TLS_TICKET_KEYS;
}

struct tls_tickets *tls_tickets_load(struct tls_library *library, const char *path, struct buf *error)
{
    struct buf text = BUF_INIT;
    struct tls_tickets *tickets = mem_zero(sizeof(*tickets));
    enum io_status status = library->platform->ops->file_read(library->platform, path, &text);
    if (tickets && status == IO_OK && read_keys(tickets, buf_str(&text))) {
        tickets->library = library;
        tickets->path = path;
        tickets->newest = TLS_TICKET_KEYS - 2;
        buf_finish(&text);
        return tickets;
    }
    if (status != IO_OK)
        buf_printf(error, "'%s' : unable to load ssl tickets keys file", path);
    else
        buf_printf(error, "'%s' : please supply at least %d keys in the tls-tickets-file", path,
                   TLS_TICKET_KEYS);
    tls_tickets_destroy(tickets);
    buf_finish(&text);
    return NULL;
}

void tls_tickets_destroy(struct tls_tickets *tickets)
{
    if (tickets)
        OPENSSL_cleanse(tickets, sizeof(*tickets));
    mem_free(tickets);
}

bool tls_tickets_rotate(struct tls_tickets *tickets, struct str text)
{
    struct tls_ticket_key key;
    unsigned key_size;
    if (!read_key(text, &key, &key_size) || key_size != tickets->key_size)
        return false;
    push(tickets, &key);
    return true;
}

size_t tls_ticket_raw(const struct tls_tickets *tickets, unsigned i, char *out)
{
    const struct tls_ticket_key *key = &tickets->keys[i];
    memcpy(out, key->name, 16);
    memcpy(out + 16, key->hmac, tickets->key_size);
    memcpy(out + 16 + tickets->key_size, key->cipher, tickets->key_size);
    return 16 + 2 * (size_t)tickets->key_size;
}

static bool set_keys(const struct tls_tickets *tickets, const struct tls_ticket_key *key,
                     const unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, bool encrypt)
{
    const EVP_CIPHER *how = tickets->key_size == 16 ? EVP_aes_128_cbc() : EVP_aes_256_cbc();
    char digest[] = "SHA256";
    OSSL_PARAM params[] = { OSSL_PARAM_construct_octet_string(
                                OSSL_MAC_PARAM_KEY, (void *)(uintptr_t)key->hmac, tickets->key_size),
                            OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                            OSSL_PARAM_construct_end() };
    return EVP_CipherInit_ex(cipher, how, NULL, key->cipher, iv, encrypt) &&
           EVP_MAC_CTX_set_params(mac, params);
}

/* 1: goes on with the keys set; 2: the same, and a new ticket is to be sent; 0: unknown key, a whole handshake. */
static int on_ticket(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
                     EVP_MAC_CTX *mac, int encrypt)
{
    const struct tls_conn *tls = tls_conn_of_ssl(ssl);
    const struct tls_tickets *tickets = tls && tls->bind ? tls->bind->tickets : NULL;
    if (!tickets)
        return -1;
    if (encrypt) {
        const struct tls_ticket_key *key = &tickets->keys[tickets->newest];
        if (RAND_bytes_ex(tickets->library->openssl, iv, 16, 0) <= 0)
            return -1;
        memcpy(name, key->name, sizeof(key->name));
        return set_keys(tickets, key, iv, cipher, mac, true) ? 1 : -1;
    }
    for (unsigned i = TLS_TICKET_KEYS; i-- > 0;) {
        const struct tls_ticket_key *key = &tickets->keys[i];
        if (memcmp(name, key->name, sizeof(key->name)) != 0)
            continue;
        if (!set_keys(tickets, key, iv, cipher, mac, false))
            return -1;
        return i < tickets->newest ? 2 : 1;
    }
    return 0;
}

bool tls_tickets_use(struct tls_tickets *tickets, SSL_CTX *context)
{
    (void)tickets; /* the callback finds them by the connection's bind */
    return SSL_CTX_set_tlsext_ticket_key_evp_cb(context, on_ticket) > 0;
}
