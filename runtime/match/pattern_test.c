/* Patterns by match method, with and without an index. */
#include "base/rng.h"
#include "base/test.h"
#include "match/pattern.h"

static struct arena arena;

static struct sample as(enum match_method method, const char *text)
{
    struct sample sample = sample_text(str_of(text));
    EXPECT(sample_cast(&sample, match_rows[method].in, &arena));
    return sample;
}

/* The key of the pattern that matches, of a list written with '|' between; NULL: none. */
static const char *first_match(enum match_method method, bool ignore_case, const char *list,
                               const char *subject)
{
    static char key[200]; /* a test's own */
    struct pattern_options options = { .method = method,
                                       .ignore_case = ignore_case,
                                       .value_type = SAMPLE_STR };
    struct pattern_expr *expr = pattern_expr_create(&options);
    struct sample sample = as(method, subject);
    struct pattern_match match;
    const char *error = NULL;
    for (struct str rest = str_of(list); rest.data;) {
        struct str one = str_split(&rest, '|');
        if (!EXPECT(pattern_expr_add(expr, one, STR("v"), &arena, &error)))
            EXPECT_STR(str_of(error), "");
    }
    bool found = pattern_match(expr, &sample, &arena, &match);
    EXPECT_INT(pattern_match(expr, &sample, &arena, NULL), found);
    if (found)
        str_to_c(match.key, key, sizeof(key));
    pattern_expr_destroy(expr);
    return found ? key : NULL;
}

struct match_case {
    enum match_method method;
    bool ignore_case;
    const char *list, *subject, *key;
};

static const struct match_case match_cases[] = {
    { MATCH_STR, false, "a|b", "b", "b" },
    { MATCH_STR, false, "a|b", "B", NULL },
    { MATCH_STR, true, "a|B|b", "b", "B" },
    { MATCH_STR, true, "GrEEn", "gReeN", "GrEEn" },
    { MATCH_STR, false, "", "", "" },
    { MATCH_KEY, false, "a b", "a b", "a b" },
    { MATCH_BEG, false, "/a|/a/b|/", "/a/bc", "/a/b" },
    { MATCH_BEG, false, "/x", "/a", NULL },
    { MATCH_BEG, true, "/A/", "/a/b", "/A/" },
    { MATCH_BEG, false, "|a", "b", "" },
    { MATCH_END, false, "c|bc|.html", "abc", "c" },
    { MATCH_END, false, "bc|c", "abc", "bc" },
    { MATCH_END, true, ".HTML", "x.html", ".HTML" },
    { MATCH_END, false, "abcd", "bcd", NULL },
    { MATCH_SUB, false, "zz|b", "abc", "b" },
    { MATCH_SUB, true, "B", "abc", "B" },
    { MATCH_SUB, false, "bd", "abc", NULL },
    { MATCH_DIR, false, "a", "/x/a/y", "a" },
    { MATCH_DIR, false, "/a/", "/x/a?y", "/a/" },
    { MATCH_DIR, false, "a/b", "/x/a/b", "a/b" },
    { MATCH_DIR, false, "a", "/x/ab/y", NULL },
    { MATCH_DIR, false, "a", "/x/ba/a", "a" },
    { MATCH_DOM, false, "example.com", "www.example.com", "example.com" },
    { MATCH_DOM, false, ".www.", "www.example.com:80", ".www." },
    { MATCH_DOM, false, "com", "www.example.com:80", "com" },
    { MATCH_DOM, false, "xample", "www.example.com", NULL },
    { MATCH_DOM, true, "WWW", "http://www.x", "WWW" },
    { MATCH_REG, false, "^x|^a.c$", "abc", "^a.c$" },
    { MATCH_REG, true, "^A", "abc", "^A" },
    { MATCH_REG, false, "^A", "abc", NULL },
    { MATCH_INT, false, "5", "5", "5" },
    { MATCH_INT, false, "1:4|6:", "5", NULL },
    { MATCH_INT, false, "1:4|6:", "4", "1:4" },
    { MATCH_INT, false, "1-4", "2", "1-4" },
    { MATCH_INT, false, "6:", "100", "6:" },
    { MATCH_INT, false, ":6", "-100", ":6" },
    { MATCH_INT, false, "-5", "-9", "-5" }, /* all up to 5: the sign is a separator */
    { MATCH_LEN, false, "3", "abc", "3" },
    { MATCH_LEN, false, "4:", "abc", NULL },
    { MATCH_IP, false, "10.0.0.0/8|10.1.0.0/16", "10.1.2.3", "10.1.0.0/16" },
    { MATCH_IP, false, "10.0.0.0/8|10.1.0.0/16", "10.2.2.3", "10.0.0.0/8" },
    { MATCH_IP, false, "10.0.0.1", "10.0.0.2", NULL },
    { MATCH_IP, false, "10.0.0.0/255.0.0.0", "10.9.9.9", "10.0.0.0/255.0.0.0" },
    { MATCH_IP, false, "10.0.7.0/255.0.255.0", "10.9.7.9", "10.0.7.0/255.0.255.0" },
    { MATCH_IP, false, "10.0.7.0/255.0.255.0", "10.9.8.9", NULL },
    { MATCH_IP, false, "10.1/16", "10.0.5.5", "10.1/16" }, /* 10.1 is 10.0.0.1 */
    { MATCH_IP, false, "2001:db8::/32", "2001:db8::1", "2001:db8::/32" },
    { MATCH_IP, false, "::ffff:10.0.0.0/104", "10.1.2.3", "::ffff:10.0.0.0/104" },
    { MATCH_IP, false, "10.0.0.0/8", "::ffff:10.1.2.3", "10.0.0.0/8" },
    { MATCH_IP, false, "10.0.0.0/8", "2001:db8::1", NULL },
    { MATCH_IP, false, "0.0.0.0/0", "1.2.3.4", "0.0.0.0/0" },
    { MATCH_IP, false, "0.0.0.0/0", "2001::1", NULL },
    { MATCH_BIN, false, "6162|00FF", "ab", "6162" },
};

