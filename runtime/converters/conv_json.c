/* JSON: text as the inside of a JSON string, and values by path (HAProxy manual 7.3.1). */
#include "base/buf.h"
#include "converters/conv.h"
#include "converters/converters.h"
#include "converters/json_path.h"
#include <stdio.h>
#include <stdlib.h>

/* ---- json ---- */

enum input_code { CODE_ASCII, CODE_UTF8, CODE_UTF8S, CODE_UTF8P, CODE_UTF8PS, CODE_COUNT };

static const char *const code_names[CODE_COUNT] = { "ascii", "utf8", "utf8s", "utf8p", "utf8ps" };

static bool check_json(struct sample_args *args, const char **error)
{
    struct sample_arg *arg = &args->list[0];
    arg->integer = CODE_ASCII;
    if (!arg->text.size)
        return true;
    for (unsigned i = 0; i < CODE_COUNT; i++) {
        if (!str_eq(arg->text, str_of(code_names[i])))
            continue;
        arg->integer = i;
        return true;
    }
    return conv_refuse(
        args, error,
        "Unexpected input code type. Allowed value are 'ascii', 'utf8', 'utf8s', 'utf8p' and 'utf8ps'");
}

enum utf8_fault { UTF8_GOOD, UTF8_OVERLONG, UTF8_BAD };

static const uint32_t smallest_of_size[] = { 0, 0, 0x80, 0x800, 0x10000, 0x200000, 0x4000000 };

/* One character: up to six bytes, as long as they go on. A byte that does not is left for the next one.
 * Characters that \uXXXX cannot say are faults too. */
static enum utf8_fault next_utf8(struct str text, size_t *at, uint32_t *code)
{
    uint8_t first = (uint8_t)text.data[(*at)++];
    unsigned size = 0;
    *code = first;
    if (first < 0x80)
        return UTF8_GOOD;
    while (size < 8 && first & (0x80u >> size))
        size++;
    if (size < 2 || size > 6)
        return UTF8_BAD;
    *code = first & (0x7fu >> size);
    for (unsigned i = 1; i < size; i++, ++*at) {
        if (*at == text.size || ((uint8_t)text.data[*at] & 0xc0) != 0x80)
            return UTF8_BAD;
        *code = *code << 6 | ((uint8_t)text.data[*at] & 0x3f);
    }
    if ((*code >= 0xd800 && *code <= 0xdfff) || *code >= 0xfffe)
        return UTF8_BAD;
    return *code < smallest_of_size[size] ? UTF8_OVERLONG : UTF8_GOOD;
}

static void put_escaped(struct buf *out, uint32_t code)
{
    static const char plain[] = "\"\\/\b\f\n\r\t", names[] = "\"\\/bfnrt";
    const char *found = code && code < 0x80 ? strchr(plain, (char)code) : NULL;
    if (found) {
        buf_add_char(out, '\\');
        buf_add_char(out, names[found - plain]);
    } else if (code >= 0x20 && code < 0x7f) {
        buf_add_char(out, (char)code);
    } else {
        buf_printf(out, "\\u%04x", code);
    }
}

static bool conv_json(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    enum input_code input = (enum input_code)args->list[0].integer;
    bool silent = input == CODE_UTF8S || input == CODE_UTF8PS,
         lenient = input == CODE_UTF8P || input == CODE_UTF8PS;
    struct str text = sample->u.text;
    struct buf out = BUF_INIT;
    bool well = true;
    for (size_t at = 0; at < text.size && well;) {
        uint32_t code = (uint8_t)text.data[at];
        enum utf8_fault fault = UTF8_GOOD;
        if (input == CODE_ASCII)
            at++;
        else
            fault = next_utf8(text, &at, &code);
        if (fault == UTF8_GOOD || (fault == UTF8_OVERLONG && lenient))
            put_escaped(&out, code);
        else
            well = silent;
    }
    struct str result = well && !out.failed ? arena_copy(context->scratch, buf_str(&out)) : STR_NONE;
    buf_finish(&out);
    return conv_give(sample, SAMPLE_STR, result);
}

/* ---- json_query ---- */

static bool check_query(struct sample_args *args, const char **error)
{
    struct str path = conv_text_arg(args, 0), type = conv_text_arg(args, 1);
    if (!path.size)
        return conv_refuse(args, error, "json_path must not be empty");
    return args->count < 2 || str_eq(type, STR("int")) ||
           conv_refuse(args, error, "output_type only supports \"int\" as argument");
}

#define SAFE_INTEGER 9007199254740991ll /* 2^53 - 1: what every JSON reader keeps exactly */
#define NUMBER_MAX   400u               /* longer numbers are none */

static bool give_number(struct sample_context *context, struct sample *sample, struct str text, bool as_int)
{
    char copy[NUMBER_MAX + 1];
    if (text.size > NUMBER_MAX)
        return false;
    str_to_c(text, copy, sizeof(copy));
    if (!as_int)
        return conv_give(sample, SAMPLE_STR, arena_printf(context->scratch, "%g", strtod(copy, NULL)));
    long long value = strtoll(copy, NULL, 10); /* saturates, so what is too large stays too large */
    *sample = sample_int(value);
    return value >= -SAFE_INTEGER && value <= SAFE_INTEGER;
}

bool conv_json_give(struct sample_context *context, struct sample *sample, struct json_value value,
                    bool as_int)
{
    switch (value.kind) {
    case JSON_STRING: {
        char *out = arena_alloc(context->scratch, value.text.size + 1);
        size_t size = out ? json_path_unescape(value.text, out) : STR_NOT_FOUND;
        return size != STR_NOT_FOUND && conv_give(sample, SAMPLE_STR, str_make(out, size));
    }
    case JSON_NUMBER:
        return give_number(context, sample, value.text, as_int);
    case JSON_TRUE:
    case JSON_FALSE:
        *sample = sample_bool(value.kind == JSON_TRUE);
        return true;
    default:
        return false;
    }
}

static bool conv_json_query(const struct sample_args *args, struct sample_context *context,
                            struct sample *sample)
{
    struct json_value value = json_path_find(sample->u.text, conv_text_arg(args, 0));
    return conv_json_give(context, sample, value, args->count > 1);
}

const struct converter_row conv_json_rows[] = {
    { "json", conv_json, "str", SAMPLE_STR, SAMPLE_STR, NULL, check_json },
    { "json_query", conv_json_query, "str,str?", SAMPLE_STR, SAMPLE_ANY, NULL, check_query },
    { 0 },
};
