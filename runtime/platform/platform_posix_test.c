/* Errors by name, clocks, files and the standard outputs. */
#include "base/test.h"
#include "platform/platform_epoll.h"
#include "platform/platform_posix.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct platform *platform;
static const struct platform_ops *ops;
static char folder[64], path[128], path2[128];

static void begin(void)
{
    platform = platform_epoll_create();
    CHECK(platform);
    ops = platform->ops;
    snprintf(folder, sizeof(folder), "/tmp/platform_test.XXXXXX");
    CHECK(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/file", folder);
    snprintf(path2, sizeof(path2), "%s/other", folder);
}

static void done(void)
{
    EXPECT_INT(ops->file_remove(platform, folder), IO_OK); /* empty again */
    platform_epoll_destroy(platform);
}

static void errors_have_names(void)
{
    static const struct {
        int error;
        enum io_status status;
    } rows[] = {
        { 0, IO_OK },
        { EAGAIN, IO_WOULD_BLOCK },
        { EINPROGRESS, IO_WOULD_BLOCK },
        { EPIPE, IO_CLOSED },
        { ECONNRESET, IO_RESET },
        { ECONNREFUSED, IO_REFUSED },
        { EHOSTUNREACH, IO_UNREACHABLE },
        { ENETUNREACH, IO_UNREACHABLE },
        { ENETDOWN, IO_UNREACHABLE },
        { ETIMEDOUT, IO_TIMED_OUT },
        { EMFILE, IO_NO_DESCRIPTORS },
        { ENFILE, IO_NO_DESCRIPTORS },
        { ENOMEM, IO_NO_MEMORY },
        { ENOBUFS, IO_NO_MEMORY },
        { EADDRNOTAVAIL, IO_NO_PORTS },
        { EADDRINUSE, IO_IN_USE },
        { EACCES, IO_DENIED },
        { EPERM, IO_DENIED },
        { ENOENT, IO_NOT_FOUND },
        { EMSGSIZE, IO_TOO_BIG },
        { EINVAL, IO_BAD },
        { ENOTDIR, IO_BAD },
        { EIO, IO_BAD },
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++)
        EXPECT_INT(platform_posix_status(rows[i].error), rows[i].status);
    for (int a = IO_OK; a <= IO_BAD; a++)
        for (int b = IO_OK; b < a; b++)
            EXPECT(strcmp(platform_status_text((enum io_status)a), platform_status_text((enum io_status)b)) !=
                   0);
    EXPECT_STR(str_of(platform_status_text(IO_REFUSED)), "refused");
}

static void clocks_go_forward(void)
{
    unsigned char a[300] = { 0 }, b[300] = { 0 };
    begin();
    uint64_t before = ops->monotonic_ns(platform), cpu = ops->cpu_ns(platform);
    EXPECT(ops->wall_ns(platform) > INT64_C(1600000000) * 1000000000);
    EXPECT(ops->monotonic_ns(platform) >= before);
    for (volatile unsigned i = 0; i < 100000; i++)
        ;
    EXPECT(ops->cpu_ns(platform) > cpu);
    ops->entropy(platform, a, sizeof(a));
    ops->entropy(platform, b, sizeof(b));
    EXPECT(memcmp(a, b, sizeof(a)) != 0);
    EXPECT(memcmp(a + 290, b + 290, 10) != 0 && (a[298] || a[299] || b[298] || b[299]));
    done();
}

static void files_are_read_and_written_whole(void)
{
    static char big[200000];
    struct plat_file_info info;
    struct buf text = BUF_INIT;
    begin();
    EXPECT_INT(ops->file_read(platform, path, &text), IO_NOT_FOUND);
    EXPECT_INT(ops->file_info(platform, path, &info), IO_NOT_FOUND);
    EXPECT_INT(ops->file_remove(platform, path), IO_NOT_FOUND);
    EXPECT_INT(ops->file_write(platform, path, STR("one\n"), true), IO_OK); /* append makes it */
    EXPECT_INT(ops->file_write(platform, path, STR("two\n"), true), IO_OK);
    buf_add_c(&text, "> ");
    EXPECT_INT(ops->file_read(platform, path, &text), IO_OK);
    EXPECT_STR(buf_str(&text), "> one\ntwo\n");
    EXPECT_INT(ops->file_write(platform, path, STR("new"), false), IO_OK);
    buf_reset(&text);
    EXPECT_INT(ops->file_read(platform, path, &text), IO_OK);
    EXPECT_STR(buf_str(&text), "new");
    EXPECT_INT(ops->file_info(platform, path, &info), IO_OK);
    EXPECT_INT(info.size, 3);
    EXPECT(!info.is_folder && info.changed_s > 1600000000);
    EXPECT_INT(ops->file_info(platform, folder, &info), IO_OK);
    EXPECT(info.is_folder);

    memset(big, 'x', sizeof(big));
    EXPECT_INT(ops->file_write(platform, path, str_make(big, sizeof(big)), false), IO_OK);
    buf_reset(&text);
    EXPECT_INT(ops->file_read(platform, path, &text), IO_OK);
    EXPECT(str_eq(buf_str(&text), str_make(big, sizeof(big))));
    EXPECT_INT(ops->file_rename(platform, path, path2), IO_OK);
    EXPECT_INT(ops->file_info(platform, path, &info), IO_NOT_FOUND);
    EXPECT_INT(ops->file_rename(platform, path, path2), IO_NOT_FOUND);

    EXPECT_INT(ops->file_read(platform, folder, &text), IO_BAD);
    EXPECT_INT(ops->file_write(platform, folder, STR("x"), false), IO_BAD);
    buf_finish(&text);
    test_fail_allocation(1);
    EXPECT_INT(ops->file_read(platform, path2, &text), IO_NO_MEMORY);
    test_fail_allocation(0);
    buf_finish(&text);
    EXPECT_INT(ops->file_remove(platform, path2), IO_OK);
    done();
}

/* What comes through a pipe comes in pieces, and the end of it is its writer's. */
static void standard_input_is_a_file_too(void)
{
    int pipes[2], before = dup(STDIN_FILENO);
    struct buf text = BUF_INIT;
    begin();
    CHECK(pipe(pipes) == 0 && dup2(pipes[0], STDIN_FILENO) >= 0);
    CHECK(write(pipes[1], "global\n", 7) == 7);
    close(pipes[1]);
    EXPECT_INT(ops->file_read(platform, "/dev/stdin", &text), IO_OK);
    EXPECT_STR(buf_str(&text), "global\n");
    close(pipes[0]);
    if (before >= 0) {
        CHECK(dup2(before, STDIN_FILENO) >= 0);
        close(before);
    }
    buf_finish(&text);
    done();
}

static void folders_are_listed_in_order(void)
{
    static const char *const names[] = { "b", "a", "B", "10", "9", "a.pem", ".hidden", "z" };
    struct buf list = BUF_INIT;
    char name[160];
    begin();
    EXPECT_INT(ops->folder_list(platform, folder, &list), IO_OK);
    EXPECT_INT(list.size, 0);
    EXPECT_INT(ops->folder_list(platform, path, &list), IO_NOT_FOUND);
    for (unsigned i = 0; i < COUNT_OF(names); i++) {
        snprintf(name, sizeof(name), "%s/%s", folder, names[i]);
        EXPECT_INT(ops->file_write(platform, name, STR(""), false), IO_OK);
    }
    EXPECT_INT(ops->folder_list(platform, folder, &list), IO_OK);
    EXPECT_VIEW(buf_str(&list), STR(".hidden\0"
                                    "10\0"
                                    "9\0"
                                    "B\0"
                                    "a\0"
                                    "a.pem\0"
                                    "b\0"
                                    "z\0"));
    buf_finish(&list);
    for (uint64_t n = 1; n < 100; n++) { /* each allocation in turn fails */
        test_fail_allocation(n);
        enum io_status status = ops->folder_list(platform, folder, &list);
        test_fail_allocation(0);
        buf_finish(&list);
        if (status == IO_OK)
            break;
        EXPECT_INT(status, IO_NO_MEMORY);
    }
    for (unsigned i = 0; i < COUNT_OF(names); i++) {
        snprintf(name, sizeof(name), "%s/%s", folder, names[i]);
        EXPECT_INT(ops->file_remove(platform, name), IO_OK);
    }
    done();
}

static void the_folder_can_be_changed(void)
{
    char before[512];
    struct plat_file_info info;
    begin();
    CHECK(getcwd(before, sizeof(before)));
    EXPECT_INT(ops->folder_change(platform, path), IO_NOT_FOUND);
    EXPECT_INT(ops->folder_change(platform, folder), IO_OK);
    EXPECT_INT(ops->file_write(platform, "file", STR("x"), false), IO_OK);
    EXPECT_INT(ops->file_info(platform, path, &info), IO_OK);
    EXPECT_INT(ops->file_remove(platform, path), IO_OK);
    EXPECT_INT(ops->folder_change(platform, before), IO_OK);
    done();
}

/* stderr becomes a pipe; what is printed to it comes out whole, and a full one holds nobody up. */
static void printing_is_whole_and_never_blocks(void)
{
    static char big[300000];
    static char bytes[9000];
    int pipes[2], before = dup(STDERR_FILENO);
    begin();
    CHECK(pipe(pipes) == 0 && dup2(pipes[1], STDERR_FILENO) >= 0);
    memset(big, 'y', sizeof(big));
    memcpy(big, "first", 5);
    ops->print(platform, true, str_make(big, sizeof(bytes)));
    EXPECT_INT(read(pipes[0], bytes, sizeof(bytes)), sizeof(bytes));
    EXPECT(memcmp(bytes, big, sizeof(bytes)) == 0);
    ops->print(platform, true, str_make(big, sizeof(big))); /* more than a pipe holds: the rest is dropped */
    ops->print(platform, true, STR("unseen"));
    close(pipes[0]);
    ops->print(platform, true, STR("nobody reads")); /* nor does it end the process */
    CHECK(dup2(before, STDERR_FILENO) >= 0);
    close(before);
    close(pipes[1]);
    done();
}

static void prints_to_what_the_starter_left_open(void)
{
    char bytes[8];
    int pipes[2];
    begin();
    CHECK(pipe(pipes) == 0);
    ops->print_to(platform, pipes[1], STR("a line\n"));
    EXPECT_INT(read(pipes[0], bytes, sizeof(bytes)), 7);
    EXPECT_STR(str_make(bytes, 7), "a line\n");
    close(pipes[0]);
    close(pipes[1]);
    ops->print_to(platform, 987, STR("nobody is there"));
    done();
}

static void marks_are_kept_by_descriptor(void)
{
    static struct platform_marks marks;
    int64_t blocks = test_blocks();
    platform_marks_init(&marks);
    EXPECT_INT(platform_marks_get(&marks, 5), 0);
    EXPECT(platform_marks_set(&marks, 5, PLATFORM_MARK_LISTENER));
    EXPECT(platform_marks_set(&marks, 5, PLATFORM_MARK_SHARED));
    EXPECT(platform_marks_set(&marks, 1000000, PLATFORM_MARK_SHARED));
    EXPECT_INT(platform_marks_get(&marks, 5), PLATFORM_MARK_LISTENER | PLATFORM_MARK_SHARED);
    EXPECT_INT(platform_marks_get(&marks, 4), 0);
    EXPECT_INT(platform_marks_get(&marks, 5 + PLATFORM_MARKS_CHUNK), 0);
    EXPECT_INT(platform_marks_get(&marks, 1000000), PLATFORM_MARK_SHARED);
    platform_marks_clear(&marks, 5);
    platform_marks_clear(&marks, 2000000);
    EXPECT_INT(platform_marks_get(&marks, 5), 0);
    EXPECT(!platform_marks_set(&marks, PLATFORM_MARKS_CHUNK * PLATFORM_MARKS_CHUNKS, 1));
    platform_marks_finish(&marks);
    EXPECT_INT(test_blocks(), blocks);
}

const struct test_row tests[] = {
    { "errors have names", errors_have_names },
    { "clocks go forward", clocks_go_forward },
    { "files are read and written whole", files_are_read_and_written_whole },
    { "standard input is a file too", standard_input_is_a_file_too },
    { "folders are listed in order", folders_are_listed_in_order },
    { "the folder can be changed", the_folder_can_be_changed },
    { "prints to what the starter left open", prints_to_what_the_starter_left_open },
    { "printing is whole and never blocks", printing_is_whole_and_never_blocks },
    { "marks are kept by descriptor", marks_are_kept_by_descriptor },
    { 0 },
};
