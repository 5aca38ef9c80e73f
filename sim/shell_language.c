/* The language of a scenario's shell: lists, && and ||, pipelines, if, for, variables, quotes, $(...), $((...)).
 *
 * A command before "&" becomes a job (shell_job.c).
 * Everything is read while it is carried out; what is not to be carried out is read all the same. What is not known here
 * is no failure of the script: the scenario is skipped, and says why. */
#include "base/units.h"
#include "sim/shell_parts.h"

static struct outcome run_text(struct shell *shell, struct str text, struct buf *out);

struct cursor {
    struct str text;
    size_t at;
};

static char look(const struct cursor *cursor, size_t ahead)
{
    return cursor->at + ahead < cursor->text.size ? cursor->text.data[cursor->at + ahead] : '\0';
}

/* The end of what stands in "$(...)", whose "(" is behind cursor->at; quotes are stepped over. */
static bool find_close(struct cursor *cursor, struct str *inside)
{
    size_t begin = cursor->at, depth = 1;
    char quote = '\0';

    for (; cursor->at < cursor->text.size; cursor->at++) {
        char c = cursor->text.data[cursor->at];

        if (c == '\\')
            cursor->at++;
        else if (quote)
            quote = c == quote ? '\0' : quote;
        else if (c == '"' || c == '\'')
            quote = c;
        else if (c == '(')
            depth++;
        else if (c == ')' && --depth == 0) {
            *inside = str_slice(cursor->text, begin, cursor->at - begin);
            cursor->at++;
            return true;
        }
    }
    return false;
}

static bool is_name(char c)
{
    return ascii_alpha(c) || ascii_digit(c) || c == '_';
}

static struct outcome expand_dollar(struct shell *shell, struct cursor *cursor, struct buf *out);

static struct outcome expand_arithmetic(struct shell *shell, struct cursor *cursor, struct buf *out)
{
    struct buf text = BUF_INIT;
    struct outcome outcome = shell_ended(0);
    struct str inside;
    struct cursor inner;
    int64_t value;

    cursor->at += 3;
    if (!find_close(cursor, &inside) || look(cursor, 0) != ')')
        return shell_stop(shell, "shell: %.*s is not closed", STR("$(("));
    cursor->at++;
    inner = (struct cursor){ inside, 0 };
    while (inner.at < inside.size && !outcome.stopped) {
        if (look(&inner, 0) == '$')
            outcome = expand_dollar(shell, &inner, &text);
        else
            buf_add_char(&text, inside.data[inner.at++]);
    }
    if (!outcome.stopped && !shell_sum(buf_str(&text), &value))
        outcome = shell_stop(shell, "shell: '$((%.*s))' is not known here", inside);
    if (!outcome.stopped)
        buf_add_int(out, value);
    buf_finish(&text);
    return outcome;
}

/* What "$" begins: $(...), ${name}, $name. */
static struct outcome expand_dollar(struct shell *shell, struct cursor *cursor, struct buf *out)
{
    struct str name;
    const char *value;

    if (look(cursor, 1) == '?') {
        cursor->at += 2;
        buf_add_int(out, shell->last_exit);
        return shell_ended(0);
    }
    if (look(cursor, 1) == '!') {
        cursor->at += 2;
        shell_last_job(shell, out);
        return shell_ended(0);
    }
    if (look(cursor, 1) == '(' && look(cursor, 2) == '(')
        return expand_arithmetic(shell, cursor, out);
    if (look(cursor, 1) == '(') {
        struct buf given = BUF_INIT;
        struct outcome outcome;

        cursor->at += 2;
        if (!find_close(cursor, &name))
            return shell_stop(shell, "shell: %.*s is not closed", STR("$("));
        outcome = run_text(shell, name, &given);
        while (given.size && given.data[given.size - 1] == '\n')
            given.size--;
        buf_add(out, buf_str(&given));
        buf_finish(&given);
        return outcome;
    }
    cursor->at++;
    if (look(cursor, 0) == '{') {
        size_t end = str_find_char(str_from(cursor->text, cursor->at), '}');

        if (end == STR_NOT_FOUND)
            return shell_stop(shell, "shell: %.*s is not closed", STR("${"));
        name = str_slice(cursor->text, cursor->at + 1, end - 1);
        cursor->at += end + 1;
    } else {
        size_t begin = cursor->at;

        while (is_name(look(cursor, 0)))
            cursor->at++;
        name = str_slice(cursor->text, begin, cursor->at - begin);
    }
    for (size_t i = 0; i < name.size; i++)
        if (!is_name(name.data[i]))
            return shell_stop(shell, "shell: '${%.*s}' is not known here", name);
    if (!name.size)
        return shell_stop(shell, "shell: a plain %.*s is not known here", STR("$"));
    value = shell_variable(shell, name);
    buf_add_c(out, value ? value : "");
    return shell_ended(0);
}

