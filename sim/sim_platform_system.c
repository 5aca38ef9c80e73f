/* Files, the process and its children, memory, names of hosts. */
#include "base/mem.h"
#include "sim/sim_platform_parts.h"
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>

/* Where regions of memory lie: below what the sanitizers leave to programs, above all that the loader uses. */
#define REGION_FIRST  ((uintptr_t)0x200000000000)
#define REGION_STRIDE ((uintptr_t)1 << 36)
#define REGION_MAX    256

/* ---- files: a path may also be a socket's ---- */

static enum io_status file_read(struct platform *platform, const char *path, struct buf *out)
{
    enum io_status status;
    if (fails(platform, SIM_FILE_READ, &status))
        return status;
    return sim_files_read(self(platform)->files, path, out);
}

static enum io_status file_write(struct platform *platform, const char *path, struct str data, bool append)
{
    enum io_status status;
    if (fails(platform, SIM_FILE_WRITE, &status))
        return status;
    return sim_files_write(self(platform)->files, path, data, append);
}

static enum io_status file_info(struct platform *platform, const char *path, struct plat_file_info *out)
{
    enum io_status status;
    if (fails(platform, SIM_FILE_INFO, &status))
        return status;
    struct sim_platform *sim = self(platform);
    if (!net_path_there(sim->net, str_of(path)))
        return sim_files_info(sim->files, path, out);
    *out = (struct plat_file_info){ 0 };
    return IO_OK;
}

static enum io_status file_remove(struct platform *platform, const char *path)
{
    enum io_status status;
    if (fails(platform, SIM_FILE_REMOVE, &status))
        return status;
    struct sim_platform *sim = self(platform);
    return net_path_remove(sim->net, str_of(path)) ? IO_OK : sim_files_remove(sim->files, path);
}

static enum io_status file_rename(struct platform *platform, const char *from, const char *to)
{
    enum io_status status;
    if (fails(platform, SIM_FILE_RENAME, &status))
        return status;
    struct sim_platform *sim = self(platform);
    bool is_sock = net_path_rename(sim->net, str_of(from), str_of(to));
    return is_sock ? IO_OK : sim_files_rename(sim->files, from, to);
}

static enum io_status folder_list(struct platform *platform, const char *path, struct buf *out)
{
    enum io_status status;
    if (fails(platform, SIM_FOLDER_LIST, &status))
        return status;
    return sim_files_list(self(platform)->files, path, out);
}

static enum io_status folder_change(struct platform *platform, const char *path)
{
    enum io_status status;
    if (fails(platform, SIM_FOLDER_CHANGE, &status))
        return status;
    return sim_files_change_folder(self(platform)->files, path);
}

/* ---- the process ---- */

static int64_t child_start(struct platform *platform, const struct plat_child *how)
{
    enum io_status status;
    if (fails(platform, SIM_CHILD_START, &status))
        return -1;
    struct sim_platform *sim = self(platform);
    bool in_turn = sim_heap_leave();
    int64_t pid = sim->children ? sim->children->start(sim->children_data, how) : -1;
    sim_heap_return(in_turn);
    return pid;
}

static bool child_ended(struct platform *platform, int64_t pid, int *exit_code)
{
    struct sim_platform *sim = self(platform);
    if (sim->children)
        return sim->children->ended(sim->children_data, pid, exit_code);
    *exit_code = 127; /* there was none, as a shell says it */
    return true;
}

static void child_signal(struct platform *platform, int64_t pid, enum plat_signal signal)
{
    struct sim_platform *sim = self(platform);
    if (sim->children)
        sim->children->signal(sim->children_data, pid, signal);
}

static int64_t get_pid(struct platform *platform)
{
    return self(platform)->pid;
}

static const char *host_name(struct platform *platform)
{
    (void)platform;
    return "sim";
}

static const char *env_get(struct platform *platform, const char *name)
{
    const char *entry = dict_get(&self(platform)->env, str_of(name));
    return entry ? entry + strlen(name) + 1 : NULL;
}

static void env_set(struct platform *platform, const char *name, const char *value)
{
    struct sim_platform *sim = self(platform);
    char *entry = NULL;
    if (value) { /* which may be the old one */
        size_t size = strlen(name) + strlen(value) + 2;
        entry = sim_mem_need(size);
        snprintf(entry, size, "%s=%s", name, value);
    }
    sim_mem_free(dict_remove(&sim->env, str_of(name)));
    if (!entry)
        return;
    bool in_turn = sim_heap_leave(), added = dict_set(&sim->env, str_of(name), entry);
    sim_heap_return(in_turn);
    CHECK(added && "out of memory");
}

static const char *env_at(struct platform *platform, size_t index)
{
    const struct dict *env = &self(platform)->env;
    struct dict_entry *entry = dict_next(env, NULL);
    while (entry && index--)
        entry = dict_next(env, entry);
    return entry ? entry->value : NULL;
}

/* What the scenario set is the hard limit. */
static uint64_t descriptor_limit(struct platform *platform, uint64_t wanted_or_0)
{
    (void)wanted_or_0;
    return net_host_descriptor_limit(self(platform)->host);
}

static uint64_t descriptor_ceiling(struct platform *platform)
{
    return net_host_descriptor_limit(self(platform)->host);
}

static enum io_status drop_privileges(struct platform *platform, const char *root, int64_t uid, int64_t gid)
{
    enum io_status status;
    if (fails(platform, SIM_DROP_PRIVILEGES, &status))
        return status;
    (void)root;
    (void)uid;
    (void)gid;
    return IO_OK;
}

