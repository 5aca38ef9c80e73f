/* Only calls that allocate nothing and raise nothing: levels of stacks, names of locals, values as they are, without
 * metamethods. What a local holds is shown one table deep; a coroutine of the script is followed to its own stack. */
#include "lua/lua_describe.h"
#include "base/units.h"
#include "lua/lua_call.h"
#include "stream/stream.h"

enum { LEVELS_MAX = 40, LOCALS_MAX = 60, MEMBERS_MAX = 8, TEXT_MAX = 60, NESTED_MAX = 3, STACK_NEED = 6 };

static void add_text(struct buf *out, struct str text)
{
    buf_add_char(out, '"');
    for (size_t i = 0; i < text.size && i < TEXT_MAX; i++) {
        unsigned char c = (unsigned char)text.data[i];

        if (c < ' ' || c >= 0x7f || c == '"' || c == '\\')
            buf_printf(out, "\\x%02x", c);
        else
            buf_add_char(out, (char)c);
    }
    buf_add_c(out, text.size > TEXT_MAX ? "...\"" : "\"");
}

static void add_simple(lua_State *L, int index, struct buf *out)
{
    switch (lua_type(L, index)) {
    case LUA_TNIL:
        buf_add_c(out, "nil");
        break;
    case LUA_TBOOLEAN:
        buf_add_c(out, lua_toboolean(L, index) ? "true" : "false");
        break;
    case LUA_TNUMBER:
        if (lua_isinteger(L, index))
            buf_add_int(out, lua_tointeger(L, index));
        else
            buf_printf(out, "%.14g", lua_tonumber(L, index));
        break;
    case LUA_TSTRING: {
        size_t size;
        const char *text = lua_tolstring(L, index, &size);

        add_text(out, str_make(text, size));
        break;
    }
    default:
        buf_add_c(out, lua_typename(L, lua_type(L, index)));
        break;
    }
}

/* The table at the stack's top; its key is not changed into text, which lua_next would not forgive. */
static void add_table(lua_State *L, struct buf *out)
{
    int table = lua_gettop(L), count = 0;

    buf_add_char(out, '{');
    lua_pushnil(L);
    while (lua_next(L, table)) {
        if (count++ == MEMBERS_MAX) {
            buf_add_c(out, ", ...");
            lua_pop(L, 2);
            break;
        }
        buf_add_c(out, count > 1 ? ", " : " ");
        if (lua_type(L, -2) == LUA_TSTRING)
            buf_add_c(out, lua_tostring(L, -2));
        else
            add_simple(L, -2, out);
        buf_add_c(out, " = ");
        add_simple(L, -1, out);
        lua_pop(L, 1);
    }
    buf_add_c(out, count ? " }" : "}");
}

static void add_stack(lua_State *L, struct buf *out, unsigned depth);

static void add_locals(lua_State *L, const lua_Debug *level, struct buf *out, unsigned depth)
{
    for (int i = 1; i <= LOCALS_MAX; i++) {
        const char *name = lua_getlocal(L, level, i);
        lua_State *inner;

        if (!name)
            return;
        if (name[0] != '(') { /* a temporary of the interpreter */
            buf_printf(out, "%*s%s = ", (int)(8 + 4 * depth), "", name);
            if (lua_istable(L, -1))
                add_table(L, out);
            else
                add_simple(L, -1, out);
            buf_add_char(out, '\n');
            inner = lua_tothread(L, -1);
            if (inner && inner != L && depth < NESTED_MAX)
                add_stack(inner, out, depth + 1);
        }
        lua_pop(L, 1);
    }
}

static void add_stack(lua_State *L, struct buf *out, unsigned depth)
{
    lua_Debug level;

    if (!lua_checkstack(L, STACK_NEED))
        return;
    for (int i = 0; i < LEVELS_MAX && lua_getstack(L, i, &level) && lua_getinfo(L, "Sln", &level); i++) {
        buf_printf(out, "%*s", (int)(4 + 4 * depth), "");
        if (level.currentline > 0)
            buf_printf(out, "%s:%d: ", level.short_src, level.currentline);
        else
            buf_printf(out, "%s: ", level.short_src);
        if (level.name || *level.what != 'L')
            buf_printf(out, "%s\n", level.name ? level.name : level.what);
        else
            buf_printf(out, "function of line %d\n", level.linedefined);
        if (*level.what != 'C')
            add_locals(L, &level, out, depth);
    }
}

static void add_run(const struct lua_run *run, uint64_t now, struct buf *out)
{
    buf_printf(out, "run %llu: %s", (unsigned long long)run->serial, run->what);
    if (run->stream)
        buf_printf(out, ", stream %llu", (unsigned long long)run->stream->serial);
    if (run->at_rest)
        buf_add_c(out, ", has returned");
    else if (run->sleep_until > now)
        buf_printf(out, ", sleeps for %llu.%03u s more",
                   (unsigned long long)((run->sleep_until - now) / NS_PER_S),
                   (unsigned)((run->sleep_until - now) % NS_PER_S / NS_PER_MS));
    else
        buf_add_c(out, ", waits");
    buf_add_char(out, '\n');
    add_stack(run->thread, out, 0);
}

void lua_describe(const struct lua_machine *machine, uint64_t now_ns, struct buf *out)
{
    if (!machine)
        return;
    LIST_EACH (item, &machine->runs)
        add_run(LIST_ITEM(item, struct lua_run, link), now_ns, out);
}
