/* One Lua state of a node: its memory, its libraries, its hash seed. Lua runs on memory of its own, laid out in the same
 * way in every run, so that nothing that a script sees hangs on an address (docs/DETERMINISM.md). */
#ifndef LUA_LUA_VM_H
#define LUA_LUA_VM_H
#include "base/list.h"
#include "stream/engine.h"
#include <lua.h>

#define LUA_SIZE_CLASSES 160

struct lua_memory {
    char *base; /* one region, reserved and used from its start */
    size_t size, used;
    void *free_blocks[LUA_SIZE_CLASSES];
    size_t live_bytes, limit; /* limit 0: none */
    unsigned hash_seed;       /* of the strings' table */
    bool mapped;
};

struct lua_run;
struct lua_machine {
    struct lua_memory memory;
    lua_State *main;
    struct configuration *configuration;
    struct engine *engine; /* NULL until the node serves */
    struct list idle_runs; /* coroutines ready for reuse */
    unsigned idle_run_count;
    struct list runs;         /* in use */
    struct lua_run *current;  /* the one that is in Lua now, NULL for none */
    struct list inits, tasks; /* registered, see lua_register.c */
    struct list functions;    /* of actions, fetches, converters, services: see lua_register.c */
    unsigned context;         /* enum lua_context bit of what runs outside of a coroutine: body or init */
    uint64_t run_serial;
    struct list http_clients;               /* with a request under way: see class_httpclient.c */
    struct list subscriptions, event_calls; /* see lua_event.c */
    struct task event_task;
    struct list sockets;     /* open ones of scripts: see class_socket.c */
    struct list held_places; /* see lua_held.c */
};

/* A state with the libraries open, the classes made, and its table of globals as scripts expect. NULL: no memory. */
struct lua_machine *lua_vm_create(struct configuration *configuration);
void lua_vm_destroy(struct lua_machine *machine);
static inline struct lua_machine *lua_vm_of(lua_State *L)
{
    void *memory;
    lua_getallocf(L, &memory);
    return CONTAINER_OF(memory, struct lua_machine, memory);
}

static inline struct platform *lua_vm_platform(lua_State *L)
{
    return lua_vm_of(L)->configuration->platform;
}

/* For what lives within one method; the caller rewinds. */
static inline struct arena *lua_vm_scratch(lua_State *L)
{
    struct lua_machine *machine = lua_vm_of(L);
    return machine->engine ? &machine->engine->scratch : &machine->configuration->arena;
}

#endif
