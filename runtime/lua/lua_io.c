/* The `io` library over the platform. Files are read whole when they are opened and written whole when they are closed or
 * flushed. */
#include "lua/lua_io.h"
#include "lua/lua_held.h"
#include "lua/lua_os.h"
#include "lua/lua_popen.h"
#include "lua/lua_value.h"
#include "lua/lua_vm.h"
#include <lauxlib.h>

#define FILE_CLASS "FILE*"

struct file {
    struct buf data;
    size_t at;
    bool open, readable, writable, append, changed, to_stdout, to_stderr;
    bool command;  /* of popen: path is the command; one that is written to runs when the file is closed */
    int exit_code; /* of the command */
    char *path;
};

static struct file *check_file(lua_State *L, int index)
{
    struct file *file = luaL_checkudata(L, index, FILE_CLASS);
    if (!file->open)
        luaL_error(L, "attempt to use a closed file");
    return file;
}

static enum io_status flush(lua_State *L, struct file *file)
{
    struct platform *platform = lua_vm_platform(L);
    if (!file->changed || !file->path || file->command)
        return IO_OK;
    file->changed = false;
    uint64_t begin = lua_held_begin(L);
    enum io_status status = platform->ops->file_write(platform, file->path, buf_str(&file->data), false);
    lua_held_end(L, begin, "the writing of a file", LUA_HELD_WRITE);
    return status;
}

/* true, "exit" and 0; or fail, "exit" or "signal", and the number. */
static int push_exit(lua_State *L, int code)
{
    bool by_signal = code > 128;
    if (code == 0)
        lua_pushboolean(L, true);
    else
        luaL_pushfail(L);
    lua_pushstring(L, by_signal ? "signal" : "exit");
    lua_pushinteger(L, by_signal ? code - 128 : code);
    return 3;
}

static void print_output(lua_State *L, struct buf *output)
{
    struct platform *platform = lua_vm_platform(L);
    if (output->size)
        platform->ops->print(platform, false, buf_str(output));
    buf_finish(output);
}

static int close_command(lua_State *L, struct file *file)
{
    struct buf output = BUF_INIT;
    bool started = true;
    uint64_t begin = lua_held_begin(L);
    if (file->writable)
        started = lua_popen_run(lua_vm_platform(L), file->path,
                                file->data.size ? buf_str(&file->data) : STR(""), &output, &file->exit_code);
    lua_held_end(L, begin, "io.popen", LUA_HELD_COMMAND);
    print_output(L, &output);
    file->open = false;
    buf_finish(&file->data);
    return push_exit(L, started ? file->exit_code : -1);
}

static int file_close(lua_State *L)
{
    struct file *file = check_file(L, 1);
    if (file->command)
        return close_command(L, file);
    enum io_status status = flush(L, file);
    const char *path = file->path ? file->path : "";
    file->open = false;
    buf_finish(&file->data);
    return lua_os_answer(L, status, path);
}

static int file_gc(lua_State *L)
{
    struct file *file = luaL_checkudata(L, 1, FILE_CLASS);
    if (file->open)
        (void)flush(L, file);
    file->open = false;
    buf_finish(&file->data);
    return 0;
}

static int file_flush(lua_State *L)
{
    struct file *file = check_file(L, 1);
    return lua_os_answer(L, flush(L, file), file->path ? file->path : "");
}

static bool read_line(lua_State *L, struct file *file, bool keep_end)
{
    struct str rest = str_from(buf_str(&file->data), file->at);
    if (!rest.size)
        return false;
    size_t end = str_find_char(rest, '\n');
    size_t size = end == STR_NOT_FOUND ? rest.size : end + 1;
    file->at += size;
    if (end != STR_NOT_FOUND && !keep_end)
        size--;
    lua_value_push_str(L, str_slice(rest, 0, size));
    return true;
}

