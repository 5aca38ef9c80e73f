/* The script is evaluated from its begin each time, as if all of it took no time. What needs the world (socat, sleep) is
 * an errand: the first time that evaluation comes to one, it stops and the errand is run, which may take virtual
 * time; then evaluation begins anew and finds the errand's result in its place. All else is pure, so it comes out the
 * same each time. As `sh -e` does, the script ends with the first pipeline that fails. */
#include "sim/shell.h"
#include "base/mem.h"
#include "base/units.h"
#include "sim/expect.h"
#include "sim/links.h"
#include "sim/sim_address.h"
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>

enum { ERRANDS_MAX = 256, SHELL_WORDS_MAX = 64, PIPE_MAX = 8, SOCAT_LINGER_MS = 500 };

enum errand_kind { ERRAND_SOCAT, ERRAND_SLEEP };

struct errand {
    enum errand_kind kind;
    bool done;
    int exit_code;
    struct addr to;
    uint64_t wait_ns; /* a sleep's time; how long socat waits for more after its input's end */
    struct buf in, out;
};

struct shell {
    struct scenario *scenario;
    struct net_host *host;
    struct errand *errands[ERRANDS_MAX];
    unsigned errand_count;
    /* The errand under way. */
    plat_sock sock;
    size_t sent;
    bool connected, input_ended;

    /* Of one evaluation. */
    unsigned next_errand;
    bool pending;          /* it came to an errand that is not done */
    const char *unknown;   /* what it cannot do; in arena */
    struct dict variables; /* name -> text in arena */
    struct arena arena;
};

/* What one evaluation of a list, a pipeline or a program gives. */
struct outcome {
    int exit_code;
    bool stopped; /* pending or unknown: nothing else counts */
};

static struct outcome run_list(struct shell *shell, struct str text, struct buf *out);

static struct outcome stop(struct shell *shell, const char *unknown_format, struct str what)
{
    if (unknown_format && !shell->unknown)
        shell->unknown = arena_printf(&shell->arena, unknown_format, STR_ARG(what)).data;
    return (struct outcome){ 1, true };
}

static struct outcome ended(int exit_code)
{
    return (struct outcome){ exit_code, false };
}

/* ---- errands ---- */

/* The next errand in the order of evaluation; made when evaluation comes here for the first time. */
static struct errand *next_errand(struct shell *shell, enum errand_kind kind, bool *made)
{
    struct errand *errand;

    *made = shell->next_errand == shell->errand_count;
    if (*made) {
        if (shell->errand_count == ERRANDS_MAX)
            return NULL;
        errand = mem_need(sizeof(*errand));
        errand->kind = kind;
        shell->errands[shell->errand_count++] = errand;
    }
    return shell->errands[shell->next_errand++];
}

static struct outcome errand_outcome(struct shell *shell, const struct errand *errand, struct buf *out)
{
    if (!errand->done) {
        shell->pending = true;
        return (struct outcome){ 1, true };
    }
    buf_add(out, buf_str(&errand->out));
    return ended(errand->exit_code);
}

/* ---- programs: words, standard input, standard output ---- */

struct call {
    struct shell *shell;
    struct str words[SHELL_WORDS_MAX];
    unsigned count;
    struct str in;
    struct buf *out;
};

static struct outcome run_echo(struct call *call)
{
    unsigned first = call->count > 1 && str_eq(call->words[1], STR("-n")) ? 2 : 1;

    for (unsigned i = first; i < call->count; i++) {
        if (i > first)
            buf_add_char(call->out, ' ');
        buf_add(call->out, call->words[i]);
    }
    if (first == 1)
        buf_add_char(call->out, '\n');
    return ended(0);
}

/* Escapes and %s; other conversions are unknown here. */
static struct outcome run_printf(struct call *call)
{
    struct str format = call->count > 1 ? call->words[1] : STR("");
    unsigned argument = 2;

    for (size_t i = 0; i < format.size; i++) {
        char c = format.data[i], next = i + 1 < format.size ? format.data[i + 1] : '\0';
        static const char from[] = "nrt\\\"", to[] = "\n\r\t\\\"";
        const char *known = next ? strchr(from, next) : NULL;

        if (c == '\\' && known) {
            buf_add_char(call->out, to[known - from]);
            i++;
        } else if (c == '%' && next == '%') {
            buf_add_char(call->out, '%');
            i++;
        } else if (c == '%' && next == 's') {
            if (argument < call->count)
                buf_add(call->out, call->words[argument++]);
            i++;
        } else if (c == '%') {
            return stop(call->shell, "shell: 'printf %.*s' is not known here", format);
        } else {
            buf_add_char(call->out, c);
        }
    }
    return ended(0);
}

