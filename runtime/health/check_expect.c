/* Judging what a server answered. An answer is looked at whenever more of it came; it is decided when it matches, when
 * enough has come, or when no more will. */
#include "base/units.h"
#include "health/check_rules.h"
#include "http/h1_body.h"
#include "http/h1_parse.h"
#include "stream/engine.h"

/* ---- ends ---- */

void check_end_at(struct check *check, const struct check_step *step, enum check_status status,
                  const char *text)
{
    struct buf message = BUF_INIT;
    buf_add_c(&message, text);
    if (step->comment)
        buf_printf(&message, " comment: %s", step->comment);
    check_end(check, status, check->code, message.data);
    buf_finish(&message);
}

static void eval_text(struct check *check, const struct log_format *format, struct buf *out)
{
    struct sample_context context = check_context(check);
    struct arena_mark mark = arena_mark(context.scratch);
    log_format_build(format, &context, true, out);
    arena_rewind(context.scratch, mark);
}

static void eval_code(struct check *check, const struct check_step *step)
{
    struct sample_context context = check_context(check);
    struct arena_mark mark = arena_mark(context.scratch);
    struct sample sample;
    if (step->status_code && sample_eval_as(step->status_code, &context, SAMPLE_SINT, &sample))
        check->code = (int)sample.u.integer;
    arena_rewind(context.scratch, mark);
}

/* The step is through: what its success means for the check counts if it is the last one. */
static enum check_verdict passed(struct check *check, const struct check_step *step)
{
    check->ok_status = step->ok_status ? step->ok_status : CHECK_L7_OK;
    eval_code(check, step);
    buf_reset(&check->ok_text);
    if (step->on_success)
        eval_text(check, step->on_success, &check->ok_text);
    return CHECK_NEXT;
}

static void failed(struct check *check, const struct check_step *step, enum check_status usual,
                   const char *text)
{
    enum check_status status = step->error_status ? step->error_status : usual;
    eval_code(check, step);
    if (step->on_error) {
        struct buf message = BUF_INIT;
        eval_text(check, step->on_error, &message);
        check_end(check, status, check->code, message.data);
        buf_finish(&message);
    } else if (status == CHECK_L7_OK_CONDITIONAL && step->implicit) {
        check_end(check, status, check->code, NULL);
    } else {
        check_end_at(check, step, status, text);
    }
}

enum check_verdict check_step_good(struct check *check, enum check_status status, int code, struct str text)
{
    check->ok_status = status;
    check->code = code;
    buf_reset(&check->ok_text);
    buf_add(&check->ok_text, text);
    return CHECK_NEXT;
}

enum check_verdict check_step_bad(struct check *check, enum check_status status, int code, struct str text)
{
    char copy[CHECK_TEXT_MAX];
    (void)str_to_c(text, copy, sizeof(copy));
    check_end(check, status, code, copy);
    return CHECK_OVER;
}

/* ---- bytes ---- */

static bool holds(struct check *check, const struct check_step *step, struct str bytes)
{
    struct buf text = BUF_INIT;
    bool found = false;
    switch (step->expect) {
    case EXPECT_STRING:
    case EXPECT_BINARY:
    case EXPECT_BODY:
        return str_find(bytes, step->data) != STR_NOT_FOUND;
    case EXPECT_REGEX:
    case EXPECT_BODY_REGEX:
        return regex_match(step->regex, bytes, NULL);
    case EXPECT_BINARY_REGEX:
        for (size_t i = 0; i < bytes.size; i++)
            buf_printf(&text, "%02X", (unsigned char)bytes.data[i]);
        found = regex_match(step->regex, buf_str(&text), NULL);
        break;
    case EXPECT_STRING_FORMAT:
    case EXPECT_BODY_FORMAT:
        eval_text(check, step->format, &text);
        found = text.size && str_find(bytes, buf_str(&text)) != STR_NOT_FOUND;
        break;
    case EXPECT_BINARY_FORMAT: {
        struct buf wanted = BUF_INIT;
        eval_text(check, step->format, &text);
        for (size_t i = 0; i + 1 < text.size; i += 2)
            buf_add_char(&wanted, (char)(ascii_hex(text.data[i]) << 4 | ascii_hex(text.data[i + 1])));
        found = wanted.size && str_find(bytes, buf_str(&wanted)) != STR_NOT_FOUND;
        buf_finish(&wanted);
        break;
    }
    default:
        break;
    }
    buf_finish(&text);
    return found;
}

