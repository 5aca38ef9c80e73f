/* Casts between the types of values, and their names. What the table forbids is a configuration error; what
 * it allows may still have no value, such as an address from a text that is none. */
#include "sample/sample.h"
#include "base/units.h"

static const char *const type_names[SAMPLE_TYPE_COUNT] = {
    [SAMPLE_ANY] = "any",   [SAMPLE_BOOL] = "bool", [SAMPLE_SINT] = "sint",
    [SAMPLE_ADDR] = "addr", [SAMPLE_IPV4] = "ipv4", [SAMPLE_IPV6] = "ipv6",
    [SAMPLE_STR] = "str",   [SAMPLE_BIN] = "bin",   [SAMPLE_METH] = "meth",
};

const char *sample_type_name(enum sample_type type)
{
    CHECK(type < SAMPLE_TYPE_COUNT);
    return type_names[type];
}

#define BIT(type) (1u << (type))
#define NUMBERS   (BIT(SAMPLE_BOOL) | BIT(SAMPLE_SINT))
#define ADDRESSES (BIT(SAMPLE_ADDR) | BIT(SAMPLE_IPV4) | BIT(SAMPLE_IPV6))
#define TEXTS     (BIT(SAMPLE_STR) | BIT(SAMPLE_BIN))
#define ALL       (NUMBERS | ADDRESSES | TEXTS | BIT(SAMPLE_METH))

/* From a type to the types that it can be cast to (manual 7.1; the method to binary as HAProxy 2.6 does
 * it). */
static const unsigned castable[SAMPLE_TYPE_COUNT] = {
    [SAMPLE_ANY] = ALL,
    [SAMPLE_BOOL] = NUMBERS | TEXTS,
    [SAMPLE_SINT] = NUMBERS | ADDRESSES | TEXTS,
    [SAMPLE_ADDR] = ADDRESSES | TEXTS,
    [SAMPLE_IPV4] = BIT(SAMPLE_SINT) | ADDRESSES | TEXTS,
    [SAMPLE_IPV6] = ADDRESSES | TEXTS,
    [SAMPLE_STR] = ALL,
    [SAMPLE_BIN] = TEXTS,
    [SAMPLE_METH] = TEXTS | BIT(SAMPLE_METH),
};

bool sample_can_cast(enum sample_type from, enum sample_type to)
{
    return to == SAMPLE_ANY || (castable[from] & BIT(to)) != 0;
}

bool sample_of_addr(const struct addr *addr, struct sample *out)
{
    if (!addr_is_ip(addr))
        return false;
    bool is_v4 = addr->family == ADDR_IPV4;
    *out = (struct sample){ .type = is_v4 ? SAMPLE_IPV4 : SAMPLE_IPV6 };
    memcpy(out->u.ip, addr->u.ip, is_v4 ? 4 : 16);
    return true;
}

struct addr sample_to_addr(const struct sample *sample)
{
    bool is_v4 = sample->type == SAMPLE_IPV4;
    CHECK(is_v4 || sample->type == SAMPLE_IPV6);
    struct addr addr = { .family = is_v4 ? ADDR_IPV4 : ADDR_IPV6 };
    memcpy(addr.u.ip, sample->u.ip, is_v4 ? 4 : 16);
    return addr;
}

static bool set_text(struct sample *sample, enum sample_type type, struct str text)
{
    if (!text.data)
        return false;
    sample->type = type;
    sample->u.text = text;
    return true;
}

static struct str method_text(const struct sample *sample)
{
    return sample->u.method.name;
}

static struct str int_text(int64_t value, struct arena *scratch)
{
    char digits[24], *at = digits + sizeof(digits);
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (value < 0)
        *--at = '-';
    return arena_copy(scratch, str_make(at, (size_t)(digits + sizeof(digits) - at)));
}

static bool to_text(struct sample *sample, struct arena *scratch)
{
    switch (sample->type) {
    case SAMPLE_BOOL:
    case SAMPLE_SINT:
        return set_text(sample, SAMPLE_STR, int_text(sample->u.integer, scratch));
    case SAMPLE_IPV4:
    case SAMPLE_IPV6: {
        char out[ADDR_TEXT_MAX];
        struct addr addr = sample_to_addr(sample);
        size_t size = addr_print_ip(&addr, out, sizeof(out));
        return set_text(sample, SAMPLE_STR, arena_copy(scratch, str_make(out, size)));
    }
    case SAMPLE_BIN: { /* ends at the first NUL */
        size_t size = str_find_char(sample->u.text, 0);
        if (size != STR_NOT_FOUND)
            sample->u.text.size = size;
        sample->type = SAMPLE_STR;
        return true;
    }
    case SAMPLE_METH:
        return set_text(sample, SAMPLE_STR, method_text(sample));
    default:
        return sample->type == SAMPLE_STR;
    }
}

