/* Cookies: what is one and what is none, as HAProxy answers req.cook and res.cook, and what is left after
 * edits. */
#include "base/buf.h"
#include "base/test.h"
#include "http/http_cookie.h"

static struct arena arena;
static struct http_msg msg;

static void begin(bool is_response, const char *first, const char *second)
{
    struct str name = is_response ? STR("Set-Cookie") : STR("Cookie");
    arena_init(&arena, 1024);
    http_msg_init(&msg, &arena, is_response);
    EXPECT(http_msg_add(&msg, STR("X"), STR("a=0")));
    EXPECT(http_msg_add(&msg, name, str_of(first)));
    EXPECT(!second || http_msg_add(&msg, name, str_of(second)));
}

static void expect_cookies(const char *name, const char *want)
{
    struct buf text = BUF_INIT;
    struct http_cookie_cursor cursor = { 0 };
    struct http_cookie cookie;
    while (http_cookie_find(&msg, str_of(name), &cursor, &cookie))
        buf_printf(&text, "[%.*s]", STR_ARG(cookie.value));
    EXPECT_STR(buf_str(&text), want);
    EXPECT(!http_cookie_find(&msg, str_of(name), &cursor, &cookie));
    buf_finish(&text);
}

static const struct {
    const char *list, *second;
    const char *named_a, *any;
} request_cases[] = {
    { "a=1", NULL, "[1]", "[1]" },
    { "a=1; b=2; a=3", NULL, "[1][3]", "[1][2][3]" },
    { "a = 1 ; b=2", NULL, "[1]", "[1][2]" },
    { "a=", NULL, "", "[]" },
    { "a=; b=1", NULL, "[]", "[][1]" },
    { "a", NULL, "", "" },
    { "b=2;a=1;", NULL, "[1]", "[2][1]" },
    { "a=\"x;y\"; b=1", NULL, "[\"x;y\"]", "[\"x;y\"][1]" },
    { "a=\"x,y\"", NULL, "[\"x,y\"]", "[\"x,y\"]" },
    { "a=1,2; b=3", NULL, "[1]", "[1][3]" },
    { "A=1", NULL, "", "[1]" },
    { "xa=1", NULL, "", "[1]" },
    { ";;a=1", NULL, "[1]", "[1]" },
    { "a=1=2", NULL, "[1=2]", "[1=2]" },
    { "$Version=1; a=2; $Path=/", NULL, "[2]", "[2]" },
    { "a=\"x\\\"y;z\"; b=1", NULL, "[\"x\\\"y;z\"]", "[\"x\\\"y;z\"][1]" },
    { "b=\"a=1; c", NULL, "", "[\"a=1; c]" },
    { "=1; a=2", NULL, "[2]", "[1][2]" },
    { "a=x y", NULL, "[x y]", "[x y]" },
    { "a=1", "a=2", "[1][2]", "[1][2]" },
    { "b=1, a=5", NULL, "[5]", "[1][5]" },
    { "a='x;y'", NULL, "['x]", "['x]" },
    { "", "a=1", "[1]", "[1]" },
    { "b=\"\\", NULL, "", "[\"\\]" },
};

static void of_requests(void)
{
    for (size_t i = 0; i < COUNT_OF(request_cases); i++) {
        test_case(request_cases[i].list);
        begin(false, request_cases[i].list, request_cases[i].second);
        expect_cookies("a", request_cases[i].named_a);
        expect_cookies("", request_cases[i].any);
        arena_finish(&arena);
    }
}

static const struct {
    const char *list, *second;
    const char *named_a, *any;
} response_cases[] = {
    { "a=1", NULL, "[1]", "[1]" },
    { "a=1; Path=/; HttpOnly", NULL, "[1]", "[1][/]" },
    { "b=1; a=2", NULL, "", "[1][2]" },
    { "b=1, a=2; Path=/", NULL, "[2]", "[1][2][/]" },
    { "b=1; Expires=Wed, 21 Oct 2015 07:28:00 GMT, a=2", NULL, "[2]", "[1][Wed][2]" },
    { "a = 1 ; x", NULL, "[1]", "[1]" },
    { "a=\"x;y, z=1\"; Path=/", NULL, "[\"x;y, z=1\"]", "[\"x;y, z=1\"][/]" },
    { "a", NULL, "", "" },
    { "b=1", "a=3", "[3]", "[1][3]" },
};