static enum check_verdict judge_bytes(struct check *check, const struct check_step *step, struct str bytes,
                                      bool last)
{
    struct buf text = BUF_INIT;
    unsigned number = check_rules_number(check->rules, step);
    if (last && !bytes.size) {
        buf_printf(&text, "TCPCHK got an empty response at step %u", number);
        failed(check, step, CHECK_L7_RESPONSE, text.data ? text.data : "");
        buf_finish(&text);
        return CHECK_OVER;
    }
    if (!last && step->min_received > 0 && bytes.size < (size_t)step->min_received)
        return CHECK_WAIT;
    bool match = holds(check, step, bytes);
    if (!match && !last && step->min_received < 0)
        return CHECK_WAIT;
    if (match != step->inverse)
        return passed(check, step);
    buf_add_c(&text, step->inverse ? "TCPCHK matched unwanted content" : "TCPCHK did not match content");
    if (step->expect == EXPECT_STRING)
        buf_printf(&text, " '%.*s'", STR_ARG(step->data));
    else if (step->expect == EXPECT_REGEX || step->expect == EXPECT_BINARY_REGEX)
        buf_add_c(&text, " (regex)");
    buf_printf(&text, " at step %u", number);
    failed(check, step, CHECK_L7_RESPONSE, text.data ? text.data : "");
    buf_finish(&text);
    return CHECK_OVER;
}

/* ---- HTTP ---- */

/* The answer's head, and its body as far as it came, without its framing. */
struct answer {
    bool head, whole, broken;
    struct buf body;
};

static void read_body(struct check *check, struct str bytes, bool last, struct answer *answer)
{
    struct h1_body body;
    h1_body_init(&body, check->response->body, check->response->body_length);
    while (bytes.size || check->response->body == HTTP_BODY_NONE) {
        size_t skip = 0, data = 0;
        enum h1_status status = h1_body_next(&body, bytes, &skip, &data);
        buf_add(&answer->body, str_slice(bytes, skip, data));
        bytes = str_from(bytes, skip + data);
        if (status == H1_REJECT)
            answer->broken = true;
        if (status == H1_DONE)
            answer->whole = true;
        if (status != H1_MORE || (!skip && !data))
            break;
    }
    answer->whole = answer->whole || (last && h1_body_closed(&body));
}

static void read_answer(struct check *check, struct str bytes, bool last, struct answer *answer)
{
    struct h1_parser parser;
    size_t used = 0;
    struct h1_options options = { .is_response = true, .field_max = 101, .accept_invalid = true };
    check->response = NULL;
    struct http_msg *msg = arena_zero(&check->arena, sizeof(*msg));
    if (!msg)
        return;
    http_msg_init(msg, &check->arena, true);
    h1_parser_init(&parser, &options, &check->arena);
    enum h1_status status = h1_parse_head(&parser, bytes, msg, &used);
    answer->broken = status == H1_REJECT;
    if (status != H1_DONE)
        return;
    answer->head = true;
    check->response = msg;
    check->code = msg->status;
    read_body(check, str_from(bytes, used), last, answer);
}

static bool in_ranges(const struct check_step *step, int status)
{
    for (unsigned i = 0; i < step->range_count; i++)
        if (status >= step->ranges[i].low && status <= step->ranges[i].high)
            return true;
    return false;
}

