/* All tables of words, by kind, in fixed order: what lists print and which row comes first hangs on nothing else.
 * A new table is one extern line and one line in its list. */
#include "registry.h"
#include "config/cfg_reader.h"
#include "config/cfg_set.h"
#include "proxy/balance_row.h"

/* ---- sections, keywords, options ---- */

extern const struct section_row kw_section_rows[];
extern const struct keyword_row kw_global_rows[], kw_global_ignored_rows[], kw_stats_rows[], kw_lua_rows[],
    kw_proxy_rows[], kw_timeout_rows[], kw_option_rows[], kw_rule_rows[], kw_log_rows[], kw_error_rows[],
    kw_capture_rows[], kw_bind_rows[], kw_server_rows[], kw_userlist_rows[];
extern const struct option_row kw_bind_option_rows[], kw_server_option_rows[];

static const struct keyword_row *const keyword_tables[] = {
    kw_global_rows,  kw_global_ignored_rows, kw_stats_rows,  kw_lua_rows,      kw_proxy_rows,
    kw_timeout_rows, kw_option_rows,         kw_rule_rows,   kw_log_rows,      kw_error_rows,
    kw_capture_rows, kw_bind_rows,           kw_server_rows, kw_userlist_rows,
};
static const struct option_row *const bind_option_tables[] = { kw_bind_option_rows };
static const struct option_row *const server_option_tables[] = { kw_server_option_rows };

static bool add_sections(struct words *words)
{
    for (const struct section_row *row = kw_section_rows; row->word; row++) {
        if (!words_add(words, WORD_SECTION, row->word, row))
            return false;
    }
    return true;
}

static bool add_keywords(struct words *words)
{
    for (size_t i = 0; i < COUNT_OF(keyword_tables); i++) {
        for (const struct keyword_row *row = keyword_tables[i]; row->words; row++) {
            if (!words_add(words, WORD_KEYWORD, row->words, row))
                return false;
        }
    }
    return true;
}

static bool add_options(struct words *words, enum word_kind kind, const struct option_row *const *tables,
                        size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (const struct option_row *row = tables[i]; row->word; row++) {
            if (!words_add(words, kind, row->word, row))
                return false;
        }
    }
    return true;
}

/* ---- balance algorithms ---- */

extern const struct balance_row balance_roundrobin_row;

static const struct balance_row *const balance_rows[] = { &balance_roundrobin_row };

static bool add_balance(struct words *words)
{
    for (size_t i = 0; i < COUNT_OF(balance_rows); i++) {
        if (!words_add(words, WORD_BALANCE, balance_rows[i]->word, balance_rows[i]))
            return false;
    }
    return true;
}

bool registry_fill(struct words *words)
{
    return add_sections(words) && add_keywords(words) &&
           add_options(words, WORD_BIND_OPTION, bind_option_tables, COUNT_OF(bind_option_tables)) &&
           add_options(words, WORD_SERVER_OPTION, server_option_tables, COUNT_OF(server_option_tables)) &&
           add_balance(words);
}