static void each_method_matches(void)
{
    arena_init(&arena, 4096);
    for (size_t i = 0; i < COUNT_OF(match_cases); i++) {
        const struct match_case *one = &match_cases[i];
        test_case(one->list);
        const char *key = first_match(one->method, one->ignore_case, one->list, one->subject);
        EXPECT((key != NULL) == (one->key != NULL));
        if (key && one->key)
            EXPECT_STR(str_of(key), one->key);
    }
    test_case(NULL);
    arena_finish(&arena);
}

static void bad_patterns_are_told(void)
{
    static const struct {
        enum match_method method;
        const char *text, *error;
    } rows[] = {
        { MATCH_INT, "x", "'x' is not a number" },
        { MATCH_INT, "5:3", "'5:3' is not a valid number range" },
        { MATCH_INT, ":", "':' is not a valid number range" },
        { MATCH_INT, "1:x", "'1:x' is not a valid number range" },
        { MATCH_INT, "", "'' is not a valid number range" },
        { MATCH_IP, "abc", "'abc' is not a valid IPv4 or IPv6 address" },
        { MATCH_IP, "1.2.3.4/33", "'1.2.3.4/33' is not a valid IPv4 or IPv6 address" },
        { MATCH_IP, "300.1", "'300.1' is not a valid IPv4 or IPv6 address" },
        { MATCH_IP, "1.2.3.4.5", "'1.2.3.4.5' is not a valid IPv4 or IPv6 address" },
        { MATCH_IP, "::1/129", "'::1/129' is not a valid IPv4 or IPv6 address" },
        { MATCH_IP, "1.2.3.4/", "'1.2.3.4/' is not a valid IPv4 or IPv6 address" },
        { MATCH_BIN, "6", "an even number of hex digit is expected in '6'" },
        { MATCH_BIN, "6x", "an hex digit is expected in '6x'" },
        { MATCH_REG, "(", "regex '(' is invalid (error=missing closing parenthesis, erroffset=1)" },
    };
    arena_init(&arena, 4096);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct pattern_options options = { .method = rows[i].method };
        struct pattern_expr *expr = pattern_expr_create(&options);
        const char *error = NULL;
        test_case(rows[i].text);
        EXPECT(!pattern_expr_add(expr, str_of(rows[i].text), STR_NONE, &arena, &error));
        EXPECT_STR(str_of(error), rows[i].error);
        pattern_expr_destroy(expr);
    }
    test_case(NULL);
    arena_finish(&arena);
}

