/* TLS over a plain connection. OpenSSL reads and writes through a BIO that calls the plain transport.
 *
 * One read below takes as much as there is (OpenSSL's read-ahead). A read that came short emptied the socket: until the
 * next edge nobody asks again (`drained`); the same for a short write (`blocked`). What OpenSSL could not write stays
 * with it, and the caller gives the same bytes again: so no byte counts as sent before it is. */
#include "tls/tls_conn.h"
#include "base/mem.h"
#include "tls/tls_bind.h"
#include "tls/tls_client.h"
#include "tls/tls_context.h"
#include <openssl/err.h>

#define RECORD_MAX 16384

struct tls_conn *tls_conn_of_ssl(const SSL *ssl)
{
    return SSL_get_app_data(ssl);
}

/* ---- below: the BIO ---- */

static int bio_read(BIO *bio, char *out, int size)
{
    struct tls_conn *tls = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (tls->drained) {
        BIO_set_retry_read(bio);
        return -1;
    }
    bool early = conn_has_early(tls->conn); /* came along with a header; the socket was not asked */
    struct io_vec vec = { out, (size_t)size };
    struct io_result result = conn_plain.read(tls->conn, &vec, 1);
    switch (result.status) {
    case IO_OK:
        tls->any_in = true;
        tls->drained = result.size < (size_t)size && !tls->conn->peer_shut && !early;
        return (int)result.size;
    case IO_WOULD_BLOCK:
        tls->drained = true;
        BIO_set_retry_read(bio);
        return -1;
    case IO_CLOSED:
        tls->ended = true;
        return 0;
    default:
        tls->io = result.status;
        return -1;
    }
}

static int bio_write(BIO *bio, const char *data, int size)
{
    struct tls_conn *tls = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (tls->blocked) {
        BIO_set_retry_write(bio);
        return -1;
    }
    struct io_vec vec = { (char *)(uintptr_t)data, (size_t)size };
    struct io_result result = conn_plain.write(tls->conn, &vec, 1, false);
    switch (result.status) {
    case IO_OK:
        tls->blocked = result.size < (size_t)size;
        return (int)result.size;
    case IO_WOULD_BLOCK:
        tls->blocked = true;
        BIO_set_retry_write(bio);
        return -1;
    default:
        tls->io = result.status;
        return -1;
    }
}

static long bio_control(BIO *bio, int command, long number, void *data)
{
    const struct tls_conn *tls = BIO_get_data(bio);
    (void)number;
    (void)data;
    switch (command) {
    case BIO_CTRL_FLUSH:
        return 1;
    case BIO_CTRL_EOF:
        return tls && tls->ended;
    default:
        return 0;
    }
}

static int bio_create(BIO *bio)
{
    BIO_set_init(bio, 1);
    return 1;
}

BIO_METHOD *tls_conn_bio(void)
{
    BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "conn");
    if (method && BIO_meth_set_create(method, bio_create) && BIO_meth_set_read(method, bio_read) &&
        BIO_meth_set_write(method, bio_write) && BIO_meth_set_ctrl(method, bio_control))
        return method;
    BIO_meth_free(method);
    return NULL;
}

/* ---- answers of OpenSSL ---- */

/* What a call that gave no bytes means. */
static enum io_status status_of(struct tls_conn *tls, int returned)
{
    switch (SSL_get_error(tls->ssl, returned)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        return IO_WOULD_BLOCK;
    case SSL_ERROR_ZERO_RETURN:
        return IO_CLOSED;
    case SSL_ERROR_SYSCALL:
        tls->broken = true;
        return tls->ended ? IO_CLOSED : tls->io != IO_OK ? tls->io : IO_RESET;
    default:
        tls->broken = true;
        tls->error = ERR_peek_last_error();
        return tls->io != IO_OK ? tls->io : tls->ended ? IO_CLOSED : IO_RESET;
    }
}

/* Errors that a bind line lets through are noted and forgiven; a server's certificate has to be right. */
static bool trusted(struct tls_conn *tls, int depth, int error)
{
    const struct tls_settings *settings = tls->bind ? &tls->bind->settings : NULL;
    if (!settings) {
        if (error == X509_V_ERR_HOSTNAME_MISMATCH)
            tls->failure =
                SSL_get_servername(tls->ssl, TLSEXT_NAMETYPE_host_name) ? TLS_OTHER_NAME : TLS_OTHER_HOST;
        return false;
    }
    if (depth > 0) {
        if (!tls->ca_error) {
            tls->ca_error = error;
            tls->ca_error_depth = depth;
        }
        if (tls_error_set_has(&settings->ca_ignore, error))
            return true;
        tls->failure = TLS_CA_FAILED;
        return false;
    }
    if (!tls->crt_error)
        tls->crt_error = error;
    if (tls_error_set_has(&settings->crt_ignore, error))
        return true;
    tls->failure = TLS_CRT_FAILED;
    return false;
}

