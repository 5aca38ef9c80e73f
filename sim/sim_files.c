/* Paths are compared as text, after "//", "/./" and a slash at the end are gone and the working folder stands before
 * what is relative. A folder of the overlay is there when a file is in it. */
#include "sim/sim_files.h"
#include "base/dict.h"
#include "base/units.h"
#include "sim/sim_heap.h"
#include "sim/sim_mem.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#define PATH_SIZE    4096
#define READ_AT_ONCE 65536

struct sim_file {
    struct buf data;
    bool hidden;
    int64_t changed_s;
};

struct sim_files {
    struct world *world;
    struct dict overlay; /* path -> struct sim_file */
    int64_t began_s;
    char folder[PATH_SIZE]; /* "" until -C */
};

struct sim_files *sim_files_create(struct world *world)
{
    struct sim_files *files = sim_mem_need(sizeof(*files));
    files->world = world;
    files->overlay = (struct dict)DICT_INIT;
    files->began_s = world_wall(world) / (int64_t)NS_PER_S;
    return files;
}

void sim_files_destroy(struct sim_files *files)
{
    if (!files)
        return;
    for (struct dict_entry *e = dict_next(&files->overlay, NULL); e; e = dict_next(&files->overlay, e)) {
        struct sim_file *file = e->value;
        buf_finish(&file->data);
        sim_mem_free(file);
    }
    dict_finish(&files->overlay);
    sim_mem_free(files);
}

/* ---- paths ---- */

static enum io_status status_of_errno(void)
{
    switch (errno) {
    case ENOENT:
        return IO_NOT_FOUND;
    case EACCES:
    case EPERM:
    case EROFS:
        return IO_DENIED;
    default:
        return IO_BAD;
    }
}

/* false: too long. */
static bool normalise(const struct sim_files *files, const char *path, char *out)
{
    char joined[2 * PATH_SIZE];
    bool relative = path[0] != '/' && files->folder[0];
    int size =
        snprintf(joined, sizeof(joined), "%s%s%s", relative ? files->folder : "", relative ? "/" : "", path);
    if (size < 0 || size >= PATH_SIZE)
        return false;
    size_t at = 0;
    for (const char *c = joined; *c; c++) {
        bool begins = at == 0 || out[at - 1] == '/';
        if (*c == '/' && at && begins)
            continue;
        if (begins && c[0] == '.' && c[1] == '/') {
            c++;
            continue;
        }
        out[at++] = *c;
    }
    if (at > 1 && out[at - 1] == '/')
        at--;
    out[at] = 0;
    return true;
}

static struct sim_file *find(const struct sim_files *files, const char *normal)
{
    return dict_get(&files->overlay, str_of(normal));
}

static struct sim_file *make(struct sim_files *files, const char *normal)
{
    struct sim_file *file = find(files, normal);
    if (!file) {
        file = sim_mem_need(sizeof(*file));
        file->data = (struct buf)BUF_INIT;
        bool added = dict_set(&files->overlay, str_of(normal), file);
        CHECK(added && "out of memory");
    }
    file->hidden = false;
    file->changed_s = world_wall(files->world) / (int64_t)NS_PER_S;
    return file;
}

/* The name behind folder in path up to the next slash; empty when path is not in the folder. */
static struct str name_in(struct str path, struct str folder)
{
    if (!str_starts(path, folder))
        return STR_NONE;
    struct str rest = str_from(path, folder.size);
    if (folder.size && folder.data[folder.size - 1] != '/') {
        if (rest.size < 2 || rest.data[0] != '/')
            return STR_NONE;
        rest = str_from(rest, 1);
    }
    return str_split(&rest, '/');
}

static bool is_overlay_folder(const struct sim_files *files, const char *normal)
{
    for (struct dict_entry *e = dict_next(&files->overlay, NULL); e; e = dict_next(&files->overlay, e))
        if (!((struct sim_file *)e->value)->hidden && name_in(e->key, str_of(normal)).size)
            return true;
    return false;
}

