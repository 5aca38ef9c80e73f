/* How the text of a pattern is read for a match method, and the text of a map's value. */
#include "base/mem.h"
#include "base/units.h"
#include "match/pattern_parts.h"

static struct str copy_of(struct str text)
{
    char *copy = mem_alloc(text.size + 1);
    if (!copy)
        return STR_NONE;
    str_to_c(text, copy, text.size + 1);
    return str_make(copy, text.size);
}

static bool read_folded(union pattern_reading *out, struct str key)
{
    out->text = copy_of(key);
    char *folded = (char *)(uintptr_t)out->text.data;
    if (!folded)
        return false;
    for (size_t i = 0; i < key.size; i++)
        folded[i] = ascii_lower(key.data[i]);
    return true;
}

static bool refuse(struct arena *arena, const char **error, const char *format, struct str text)
{
    *error = arena_printf(arena, format, STR_ARG(text)).data;
    return false;
}

static bool bound(struct str text, int64_t *out)
{
    return units_parse_int(text, INT64_MIN, INT64_MAX, out);
}

/* "5", "5:7", "5:", ":7", with '-' for ':' too; so a negative number can only stand behind a separator, and
 * "-5" is all up to 5, as in HAProxy. */
static bool read_range(union pattern_reading *out, struct str text, struct arena *arena, const char **error)
{
    static const char wrong[] = "'%.*s' is not a valid number range";
    int64_t *low = &out->range.low, *high = &out->range.high;
    size_t at = 0;
    while (at < text.size && text.data[at] != ':' && text.data[at] != '-')
        at++;
    *low = INT64_MIN;
    *high = INT64_MAX;
    if (!text.size)
        return refuse(arena, error, wrong, text);
    if (at == text.size) {
        if (!bound(text, low))
            return refuse(arena, error, "'%.*s' is not a number", text);
        *high = *low;
        return true;
    }
    struct str first = str_slice(text, 0, at), last = str_from(text, at + 1);
    if ((!first.size && !last.size) || (first.size && !bound(first, low)) ||
        (last.size && !bound(last, high)) || *low > *high)
        return refuse(arena, error, wrong, text);
    return true;
}

uint32_t pattern_read_ipv4(const uint8_t *ip)
{
    return (uint32_t)ip[0] << 24 | (uint32_t)ip[1] << 16 | (uint32_t)ip[2] << 8 | ip[3];
}

/* One to four numbers with dots between; what is missing is 0 when more stands behind it: HAProxy reads
 * "10.1" as 10.0.0.1 and "10.1/16" the same way. */
static bool read_short_v4(struct str text, uint8_t *ip)
{
    uint32_t parts[4];
    unsigned count = 0;
    for (struct str rest = text; rest.data && count < 4;) {
        struct str part = str_split(&rest, '.');
        int64_t value;
        if (!part.size || !ascii_digit(part.data[0]) || !units_parse_int(part, 0, UINT32_MAX, &value))
            return false;
        parts[count++] = (uint32_t)value;
        if (count == 4 && rest.data)
            return false;
    }
    uint64_t address = 0;
    for (unsigned i = 0; i + 1 < count; i++) {
        if (parts[i] > 255)
            return false;
        address |= (uint64_t)parts[i] << (24 - 8 * i);
    }
    if (!count || parts[count - 1] >= 1ull << (8 * (5 - count)))
        return false;
    address |= parts[count - 1];
    for (unsigned i = 0; i < 4; i++)
        ip[i] = (uint8_t)(address >> (24 - 8 * i));
    return true;
}

static bool read_v4_mask(struct pattern_net *net, struct str text)
{
    struct addr mask;
    int64_t bits;
    if (units_parse_int(text, 0, 32, &bits)) {
        net->bits = (uint8_t)bits;
        return true;
    }
    if (!addr_parse_ip(text, &mask) || mask.family != ADDR_IPV4)
        return false;
    uint32_t value = pattern_read_ipv4(mask.u.ip);
    unsigned ones = (unsigned)__builtin_popcount(value);
    net->bits = (uint8_t)ones;
    if (ones < 32 && value != ~(UINT32_MAX >> ones))
        net->odd_mask = value;
    return true;
}

