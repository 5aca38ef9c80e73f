/* track-sc0 to track-sc2: which entry a connection or a stream follows from here on, and what rules do to its general
 * purpose counters and tags (HAProxy manual 4.2 http-request track-sc0, sc-inc-gpc, sc-set-gpt). */
#include "actions/action_read.h"
#include "actions/actions.h"
#include "base/units.h"
#include "stream/stick_rules.h"
#include "stream/stream.h"
#include "table/stick_track.h"

/* ---- track-sc ---- */

struct track {
    unsigned counter;
    struct sample_expr *expr;
    struct sample_arg table; /* its name is resolved once all sections are known */
};

static bool read_counter(struct cfg_line *line, const struct rule *rule, unsigned *counter)
{
    int64_t number = 0;
    if (!units_parse_int(rule->text, 0, INT32_MAX, &number))
        return action_error(line, rule, "Wrong track-sc number '%.*s'", STR_ARG(rule->text));
    if (number >= STICK_COUNTERS)
        return action_error(line, rule, "%lld track-sc number exceeding %d (MAX_SESS_STKCTR-1) value",
                            (long long)number, STICK_COUNTERS - 1);
    *counter = (unsigned)number;
    return true;
}

static void resolve_later(struct cfg_line *line, const struct rule *rule, struct track *track)
{
    struct configuration *configuration = configuration_of(line);
    struct sample_unresolved *entry = action_alloc(line, sizeof(*entry));
    *entry = (struct sample_unresolved){
        .next = configuration->unresolved,
        .arg = &track->table,
        .type = "table",
        .proxy = rule->proxy,
        .place = line->place,
        .user = arena_need_copy(&configuration->arena,
                                str_of(cfg_word(line, rule->kind & RULES_TCP_ALL ? 2 : 1))),
    };
    configuration->unresolved = entry;
}

static bool read_track(struct cfg_line *line, unsigned *at, struct rule *rule)
{
    struct track *track = action_alloc(line, sizeof(*track));
    rule->own = track;
    if (!read_counter(line, rule, &track->counter))
        return false;
    track->expr = action_read_expr(line, rule, at);
    if (!track->expr)
        return false;
    track->table.kind = ARG_TABLE;
    track->table.text = STR("");
    if (strcmp(cfg_word(line, *at), "table") == 0) {
        const char *name = cfg_word(line, *at + 1);
        if (!name[0])
            return action_error(line, rule, "missing table name");
        track->table.text = action_copy(line, name);
        *at += 2;
    }
    resolve_later(line, rule, track);
    return true;
}

/* A rule of HTTP runs when the request was counted already, and one of the response when its status was. */
static void count_what_passed(const struct rule *rule, const struct sample_context *context,
                              struct stick_entry *entry)
{
    if (!(rule->kind & RULES_HTTP_ALL))
        return;
    stick_entry_add(entry, STICK_HTTP_REQ_CNT, 0, 1);
    stick_entry_add(entry, STICK_HTTP_REQ_RATE, 0, 1);
    int status = rule->kind & RULES_HTTP_REQUEST || !context->response ? 0 : context->response->status;
    if (stick_status_in(context->configuration->globals.error_codes, status)) {
        stick_entry_add(entry, STICK_HTTP_ERR_CNT, 0, 1);
        stick_entry_add(entry, STICK_HTTP_ERR_RATE, 0, 1);
    }
    if (stick_status_in(context->configuration->globals.failure_codes, status)) {
        stick_entry_add(entry, STICK_HTTP_FAIL_CNT, 0, 1);
        stick_entry_add(entry, STICK_HTTP_FAIL_RATE, 0, 1);
    }
}

/* The first rule of a counter wins; later ones find it taken. */
static enum rule_result track(struct rule *rule, struct sample_context *context, struct rule_cursor *cursor)
{
    const struct track *track = rule->own;
    struct stick_entry **slots = context->stream ? context->stream->tracked : context->session->tracked;
    struct arena_mark mark = arena_mark(context->scratch);
    struct sample value;
    struct stick_key key;
    (void)cursor;
    if (slots[track->counter])
        return RULE_NEXT;
    bool found = sample_eval(track->expr, context, &value);
    if (!found && context->may_change && !context->final)
        return RULE_WAIT;
    struct stick_entry *entry = NULL;
    if (found && stick_table_key(track->table.table, &value, context->scratch, &key))
        entry = stick_table_make(track->table.table, &key);
    if (entry) {
        stick_track(&slots[track->counter], entry);
        count_what_passed(rule, context, entry);
    }
    arena_rewind(context->scratch, mark);
    return RULE_NEXT;
}

