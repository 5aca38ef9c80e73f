/* Rulesets: order, waiting and resuming, what ends them. */
#include "base/test.h"
#include "rules/ruleset.h"

/* ---- actions that write down that they ran ---- */

static struct buf ran, said;
static unsigned finished, abandoned;
static bool still_waiting;

static bool parse_word(struct cfg_line *line, unsigned *at, struct rule *rule)
{
    const char *word = cfg_word(line, *at);
    if (!*word)
        return cfg_error(line, "'%s' wants a word", line->words[*at - 1]);
    rule->own = arena_need_copy(line->reader->arena, str_of(word));
    ++*at;
    return true;
}

static bool parse_prefix(struct cfg_line *line, unsigned *at, struct rule *rule)
{
    (void)line;
    (void)at;
    rule->own = arena_need_copy(line->reader->arena, rule->text);
    return true;
}

static enum rule_result run_note(struct rule *rule, struct sample_context *context,
                                 struct rule_cursor *cursor)
{
    (void)context;
    EXPECT(!cursor->resuming && !cursor->state);
    buf_add_c(&ran, rule->own);
    return RULE_NEXT;
}

static enum rule_result run_stop(struct rule *rule, struct sample_context *context,
                                 struct rule_cursor *cursor)
{
    (void)context;
    (void)rule;
    (void)cursor;
    return RULE_STOP;
}

static enum rule_result run_wait(struct rule *rule, struct sample_context *context,
                                 struct rule_cursor *cursor)
{
    (void)context;
    (void)rule;
    EXPECT(cursor->resuming == (cursor->state != NULL));
    buf_add_c(&ran, cursor->state ? "r" : "w");
    cursor->state = still_waiting ? &still_waiting : NULL;
    return still_waiting ? RULE_WAIT : RULE_NEXT;
}

static void finish_one(struct rule *rule)
{
    (void)rule;
    finished++;
}

static void abandon_one(struct rule *rule, struct sample_context *context, struct rule_cursor *cursor)
{
    (void)rule;
    (void)context;
    abandoned += cursor->state != NULL;
}

static const struct action_row actions[] = {
    { "note", RULES_HTTP_REQUEST | RULES_TCP_CONTENT, parse_word, run_note, finish_one, NULL, NULL, NULL },
    { "note", RULES_HTTP_RESPONSE, NULL, run_stop, NULL, NULL, NULL, NULL },
    { "stop", RULES_HTTP_REQUEST, NULL, run_stop, NULL, NULL, NULL, NULL },
    { "wait", RULES_HTTP_REQUEST, NULL, run_wait, NULL, abandon_one, NULL, NULL },
    { "set-var(*", RULES_HTTP_REQUEST, parse_prefix, run_note, NULL, NULL, NULL, NULL },
    { "sc-*", RULES_HTTP_REQUEST, parse_prefix, run_note, NULL, NULL, NULL, NULL },
    { "sc-special", RULES_HTTP_REQUEST, NULL, run_stop, NULL, NULL, NULL, NULL },
    { 0 },
};

static enum acl_result fact;

static bool fetch_fact(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    (void)args;
    context->may_change = fact == ACL_MISS;
    *out = sample_bool(fact == ACL_PASS);
    return fact != ACL_MISS;
}

static const struct fetch_row fetches[] = {
    { "fact", fetch_fact, "", SAMPLE_BOOL, AT_ANYWHERE, NULL, NULL },
    { "late", fetch_fact, "", SAMPLE_BOOL, AT_LOG, NULL, NULL },
};

/* ---- a reader ---- */

static struct words words;
static struct arena arena, scratch;
static struct pattern_set *patterns;
static struct diag diag;
static struct cfg_reader reader;

static void sink(void *data, enum diag_level level, struct str message)
{
    (void)data;
    buf_printf(&said, "%c%.*s\n", "NWA"[level], STR_ARG(message));
}

static void begin(void)
{
    words_init(&words);
    arena_init(&arena, 8192);
    arena_init(&scratch, 1024);
    patterns = pattern_set_create();
    diag = (struct diag){ .sink = sink };
    cfg_reader_init(&reader, &words, NULL, &diag, &arena, NULL, NULL);
    for (const struct action_row *row = actions; row->name; row++)
        EXPECT(words_add(&words, WORD_ACTION, row->name, row));
    for (size_t i = 0; i < COUNT_OF(fetches); i++)
        EXPECT(words_add(&words, WORD_FETCH, fetches[i].name, &fetches[i]));
    finished = abandoned = 0;
    still_waiting = false;
    fact = ACL_PASS;
}

