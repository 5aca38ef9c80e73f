/* Digits are gathered with a ceiling, so that no text, however long, can wrap round. */
#include "base/units.h"

#define TIME_MAX    ((1ull << 31) - 1)
#define SIZE_32_MAX ((1ull << 32) - 1)

/* The leading digits; a value past `ceiling` stays there as ceiling + 1. Returns how many digits there were. */
static size_t read_digits(struct str text, uint64_t ceiling, uint64_t *out)
{
    size_t at = 0;
    uint64_t value = 0;
    for (; at < text.size && ascii_digit(text.data[at]); at++) {
        uint64_t digit = (uint64_t)(text.data[at] - '0');
        if (value > (ceiling - digit) / 10)
            value = ceiling + 1;
        else
            value = value * 10 + digit;
    }
    *out = value;
    return at;
}

size_t units_read_int(struct str text, int64_t *out)
{
    *out = 0;
    size_t sign = text.size && (text.data[0] == '-' || text.data[0] == '+');
    bool negative = sign && text.data[0] == '-';
    uint64_t ceiling = (uint64_t)INT64_MAX + negative, value;
    size_t digits = read_digits(str_from(text, sign), ceiling, &value);
    if (!digits)
        return 0;
    if (value > ceiling)
        value = ceiling;
    *out = (int64_t)(negative ? 0 - value : value);
    return sign + digits;
}

bool units_parse_int(struct str text, int64_t low, int64_t high, int64_t *out)
{
    size_t sign = text.size && (text.data[0] == '-' || text.data[0] == '+');
    bool negative = sign && text.data[0] == '-';
    uint64_t ceiling = (uint64_t)INT64_MAX + negative, value;
    size_t digits = read_digits(str_from(text, sign), ceiling, &value);
    if (!digits || sign + digits != text.size || value > ceiling)
        return false;
    int64_t result = (int64_t)(negative ? 0 - value : value);
    if (result < low || result > high)
        return false;
    *out = result;
    return true;
}

struct time_suffix {
    struct str text;
    uint64_t us;
};

static const struct time_suffix time_suffixes[] = {
    { STR_INIT("us"), 1 },
    { STR_INIT("ms"), 1000 },
    { STR_INIT("s"), 1000000 },
    { STR_INIT("m"), 60 * 1000000ull },
    { STR_INIT("h"), 3600 * 1000000ull },
    { STR_INIT("d"), 86400 * 1000000ull },
};

static uint64_t unit_us(enum units_time unit)
{
    return unit == UNITS_US ? 1 : unit == UNITS_MS ? 1000 : 1000000;
}

/* Microseconds in the suffix, 0 when it is none. *bad is then the byte that spoils it. */
static uint64_t read_time_suffix(struct str text, enum units_time unit, const char **bad)
{
    if (text.size == 0)
        return unit_us(unit);
    size_t read = 0;
    for (size_t i = 0; i < COUNT_OF(time_suffixes); i++) {
        if (str_eq(text, time_suffixes[i].text))
            return time_suffixes[i].us;
        if (str_starts(text, time_suffixes[i].text) && time_suffixes[i].text.size > read)
            read = time_suffixes[i].text.size;
    }
    *bad = text.data + read;
    return 0;
}

enum units_error units_parse_time(struct str text, enum units_time unit, uint64_t *out, const char **stop)
{
    uint64_t value;
    *stop = NULL;
    size_t digits = read_digits(text, UINT64_MAX / 2, &value);
    if (!digits) {
        *stop = text.data;
        return UNITS_BAD;
    }
    uint64_t us = read_time_suffix(str_from(text, digits), unit, stop);
    if (!us)
        return UNITS_BAD;
    uint64_t wanted = unit_us(unit);
    if (value > TIME_MAX * wanted / us)
        return UNITS_OVERFLOW;
    *out = (value * us + wanted - 1) / wanted;
    return UNITS_OK;
}

static unsigned size_shift(char suffix)
{
    switch (ascii_lower(suffix)) {
    case 'k':
        return 10;
    case 'm':
        return 20;
    case 'g':
        return 30;
    default:
        return 0;
    }
}

enum units_error units_parse_size(struct str text, uint64_t *out, const char **stop)
{
    uint64_t value;
    *stop = NULL;
    size_t at = read_digits(text, SIZE_32_MAX, &value);
    unsigned shift = at && at < text.size ? size_shift(text.data[at]) : 0;
    if (shift)
        at++;
    if (!at || at < text.size) {
        *stop = text.data ? text.data + at : NULL;
        return UNITS_BAD;
    }
    if (value > SIZE_32_MAX >> shift) {
        *stop = text.data + at - 1; /* the byte that HAProxy names: the suffix, or the last digit */
        return UNITS_OVERFLOW;
    }
    *out = value << shift;
    return UNITS_OK;
}
