/* Who was told of is kept by name until the state ends. */
#include "lua/lua_held.h"
#include "base/mem.h"
#include "base/units.h"
#include "lua/lua_call.h"
#include "lua/lua_log.h"
#include <lauxlib.h>

enum { PLACES_MAX = 1000 };

struct held_place {
    struct list link;
    char name[];
};

uint64_t lua_held_begin(lua_State *L)
{
    struct platform *platform = lua_vm_platform(L);
    return lua_run_of(L) ? platform->ops->monotonic_ns(platform) : 0;
}

/* true: it was told of already, or there are too many. */
static bool is_known(struct lua_machine *machine, const char *name)
{
    unsigned count = 0;
    size_t size = strlen(name) + 1;
    LIST_EACH (link, &machine->held_places) {
        if (strcmp(LIST_ITEM(link, struct held_place, link)->name, name) == 0)
            return true;
        count++;
    }
    struct held_place *known = count < PLACES_MAX ? mem_alloc(sizeof(*known) + size) : NULL;
    if (!known)
        return true;
    memcpy(known->name, name, size);
    list_add_last(&machine->held_places, &known->link);
    return false;
}

/* "file.lua:12" of the Lua code that is running; "" when there is none. */
static void find_place(lua_State *L, char *out, size_t size)
{
    lua_Debug at;
    *out = 0;
    for (int level = 0; lua_getstack(L, level, &at); level++) {
        lua_getinfo(L, "Sl", &at);
        if (at.currentline < 0)
            continue;
        snprintf(out, size, "%s:%d", at.short_src, at.currentline);
        return;
    }
}

static void tell(lua_State *L, uint64_t held_ns, const char *what, const char *advice, bool by_name)
{
    struct lua_run *run = lua_run_of(L);
    char place[LUA_IDSIZE + 16], text[LUA_IDSIZE + 400];
    if (!run || held_ns < LUA_HELD_LIMIT_MS * NS_PER_MS)
        return;
    find_place(L, place, sizeof(place));
    if (is_known(run->machine, by_name ? run->what : place))
        return;
    snprintf(text, sizeof(text), "Lua %s: %s: %s held all streams for %llu ms; %s.", run->what, place, what,
             (unsigned long long)(held_ns / NS_PER_MS), advice);
    lua_log_text(run->machine, run->proxy, LOG_WARNING, str_of(text));
}

void lua_held_work(lua_State *L, uint64_t held_ns)
{
    tell(L, held_ns, "a long computation",
         "do it where a script may wait, outside of C functions and coroutines: others go on meanwhile",
         true);
}

void lua_held_end(lua_State *L, uint64_t begin, const char *what, const char *advice)
{
    struct platform *platform = lua_vm_platform(L);
    if (begin)
        tell(L, platform->ops->monotonic_ns(platform) - begin, what, advice, false);
}

void lua_held_finish(struct lua_machine *machine)
{
    LIST_EACH_SAFE(link, &machine->held_places)
    {
        struct held_place *place = LIST_ITEM(link, struct held_place, link);
        list_remove(link);
        mem_free(place);
    }
}
