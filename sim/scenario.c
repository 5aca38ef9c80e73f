/* A scenario's run, and the statements of its top level.
 *
 * The script is an actor that starts others. When it has come to its end, clients are waited for, then proxies are
 * stopped and judged; servers and log receivers just end with the world. */
#include "sim/scenario.h"
#include "base/civil_time.h"
#include "base/mem.h"
#include "base/units.h"
#include "sim/actor_client.h"
#include "sim/actor_server.h"
#include "sim/actor_syslog.h"
#include "sim/barrier.h"
#include "sim/check.h"
#include "sim/fault.h"
#include "sim/judge_rest.h"
#include "sim/judge_wire.h"
#include "sim/links.h"
#include "sim/name_server.h"
#include "sim/real_node.h"
#include "sim/real_world.h"
#include "sim/report.h"
#include "sim/shell.h"
#include "sim/sim_heap.h"
#include "sim/sim_node.h"
#include <stdio.h>
#include <unistd.h>

enum { LIMIT_S = 60, LIVE_S = 600, FIRST_INHERITED = 1000, DRIFT_MAX = 500000 };
#define QUIET_NS    (50 * NS_PER_MS) /* of the real world: it has settled */
#define INSTANT_MAX 9000000000       /* seconds: in nanoseconds it fits in 64 bits */

const char *scenario_outcome_name(enum scenario_outcome outcome)
{
    static const char *const names[] = { "passed", "failed", "skipped", "wrong" };

    return names[outcome];
}

/* ---- outcomes ---- */

static void settle(struct scenario *scenario, enum scenario_outcome outcome)
{
    scenario->over = true;
    scenario->result->outcome = outcome;
}

/* Where it failed and why, in one line. Long numbers (instants, ports, sizes) are '#': they differ from run to run. */
static void add_says(struct scenario *scenario, struct actor *who, struct str text, struct buf *out)
{
    struct str first = str_split(&text, '\n');
    struct str second = str_trim(str_split(&text, '\n'));

    if (who)
        report_place(scenario, who, out);
    buf_printf(out, "%s%.*s%s", who ? ": " : "", STR_ARG(first), second.size ? ", " : "");
    while (second.size) {
        size_t digits = 0;

        while (digits < second.size && ascii_digit(second.data[digits]))
            digits++;
        if (digits >= 4)
            buf_add_char(out, '#');
        else
            buf_add(out, str_slice(second, 0, digits ? digits : 1));
        second = str_from(second, digits ? digits : 1);
    }
}

void scenario_fail(struct scenario *scenario, struct actor *who, const char *format, ...)
{
    struct buf text = BUF_INIT;
    va_list values;

    if (scenario->over)
        return;
    /* In a swarm a spec may well see that something failed: it ends, and the others go on. */
    if (scenario->options->swarm && who && (who != scenario->top || !scenario->ending))
        return;
    va_start(values, format);
    buf_vprintf(&text, format, values);
    va_end(values);
    report_failure(scenario, who, buf_str(&text), &scenario->result->text);
    add_says(scenario, who, buf_str(&text), &scenario->result->says);
    world_tape_print(scenario->world, &scenario->result->tape);
    world_print_files(scenario->world, &scenario->result->files);
    scenario->result->tape_cut = world_tape_cut(scenario->world);
    buf_finish(&text);
    settle(scenario, SCENARIO_FAILED);
}

void scenario_wrong(struct scenario *scenario, const char *file, unsigned line, const char *format, ...)
{
    struct buf *text = &scenario->result->text;
    va_list values;

    if (scenario->over)
        return;
    buf_add_c(text, file ? file : scenario->options->path);
    if (line)
        buf_printf(text, ":%u", line);
    buf_add_c(text, ": ");
    va_start(values, format);
    buf_vprintf(text, format, values);
    va_end(values);
    buf_add_char(text, '\n');
    settle(scenario, SCENARIO_WRONG);
}

void scenario_skip(struct scenario *scenario, const char *format, ...)
{
    va_list values;

    if (scenario->over)
        return;
    va_start(values, format);
    buf_vprintf(&scenario->result->text, format, values);
    va_end(values);
    settle(scenario, SCENARIO_SKIPPED);
}

bool scenario_says(const struct scenario *scenario)
{
    return scenario->options->say != NULL;
}

void scenario_say(struct scenario *scenario, const char *who, const char *format, ...)
{
    struct buf text = BUF_INIT;
    va_list values;

    if (!scenario->options->say)
        return;
    va_start(values, format);
    buf_vprintf(&text, format, values);
    va_end(values);
    scenario->options->say(scenario->options->say_data, scenario_now(scenario), who, buf_str(&text));
    buf_finish(&text);
}

