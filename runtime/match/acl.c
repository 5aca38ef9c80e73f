/* Reading "criterion [flags] [operators] patterns", and testing samples with it. */
#include "match/acl.h"
#include "base/units.h"
#include "platform/platform.h"

struct reading {
    struct acl_parser *parser;
    struct acl_test *test;
    const struct acl_row *row; /* the criterion's, NULL for a plain expression */
    bool method_known, method_forced, ignore_case, no_lookup, as_map;
    bool loaded;          /* a file was read */
    int64_t id;           /* of -u, -1 for none */
    const char *operator; /* gt, ge, lt, le; NULL: eq */
};

static bool fail(struct acl_parser *parser, const char *format, ...) PRINTF_LIKE(2, 3);
static bool fail(struct acl_parser *parser, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    parser->sample.error = arena_vprintf(parser->sample.arena, format, values).data;
    va_end(values);
    return false;
}

static const struct match_row *row_named(const char *name)
{
    for (const struct match_row *row = match_rows; row->name; row++) {
        if (row->method != MATCH_KEY && strcmp(row->name, name) == 0)
            return row;
    }
    return NULL;
}

static void use_method(struct reading *reading, enum match_method method)
{
    reading->test->method = method;
    reading->test->in = match_rows[method].in;
    reading->method_known = true;
}

/* ---- the criterion ---- */

/* Without -m, by what the expression gives. Binary values have no usual method. */
static void use_usual_method(struct reading *reading)
{
    switch (reading->test->expr->out) {
    case SAMPLE_BOOL:
        use_method(reading, MATCH_BOOL);
        break;
    case SAMPLE_SINT:
        use_method(reading, MATCH_INT);
        break;
    case SAMPLE_ADDR:
    case SAMPLE_IPV4:
    case SAMPLE_IPV6:
        use_method(reading, MATCH_IP);
        break;
    case SAMPLE_STR:
        use_method(reading, MATCH_STR);
        break;
    default:
        break;
    }
}

static const struct acl_row *criterion_named(const struct acl_parser *parser, struct str name)
{
    const struct word *word = words_find(parser->sample.words, WORD_ACL, name);
    for (; word; word = word->next) {
        const struct acl_row *row = word->row;
        if (!row->patterns)
            return row;
    }
    return NULL;
}

/* The fetch behind a criterion is not what was written. */
static const char *without_fetch(const char *error, const char *fetch)
{
    static const char prefix[] = "fetch method '", suffix[] = "' : ";
    const char *name = error + sizeof(prefix) - 1;
    size_t size = strlen(fetch);
    if (strncmp(error, prefix, sizeof(prefix) - 1) != 0 || strncmp(name, fetch, size) != 0 ||
        strncmp(name + size, suffix, sizeof(suffix) - 1) != 0)
        return error;
    return name + size + sizeof(suffix) - 1;
}

static bool parse_expression(struct reading *reading, const char *text, const char *written)
{
    struct acl_parser *parser = reading->parser;
    enum sample_place place = parser->sample.place;
    const char *end = NULL;
    parser->sample.place = 0; /* only a warning here */
    reading->test->expr = sample_expr_parse(&parser->sample, text, &end);
    parser->sample.place = place;
    if (!reading->test->expr && reading->row)
        return fail(parser, "ACL keyword '%s' : %s", reading->row->name,
                    without_fetch(parser->sample.error, reading->row->fetch));
    if (!reading->test->expr)
        return fail(parser, "%s in ACL expression '%s'", parser->sample.error, written);
    if (*end)
        return fail(parser, "missing comma after '%.*s' in ACL expression '%s'", (int)(end - text), text,
                    written);
    return true;
}

/* Where the expression so far has a usual method, the next word is a pattern: there HAProxy does not read on either. */
static bool parse_next_words(struct reading *reading, const char *const *words, unsigned count, unsigned *at)
{
    struct acl_parser *parser = reading->parser;
    const char *end = "";
    if (reading->row || reading->test->expr->out != SAMPLE_BIN)
        return true;
    if (!sample_expr_parse_more(&parser->sample, reading->test->expr, words, count, at, &end))
        return fail(parser, "%s in ACL expression '%s'", parser->sample.error, words[0]);
    return !*end || fail(parser, "missing comma before '%s' in ACL expression '%s'", end, words[*at + 1]);
}

/* A word of its own with a method built in, or any expression. Converters behind such a word undo its
 * method. */