static struct outcome read_quoted(struct shell *shell, struct cursor *cursor, struct buf *out)
{
    struct outcome outcome = shell_ended(0);

    for (cursor->at++; cursor->at < cursor->text.size && look(cursor, 0) != '"';) {
        char c = look(cursor, 0), next = look(cursor, 1);

        if (c == '$') {
            outcome = expand_dollar(shell, cursor, out);
            if (outcome.stopped)
                return outcome;
            continue;
        }
        if (c == '`')
            return shell_stop(shell, "shell: %.*s is not known here", STR("`"));
        if (c == '\\' && next == '\n') {
            cursor->at += 2;
            continue;
        }
        if (c == '\\' && next && strchr("\"\\$`", next)) {
            c = next;
            cursor->at++;
        }
        buf_add_char(out, c);
        cursor->at++;
    }
    cursor->at++;
    return outcome;
}

/* One word, up to a blank or an operator. */
static struct outcome read_word(struct shell *shell, struct cursor *cursor, struct buf *out)
{
    struct outcome outcome = shell_ended(0);

    while (cursor->at < cursor->text.size && !strchr(" \t\n|;&<>()", look(cursor, 0)) && !outcome.stopped) {
        char c = look(cursor, 0);

        if (c == '"') {
            outcome = read_quoted(shell, cursor, out);
        } else if (c == '\'') {
            size_t end = str_find_char(str_from(cursor->text, cursor->at + 1), '\'');

            if (end == STR_NOT_FOUND)
                return shell_stop(shell, "shell: %.*s is not closed", STR("'"));
            buf_add(out, str_slice(cursor->text, cursor->at + 1, end));
            cursor->at += end + 2;
        } else if (c == '$') {
            outcome = expand_dollar(shell, cursor, out);
        } else if (c == '`') {
            return shell_stop(shell, "shell: %.*s is not known here", STR("`"));
        } else {
            if (c == '\\')
                c = look(cursor, 1);
            cursor->at += look(cursor, 0) == '\\' ? 2 : 1;
            if (c != '\n')
                buf_add_char(out, c);
        }
    }
    return outcome;
}

static void skip_blanks(struct cursor *cursor)
{
    for (;;) {
        if (look(cursor, 0) == ' ' || look(cursor, 0) == '\t')
            cursor->at++;
        else if (look(cursor, 0) == '\\' && look(cursor, 1) == '\n')
            cursor->at += 2;
        else
            return;
    }
}

/* "2>/dev/null", ">/dev/null", "2>&1": only these. *drop_out: standard output goes nowhere. */
static bool read_redirection(struct cursor *cursor, bool *drop_out, bool *was_one)
{
    static const struct {
        const char *text;
        bool drops;
    } known[] = {
        { "2>/dev/null", false }, { "2> /dev/null", false }, { "2>&1", false },       { "1>&2", false },
        { ">&2", false },         { ">/dev/null", true },    { "> /dev/null", true },
    };

    *was_one = false;
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        if (!str_starts(str_from(cursor->text, cursor->at), str_of(known[i].text)))
            continue;
        cursor->at += strlen(known[i].text);
        *drop_out |= known[i].drops;
        *was_one = true;
        return true;
    }
    return look(cursor, 0) != '<' && look(cursor, 0) != '>';
}

