/* Messages: finding, walking values, edits and what they let through, copies, and all of it without
 * memory. */
#include "base/buf.h"
#include "base/mem.h"
#include "base/test.h"
#include "http/http_msg.h"

static struct arena arena;
static struct http_msg msg;

static void begin(void)
{
    arena_init(&arena, 1024);
    http_msg_init(&msg, &arena, false);
    msg.method = STR("GET");
    msg.method_id = HTTP_GET;
    msg.version = STR("HTTP/1.1");
    msg.uri = STR("/p/a?q=1");
    msg.major = msg.minor = 1;
}

static void end(void)
{
    arena_finish(&arena);
}

static void add(const char *name, const char *value)
{
    EXPECT(http_msg_add(&msg, str_of(name), str_of(value)));
}

/* All live fields as one line. */
static void expect_fields(const char *want)
{
    struct buf text = BUF_INIT;
    for (struct http_field *field = NULL; (field = http_msg_next(&msg, field));)
        buf_printf(&text, "%.*s=%.*s;", STR_ARG(field->name), STR_ARG(field->value));
    EXPECT_STR(buf_str(&text), want);
    buf_finish(&text);
}

static void methods(void)
{
    static const char *const names[] = {
        [HTTP_OPTIONS] = "OPTIONS", [HTTP_GET] = "GET",         [HTTP_HEAD] = "HEAD",
        [HTTP_POST] = "POST",       [HTTP_PUT] = "PUT",         [HTTP_DELETE] = "DELETE",
        [HTTP_TRACE] = "TRACE",     [HTTP_CONNECT] = "CONNECT", [HTTP_PATCH] = "PATCH"
    };
    for (unsigned i = 1; i < COUNT_OF(names); i++)
        EXPECT_INT(http_method_of(str_of(names[i])), i);
    static const char *const others[] = { "",       "get",     "GOT", "PAST",    "PITCH",
                                          "DELITE", "CONNEXT", "FOO", "PROPFIND" };
    for (unsigned i = 0; i < COUNT_OF(others); i++)
        EXPECT_INT(http_method_of(str_of(others[i])), HTTP_OTHER_METHOD);
}

static const char *const field_names[] = {
    [FIELD_HOST] = "host",
    [FIELD_CONNECTION] = "connection",
    [FIELD_KEEP_ALIVE] = "keep-alive",
    [FIELD_PROXY_CONNECTION] = "proxy-connection",
    [FIELD_CONTENT_LENGTH] = "content-length",
    [FIELD_TRANSFER_ENCODING] = "transfer-encoding",
    [FIELD_UPGRADE] = "upgrade",
    [FIELD_EXPECT] = "expect",
    [FIELD_TE] = "te",
    [FIELD_TRAILER] = "trailer",
    [FIELD_COOKIE] = "cookie",
    [FIELD_SET_COOKIE] = "set-cookie",
    [FIELD_X_FORWARDED_FOR] = "x-forwarded-for",
    [FIELD_X_ORIGINAL_TO] = "x-original-to",
    [FIELD_AUTHORIZATION] = "authorization",
    [FIELD_PROXY_AUTHORIZATION] = "proxy-authorization",
    [FIELD_USER_AGENT] = "user-agent",
    [FIELD_ACCEPT] = "accept",
    [FIELD_LOCATION] = "location",
    [FIELD_SERVER] = "server",
    [FIELD_DATE] = "date",
    [FIELD_CONTENT_TYPE] = "content-type",
    [FIELD_CACHE_CONTROL] = "cache-control",
};

static void field_ids(void)
{
    for (unsigned id = 1; id < COUNT_OF(field_names); id++) {
        char other[32];
        struct str name = str_of(field_names[id]);
        EXPECT_INT(http_field_id_of(name), id);
        for (size_t i = 0; i < name.size; i++) { /* one byte changed is another name */
            memcpy(other, name.data, name.size);
            other[i] = '!';
            EXPECT_INT(http_field_id_of(str_make(other, name.size)), FIELD_OTHER);
        }
        EXPECT_INT(http_field_id_of(str_slice(name, 1, name.size)), FIELD_OTHER);
    }
    EXPECT_INT(http_field_id_of(STR("")), FIELD_OTHER);
}

