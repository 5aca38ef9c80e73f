/* Every class is one row of a table: its letters and how a row of one kind of word prints. Words come sorted by name, and
 * the rows of one name in their order. */
#include "words_dump.h"
#include "admin/cli.h"
#include "base/mem.h"
#include "config/cfg_set.h"
#include "log/log_format.h"
#include "lua/lua_dump.h"
#include "match/acl.h"
#include "match/pattern.h"
#include "proxy/balance_row.h"
#include "rules/ruleset.h"
#include "sample/sample_expr.h"
#include "stream/applet.h"

struct dump_class {
    const char *letters, *title;
    enum word_kind kind;
    void (*row)(struct buf *out, struct str name, const void *row);
};

/* ---- in which order ---- */

static int compare_names(struct str a, struct str b)
{
    size_t size = a.size < b.size ? a.size : b.size;
    int order = size ? memcmp(a.data, b.data, size) : 0;
    return order ? order : (a.size > b.size) - (a.size < b.size);
}

/* Entries of one kind by name. Names of a table are distinct, so the order is total. NULL: no memory. */
static const struct dict_entry **sorted(const struct dict *dict, size_t *count)
{
    const struct dict_entry **entries = mem_zero((dict->count + 1) * sizeof(*entries));
    *count = 0;
    for (struct dict_entry *entry = dict_next(dict, NULL); entry && entries; entry = dict_next(dict, entry)) {
        size_t at = (*count)++;
        while (at && compare_names(entries[at - 1]->key, entry->key) > 0) {
            entries[at] = entries[at - 1];
            at--;
        }
        entries[at] = entry;
    }
    return entries;
}

/* ---- how rows print ---- */

static const struct {
    unsigned bit;
    const char *name;
} places[] = {
    { AT_CONFIG, "configuration" },
    { AT_CLI, "management socket" },
    { AT_CHECK, "tcp-check, http-check" },
    { AT_CONNECTION, "tcp-request connection" },
    { AT_SESSION, "tcp-request session" },
    { AT_REQUEST_CONTENT, "tcp-request content" },
    { AT_REQUEST_HEAD, "http-request, use_backend" },
    { AT_SERVER_PICK, "use-server, balance, stick" },
    { AT_RESPONSE_CONTENT, "tcp-response content" },
    { AT_RESPONSE_HEAD, "http-response, http-after-response" },
    { AT_LOG, "logs" },
};

static void add_places(struct buf *out, unsigned valid)
{
    buf_add_char(out, '[');
    for (size_t i = 0; i < COUNT_OF(places); i++)
        buf_add_char(out, valid & places[i].bit ? 'Y' : '.');
    buf_add_c(out, "] ");
}

static void add_signature(struct buf *out, struct str name, const char *args)
{
    buf_add(out, name);
    if (args && args[0])
        buf_printf(out, "(%s)", args);
}

static void dump_fetch(struct buf *out, struct str name, const void *data)
{
    const struct fetch_row *row = data;
    add_places(out, row->valid);
    add_signature(out, name, row->args);
    buf_printf(out, ": %s\n", sample_type_name(row->out));
}

static void dump_converter(struct buf *out, struct str name, const void *data)
{
    const struct converter_row *row = data;
    add_signature(out, name, row->args);
    buf_printf(out, ": %s => %s\n", sample_type_name(row->in), sample_type_name(row->out));
}

static void dump_acl(struct buf *out, struct str name, const void *data)
{
    const struct acl_row *row = data;
    buf_printf(out, "%.*s = %s -m %s%s%s\n", STR_ARG(name), row->fetch, match_rows[row->method].name,
               row->patterns ? " " : "", row->patterns ? row->patterns : "");
}

static void dump_log_alias(struct buf *out, struct str name, const void *data)
{
    const struct log_alias_row *row = data;
    add_places(out, row->valid);
    buf_printf(out, "%%%.*s%s%s", STR_ARG(name), row->http_only ? " [HTTP]" : "",
               row->needs_end ? " [END]" : "");
    buf_printf(out, row->replaced_by ? " use %%%s\n" : "\n", row->replaced_by);
}

