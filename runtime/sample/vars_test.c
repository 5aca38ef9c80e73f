/* Variables: names, scopes, limits of memory. */
#include "base/test.h"
#include "sample/sample.h"
#include "sample/vars.h"

static struct var_name name_of(const char *text)
{
    struct var_name name = { 0 };
    const char *error = NULL;
    EXPECT(var_name_parse(str_of(text), &name, &error));
    return name;
}

static void expect_text(const struct vars *vars, const char *name, const char *text)
{
    struct var_name var = name_of(name);
    struct sample sample;
    bool found = vars_get(vars, &var, &sample);
    EXPECT(found == (text != NULL));
    if (found && text)
        EXPECT_STR(sample.u.text, text);
}

static bool set_text(struct vars *vars, const char *name, const char *text)
{
    struct var_name var = name_of(name);
    struct sample sample = sample_text(str_of(text));
    return vars_set(vars, &var, &sample);
}

static void keeps_copies(void)
{
    struct vars vars = VARS_INIT;
    char text[] = "one", name[] = "txn.first";
    EXPECT(set_text(&vars, name, text));
    text[0] = name[4] = 'X';
    expect_text(&vars, "txn.first", "one");
    EXPECT(set_text(&vars, "txn.second", "two"));
    EXPECT(set_text(&vars, "txn.first", "a longer text than before"));
    expect_text(&vars, "txn.first", "a longer text than before");
    EXPECT(set_text(&vars, "txn.first", ""));
    expect_text(&vars, "txn.first", "");
    expect_text(&vars, "txn.second", "two");
    expect_text(&vars, "txn.third", NULL);
    unsigned count = 0;
    for (struct var *var = vars_next(&vars, NULL); var; var = vars_next(&vars, var))
        count += var_text_name(var).size > 0;
    EXPECT_INT(count, 2);
    struct var_name first = name_of("txn.first");
    EXPECT(vars_remove(&vars, &first));
    EXPECT(!vars_remove(&vars, &first));
    expect_text(&vars, "txn.first", NULL);
    vars_finish(&vars);
    EXPECT_INT(vars.size, 0);
}

static void a_value_may_be_a_part_of_the_old_one(void)
{
    struct vars vars = VARS_INIT;
    struct var_name name = name_of("req.x");
    struct sample sample;
    EXPECT(set_text(&vars, "req.x", "abcdef"));
    EXPECT(vars_get(&vars, &name, &sample));
    sample.u.text = str_from(sample.u.text, 2);
    EXPECT(vars_set(&vars, &name, &sample));
    expect_text(&vars, "req.x", "cdef");
    vars_finish(&vars);
}

static void types_are_kept(void)
{
    struct vars vars = VARS_INIT;
    struct var_name name = name_of("sess.n");
    struct sample method = { .type = SAMPLE_METH }, out;
    struct sample five = sample_int(5);
    method.u.method.name = STR("PURGE");
    EXPECT(vars_set(&vars, &name, &method));
    EXPECT(vars_get(&vars, &name, &out) && out.type == SAMPLE_METH);
    EXPECT_STR(out.u.method.name, "PURGE");
    EXPECT(vars_set(&vars, &name, &five));
    EXPECT(vars_get(&vars, &name, &out) && out.type == SAMPLE_SINT);
    EXPECT_INT(out.u.integer, 5);
    vars_finish(&vars);
}

static void the_limit_holds(void)
{
    struct vars vars = VARS_INIT;
    vars.limit = 400;
    EXPECT(set_text(&vars, "txn.a", "small"));
    char large[401];
    memset(large, 'x', sizeof(large) - 1);
    large[sizeof(large) - 1] = 0;
    EXPECT(!set_text(&vars, "txn.b", large));
    expect_text(&vars, "txn.b", NULL);
    EXPECT(!set_text(&vars, "txn.a", large));
    expect_text(&vars, "txn.a", "small");
    EXPECT(vars.size <= vars.limit);
    vars_finish(&vars);
}

static void a_wider_scope_holds_its_limit_too(void)
{
    struct vars all = vars_make(NULL, 600), session = vars_make(&all, 0), request = vars_make(&session, 0);
    char text[301];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = 0;
    EXPECT(set_text(&session, "sess.a", text));
    EXPECT(!set_text(&request, "req.a", text));
    EXPECT(set_text(&request, "req.b", "small"));
    EXPECT_INT(all.size, session.size);
    EXPECT(request.size && request.size < session.size);
    vars_finish(&request);
    vars_finish(&session);
    EXPECT_INT(all.size, 0);
    EXPECT(set_text(&request, "req.a", text));
    vars_finish(&request);
}

static void without_memory_nothing_is_set(void)
{
    int64_t before = test_blocks();
    for (uint64_t n = 1; n <= 3; n++) {
        struct vars vars = VARS_INIT;
        test_fail_allocation(n);
        EXPECT(!set_text(&vars, "txn.a", "text"));
        test_fail_allocation(0);
        expect_text(&vars, "txn.a", NULL);
        vars_finish(&vars);
    }
    EXPECT_INT(test_blocks(), before);
}

static void names_are_read(void)
{
    static const struct {
        const char *text, *error; /* NULL: good */
    } rows[] = {
        { "txn.a", NULL },
        { "txn.a.b_1", NULL },
        { "proc.X", NULL },
        { "check.x", NULL },
        { "", "Empty variable name cannot be accepted" },
        { "foo",
          "invalid variable name 'foo'. A variable name must be start by its scope. The scope can be 'proc', "
          "'sess', 'txn', 'req', 'res' or 'check'" },
        { "foo.x", "invalid variable name 'foo.x'. A variable name must be start by its scope. The scope can "
                   "be 'proc', "
                   "'sess', 'txn', 'req', 'res' or 'check'" },
        { "txn.", "invalid variable name 'txn.'. A variable name must be start by its scope. The scope can "
                  "be 'proc', "
                  "'sess', 'txn', 'req', 'res' or 'check'" },
        { "txn.a-b", "invalid syntax at char '-b'" },
        { "txn.a b", "invalid syntax at char ' b'" },
    };
    struct arena arena;
    arena_init(&arena, 1024);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct var_name name;
        const char *error = NULL;
        test_case(rows[i].text);
        EXPECT(var_name_read(str_of(rows[i].text), &name, &arena, &error) == !rows[i].error);
        EXPECT_STR(str_of(error), rows[i].error ? rows[i].error : "");
    }
    test_case(NULL);
    EXPECT_INT(name_of("res.x").scope, VAR_RES);
    EXPECT_STR(name_of("res.x.y").name, "x.y");
    arena_finish(&arena);
}

static void without_a_resolver_there_is_no_scope(void)
{
    struct sample_context context = { 0 };
    EXPECT(!sample_context_vars(&context, VAR_TXN));
}

const struct test_row tests[] = {
    { "names and values are copied, replaced and removed", keeps_copies },
    { "a variable is set to a part of itself", a_value_may_be_a_part_of_the_old_one },
    { "types are kept", types_are_kept },
    { "the limit holds and keeps what is there", the_limit_holds },
    { "a wider scope holds its limit too", a_wider_scope_holds_its_limit_too },
    { "without memory nothing is set", without_memory_nothing_is_set },
    { "names are read with HAProxy's messages", names_are_read },
    { "a context without a resolver has no variables", without_a_resolver_there_is_no_scope },
    { 0 },
};
