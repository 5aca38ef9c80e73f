/* Services of this folder: what use-service may name, and the statistics page. */
#ifndef ADMIN_ADMIN_SERVICES_H
#define ADMIN_ADMIN_SERVICES_H
#include "stream/applet.h"

extern const struct service_row admin_service_rows[];
/* begin's data: the section whose `stats` settings count. */
extern const struct service_row stat_service;

#endif
