/* Macro values are heap strings in a dictionary; expansion is one left-to-right pass. */
#include "sim/scenario_macro.h"
#include "base/mem.h"
#include "base/units.h"
#include <stdio.h>

void scenario_macro_init(struct scenario_macros *macros)
{
    *macros = (struct scenario_macros){ .values = DICT_INIT };
}

void scenario_macro_finish(struct scenario_macros *macros)
{
    for (struct dict_entry *e = dict_next(&macros->values, NULL); e; e = dict_next(&macros->values, e))
        mem_free(e->value);
    dict_finish(&macros->values);
}

void scenario_macro_set(struct scenario_macros *macros, struct str name, struct str value)
{
    char *copy = mem_need_copy(value);

    mem_free(dict_get(&macros->values, name));
    CHECK(dict_set(&macros->values, name, copy));
}

static struct str full_name(const char *who, const char *name, char *out, size_t size)
{
    int written = snprintf(out, size, "%s%s%s", who, *who ? "_" : "", name);

    return str_make(out, written < 0 ? 0 : (size_t)written < size ? (size_t)written : size - 1);
}

void scenario_macro_define(struct scenario_macros *macros, const char *who, const char *name,
                           const char *format, ...)
{
    struct buf value = BUF_INIT;
    char text[256];
    va_list values;

    va_start(values, format);
    buf_vprintf(&value, format, values);
    va_end(values);
    scenario_macro_set(macros, full_name(who, name, text, sizeof(text)), buf_str(&value));
    buf_finish(&value);
}

void scenario_macro_remove(struct scenario_macros *macros, const char *who, const char *name)
{
    char text[256];

    mem_free(dict_remove(&macros->values, full_name(who, name, text, sizeof(text))));
}

struct str scenario_macro_get(const struct scenario_macros *macros, struct str name)
{
    return str_of(dict_get(&macros->values, name));
}

/* The Gregorian day of a day number since 1970 (era arithmetic on 400-year cycles that begin in March). */
static void day_to_civil(int64_t day, int64_t *year, unsigned *month, unsigned *of_month)
{
    int64_t shifted = day + 719468;
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    unsigned of_era = (unsigned)(shifted - era * 146097);
    unsigned year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    unsigned of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned shifted_month = (5 * of_year + 2) / 153;

    *of_month = of_year - (153 * shifted_month + 2) / 5 + 1;
    *month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
    *year = (int64_t)year_of_era + era * 400 + (*month <= 2);
}

static void put_digits(char *out, unsigned value, unsigned count)
{
    while (count-- > 0) {
        out[count] = (char)('0' + value % 10);
        value /= 10;
    }
}

void scenario_macro_date(int64_t wall_ns, char *out)
{
    static const char days[] = "ThuFriSatSunMonTueWed";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    int64_t seconds = wall_ns / (int64_t)NS_PER_S - (wall_ns % (int64_t)NS_PER_S < 0);
    int64_t day = seconds / 86400 - (seconds % 86400 < 0);
    unsigned of_day = (unsigned)(seconds - day * 86400);
    unsigned week = (unsigned)(((day % 7) + 7) % 7);
    int64_t year;
    unsigned month, of_month;

    day_to_civil(day, &year, &month, &of_month);
    memcpy(out, "ddd, 00 mmm 0000 00:00:00 GMT", SCENARIO_DATE_SIZE);
    memcpy(out, days + 3 * week, 3);
    put_digits(out + 5, of_month, 2);
    memcpy(out + 8, months + 3 * (month - 1), 3);
    put_digits(out + 12, (unsigned)(year % 10000), 4);
    put_digits(out + 17, of_day / 3600, 2);
    put_digits(out + 20, of_day / 60 % 60, 2);
    put_digits(out + 23, of_day % 60, 2);
}

/* ${string,repeat,N,TEXT} */
static bool expand_string(struct str args, struct buf *out)
{
    struct str rest = args;
    struct str action = str_split(&rest, ',');
    struct str times_text = rest.data ? str_split(&rest, ',') : STR_NONE;
    int64_t times;

    if (!str_eq(action, STR("repeat")) || !rest.data || !units_parse_int(times_text, 0, 1 << 24, &times))
        return false;
    for (; times > 0; times--)
        buf_add(out, rest);
    return true;
}

static bool expand_one(const struct scenario_macros *macros, struct str name, struct buf *out)
{
    const char *value = dict_get(&macros->values, name);

    if (value) {
        buf_add_c(out, value);
        return true;
    }
    if (str_eq(name, STR("date"))) {
        char date[SCENARIO_DATE_SIZE];

        scenario_macro_date(macros->wall_ns ? macros->wall_ns(macros->wall_data) : 0, date);
        buf_add(out, str_make(date, sizeof(date)));
        return true;
    }
    if (str_starts(name, STR("string,")))
        return expand_string(str_from(name, 7), out);
    return false;
}

bool scenario_macro_expand(const struct scenario_macros *macros, struct str text, struct buf *out,
                           struct str *mistake)
{
    for (;;) {
        size_t begin = str_find(text, STR("${"));
        size_t end = begin == STR_NOT_FOUND ? STR_NOT_FOUND : str_find_char(str_from(text, begin), '}');
        struct str name;

        if (end == STR_NOT_FOUND) {
            buf_add(out, text);
            return true;
        }
        name = str_slice(text, begin + 2, end - 2);
        buf_add(out, str_slice(text, 0, begin));
        if (!expand_one(macros, name, out)) {
            if (!macros->ignore_unknown) {
                *mistake = name;
                return false;
            }
            buf_add(out, str_slice(text, begin, end + 1));
        }
        text = str_from(text, begin + end + 1);
    }
}
