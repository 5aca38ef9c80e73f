/* Sections begin with a word at the start of a line; blanks before it do not count, as the reader has it. */
#include "sim/conf_says.h"

bool conf_is_all_http(struct str conf)
{
    bool defaults = false, own = false, fronts = true, is_front = false, is_defaults = false;

    while (conf.data) {
        struct str line = str_trim(str_split(&conf, '\n')), word = str_split(&line, ' ');
        bool section = str_eq(word, STR("frontend")) || str_eq(word, STR("listen"));
        bool other = str_eq(word, STR("defaults")) || str_eq(word, STR("backend")) ||
                     str_eq(word, STR("global")) || str_eq(word, STR("peers"));

        if (section || other) {
            fronts &= !is_front || own;
            is_front = section;
            is_defaults = str_eq(word, STR("defaults"));
            own = is_defaults ? false : defaults;
        } else if (str_eq(word, STR("mode"))) {
            own = str_eq(str_trim(line), STR("http"));
        }
        if (is_defaults)
            defaults = own;
    }
    return fronts && (!is_front || own);
}

bool conf_says(struct str conf, const char *word)
{
    return str_find(conf, str_of(word)) != STR_NOT_FOUND;
}