static void finish(void)
{
    cfg_reader_finish(&reader);
    pattern_set_destroy(patterns);
    arena_finish(&scratch);
    arena_finish(&arena);
    words_finish(&words);
    buf_finish(&ran);
    buf_finish(&said);
}

static bool read_line(struct ruleset *set, enum ruleset_kind kind, const char *text)
{
    const char *list[20];
    struct cfg_line line = { .reader = &reader, .place = { "f.cfg", 5 }, .words = list };
    struct acl_parser acls = { .sample = { .words = &words, .arena = &arena }, .set = patterns };
    for (struct str rest = str_of(text); rest.data;)
        list[line.count++] = arena_need_copy(&arena, str_split(&rest, ' '));
    buf_reset(&said);
    return ruleset_read(set, kind, &line, 1, NULL, &acls, NULL);
}

static enum rule_result run(struct rule_cursor *cursor, struct rule **last)
{
    struct sample_context context = { .scratch = &scratch };
    return ruleset_run(cursor, &context, last);
}

/* ---- tests ---- */

static void rules_run_in_order(void)
{
    struct ruleset set = { 0 };
    struct rule_cursor cursor;
    struct rule *last = NULL;
    begin();
    EXPECT(read_line(&set, RULES_HTTP_REQUEST, "http-request note a"));
    EXPECT(read_line(&set, RULES_HTTP_REQUEST, "http-request note b unless { fact }"));
    EXPECT(read_line(&set, RULES_HTTP_REQUEST, "http-request note c if { fact }"));
    EXPECT(read_line(&set, RULES_HTTP_REQUEST, "http-request set-var(txn.x)"));
    EXPECT(read_line(&set, RULES_HTTP_REQUEST, "http-request sc-zero"));
    EXPECT(read_line(&set, RULES_HTTP_REQUEST, "http-request sc-special"));
    EXPECT(read_line(&set, RULES_HTTP_REQUEST, "http-request note never"));
    EXPECT_INT(set.rules[0]->place, AT_REQUEST_HEAD);
    EXPECT_INT(set.rules[0]->at.line, 5);
    rule_cursor_start(&cursor, &set);
    EXPECT_INT(run(&cursor, &last), RULE_STOP);
    EXPECT(last == set.rules[5]);
    EXPECT_VIEW(buf_str(&ran), STR("actxn.x)zero"));
    EXPECT_INT(cursor.next, 6);
    EXPECT_INT(run(&cursor, &last), RULE_NEXT); /* from behind the rule that ended it */
    EXPECT(!last);
    EXPECT_INT(set.rules[0]->hits, 1);
    EXPECT_INT(set.rules[1]->hits, 0);
    ruleset_finish(&set);
    EXPECT_INT(finished, 4);
    finish();
}

static void an_action_waits_and_resumes(void)
{
    struct ruleset set = { 0 };
    struct rule_cursor cursor;
    struct rule *last = NULL;
    struct sample_context context = { .scratch = &scratch };
    begin();
    EXPECT(read_line(&set, RULES_HTTP_REQUEST, "http-request wait if { fact }"));
    EXPECT(read_line(&set, RULES_HTTP_REQUEST, "http-request note x"));
    still_waiting = true;
    rule_cursor_start(&cursor, &set);
    EXPECT_INT(run(&cursor, &last), RULE_WAIT);
    EXPECT(last == set.rules[0]);
    fact = ACL_FAIL; /* the condition of a waiting rule is not looked at again */
    EXPECT_INT(run(&cursor, &last), RULE_WAIT);
    rule_cursor_abandon(&cursor, &context);
    EXPECT_INT(abandoned, 1);
    rule_cursor_abandon(&cursor, &context);
    EXPECT_INT(abandoned, 1);
    fact = ACL_PASS;
    rule_cursor_start(&cursor, &set);
    EXPECT_INT(run(&cursor, &last), RULE_WAIT);
    still_waiting = false;
    EXPECT_INT(run(&cursor, &last), RULE_NEXT);
    EXPECT_VIEW(buf_str(&ran), STR("wrwrx"));
    ruleset_finish(&set);
    finish();
}

