/* The one list of all tables of words. */
#ifndef REGISTRY_H
#define REGISTRY_H
#include "config/words.h"

/* Adds every row of the engine's tables, in fixed order. false: no memory. */
bool registry_fill(struct words *words);
/* What a master knows for its own management socket. */
bool registry_fill_master(struct words *words);

#endif