static void finding(void)
{
    begin();
    add("Host", "h");
    add("X-A", "1");
    add("x-a", "2");
    add("X-AB", "3");
    add("Cookie", "4");
    struct http_field *field = http_msg_find(&msg, STR("x-a"), NULL);
    EXPECT_STR(field->value, "1");
    field = http_msg_find(&msg, STR("x-a"), field);
    EXPECT_STR(field->value, "2");
    EXPECT(!http_msg_find(&msg, STR("x-a"), field));
    EXPECT_STR(http_msg_find(&msg, STR("cookie"), NULL)->value, "4");
    EXPECT_STR(http_msg_find_id(&msg, FIELD_HOST, NULL)->value, "h");
    EXPECT(!http_msg_find(&msg, STR("x-b"), NULL));
    EXPECT(!http_msg_find_id(&msg, FIELD_TE, NULL));
    EXPECT_INT(http_msg_remove(&msg, STR("x-a")), 2);
    EXPECT_INT(http_msg_remove(&msg, STR("x-a")), 0);
    EXPECT(!http_msg_find(&msg, STR("x-a"), NULL));
    expect_fields("host=h;x-ab=3;cookie=4;");
    http_msg_remove_field(&msg, http_msg_find_id(&msg, FIELD_COOKIE, NULL));
    EXPECT(!http_msg_find(&msg, STR("cookie"), NULL));
    end();
}

struct values_case {
    const char *lines[3];
    const char *values; /* each in brackets */
    const char *full;
};

static const struct values_case values_cases[] = {
    { { "1, 2,3" }, "[1][2][3]", "[1, 2,3]" },
    { { "1", "2,3" }, "[1][2][3]", "[1][2,3]" },
    { { "" }, "[]", "[]" },
    { { "," }, "[][]", "[,]" },
    { { "1,,2" }, "[1][][2]", "[1,,2]" },
    { { "1,  ,2" }, "[1][][2]", "[1,  ,2]" },
    { { "\"1,2\", 3" }, "[\"1,2\"][3]", "[\"1,2\", 3]" },
    { { "\"1,2" }, "[\"1,2]", "[\"1,2]" },
    { { "\"a\\\",b\",c" }, "[\"a\\\",b\"][c]", "[\"a\\\",b\",c]" },
    { { "1 ; q=\"x,y\" , 2" }, "[1 ; q=\"x,y\"][2]", "[1 ; q=\"x,y\" , 2]" },
    { { "1," }, "[1][]", "[1,]" },
    { { "", "1" }, "[][1]", "[][1]" },
    { { "'1,2'" }, "['1][2']", "['1,2']" },
    { { "a\\,b" }, "[a\\][b]", "[a\\,b]" },
    { { "1, ", "2" }, "[1][][2]", "[1,][2]" },
    { { "\"a\\" }, "[\"a\\]", "[\"a\\]" },
    { { NULL }, "", "" },
};

static void expect_values(bool full, const char *want)
{
    struct buf text = BUF_INIT;
    struct http_value_cursor cursor = { 0 };
    unsigned count = 0;
    for (; http_msg_next_value(&msg, STR("a"), full, &cursor); count++)
        buf_printf(&text, "[%.*s]", STR_ARG(cursor.value));
    EXPECT_STR(buf_str(&text), want);
    EXPECT_INT(http_msg_count_values(&msg, STR("a"), full), count);
    buf_reset(&text);
    for (unsigned i = 1; i <= count; i++) { /* from the front and from the back the same */
        struct str front, back;
        EXPECT(http_msg_value_at(&msg, STR("a"), full, (int)i, &front));
        EXPECT(http_msg_value_at(&msg, STR("a"), full, (int)i - (int)count - 1, &back));
        EXPECT(front.data == back.data && front.size == back.size);
        buf_printf(&text, "[%.*s]", STR_ARG(front));
        if (i == count) {
            EXPECT(http_msg_value_at(&msg, STR("a"), full, 0, &back));
            EXPECT_VIEW(back, front);
        }
    }
    EXPECT_STR(buf_str(&text), want);
    struct str none;
    EXPECT(!http_msg_value_at(&msg, STR("a"), full, (int)count + 1, &none));
    EXPECT(!http_msg_value_at(&msg, STR("a"), full, -(int)count - 1, &none));
    EXPECT(!http_msg_value_at(&msg, STR("a"), full, INT32_MIN, &none));
    buf_finish(&text);
}

