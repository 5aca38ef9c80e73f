/* What a scripted name server says: rules for names, the newest first, and the messages made of them (RFC 1035).
 * A rule has the records of a type, or is a way to fail; one that is not for a time only takes the place of its like. */
#ifndef SIM_NAME_ZONE_H
#define SIM_NAME_ZONE_H
#include "base/buf.h"
#include "base/list.h"
#include "platform/platform.h"

enum name_type { NAME_A = 1, NAME_CNAME = 5, NAME_AAAA = 28, NAME_SRV = 33 };

enum name_verdict {
    NAME_RECORDS,
    NAME_NX,
    NAME_SERVFAIL,
    NAME_REFUSED,
    NAME_EMPTY,     /* the name is there, records are not */
    NAME_TRUNCATED, /* over UDP; over TCP the rules behind it count */
    NAME_FORGED,    /* with another number than the question's */
    NAME_LIE,       /* about a name that was not asked for */
    NAME_GARBAGE,   /* no DNS message */
    NAME_CUT,       /* a message that ends in the middle of a record */
    NAME_SILENT,
};

struct name_rule {
    struct list link;
    char *name; /* lower case; "*": every name */
    enum name_verdict verdict;
    enum name_type type; /* of NAME_RECORDS */
    char *
        values; /* of NAME_RECORDS: addresses, a name, or HOST:PORT[:WEIGHT[:PRIORITY]], with commas between */
    uint32_t ttl_s;
    uint64_t delay_ns, until_ns; /* until 0: for good */
};

struct name_zone {
    struct list rules;
};

void name_zone_init(struct name_zone *zone);
void name_zone_finish(struct name_zone *zone);
/* Copies what rule has; false: a value cannot be read. */
bool name_zone_add(struct name_zone *zone, const struct name_rule *rule) MUST_USE;

struct name_answer {
    struct buf message; /* empty: nothing is said */
    uint64_t delay_ns;
};
/* The answer to a query; message must be empty. */
void name_zone_answer(const struct name_zone *zone, uint64_t now_ns, struct str query, bool over_tcp,
                      struct name_answer *answer);
/* As a system's resolver would tell at start: appends to out. */
enum io_status name_zone_resolve(const struct name_zone *zone, uint64_t now_ns, const char *name,
                                 enum addr_family family, struct addr *out, unsigned max, unsigned *count);

#endif
