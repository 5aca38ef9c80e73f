/* Stick tables on the management socket: show table, set table, clear table (management manual 9.3). */
#include "admin/cmd_table.h"
#include "base/mem.h"
#include "base/units.h"
#include "proxy/configuration.h"
#include "table/stick_table.h"

#define FILTER_MAX 4

enum comparison { IS_EQ, IS_NE, IS_LE, IS_GE, IS_LT, IS_GT, COMPARISON_COUNT };
static const char *const comparison_names[COMPARISON_COUNT] = { "eq", "ne", "le", "ge", "lt", "gt" };

struct filter {
    enum stick_data data;
    unsigned index;
    enum comparison comparison;
    int64_t value;
};

struct request {
    struct cli_command *command;
    struct stick_table *table;
    struct filter filters[FILTER_MAX];
    unsigned filter_count;
    bool has_key;
    struct stick_key key;
};

static void say(struct cli_command *command, const char *text)
{
    buf_printf(command->out, "%s\n", text);
}

static bool refuse(struct cli_command *command, const char *text)
{
    say(command, text);
    return false;
}

/* ---- which table, which entries ---- */

static struct stick_table *find_table(const struct cli_command *command, const char *name)
{
    struct proxy *proxy = dict_get(&command->configuration->proxies_by_name, str_of(name));
    while (proxy && !proxy->table)
        proxy = proxy->same_name;
    return proxy ? proxy->table : NULL;
}

/* "data.gpc0". An array's name means its first element. */
static enum stick_data data_of(const char *word)
{
    return stick_data_of(str_from(str_of(word), sizeof("data.") - 1));
}

static bool is_stored(const struct stick_table *table, enum stick_data data)
{
    return stick_table_options(table)->stored[data];
}

static bool bad_filter(struct cli_command *command, unsigned number, const char *text)
{
    buf_printf(command->out, "Filter entry #%u: %s\n", number, text);
    return false;
}

static bool read_filter(struct request *request, unsigned at)
{
    struct cli_command *command = request->command;
    struct filter filter = { .data = data_of(cli_arg(command, at)) };
    unsigned number = request->filter_count + 1, comparison = 0;
    if (filter.data == STICK_DATA_COUNT)
        return bad_filter(command, number, "Unknown data type");
    if (!is_stored(request->table, filter.data))
        return bad_filter(command, number, "Data type not stored in this table");
    while (comparison < COMPARISON_COUNT &&
           strcmp(cli_arg(command, at + 1), comparison_names[comparison]) != 0)
        comparison++;
    if (comparison == COMPARISON_COUNT)
        return bad_filter(command, number,
                          "Require and operator among \"eq\", \"ne\", \"le\", \"ge\", \"lt\", \"gt\"");
    filter.comparison = (enum comparison)comparison;
    if (!units_parse_int(str_of(cli_arg(command, at + 2)), INT64_MIN, INT64_MAX, &filter.value))
        return bad_filter(command, number, "Require a valid integer value to compare against");
    if (request->filter_count == FILTER_MAX)
        return refuse(command, "Filter entry #5: Too many filters, at most 4 are supported");
    request->filters[request->filter_count++] = filter;
    return true;
}

static bool read_key(struct request *request, unsigned at)
{
    const char *text = cli_arg(request->command, at);
    if (!text[0])
        return refuse(request->command, "Key value expected");
    if (stick_table_options(request->table)->type == STICK_BINARY)
        return refuse(
            request->command,
            strcmp(request->command->words[0], "show") == 0
                ? "Showing keys from tables of type other than ip, ipv6, string and integer is not supported"
            : strcmp(request->command->words[0], "clear") == 0
                ? "Removing keys from tables of type other than ip, ipv6, string and integer is not supported"
                : "Inserting keys into tables of type other than ip, ipv6, string and integer is not "
                  "supported");
    if (!stick_table_key_text(request->table, str_of(text), &request->key))
        return refuse(request->command, "Invalid key");
    return request->has_key = true;
}

static bool read_filters(struct request *request)
{
    struct cli_command *command = request->command;
    for (unsigned at = 1; cli_arg(command, at)[0]; at += 3) {
        if (!str_starts(str_of(cli_arg(command, at)), STR("data.")))
            return refuse(
                command,
                strcmp(command->words[0], "clear") == 0
                    ? "Required arguments: <table> \"data.<store_data_type>\" <operator> <value> or "
                      "<table> key <key>"
                    : "Optional argument only supports \"data.<store_data_type>\" <operator> <value> and "
                      "key <key>");
        if (!read_filter(request, at))
            return false;
    }
    return true;
}

/* false: said. */
static bool read_request(struct cli_command *command, struct request *request)
{
    const char *name = cli_arg(command, 0), *what = cli_arg(command, 1);
    *request = (struct request){ .command = command, .table = find_table(command, name) };
    if (!request->table)
        return refuse(command, "No such table");
    if (strcmp(what, "key") == 0)
        return read_key(request, 2);
    return read_filters(request);
}

