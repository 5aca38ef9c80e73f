/* core's pure functions: dates, addresses, words (API text, "Core class"; TRUTHS A7 to A10). */
#include "base/units.h"
#include "http/http_date.h"
#include "lua/classes.h"
#include "lua/lua_value.h"
#include <lauxlib.h>

/* ---- dates ---- */

static int date_of(lua_State *L, bool (*parse)(struct str text, int64_t *seconds))
{
    int64_t seconds;
    if (parse(lua_value_check_str(L, 1), &seconds))
        lua_pushinteger(L, (int32_t)seconds); /* HAProxy's result has 32 bits */
    else
        lua_pushnil(L);
    return 1;
}

static int core_http_date(lua_State *L)
{
    return date_of(L, http_date_parse);
}

static int core_imf_date(lua_State *L)
{
    return date_of(L, http_date_parse_imf);
}

static int core_rfc850_date(lua_State *L)
{
    return date_of(L, http_date_parse_rfc850);
}

static int core_asctime_date(lua_State *L)
{
    return date_of(L, http_date_parse_asctime);
}

/* ---- addresses ---- */

#define NETWORK "address"

struct network {
    unsigned size; /* bytes: 4 or 16 */
    uint8_t ip[16], mask[16];
};

/* One to four numbers, "10.1" being 10.0.0.1, as ACLs read them. */
static bool read_v4(struct str text, uint8_t *ip)
{
    uint64_t address = 0;
    unsigned count = 0;
    for (struct str rest = text; rest.data; count++) {
        struct str part = str_split(&rest, '.');
        int64_t value;
        if (count == 4)
            return false;
        int64_t most = rest.data ? 255 : (int64_t)(UINT32_MAX >> (8 * count));
        if (!part.size || !ascii_digit(part.data[0]) || !units_parse_int(part, 0, most, &value))
            return false;
        address |= rest.data ? (uint64_t)value << (24 - 8 * count) : (uint64_t)value;
    }
    for (unsigned i = 0; i < 4; i++)
        ip[i] = (uint8_t)(address >> (24 - 8 * i));
    return count > 0;
}

static bool read_mask(struct str text, struct network *out)
{
    int64_t bits;
    struct addr mask;
    if (units_parse_int(text, 0, out->size * 8, &bits)) {
        for (unsigned i = 0; i < out->size; i++, bits -= 8)
            out->mask[i] = (uint8_t)(bits >= 8 ? 255 : bits > 0 ? 255 << (8 - bits) : 0);
        return true;
    }
    if (out->size != 4 || !addr_parse_ip(text, &mask) || mask.family != ADDR_IPV4)
        return false;
    memcpy(out->mask, mask.u.ip, 4);
    return true;
}

static bool read_network(lua_State *L, struct str text, struct network *out)
{
    struct addr addr;
    size_t slash = str_find_last_char(text, '/');
    struct str ip = slash == STR_NOT_FOUND ? text : str_slice(text, 0, slash);
    if (read_v4(ip, out->ip)) {
        out->size = 4;
    } else if (addr_parse_ip(ip, &addr)) {
        out->size = 16;
        memcpy(out->ip, addr.u.ip, 16);
    } else { /* a name, which is looked up at start only, where a look-up may block */
        struct platform *platform = lua_vm_of(L)->configuration->platform;
        unsigned count = 0;
        char name[256];
        if (ip.size >= sizeof(name) || !ip.size || ascii_digit(ip.data[0]) ||
            !(lua_context_of(L) & LUA_IN_SETUP) || str_find_char(ip, ':') != STR_NOT_FOUND)
            return false;
        str_to_c(ip, name, sizeof(name));
        if (platform->ops->resolve(platform, name, false, &addr, 1, &count) != IO_OK || !count ||
            addr.family != ADDR_IPV4)
            return false;
        out->size = 4;
        memcpy(out->ip, addr.u.ip, 4);
    }
    memset(out->mask, 255, out->size);
    return slash == STR_NOT_FOUND || read_mask(str_from(text, slash + 1), out);
}

static int core_parse_addr(lua_State *L)
{
    struct network network = { 0 };
    if (!read_network(L, lua_value_check_str(L, 1), &network)) {
        lua_pushnil(L);
        return 1;
    }
    struct network *kept = lua_newuserdatauv(L, sizeof(*kept), 0);
    *kept = network;
    luaL_newmetatable(L, NETWORK);
    lua_setmetatable(L, -2);
    return 1;
}

/* Each is masked with the other one's mask alone (TRUTHS A7). */
static int core_match_addr(lua_State *L)
{
    const struct network *a = luaL_testudata(L, 1, NETWORK), *b = luaL_testudata(L, 2, NETWORK);
    bool same = a && b && a->size == b->size;
    for (unsigned i = 0; same && i < a->size; i++)
        same = (a->ip[i] & b->mask[i]) == (b->ip[i] & a->mask[i]);
    lua_pushboolean(L, same);
    return 1;
}

/* ---- words ---- */

/* core.tokenize(text, separators[, noblank]): TRUTHS A9. */
static int core_tokenize(lua_State *L)
{
    struct str text = lua_value_check_str(L, 1), separators = lua_value_check_str(L, 2);
    bool noblank = false;
    if (lua_gettop(L) >= 3) {
        luaL_checktype(L, 3, LUA_TBOOLEAN);
        noblank = lua_toboolean(L, 3);
    }
    size_t end = str_find_char(text, 0);
    if (end != STR_NOT_FOUND)
        text.size = end;
    lua_newtable(L);
    lua_Integer count = 0;
    for (size_t from = 0; from <= text.size;) {
        size_t to = from;
        while (to < text.size && str_find_char(separators, text.data[to]) == STR_NOT_FOUND)
            to++;
        if (to > from || !noblank) {
            lua_value_push_str(L, str_slice(text, from, to - from));
            lua_rawseti(L, -2, ++count);
        }
        from = to + 1;
    }
    return 1;
}

const struct lua_method_row class_core_value_rows[] = {
    /* name           run                where allowed  may wait */
    { "asctime_date", core_asctime_date, LUA_ANYWHERE, false, "date: string -> integer|nil" },
    { "http_date", core_http_date, LUA_ANYWHERE, false, "date: string -> integer|nil" },
    { "imf_date", core_imf_date, LUA_ANYWHERE, false, "date: string -> integer|nil" },
    { "match_addr", core_match_addr, LUA_ANYWHERE, false, "one: any, other: any -> boolean" },
    { "parse_addr", core_parse_addr, LUA_ANYWHERE, false, "text: string -> userdata|nil" },
    { "rfc850_date", core_rfc850_date, LUA_ANYWHERE, false, "date: string -> integer|nil" },
    { "tokenize", core_tokenize, LUA_ANYWHERE, false,
      "text: string, separators: string, noblank?: boolean -> string[]" },
    { 0 },
};
