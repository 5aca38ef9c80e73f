/* Messages are written without compression, but for the name that was asked for. */
#include "sim/name_zone.h"
#include "base/mem.h"
#include "base/units.h"
#include <stdio.h>

enum { NAME_SIZE = 256, CHAIN_MAX = 8, HEAD_SIZE = 12, PLAIN_UDP_MAX = 512, TYPE_OPT = 41 };

struct question {
    uint16_t id, type;
    char name[NAME_SIZE]; /* lower case, dots between */
    struct str wire;      /* as it stands in the query: name, type, class */
    size_t udp_max;       /* how large an answer may be */
};

/* ---- rules ---- */

void name_zone_init(struct name_zone *zone)
{
    list_init(&zone->rules);
}

static void drop(struct name_rule *rule)
{
    list_remove(&rule->link);
    mem_free(rule->name);
    mem_free(rule->values);
    mem_free(rule);
}

void name_zone_finish(struct name_zone *zone)
{
    while (!list_empty(&zone->rules))
        drop(LIST_ITEM(list_first(&zone->rules), struct name_rule, link));
}

static bool split_service(struct str text, char *target, uint16_t *port, uint16_t *weight, uint16_t *priority)
{
    struct str host = str_split(&text, ':');
    uint16_t *const numbers[] = { port, weight, priority };

    *weight = 1;
    *priority = 0;
    if (!host.size || host.size >= NAME_SIZE || !text.data)
        return false;
    str_to_c(host, target, NAME_SIZE);
    for (size_t i = 0; i < COUNT_OF(numbers) && text.data; i++) {
        int64_t number;

        if (!units_parse_int(str_split(&text, ':'), 0, UINT16_MAX, &number))
            return false;
        *numbers[i] = (uint16_t)number;
    }
    return !text.data;
}

static bool value_is_good(enum name_type type, struct str value)
{
    char target[NAME_SIZE];
    uint16_t port, weight, priority;
    struct addr addr;

    switch (type) {
    case NAME_A:
    case NAME_AAAA:
        return addr_parse_ip(value, &addr) && addr.family == (type == NAME_A ? ADDR_IPV4 : ADDR_IPV6);
    case NAME_SRV:
        return split_service(value, target, &port, &weight, &priority);
    case NAME_CNAME:
        return value.size > 0 && value.size < NAME_SIZE;
    }
    return false;
}

static char *lower_copy(const char *text)
{
    char *copy = mem_need_copy(str_of(text));

    for (char *at = copy; *at; at++)
        *at = ascii_lower(*at);
    return copy;
}

bool name_zone_add(struct name_zone *zone, const struct name_rule *rule)
{
    struct name_rule *added;

    if (rule->verdict == NAME_RECORDS) {
        struct str rest = str_of(rule->values);

        while (rest.data)
            if (!value_is_good(rule->type, str_split(&rest, ',')))
                return false;
    }
    added = mem_need(sizeof(*added));
    *added = *rule;
    added->name = lower_copy(rule->name);
    added->values = rule->values ? lower_copy(rule->values) : NULL;
    LIST_EACH_SAFE(item, &zone->rules)
    {
        struct name_rule *old = LIST_ITEM(item, struct name_rule, link);

        if (!added->until_ns && !old->until_ns && !strcmp(old->name, added->name) &&
            (old->verdict != NAME_RECORDS || (added->verdict == NAME_RECORDS && old->type == added->type)))
            drop(old);
    }
    list_add_first(&zone->rules, &added->link);
    return true;
}

static bool counts(const struct name_rule *rule, uint64_t now_ns, const char *name)
{
    return (!rule->until_ns || now_ns < rule->until_ns) &&
           (!strcmp(rule->name, "*") || !strcmp(rule->name, name));
}

/* NULL: there are no records of that type, and *known says if there are others of that name. */
static const struct name_rule *find(const struct name_zone *zone, uint64_t now_ns, const char *name,
                                    uint16_t type, bool over_tcp, const struct name_rule **known)
{
    *known = NULL;
    LIST_EACH (item, &zone->rules) {
        const struct name_rule *rule = LIST_ITEM(item, struct name_rule, link);

        if (!counts(rule, now_ns, name) || (rule->verdict == NAME_TRUNCATED && over_tcp))
            continue;
        if (rule->verdict != NAME_RECORDS || rule->type == type || rule->type == NAME_CNAME)
            return rule;
        if (!*known)
            *known = rule;
    }
    return NULL;
}

/* ---- bytes ---- */

static void put16(struct buf *out, unsigned value)
{
    buf_add_char(out, (char)(value >> 8));
    buf_add_char(out, (char)value);
}

static void put32(struct buf *out, uint32_t value)
{
    put16(out, value >> 16);
    put16(out, value & 0xffff);
}

