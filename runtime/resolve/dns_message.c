/* Queries and answers. Every offset of an answer is checked against its end; names are expanded by c-ares, which knows
 * compression and refuses loops. */
#include "resolve/dns_message.h"
#include <ares.h>

#define HEADER_SIZE 12
#define CNAMES_MAX  16
#define CLASS_IN    1

static unsigned number_16(const char *at)
{
    return (unsigned)(uint8_t)at[0] << 8 | (uint8_t)at[1];
}

static uint32_t number_32(const char *at)
{
    return (uint32_t)number_16(at) << 16 | number_16(at + 2);
}

bool dns_message_query(const char *name, enum dns_type type, uint16_t id, unsigned payload_size,
                       struct buf *out)
{
    unsigned char *bytes = NULL;
    int size = 0;
    int status = ares_create_query(name, CLASS_IN, type, id, 1, &bytes, &size, (int)payload_size);
    if (status == ARES_SUCCESS)
        buf_add(out, str_make((const char *)bytes, (size_t)size));
    if (bytes)
        ares_free_string(bytes);
    return status == ARES_SUCCESS && !out->failed;
}

struct reading {
    struct str message;
    size_t at;
};

/* The name at that place, in lower case. false: broken. */
static bool read_name(const struct reading *reading, size_t at, char out[DNS_NAME_MAX + 1], size_t *size)
{
    char *name = NULL;
    long used = 0;
    const unsigned char *bytes = (const unsigned char *)reading->message.data;
    if (at >= reading->message.size ||
        ares_expand_name(bytes + at, bytes, (int)reading->message.size, &name, &used) != ARES_SUCCESS)
        return false;
    struct str text = str_of(name);
    bool fits = text.size <= DNS_NAME_MAX;
    for (size_t i = 0; fits && i < text.size; i++)
        out[i] = ascii_lower(text.data[i]);
    if (fits)
        out[text.size] = '\0';
    ares_free_string(name);
    *size = (size_t)used;
    return fits;
}

struct raw_record {
    char name[DNS_NAME_MAX + 1];
    unsigned type, class;
    uint32_t ttl_s;
    size_t data_at;
    size_t data_size;
};

static bool next_record(struct reading *reading, struct raw_record *out)
{
    size_t size;
    if (!read_name(reading, reading->at, out->name, &size))
        return false;
    const char *at = reading->message.data + reading->at + size;
    if (reading->message.size - reading->at < size + 10)
        return false;
    out->type = number_16(at);
    out->class = number_16(at + 2);
    out->ttl_s = number_32(at + 4);
    out->data_size = number_16(at + 8);
    out->data_at = reading->at + size + 10;
    reading->at = out->data_at + out->data_size;
    return reading->at <= reading->message.size;
}

static bool same_name(const char *a, const char *b)
{
    struct str x = str_of(a), y = str_of(b);
    if (x.size && x.data[x.size - 1] == '.')
        x.size--;
    if (y.size && y.data[y.size - 1] == '.')
        y.size--;
    return str_eq_nocase(x, y);
}

static bool read_address(const struct reading *reading, const struct raw_record *raw, struct addr *out)
{
    size_t size = raw->type == DNS_A ? 4 : 16;
    if (raw->data_size != size)
        return false;
    *out = (struct addr){ .family = size == 4 ? ADDR_IPV4 : ADDR_IPV6 };
    memcpy(out->u.ip, reading->message.data + raw->data_at, size);
    return true;
}

/* The root as a target says that there is no such service (RFC 2782); HAProxy takes the answer for a spoilt one. */
static bool read_service(const struct reading *reading, const struct raw_record *raw, struct dns_record *out)
{
    size_t size;
    const char *data = reading->message.data + raw->data_at;
    if (raw->data_size < 7 || !read_name(reading, raw->data_at + 6, out->target, &size) ||
        size + 6 != raw->data_size || !out->target[0])
        return false;
    out->priority = (uint16_t)number_16(data);
    out->weight = (uint16_t)number_16(data + 2);
    out->port = (uint16_t)number_16(data + 4);
    return true;
}

