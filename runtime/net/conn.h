/* One connection: a watched socket, the transport on it (plain, later TLS), its names and how it stands.
 * Reads and writes go through the transport; readiness is remembered, so that nobody asks the world in vain.
 *
 * A header that says whose the connection is (PROXY protocol) goes ahead of the transport: it is awaited or sent in the
 * state CONN_HEADER, before any handshake. Bytes that were read behind it wait in `early`; a transport that reads the
 * socket itself does so through conn_plain.read, which gives them first. */
#ifndef NET_CONN_H
#define NET_CONN_H
#include "event/loop.h"
#include "net/proxy_header.h"

struct conn;

struct transport_ops {
    const char *name; /* "RAW" */
    struct io_result (*read)(struct conn *conn, const struct io_vec *vecs, unsigned count);
    struct io_result (*write)(struct conn *conn, const struct io_vec *vecs, unsigned count, bool more);
    /* Goes on with a handshake: IO_OK when it is done (readable then says whether bytes may be waiting already),
     * IO_WOULD_BLOCK while it waits. IO_OK with conn->settling set: usable for early data, it is called again with
     * each edge until the handshake is done. NULL: none is needed. */
    enum io_status (*handshake)(struct conn *conn);
    void (*shut_write)(struct conn *conn);
    void (*finish)(struct conn *conn, bool quiet); /* quiet: the peer is told nothing more */
};
extern const struct transport_ops conn_plain;

enum conn_state { CONN_CLOSED, CONN_CONNECTING, CONN_HEADER, CONN_HANDSHAKE, CONN_READY };

struct conn {
    struct watch watch;
    enum conn_state state;
    const struct transport_ops *transport;
    void *tls; /* the transport's own */
    /* Called after readable/writable/error changed; may close the conn. */
    void (*ready)(struct conn *conn, void *owner);
    void *owner;
    bool readable, writable; /* may be tried: an edge came and no would-block since */
    bool peer_shut;          /* FIN came (all data may not be read yet) */
    bool read_ended;         /* FIN was read */
    bool write_shut;
    bool any_in;          /* at least one byte was received */
    bool settling;        /* CONN_READY for early data: the handshake is not done yet */
    enum io_status error; /* IO_OK while it lives; why it died else */
    struct addr peer;     /* as accepted or connected to */
    struct addr *own;     /* asked for on first use; heap */
    /* Who it is from and where to, as rules of the connection have it; heap; NULL: peer and own. */
    struct addr *source, *destination;
    /* The same as a PROXY header or rules of the session have it, which goes before; heap; NULL: as above. */
    struct addr *said_source, *said_destination;
    uint64_t opened_ns;
    enum proxy_header_kind expects; /* a header is awaited (PROXY_HEADER_NONE: none, or it came) */
    uint32_t magic;                 /* of PROXY_HEADER_NETSCALER */
    bool header_came;               /* one was taken off */
    bool header_refused;            /* what came is no such header: error is IO_BAD */
    struct conn_header *header;     /* heap; NULL: nothing of a header is left */
};

struct conn_header {
    struct buf
        early; /* CONN_HEADER: the header as far as it came, or to be sent; then what was read behind it */
    size_t early_at; /* bytes of it that are done with */
    struct buf tlvs; /* of the header that came */
};

static inline bool conn_has_early(const struct conn *conn)
{
    return conn->header && conn->header->early.size;
}
static inline struct str conn_early(const struct conn *conn)
{
    return conn->header ? buf_str(&conn->header->early) : STR_NONE;
}
static inline struct str conn_tlvs(const struct conn *conn)
{
    return conn->header ? buf_str(&conn->header->tlvs) : STR_NONE;
}

/* conn's memory is the caller's. An accepted socket / a connect under way. false: error says why, the socket is closed. */
bool conn_accepted(struct conn *conn, struct loop *loop, plat_sock sock, const struct addr *peer);
bool conn_connect(struct conn *conn, struct loop *loop, const struct plat_connect *how);
/* The peer's first bytes are a header, which is taken off and believed; the state is CONN_HEADER until then. Before the
 * first byte was read. */
void conn_expect_header(struct conn *conn, enum proxy_header_kind kind, uint32_t magic);
/* These bytes go out ahead of all others, right after conn_connect. false: no memory. */
bool conn_send_header(struct conn *conn, struct str header) MUST_USE;
/* Closes (with RST when reset) and forgets everything. Harmless when closed. */
void conn_close(struct conn *conn, bool reset);
void conn_shut_write(struct conn *conn);
/* Another transport was put on: its handshake, if it needs one, begins (when we speak first or something came), or waits
 * for the connect or the header. It goes on by itself; ready() is called when it came to an end, well (CONN_READY) or
 * not (error). */
void conn_transport_set(struct conn *conn, bool speaks_first);

/* IO_CLOSED: end of stream. Would-block clears readable/writable; a failure sets error. */
struct io_result conn_read(struct conn *conn, const struct io_vec *vecs, unsigned count);
struct io_result conn_write(struct conn *conn, const struct io_vec *vecs, unsigned count, bool more);

/* Asks the system to probe a silent peer. Numbers that are 0 stay as the system has them; what it refuses too. */
void conn_keep_alive(struct conn *conn, int64_t count, uint64_t idle_s, uint64_t interval_s);

const struct addr *conn_own(struct conn *conn);         /* never NULL; family ADDR_NONE when unknown */
const struct addr *conn_source(struct conn *conn);      /* who the client says it is */
const struct addr *conn_destination(struct conn *conn); /* where it wanted to go */
/* What the connection itself says, whatever its session made of it. */
const struct addr *conn_first_source(struct conn *conn);
const struct addr *conn_first_destination(struct conn *conn);
bool conn_set_source(struct conn *conn, const struct addr *addr) MUST_USE;
bool conn_set_destination(struct conn *conn, const struct addr *addr) MUST_USE;
bool conn_say_source(struct conn *conn, const struct addr *addr) MUST_USE;
bool conn_say_destination(struct conn *conn, const struct addr *addr) MUST_USE;

#endif