/* ---- helpers of all parts ---- */

bool scenario_read_file(const char *path, struct buf *out)
{
    FILE *file = fopen(path, "rb");
    char block[8192];
    size_t size;
    bool fine;

    if (!file)
        return false;
    while ((size = fread(block, 1, sizeof(block), file)) > 0)
        buf_add(out, str_make(block, size));
    fine = !ferror(file);
    fclose(file);
    return fine;
}

bool scenario_take_file(struct scenario *scenario, const char *path, struct buf *out)
{
    size_t before = out->size;

    if (!scenario_read_file(path, out))
        return false;
    world_note_file(scenario->world, path, str_from(buf_str(out), before));
    return true;
}

const char *scenario_folder(const struct scenario *scenario)
{
    return scenario->real ? real_world_folder(scenario->real) : SCENARIO_TMPDIR;
}

uint64_t scenario_now(const struct scenario *scenario)
{
    return world_now(scenario->world) - scenario->began_ns;
}

plat_sock scenario_listen(struct wire *wire, unsigned backlog, struct addr *name)
{
    struct plat_listen how = { .backlog = backlog, .unix_uid = -1, .unix_gid = -1 };
    enum io_status status;
    plat_sock sock;

    CHECK(addr_parse_ip(STR("127.0.0.1"), &how.addr));
    sock = wire_listen(wire, &how, &status);
    CHECK(sock != PLAT_NO_SOCK);
    CHECK(wire_names(wire, sock, name, NULL) == IO_OK);
    return sock;
}

void scenario_define_address(struct scenario *scenario, const char *who, const char *name,
                             const struct addr *addr)
{
    char prefix[160], ip[ADDR_TEXT_MAX];

    snprintf(prefix, sizeof(prefix), "%s%s%s", who, name ? "_" : "", name ? name : "");
    if (!addr_is_ip(addr)) { /* as for a Unix socket: only its name says where it is */
        scenario_macro_define(&scenario->macros, prefix, "addr", "0.0.0.0");
        scenario_macro_define(&scenario->macros, prefix, "port", "0");
        scenario_macro_define(&scenario->macros, prefix, "sock", "%s%.*s",
                              addr->family == ADDR_ABSTRACT ? "@" : "", (int)addr->path_size, addr->u.path);
        return;
    }
    addr_print_ip(addr, ip, sizeof(ip));
    scenario_macro_define(&scenario->macros, prefix, "addr", "%s", ip);
    scenario_macro_define(&scenario->macros, prefix, "port", "%u", addr->port);
    scenario_macro_define(&scenario->macros, prefix, "sock", addr->family == ADDR_IPV6 ? "[%s]:%u" : "%s:%u",
                          ip, addr->port);
}

/* ---- the top level's own statements ---- */

static enum actor_step run_title(struct actor *top)
{
    scenario_say(top->scenario, top->name, "%.*s", STR_ARG(actor_word(top, 1)));
    return STEP_NEXT;
}

static void set_text(struct dict *dict, struct str name, struct str value)
{
    char *copy = mem_need_copy(value);

    mem_free(dict_get(dict, name));
    CHECK(dict_set(dict, name, copy));
}

static enum actor_step time_settle(struct actor *top)
{
    struct world *world = top->scenario->world;
    struct real_world *real = top->scenario->real;

    if (top->phase && (real ? real_world_quiet_ns(real) >= QUIET_NS : net_is_settled(top->scenario->net)))
        return STEP_NEXT;
    top->phase = 1;
    actor_alarm(top, world_now(world) + (real ? QUIET_NS : NS_PER_US));
    return actor_wait(top, "the world to settle");
}

static enum actor_step time_jump(struct actor *top)
{
    struct str word = actor_word(top, 3);
    bool back = word.size && word.data[0] == '-';
    uint64_t ns;

    if (!actor_word_is(top, 2, "wall") || !actor_parse_duration(str_from(word, back), &ns))
        return actor_wrong(top, "'time jump' is written: time jump wall [-]TIME");
    world_wall_jump(top->scenario->world, back ? -(int64_t)ns : (int64_t)ns);
    return STEP_NEXT;
}

/* So many millionths faster than the monotonic clock, or slower, from now on. */
static enum actor_step time_drift(struct actor *top)
{
    int64_t ppm = 0;

