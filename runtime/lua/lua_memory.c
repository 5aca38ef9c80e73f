/* Lua's allocator: size classes with free lists in one region. The layout is a function of the calls alone.
 *
 * Two symbols of liblua5.4.a are wrapped at link time: luaS_hash, which outside of lstring.o only lstate.o calls, for
 * the seed of a new state; and lua_topointer, which `%p` and tostring() print. */
#include "lua/lua_memory.h"
#include <stdint.h>

#define REGION_MAX  ((size_t)1 << 36)
#define REGION_MIN  ((size_t)1 << 28)
#define SMALL_STEP  16u
#define SMALL_MAX   1024u
#define SMALL_COUNT (SMALL_MAX / SMALL_STEP)

unsigned __wrap_luaS_hash(const char *text, size_t size, unsigned seed);
const void *__wrap_lua_topointer(lua_State *L, int index);
const void *__real_lua_topointer(lua_State *L, int index);
long __wrap_time(long *out);
long __wrap_clock(void);

/* Up to SMALL_MAX in steps of 16, above in quarters of powers of two. */
static unsigned size_class(size_t size, size_t *rounded)
{
    if (size <= SMALL_MAX) {
        size_t steps = size ? (size + SMALL_STEP - 1) / SMALL_STEP : 1;
        *rounded = steps * SMALL_STEP;
        return (unsigned)steps - 1;
    }
    unsigned shift = 63u - (unsigned)__builtin_clzll((unsigned long long)(size - 1));
    size_t quarter = (size_t)1 << (shift - 2);
    size_t quarters = (size - ((size_t)1 << shift) + quarter - 1) / quarter; /* 1..4 */
    *rounded = ((size_t)1 << shift) + quarters * quarter;
    return SMALL_COUNT + (shift - 10) * 4 + (unsigned)quarters - 1;
}

static void *take(struct lua_memory *memory, size_t size)
{
    size_t rounded;
    unsigned class = size_class(size, &rounded);
    if (class >= LUA_SIZE_CLASSES)
        return NULL;
    void *block = memory->free_blocks[class];
    if (block) {
        memcpy(&memory->free_blocks[class], block, sizeof(void *));
        return block;
    }
    if (rounded > memory->size - memory->used)
        return NULL;
    block = memory->base + memory->used;
    memory->used += rounded;
    return block;
}

static void give(struct lua_memory *memory, void *block, size_t size)
{
    size_t rounded;
    unsigned class = size_class(size, &rounded);
    memcpy(block, &memory->free_blocks[class], sizeof(void *));
    memory->free_blocks[class] = block;
}

void *lua_memory_call(void *data, void *block, size_t old_size, size_t new_size)
{
    struct lua_memory *memory = data;
    if (!block)
        old_size = 0; /* Lua passes the kind of object here */
    if (!new_size) {
        if (block) {
            give(memory, block, old_size);
            memory->live_bytes -= old_size;
        }
        return NULL;
    }
    size_t old_rounded, new_rounded;
    if (block && size_class(old_size, &old_rounded) == size_class(new_size, &new_rounded)) {
        memory->live_bytes += new_size - old_size;
        return block;
    }
    if (memory->limit && new_size > old_size && memory->live_bytes + (new_size - old_size) > memory->limit)
        return NULL;
    void *moved = take(memory, new_size);
    if (!moved)
        return NULL;
    if (block) {
        memcpy(moved, block, old_size < new_size ? old_size : new_size);
        give(memory, block, old_size);
    }
    memory->live_bytes += new_size - old_size;
    return moved;
}

bool lua_memory_init(struct lua_memory *memory, struct platform *platform, size_t limit)
{
    *memory = (struct lua_memory){ .limit = limit };
    platform->ops->entropy(platform, &memory->hash_seed, sizeof(memory->hash_seed));
    for (size_t size = REGION_MAX; size >= REGION_MIN && !memory->base; size /= 4) {
        memory->base = platform->ops->reserve(platform, size);
        memory->size = memory->base ? size : 0;
    }
    return memory->base != NULL;
}

void lua_memory_finish(struct lua_memory *memory, struct platform *platform)
{
    if (memory->base)
        platform->ops->unreserve(platform, memory->base, memory->size);
    memory->base = NULL;
}

/* The allocator of the state that is being made is known already when its seed is asked for. The first bytes of what is
 * to be hashed are that state's address (lstate.c, luai_makeseed). */
unsigned __wrap_luaS_hash(const char *text, size_t size, unsigned seed)
{
    lua_State *L;
    void *memory;
    (void)seed;
    CHECK(size >= sizeof(L));
    memcpy(&L, text, sizeof(L));
    lua_getallocf(L, &memory);
    return ((struct lua_memory *)memory)->hash_seed;
}

/* Scripts print addresses; what they print is the place in the region, which is the same in every run. Functions of
 * Lua's own library stand outside: they all print the same. */
const void *__wrap_lua_topointer(lua_State *L, int index)
{
    const char *pointer = __real_lua_topointer(L, index);
    void *data;
    lua_getallocf(L, &data);
    const struct lua_memory *memory = data;
    if (!pointer)
        return NULL;
    if (pointer >= memory->base && pointer < memory->base + memory->size)
        return (const void *)(uintptr_t)(0x10000000u + (size_t)(pointer - memory->base));
    return (const void *)(uintptr_t)0x1000;
}

/* liblua's table.sort picks a pivot by them; what scripts see comes from the platform (lua_os.c). */
long __wrap_time(long *out)
{
    if (out)
        *out = 0;
    return 0;
}

long __wrap_clock(void)
{
    return 0;
}
