/* Values behind keywords, and where they go. */
#include "config/cfg_set.h"
#include "base/diag.h"
#include "base/units.h"
#include <inttypes.h>
#include <stdio.h>

#define NAME_SIZE     96
#define TIME_MAX_TEXT "(maximum value is 2147483647 ms or ~24.8 days)"

PRINTF_LIKE(2, 3) static bool wrong(char error[CFG_MESSAGE_MAX], const char *format, ...)
{
    va_list values;
    va_start(values, format);
    vsnprintf(error, CFG_MESSAGE_MAX, format, values);
    va_end(values);
    return false;
}

static void limits(const struct cfg_value *value, int64_t *low, int64_t *high)
{
    bool any = value->low == 0 && value->high == 0;
    bool narrow = value->set == CFG_INT;
    *low = any ? (narrow ? INT32_MIN : INT64_MIN) : value->low;
    *high = any ? (narrow ? INT32_MAX : INT64_MAX) : value->high;
}

static bool parse_int(const struct cfg_value *value, const char *name, const char *text, int64_t *out,
                      char error[CFG_MESSAGE_MAX])
{
    int64_t low, high, ignored;
    limits(value, &low, &high);
    if (units_parse_int(str_of(text), low, high, out))
        return true;
    if (!text[0])
        return wrong(error, "'%s' expects an integer argument.", name);
    if (!units_parse_int(str_of(text), INT64_MIN, INT64_MAX, &ignored))
        return wrong(error, "'%s' expects an integer argument (got '%s').", name, text);
    if (value->low == 0 && high == INT64_MAX)
        return wrong(error, "'%s' expects a positive value (got '%s').", name, text);
    return wrong(error, "'%s' expects a value between %" PRId64 " and %" PRId64 " (got '%s').", name, low,
                 high, text);
}

static bool within(const struct cfg_value *value, const char *name, const char *text, uint64_t number,
                   const char *unit, char error[CFG_MESSAGE_MAX])
{
    if (value->low == 0 && value->high == 0)
        return true;
    CHECK(value->low >= 0 && value->high >= value->low);
    if (number >= (uint64_t)value->low && number <= (uint64_t)value->high)
        return true;
    return wrong(error, "'%s' expects a value between %" PRId64 " and %" PRId64 " %s (got '%s').", name,
                 value->low, value->high, unit, text);
}

static bool parse_time(const struct cfg_value *value, const char *name, const char *text, uint64_t *out,
                       char error[CFG_MESSAGE_MAX])
{
    const char *stop = NULL;
    if (!text[0])
        return wrong(error, "'%s' expects an integer value (in milliseconds)", name);
    switch (units_parse_time(str_of(text), UNITS_MS, out, &stop)) {
    case UNITS_OK:
        break;
    case UNITS_UNDERFLOW: /* less than a millisecond is one */
        *out = 1;
        break;
    case UNITS_OVERFLOW:
        return wrong(error, "timer overflow in argument '%s' to '%s' " TIME_MAX_TEXT, text, name);
    case UNITS_BAD:
        return wrong(error, "unexpected character '%c' in '%s'", stop && *stop ? *stop : text[0], name);
    }
    return within(value, name, text, *out, "ms", error);
}

static bool parse_size(const struct cfg_value *value, const char *name, const char *text, uint64_t *out,
                       char error[CFG_MESSAGE_MAX])
{
    const char *stop = NULL;
    if (!text[0])
        return wrong(error, "'%s' expects a size argument.", name);
    if (units_parse_size(str_of(text), out, &stop) != UNITS_OK)
        return wrong(error, "'%s': '%s' is an invalid size", name, text);
    return within(value, name, text, *out, "bytes", error);
}

static size_t list_names(char *out, size_t size, const struct cfg_name *names)
{
    size_t used = 0;
    for (const struct cfg_name *at = names; at->word && used < size; at++)
        used += (size_t)snprintf(out + used, size - used, "%s'%s'",
                                 at == names  ? ""
                                 : at[1].word ? ", "
                                              : " or ",
                                 at->word);
    return used;
}

static bool parse_name(const struct cfg_value *value, const char *name, const char *text, int *out,
                       char error[CFG_MESSAGE_MAX])
{
    const char *nearest = NULL;
    unsigned smallest = 1000;
    for (const struct cfg_name *at = value->names; at->word; at++) {
        if (strcmp(at->word, text) == 0) {
            *out = at->value;
            return true;
        }
        unsigned distance = diag_distance(str_of(text), str_of(at->word));
        if (distance < smallest) {
            smallest = distance;
            nearest = at->word;
        }
    }
    char names[CFG_MESSAGE_MAX / 2];
    list_names(names, sizeof(names), value->names);
    if (nearest && text[0])
        return wrong(error, "'%s' expects %s but got '%s'; did you mean '%s' maybe ?", name, names, text,
                     nearest);
    return wrong(error, "'%s' expects %s but got '%s'.", name, names, text);
}