static void an_open_condition_holds_up_the_rest(void)
{
    struct ruleset set = { 0 };
    struct rule_cursor cursor;
    struct rule *last = NULL;
    struct sample_context context = { .scratch = &scratch };
    begin();
    EXPECT(read_line(&set, RULES_HTTP_REQUEST, "http-request note a if { fact }"));
    EXPECT(read_line(&set, RULES_HTTP_REQUEST, "http-request note b"));
    fact = ACL_MISS;
    rule_cursor_start(&cursor, &set);
    EXPECT_INT(run(&cursor, &last), RULE_WAIT);
    EXPECT(!last && !cursor.resuming);
    rule_cursor_abandon(&cursor, &context); /* no action waits */
    EXPECT_INT(run(&cursor, &last), RULE_WAIT);
    fact = ACL_PASS;
    EXPECT_INT(run(&cursor, &last), RULE_NEXT);
    EXPECT_VIEW(buf_str(&ran), STR("ab"));
    ruleset_finish(&set);
    finish();
}

static void shared_rules_end_once(void)
{
    struct ruleset defaults = { 0 }, set = { 0 };
    struct rule_cursor cursor;
    struct rule *last = NULL;
    begin();
    EXPECT(read_line(&defaults, RULES_TCP_CONTENT, "content note d"));
    ruleset_append(&set, &defaults, &arena);
    EXPECT(read_line(&set, RULES_TCP_CONTENT, "content note s"));
    rule_cursor_start(&cursor, &set);
    EXPECT_INT(run(&cursor, &last), RULE_NEXT);
    EXPECT_VIEW(buf_str(&ran), STR("ds"));
    EXPECT_INT(defaults.count, 1);
    ruleset_finish(&set);
    EXPECT_INT(finished, 1);
    ruleset_finish(&defaults);
    EXPECT_INT(finished, 2);
    finish();
}

static void mistakes_are_told_as_by_haproxy(void)
{
    static const struct {
        enum ruleset_kind kind;
        const char *line, *message;
    } rows[] = {
        { RULES_HTTP_REQUEST, "http-request nota x",
          "Aconfig : parsing [f.cfg:5] : 'http-request' expects 'note', 'stop', 'wait', 'set-var(*)', "
          "'sc-(*)', "
          "'sc-special', but got 'nota'. Did you mean 'note' maybe ?\n" },
        { RULES_HTTP_RESPONSE, "http-response zzzzz",
          "Aconfig : parsing [f.cfg:5] : 'http-response' expects 'note', but got 'zzzzz'.\n" },
        { RULES_TCP_CONTENT, "content",
          "Aconfig : parsing [f.cfg:5] : 'tcp-request content' expects 'note', but got '' (missing "
          "argument).\n" },
        { RULES_HTTP_REQUEST, "http-request note", "Aconfig : parsing [f.cfg:5] : 'note' wants a word\n" },
        { RULES_HTTP_REQUEST, "http-request stop foo",
          "Aconfig : parsing [f.cfg:5] : 'http-request stop' expects either 'if' or 'unless' followed by a "
          "condition but "
          "found 'foo'.\n" },
        { RULES_HTTP_REQUEST, "http-request note x if nope",
          "Aconfig : parsing [f.cfg:5] : error detected while parsing an 'http-request note' condition : no "
          "such ACL : "
          "'nope'.\n" },
    };
    struct ruleset set = { 0 };
    begin();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        test_case(rows[i].line);
        EXPECT(!read_line(&set, rows[i].kind, rows[i].line));
        EXPECT_VIEW(buf_str(&said), str_of(rows[i].message));
    }
    test_case(NULL);
    EXPECT_INT(set.count, 0);
    EXPECT_INT(finished, 1); /* what the last one's action made is given back */
    EXPECT(read_line(&set, RULES_HTTP_REQUEST, "http-request stop if { late }"));
    EXPECT_VIEW(buf_str(&said),
                STR("Wconfig : parsing [f.cfg:5] : anonymous acl will never match because it uses keyword "
                    "'late' which is incompatible with 'http-request header rule'\n"));
    EXPECT(read_line(&set, RULES_HTTP_RESPONSE, "http-response note"));
    EXPECT_INT(set.rules[1]->place, AT_RESPONSE_HEAD);
    ruleset_finish(&set);
    finish();
}

const struct test_row tests[] = {
    { "rules run in order, by their conditions", rules_run_in_order },
    { "an action waits and resumes", an_action_waits_and_resumes },
    { "a condition that is still open holds up the rest", an_open_condition_holds_up_the_rest },
    { "rules of a defaults section end once", shared_rules_end_once },
    { "mistakes are told as by HAProxy", mistakes_are_told_as_by_haproxy },
    { 0 },
};
