/* The C library's clock inside the simulator. */
#ifndef SIM_SIM_CLOCK_H
#define SIM_SIM_CLOCK_H

struct world;

/* time() and gettimeofday() tell this world's wall clock from now on; NULL: the machine's. */
void sim_clock_follow(const struct world *world);

#endif