bool cfg_set_store(const struct cfg_value *value, const char *name, const char *text, struct arena *arena,
                   void *base, char error[CFG_MESSAGE_MAX])
{
    void *place = (char *)base + value->offset;
    int64_t integer;
    switch (value->set) {
    case CFG_INT:
        if (!parse_int(value, name, text, &integer, error))
            return false;
        *(int *)place = (int)integer;
        return true;
    case CFG_INT64:
        return parse_int(value, name, text, place, error);
    case CFG_SIZE:
        return parse_size(value, name, text, place, error);
    case CFG_TIME_MS:
        return parse_time(value, name, text, place, error);
    case CFG_ENUM:
        return parse_name(value, name, text, place, error);
    case CFG_TEXT: {
        struct str copy = arena_copy(arena, str_of(text));
        if (!copy.data)
            return wrong(error, "'%s' : out of memory.", name);
        *(const char **)place = copy.data;
        return true;
    }
    case CFG_CALL:
    case CFG_FLAG:
    case CFG_IGNORED:
    case CFG_REFUSED:
        break;
    }
    CHECK(value->set == CFG_TEXT); /* rows that store nothing do not come here */
    return false;
}

static bool set_flag(const struct keyword_row *row, struct cfg_line *line, void *base)
{
    if (!cfg_arg_limits(line, 0, 0))
        return false;
    *(bool *)(void *)((char *)base + row->offset) = line->to_default ? row->low != 0 : !line->negated;
    return true;
}

static bool set_stored(const struct keyword_row *row, struct cfg_line *line, void *base)
{
    struct cfg_value value = { row->set, row->offset, row->low, row->high, row->names };
    char error[CFG_MESSAGE_MAX];
    if (cfg_arg_count(line) > 1 && row->set == CFG_TIME_MS)
        return cfg_error(line, "'%s' : unexpected extra argument '%s' after value '%s'.", row->words,
                         cfg_arg(line, 1), cfg_arg(line, 0));
    if (row->set == CFG_TEXT && !cfg_arg_count(line))
        return cfg_error(line, "'%s' expects an argument.", row->words);
    if (!cfg_arg_limits(line, 0, 1))
        return false;
    /* The old value stays when the new one cannot be read. */
    union {
        int integer;
        int64_t wide;
        uint64_t size;
        const char *text;
    } scratch;
    struct cfg_value checked = value;
    checked.offset = 0;
    if (!cfg_set_store(&checked, row->words, cfg_arg(line, 0), line->reader->arena, &scratch, error))
        return cfg_error(line, "%s", error);
    size_t width = row->set == CFG_INT || row->set == CFG_ENUM ? sizeof(int) : sizeof(int64_t);
    memcpy((char *)base + row->offset, &scratch, width);
    return true;
}

static bool refuse(const struct keyword_row *row, struct cfg_line *line)
{
    if (row->note)
        return cfg_error(line, "'%s' is not supported: %s.", row->words, row->note);
    return cfg_error(line, "'%s' is not supported.", row->words);
}

static bool ignore(const struct keyword_row *row, struct cfg_line *line)
{
    if (row->high >= 0 && !cfg_arg_limits(line, (unsigned)row->low, (unsigned)row->high))
        return false;
    cfg_notice(line, "'%s' has no effect%s%s.", row->words, row->note ? ": " : "",
               row->note ? row->note : "");
    return true;
}

bool cfg_set_value(const struct keyword_row *row, struct cfg_line *line, void *base)
{
    switch (row->set) {
    case CFG_CALL:
        CHECK(row->call);
        return row->call(line);
    case CFG_FLAG:
        return set_flag(row, line, base);
    case CFG_IGNORED:
        return ignore(row, line);
    case CFG_REFUSED:
        return refuse(row, line);
    case CFG_INT:
    case CFG_INT64:
    case CFG_SIZE:
    case CFG_TIME_MS:
    case CFG_TEXT:
    case CFG_ENUM:
        break;
    }
    return set_stored(row, line, base);
}

static bool store_arg(const struct cfg_line *line, unsigned i, const struct cfg_value *value, void *out)
{
    char name[NAME_SIZE], error[CFG_MESSAGE_MAX];
    cfg_keyword_name(line, name, sizeof(name));
    if (cfg_set_store(value, name, cfg_arg(line, i), line->reader->arena, out, error))
        return true;
    return cfg_error(line, "%s", error);
}

bool cfg_arg_int(const struct cfg_line *line, unsigned i, int64_t low, int64_t high, int64_t *out)
{
    struct cfg_value value = { .set = CFG_INT64, .low = low, .high = high };
    return store_arg(line, i, &value, out);
}

bool cfg_arg_time_ms(const struct cfg_line *line, unsigned i, uint64_t *out)
{
    struct cfg_value value = { .set = CFG_TIME_MS };
    return store_arg(line, i, &value, out);
}

bool cfg_arg_size(const struct cfg_line *line, unsigned i, uint64_t *out)
{
    struct cfg_value value = { .set = CFG_SIZE };
    return store_arg(line, i, &value, out);
}
