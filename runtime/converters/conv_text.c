/* Text: parts, case, joining, comparing (HAProxy manual 7.3.1). */
#include "base/buf.h"
#include "base/units.h"
#include "converters/conv.h"
#include "converters/converters.h"

static char *room(struct sample_context *context, size_t size)
{
    return arena_alloc(context->scratch, size + 1);
}

static bool map_chars(struct sample_context *context, struct sample *sample, char (*map)(char c))
{
    struct str text = sample->u.text;
    char *out = room(context, text.size);
    if (!out)
        return false;
    for (size_t i = 0; i < text.size; i++)
        out[i] = map(text.data[i]);
    return conv_give(sample, SAMPLE_STR, str_make(out, text.size));
}

static bool conv_lower(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    (void)args;
    return map_chars(context, sample, ascii_lower);
}

static bool conv_upper(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    (void)args;
    return map_chars(context, sample, ascii_upper);
}

static bool conv_length(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    (void)args;
    (void)context;
    *sample = sample_int((int64_t)sample->u.text.size);
    return true;
}

/* ---- bytes ---- */

/* Arguments of bytes: an offset that is not negative and a length of 1 or more, or names of variables. */
static bool check_number_or_var(struct sample_args *args, unsigned i, int64_t low, const char **error)
{
    struct sample_arg *arg = &args->list[i];
    const char *reason = NULL;
    arg->kind = ARG_INT;
    if (units_parse_int(arg->text, low, INT64_MAX, &arg->integer))
        return true;
    arg->kind = ARG_VAR;
    return var_name_parse(arg->text, &arg->var, &reason) ||
           conv_refuse(args, error, "'%s' is neither a positive number nor a variable's name",
                       arg->text.data);
}

static bool check_bytes(struct sample_args *args, const char **error)
{
    return check_number_or_var(args, 0, 0, error) &&
           (args->count < 2 || check_number_or_var(args, 1, 1, error));
}

static bool number_of(const struct sample_arg *arg, const struct sample_context *context, int64_t *out)
{
    struct sample value;
    *out = arg->integer;
    if (arg->kind != ARG_VAR)
        return true;
    if (!conv_var(context, &arg->var, &value) || !sample_cast(&value, SAMPLE_SINT, context->scratch))
        return false;
    *out = value.u.integer;
    return *out >= 0;
}

/* Past the end there is nothing, which is a value too. */
static bool conv_bytes(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    int64_t offset, length = INT64_MAX;
    if (!number_of(&args->list[0], context, &offset) ||
        (args->count > 1 && !number_of(&args->list[1], context, &length)))
        return false;
    sample->u.text = str_slice(sample->u.text, (size_t)offset, (size_t)length);
    return true;
}

/* ---- fields and words ---- */

static bool in_set(struct str set, char c)
{
    return str_find_char(set, c) != STR_NOT_FOUND;
}

static bool check_parts(struct sample_args *args, const char **error)
{
    if (!args->list[0].integer)
        return conv_refuse(args, error, "Unexpected value 0 for index");
    return args->list[1].text.size || conv_refuse(args, error, "Empty separators list");
}

/* The end of the `count` fields that begin at `from`; 0: all. */
static size_t end_of_fields(struct str text, struct str set, size_t from, int64_t count)
{
    size_t at = from;
    while (at < text.size && (!in_set(set, text.data[at]) || --count != 0))
        at++;
    return at;
}

static size_t begin_of_fields(struct str text, struct str set, size_t end, int64_t count)
{
    size_t at = end;
    while (at > 0 && (!in_set(set, text.data[at - 1]) || --count != 0))
        at--;
    return at;
}

static int64_t count_of(const struct sample_args *args)
{
    int64_t count = args->count > 2 ? conv_int_arg(args, 2) : 1;
    return count < 0 ? 0 : count;
}

