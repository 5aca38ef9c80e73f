/* Children, environment, limits, privileges and names. What changes the process for good is tried in a child that
 * tells by its exit code or over a socket. */
#include "base/test.h"
#include "platform/platform_epoll.h"
#include "platform/platform_process.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define LONG_NS UINT64_C(20000000000)

static struct platform *platform;
static const struct platform_ops *ops;
static int poller;

static void begin(void)
{
    platform = platform_epoll_create();
    CHECK(platform);
    ops = platform->ops;
    poller = ops->poller_open(platform);
    CHECK(poller >= 0);
}

static void done(void)
{
    ops->poller_close(platform, poller);
    platform_epoll_destroy(platform);
}

/* Waits for the signal, no longer than a failure deserves. */
static bool await_signal(enum plat_signal want)
{
    struct plat_event events[4];
    uint64_t deadline = ops->monotonic_ns(platform) + LONG_NS;
    while (ops->monotonic_ns(platform) < deadline) {
        (void)ops->wait(platform, poller, deadline, events, 4);
        for (enum plat_signal got; (got = ops->signal_next(platform)) != PLAT_SIGNAL_NONE;)
            if (got == want)
                return true;
    }
    return false;
}

static int exit_code_of(int64_t pid)
{
    int code = -1;
    while (!ops->child_ended(platform, pid, &code))
        if (!await_signal(PLAT_SIGNAL_CHILD))
            return -2;
    return code;
}

static int64_t start(const char *program, const char *option, const char *text)
{
    const char *const argv[] = { program, option, text, NULL };
    const struct plat_child how = { .argv = argv, .in = PLAT_NO_SOCK, .out = PLAT_NO_SOCK };
    return ops->child_start(platform, &how);
}

static void children_tell_how_they_ended(void)
{
    int code;
    begin();
    EXPECT_INT(exit_code_of(start("/bin/sh", "-c", "exit 0")), 0);
    EXPECT_INT(exit_code_of(start("/bin/sh", "-c", "exit 37")), 37);
    EXPECT(start("/no/such/program", NULL, NULL) < 0);
    EXPECT_INT(exit_code_of(start("/bin/sh", "-c", "kill -TERM $$; exit 1")),
               128 + SIGTERM); /* not blocked */
    EXPECT_INT(exit_code_of(start("/bin/sh", "-c", "kill -PIPE $$; exit 1")),
               128 + SIGPIPE); /* not ignored */
    EXPECT_INT(exit_code_of(start("/bin/sh", "-c", "read x; [ -z \"$x\" ] && echo gone && exit 5")), 5);

    int64_t pid = start("/bin/sleep", "1000", NULL);
    EXPECT(!ops->child_ended(platform, pid, &code));
    ops->child_signal(platform, pid, PLAT_SIGNAL_TERM);
    EXPECT_INT(exit_code_of(pid), 128 + SIGTERM);
    EXPECT(ops->child_ended(platform, pid, &code));
    EXPECT_INT(code, -1); /* it was told already */
    done();
}

static void read_to_end(plat_sock sock, struct buf *out)
{
    struct plat_event events[4];
    uint64_t deadline = ops->monotonic_ns(platform) + LONG_NS;
    while (ops->monotonic_ns(platform) < deadline) {
        char bytes[100];
        struct io_vec vec = { bytes, sizeof(bytes) };
        struct io_result result = ops->read(platform, sock, &vec, 1);
        if (result.status == IO_OK)
            buf_add(out, str_make(bytes, result.size));
        else if (result.status == IO_WOULD_BLOCK)
            (void)ops->wait(platform, poller, deadline, events, 4);
        else
            return;
    }
}