int tls_conn_verify(int well, X509_STORE_CTX *store)
{
    const SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct tls_conn *tls = tls_conn_of_ssl(ssl);
    if (tls)
        tls->verified = true;
    if (well || !tls)
        return well;
    if (trusted(tls, X509_STORE_CTX_get_error_depth(store), X509_STORE_CTX_get_error(store)))
        return 1;
    X509 *leaf = X509_STORE_CTX_get0_cert(store);
    if (!tls->refused && leaf && X509_up_ref(leaf))
        tls->refused = leaf;
    return 0;
}

void tls_conn_keylog(const SSL *ssl, const char *line)
{
    struct tls_conn *tls = tls_conn_of_ssl(ssl);
    if (!tls)
        return;
    struct tls_library *library = tls->bind ? tls->bind->library : tls->client->library;
    if (library->platform->ops->secret)
        library->platform->ops->secret(library->platform, str_of(line));
    if (!library->tuning.keylog)
        return;
    buf_add_c(&tls->keylog, line);
    buf_add_char(&tls->keylog, '\n');
}

bool tls_conn_offer(struct conn *conn, const char *protocols)
{
    const struct tls_conn *tls = tls_conn_of(conn);
    struct buf wire = BUF_INIT;
    bool well = tls && tls_alpn_wire(protocols, true, &wire) &&
                SSL_set_alpn_protos(tls->ssl, (const unsigned char *)wire.data, (unsigned)wire.size) == 0;
    buf_finish(&wire);
    return well;
}

const char *tls_failure_text(enum tls_failure failure)
{
    switch (failure) {
    case TLS_FINE:
        return "Timeout during SSL handshake";
    case TLS_EMPTY:
        return "Connection closed during SSL handshake";
    case TLS_ABORTED:
        return "Connection error during SSL handshake";
    case TLS_CA_FAILED:
        return "SSL client CA chain cannot be verified";
    case TLS_CRT_FAILED:
        return "SSL client certificate not trusted";
    case TLS_OTHER_HOST:
        return "Server presented an SSL certificate different from the configured one";
    case TLS_OTHER_NAME:
        return "Server presented an SSL certificate different from the expected one";
    case TLS_EARLY_REFUSED:
        return "SSL early data was rejected by the server";
    case TLS_FAILED:
        break;
    }
    return "SSL handshake failure";
}

int tls_failure_number(enum tls_failure failure)
{
    switch (failure) {
    case TLS_FINE:
        return 0;
    case TLS_EMPTY:
        return 24;
    case TLS_ABORTED:
        return 25;
    case TLS_CA_FAILED:
        return 30;
    case TLS_CRT_FAILED:
        return 31;
    case TLS_OTHER_HOST:
        return 32;
    case TLS_OTHER_NAME:
        return 33;
    case TLS_EARLY_REFUSED:
        return 38;
    case TLS_FAILED:
        break;
    }
    return 34;
}

static void note_failure(struct tls_conn *tls, enum io_status status)
{
    if (tls->failure != TLS_FINE)
        return;
    if (tls->error)
        tls->failure = TLS_FAILED;
    else
        tls->failure = status == IO_CLOSED ? TLS_EMPTY : TLS_ABORTED;
}

/* ---- the transport ---- */

static struct tls_library *library_of(const struct tls_conn *tls)
{
    return tls->bind ? tls->bind->library : tls->client->library;
}

static void count_handshake(const struct tls_conn *tls)
{
    struct tls_counters *counters = &library_of(tls)->counters;
    uint64_t resumed = SSL_session_reused(tls->ssl) ? 1 : 0;
    *(tls->bind ? &counters->front : &counters->back) += 1;
    *(tls->bind ? &counters->front_resumed : &counters->back_resumed) += resumed;
}

static bool has_early(const struct tls_conn *tls)
{
    return tls->early_at < tls->early.size;
}

static enum io_status handshake_failed(struct tls_conn *tls, int returned)
{
    enum io_status status = status_of(tls, returned);
    if (status == IO_WOULD_BLOCK)
        return status;
    tls->broken = true;
    note_failure(tls, status);
    return status == IO_CLOSED ? IO_RESET : status;
}

/* Early data is kept until it is read; OpenSSL lets no more come than we announced. IO_OK: all of it is here. */
static enum io_status receive_early(struct tls_conn *tls)
{
    char piece[4096];
    for (size_t got = 0;; got = 0) {
        int returned = SSL_read_early_data(tls->ssl, piece, sizeof(piece), &got);
        buf_add(&tls->early, str_make(piece, got));
        tls->early_data |= got > 0;
        if (tls->early.failed) {
            tls->broken = true;
            return IO_NO_MEMORY;
        }
        if (returned == SSL_READ_EARLY_DATA_FINISH) {
            tls->early_open = false;
            return IO_OK;
        }
        if (returned == SSL_READ_EARLY_DATA_ERROR)
            return handshake_failed(tls, 0);
    }
}

