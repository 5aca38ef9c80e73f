/* Words behind the name of an algorithm. */
#include "balance/balance_words.h"
#include "base/units.h"
#include "proxy/proxy.h"

bool balance_no_words(const char **words, const char **error)
{
    if (!words || !words[0])
        return true;
    *error = "takes no argument";
    return false;
}

struct str balance_parentheses(const struct proxy *proxy, const char **error)
{
    struct str word = str_of(proxy->settings.balance_words[0]);
    size_t open = str_find_char(word, '(');
    if (open == STR_NOT_FOUND)
        return STR_NONE;
    if (word.data[word.size - 1] != ')') {
        *error = "lacks a closing parenthesis";
        return STR_NONE;
    }
    return str_slice(word, open + 1, word.size - open - 2);
}

bool balance_number(const char **words, unsigned *at, int64_t low, int64_t *out, const char **error)
{
    const char *text = words[*at + 1];
    if (!text || !units_parse_int(str_of(text), low, INT32_MAX, out)) {
        *error = "expects a positive integer behind 'len' and 'depth'";
        return false;
    }
    *at += 2;
    return true;
}
