/* Network addresses as values: IPv4, IPv6 and Unix sockets, with their port; texts to and from. */
#ifndef BASE_ADDR_H
#define BASE_ADDR_H
#include "base/str.h"
#include <stdbool.h>
#include <stdint.h>

enum addr_family { ADDR_NONE, ADDR_IPV4, ADDR_IPV6, ADDR_UNIX, ADDR_ABSTRACT };

#define ADDR_PATH_MAX 108 /* bytes in sockaddr_un; a NUL need not stand behind */
#define ADDR_TEXT_MAX 128 /* longest text of any address, NUL included */

struct addr {
    enum addr_family family;
    uint16_t port;     /* host order */
    uint8_t path_size; /* Unix and abstract: bytes of path that count */
    bool datagram;     /* asked for as udp@ or unix+dgram */
    bool tight; /* abstract: the kernel's name is so long and no longer (abnsz@); else padded with NULs */
    union {
        uint8_t ip[16]; /* network order; IPv4 uses the first 4 */
        char path[ADDR_PATH_MAX];
    } u;
};

/* "1.2.3.4" or "::1", nothing around it; port is left 0. false when text is neither. As inet_pton, so exactly
 * four decimal parts. */
bool addr_parse_ip(struct str text, struct addr *out) MUST_USE;
/* "1.2.3.4", "1.2.3", "10/8"-style abbreviations are not taken here. Network with mask: "10.0.0.0/8",
 * "10.0.0.0/255.0.0.0", "::1/64"; without a mask all bits. *bits is 0..32 or 0..128. Host bits stay as they are. */
bool addr_parse_network(struct str text, struct addr *out, unsigned *bits) MUST_USE;

/* The IP alone / the IP with port; IPv6 with a port is "[::1]:80". A Unix socket is nothing / its path or abns@name, abnsz@name
 * (how logs name it is the log's business). Writes at most size bytes with a NUL; returns the bytes before it. */
size_t addr_print_ip(const struct addr *addr, char *out, size_t size);
size_t addr_print(const struct addr *addr, char *out, size_t size);

bool addr_is_ip(const struct addr *addr);
/* Same family, same address; the ports too for addr_eq. */
bool addr_same_ip(const struct addr *a, const struct addr *b);
bool addr_eq(const struct addr *a, const struct addr *b);
int addr_compare(const struct addr *a, const struct addr *b); /* total order: family, bytes, port */

/* Clears the bits past `bits`. */
void addr_mask(struct addr *addr, unsigned bits);
/* IPv4 as ::ffff:a.b.c.d; IPv6 that is v4-mapped as IPv4, false and unchanged when it is not (6to4 and ::1.2.3.4 are
 * not, as in HAProxy). What is of that family already stays. */
void addr_to_v6(struct addr *addr);
bool addr_to_v4(struct addr *addr) MUST_USE;

#endif
