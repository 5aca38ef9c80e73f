/* Socket: a client's connection in the way of LuaSocket (API text, "Socket class"; TRUTHS B17 to B25).
 *
 * States: new (no connection yet), connected (conn lives, bytes may wait in `in`), ended (the peer closed or the connection
 * died: what is in `in` may still be read), closed (by the script). Whoever waits is woken by the connection's readiness or
 * by the run's own timer at the deadline. */
#include "base/mem.h"
#include "base/units.h"
#include "config/cfg_addr.h"
#include "lua/classes.h"
#include "lua/lua_value.h"
#include "net/conn.h"
#include "tls/tls_client.h"
#include "tls/tls_conn.h"
#include <lauxlib.h>

#define READ_SIZE 16384u

struct socket {
    struct list link; /* machine's sockets */
    struct conn conn;
    struct lua_waiter waiter;
    struct buf in; /* received, not yet taken; in_at bytes are gone */
    size_t in_at;
    size_t scanned;      /* bytes behind in_at without a newline */
    uint64_t timeout_ms; /* of each operation */
    uint64_t deadline;   /* of the one that waits */
    bool connected, ended, closed;
    bool failed; /* ended otherwise than by the peer's FIN */
};

#define TIMEOUT_DEFAULT_MS 5000
#define CLOSED_TEXT        "connection closed."

static struct str pending(const struct socket *socket)
{
    return str_from(buf_str(&socket->in), socket->in_at);
}

static void shut(struct socket *socket)
{
    conn_close(&socket->conn, false);
    socket->connected = false;
    lua_waiter_wake(&socket->waiter);
    lua_waiter_end(&socket->waiter);
}

static void finish(struct lua_handle *handle)
{
    struct socket *socket = handle->object;
    shut(socket);
    list_remove(&socket->link);
    buf_finish(&socket->in);
    mem_free(socket);
}

void class_socket_close_all(struct lua_machine *machine)
{
    LIST_EACH (link, &machine->sockets) {
        struct socket *socket = LIST_ITEM(link, struct socket, link);
        shut(socket);
        socket->closed = true;
    }
}

static void ready(struct conn *conn, void *owner)
{
    struct socket *socket = owner;
    (void)conn;
    lua_waiter_wake(&socket->waiter);
}

int class_socket_new(lua_State *L)
{
    struct lua_handle *handle = lua_class_push_new(L, &class_socket, NULL, finish);
    struct socket *socket = mem_zero(sizeof(*socket));
    if (!socket)
        return luaL_error(L, "out of memory");
    lua_waiter_init(&socket->waiter);
    socket->timeout_ms = TIMEOUT_DEFAULT_MS;
    socket->conn.ready = ready;
    socket->conn.owner = socket;
    list_add_last(&lua_vm_of(L)->sockets, &socket->link);
    handle->object = socket;
    return 1;
}

static struct socket *check_socket(lua_State *L)
{
    return lua_class_check(L, 1, &class_socket)->object;
}

static void start_clock(lua_State *L, struct socket *socket)
{
    struct lua_machine *machine = lua_vm_of(L);
    socket->deadline = engine_now(machine->engine) + socket->timeout_ms * NS_PER_MS;
}

static bool too_late(lua_State *L, const struct socket *socket)
{
    return engine_now(lua_vm_of(L)->engine) >= socket->deadline;
}

static int wait_for(lua_State *L, struct socket *socket, lua_KFunction again, lua_KContext state)
{
    lua_waiter_set(&socket->waiter, lua_run_of(L));
    return lua_wait_deadline(L, socket->deadline, again, state);
}

static int fail(lua_State *L, const char *text)
{
    lua_pushnil(L);
    lua_pushstring(L, text);
    return 2;
}

/* ---- connecting ---- */

/* Handshakes of transports go on here. IO_WOULD_BLOCK: not ready yet. */
static enum io_status go_on(struct socket *socket)
{
    struct conn *conn = &socket->conn;
    if (conn->error != IO_OK || conn->state == CONN_CLOSED)
        return conn->error != IO_OK ? conn->error : IO_CLOSED;
    return conn->state == CONN_READY ? IO_OK : IO_WOULD_BLOCK;
}