static const struct {
    unsigned bit;
    const char *name;
} sections[] = {
    { IN_GLOBAL, "global" },
    { IN_DEFAULTS, "defaults" },
    { IN_FRONTEND, "frontend" },
    { IN_BACKEND, "backend" },
    { IN_LISTEN, "listen" },
    { IN_USERLIST, "userlist" },
    { IN_RESOLVERS, "resolvers" },
    { IN_HTTP_ERRORS, "http-errors" },
    { IN_RING, "ring" },
    { IN_CACHE, "cache" },
    { IN_PEERS, "peers" },
    { IN_MAILERS, "mailers" },
    { IN_PROGRAM, "program" },
    { IN_LOG_FORWARD, "log-forward" },
    { IN_FCGI, "fcgi-app" },
    { IN_CRT_STORE, "crt-store" },
    { IN_HEALTHCHECK, "healthcheck" },
    { IN_TRACES, "traces" },
    { IN_LOG_PROFILE, "log-profile" },
};

static void add_effect(struct buf *out, enum cfg_set set)
{
    if (set == CFG_REFUSED)
        buf_add_c(out, " (refused)");
    else if (set == CFG_IGNORED)
        buf_add_c(out, " (without effect)");
}

static void dump_keyword(struct buf *out, struct str name, const void *data)
{
    const struct keyword_row *row = data;
    const char *between = " [";
    buf_add(out, name);
    for (size_t i = 0; i < COUNT_OF(sections); i++) {
        if (!(row->sections & sections[i].bit))
            continue;
        buf_printf(out, "%s%s", between, sections[i].name);
        between = " ";
    }
    buf_add_c(out, between[1] ? "" : "]");
    if (row->negatable)
        buf_add_c(out, " [no]");
    add_effect(out, row->set);
    buf_add_char(out, '\n');
}

static void dump_section(struct buf *out, struct str name, const void *data)
{
    (void)data;
    buf_printf(out, "%.*s\n", STR_ARG(name));
}

static void dump_option(struct buf *out, struct str name, const void *data)
{
    const struct option_row *row = data;
    buf_printf(out, "%s%.*s", row->no_form ? "[no-]" : "", STR_ARG(name));
    add_effect(out, row->set);
    buf_add_char(out, '\n');
}

static const struct {
    unsigned bit;
    const char *name;
} rulesets[] = {
    { RULES_TCP_CONNECTION, "tcp-request connection" },
    { RULES_TCP_SESSION, "tcp-request session" },
    { RULES_TCP_CONTENT, "tcp-request content" },
    { RULES_TCP_RESPONSE, "tcp-response content" },
    { RULES_HTTP_REQUEST, "http-request" },
    { RULES_HTTP_RESPONSE, "http-response" },
    { RULES_HTTP_AFTER_RESPONSE, "http-after-response" },
    { RULES_CHECK, "checks" },
};

static void dump_action(struct buf *out, struct str name, const void *data)
{
    const struct action_row *row = data;
    const char *between = " [";
    buf_add(out, name);
    for (size_t i = 0; i < COUNT_OF(rulesets); i++) {
        if (!(row->rulesets & rulesets[i].bit))
            continue;
        buf_printf(out, "%s%s", between, rulesets[i].name);
        between = ", ";
    }
    buf_add_c(out, "]\n");
}

static void dump_balance(struct buf *out, struct str name, const void *data)
{
    (void)data;
    buf_printf(out, "%.*s\n", STR_ARG(name));
}

static void dump_service(struct buf *out, struct str name, const void *data)
{
    const struct service_row *row = data;
    buf_printf(out, "%.*s%s%s\n", STR_ARG(name), row->http ? " [HTTP]" : "", row->tcp ? " [TCP]" : "");
}

