/* Patref: the entries behind ACLs and maps of one name, changed at once or, after prepare(), all together by commit() (API text
 * since 3.2, "Patref class"). The object is also a table to read: ref[key], and pairs(ref). */
#include "base/mem.h"
#include "lua/classes.h"
#include "lua/lua_value.h"
#include "match/pattern.h"
#include <lauxlib.h>

struct patref {
    struct pattern_ref *ref; /* lives with the configuration */
    bool prepared;
    uint32_t version; /* being prepared */
};

static void finish(struct lua_handle *handle)
{
    struct patref *patref = handle->object;
    if (patref->prepared)
        pattern_ref_clear_version(patref->ref, patref->version);
    mem_free(patref);
}

int class_patref_get(lua_State *L)
{
    struct str name = lua_value_check_str(L, 1);
    struct pattern_ref *ref = pattern_ref_get(lua_vm_of(L)->configuration->patterns, name);
    if (!ref)
        return luaL_error(L, "get_patref: unknown ACL or map '%s'", lua_tostring(L, 1));
    struct lua_handle *handle = lua_class_push_new(L, &class_patref, NULL, finish);
    struct patref *patref = mem_zero(sizeof(*patref));
    if (!patref)
        return luaL_error(L, "out of memory");
    patref->ref = ref;
    handle->object = patref;
    return 1;
}

static struct patref *check_patref(lua_State *L)
{
    return lua_class_check(L, 1, &class_patref)->object;
}

static uint32_t version_of(const struct patref *patref)
{
    return patref->prepared ? patref->version : pattern_ref_version(patref->ref);
}

static int refuse(lua_State *L, const char *why)
{
    lua_pushnil(L);
    lua_pushstring(L, why);
    return 2;
}

static int give_true(lua_State *L)
{
    lua_pushboolean(L, true);
    return 1;
}

static int patref_get_name(lua_State *L)
{
    lua_value_push_str(L, pattern_ref_name(check_patref(L)->ref));
    return 1;
}

static int patref_is_map(lua_State *L)
{
    lua_pushboolean(L, pattern_ref_is_map(check_patref(L)->ref));
    return 1;
}

static int patref_purge(lua_State *L)
{
    pattern_ref_clear(check_patref(L)->ref);
    return 0;
}

static int patref_prepare(lua_State *L)
{
    struct patref *patref = check_patref(L);
    if (patref->prepared)
        pattern_ref_clear_version(patref->ref, patref->version);
    patref->version = pattern_ref_prepare(patref->ref);
    patref->prepared = true;
    return 0;
}

static int patref_commit(lua_State *L)
{
    struct patref *patref = check_patref(L);
    struct arena *scratch = lua_vm_scratch(L);
    struct arena_mark mark = arena_mark(scratch);
    if (!patref->prepared)
        return refuse(L, "nothing was prepared");
    patref->prepared = false;
    bool well = pattern_ref_commit(patref->ref, patref->version, scratch);
    arena_rewind(scratch, mark);
    return well ? give_true(L) : refuse(L, "a newer version was committed meanwhile");
}

static int patref_giveup(lua_State *L)
{
    struct patref *patref = check_patref(L);
    if (patref->prepared)
        pattern_ref_clear_version(patref->ref, patref->version);
    patref->prepared = false;
    return 0;
}

/* false: the reason is pushed. */
static bool append(lua_State *L, struct patref *patref, struct str key, struct str value)
{
    const char *error = NULL;
    struct arena *scratch = lua_vm_scratch(L);
    struct arena_mark mark = arena_mark(scratch);
    bool well = pattern_ref_append_to(patref->ref, version_of(patref), key, value, scratch, &error);
    if (!well)
        lua_pushstring(L, error ? error : "out of memory");
    arena_rewind(scratch, mark);
    return well;
}

static int patref_add(lua_State *L)
{
    struct patref *patref = check_patref(L);
    struct str key = lua_value_check_str(L, 2), value = STR_NONE;
    if (pattern_ref_is_map(patref->ref))
        value = lua_value_check_str(L, 3);
    if (append(L, patref, key, value))
        return give_true(L);
    return refuse(L, lua_tostring(L, -1));
}

/* Keys from a list for ACLs, keys with values for maps. Key and value are copied: converting a key in place would lead the
 * walk astray. */
static int patref_add_bulk(lua_State *L)
{
    struct patref *patref = check_patref(L);
    bool map = pattern_ref_is_map(patref->ref);
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_pushnil(L);
    while (lua_next(L, 2)) {
        lua_pushvalue(L, -2);
        struct str key = lua_value_check_str(L, map ? -1 : -2);
        struct str value = map ? lua_value_check_str(L, -2) : STR_NONE;
        if (!append(L, patref, key, value))
            return refuse(L, lua_tostring(L, -1));
        lua_pop(L, 2);
    }
    return give_true(L);
}