static bool read_criterion(struct reading *reading, const char *const *words, unsigned count, unsigned *at)
{
    struct acl_parser *parser = reading->parser;
    const char *written = count ? words[0] : "";
    struct str name = str_make(written, strcspn(written, "(,"));
    const char *text = written;
    reading->row = criterion_named(parser, name);
    if (reading->row) {
        text = arena_printf(parser->sample.arena, "%s%s", reading->row->fetch, written + name.size).data;
        if (!text)
            return fail(parser, "out of memory");
    }
    if (!parse_expression(reading, text, written) || !parse_next_words(reading, words, count, at))
        return false;
    ++*at;
    reading->test->keyword = arena_copy(parser->sample.arena, name).data;
    if (reading->row && !reading->test->expr->step_count)
        use_method(reading, reading->row->method);
    else
        use_usual_method(reading);
    return true;
}

/* ---- lists of patterns ---- */

static struct pattern_options options_of(const struct reading *reading)
{
    return (struct pattern_options){ .method = reading->test->method,
                                     .ignore_case = reading->ignore_case,
                                     .value_type = SAMPLE_ANY };
}

static bool add_list(struct reading *reading, struct pattern_ref *ref)
{
    struct acl_parser *parser = reading->parser;
    struct acl_test *test = reading->test;
    struct pattern_options options = options_of(reading);
    const char *error = NULL;
    struct pattern_expr *list = pattern_ref_index(ref, &options, parser->sample.arena, &error);
    if (!list)
        return fail(parser, "%s", error);
    struct pattern_expr **lists =
        arena_alloc(parser->sample.arena, (test->pattern_count + 1) * sizeof(struct pattern_expr *));
    if (!lists)
        return fail(parser, "out of memory");
    if (test->pattern_count)
        memcpy(lists, test->patterns, test->pattern_count * sizeof(struct pattern_expr *));
    lists[test->pattern_count++] = list;
    test->patterns = lists;
    return true;
}

static void set_display(const struct acl_parser *parser, struct pattern_ref *ref, struct str display)
{
    if (display.data)
        pattern_ref_set_display(ref, display);
    (void)parser;
}

static struct pattern_ref *load_file(struct acl_parser *parser, const char *path, bool as_map)
{
    struct buf text = BUF_INIT;
    const char *error = "out of memory";
    struct pattern_ref *ref = NULL;
    const char *file = path;
    bool is_virtual = str_starts(str_of(path), STR("virt@")),
         may_miss = str_starts(str_of(path), STR("opt@"));
    if (may_miss)
        file += sizeof("opt@") - 1;
    enum io_status status =
        is_virtual ? IO_OK : parser->platform->ops->file_read(parser->platform, file, &text);
    if (status != IO_OK && !(may_miss && status == IO_NOT_FOUND)) {
        fail(parser, "failed to open pattern file <%s>", file);
        goto out;
    }
    ref = pattern_ref_add(parser->set, str_of(path), as_map);
    if (ref && pattern_ref_load(ref, buf_str(&text), path, parser->sample.arena, &error))
        goto out;
    fail(parser, "%s", error);
    ref = NULL;
out:
    buf_finish(&text);
    return ref;
}

/* A file is read once and shared by its name with all who use it; as a list or as a map, never as both. "opt@": it may
 * be missing. "virt@": there is no file, entries come at run time. "file@": as without. */
struct pattern_ref *acl_pattern_file(struct acl_parser *parser, const char *path, bool as_map,
                                     const char *user)
{
    struct arena *arena = parser->sample.arena;
    const char *file = parser->sample.file ? parser->sample.file : "";
    if (str_starts(str_of(path), STR("file@")))
        path += sizeof("file@") - 1;
    struct pattern_ref *ref = pattern_ref_get(parser->set, str_of(path));
    if (!ref) {
        ref = load_file(parser, path, as_map);
        if (ref)
            set_display(parser, ref,
                        arena_printf(arena, "pattern loaded from file '%s' used by %s at file '%s' line %u",
                                     path, user, file, parser->sample.line));
        return ref;
    }
    if (pattern_ref_is_map(ref) != as_map) {
        fail(parser,
             "The file \"%s\" is already used as %s column file and cannot be used by as %s column file.",
             path, as_map ? "one" : "two", as_map ? "two" : "one");
        return NULL;
    }
    set_display(parser, ref,
                arena_printf(arena, "%.*s, by %s at file '%s' line %u", STR_ARG(pattern_ref_display(ref)),
                             user, file, parser->sample.line));
    return ref;
}