static void groups_of_a_match(void)
{
    struct pattern_options options = { .method = MATCH_REGM, .value_type = SAMPLE_STR };
    struct pattern_match match;
    const char *error = NULL;
    arena_init(&arena, 4096);
    struct pattern_expr *expr = pattern_expr_create(&options);
    EXPECT(pattern_expr_add(expr, STR("(b)(c)?"), STR("\\1"), &arena, &error));
    struct sample sample = sample_text(STR("abd"));
    EXPECT(pattern_match(expr, &sample, &arena, &match));
    EXPECT_INT(match.group_count, 2);
    EXPECT_INT(match.groups[1][0], 1);
    EXPECT_STR(match.value, "\\1");
    pattern_expr_destroy(expr);
    arena_finish(&arena);
}

/* ---- references ---- */

static struct pattern_set *set;

static struct pattern_ref *load(const char *name, bool is_map, const char *text)
{
    const char *error = NULL;
    struct pattern_ref *ref = pattern_ref_add(set, str_of(name), is_map);
    EXPECT(ref && pattern_ref_load(ref, str_of(text), name, &arena, &error));
    return ref;
}

static struct pattern_expr *index_of(struct pattern_ref *ref, enum match_method method,
                                     enum sample_type values)
{
    struct pattern_options options = { .method = method, .value_type = values };
    const char *error = NULL;
    struct pattern_expr *expr = pattern_ref_index(ref, &options, &arena, &error);
    if (!EXPECT(expr != NULL))
        EXPECT_STR(str_of(error), "");
    return expr;
}

static void expect_value(const struct pattern_expr *expr, enum match_method method, const char *subject,
                         const char *value)
{
    struct sample sample = as(method, subject);
    struct pattern_match match;
    bool found = pattern_match(expr, &sample, &arena, &match);
    test_case(subject);
    EXPECT(found == (value != NULL));
    if (found && value)
        EXPECT_STR(match.value, value);
    test_case(NULL);
}

static void begin(void)
{
    arena_init(&arena, 4096);
    set = pattern_set_create();
}

static void finish(void)
{
    pattern_set_destroy(set);
    arena_finish(&arena);
}

static void files_are_read(void)
{
    begin();
    struct pattern_ref *list = load("list", false, "# comment\na b\n\n  lead \r\n#x\nlast");
    const struct pattern_entry *entry = pattern_ref_next(list, NULL);
    EXPECT_STR(pattern_entry_key(entry), "a b");
    entry = pattern_ref_next(list, entry);
    EXPECT_STR(pattern_entry_key(entry), "lead "); /* blanks behind a pattern are its own */
    entry = pattern_ref_next(list, entry);
    EXPECT_STR(pattern_entry_key(entry), "last");
    EXPECT(!pattern_ref_next(list, entry));
    struct pattern_ref *map = load("map", true, "k1 v1\n k2\t v 2 \nk3\n");
    EXPECT_STR(pattern_entry_value(pattern_ref_find(map, STR("k2"))), "v 2");
    EXPECT_STR(pattern_entry_value(pattern_ref_find(map, STR("k3"))), "");
    EXPECT(!pattern_ref_find(map, STR("v1")));
    EXPECT(pattern_ref_is_map(map) && !pattern_ref_is_map(list));
    EXPECT(pattern_ref_get(set, STR("map")) == map && !pattern_ref_get(set, STR("other")));
    finish();
}