static void of_responses(void)
{
    for (size_t i = 0; i < COUNT_OF(response_cases); i++) {
        test_case(response_cases[i].list);
        begin(true, response_cases[i].list, response_cases[i].second);
        expect_cookies("a", response_cases[i].named_a);
        expect_cookies("", response_cases[i].any);
        arena_finish(&arena);
    }
}

static const struct {
    const char *list;
    const char *removed; /* NULL: the field is gone */
    const char *replaced;
} edit_cases[] = {
    { "a=s1", NULL, "a=new" },
    { "a=s1; b=2", "b=2", "a=new; b=2" },
    { "b=2; a=s1", "b=2", "b=2; a=new" },
    { "b=2; a=s1; c=3", "b=2; c=3", "b=2; a=new; c=3" },
    { "b=2;a=s1;c=3", "b=2; c=3", "b=2;a=new;c=3" },
    { "a=s1 ; b=1", "b=1", "a=new ; b=1" },
    { "b=1 ; a = s1", "b=1", "b=1 ; a = new" },
    { "a=\"x;y\"; b=1", "b=1", "a=new; b=1" },
    { "$Version=1; a=s1; $Path=/; $Domain=\"x;y\"; b=2; $Path=/", "$Version=1; b=2; $Path=/",
      "$Version=1; a=new; $Path=/; $Domain=\"x;y\"; b=2; $Path=/" },
    { "a=s1; $Path=/", NULL, "a=new; $Path=/" },
    { "a=; b=2", "b=2", "a=new; b=2" },
    { "  a=s1;", NULL, "  a=new;" },
};

static void edits(void)
{
    for (size_t i = 0; i < COUNT_OF(edit_cases); i++) {
        struct http_cookie_cursor cursor = { 0 };
        struct http_cookie cookie;
        test_case(edit_cases[i].list);
        begin(false, edit_cases[i].list, NULL);
        EXPECT(http_cookie_find(&msg, STR("a"), &cursor, &cookie));
        EXPECT(http_cookie_set_value(&msg, cursor.field, &cookie, STR("new")));
        EXPECT_STR(msg.fields[1].value, edit_cases[i].replaced);
        arena_finish(&arena);
        begin(false, edit_cases[i].list, NULL);
        cursor = (struct http_cookie_cursor){ 0 };
        EXPECT(http_cookie_find(&msg, STR("a"), &cursor, &cookie));
        EXPECT(http_cookie_remove(&msg, cursor.field, &cookie));
        EXPECT_INT(msg.fields[1].removed, edit_cases[i].removed == NULL);
        if (edit_cases[i].removed)
            EXPECT_STR(msg.fields[1].value, edit_cases[i].removed);
        arena_finish(&arena);
    }
}

static void without_memory(void)
{
    struct http_cookie_cursor cursor = { 0 };
    struct http_cookie cookie;
    begin(false, "a=1; b=2", NULL);
    arena.at = arena.end;
    EXPECT(http_cookie_find(&msg, STR("a"), &cursor, &cookie));
    test_fail_allocation(1);
    EXPECT(!http_cookie_set_value(&msg, cursor.field, &cookie, STR("new")));
    EXPECT(!http_cookie_remove(&msg, cursor.field, &cookie));
    test_fail_allocation(0);
    EXPECT_STR(msg.fields[1].value, "a=1; b=2");
    arena_finish(&arena);
}

const struct test_row tests[] = {
    { "cookies of requests", of_requests },
    { "cookies of responses", of_responses },
    { "edits", edits },
    { "edits without memory", without_memory },
    { 0 },
};