static bool need_method(struct reading *reading)
{
    return reading->method_known || fail(reading->parser,
                                         "matching method must be specified first (using '-m') when using a "
                                         "sample fetch of this type ('%s')",
                                         reading->test->expr->fetch->name);
}

/* ---- flags ---- */

static bool flag_file(struct reading *reading, const char *path)
{
    if (!need_method(reading))
        return false;
    struct pattern_ref *ref =
        acl_pattern_file(reading->parser, path, reading->as_map, reading->as_map ? "map" : "acl");
    reading->loaded = true;
    return ref && add_list(reading, ref);
}

static bool flag_method(struct reading *reading, const char *name)
{
    struct acl_parser *parser = reading->parser;
    const struct match_row *row = row_named(name);
    if (reading->loaded)
        return fail(parser,
                    "'-m' must only be specified before patterns and files in parsing ACL expression");
    if (reading->method_forced)
        return fail(parser, "only one explicit matching method can be defined with '-m' parameter");
    if (!row)
        return fail(parser, "unknown matching method '%s' when parsing ACL expression", name);
    if (row->method != MATCH_FOUND && !sample_can_cast(reading->test->expr->out, row->in))
        return fail(parser, "matching method '%s' cannot be used with fetch keyword '%s'", name,
                    reading->test->expr->fetch->name);
    use_method(reading, row->method);
    reading->method_forced = true;
    return true;
}

static bool flag_id(struct reading *reading, const char *text)
{
    if (!units_parse_int(str_of(text), 0, INT32_MAX, &reading->id))
        return fail(reading->parser, "the argument of -u must be an integer");
    return true;
}

/* *at is left on the first pattern. */
static bool read_flags(struct reading *reading, const char *const *words, unsigned count, unsigned *at)
{
    for (; *at < count && words[*at][0] == '-'; ++*at) {
        const char *flag = words[*at], *value = *at + 1 < count ? words[*at + 1] : "";
        bool well = true;
        if (strcmp(flag, "--") == 0) {
            ++*at;
            return true;
        }
        if (strcmp(flag, "-i") == 0)
            reading->ignore_case = true;
        else if (strcmp(flag, "-n") == 0)
            reading->no_lookup = true;
        else if (strcmp(flag, "-M") == 0)
            reading->as_map = true;
        else if (strcmp(flag, "-f") == 0)
            well = flag_file(reading, value);
        else if (strcmp(flag, "-m") == 0)
            well = flag_method(reading, value);
        else if (strcmp(flag, "-u") == 0)
            well = flag_id(reading, value);
        else
            well = fail(
                reading->parser,
                "'%s' is not a valid ACL option. Please use '--' before any pattern beginning with a '-'",
                flag);
        if (!well)
            return false;
        *at += flag[1] == 'f' || flag[1] == 'm' || flag[1] == 'u';
    }
    return true;
}

/* ---- patterns ---- */

static const char *operator_of(const char *word)
{
    static const char *const names[] = { "eq", "gt", "ge", "lt", "le" };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (strcmp(word, names[i]) == 0)
            return names[i];
    }
    return NULL;
}

/* "3.1" as major * 65536 + minor, a whole number as the major alone. */
static bool read_version(struct str text, int64_t *out)
{
    struct str rest = text, major = str_split(&rest, '.');
    int64_t high, low = 0;
    if (!units_parse_int(major, 0, 65535, &high) || (rest.data && !units_parse_int(rest, 0, 65535, &low)))
        return false;
    *out = high << 16 | low;
    return true;
}

static bool read_number(const struct reading *reading, struct str text, int64_t *out)
{
    if (reading->row && reading->row->dotted_version)
        return read_version(text, out);
    return units_parse_int(text, INT64_MIN, INT64_MAX, out);
}

/* A range of versions as a range of numbers. */
static struct str version_range(const struct reading *reading, const char *word)
{
    struct acl_parser *parser = reading->parser;
    size_t cut = strcspn(word, ":-");
    int64_t low = 0, high = 0;
    struct str first = str_make(word, cut), last = word[cut] ? str_of(word + cut + 1) : STR_NONE;
    if ((first.size && !read_version(first, &low)) || (last.size && !read_version(last, &high)) ||
        (!first.size && !last.size)) {
        fail(parser, word[cut] ? "'%s' is not a valid dotted number range" : "'%s' is not a dotted number",
             word);
        return STR_NONE;
    }
    if (!word[cut])
        return arena_printf(parser->sample.arena, "%lld", (long long)low);
    if (!first.size)
        return arena_printf(parser->sample.arena, ":%lld", (long long)high);
    if (!last.size)
        return arena_printf(parser->sample.arena, "%lld:", (long long)low);
    return arena_printf(parser->sample.arena, "%lld:%lld", (long long)low, (long long)high);
}