    if (!actor_word_is(top, 2, "wall") || !units_parse_int(actor_word(top, 3), -DRIFT_MAX, DRIFT_MAX, &ppm))
        return actor_wrong(top, "'time drift' is written: time drift wall [-]MILLIONTHS, up to %d",
                           DRIFT_MAX);
    world_wall_drift(top->scenario->world, (int)ppm);
    return STEP_NEXT;
}

static enum actor_step run_time(struct actor *top)
{
    uint64_t ns;

    if (actor_word_is(top, 1, "settle"))
        return time_settle(top);
    if (actor_word_is(top, 1, "jump"))
        return time_jump(top);
    if (actor_word_is(top, 1, "drift"))
        return time_drift(top);
    if (!actor_word_is(top, 1, "advance"))
        return actor_wrong(top, "'time' does not know '%.*s'", STR_ARG(actor_word(top, 1)));
    if (!top->phase) {
        if (!actor_seconds(top, 2, &ns))
            return STEP_FAILED;
        top->phase = 1;
        top->scenario->limit_ns += ns; /* what is asked for is no waiting that got out of hand */
        actor_alarm(top, world_now(top->scenario->world) + ns);
    }
    return actor_alarm_passed(top) ? STEP_NEXT : actor_wait(top, "the time that it advances");
}

/* `sim`: what the world is like. -choices is what a shrunk failure has in it. */
static enum actor_step sim_choices(struct actor *top, struct str tape)
{
    struct scenario *scenario = top->scenario;
    unsigned bad_line;
    struct world_source *source;

    if (scenario->source || scenario->options->source)
        return STEP_NEXT; /* a tape from outside goes before */
    source = world_source_tape(scenario->world, tape, &bad_line);
    if (!source)
        return actor_wrong(top, "line %u of the choices is not written: SITE WHO NUMBER = ANSWER", bad_line);
    scenario->source = source;
    world_set_source(scenario->world, source);
    return STEP_NEXT;
}

/* Seconds since 1970, or "2026-03-29T00:59:50Z". */
static bool parse_instant(struct str text, int64_t *seconds)
{
    static const char marks[] = "--T::";
    struct civil_time time = { 0 };
    int *const fields[] = { &time.year, &time.month, &time.day, &time.hour, &time.minute, &time.second };
    static const int least[] = { 1, 1, 1, 0, 0, 0 }, most[] = { 9999, 12, 31, 23, 59, 59 };

    if (units_parse_int(text, -INSTANT_MAX, INSTANT_MAX, seconds))
        return true;
    if (!str_ends(text, STR("Z")))
        return false;
    text.size--;
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        struct str part = i < sizeof(marks) - 1 ? str_split(&text, marks[i]) : text;
        int64_t value;

        if (!units_parse_int(part, least[i], most[i], &value))
            return false;
        *fields[i] = (int)value;
    }
    *seconds = civil_time_seconds(&time);
    return *seconds >= -INSTANT_MAX && *seconds <= INSTANT_MAX;
}

static enum actor_step run_sim(struct actor *top)
{
    struct scenario *scenario = top->scenario;

    for (unsigned i = 1; i + 1 < top->word_count; i += 2) {
        uint64_t value;

        if (actor_word_is(top, i, "-choices")) {
            if (sim_choices(top, actor_word(top, i + 1)) != STEP_NEXT)
                return STEP_FAILED;
        } else if (actor_word_is(top, i, "-seed")) {
            if (!actor_number(top, i + 1, &value))
                return STEP_FAILED;
            world_reseed(scenario->world, value);
        } else if (actor_word_is(top, i, "-limit")) {
            if (!actor_seconds(top, i + 1, &value))
                return STEP_FAILED;
            scenario->limit_ns = value;
            scenario->patience_ns = value / 2;
        } else if (actor_word_is(top, i, "-live")) {
            if (!actor_seconds(top, i + 1, &scenario->live_ns))
                return STEP_FAILED;
        } else if (actor_word_is(top, i, "-epoch")) {
            int64_t wall = 0;

            if (!parse_instant(actor_word(top, i + 1), &wall))
                return actor_wrong(top, "'sim -epoch' wants seconds since 1970, or 2026-03-29T00:59:50Z");
            world_wall_jump(scenario->world, wall * (int64_t)NS_PER_S - world_wall(scenario->world));
        } else {
            return actor_wrong(top, "'sim' does not know '%.*s'", STR_ARG(actor_word(top, i)));
        }
    }
    return top->word_count % 2 ? STEP_NEXT : actor_wrong(top, "each word of 'sim' wants a value");
}

static enum actor_step run_setenv(struct actor *top)
{
    struct dict *environment = &top->scenario->environment;
    bool if_unset = actor_word_is(top, 1, "-ifunset");
    struct str name = actor_word(top, if_unset ? 2 : 1), value = actor_word(top, if_unset ? 3 : 2);