static bool read_number(lua_State *L, struct file *file)
{
    struct str rest = str_from(buf_str(&file->data), file->at);
    size_t from = 0, to;
    while (from < rest.size &&
           (rest.data[from] == ' ' || (rest.data[from] >= '\t' && rest.data[from] <= '\r')))
        from++;
    for (to = from; to < rest.size && to - from < 200 &&
                    str_find_char(STR("+-.0123456789abcdefABCDEFxXpP"), rest.data[to]) != STR_NOT_FOUND;
         to++)
        ;
    file->at += to;
    lua_value_push_str(L, str_slice(rest, from, to - from));
    if (lua_stringtonumber(L, lua_tostring(L, -1)) == 0) {
        lua_pop(L, 1);
        return false;
    }
    lua_remove(L, -2);
    return true;
}

/* One format of file:read; pushes a value, or returns false for fail. */
static bool read_one(lua_State *L, struct file *file, int index)
{
    if (lua_type(L, index) == LUA_TNUMBER) {
        lua_Integer size = lua_tointeger(L, index);
        struct str rest = str_from(buf_str(&file->data), file->at);
        if (!rest.size)
            return false;
        struct str part = str_slice(rest, 0, size < 0 ? 0 : (size_t)size);
        file->at += part.size;
        lua_value_push_str(L, part);
        return true;
    }
    const char *format = luaL_checkstring(L, index);
    if (*format == '*')
        format++;
    switch (*format) {
    case 'a':
        lua_value_push_str(L, str_from(buf_str(&file->data), file->at));
        file->at = file->data.size;
        return true;
    case 'l':
        return read_line(L, file, false);
    case 'L':
        return read_line(L, file, true);
    case 'n':
        return read_number(L, file);
    default:
        luaL_argerror(L, index, "invalid format");
        return false;
    }
}

static int read_formats(lua_State *L, struct file *file, int first)
{
    int last = lua_gettop(L), results = 0;
    if (!file->readable)
        return lua_os_answer(L, IO_DENIED, file->path ? file->path : "");
    if (last < first) {
        if (!read_line(L, file, false))
            luaL_pushfail(L);
        return 1;
    }
    luaL_checkstack(L, last - first + 2, NULL);
    for (int index = first; index <= last; index++) {
        results++;
        if (!read_one(L, file, index)) {
            luaL_pushfail(L);
            break;
        }
    }
    return results;
}

static int file_read(lua_State *L)
{
    return read_formats(L, check_file(L, 1), 2);
}

static int write_values(lua_State *L, struct file *file, int first)
{
    struct platform *platform = lua_vm_platform(L);
    for (int index = first; index <= lua_gettop(L); index++) {
        struct str text = lua_value_check_str(L, index);
        if (file->to_stdout || file->to_stderr) {
            platform->ops->print(platform, file->to_stderr, text);
            continue;
        }
        if (!file->writable)
            return lua_os_answer(L, IO_DENIED, file->path);
        if (file->append || file->at >= file->data.size) {
            buf_add(&file->data, text);
            file->at = file->data.size;
        } else {
            size_t over = file->data.size - file->at < text.size ? file->data.size - file->at : text.size;
            buf_remove(&file->data, file->at, over);
            if (!buf_insert(&file->data, file->at, text))
                return luaL_error(L, "out of memory");
            file->at += text.size;
        }
        file->changed = true;
        if (file->data.failed)
            return luaL_error(L, "out of memory");
    }
    return -1;
}

static int file_write(lua_State *L)
{
    int results = write_values(L, check_file(L, 1), 2);
    if (results >= 0)
        return results;
    lua_pushvalue(L, 1);
    return 1;
}

static int file_seek(lua_State *L)
{
    struct file *file = check_file(L, 1);
    const char *whence = luaL_optstring(L, 2, "cur");
    lua_Integer offset = luaL_optinteger(L, 3, 0);
    lua_Integer from = strcmp(whence, "set") == 0   ? 0
                       : strcmp(whence, "end") == 0 ? (lua_Integer)file->data.size
                                                    : (lua_Integer)file->at;
    if (from + offset < 0)
        return lua_os_answer(L, IO_BAD, file->path ? file->path : "");
    file->at = (size_t)(from + offset);
    lua_pushinteger(L, from + offset);
    return 1;
}

