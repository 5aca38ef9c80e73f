/* One running proxy as a value: its configuration, its workers and what they share. One process can hold many. */
#ifndef NODE_H
#define NODE_H
#include "platform/platform.h"

struct buf;
struct node;

enum node_state { NODE_RUNNING, NODE_ENDED };

/* An empty node that will see the world through platform (borrowed; must outlive it). NULL: no memory. */
struct node *node_create(struct platform *platform);
/* Reads the command line (argv[0] is the program's name) and the configuration, binds and boots. Messages go to the
 * platform's print. NODE_ENDED: the proxy is done already (-c, -v, an error); *exit_code is the process's. */
enum node_state node_start(struct node *node, int argc, const char *const *argv, int *exit_code);
/* One turn of each loop. NODE_ENDED after a stop was carried out. */
enum node_state node_turn(struct node *node);
int node_exit_code(const struct node *node);
/* For a person who looks, between two turns: what its scripts are doing, with stacks and locals. now_ns: monotonic. */
void node_describe_lua(const struct node *node, uint64_t now_ns, struct buf *out);
/* Ends all connections and frees everything, in any state. */
void node_destroy(struct node *node);

#endif
