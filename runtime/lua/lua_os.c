/* What Lua's own libraries would ask of the C library: the platform answers here. Files are read whole when they are opened
 * and written whole when they are closed or flushed. */
#include "lua/lua_os.h"
#include "base/units.h"
#include "lua/lua_log.h"
#include "lua/lua_popen.h"
#include "lua/lua_value.h"
#include <lauxlib.h>

static struct platform *platform_of(lua_State *L)
{
    return lua_vm_of(L)->configuration->platform;
}

/* ---- os ---- */

/* Days since 1970 of a civil date, and back (proleptic Gregorian; the year may be any). */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

struct civil {
    int64_t year;
    int month, day, hour, minute, second, weekday,
        yearday; /* month and day from 1, weekday from 0 (Sunday) */
};

static struct civil civil_of(int64_t seconds)
{
    int64_t days = seconds / 86400, rest = seconds % 86400;
    if (rest < 0) {
        rest += 86400;
        days--;
    }
    int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097, of_era = z - era * 146097;
    int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100),
            shifted = (5 * of_year + 2) / 153;
    struct civil civil = { .day = (int)(of_year - (153 * shifted + 2) / 5 + 1),
                           .month = (int)(shifted < 10 ? shifted + 3 : shifted - 9) };
    civil.year = year_of_era + era * 400 + (civil.month <= 2);
    civil.hour = (int)(rest / 3600);
    civil.minute = (int)(rest / 60 % 60);
    civil.second = (int)(rest % 60);
    civil.weekday = (int)(((days + 4) % 7 + 7) % 7);
    civil.yearday = (int)(days - days_of(civil.year, 1, 1));
    return civil;
}

static int64_t wall_s(lua_State *L)
{
    struct platform *platform = platform_of(L);
    int64_t ns = platform->ops->wall_ns(platform);
    return ns / (int64_t)NS_PER_S;
}

static lua_Integer date_field(lua_State *L, const char *key, lua_Integer usual)
{
    int whole;
    lua_getfield(L, 1, key);
    lua_Integer value = lua_tointegerx(L, -1, &whole);
    bool missing = lua_isnil(L, -1);
    lua_pop(L, 1);
    if (missing && usual < 0)
        return luaL_error(L, "field '%s' missing in date table", key);
    if (!missing && !whole)
        return luaL_error(L, "field '%s' is not an integer", key);
    return missing ? usual : value;
}

static int os_time(lua_State *L)
{
    if (lua_isnoneornil(L, 1)) {
        lua_pushinteger(L, wall_s(L));
        return 1;
    }
    luaL_checktype(L, 1, LUA_TTABLE);
    int64_t year = date_field(L, "year", -1), month = date_field(L, "month", -1),
            day = date_field(L, "day", -1);
    int64_t hour = date_field(L, "hour", 12), minute = date_field(L, "min", 0),
            second = date_field(L, "sec", 0);
    year += (month - 1) / 12;
    month = (month - 1) % 12 + 1;
    if (month < 1) {
        month += 12;
        year--;
    }
    lua_pushinteger(L, (days_of(year, month, 1) + day - 1) * 86400 + hour * 3600 + minute * 60 + second);
    return 1;
}

static int os_clock(lua_State *L)
{
    struct platform *platform = platform_of(L);
    lua_pushnumber(L, (lua_Number)platform->ops->cpu_ns(platform) / (lua_Number)NS_PER_S);
    return 1;
}

static int os_difftime(lua_State *L)
{
    lua_pushnumber(L, (lua_Number)(luaL_checkinteger(L, 1) - luaL_checkinteger(L, 2)));
    return 1;
}

static const char *const day_names[] = { "Sunday",   "Monday", "Tuesday", "Wednesday",
                                         "Thursday", "Friday", "Saturday" };
static const char *const month_names[] = { "January",   "February", "March",    "April",
                                           "May",       "June",     "July",     "August",
                                           "September", "October",  "November", "December" };

static void add_number(luaL_Buffer *out, const char *format, long long value)
{
    char text[32];
    int size = snprintf(text, sizeof(text), format, value);
    luaL_addlstring(out, text, (size_t)size);
}