/* A file of the script, of a proxy's folder or a real one. */
static bool read_file(struct shell *shell, struct str path, struct buf *out)
{
    struct buf *written = dict_get(&shell->scenario->files, path);

    if (written)
        buf_add(out, buf_str(written));
    return written || scenario_read_file(path.data, out);
}

static struct outcome run_cat(struct call *call)
{
    if (call->count == 1)
        buf_add(call->out, call->in);
    for (unsigned i = 1; i < call->count; i++) {
        if (str_eq(call->words[i], STR("-")))
            buf_add(call->out, call->in);
        else if (!read_file(call->shell, call->words[i], call->out))
            return ended(1);
    }
    return ended(0);
}

struct grep {
    bool quiet, inverted, count_only;
    int flags;
    struct str pattern;
};

/* false: an option that is unknown here. */
static bool grep_options(struct call *call, struct grep *grep, struct str *file)
{
    bool have_pattern = false;

    for (unsigned i = 1; i < call->count; i++) {
        struct str word = call->words[i];

        if (word.size > 1 && word.data[0] == '-' && !have_pattern) {
            for (size_t k = 1; k < word.size; k++) {
                grep->quiet |= word.data[k] == 'q';
                grep->inverted |= word.data[k] == 'v';
                grep->count_only |= word.data[k] == 'c';
                grep->flags |= word.data[k] == 'E' ? REG_EXTENDED : word.data[k] == 'i' ? REG_ICASE : 0;
                if (!strchr("qvcEi", word.data[k]))
                    return false;
            }
        } else if (!have_pattern) {
            grep->pattern = word;
            have_pattern = true;
        } else if (!file->data) {
            *file = word;
        } else {
            return false;
        }
    }
    return have_pattern;
}

static struct outcome run_grep(struct call *call)
{
    struct grep grep = { .flags = REG_NOSUB };
    struct str file = STR_NONE, text = call->in;
    struct buf content = BUF_INIT;
    unsigned selected = 0;
    regex_t pattern;

    if (!grep_options(call, &grep, &file))
        return stop(call->shell, "shell: this use of '%.*s' is not known here", call->words[0]);
    if (file.data) {
        if (!read_file(call->shell, file, &content))
            return ended(2);
        text = buf_str(&content);
    }
    if (regcomp(&pattern, grep.pattern.data, grep.flags)) {
        buf_finish(&content);
        return ended(2);
    }
    while (text.data && text.size) {
        struct str line = str_split(&text, '\n');
        char *copy = mem_need_copy(line);
        bool matches = regexec(&pattern, copy, 0, NULL, 0) == 0;

        mem_free(copy);
        if (matches == grep.inverted)
            continue;
        selected++;
        if (!grep.quiet && !grep.count_only) {
            buf_add(call->out, line);
            buf_add_char(call->out, '\n');
        }
    }
    regfree(&pattern);
    buf_finish(&content);
    if (grep.count_only)
        buf_printf(call->out, "%u\n", selected);
    return ended(selected ? 0 : 1);
}

/* "/path", "UNIX-CONNECT:/path", "TCP:IP:PORT", "ABSTRACT-CONNECT:name" in any case. */
static bool socat_address(struct str text, struct addr *out)
{
    static const struct {
        const char *prefix, *mark;
    } kinds[] = {
        { "UNIX-CONNECT:", "" }, { "UNIX:", "" },        { "TCP:", "" },
        { "TCP4:", "" },         { "TCP-CONNECT:", "" }, { "ABSTRACT-CONNECT:", "@" },
        { "ABSTRACT:", "@" },
    };
    char whole[160];

    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (!str_starts_nocase(text, str_of(kinds[i].prefix)))
            continue;
        text = str_from(text, strlen(kinds[i].prefix));
        snprintf(whole, sizeof(whole), "%s%.*s", kinds[i].mark, STR_ARG(text));
        return sim_address_parse(str_of(whole), out);
    }
    return sim_address_parse(text, out);
}