static void wrong_lines_are_named(void)
{
    struct pattern_options options = { .method = MATCH_IP };
    const char *error = NULL;
    begin();
    struct pattern_ref *ref = load("ips", false, "1.1.1.1\n# no\nbad\n2.2.2.2\n");
    EXPECT(!pattern_ref_index(ref, &options, &arena, &error));
    EXPECT_STR(str_of(error), "'bad' is not a valid IPv4 or IPv6 address at line 3 of file 'ips'");
    options = (struct pattern_options){ .method = MATCH_STR, .value_type = SAMPLE_SINT };
    EXPECT(!pattern_ref_index(ref, &options, &arena, &error));
    expect_value(index_of(ref, MATCH_STR, SAMPLE_STR), MATCH_STR, "bad", "");
    finish();
}

static void changes_reach_every_index(void)
{
    const char *error = NULL;
    begin();
    struct pattern_ref *ref = load("map", true, "10.0.0.0/8 1\n10.1.0.0/16 2\n10.0.0.0/8 3\n");
    struct pattern_expr *by_ip = index_of(ref, MATCH_IP, SAMPLE_STR),
                        *by_text = index_of(ref, MATCH_STR, SAMPLE_STR);
    EXPECT(index_of(ref, MATCH_IP, SAMPLE_STR) == by_ip);
    expect_value(by_ip, MATCH_IP, "10.2.0.1", "1");
    EXPECT_INT(pattern_ref_set(ref, STR("10.0.0.0/8"), STR("x")), 2);
    expect_value(by_ip, MATCH_IP, "10.2.0.1", "x");
    expect_value(by_text, MATCH_STR, "10.0.0.0/8", "x");
    EXPECT(pattern_ref_append(ref, STR("11.0.0.1"), STR("new"), &arena, &error));
    expect_value(by_ip, MATCH_IP, "11.0.0.1", "new");
    EXPECT(!pattern_ref_append(ref, STR("nothing"), STR("new"), &arena, &error));
    expect_value(by_text, MATCH_STR, "nothing", NULL);
    EXPECT_INT(pattern_ref_remove(ref, STR("10.0.0.0/8")), 2);
    expect_value(by_ip, MATCH_IP, "10.2.0.1", NULL);
    expect_value(by_ip, MATCH_IP, "10.1.0.1", "2");
    EXPECT_INT(pattern_ref_remove(ref, STR("10.0.0.0/8")), 0);
    const struct pattern_entry *first = pattern_ref_next(ref, NULL);
    EXPECT(pattern_ref_remove_id(ref, first->id));
    EXPECT(!pattern_ref_remove_id(ref, 12345));
    expect_value(by_text, MATCH_STR, "10.1.0.0/16", NULL);
    pattern_ref_clear(ref);
    EXPECT(!pattern_ref_next(ref, NULL));
    expect_value(by_ip, MATCH_IP, "11.0.0.1", NULL);
    EXPECT(pattern_ref_append(ref, STR("11.0.0.1"), STR("again"), &arena, &error));
    expect_value(by_ip, MATCH_IP, "11.0.0.1", "again");
    finish();
}

static void the_first_of_equal_keys_counts(void)
{
    begin();
    struct pattern_ref *ref = load("map", true, "a 1\nb 2\na 3\n10.0.0.0/8 4\n10.9.9.9/8 5\n");
    struct pattern_expr *by_text = index_of(ref, MATCH_STR, SAMPLE_STR),
                        *by_begin = index_of(ref, MATCH_BEG, SAMPLE_STR);
    expect_value(by_text, MATCH_STR, "a", "1");
    EXPECT(pattern_ref_remove_id(ref, 1));
    expect_value(by_text, MATCH_STR, "a", "3");
    expect_value(by_begin, MATCH_BEG, "abc", "3");
    finish();
    begin();
    ref = load("map", true, "10.0.0.0/8 4\n10.9.9.9/8 5\n");
    struct pattern_expr *by_ip = index_of(ref, MATCH_IP, SAMPLE_STR);
    expect_value(by_ip, MATCH_IP, "10.3.3.3", "4");
    EXPECT_INT(pattern_ref_remove(ref, STR("10.0.0.0/8")), 1);
    expect_value(by_ip, MATCH_IP, "10.3.3.3", "5");
    EXPECT_INT(pattern_ref_remove(ref, STR("10.9.9.9/8")), 1);
    expect_value(by_ip, MATCH_IP, "10.3.3.3", NULL);
    finish();
}

