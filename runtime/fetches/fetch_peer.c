/* Fetches about both connections themselves, whatever rules of a session or a stream made of their addresses (manual
 * 7.3.3). */
#include "fetches/fetches.h"
#include "sample/sample_args.h"
#include "stream/server_conn.h"
#include "stream/stream.h"

#define SERVER_SIDE ((void *)1)

static struct conn *conn_of(const struct sample_args *args, const struct sample_context *context)
{
    if (args->row_data == SERVER_SIDE)
        return context->stream ? stream_back_conn(context->stream) : NULL;
    return context->session ? &context->session->conn : NULL;
}

/* Rules of the connection may have changed the names of the client's. */
static const struct addr *peer_of(struct conn *conn, bool server)
{
    return server ? &conn->peer : conn_first_source(conn);
}

static const struct addr *own_of(struct conn *conn, bool server)
{
    return server ? conn_own(conn) : conn_first_destination(conn);
}

static bool fetch_peer(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    struct conn *conn = conn_of(args, context);
    return conn && sample_of_addr(peer_of(conn, args->row_data == SERVER_SIDE), out);
}

static bool fetch_own(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    struct conn *conn = conn_of(args, context);
    return conn && sample_of_addr(own_of(conn, args->row_data == SERVER_SIDE), out);
}

static bool fetch_peer_port(const struct sample_args *args, struct sample_context *context,
                            struct sample *out)
{
    struct conn *conn = conn_of(args, context);
    const struct addr *addr = conn ? peer_of(conn, args->row_data == SERVER_SIDE) : NULL;
    if (!addr || !addr_is_ip(addr))
        return false;
    *out = sample_int(addr->port);
    return true;
}

static bool fetch_own_port(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    struct conn *conn = conn_of(args, context);
    const struct addr *addr = conn ? own_of(conn, args->row_data == SERVER_SIDE) : NULL;
    if (!addr || !addr_is_ip(addr))
        return false;
    *out = sample_int(addr->port);
    return true;
}

/* Of this machine: what its own end of the connection has, or an address that no other machine can have. */
static bool is_local(struct conn *conn, const struct addr *addr)
{
    static const uint8_t loopback6[16] = { [15] = 1 };
    if (addr->family == ADDR_IPV4 && addr->u.ip[0] == 127)
        return true;
    if (addr->family == ADDR_IPV6 && memcmp(addr->u.ip, loopback6, sizeof(loopback6)) == 0)
        return true;
    return addr_is_ip(addr) && addr_same_ip(addr, conn_own(conn));
}

static bool give_local(struct conn *conn, const struct addr *addr, struct sample *out)
{
    if (!conn || !addr_is_ip(addr))
        return false;
    *out = sample_bool(is_local(conn, addr));
    return true;
}

static bool fetch_src_is_local(const struct sample_args *args, struct sample_context *context,
                               struct sample *out)
{
    struct conn *conn = conn_of(args, context);
    return conn && give_local(conn, conn_source(conn), out);
}

static bool fetch_dst_is_local(const struct sample_args *args, struct sample_context *context,
                               struct sample *out)
{
    struct conn *conn = conn_of(args, context);
    return conn && give_local(conn, conn_destination(conn), out);
}

static bool fetch_peer_is_local(const struct sample_args *args, struct sample_context *context,
                                struct sample *out)
{
    struct conn *conn = conn_of(args, context);
    return conn && give_local(conn, &conn->peer, out);
}

static bool fetch_own_is_local(const struct sample_args *args, struct sample_context *context,
                               struct sample *out)
{
    struct conn *conn = conn_of(args, context);
    return conn && give_local(conn, conn_own(conn), out);
}

static bool fetch_major(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    *out = sample_int(1);
    return conn_of(args, context) != NULL;
}

/* ---- what went wrong: numbers and texts as HAProxy lists them under fc_err_str ---- */