/* "gt 5" is the range "6:"; one operator holds for all numbers behind it, ranges are taken as they are. */
static struct str operate(const struct reading *reading, const char *word)
{
    struct acl_parser *parser = reading->parser;
    const char *operator= reading->operator;
    int64_t value;
    if (!operator|| strpbrk(word, ":-"))
        return reading->row && reading->row->dotted_version ? version_range(reading, word) : str_of(word);
    if (!read_number(reading, str_of(word), &value)) {
        fail(parser, "'%s' is neither a number nor a supported operator", word);
        return STR_NONE;
    }
    if (operator[0] == 'g')
        return arena_printf(parser->sample.arena, "%lld:", (long long)(value + (operator[1] == 't')));
    return arena_printf(parser->sample.arena, ":%lld", (long long)(value - (operator[1] == 't')));
}

/* A name among addresses is looked up at start-up, unless -n forbids it; its mask stays. */
static struct str look_up(const struct reading *reading, struct str text)
{
    const struct acl_parser *parser = reading->parser;
    struct arena *arena = parser->sample.arena;
    size_t slash = str_find_last_char(text, '/');
    struct str name = slash == STR_NOT_FOUND ? text : str_slice(text, 0, slash);
    struct addr addr;
    char ip[ADDR_TEXT_MAX];
    unsigned found = 0;
    bool is_name = false;
    for (size_t i = 0; i < name.size && !is_name; i++)
        is_name = ascii_alpha(name.data[i]) && str_find_char(name, ':') == STR_NOT_FOUND;
    if (!is_name || reading->no_lookup || !parser->platform || !parser->platform->ops->resolve)
        return text;
    struct str copy = arena_copy(arena, name);
    if (!copy.data ||
        parser->platform->ops->resolve(parser->platform, copy.data, false, &addr, 1, &found) != IO_OK ||
        !found)
        return text;
    size_t size = addr_print_ip(&addr, ip, sizeof(ip));
    struct str mask = str_from(text, name.size);
    return arena_printf(arena, "%.*s%.*s", (int)size, ip, STR_ARG(mask));
}

static struct pattern_ref *own_patterns(struct reading *reading)
{
    struct acl_parser *parser = reading->parser;
    struct pattern_ref *ref = pattern_ref_add(parser->set, STR_NONE, false);
    if (!ref || (reading->id >= 0 && !pattern_ref_set_id(ref, reading->id))) {
        fail(parser, ref ? "the id is already used" : "out of memory");
        return NULL;
    }
    set_display(parser, ref,
                arena_printf(parser->sample.arena, "acl '%s' file '%s' line %u", reading->test->keyword,
                             parser->sample.file ? parser->sample.file : "", parser->sample.line));
    return ref;
}

static bool read_patterns(struct reading *reading, const char *const *words, unsigned count, unsigned at)
{
    struct acl_parser *parser = reading->parser;
    bool numbers = reading->test->method == MATCH_INT || reading->test->method == MATCH_LEN;
    struct pattern_ref *ref = own_patterns(reading);
    if (!ref || !add_list(reading, ref))
        return false;
    for (; at < count; at++) {
        const char *error = NULL, *operator= numbers ? operator_of(words[at]) : NULL;
        if (operator) {
            reading->operator= strcmp(operator, "eq") == 0 ? NULL : operator;
            continue;
        }
        struct str text = numbers ? operate(reading, words[at]) : str_of(words[at]);
        if (reading->test->method == MATCH_IP)
            text = look_up(reading, text);
        if (!text.data)
            return false;
        if (!pattern_ref_append(ref, text, STR_NONE, parser->sample.arena, &error))
            return fail(parser, "%s", error);
    }
    return true;
}

