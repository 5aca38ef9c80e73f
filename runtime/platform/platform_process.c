/* The process and what it knows of the machine. */
#include "platform/platform_process.h"
#include "platform/platform_posix.h"
#include "platform/platform_sockaddr.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netdb.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXIT_BY_SIGNAL  128 /* added to the signal's number, as shells do */
#define EXIT_NO_PROGRAM 127 /* a child that could not begin, as shells do */

/* ---- signals ---- */

static const struct signal_row {
    enum plat_signal name;
    int number;
} signal_rows[] = {
    { PLAT_SIGNAL_INT, SIGINT },   { PLAT_SIGNAL_TERM, SIGTERM }, { PLAT_SIGNAL_USR1, SIGUSR1 },
    { PLAT_SIGNAL_USR2, SIGUSR2 }, { PLAT_SIGNAL_HUP, SIGHUP },   { PLAT_SIGNAL_CHILD, SIGCHLD },
    { PLAT_SIGNAL_TTIN, SIGTTIN }, { PLAT_SIGNAL_TTOU, SIGTTOU }, { PLAT_SIGNAL_QUIT, SIGQUIT },
};

int platform_process_signal_number(enum plat_signal signal)
{
    for (size_t i = 0; i < COUNT_OF(signal_rows); i++)
        if (signal_rows[i].name == signal)
            return signal_rows[i].number;
    return 0;
}

enum plat_signal platform_process_signal_name(int number)
{
    for (size_t i = 0; i < COUNT_OF(signal_rows); i++)
        if (signal_rows[i].number == number)
            return signal_rows[i].name;
    return PLAT_SIGNAL_NONE;
}

/* ---- children ---- */

/* What the child gets is a plain blocking descriptor, which it may hold longer than we do. */
static bool lend(struct platform *platform, plat_sock sock)
{
    struct platform_posix *posix = CONTAINER_OF(platform, struct platform_posix, base);
    if (sock == PLAT_NO_SOCK)
        return true;
    int flags = fcntl(sock, F_GETFL);
    return flags >= 0 && fcntl(sock, F_SETFL, flags & ~O_NONBLOCK) == 0 &&
           platform_marks_set(&posix->marks, sock, PLATFORM_MARK_SHARED);
}

static bool give_descriptor(posix_spawn_file_actions_t *actions, plat_sock sock, int number)
{
    if (sock != PLAT_NO_SOCK)
        return posix_spawn_file_actions_adddup2(actions, sock, number) == 0;
    int flags = number == STDIN_FILENO ? O_RDONLY : O_WRONLY;
    return posix_spawn_file_actions_addopen(actions, number, "/dev/null", flags, 0) == 0;
}

static bool give_streams(posix_spawn_file_actions_t *actions, const struct plat_child *how)
{
    /* A descriptor that is put on itself loses its close-on-exec. */
    for (unsigned i = 0; i < how->pass_count; i++)
        if (posix_spawn_file_actions_adddup2(actions, how->pass[i], how->pass[i]) != 0)
            return false;
    return how->keep_streams || (give_descriptor(actions, how->in, STDIN_FILENO) &&
                                 give_descriptor(actions, how->out, STDOUT_FILENO));
}

/* All signals as a new program expects them: none blocked, none ignored. */
static bool set_signals(posix_spawnattr_t *attributes)
{
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    return posix_spawnattr_setsigmask(attributes, &none) == 0 &&
           posix_spawnattr_setsigdefault(attributes, &all) == 0 &&
           posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF) == 0;
}

static void give_here(plat_sock sock, int number)
{
    if (sock == PLAT_NO_SOCK)
        sock = open("/dev/null", number == STDIN_FILENO ? O_RDONLY : O_WRONLY);
    if (sock < 0 || (sock == number ? fcntl(number, F_SETFD, 0) : dup2(sock, number)) < 0)
        _exit(EXIT_NO_PROGRAM);
}

/* In the child: from here on it is another's. */
static void become(const struct plat_child *how)
{
    if (geteuid() == 0 && setgroups(0, NULL) < 0)
        _exit(EXIT_NO_PROGRAM);
    if (how->gid && setgid((gid_t)*how->gid) < 0)
        _exit(EXIT_NO_PROGRAM);
    if (how->uid && setuid((uid_t)*how->uid) < 0)
        _exit(EXIT_NO_PROGRAM);
}

