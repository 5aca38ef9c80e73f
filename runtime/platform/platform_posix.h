/* What the real platform's files share: its struct, the names of errors, and the calls on files, clocks, names
 * and the standard outputs. The calls are members of platform_ops: platform.h says what they do. */
#ifndef PLATFORM_PLATFORM_POSIX_H
#define PLATFORM_PLATFORM_POSIX_H
#include "platform/platform.h"
#include "platform/platform_marks.h"

struct platform_posix {
    struct platform base; /* first: a platform pointer is one to this */
    struct platform_marks marks;
    char host_name[256];
};

/* What an errno means to the engine. */
enum io_status platform_posix_status(int error);

uint64_t platform_posix_monotonic_ns(struct platform *platform);
int64_t platform_posix_wall_ns(struct platform *platform);
uint64_t platform_posix_cpu_ns(struct platform *platform);
void platform_posix_entropy(struct platform *platform, void *out, size_t size);

enum io_status platform_posix_file_read(struct platform *platform, const char *path, struct buf *out);
enum io_status platform_posix_file_write(struct platform *platform, const char *path, struct str data,
                                         bool append);
enum io_status platform_posix_file_info(struct platform *platform, const char *path,
                                        struct plat_file_info *out);
enum io_status platform_posix_file_remove(struct platform *platform, const char *path);
enum io_status platform_posix_file_rename(struct platform *platform, const char *from, const char *to);
enum io_status platform_posix_folder_list(struct platform *platform, const char *path, struct buf *names);
enum io_status platform_posix_folder_change(struct platform *platform, const char *path);
void platform_posix_print(struct platform *platform, bool to_stderr, struct str text);
void platform_posix_print_to(struct platform *platform, int descriptor, struct str text);

void *platform_posix_reserve(struct platform *platform, size_t size);
void platform_posix_unreserve(struct platform *platform, void *base, size_t size);

#endif