static void add_date(lua_State *L, luaL_Buffer *out, const struct civil *c, const char *format)
{
    for (; *format; format++) {
        if (*format != '%') {
            luaL_addchar(out, *format);
            continue;
        }
        switch (*++format) {
        case 'a':
            luaL_addlstring(out, day_names[c->weekday], 3);
            break;
        case 'A':
            luaL_addstring(out, day_names[c->weekday]);
            break;
        case 'b':
        case 'h':
            luaL_addlstring(out, month_names[c->month - 1], 3);
            break;
        case 'B':
            luaL_addstring(out, month_names[c->month - 1]);
            break;
        case 'c':
            add_date(L, out, c, "%a %b %e %H:%M:%S %Y");
            break;
        case 'd':
            add_number(out, "%02lld", c->day);
            break;
        case 'D':
        case 'x':
            add_date(L, out, c, "%m/%d/%y");
            break;
        case 'e':
            add_number(out, "%2lld", c->day);
            break;
        case 'F':
            add_date(L, out, c, "%Y-%m-%d");
            break;
        case 'H':
            add_number(out, "%02lld", c->hour);
            break;
        case 'I':
            add_number(out, "%02lld", c->hour % 12 ? c->hour % 12 : 12);
            break;
        case 'j':
            add_number(out, "%03lld", c->yearday + 1);
            break;
        case 'm':
            add_number(out, "%02lld", c->month);
            break;
        case 'M':
            add_number(out, "%02lld", c->minute);
            break;
        case 'n':
            luaL_addchar(out, '\n');
            break;
        case 'p':
            luaL_addstring(out, c->hour < 12 ? "AM" : "PM");
            break;
        case 'S':
            add_number(out, "%02lld", c->second);
            break;
        case 't':
            luaL_addchar(out, '\t');
            break;
        case 'T':
        case 'X':
            add_date(L, out, c, "%H:%M:%S");
            break;
        case 'w':
            add_number(out, "%lld", c->weekday);
            break;
        case 'y':
            add_number(out, "%02lld", (c->year % 100 + 100) % 100);
            break;
        case 'Y':
            add_number(out, "%lld", c->year);
            break;
        case 'z':
            luaL_addstring(out, "+0000");
            break;
        case 'Z':
            luaL_addstring(out, "UTC");
            break;
        case '%':
            luaL_addchar(out, '%');
            break;
        default:
            luaL_error(L, "invalid conversion specifier '%%%s'", format);
        }
    }
}

static void set_number(lua_State *L, const char *key, lua_Integer value)
{
    lua_pushinteger(L, value);
    lua_setfield(L, -2, key);
}

static int os_date(lua_State *L)
{
    const char *format = luaL_optstring(L, 1, "%c");
    int64_t seconds = luaL_opt(L, luaL_checkinteger, 2, wall_s(L));
    struct civil civil = civil_of(seconds);
    if (*format == '!')
        format++;
    if (strncmp(format, "*t", 2) == 0) {
        lua_createtable(L, 0, 9);
        set_number(L, "year", civil.year);
        set_number(L, "month", civil.month);
        set_number(L, "day", civil.day);
        set_number(L, "hour", civil.hour);
        set_number(L, "min", civil.minute);
        set_number(L, "sec", civil.second);
        set_number(L, "wday", civil.weekday + 1);
        set_number(L, "yday", civil.yearday + 1);
        lua_pushboolean(L, false);
        lua_setfield(L, -2, "isdst");
        return 1;
    }
    luaL_Buffer out;
    luaL_buffinit(L, &out);
    add_date(L, &out, &civil, format);
    luaL_pushresult(&out);
    return 1;
}

static int os_getenv(lua_State *L)
{
    struct platform *platform = platform_of(L);
    lua_pushstring(L, platform->ops->env_get(platform, luaL_checkstring(L, 1)));
    return 1;
}

static int answer(lua_State *L, enum io_status status, const char *path)
{
    if (status == IO_OK) {
        lua_pushboolean(L, true);
        return 1;
    }
    luaL_pushfail(L);
    lua_pushfstring(L, "%s: %s", path, platform_status_text(status));
    lua_pushinteger(L, (lua_Integer)status);
    return 3;
}

static int os_remove(lua_State *L)
{
    struct platform *platform = platform_of(L);
    const char *path = luaL_checkstring(L, 1);
    return answer(L, platform->ops->file_remove(platform, path), path);
}

static int os_rename(lua_State *L)
{
    struct platform *platform = platform_of(L);
    const char *from = luaL_checkstring(L, 1);
    return answer(L, platform->ops->file_rename(platform, from, luaL_checkstring(L, 2)), from);
}

static int os_tmpname(lua_State *L)
{
    struct platform *platform = platform_of(L);
    uint64_t number;
    char name[48];
    platform->ops->entropy(platform, &number, sizeof(number));
    snprintf(name, sizeof(name), "/tmp/lua_%016llx", (unsigned long long)number);
    lua_pushstring(L, name);
    return 1;
}