/* posix_spawn knows of no users. */
static pid_t start_as_other(const struct plat_child *how, char *const *env)
{
    pid_t pid = fork();
    sigset_t none;
    if (pid != 0)
        return pid;
    sigemptyset(&none);
    for (size_t i = 0; i < COUNT_OF(signal_rows); i++)
        (void)signal(signal_rows[i].number, SIG_DFL);
    (void)signal(SIGPIPE, SIG_DFL);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    for (unsigned i = 0; i < how->pass_count; i++)
        if (fcntl(how->pass[i], F_SETFD, 0) < 0)
            _exit(EXIT_NO_PROGRAM);
    if (!how->keep_streams) {
        give_here(how->in, STDIN_FILENO);
        give_here(how->out, STDOUT_FILENO);
    }
    become(how);
    environ = (char **)(uintptr_t)env;
    execvp(how->argv[0], (char *const *)(uintptr_t)how->argv);
    _exit(EXIT_NO_PROGRAM);
}

int64_t platform_process_child_start(struct platform *platform, const struct plat_child *how)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    pid_t pid = -1;
    if (!lend(platform, how->in) || !lend(platform, how->out))
        return -1;
    char *const *env = how->env ? (char *const *)(uintptr_t)how->env : environ;
    if (how->uid || how->gid)
        return start_as_other(how, env);
    if (posix_spawn_file_actions_init(&actions) != 0)
        return -1;
    if (posix_spawnattr_init(&attributes) != 0)
        goto out;
    if (!set_signals(&attributes) || !give_streams(&actions, how) ||
        posix_spawnp(&pid, how->argv[0], &actions, &attributes, (char *const *)(uintptr_t)how->argv, env) !=
            0)
        pid = -1;
    posix_spawnattr_destroy(&attributes);
out:
    posix_spawn_file_actions_destroy(&actions);
    return pid;
}

bool platform_process_child_ended(struct platform *platform, int64_t pid, int *exit_code)
{
    (void)platform;
    int status = 0;
    pid_t got;
    do
        got = waitpid((pid_t)pid, &status, WNOHANG);
    while (got < 0 && errno == EINTR);
    if (got == 0)
        return false;
    if (got < 0)
        *exit_code = -1; /* no child of ours: nobody will ever tell how it ended */
    else
        *exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_BY_SIGNAL + WTERMSIG(status);
    return true;
}

void platform_process_child_signal(struct platform *platform, int64_t pid, enum plat_signal signal)
{
    (void)platform;
    int number = platform_process_signal_number(signal);
    if (pid > 0 && number)
        (void)kill((pid_t)pid, number); /* one that is gone needs no signal */
}

/* ---- who and where we are ---- */

int64_t platform_process_pid(struct platform *platform)
{
    (void)platform;
    return getpid();
}

const char *platform_process_host_name(struct platform *platform)
{
    struct platform_posix *posix = CONTAINER_OF(platform, struct platform_posix, base);
    return posix->host_name;
}

const char *platform_process_env_get(struct platform *platform, const char *name)
{
    (void)platform;
    return getenv(name);
}

void platform_process_env_set(struct platform *platform, const char *name, const char *value_or_null)
{
    (void)platform;
    if (value_or_null)
        (void)setenv(name, value_or_null, 1);
    else
        (void)unsetenv(name);
}

const char *platform_process_env_at(struct platform *platform, size_t index)
{
    (void)platform;
    for (size_t i = 0; environ && environ[i]; i++)
        if (i == index)
            return environ[i];
    return NULL;
}

int64_t platform_process_user_id(struct platform *platform, const char *user)
{
    (void)platform;
    const struct passwd *entry = getpwnam(user);
    return entry ? (int64_t)entry->pw_uid : -1;
}

int64_t platform_process_group_id(struct platform *platform, const char *group)
{
    (void)platform;
    const struct group *entry = getgrnam(group);
    return entry ? (int64_t)entry->gr_gid : -1;
}

/* ---- limits and privileges ---- */

