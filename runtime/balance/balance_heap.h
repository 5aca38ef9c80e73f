/* Servers of a backend in the order in which an algorithm would take them, so that the next one is found without looking
 * at all of them. Two of them, for the servers proper and the backup servers. The order holds while no server changes
 * and none warms up (slowstart): in between the algorithm looks at each, and no memory is no harm. */
#ifndef BALANCE_BALANCE_HEAP_H
#define BALANCE_BALANCE_HEAP_H
#include "base/heap.h"
#include "proxy/proxy.h"
#include "proxy/server.h"

struct balance_heap {
    struct heap first, second; /* the algorithm says what is in which */
    bool changed;              /* a server is another one: to be sorted again */
    uint64_t warm_at_ns;       /* from then on its servers have their full weight */
    uint64_t weight;           /* of all its servers */
};

void balance_heap_init(struct balance_heap *heap);
void balance_heap_finish(struct balance_heap *heap);
/* Puts a server where it belongs; index: its place in the backend. false: no memory. */
typedef bool balance_heap_add(struct balance_heap *heap, struct server *server, size_t index);
/* Whether the order may be gone by now; sorts when it has to. */
bool balance_heap_is_ready(struct balance_heap *heap, struct proxy *proxy, bool backups, uint64_t now_ns,
                           balance_heap_add *add);

#endif
