/* A candidate is tried by running it; it becomes the current one when it fails alike. What a trial's own tape has is
 * taken over, so that choices which nobody asks for any more are gone. */
#include "sim/shrink.h"
#include "base/mem.h"
#include "base/units.h"
#include "sim/trial.h"
#include <stdio.h>

enum { ANSWERS_MAX = 64 };

/* ---- trials ---- */

static bool passes_benign(struct shrink *shrink, struct str text)
{
    struct trial trial;
    bool passed;

    shrink->options.text = text.data ? text : STR("");
    shrink->options.tape = STR("");
    trial_run(&shrink->options, &trial);
    shrink->trials++;
    passed = trial.outcome == SCENARIO_PASSED;
    trial_finish(&trial);
    return passed;
}

static bool try_candidate(struct shrink *shrink, struct str text, struct str tape)
{
    struct trial trial;
    bool alike;

    shrink->options.text = text.data ? text : STR("");
    shrink->options.tape = tape.data ? tape : STR("");
    trial_run(&shrink->options, &trial);
    shrink->trials++;
    if (shrink->progress)
        shrink->progress(shrink->progress_data, shrink);
    alike =
        trial.outcome == SCENARIO_FAILED && trial_says_alike(buf_str(&trial.says), buf_str(&shrink->says));
    /* Else the scenario would get small by breaking it for good. */
    if (alike && shrink->hangs_on_choices && !str_eq(text, buf_str(&shrink->text)))
        alike = passes_benign(shrink, text);
    if (alike) {
        struct buf kept_text = BUF_INIT;

        buf_add(&kept_text, text);
        buf_finish(&shrink->text);
        shrink->text = kept_text;
        buf_finish(&shrink->tape);
        shrink->tape = trial.tape;
        trial.tape = (struct buf)BUF_INIT;
    }
    trial_finish(&trial);
    return alike;
}

bool shrink_init(struct shrink *shrink, const struct scenario_options *options, struct str says,
                 struct str text)
{
    *shrink = (struct shrink){ .options = *options };
    if (says.size) {
        buf_add(&shrink->says, says);
    } else {
        struct trial trial;

        shrink->options.text = text;
        trial_run(&shrink->options, &trial);
        buf_add(&shrink->says, buf_str(&trial.says));
        trial_finish(&trial);
    }
    shrink->hangs_on_choices = false;
    if (!try_candidate(shrink, text, options->tape))
        return false;
    shrink->hangs_on_choices = passes_benign(shrink, text);
    return true;
}

void shrink_finish(struct shrink *shrink)
{
    buf_finish(&shrink->says);
    buf_finish(&shrink->text);
    buf_finish(&shrink->tape);
}

/* ---- lines ---- */

unsigned shrink_line_count(struct str text)
{
    unsigned count = 0;

    for (; text.size; count++)
        (void)str_split(&text, '\n');
    return count;
}

/* The lines but those from..to-1. */
static void without_lines(struct str text, unsigned from, unsigned to, struct buf *out)
{
    buf_reset(out);
    for (unsigned i = 0; text.size; i++) {
        struct str line = str_split(&text, '\n');

        if (i >= from && i < to)
            continue;
        buf_add(out, line);
        buf_add_char(out, '\n');
    }
}

/* ---- the tape ---- */

/* Leaves out ever smaller runs of lines (delta debugging). */
void shrink_tape(struct shrink *shrink)
{
    struct buf candidate = BUF_INIT, text = BUF_INIT;
    unsigned size = shrink_line_count(buf_str(&shrink->tape));

    buf_add(&text, buf_str(&shrink->text));
    if (try_candidate(shrink, buf_str(&text), STR("")))
        size = 0;
    while (size) {
        bool smaller = false;

        if (size > shrink_line_count(buf_str(&shrink->tape)))
            size = shrink_line_count(buf_str(&shrink->tape));
        for (unsigned from = 0; from < shrink_line_count(buf_str(&shrink->tape));) {
            without_lines(buf_str(&shrink->tape), from, from + size, &candidate);
            if (try_candidate(shrink, buf_str(&text), buf_str(&candidate)))
                smaller = true; /* what was behind stands at `from` now */
            else
                from += size;
        }
        if (!smaller || size > 1)
            size = size == 1 ? 0 : (size + 1) / 2;
    }
    buf_finish(&candidate);
    buf_finish(&text);
}

/* Line `index` with another answer. */
static void with_answer(struct str tape, unsigned index, int64_t answer, struct buf *out)
{
    buf_reset(out);
    for (unsigned i = 0; tape.size; i++) {
        struct str line = str_split(&tape, '\n');
        size_t equals = str_find_char(line, '=');

        if (i == index && equals != STR_NOT_FOUND)
            buf_printf(out, "%.*s= %lld\n", (int)equals, line.data, (long long)answer);
        else
            buf_printf(out, "%.*s\n", STR_ARG(line));
    }
}