/* Early data that the server did not take is lost, and the connection with it: whoever wrote it has to know. */
static bool early_was_taken(struct tls_conn *tls)
{
    if (!tls->client || !tls->early_data || SSL_get_early_data_status(tls->ssl) == SSL_EARLY_DATA_ACCEPTED)
        return true;
    tls->failure = TLS_EARLY_REFUSED;
    tls->broken = true;
    tls_client_forget_session(tls->client);
    return false;
}

/* One more step. IO_OK: the handshake is done. */
static enum io_status step(struct tls_conn *tls)
{
    if (tls->early_open && tls->bind) {
        enum io_status status = receive_early(tls);
        if (status != IO_OK)
            return status;
    }
    tls->early_open = false;
    int returned = SSL_do_handshake(tls->ssl);
    if (returned != 1)
        return handshake_failed(tls, returned);
    if (!early_was_taken(tls))
        return IO_RESET;
    tls->done = true;
    count_handshake(tls);
    return IO_OK;
}

static enum io_status tls_handshake(struct conn *conn)
{
    struct tls_conn *tls = conn->tls;
    if (tls->broken)
        return IO_RESET;
    tls->drained = tls->blocked = false;
    if (tls->client && tls->early_open && !tls->early_data) { /* what goes out first is about to be written */
        conn->settling = true;
        return IO_OK;
    }
    ERR_clear_error();
    enum io_status status = step(tls);
    if (status != IO_OK && (status != IO_WOULD_BLOCK || !has_early(tls)))
        return status;
    conn->settling = !tls->done;
    conn->readable = has_early(tls) || !tls->drained || conn->peer_shut || SSL_has_pending(tls->ssl);
    return IO_OK;
}

static size_t take_early(struct tls_conn *tls, const struct io_vec *vecs, unsigned count)
{
    size_t total = 0;
    for (unsigned i = 0; i < count; i++) {
        size_t left = tls->early.size - tls->early_at, size = vecs[i].size < left ? vecs[i].size : left;
        if (size)
            memcpy(vecs[i].data, tls->early.data + tls->early_at, size);
        tls->early_at += size;
        total += size;
    }
    if (!has_early(tls)) {
        buf_finish(&tls->early);
        tls->early_at = 0;
    }
    return total;
}

static struct io_result tls_read(struct conn *conn, const struct io_vec *vecs, unsigned count)
{
    struct tls_conn *tls = conn->tls;
    size_t total = 0;
    enum io_status status = IO_OK;
    if (has_early(tls))
        return (struct io_result){ IO_OK, take_early(tls, vecs, count) };
    if (!tls->done) /* with the next edge the handshake goes on */
        return (struct io_result){ tls->broken ? IO_RESET : IO_WOULD_BLOCK, 0 };
    tls->drained = false;
    ERR_clear_error();
    for (unsigned i = 0; i < count && status == IO_OK; i++) {
        for (size_t at = 0; at < vecs[i].size;) {
            size_t got = 0;
            int returned =
                tls->broken ? 0 : SSL_read_ex(tls->ssl, vecs[i].data + at, vecs[i].size - at, &got);
            if (returned != 1) {
                status = tls->broken ? IO_RESET : status_of(tls, returned);
                break;
            }
            at += got;
            total += got;
        }
    }
    if (!total)
        return (struct io_result){ status, 0 };
    if (status == IO_WOULD_BLOCK && !conn->peer_shut)
        conn->readable = false; /* all there is was taken: the next edge tells of more */
    return (struct io_result){ IO_OK, total };
}

/* A server may answer early data at once, a client sends as much of it as the session allows. */
static enum io_status write_early(struct tls_conn *tls, const char *data, size_t size, size_t *written)
{
    bool opens = tls->client && tls->early_open;
    if (opens && size > tls->early_room)
        size = tls->early_room;
    if (!size || (tls->client ? !opens : !tls->early_data))
        return IO_WOULD_BLOCK;
    int returned = SSL_write_early_data(tls->ssl, data, size, written);
    if (returned != 1)
        return status_of(tls, returned);
    if (opens) {
        tls->early_data = true;
        tls->early_room -= *written;
    }
    return IO_OK;
}

static enum io_status write_record(struct tls_conn *tls, const char *data, size_t size, size_t *written)
{
    if (!tls->done)
        return write_early(tls, data, size, written);
    int returned = SSL_write_ex(tls->ssl, data, size, written);
    return returned == 1 ? IO_OK : status_of(tls, returned);
}

