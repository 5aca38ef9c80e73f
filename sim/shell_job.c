/* What a script begins with & goes on beside it: a shell of its own, with the variables as they were. */
#include "base/mem.h"
#include "base/units.h"
#include "sim/shell_parts.h"

enum { FIRST_PID = 20001, KILLED = 143 };

static void give_variables(struct shell *job, const struct dict *variables)
{
    for (struct dict_entry *e = dict_next(variables, NULL); e; e = dict_next(variables, e)) {
        buf_add(&job->given, e->key);
        buf_add_char(&job->given, '\0');
        buf_add_c(&job->given, e->value);
        buf_add_char(&job->given, '\0');
    }
}

void shell_take_given(struct shell *shell)
{
    struct str rest = shell->given.size ? buf_str(&shell->given) : STR("");

    while (rest.size) {
        struct str name = str_split(&rest, '\0'), value = str_split(&rest, '\0');

        shell_set_variable(shell, name, value.data ? value : STR(""));
    }
}

struct outcome shell_begin_job(struct shell *shell, struct str text)
{
    struct shell *job;

    if (shell->is_job)
        return shell_stop(shell, "shell: %.*s within one is not known here", STR("'&'"));
    if (shell->next_job < shell->job_count) { /* begun by an earlier evaluation */
        shell->next_job++;
        return shell_ended(0);
    }
    if (shell->job_count == JOBS_MAX)
        return shell_stop(shell, "shell: too many %.*s", STR("'&'"));
    job = shell_create(shell->scenario, shell->actor);
    job->is_job = true;
    job->text = mem_need_copy(text);
    give_variables(job, &shell->variables);
    shell->jobs[shell->job_count++] = job;
    shell->next_job++;
    return shell_ended(0);
}

void shell_last_job(const struct shell *shell, struct buf *out)
{
    if (shell->next_job)
        buf_add_int(out, FIRST_PID + (int64_t)shell->next_job - 1);
}

/* The job of a process number; NULL: there is none. */
static struct shell *job_of(const struct shell *shell, struct str word)
{
    int64_t pid;

    if (!units_parse_int(word, FIRST_PID, FIRST_PID + (int64_t)shell->next_job - 1, &pid))
        return NULL;
    return shell->jobs[pid - FIRST_PID];
}

struct outcome shell_wait_jobs(struct call *call)
{
    struct shell *shell = call->shell;
    int exit_code = 0;

    for (unsigned i = 0; call->count == 1 && i < shell->next_job; i++)
        shell->pending |= !shell->jobs[i]->finished;
    for (unsigned i = 1; i < call->count; i++) {
        const struct shell *job = job_of(shell, call->words[i]);

        exit_code = job ? job->exit_code : 127;
        shell->pending |= job && !job->finished;
    }
    return shell->pending ? (struct outcome){ 1, true } : shell_ended(exit_code);
}

/* Of its own jobs only. What it does is done once, however often the script is evaluated. */
struct outcome shell_kill_jobs(struct call *call)
{
    unsigned first = call->count > 1 && call->words[1].data[0] == '-' ? 2 : 1;
    struct errand *note;
    bool made;

    if (first == 2 && !str_eq(call->words[1], STR("-TERM")) && !str_eq(call->words[1], STR("-15")))
        return shell_unknown_use(call);
    note = shell_next_errand(call->shell, ERRAND_NOTE, &made);
    if (!note)
        return shell_stop(call->shell, "shell: too many '%.*s'", call->words[0]);
    for (unsigned i = first; made && i < call->count; i++) {
        struct shell *job = job_of(call->shell, call->words[i]);

        if (!job)
            return shell_unknown_use(call);
        if (job->finished) {
            note->exit_code = 1;
            continue;
        }
        shell_close_errand(job);
        job->finished = true;
        job->exit_code = KILLED;
    }
    note->done = true;
    return shell_ended(note->exit_code);
}