static unsigned get16(struct str text, size_t at)
{
    return (unsigned)(unsigned char)text.data[at] << 8 | (unsigned char)text.data[at + 1];
}

static void put_name(struct buf *out, const char *name)
{
    struct str rest = str_of(name);

    while (rest.data && rest.size) {
        struct str label = str_split(&rest, '.');

        buf_add_char(out, (char)(label.size < 63 ? label.size : 63));
        buf_add(out, str_slice(label, 0, 63));
    }
    buf_add_char(out, '\0');
}

/* false: no query that a server would answer. */
static bool read_query(struct str query, struct question *out)
{
    size_t at = HEAD_SIZE, used = 0;

    if (query.size < HEAD_SIZE || get16(query, 4) != 1 || (query.data[2] & 0x80))
        return false;
    while (at < query.size && query.data[at]) {
        size_t size = (unsigned char)query.data[at];

        if (size > 63 || at + 1 + size >= query.size || used + size + 1 >= sizeof(out->name))
            return false;
        if (used)
            out->name[used++] = '.';
        for (size_t i = 1; i <= size; i++)
            out->name[used++] = ascii_lower(query.data[at + i]);
        at += 1 + size;
    }
    out->name[used] = '\0';
    if (at + 5 > query.size)
        return false;
    out->id = (uint16_t)get16(query, 0);
    out->type = (uint16_t)get16(query, at + 1);
    out->wire = str_slice(query, HEAD_SIZE, at + 5 - HEAD_SIZE);
    out->udp_max = PLAIN_UDP_MAX;
    at += 5;
    if (get16(query, 10) == 1 && at + 5 <= query.size && !query.data[at] &&
        get16(query, at + 1) == TYPE_OPT && get16(query, at + 3) > PLAIN_UDP_MAX)
        out->udp_max = get16(query, at + 3);
    return true;
}

/* owner NULL: the name that was asked for. The caller writes the data behind it. */
static void put_record(struct buf *out, const char *owner, enum name_type type, uint32_t ttl_s, size_t size)
{
    if (owner)
        put_name(out, owner);
    else
        put16(out, 0xc000 | HEAD_SIZE);
    put16(out, type);
    put16(out, 1); /* IN */
    put32(out, ttl_s);
    put16(out, (unsigned)size);
}

static void put_value(struct buf *out, const char *owner, const struct name_rule *rule, struct str value)
{
    struct buf data = BUF_INIT;
    char target[NAME_SIZE];
    uint16_t port, weight, priority;
    struct addr addr;

    switch (rule->type) {
    case NAME_A:
    case NAME_AAAA:
        CHECK(addr_parse_ip(value, &addr));
        buf_add(&data, str_make((const char *)addr.u.ip, rule->type == NAME_A ? 4 : 16));
        break;
    case NAME_SRV:
        CHECK(split_service(value, target, &port, &weight, &priority));
        put16(&data, priority);
        put16(&data, weight);
        put16(&data, port);
        put_name(&data, target);
        break;
    case NAME_CNAME:
        str_to_c(value, target, sizeof(target));
        put_name(&data, target);
        break;
    }
    put_record(out, owner, rule->type, rule->ttl_s, data.size);
    buf_add(out, buf_str(&data));
    buf_finish(&data);
}

static unsigned put_values(struct buf *out, const char *owner, const struct name_rule *rule)
{
    struct str rest = str_of(rule->values);
    unsigned count = 0;

    for (; rest.data; count++)
        put_value(out, owner, rule, str_split(&rest, ','));
    return count;
}

/* Addresses of services' targets, as far as they are known here. */
static unsigned put_targets(const struct name_zone *zone, uint64_t now_ns, struct buf *out,
                            const struct name_rule *services)
{
    struct str rest = str_of(services->values);
    unsigned count = 0;

    while (rest.data) {
        const struct name_rule *rule, *known;
        char target[NAME_SIZE];
        uint16_t port, weight, priority;

        CHECK(split_service(str_split(&rest, ','), target, &port, &weight, &priority));
        rule = find(zone, now_ns, target, NAME_A, true, &known);
        if (rule && rule->verdict == NAME_RECORDS && rule->type == NAME_A)
            count += put_values(out, target, rule);
    }
    return count;
}

/* ---- answers ---- */

static void put_head(struct buf *out, const struct question *question, unsigned code, bool cut,
                     unsigned answers, unsigned additional)
{
    put16(out, question->id);
    put16(out, 0x8180u | code | (cut ? 0x0200u : 0));
    put16(out, 1);
    put16(out, answers);
    put16(out, 0);
    put16(out, additional);
}

