/* The process: children, environment, privileges, names of hosts and users. Members of platform_ops; platform.h
 * says what they do. The platform pointer is that of a struct platform_posix. */
#ifndef PLATFORM_PLATFORM_PROCESS_H
#define PLATFORM_PLATFORM_PROCESS_H
#include "platform/platform.h"

int64_t platform_process_child_start(struct platform *platform, const struct plat_child *how);
bool platform_process_child_ended(struct platform *platform, int64_t pid, int *exit_code);
void platform_process_child_signal(struct platform *platform, int64_t pid, enum plat_signal signal);
int64_t platform_process_pid(struct platform *platform);
const char *platform_process_host_name(struct platform *platform);
const char *platform_process_env_get(struct platform *platform, const char *name);
void platform_process_env_set(struct platform *platform, const char *name, const char *value_or_null);
const char *platform_process_env_at(struct platform *platform, size_t index);
uint64_t platform_process_descriptor_limit(struct platform *platform, uint64_t wanted_or_0);
uint64_t platform_process_descriptor_ceiling(struct platform *platform);
enum io_status platform_process_drop_privileges(struct platform *platform, const char *root, int64_t uid,
                                                int64_t gid);
int64_t platform_process_user_id(struct platform *platform, const char *user);
int64_t platform_process_group_id(struct platform *platform, const char *group);
enum io_status platform_process_resolve(struct platform *platform, const char *name, bool prefer_v6,
                                        struct addr *out, unsigned max, unsigned *count);

/* The kernel's number of a signal, and back; 0 and PLAT_SIGNAL_NONE for those that are not watched. */
int platform_process_signal_number(enum plat_signal signal);
enum plat_signal platform_process_signal_name(int number);
/* Goes on in a new session in a child, with the standard descriptors on /dev/null; the parent ends. */
enum io_status platform_process_to_background(void);
/* Opens /dev/null where 0, 1 or 2 is closed, so that no socket gets one of these numbers. */
void platform_process_need_standard(void);

#endif
