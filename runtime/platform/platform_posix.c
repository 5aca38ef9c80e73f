/* Errors, clocks, entropy, files and the standard outputs, as Linux has them. Every call goes on after a signal. */
#include "platform/platform_posix.h"
#include "base/mem.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define READ_AT_ONCE  65536
#define PRINT_AT_ONCE 4096 /* PIPE_BUF: what a pipe that polls writable takes without blocking */
#define PRINT_TRIES   3    /* when an output polls writable and takes nothing all the same */
#define PRINT_WAIT_MS 20   /* for the reader of a full pipe, per piece: printing must not hold up the proxy */
#define FILE_WAIT_MS  (-1)
#define NS_PER_S      1000000000

enum io_status platform_posix_status(int error)
{
    switch (error) {
    case 0:
        return IO_OK;
    case EAGAIN:
    case EINPROGRESS:
    case EALREADY:
    case EINTR:
        return IO_WOULD_BLOCK;
    case EPIPE:
    case ENOTCONN:
    case ESHUTDOWN:
        return IO_CLOSED;
    case ECONNRESET:
    case ECONNABORTED:
    case ENETRESET:
        return IO_RESET;
    case ECONNREFUSED:
        return IO_REFUSED;
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENETDOWN:
    case EHOSTDOWN:
        return IO_UNREACHABLE;
    case ETIMEDOUT:
        return IO_TIMED_OUT;
    case EMFILE:
    case ENFILE:
        return IO_NO_DESCRIPTORS;
    case ENOMEM:
    case ENOBUFS:
        return IO_NO_MEMORY;
    case EADDRNOTAVAIL:
        return IO_NO_PORTS;
    case EADDRINUSE:
        return IO_IN_USE;
    case EACCES:
    case EPERM:
    case EROFS:
        return IO_DENIED;
    case ENOENT:
        return IO_NOT_FOUND;
    case EMSGSIZE:
        return IO_TOO_BIG;
    default:
        return IO_BAD;
    }
}

static enum io_status status_of(int result)
{
    return result < 0 ? platform_posix_status(errno) : IO_OK;
}

/* ---- clocks and entropy ---- */

static int64_t clock_ns(clockid_t clock)
{
    struct timespec time;
    CHECK(clock_gettime(clock, &time) == 0);
    return (int64_t)time.tv_sec * NS_PER_S + time.tv_nsec;
}

uint64_t platform_posix_monotonic_ns(struct platform *platform)
{
    (void)platform;
    return (uint64_t)clock_ns(CLOCK_MONOTONIC);
}

int64_t platform_posix_wall_ns(struct platform *platform)
{
    (void)platform;
    return clock_ns(CLOCK_REALTIME);
}

