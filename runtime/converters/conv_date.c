/* Dates as text: HTTP's form, and strftime's formats in the C locale (HAProxy manual 7.3.1). The local time
 * is UTC: no zone is taken from the world. */
#include "base/buf.h"
#include "converters/conv.h"
#include "converters/converters.h"
#include "http/http_date.h"

#define OUTPUT_MAX 16384u
#define WIDTH_MAX  1024u
#define DEPTH_MAX  3u /* formats that stand for formats */

/* ---- http_date ---- */

enum date_unit { UNIT_S, UNIT_MS, UNIT_US };

static enum date_unit unit_of(struct str name)
{
    return str_eq(name, STR("us")) ? UNIT_US : str_eq(name, STR("ms")) ? UNIT_MS : UNIT_S;
}

static bool check_unit(struct sample_args *args, const char **error)
{
    struct str name = conv_text_arg(args, 1);
    return args->count < 2 || unit_of(name) != UNIT_S || str_eq(name, STR("s")) ||
           conv_refuse(args, error, "expects 's', 'ms' or 'us', got '%s'", name.data);
}

static void floor_divide(int64_t value, int64_t by, int64_t *quotient, int64_t *rest)
{
    *quotient = value / by;
    *rest = value % by;
    if (*rest < 0) {
        *rest += by;
        --*quotient;
    }
}

/* The fraction is written without leading zeros, as HAProxy does. */
static bool conv_http_date(const struct sample_args *args, struct sample_context *context,
                           struct sample *sample)
{
    static const int64_t per_second[] = { 1, 1000, 1000000 };
    enum date_unit unit = unit_of(conv_text_arg(args, 1));
    int64_t value, seconds, fraction;
    char date[HTTP_DATE_SIZE];
    if (__builtin_add_overflow(sample->u.integer, conv_int_arg(args, 0), &value))
        return false;
    floor_divide(value, per_second[unit], &seconds, &fraction);
    if (!http_date_print(seconds, date))
        return false;
    if (unit == UNIT_S)
        return conv_give(sample, SAMPLE_STR, arena_copy(context->scratch, str_make(date, sizeof(date))));
    return conv_give(
        sample, SAMPLE_STR,
        arena_printf(context->scratch, "%.*s.%lld GMT", (int)sizeof(date) - 4, date, (long long)fraction));
}

/* ---- strftime ---- */

struct field { /* one conversion: flags and width as in glibc */
    char pad;  /* '_', '-', '0', or 0 for the conversion's own */
    bool upper, swap_case;
    unsigned width;
};

static const char *const weekdays[] = { "Sunday",   "Monday", "Tuesday", "Wednesday",
                                        "Thursday", "Friday", "Saturday" };
static const char *const months[] = { "January", "February", "March",     "April",   "May",      "June",
                                      "July",    "August",   "September", "October", "November", "December" };

static void put_number(struct buf *out, const struct field *field, int64_t value, unsigned width, char pad)
{
    char digits[24];
    size_t size = sizeof(digits);
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        digits[--size] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    pad = field->pad ? field->pad : pad;
    width = field->width ? field->width : width;
    unsigned used = (unsigned)(sizeof(digits) - size) + (value < 0);
    if (value < 0 && pad != '_')
        buf_add_char(out, '-');
    for (; used < width && pad != '-'; used++)
        buf_add_char(out, pad == '_' ? ' ' : '0');
    if (value < 0 && pad == '_')
        buf_add_char(out, '-');
    buf_add(out, str_make(digits + size, sizeof(digits) - size));
}

static void put_text(struct buf *out, const struct field *field, struct str text, bool lower_on_swap)
{
    for (size_t used = text.size; used < field->width; used++)
        buf_add_char(out, field->pad == '0' ? '0' : ' ');
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (field->upper || (field->swap_case && !lower_on_swap))
            c = ascii_upper(c);
        else if (field->swap_case)
            c = ascii_lower(c);
        buf_add_char(out, c);
    }
}

static void put_name(struct buf *out, const struct field *field, const char *name, bool whole)
{
    struct str text = str_of(name);
    put_text(out, field, whole ? text : str_slice(text, 0, 3), false);
}

