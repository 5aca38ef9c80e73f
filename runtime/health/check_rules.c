/* Lists of steps, and what is put into them unsaid. */
#include "health/check_rules.h"

struct check_rules *check_rules_create(struct arena *arena, enum check_kind kind, const char *name)
{
    struct check_rules *rules = arena_need(arena, sizeof(*rules));
    rules->kind = kind;
    rules->name = name;
    rules->end = &rules->first;
    return rules;
}

static struct check_step *make(struct arena *arena, enum check_step_kind kind)
{
    struct check_step *step = arena_need(arena, sizeof(*step));
    step->kind = kind;
    step->min_received = -1;
    step->addr.fd = -1;
    return step;
}

struct check_step *check_rules_add(struct check_rules *rules, struct arena *arena, enum check_step_kind kind)
{
    struct check_step *step = make(arena, kind);
    *rules->end = step;
    rules->end = &step->next;
    return step;
}

static bool is_quiet(const struct check_step *step)
{
    return step->kind == STEP_COMMENT || step->kind == STEP_SET_VAR || step->kind == STEP_UNSET_VAR;
}

/* Before *where. */
static struct check_step *insert(struct check_rules *rules, struct arena *arena, struct check_step **where,
                                 enum check_step_kind kind)
{
    struct check_step *step = make(arena, kind);
    step->implicit = true;
    step->next = *where;
    *where = step;
    if (rules->end == where)
        rules->end = &step->next;
    return step;
}

static struct check_step **first_of(struct check_rules *rules, enum check_step_kind kind)
{
    struct check_step **at = &rules->first;
    while (*at && (*at)->kind != kind)
        at = &(*at)->next;
    return at;
}

/* What was sent last is not answered by a step of its own. */
static bool ends_with_request(const struct check_rules *rules)
{
    bool request = false;
    for (const struct check_step *step = rules->first; step; step = step->next)
        if (step->kind == STEP_SEND_HTTP || step->kind == STEP_EXPECT)
            request = step->kind == STEP_SEND_HTTP;
    return request;
}

static void complete_http(struct check_rules *rules, struct arena *arena)
{
    struct check_step **send = first_of(rules, STEP_SEND_HTTP);
    struct check_step **expect = first_of(rules, STEP_EXPECT);
    if (!*send)
        send = expect, (void)insert(rules, arena, send, STEP_SEND_HTTP);
    struct check_step *request = *send;
    if (!request->method)
        request->method = rules->method;
    if (!request->uri && !request->uri_format)
        request->uri = rules->uri;
    if (!request->version)
        request->version = rules->version;
    if (!request->headers)
        request->headers = rules->headers;
    if (!request->body.size && !request->body_format)
        request->body = rules->body;
    expect = first_of(rules, STEP_EXPECT);
    bool any = *expect != NULL;
    if (rules->disable_on_404) {
        struct check_step *step = insert(rules, arena, expect, STEP_EXPECT);
        step->expect = EXPECT_STATUS;
        step->ranges = arena_need(arena, sizeof(*step->ranges));
        step->ranges[0] = (struct check_range){ 404, 404 };
        step->range_count = 1;
        step->inverse = true;
        step->error_status = CHECK_L7_OK_CONDITIONAL;
    }
    if (!any || ends_with_request(rules)) {
        struct check_step *step = insert(rules, arena, rules->end, STEP_EXPECT);
        step->expect = EXPECT_STATUS;
        step->ranges = arena_need(arena, sizeof(*step->ranges));
        step->ranges[0] = (struct check_range){ 200, 399 };
        step->range_count = 1;
    }
}

void check_rules_complete(struct check_rules *rules, struct arena *arena)
{
    if (rules->ready)
        return;
    rules->ready = true;
    if (rules->kind == CHECK_KIND_HTTP)
        complete_http(rules, arena);
    struct check_step **at = &rules->first;
    while (*at && is_quiet(*at))
        at = &(*at)->next;
    if (!*at || (*at)->kind != STEP_CONNECT)
        insert(rules, arena, at, STEP_CONNECT)->usual = true;
    for (struct check_step *step = rules->first; step; step = step->next) {
        rules->count++;
        rules->any_layer7 = rules->any_layer7 || (!is_quiet(step) && step->kind != STEP_CONNECT);
    }
    rules->steps = arena_need(arena, (rules->count + 1) * sizeof(struct check_step *));
    unsigned i = 0;
    for (struct check_step *step = rules->first; step; step = step->next)
        rules->steps[i++] = step;
}

unsigned check_rules_number(const struct check_rules *rules, const struct check_step *step)
{
    unsigned number = 0;
    for (const struct check_step *each = rules->first; each; each = each->next) {
        if (!each->implicit)
            number++;
        if (each == step)
            break;
    }
    return number;
}

void check_step_name(const struct check_step *step, struct buf *out)
{
    static const char *const names[] = {
        [EXPECT_STRING] = "expect string",
        [EXPECT_STRING_FORMAT] = "expect log-format string",
        [EXPECT_REGEX] = "expect regex",
        [EXPECT_BINARY] = "expect binary",
        [EXPECT_BINARY_FORMAT] = "expect log-format binary",
        [EXPECT_BINARY_REGEX] = "expect binary regex",
        [EXPECT_STATUS] = "expect HTTP status codes",
        [EXPECT_STATUS_REGEX] = "expect HTTP status regex",
        [EXPECT_HEADER] = "expect HTTP header pattern",
        [EXPECT_BODY] = "expect HTTP body content",
        [EXPECT_BODY_FORMAT] = "expect log-format HTTP body",
        [EXPECT_BODY_REGEX] = "expect HTTP body regex",
        [EXPECT_OWN] = "expect custom function",
    };
    switch (step->kind) {
    case STEP_CONNECT:
        buf_add_c(out, "connect");
        if (step->port)
            buf_printf(out, " port %lld", (long long)step->port);
        break;
    case STEP_EXPECT:
        buf_add_c(out, names[step->expect]);
        if (step->expect == EXPECT_STRING || step->expect == EXPECT_BODY)
            buf_printf(out, " '%.*s'", STR_ARG(step->data));
        break;
    default:
        buf_add_c(out, "send");
        break;
    }
}

void health_send(struct check_rules *rules, struct arena *arena, const char *bytes, size_t size)
{
    struct check_step *step = check_rules_add(rules, arena, STEP_SEND);
    char *copy = arena_need(arena, size + 1);
    memcpy(copy, bytes, size);
    step->data = str_make(copy, size);
}

void health_expect(struct check_rules *rules, struct arena *arena,
                   enum check_verdict (*judge)(struct check *check, const struct check_step *step,
                                               struct str bytes, bool last))
{
    struct check_step *step = check_rules_add(rules, arena, STEP_EXPECT);
    step->expect = EXPECT_OWN;
    step->judge = judge;
}

struct str health_first_line(struct str bytes)
{
    size_t size = 0;
    while (size < bytes.size && bytes.data[size] != '\r' && bytes.data[size] != '\n')
        size++;
    return str_slice(bytes, 0, size);
}