static bool suits(struct check *check, const struct check_match *match, struct str text, bool ignore_case)
{
    struct buf built = BUF_INIT;
    struct str wanted = match->text;
    bool good = false;
    if (match->method == MATCH_FOUND)
        return true;
    if (match->method == MATCH_REG)
        return regex_match(match->regex, text, NULL);
    if (match->format) {
        eval_text(check, match->format, &built);
        wanted = buf_str(&built);
    }
    switch (match->method) {
    case MATCH_BEG:
        good = ignore_case ? str_starts_nocase(text, wanted) : str_starts(text, wanted);
        break;
    case MATCH_END:
        good = text.size >= wanted.size &&
               (ignore_case ? str_eq_nocase : str_eq)(str_from(text, text.size - wanted.size), wanted);
        break;
    case MATCH_SUB:
        good = (ignore_case ? str_find_nocase : str_find)(text, wanted) != STR_NOT_FOUND;
        break;
    default:
        good = ignore_case ? str_eq_nocase(text, wanted) : str_eq(text, wanted);
        break;
    }
    buf_finish(&built);
    return good;
}

static bool value_suits(struct check *check, const struct check_step *step, const struct http_field *field)
{
    if (step->full_header || step->value.method == MATCH_FOUND)
        return suits(check, &step->value, field->value, false);
    struct str rest = field->value;
    while (rest.data) {
        size_t end = http_msg_value_end(rest, 0);
        if (suits(check, &step->value, str_trim(str_slice(rest, 0, end)), false))
            return true;
        rest = end < rest.size ? str_from(rest, end + 1) : STR_NONE;
    }
    return false;
}

static bool has_header(struct check *check, const struct check_step *step)
{
    for (struct http_field *field = http_msg_next(check->response, NULL); field;
         field = http_msg_next(check->response, field))
        if (suits(check, &step->name, field->name, true) && value_suits(check, step, field))
            return true;
    return false;
}

static bool about_head(const struct check_step *step)
{
    return step->expect == EXPECT_STATUS || step->expect == EXPECT_STATUS_REGEX ||
           step->expect == EXPECT_HEADER;
}

static bool head_suits(struct check *check, const struct check_step *step)
{
    char code[16];
    if (step->expect == EXPECT_STATUS)
        return in_ranges(step, check->response->status);
    if (step->expect == EXPECT_HEADER)
        return has_header(check, step);
    struct buf text = BUF_INIT;
    buf_printf(&text, "%d", check->response->status);
    size_t size = str_to_c(buf_str(&text), code, sizeof(code));
    buf_finish(&text);
    return regex_match(step->regex, str_make(code, size), NULL);
}

static enum check_verdict judge_http(struct check *check, const struct check_step *step, struct str bytes,
                                     bool last)
{
    struct answer answer = { 0 };
    read_answer(check, bytes, last, &answer);
    enum check_verdict verdict = CHECK_OVER;
    struct buf reason = BUF_INIT;
    if (answer.broken || (!answer.head && last)) {
        check->code = -1;
        failed(check, step, CHECK_L7_RESPONSE, "");
    } else if (!answer.head) {
        verdict = CHECK_WAIT;
    } else if (about_head(step)) {
        if (head_suits(check, step) != step->inverse) {
            verdict = passed(check, step);
        } else {
            buf_add(&reason, check->response->reason);
            failed(check, step, CHECK_L7_STATUS, reason.data ? reason.data : "");
        }
    } else {
        bool match = holds(check, step, buf_str(&answer.body));
        if (!match && !answer.whole && !last)
            verdict = CHECK_WAIT;
        else if (match != step->inverse)
            verdict = passed(check, step);
        else
            failed(check, step, CHECK_L7_RESPONSE,
                   step->inverse ? "HTTP check matched unwanted content"
                                 : "HTTP content check did not match");
    }
    buf_finish(&reason);
    buf_finish(&answer.body);
    return verdict;
}

enum check_verdict check_expect_run(struct check *check, const struct check_step *step, bool last)
{
    struct str bytes = buf_str(&check->in);
    check->view = (struct channel){
        .data = check->in.data, .capacity = bytes.size, .input = bytes.size, .ended = last
    };
    if (step->expect == EXPECT_OWN)
        return step->judge(check, step, bytes, last);
    if (check->rules->kind == CHECK_KIND_HTTP && step->expect >= EXPECT_STATUS)
        return judge_http(check, step, bytes, last);
    return judge_bytes(check, step, bytes, last);
}
