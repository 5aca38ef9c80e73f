/* Reading and running rules. A rule whose condition cannot be decided yet holds up those behind it. */
#include "rules/ruleset.h"
#include "base/buf.h"

struct kind_facts {
    enum ruleset_kind kind;
    const char *name;
    enum sample_place place;
};

static const struct kind_facts kinds[] = {
    { RULES_TCP_CONNECTION, "tcp-request connection", AT_CONNECTION },
    { RULES_TCP_SESSION, "tcp-request session", AT_SESSION },
    { RULES_TCP_CONTENT, "tcp-request content", AT_REQUEST_CONTENT },
    { RULES_TCP_RESPONSE, "tcp-response content", AT_RESPONSE_CONTENT },
    { RULES_HTTP_REQUEST, "http-request", AT_REQUEST_HEAD },
    { RULES_HTTP_RESPONSE, "http-response", AT_RESPONSE_HEAD },
    { RULES_HTTP_AFTER_RESPONSE, "http-after-response", AT_RESPONSE_HEAD },
    { RULES_CHECK, "check", AT_CHECK },
};

static const struct kind_facts *facts_of(enum ruleset_kind kind)
{
    size_t i = 0;
    while (kinds[i].kind != kind) {
        i++;
        CHECK(i < COUNT_OF(kinds));
    }
    return &kinds[i];
}

/* ---- which action ---- */

static const struct action_row *of_kind(const struct word *word, enum ruleset_kind kind)
{
    for (; word; word = word->next) {
        const struct action_row *row = word->row;
        if (row->rulesets & (unsigned)kind)
            return row;
    }
    return NULL;
}

#define PREFIX_MAX 64u

/* The exact word, else the longest prefix that has a row with '*' behind it. */
static const struct action_row *find_action(const struct words *words, enum ruleset_kind kind,
                                            struct str name)
{
    char prefix[PREFIX_MAX + 1];
    const struct action_row *row = of_kind(words_find(words, WORD_ACTION, name), kind);
    for (size_t size = name.size < PREFIX_MAX ? name.size : PREFIX_MAX; size > 0 && !row; size--) {
        memcpy(prefix, name.data, size);
        prefix[size] = '*';
        row = of_kind(words_find(words, WORD_ACTION, str_make(prefix, size + 1)), kind);
    }
    return row;
}

static bool of_this_kind(const void *row, void *data)
{
    return (((const struct action_row *)row)->rulesets & *(const unsigned *)data) != 0;
}

/* "set-var(*" is shown as 'set-var(*)', "track-sc*" too. */
static void add_name(struct buf *out, struct str name)
{
    bool prefix = str_ends(name, STR("*"));
    if (prefix)
        name.size--;
    if (prefix && str_ends(name, STR("(")))
        name.size--;
    buf_printf(out, "%s'%.*s%s'", out->size ? ", " : "", STR_ARG(name), prefix ? "(*)" : "");
}

static bool unknown_action(struct cfg_line *line, enum ruleset_kind kind, const char *name)
{
    const struct words *words = line->reader->words;
    const struct dict *dict = &words->by_name[WORD_ACTION];
    struct buf list = BUF_INIT;
    unsigned bit = (unsigned)kind;
    const char *near = *name ? words_closest(words, WORD_ACTION, str_of(name), of_this_kind, &bit) : NULL;
    for (struct dict_entry *entry = dict_next(dict, NULL); entry; entry = dict_next(dict, entry)) {
        if (of_kind(entry->value, kind))
            add_name(&list, entry->key);
    }
    buf_add_char(&list, 0);
    cfg_error(line, "'%s' expects %s, but got '%s'%s.%s%s%s", facts_of(kind)->name,
              list.data ? list.data : "an action", name, *name ? "" : " (missing argument)",
              near ? " Did you mean '" : "", near ? near : "", near ? "' maybe ?" : "");
    buf_finish(&list);
    return false;
}

/* ---- reading ---- */

static bool grow(struct ruleset *set, unsigned more, struct arena *arena)
{
    if (set->count + more <= set->capacity)
        return true;
    unsigned capacity = set->capacity ? set->capacity * 2 : 8;
    while (capacity < set->count + more)
        capacity *= 2;
    struct rule **rules = arena_alloc(arena, capacity * sizeof(struct rule *));
    if (!rules)
        return false;
    if (set->count)
        memcpy(rules, set->rules, set->count * sizeof(struct rule *));
    set->rules = rules;
    set->capacity = capacity;
    return true;
}

