/* The process writes its outcome, two sizes and two texts into a pipe. */
#include "sim/trial.h"
#include "sim/pipe_text.h"
#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TRIAL_SECONDS = 20 };

struct head {
    int32_t outcome;
    uint32_t says_size, tape_size;
};

static void give(int pipe, const void *data, size_t size)
{
    const char *at = data;

    while (size) {
        ssize_t done = write(pipe, at, size);

        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            _exit(1);
        at += done;
        size -= (size_t)done;
    }
}

static void run_in_child(const struct scenario_options *options, int pipe)
{
    struct scenario_result result;
    struct head head;

    struct rlimit limit = { TRIAL_SECONDS, TRIAL_SECONDS };

    /* A turn without end is a death, too. What a dying engine prints is of no use here. */
    (void)setrlimit(RLIMIT_CPU, &limit);
    if (!freopen("/dev/null", "w", stderr))
        _exit(1);
    scenario_run(options, &result);
    head = (struct head){ (int32_t)result.outcome, (uint32_t)result.says.size, (uint32_t)result.tape.size };
    give(pipe, &head, sizeof(head));
    give(pipe, result.says.data, result.says.size);
    give(pipe, result.tape.data, result.tape.size);
    _exit(0);
}

void trial_run(const struct scenario_options *options, struct trial *out)
{
    struct buf heard = BUF_INIT;
    struct head head;
    int ends[2];
    pid_t pid;

    *out = (struct trial){ SCENARIO_WRONG, true, BUF_INIT, BUF_INIT };
    if (pipe(ends) != 0)
        return;
    fflush(NULL);
    pid = fork();
    if (pid == 0) {
        close(ends[0]);
        run_in_child(options, ends[1]);
    }
    close(ends[1]);
    if (pid > 0) {
        pipe_text_read(ends[0], &heard);
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    close(ends[0]);
    if (heard.size >= sizeof(head)) {
        struct str rest = str_from(buf_str(&heard), sizeof(head));

        memcpy(&head, heard.data, sizeof(head));
        if (rest.size == (size_t)head.says_size + head.tape_size) {
            out->died = false;
            out->outcome = (enum scenario_outcome)head.outcome;
            buf_add(&out->says, str_slice(rest, 0, head.says_size));
            buf_add(&out->tape, str_from(rest, head.says_size));
        }
    }
    buf_finish(&heard);
}

void trial_finish(struct trial *trial)
{
    buf_finish(&trial->says);
    buf_finish(&trial->tape);
}

/* The next sign; ":NUMBER:" is one. */
static int next_sign(struct str text, size_t *at)
{
    size_t end = *at + 1;

    if (*at == text.size)
        return -1;
    while (text.data[*at] == ':' && end < text.size && ascii_digit(text.data[end]))
        end++;
    if (end > *at + 1 && end < text.size && text.data[end] == ':') {
        *at = end;
        return '#';
    }
    return (unsigned char)text.data[(*at)++];
}

bool trial_says_alike(struct str a, struct str b)
{
    size_t at_a = 0, at_b = 0;
    int sign;

    do {
        sign = next_sign(a, &at_a);
        if (sign != next_sign(b, &at_b))
            return false;
    } while (sign >= 0);
    return true;
}