static int os_execute(lua_State *L)
{
    const char *command = luaL_optstring(L, 1, NULL);
    struct buf output = BUF_INIT;
    int code = -1;
    if (!command) {
        lua_pushboolean(L, true); /* there is a shell */
        return 1;
    }
    bool started = lua_popen_run(platform_of(L), command, STR_NONE, &output, &code);
    if (output.size)
        platform_of(L)->ops->print(platform_of(L), false, buf_str(&output));
    buf_finish(&output);
    if (code == 0 && started)
        lua_pushboolean(L, true);
    else
        luaL_pushfail(L);
    lua_pushstring(L, code > 128 ? "signal" : "exit");
    lua_pushinteger(L, code > 128 ? code - 128 : code);
    return 3;
}

static const luaL_Reg os_functions[] = {
    { "clock", os_clock },       { "date", os_date },
    { "difftime", os_difftime }, { "execute", os_execute },
    { "getenv", os_getenv },     { "remove", os_remove },
    { "rename", os_rename },     { "time", os_time },
    { "tmpname", os_tmpname },   { NULL, NULL },
};

/* ---- io ---- */

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
    struct platform *platform = platform_of(L);
    if (!file->changed || !file->path || file->command)
        return IO_OK;
    file->changed = false;
    return platform->ops->file_write(platform, file->path, buf_str(&file->data), false);
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
    struct platform *platform = platform_of(L);
    if (output->size)
        platform->ops->print(platform, false, buf_str(output));
    buf_finish(output);
}

