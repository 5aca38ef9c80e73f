/* Addresses as bind, server and source lines write them (HAProxy manual 4.2, bind and server; 11 "Address
 * formats"). */
#ifndef CONFIG_CFG_ADDR_H
#define CONFIG_CFG_ADDR_H
#include "base/addr.h"
#include "base/arena.h"
#include "platform/platform.h"

/* Addresses of manual 2.7 / 4.2 bind and server: [family@]host[:port[-port]], ipv4@ ipv6@ unix@ abns@ fd@
 * sockpair@ stream+ datagram+ prefixes, `*`, [v6]:port, host names (resolved at start-up through the
 * platform). */
enum cfg_addr_need { ADDR_PORT_NONE, ADDR_PORT_OPTIONAL, ADDR_PORT_NEEDED };
struct cfg_addr {
    struct addr addr;
    int fd;             /* fd@N, sockpair@N: the number, else -1 */
    bool sockpair;      /* connections come as sockets over it */
    unsigned port_last; /* of a range: addr.port is the first; equal without a range */
    int port_offset;    /* server "host:+N": added to the client's port */
    bool port_given, port_relative;
    const char *host; /* the name as written when it had to be resolved, else NULL */
};
/* false: *error says why, in arena. resolve: host names are looked up now. */
bool cfg_parse_addr(struct platform *platform, struct arena *arena, const char *text, enum cfg_addr_need need,
                    bool resolve, struct cfg_addr *out, const char **error) MUST_USE;

#endif
