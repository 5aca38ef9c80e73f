/* JSON in and out. */
#include "base/test.h"
#include "sim/json.h"

static void print(struct buf *out, const struct json *value)
{
    switch (value->kind) {
    case JSON_NULL:
        buf_add_c(out, "null");
        break;
    case JSON_TRUE:
        buf_add_c(out, "true");
        break;
    case JSON_FALSE:
        buf_add_c(out, "false");
        break;
    case JSON_NUMBER:
        buf_printf(out, "%g", value->number);
        break;
    case JSON_STRING:
        json_add_string(out, value->text);
        break;
    case JSON_ARRAY:
    case JSON_OBJECT:
        buf_add_char(out, value->kind == JSON_ARRAY ? '[' : '{');
        for (const struct json *item = value->first; item; item = item->next) {
            if (item != value->first)
                buf_add_char(out, ',');
            if (value->kind == JSON_OBJECT) {
                json_add_string(out, item->name);
                buf_add_char(out, ':');
            }
            print(out, item);
        }
        buf_add_char(out, value->kind == JSON_ARRAY ? ']' : '}');
        break;
    }
}

struct json_case {
    const char *text, *want; /* want NULL: a mistake */
};

static const struct json_case cases[] = {
    { "null", "null" },
    { " [ ] ", "[]" },
    { "{}", "{}" },
    { "{\"a\": [1, -2.5, 1e3, true, false, null]}", "{\"a\":[1,-2.5,1000,true,false,null]}" },
    { "\"a\\n\\\"\\\\\\/\\t\"", "\"a\\n\\\"\\\\/\\u0009\"" },
    { "\"\\u00e9\\u20ac\\ud83d\\ude00\"", "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"" },
    { "\"\\udcff\"", "\"\\udcff\"" },
    { "\"\xff\xc3\"", "\"\\udcff\\udcc3\"" },
    { "\"\\u0000x\"", "\"\\u0000x\"" },
    { "", NULL },
    { "nul", NULL },
    { "[1,]", NULL },
    { "[1 2]", NULL },
    { "{\"a\" 1}", NULL },
    { "{a:1}", NULL },
    { "\"abc", NULL },
    { "\"\\x\"", NULL },
    { "\"\\u12\"", NULL },
    { "1 2", NULL },
    { "--1", NULL },
    { "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", NULL },
    { 0 },
};

static void reads_and_writes(void)
{
    for (const struct json_case *c = cases; c->text; c++) {
        struct arena arena;
        struct buf got = BUF_INIT;
        size_t mistake;
        struct json *value;

        test_case(c->text);
        arena_init(&arena, 1024);
        value = json_parse(str_of(c->text), &arena, &mistake);
        EXPECT((value != NULL) == (c->want != NULL));
        if (value && c->want) {
            print(&got, value);
            EXPECT_STR(buf_str(&got), c->want);
        }
        buf_finish(&got);
        arena_finish(&arena);
    }
    test_case(NULL);
}

static void finds_members(void)
{
    struct arena arena;
    size_t mistake;
    struct json *value;

    arena_init(&arena, 1024);
    value = json_parse(STR("{\"a\":1,\"b\":{\"c\":\"d\"}}"), &arena, &mistake);
    EXPECT(value && json_member(value, "a")->number == 1);
    EXPECT_STR(json_member(json_member(value, "b"), "c")->text, "d");
    EXPECT(json_member(value, "c") == NULL);
    EXPECT(json_member(json_member(value, "a"), "c") == NULL);
    EXPECT(json_member(NULL, "a") == NULL);
    arena_finish(&arena);
}

const struct test_row tests[] = {
    { "reads and writes values", reads_and_writes },
    { "finds members", finds_members },
    { 0 },
};