static bool holds(const struct filter *filter, int64_t value)
{
    switch (filter->comparison) {
    case IS_EQ:
        return value == filter->value;
    case IS_NE:
        return value != filter->value;
    case IS_LE:
        return value <= filter->value;
    case IS_GE:
        return value >= filter->value;
    case IS_LT:
        return value < filter->value;
    default:
        return value > filter->value;
    }
}

static bool passes(const struct request *request, const struct stick_entry *entry)
{
    for (unsigned i = 0; i < request->filter_count; i++) {
        const struct filter *filter = &request->filters[i];
        int64_t value;
        if (!stick_entry_read(entry, filter->data, filter->index, &value) || !holds(filter, value))
            return false;
    }
    return true;
}

/* ---- commands ---- */

/* Newest first, as HAProxy lists them. */
static void list_tables(struct cli_command *command, const struct proxy *proxy)
{
    const struct proxy *tables[64];
    unsigned count = 0;
    while (proxy && count < COUNT_OF(tables)) {
        if (proxy->table)
            tables[count++] = proxy;
        proxy = proxy->next;
    }
    if (proxy)
        list_tables(command, proxy);
    while (count)
        stick_table_print(tables[--count]->table, command->out);
}

static void show(struct cli_command *command)
{
    struct request request;
    size_t count;
    if (!cli_arg(command, 0)[0]) {
        list_tables(command, command->configuration->proxies);
        return;
    }
    if (!read_request(command, &request))
        return;
    stick_table_print(request.table, command->out);
    if (request.has_key) {
        const struct stick_entry *entry = stick_table_find(request.table, &request.key);
        if (entry)
            stick_entry_print(entry, command->out);
        return;
    }
    struct stick_entry **all = stick_table_sorted(request.table, &count);
    for (size_t i = 0; i < count; i++) {
        if (passes(&request, all[i]))
            stick_entry_print(all[i], command->out);
    }
    mem_free(all);
}

static void clear(struct cli_command *command)
{
    struct request request;
    size_t count;
    if (!cli_arg(command, 0)[0]) {
        say(command,
            "Required arguments: <table> \"data.<store_data_type>\" <operator> <value> or <table> key <key>");
        return;
    }
    if (!read_request(command, &request))
        return;
    if (request.has_key) {
        struct stick_entry *entry = stick_table_find(request.table, &request.key);
        if (entry && !stick_entry_remove(entry))
            say(command, "Entry currently in use, cannot remove");
        return;
    }
    struct stick_entry **all = stick_table_sorted(request.table, &count);
    for (size_t i = 0; i < count; i++) {
        if (passes(&request, all[i]))
            (void)stick_entry_remove(all[i]); /* those in use stay */
    }
    mem_free(all);
}

/* Everything is read before the first value is stored. */
static bool set_values(struct request *request, struct stick_entry *entry)
{
    struct cli_command *command = request->command;
    for (unsigned at = 3; cli_arg(command, at)[0]; at += 2) {
        const char *word = cli_arg(command, at);
        enum stick_data data = str_starts(str_of(word), STR("data.")) ? data_of(word) : STICK_DATA_COUNT;
        int64_t value = 0;
        if (!str_starts(str_of(word), STR("data.")))
            return refuse(command, "\"data.<type>\" followed by a value expected");
        if (data == STICK_DATA_COUNT)
            return refuse(command, "Unknown data type");
        if (!is_stored(request->table, data))
            return refuse(command, "Data type not stored in this table");
        if (!units_parse_int(str_of(cli_arg(command, at + 1)), INT64_MIN, INT64_MAX, &value))
            return refuse(command, "Require a valid integer value to store");
        if (entry)
            stick_entry_set(entry, data, 0, (uint64_t)value);
    }
    return true;
}

static void set(struct cli_command *command)
{
    struct request request = { .command = command, .table = find_table(command, cli_arg(command, 0)) };
    const char *what = cli_arg(command, 1);
    if (!cli_arg(command, 0)[0]) {
        say(command, "Required arguments: <table> key <key> [data.<store_data_type> <value>]*");
        return;
    }
    if (!request.table) {
        say(command, "No such table");
        return;
    }
    if (!what[0])
        return;
    if (strcmp(what, "key") != 0) {
        say(command,
            str_starts(str_of(what), STR("data."))
                ? "content-based lookup is only supported with the \"show\" and \"clear\" actions"
                : "Optional argument only supports \"data.<store_data_type>\" <operator> <value> and key "
                  "<key>");
        return;
    }
    if (!read_key(&request, 2) || !set_values(&request, NULL))
        return;
    struct stick_entry *entry = stick_table_make(request.table, &request.key);
    if (!entry) {
        say(command, "Unable to allocate a new entry");
        return;
    }
    stick_entry_touch(entry);
    (void)set_values(&request, entry);
}

const struct command_row cmd_table_rows[] = {
    { "clear table", CLI_OPERATOR,
      "clear table <table> [<filter>]*         : remove an entry from a table (filter: data/key)", clear,
      NULL },
    { "set table", CLI_OPERATOR,
      "set table <table> key <k> [data.* <v>]* : update or create a table entry's data", set, NULL },
    { "show table", CLI_USER,
      "show table <table> [<filter>]*          : report table usage stats or dump this table's contents "
      "(filter: "
      "data/key)",
      show, NULL },
    { 0 },
};
