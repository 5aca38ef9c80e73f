/* The plan and the counts. Who gives memory asks here: heap_wrap.c for the engine and Lua, OpenSSL by functions of its
 * own. */
#include "sim/sim_heap.h"
#include "base/mem.h"
#include <openssl/crypto.h>
#include <stdlib.h>

static struct {
    bool in_turn, from_then_on;
    enum sim_heap_kind kind;
    uint64_t nth, counts[SIM_HEAP_KINDS];
    bool (*ask)(void *data);
    void *ask_data;
} heap;

const char *sim_heap_kind_name(enum sim_heap_kind kind)
{
    static const char *const names[SIM_HEAP_KINDS] = { "the engine", "Lua", "OpenSSL" };

    return names[kind];
}

void sim_heap_plan(enum sim_heap_kind kind, uint64_t nth, bool from_then_on)
{
    heap.kind = kind;
    heap.nth = nth;
    heap.from_then_on = from_then_on;
    memset(heap.counts, 0, sizeof(heap.counts));
}

void sim_heap_relent(void)
{
    heap.nth = 0;
}

uint64_t sim_heap_count(enum sim_heap_kind kind)
{
    return heap.counts[kind];
}

void sim_heap_turn(bool in_turn)
{
    heap.in_turn = in_turn;
}

void sim_heap_ask(bool (*ask)(void *data), void *data)
{
    heap.ask = ask;
    heap.ask_data = data;
}

bool sim_heap_leave(void)
{
    bool was = heap.in_turn;

    heap.in_turn = false;
    return was;
}

void sim_heap_return(bool in_turn)
{
    heap.in_turn = in_turn;
}

bool sim_heap_fails(enum sim_heap_kind kind)
{
    uint64_t number;

    if (!heap.in_turn)
        return false;
    number = ++heap.counts[kind];
    if (kind == SIM_HEAP_ENGINE && heap.ask) {
        bool in_turn = sim_heap_leave(), none = heap.ask(heap.ask_data);

        sim_heap_return(in_turn);
        if (none)
            return true;
    }
    return heap.nth && kind == heap.kind && (heap.from_then_on ? number >= heap.nth : number == heap.nth);
}

/* ---- OpenSSL ---- */

static void *tls_alloc(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return sim_heap_fails(SIM_HEAP_TLS) ? NULL : malloc(size);
}

static void *tls_resize(void *old, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return sim_heap_fails(SIM_HEAP_TLS) ? NULL : realloc(old, size);
}

static void tls_free(void *block, const char *file, int line)
{
    (void)file;
    (void)line;
    free(block);
}

void sim_heap_take_tls(void)
{
    (void)CRYPTO_set_mem_functions(tls_alloc, tls_resize, tls_free);
}