/* The first entry of a key in the version in hand. */
static const struct pattern_entry *find(const struct patref *patref, struct str key)
{
    if (!patref->prepared)
        return pattern_ref_find(patref->ref, key);
    const struct pattern_entry *entry = NULL;
    while ((entry = pattern_ref_next_of(patref->ref, patref->version, entry)))
        if (str_eq(pattern_entry_key(entry), key))
            return entry;
    return NULL;
}

/* In a version that is being prepared entries go one by one. */
static unsigned remove_all(struct patref *patref, struct str key)
{
    const struct pattern_entry *entry;
    unsigned count = 0;
    if (!patref->prepared)
        return pattern_ref_remove(patref->ref, key);
    while ((entry = find(patref, key)) && pattern_ref_remove_id(patref->ref, entry->id))
        count++;
    return count;
}

static int patref_del(lua_State *L)
{
    struct patref *patref = check_patref(L);
    lua_pushboolean(L, remove_all(patref, lua_value_check_str(L, 2)) > 0);
    return 1;
}

static int patref_set(lua_State *L)
{
    struct patref *patref = check_patref(L);
    struct str key = lua_value_check_str(L, 2), value = lua_value_check_str(L, 3);
    bool force = lua_toboolean(L, 4);
    if (!pattern_ref_is_map(patref->ref))
        return refuse(L, "this is no map");
    if (!find(patref, key) && !force)
        return refuse(L, "there is no such entry");
    if (!patref->prepared && find(patref, key))
        return pattern_ref_set(patref->ref, key, value) ? give_true(L)
                                                        : refuse(L, "this is no value for the map");
    (void)remove_all(patref, key);
    if (append(L, patref, key, value))
        return give_true(L);
    return refuse(L, lua_tostring(L, -1));
}

/* ---- as a table ---- */

static bool find_entry(lua_State *L, const char *key)
{
    const struct lua_handle *handle = lua_class_test(L, 1, &class_patref);
    const struct pattern_entry *entry = handle ? find(handle->object, str_of(key)) : NULL;
    if (!entry)
        return false;
    const struct patref *patref = handle->object;
    if (pattern_ref_is_map(patref->ref))
        lua_value_push_str(L, pattern_entry_value(entry));
    else
        lua_pushboolean(L, true);
    return true;
}

/* The entry behind the one whose number is in the upvalue: entries may come and go between two steps. */
static int next_entry(lua_State *L)
{
    struct patref *patref = check_patref(L);
    uint64_t last = (uint64_t)lua_tointeger(L, lua_upvalueindex(1));
    const struct pattern_entry *entry = NULL;
    while ((entry = pattern_ref_next_of(patref->ref, version_of(patref), entry)) && entry->id <= last)
        ;
    if (!entry)
        return 0;
    lua_pushinteger(L, (lua_Integer)entry->id);
    lua_replace(L, lua_upvalueindex(1));
    lua_value_push_str(L, pattern_entry_key(entry));
    if (pattern_ref_is_map(patref->ref))
        lua_value_push_str(L, pattern_entry_value(entry));
    else
        lua_pushboolean(L, true);
    return 2;
}

static int patref_pairs(lua_State *L)
{
    check_patref(L);
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, next_entry, 1);
    lua_pushvalue(L, 1);
    lua_pushnil(L);
    return 3;
}

void class_patref_make(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &class_patref);
    lua_pushcfunction(L, patref_pairs);
    lua_setfield(L, -2, "__pairs");
    lua_pop(L, 1);
}

static const struct lua_method_row rows[] = {
    /* name        run              where allowed  may wait */
    { "get_name", patref_get_name, LUA_ANYWHERE, false, " -> string" },
    { "is_map", patref_is_map, LUA_ANYWHERE, false, " -> boolean" },
    { "purge", patref_purge, LUA_ANYWHERE, false, "" },
    { "prepare", patref_prepare, LUA_ANYWHERE, false, "" },
    { "commit", patref_commit, LUA_ANYWHERE, false, " -> boolean|nil, string|nil" },
    { "giveup", patref_giveup, LUA_ANYWHERE, false, "" },
    { "add", patref_add, LUA_ANYWHERE, false, "key: string, value?: string -> boolean|nil, string|nil" },
    { "add_bulk", patref_add_bulk, LUA_ANYWHERE, false, "entries: table -> boolean|nil, string|nil" },
    { "del", patref_del, LUA_ANYWHERE, false, "key: string -> boolean" },
    { "set", patref_set, LUA_ANYWHERE, false,
      "key: string, value: string, force?: boolean -> boolean|nil, string|nil" },
    { 0 },
};

const struct lua_class class_patref = { "Patref", rows, find_entry, false, NULL };