/* ISO 8601: the week with the year's first Thursday is the first one. */
static void iso_week(const struct http_date *date, int64_t *year, int *week)
{
    int weekday = (date->weekday + 6) % 7;  /* Monday is 0 */
    int days = date->yearday - weekday + 3; /* of the Thursday in this week, within the year */
    *year = date->year;
    if (days < 0) {
        --*year;
        bool leap = (*year % 4 == 0 && *year % 100 != 0) || *year % 400 == 0;
        days += leap ? 366 : 365;
    } else {
        bool leap = (*year % 4 == 0 && *year % 100 != 0) || *year % 400 == 0;
        if (days >= (leap ? 366 : 365)) {
            days -= leap ? 366 : 365;
            ++*year;
        }
    }
    *week = days / 7 + 1;
}

static int64_t modulo(int64_t value, int64_t by)
{
    int64_t quotient, rest;
    floor_divide(value, by, &quotient, &rest);
    return rest;
}

static int64_t century(int64_t year)
{
    int64_t quotient, rest;
    floor_divide(year, 100, &quotient, &rest);
    return quotient;
}

/* What a conversion is short for. */
static const char *format_of(char conversion)
{
    switch (conversion) {
    case 'c':
        return "%a %b %e %H:%M:%S %Y";
    case 'D':
    case 'x':
        return "%m/%d/%y";
    case 'F':
        return "%Y-%m-%d";
    case 'r':
        return "%I:%M:%S %p";
    case 'R':
        return "%H:%M";
    case 'T':
    case 'X':
        return "%H:%M:%S";
    default:
        return NULL;
    }
}

static bool put_date_number(struct buf *out, const struct field *field, char conversion,
                            const struct http_date *date, int64_t seconds)
{
    int64_t iso_year;
    int week, hour12 = (date->hour + 11) % 12 + 1;
    iso_week(date, &iso_year, &week);
    switch (conversion) {
    case 'C':
        put_number(out, field, century(date->year), 2, '0');
        return true;
    case 'd':
        put_number(out, field, date->day, 2, '0');
        return true;
    case 'e':
        put_number(out, field, date->day, 2, '_');
        return true;
    case 'g':
        put_number(out, field, modulo(iso_year, 100), 2, '0');
        return true;
    case 'G':
        put_number(out, field, iso_year, 1, '0');
        return true;
    case 'H':
        put_number(out, field, date->hour, 2, '0');
        return true;
    case 'I':
        put_number(out, field, hour12, 2, '0');
        return true;
    case 'j':
        put_number(out, field, date->yearday + 1, 3, '0');
        return true;
    case 'k':
        put_number(out, field, date->hour, 2, '_');
        return true;
    case 'l':
        put_number(out, field, hour12, 2, '_');
        return true;
    case 'm':
        put_number(out, field, date->month, 2, '0');
        return true;
    case 'M':
        put_number(out, field, date->minute, 2, '0');
        return true;
    case 's':
        put_number(out, field, seconds, 1, '0');
        return true;
    case 'S':
        put_number(out, field, date->second, 2, '0');
        return true;
    case 'u':
        put_number(out, field, date->weekday ? date->weekday : 7, 1, '0');
        return true;
    case 'U':
        put_number(out, field, (date->yearday + 7 - date->weekday) / 7, 2, '0');
        return true;
    case 'V':
        put_number(out, field, week, 2, '0');
        return true;
    case 'w':
        put_number(out, field, date->weekday, 1, '0');
        return true;
    case 'W':
        put_number(out, field, (date->yearday + 7 - (date->weekday + 6) % 7) / 7, 2, '0');
        return true;
    case 'y':
        put_number(out, field, modulo(date->year, 100), 2, '0');
        return true;
    case 'Y':
        put_number(out, field, date->year, 1, '0');
        return true;
    default:
        return false;
    }
}

static bool put_date_text(struct buf *out, const struct field *field, char conversion,
                          const struct http_date *date)
{
    switch (conversion) {
    case 'a':
    case 'A':
        put_name(out, field, weekdays[date->weekday], conversion == 'A');
        return true;
    case 'b':
    case 'B':
    case 'h':
        put_name(out, field, months[date->month - 1], conversion == 'B');
        return true;
    case 'n':
        put_text(out, field, STR("\n"), false);
        return true;
    case 't':
        put_text(out, field, STR("\t"), false);
        return true;
    case 'p':
        put_text(out, field, date->hour < 12 ? STR("AM") : STR("PM"), true);
        return true;
    case 'P':
        put_text(out, field, date->hour < 12 ? STR("am") : STR("pm"), false);
        return true;
    case 'z':
        put_text(out, field, STR("+0000"), false);
        return true;
    case 'Z':
        put_text(out, field, STR("GMT"), true);
        return true;
    case '%':
        put_text(out, field, STR("%"), false);
        return true;
    default:
        return false;
    }
}