static void values_have_types(void)
{
    struct pattern_match match;
    begin();
    struct pattern_ref *ref = load("map", true, "a 10\nb -2\n");
    struct pattern_expr *numbers = index_of(ref, MATCH_STR, SAMPLE_SINT);
    struct sample sample = sample_text(STR("b"));
    EXPECT(pattern_match(numbers, &sample, &arena, &match));
    EXPECT_INT(match.sample.u.integer, -2);
    EXPECT_INT(pattern_ref_set(ref, STR("b"), STR("text")), 0); /* no number: nothing is changed */
    EXPECT_INT(pattern_ref_set(ref, STR("b"), STR("7")), 1);
    EXPECT(pattern_match(numbers, &sample, &arena, &match));
    EXPECT_INT(match.sample.u.integer, 7);
    struct pattern_ref *ips = load("ips", true, "a 1.2.3.4\n");
    sample = sample_text(STR("a"));
    EXPECT(pattern_match(index_of(ips, MATCH_STR, SAMPLE_ADDR), &sample, &arena, &match));
    EXPECT_INT(match.sample.type, SAMPLE_IPV4);
    finish();
}

static void references_have_numbers(void)
{
    begin();
    struct pattern_ref *first = pattern_ref_add(set, STR_NONE, false),
                       *second = pattern_ref_add(set, STR_NONE, false);
    EXPECT_INT(pattern_ref_id(first), 0);
    EXPECT_INT(pattern_ref_id(second), 1);
    EXPECT(pattern_ref_set_id(second, 20));
    EXPECT(!pattern_ref_set_id(first, 20));
    EXPECT(pattern_ref_set_id(first, 0));
    EXPECT_INT(pattern_ref_id(pattern_ref_add(set, STR("x"), true)), 1);
    EXPECT(pattern_ref_by_id(set, 20) == second && !pattern_ref_by_id(set, 3));
    EXPECT(pattern_set_next(set, NULL) == first && pattern_set_next(set, first) == second);
    const char *error = NULL;
    struct regex *regex = pattern_set_regex(set, STR("a+"), false, &arena, &error);
    EXPECT(regex && pattern_set_regex(set, STR("a+"), false, &arena, &error) == regex);
    EXPECT(!pattern_set_regex(set, STR("("), false, &arena, &error) && error);
    struct pattern_options options = { .method = MATCH_STR };
    pattern_set_own(set, pattern_expr_create(&options));
    finish();
}

/* Random lists against the plain reading of what each method means, while entries come and go. */
static struct str random_text(struct rng *rng)
{
    static const char letters[] = "ab/.";
    char text[8];
    size_t size = rng_below(rng, 6);
    for (size_t i = 0; i < size; i++)
        text[i] = letters[rng_below(rng, 4)];
    return arena_copy(&arena, str_make(text, size));
}

static bool plainly(enum match_method method, struct str subject, struct str pattern)
{
    switch (method) {
    case MATCH_BEG:
        return str_starts(subject, pattern);
    case MATCH_END:
        return str_ends(subject, pattern);
    case MATCH_SUB:
        return str_find(subject, pattern) != STR_NOT_FOUND;
    default:
        return str_eq(subject, pattern);
    }
}

static void indexes_agree_with_plain_reading(void)
{
    static const enum match_method methods[] = { MATCH_STR, MATCH_BEG, MATCH_END, MATCH_SUB };
    struct rng rng = { 7 };
    const char *error = NULL;
    begin();
    struct pattern_ref *ref = load("list", false, "");
    struct pattern_expr *indexes[COUNT_OF(methods)];
    for (size_t i = 0; i < COUNT_OF(methods); i++)
        indexes[i] = index_of(ref, methods[i], SAMPLE_ANY);
    for (unsigned round = 0; round < 3000; round++) {
        if (rng_below(&rng, 3) == 0)
            pattern_ref_remove(ref, random_text(&rng));
        else
            EXPECT(pattern_ref_append(ref, random_text(&rng), STR_NONE, &arena, &error));
        struct sample sample = sample_text(random_text(&rng));
        for (size_t i = 0; i < COUNT_OF(methods); i++) {
            const struct pattern_entry *want = NULL;
            struct pattern_match match;
            for (const struct pattern_entry *e = pattern_ref_next(ref, NULL); e;
                 e = pattern_ref_next(ref, e)) {
                if (plainly(methods[i], sample.u.text, pattern_entry_key(e)) &&
                    (!want || (methods[i] == MATCH_BEG && e->key_size > want->key_size)))
                    want = e;
            }
            bool found = pattern_match(indexes[i], &sample, &arena, &match);
            if (!EXPECT(found == (want != NULL)) || (found && !EXPECT_INT(match.id, want->id)))
                goto out;
        }
    }
out:
    finish();
}

