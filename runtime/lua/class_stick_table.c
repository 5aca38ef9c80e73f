/* StickTable: reading a section's table (API text, "StickTable class"; TRUTHS B28). */
#include "base/mem.h"
#include "lua/classes.h"
#include "lua/lua_value.h"
#include "table/stick_table.h"
#include <lauxlib.h>

#define FILTERS_MAX 4

static struct stick_table *check_table(lua_State *L)
{
    return lua_class_check(L, 1, &class_stick_table)->object;
}

static int table_info(lua_State *L)
{
    const struct stick_table *table = check_table(L);
    const struct stick_table_options *options = stick_table_options(table);
    static const lua_Integer sizes[STICK_TYPE_COUNT] = {
        [STICK_IPV4] = 4, [STICK_IPV6] = 16, [STICK_INTEGER] = 4
    };
    lua_Integer length = sizes[options->type];
    if (options->type == STICK_STRING)
        length = (lua_Integer)options->key_size + 1;
    else if (options->type == STICK_BINARY)
        length = options->key_size;
    lua_createtable(L, 0, 7);
    lua_pushstring(L, stick_type_name(options->type));
    lua_setfield(L, -2, "type");
    lua_pushinteger(L, length);
    lua_setfield(L, -2, "length");
    lua_pushinteger(L, (lua_Integer)options->size);
    lua_setfield(L, -2, "size");
    lua_pushinteger(L, (lua_Integer)stick_table_used(table));
    lua_setfield(L, -2, "used");
    lua_pushboolean(L, options->nopurge);
    lua_setfield(L, -2, "nopurge");
    lua_pushinteger(L, options->expire_ms ? (lua_Integer)options->expire_ms : -1);
    lua_setfield(L, -2, "expire");
    lua_newtable(L);
    for (unsigned i = 0; i < STICK_DATA_COUNT; i++) {
        const struct stick_data_row *row = &stick_data_rows[i];
        if (!options->stored[i] || row->internal)
            continue;
        lua_pushinteger(L, row->form == STICK_RATE ? (lua_Integer)options->period_ms[i] : -1);
        lua_setfield(L, -2, row->name);
    }
    lua_setfield(L, -2, "data");
    return 1;
}

static void push_number(lua_State *L, const struct stick_entry *entry, enum stick_data data, unsigned index)
{
    int64_t value = 0;
    if (!stick_entry_read(entry, data, index, &value))
        value = 0;
    lua_pushinteger(L, value);
}

static void push_entry(lua_State *L, const struct stick_entry *entry)
{
    const struct stick_table_options *options = stick_table_options(entry->table);
    lua_createtable(L, 0, 8);
    lua_pushinteger(L, entry->holds);
    lua_setfield(L, -2, "use");
    lua_pushinteger(L, (lua_Integer)stick_entry_expires_ms(entry));
    lua_setfield(L, -2, "expire");
    for (unsigned i = 0; i < STICK_DATA_COUNT; i++) {
        const struct stick_data_row *row = &stick_data_rows[i];
        if (!options->stored[i])
            continue;
        if (row->form == STICK_NAME) {
            lua_value_push_str(L, stick_entry_server_key(entry));
        } else if (row->is_array) {
            lua_createtable(L, (int)options->count[i], 0);
            for (unsigned index = 0; index < options->count[i]; index++) {
                push_number(L, entry, (enum stick_data)i, index);
                lua_rawseti(L, -2, (lua_Integer)index + 1);
            }
        } else {
            push_number(L, entry, (enum stick_data)i, 0);
        }
        lua_setfield(L, -2, row->name);
    }
}

static int table_lookup(lua_State *L)
{
    struct stick_table *table = check_table(L);
    struct stick_key key;
    if (lua_isnoneornil(L, 2) || !stick_table_key_text(table, lua_value_check_str(L, 2), &key)) {
        lua_pushnil(L);
        return 1;
    }
    const struct stick_entry *entry = stick_table_find(table, &key);
    if (entry)
        push_entry(L, entry);
    else
        lua_pushnil(L);
    return 1;
}

/* ---- dumping ---- */

enum comparison { EQ, NE, LE, LT, GE, GT };

struct filter {
    enum stick_data data;
    enum comparison op;
    int64_t value;
};

