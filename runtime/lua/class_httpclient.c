/* HTTPClient: requests of scripts to anywhere (API text since 2.5, "HTTPClient class"). One connection a request; what HTTP
 * says is read and written by the same wire as streams use. Whatever goes wrong below HTTP is an answer of status 0. */
#include "base/mem.h"
#include "base/units.h"
#include "config/cfg_addr.h"
#include "http/http_uri.h"
#include "lua/classes.h"
#include "lua/lua_value.h"
#include "net/conn.h"
#include "stream/http_wire.h"
#include "tls/tls_conn.h"
#include <lauxlib.h>

#define TIMEOUT_DEFAULT_MS 30000

struct http_client {
    struct list link; /* machine's clients, while a request is under way */
    struct engine *engine;
    struct conn conn;
    struct lua_waiter waiter;
    struct arena arena; /* of one request */
    struct channel request, response;
    struct http_reader reader;
    struct http_writer writer;
    struct http_msg request_head, response_head;
    struct str body;   /* of the request, in the arena */
    size_t body_taken; /* by the channel */
    struct buf answer; /* the response's body */
    struct plat_connect how;
    struct str sni; /* in the arena */
    uint64_t timeout_ms, deadline, connect_deadline;
    int64_t retries; /* left */
    bool busy, head_done, failed, tls, sent;
};

static void stop(struct http_client *client)
{
    if (!client->busy)
        return;
    conn_close(&client->conn, false);
    channel_finish(&client->request, client->engine);
    channel_finish(&client->response, client->engine);
    buf_finish(&client->answer);
    arena_finish(&client->arena);
    list_remove(&client->link);
    lua_waiter_wake(&client->waiter);
    lua_waiter_end(&client->waiter);
    client->busy = false;
    client->failed = true;
}

static void finish(struct lua_handle *handle)
{
    stop(handle->object);
    mem_free(handle->object);
}

void class_httpclient_close_all(struct lua_machine *machine)
{
    LIST_EACH_SAFE(link, &machine->http_clients)
    stop(LIST_ITEM(link, struct http_client, link));
}

static void ready(struct conn *conn, void *owner)
{
    struct http_client *client = owner;
    (void)conn;
    lua_waiter_wake(&client->waiter);
}

int class_httpclient_new(lua_State *L)
{
    struct lua_handle *handle = lua_class_push_new(L, &class_httpclient, NULL, finish);
    struct http_client *client = mem_zero(sizeof(*client));
    if (!client)
        return luaL_error(L, "out of memory");
    lua_waiter_init(&client->waiter);
    list_init(&client->link);
    handle->object = client;
    return 1;
}

/* ---- what is asked ---- */

/* Fields: name = "value" or name = { "value", ... }. */
static bool add_fields(lua_State *L, struct http_msg *head)
{
    if (lua_getfield(L, 2, "headers") != LUA_TTABLE) {
        if (!lua_isnil(L, -1))
            luaL_error(L, "'headers' must be a table of header names and values");
        lua_pop(L, 1);
        return true;
    }
    int fields = lua_gettop(L);
    bool well = true;
    lua_pushnil(L);
    while (well && lua_next(L, fields)) {
        if (lua_type(L, -2) != LUA_TSTRING)
            luaL_error(L, "'headers' must be a table of header names and values");
        struct str name = lua_value_check_str(L, -2);
        bool skip = str_eq_nocase(name, STR("content-length")) ||
                    str_eq_nocase(name, STR("transfer-encoding")); /* the body says */
        if (!skip && lua_isstring(L, -1)) {
            well = http_msg_add(head, name, lua_value_check_str(L, -1));
        } else if (!skip && lua_istable(L, -1)) {
            lua_Integer first = lua_rawgeti(L, -1, 0) == LUA_TNIL; /* lists begin at 1, headers tables at 0 */
            lua_pop(L, 1);
            for (lua_Integer i = first; well && lua_rawgeti(L, -1, i) != LUA_TNIL; i++) {
                well = http_msg_add(head, name, lua_value_check_str(L, -1));
                lua_pop(L, 1);
            }
            if (well)
                lua_pop(L, 1);
        } else if (!skip) {
            luaL_error(L, "header '%s' must be a text or a list of texts", lua_tostring(L, -2));
        }
        lua_pop(L, 1);
    }
    lua_settop(L, fields - 1);
    return well;
}