/* One of the answers: an alias moves `wanted` on, a record of the type is kept. false: broken. */
static bool take(const struct reading *reading, const struct raw_record *raw, enum dns_type type,
                 char *wanted, struct dns_answer *answer)
{
    size_t size;
    if (raw->class != CLASS_IN || !same_name(raw->name, wanted))
        return true;
    if (raw->type == DNS_CNAME && type != DNS_CNAME) {
        answer->by_cname = true;
        return read_name(reading, raw->data_at, wanted, &size) && size == raw->data_size;
    }
    if (raw->type != (unsigned)type || answer->count == DNS_RECORDS_MAX)
        return true;
    struct dns_record *record = &answer->records[answer->count];
    *record = (struct dns_record){ .type = type, .ttl_s = raw->ttl_s };
    if (type == DNS_SRV ? !read_service(reading, raw, record) : !read_address(reading, raw, &record->addr))
        return false;
    answer->count++;
    return true;
}

/* The additional records may hold the addresses of a service's targets. */
static bool take_additional(const struct reading *reading, const struct raw_record *raw,
                            struct dns_answer *answer)
{
    struct addr addr;
    if (raw->class != CLASS_IN || (raw->type != DNS_A && raw->type != DNS_AAAA))
        return true;
    if (!read_address(reading, raw, &addr))
        return false;
    for (unsigned i = 0; i < answer->count; i++) {
        if (same_name(answer->records[i].target, raw->name) && answer->records[i].addr.family == ADDR_NONE)
            answer->records[i].addr = addr;
    }
    return true;
}

static enum dns_status status_of(unsigned flags)
{
    if (flags & 0x0200)
        return DNS_TRUNCATED;
    switch (flags & 0xf) {
    case 0:
        return DNS_OK;
    case 3:
        return DNS_NX;
    case 5:
        return DNS_REFUSED;
    default:
        return DNS_ERROR;
    }
}

/* The question must be ours, letter by letter: an answer that was guessed has a harder time. */
static enum dns_status read_question(struct reading *reading, const char *name, enum dns_type type)
{
    char asked[DNS_NAME_MAX + 1];
    size_t size;
    if (!read_name(reading, reading->at, asked, &size) || reading->message.size - reading->at < size + 4)
        return DNS_INVALID;
    const char *at = reading->message.data + reading->at + size;
    reading->at += size + 4;
    return same_name(asked, name) && number_16(at) == (unsigned)type && number_16(at + 2) == CLASS_IN
               ? DNS_OK
               : DNS_NOT_OURS;
}

static enum dns_status read_records(struct reading *reading, const char *name, enum dns_type type,
                                    struct dns_answer *answer)
{
    const char *header = reading->message.data;
    unsigned answers = number_16(header + 6), others = number_16(header + 8), more = number_16(header + 10);
    char wanted[DNS_NAME_MAX + 1];
    struct raw_record raw;
    struct str first = str_of(name);
    memcpy(wanted, first.data, first.size + 1);
    unsigned aliases = 0;
    for (unsigned i = 0; i < answers; i++) {
        bool was_alias = answer->by_cname;
        if (!next_record(reading, &raw) || !take(reading, &raw, type, wanted, answer))
            return DNS_INVALID;
        if (raw.type == DNS_CNAME && (was_alias || answer->by_cname) && ++aliases > CNAMES_MAX)
            return DNS_CNAME_ERROR;
    }
    for (unsigned i = 0; i < others; i++) {
        if (!next_record(reading, &raw))
            return DNS_INVALID;
    }
    for (unsigned i = 0; i < more && type == DNS_SRV; i++) {
        if (!next_record(reading, &raw) || !take_additional(reading, &raw, answer))
            return DNS_INVALID;
    }
    if (answer->count)
        return DNS_OK;
    return answer->by_cname ? DNS_CNAME_ERROR : DNS_NO_DATA;
}

void dns_message_read(struct str message, const char *name, enum dns_type type, uint16_t id,
                      struct dns_answer *answer)
{
    struct reading reading = { message, HEADER_SIZE };
    answer->count = 0;
    answer->by_cname = false;
    answer->status = DNS_INVALID;
    if (message.size < HEADER_SIZE || message.size > DNS_MESSAGE_MAX || str_of(name).size > DNS_NAME_MAX)
        return;
    unsigned flags = number_16(message.data + 2);
    if (!(flags & 0x8000) || number_16(message.data + 4) != 1)
        return;
    answer->status = DNS_NOT_OURS;
    if (number_16(message.data) != id)
        return;
    answer->status = read_question(&reading, name, type);
    if (answer->status == DNS_OK)
        answer->status = status_of(flags);
    if (answer->status == DNS_OK)
        answer->status = read_records(&reading, name, type, answer);
}
