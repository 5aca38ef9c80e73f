/* ACLs: flags, match methods, values from lines and files. */
#include "base/test.h"
#include "match/acl.h"
#include "match/acl_words.h"
#include "platform/platform.h"

/* ---- fetches whose values the tests set ---- */

static struct str header[3]; /* the values of the one header */
static unsigned header_count;
static int64_t number;
static bool more_may_come;

static bool fetch_hdr(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    (void)args;
    if (!context->each.wanted)
        context->each.next = header_count ? header_count - 1 : 0;
    context->may_change = more_may_come;
    if (context->each.next >= header_count)
        return false;
    *out = sample_text(header[context->each.next++]);
    context->each.more = true;
    return true;
}

static bool fetch_number(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    (void)args;
    (void)context;
    *out = sample_int(number);
    return true;
}

static bool fetch_true(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    (void)args;
    (void)context;
    *out = sample_bool(true);
    return true;
}

static bool fetch_false(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    (void)args;
    (void)context;
    *out = sample_bool(false);
    return true;
}

static bool fetch_src(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    (void)args;
    (void)context;
    *out = (struct sample){ .type = SAMPLE_IPV4, .u.ip = { 127, 0, 0, 9 } };
    return true;
}

static bool fetch_body(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    (void)args;
    (void)context;
    *out = (struct sample){ .type = SAMPLE_BIN, .u.text = STR("ab") };
    return true;
}

static bool fetch_method(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    (void)args;
    (void)context;
    *out = (struct sample){ .type = SAMPLE_METH };
    out->u.method.name = STR("HEAD");
    return true;
}

static const struct fetch_row fetches[] = {
    { "req.hdr", fetch_hdr, "str?,int?", SAMPLE_STR, AT_REQUEST, NULL, NULL },
    { "req.hdr_val", fetch_number, "str?,int?", SAMPLE_SINT, AT_REQUEST, NULL, NULL },
    { "path", fetch_hdr, "", SAMPLE_STR, AT_REQUEST, NULL, NULL },
    { "number", fetch_number, "", SAMPLE_SINT, AT_ANYWHERE, NULL, NULL },
    { "req.ssl_ver", fetch_number, "", SAMPLE_SINT, AT_REQUEST, NULL, NULL },
    { "always_true", fetch_true, "", SAMPLE_BOOL, AT_ANYWHERE, NULL, NULL },
    { "always_false", fetch_false, "", SAMPLE_BOOL, AT_ANYWHERE, NULL, NULL },
    { "src", fetch_src, "", SAMPLE_ADDR, AT_CLIENT, NULL, NULL },
    { "req.body", fetch_body, "", SAMPLE_BIN, AT_REQUEST, NULL, NULL },
    { "method", fetch_method, "", SAMPLE_METH, AT_REQUEST, NULL, NULL },
    { 0 },
};

static bool conv_lower(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    char *out = arena_alloc(context->scratch, sample->u.text.size + 1);
    (void)args;
    for (size_t i = 0; i < sample->u.text.size; i++)
        out[i] = ascii_lower(sample->u.text.data[i]);
    sample->u.text.data = out;
    return true;
}

static bool conv_length(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    (void)args;
    (void)context;
    *sample = sample_int((int64_t)sample->u.text.size);
    return true;
}

static const struct converter_row converters[] = {
    { "lower", conv_lower, "", SAMPLE_STR, SAMPLE_STR, NULL, NULL },
    { "length", conv_length, "", SAMPLE_STR, SAMPLE_SINT, NULL, NULL },
    { 0 },
};

/* ---- a world with two files and one name ---- */

static enum io_status read_file(struct platform *platform, const char *path, struct buf *out)
{
    (void)platform;
    if (strcmp(path, "words") == 0)
        buf_add_c(out, "one\ntwo\n");
    else if (strcmp(path, "map") == 0)
        buf_add_c(out, "one 1\n");
    else
        return IO_NOT_FOUND;
    return IO_OK;
}

static enum io_status resolve(struct platform *platform, const char *name, bool prefer_v6, struct addr *out,
                              unsigned max, unsigned *count)
{
    (void)platform;
    (void)prefer_v6;
    *count = 0;
    if (strcmp(name, "localhost") != 0 || !max)
        return IO_NOT_FOUND;
    *out = (struct addr){ .family = ADDR_IPV4, .u.ip = { 127, 0, 0, 1 } };
    *count = 1;
    return IO_OK;
}

static const struct platform_ops ops = { .file_read = read_file, .resolve = resolve };
static struct platform platform = { &ops };

static struct words words;
static struct arena arena, scratch;
static struct pattern_set *set;

