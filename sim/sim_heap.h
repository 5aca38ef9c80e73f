/* Makes memory run out: the n-th piece that the engine, Lua or OpenSSL asks for while a node has its turn, or all from it
 * on. What the simulator itself needs does not count. One process has one such plan, as it has one heap. */
#ifndef SIM_SIM_HEAP_H
#define SIM_SIM_HEAP_H
#include <stdbool.h>
#include <stdint.h>

enum sim_heap_kind { SIM_HEAP_ENGINE, SIM_HEAP_LUA, SIM_HEAP_TLS, SIM_HEAP_KINDS };
const char *sim_heap_kind_name(enum sim_heap_kind kind);

/* Once, before the first run, if OpenSSL is to fail too. */
void sim_heap_take_tls(void);
/* nth: from 1; 0: none fails, they are counted. */
void sim_heap_plan(enum sim_heap_kind kind, uint64_t nth, bool from_then_on);
void sim_heap_relent(void);                       /* none fails from now on */
uint64_t sim_heap_count(enum sim_heap_kind kind); /* since the plan was made */

/* A node's turn begins and ends; within it the simulator may be at work (a platform's call). */
void sim_heap_turn(bool in_turn);
/* Asked for each piece of the engine in the turn; true: there is none. NULL: nobody is asked. */
void sim_heap_ask(bool (*fails)(void *data), void *data);
bool sim_heap_leave(void);          /* to the simulator; what was so before */
void sim_heap_return(bool in_turn); /* as it was */

/* For who gives memory: is this piece not to be had? */
bool sim_heap_fails(enum sim_heap_kind kind);

#endif