static void children_are_talked_to(void)
{
    const char *const argv[] = { "/bin/sh", "-c", "cat; echo \"[$SAID]\"", NULL };
    const char *const env[] = { "SAID=hello", "PATH=/usr/bin:/bin", NULL };
    enum io_status status;
    plat_sock theirs;
    struct buf text = BUF_INIT;
    begin();
    plat_sock ours = ops->pair(platform, &theirs, &status);
    EXPECT_INT(ops->watch(platform, poller, ours, 1), IO_OK);
    const struct plat_child how = { .argv = argv, .env = env, .in = theirs, .out = theirs };
    int64_t pid = ops->child_start(platform, &how);
    EXPECT(pid > 0);
    ops->close(platform, theirs);
    const struct io_vec vec = { "line\n", 5 };
    EXPECT_INT(ops->write(platform, ours, &vec, 1, false).size, 5);
    EXPECT_INT(ops->shutdown(platform, ours, PLAT_SHUT_WRITE), IO_OK);
    read_to_end(ours, &text);
    EXPECT_STR(buf_str(&text), "line\n[hello]\n");
    EXPECT_INT(exit_code_of(pid), 0);
    ops->close(platform, ours);
    buf_finish(&text);
    done();
}

static void the_environment_is_read_and_changed(void)
{
    bool found = false;
    begin();
    ops->env_set(platform, "LOCKSTEP_TEST", "some value");
    EXPECT_STR(str_of(ops->env_get(platform, "LOCKSTEP_TEST")), "some value");
    size_t count = 0;
    for (const char *entry; (entry = ops->env_at(platform, count)); count++)
        found |= strcmp(entry, "LOCKSTEP_TEST=some value") == 0;
    EXPECT(found);
    EXPECT(ops->env_at(platform, count + 5) == NULL);
    EXPECT_INT(exit_code_of(start("/bin/sh", "-c", "test \"$LOCKSTEP_TEST\" = 'some value'")), 0);
    ops->env_set(platform, "LOCKSTEP_TEST", NULL);
    EXPECT(ops->env_get(platform, "LOCKSTEP_TEST") == NULL);
    EXPECT_INT(ops->pid(platform), getpid());
    char name[256] = { 0 };
    CHECK(gethostname(name, sizeof(name) - 1) == 0);
    EXPECT_STR(str_of(ops->host_name(platform)), name);
    done();
}

static void users_and_groups_have_numbers(void)
{
    begin();
    EXPECT_INT(ops->user_id(platform, "root"), 0);
    EXPECT_INT(ops->group_id(platform, "root"), 0);
    EXPECT_INT(ops->user_id(platform, "no-such-user"), -1);
    EXPECT_INT(ops->group_id(platform, "no-such-group"), -1);
    done();
}

static void descriptor_limits_are_raised(void)
{
    struct rlimit before, low;
    begin();
    CHECK(getrlimit(RLIMIT_NOFILE, &before) == 0);
    low = (struct rlimit){ .rlim_cur = 64, .rlim_max = before.rlim_max };
    CHECK(setrlimit(RLIMIT_NOFILE, &low) == 0);
    EXPECT_INT(ops->descriptor_limit(platform, 0), 64);
    EXPECT_INT(ops->descriptor_limit(platform, 32), 64); /* never lowered */
    EXPECT_INT(ops->descriptor_limit(platform, 100), 100);
    EXPECT(ops->descriptor_limit(platform, UINT64_C(1) << 40) >= 100); /* as far as it goes */
    (void)setrlimit(RLIMIT_NOFILE, &before);
    done();
}

static void names_are_resolved(void)
{
    struct addr found[4];
    unsigned count = 9;
    begin();
    EXPECT_INT(ops->resolve(platform, "localhost", false, found, 4, &count), IO_OK);
    EXPECT(count >= 1 && count <= 4);
    EXPECT_INT(found[0].family, ADDR_IPV4);
    EXPECT(found[0].u.ip[0] == 127 && found[0].port == 0);
    for (unsigned i = 1; i < count; i++)
        EXPECT(found[i].family != found[0].family || memcmp(found[i].u.ip, found[0].u.ip, 16) != 0);
    EXPECT_INT(ops->resolve(platform, "localhost", false, found, 1, &count), IO_OK);
    EXPECT_INT(count, 1);
    EXPECT_INT(ops->resolve(platform, "2001:db8::1", true, found, 4, &count), IO_OK);
    EXPECT_INT(found[0].family, ADDR_IPV6);
    EXPECT_INT(count, 1);
    EXPECT_INT(ops->resolve(platform, "not a name..", false, found, 4, &count), IO_NOT_FOUND);
    EXPECT_INT(count, 0);
    done();
}

