/* balance roundrobin (HAProxy manual 4.2 "balance"). */
#ifndef BALANCE_BALANCE_ROUNDROBIN_H
#define BALANCE_BALANCE_ROUNDROBIN_H
#include "proxy/balance_row.h"

extern const struct balance_row balance_roundrobin_row;

#endif