static bool is_assignment(struct str word)
{
    size_t equals = str_find_char(word, '=');

    if (equals == STR_NOT_FOUND || equals == 0 || ascii_digit(word.data[0]))
        return false;
    for (size_t i = 0; i < equals; i++)
        if (!is_name(word.data[i]))
            return false;
    return true;
}

/* ---- variables ---- */

void shell_set_variable(struct shell *shell, struct str name, struct str value)
{
    struct str copy = arena_copy(&shell->arena, value);

    CHECK(copy.data && dict_set(&shell->variables, name, (void *)(uintptr_t)copy.data));
}

const char *shell_variable(struct shell *shell, struct str name)
{
    const char *value = dict_get(&shell->variables, name);

    if (!value)
        value = dict_get(&shell->scenario->environment, name);
    if (!value && str_eq(name, STR("HAPROXY_PROGRAM")))
        value = "haproxy";
    if (!value && str_eq(name, STR("HAPROXY_ARGS")))
        value = shell->scenario->options->arguments ? shell->scenario->options->arguments : "-dM -dI -dW";
    return value;
}

static void assign(struct shell *shell, struct str word)
{
    size_t equals = str_find_char(word, '=');

    shell_set_variable(shell, str_slice(word, 0, equals), str_from(word, equals + 1));
}

/* ---- commands ---- */

static struct outcome run_list(struct shell *shell, struct cursor *cursor, const char *ends, bool carry_out,
                               struct buf *out);

static bool ends_word(char c)
{
    return !c || strchr(" \t\n|;&()", c) != NULL;
}

/* Is this word next? */
static bool at_word(const struct cursor *cursor, const char *word)
{
    struct str rest = str_from(cursor->text, cursor->at);

    return str_starts(rest, str_of(word)) && ends_word(look(cursor, strlen(word)));
}

static bool take_word(struct cursor *cursor, const char *word)
{
    if (!at_word(cursor, word))
        return false;
    cursor->at += strlen(word);
    return true;
}

/* Blanks, newlines, semicolons and comments. */
static void skip_separators(struct cursor *cursor)
{
    for (char c = look(cursor, 0); cursor->at < cursor->text.size; c = look(cursor, 0)) {
        if (c == '#') {
            while (cursor->at < cursor->text.size && look(cursor, 0) != '\n')
                cursor->at++;
        } else if (c == '\n' || c == ' ' || c == '\t' || (c == ';' && look(cursor, 1) != ';') ||
                   (c == '\\' && look(cursor, 1) == '\n')) {
            cursor->at += c == '\\' ? 2 : 1;
        } else {
            return;
        }
    }
}

/* Over a command that is not carried out. */
static void skip_simple(struct cursor *cursor)
{
    struct str inside;

    while (cursor->at < cursor->text.size && !strchr("\n;&|)", look(cursor, 0))) {
        char c = look(cursor, 0);

        cursor->at++;
        if (c == '\\' || (c == '>' && look(cursor, 0) == '&')) {
            cursor->at++;
        } else if (c == '\'' || c == '"') {
            while (cursor->at < cursor->text.size && look(cursor, 0) != c)
                cursor->at += look(cursor, 0) == '\\' && c == '"' ? 2 : 1;
            cursor->at++;
        } else if (c == '$' && look(cursor, 0) == '(') {
            cursor->at++;
            (void)find_close(cursor, &inside);
        }
    }
}

/* An expansion that stands for itself gives several words when it has blanks. */
static void add_words(struct call *call, struct str text, bool splits)
{
    struct shell *shell = call->shell;

    if (!splits) {
        if (call->count < SHELL_WORDS_MAX)
            call->words[call->count++] = str_make(arena_need_copy(&shell->arena, text), text.size);
        return;
    }
    while (text.size) {
        struct str word = str_split(&text, ' ');

        if (word.size)
            add_words(call, word, false);
    }
}

static struct outcome run_builtin(struct call *call, bool *was_one)
{
    struct shell *shell = call->shell;
    int64_t code = shell->last_exit;