static void begin(void)
{
    words_init(&words);
    arena_init(&arena, 8192);
    arena_init(&scratch, 1024);
    set = pattern_set_create();
    for (const struct fetch_row *row = fetches; row->name; row++)
        EXPECT(words_add(&words, WORD_FETCH, row->name, row));
    for (const struct converter_row *row = converters; row->name; row++)
        EXPECT(words_add(&words, WORD_CONVERTER, row->name, row));
    for (const struct acl_row *row = acl_word_rows; row->name; row++)
        EXPECT(words_add(&words, WORD_ACL, row->name, row));
    header_count = 0;
    more_may_come = false;
}

static void finish(void)
{
    pattern_set_destroy(set);
    arena_finish(&scratch);
    arena_finish(&arena);
    words_finish(&words);
}

static struct acl_parser parser_of(void)
{
    return (struct acl_parser){ .sample = { .words = &words, .arena = &arena, .file = "f.cfg", .line = 3 },
                                .set = set,
                                .platform = &platform };
}

/* Words with one blank between. */
static bool add(struct acl_parser *parser, struct acl *acl, const char *line)
{
    const char *list[20];
    unsigned count = 0;
    char *text = arena_need_copy(&arena, str_of(line));
    for (char *at = text; *at && count < COUNT_OF(list); at += *at == 0 && at[1]) {
        list[count++] = at;
        at += strcspn(at, " ");
        if (!*at)
            break;
        *at = 0;
    }
    return acl_add_test(parser, acl, list, count);
}

static enum acl_result eval_at(const struct acl *acl, enum sample_place place, bool final)
{
    struct sample_context context = { .place = place, .scratch = &scratch, .final = final };
    enum acl_result result = acl_eval(acl, &context);
    EXPECT(!context.each.wanted);
    return result;
}

static enum acl_result eval(const char *line)
{
    struct acl_parser parser = parser_of();
    struct acl acl = { 0 };
    if (!EXPECT(add(&parser, &acl, line)))
        EXPECT_STR(str_of(parser.sample.error), "");
    return eval_at(&acl, AT_REQUEST_HEAD, true);
}

/* ---- tests ---- */

static void criteria_match(void)
{
    static const struct {
        const char *line;
        enum acl_result result;
    } rows[] = {
        { "req.hdr(x) One", ACL_PASS },
        { "req.hdr(x) one", ACL_FAIL },
        { "req.hdr(x) -i one", ACL_PASS },
        { "req.hdr(x) -i -- one", ACL_PASS },
        { "req.hdr(x) three Two", ACL_PASS },
        { "req.hdr(x),lower two", ACL_PASS },
        { "req.hdr(x),length 3", ACL_PASS },
        { "req.hdr(x),length gt 3", ACL_FAIL },
        { "req.hdr(x) -m found", ACL_PASS },
        { "req.hdr(x) -m beg On", ACL_PASS },
        { "req.hdr(x) -m len 3", ACL_PASS },
        { "req.hdr(x) -m len lt 3", ACL_FAIL },
        { "req.hdr(x) -m reg ^T..$", ACL_PASS },
        { "req.hdr(x) -i -f words", ACL_PASS },
        { "req.hdr(x) -f words", ACL_FAIL },
        { "req.hdr(x) -f words Two", ACL_PASS },
        { "req.hdr(x) -f words -i Two", ACL_PASS }, /* -i stands behind the file: for the rest only */
        { "req.hdr(x) -M -f map One", ACL_PASS },
        { "hdr(x) One", ACL_PASS },
        { "hdr_beg(x) T", ACL_PASS },
        { "hdr_end(x) -i NE", ACL_PASS },
        { "hdr_sub(x) w", ACL_PASS },
        { "hdr_reg(x) ^.w", ACL_PASS },
        { "hdr_len(x) 4:", ACL_FAIL },
        { "hdr_beg(x),lower one", ACL_PASS }, /* converters undo the built-in method */
        { "hdr_beg(x),lower o", ACL_FAIL },
        { "number 42", ACL_PASS },
        { "number 1 2 42", ACL_PASS },
        { "number lt 42", ACL_FAIL },
        { "number le 42", ACL_PASS },
        { "number gt 41", ACL_PASS },
        { "number ge 43", ACL_FAIL },
        { "number eq 42", ACL_PASS },
        { "number gt 50 eq 42", ACL_PASS },
        { "number 40:45", ACL_PASS },
        { "number gt 50 40:45", ACL_PASS },
        { "number -m str 42", ACL_PASS },
        { "number -m bool", ACL_PASS },
        { "always_true", ACL_PASS },
        { "always_false", ACL_FAIL },
        { "always_true whatever", ACL_PASS },
        { "always_true -m str 1", ACL_PASS },
        { "src 127.0.0.0/8", ACL_PASS },
        { "src 128.0.0.0/8 127/8", ACL_FAIL }, /* 127 is 0.0.0.127 */
        { "src localhost/24", ACL_PASS },
        { "src -u 9 10.0.0.1", ACL_FAIL },
        { "req.body -m bin 6162", ACL_PASS },
        { "req.body -m str ab", ACL_PASS },
        { "method GET HEAD", ACL_PASS },
        { "method head", ACL_FAIL },
        { "method -i head", ACL_PASS },
        { "src", ACL_FAIL },
    };
    begin();
    header[0] = STR("One");
    header[1] = STR("Two");
    header_count = 2;
    number = 42;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        test_case(rows[i].line);
        EXPECT_INT(eval(rows[i].line), rows[i].result);
    }
    test_case(NULL);
    finish();
}