/* Pieces are gathered, so that a head and the body behind it make one record. */
static size_t gather(const struct io_vec *vecs, unsigned count, size_t skip, char *out, size_t room)
{
    size_t size = 0;
    for (unsigned i = 0; i < count && size < room; i++) {
        if (skip >= vecs[i].size) {
            skip -= vecs[i].size;
            continue;
        }
        size_t part = vecs[i].size - skip;
        if (part > room - size)
            part = room - size;
        memcpy(out + size, vecs[i].data + skip, part);
        size += part;
        skip = 0;
    }
    return size;
}

static struct io_result tls_write(struct conn *conn, const struct io_vec *vecs, unsigned count, bool more)
{
    struct tls_conn *tls = conn->tls;
    char record[RECORD_MAX];
    size_t total = 0, room = sizeof(record);
    enum io_status status = IO_OK;
    (void)more;
    if (tls->broken)
        return (struct io_result){ IO_RESET, 0 };
    tls->blocked = false;
    size_t limit = tls->bind ? (size_t)tls->bind->library->tuning.max_record : 0;
    if (limit && limit < room)
        room = limit;
    ERR_clear_error();
    while (status == IO_OK) {
        size_t written = 0;
        const char *data = record;
        size_t size;
        if (count == 1) { /* nothing to gather */
            data = vecs[0].data + total;
            size = vecs[0].size - total < room ? vecs[0].size - total : room;
        } else {
            size = gather(vecs, count, total, record, room);
        }
        if (!size)
            break;
        status = write_record(tls, data, size, &written);
        total += written;
    }
    if (total)
        return (struct io_result){ IO_OK, total };
    return (struct io_result){ status, 0 };
}

/* close_notify, if it fits; nobody waits for an answer. */
static void say_goodbye(struct tls_conn *tls, bool quiet)
{
    if (tls->broken || !tls->done || tls->said_goodbye)
        return;
    tls->said_goodbye = true;
    ERR_clear_error();
    SSL_set_quiet_shutdown(tls->ssl, quiet);
    (void)SSL_shutdown(tls->ssl);
}

static void tls_shut_write(struct conn *conn)
{
    say_goodbye(conn->tls, false);
}

static void tls_finish(struct conn *conn, bool quiet)
{
    struct tls_conn *tls = conn->tls;
    say_goodbye(tls, quiet || conn->write_shut);
    library_of(tls)->counters.current--;
    SSL_free(tls->ssl);
    ERR_clear_error();
    mem_free(tls->hello);
    buf_finish(&tls->keylog);
    buf_finish(&tls->early);
    X509_free(tls->refused);
    mem_free(tls);
    conn->tls = NULL;
    conn->transport = &conn_plain;
}

const struct transport_ops tls_transport = { "SSL",         tls_read,       tls_write,
                                             tls_handshake, tls_shut_write, tls_finish };

/* ---- beginning ---- */

static struct tls_conn *make(struct conn *conn, struct tls_library *library, SSL_CTX *context)
{
    struct tls_conn *tls = mem_zero(sizeof(*tls));
    BIO *bio = tls ? BIO_new(library->bio) : NULL;
    SSL *ssl = bio ? SSL_new(context) : NULL;
    if (!ssl || !SSL_set_app_data(ssl, tls)) {
        SSL_free(ssl);
        BIO_free(bio);
        mem_free(tls);
        ERR_clear_error();
        return NULL;
    }
    BIO_set_data(bio, tls);
    SSL_set_bio(ssl, bio, bio);
    tls->ssl = ssl;
    tls->conn = conn;
    return tls;
}

static void put_on(struct conn *conn, struct tls_conn *tls)
{
    library_of(tls)->counters.current++;
    conn->transport = &tls_transport;
    conn->tls = tls;
    conn_transport_set(conn, tls->client != NULL);
}

bool tls_conn_serve(struct conn *conn, struct tls_bind *bind)
{
    struct tls_conn *tls = make(conn, bind->library, bind->initial);
    if (!tls)
        return false;
    tls->bind = bind;
    tls->early_open = bind->early;
    SSL_set_accept_state(tls->ssl);
    put_on(conn, tls);
    return true;
}

bool tls_conn_open(struct conn *conn, struct tls_client *client, struct str sni, bool early)
{
    struct tls_conn *tls = make(conn, client->library, client->context);
    if (!tls)
        return false;
    tls->client = client;
    SSL_set_connect_state(tls->ssl);
    if (!tls_client_prepare(client, tls->ssl, sni)) {
        SSL_free(tls->ssl);
        mem_free(tls);
        return false;
    }
    const SSL_SESSION *session = early ? SSL_get_session(tls->ssl) : NULL;
    tls->early_room = session ? SSL_SESSION_get_max_early_data(session) : 0;
    tls->early_open = tls->early_room > 0;
    put_on(conn, tls);
    return true;
}