static bool read_net(struct pattern_net *net, struct str text)
{
    size_t slash = str_find_last_char(text, '/');
    bool masked = slash != STR_NOT_FOUND;
    struct str ip = masked ? str_slice(text, 0, slash) : text,
               mask = masked ? str_from(text, slash + 1) : STR_NONE;
    struct addr addr;
    int64_t bits = 128;
    *net = (struct pattern_net){ 0 };
    if (addr_parse_ip(ip, &addr) && addr.family == ADDR_IPV6) {
        if (masked && !units_parse_int(mask, 0, 128, &bits))
            return false;
        memcpy(net->ip, addr.u.ip, 16);
        net->bits = (uint8_t)bits;
        net->size = 16;
        return true;
    }
    net->bits = 32;
    net->size = 4;
    return read_short_v4(ip, net->ip) && (!masked || read_v4_mask(net, mask));
}

static bool read_bytes(union pattern_reading *out, struct str key, struct arena *arena, const char **error)
{
    if (key.size % 2)
        return refuse(arena, error, "an even number of hex digit is expected in '%.*s'", key);
    for (size_t i = 0; i < key.size; i++) {
        if (ascii_hex(key.data[i]) < 0)
            return refuse(arena, error, "an hex digit is expected in '%.*s'", key);
    }
    out->text = copy_of(key);
    char *bytes = (char *)(uintptr_t)out->text.data;
    if (!bytes)
        return false;
    for (size_t i = 0; i < key.size; i += 2)
        bytes[i / 2] = (char)(ascii_hex(key.data[i]) * 16 + ascii_hex(key.data[i + 1]));
    out->text.size = key.size / 2;
    return true;
}

static bool is_regex(enum match_method method)
{
    return method == MATCH_REG || method == MATCH_REGM;
}

static bool is_text(enum match_method method)
{
    return method >= MATCH_STR && method != MATCH_COUNT && !is_regex(method);
}

bool pattern_read_is_kept(const struct pattern_options *options)
{
    enum match_method method = options->method;
    return method == MATCH_INT || method == MATCH_LEN || method == MATCH_BIN || is_regex(method) ||
           (is_text(method) && options->ignore_case);
}

bool pattern_read(const struct pattern_options *options, struct str key, union pattern_reading *out,
                  struct arena *arena, const char **error)
{
    switch (options->method) {
    case MATCH_INT:
    case MATCH_LEN:
        return read_range(out, key, arena, error);
    case MATCH_IP:
        return read_net(&out->net, key) ||
               refuse(arena, error, "'%.*s' is not a valid IPv4 or IPv6 address", key);
    case MATCH_BIN:
        return read_bytes(out, key, arena, error);
    case MATCH_REG:
    case MATCH_REGM:
        out->regex = regex_create(key, options->ignore_case, arena, error);
        return out->regex != NULL;
    default:
        return !is_text(options->method) || !options->ignore_case || read_folded(out, key);
    }
}

void pattern_read_free(const struct pattern_options *options, union pattern_reading *reading)
{
    if (is_regex(options->method))
        regex_destroy(reading->regex);
    else if (options->method == MATCH_BIN || is_text(options->method))
        mem_free((char *)(uintptr_t)reading->text.data);
    *reading = (union pattern_reading){ 0 };
}

bool pattern_read_value(const struct pattern_options *options, struct str text, struct sample *out)
{
    struct addr addr;
    switch (options->value_type) {
    case SAMPLE_SINT:
        *out = (struct sample){ .type = SAMPLE_SINT };
        return units_parse_int(text, INT64_MIN, INT64_MAX, &out->u.integer);
    case SAMPLE_ADDR:
        return addr_parse_ip(text, &addr) && sample_of_addr(&addr, out);
    default:
        *out = sample_text(text);
        return true;
    }
}
