/* stick-table and stick (HAProxy manual 4.2). */
#include "keywords/kw_common.h"
#include "proxy/stick_rule.h"
#include "table/stick_table.h"

#define KEY_SIZE_USUAL  32
#define EXPIRE_MAX_MS   0x7fffffffull
#define ARRAY_COUNT_MAX 100

/* ---- stick-table ---- */

struct table_line {
    struct cfg_line *line;
    unsigned at; /* the next word */
    struct stick_table_options options;
    bool has_type;
};

static const char *take(struct table_line *table)
{
    return cfg_word(table->line, table->at++);
}

static bool missing(struct table_line *table, const char *word)
{
    return cfg_error(table->line, "stick-table: missing argument after '%s'.", word);
}

static bool read_type(struct table_line *table)
{
    struct stick_table_options *options = &table->options;
    const char *word = take(table);
    unsigned type = 0;
    while (type < STICK_TYPE_COUNT && strcmp(word, stick_type_name((enum stick_type)type)) != 0)
        type++;
    if (type == STICK_TYPE_COUNT)
        return cfg_error(table->line, "stick-table: unknown type '%s'.", word);
    options->type = (enum stick_type)type;
    /* A text's NUL counts in the usual size, but not in a written one. */
    options->key_size = type == STICK_STRING ? KEY_SIZE_USUAL - 1 : KEY_SIZE_USUAL;
    table->has_type = true;
    if ((type != STICK_STRING && type != STICK_BINARY) ||
        strcmp(cfg_word(table->line, table->at), "len") != 0)
        return true;
    table->at++;
    int64_t size = 0;
    const char *length = take(table);
    if (!units_parse_int(str_of(length), 1, UINT16_MAX, &size))
        return cfg_error(table->line, "stick-table: '%s' is no length of a key, which has 1 to %d bytes.",
                         length, UINT16_MAX);
    options->key_size = (uint32_t)size;
    return true;
}

static bool read_size(struct table_line *table)
{
    const char *text = take(table), *stop = NULL;
    if (!text[0])
        return missing(table, "size");
    if (units_parse_size(str_of(text), &table->options.size, &stop) != UNITS_OK)
        return cfg_error(table->line, "stick-table: unexpected character '%c' in argument of 'size'.",
                         stop ? *stop : text[0]);
    return true;
}

static bool read_expire(struct table_line *table)
{
    const char *text = take(table), *stop = NULL;
    if (!text[0])
        return missing(table, "expire");
    enum units_error result = units_parse_time(str_of(text), UNITS_MS, &table->options.expire_ms, &stop);
    if (result == UNITS_OVERFLOW)
        return cfg_error(
            table->line,
            "stick-table: timer overflow in argument <%s> to <expire>, maximum value is %llu ms (~24.8 "
            "days).",
            text, EXPIRE_MAX_MS);
    if (result == UNITS_UNDERFLOW)
        return cfg_error(
            table->line,
            "stick-table: timer underflow in argument <%s> to <expire>, minimum non-null value is 1 ms.",
            text);
    if (result != UNITS_OK)
        return cfg_error(table->line, "stick-table: unexpected character '%c' in argument of 'expire'.",
                         stop ? *stop : text[0]);
    return true;
}

static bool read_count(struct table_line *table, const char *name, struct str text, uint32_t *out)
{
    int64_t count = 0;
    if (!units_parse_int(text, 1, ARRAY_COUNT_MAX, &count))
        return cfg_error(table->line,
                         "stick-table: array size is out of allowed range (1-%d) for store option '%s'.",
                         ARRAY_COUNT_MAX, name);
    *out = (uint32_t)count;
    return true;
}

/* "10s" of conn_rate(10s), "2" of gpc(2), "2,10s" of gpc_rate(2,10s). */
static bool read_store_arguments(struct table_line *table, enum stick_data data, struct str arguments)
{
    const struct stick_data_row *row = &stick_data_rows[data];
    uint64_t period = 0;
    const char *stop = NULL;
    bool wanted = row->is_array || row->form == STICK_RATE;
    if (!arguments.data)
        return !wanted ||
               cfg_error(table->line, "stick-table: missing argument to store option '%s'.", row->name);
    if (!wanted)
        return cfg_error(table->line, "stick-table: unexpected argument to store option '%s'.", row->name);
    if (row->is_array &&
        !read_count(table, row->name, str_split(&arguments, ','), &table->options.count[data]))
        return false;
    if (row->form != STICK_RATE)
        return true;
    if (!arguments.data)
        return cfg_error(table->line, "stick-table: missing argument to store option '%s'.", row->name);
    if (units_parse_time(arguments, UNITS_MS, &period, &stop) != UNITS_OK || !period)
        return cfg_error(table->line, "stick-table: error when processing store option '%s'.", row->name);
    table->options.period_ms[data] = (uint32_t)period;
    return true;
}