static void versions_have_a_dot(void)
{
    begin();
    number = 3 << 16 | 1;
    EXPECT_INT(eval("req.ssl_ver 3.1"), ACL_PASS);
    EXPECT_INT(eval("req.ssl_ver 3"), ACL_FAIL);
    EXPECT_INT(eval("req_ssl_ver 3.0-3.1"), ACL_PASS);
    EXPECT_INT(eval("req_ssl_ver gt 3.1"), ACL_FAIL);
    EXPECT_INT(eval("req_ssl_ver ge 3.1"), ACL_PASS);
    EXPECT_INT(eval("req_ssl_ver 3.2:"), ACL_FAIL);
    EXPECT_INT(eval("req_ssl_ver :3.2"), ACL_PASS);
    finish();
}

static void mistakes_are_told_as_by_haproxy(void)
{
    static const struct {
        const char *line, *error;
    } rows[] = {
        { "", "missing fetch method in ACL expression ''" },
        { "nope", "unknown fetch method 'nope' in ACL expression 'nope'" },
        { "hdr_beg(x,1,2) a", "ACL keyword 'hdr_beg' : expected ')' before ',2)'" },
        { "number lt x", "'x' is neither a number nor a supported operator" },
        { "number x", "'x' is not a number" },
        { "number 5:3", "'5:3' is not a valid number range" },
        { "number -5",
          "'-5' is not a valid ACL option. Please use '--' before any pattern beginning with a '-'" },
        { "src abc.nowhere", "'abc.nowhere' is not a valid IPv4 or IPv6 address" },
        { "src -n localhost", "'localhost' is not a valid IPv4 or IPv6 address" },
        { "path -m nope a", "unknown matching method 'nope' when parsing ACL expression" },
        { "path -m key a", "unknown matching method 'key' when parsing ACL expression" },
        { "path -m str -m beg a", "only one explicit matching method can be defined with '-m' parameter" },
        { "path -f words -m str",
          "'-m' must only be specified before patterns and files in parsing ACL expression" },
        { "path -f nope", "failed to open pattern file <nope>" },
        { "path -m reg (", "regex '(' is invalid (error=missing closing parenthesis, erroffset=1)" },
        { "req.body a",
          "matching method must be specified first (using '-m') when using a sample fetch of this type "
          "('req.body')" },
        { "always_true -m ip 1.1.1.1",
          "matching method 'ip' cannot be used with fetch keyword 'always_true'" },
        { "src -u x 1.1.1.1", "the argument of -u must be an integer" },
        { "src -u 7 1.1.1.1", "the id is already used" },
        { "req.ssl_ver 3.x", "'3.x' is not a dotted number" },
        { "path] a", "missing comma after 'path' in ACL expression 'path]'" },
    };
    begin();
    struct acl_parser parser = parser_of();
    struct acl acl = { 0 };
    EXPECT(add(&parser, &acl, "path -u 7 a"));
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        test_case(rows[i].line);
        EXPECT(!add(&parser, &acl, rows[i].line));
        EXPECT_STR(str_of(parser.sample.error), rows[i].error);
    }
    test_case(NULL);
    EXPECT(acl.tests && !acl.tests->next);
    EXPECT(add(&parser, &acl, "path -f words"));
    EXPECT(!add(&parser, &acl, "path -M -f words"));
    EXPECT_STR(
        str_of(parser.sample.error),
        "The file \"words\" is already used as one column file and cannot be used by as two column file.");
    finish();
}