/* ---- sc-inc-gpc, sc-add-gpc, sc-set-gpt ---- */

struct change {
    enum stick_data total, rate;
    unsigned index, counter;
    struct sample_expr *expr; /* of the amount; NULL: `amount` */
    int64_t amount;
};

/* "(1,0)" behind the word: the array's element and the counter; "(0)" for the words with a fixed element. */
static bool read_numbers(struct cfg_line *line, unsigned at, struct rule *rule, bool has_index,
                         const char *what, struct change *change)
{
    const char *word = cfg_word(line, at - 1);
    struct str name = str_slice(str_of(word), 0, strlen(word) - rule->text.size), rest = rule->text;
    int64_t index = 0, counter = 0;
    if (!rest.size) /* as HAProxy: the first counter */
        return !has_index || action_error(line, rule, "missing arguments. Expects %.*s(<%s ID>,<Track ID>)",
                                          STR_ARG(name), what);
    if (!str_starts(rest, STR("(")) || !str_ends(rest, STR(")")))
        return action_error(line, rule, "invalid stick table track ID. Expects %.*s(<Track ID>)",
                            STR_ARG(name));
    rest = str_slice(rest, 1, rest.size - 2);
    struct str first = str_split(&rest, ',');
    if (has_index && !rest.data)
        return action_error(line, rule, "Missing %s ID '%s'. Expects %.*s(<%s ID>,<Track ID>)", what, word,
                            STR_ARG(name), what);
    if (has_index && !units_parse_int(first, 0, UINT32_MAX, &index))
        return action_error(line, rule, "Invalid %s ID '%.*s'. Expects %.*s(<%s ID>,<Track ID>)", what,
                            STR_ARG(first), STR_ARG(name), what);
    if (!units_parse_int(has_index ? rest : first, 0, INT32_MAX, &counter))
        return action_error(line, rule, "invalid stick table track ID. Expects %.*s(<Track ID>)",
                            STR_ARG(name));
    if (counter >= STICK_COUNTERS)
        return action_error(line, rule, "invalid stick table track ID. The max allowed ID is %d",
                            STICK_COUNTERS - 1);
    change->index = (unsigned)index;
    change->counter = (unsigned)counter;
    return true;
}

static struct change *new_change(struct cfg_line *line, struct rule *rule, enum stick_data total,
                                 enum stick_data rate)
{
    struct change *change = action_alloc(line, sizeof(*change));
    *change = (struct change){ .total = total, .rate = rate, .amount = 1 };
    rule->own = change;
    return change;
}

/* A number, or an expression that gives one. */
static bool read_amount(struct cfg_line *line, unsigned *at, struct rule *rule, struct change *change)
{
    if (action_ends_at(line, *at))
        return action_error(line, rule, "invalid argument '%s'. Expects a number or an expression",
                            cfg_word(line, *at));
    if (units_parse_int(str_of(cfg_word(line, *at)), 0, UINT32_MAX, &change->amount)) {
        ++*at;
        return true;
    }
    change->expr = action_read_expr(line, rule, at);
    if (change->expr && !sample_can_cast(change->expr->out, SAMPLE_SINT))
        return action_error(line, rule, "fetch method '%.*s' cannot be cast to an integer",
                            STR_ARG(change->expr->text));
    return change->expr != NULL;
}

static bool read_inc_gpc(struct cfg_line *line, unsigned *at, struct rule *rule)
{
    return read_numbers(line, *at, rule, true, "GPC", new_change(line, rule, STICK_GPC, STICK_GPC_RATE));
}

static bool read_inc_gpc0(struct cfg_line *line, unsigned *at, struct rule *rule)
{
    return read_numbers(line, *at, rule, false, "GPC", new_change(line, rule, STICK_GPC0, STICK_GPC0_RATE));
}