static bool store(struct table_line *table, struct str name, struct str arguments)
{
    enum stick_data data = stick_data_of(name);
    if (data == STICK_DATA_COUNT || stick_data_rows[data].internal)
        return cfg_error(table->line, "stick-table: unknown store option '%.*s'.", STR_ARG(name));
    if (table->options.stored[data]) {
        cfg_warn(table->line, "stick-table: store option '%.*s' already enabled, ignored.", STR_ARG(name));
        return true;
    }
    table->options.stored[data] = true;
    return read_store_arguments(table, data, arguments);
}

/* Commas separate the data, but those in parentheses. */
static bool read_store(struct table_line *table)
{
    const char *at = take(table);
    while (*at) {
        size_t size = 0, open = 0;
        while (at[size] && (open || at[size] != ',')) {
            if (at[size] == '(')
                open = size;
            if (at[size] == ')')
                open = 0;
            size++;
        }
        struct str word = str_make(at, size), arguments = STR_NONE;
        size_t paren = str_find_char(word, '(');
        if (paren != STR_NOT_FOUND) {
            arguments = str_from(word, paren + 1);
            if (str_ends(arguments, STR(")")))
                arguments.size--;
            word.size = paren;
        }
        if (!store(table, word, arguments))
            return false;
        at += size + (at[size] == ',');
    }
    return true;
}

static bool excludes(struct table_line *table, enum stick_data array, enum stick_data first,
                     enum stick_data second, const char *name, const char *others)
{
    const bool *stored = table->options.stored;
    if (!stored[array] || (!stored[first] && !stored[second]))
        return true;
    return cfg_error(
        table->line,
        "stick-table: simultaneous usage of '%s' and '%s' in a same table is not permitted as '%s' "
        "overrides '%s'.",
        name, others, name, others);
}

static bool read_option(struct table_line *table)
{
    const char *word = take(table);
    if (strcmp(word, "type") == 0)
        return read_type(table);
    if (strcmp(word, "size") == 0)
        return read_size(table);
    if (strcmp(word, "expire") == 0)
        return read_expire(table);
    if (strcmp(word, "store") == 0)
        return read_store(table);
    if (strcmp(word, "nopurge") == 0)
        return table->options.nopurge = true;
    if (strcmp(word, "peers") == 0) {
        if (!take(table)[0])
            return missing(table, "peers");
        return cfg_error(
            table->line,
            "stick-table: 'peers' is not supported: a table is not shared with other processes.");
    }
    if (strcmp(word, "srvkey") == 0) {
        const char *key = take(table);
        if (strcmp(key, "name") != 0 && strcmp(key, "addr") != 0)
            return cfg_error(table->line, "stick-table : unknown server key type '%s'.", key);
        table->options.server_by_address = strcmp(key, "addr") == 0;
        return true;
    }
    return cfg_error(table->line, "stick-table: unknown argument '%s'.", word);
}

static struct proxy *owner_of_name(const struct proxy *proxy)
{
    struct proxy *other = dict_get(&proxy->configuration->proxies_by_name, str_of(proxy->name));
    while (other && !other->table)
        other = other->same_name;
    return other;
}

static bool stick_table(struct cfg_line *line)
{
    struct proxy *proxy = kw_proxy(line);
    const struct proxy *other = proxy->table ? proxy : owner_of_name(proxy);
    struct table_line table = { .line = line,
                                .at = 1,
                                .options = { .name = str_of(proxy->name), .at = line->place } };
    if (other)
        return cfg_error(line, "stick-table name '%s' conflicts with table declared in %s '%s' at %s:%u.",
                         proxy->name, proxy_type_name(other), other->name,
                         stick_table_options(other->table)->at.file,
                         stick_table_options(other->table)->at.line);
    while (table.at < line->count) {
        if (!read_option(&table))
            return false;
    }
    if (!table.options.size)
        return cfg_error(line, "stick-table: missing size.");
    if (!table.has_type)
        return cfg_error(line, "stick-table: missing type.");
    if (!excludes(&table, STICK_GPC, STICK_GPC0, STICK_GPC1, "gpc", "gpc[0/1]") ||
        !excludes(&table, STICK_GPC_RATE, STICK_GPC0_RATE, STICK_GPC1_RATE, "gpc_rate", "gpc[0/1]_rate") ||
        !excludes(&table, STICK_GPT, STICK_GPT0, STICK_GPT0, "gpt", "gpt0"))
        return false;
    proxy->table = stick_table_create(&table.options);
    return proxy->table || cfg_error(line, "stick-table: out of memory");
}

static bool table_in_defaults(struct cfg_line *line)
{
    return cfg_error(line, "'stick-table' is not supported in 'defaults' section.");
}

/* ---- stick ---- */