/* The flags and the width in front of a conversion; returns what stands behind. */
static size_t read_field(struct str format, size_t at, struct field *field)
{
    *field = (struct field){ 0 };
    for (; at < format.size && format.data[at] && strchr("_-0^#", format.data[at]); at++) {
        char c = format.data[at];
        if (c == '^')
            field->upper = true;
        else if (c == '#')
            field->swap_case = true;
        else
            field->pad = c;
    }
    for (; at < format.size && ascii_digit(format.data[at]); at++) {
        field->width = field->width * 10 + (unsigned)(format.data[at] - '0');
        if (field->width > WIDTH_MAX)
            field->width = WIDTH_MAX;
    }
    if (at + 1 < format.size && (format.data[at] == 'E' || format.data[at] == 'O') &&
        ascii_alpha(format.data[at + 1]))
        at++;
    return at;
}

static void put_format(struct buf *out, struct str format, const struct http_date *date, int64_t seconds,
                       unsigned depth)
{
    for (size_t at = 0; at < format.size; at++) {
        struct field field;
        if (format.data[at] != '%') {
            buf_add_char(out, format.data[at]);
            continue;
        }
        size_t from = at;
        at = read_field(format, at + 1, &field);
        char conversion = at < format.size ? format.data[at] : 0;
        const char *longer = format_of(conversion);
        if (longer && depth < DEPTH_MAX)
            put_format(out, str_of(longer), date, seconds, depth + 1);
        else if (!put_date_text(out, &field, conversion, date) &&
                 !put_date_number(out, &field, conversion, date, seconds)) {
            buf_add(out, str_slice(format, from, at < format.size ? at + 1 - from : format.size - from));
        }
    }
}

static bool print_date(const struct sample_args *args, struct sample_context *context, struct sample *sample,
                       int64_t unit)
{
    struct http_date date;
    struct buf out = BUF_INIT;
    int64_t seconds, fraction;
    floor_divide(sample->u.integer, unit, &seconds, &fraction);
    if (__builtin_add_overflow(seconds, conv_int_arg(args, 1), &seconds))
        return false;
    http_date_split(seconds, &date);
    out.limit = OUTPUT_MAX;
    put_format(&out, conv_text_arg(args, 0), &date, seconds, 0);
    struct str text = out.failed ? STR_NONE : arena_copy(context->scratch, buf_str(&out));
    buf_finish(&out);
    return conv_give(sample, SAMPLE_STR, text);
}

static bool conv_utime(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    return print_date(args, context, sample, 1);
}

static bool conv_ms_utime(const struct sample_args *args, struct sample_context *context,
                          struct sample *sample)
{
    return print_date(args, context, sample, 1000);
}

static bool conv_us_utime(const struct sample_args *args, struct sample_context *context,
                          struct sample *sample)
{
    return print_date(args, context, sample, 1000000);
}

const struct converter_row conv_date_rows[] = {
    { "http_date", conv_http_date, "int?,str?", SAMPLE_SINT, SAMPLE_STR, NULL, check_unit },
    { "ltime", conv_utime, "str,int?", SAMPLE_SINT, SAMPLE_STR, NULL, NULL },
    { "ms_ltime", conv_ms_utime, "str,int?", SAMPLE_SINT, SAMPLE_STR, NULL, NULL },
    { "ms_utime", conv_ms_utime, "str,int?", SAMPLE_SINT, SAMPLE_STR, NULL, NULL },
    { "us_ltime", conv_us_utime, "str,int?", SAMPLE_SINT, SAMPLE_STR, NULL, NULL },
    { "us_utime", conv_us_utime, "str,int?", SAMPLE_SINT, SAMPLE_STR, NULL, NULL },
    { "utime", conv_utime, "str,int?", SAMPLE_SINT, SAMPLE_STR, NULL, NULL },
    { 0 },
};