static void values(void)
{
    for (size_t i = 0; i < COUNT_OF(values_cases); i++) {
        const struct values_case *row = &values_cases[i];
        test_case(row->values);
        begin();
        for (unsigned n = 0; n < 3 && row->lines[n]; n++) {
            add("b", "x, y");
            add("a", row->lines[n]);
        }
        expect_values(false, row->values);
        expect_values(true, row->full);
        end();
    }
}

static void values_under_edits(void)
{
    struct http_value_cursor cursor = { 0 };
    begin();
    add("a", "1, 2, 3");
    add("a", "4");
    EXPECT(http_msg_next_value(&msg, STR("a"), false, &cursor));
    EXPECT(http_msg_set_value(&msg, cursor.field, STR("")));
    EXPECT(http_msg_next_value(&msg, STR("a"), false, &cursor));
    EXPECT_STR(cursor.value, "");
    EXPECT(http_msg_next_value(&msg, STR("a"), false, &cursor));
    EXPECT_STR(cursor.value, "4");
    cursor = (struct http_value_cursor){ 0 };
    EXPECT(http_msg_next_value(&msg, STR("a"), false, &cursor));
    http_msg_remove_field(&msg, cursor.field);
    EXPECT(http_msg_next_value(&msg, STR("a"), false, &cursor));
    EXPECT_STR(cursor.value, "4");
    end();
}

/* What would end a line or a word becomes %XX. */
static void cleaning(void)
{
    begin();
    EXPECT(http_msg_add(&msg, STR("V"), STR("a\r\nb\0\x01\x1f\x7f\x80\xff\t  ")));
    EXPECT_STR(http_msg_find(&msg, STR("v"), NULL)->value, "a%0D%0Ab%00%01%1F%7F\x80\xff\t  ");
    EXPECT(http_msg_add(&msg, STR("Na:me \r\n\x80"), STR("")));
    EXPECT_STR(msg.fields[1].name, "na%3Ame%20%0D%0A%80");
    EXPECT(http_msg_add(&msg, STR(""), STR("x")));
    EXPECT_INT(msg.field_count, 2);
    EXPECT(http_msg_set_value(&msg, &msg.fields[1], STR("x\ny")));
    EXPECT_STR(msg.fields[1].value, "x%0Ay");
    EXPECT(http_msg_edit_value(&msg, &msg.fields[1], 1, 3, STR("\r")));
    EXPECT_STR(msg.fields[1].value, "x%0Dy");
    EXPECT(http_msg_set_uri(&msg, STR("/a b\r\nc\x80")));
    EXPECT_STR(msg.uri, "/a%20b%0D%0Ac\x80");
    EXPECT(http_msg_set_method(&msg, STR("a b")));
    EXPECT_STR(msg.method, "a%20b");
    EXPECT_INT(msg.method_id, HTTP_OTHER_METHOD);
    EXPECT(http_msg_set_method(&msg, STR("")));
    EXPECT_STR(msg.method, "a%20b");
    EXPECT(http_msg_set_status(&msg, 200, STR("a\r\nb: c")));
    EXPECT_STR(msg.reason, "a%0D%0Ab: c");
    EXPECT(http_msg_set_status(&msg, 403, STR_NONE));
    EXPECT_STR(msg.reason, "Forbidden");
    EXPECT_INT(msg.status, 403);
    EXPECT(http_msg_set_status(&msg, 403, STR("")));
    EXPECT_STR(msg.reason, "");
    end();
}

static void edits(void)
{
    unsigned before;
    begin();
    add("a", "1");
    add("b", "2");
    before = msg.edits;
    EXPECT(http_msg_add_first(&msg, STR("Z"), STR("0")));
    EXPECT(msg.edits > before);
    expect_fields("z=0;a=1;b=2;");
    EXPECT(http_msg_edit_value(&msg, http_msg_find(&msg, STR("a"), NULL), 0, 0, STR("<")));
    EXPECT(http_msg_edit_value(&msg, http_msg_find(&msg, STR("a"), NULL), 2, 0, STR(">")));
    EXPECT(http_msg_edit_value(&msg, http_msg_find(&msg, STR("b"), NULL), 0, 1, STR("")));
    expect_fields("z=0;a=<1>;b=;");
    before = msg.edits;
    http_msg_remove_field(&msg, &msg.fields[0]);
    EXPECT_INT(msg.edits, before + 1);
    http_msg_remove_field(&msg, &msg.fields[0]);
    EXPECT_INT(msg.edits, before + 1);
    struct str kept = msg.fields[1].value;
    for (int i = 0; i < 100; i++)
        add("host", "h");
    EXPECT_STR(kept, "<1>"); /* growing moves fields, never texts */
    EXPECT_INT(http_msg_remove(&msg, STR("host")), 100);
    expect_fields("a=<1>;b=;");
    end();
}