static int connect_again(lua_State *L, int status, lua_KContext state)
{
    struct socket *socket = check_socket(L);
    (void)status;
    enum io_status now = go_on(socket);
    if (now == IO_OK) {
        socket->connected = true;
        lua_pushinteger(L, 1);
        return 1;
    }
    if (now == IO_WOULD_BLOCK && !socket->closed && !too_late(L, socket))
        return wait_for(L, socket, connect_again, state);
    conn_close(&socket->conn, false);
    return fail(L, "Can't connect");
}

/* The address as bind and server lines write them, but no name is looked up: that would hold the loop. */
static void read_address(lua_State *L, struct addr *out, bool port_needed)
{
    struct arena *scratch = lua_vm_scratch(L);
    struct arena_mark mark = arena_mark(scratch);
    struct cfg_addr addr;
    char why[160];
    const char *error = NULL, *text = luaL_checkstring(L, 2);
    bool well = cfg_parse_addr(lua_vm_of(L)->configuration->platform, scratch, text, ADDR_PORT_OPTIONAL,
                               false, &addr, &error);
    bool named = well && addr.host;
    str_to_c(str_of(error ? error : "no address"), why, sizeof(why));
    arena_rewind(scratch, mark);
    if (!well || named)
        luaL_error(L, "connect: cannot parse destination address '%s'%s%s", text, named ? "" : ": ",
                   named ? ", which is no address but a name" : why);
    if (addr.fd >= 0 || addr.addr.family == ADDR_NONE)
        luaL_error(L, "connect: '%s' is no destination", text);
    *out = addr.addr;
    if (lua_gettop(L) >= 3) {
        lua_Integer port = luaL_checkinteger(L, 3);
        luaL_argcheck(L, port >= 0 && port <= 65535, 3, "a port is expected");
        out->port = (uint16_t)port;
    } else if (addr_is_ip(out) && (port_needed || !addr.port_given)) {
        luaL_error(L, "connect: port missing");
    }
    if (addr_is_ip(out) && !out->port)
        luaL_error(L, "connect: port 0 is none");
}

/* Nothing is asked of the server's certificate, as HAProxy's own sockets of scripts have it. */
bool class_socket_tls(struct lua_machine *machine, struct conn *conn, struct str name)
{
    struct tls_library *library = configuration_tls_library(machine->configuration);
    struct tls_client *client = library ? tls_client_plain(library) : NULL;
    return client && tls_conn_open(conn, client, name, false);
}

static int begin(lua_State *L, bool tls)
{
    struct socket *socket = check_socket(L);
    struct lua_machine *machine = lua_vm_of(L);
    struct plat_connect how = { .to = { .family = ADDR_NONE } };
    read_address(L, &how.to, tls);
    if (!machine->engine)
        return luaL_error(L, "connect: nothing is connected before the proxy runs");
    if (socket->closed || socket->connected || socket->ended || socket->conn.state != CONN_CLOSED)
        return fail(L, socket->closed ? CLOSED_TEXT : "Already connected");
    start_clock(L, socket);
    lua_settop(L, 1);
    if (!conn_connect(&socket->conn, machine->engine->loop, &how) ||
        (tls && !class_socket_tls(machine, &socket->conn, STR_NONE))) {
        conn_close(&socket->conn, false);
        return fail(L, "Can't connect");
    }
    return connect_again(L, LUA_OK, 0);
}

static int socket_connect(lua_State *L)
{
    return begin(L, false);
}

static int socket_connect_ssl(lua_State *L)
{
    return begin(L, true);
}

static int socket_close(lua_State *L)
{
    struct socket *socket = check_socket(L);
    shut(socket);
    socket->closed = true;
    return 0;
}

/* ---- receiving ---- */

/* Takes what has come. */
static void fill(struct socket *socket)
{
    while (socket->connected && !socket->ended) {
        if (socket->in_at && socket->in_at == socket->in.size) {
            buf_reset(&socket->in);
            socket->in_at = 0;
        }
        char *room = buf_room(&socket->in, READ_SIZE);
        if (!room) {
            socket->ended = socket->failed = true;
            return;
        }
        struct io_vec vec = { room, READ_SIZE };
        struct io_result result = conn_read(&socket->conn, &vec, 1);
        if (result.status == IO_WOULD_BLOCK)
            return;
        if (result.status != IO_OK) {
            socket->ended = true;
            socket->failed = result.status != IO_CLOSED;
            return;
        }
        socket->in.size += result.size;
    }
}

enum pattern { READ_LINE = -1, READ_ALL = -2 }; /* as a wait's state; from 0 on: so many bytes */