static int next_line(lua_State *L)
{
    struct file *file = luaL_checkudata(L, lua_upvalueindex(1), FILE_CLASS);
    if (!file->open)
        return luaL_error(L, "file is already closed");
    int count = (int)lua_tointeger(L, lua_upvalueindex(2));
    lua_settop(L, 0);
    for (int i = 0; i < count; i++)
        lua_pushvalue(L, lua_upvalueindex(3 + i));
    int results = read_formats(L, file, 1);
    if (lua_isnil(L, -results) &&
        lua_toboolean(L, lua_upvalueindex(3 + count))) { /* io.lines closes at the end */
        (void)flush(L, file);
        file->open = false;
        buf_finish(&file->data);
    }
    return results;
}

/* Formats stand from index 2 on; the file is at 1. */
static int push_lines(lua_State *L, bool close_at_end)
{
    int count = lua_gettop(L) - 1;
    luaL_argcheck(L, count <= 200, 202, "too many formats");
    lua_pushboolean(L, close_at_end);
    lua_pushvalue(L, 1);
    lua_pushinteger(L, count);
    lua_rotate(L, 2, 2);
    lua_pushcclosure(L, next_line, 3 + count);
    return 1;
}

static int file_lines(lua_State *L)
{
    check_file(L, 1);
    return push_lines(L, false);
}

static int file_setvbuf(lua_State *L)
{
    check_file(L, 1);
    lua_pushboolean(L, true);
    return 1;
}

static int file_tostring(lua_State *L)
{
    const struct file *file = luaL_checkudata(L, 1, FILE_CLASS);
    lua_pushfstring(L, file->open ? "file (%s)" : "file (closed)",
                    file->path ? file->path : "standard stream");
    return 1;
}

static struct file *new_file(lua_State *L, const char *path)
{
    struct file *file = lua_newuserdatauv(L, sizeof(*file), 1);
    *file = (struct file){ .open = true };
    if (path) {
        lua_pushstring(L, path);
        file->path = (char *)(uintptr_t)lua_tostring(L, -1);
        lua_setiuservalue(L, -2, 1); /* keeps the text */
    }
    luaL_setmetatable(L, FILE_CLASS);
    return file;
}

/* Pushes the file, or fail and why. */
static int open_file(lua_State *L, const char *path, const char *mode)
{
    struct platform *platform = lua_vm_platform(L);
    struct file *file = new_file(L, path);
    file->readable = *mode == 'r' || strchr(mode, '+');
    file->writable = *mode != 'r' || strchr(mode, '+');
    file->append = *mode == 'a';
    enum io_status status = IO_OK;
    uint64_t begin = lua_held_begin(L);
    if (*mode != 'w')
        status = platform->ops->file_read(platform, path, &file->data);
    if (status == IO_NOT_FOUND && *mode == 'a')
        status = IO_OK;
    if (*mode == 'w')
        status = platform->ops->file_write(platform, path, STR_NONE, false);
    lua_held_end(L, begin, "the opening of a file", LUA_HELD_FILE);
    if (status == IO_OK)
        return 1;
    file->open = false;
    buf_finish(&file->data);
    return lua_os_answer(L, status, path);
}

static int io_open(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1), *mode = luaL_optstring(L, 2, "r");
    luaL_argcheck(L, *mode == 'r' || *mode == 'w' || *mode == 'a', 2, "invalid mode");
    return open_file(L, path, mode);
}

static int io_popen(lua_State *L)
{
    const char *command = luaL_checkstring(L, 1), *mode = luaL_optstring(L, 2, "r");
    luaL_argcheck(L, (*mode == 'r' || *mode == 'w') && !mode[1], 2, "invalid mode");
    struct file *file = new_file(L, command);
    file->command = true;
    file->readable = *mode == 'r';
    file->writable = *mode == 'w';
    uint64_t begin = lua_held_begin(L);
    bool started =
        file->writable || lua_popen_run(lua_vm_platform(L), command, STR_NONE, &file->data, &file->exit_code);
    lua_held_end(L, begin, "io.popen", LUA_HELD_COMMAND);
    if (started)
        return 1;
    file->open = false;
    buf_finish(&file->data);
    return lua_os_answer(L, IO_BAD, command);
}