static int64_t answer_of(struct str tape, unsigned index)
{
    struct str line = STR_NONE;
    int64_t answer = 0;

    for (unsigned i = 0; i <= index && tape.size; i++)
        line = str_split(&tape, '\n');
    (void)str_split(&line, '=');
    line = str_trim(str_split(&line, '#'));
    return units_parse_int(line, 0, UINT32_MAX, &answer) ? answer : 0;
}

/* 0 does not fail, `fails` does: the border between them, to a sixteenth. */
static void lower_answer(struct shrink *shrink, unsigned index, struct str text, struct buf *candidate)
{
    int64_t fine = 0, fails = answer_of(buf_str(&shrink->tape), index);

    while (fails - fine > 1 && fails - fine > fails / 16) {
        int64_t middle = fine + (fails - fine) / 2;
        unsigned lines = shrink_line_count(buf_str(&shrink->tape));

        with_answer(buf_str(&shrink->tape), index, middle, candidate);
        if (!try_candidate(shrink, text, buf_str(candidate))) {
            fine = middle;
            continue;
        }
        if (shrink_line_count(buf_str(&shrink->tape)) != lines)
            return;
        fails = middle;
    }
}

void shrink_answers(struct shrink *shrink)
{
    struct buf candidate = BUF_INIT, text = BUF_INIT;

    buf_add(&text, buf_str(&shrink->text));
    if (shrink_line_count(buf_str(&shrink->tape)) <= ANSWERS_MAX)
        for (unsigned i = 0; i < shrink_line_count(buf_str(&shrink->tape)); i++)
            lower_answer(shrink, i, buf_str(&text), &candidate);
    buf_finish(&candidate);
    buf_finish(&text);
}

/* ---- the scenario's text ---- */

/* Braces opened less braces closed. */
static int depth_of(struct str line)
{
    int depth = 0;

    for (size_t i = 0; i < line.size; i++)
        depth += line.data[i] == '{' ? 1 : line.data[i] == '}' ? -1 : 0;
    return depth;
}

/* The line behind the block that line `from` opens; from + 1 when it opens none; 0 when it closes one. */
static unsigned block_end(struct str text, unsigned from)
{
    int depth = 0;

    for (unsigned i = 0; text.size; i++) {
        struct str line = str_split(&text, '\n');

        if (i < from)
            continue;
        depth += depth_of(line);
        if (depth < 0)
            return 0;
        if (depth == 0)
            return i + 1;
    }
    return 0;
}

/* Each line, or block, on its own; from the end, for what stands behind often needs what stands before. */
static bool drop_lines(struct shrink *shrink, struct buf *candidate)
{
    bool smaller = false;

    for (unsigned at = shrink_line_count(buf_str(&shrink->text)); at-- > 1;) { /* the title stays */
        unsigned end = block_end(buf_str(&shrink->text), at);

        if (!end)
            continue;
        without_lines(buf_str(&shrink->text), at, end, candidate);
        smaller |= try_candidate(shrink, buf_str(candidate), buf_str(&shrink->tape));
    }
    return smaller;
}

/* The number behind one of these words, and where it stands. */
static bool find_count(struct str text, size_t *at, int64_t *value, size_t *size)
{
    static const char *const words[] = { "-bodylen ", "-repeat ", "loop ", "send_n ", "chunkedlen " };

    for (; *at < text.size; ++*at)
        for (size_t i = 0; i < COUNT_OF(words); i++) {
            struct str rest = str_from(text, *at);
            size_t digits = 0;

            if (!str_starts(rest, str_of(words[i])))
                continue;
            rest = str_from(rest, strlen(words[i]));
            while (digits < rest.size && ascii_digit(rest.data[digits]))
                digits++;
            if (!digits || !units_parse_int(str_slice(rest, 0, digits), 0, INT32_MAX, value))
                continue;
            *at += strlen(words[i]);
            *size = digits;
            return true;
        }
    return false;
}

static void lower_counts(struct shrink *shrink, struct buf *candidate)
{
    int64_t value;
    size_t size;

    for (size_t at = 0; find_count(buf_str(&shrink->text), &at, &value, &size);) {
        bool smaller = false;

        for (int64_t lower = 1; lower < value && !smaller; lower = lower < value / 2 ? value / 2 : value) {
            struct str text = buf_str(&shrink->text);

            buf_reset(candidate);
            buf_printf(candidate, "%.*s%lld%.*s", (int)at, text.data, (long long)lower,
                       STR_ARG(str_from(text, at + size)));
            smaller = try_candidate(shrink, buf_str(candidate), buf_str(&shrink->tape));
        }
        if (!smaller || value <= 2)
            at += size;
    }
}

void shrink_text(struct shrink *shrink)
{
    struct buf candidate = BUF_INIT;

    while (drop_lines(shrink, &candidate))
        ;
    lower_counts(shrink, &candidate);
    buf_finish(&candidate);
}