static bool read_condition(struct rule *rule, struct cfg_line *line, unsigned at, const char *name,
                           struct acl_parser *acls, const struct acl *named)
{
    const char *kind = facts_of(rule->kind)->name, *word = cfg_word(line, at);
    if (at >= line->count)
        return true;
    if (strcmp(word, "if") != 0 && strcmp(word, "unless") != 0)
        return cfg_error(line,
                         "'%s %s' expects either 'if' or 'unless' followed by a condition but found '%s'.",
                         kind, name, word);
    acls->sample.place = rule->place;
    rule->condition = condition_parse(acls, named, line->words + at, line->count - at);
    if (!rule->condition)
        return cfg_error(line, "error detected while parsing an '%s %s' condition : %s.", kind, name,
                         acls->sample.error ? acls->sample.error : "out of memory");
    if (acls->warning)
        cfg_warn(line, "%s", acls->warning);
    return true;
}

bool ruleset_read(struct ruleset *set, enum ruleset_kind kind, struct cfg_line *line, unsigned at,
                  struct proxy *proxy, struct acl_parser *acls, const struct acl *named)
{
    struct arena *arena = line->reader->arena;
    const char *name = cfg_word(line, at);
    const struct action_row *row = find_action(line->reader->words, kind, str_of(name));
    if (!row)
        return unknown_action(line, kind, name);
    struct rule *rule = arena_zero(arena, sizeof(*rule));
    struct str own_name = arena_copy(arena, str_of(name));
    if (!rule || !own_name.data || !grow(set, 1, arena))
        return cfg_error(line, "out of memory");
    *rule = (struct rule){
        .row = row, .kind = kind, .place = facts_of(kind)->place, .proxy = proxy, .at = line->place
    };
    if (str_ends(str_of(row->name), STR("*")))
        rule->text = str_from(own_name, strlen(row->name) - 1);
    at++;
    if (row->parse && !row->parse(line, &at, rule))
        return false;
    if (!read_condition(rule, line, at, name, acls, named)) {
        if (row->finish)
            row->finish(rule);
        return false;
    }
    set->rules[set->count++] = rule;
    return true;
}

void ruleset_append(struct ruleset *set, const struct ruleset *more, struct arena *arena)
{
    if (!more->count)
        return;
    CHECK(set->shared == set->count && "shared rules stand in front");
    bool well = grow(set, more->count, arena);
    CHECK(well && "out of memory");
    memcpy(set->rules + set->count, more->rules, more->count * sizeof(struct rule *));
    set->count += more->count;
    set->shared = set->count;
}

void ruleset_finish(struct ruleset *set)
{
    for (unsigned i = set->shared; i < set->count; i++) {
        if (set->rules[i]->row->finish)
            set->rules[i]->row->finish(set->rules[i]);
    }
    *set = (struct ruleset){ 0 };
}

/* ---- running ---- */

void rule_cursor_start(struct rule_cursor *cursor, const struct ruleset *set)
{
    *cursor = (struct rule_cursor){ .set = set };
}

enum rule_result ruleset_run(struct rule_cursor *cursor, struct sample_context *context, struct rule **last)
{
    const struct ruleset *set = cursor->set;
    *last = NULL;
    for (; cursor->next < set->count; cursor->next++) {
        struct rule *rule = set->rules[cursor->next];
        if (!cursor->resuming) {
            enum acl_result holds = condition_eval(rule->condition, context);
            if (holds == ACL_MISS) { /* content rules begin anew with the bytes that will have come */
                if (rule->kind & (RULES_TCP_CONTENT | RULES_TCP_RESPONSE))
                    cursor->next = 0;
                return RULE_WAIT;
            }
            if (holds == ACL_FAIL)
                continue;
            rule->hits++;
            cursor->state = NULL;
        }
        enum rule_result result = rule->row->run(rule, context, cursor);
        cursor->resuming = result == RULE_WAIT;
        if (result == RULE_NEXT)
            continue;
        *last = rule;
        if (result != RULE_WAIT)
            cursor->next++;
        return result;
    }
    return RULE_NEXT;
}

void rule_cursor_abandon(struct rule_cursor *cursor, struct sample_context *context)
{
    if (!cursor->set || !cursor->resuming || cursor->next >= cursor->set->count)
        return;
    struct rule *rule = cursor->set->rules[cursor->next];
    cursor->resuming = false;
    if (rule->row->abandon)
        rule->row->abandon(rule, context, cursor);
    cursor->state = NULL;
}