/* io.input and io.output: a name opens a file, a file takes its place; gives the one in use. */
static int standard_file(lua_State *L, const char *key, const char *mode)
{
    if (lua_type(L, 1) == LUA_TSTRING) {
        if (open_file(L, lua_tostring(L, 1), mode) != 1)
            return luaL_error(L, "%s", lua_tostring(L, -2));
        lua_setfield(L, LUA_REGISTRYINDEX, key);
    } else if (!lua_isnoneornil(L, 1)) {
        check_file(L, 1);
        lua_pushvalue(L, 1);
        lua_setfield(L, LUA_REGISTRYINDEX, key);
    }
    lua_getfield(L, LUA_REGISTRYINDEX, key);
    return 1;
}

static int io_input(lua_State *L)
{
    return standard_file(L, "io.input", "r");
}

static int io_output(lua_State *L)
{
    return standard_file(L, "io.stdout", "w");
}

static int io_read(lua_State *L)
{
    lua_getfield(L, LUA_REGISTRYINDEX, "io.input");
    if (lua_isnil(L, -1)) { /* the process reads no input */
        luaL_pushfail(L);
        return 1;
    }
    lua_insert(L, 1);
    return read_formats(L, check_file(L, 1), 2);
}

static int io_lines(lua_State *L)
{
    if (lua_isnoneornil(L, 1)) {
        lua_settop(L, 0);
        lua_getfield(L, LUA_REGISTRYINDEX, "io.input");
        check_file(L, 1);
        return push_lines(L, false);
    }
    const char *path = luaL_checkstring(L, 1);
    if (open_file(L, path, "r") != 1)
        return luaL_error(L, "%s", lua_tostring(L, -2));
    lua_replace(L, 1);
    return push_lines(L, true);
}

static int io_write(lua_State *L)
{
    lua_getfield(L, LUA_REGISTRYINDEX, "io.stdout");
    struct file *file = check_file(L, -1);
    lua_insert(L, 1);
    int results = write_values(L, file, 2);
    if (results >= 0)
        return results;
    lua_pushvalue(L, 1);
    return 1;
}

static int io_close(lua_State *L)
{
    if (lua_isnone(L, 1))
        lua_getfield(L, LUA_REGISTRYINDEX, "io.stdout");
    return file_close(L);
}

static int io_type(lua_State *L)
{
    luaL_checkany(L, 1);
    const struct file *file = luaL_testudata(L, 1, FILE_CLASS);
    if (!file)
        luaL_pushfail(L);
    else
        lua_pushstring(L, file->open ? "file" : "closed file");
    return 1;
}

static const luaL_Reg io_functions[] = {
    { "close", io_close },   { "input", io_input }, { "lines", io_lines }, { "open", io_open },
    { "output", io_output }, { "popen", io_popen }, { "read", io_read },   { "type", io_type },
    { "write", io_write },   { NULL, NULL },
};

static const luaL_Reg file_methods[] = {
    { "close", file_close }, { "flush", file_flush }, { "lines", file_lines },     { "read", file_read },
    { "seek", file_seek },   { "write", file_write }, { "setvbuf", file_setvbuf }, { NULL, NULL },
};

void lua_io_open(lua_State *L)
{
    luaL_newmetatable(L, FILE_CLASS);
    luaL_newlib(L, file_methods);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, file_gc);
    lua_setfield(L, -2, "__gc");
    lua_pushcfunction(L, file_gc);
    lua_setfield(L, -2, "__close");
    lua_pushcfunction(L, file_tostring);
    lua_setfield(L, -2, "__tostring");
    lua_pop(L, 1);
    luaL_newlib(L, io_functions);
    new_file(L, NULL)->to_stdout = true;
    lua_pushvalue(L, -1);
    lua_setfield(L, LUA_REGISTRYINDEX, "io.stdout");
    lua_setfield(L, -2, "stdout");
    new_file(L, NULL)->to_stderr = true;
    lua_setfield(L, -2, "stderr");
    new_file(L, NULL)->readable = true;
    lua_setfield(L, -2, "stdin");
    lua_setglobal(L, "io");
}