/* How many bytes make the answer whole, without the newline in *text_size. false: not there yet. */
static bool enough(struct socket *socket, lua_KContext pattern, size_t *taken, size_t *text_size)
{
    struct str have = pending(socket);
    *taken = *text_size = have.size;
    if (pattern == READ_ALL)
        return false;
    if (pattern >= 0) {
        if (have.size < (size_t)pattern)
            return false;
        *taken = *text_size = (size_t)pattern;
        return true;
    }
    size_t line = str_find_char(str_from(have, socket->scanned), '\n');
    if (line == STR_NOT_FOUND) {
        socket->scanned = have.size;
        return false;
    }
    line += socket->scanned;
    *taken = line + 1;
    *text_size = line && have.data[line - 1] == '\r' ? line - 1 : line;
    return true;
}

/* Stack: self, prefix. What came before the end or the time-out is a success (TRUTHS B19). */
static int receive_again(lua_State *L, int status, lua_KContext pattern)
{
    struct socket *socket = check_socket(L);
    size_t taken, size;
    (void)status;
    fill(socket);
    bool whole = enough(socket, pattern, &taken, &size);
    if (!whole && socket->connected && !socket->ended && !too_late(L, socket))
        return wait_for(L, socket, receive_again, pattern);
    if (!whole && !taken)
        return fail(L, CLOSED_TEXT);
    luaL_Buffer text;
    luaL_buffinit(L, &text);
    lua_pushvalue(L, 2);
    luaL_addvalue(&text);
    luaL_addlstring(&text, pending(socket).data, size);
    luaL_pushresult(&text);
    socket->in_at += taken;
    socket->scanned = 0;
    if (socket->in_at == socket->in.size && !socket->ended) { /* an idle socket holds no memory */
        buf_finish(&socket->in);
        socket->in_at = 0;
    }
    return 1;
}

static lua_KContext check_pattern(lua_State *L)
{
    if (lua_isnoneornil(L, 2))
        return READ_LINE;
    if (lua_type(L, 2) == LUA_TSTRING) {
        const char *text = lua_tostring(L, 2);
        if (strcmp(text, "*l") == 0 || strcmp(text, "l") == 0)
            return READ_LINE;
        if (strcmp(text, "*a") == 0 || strcmp(text, "a") == 0)
            return READ_ALL;
    }
    int is_number;
    lua_Integer size = lua_tointegerx(L, 2, &is_number);
    luaL_argcheck(L, is_number && size >= 0, 2, "\"*l\", \"*a\" or a number of bytes is expected");
    return (lua_KContext)size;
}

static int socket_receive(lua_State *L)
{
    struct socket *socket = check_socket(L);
    lua_KContext pattern = check_pattern(L);
    size_t prefix_size = 0;
    luaL_optlstring(L, 3, "", &prefix_size);
    if (lua_isnoneornil(L, 3)) {
        lua_settop(L, 1);
        lua_pushliteral(L, "");
    } else {
        lua_settop(L, 3);
        lua_remove(L, 2);
    }
    if (pattern >= 0) /* the prefix counts (TRUTHS B21) */
        pattern = (size_t)pattern > prefix_size ? pattern - (lua_KContext)prefix_size : 0;
    if (pattern == 0) {
        lua_settop(L, 2);
        return 1;
    }
    if (!lua_vm_of(L)->engine || (!socket->connected && !pending(socket).size))
        return fail(L, CLOSED_TEXT);
    start_clock(L, socket);
    return receive_again(L, LUA_OK, pattern);
}

/* ---- sending ---- */

/* Stack: self, text, first, last (from 1 on, both included). state: bytes sent. */
static int send_again(lua_State *L, int status, lua_KContext state)
{
    struct socket *socket = check_socket(L);
    size_t first = (size_t)lua_tointeger(L, 3), last = (size_t)lua_tointeger(L, 4);
    size_t size = last >= first ? last - first + 1 : 0, sent = (size_t)state;
    (void)status;
    while (sent < size) {
        if (!socket->connected) {
            lua_pushinteger(L, -1);
            return 1;
        }
        struct str text = str_slice(lua_value_check_str(L, 2), first - 1 + sent, size - sent);
        struct io_vec vec = { (char *)(uintptr_t)text.data, text.size };
        struct io_result result = conn_write(&socket->conn, &vec, 1, false);
        if (result.status == IO_OK) {
            sent += result.size;
        } else if (result.status == IO_WOULD_BLOCK && !too_late(L, socket)) {
            return wait_for(L, socket, send_again, (lua_KContext)sent);
        } else if (result.status == IO_WOULD_BLOCK) {
            break;
        } else { /* what the peer sent before may still be read */
            fill(socket);
            lua_pushinteger(L, -1);
            return 1;
        }
    }
    lua_pushinteger(L, sent || !size ? (lua_Integer)sent : -1);
    return 1;
}