    if (top->word_count != (if_unset ? 4u : 3u))
        return actor_wrong(top, "'setenv' is written: setenv [-ifunset] NAME VALUE");
    if (!if_unset || !dict_has(environment, name))
        set_text(environment, name, value);
    return STEP_NEXT;
}

static bool write_real_file(struct actor *top, const char *path, bool append, unsigned first)
{
    FILE *file = fopen(path, append ? "ab" : "wb");
    bool fine = file != NULL;

    for (unsigned i = first; i < top->word_count && fine; i++)
        fine = fwrite(actor_word(top, i).data, 1, actor_word(top, i).size, file) == actor_word(top, i).size;
    return file && fclose(file) == 0 && fine;
}

/* Files live in the simulated file systems of proxies that are started later. */
static enum actor_step run_filewrite(struct actor *top)
{
    bool append = actor_word_is(top, 1, "-a");
    struct str path = actor_word(top, append ? 2 : 1);
    struct buf *file = dict_get(&top->scenario->files, path);

    if (top->scenario->real)
        return write_real_file(top, path.data, append, append ? 3 : 2)
                   ? STEP_NEXT
                   : actor_fail(top, "cannot write '%.*s'", STR_ARG(path));
    if (!file) {
        file = mem_need(sizeof(*file));
        CHECK(dict_set(&top->scenario->files, path, file));
    }
    if (!append)
        buf_reset(file);
    for (unsigned i = append ? 3 : 2; i < top->word_count; i++)
        buf_add(file, actor_word(top, i));
    return STEP_NEXT;
}

static const struct statement_row top_rows[];

static bool statement_known(struct str word)
{
    for (const struct statement_row *row = top_rows; row->word; row++)
        if (!row->skip && str_eq(word, str_of(row->word)))
            return true;
    for (const struct statement_row *row = actor_common_rows; row->word; row++)
        if (!row->skip && str_eq(word, str_of(row->word)))
            return true;
    return false;
}

/* "command -v A && command -v B": programs that the scenario's shell has. */
static bool programs_exist(struct str command)
{
    while (command.size) {
        size_t both = str_find(command, STR("&&"));
        struct str one = str_trim(both == STR_NOT_FOUND ? command : str_slice(command, 0, both));

        if (!str_starts(one, STR("command -v ")))
            return false;
        one = str_trim(str_from(one, 11));
        if (!str_eq(one, STR(SCENARIO_GUARD_PROGRAM)) && !shell_has_program(one))
            return false;
        command = both == STR_NOT_FOUND ? STR_NONE : str_from(command, both + 2);
    }
    return true;
}

/* `$HAPROXY_PROGRAM [$HAPROXY_ARGS] -cc 'CONDITION'`; *why says why not. */
static bool command_succeeds(struct scenario *scenario, struct str command, const char **why)
{
    struct str text = str_trim(command);
    size_t at = str_find(text, STR("-cc"));
    struct str condition, arguments = STR("");

    *why = "it does not end with 0";
    if (scenario->real && str_find(text, STR(SCENARIO_GUARD_PROGRAM)) == STR_NOT_FOUND)
        return real_command_succeeds(scenario, text);
    *why = "not in a simulation";
    if (!str_starts(text, STR("$HAPROXY_PROGRAM")) || at == STR_NOT_FOUND)
        return programs_exist(text);
    *why = "the condition does not hold";
    if (str_find(str_slice(text, 0, at), STR("$HAPROXY_ARGS")) != STR_NOT_FOUND)
        arguments = scenario->options->arguments ? str_of(scenario->options->arguments) : STR("-dM -dI -dW");
    condition = str_trim(str_from(text, at + 3));
    if (condition.size >= 2 && (condition.data[0] == '\'' || condition.data[0] == '"') &&
        condition.data[condition.size - 1] == condition.data[0])
        condition = str_slice(condition, 1, condition.size - 2);
    return sim_node_condition(scenario, arguments, condition);
}

/* What plain features this world has; false: unknown name. */
static bool plain_feature(struct str name, bool *has)
{
    static const struct {
        const char *name;
        bool has;
    } features[] = {
        { "ipv4", true },
        { "ipv6", true },
        { "64bit", true },
        { "abstract_uds", true },
        { "disable_aslr", true },
        { "dns", false },
        { "topbuild", false },
        { "root", false },
        { "user_varnish", false },
        { "user_vcache", false },
        { "group_varnish", false },
        { "persistent_storage", false },
        { "coverage", false },
        { "asan", false },
        { "msan", false },
        { "tsan", false },
        { "ubsan", false },
        { "sanitizer", false },
        { "workspace_emulator", false },
    };

    for (size_t i = 0; i < COUNT_OF(features); i++) {
        if (!str_eq(name, str_of(features[i].name)))
            continue;
        *has = features[i].has;
        return true;
    }
    return false;
}