struct trouble {
    enum io_status status;
    int number;
    const char *text;
};

static const struct trouble troubles[] = {
    { IO_OK, 0, "Success" },
    { IO_NO_DESCRIPTORS, 2, "Too many sockets on the process" },
    { IO_NO_MEMORY, 4, "Out of system buffers" },
    { IO_NO_PORTS, 9, "Out of local source ports on the system" },
    { IO_IN_USE, 10, "Local source address already in use" },
};

static const struct trouble *trouble_of(const struct conn *conn)
{
    static const struct trouble no_header = {
        IO_BAD, 15, "Received something which does not look like a PROXY protocol header"
    };
    static const struct trouble no_handshake = { IO_BAD, 34, "SSL handshake failure" };
    static const struct trouble other = { IO_BAD, 6, "General socket error" };
    if (conn->error != IO_OK && conn->header_refused)
        return &no_header;
    if (conn->error != IO_OK && conn->state == CONN_HANDSHAKE)
        return &no_handshake;
    for (size_t i = 0; i < COUNT_OF(troubles); i++) {
        if (troubles[i].status == conn->error)
            return &troubles[i];
    }
    return &other;
}

static bool fetch_error(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    const struct conn *conn = conn_of(args, context);
    if (!conn)
        return false;
    *out = sample_int(trouble_of(conn)->number);
    return true;
}

static bool fetch_error_text(const struct sample_args *args, struct sample_context *context,
                             struct sample *out)
{
    const struct conn *conn = conn_of(args, context);
    if (!conn)
        return false;
    *out = sample_text(str_of(trouble_of(conn)->text));
    return true;
}

/* ---- what the kernel measured ---- */

static bool measure(struct conn *conn, const struct sample_context *context, enum plat_option option,
                    int64_t *out)
{
    struct platform *platform = context->configuration->platform;
    return conn && addr_is_ip(&conn->peer) &&
           platform->ops->get_option(platform, conn->watch.sock, option, out) == IO_OK;
}

/* A row's data: the option, and whether the server's side is meant. */
#define MEASURE(option, server_side) ((void *)(((uintptr_t)(option) << 1) | (server_side)))

static struct conn *measured(const struct sample_args *args, const struct sample_context *context)
{
    if ((uintptr_t)args->row_data & 1)
        return context->stream ? stream_back_conn(context->stream) : NULL;
    return context->session ? &context->session->conn : NULL;
}

static bool fetch_measure(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    int64_t value = 0;
    if (!measure(measured(args, context), context, (enum plat_option)((uintptr_t)args->row_data >> 1),
                 &value))
        return false;
    *out = sample_int(value);
    return true;
}

static bool fetch_time(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    if (!fetch_measure(args, context, out))
        return false;
    if (!args->count || !str_eq(args->list[0].text, STR("us")))
        out->u.integer /= 1000;
    return true;
}

static bool check_unit(struct sample_args *args, const char **error)
{
    struct str unit = args->count ? args->list[0].text : STR("ms");
    *error = "failed to parse time unit, 'us' or 'ms' expected";
    return str_eq(unit, STR("us")) || str_eq(unit, STR("ms"));
}

static bool fetch_reused(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    const struct server_conn *back = context->stream ? context->stream->back : NULL;
    (void)args;
    *out = sample_bool(back && back->request_count > 1);
    return back != NULL;
}

