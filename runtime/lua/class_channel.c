/* Channel: the bytes of one direction (API text, "Channel class"). */
#include "lua/classes.h"
#include "lua/lua_value.h"
#include "stream/stream.h"
#include <lauxlib.h>

static bool is_response_class(const struct lua_class *class)
{
    return class == &class_channel_response || class == &class_message_response;
}

struct channel *class_channel_of(lua_State *L)
{
    struct stream *stream = lua_class_self(L)->object;
    return is_response_class(lua_class_of_method(L)) ? &stream->response : &stream->request;
}

int class_channel_get_in_len(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)class_channel_of(L)->input);
    return 1;
}

int class_channel_get_out_len(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)class_channel_of(L)->output);
    return 1;
}

int class_channel_is_full(lua_State *L)
{
    lua_pushboolean(L, channel_full(class_channel_of(L)));
    return 1;
}

static struct stream *data_of(lua_State *L)
{
    struct stream *stream = lua_class_self(L)->object;
    const struct lua_class *class = lua_class_of_method(L);
    bool message = class == &class_message_request || class == &class_message_response;
    if (stream->http && !message)
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
    struct channel *channel = class_channel_of(L);
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

/* ---- pieces of the input (API text since 2.5) ---- */

/* The offset given at index, from the input's end when negative. */
static size_t check_offset(lua_State *L, int index, const struct channel *channel)
{
    lua_Integer offset = luaL_optinteger(L, index, 0), input = (lua_Integer)channel->input;
    if (offset < 0)
        offset = offset < -input ? 0 : input + offset;
    luaL_argcheck(L, offset <= input, index, "offset out of range");
    return (size_t)offset;
}

/* The length given at index: -1 or none is all behind the offset. */
static size_t check_length(lua_State *L, int index, const struct channel *channel, size_t offset)
{
    lua_Integer length = luaL_optinteger(L, index, -1), left = (lua_Integer)(channel->input - offset);
    luaL_argcheck(L, length >= -1, index, "length out of range");
    return (size_t)(length < 0 || length > left ? left : length);
}

static int insert_at(lua_State *L, struct stream *stream, size_t offset, struct str text)
{
    struct channel *channel = class_channel_of(L);
    bool well = channel_insert_input(channel, stream->engine, offset, text);
    if (well)
        stream_wake(stream);
    lua_pushinteger(L, well ? (lua_Integer)text.size : -1);
    return 1;
}

/* data([offset[, length]]): state 0; line([offset[, length]]): state 1. */
static int data_again(lua_State *L, int status, lua_KContext line)
{
    struct stream *stream = data_of(L);
    struct channel *channel = class_channel_of(L);
    (void)status;
    size_t offset = check_offset(L, 2, channel), length = check_length(L, 3, channel, offset);
    struct str have = channel->data ? str_slice(channel_input(channel), offset, length) : STR_NONE;
    bool over = channel->ended || channel->failed;
    size_t end = line && have.size ? str_find_char(have, '\n') : STR_NOT_FOUND;
    bool whole = line ? end != STR_NOT_FOUND || channel_full(channel) : have.size > 0;
    if (!whole && !over && may_wait(L, stream, channel))
        return lua_wait(L, data_again, line);
    if (end != STR_NOT_FOUND)
        have = str_slice(have, 0, end + 1);
    if (!have.size && over)
        lua_pushnil(L);
    else
        lua_value_push_str(L, have);
    return 1;
}

int class_channel_data(lua_State *L)
{
    return data_again(L, LUA_OK, 0);
}

static int channel_line(lua_State *L)
{
    return data_again(L, LUA_OK, 1);
}

int class_channel_insert(lua_State *L)
{
    struct stream *stream = data_of(L);
    struct str text = lua_value_check_str(L, 2);
    return insert_at(L, stream, check_offset(L, 3, class_channel_of(L)), text);
}

int class_channel_prepend(lua_State *L)
{
    struct stream *stream = data_of(L);
    return insert_at(L, stream, 0, lua_value_check_str(L, 2));
}

int class_channel_append(lua_State *L)
{
    struct stream *stream = data_of(L);
    return insert_at(L, stream, class_channel_of(L)->input, lua_value_check_str(L, 2));
}

int class_channel_remove(lua_State *L)
{
    data_of(L);
    struct channel *channel = class_channel_of(L);
    size_t offset = check_offset(L, 2, channel), length = check_length(L, 3, channel, offset);
    if (length)
        channel_cut_input(channel, offset, length);
    lua_pushinteger(L, (lua_Integer)length);
    return 1;
}

int class_channel_set(lua_State *L)
{
    struct stream *stream = data_of(L);
    struct channel *channel = class_channel_of(L);
    struct str text = lua_value_check_str(L, 2);
    size_t offset = check_offset(L, 3, channel), length = check_length(L, 4, channel, offset);
    if (length)
        channel_cut_input(channel, offset, length);
    return insert_at(L, stream, offset, text);
}

int class_channel_may_recv(lua_State *L)
{
    const struct channel *channel = class_channel_of(L);
    lua_pushboolean(L, !channel->ended && !channel->failed && !channel->closed);
    return 1;
}

int class_channel_is_resp(lua_State *L)
{
    lua_class_self(L);
    lua_pushboolean(L, is_response_class(lua_class_of_method(L)));
    return 1;
}

/* ---- forwarding ---- */

/* Stack: self, size. state: forwarded so far. */
static int forward_again(lua_State *L, int status, lua_KContext state)
{
    struct stream *stream = data_of(L);
    struct channel *channel = class_channel_of(L);
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

int class_channel_forward(lua_State *L)
{
    data_of(L);
    lua_Integer size = luaL_checkinteger(L, 2);
    luaL_argcheck(L, size >= 0, 2, "a number of bytes is expected");
    return forward_again(L, LUA_OK, 0);
}

static int getline_again(lua_State *L, int status, lua_KContext state)
{
    struct stream *stream = data_of(L);
    struct channel *channel = class_channel_of(L);
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

static size_t room_of(const struct stream *stream, const struct channel *channel)
{
    if (!channel->data)
        return stream->engine->buffers.object_size;
    return channel->capacity - channel->output - channel->input - channel->raw;
}

/* Goes out before what is still under rules (TRUTHS A48), as room is made by what leaves. When what is under rules fills
 * the buffer none is: the bytes sent so far are the answer, as in HAProxy. state: bytes sent so far. */
static int send_again(lua_State *L, int status, lua_KContext state)
{
    struct stream *stream = data_of(L);
    struct channel *channel = class_channel_of(L);
    struct str text = lua_value_check_str(L, 2);
    size_t sent = (size_t)state, room = room_of(stream, channel);
    (void)status;
    if (channel->closed) {
        lua_pushinteger(L, -1);
        return 1;
    }
    size_t part = text.size - sent < room ? text.size - sent : room;
    if (part && channel_insert_input(channel, stream->engine, 0, str_slice(text, sent, part))) {
        channel_forward(channel, part);
        sent += part;
        stream_wake(stream);
    }
    if (sent < text.size && channel->output)
        return lua_wait(L, send_again, (lua_KContext)sent);
    lua_pushinteger(L, (lua_Integer)sent);
    return 1;
}

int class_channel_send(lua_State *L)
{
    lua_value_check_str(L, 2);
    lua_settop(L, 2);
    return send_again(L, LUA_OK, 0);
}

#define WHERE (LUA_IN_ACTION | LUA_IN_FILTER)

static const struct lua_method_row rows[] = {
    /* name             run                    where allowed  may wait */
    { "append", class_channel_append, WHERE, false, "text: string -> integer" },
    { "data", class_channel_data, WHERE, true, "offset?: integer, length?: integer -> string|nil" },
    { "dup", channel_dup, LUA_IN_STREAM, true, " -> string" },
    { "forward", class_channel_forward, WHERE, true, "size: integer -> integer" },
    { "get", channel_get, WHERE, true, " -> string" },
    { "get_in_len", class_channel_get_in_len, LUA_IN_STREAM, false, " -> integer" },
    { "get_in_length", class_channel_get_in_len, LUA_IN_STREAM, false, " -> integer" },
    { "get_out_len", class_channel_get_out_len, LUA_IN_STREAM, false, " -> integer" },
    { "get_out_length", class_channel_get_out_len, LUA_IN_STREAM, false, " -> integer" },
    { "getline", channel_getline, WHERE, true, " -> string" },
    { "input", class_channel_get_in_len, LUA_IN_STREAM, false, " -> integer" },
    { "insert", class_channel_insert, WHERE, false, "text: string, offset?: integer -> integer" },
    { "is_full", class_channel_is_full, LUA_IN_STREAM, false, " -> boolean" },
    { "is_resp", class_channel_is_resp, LUA_IN_STREAM, false, " -> boolean" },
    { "line", channel_line, WHERE, true, "offset?: integer, length?: integer -> string|nil" },
    { "may_recv", class_channel_may_recv, LUA_IN_STREAM, false, " -> boolean" },
    { "output", class_channel_get_out_len, LUA_IN_STREAM, false, " -> integer" },
    { "prepend", class_channel_prepend, WHERE, false, "text: string -> integer" },
    { "remove", class_channel_remove, WHERE, false, "offset?: integer, length?: integer -> integer" },
    { "send", class_channel_send, WHERE, true, "text: string -> integer" },
    { "set", class_channel_set, WHERE, false, "text: string, offset?: integer, length?: integer -> integer" },
    { 0 },
};

const struct lua_class class_channel_request = { "Channel", rows, NULL, false, NULL };
const struct lua_class class_channel_response = { "Channel", rows, NULL, false, NULL };