    *was_one = true;
    if (str_eq(call->words[0], STR("exit"))) {
        if (call->count > 1 && !units_parse_int(call->words[1], 0, 255, &code))
            return shell_stop(shell, "shell: 'exit %.*s' is not known here", call->words[1]);
        shell->exits = true;
        return shell_ended((int)code);
    }
    if (str_eq(call->words[0], STR("set"))) {
        for (unsigned i = 1; i < call->count; i++) {
            if (str_eq(call->words[i], STR("-e")) || str_eq(call->words[i], STR("+e")))
                shell->go_on = call->words[i].data[0] == '+';
            else if (!str_eq(call->words[i], STR("-x")) && !str_eq(call->words[i], STR("+x")))
                return shell_stop(shell, "shell: 'set %.*s' is not known here", call->words[i]);
        }
        return shell_ended(0);
    }
    if (str_eq(call->words[0], STR("export"))) {
        for (unsigned i = 1; i < call->count; i++)
            if (is_assignment(call->words[i]))
                assign(shell, call->words[i]);
        return shell_ended(0);
    }
    if (str_eq(call->words[0], STR("wait")))
        return shell_wait_jobs(call);
    if (str_eq(call->words[0], STR("kill")))
        return shell_kill_jobs(call);
    *was_one = false;
    return shell_ended(0);
}

/* One program with its words and redirections; ends before an operator or a newline. */
static struct outcome run_simple(struct shell *shell, struct cursor *cursor, struct str in, struct buf *out)
{
    struct call call = { .shell = shell, .in = in, .out = out };
    struct buf word = BUF_INIT;
    struct outcome outcome = shell_ended(0);
    bool drop_out = false, was_builtin;

    for (skip_blanks(cursor); cursor->at < cursor->text.size && !strchr("\n|;&()", look(cursor, 0));
         skip_blanks(cursor)) {
        bool was_redirection, splits = look(cursor, 0) == '$';
        size_t begin = cursor->at;

        if (!read_redirection(cursor, &drop_out, &was_redirection)) {
            outcome = shell_stop(shell, "shell: this redirection is not known here: %.*s",
                                 str_slice(cursor->text, cursor->at, 20));
            break;
        }
        if (was_redirection)
            continue;
        if (look(cursor, 0) == '#') {
            while (cursor->at < cursor->text.size && look(cursor, 0) != '\n')
                cursor->at++;
            break;
        }
        buf_reset(&word);
        outcome = read_word(shell, cursor, &word);
        if (outcome.stopped)
            break;
        splits =
            splits && str_find_char(str_slice(cursor->text, begin, cursor->at - begin), '"') == STR_NOT_FOUND;
        if (!call.count && word.size && is_assignment(buf_str(&word)))
            assign(shell, buf_str(&word));
        else if (call.count == SHELL_WORDS_MAX)
            outcome = shell_stop(shell, "shell: too many words behind '%.*s'", call.words[0]);
        else
            add_words(&call, word.size ? buf_str(&word) : STR(""), splits);
    }
    buf_finish(&word);
    if (outcome.stopped || !call.count)
        return outcome;
    outcome = run_builtin(&call, &was_builtin);
    return was_builtin ? outcome : shell_call_program(&call, drop_out);
}

static struct outcome missing(struct shell *shell, const char *word)
{
    return shell_stop(shell, "shell: there is no '%.*s' where it should be", str_of(word));
}

/* Behind "if" or "elif", up to "fi". */
static struct outcome run_if(struct shell *shell, struct cursor *cursor, bool carry_out, struct buf *out)
{
    struct outcome outcome, branch = shell_ended(0);
    bool holds;

    shell->testing++;
    outcome = run_list(shell, cursor, "then", carry_out, out);
    shell->testing--;
    if (outcome.stopped || shell->exits)
        return outcome;
    holds = carry_out && outcome.exit_code == 0;
    if (!take_word(cursor, "then"))
        return missing(shell, "then");
    outcome = run_list(shell, cursor, "elif else fi", holds, out);
    if (outcome.stopped || shell->exits)
        return outcome;
    if (holds)
        branch = outcome;
    if (take_word(cursor, "elif")) {
        outcome = run_if(shell, cursor, carry_out && !holds, out);
        return holds ? branch : outcome;
    }
    if (take_word(cursor, "else")) {
        outcome = run_list(shell, cursor, "fi", carry_out && !holds, out);
        if (outcome.stopped || shell->exits)
            return outcome;
        if (!holds)
            branch = outcome;
    }
    return take_word(cursor, "fi") ? branch : missing(shell, "fi");
}