static bool need_field(struct http_msg *head, struct str name, struct str value)
{
    return http_msg_find(head, name, NULL) || http_msg_add(head, name, value);
}

/* "unix@/path", "10.0.0.1:80" and the like. false: no address. */
static bool parse_address(lua_State *L, const char *text, unsigned port, struct addr *out)
{
    struct arena *scratch = lua_vm_scratch(L);
    struct arena_mark mark = arena_mark(scratch);
    struct cfg_addr addr;
    const char *error = NULL;
    bool well = cfg_parse_addr(lua_vm_of(L)->configuration->platform, scratch, text, ADDR_PORT_OPTIONAL,
                               false, &addr, &error) &&
                !addr.host && addr.fd < 0 && addr.addr.family != ADDR_NONE;
    arena_rewind(scratch, mark);
    if (!well)
        return false;
    *out = addr.addr;
    if (addr_is_ip(out) && !addr.port_given)
        out->port = (uint16_t)port;
    return true;
}

struct target {
    struct http_uri uri;
    struct http_authority authority;
    bool tls;
    struct str sni;   /* a name; none for an address */
    struct addr addr; /* ADDR_NONE: it is none */
};

static void read_target(lua_State *L, struct target *out)
{
    char host[256];
    int64_t port = 0;
    if (lua_getfield(L, 2, "url") != LUA_TSTRING)
        luaL_error(L, "'url' parameter expected");
    struct str url = lua_value_check_str(L, -1);
    http_uri_split(url, &out->uri);
    out->tls = str_eq_nocase(out->uri.scheme, STR("https"));
    if (out->uri.form != HTTP_URI_ABSOLUTE ||
        !http_uri_split_authority(out->uri.authority, false, &out->authority))
        memset(&out->authority, 0, sizeof(out->authority));
    if (!units_parse_int(out->authority.port, 1, 65535, &port))
        port = out->tls ? 443 : 80;
    out->addr.family = ADDR_NONE;
    out->sni = STR_NONE;
    struct str name = out->authority.host;
    if (name.size > 2 && name.data[0] == '[')
        name = str_slice(name, 1, name.size - 2);
    if (addr_parse_ip(name, &out->addr))
        out->addr.port = (uint16_t)port;
    else
        out->sni = name;
    if (str_eq_nocase(name, STR("localhost")) && addr_parse_ip(STR("127.0.0.1"), &out->addr))
        out->addr.port = (uint16_t)port;
    if (lua_getfield(L, 2, "dst") == LUA_TSTRING) {
        str_to_c(lua_value_check_str(L, -1), host, sizeof(host));
        if (!parse_address(L, host, (unsigned)port, &out->addr))
            luaL_error(L, "'dst' is no address: '%s'", host);
    }
}

static bool make_head(lua_State *L, struct http_client *client, const struct target *target,
                      struct str method, bool has_body)
{
    struct http_msg *head = &client->request_head;
    char length[24];
    struct buf digits = { length, 0, sizeof(length), sizeof(length) - 1, false };
    http_msg_init(head, &client->arena, false);
    head->major = head->minor = 1;
    head->version = STR("HTTP/1.1");
    buf_add_uint(&digits, client->body.size);
    struct str path = target->uri.pathq;
    size_t mark = str_find_char(path, '#');
    path = str_slice(path, 0, mark == STR_NOT_FOUND ? path.size : mark);
    bool rooted = path.size && path.data[0] == '/';
    struct str whole =
        rooted ? path : arena_printf(&client->arena, "/%.*s", STR_ARG(path)); /* "http://host?query" */
    bool well = whole.data && http_msg_set_method(head, method) && http_msg_set_uri(head, whole) &&
                add_fields(L, head) && need_field(head, STR("host"), target->uri.authority) &&
                need_field(head, STR("user-agent"), STR("HAProxy")) &&
                need_field(head, STR("accept"), STR("*/*"));
    if (well && has_body) {
        head->body = HTTP_BODY_LENGTH;
        head->body_length = client->body.size;
        well = http_msg_add(head, STR("content-length"), buf_str(&digits));
    }
    return well;
}

/* ---- the exchange ---- */

static bool send_some(struct http_client *client)
{
    bool moved = false;
    if (client->body_taken < client->body.size) {
        size_t took =
            channel_put(&client->request, client->engine, str_from(client->body, client->body_taken));
        client->body_taken += took;
        moved = took > 0;
    }
    if (client->body_taken == client->body.size)
        client->request.ended = true;
    return http_writer_flush(&client->writer, &client->conn, &client->request, client->engine) || moved;
}