enum uri_edit { NO_EDIT, SET_PATH, SET_QUERY, SET_PATHQ, SET_URI };

static const struct {
    const char *uri;
    enum uri_edit edit;
    const char *with, *result;
} uri_cases[] = {
    { "/p?abc", SET_PATH, "/n", "/n?abc" },
    { "/p?abc", SET_PATH, "abc", "abc?abc" },
    { "/p?", SET_PATH, "/n", "/n?" },
    { "/p", SET_PATH, "/n", "/n" },
    { "/p?q=1", SET_PATH, "/n?x=2", "/n?x=2?q=1" },
    { "http://h/p?q", SET_PATH, "/new", "http://h/new?q" },
    { "http://h", SET_PATH, "/new", "http://h/new" },
    { "*", SET_PATH, "/n", "*" },
    { "/p?old", SET_QUERY, "new", "/p?new" },
    { "/p", SET_QUERY, "new", "/p?new" },
    { "/p?old", SET_QUERY, "", "/p?" },
    { "/p", SET_QUERY, "", "/p" },
    { "/p?old", SET_QUERY, "?a", "/p??a" },
    { "http://h/p?old", SET_QUERY, "n", "http://h/p?n" },
    { "/p?old", SET_PATHQ, "/n?x", "/n?x" },
    { "/p?old", SET_PATHQ, "n", "n" },
    { "http://h/p?old", SET_PATHQ, "/n", "http://h/n" },
    { "/p?old", SET_PATHQ, "/a b", "/a%20b" },
    { "/p", SET_URI, "http://x/y", "http://x/y" },
    { "*", SET_QUERY, "a", "*" },
};

static void targets(void)
{
    for (size_t i = 0; i < COUNT_OF(uri_cases); i++) {
        struct str with = str_of(uri_cases[i].with);
        test_case(uri_cases[i].result);
        begin();
        msg.uri = str_of(uri_cases[i].uri);
        switch (uri_cases[i].edit) {
        case SET_PATH:
            EXPECT(http_msg_set_path(&msg, with));
            break;
        case SET_QUERY:
            EXPECT(http_msg_set_query(&msg, with));
            break;
        case SET_PATHQ:
            EXPECT(http_msg_set_pathq(&msg, with));
            break;
        default:
            EXPECT(http_msg_set_uri(&msg, with));
        }
        EXPECT_STR(msg.uri, uri_cases[i].result);
        end();
    }
}

/* An edit may leave a target without a slash; the next edit still finds path and query. */
static void edits_of_an_odd_target(void)
{
    begin();
    EXPECT(http_msg_set_path(&msg, STR("abc")));
    EXPECT_STR(msg.uri, "abc?q=1");
    EXPECT(http_msg_set_query(&msg, STR("r")));
    EXPECT_STR(msg.uri, "abc?r");
    EXPECT(http_msg_set_path(&msg, STR("/n")));
    EXPECT_STR(msg.uri, "/n?r");
    end();
}

static void parts(void)
{
    begin();
    add("host", "field");
    EXPECT_STR(http_msg_path(&msg), "/p/a");
    EXPECT_STR(http_msg_query(&msg), "q=1");
    EXPECT_STR(http_msg_pathq(&msg), "/p/a?q=1");
    EXPECT_STR(http_msg_host(&msg), "field");
    msg.uri = STR("http://u@h:81/p??x");
    EXPECT_STR(http_msg_path(&msg), "/p");
    EXPECT_STR(http_msg_query(&msg), "?x");
    EXPECT_STR(http_msg_host(&msg), "h:81");
    msg.uri = STR("/p?");
    EXPECT_STR(http_msg_query(&msg), "");
    EXPECT_STR(http_msg_pathq(&msg), "/p?");
    msg.uri = STR("*");
    EXPECT_INT(http_msg_path(&msg).size, 0);
    EXPECT_INT(http_msg_pathq(&msg).size, 0);
    msg.uri = STR("h:80");
    EXPECT_INT(http_msg_path(&msg).size, 0);
    http_msg_remove(&msg, STR("host"));
    EXPECT_INT(http_msg_host(&msg).size, 0);
    end();
}

