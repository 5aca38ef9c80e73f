/* Listeners of the process before us, fetched over its stats socket (`expose-fd listeners`; management manual 3 -x), so
 * that a reload refuses nobody.
 *
 * What is said: "_getsocks" and a newline; the answer is the count of sockets as an int of the machine, then one message
 * for each socket that carries it, with the length of its namespace's name, the length of its interface's name and an
 * int of options as data. */
#ifndef TAKEOVER_H
#define TAKEOVER_H
#include "config/cfg_reader.h"
#include "proxy/configuration.h"

struct takeover;

/* Begins to fetch from the stats socket at `path`, or over `via`, a connected socket that is taken. NULL: no memory or
 * descriptors. */
struct takeover *takeover_begin(struct platform *platform, const char *path, plat_sock via);
/* One turn of its loop. true: it is over, well or not. */
bool takeover_turn(struct takeover *takeover);
/* Gives what came to the configuration, for bind_open to find. false: it did not come whole. */
bool takeover_finish(struct takeover *takeover, struct configuration *configuration);
/* NULL is fine; closes what was not given away. */
void takeover_destroy(struct takeover *takeover);

#endif