static enum actor_step run_feature(struct actor *top)
{
    struct scenario *scenario = top->scenario;

    for (unsigned i = 1; i < top->word_count; i++) {
        struct str name = actor_word(top, i), argument = STR("");
        bool negated = name.size && name.data[0] == '!', has = false;
        const char *why = "it is not here";

        if (negated)
            name = str_from(name, 1);
        if (str_eq(name, STR("ignore_unknown_macro"))) {
            scenario->macros.ignore_unknown = true;
            continue;
        }
        if (str_eq(name, STR("cmd")) || str_eq(name, STR("vtest_cmd"))) {
            argument = actor_word(top, ++i);
            if (!argument.data)
                return actor_wrong(top, "'feature %.*s' wants a word behind it", STR_ARG(name));
            has =
                name.data[0] == 'c' ? command_succeeds(scenario, argument, &why) : statement_known(argument);
        } else if (!plain_feature(name, &has)) {
            return actor_wrong(top, "'feature' does not know '%.*s'", STR_ARG(name));
        }
        if (has != negated)
            continue;
        scenario_skip(scenario, "feature %s%.*s%s%.*s: %s", negated ? "!" : "", STR_ARG(name),
                      argument.size ? " " : "", STR_ARG(argument), negated ? "it is here" : why);
        return STEP_FAILED;
    }
    return STEP_NEXT;
}

static const struct statement_row top_rows[] = {
    { "check", check_statement, 2, 3, "now | always | never | sometimes | within TIME {WHAT OPERATOR WHAT}",
      NULL },
    { "client", actor_client_statement, 1, WORDS_ANY,
      "cNAME [{SPEC}] [-connect ADDRESS] [-start | -run | -wait] ...", NULL },
    { "dns", name_server_statement, 1, WORDS_ANY,
      "NAME A | AAAA | SRV | CNAME VALUE,... [-ttl SECONDS] | NAME NXDOMAIN | SERVFAIL | REFUSED | empty | "
      "truncated | forged | lie | garbage | cut | silent [-delay TIME] [-for TIME] | gone | back",
      NULL },
    { "fault", fault_statement, 2, WORDS_ANY,
      "WHO OPERATION ERROR [-nth N | -each | -p 5%] [-for TIME] | WHO crash | restart | reload | blackhole "
      "[-for "
      "TIME]",
      NULL },
    { "feature", run_feature, 1, WORDS_ANY, "NAME | cmd COMMAND | vtest_cmd WORD | ignore_unknown_macro",
      NULL },
    { "filewrite", run_filewrite, 1, WORDS_ANY, "[-a] PATH TEXT...", NULL },
    { "net", links_statement, 2, 2, "A->B | A<->B | * {latency 5ms..40ms ...} | cut | heal", NULL },
    { "haproxy", sim_node_statement, 1, WORDS_ANY, "hNAME [-conf {CONF}] [-start | -wait | -cli {SPEC}] ...",
      NULL },
    { "process", NULL, 0, WORDS_ANY, "", "'process' needs real processes" },
    { "server", actor_server_statement, 1, WORDS_ANY, "sNAME [{SPEC}] [-start | -wait | -break] ...", NULL },
    { "setenv", run_setenv, 2, 3, "[-ifunset] NAME VALUE", NULL },
    { "sim", run_sim, 2, WORDS_ANY,
      "[-seed N] [-limit TIME] [-live TIME] [-epoch SECONDS | 2026-03-29T00:59:50Z] [-choices {TAPE}]",
      NULL },
    { "syslog", actor_syslog_statement, 1, WORDS_ANY,
      "SNAME [-level LEVEL] [{SPEC}] [-start | -wait | -stop] ...", NULL },
    { "time", run_time, 1, 3, "advance TIME | settle | jump wall [-]TIME | drift wall [-]MILLIONTHS", NULL },
    { "tunnel", NULL, 0, WORDS_ANY, "", "'tunnel' is not replayed yet" },
    { "varnish", NULL, 0, WORDS_ANY, "", "'varnish' is another proxy" },
    { "logexpect", NULL, 0, WORDS_ANY, "", "'logexpect' reads another proxy's log" },
    { "varnishtest", run_title, 1, 1, "\"TITLE\"", NULL },
    { "vtest", run_title, 1, 1, "\"TITLE\"", NULL },
    { 0 },
};

