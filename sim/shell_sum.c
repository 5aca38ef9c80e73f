/* What stands in $((...)) of the shell, its variables expanded: whole numbers with ! - * / % + - == != and parentheses. */
#include "base/units.h"
#include "sim/shell_parts.h"

struct sum {
    struct str text;
    size_t at;
    bool wrong;
};

static int64_t sum_equal(struct sum *sum);

static char sum_look(struct sum *sum)
{
    while (sum->at < sum->text.size && sum->text.data[sum->at] == ' ')
        sum->at++;
    return sum->at < sum->text.size ? sum->text.data[sum->at] : '\0';
}

static int64_t sum_unary(struct sum *sum)
{
    char c = sum_look(sum);
    int64_t value = 0;
    size_t begin;

    if (c == '!' || c == '-') {
        sum->at++;
        value = sum_unary(sum);
        return c == '!' ? !value : -value;
    }
    if (c == '(') {
        sum->at++;
        value = sum_equal(sum);
        sum->wrong |= sum_look(sum) != ')';
        sum->at++;
        return value;
    }
    begin = sum->at;
    while (sum->at < sum->text.size && ascii_digit(sum->text.data[sum->at]))
        sum->at++;
    sum->wrong |= !units_parse_int(str_slice(sum->text, begin, sum->at - begin), 0, INT32_MAX, &value);
    return value;
}

static int64_t sum_product(struct sum *sum)
{
    int64_t value = sum_unary(sum);

    for (char c = sum_look(sum); (c == '*' || c == '/' || c == '%') && !sum->wrong; c = sum_look(sum)) {
        int64_t right;

        sum->at++;
        right = sum_unary(sum);
        sum->wrong |= c != '*' && right == 0;
        if (!sum->wrong)
            value = c == '*' ? value * right : c == '/' ? value / right : value % right;
    }
    return value;
}

static int64_t sum_plus(struct sum *sum)
{
    int64_t value = sum_product(sum);

    for (char c = sum_look(sum); (c == '+' || c == '-') && !sum->wrong; c = sum_look(sum)) {
        sum->at++;
        value += c == '+' ? sum_product(sum) : -sum_product(sum);
    }
    return value;
}

static int64_t sum_equal(struct sum *sum)
{
    int64_t value = sum_plus(sum);

    for (char c = sum_look(sum); (c == '=' || c == '!') && !sum->wrong; c = sum_look(sum)) {
        sum->at += 2;
        value = (value == sum_plus(sum)) == (c == '=');
    }
    return value;
}

bool shell_sum(struct str text, int64_t *value)
{
    struct sum sum = { .text = text };

    *value = sum_equal(&sum);
    return !sum.wrong && !sum_look(&sum);
}
