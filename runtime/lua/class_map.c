/* Map: a file of keys and values, shared with the map converters and the management socket (API text, "Map class";
 * TRUTHS B27). */
#include "base/units.h"
#include "lua/classes.h"
#include "lua/lua_value.h"
#include "match/acl.h"
#include <lauxlib.h>

struct map { /* in the configuration's arena: the file is the configuration's as well */
    struct pattern_expr *expr;
    enum match_method method;
};

/* The numbers are ours: scripts use the names. */
static const struct {
    const char *name;
    enum match_method method;
} methods[] = {
    { "int", MATCH_INT }, { "ip", MATCH_IP },   { "str", MATCH_STR },
    { "beg", MATCH_BEG }, { "sub", MATCH_SUB }, { "dir", MATCH_DIR },
    { "dom", MATCH_DOM }, { "end", MATCH_END }, { "reg", MATCH_REG },
};

static enum match_method check_method(lua_State *L, int index)
{
    lua_Integer value = luaL_optinteger(L, index, MATCH_STR);
    for (size_t i = 0; i < COUNT_OF(methods); i++)
        if (value == (lua_Integer)methods[i].method)
            return methods[i].method;
    luaL_argerror(L, index, "one of Map's methods is expected, such as Map._str");
    return MATCH_STR;
}

static int map_new(lua_State *L)
{
    struct configuration *configuration = lua_vm_of(L)->configuration;
    const char *path = luaL_checkstring(L, 1);
    lua_Debug where;
    struct map *map = arena_zero(&configuration->arena, sizeof(*map));
    if (!map)
        return luaL_error(L, "out of memory");
    map->method = check_method(L, 2);
    struct acl_parser parser = {
        .sample = { .words = &configuration->words, .arena = &configuration->arena, .file = "lua" },
        .set = configuration->patterns,
        .platform = configuration->platform,
    };
    if (lua_getstack(L, 1, &where) && lua_getinfo(L, "Sl", &where) && where.currentline > 0) {
        parser.sample.file = arena_copy(&configuration->arena, str_of(where.short_src)).data;
        parser.sample.line = (unsigned)where.currentline;
    }
    const char *error = NULL;
    struct pattern_options options = { .method = map->method, .value_type = SAMPLE_STR };
    struct pattern_ref *ref = acl_pattern_file(&parser, path, true, "map");
    error = parser.sample.error;
    if (ref)
        map->expr = pattern_ref_index(ref, &options, &configuration->arena, &error);
    if (!map->expr)
        return luaL_error(L, "'new': %s.", error ? error : "out of memory");
    lua_class_push_new(L, &class_map, map, NULL);
    return 1;
}

/* The key as its method wants it. false: a text that is no address, which no entry can match. */
static bool read_key(lua_State *L, const struct map *map, struct sample *key)
{
    struct addr addr;
    if (map->method == MATCH_INT) {
        *key = sample_int(luaL_checkinteger(L, 2));
        return true;
    }
    *key = sample_text(lua_value_check_str(L, 2));
    if (map->method != MATCH_IP)
        return true;
    return addr_parse_ip(key->u.text, &addr) && sample_of_addr(&addr, key);
}

static int look_up(lua_State *L, bool as_text)
{
    const struct map *map = lua_class_check(L, 1, &class_map)->object;
    struct arena *scratch = lua_vm_scratch(L);
    struct arena_mark mark = arena_mark(scratch);
    struct sample key;
    struct pattern_match match;
    bool found = read_key(L, map, &key) && pattern_match(map->expr, &key, scratch, &match);
    if (found)
        lua_value_push_str(L, match.value);
    else if (as_text)
        lua_pushliteral(L, "");
    else
        lua_pushnil(L);
    arena_rewind(scratch, mark);
    return 1;
}

static int map_lookup(lua_State *L)
{
    return look_up(L, false);
}

static int map_slookup(lua_State *L)
{
    return look_up(L, true);
}

/* ---- core.add_acl and its like ---- */

static struct pattern_ref *check_file(lua_State *L)
{
    struct str name = lua_value_check_str(L, 1);
    struct pattern_ref *ref = pattern_ref_get(lua_vm_of(L)->configuration->patterns, name);
    if (!ref)
        luaL_error(L, "unknown ACL or map file '%s'", lua_tostring(L, 1));
    return ref;
}

static void append(lua_State *L, struct pattern_ref *ref, struct str key, struct str value)
{
    char why[160];
    const char *error = NULL;
    struct arena *scratch = lua_vm_scratch(L);
    struct arena_mark mark = arena_mark(scratch);
    bool well = pattern_ref_append(ref, key, value, scratch, &error);
    str_to_c(str_of(error ? error : "out of memory"), why, sizeof(why));
    arena_rewind(scratch, mark);
    if (!well)
        luaL_error(L, "'%s': %s", lua_tostring(L, 2), why);
}

static int core_add_acl(lua_State *L)
{
    struct pattern_ref *ref = check_file(L);
    struct str key = lua_value_check_str(L, 2);
    if (!pattern_ref_find(ref, key)) /* TRUTHS A19 */
        append(L, ref, key, STR_NONE);
    return 0;
}

static int core_del_key(lua_State *L)
{
    struct pattern_ref *ref = check_file(L);
    pattern_ref_remove(ref, lua_value_check_str(L, 2));
    return 0;
}

static int core_set_map(lua_State *L)
{
    struct pattern_ref *ref = check_file(L);
    struct str key = lua_value_check_str(L, 2), value = lua_value_check_str(L, 3);
    if (!pattern_ref_find(ref, key))
        append(L, ref, key, value);
    else if (!pattern_ref_set(ref, key, value))
        return luaL_error(L, "'%s' is no value for this map", lua_tostring(L, 3));
    return 0;
}

static const struct lua_method_row rows[] = {
    /* name      run          where allowed  may wait */
    { "lookup", map_lookup, LUA_ANYWHERE, false, "key: string|integer -> string|nil" },
    { "slookup", map_slookup, LUA_ANYWHERE, false, "key: string|integer -> string" },
    { 0 },
};

const struct lua_class class_map = { "Map", rows, NULL, false, NULL };

const struct lua_method_row class_map_functions[] = {
    { "new", map_new, LUA_IN_SETUP, false, "file: string, method?: integer -> Map" },
    { 0 },
};

const struct lua_method_row class_map_core_rows[] = {
    { "add_acl", core_add_acl, LUA_ANYWHERE, false, "file: string, key: string" },
    { "del_acl", core_del_key, LUA_ANYWHERE, false, "file: string, key: string" },
    { "del_map", core_del_key, LUA_ANYWHERE, false, "file: string, key: string" },
    { "set_map", core_set_map, LUA_ANYWHERE, false, "file: string, key: string, value: string" },
    { 0 },
};

void class_map_make(lua_State *L)
{
    lua_getglobal(L, "Map");
    for (size_t i = 0; i < COUNT_OF(methods); i++) { /* Map._str, and Map.str as older scripts have it */
        lua_pushinteger(L, methods[i].method);
        lua_pushvalue(L, -1);
        lua_setfield(L, -3, methods[i].name);
        lua_pushfstring(L, "_%s", methods[i].name);
        lua_insert(L, -2);
        lua_rawset(L, -3);
    }
    lua_pop(L, 1);
}