static void warn_no_pattern(const struct reading *reading, unsigned words_left)
{
    struct acl_parser *parser = reading->parser;
    if (words_left || !reading->method_known || reading->test->expr->out == SAMPLE_BOOL)
        return;
    parser->warning =
        arena_printf(parser->sample.arena,
                     "parsing acl keyword '%s' : no pattern to match against were provided, so this ACL "
                     "will never match. If this is what you intended, please add '--' to get rid of this "
                     "warning. If you intended to match only for existence, please use '-m found'.",
                     reading->test->keyword)
            .data;
}

bool acl_add_test(struct acl_parser *parser, struct acl *acl, const char *const *words, unsigned count)
{
    struct acl_test *test = arena_zero(parser->sample.arena, sizeof(*test));
    struct reading reading = { .parser = parser, .test = test, .id = -1 };
    unsigned at = 0;
    parser->sample.error = NULL;
    parser->warning = NULL;
    if (!test)
        return fail(parser, "out of memory");
    if (!read_criterion(&reading, words, count, &at))
        return false;
    warn_no_pattern(&reading, count - at);
    if (!read_flags(&reading, words, count, &at) || !need_method(&reading) ||
        !read_patterns(&reading, words, count, at))
        return false;
    struct acl_test **end = &acl->tests;
    while (*end)
        end = &(*end)->next;
    *end = test;
    return true;
}

struct acl *acl_make_predefined(struct acl_parser *parser, const char *name)
{
    const struct word *word = words_find(parser->sample.words, WORD_ACL, str_of(name));
    const struct acl_row *row = NULL;
    parser->sample.error = NULL;
    for (; word && !row; word = word->next) {
        const struct acl_row *one = word->row;
        row = one->patterns ? one : NULL;
    }
    if (!row)
        return NULL;
    struct acl *acl = arena_zero(parser->sample.arena, sizeof(*acl));
    char *patterns =
        acl ? (char *)(uintptr_t)arena_copy(parser->sample.arena, str_of(row->patterns)).data : NULL;
    const char *words[8] = { row->fetch, "-m", match_rows[row->method].name, "--" };
    unsigned count = 4;
    if (!patterns) {
        fail(parser, "out of memory");
        return NULL;
    }
    while (*patterns && count < COUNT_OF(words)) {
        words[count++] = patterns;
        patterns += strcspn(patterns, " ");
        if (*patterns)
            *patterns++ = 0;
    }
    acl->name = str_of(row->name);
    return acl_add_test(parser, acl, words, count) ? acl : NULL;
}

const char *acl_never(const struct acl *acl, enum sample_place place)
{
    for (const struct acl_test *test = acl->tests; test; test = test->next) {
        if (place && !(test->expr->fetch->valid & (unsigned)place))
            return test->keyword;
    }
    return NULL;
}

/* ---- testing ---- */

static bool matches(const struct acl_test *test, struct sample *sample, struct arena *scratch)
{
    if (test->method == MATCH_FOUND)
        return true;
    if (sample->type != test->in && !sample_cast(sample, test->in, scratch))
        return false;
    if (test->method == MATCH_BOOL)
        return sample->u.integer != 0;
    for (unsigned i = 0; i < test->pattern_count; i++) {
        if (pattern_match(test->patterns[i], sample, scratch, NULL))
            return true;
    }
    return false;
}

/* Looks at every value that the fetch has to give. Whoever evaluates around this test may be walking values of its own. */
static enum acl_result eval_test(const struct acl_test *test, struct sample_context *context)
{
    enum acl_result result = ACL_FAIL;
    struct sample sample;
    if (context->place && !(test->expr->fetch->valid & (unsigned)context->place))
        return ACL_FAIL;
    struct arena_mark mark = arena_mark(context->scratch);
    struct sample_cursor outer = context->each;
    context->each = (struct sample_cursor){ .wanted = true };
    do {
        context->each.more = false;
        bool found = sample_eval(test->expr, context, &sample);
        if (found && matches(test, &sample, context->scratch)) {
            result = ACL_PASS;
            break;
        }
        if (context->may_change && !context->final && !context->each.more)
            result = ACL_MISS;
    } while (context->each.more);
    context->each = outer;
    arena_rewind(context->scratch, mark);
    return result;
}

enum acl_result acl_eval(const struct acl *acl, struct sample_context *context)
{
    enum acl_result result = ACL_FAIL;
    for (const struct acl_test *test = acl->tests; test; test = test->next) {
        enum acl_result one = eval_test(test, context);
        if (one == ACL_PASS)
            return ACL_PASS;
        if (one == ACL_MISS)
            result = ACL_MISS;
    }
    return result;
}