/* A position as in string.sub. */
static lua_Integer position(lua_Integer given, size_t size)
{
    if (given < 0)
        given += (lua_Integer)size + 1;
    return given < 0 ? 0 : given;
}

static int socket_send(lua_State *L)
{
    struct socket *socket = check_socket(L);
    struct str text = lua_value_check_str(L, 2);
    lua_Integer first = position(luaL_optinteger(L, 3, 1), text.size);
    lua_Integer last = position(luaL_optinteger(L, 4, -1), text.size);
    if (last > (lua_Integer)text.size)
        last = (lua_Integer)text.size;
    bool none = last < 1 || first > last;
    lua_settop(L, 2);
    lua_pushinteger(L, none || first < 1 ? 1 : first);
    lua_pushinteger(L, none ? 0 : last);
    if (!socket->connected || !lua_vm_of(L)->engine) {
        lua_pushinteger(L, -1);
        return 1;
    }
    start_clock(L, socket);
    return send_again(L, LUA_OK, 0);
}

/* ---- names and options ---- */

/* "1.2.3.4:80", "[::1]:80" or "unix" (TRUTHS B24). */
static int push_name(lua_State *L, const struct addr *addr)
{
    char text[ADDR_TEXT_MAX];
    if (addr->family == ADDR_NONE)
        lua_pushnil(L);
    else if (!addr_is_ip(addr))
        lua_pushliteral(L, "unix");
    else
        lua_value_push_str(L, str_make(text, addr_print(addr, text, sizeof(text))));
    return 1;
}

static int socket_getpeername(lua_State *L)
{
    const struct socket *socket = check_socket(L);
    if (socket->connected)
        return push_name(L, &socket->conn.peer);
    lua_pushnil(L);
    return 1;
}

static int socket_getsockname(lua_State *L)
{
    struct socket *socket = check_socket(L);
    if (socket->connected)
        return push_name(L, conn_own(&socket->conn));
    lua_pushnil(L);
    return 1;
}

static int socket_settimeout(lua_State *L)
{
    struct socket *socket = check_socket(L);
    lua_Number seconds = luaL_checknumber(L, 2);
    luaL_argcheck(L, seconds >= 0 && seconds <= INT32_MAX / 1000, 2,
                  "seconds from 0 to 2147483 are expected");
    double ms = seconds * 1000;
    socket->timeout_ms = (uint64_t)ms;
    if ((double)socket->timeout_ms < ms || !socket->timeout_ms)
        socket->timeout_ms++;
    lua_pushinteger(L, 1);
    return 1;
}

/* tcp-nodelay is set already; the others have no effect that a script could see. */
static int socket_setoption(lua_State *L)
{
    check_socket(L);
    return 0;
}

static const struct lua_method_row rows[] = {
    /* name          run                 where allowed  may wait */
    { "close", socket_close, LUA_ANYWHERE, false, "" },
    { "connect", socket_connect, LUA_IN_RUNTIME, true,
      "address: string, port?: integer -> integer|nil, string|nil" },
    { "connect_ssl", socket_connect_ssl, LUA_IN_RUNTIME, true,
      "address: string, port: integer -> integer|nil, string|nil" },
    { "getpeername", socket_getpeername, LUA_ANYWHERE, false, " -> string|nil" },
    { "getsockname", socket_getsockname, LUA_ANYWHERE, false, " -> string|nil" },
    { "receive", socket_receive, LUA_IN_RUNTIME, true,
      "pattern?: string|integer, prefix?: string -> string|nil, string|nil" },
    { "send", socket_send, LUA_IN_RUNTIME, true, "text: string, first?: integer, last?: integer -> integer" },
    { "setoption", socket_setoption, LUA_ANYWHERE, false, "option: string, value?: any" },
    { "settimeout", socket_settimeout, LUA_ANYWHERE, false, "seconds: number, mode?: string -> integer" },
    { 0 },
};

const struct lua_class class_socket = { "Socket", rows, NULL, false, NULL };