static void copies(void)
{
    struct arena other;
    struct http_msg copy;
    begin();
    arena_init(&other, 256);
    add("a", "1");
    add("b", "2");
    add("c", "3");
    http_msg_remove(&msg, STR("b"));
    msg.keep_alive = true;
    EXPECT(http_msg_copy(&msg, &copy, &other));
    end();
    msg = copy;
    expect_fields("a=1;c=3;");
    EXPECT_STR(msg.uri, "/p/a?q=1");
    EXPECT_STR(msg.method, "GET");
    EXPECT(msg.keep_alive && msg.arena == &other && !msg.reason.data);
    EXPECT(http_msg_add(&msg, STR("d"), STR("4")));
    expect_fields("a=1;c=3;d=4;");
    arena_finish(&other);
}

static bool add_one(void)
{
    return http_msg_add(&msg, STR("Name"), STR("some value"));
}
static bool add_front(void)
{
    return http_msg_add_first(&msg, STR("Name"), STR("some value"));
}
static bool set_value(void)
{
    return http_msg_set_value(&msg, &msg.fields[0], STR("another value"));
}
static bool edit_value(void)
{
    return http_msg_edit_value(&msg, &msg.fields[0], 0, 1, STR("much more"));
}
static bool set_uri(void)
{
    return http_msg_set_uri(&msg, STR("/another/target"));
}
static bool set_method(void)
{
    return http_msg_set_method(&msg, STR("ANOTHER"));
}
static bool set_status(void)
{
    return http_msg_set_status(&msg, 299, STR("a reason that is long"));
}
static bool set_path(void)
{
    return http_msg_set_path(&msg, STR("/another/path"));
}
static bool add_query(void)
{
    msg.uri = STR("/p");
    return http_msg_set_query(&msg, STR("another=query"));
}
static bool set_pathq(void)
{
    return http_msg_set_pathq(&msg, STR("/another?query"));
}

/* Each edit with the n-th allocation failing leaves the message as it was. */
static void without_memory(void)
{
    static bool (*const rows[])(void) = { add_one,    add_front,  set_value, edit_value, set_uri,
                                          set_method, set_status, set_path,  add_query,  set_pathq };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        bool well = false;
        uint64_t n = 1;
        for (; !well && n < 20; n++) {
            begin();
            arena.chunk_size = 1; /* each block is an allocation */
            for (int k = 0; k < 16; k++)
                add("a", "1");
            unsigned edits_before = msg.edits;
            test_fail_allocation(n);
            well = rows[i]();
            test_fail_allocation(0);
            EXPECT(well || msg.edits == edits_before);
            EXPECT_INT(msg.field_count, 16 + (well && i < 2));
            EXPECT_STR(msg.fields[15].value, "1");
            end();
        }
        EXPECT(well);
        EXPECT(n > 2);
    }
}

static void copying_without_memory(void)
{
    bool well = false;
    for (uint64_t n = 1; !well && n < 50; n++) {
        struct arena other;
        struct http_msg copy = { .status = 42 };
        begin();
        add("a", "1");
        add("b", "2");
        arena_init(&other, 1);
        test_fail_allocation(n);
        well = http_msg_copy(&msg, &copy, &other);
        test_fail_allocation(0);
        EXPECT(well || copy.status == 42);
        EXPECT(!well || n > 6);
        arena_finish(&other);
        end();
    }
    EXPECT(well);
}

const struct test_row tests[] = {
    { "methods", methods },
    { "ids of field names", field_ids },
    { "finding fields", finding },
    { "values of a list", values },
    { "values while fields are edited", values_under_edits },
    { "nothing that ends a line gets in", cleaning },
    { "edits of fields", edits },
    { "edits of targets", targets },
    { "edits of an odd target", edits_of_an_odd_target },
    { "parts of targets", parts },
    { "copies", copies },
    { "edits without memory", without_memory },
    { "copying without memory", copying_without_memory },
    { 0 },
};