static bool to_bin(struct sample *sample, struct arena *scratch)
{
    char bytes[16];
    size_t size;
    switch (sample->type) {
    case SAMPLE_BOOL:
    case SAMPLE_SINT:
        for (size = 0; size < 8; size++)
            bytes[size] = (char)((uint64_t)sample->u.integer >> (56 - 8 * size));
        break;
    case SAMPLE_IPV4:
    case SAMPLE_IPV6:
        size = sample->type == SAMPLE_IPV4 ? 4 : 16;
        memcpy(bytes, sample->u.ip, size);
        break;
    case SAMPLE_METH:
        return set_text(sample, SAMPLE_BIN, method_text(sample));
    default:
        sample->type = SAMPLE_BIN;
        return true;
    }
    return set_text(sample, SAMPLE_BIN, arena_copy(scratch, str_make(bytes, size)));
}

/* An empty text is no number; one that begins with none is 0 (TRUTHS of HAProxy: "abc" is 0, "12abc" is
 * 12). */
static bool to_integer(struct sample *sample)
{
    switch (sample->type) {
    case SAMPLE_BOOL:
    case SAMPLE_SINT:
        sample->type = SAMPLE_SINT;
        return true;
    case SAMPLE_IPV4: {
        const uint8_t *ip = sample->u.ip;
        *sample = sample_int(
            (int64_t)((uint32_t)ip[0] << 24 | (uint32_t)ip[1] << 16 | (uint32_t)ip[2] << 8 | ip[3]));
        return true;
    }
    case SAMPLE_STR: {
        int64_t value;
        if (!sample->u.text.size)
            return false;
        units_read_int(sample->u.text, &value);
        *sample = sample_int(value);
        return true;
    }
    default:
        return false;
    }
}

static bool to_bool(struct sample *sample)
{
    if (sample->type == SAMPLE_IPV4 || !to_integer(sample))
        return false;
    *sample = sample_bool(sample->u.integer != 0);
    return true;
}

static bool to_addr(struct sample *sample)
{
    struct addr addr;
    switch (sample->type) {
    case SAMPLE_IPV4:
    case SAMPLE_IPV6:
        return true;
    case SAMPLE_SINT: {
        uint32_t value = (uint32_t)sample->u.integer;
        *sample = (struct sample){ .type = SAMPLE_IPV4 };
        for (unsigned i = 0; i < 4; i++)
            sample->u.ip[i] = (uint8_t)(value >> (24 - 8 * i));
        return true;
    }
    case SAMPLE_STR:
        return addr_parse_ip(sample->u.text, &addr) && sample_of_addr(&addr, sample);
    default:
        return false;
    }
}

static bool to_family(struct sample *sample, enum sample_type to)
{
    if (!to_addr(sample))
        return false;
    if (sample->type == to)
        return true;
    struct addr addr = sample_to_addr(sample);
    if (to == SAMPLE_IPV6)
        addr_to_v6(&addr);
    else if (!addr_to_v4(&addr))
        return false;
    return sample_of_addr(&addr, sample);
}

static bool to_method(struct sample *sample)
{
    if (sample->type != SAMPLE_STR)
        return sample->type == SAMPLE_METH;
    struct str name = sample->u.text;
    sample->type = SAMPLE_METH;
    sample->u.method.id = http_method_of(name);
    sample->u.method.name = name;
    return true;
}

bool sample_cast(struct sample *sample, enum sample_type to, struct arena *scratch)
{
    if (sample->type == to)
        return true;
    switch (to) {
    case SAMPLE_ANY:
        return true;
    case SAMPLE_BOOL:
        return to_bool(sample);
    case SAMPLE_SINT:
        return to_integer(sample);
    case SAMPLE_ADDR:
        return to_addr(sample);
    case SAMPLE_IPV4:
    case SAMPLE_IPV6:
        return to_family(sample, to);
    case SAMPLE_STR:
        return to_text(sample, scratch);
    case SAMPLE_BIN:
        return to_bin(sample, scratch);
    case SAMPLE_METH:
        return to_method(sample);
    default:
        return false;
    }
}

struct place_name {
    unsigned place;
    const char *name;
};

static const struct place_name place_names[] = {
    { AT_CONFIG, "the global section" },
    { AT_CLI, "the management socket" },
    { AT_CHECK, "health checks" },
    { AT_CONNECTION, "tcp-request connection rules" },
    { AT_SESSION, "tcp-request session rules" },
    { AT_REQUEST_CONTENT, "tcp-request content rules" },
    { AT_REQUEST_HEAD, "http-request rules" },
    { AT_SERVER_PICK, "the choice of a server" },
    { AT_RESPONSE_CONTENT, "tcp-response content rules" },
    { AT_RESPONSE_HEAD, "http-response rules" },
    { AT_LOG, "logs" },
};

struct str sample_places_text(unsigned places, struct arena *arena)
{
    struct str text = STR("nowhere");
    bool first = true;
    for (size_t i = 0; i < COUNT_OF(place_names); i++) {
        if (!(places & place_names[i].place))
            continue;
        text = first ? str_of(place_names[i].name)
                     : arena_printf(arena, "%.*s, %s", STR_ARG(text), place_names[i].name);
        first = false;
    }
    return text;
}