static void dump_command(struct buf *out, struct str name, const void *data)
{
    static const char *const levels[] = { "", "user", "operator", "admin" };
    const struct command_row *row = data;
    buf_printf(out, "%.*s [%s]\n", STR_ARG(name),
               (size_t)row->level < COUNT_OF(levels) ? levels[row->level] : "");
}

/* ---- classes ---- */

static const struct dump_class classes[] = {
    { "acl", "ACL keywords", WORD_ACL, dump_acl },
    { "act", "actions", WORD_ACTION, dump_action },
    { "bal", "balance algorithms", WORD_BALANCE, dump_balance },
    { "bind", "options of bind lines", WORD_BIND_OPTION, dump_option },
    { "cfg", "configuration keywords", WORD_KEYWORD, dump_keyword },
    { "cli", "CLI keywords", WORD_COMMAND, dump_command },
    { "cnv", "sample converter functions", WORD_CONVERTER, dump_converter },
    { "log", "variables of log formats", WORD_LOG_ALIAS, dump_log_alias },
    { "sect", "sections", WORD_SECTION, dump_section },
    { "smp", "sample fetch functions", WORD_FETCH, dump_fetch },
    { "srv", "options of server lines", WORD_SERVER_OPTION, dump_option },
    { "svc", "service names", WORD_SERVICE, dump_service },
};

static void add_legend(struct buf *out, enum word_kind kind)
{
    if (kind != WORD_FETCH && kind != WORD_LOG_ALIAS)
        return;
    buf_add_c(out, "# Columns:");
    for (size_t i = 0; i < COUNT_OF(places); i++)
        buf_printf(out, "%s %s", i ? ";" : "", places[i].name);
    buf_add_char(out, '\n');
}

static bool dump_one(struct buf *out, const struct words *words, const struct dump_class *one)
{
    size_t count;
    const struct dict_entry **entries = sorted(&words->by_name[one->kind], &count);
    if (!entries)
        return false;
    buf_printf(out, "# List of registered %s:\n", one->title);
    add_legend(out, one->kind);
    for (size_t i = 0; i < count; i++)
        for (const struct word *word = entries[i]->value; word; word = word->next)
            one->row(out, entries[i]->key, word->row);
    mem_free(entries);
    return !out->failed;
}

/* The API of scripts: its rows are no words. */
static const struct {
    const char *letters, *title;
    void (*dump)(struct buf *out, const struct words *words);
} lists[] = {
    { "lua", "Lua functions and methods", lua_dump_methods },
    { "luals", "Lua annotations for editors", lua_dump_annotations },
};

static void list_classes(struct buf *out)
{
    buf_add_c(out, "# List of supported keyword classes:\nall: list all keywords\n");
    for (size_t i = 0; i < COUNT_OF(classes); i++)
        buf_printf(out, "%s: %s\n", classes[i].letters, classes[i].title);
    for (size_t i = 0; i < COUNT_OF(lists); i++)
        buf_printf(out, "%s: %s\n", lists[i].letters, lists[i].title);
}

static bool dump_named(struct buf *out, const struct words *words, struct str name)
{
    bool all = str_eq(name, STR("all")), known = all;
    for (size_t i = 0; i < COUNT_OF(classes); i++) {
        if (!all && !str_eq(name, str_of(classes[i].letters)))
            continue;
        known = true;
        if (!dump_one(out, words, &classes[i]))
            return false;
    }
    for (size_t i = 0; i < COUNT_OF(lists); i++) { /* a file of its own is not part of all */
        if (!str_eq(name, str_of(lists[i].letters)) && !(all && i == 0))
            continue;
        known = true;
        lists[i].dump(out, words);
    }
    if (!known)
        buf_printf(out, "unknown keyword class '%.*s'\n", STR_ARG(name));
    return known;
}

bool words_dump(struct buf *out, const struct words *words, const char *wanted)
{
    struct str rest = str_of(wanted);
    bool well = true;
    if (!rest.size || str_eq(rest, STR("help"))) {
        list_classes(out);
        return true;
    }
    while (rest.size)
        well = dump_named(out, words, str_split(&rest, ',')) && well;
    return well;
}