static const struct known_user {
    const char *name;
    int64_t uid, gid; /* -1: no such user or group */
} known_users[] = {
    { "root", 0, 0 },        { "daemon", 1, 1 },      { "bin", 2, 2 },          { "www-data", 33, 33 },
    { "haproxy", 106, 112 }, { "nobody", 65534, -1 }, { "nogroup", -1, 65534 },
};

static const struct known_user *find_user(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(known_users); i++)
        if (strcmp(known_users[i].name, name) == 0)
            return &known_users[i];
    return NULL;
}

static int64_t user_id(struct platform *platform, const char *user)
{
    const struct known_user *known = find_user(user);
    (void)platform;
    return known ? known->uid : -1;
}

static int64_t group_id(struct platform *platform, const char *group)
{
    const struct known_user *known = find_user(group);
    (void)platform;
    return known ? known->gid : -1;
}

static enum io_status daemonize(struct platform *platform)
{
    enum io_status status;
    if (fails(platform, SIM_DAEMONIZE, &status))
        return status;
    return IO_OK;
}

static void print(struct platform *platform, bool to_stderr, struct str text)
{
    struct sim_platform *sim = self(platform);
    bool in_turn = sim_heap_leave();
    world_trace(sim->world, EV_PRINT, sim->entity, to_stderr, text.size, text);
    buf_add(&sim->printed, text);
    if (sim->on_print)
        sim->on_print(sim->on_print_data, to_stderr, text);
    sim_heap_return(in_turn);
}

static void print_to(struct platform *platform, int number, struct str text)
{
    struct sim_platform *sim = self(platform);
    for (unsigned i = 0; i < sim->inherited_count; i++)
        if (sim->inherited[i].number == number) {
            struct io_vec vec = { (char *)(uintptr_t)text.data, text.size };
            (void)net_write(sim->host, sim->inherited[i].sock, &vec, 1, false);
        }
}

/* ---- memory ---- */

/* The first free place of a fixed row: tables of Lua hash by address, so a region has the same one in each run. */
static void *reserve(struct platform *platform, size_t size)
{
    enum io_status status;
    if (fails(platform, SIM_RESERVE, &status))
        return NULL;
    if (size > REGION_STRIDE)
        return NULL;
    for (uintptr_t i = 0; i < REGION_MAX; i++) {
        void *wanted = (void *)(REGION_FIRST + i * REGION_STRIDE);
        void *base = mmap(wanted, size, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
        if (base == wanted)
            return base;
        if (base != MAP_FAILED)
            munmap(base, size); /* a kernel that takes the address for a hint */
        else if (errno != EEXIST)
            return NULL;
    }
    return NULL;
}

static void unreserve(struct platform *platform, void *base, size_t size)
{
    (void)platform;
    munmap(base, size);
}

/* ---- names of hosts ---- */

static void add_address(struct addr *out, unsigned max, unsigned *count, struct addr addr)
{
    addr.port = 0;
    if (*count < max)
        out[(*count)++] = addr;
}

static enum io_status add_family(const struct sim_platform *sim, const char *name, enum addr_family family,
                                 struct addr *out, unsigned max, unsigned *count)
{
    enum io_status status =
        sim->on_resolve ? sim->on_resolve(sim->on_resolve_data, name, family, out, max, count) : IO_OK;
    for (unsigned i = 0; i < sim->name_count; i++)
        if (strcmp(sim->names[i].name, name) == 0 && sim->names[i].addr.family == family)
            add_address(out, max, count, sim->names[i].addr);
    return status == IO_NOT_FOUND ? IO_OK : status;
}

static bool localhost(enum addr_family family, struct addr *out)
{
    return addr_parse_ip(family == ADDR_IPV6 ? STR("::1") : STR("127.0.0.1"), out);
}

static enum io_status resolve(struct platform *platform, const char *name, bool prefer_v6, struct addr *out,
                              unsigned max, unsigned *count)
{
    const struct sim_platform *sim = self(platform);
    enum addr_family first = prefer_v6 ? ADDR_IPV6 : ADDR_IPV4, second = prefer_v6 ? ADDR_IPV4 : ADDR_IPV6;
    struct addr addr;
    enum io_status status;
    *count = 0;
    if (fails(platform, SIM_RESOLVE, &status))
        return status;
    if (addr_parse_ip(str_of(name), &addr)) {
        add_address(out, max, count, addr);
        return IO_OK;
    }
    status = add_family(sim, name, first, out, max, count);
    if (status == IO_OK)
        status = add_family(sim, name, second, out, max, count);
    if (status != IO_OK && *count == 0)
        return status;
    if (*count == 0 && strcmp(name, "localhost") == 0) {
        if (localhost(first, &addr))
            add_address(out, max, count, addr);
        if (localhost(second, &addr))
            add_address(out, max, count, addr);
    }
    return *count ? IO_OK : IO_NOT_FOUND;
}

void sim_platform_system_ops(struct platform_ops *ops)
{
    ops->file_read = file_read;
    ops->file_write = file_write;
    ops->file_info = file_info;
    ops->file_remove = file_remove;
    ops->file_rename = file_rename;
    ops->folder_list = folder_list;
    ops->folder_change = folder_change;
    ops->child_start = child_start;
    ops->child_ended = child_ended;
    ops->child_signal = child_signal;
    ops->pid = get_pid;
    ops->host_name = host_name;
    ops->env_get = env_get;
    ops->env_set = env_set;
    ops->env_at = env_at;
    ops->descriptor_limit = descriptor_limit;
    ops->descriptor_ceiling = descriptor_ceiling;
    ops->drop_privileges = drop_privileges;
    ops->user_id = user_id;
    ops->group_id = group_id;
    ops->daemonize = daemonize;
    ops->print = print;
    ops->print_to = print_to;
    ops->reserve = reserve;
    ops->unreserve = unreserve;
    ops->resolve = resolve;
}
