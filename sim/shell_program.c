/* The programs that a scenario's shell has. */
#include "base/base64.h"
#include "base/mem.h"
#include "base/units.h"
#include "sim/links.h"
#include "sim/shell_parts.h"
#include "sim/sim_address.h"
#include "sim/sim_node.h"
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>

enum { SOCAT_LINGER_MS = 500, START_MS = 1 /* of a program that looks at the world */ };

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
    return shell_ended(0);
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
            return shell_stop(call->shell, "shell: 'printf %.*s' is not known here", format);
        } else {
            buf_add_char(call->out, c);
        }
    }
    return shell_ended(0);
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
            return shell_ended(1);
    }
    return shell_ended(0);
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
        return shell_stop(call->shell, "shell: this use of '%.*s' is not known here", call->words[0]);
    if (file.data) {
        if (!read_file(call->shell, file, &content))
            return shell_ended(2);
        text = buf_str(&content);
    }
    if (regcomp(&pattern, grep.pattern.data, grep.flags)) {
        buf_finish(&content);
        return shell_ended(2);
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
    return shell_ended(selected ? 0 : 1);
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
                return shell_stop(call->shell, "shell: '%.*s' is not known here", word);
        } else if (word.data[0] == '-' || place.data) {
            return shell_stop(call->shell, "shell: 'socat %.*s' is not known here", word);
        } else {
            place = word;
        }
    }
    if (!place.data || !socat_address(place, &to))
        return shell_stop(call->shell, "shell: 'socat %.*s' is not known here", place);
    errand = shell_next_errand(call->shell, ERRAND_SOCAT, &made);
    if (!errand)
        return shell_stop(call->shell, "shell: too many '%.*s'", call->words[0]);
    if (made) {
        errand->to = to;
        errand->wait_ns = linger;
        buf_add(&errand->in, call->in);
    }
    return shell_errand_outcome(call->shell, errand, call->out);
}

static struct outcome run_sleep(struct call *call)
{
    struct errand *errand;
    uint64_t ns;
    bool made;

    if (call->count != 2 || !actor_parse_duration(call->words[1], &ns))
        return shell_stop(call->shell, "shell: this '%.*s' is not known here", call->words[0]);
    errand = shell_next_errand(call->shell, ERRAND_SLEEP, &made);
    if (!errand)
        return shell_stop(call->shell, "shell: too many '%.*s'", call->words[0]);
    errand->wait_ns = ns;
    return shell_errand_outcome(call->shell, errand, call->out);
}

static struct outcome run_true(struct call *call)
{
    return shell_ended(str_eq(call->words[0], STR("true")) ? 0 : 1);
}

/* [ and test: strings, -n, -z, numbers. */
static struct outcome run_test(struct call *call)
{
    static const char *const orders[] = { "-eq", "-ne", "-lt", "-le", "-gt", "-ge" };
    bool bracket = str_eq(call->words[0], STR("["));
    unsigned count = call->count - 1 - bracket;
    const struct str *words = call->words + 1;
    int64_t a, b;

    if (bracket && !str_eq(call->words[call->count - 1], STR("]")))
        return shell_stop(call->shell, "shell: %.*s is not closed", call->words[0]);
    if (count && str_eq(words[0], STR("!"))) {
        struct call inner = *call;
        struct outcome outcome;

        memmove(&inner.words[1], &inner.words[2], (call->count - 2) * sizeof(*inner.words));
        inner.count--;
        outcome = run_test(&inner);
        outcome.exit_code = !outcome.exit_code;
        return outcome;
    }
    if (count <= 1)
        return shell_ended(count == 1 && words[0].size ? 0 : 1);
    if (count == 2 && (str_eq(words[0], STR("-n")) || str_eq(words[0], STR("-z"))))
        return shell_ended((words[1].size > 0) == (words[0].data[1] == 'n') ? 0 : 1);
    if (count == 3 && (str_eq(words[1], STR("=")) || str_eq(words[1], STR("=="))))
        return shell_ended(str_eq(words[0], words[2]) ? 0 : 1);
    if (count == 3 && str_eq(words[1], STR("!=")))
        return shell_ended(str_eq(words[0], words[2]) ? 1 : 0);
    for (size_t i = 0; count == 3 && i < COUNT_OF(orders); i++) {
        if (!str_eq(words[1], str_of(orders[i])))
            continue;
        if (!units_parse_int(words[0], INT64_MIN / 2, INT64_MAX / 2, &a) ||
            !units_parse_int(words[2], INT64_MIN / 2, INT64_MAX / 2, &b))
            return shell_ended(2);
        const bool answers[] = { a == b, a != b, a<b, a <= b, a> b, a >= b };

        return shell_ended(answers[i] ? 0 : 1);
    }
    return shell_stop(call->shell, "shell: this '%.*s' is not known here", call->words[0]);
}

