/* A shell's command for io.popen and os.execute: its output is read whole, the script goes on when it has ended. Scripts use
 * this for a moment's work; what takes long holds the loop, which is why there is a limit. */
#include "lua/lua_popen.h"
#include "base/units.h"

#define LIMIT_NS  (10 * NS_PER_S)
#define READ_SIZE 4096u
#define SPIN_MAX  100000u /* where time stands still */

struct talk { /* with the child, over one pair of sockets */
    struct platform *platform;
    int poller;
    plat_sock ours;
    uint64_t until;
    unsigned spins;
};

/* false: the limit. */
static bool wait_more(struct talk *talk)
{
    struct plat_event events[2];
    const struct platform_ops *ops = talk->platform->ops;
    (void)ops->wait(talk->platform, talk->poller, talk->until, events, COUNT_OF(events));
    return ops->monotonic_ns(talk->platform) < talk->until && ++talk->spins < SPIN_MAX;
}

static bool write_all(struct talk *talk, struct str input)
{
    while (input.size) {
        struct io_vec vec = { (char *)(uintptr_t)input.data, input.size };
        struct io_result result = talk->platform->ops->write(talk->platform, talk->ours, &vec, 1, false);
        if (result.status == IO_OK)
            input = str_from(input, result.size);
        else if (result.status != IO_WOULD_BLOCK || !wait_more(talk))
            return false;
    }
    return talk->platform->ops->shutdown(talk->platform, talk->ours, PLAT_SHUT_WRITE) == IO_OK;
}

static bool read_all(struct talk *talk, struct buf *output)
{
    for (;;) {
        char *room = buf_room(output, READ_SIZE);
        if (!room)
            return false;
        struct io_vec vec = { room, READ_SIZE };
        struct io_result result = talk->platform->ops->read(talk->platform, talk->ours, &vec, 1);
        if (result.status == IO_OK)
            output->size += result.size;
        else if (result.status == IO_CLOSED || result.status == IO_RESET)
            return true;
        else if (result.status != IO_WOULD_BLOCK || !wait_more(talk))
            return false;
    }
}

/* Its exit code; -1: it did not end in time and was told to. */
static int wait_end(struct talk *talk, int64_t pid)
{
    int code = -1;
    const struct platform_ops *ops = talk->platform->ops;
    uint64_t limit = talk->until;
    while (!ops->child_ended(talk->platform, pid, &code)) {
        talk->until = ops->monotonic_ns(talk->platform) + NS_PER_MS;
        if (talk->until >= limit || ++talk->spins > SPIN_MAX) {
            ops->child_signal(talk->platform, pid, PLAT_SIGNAL_TERM);
            return -1;
        }
        struct plat_event event;
        (void)ops->wait(talk->platform, talk->poller, talk->until, &event, 1);
    }
    return code;
}

bool lua_popen_run(struct platform *platform, const char *command, struct str input, struct buf *output,
                   int *exit_code)
{
    const struct platform_ops *ops = platform->ops;
    const char *const argv[] = { "/bin/sh", "-c", command, NULL };
    enum io_status status;
    plat_sock theirs;
    struct talk talk = { .platform = platform, .until = ops->monotonic_ns(platform) + LIMIT_NS };
    *exit_code = -1;
    talk.ours = ops->pair(platform, &theirs, &status);
    if (talk.ours == PLAT_NO_SOCK)
        return false;
    talk.poller = ops->poller_open(platform);
    bool well = talk.poller >= 0 && ops->watch(platform, talk.poller, talk.ours, 0) == IO_OK;
    struct plat_child how = { .argv = argv, .in = input.data ? theirs : PLAT_NO_SOCK, .out = theirs };
    int64_t pid = well ? ops->child_start(platform, &how) : -1;
    ops->close(platform, theirs);
    well = pid >= 0 && (!input.data || write_all(&talk, input)) && read_all(&talk, output);
    if (pid >= 0)
        *exit_code = wait_end(&talk, pid);
    ops->close(platform, talk.ours);
    if (talk.poller >= 0)
        ops->poller_close(platform, talk.poller);
    return well;
}