static bool read_kind(struct cfg_line *line, struct stick_rule *rule)
{
    const char *word = cfg_arg(line, 0);
    rule->match = strcmp(word, "on") == 0 || strcmp(word, "match") == 0;
    rule->response = strcmp(word, "store-response") == 0;
    rule->store = strcmp(word, "on") == 0 || strcmp(word, "store-request") == 0 || rule->response;
    return rule->match || rule->store || cfg_error(line, "'stick' expects 'on', 'match', or 'store'.");
}

static bool stick(struct cfg_line *line)
{
    struct proxy *proxy = kw_proxy(line);
    struct stick_rule read = { .at = line->place };
    const char *end = NULL;
    unsigned at = 2;
    if (line->section == IN_FRONTEND) {
        cfg_warn(line, "'stick' ignored because frontend '%s' has no backend capability.", proxy->name);
        return true;
    }
    if (!read_kind(line, &read))
        return false;
    if (!cfg_arg(line, 1)[0])
        return cfg_error(line, "'stick' expects a fetch method.");
    enum sample_place place = read.response ? AT_RESPONSE_CONTENT : AT_SERVER_PICK;
    struct sample_parser parser = configuration_parser(configuration_of(line), line, proxy, place);
    read.expr = sample_expr_parse(&parser, cfg_arg(line, 1), &end);
    if (!read.expr ||
        (!*end && !sample_expr_parse_more(&parser, read.expr, line->words, line->count, &at, &end)))
        return cfg_error(line, "'stick': %s", parser.error ? parser.error : "out of memory");
    if (*end)
        return cfg_error(line, "'stick': unexpected '%s' behind the expression '%.*s'.", end,
                         STR_ARG(read.expr->text));
    at++;
    if (strcmp(cfg_word(line, at), "table") == 0) {
        read.table_name = kw_copy(line, cfg_word(line, at + 1));
        at += 2;
    }
    const char *word = cfg_word(line, at);
    if (word[0] && strcmp(word, "if") != 0 && strcmp(word, "unless") != 0)
        return cfg_error(line, "'stick': unknown keyword '%s'.", word);
    if (!kw_condition(line, at, place, "stick", &read.condition))
        return false;
    struct stick_rule *rule = arena_need(&configuration_of(line)->arena, sizeof(*rule)), **last;
    *rule = read;
    for (last = &proxy->stick_rules; *last; last = &(*last)->next)
        continue;
    *last = rule;
    return true;
}

/* ---- http-err-codes, http-fail-codes ---- */

static bool read_range(struct cfg_line *line, struct str text, uint64_t codes[10], bool on)
{
    size_t dash = str_find_char(text, '-');
    struct str from = dash == STR_NOT_FOUND ? text : str_slice(text, 0, dash);
    struct str to = dash == STR_NOT_FOUND ? text : str_from(text, dash + 1);
    int64_t low, high;
    if (!units_parse_int(from, 100, 599, &low) || !units_parse_int(to, 100, 599, &high) || low > high)
        return cfg_error(line, "'%s' : '%.*s' is no status from 100 to 599 and no range of them.",
                         line->words[0], STR_ARG(text));
    for (int64_t code = low; code <= high; code++) {
        uint64_t bit = 1ull << (code % 64);
        codes[code / 64] = on ? codes[code / 64] | bit : codes[code / 64] & ~bit;
    }
    return true;
}

/* "+400-499,-404 220": a list without a sign begins anew. */
static bool read_codes(struct cfg_line *line, uint64_t codes[10])
{
    if (!cfg_arg_count(line))
        return cfg_error(line, "'%s' expects statuses, such as +100-199,-404.", line->words[0]);
    for (unsigned i = 0; i < cfg_arg_count(line); i++) {
        struct str rest = str_of(cfg_arg(line, i));
        bool sign = str_starts(rest, STR("+")) || str_starts(rest, STR("-")),
             on = !str_starts(rest, STR("-"));
        rest = str_from(rest, sign);
        if (!sign)
            memset(codes, 0, 10 * sizeof(codes[0]));
        while (rest.data) {
            if (!read_range(line, str_split(&rest, ','), codes, on))
                return false;
        }
    }
    return true;
}

static bool error_codes(struct cfg_line *line)
{
    return read_codes(line, configuration_of(line)->globals.error_codes);
}

static bool failure_codes(struct cfg_line *line)
{
    return read_codes(line, configuration_of(line)->globals.failure_codes);
}

const struct keyword_row kw_stick_rows[] = {
    { IN_FRONTEND | IN_BACKEND | IN_LISTEN, "stick-table", KW_CALL(stick_table) },
    { IN_GLOBAL, "http-err-codes", KW_CALL(error_codes) },
    { IN_GLOBAL, "http-fail-codes", KW_CALL(failure_codes) },
    { IN_DEFAULTS, "stick-table", KW_CALL(table_in_defaults) },
    { IN_FRONTEND | IN_BACKEND | IN_LISTEN, "stick", KW_CALL(stick) },
    { 0 },
};