uint64_t platform_process_descriptor_limit(struct platform *platform, uint64_t wanted_or_0)
{
    (void)platform;
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return 0;
    if (wanted_or_0 > limit.rlim_cur) {
        /* Above the hard limit only with the privilege: without it, as far as it goes. */
        struct rlimit more = { .rlim_cur = wanted_or_0, .rlim_max = limit.rlim_max };
        if (more.rlim_max < wanted_or_0)
            more.rlim_max = wanted_or_0;
        if (setrlimit(RLIMIT_NOFILE, &more) < 0) {
            more = (struct rlimit){ .rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max };
            (void)setrlimit(RLIMIT_NOFILE, &more);
        }
        if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
            return 0;
    }
    return limit.rlim_cur == RLIM_INFINITY ? UINT64_MAX : limit.rlim_cur;
}

uint64_t platform_process_descriptor_ceiling(struct platform *platform)
{
    (void)platform;
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return 0;
    return limit.rlim_max == RLIM_INFINITY ? UINT64_MAX : limit.rlim_max;
}

/* The other groups of the starter go with the group; the user goes last, for it takes the right to the rest. */
enum io_status platform_process_drop_privileges(struct platform *platform, const char *root, int64_t uid,
                                                int64_t gid)
{
    (void)platform;
    if (root && (chroot(root) < 0 || chdir("/") < 0))
        return platform_posix_status(errno);
    if ((gid >= 0 || uid >= 0) && geteuid() == 0 && setgroups(0, NULL) < 0)
        return platform_posix_status(errno);
    if (gid >= 0 && setgid((gid_t)gid) < 0)
        return platform_posix_status(errno);
    if (uid >= 0 && setuid((uid_t)uid) < 0)
        return platform_posix_status(errno);
    return IO_OK;
}

void platform_process_need_standard(void)
{
    for (int number = STDIN_FILENO; number <= STDERR_FILENO; number++)
        if (fcntl(number, F_GETFD) < 0)
            (void)open("/dev/null", O_RDWR); /* gets the lowest free number, which is this one */
}

static void silence_standard(void)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0)
        return; /* without /dev (a chroot): the starter's terminal stays */
    for (int number = STDIN_FILENO; number <= STDERR_FILENO; number++)
        (void)dup2(null, number);
    if (null > STDERR_FILENO)
        close(null);
}

enum io_status platform_process_to_background(void)
{
    pid_t pid = fork();
    if (pid < 0)
        return platform_posix_status(errno);
    if (pid > 0)
        _exit(0);
    (void)setsid();
    silence_standard();
    return IO_OK;
}

/* ---- names of hosts ---- */

static bool holds(const struct addr *list, unsigned count, const struct addr *addr)
{
    for (unsigned i = 0; i < count; i++)
        if (list[i].family == addr->family && memcmp(list[i].u.ip, addr->u.ip, sizeof(addr->u.ip)) == 0)
            return true;
    return false;
}

static void add_family(const struct addrinfo *found, int family, struct addr *out, unsigned max,
                       unsigned *count)
{
    for (; found && *count < max; found = found->ai_next) {
        struct addr addr;
        union platform_sockaddr name;
        if (found->ai_family != family || found->ai_addrlen > sizeof(name))
            continue;
        memcpy(&name, found->ai_addr, found->ai_addrlen);
        platform_sockaddr_read(&name, found->ai_addrlen, &addr);
        if (!holds(out, *count, &addr))
            out[(*count)++] = addr;
    }
}

enum io_status platform_process_resolve(struct platform *platform, const char *name, bool prefer_v6,
                                        struct addr *out, unsigned max, unsigned *count)
{
    (void)platform;
    struct addrinfo want = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
    struct addrinfo *found = NULL;
    *count = 0;
    int error = getaddrinfo(name, NULL, &want, &found);
    if (error == EAI_MEMORY)
        return IO_NO_MEMORY;
    if (error == EAI_SYSTEM)
        return platform_posix_status(errno);
    if (error != 0)
        return IO_NOT_FOUND;
    add_family(found, prefer_v6 ? AF_INET6 : AF_INET, out, max, count);
    add_family(found, prefer_v6 ? AF_INET : AF_INET6, out, max, count);
    freeaddrinfo(found);
    return *count ? IO_OK : IO_NOT_FOUND;
}