static int close_command(lua_State *L, struct file *file)
{
    struct buf output = BUF_INIT;
    bool started = true;
    if (file->writable)
        started = lua_popen_run(platform_of(L), file->path, file->data.size ? buf_str(&file->data) : STR(""),
                                &output, &file->exit_code);
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
    return answer(L, status, path);
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
    return answer(L, flush(L, file), file->path ? file->path : "");
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
        return answer(L, IO_DENIED, file->path ? file->path : "");
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
    struct platform *platform = platform_of(L);
    for (int index = first; index <= lua_gettop(L); index++) {
        struct str text = lua_value_check_str(L, index);
        if (file->to_stdout || file->to_stderr) {
            platform->ops->print(platform, file->to_stderr, text);
            continue;
        }
        if (!file->writable)
            return answer(L, IO_DENIED, file->path);
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
        return answer(L, IO_BAD, file->path ? file->path : "");
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
    struct platform *platform = platform_of(L);
    struct file *file = new_file(L, path);
    file->readable = *mode == 'r' || strchr(mode, '+');
    file->writable = *mode != 'r' || strchr(mode, '+');
    file->append = *mode == 'a';
    enum io_status status = IO_OK;
    if (*mode != 'w')
        status = platform->ops->file_read(platform, path, &file->data);
    if (status == IO_NOT_FOUND && *mode == 'a')
        status = IO_OK;
    if (*mode == 'w')
        status = platform->ops->file_write(platform, path, STR_NONE, false);
    if (status == IO_OK)
        return 1;
    file->open = false;
    buf_finish(&file->data);
    return answer(L, status, path);
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
    if (file->writable || lua_popen_run(platform_of(L), command, STR_NONE, &file->data, &file->exit_code))
        return 1;
    file->open = false;
    buf_finish(&file->data);
    return answer(L, IO_BAD, command);
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

static void open_io(lua_State *L)
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

/* ---- print, dofile, loadfile, require ---- */

static int print(lua_State *L)
{
    struct platform *platform = platform_of(L);
    int count = lua_gettop(L);
    luaL_Buffer line;
    luaL_buffinit(L, &line);
    for (int index = 1; index <= count; index++) {
        if (index > 1)
            luaL_addchar(&line, '\t');
        luaL_tolstring(L, index, NULL);
        luaL_addvalue(&line);
    }
    luaL_addchar(&line, '\n');
    luaL_pushresult(&line);
    platform->ops->print(platform, false, lua_value_check_str(L, -1));
    return 0;
}

static int load_path(lua_State *L, const char *path, enum io_status *status)
{
    struct platform *platform = platform_of(L);
    struct buf text = BUF_INIT;
    *status = platform->ops->file_read(platform, path, &text);
    if (*status != IO_OK) {
        buf_finish(&text);
        lua_pushfstring(L, "cannot open %s: %s", path, platform_status_text(*status));
        return LUA_ERRFILE;
    }
    struct str code = buf_str(&text);
    if (code.size && code.data[0] == '#') {
        size_t line = str_find_char(code, '\n');
        code = str_from(code, line == STR_NOT_FOUND ? code.size : line);
    }
    lua_pushfstring(L, "@%s", path);
    int result = luaL_loadbufferx(L, code.size ? code.data : "", code.size, lua_tostring(L, -1), "t");
    lua_remove(L, -2);
    buf_finish(&text);
    return result;
}

static int loadfile(lua_State *L)
{
    enum io_status status;
    if (load_path(L, luaL_checkstring(L, 1), &status) == LUA_OK)
        return 1;
    luaL_pushfail(L);
    lua_insert(L, -2);
    return 2;
}

static int dofile(lua_State *L)
{
    enum io_status status;
    if (load_path(L, luaL_checkstring(L, 1), &status) != LUA_OK)
        return lua_error(L);
    lua_settop(L, 2);
    lua_remove(L, 1);
    lua_callk(L, 0, LUA_MULTRET, 0, NULL);
    return lua_gettop(L);
}

/* Tries each template of package.path; pushes the chunk and the path, or the list of what was tried. */
static bool find_module(lua_State *L, const char *name)
{
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "path");
    struct str templates = lua_value_check_str(L, -1);
    const char *dotted = luaL_gsub(L, name, ".", "/");
    lua_pushliteral(L, ""); /* what was tried */
    int tried = lua_gettop(L);
    while (templates.data) {
        struct str template = str_split(&templates, ';');
        if (!template.size)
            continue;
        enum io_status status;
        lua_value_push_str(L, template);
        const char *path = luaL_gsub(L, lua_tostring(L, -1), "?", dotted);
        if (load_path(L, path, &status) == LUA_OK) {
            lua_pushstring(L, path);
            return true;
        }
        if (status == IO_OK)
            luaL_error(L, "error loading module '%s':\n\t%s", name, lua_tostring(L, -1));
        lua_pushfstring(L, "%s\n\tno file '%s'", lua_tostring(L, tried), path);
        lua_replace(L, tried);
        lua_settop(L, tried);
    }
    return false;
}

static int require(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    lua_settop(L, 1);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_getfield(L, 2, name);
    if (lua_toboolean(L, -1))
        return 1;
    lua_settop(L, 2);
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "preload");
    if (lua_istable(L, -1) && lua_getfield(L, -1, name) == LUA_TFUNCTION)
        lua_pushliteral(L, ":preload:");
    else if (!find_module(L, name))
        return luaL_error(L, "module '%s' not found:\n\tno field package.preload['%s']%s", name, name,
                          lua_tostring(L, -1));
    lua_pushvalue(L, 1);
    lua_pushvalue(L, -2);
    lua_pushvalue(L, -4);
    lua_insert(L, -3);
    lua_call(L, 2, 1);
    if (!lua_isnil(L, -1))
        lua_setfield(L, 2, name);
    else
        lua_pop(L, 1);
    if (lua_getfield(L, 2, name) == LUA_TNIL) {
        lua_pushboolean(L, true);
        lua_pushvalue(L, -1);
        lua_setfield(L, 2, name);
    }
    lua_pushvalue(L, -2);
    return 2;
}

static void open_package(lua_State *L, struct lua_machine *machine)
{
    const char *first = machine->configuration->globals.lua_prepend_path;
    lua_newtable(L);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_setfield(L, -2, "loaded");
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    lua_setfield(L, -2, "preload");
    lua_pushfstring(
        L, "%s%s%s", first ? first : "", first ? ";" : "",
        "/usr/local/share/lua/5.4/?.lua;/usr/local/share/lua/5.4/?/init.lua;/usr/share/lua/5.4/?.lua;"
        "/usr/share/lua/5.4/?/init.lua;./?.lua;./?/init.lua");
    lua_setfield(L, -2, "path");
    lua_pushliteral(L, "");
    lua_setfield(L, -2, "cpath");
    lua_pushliteral(L, "/\n;\n?\n!\n-\n");
    lua_setfield(L, -2, "config");
    lua_setglobal(L, "package");
    lua_register(L, "require", require);
}

void lua_os_open(lua_State *L, struct lua_machine *machine)
{
    luaL_newlib(L, os_functions);
    lua_setglobal(L, "os");
    open_io(L);
    open_package(L, machine);
    lua_register(L, "print", print);
    lua_register(L, "loadfile", loadfile);
    lua_register(L, "dofile", dofile);
}
