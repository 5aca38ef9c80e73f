/* Regex: compiled expressions (API text, "Regex class"; TRUTHS B26). */
#include "lua/classes.h"
#include "lua/lua_value.h"
#include "match/regex.h"
#include <lauxlib.h>

static void finish(struct lua_handle *handle)
{
    regex_destroy(handle->object);
}

static int regex_new(lua_State *L)
{
    struct str pattern = lua_value_check_str(L, 1);
    luaL_checktype(L, 2, LUA_TBOOLEAN);
    struct lua_handle *handle = lua_class_push_new(L, &class_regex, NULL, finish);
    const char *error = NULL;
    char why[160];
    struct arena words;
    arena_init(&words, sizeof(why));
    handle->object = regex_create(pattern, !lua_toboolean(L, 2), &words, &error);
    if (!handle->object)
        str_to_c(str_of(error ? error : "out of memory"), why, sizeof(why));
    arena_finish(&words);
    lua_pushboolean(L, handle->object != NULL);
    if (handle->object)
        lua_pushvalue(L, -2);
    else
        lua_pushstring(L, why);
    return 2;
}

static int regex_exec(lua_State *L)
{
    const struct regex *regex = lua_class_check(L, 1, &class_regex)->object;
    lua_pushboolean(L, regex_match(regex, lua_value_check_str(L, 2), NULL));
    return 1;
}

/* The list ends before the first group that took no part. */
static int regex_groups_of(lua_State *L)
{
    const struct regex *regex = lua_class_check(L, 1, &class_regex)->object;
    struct str subject = lua_value_check_str(L, 2);
    struct regex_groups groups;
    bool hit = regex_match(regex, subject, &groups);
    lua_pushboolean(L, hit);
    lua_newtable(L);
    for (unsigned i = 0; hit && i < groups.count && groups.at[i][0] != STR_NOT_FOUND; i++) {
        lua_value_push_str(L, str_slice(subject, groups.at[i][0], groups.at[i][1] - groups.at[i][0]));
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 2;
}

static const struct lua_method_row rows[] = {
    /* name    run              where allowed  may wait */
    { "exec", regex_exec, LUA_ANYWHERE, false, "subject: string -> boolean" },
    { "match", regex_groups_of, LUA_ANYWHERE, false, "subject: string -> boolean, string[]" },
    { 0 },
};

const struct lua_method_row class_regex_functions[] = {
    { "new", regex_new, LUA_ANYWHERE, false, "pattern: string, case_sensitive: boolean -> boolean, Regex" },
    { 0 },
};

const struct lua_class class_regex = { "Regex", rows, NULL, false, NULL };
