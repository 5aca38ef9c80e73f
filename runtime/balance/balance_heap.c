/* Sorted anew as a whole: changes are rare beside picks. */
#include "balance/balance_heap.h"
#include "base/units.h"

void balance_heap_init(struct balance_heap *heap)
{
    heap_init(&heap->first);
    heap_init(&heap->second);
    heap->changed = true;
}

static void empty(struct heap *heap)
{
    while (heap->count)
        heap_remove(heap, heap->nodes[heap->count - 1]);
}

void balance_heap_finish(struct balance_heap *heap)
{
    heap_finish(&heap->first);
    heap_finish(&heap->second);
}

static void sort(struct balance_heap *heap, struct proxy *proxy, bool backups, uint64_t now_ns,
                 balance_heap_add *add)
{
    size_t index = 0;
    empty(&heap->first);
    empty(&heap->second);
    heap->warm_at_ns = heap->weight = 0;
    heap->changed = false;
    for (struct server *server = proxy->servers; server; server = server->next, index++) {
        uint64_t until = server->last_change_ns + server->settings.slowstart * NS_PER_MS;
        if (server->settings.backup != backups || !server_takes_new(server))
            continue;
        if (server->state == SERVER_STARTING && until > now_ns && until > heap->warm_at_ns)
            heap->warm_at_ns = until;
        heap->weight += server_weight_at(server, now_ns);
        if (!add(heap, server, index))
            heap->changed = true;
    }
}

bool balance_heap_is_ready(struct balance_heap *heap, struct proxy *proxy, bool backups, uint64_t now_ns,
                           balance_heap_add *add)
{
    if (backups && !proxy->settings.all_backups) /* the first one that has room: no order of ours */
        return false;
    if (heap->changed || (heap->warm_at_ns && now_ns >= heap->warm_at_ns))
        sort(heap, proxy, backups, now_ns, add);
    return !heap->changed && now_ns >= heap->warm_at_ns;
}