static struct outcome run_socat(struct call *call)
{
    uint64_t linger = SOCAT_LINGER_MS * NS_PER_MS;
    struct str place = STR_NONE;
    struct errand *errand;
    struct addr to;
    bool made;

    for (unsigned i = 1; i < call->count; i++) {
        struct str word = call->words[i];

        if (str_eq(word, STR("-")))
            continue;
        if (str_starts(word, STR("-t"))) {
            if (!actor_parse_duration(word.size > 2 ? str_from(word, 2) : call->words[++i % SHELL_WORDS_MAX],
                                      &linger))
                return stop(call->shell, "shell: '%.*s' is not known here", word);
        } else if (word.data[0] == '-' || place.data) {
            return stop(call->shell, "shell: 'socat %.*s' is not known here", word);
        } else {
            place = word;
        }
    }
    if (!place.data || !socat_address(place, &to))
        return stop(call->shell, "shell: 'socat %.*s' is not known here", place);
    errand = next_errand(call->shell, ERRAND_SOCAT, &made);
    if (!errand)
        return stop(call->shell, "shell: too many '%.*s'", call->words[0]);
    if (made) {
        errand->to = to;
        errand->wait_ns = linger;
        buf_add(&errand->in, call->in);
    }
    return errand_outcome(call->shell, errand, call->out);
}

static struct outcome run_sleep(struct call *call)
{
    struct errand *errand;
    uint64_t ns;
    bool made;

    if (call->count != 2 || !actor_parse_duration(call->words[1], &ns))
        return stop(call->shell, "shell: this '%.*s' is not known here", call->words[0]);
    errand = next_errand(call->shell, ERRAND_SLEEP, &made);
    if (!errand)
        return stop(call->shell, "shell: too many '%.*s'", call->words[0]);
    errand->wait_ns = ns;
    return errand_outcome(call->shell, errand, call->out);
}

static struct outcome run_true(struct call *call)
{
    return ended(str_eq(call->words[0], STR("true")) ? 0 : 1);
}

static const struct program_row {
    const char *name;
    struct outcome (*run)(struct call *call);
} programs[] = {
    { "echo", run_echo }, { "printf", run_printf }, { "cat", run_cat },
    { "grep", run_grep }, { "socat", run_socat },   { "sleep", run_sleep },
    { "true", run_true }, { "false", run_true },    { 0 },
};

bool shell_has_program(struct str name)
{
    for (const struct program_row *row = programs; row->name; row++)
        if (str_eq(name, str_of(row->name)))
            return true;
    return false;
}

/* ---- the language ---- */

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

/* What "$" begins: $(...), ${name}, $name. */
static struct outcome expand_dollar(struct shell *shell, struct cursor *cursor, struct buf *out)
{
    struct str name;
    const char *value;

    if (look(cursor, 1) == '(') {
        struct buf given = BUF_INIT;
        struct outcome outcome;

        cursor->at += 2;
        if (!find_close(cursor, &name))
            return stop(shell, "shell: %.*s is not closed", STR("$("));
        outcome = run_list(shell, name, &given);
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
            return stop(shell, "shell: %.*s is not closed", STR("${"));
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
            return stop(shell, "shell: '${%.*s}' is not known here", name);
    if (!name.size)
        return stop(shell, "shell: a plain %.*s is not known here", STR("$"));
    value = dict_get(&shell->variables, name);
    if (!value)
        value = dict_get(&shell->scenario->environment, name);
    buf_add_c(out, value ? value : "");
    return ended(0);
}

static struct outcome read_quoted(struct shell *shell, struct cursor *cursor, struct buf *out)
{
    struct outcome outcome = ended(0);