static struct outcome run_seq(struct call *call)
{
    int64_t first = 1, last = 0;
    bool fine = call->count == 2 ? units_parse_int(call->words[1], 0, 100000, &last)
                                 : call->count == 3 && units_parse_int(call->words[1], 0, 100000, &first) &&
                                       units_parse_int(call->words[2], 0, 100000, &last);

    if (!fine)
        return shell_stop(call->shell, "shell: this '%.*s' is not known here", call->words[0]);
    for (; first <= last; first++)
        buf_printf(call->out, "%lld\n", (long long)first);
    return shell_ended(0);
}

/* The proxy as a command that ends at once: -cc, -c, -v, -vv. */
static struct outcome run_haproxy(struct call *call)
{
    const char *argv[SHELL_WORDS_MAX + 1] = { "lockstep" };
    int code;

    for (unsigned i = 1; i < call->count; i++)
        argv[i] = call->words[i].data;
    argv[call->count] = NULL;
    code =
        sim_node_run_once(call->shell->scenario, (int)call->count, argv, &call->shell->variables, call->out);
    if (code < 0)
        return shell_stop(call->shell,
                          "shell: '%.*s' goes on running, which only the statement of that name does",
                          call->words[0]);
    return shell_ended(code);
}

/* The states of TCP connections, as `ss -pt` has them. */
static void list_socket(void *data, const struct net_listing *listing)
{
    struct call *call = data;
    struct sim_node *node = sim_node_find(call->shell->scenario, str_of(listing->host));
    char own[ADDR_TEXT_MAX + 8], peer[ADDR_TEXT_MAX + 8];

    addr_print(&listing->own, own, sizeof(own));
    addr_print(&listing->peer, peer, sizeof(peer));
    buf_printf(call->out, "%s 0 0 %s %s users:((\"%s\",pid=%lld,fd=%d))\n", listing->state, own, peer,
               node ? "haproxy" : "vtest", node ? (long long)sim_node_pid(node) : 1, listing->number);
}

/* What was sent before the program was started has arrived and been taken when it looks. */
static struct outcome run_ss(struct call *call)
{
    struct errand *start;
    bool made;

    start = shell_next_errand(call->shell, ERRAND_SLEEP, &made);
    if (!start)
        return shell_stop(call->shell, "shell: too many '%.*s'", call->words[0]);
    start->wait_ns = START_MS * NS_PER_MS;
    if (!start->done)
        return shell_errand_outcome(call->shell, start, call->out);
    net_list(call->shell->scenario->net, list_socket, call);
    return shell_ended(0);
}

/* `openssl base64`: what is put into commands; lines of 64 signs. */
static struct outcome run_openssl(struct call *call)
{
    struct buf text = BUF_INIT;
    char *room = buf_room(&text, base64_encoded_size(call->in.size) + 1);

    CHECK(room);
    if (call->count != 2 || !str_eq(call->words[1], STR("base64"))) {
        buf_finish(&text);
        return shell_stop(call->shell, "shell: 'openssl %.*s' is not known here",
                          call->count > 1 ? call->words[1] : STR(""));
    }
    text.size = base64_encode(call->in, room, false);
    for (size_t at = 0; at < text.size; at += 64) {
        buf_add(call->out, str_slice(buf_str(&text), at, 64));
        buf_add_char(call->out, '\n');
    }
    buf_finish(&text);
    return shell_ended(0);
}

static const struct program_row {
    const char *name;
    struct outcome (*run)(struct call *call);
} programs[] = {
    { "echo", run_echo },       { "printf", run_printf },
    { "cat", run_cat },         { "grep", run_grep },
    { "socat", run_socat },     { "sleep", run_sleep },
    { "true", run_true },       { "false", run_true },
    { "[", run_test },          { "test", run_test },
    { "seq", run_seq },         { "haproxy", run_haproxy },
    { "ss", run_ss },           { "curl", shell_run_curl },
    { "openssl", run_openssl }, { 0 },
};

bool shell_has_program(struct str name)
{
    for (const struct program_row *row = programs; row->name; row++)
        if (str_eq(name, str_of(row->name)))
            return true;
    return false;
}

struct outcome shell_call_program(struct call *call, bool drop_out)
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
    return shell_stop(call->shell, "shell: there is no '%.*s' here", call->words[0]);
}