uint64_t platform_posix_cpu_ns(struct platform *platform)
{
    (void)platform;
    return (uint64_t)clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

void platform_posix_entropy(struct platform *platform, void *out, size_t size)
{
    (void)platform;
    char *at = out;
    while (size) {
        ssize_t got = getrandom(at, size, 0);
        CHECK(got > 0 || errno == EINTR);
        if (got > 0) {
            at += got;
            size -= (size_t)got;
        }
    }
}

/* ---- files ---- */

/* Waits until a descriptor that others made non-blocking is ready; false when it takes too long. */
static bool wait_ready(int descriptor, short events, int timeout_ms)
{
    struct pollfd ask = { .fd = descriptor, .events = events };
    int count;
    do
        count = poll(&ask, 1, timeout_ms);
    while (count < 0 && errno == EINTR);
    return count > 0;
}

static int open_again(const char *path, int flags)
{
    int descriptor;
    do
        descriptor = open(path, flags | O_CLOEXEC | O_NOCTTY, 0666);
    while (descriptor < 0 && errno == EINTR);
    return descriptor;
}

static enum io_status read_all(int descriptor, struct buf *out)
{
    for (;;) {
        char *room = buf_room(out, READ_AT_ONCE);
        if (!room)
            return IO_NO_MEMORY;
        ssize_t got = read(descriptor, room, READ_AT_ONCE);
        if (got == 0)
            return IO_OK;
        if (got > 0)
            out->size += (size_t)got;
        else if (errno == EAGAIN)
            (void)wait_ready(descriptor, POLLIN, FILE_WAIT_MS);
        else if (errno != EINTR)
            return platform_posix_status(errno);
    }
}

enum io_status platform_posix_file_read(struct platform *platform, const char *path, struct buf *out)
{
    (void)platform;
    if (strcmp(path, "/dev/stdin") == 0)
        return read_all(STDIN_FILENO, out); /* opened by name, it would fail when it is a socket */
    int descriptor = open_again(path, O_RDONLY);
    if (descriptor < 0)
        return platform_posix_status(errno);
    enum io_status status = read_all(descriptor, out);
    close(descriptor);
    return status;
}

static enum io_status write_all(int descriptor, struct str data)
{
    while (data.size) {
        ssize_t put = write(descriptor, data.data, data.size);
        if (put > 0)
            data = str_from(data, (size_t)put);
        else if (put < 0 && errno == EAGAIN)
            (void)wait_ready(descriptor, POLLOUT, FILE_WAIT_MS);
        else if (put == 0 || errno != EINTR)
            return put == 0 ? IO_BAD : platform_posix_status(errno);
    }
    return IO_OK;
}

enum io_status platform_posix_file_write(struct platform *platform, const char *path, struct str data,
                                         bool append)
{
    (void)platform;
    int descriptor = open_again(path, O_WRONLY | O_CREAT | (append ? O_APPEND : O_TRUNC));
    if (descriptor < 0)
        return platform_posix_status(errno);
    enum io_status status = write_all(descriptor, data);
    if (close(descriptor) < 0 && status == IO_OK && errno != EINTR)
        status = platform_posix_status(errno); /* a full disk may show only here */
    return status;
}

enum io_status platform_posix_file_info(struct platform *platform, const char *path,
                                        struct plat_file_info *out)
{
    (void)platform;
    struct stat info;
    if (stat(path, &info) < 0)
        return platform_posix_status(errno);
    *out = (struct plat_file_info){ .size = (uint64_t)info.st_size,
                                    .is_folder = S_ISDIR(info.st_mode),
                                    .changed_s = info.st_mtime };
    return IO_OK;
}

enum io_status platform_posix_file_remove(struct platform *platform, const char *path)
{
    (void)platform;
    return status_of(remove(path));
}

enum io_status platform_posix_file_rename(struct platform *platform, const char *from, const char *to)
{
    (void)platform;
    return status_of(rename(from, to));
}

enum io_status platform_posix_folder_change(struct platform *platform, const char *path)
{
    (void)platform;
    return status_of(chdir(path));
}

/* ---- folders ---- */

static void sort_names(const char **names, const char **spare, size_t count)
{
    if (count < 2)
        return;
    size_t half = count / 2;
    sort_names(names, spare, half);
    sort_names(names + half, spare, count - half);
    memcpy(spare, names, half * sizeof(*names));
    for (size_t left = 0, right = half, at = 0; left < half; at++) {
        bool take_right = right < count && strcmp(names[right], spare[left]) < 0;
        names[at] = take_right ? names[right++] : spare[left++];
    }
}

static enum io_status read_names(DIR *folder, struct buf *names, size_t *count)
{
    for (;;) {
        errno = 0;
        struct dirent *entry = readdir(folder);
        if (!entry)
            return names->failed ? IO_NO_MEMORY : platform_posix_status(errno);
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        buf_add(names, str_make(entry->d_name, strlen(entry->d_name) + 1));
        (*count)++;
    }
}

/* Appends the names, which stand in `found` one after the other, in order. */
static enum io_status add_sorted(const struct buf *found, size_t count, struct buf *out)
{
    const char **names = mem_alloc(2 * count * sizeof(*names));
    if (!names)
        return IO_NO_MEMORY;
    const char *name = found->data;
    for (size_t i = 0; i < count; i++, name += strlen(name) + 1)
        names[i] = name;
    sort_names(names, names + count, count);
    for (size_t i = 0; i < count; i++)
        buf_add(out, str_make(names[i], strlen(names[i]) + 1));
    mem_free(names);
    return out->failed ? IO_NO_MEMORY : IO_OK;
}

enum io_status platform_posix_folder_list(struct platform *platform, const char *path, struct buf *names)
{
    (void)platform;
    DIR *folder = opendir(path);
    if (!folder)
        return platform_posix_status(errno);
    struct buf found = BUF_INIT;
    size_t count = 0;
    enum io_status status = read_names(folder, &found, &count);
    if (status == IO_OK && count)
        status = add_sorted(&found, count, names);
    buf_finish(&found);
    closedir(folder);
    return status;
}

/* ---- standard outputs ---- */

/* A reader that does not read must not stop the proxy: nothing is begun when the output is full, and what was
 * begun is given up after a while. Asking before each piece keeps a blocking pipe from blocking. */
void platform_posix_print(struct platform *platform, bool to_stderr, struct str text)
{
    platform_posix_print_to(platform, to_stderr ? STDERR_FILENO : STDOUT_FILENO, text);
}

void platform_posix_print_to(struct platform *platform, int descriptor, struct str text)
{
    (void)platform;
    unsigned tries = PRINT_TRIES;
    while (text.size && tries && wait_ready(descriptor, POLLOUT, PRINT_WAIT_MS)) {
        ssize_t put = write(descriptor, text.data, text.size < PRINT_AT_ONCE ? text.size : PRINT_AT_ONCE);
        if (put > 0)
            text = str_from(text, (size_t)put);
        else if (put == 0 || (errno != EAGAIN && errno != EINTR))
            return;
        else
            tries--;
    }
}

void *platform_posix_reserve(struct platform *platform, size_t size)
{
    (void)platform;
    void *base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return base == MAP_FAILED ? NULL : base;
}

void platform_posix_unreserve(struct platform *platform, void *base, size_t size)
{
    (void)platform;
    (void)munmap(base, size);
}
