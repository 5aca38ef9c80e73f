/* Command lines, files and waiting as regression tests of HAProxy have them from their runner. */
#include "sim/real_node.h"
#include "base/mem.h"
#include "base/units.h"
#include "sim/real_world.h"
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOOK_EVERY_NS (10 * NS_PER_MS)

/* ---- proxies ---- */

static bool write_file(const char *path, struct str text)
{
    FILE *file = fopen(path, "wb");
    bool fine = file && fwrite(text.data, 1, text.size, file) == text.size;

    if (file && fclose(file) != 0)
        fine = false;
    return fine;
}

struct real_process *real_node_start(struct scenario *scenario, const struct real_node_start *how)
{
    struct real_process_start start = how->process;
    struct real_process *process = NULL;
    struct buf script = BUF_INIT;
    char path[320];

    (void)mkdir(how->folder, 0755);
    snprintf(path, sizeof(path), "%s/pid", how->folder);
    (void)remove(path);
    snprintf(path, sizeof(path), "%s/cfg", how->folder);
    buf_printf(&script, "exec \"$HAPROXY_PROGRAM\" %s %.*s -f '%s'", how->mode, STR_ARG(how->arguments),
               path);
    if (how->master)
        buf_printf(&script, " -p '%s/pid'", how->folder);
    buf_add_char(&script, '\0');
    start.script = script.data;
    start.folder = how->folder;
    start.environment = &scenario->environment;
    if (write_file(path, how->conf))
        process = real_process_start(scenario->real, &start);
    buf_finish(&script);
    return process;
}

enum actor_step real_node_await(struct actor *by, struct real_process *process, const char *folder,
                                uint64_t until_ns)
{
    uint64_t now = world_now(by->scenario->world);
    struct buf text = BUF_INIT;
    char path[320];
    long long pid = 0;

    if (real_process_has_ended(process))
        return actor_fail(by, "expected  a master that serves\n    came      exit code %d",
                          real_process_exit_code(process));
    snprintf(path, sizeof(path), "%s/pid", folder);
    if (scenario_read_file(path, &text)) {
        buf_add_char(&text, '\0');
        (void)sscanf(text.data, "%lld", &pid);
    }
    buf_finish(&text);
    if (pid == real_process_pid(process))
        return STEP_NEXT;
    if (now >= until_ns)
        return actor_fail(by, "the master has not written its pid in time");
    actor_alarm(by, now + LOOK_EVERY_NS);
    return actor_wait(by, "the pid of a master");
}

/* ---- scripts ---- */

bool real_command_succeeds(struct scenario *scenario, struct str script)
{
    char *text = mem_need_copy(script);
    struct real_process_start how = { .script = text,
                                      .folder = real_world_folder(scenario->real),
                                      .environment = &scenario->environment };
    struct real_process *process = real_process_start(scenario->real, &how);
    bool fine = false;

    /* Nothing else can go on before it is known. */
    while (process && !real_process_has_ended(process)) {
        real_process_look(process);
        (void)usleep(1000);
    }
    if (process)
        fine = real_process_exit_code(process) == 0;
    real_process_destroy(process);
    mem_free(text);
    return fine;
}

static void script_ended(void *data)
{
    actor_wake(data);
}

enum actor_step real_shell(struct actor *actor, struct str script, int *exit_code, struct str *said)
{
    struct real_process *process;

    if (actor->phase == 0) {
        char *text = mem_need_copy(script);
        struct real_process_start how = { .script = text,
                                          .folder = real_world_folder(actor->scenario->real),
                                          .environment = &actor->scenario->environment,
                                          .ended = script_ended,
                                          .data = actor };

        actor->waits_on = real_process_start(actor->scenario->real, &how);
        mem_free(text);
        if (!actor->waits_on)
            return actor_fail(actor, "no process can be started");
        actor->phase = 1;
    }
    process = actor->waits_on;
    if (!real_process_has_ended(process))
        return actor_wait(actor, "the end of a script");
    *exit_code = real_process_exit_code(process);
    *said = real_process_output(process);
    return STEP_NEXT;
}

/* ---- words ---- */

const char *real_lacks(const struct command *command)
{
    static const struct {
        const char *word, *second; /* NULL: any */
        const char *why;
    } rows[] = {
        { "net", NULL, "'net' is about a simulated network" },
        { "fault", NULL, "'fault' is about a simulated system" },
        { "dns", NULL, "'dns' is about a simulated network" },
        { "time", "jump", "'time jump' is about a simulated clock" },
        { "time", "drift", "'time drift' is about a simulated clock" },
        { "sim", "-epoch", "'sim -epoch' is about a simulated clock" },
        { "check", "always", "'check always' looks at every instant, which a simulated world has" },
        { "check", "never", "'check never' looks at every instant, which a simulated world has" },
        { "check", "sometimes", "'check sometimes' is about many simulated runs" },
    };
    const struct lex_command *text = &command->text;

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (!str_eq(text->words[0].text, str_of(rows[i].word)))
            continue;
        if (!rows[i].second || (text->count > 1 && str_eq(text->words[1].text, str_of(rows[i].second))))
            return rows[i].why;
    }
    return NULL;
}
