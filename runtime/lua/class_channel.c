/* Channel: the bytes of one direction (API text, "Channel class"). */
#include "lua/classes.h"
#include "lua/lua_value.h"
#include "stream/stream.h"
#include <lauxlib.h>

static struct channel *any_channel(lua_State *L)
{
    struct stream *stream = lua_class_self(L)->object;
    return lua_class_of_method(L) == &class_channel_response ? &stream->response : &stream->request;
}

static int get_in_len(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)any_channel(L)->input);
    return 1;
}

static int get_out_len(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)any_channel(L)->output);
    return 1;
}

static int is_full(lua_State *L)
{
    lua_pushboolean(L, channel_full(any_channel(L)));
    return 1;
}

static struct stream *data_of(lua_State *L)
{
    struct stream *stream = lua_class_self(L)->object;
    if (stream->http)
        luaL_error(L, "a channel's data cannot be used in mode http");
    return stream;
}

static bool may_wait(lua_State *L, const struct stream *stream, const struct channel *channel)
{
    const struct lua_run *run = lua_run_of(L);
    bool own_side = channel == (run->response_side ? &stream->response : &stream->request);
    return run->context == LUA_IN_ACTION && own_side &&
           stream->inspect_until; /* past it the wait ends the action */
}

/* In an action that has an inspect-delay, what is not there yet is waited for, as the text says. */
static int dup_again(lua_State *L, int status, lua_KContext take)
{
    struct stream *stream = data_of(L);
    struct channel *channel = any_channel(L);
    (void)status;
    if (!channel->input && !channel->ended && !channel->failed && may_wait(L, stream, channel))
        return lua_wait(L, dup_again, take);
    if (channel->data)
        lua_value_push_str(L, channel_input(channel));
    else
        lua_pushliteral(L, "");
    if (take && channel->input)
        channel_cut_input(channel, 0, channel->input);
    return 1;
}

static int channel_dup(lua_State *L)
{
    return dup_again(L, LUA_OK, false);
}

static int channel_get(lua_State *L)
{
    return dup_again(L, LUA_OK, true);
}

static int channel_set(lua_State *L)
{
    struct stream *stream = data_of(L);
    struct channel *channel = any_channel(L);
    struct str text = lua_value_check_str(L, 2);
    if (channel->input)
        channel_cut_input(channel, 0, channel->input);
    bool well = channel_insert_input(channel, stream->engine, 0, text);
    lua_pushinteger(L, well ? (lua_Integer)text.size : -1);
    return 1;
}

static int channel_append(lua_State *L)
{
    struct stream *stream = data_of(L);
    struct channel *channel = any_channel(L);
    struct str text = lua_value_check_str(L, 2);
    bool well = channel_insert_input(channel, stream->engine, channel->input, text);
    lua_pushinteger(L, well ? (lua_Integer)text.size : -1);
    return 1;
}

/* Stack: self, size. state: forwarded so far. */
static int forward_again(lua_State *L, int status, lua_KContext state)
{
    struct stream *stream = data_of(L);
    struct channel *channel = any_channel(L);
    size_t left = (size_t)lua_tointeger(L, 2) - (size_t)state;
    size_t now = left < channel->input ? left : channel->input;
    (void)status;
    if (now) {
        channel_forward(channel, now);
        stream_wake(stream);
    }
    state += (lua_KContext)now;
    if (now < left && !channel->ended && !channel->failed && may_wait(L, stream, channel))
        return lua_wait(L, forward_again, state);
    lua_pushinteger(L, (lua_Integer)state);
    return 1;
}

static int channel_forward_bytes(lua_State *L)
{
    data_of(L);
    lua_Integer size = luaL_checkinteger(L, 2);
    luaL_argcheck(L, size >= 0, 2, "a number of bytes is expected");
    return forward_again(L, LUA_OK, 0);
}

static int getline_again(lua_State *L, int status, lua_KContext state)
{
    struct stream *stream = data_of(L);
    struct channel *channel = any_channel(L);
    (void)status;
    struct str have = channel->data ? channel_input(channel) : STR_NONE;
    size_t line = have.size ? str_find_char(have, '\n') : STR_NOT_FOUND;
    if (line == STR_NOT_FOUND && !channel->ended && !channel->failed && !channel_full(channel))
        return lua_wait(L, getline_again, state);
    (void)stream;
    size_t size = line == STR_NOT_FOUND ? have.size : line + 1;
    if (!size) {
        lua_pushnil(L);
        return 1;
    }
    lua_value_push_str(L, str_slice(have, 0, size));
    channel_cut_input(channel, 0, size);
    return 1;
}

static int channel_getline(lua_State *L)
{
    lua_settop(L, 1);
    return getline_again(L, LUA_OK, 0);
}

/* Goes out before what is still under rules (TRUTHS A48). state: bytes sent so far. */
static int send_again(lua_State *L, int status, lua_KContext state)
{
    struct stream *stream = data_of(L);
    struct channel *channel = any_channel(L);
    struct str text = lua_value_check_str(L, 2);
    size_t sent = (size_t)state;
    (void)status;
    if (channel->closed) {
        lua_pushinteger(L, -1);
        return 1;
    }
    size_t part = text.size - sent;
    size_t room = stream->engine->buffers.object_size - (channel->output + channel->input);
    if (part > room)
        part = room;
    if (part && channel_insert_input(channel, stream->engine, 0, str_slice(text, sent, part))) {
        channel_forward(channel, part);
        sent += part;
    }
    stream_wake(stream);
    if (sent < text.size)
        return lua_wait(L, send_again, (lua_KContext)sent);
    lua_pushinteger(L, (lua_Integer)text.size);
    return 1;
}

static int channel_send(lua_State *L)
{
    lua_value_check_str(L, 2);
    lua_settop(L, 2);
    return send_again(L, LUA_OK, 0);
}

static const struct lua_method_row rows[] = {
    /* name             run                    where allowed  may wait */
    { "append", channel_append, LUA_IN_ACTION, false, "text: string -> integer" },
    { "dup", channel_dup, LUA_IN_STREAM, true, " -> string" },
    { "forward", channel_forward_bytes, LUA_IN_ACTION, true, "size: integer -> integer" },
    { "get", channel_get, LUA_IN_ACTION, true, " -> string" },
    { "get_in_len", get_in_len, LUA_IN_STREAM, false, " -> integer" },
    { "get_in_length", get_in_len, LUA_IN_STREAM, false, " -> integer" },
    { "get_out_len", get_out_len, LUA_IN_STREAM, false, " -> integer" },
    { "get_out_length", get_out_len, LUA_IN_STREAM, false, " -> integer" },
    { "getline", channel_getline, LUA_IN_ACTION, true, " -> string" },
    { "is_full", is_full, LUA_IN_STREAM, false, " -> boolean" },
    { "send", channel_send, LUA_IN_ACTION, true, "text: string -> integer" },
    { "set", channel_set, LUA_IN_ACTION, false, "text: string -> integer" },
    { 0 },
};

const struct lua_class class_channel_request = { "Channel", rows, NULL, NULL };
const struct lua_class class_channel_response = { "Channel", rows, NULL, NULL };