    for (cursor->at++; cursor->at < cursor->text.size && look(cursor, 0) != '"';) {
        char c = look(cursor, 0), next = look(cursor, 1);

        if (c == '$') {
            outcome = expand_dollar(shell, cursor, out);
            if (outcome.stopped)
                return outcome;
            continue;
        }
        if (c == '`')
            return stop(shell, "shell: %.*s is not known here", STR("`"));
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
    struct outcome outcome = ended(0);

    while (cursor->at < cursor->text.size && !strchr(" \t\n|;&<>()", look(cursor, 0)) && !outcome.stopped) {
        char c = look(cursor, 0);

        if (c == '"') {
            outcome = read_quoted(shell, cursor, out);
        } else if (c == '\'') {
            size_t end = str_find_char(str_from(cursor->text, cursor->at + 1), '\'');

            if (end == STR_NOT_FOUND)
                return stop(shell, "shell: %.*s is not closed", STR("'"));
            buf_add(out, str_slice(cursor->text, cursor->at + 1, end));
            cursor->at += end + 2;
        } else if (c == '$') {
            outcome = expand_dollar(shell, cursor, out);
        } else if (c == '`') {
            return stop(shell, "shell: %.*s is not known here", STR("`"));
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

/* A name=value before any program. */
static void assign(struct shell *shell, struct str word)
{
    size_t equals = str_find_char(word, '=');
    struct str value = arena_copy(&shell->arena, str_from(word, equals + 1));

    CHECK(value.data &&
          dict_set(&shell->variables, str_slice(word, 0, equals), (void *)(uintptr_t)value.data));
}

static struct outcome call_program(struct call *call, bool drop_out)
{
    size_t before = call->out->size;

    for (const struct program_row *row = programs; row->name; row++) {
        struct outcome outcome;

        if (!str_eq(call->words[0], str_of(row->name)))
            continue;
        outcome = row->run(call);
        if (drop_out)
            call->out->size = before;
        return outcome;
    }
    return stop(call->shell, "shell: there is no '%.*s' here", call->words[0]);
}

/* One program with its words and redirections; ends before an operator or a newline. */
static struct outcome run_command(struct shell *shell, struct cursor *cursor, struct str in, struct buf *out)
{
    struct call call = { .shell = shell, .in = in, .out = out };
    struct buf word = BUF_INIT;
    struct outcome outcome = ended(0);
    bool drop_out = false;

    for (skip_blanks(cursor); cursor->at < cursor->text.size && !strchr("\n|;&()", look(cursor, 0));
         skip_blanks(cursor)) {
        bool was_redirection;

        if (!read_redirection(cursor, &drop_out, &was_redirection)) {
            outcome = stop(shell, "shell: this redirection is not known here: %.*s",
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
        if (!call.count && word.size && is_assignment(buf_str(&word))) {
            assign(shell, buf_str(&word));
            continue;
        }
        if (call.count == SHELL_WORDS_MAX) {
            outcome = stop(shell, "shell: too many words behind '%.*s'", call.words[0]);
            break;
        }
        call.words[call.count++] = str_make(arena_need_copy(&shell->arena, buf_str(&word)), word.size);
    }
    buf_finish(&word);
    if (outcome.stopped || !call.count)
        return outcome;
    return call_program(&call, drop_out);
}

/* Programs joined by |; the last one's exit code counts. */
static struct outcome run_pipeline(struct shell *shell, struct cursor *cursor, struct buf *out)
{
    struct buf between[2] = { BUF_INIT, BUF_INIT };
    struct outcome outcome = ended(0);
    bool negated = false, more = true;
    unsigned turn = 0;

    skip_blanks(cursor);
    if (look(cursor, 0) == '!' && look(cursor, 1) == ' ') {
        negated = true;
        cursor->at++;
    }
    while (more && !outcome.stopped) {
        struct buf *given = &between[turn], *wanted = &between[!turn];

        buf_reset(wanted);
        outcome = run_command(shell, cursor, given->size ? buf_str(given) : STR(""), wanted);
        more = look(cursor, 0) == '|' && look(cursor, 1) != '|';
        if (more) {
            cursor->at++;
            while (look(cursor, 0) == '\n' || look(cursor, 0) == ' ' || look(cursor, 0) == '\t')
                cursor->at++;
        }
        turn = !turn;
    }
    buf_add(out, buf_str(&between[turn]));
    buf_finish(&between[0]);
    buf_finish(&between[1]);
    if (negated)
        outcome.exit_code = !outcome.exit_code;
    return outcome;
}

/* Pipelines one after the other, up to the first that fails. */
static struct outcome run_list(struct shell *shell, struct str text, struct buf *out)
{
    struct cursor cursor = { text, 0 };
    struct outcome outcome = ended(0);

    while (cursor.at < text.size && !outcome.stopped && !outcome.exit_code) {
        char c = look(&cursor, 0), next = look(&cursor, 1);

        if (c == '\n' || c == ' ' || c == '\t' || (c == ';' && next != ';')) {
            cursor.at++;
        } else if (c == '&' && next == '&') {
            cursor.at += 2;
        } else if (strchr("&|;()", c)) {
            return stop(shell, "shell: this operator is not known here: %.*s", str_slice(text, cursor.at, 2));
        } else {
            outcome = run_pipeline(shell, &cursor, out);
        }
    }
    return outcome;
}

/* ---- errands in the world ---- */

static void errand_close(struct shell *shell)
{
    if (shell->sock != PLAT_NO_SOCK)
        net_close(shell->host, shell->sock);
    shell->sock = PLAT_NO_SOCK;
    shell->connected = shell->input_ended = false;
    shell->sent = 0;
}

static enum actor_step errand_end(struct shell *shell, struct errand *errand, int exit_code)
{
    errand_close(shell);
    errand->done = true;
    errand->exit_code = exit_code;
    return STEP_NEXT;
}

/* Connected, or waiting, or over. */
static enum actor_step socat_connect(struct actor *actor, struct shell *shell, struct errand *errand)
{
    enum io_status status = IO_OK;

    if (shell->sock == PLAT_NO_SOCK) {
        struct plat_connect how = { .to = errand->to };

        shell->sock = net_connect(shell->host, &how, &status);
        if (shell->sock == PLAT_NO_SOCK)
            return errand_end(shell, errand, 1);
        net_on_ready(shell->host, shell->sock, actor_ready, actor);
    }
    if (!(net_readiness(shell->host, shell->sock) & (PLAT_WRITABLE | PLAT_ERROR)))
        return actor_wait_io(actor, "a connection for 'socat'");
    if (net_sock_error(shell->host, shell->sock) != IO_OK)
        return errand_end(shell, errand, 1);
    shell->connected = true;
    return STEP_NEXT;
}

static enum actor_step socat_write(struct actor *actor, struct shell *shell, struct errand *errand)
{
    while (shell->sent < errand->in.size) {
        struct io_vec vec = { errand->in.data + shell->sent, errand->in.size - shell->sent };
        struct io_result result = net_write(shell->host, shell->sock, &vec, 1, false);

        if (result.status == IO_WOULD_BLOCK)
            return actor_wait_io(actor, "room for what 'socat' sends");
        if (result.status != IO_OK)
            return errand_end(shell, errand, 1);
        shell->sent += result.size;
    }
    if (!shell->input_ended)
        (void)!net_shutdown(shell->host, shell->sock, PLAT_SHUT_WRITE);
    shell->input_ended = true;
    return STEP_NEXT;
}

/* Until the other side ends, or nothing came for its patience. */
static enum actor_step socat_read(struct actor *actor, struct shell *shell, struct errand *errand)
{
    for (;;) {
        struct io_vec vec = { buf_room(&errand->out, 16384), 16384 };
        struct io_result result;

        CHECK(vec.data);
        result = net_read(shell->host, shell->sock, &vec, 1);
        if (result.status == IO_OK && result.size) {
            errand->out.size += result.size;
            actor->alarm_ns = 0;
            continue;
        }
        if (result.status != IO_WOULD_BLOCK && result.status != IO_OK)
            return errand_end(shell, errand, result.status == IO_CLOSED ? 0 : 1);
        if (actor_alarm_passed(actor))
            return errand_end(shell, errand, 0);
        if (!actor->alarm_ns)
            actor_alarm(actor, world_now(shell->scenario->world) + errand->wait_ns);
        return actor_wait_io(actor, "an answer for 'socat'");
    }
}

/* STEP_NEXT: it is done. */
static enum actor_step errand_step(struct actor *actor, struct shell *shell, struct errand *errand)
{
    enum actor_step step = STEP_NEXT;

    if (errand->kind == ERRAND_SLEEP) {
        if (!actor->alarm_ns)
            actor_alarm(actor, world_now(shell->scenario->world) + errand->wait_ns);
        if (!actor_alarm_passed(actor))
            return actor_wait(actor, "the end of 'sleep'");
        return errand_end(shell, errand, 0);
    }
    if (!shell->connected)
        step = socat_connect(actor, shell, errand);
    if (step == STEP_NEXT && !errand->done)
        step = socat_write(actor, shell, errand);
    if (step == STEP_NEXT && !errand->done)
        step = socat_read(actor, shell, errand);
    return step;
}

/* ---- the statement ---- */

static void shell_reset(struct shell *shell)
{
    errand_close(shell);
    for (unsigned i = 0; i < shell->errand_count; i++) {
        buf_finish(&shell->errands[i]->in);
        buf_finish(&shell->errands[i]->out);
        mem_free(shell->errands[i]);
    }
    shell->errand_count = 0;
    dict_finish(&shell->variables);
    arena_reset(&shell->arena);
}

static void shell_forget(void *data)
{
    struct shell *shell = data;

    shell_reset(shell);
    net_host_destroy(shell->host);
    arena_finish(&shell->arena);
    mem_free(shell);
}

static struct shell *shell_of(struct actor *actor)
{
    struct command *command = actor->command;
    struct shell *shell = command->cache;

    if (!shell) {
        shell = mem_need(sizeof(*shell));
        shell->scenario = actor->scenario;
        shell->sock = PLAT_NO_SOCK;
        shell->host = net_host_create(actor->scenario->net, actor->name);
        arena_init(&shell->arena, 4096);
        command->cache = shell;
        command->forget = shell_forget;
    }
    return shell;
}

struct wishes {
    struct str script, said, pattern;
    int64_t exit_code; /* -1: any but 0 */
};

static bool read_wishes(struct actor *actor, struct wishes *wishes)
{
    unsigned i = 1;

    *wishes = (struct wishes){ 0 };
    for (; i + 1 < actor->word_count; i++) {
        if (actor_word_is(actor, i, "-err"))
            wishes->exit_code = -1;
        else if (actor_word_is(actor, i, "-exit")) {
            if (!units_parse_int(actor_word(actor, ++i), 0, 255, &wishes->exit_code))
                return false;
        } else if (actor_word_is(actor, i, "-expect"))
            wishes->said = actor_word(actor, ++i);
        else if (actor_word_is(actor, i, "-match"))
            wishes->pattern = actor_word(actor, ++i);
        else
            return false;
    }
    wishes->script = actor_word(actor, i);
    return wishes->script.data != NULL;
}

static enum actor_step judge(struct actor *actor, const struct wishes *wishes, int exit_code, struct str said)
{
    struct buf shown = BUF_INIT;
    enum actor_step step = STEP_NEXT;

    expect_quote(&shown, said, 1000);
    if (wishes->exit_code < 0 ? exit_code == 0 : exit_code != wishes->exit_code)
        step = actor_fail(actor, "expected  exit code %s%d of the script\n    came      %d, and %.*s",
                          wishes->exit_code < 0 ? "other than " : "",
                          wishes->exit_code < 0 ? 0 : (int)wishes->exit_code, exit_code,
                          STR_ARG(buf_str(&shown)));
    else if (wishes->said.size && str_find(said, wishes->said) == STR_NOT_FOUND)
        step = actor_fail(actor, "expected  \"%.*s\" in what the script prints\n    came      %.*s",
                          STR_ARG(wishes->said), STR_ARG(buf_str(&shown)));
    buf_finish(&shown);
    return step;
}

enum actor_step shell_statement(struct actor *actor)
{
    struct shell *shell = shell_of(actor);
    struct wishes wishes;
    enum actor_step step;

    if (!read_wishes(actor, &wishes))
        return actor_wrong(actor, "'shell' is written: shell [-err | -exit N] [-expect TEXT] {SCRIPT}");
    if (wishes.pattern.data) {
        scenario_skip(actor->scenario, "'shell -match' is not known here");
        return STEP_FAILED;
    }
    if (actor->phase == 0) {
        shell_reset(shell);
        actor->phase = 1;
    }
    for (;;) {
        struct buf out = BUF_INIT;
        struct outcome outcome;

        if (shell->errand_count && !shell->errands[shell->errand_count - 1]->done) {
            step = errand_step(actor, shell, shell->errands[shell->errand_count - 1]);
            if (step != STEP_NEXT)
                return step;
            actor->alarm_ns = 0;
        }
        shell->next_errand = 0;
        shell->pending = false;
        dict_finish(&shell->variables);
        arena_reset(&shell->arena);
        outcome = run_list(shell, wishes.script, &out);
        if (shell->unknown) {
            scenario_skip(actor->scenario, "line %u: %s", actor->command->text.line, shell->unknown);
            buf_finish(&out);
            return STEP_FAILED;
        }
        if (!outcome.stopped) {
            step = judge(actor, &wishes, outcome.exit_code, buf_str(&out));
            buf_finish(&out);
            return step;
        }
        buf_finish(&out);
    }
}