/* ---- the script's life ---- */

/* After the last command: clients come to their end, then proxies. */
static enum actor_step end_step(struct actor *top)
{
    struct scenario *scenario = top->scenario;

    LIST_EACH (item, &scenario->actors) {
        struct actor *actor = LIST_ITEM(item, struct actor, link);

        if (actor->class != &actor_client_class || !actor->running)
            continue;
        snprintf(top->waits_detail, sizeof(top->waits_detail), "%s", actor->name);
        return actor_wait(top, "the end of");
    }
    if (check_finish(top) != STEP_NEXT)
        return STEP_WAIT;
    enum actor_step rest = top->scenario->real ? STEP_NEXT : judge_rest_step(top);

    if (rest != STEP_NEXT)
        return rest;
    LIST_EACH (item, &scenario->nodes) {
        enum actor_step step = sim_node_stop(top, sim_node_of(item));

        if (step != STEP_NEXT)
            return step;
    }
    if (!scenario->over)
        settle(scenario, SCENARIO_PASSED);
    return STEP_NEXT;
}

static void begin_to_end(struct scenario *scenario)
{
    scenario->ending = true;
    scenario->top->waits_detail[0] = '\0';
    scenario->top->alarm_ns = 0;
    barrier_release_all(scenario);
}

static enum actor_step top_step(struct actor *top)
{
    if (!top->scenario->ending) {
        enum actor_step step = actor_run_program(top);

        if (step == STEP_FAILED && top->scenario->options->swarm && !top->scenario->over)
            step = STEP_NEXT;
        if (step != STEP_NEXT)
            return step;
        begin_to_end(top->scenario);
    }
    return end_step(top);
}

static void top_destroy(struct actor *top)
{
    actor_finish(top);
    mem_free(top);
}

static const struct actor_class top_class = { "script", top_rows, top_step, top_destroy };

/* ---- the run ---- */

static int64_t wall_of(void *world)
{
    return world_wall(world);
}

static void event_seen(void *data, const struct world_event *event)
{
    struct scenario *scenario = data;
    bool in_turn = sim_heap_leave(); /* who looks changes nothing */

    scenario->options->event(scenario->options->event_data, scenario->world, scenario->began_ns, event);
    sim_heap_return(in_turn);
}

static void packet_seen(void *data, const struct net_packet_seen *packet)
{
    struct scenario *scenario = data;

    scenario->options->packet(scenario->options->packet_data, scenario->world, packet);
}

static void define_macros(struct scenario *scenario)
{
    struct scenario_macros *macros = &scenario->macros;
    const char *path = scenario->options->path, *slash = strrchr(path, '/');
    char folder[4096];
    struct addr addr;
    plat_sock sock;

    macros->wall_ns = wall_of;
    macros->wall_data = scenario->world;
    if (!getcwd(folder, sizeof(folder)))
        folder[0] = '\0';
    scenario_macro_define(macros, "", "pwd", "%s", folder);
    scenario_macro_define(macros, "", "testdir", "%s%s%.*s", *path == '/' ? "" : folder,
                          slash && *path != '/' ? "/" : "", slash ? (int)(slash - path) : 0, path);
    scenario_macro_define(macros, "", "tmpdir", "%s", scenario_folder(scenario));
    scenario_macro_define(macros, "", "vtcid", "%s", strrchr(scenario_folder(scenario), '/') + 1);
    scenario_macro_define(macros, "", "localhost", "127.0.0.1");
    scenario_macro_define(macros, "", "listen_addr", "127.0.0.1:0");
    scenario_macro_define(macros, "", "bad_ip", "192.0.2.255");
    sock = scenario_listen(scenario->wire, 1, &addr);
    wire_close(scenario->wire, sock); /* a port on which nobody listens */
    scenario_macro_define(macros, "", "bad_backend", "127.0.0.1:%u", addr.port);
    for (unsigned i = 0; i < scenario->options->define_count; i++)
        scenario_macro_define(macros, "", scenario->options->defines[i].name, "%s",
                              scenario->options->defines[i].value);
}

/* Without it nothing is run. */
static void open_real(struct scenario *scenario)
{
    const struct scenario_options *options = scenario->options;
    const char *why;

    scenario->real = real_world_create(scenario->world, options->proxy, &why);
    if (!scenario->real) {
        scenario_wrong(scenario, NULL, 0, "%s", why);
        return;
    }
    set_text(&scenario->environment, STR("HAPROXY_PROGRAM"), str_of(options->proxy));
    set_text(&scenario->environment, STR("HAPROXY_ARGS"),
             str_of(options->arguments ? options->arguments : "-dM -dI -dW"));
}

