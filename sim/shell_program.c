/* The programs that a scenario's shell has. */
#include "base/units.h"
#include "sim/links.h"
#include "sim/shell_parts.h"
#include "sim/sim_address.h"
#include "sim/sim_node.h"
#include <stdio.h>

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

static const struct program_row basic_rows[] = {
    { "echo", run_echo, "its words; -n: no newline" },
    { "printf", run_printf, "its format, with %s, %% and escapes" },
    { "true", run_true, "ends with 0" },
    { "false", run_true, "ends with 1" },
    { "[", run_test, "strings and numbers; ! in front" },
    { "test", run_test, "the same" },
    { "seq", run_seq, "numbers from 1, or from the first, to the last" },
    { "sleep", run_sleep, "so much virtual time" },
    { "socat", run_socat, "its input to a socket, then what comes back; -t" },
    { "curl", shell_run_curl, "one request over HTTP or, with -k, HTTPS" },
    { "openssl", shell_run_openssl, "base64 [-d], s_client" },
    { "ss", run_ss, "the simulated TCP connections, as -pt shows them" },
    { "haproxy", run_haproxy, "the proxy with -c, -cc, -v: what ends at once" },
    { 0 },
};

static const struct program_row *const families[] = { basic_rows, shell_text_rows, shell_grep_rows,
                                                      shell_sed_rows };

static const struct program_row *find_program(struct str name)
{
    for (size_t i = 0; i < COUNT_OF(families); i++)
        for (const struct program_row *row = families[i]; row->name; row++)
            if (str_eq(name, str_of(row->name)))
                return row;
    return NULL;
}

bool shell_has_program(struct str name)
{
    return find_program(name) != NULL;
}

struct outcome shell_call_program(struct call *call, bool drop_out)
{
    const struct program_row *row = find_program(call->words[0]);
    size_t before = call->out->size;
    struct outcome outcome;

    if (!row)
        return shell_stop(call->shell, "shell: there is no '%.*s' here", call->words[0]);
    outcome = row->run(call);
    if (drop_out)
        call->out->size = before;
    return outcome;
}