static void without_memory_nothing_changes(void)
{
    int64_t before = test_blocks();
    uint64_t n = 0;
    bool done = false;
    while (!done && n < 100) {
        const char *error = NULL;
        begin();
        /* As many as there is room for at first: one more makes everything grow. */
        struct pattern_ref *ref = load("map", true, "a 1\nc 1\nd 1\ne 1\nf 1\ng 1\nh 1\ni 1\n");
        struct pattern_expr *by_text = index_of(ref, MATCH_STR, SAMPLE_STR),
                            *by_begin = index_of(ref, MATCH_BEG, SAMPLE_STR);
        arena_reset(&arena);
        test_fail_allocation(++n);
        done = pattern_ref_append(ref, STR("b"), STR("2"), &arena, &error);
        test_fail_allocation(0);
        expect_value(by_text, MATCH_STR, "b", done ? "2" : NULL);
        expect_value(by_begin, MATCH_BEG, "b", done ? "2" : NULL);
        expect_value(by_text, MATCH_STR, "a", "1");
        finish();
    }
    EXPECT(n > 3 && n < 100);
    EXPECT_INT(test_blocks(), before);
}

static size_t entries_of(const struct pattern_ref *ref, uint32_t version)
{
    size_t count = 0;
    for (const struct pattern_entry *entry = pattern_ref_next_of(ref, version, NULL); entry;
         entry = pattern_ref_next_of(ref, version, entry))
        count++;
    return count;
}

static bool found(const struct pattern_expr *index, const char *text, struct arena *memory)
{
    struct sample sample = sample_text(str_of(text));
    return pattern_match(index, &sample, memory, NULL);
}

static void masks_with_holes_come_and_go(void)
{
    begin();
    struct pattern_ref *ref =
        load("map", true, "10.0.7.0/255.0.255.0 1\n10.0.7.0/255.0.255.0 2\n10.0.0.0/8 3\n");
    struct pattern_expr *by_ip = index_of(ref, MATCH_IP, SAMPLE_STR);
    expect_value(by_ip, MATCH_IP, "10.9.7.9", "3");
    EXPECT_INT(pattern_ref_remove(ref, STR("10.0.0.0/8")), 1);
    expect_value(by_ip, MATCH_IP, "10.9.7.9", "1");
    EXPECT(pattern_ref_remove_id(ref, 1));
    expect_value(by_ip, MATCH_IP, "10.9.7.9", "2");
    EXPECT_INT(pattern_ref_remove(ref, STR("10.0.7.0/255.0.255.0")), 1);
    expect_value(by_ip, MATCH_IP, "10.9.7.9", NULL);
    finish();
}

/* The key of an entry is good for looking for it, even where the entry goes or changes. */
static void an_entry_is_found_by_its_own_text(void)
{
    const char *error = NULL;
    begin();
    struct pattern_ref *ref = load("map", true, "a 1\nb 2\na 3\n");
    EXPECT(pattern_ref_append(ref, STR("a"), STR("4"), &arena, &error));
    EXPECT_INT(pattern_ref_set(ref, pattern_entry_key(pattern_ref_find(ref, STR("a"))), STR("x")), 3);
    EXPECT_INT(pattern_ref_set(ref, pattern_entry_key(pattern_ref_find(ref, STR("a"))), STR("xy")), 3);
    EXPECT_STR(pattern_entry_value(pattern_ref_find(ref, STR("a"))), "xy");
    EXPECT_INT(pattern_ref_remove(ref, pattern_entry_key(pattern_ref_find(ref, STR("a")))), 3);
    EXPECT_INT(pattern_ref_count(ref), 1);
    EXPECT(!pattern_ref_find(ref, STR("a")) && pattern_ref_find(ref, STR("b")));
    finish();
}