static void scenario_open(struct scenario *scenario, const struct scenario_options *options,
                          struct scenario_result *result)
{
    struct world_options world = { .seed = options->seed,
                                   .delays = options->delays,
                                   .pct = options->pct,
                                   .step_limit = options->step_limit };

    *scenario = (struct scenario){ .options = options, .result = result, .next_inherited = FIRST_INHERITED };
    arena_init(&scenario->arena, 16384);
    list_init(&scenario->actors);
    list_init(&scenario->nodes);
    list_init(&scenario->barriers);
    list_init(&scenario->faults);
    list_init(&scenario->judges);
    scenario_macro_init(&scenario->macros);
    scenario->world = world_create(&world);
    scenario->began_ns = world_now(scenario->world);
    scenario->limit_ns = options->limit_ns ? options->limit_ns : LIMIT_S * NS_PER_S;
    scenario->patience_ns = scenario->limit_ns / 2;
    scenario->live_ns = options->live_ns ? options->live_ns : LIVE_S * NS_PER_S;
    scenario->net = net_create(scenario->world);
    if (options->proxy)
        open_real(scenario);
    scenario->wire = wire_create(scenario, "script");
    scenario->links = links_create(scenario, options->torture);
    if (options->event)
        world_on_event(scenario->world, event_seen, scenario);
    if (options->packet)
        net_on_packet(scenario->net, packet_seen, scenario);
}

/* What commands keep (a shell's sockets) goes before the network that it stands in. */
static void scenario_close(struct scenario *scenario, struct program *program)
{
    world_on_event(scenario->world, NULL, NULL);
    while (!list_empty(&scenario->nodes))
        sim_node_destroy(sim_node_of(list_first(&scenario->nodes)));
    while (!list_empty(&scenario->actors)) {
        struct actor *actor = LIST_ITEM(list_first(&scenario->actors), struct actor, link);

        actor->class->destroy(actor);
    }
    program_destroy(program);
    fault_forget_all(scenario);
    name_server_destroy(scenario->name_server);
    judge_wire_forget_all(scenario);
    judge_rest_destroy(scenario);
    links_destroy(scenario->links);
    wire_destroy(scenario->wire);
    real_world_destroy(scenario->real);
    net_destroy(scenario->net);
    world_destroy(scenario->world);
    world_source_destroy(scenario->source);
    scenario_macro_finish(&scenario->macros);
    for (struct dict_entry *e = dict_next(&scenario->environment, NULL); e;
         e = dict_next(&scenario->environment, e))
        mem_free(e->value);
    dict_finish(&scenario->environment);
    for (struct dict_entry *e = dict_next(&scenario->files, NULL); e; e = dict_next(&scenario->files, e)) {
        buf_finish(e->value);
        mem_free(e->value);
    }
    dict_finish(&scenario->files);
    arena_finish(&scenario->arena);
}

/* In a swarm the script may wait for what a fault has prevented: its end comes from outside, once. true: it does. */
static bool give_up(struct scenario *scenario)
{
    if (!scenario->options->swarm || scenario->gave_up || scenario->judge_rest)
        return false;
    scenario->gave_up = true;
    begin_to_end(scenario);
    LIST_EACH (item, &scenario->actors) {
        struct actor *actor = LIST_ITEM(item, struct actor, link);

        if (actor != scenario->top)
            actor_stop(actor);
    }
    scenario->limit_ns = scenario_now(scenario) + LIMIT_S * NS_PER_S;
    actor_wake(scenario->top);
    return true;
}

static void fail_waiting(struct scenario *scenario, const char *why)
{
    struct buf text = BUF_INIT;

    if (!world_exhausted(scenario->world) && give_up(scenario))
        return;

    buf_printf(&text, "%s:\n", why);
    report_waiting(scenario, &text);
    while (text.size && text.data[text.size - 1] == '\n')
        text.size--;
    scenario_fail(scenario, NULL, "%.*s", STR_ARG(buf_str(&text)));
    buf_finish(&text);
}

static bool goes_on(struct scenario *scenario)
{
    const struct scenario_options *options = scenario->options;

    return !options->rest || options->rest(options->rest_data, scenario);
}