static void odd_acls_are_warned_of(void)
{
    begin();
    struct acl_parser parser = parser_of();
    struct acl acl = { 0 };
    EXPECT(add(&parser, &acl, "src"));
    EXPECT(parser.warning &&
           strstr(parser.warning, "parsing acl keyword 'src' : no pattern to match against"));
    EXPECT(add(&parser, &acl, "src --") && !parser.warning);
    EXPECT(add(&parser, &acl, "always_true") && !parser.warning);
    EXPECT(add(&parser, &acl, "path a") && !parser.warning);
    EXPECT_STR(str_of(acl_never(&acl, AT_RESPONSE_HEAD)), "path");
    EXPECT(!acl_never(&acl, AT_REQUEST_HEAD) && !acl_never(&acl, 0));
    finish();
}

static void places_and_missing_data_decide(void)
{
    begin();
    struct acl_parser parser = parser_of();
    struct acl acl = { 0 };
    header[0] = STR("a");
    header_count = 1;
    EXPECT(add(&parser, &acl, "req.hdr(x) b"));
    EXPECT_INT(eval_at(&acl, AT_REQUEST_HEAD, false), ACL_FAIL);
    more_may_come = true;
    EXPECT_INT(eval_at(&acl, AT_REQUEST_HEAD, false), ACL_MISS);
    EXPECT_INT(eval_at(&acl, AT_REQUEST_HEAD, true), ACL_FAIL);
    header[0] = STR("b");
    EXPECT_INT(eval_at(&acl, AT_REQUEST_HEAD, false), ACL_PASS);
    EXPECT_INT(eval_at(&acl, AT_RESPONSE_HEAD, true), ACL_FAIL); /* no request to look at there */
    header_count = 0;
    EXPECT_INT(eval_at(&acl, AT_REQUEST_HEAD, false), ACL_MISS);
    EXPECT(add(&parser, &acl, "always_true")); /* several tests are or-ed */
    EXPECT_INT(eval_at(&acl, AT_REQUEST_HEAD, false), ACL_PASS);
    finish();
}

static void predefined_ones_are_made(void)
{
    begin();
    struct acl_parser parser = parser_of();
    struct acl *acl = acl_make_predefined(&parser, "TRUE");
    EXPECT(acl && eval_at(acl, AT_REQUEST_HEAD, true) == ACL_PASS);
    acl = acl_make_predefined(&parser, "FALSE");
    EXPECT(acl && eval_at(acl, AT_REQUEST_HEAD, true) == ACL_FAIL);
    acl = acl_make_predefined(&parser, "LOCALHOST");
    EXPECT(acl && eval_at(acl, AT_REQUEST_HEAD, true) == ACL_PASS);
    acl = acl_make_predefined(&parser, "METH_GET");
    EXPECT(acl && eval_at(acl, AT_REQUEST_HEAD, true) == ACL_PASS);
    number = 0;
    acl = acl_make_predefined(&parser, "HTTP_CONTENT");
    EXPECT(acl && eval_at(acl, AT_REQUEST_HEAD, true) == ACL_FAIL);
    number = 1;
    EXPECT(acl && eval_at(acl, AT_REQUEST_HEAD, true) == ACL_PASS);
    EXPECT(!acl_make_predefined(&parser, "hdr_beg") && !parser.sample.error);
    EXPECT(!acl_make_predefined(&parser, "nope") && !parser.sample.error);
    EXPECT(!acl_make_predefined(&parser, "REQ_CONTENT") &&
           parser.sample.error); /* no req.len among these fetches */
    finish();
}

static void lists_know_where_they_stand(void)
{
    begin();
    struct acl_parser parser = parser_of();
    struct acl acl = { 0 };
    EXPECT(add(&parser, &acl, "path -f words a"));
    const struct pattern_ref *file = pattern_set_next(set, NULL), *own = pattern_set_next(set, file);
    EXPECT_STR(pattern_ref_display(file),
               "pattern loaded from file 'words' used by acl at file 'f.cfg' line 3");
    EXPECT_STR(pattern_ref_display(own), "acl 'path' file 'f.cfg' line 3");
    parser.sample.line = 4;
    EXPECT(add(&parser, &acl, "hdr(x) -i -f words"));
    EXPECT_STR(pattern_ref_display(file),
               "pattern loaded from file 'words' used by acl at file 'f.cfg' line 3, by acl at "
               "file 'f.cfg' line 4");
    finish();
}

const struct test_row tests[] = {
    { "criteria, flags, operators and patterns", criteria_match },
    { "versions are compared by their parts", versions_have_a_dot },
    { "mistakes are told as by HAProxy", mistakes_are_told_as_by_haproxy },
    { "odd ACLs are warned of", odd_acls_are_warned_of },
    { "places and data that may still come", places_and_missing_data_decide },
    { "pre-defined ACLs", predefined_ones_are_made },
    { "lists of patterns know where they stand", lists_know_where_they_stand },
    { 0 },
};