static enum comparison check_comparison(lua_State *L, const char *text)
{
    static const char *const names[] = { "eq", "ne", "le", "lt", "ge", "gt" };
    for (unsigned i = 0; text && i < COUNT_OF(names); i++)
        if (strcmp(text, names[i]) == 0)
            return (enum comparison)i;
    luaL_error(L, "dump: an operator is one of eq, ne, le, lt, ge, gt");
    return EQ;
}

/* One of the table's entries, {"gpc0", "gt", 5}, on the stack's top. */
static struct filter check_filter(lua_State *L, const struct stick_table *table)
{
    struct filter filter;
    if (!lua_istable(L, -1))
        luaL_error(L, "dump: a filter is a table of data type, operator and value");
    bool named = lua_rawgeti(L, -1, 1) == LUA_TSTRING;
    filter.data = named ? stick_data_of(lua_value_check_str(L, -1)) : STICK_DATA_COUNT;
    if (filter.data == STICK_DATA_COUNT || !stick_table_options(table)->stored[filter.data])
        luaL_error(L, "dump: this data type is not stored in the table");
    filter.op = check_comparison(L, lua_rawgeti(L, -2, 2) == LUA_TSTRING ? lua_tostring(L, -1) : NULL);
    lua_rawgeti(L, -3, 3);
    int whole;
    filter.value = lua_tointegerx(L, -1, &whole);
    if (!whole)
        luaL_error(L, "dump: a filter's value is an integer");
    lua_pop(L, 3);
    return filter;
}

static bool passes(const struct stick_entry *entry, const struct filter *filter)
{
    int64_t value = 0;
    if (!stick_entry_read(entry, filter->data, 0, &value))
        return false;
    switch (filter->op) {
    case EQ:
        return value == filter->value;
    case NE:
        return value != filter->value;
    case LE:
        return value <= filter->value;
    case LT:
        return value < filter->value;
    case GE:
        return value >= filter->value;
    case GT:
        return value > filter->value;
    }
    return false;
}

static unsigned check_filters(lua_State *L, const struct stick_table *table, struct filter *out)
{
    unsigned count = 0;
    if (lua_isnoneornil(L, 2))
        return 0;
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_Integer given = (lua_Integer)lua_rawlen(L, 2);
    if (given > FILTERS_MAX)
        luaL_error(L, "dump: at most %d filters", FILTERS_MAX);
    for (lua_Integer i = 1; i <= given; i++) {
        lua_rawgeti(L, 2, i);
        out[count++] = check_filter(L, table);
        lua_pop(L, 1);
    }
    return count;
}

static void push_key(lua_State *L, const struct stick_entry *entry)
{
    struct arena *scratch = lua_vm_scratch(L);
    struct arena_mark mark = arena_mark(scratch);
    enum stick_type type = stick_table_options(entry->table)->type;
    lua_value_push_str(L,
                       type == STICK_BINARY ? stick_entry_key_bytes(entry) : stick_entry_key(entry, scratch));
    arena_rewind(scratch, mark);
    if (type == STICK_INTEGER) {
        lua_pushinteger(L, lua_tointeger(L, -1));
        lua_remove(L, -2);
    }
}

static void free_sorted(struct lua_handle *handle)
{
    mem_free(handle->object);
}

static int table_dump(lua_State *L)
{
    const struct stick_table *table = check_table(L);
    struct filter filters[FILTERS_MAX];
    unsigned filter_count = check_filters(L, table, filters);
    size_t count = 0;
    lua_newtable(L);
    struct lua_handle *owner = lua_class_push_owner(L, NULL, free_sorted);
    lua_insert(L, -2);
    struct stick_entry **sorted = stick_table_sorted(table, &count);
    owner->object = sorted;
    for (size_t i = 0; i < count; i++) {
        bool wanted = true;
        for (unsigned f = 0; f < filter_count && wanted; f++)
            wanted = passes(sorted[i], &filters[f]);
        if (!wanted)
            continue;
        push_key(L, sorted[i]);
        push_entry(L, sorted[i]);
        lua_rawset(L, -3);
    }
    mem_free(sorted);
    owner->object = NULL;
    return 1;
}

static const struct lua_method_row rows[] = {
    /* name      run           where allowed  may wait */
    { "dump", table_dump, LUA_ANYWHERE, false, "filters?: table -> table" },
    { "info", table_info, LUA_ANYWHERE, false, " -> table" },
    { "lookup", table_lookup, LUA_ANYWHERE, false, "key: string|integer -> table|nil" },
    { 0 },
};

const struct lua_class class_stick_table = { "StickTable", rows, NULL, false, NULL };