static bool is_real_folder(const char *normal)
{
    struct stat info;
    return stat(normal[0] ? normal : ".", &info) == 0 && S_ISDIR(info.st_mode);
}

static bool parent_exists(const struct sim_files *files, const char *normal)
{
    char parent[PATH_SIZE];
    size_t slash = str_find_last_char(str_of(normal), '/');
    if (slash == STR_NOT_FOUND || slash == 0)
        return true;
    str_to_c(str_make(normal, slash), parent, sizeof(parent));
    return is_real_folder(parent) || is_overlay_folder(files, parent);
}

/* ---- files ---- */

void sim_files_put(struct sim_files *files, const char *path, struct str data)
{
    char normal[PATH_SIZE];
    bool fits = normalise(files, path, normal);
    CHECK(fits);
    struct sim_file *file = make(files, normal);
    buf_reset(&file->data);
    buf_add(&file->data, data);
    CHECK(!file->data.failed);
    file->hidden = data.data == NULL;
}

static enum io_status read_real(const char *normal, struct buf *out)
{
    if (is_real_folder(normal))
        return IO_BAD;
    FILE *file = fopen(normal, "rbe");
    if (!file)
        return status_of_errno();
    enum io_status status = IO_OK;
    for (;;) {
        char *room = buf_room(out, READ_AT_ONCE);
        if (!room) {
            status = IO_NO_MEMORY;
            break;
        }
        size_t got = fread(room, 1, READ_AT_ONCE, file);
        out->size += got;
        if (got < READ_AT_ONCE) {
            status = ferror(file) ? IO_BAD : IO_OK;
            break;
        }
    }
    fclose(file);
    return status;
}

enum io_status sim_files_read(struct sim_files *files, const char *path, struct buf *out)
{
    char normal[PATH_SIZE];
    if (!normalise(files, path, normal))
        return IO_BAD;
    const struct sim_file *file = find(files, normal);
    if (!file) {
        size_t before = out->size;
        enum io_status status = is_overlay_folder(files, normal) ? IO_BAD : read_real(normal, out);
        bool in_turn = sim_heap_leave(); /* who looks changes nothing */

        if (status == IO_OK)
            world_note_file(files->world, normal, str_from(buf_str(out), before));
        sim_heap_return(in_turn);
        return status;
    }
    if (file->hidden)
        return IO_NOT_FOUND;
    buf_add(out, buf_str(&file->data));
    return out->failed ? IO_NO_MEMORY : IO_OK;
}

enum io_status sim_files_write(struct sim_files *files, const char *path, struct str data, bool append)
{
    char normal[PATH_SIZE];
    if (!normalise(files, path, normal))
        return IO_BAD;
    if (strcmp(normal, "/dev/null") == 0)
        return IO_OK;
    if (is_real_folder(normal) || is_overlay_folder(files, normal))
        return IO_BAD;
    if (!parent_exists(files, normal))
        return IO_NOT_FOUND;
    bool is_new = !find(files, normal);
    struct sim_file *file = make(files, normal);
    if (!append)
        buf_reset(&file->data);
    else if (is_new && read_real(normal, &file->data) == IO_NO_MEMORY)
        return IO_NO_MEMORY;
    buf_add(&file->data, data);
    return file->data.failed ? IO_NO_MEMORY : IO_OK;
}

enum io_status sim_files_info(struct sim_files *files, const char *path, struct plat_file_info *out)
{
    char normal[PATH_SIZE];
    struct stat info;
    if (!normalise(files, path, normal))
        return IO_BAD;
    const struct sim_file *file = find(files, normal);
    if (file && file->hidden)
        return IO_NOT_FOUND;
    if (file) {
        *out = (struct plat_file_info){ .size = file->data.size, .changed_s = file->changed_s };
        return IO_OK;
    }
    *out = (struct plat_file_info){ .is_folder = true, .changed_s = files->began_s };
    if (is_overlay_folder(files, normal))
        return IO_OK;
    if (stat(normal, &info) < 0)
        return status_of_errno();
    out->is_folder = S_ISDIR(info.st_mode);
    out->size = out->is_folder ? 0 : (uint64_t)info.st_size;
    return IO_OK;
}

