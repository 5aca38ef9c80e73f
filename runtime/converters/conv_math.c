/* Numbers: arithmetic that saturates, bits, truth (HAProxy manual 7.3.1). */
#include "converters/conv.h"
#include "converters/converters.h"

static bool give(struct sample *sample, int64_t value)
{
    *sample = sample_int(value);
    return true;
}

static bool give_bool(struct sample *sample, bool value)
{
    *sample = sample_bool(value);
    return true;
}

static int64_t add(int64_t a, int64_t b)
{
    int64_t sum;
    if (!__builtin_add_overflow(a, b, &sum))
        return sum;
    return b > 0 ? INT64_MAX : INT64_MIN;
}

static int64_t negate(int64_t value)
{
    return value == INT64_MIN ? INT64_MAX : -value;
}

static bool conv_add(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    int64_t operand;
    return conv_operand(args, context, &operand) && give(sample, add(sample->u.integer, operand));
}

static bool conv_sub(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    int64_t operand, difference;
    if (!conv_operand(args, context, &operand))
        return false;
    if (operand == INT64_MIN) /* its opposite is INT64_MAX, as negate has it */
        return give(sample, add(sample->u.integer < 0 ? 0 : sample->u.integer, INT64_MAX));
    if (__builtin_sub_overflow(sample->u.integer, operand, &difference))
        difference = operand < 0 ? INT64_MAX : INT64_MIN;
    return give(sample, difference);
}

static bool conv_mul(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    int64_t operand, product;
    if (!conv_operand(args, context, &operand))
        return false;
    if (__builtin_mul_overflow(sample->u.integer, operand, &product))
        product = (sample->u.integer < 0) == (operand < 0) ? INT64_MAX : INT64_MIN;
    return give(sample, product);
}

static bool conv_div(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    int64_t operand;
    if (!conv_operand(args, context, &operand))
        return false;
    if (!operand)
        return give(sample, INT64_MAX);
    return give(sample, operand == -1 ? negate(sample->u.integer) : sample->u.integer / operand);
}

static bool conv_mod(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    int64_t operand;
    if (!conv_operand(args, context, &operand))
        return false;
    return give(sample, operand == 0 || operand == -1 ? 0 : sample->u.integer % operand);
}

static bool conv_neg(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    (void)args;
    (void)context;
    return give(sample, negate(sample->u.integer));
}

static bool conv_and(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    int64_t operand;
    return conv_operand(args, context, &operand) && give(sample, sample->u.integer & operand);
}

static bool conv_or(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    int64_t operand;
    return conv_operand(args, context, &operand) && give(sample, sample->u.integer | operand);
}

static bool conv_xor(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    int64_t operand;
    return conv_operand(args, context, &operand) && give(sample, sample->u.integer ^ operand);
}

static bool conv_cpl(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    (void)args;
    (void)context;
    return give(sample, ~sample->u.integer);
}

static bool conv_bool(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    (void)args;
    (void)context;
    return give_bool(sample, sample->u.integer != 0);
}

static bool conv_not(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    (void)args;
    (void)context;
    return give_bool(sample, sample->u.integer == 0);
}

static bool conv_odd(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    (void)args;
    (void)context;
    return give_bool(sample, sample->u.integer & 1);
}

static bool conv_even(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    (void)args;
    (void)context;
    return give_bool(sample, !(sample->u.integer & 1));
}

#define OPERATOR(name, run)                                                                                  \
    {                                                                                                        \
        name, run, "str", SAMPLE_SINT, SAMPLE_SINT, NULL, conv_arg_operand                                   \
    }

const struct converter_row conv_math_rows[] = {
    OPERATOR("add", conv_add),
    OPERATOR("and", conv_and),
    { "bool", conv_bool, "", SAMPLE_SINT, SAMPLE_BOOL, NULL, NULL },
    { "cpl", conv_cpl, "", SAMPLE_SINT, SAMPLE_SINT, NULL, NULL },
    OPERATOR("div", conv_div),
    { "even", conv_even, "", SAMPLE_SINT, SAMPLE_BOOL, NULL, NULL },
    OPERATOR("mod", conv_mod),
    OPERATOR("mul", conv_mul),
    { "neg", conv_neg, "", SAMPLE_SINT, SAMPLE_SINT, NULL, NULL },
    { "not", conv_not, "", SAMPLE_SINT, SAMPLE_BOOL, NULL, NULL },
    { "odd", conv_odd, "", SAMPLE_SINT, SAMPLE_BOOL, NULL, NULL },
    OPERATOR("or", conv_or),
    OPERATOR("sub", conv_sub),
    OPERATOR("xor", conv_xor),
    { 0 },
};
