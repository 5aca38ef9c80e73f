/* DNS messages as bytes (RFC 1035, EDNS0 of RFC 6891): queries are made, answers are read. Pure; names by c-ares. */
#ifndef RESOLVE_DNS_MESSAGE_H
#define RESOLVE_DNS_MESSAGE_H
#include "base/addr.h"
#include "base/buf.h"
#include "base/check.h"

#define DNS_NAME_MAX    255
#define DNS_MESSAGE_MAX 65535
#define DNS_RECORDS_MAX 256 /* more in one answer are left out */

enum dns_type { DNS_A = 1, DNS_CNAME = 5, DNS_AAAA = 28, DNS_SRV = 33 };

enum dns_status {
    DNS_OK,
    DNS_NO_DATA, /* the name is there, records of the type are not */
    DNS_NX,      /* no such name */
    DNS_REFUSED,
    DNS_TRUNCATED,   /* to be asked again over TCP */
    DNS_ERROR,       /* the server could not answer: any other code */
    DNS_CNAME_ERROR, /* a chain of names that ends nowhere or in itself */
    DNS_NOT_OURS,    /* another question's answer, or forged: dropped */
    DNS_INVALID,     /* no DNS message */
};

struct dns_record {
    enum dns_type type;
    uint32_t ttl_s;
    struct addr addr; /* A, AAAA; SRV: of the target, from the additional records; ADDR_NONE: not said */
    uint16_t priority, weight, port; /* SRV */
    char target[DNS_NAME_MAX + 1];   /* SRV, lower case */
};

struct dns_answer {
    enum dns_status status;
    bool by_cname; /* a CNAME led to the records */
    unsigned count;
    struct dns_record *records; /* caller's array of DNS_RECORDS_MAX */
};

/* Appends a query. payload_size: what is announced by EDNS0. false: no name for DNS, or no memory. */
bool dns_message_query(const char *name, enum dns_type type, uint16_t id, unsigned payload_size,
                       struct buf *out) MUST_USE;
/* What the message answers to that query. answer->records must be set. */
void dns_message_read(struct str message, const char *name, enum dns_type type, uint16_t id,
                      struct dns_answer *answer);

#endif