static void begin_response(struct http_client *client)
{
    struct h1_options options = {
        .is_response = true,
        .field_max = (unsigned)client->engine->configuration->globals.http_maxhdr,
        .answers_head = client->request_head.method_id == HTTP_HEAD,
    };
    http_msg_init(&client->response_head, &client->arena, true);
    http_reader_init(&client->reader, &options, &client->arena);
}

/* Interim responses are passed over. */
static bool receive_head(struct http_client *client)
{
    size_t before = client->response.raw;
    enum h1_status status = http_reader_head(&client->reader, &client->response, &client->response_head);
    bool full = client->response.raw >= client->engine->buffers.object_size;
    if (status == H1_REJECT || (status == H1_MORE && full)) {
        client->failed = true;
    } else if (status == H1_DONE && client->response_head.status < 200) {
        client->response.ended = false;
        begin_response(client);
    } else if (status == H1_DONE) {
        client->head_done = true;
    }
    return client->response.raw < before || client->failed;
}

static bool receive_some(struct http_client *client)
{
    struct channel *channel = &client->response;
    bool moved = http_wire_fill(&client->conn, channel, client->engine, 0);
    if (!client->head_done && channel->raw)
        moved |= receive_head(client);
    if (client->head_done && !channel->ended) {
        moved |= http_reader_body(&client->reader, channel);
        if (client->conn.read_ended)
            http_reader_closed(&client->reader, channel);
    }
    if (channel->output) {
        buf_add(&client->answer, channel_output(channel));
        channel_sent(channel, channel->output);
        moved = true;
    }
    if (!client->head_done && client->conn.read_ended && !channel->raw)
        client->failed = true;
    client->failed |= channel->failed || client->reader.broken || client->answer.failed;
    channel_release_if_empty(channel, client->engine);
    return moved;
}

static bool open_tls(struct http_client *client)
{
    struct buf error = BUF_INIT;
    struct tls_client *tls = configuration_httpclient_tls(client->engine->configuration, &error);
    buf_finish(&error);
    return tls && tls_conn_open(&client->conn, tls, client->sni, false);
}

static bool open_conn(struct http_client *client)
{
    memset(&client->conn, 0, sizeof(client->conn));
    client->conn.ready = ready;
    client->conn.owner = client;
    client->connect_deadline =
        engine_now(client->engine) + client->engine->configuration->globals.httpclient_connect_ms * NS_PER_MS;
    return conn_connect(&client->conn, client->engine->loop, &client->how) &&
           (!client->tls || open_tls(client));
}

/* Nothing was sent on a connection that was not there: it is tried again. */
static bool connects_anew(struct http_client *client)
{
    struct conn *conn = &client->conn;
    bool late = engine_now(client->engine) >= client->connect_deadline;
    bool over = conn->error != IO_OK || conn->state == CONN_CLOSED || late;
    if (conn->state == CONN_READY || !over || client->sent || !client->retries)
        return false;
    client->retries--;
    conn_close(conn, false);
    client->failed = !open_conn(client);
    return true;
}

/* true: it is over, well or not. */
static bool advance(struct http_client *client)
{
    struct conn *conn = &client->conn;
    for (;;) {
        if (connects_anew(client))
            continue;
        if (client->failed || (client->head_done && client->response.ended))
            return true;
        if (conn->state == CONN_READY) {
            client->sent = true;
            bool moved = send_some(client);
            moved |= receive_some(client);
            if (moved)
                continue;
            if (client->failed || (client->head_done && client->response.ended))
                return true;
        }
        if (conn->error != IO_OK || conn->state == CONN_CLOSED ||
            (!client->sent && engine_now(client->engine) >= client->connect_deadline))
            client->failed = true;
        else
            return false;
    }
}

static int push_answer(lua_State *L, const struct http_client *client)
{
    bool well = !client->failed;
    const struct http_msg *head = &client->response_head;
    lua_createtable(L, 0, 4);
    lua_pushinteger(L, well ? head->status : 0);
    lua_setfield(L, -2, "status");
    lua_value_push_str(L, well ? head->reason : STR_NONE);
    lua_setfield(L, -2, "reason");
    if (well)
        class_http_push_headers(L, head);
    else
        lua_newtable(L);
    lua_setfield(L, -2, "headers");
    lua_value_push_str(L, well ? buf_str(&client->answer) : STR_NONE);
    lua_setfield(L, -2, "body");
    return 1;
}