/* clang-format off */
const struct fetch_row fetch_peer_rows[] = {
    { "bc_dst",          fetch_peer,         "", SAMPLE_ADDR, AT_SERVER, SERVER_SIDE, NULL },
    { "bc_dst_port",     fetch_peer_port,    "", SAMPLE_SINT, AT_SERVER, SERVER_SIDE, NULL },
    { "bc_err",          fetch_error,        "", SAMPLE_SINT, AT_SERVER, SERVER_SIDE, NULL },
    { "bc_err_str",      fetch_error_text,   "", SAMPLE_STR,  AT_SERVER, SERVER_SIDE, NULL },
    { "bc_http_major",   fetch_major,        "", SAMPLE_SINT, AT_SERVER, SERVER_SIDE, NULL },
    { "bc_reused",       fetch_reused,       "", SAMPLE_BOOL, AT_SERVER, SERVER_SIDE, NULL },
    { "bc_src",          fetch_own,          "", SAMPLE_ADDR, AT_SERVER, SERVER_SIDE, NULL },
    { "bc_src_port",     fetch_own_port,     "", SAMPLE_SINT, AT_SERVER, SERVER_SIDE, NULL },
    { "dst_is_local",    fetch_dst_is_local, "", SAMPLE_BOOL, AT_CLIENT, NULL, NULL },
    { "fc_dst",          fetch_own,          "", SAMPLE_ADDR, AT_CLIENT, NULL, NULL },
    { "fc_dst_is_local", fetch_own_is_local, "", SAMPLE_BOOL, AT_CLIENT, NULL, NULL },
    { "fc_dst_port",     fetch_own_port,     "", SAMPLE_SINT, AT_CLIENT, NULL, NULL },
    { "fc_err",          fetch_error,        "", SAMPLE_SINT, AT_CLIENT, NULL, NULL },
    { "fc_err_str",      fetch_error_text,   "", SAMPLE_STR,  AT_CLIENT, NULL, NULL },
    { "fc_http_major",   fetch_major,        "", SAMPLE_SINT, AT_CLIENT, NULL, NULL },
    { "fc_src",          fetch_peer,         "", SAMPLE_ADDR, AT_CLIENT, NULL, NULL },
    { "fc_fackets",      fetch_measure,      "", SAMPLE_SINT, AT_CLIENT, MEASURE(PLAT_FORWARD_ACKED, 0), NULL },
    { "fc_lost",         fetch_measure,      "", SAMPLE_SINT, AT_CLIENT, MEASURE(PLAT_LOST, 0), NULL },
    { "fc_reordering",   fetch_measure,      "", SAMPLE_SINT, AT_CLIENT, MEASURE(PLAT_REORDERING, 0), NULL },
    { "fc_retrans",      fetch_measure,      "", SAMPLE_SINT, AT_CLIENT, MEASURE(PLAT_RETRANSMITTED, 0), NULL },
    { "fc_sacked",       fetch_measure,      "", SAMPLE_SINT, AT_CLIENT, MEASURE(PLAT_SACKED, 0), NULL },
    { "fc_unacked",      fetch_measure,      "", SAMPLE_SINT, AT_CLIENT, MEASURE(PLAT_UNACKED, 0), NULL },
    { "fc_rtt",          fetch_time, "str?", SAMPLE_SINT, AT_CLIENT, MEASURE(PLAT_ROUND_TRIP_US, 0), check_unit },
    { "fc_rttvar",       fetch_time, "str?", SAMPLE_SINT, AT_CLIENT, MEASURE(PLAT_ROUND_TRIP_VAR_US, 0), check_unit },
    { "bc_rtt",          fetch_time, "str?", SAMPLE_SINT, AT_SERVER, MEASURE(PLAT_ROUND_TRIP_US, 1), check_unit },
    { "bc_rttvar",       fetch_time, "str?", SAMPLE_SINT, AT_SERVER, MEASURE(PLAT_ROUND_TRIP_VAR_US, 1), check_unit },
    { "fc_src_is_local", fetch_peer_is_local, "", SAMPLE_BOOL, AT_CLIENT, NULL, NULL },
    { "fc_src_port",     fetch_peer_port,    "", SAMPLE_SINT, AT_CLIENT, NULL, NULL },
    { "src_is_local",    fetch_src_is_local, "", SAMPLE_BOOL, AT_CLIENT, NULL, NULL },
    { 0 },
};
/* clang-format on */
