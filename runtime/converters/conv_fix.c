/* FIX messages: "tag=value<SOH>" in a row, from BeginString (8) to CheckSum (10) (HAProxy manual 7.3.1).
 * Only the first message is looked at. */
#include "base/units.h"
#include "converters/conv.h"
#include "converters/converters.h"

#define DELIMITER '\1'
#define SHORTEST  21u /* bytes of the shortest message */

enum fix_tag {
    FIX_BODY_LENGTH = 9,
    FIX_BEGIN_STRING = 8,
    FIX_CHECK_SUM = 10,
    FIX_MSG_TYPE = 35,
    FIX_SENDER = 49,
    FIX_TARGET = 56,
};

enum fix_answer { FIX_FOUND, FIX_MORE, FIX_BAD };

struct fix_field {
    int64_t tag;
    struct str value;
};

static bool read_tag(struct str text, int64_t *out)
{
    return text.size && ascii_digit(text.data[0]) && units_parse_int(text, 1, INT32_MAX, out);
}

/* The next field; *rest is left behind its delimiter. */
static enum fix_answer next_field(struct str *rest, struct fix_field *out)
{
    size_t end = str_find_char(*rest, DELIMITER), equals = str_find_char(*rest, '=');
    if (end == STR_NOT_FOUND)
        return FIX_MORE;
    if (equals == STR_NOT_FOUND || equals > end || equals + 1 == end ||
        !read_tag(str_slice(*rest, 0, equals), &out->tag))
        return FIX_BAD;
    out->value = str_slice(*rest, equals + 1, end - equals - 1);
    *rest = str_from(*rest, end + 1);
    return FIX_FOUND;
}

static bool known_version(struct str value)
{
    static const char *const versions[] = {
        "FIX.4.0", "FIX.4.1", "FIX.4.2", "FIX.4.3", "FIX.4.4", "FIXT.1.1"
    };
    for (size_t i = 0; i < COUNT_OF(versions); i++) {
        if (str_eq(value, str_of(versions[i])))
            return true;
    }
    return false;
}

static uint8_t sum_of(struct str bytes)
{
    uint8_t sum = 0;
    for (size_t i = 0; i < bytes.size; i++)
        sum = (uint8_t)(sum + (uint8_t)bytes.data[i]);
    return sum;
}

/* The sum is three digits, and counts all that stands before it. */
static bool good_check_sum(struct str message, const char *field, struct str value)
{
    struct str before = str_slice(message, 0, (size_t)(field - message.data));
    int64_t sum;
    return value.size == 3 && ascii_digit(value.data[0]) && units_parse_int(value, 0, 255, &sum) &&
           sum == sum_of(before);
}

static enum fix_answer validate(struct str message)
{
    struct str rest = message;
    struct fix_field field;
    int64_t body_size = 0;
    const char *body = NULL;
    if (message.size < SHORTEST)
        return FIX_MORE;
    for (unsigned count = 1; rest.size; count++) {
        const char *from = rest.data;
        enum fix_answer answer = next_field(&rest, &field);
        if (answer != FIX_FOUND)
            return answer;
        if (count == 1 && (field.tag != FIX_BEGIN_STRING || !known_version(field.value)))
            return FIX_BAD;
        if (count == 2) {
            if (field.tag != FIX_BODY_LENGTH || !units_parse_int(field.value, 1, INT32_MAX, &body_size))
                return FIX_BAD;
            body = rest.data;
        }
        if (count == 3 && field.tag != FIX_MSG_TYPE)
            return FIX_BAD;
        if (count > 3 && field.tag == FIX_CHECK_SUM)
            return from - body == body_size && good_check_sum(message, from, field.value) ? FIX_FOUND
                                                                                          : FIX_BAD;
    }
    return FIX_MORE;
}

static bool conv_fix_is_valid(const struct sample_args *args, struct sample_context *context,
                              struct sample *sample)
{
    enum fix_answer answer = validate(sample->u.text);
    (void)args;
    context->may_change = answer == FIX_MORE;
    *sample = sample_bool(answer == FIX_FOUND);
    return answer != FIX_MORE;
}

static bool check_tag(struct sample_args *args, const char **error)
{
    static const struct {
        const char *name;
        enum fix_tag tag;
    } names[] = { { "BeginString", FIX_BEGIN_STRING }, { "BodyLength", FIX_BODY_LENGTH },
                  { "MsgType", FIX_MSG_TYPE },         { "SenderCompID", FIX_SENDER },
                  { "TargetCompID", FIX_TARGET },      { "CheckSum", FIX_CHECK_SUM } };
    struct sample_arg *arg = &args->list[0];
    if (read_tag(arg->text, &arg->integer))
        return true;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (!str_eq_nocase(arg->text, str_of(names[i].name)))
            continue;
        arg->integer = names[i].tag;
        return true;
    }
    return conv_refuse(args, error, "Unknown FIX tag name '%s'", arg->text.data);
}

static bool conv_fix_tag_value(const struct sample_args *args, struct sample_context *context,
                               struct sample *sample)
{
    struct str rest = sample->u.text;
    struct fix_field field = { 0 };
    enum fix_answer answer = FIX_MORE;
    while (rest.size) {
        answer = next_field(&rest, &field);
        if (answer != FIX_FOUND || field.tag == args->list[0].integer || field.tag == FIX_CHECK_SUM)
            break;
        answer = FIX_MORE;
    }
    context->may_change = answer == FIX_MORE;
    sample->u.text = field.value;
    return answer == FIX_FOUND && field.tag == args->list[0].integer;
}

const struct converter_row conv_fix_rows[] = {
    { "fix_is_valid", conv_fix_is_valid, "", SAMPLE_BIN, SAMPLE_BOOL, NULL, NULL },
    { "fix_tag_value", conv_fix_tag_value, "str", SAMPLE_BIN, SAMPLE_BIN, NULL, check_tag },
    { 0 },
};