/* Each delimiter ends a field; a field past the last one is no value. */
static bool conv_field(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    int64_t index = conv_int_arg(args, 0);
    struct str text = sample->u.text, set = conv_text_arg(args, 1);
    size_t from = 0, end = text.size;
    (void)context;
    for (int64_t i = 1; i < index; i++) {
        from = end_of_fields(text, set, from, 1) + 1;
        if (from > text.size)
            return false;
    }
    for (int64_t i = -1; i > index; i--) {
        end = begin_of_fields(text, set, end, 1);
        if (!end)
            return false;
        end--;
    }
    if (index > 0)
        end = end_of_fields(text, set, from, count_of(args));
    else
        from = begin_of_fields(text, set, end, count_of(args));
    sample->u.text = str_slice(text, from, end - from);
    return true;
}

static size_t skip_set(struct str text, struct str set, size_t at, bool inside)
{
    while (at < text.size && in_set(set, text.data[at]) == inside)
        at++;
    return at;
}

static size_t skip_set_back(struct str text, struct str set, size_t at, bool inside)
{
    while (at > 0 && in_set(set, text.data[at - 1]) == inside)
        at--;
    return at;
}

static struct str words_forward(struct str text, struct str set, int64_t index, int64_t count)
{
    size_t from = skip_set(text, set, 0, true), end = text.size;
    for (int64_t i = 1; i < index && from < text.size; i++)
        from = skip_set(text, set, skip_set(text, set, from, false), true);
    if (count)
        end = from;
    for (int64_t i = 0; i < count && end < text.size; i++)
        end = skip_set(text, set, i ? skip_set(text, set, end, true) : end, false);
    return str_slice(text, from, end - from);
}

static struct str words_backward(struct str text, struct str set, int64_t index, int64_t count)
{
    size_t end = skip_set_back(text, set, text.size, true), from = 0;
    for (int64_t i = -1; i > index && end > 0; i--)
        end = skip_set_back(text, set, skip_set_back(text, set, end, false), true);
    if (count)
        from = end;
    for (int64_t i = 0; i < count && from > 0; i++)
        from = skip_set_back(text, set, i ? skip_set_back(text, set, from, true) : from, false);
    return str_slice(text, from, end - from);
}

/* Delimiters in a row are one; a word past the last one is no value. When fewer words follow than
 * were asked for, all that follows is taken, delimiters at the end included. */
static bool conv_word(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    int64_t index = conv_int_arg(args, 0);
    struct str text = sample->u.text, set = conv_text_arg(args, 1);
    (void)context;
    sample->u.text = index > 0 ? words_forward(text, set, index, count_of(args))
                               : words_backward(text, set, index, count_of(args));
    return sample->u.text.size > 0;
}

static bool conv_cut_crlf(const struct sample_args *args, struct sample_context *context,
                          struct sample *sample)
{
    size_t size = 0;
    struct str text = sample->u.text;
    (void)args;
    (void)context;
    while (size < text.size && text.data[size] != '\r' && text.data[size] != '\n')
        size++;
    sample->u.text.size = size;
    return true;
}

static bool conv_ltrim(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    (void)context;
    sample->u.text = str_from(sample->u.text, skip_set(sample->u.text, conv_text_arg(args, 0), 0, true));
    return true;
}

static bool conv_rtrim(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    (void)context;
    sample->u.text.size = skip_set_back(sample->u.text, conv_text_arg(args, 0), sample->u.text.size, true);
    return true;
}

/* ---- joining ---- */

static bool join(struct sample_context *context, struct sample *sample, struct str first, struct str second,
                 struct str third)
{
    struct str text = sample->u.text;
    size_t size = text.size + first.size + second.size + third.size;
    char *out = room(context, size), *at = out;
    if (!out)
        return false;
    const struct str parts[] = { text, first, second, third };
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        if (parts[i].size)
            memcpy(at, parts[i].data, parts[i].size);
        at += parts[i].size;
    }
    return conv_give(sample, SAMPLE_STR, str_make(out, size));
}

/* Empty when the argument names no variable, or one that is not set or has no text. */
static struct str var_text(const struct sample_args *args, unsigned i, struct sample_context *context)
{
    struct sample value;
    if (i >= args->count || args->list[i].kind != ARG_VAR || !conv_var(context, &args->list[i].var, &value) ||
        !sample_cast(&value, SAMPLE_STR, context->scratch))
        return STR_NONE;
    return value.u.text;
}

