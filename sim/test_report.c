/* Reports hold bytes from the wire; readers of YAML and XML want UTF-8 without control characters. What is none
 * becomes '?'. */
#include "sim/test_report.h"
#include "base/units.h"
#include <stdio.h>

/* The size of the well-formed character (RFC 3629) that text begins with; 0: there is none. */
static size_t character_size(struct str text)
{
    static const struct {
        unsigned char first, last, second_least, second_most;
        unsigned char size;
    } rows[] = {
        { 0x20, 0x7e, 0, 0, 1 },       { '\t', '\t', 0, 0, 1 },       { '\n', '\n', 0, 0, 1 },
        { 0xc2, 0xc2, 0xa0, 0xbf, 2 }, { 0xc3, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
        { 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xee, 0x80, 0xbf, 3 },
        { 0xef, 0xef, 0x80, 0xbe, 3 }, /* not U+FFFE and U+FFFF, which are no characters of XML */
        { 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
    };
    const unsigned char *bytes = (const unsigned char *)text.data;

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (bytes[0] < rows[i].first || bytes[0] > rows[i].last || text.size < rows[i].size)
            continue;
        if (rows[i].size > 1 && (bytes[1] < rows[i].second_least || bytes[1] > rows[i].second_most))
            return 0;
        for (size_t n = 2; n < rows[i].size; n++)
            if (bytes[n] < 0x80 || bytes[n] > 0xbf)
                return 0;
        return rows[i].size;
    }
    return 0;
}

/* `marks` are characters that are written as the text of the same place. */
static void add_text(struct buf *out, struct str text, const char *marks, const char *const *instead)
{
    while (text.size) {
        size_t size = character_size(text);
        const char *mark = size == 1 ? strchr(marks, text.data[0]) : NULL;

        if (mark)
            buf_add_c(out, instead[mark - marks]);
        else if (size)
            buf_add(out, str_slice(text, 0, size));
        else
            buf_add_char(out, '?');
        text = str_from(text, size ? size : 1);
    }
}

static void add_xml(struct buf *out, struct str text)
{
    static const char *const instead[] = { "&lt;", "&gt;", "&amp;", "&quot;" };

    add_text(out, text, "<>&\"", instead);
}

static void add_quoted(struct buf *out, struct str text)
{
    static const char *const instead[] = { "\\\"", "\\\\", "\\n", "\\t" };

    buf_add_char(out, '"');
    add_text(out, text, "\"\\\n\t", instead);
    buf_add_char(out, '"');
}

/* Behind it `#` begins a directive. */
static void add_description(struct buf *out, struct str text)
{
    static const char *const instead[] = { "\\#", "\\\\", " " };

    add_text(out, text, "#\\\n", instead);
}

static struct str first_line(struct str text)
{
    return str_trim(str_split(&text, '\n'));
}

static struct str says(const struct test_row *row)
{
    return row->says.size ? row->says : first_line(row->text);
}

/* The command that repeats it, if the report has one. */
static struct str again(struct str text)
{
    while (text.size) {
        struct str line = str_split(&text, '\n');

        if (str_starts(line, STR("again: ")))
            return str_from(line, 7);
    }
    return STR_NONE;
}

static void add_seconds(struct buf *out, uint64_t ns)
{
    buf_printf(out, "%llu.%06llu", (unsigned long long)(ns / NS_PER_S),
               (unsigned long long)(ns % NS_PER_S / NS_PER_US));
}

/* ---- TAP ---- */

static void add_yaml_failure(struct buf *out, const struct test_row *row)
{
    struct str text = str_trim(row->text), command = again(text);

    buf_printf(out, "  severity: %s\n  message: ", row->outcome == SCENARIO_WRONG ? "error" : "fail");
    add_quoted(out, says(row));
    if (command.size) {
        buf_add_c(out, "\n  again: ");
        add_quoted(out, command);
    }
    buf_add_c(out, "\n  report: |\n");
    while (text.size) {
        static const char *const instead[] = { "  " };

        buf_add_c(out, "    ");
        add_text(out, str_split(&text, '\n'), "\t", instead);
        buf_add_char(out, '\n');
    }
}

void test_report_tap(struct buf *out, unsigned number, const struct test_row *row)
{
    bool fine = row->outcome == SCENARIO_PASSED || row->outcome == SCENARIO_SKIPPED;

    buf_printf(out, "%sok %u - ", fine ? "" : "not ", number);
    add_description(out, str_of(row->file));
    if (row->seeds > 1)
        buf_printf(out, " seed %llu", (unsigned long long)row->seed);
    if (row->outcome == SCENARIO_SKIPPED) {
        buf_add_c(out, " # SKIP ");
        add_description(out, first_line(row->text));
    }
    buf_printf(out, "\n  ---\n  duration_ms: %.3f\n", (double)row->real_ns / 1e6);
    if (!row->real) {
        buf_printf(out, "  seed: %llu\n  virtual_s: ", (unsigned long long)row->seed);
        add_seconds(out, row->virtual_ns);
        buf_printf(out, "\n  events: %llu\n  hash: \"%016llx\"\n", (unsigned long long)row->events,
                   (unsigned long long)row->hash);
    }
    if (!fine)
        add_yaml_failure(out, row);
    buf_add_c(out, "  ...\n");
}

/* ---- JUnit ---- */

/* Readers take what stands between dots for packages. */
static void add_class(struct buf *out, const char *file)
{
    static const char *const instead[] = { ".", "_" };
    struct str path = str_of(file);

    while (str_starts(path, STR("./")) || str_starts(path, STR("/")))
        path = str_from(path, path.data[0] == '/' ? 1 : 2);
    if (str_ends(path, STR(".vtc")))
        path.size -= 4;
    struct buf dotted = BUF_INIT;

    add_text(&dotted, path, "/.", instead);
    add_xml(out, buf_str(&dotted));
    buf_finish(&dotted);
}

void test_report_add(struct test_report *report, const struct test_row *row)
{
    static const char *const tags[] = { NULL, "failure", "skipped", "error" };
    const char *slash = strrchr(row->file, '/'), *tag = tags[row->outcome];
    struct buf *out = &report->cases;

    report->counts[row->outcome]++;
    report->real_ns += row->real_ns;
    buf_add_c(out, "  <testcase classname=\"");
    add_class(out, row->file);
    buf_add_c(out, "\" name=\"");
    add_xml(out, str_of(slash ? slash + 1 : row->file));
    if (row->seeds > 1)
        buf_printf(out, " seed %llu", (unsigned long long)row->seed);
    buf_add_c(out, "\" file=\"");
    add_xml(out, str_of(row->file));
    buf_add_c(out, "\" time=\"");
    add_seconds(out, row->real_ns);
    buf_add_c(out, "\">");
    if (tag) {
        buf_printf(out, "<%s message=\"", tag);
        add_xml(out, says(row));
        buf_add_char(out, '"');
        if (row->outcome != SCENARIO_SKIPPED)
            buf_printf(out, " type=\"%s\"", scenario_outcome_name(row->outcome));
        buf_add_char(out, '>');
        add_xml(out, str_trim(row->text));
        buf_printf(out, "</%s>", tag);
    }
    if (row->hash && !row->real) {
        buf_printf(out, "<system-out>seed %llu, virtual ", (unsigned long long)row->seed);
        add_seconds(out, row->virtual_ns);
        buf_printf(out, " s, %llu events, hash %016llx</system-out>", (unsigned long long)row->events,
                   (unsigned long long)row->hash);
    }
    buf_add_c(out, "</testcase>\n");
}

bool test_report_write(const struct test_report *report, const char *path, const char *verb)
{
    const unsigned *counts = report->counts;
    FILE *file = fopen(path, "w");
    struct buf head = BUF_INIT;
    bool written;

    if (!file) {
        fprintf(stderr, "lockstep-sim %s: cannot write '%s'\n", verb, path);
        return false;
    }
    buf_printf(&head, "tests=\"%u\" failures=\"%u\" errors=\"%u\" skipped=\"%u\" time=\"",
               counts[SCENARIO_PASSED] + counts[SCENARIO_FAILED] + counts[SCENARIO_SKIPPED] +
                   counts[SCENARIO_WRONG],
               counts[SCENARIO_FAILED], counts[SCENARIO_WRONG], counts[SCENARIO_SKIPPED]);
    add_seconds(&head, report->real_ns);
    fprintf(file,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"lockstep-sim\" %.*s\">\n"
            "<testsuite name=\"lockstep-sim %s\" %.*s\">\n%.*s</testsuite>\n</testsuites>\n",
            STR_ARG(buf_str(&head)), verb, STR_ARG(buf_str(&head)), STR_ARG(buf_str(&report->cases)));
    written = !ferror(file);
    written = fclose(file) == 0 && written;
    if (!written)
        fprintf(stderr, "lockstep-sim %s: '%s' could not be written whole\n", verb, path);
    buf_finish(&head);
    return written;
}

void test_report_finish(struct test_report *report)
{
    buf_finish(&report->cases);
}