/* The exit code of a child that runs `run` with a platform of its own. */
static int in_child(int (*run)(void))
{
    int status = -1;
    fflush(stdout);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        begin();
        _exit(run());
    }
    CHECK(waitpid(pid, &status, 0) == pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static int drop_as_root(void)
{
    struct plat_file_info info;
    gid_t groups[8];
    if (ops->drop_privileges(platform, "/usr", 65534, 65533) != IO_OK)
        return 1;
    if (getuid() != 65534 || geteuid() != 65534 || getgid() != 65533 || getegid() != 65533)
        return 2;
    if (getgroups(8, groups) != 0)
        return 3;
    if (setuid(0) == 0)
        return 4;
    return ops->file_info(platform, "/bin", &info) == IO_OK && /* that is /usr/bin now */
                   ops->file_info(platform, "/usr", &info) == IO_NOT_FOUND
               ? 0
               : 5;
}

static int drop_as_user(void)
{
    if (ops->drop_privileges(platform, NULL, 0, -1) != IO_DENIED)
        return 1;
    if (ops->drop_privileges(platform, "/", -1, -1) != IO_DENIED)
        return 2;
    return ops->drop_privileges(platform, NULL, getuid(), getgid()) == IO_OK ? 0 : 3;
}

static int drop_to_missing_root(void)
{
    enum io_status status = ops->drop_privileges(platform, "/no/such/folder", -1, -1);
    return status == (geteuid() == 0 ? IO_NOT_FOUND : IO_DENIED) || status == IO_NOT_FOUND ? 0 : 1;
}

static int drop_nothing(void)
{
    return ops->drop_privileges(platform, NULL, -1, -1) == IO_OK ? 0 : 1;
}

static void privileges_are_dropped(void)
{
    EXPECT_INT(in_child(geteuid() == 0 ? drop_as_root : drop_as_user), 0);
    EXPECT_INT(in_child(drop_to_missing_root), 0);
    EXPECT_INT(in_child(drop_nothing), 0);
}

static int report_socket[2];

/* In the background it has another pid, a session of its own, silent outputs, and still sees its signals. */
static int go_to_background(void)
{
    pid_t before = getpid();
    int answer = 0;
    if (ops->daemonize(platform) != IO_OK)
        answer = 1;
    else if (getpid() == before || getsid(0) != getpid())
        answer = 2;
    else if (isatty(STDOUT_FILENO) || ops->pid(platform) != getpid())
        answer = 3;
    kill(getpid(), SIGUSR2);
    if (!answer && !await_signal(PLAT_SIGNAL_USR2))
        answer = 4;
    char byte = (char)('0' + answer);
    return write(report_socket[1], &byte, 1) == 1 ? 0 : 9;
}

static void it_goes_to_the_background(void)
{
    char byte = 0;
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, report_socket) == 0);
    EXPECT_INT(in_child(go_to_background), 0); /* the first process ends well, at once */
    close(report_socket[1]);
    EXPECT_INT(read(report_socket[0], &byte, 1), 1);
    EXPECT_INT(byte, '0');
    close(report_socket[0]);
}

static void signals_have_numbers(void)
{
    for (int signal = PLAT_SIGNAL_NONE + 1; signal <= PLAT_SIGNAL_QUIT; signal++) {
        int number = platform_process_signal_number((enum plat_signal)signal);
        EXPECT(number > 0);
        EXPECT_INT(platform_process_signal_name(number), signal);
    }
    EXPECT_INT(platform_process_signal_number(PLAT_SIGNAL_NONE), 0);
    EXPECT_INT(platform_process_signal_name(SIGKILL), PLAT_SIGNAL_NONE);
}

const struct test_row tests[] = {
    { "children tell how they ended", children_tell_how_they_ended },
    { "children are talked to", children_are_talked_to },
    { "the environment is read and changed", the_environment_is_read_and_changed },
    { "users and groups have numbers", users_and_groups_have_numbers },
    { "descriptor limits are raised", descriptor_limits_are_raised },
    { "names are resolved", names_are_resolved },
    { "privileges are dropped", privileges_are_dropped },
    { "it goes to the background", it_goes_to_the_background },
    { "signals have numbers", signals_have_numbers },
    { 0 },
};