static bool check_second_var(struct sample_args *args, const char **error)
{
    return args->count < 2 || conv_arg_var_if_any(args, 1, error);
}

static bool conv_concat(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    return join(context, sample, conv_text_arg(args, 0), var_text(args, 1, context), conv_text_arg(args, 2));
}

/* The delimiter only where it separates two things. */
static bool conv_add_item(const struct sample_args *args, struct sample_context *context,
                          struct sample *sample)
{
    struct str delimiter = conv_text_arg(args, 0), item = var_text(args, 1, context),
               suffix = conv_text_arg(args, 2);
    if (!sample->u.text.size || (!item.size && !suffix.size))
        delimiter = STR_NONE;
    return join(context, sample, delimiter, item, suffix);
}

/* ---- comparing ---- */

static bool check_first_var(struct sample_args *args, const char **error)
{
    return conv_arg_var_if_any(args, 0, error);
}

/* The difference of the first bytes that differ; of lengths only the sign. */
static bool conv_strcmp(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    struct sample value;
    struct str a = sample->u.text;
    if (args->list[0].kind != ARG_VAR || !conv_var(context, &args->list[0].var, &value) ||
        !sample_cast(&value, SAMPLE_STR, context->scratch))
        return false;
    struct str b = value.u.text;
    int64_t result = (a.size > b.size) - (a.size < b.size);
    for (size_t i = 0; i < a.size && i < b.size; i++) {
        if (a.data[i] == b.data[i])
            continue;
        result = (uint8_t)a.data[i] - (uint8_t)b.data[i];
        break;
    }
    *sample = sample_int(result);
    return true;
}

static bool conv_iif(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    (void)context;
    *sample = sample_text(conv_text_arg(args, sample->u.integer ? 0 : 1));
    return true;
}

static bool conv_reverse(const struct sample_args *args, struct sample_context *context,
                         struct sample *sample)
{
    struct str text = sample->u.text;
    char *out = room(context, text.size);
    (void)args;
    if (!out || !text.size)
        return false;
    for (size_t i = 0; i < text.size; i++)
        out[i] = text.data[text.size - 1 - i];
    return conv_give(sample, SAMPLE_STR, str_make(out, text.size));
}

/* The labels of a name in the other order, so that names of one domain begin alike; a dot at the end does not count, an
 * empty label is no name. */
static bool conv_reverse_dom(const struct sample_args *args, struct sample_context *context,
                             struct sample *sample)
{
    struct str text = sample->u.text;
    (void)args;
    if (str_ends(text, STR(".")))
        text.size--;
    char *out = room(context, text.size);
    if (!out || !text.size)
        return false;
    size_t at = text.size;
    for (struct str rest = text; rest.data;) {
        struct str label = str_split(&rest, '.');
        if (!label.size)
            return false;
        at -= label.size;
        memcpy(out + at, label.data, label.size);
        if (at)
            out[--at] = '.';
    }
    return conv_give(sample, SAMPLE_STR, str_make(out, text.size));
}

/* ---- control characters ---- */

#define ALL_CONTROLS  0xffffffffull
#define DELETE        (1ull << 32) /* 0x7f */
#define MASK_MAX      (ALL_CONTROLS | DELETE)
#define HTTP_CONTROLS ((1ull << 0) | (1ull << 10) | (1ull << 13))

static bool check_controls(struct sample_args *args, const char **error)
{
    struct sample_arg *arg = &args->list[0];
    struct str text = args->count ? arg->text : STR("");
    uint64_t mask = 0;
    if (!text.size || str_eq(text, STR("any")))
        mask = (ALL_CONTROLS | DELETE) & ~(text.size ? 0 : 1ull << 9);
    else if (str_eq(text, STR("http")))
        mask = HTTP_CONTROLS;
    bool hex = str_starts_nocase(text, STR("0x"));
    for (size_t i = hex ? 2 : 0; !mask && i < text.size; i++) {
        int digit = ascii_hex(text.data[i]);
        if (digit < 0 || (!hex && digit > 9) || (uint64_t)arg->integer > MASK_MAX / 16)
            return conv_refuse(args, error, "'any', 'http' or a mask of 32 bits is expected, not '%s'",
                               text.data);
        arg->integer = arg->integer * (hex ? 16 : 10) + digit;
    }
    if (mask)
        arg->integer = (int64_t)mask;
    return true;
}