enum io_status sim_files_remove(struct sim_files *files, const char *path)
{
    char normal[PATH_SIZE];
    struct plat_file_info info;
    enum io_status status = sim_files_info(files, path, &info);
    if (status != IO_OK)
        return status;
    if (info.is_folder || !normalise(files, path, normal))
        return IO_BAD;
    struct sim_file *file = make(files, normal);
    buf_reset(&file->data);
    file->hidden = true;
    return IO_OK;
}

enum io_status sim_files_rename(struct sim_files *files, const char *from, const char *to)
{
    struct buf data = BUF_INIT;
    enum io_status status = sim_files_read(files, from, &data);
    if (status == IO_OK)
        status = sim_files_write(files, to, buf_str(&data), false);
    if (status == IO_OK && strcmp(from, to) != 0)
        status = sim_files_remove(files, from);
    buf_finish(&data);
    return status;
}

/* ---- folders ---- */

enum io_status sim_files_change_folder(struct sim_files *files, const char *path)
{
    char normal[PATH_SIZE];
    if (!normalise(files, path, normal))
        return IO_BAD;
    if (!is_real_folder(normal) && !is_overlay_folder(files, normal))
        return find(files, normal) ? IO_BAD : IO_NOT_FOUND;
    memcpy(files->folder, normal, sizeof(normal));
    return IO_OK;
}

static void add_name(struct dict *names, struct str name)
{
    bool added = dict_set(names, name, names);
    CHECK(added && "out of memory");
}

static enum io_status real_names(const struct sim_files *files, const char *normal, struct dict *names)
{
    char path[2 * PATH_SIZE];
    DIR *folder = opendir(normal[0] ? normal : ".");
    if (!folder)
        return status_of_errno();
    struct dirent *entry;
    while ((entry = readdir(folder))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        const char *slash = strcmp(normal, "/") == 0 ? "" : "/";
        snprintf(path, sizeof(path), "%s%s%s", normal, normal[0] ? slash : "", entry->d_name);
        const struct sim_file *file = find(files, path);
        if (!file || !file->hidden)
            add_name(names, str_of(entry->d_name));
    }
    closedir(folder);
    return IO_OK;
}

static void overlay_names(const struct sim_files *files, const char *normal, struct dict *names)
{
    for (struct dict_entry *e = dict_next(&files->overlay, NULL); e; e = dict_next(&files->overlay, e)) {
        struct str name = name_in(e->key, str_of(normal));
        if (name.size && !((struct sim_file *)e->value)->hidden)
            add_name(names, name);
    }
}

/* Takes them out smallest first. */
static void add_sorted(struct dict *names, struct buf *out)
{
    while (names->count) {
        struct dict_entry *least = dict_next(names, NULL);
        for (struct dict_entry *e = dict_next(names, least); e; e = dict_next(names, e))
            if (str_compare(e->key, least->key) < 0)
                least = e;
        buf_add(out, least->key);
        buf_add_char(out, 0);
        dict_remove(names, least->key);
    }
}

enum io_status sim_files_list(struct sim_files *files, const char *path, struct buf *names)
{
    char normal[PATH_SIZE];
    struct dict found = DICT_INIT;
    if (!normalise(files, path, normal))
        return IO_BAD;
    enum io_status status = real_names(files, normal, &found);
    overlay_names(files, normal, &found);
    if (found.count)
        status = IO_OK;
    add_sorted(&found, names);
    dict_finish(&found);
    return names->failed ? IO_NO_MEMORY : status;
}
