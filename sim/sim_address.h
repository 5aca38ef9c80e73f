/* Addresses as scenarios and tests write them. */
#ifndef SIM_SIM_ADDRESS_H
#define SIM_SIM_ADDRESS_H
#include "base/addr.h"

/* "IP:PORT", "IP PORT", "[IPv6]:PORT", "localhost:PORT", "/path" or "@abstract". */
bool sim_address_parse(struct str text, struct addr *out) MUST_USE;

#endif