/* Behind "for": NAME in WORDS; do LIST done. */
static struct outcome run_for(struct shell *shell, struct cursor *cursor, bool carry_out, struct buf *out)
{
    struct call words = { .shell = shell };
    struct buf word = BUF_INIT;
    struct outcome outcome = shell_ended(0);
    struct str name;
    size_t begin, body;

    skip_blanks(cursor);
    begin = cursor->at;
    while (is_name(look(cursor, 0)))
        cursor->at++;
    name = str_slice(cursor->text, begin, cursor->at - begin);
    skip_blanks(cursor);
    if (!take_word(cursor, "in"))
        return missing(shell, "in");
    if (!carry_out)
        skip_simple(cursor);
    for (skip_blanks(cursor);
         cursor->at < cursor->text.size && !strchr("\n;", look(cursor, 0)) && !outcome.stopped;
         skip_blanks(cursor)) {
        bool splits = look(cursor, 0) == '$';

        if (strchr("|&<>()", look(cursor, 0))) {
            outcome =
                shell_stop(shell, "shell: '%.*s' is not known here", str_slice(cursor->text, cursor->at, 1));
            break;
        }
        buf_reset(&word);
        outcome = read_word(shell, cursor, &word);
        add_words(&words, word.size ? buf_str(&word) : STR(""), splits);
    }
    buf_finish(&word);
    skip_separators(cursor);
    if (outcome.stopped)
        return outcome;
    if (!take_word(cursor, "do"))
        return missing(shell, "do");
    body = cursor->at;
    for (unsigned i = 0; i < words.count && !outcome.stopped && !shell->exits; i++) {
        cursor->at = body;
        shell_set_variable(shell, name, words.words[i]);
        outcome = run_list(shell, cursor, "done", true, out);
    }
    if (!words.count)
        outcome = run_list(shell, cursor, "done", false, out);
    if (outcome.stopped || shell->exits)
        return outcome;
    return take_word(cursor, "done") ? outcome : missing(shell, "done");
}

static struct outcome run_command(struct shell *shell, struct cursor *cursor, bool carry_out, struct str in,
                                  struct buf *out)
{
    skip_blanks(cursor);
    if (take_word(cursor, "if"))
        return run_if(shell, cursor, carry_out, out);
    if (take_word(cursor, "for"))
        return run_for(shell, cursor, carry_out, out);
    if (at_word(cursor, "while") || at_word(cursor, "case") || at_word(cursor, "until") ||
        look(cursor, 0) == '(')
        return shell_stop(shell, "shell: this is not known here: %.*s",
                          str_slice(cursor->text, cursor->at, 20));
    if (carry_out)
        return run_simple(shell, cursor, in, out);
    skip_simple(cursor);
    return shell_ended(0);
}

/* Programs joined by |; the last one's exit code counts. */
static struct outcome run_pipeline(struct shell *shell, struct cursor *cursor, bool carry_out, bool *negated,
                                   struct buf *out)
{
    struct buf between[2] = { BUF_INIT, BUF_INIT };
    struct outcome outcome = shell_ended(0);
    bool more = true;
    unsigned turn = 0;

    skip_blanks(cursor);
    *negated = take_word(cursor, "!");
    while (more && !outcome.stopped && !shell->exits) {
        struct buf *given = &between[turn], *wanted = &between[!turn];

        buf_reset(wanted);
        outcome = run_command(shell, cursor, carry_out, given->size ? buf_str(given) : STR(""), wanted);
        skip_blanks(cursor);
        more = look(cursor, 0) == '|' && look(cursor, 1) != '|';
        if (more) {
            cursor->at++;
            skip_separators(cursor);
        }
        turn = !turn;
    }
    buf_add(out, buf_str(&between[turn]));
    buf_finish(&between[0]);
    buf_finish(&between[1]);
    if (*negated && !shell->exits)
        outcome.exit_code = !outcome.exit_code;
    if (carry_out)
        shell->last_exit = outcome.exit_code;
    return outcome;
}