/* Whether a character of a set is in the value: without argument all below 0x20 but the tab, and 0x7f. */
static bool conv_has_ctl(const struct sample_args *args, struct sample_context *context,
                         struct sample *sample)
{
    uint64_t mask = (uint64_t)args->list[0].integer;
    struct str text = sample->u.text;
    bool found = false;
    (void)context;
    for (size_t i = 0; i < text.size && !found; i++) {
        unsigned char c = (unsigned char)text.data[i];
        found = c < 32 ? mask >> c & 1 : c == 0x7f && (mask & DELETE);
    }
    *sample = sample_bool(found);
    return true;
}

/* The value of a parameter in "a=1&b=2". */
static bool conv_param(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    struct str name = conv_text_arg(args, 0), rest = sample->u.text;
    char separator = args->count > 1 && args->list[1].integer ? (char)args->list[1].integer : '&';
    (void)context;
    while (rest.data) {
        struct str value = str_split(&rest, separator), key = str_split(&value, '=');
        if (!str_eq(key, name))
            continue;
        sample->u.text = value.data ? value : str_from(key, key.size);
        return true;
    }
    return false;
}

/* One character, or its number as 0x26. */
static bool check_param(struct sample_args *args, const char **error)
{
    struct str text = args->count > 1 ? args->list[1].text : STR("");
    if (text.size <= 1) {
        args->list[1].integer = text.size ? text.data[0] : 0;
        return true;
    }
    if (text.size != 4 || !str_starts_nocase(text, STR("0x")) || ascii_hex(text.data[2]) < 0 ||
        ascii_hex(text.data[3]) < 0)
        return conv_refuse(args, error, "a delimiter is one character, not '%s'", text.data);
    args->list[1].integer = ascii_hex(text.data[2]) * 16 + ascii_hex(text.data[3]);
    return true;
}

const struct converter_row conv_text_rows[] = {
    { "add_item", conv_add_item, "str,str,str?", SAMPLE_STR, SAMPLE_STR, NULL, check_second_var },
    { "bytes", conv_bytes, "str,str?", SAMPLE_BIN, SAMPLE_BIN, NULL, check_bytes },
    { "concat", conv_concat, "str,str?,str?", SAMPLE_STR, SAMPLE_STR, NULL, check_second_var },
    { "cut_crlf", conv_cut_crlf, "", SAMPLE_STR, SAMPLE_STR, NULL, NULL },
    { "field", conv_field, "int,str,int?", SAMPLE_STR, SAMPLE_STR, NULL, check_parts },
    { "has_ctl", conv_has_ctl, "str?", SAMPLE_BIN, SAMPLE_BOOL, NULL, check_controls },
    { "iif", conv_iif, "str,str", SAMPLE_BOOL, SAMPLE_STR, NULL, NULL },
    { "length", conv_length, "", SAMPLE_STR, SAMPLE_SINT, NULL, NULL },
    { "lower", conv_lower, "", SAMPLE_STR, SAMPLE_STR, NULL, NULL },
    { "ltrim", conv_ltrim, "str", SAMPLE_STR, SAMPLE_STR, NULL, NULL },
    { "param", conv_param, "str,str?", SAMPLE_STR, SAMPLE_STR, NULL, check_param },
    { "reverse", conv_reverse, "", SAMPLE_STR, SAMPLE_STR, NULL, NULL },
    { "reverse_dom", conv_reverse_dom, "", SAMPLE_STR, SAMPLE_STR, NULL, NULL },
    { "rtrim", conv_rtrim, "str", SAMPLE_STR, SAMPLE_STR, NULL, NULL },
    { "strcmp", conv_strcmp, "str", SAMPLE_STR, SAMPLE_SINT, NULL, check_first_var },
    { "upper", conv_upper, "", SAMPLE_STR, SAMPLE_STR, NULL, NULL },
    { "word", conv_word, "int,str,int?", SAMPLE_STR, SAMPLE_STR, NULL, check_parts },
    { 0 },
};
