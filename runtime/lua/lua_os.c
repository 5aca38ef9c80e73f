/* What Lua's `os` would ask of the C library: the platform answers here. */
#include "lua/lua_os.h"
#include "base/units.h"
#include "lua/lua_held.h"
#include "lua/lua_popen.h"
#include "lua/lua_vm.h"
#include <lauxlib.h>

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
    struct platform *platform = lua_vm_platform(L);
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
    struct platform *platform = lua_vm_platform(L);
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
    struct platform *platform = lua_vm_platform(L);
    lua_pushstring(L, platform->ops->env_get(platform, luaL_checkstring(L, 1)));
    return 1;
}

int lua_os_answer(lua_State *L, enum io_status status, const char *path)
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
    struct platform *platform = lua_vm_platform(L);
    const char *path = luaL_checkstring(L, 1);
    return lua_os_answer(L, platform->ops->file_remove(platform, path), path);
}

static int os_rename(lua_State *L)
{
    struct platform *platform = lua_vm_platform(L);
    const char *from = luaL_checkstring(L, 1);
    return lua_os_answer(L, platform->ops->file_rename(platform, from, luaL_checkstring(L, 2)), from);
}

static int os_tmpname(lua_State *L)
{
    struct platform *platform = lua_vm_platform(L);
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
    uint64_t begin = lua_held_begin(L);
    bool started = lua_popen_run(lua_vm_platform(L), command, STR_NONE, &output, &code);
    lua_held_end(L, begin, "os.execute", LUA_HELD_COMMAND);
    if (output.size)
        lua_vm_platform(L)->ops->print(lua_vm_platform(L), false, buf_str(&output));
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

void lua_os_open(lua_State *L)
{
    luaL_newlib(L, os_functions);
    lua_setglobal(L, "os");
}
