/* `filter`: what a section's streams pass through (HAProxy manual 9). */
#include "keywords/kw_common.h"
#include "stream/filter.h"

static bool add_filter(struct cfg_line *line)
{
    struct configuration *configuration = configuration_of(line);
    struct proxy *proxy = kw_proxy(line);
    const char *name = cfg_arg(line, 0);
    const struct word *word = words_find(&configuration->words, WORD_FILTER, str_of(name));
    if (!*name)
        return cfg_error(line, "'filter' expects the name of a filter");
    if (!word)
        return cfg_error(line, "'filter': there is no filter named '%s'", name);
    struct filter_config *config = arena_need(&configuration->arena, sizeof(*config));
    config->row = word->row;
    config->at = line->place;
    if (!config->row->parse(line, line->keyword_words + 1, config))
        return false;
    struct filter_config **end = &proxy->filters;
    while (*end)
        end = &(*end)->next;
    *end = config;
    return true;
}

const struct keyword_row kw_filter_rows[] = {
    { IN_FRONTEND | IN_BACKEND | IN_LISTEN, "filter", KW_CALL(add_filter) },
    { 0 },
};