static bool read_inc_gpc1(struct cfg_line *line, unsigned *at, struct rule *rule)
{
    return read_numbers(line, *at, rule, false, "GPC", new_change(line, rule, STICK_GPC1, STICK_GPC1_RATE));
}

static bool read_add_gpc(struct cfg_line *line, unsigned *at, struct rule *rule)
{
    struct change *change = new_change(line, rule, STICK_GPC, STICK_GPC_RATE);
    return read_numbers(line, *at, rule, true, "GPC", change) && read_amount(line, at, rule, change);
}

static bool read_set_gpt(struct cfg_line *line, unsigned *at, struct rule *rule)
{
    struct change *change = new_change(line, rule, STICK_GPT, STICK_GPT);
    return read_numbers(line, *at, rule, true, "GPT", change) && read_amount(line, at, rule, change);
}

static bool read_set_gpt0(struct cfg_line *line, unsigned *at, struct rule *rule)
{
    struct change *change = new_change(line, rule, STICK_GPT0, STICK_GPT0);
    return read_numbers(line, *at, rule, false, "GPT", change) && read_amount(line, at, rule, change);
}

static struct stick_entry *followed(const struct sample_context *context, unsigned counter)
{
    struct stick_entry *entry = context->stream ? context->stream->tracked[counter] : NULL;
    return entry || !context->session ? entry : context->session->tracked[counter];
}

static bool amount_of(const struct change *change, struct sample_context *context, int64_t *out)
{
    struct arena_mark mark = arena_mark(context->scratch);
    struct sample value;
    *out = change->amount;
    if (!change->expr)
        return true;
    bool found = sample_eval_as(change->expr, context, SAMPLE_SINT, &value);
    if (found)
        *out = value.u.integer;
    arena_rewind(context->scratch, mark);
    return found;
}

static enum rule_result add_gpc(struct rule *rule, struct sample_context *context, struct rule_cursor *cursor)
{
    const struct change *change = rule->own;
    struct stick_entry *entry = followed(context, change->counter);
    int64_t amount;
    (void)cursor;
    if (!entry || !amount_of(change, context, &amount))
        return RULE_NEXT;
    stick_entry_add(entry, change->rate, change->index, amount);
    stick_entry_add(entry, change->total, change->index, amount);
    stick_entry_touch(entry);
    return RULE_NEXT;
}

static enum rule_result set_gpt(struct rule *rule, struct sample_context *context, struct rule_cursor *cursor)
{
    const struct change *change = rule->own;
    struct stick_entry *entry = followed(context, change->counter);
    int64_t value;
    (void)cursor;
    if (!entry || !amount_of(change, context, &value))
        return RULE_NEXT;
    stick_entry_set(entry, change->total, change->index, (uint64_t)value);
    stick_entry_touch(entry);
    return RULE_NEXT;
}

#define REQUEST (RULES_TCP_CONNECTION | RULES_TCP_SESSION | RULES_TCP_CONTENT | RULES_HTTP_REQUEST)
#define ALL     (RULES_TCP_ALL | RULES_HTTP_ALL)

/* clang-format off */
const struct action_row action_track_rows[] = {
    /* name          rulesets                       read           run */
    { "sc-add-gpc*",  ALL,                           read_add_gpc,  add_gpc, NULL, NULL, NULL, NULL },
    { "sc-inc-gpc*",  ALL,                           read_inc_gpc,  add_gpc, NULL, NULL, NULL, NULL },
    { "sc-inc-gpc0*", ALL,                           read_inc_gpc0, add_gpc, NULL, NULL, NULL, NULL },
    { "sc-inc-gpc1*", ALL,                           read_inc_gpc1, add_gpc, NULL, NULL, NULL, NULL },
    { "sc-set-gpt*",  ALL,                           read_set_gpt,  set_gpt, NULL, NULL, NULL, NULL },
    { "sc-set-gpt0*", ALL,                           read_set_gpt0, set_gpt, NULL, NULL, NULL, NULL },
    { "track-sc*",    REQUEST | RULES_HTTP_RESPONSE, read_track,    track,   NULL, NULL, NULL, NULL },
    { 0 },
};
/* clang-format on */