static void run_real_world(struct scenario *scenario)
{
    uint64_t end_ns;
    char text[96];

    while (!scenario->over) {
        end_ns = scenario->began_ns + scenario->limit_ns;
        if (!real_world_turn(scenario->real, end_ns)) {
            scenario_fail(scenario, NULL, "a signal ended the run");
        } else if (!scenario->over && world_now(scenario->world) >= end_ns) {
            snprintf(text, sizeof(text), "the limit of %g s is over", (double)scenario->limit_ns / 1e9);
            fail_waiting(scenario, text);
        }
    }
}

static void run_world(struct scenario *scenario)
{
    while (!scenario->over && goes_on(scenario)) {
        uint64_t end_ns = scenario->began_ns + scenario->limit_ns;
        char text[96];

        if (world_next(scenario->world) > end_ns && world_next(scenario->world) != UINT64_MAX) {
            snprintf(text, sizeof(text), "the limit of %g s virtual is over",
                     (double)scenario->limit_ns / 1e9);
            fail_waiting(scenario, text);
        } else if (world_step(scenario->world) && !world_exhausted(scenario->world)) {
            continue;
        } else if (world_exhausted(scenario->world)) {
            fail_waiting(scenario, "the world does not come to rest (step limit)");
        } else {
            fail_waiting(scenario, "nobody can move, and no clock would help");
        }
    }
    if (scenario->over)
        (void)goes_on(scenario);
}

/* The program of the file; NULL: the outcome stands. */
static struct program *load(struct scenario *scenario)
{
    struct buf text = BUF_INIT;
    struct program_mistake mistake;
    struct program *program = NULL;

    if (scenario->options->text.data)
        buf_add(&text, scenario->options->text);
    if (!scenario->options->text.data && !scenario_read_file(scenario->options->path, &text)) {
        scenario_wrong(scenario, NULL, 0, "cannot be read");
    } else {
        program = program_create(buf_str(&text), scenario->options->path, 1, top_rows, false, &mistake);
        if (!program && mistake.skip)
            scenario_skip(scenario, "line %u: %s", mistake.line, mistake.skip);
        else if (!program)
            scenario_wrong(scenario, NULL, mistake.line, "%s", mistake.what);
        else if (!program->count)
            scenario_wrong(scenario, NULL, 0, "has no command");
    }
    buf_finish(&text);
    for (unsigned i = 0; scenario->real && program && i < program->count; i++)
        if (real_lacks(&program->commands[i]))
            scenario_skip(scenario, "line %u: %s", program->commands[i].text.line,
                          real_lacks(&program->commands[i]));
    return program;
}

/* false: the tape cannot be read, as was said. */
static bool set_source(struct scenario *scenario)
{
    unsigned bad_line;

    if (scenario->options->source)
        world_set_source(scenario->world, scenario->options->source);
    if (scenario->options->source || !scenario->options->tape.data)
        return true;
    scenario->source = world_source_tape(scenario->world, scenario->options->tape, &bad_line);
    if (!scenario->source) {
        scenario_wrong(scenario, "tape", bad_line, "a choice is written: SITE WHO NUMBER = ANSWER");
        return false;
    }
    world_set_source(scenario->world, scenario->source);
    return true;
}

void scenario_run(const struct scenario_options *options, struct scenario_result *result)
{
    struct scenario scenario;
    struct program *program = NULL;

    *result = (struct scenario_result){
        .text = BUF_INIT, .says = BUF_INIT, .tape = BUF_INIT, .marks = BUF_INIT, .files = BUF_INIT
    };
    scenario_open(&scenario, options, result);
    if (options->calls)
        sim_heap_plan((enum sim_heap_kind)options->calls->operation,
                      options->calls->memory ? options->calls->nth : 0, options->calls->from_then_on);
    if (!scenario.over && set_source(&scenario)) {
        if (options->swarm) {
            links_swarm(scenario.links);
            fault_swarm(&scenario);
        }
        program = load(&scenario);
    }
    if (program && !scenario.over) {
        scenario.top = mem_need(sizeof(*scenario.top));
        actor_init(scenario.top, &scenario, &top_class, STR("script"));
        define_macros(&scenario);
        actor_load(scenario.top, program);
        actor_start(scenario.top, NULL);
        if (scenario.real)
            run_real_world(&scenario);
        else
            run_world(&scenario);
    }
    result->hash = world_hash(scenario.world);
    result->events = world_event_count(scenario.world);
    result->virtual_ns = scenario_now(&scenario);
    scenario_close(&scenario, program);
}

void scenario_result_finish(struct scenario_result *result)
{
    buf_finish(&result->text);
    buf_finish(&result->says);
    buf_finish(&result->tape);
    buf_finish(&result->marks);
    buf_finish(&result->files);
}