static void versions_replace_all_at_once(void)
{
    int64_t before = test_blocks();
    struct pattern_set *all = pattern_set_create();
    struct pattern_ref *ref = pattern_ref_add(all, STR("m"), true);
    struct pattern_options options = { .method = MATCH_STR, .value_type = SAMPLE_STR };
    struct arena memory;
    const char *error = NULL;
    arena_init(&memory, 512);
    const struct pattern_expr *index = pattern_ref_index(ref, &options, &memory, &error);
    EXPECT(pattern_ref_append(ref, STR("old"), STR("1"), &memory, &error));
    EXPECT_INT(pattern_ref_prepare(ref), 1);
    EXPECT_INT(pattern_ref_prepare(ref), 2);
    EXPECT(pattern_ref_append_to(ref, 1, STR("lost"), STR("1"), &memory, &error));
    EXPECT(pattern_ref_append_to(ref, 2, STR("new"), STR("1"), &memory, &error));
    EXPECT(pattern_ref_append_to(ref, 2, STR("newer"), STR("1"), &memory, &error));
    EXPECT(found(index, "old", &memory) && !found(index, "new", &memory));
    EXPECT_INT(entries_of(ref, 2), 2);
    EXPECT_INT(pattern_ref_count(ref), 4);
    EXPECT(!pattern_ref_commit(ref, 3, &memory));
    EXPECT(pattern_ref_commit(ref, 2, &memory));
    EXPECT(!found(index, "old", &memory) && found(index, "new", &memory) && !found(index, "lost", &memory));
    EXPECT_INT(pattern_ref_count(ref), 2);
    EXPECT(!pattern_ref_commit(ref, 1, &memory));
    pattern_ref_clear_version(ref, 2);
    EXPECT(!found(index, "new", &memory));
    arena_finish(&memory);
    pattern_set_destroy(all);
    EXPECT_INT(test_blocks(), before);
}

static void a_bad_entry_is_refused_in_a_version_too(void)
{
    struct pattern_set *all = pattern_set_create();
    struct pattern_ref *ref = pattern_ref_add(all, STR("m"), false);
    struct pattern_options options = { .method = MATCH_IP, .value_type = SAMPLE_ANY };
    struct arena memory;
    const char *error = NULL;
    arena_init(&memory, 512);
    EXPECT(pattern_ref_index(ref, &options, &memory, &error));
    uint32_t version = pattern_ref_prepare(ref);
    EXPECT(!pattern_ref_append_to(ref, version, STR("nonsense"), STR(""), &memory, &error));
    EXPECT(error != NULL);
    EXPECT_INT(pattern_ref_count(ref), 0);
    arena_finish(&memory);
    pattern_set_destroy(all);
}

const struct test_row tests[] = {
    { "a committed version replaces all entries at once", versions_replace_all_at_once },
    { "an entry that an index cannot read is refused in a version too",
      a_bad_entry_is_refused_in_a_version_too },
    { "each method matches what the manual says", each_method_matches },
    { "bad patterns are told as by HAProxy", bad_patterns_are_told },
    { "groups of a regular expression", groups_of_a_match },
    { "files are read line by line", files_are_read },
    { "a wrong line is named", wrong_lines_are_named },
    { "changes reach every index", changes_reach_every_index },
    { "the first of equal keys counts", the_first_of_equal_keys_counts },
    { "values of maps have types", values_have_types },
    { "references have numbers", references_have_numbers },
    { "indexes agree with plain reading", indexes_agree_with_plain_reading },
    { "IPv4 masks with holes come and go", masks_with_holes_come_and_go },
    { "an entry is found by its own text", an_entry_is_found_by_its_own_text },
    { "without memory nothing changes", without_memory_nothing_changes },
    { 0 },
};