/* Pipelines joined by && and ||. *counts: its failure ends a script that is run with -e. */
static struct outcome run_and_or(struct shell *shell, struct cursor *cursor, bool carry_out, bool *counts,
                                 struct buf *out)
{
    bool negated, runs = carry_out;
    struct outcome outcome = run_pipeline(shell, cursor, carry_out, &negated, out);

    *counts = carry_out && !negated;
    while (!outcome.stopped && !shell->exits) {
        bool is_and = look(cursor, 0) == '&' && look(cursor, 1) == '&';
        bool is_or = look(cursor, 0) == '|' && look(cursor, 1) == '|';
        struct outcome next;

        if (!is_and && !is_or)
            break;
        cursor->at += 2;
        skip_separators(cursor);
        runs = carry_out && (outcome.exit_code == 0) == is_and;
        next = run_pipeline(shell, cursor, runs, &negated, out);
        *counts = runs && !negated;
        if (runs || next.stopped)
            outcome = next;
    }
    return outcome;
}

/* Is one of these words, with blanks between, next? */
static bool at_end(const struct cursor *cursor, const char *ends)
{
    struct str rest = str_of(ends);

    while (rest.size) {
        struct str one = str_split(&rest, ' ');
        char word[16];

        if (str_to_c(one, word, sizeof(word)) && at_word(cursor, word))
            return true;
    }
    return false;
}

/* Is the command that begins here to run beside the script? Steps over it then, and over the "&". */
static bool take_background(struct shell *shell, struct cursor *cursor, struct str *text)
{
    struct cursor ahead = *cursor;
    struct buf nothing = BUF_INIT;
    bool counts;
    struct outcome outcome = run_and_or(shell, &ahead, false, &counts, &nothing);

    buf_finish(&nothing);
    if (outcome.stopped || look(&ahead, 0) != '&')
        return false;
    *text = str_slice(cursor->text, cursor->at, ahead.at - cursor->at);
    cursor->at = ahead.at + 1;
    return text->size > 0;
}

/* Up to one of the words in `ends`, which is left to be taken. */
static struct outcome run_list(struct shell *shell, struct cursor *cursor, const char *ends, bool carry_out,
                               struct buf *out)
{
    struct outcome outcome = shell_ended(0);

    for (skip_separators(cursor); cursor->at < cursor->text.size && !at_end(cursor, ends);
         skip_separators(cursor)) {
        size_t before = cursor->at;
        struct str job;
        bool counts;

        if (carry_out && take_background(shell, cursor, &job)) {
            outcome = shell_begin_job(shell, job);
            if (outcome.stopped)
                return outcome;
            shell->last_exit = 0;
            continue;
        }
        if (!carry_out && take_background(shell, cursor, &job))
            continue;
        outcome = run_and_or(shell, cursor, carry_out, &counts, out);
        if (outcome.stopped || shell->exits)
            return outcome;
        if (cursor->at == before || strchr("&|()", look(cursor, 0)))
            return cursor->at < cursor->text.size
                       ? shell_stop(shell, "shell: this operator is not known here: %.*s",
                                    str_slice(cursor->text, cursor->at, 2))
                       : outcome;
        if (counts && outcome.exit_code && !shell->go_on && !shell->testing) {
            shell->exits = true;
            return outcome;
        }
    }
    return outcome;
}

/* Of "$(...)": what it ends ends itself only. */
static struct outcome run_text(struct shell *shell, struct str text, struct buf *out)
{
    struct cursor cursor = { text, 0 };
    struct outcome outcome = run_list(shell, &cursor, "", true, out);

    shell->exits = false;
    return outcome;
}

struct outcome shell_run_script(struct shell *shell, struct str text, struct buf *out)
{
    shell->exits = shell->go_on = false;
    shell->testing = 0;
    shell->last_exit = 0;
    return run_text(shell, text, out);
}
