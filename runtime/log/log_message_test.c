/* Messages of others: what is a head, what is text, the times that are written anew, and how a stream is cut. */
#include "base/mem.h"
#include "base/test.h"
#include "log/log_message.h"

static void put(struct buf *out, struct str part)
{
    buf_printf(out, "%.*s|", STR_ARG(part));
}

/* "priority kind|time|host|tag|pid|id|structured|text" */
static void expect_parts(const char *bytes, const char *expected)
{
    static const char *const kinds[] = { "bare", "3164", "5424" };
    struct buf out = BUF_INIT;
    struct log_message message;
    log_message_read(str_of(bytes), &message);
    buf_printf(&out, "%d %s|", message.has_priority ? (int)message.priority : -1, kinds[message.kind]);
    put(&out, message.time);
    put(&out, message.host);
    put(&out, message.tag);
    put(&out, message.pid);
    put(&out, message.id);
    put(&out, message.structured);
    buf_add(&out, message.text);
    EXPECT_STR(buf_str(&out), expected);
    buf_finish(&out);
}

static void heads(void)
{
    static const struct {
        const char *bytes, *parts;
    } cases[] = {
        { "<13>Feb  5 17:32:18 h su[12]: a b", "13 3164|Feb  5 17:32:18|h|su|12|||a b" },
        { "<13>Feb 05 17:32:18 h su: a", "13 3164|Feb 05 17:32:18|h|su||||a" },
        { "<13>Feb  5 17:32:18 h a b: c", "13 3164|Feb  5 17:32:18|h|||||a b: c" },
        { "<13>Feb  5 17:32:18 h su:a", "13 3164|Feb  5 17:32:18|h|||||su:a" },
        { "<13>Feb  5 17:32:18 h su[1]x: a", "13 3164|Feb  5 17:32:18|h|||||su[1]x: a" },
        { "<13>Feb  5 17:32:18 h [12]: a", "13 3164|Feb  5 17:32:18|h|[12]||||a" },
        { "<13>Feb  5 17:32:18 h : a", "13 3164|Feb  5 17:32:18|h|||||a" },
        { "<13>Feb  5 17:32:18 h ", "13 3164|Feb  5 17:32:18|h|||||" },
        { "<13>Feb  5 17:32:18 h", "13 bare|||||||Feb  5 17:32:18 h" },
        { "<13>Feb  5 17:32:18  h a", "13 bare|||||||Feb  5 17:32:18  h a" },
        { "<13>Fex  5 17:32:18 h a", "13 bare|||||||Fex  5 17:32:18 h a" },
        { "<13>1 2003-08-24T05:14:15.000003-07:00 h app 7 ID [a b=\"\\]\"][c] text",
          "13 5424|2003-08-24T05:14:15.000003-07:00|h|app|7|ID|[a b=\"\\]\"][c]|text" },
        { "<13>1 - - - - - - text", "13 5424|-||||||text" },
        { "<13>1 - - - - - - ", "13 5424|-||||||" },
        { "<13>1 - - - - - -", "13 bare|||||||1 - - - - - -" },
        { "<13>1 - - - - - [a b=\"]\"] x", "13 bare|||||||1 - - - - - [a b=\"]\"] x" },
        { "<13>1 2003-08-24T05:14:15 h a - - - x", "13 bare|||||||1 2003-08-24T05:14:15 h a - - - x" },
        { "<13>1 - h - - - x", "13 bare|||||||1 - h - - - x" },
        { "<13>2 - h - - - - x", "13 bare|||||||2 - h - - - - x" },
        { "<013>x\n\n", "13 bare|||||||x" },
        { "<>x", "0 bare|||||||x" },
        { "<1x>x", "-1 bare|||||||<1x>x" },
        { "<12", "-1 bare|||||||<12" },
        { "<99999999999>x", "-1 bare|||||||<99999999999>x" },
        { "hello", "-1 bare|||||||hello" },
        { "\n", "-1 bare|||||||" },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        expect_parts(cases[i].bytes, cases[i].parts);
}

/* Every beginning of a message is one, too: nothing behind its end is looked at. */
static void every_beginning(void)
{
    static const char whole[] = "<13>1 2003-08-24T05:14:15.1Z h a 1 i [a b=\"\\]\"] x";
    static const char old[] = "<13>Feb  5 17:32:18 host su[12]: x";
    const char *const both[] = { whole, old };
    for (size_t which = 0; which < COUNT_OF(both); which++) {
        for (size_t size = 0; size <= strlen(both[which]); size++) {
            char *exact = mem_alloc(size ? size : 1);
            struct log_message message;
            memcpy(exact, both[which], size);
            log_message_read(str_make(exact, size), &message);
            EXPECT_INT(message.has_priority, size >= 4);
            mem_free(exact);
        }
    }
}

static void times(void)
{
    struct buf out = BUF_INIT;
    struct log_message message;
    log_message_read(STR("<13>Feb  5 17:32:18 h a: x"), &message);
    EXPECT(log_message_put_iso_time(&message, 2026, &out));
    EXPECT_STR(buf_str(&out), "2026-02-05T17:32:18-00:00");
    log_message_read(STR("<13>1 2003-08-04T05:14:15.5+01:00 h a - - - x"), &message);
    buf_reset(&out);
    EXPECT(log_message_put_short_time(&message, &out));
    EXPECT_STR(buf_str(&out), "Aug  4 05:14:15");
    log_message_read(STR("<13>1 2003-13-04T05:14:15Z h a - - - x"), &message);
    EXPECT(!log_message_put_short_time(&message, &out));
    log_message_read(STR("<13>1 - h a - - - x"), &message);
    EXPECT(!log_message_put_short_time(&message, &out));
    EXPECT(!log_message_put_iso_time(&message, 2026, &out));
    buf_finish(&out);
}

/* The messages of a stream, each behind a comma; "!" where it is refused, "+" where more is wanted. */
static void expect_frames(const char *stream, bool lines, const char *expected)
{
    struct buf out = BUF_INIT;
    struct str rest = str_of(stream), message;
    size_t used;
    enum log_frame_status status;
    while ((status = log_message_frame(rest, lines, 16, &message, &used)) == LOG_FRAME_DONE) {
        buf_printf(&out, "%.*s,", STR_ARG(message));
        rest = str_from(rest, used);
    }
    buf_add_char(&out, status == LOG_FRAME_MORE ? '+' : '!');
    EXPECT_STR(buf_str(&out), expected);
    buf_finish(&out);
}

static void frames(void)
{
    expect_frames("4 <1>a<1>b\r\n5 <1>c\n4 <1", false, "<1>a,<1>b,<1>c\n,+");
    expect_frames("<1>a\n\n", false, "<1>a,!");
    expect_frames("<1>a\n\n1 b\n", true, "<1>a,,1 b,+");
    expect_frames("hello\n", false, "!");
    expect_frames("0 x", false, "!");
    expect_frames("4x", false, "!");
    expect_frames("14 ", false, "!");
    expect_frames("13 ", false, "+");
    expect_frames("99999999999999999999", false, "!");
    expect_frames("<1>567890123456", false, "+");
    expect_frames("<1>5678901234567", false, "!");
    expect_frames("", false, "+");
}

const struct test_row tests[] = {
    { "what is a head and what is text", heads },
    { "each beginning of a message", every_beginning },
    { "times written anew", times },
    { "messages of a stream", frames },
    { 0 },
};