static int again(lua_State *L, int status, lua_KContext state)
{
    struct http_client *client = lua_class_check(L, 1, &class_httpclient)->object;
    (void)status;
    (void)state;
    if (client->busy && !advance(client)) {
        if (engine_now(client->engine) < client->deadline) {
            lua_waiter_set(&client->waiter, lua_run_of(L));
            bool connects = !client->sent && client->connect_deadline < client->deadline;
            return lua_wait_deadline(L, connects ? client->connect_deadline : client->deadline, again, 0);
        }
        client->failed = true;
    }
    int results = push_answer(L, client);
    stop(client);
    return results;
}

static void begin(lua_State *L, struct http_client *client)
{
    struct lua_machine *machine = lua_vm_of(L);
    client->engine = machine->engine;
    arena_init(&client->arena, 2048);
    channel_init(&client->request);
    channel_init(&client->response);
    memset(&client->writer, 0, sizeof(client->writer));
    client->sent = false;
    client->retries = client->engine->configuration->globals.httpclient_retries;
    client->answer = (struct buf)BUF_INIT;
    client->body_taken = 0;
    client->busy = true;
    client->head_done = client->failed = false;
    list_add_last(&machine->http_clients, &client->link);
    channel_forward(&client->request, CHANNEL_ALL);
    channel_forward(&client->response, CHANNEL_ALL);
}

static int request(lua_State *L, struct str method)
{
    struct http_client *client = lua_class_check(L, 1, &class_httpclient)->object;
    struct target target;
    luaL_checktype(L, 2, LUA_TTABLE);
    if (client->busy)
        return luaL_error(L, "this client has a request under way");
    if (!lua_vm_of(L)->engine)
        return luaL_error(L, "no request is sent before the proxy runs");
    read_target(L, &target);
    client->timeout_ms = TIMEOUT_DEFAULT_MS;
    if (lua_getfield(L, 2, "timeout") == LUA_TNUMBER && lua_tointeger(L, -1) > 0)
        client->timeout_ms = (uint64_t)lua_tointeger(L, -1);
    bool has_body = lua_getfield(L, 2, "body") == LUA_TSTRING || lua_isnumber(L, -1);
    if (!has_body && !lua_isnil(L, -1))
        return luaL_error(L, "'body' must be a text");
    begin(L, client);
    client->body = has_body ? arena_copy(&client->arena, lua_value_check_str(L, -1)) : STR_NONE;
    bool well = (!has_body || client->body.data) && make_head(L, client, &target, method, has_body) &&
                http_writer_begin(&client->writer, &client->request_head, false, &client->arena);
    begin_response(client);
    client->how = (struct plat_connect){ .to = target.addr };
    client->tls = target.tls;
    client->sni = target.sni.size ? arena_copy(&client->arena, target.sni) : STR_NONE;
    client->failed = !well || target.addr.family == ADDR_NONE || !open_conn(client);
    client->deadline = engine_now(client->engine) + client->timeout_ms * NS_PER_MS;
    lua_settop(L, 1);
    return again(L, LUA_OK, 0);
}

static int client_get(lua_State *L)
{
    return request(L, STR("GET"));
}

static int client_head(lua_State *L)
{
    return request(L, STR("HEAD"));
}

static int client_put(lua_State *L)
{
    return request(L, STR("PUT"));
}

static int client_post(lua_State *L)
{
    return request(L, STR("POST"));
}

static int client_delete(lua_State *L)
{
    return request(L, STR("DELETE"));
}

static const struct lua_method_row rows[] = {
    /* name     run            where allowed  may wait */
    { "delete", client_delete, LUA_IN_RUNTIME, true, "request: table -> table" },
    { "get", client_get, LUA_IN_RUNTIME, true, "request: table -> table" },
    { "head", client_head, LUA_IN_RUNTIME, true, "request: table -> table" },
    { "post", client_post, LUA_IN_RUNTIME, true, "request: table -> table" },
    { "put", client_put, LUA_IN_RUNTIME, true, "request: table -> table" },
    { 0 },
};

const struct lua_class class_httpclient = { "HTTPClient", rows, NULL, false, NULL };