/* The records of the rule, and of those that its CNAMEs lead to. */
static void put_answer(const struct name_zone *zone, uint64_t now_ns, const struct question *question,
                       const struct name_rule *rule, bool over_tcp, struct buf *out)
{
    struct buf records = BUF_INIT;
    const char *owner = NULL;
    unsigned answers = 0, additional = 0;

    for (unsigned i = 0; i < CHAIN_MAX && rule && rule->verdict == NAME_RECORDS; i++) {
        const struct name_rule *known;

        answers += put_values(&records, owner, rule);
        if (rule->type == NAME_SRV)
            additional = put_targets(zone, now_ns, &records, rule);
        if (rule->type == question->type)
            break;
        owner = rule->values;
        rule = find(zone, now_ns, owner, question->type, over_tcp, &known);
    }
    if (!over_tcp && HEAD_SIZE + question->wire.size + records.size > question->udp_max) {
        put_head(out, question, 0, true, 0, 0);
        buf_add(out, question->wire);
    } else {
        put_head(out, question, 0, false, answers, additional);
        buf_add(out, question->wire);
        buf_add(out, buf_str(&records));
    }
    buf_finish(&records);
}

static void put_code(const struct question *question, unsigned code, bool cut, struct buf *out)
{
    put_head(out, question, code, cut, 0, 0);
    buf_add(out, question->wire);
}

/* Of another name, which has the same address. */
static void put_lie(const struct question *question, struct buf *out)
{
    static const struct name_rule lie = { .type = NAME_A, .ttl_s = 60 };

    put_head(out, question, 0, false, 1, 0);
    put_name(out, "not.asked.for");
    put16(out, question->type);
    put16(out, 1);
    put_value(out, "not.asked.for", &lie, STR("192.0.2.66"));
}

void name_zone_answer(const struct name_zone *zone, uint64_t now_ns, struct str query, bool over_tcp,
                      struct name_answer *answer)
{
    const struct name_rule *rule, *known;
    struct question question;
    struct buf *out = &answer->message;

    answer->delay_ns = 0;
    if (!read_query(query, &question))
        return;
    rule = find(zone, now_ns, question.name, question.type, over_tcp, &known);
    answer->delay_ns = rule ? rule->delay_ns : known ? known->delay_ns : 0;
    if (!rule) {
        put_code(&question, known ? 0 : 3, false, out);
        return;
    }
    switch (rule->verdict) {
    case NAME_RECORDS:
        put_answer(zone, now_ns, &question, rule, over_tcp, out);
        break;
    case NAME_NX:
        put_code(&question, 3, false, out);
        break;
    case NAME_SERVFAIL:
        put_code(&question, 2, false, out);
        break;
    case NAME_REFUSED:
        put_code(&question, 5, false, out);
        break;
    case NAME_EMPTY:
        put_code(&question, 0, false, out);
        break;
    case NAME_TRUNCATED:
        put_code(&question, 0, true, out);
        break;
    case NAME_FORGED:
        question.id ^= 0x5a5a;
        put_code(&question, 0, false, out);
        break;
    case NAME_LIE:
        put_lie(&question, out);
        break;
    case NAME_GARBAGE:
        put16(out, question.id);
        buf_add_c(out, "\x81\x80 no such message");
        break;
    case NAME_CUT:
        put_head(out, &question, 0, false, 1, 0);
        buf_add(out, question.wire);
        put_record(out, NULL, NAME_A, 60, 4);
        buf_add_char(out, 10);
        break;
    case NAME_SILENT:
        break;
    }
}

static void take_addresses(const struct name_rule *rule, struct addr *out, unsigned max, unsigned *count)
{
    struct str rest = str_of(rule->values);

    while (rest.data && *count < max) {
        CHECK(addr_parse_ip(str_split(&rest, ','), &out[*count]));
        ++*count;
    }
}

enum io_status name_zone_resolve(const struct name_zone *zone, uint64_t now_ns, const char *name,
                                 enum addr_family family, struct addr *out, unsigned max, unsigned *count)
{
    uint16_t type = family == ADDR_IPV6 ? NAME_AAAA : NAME_A;
    char *lower = lower_copy(name);
    const struct name_rule *known, *rule = find(zone, now_ns, lower, type, true, &known);
    enum io_status status = IO_NOT_FOUND;

    for (unsigned i = 0; i < CHAIN_MAX && rule && rule->verdict == NAME_RECORDS && rule->type != type; i++)
        rule = find(zone, now_ns, rule->values, type, true, &known);
    if (rule && rule->verdict == NAME_RECORDS && rule->type == type) {
        take_addresses(rule, out, max, count);
        status = IO_OK;
    } else if (rule && rule->verdict != NAME_NX && rule->verdict != NAME_EMPTY) {
        status = IO_TIMED_OUT;
    }
    mem_free(lower);
    return status;
}
