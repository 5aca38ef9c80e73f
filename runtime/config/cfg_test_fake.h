/* A small world for the tests of this folder: an environment, a few files, one folder; and a diag that
 * keeps what was said, one line a message with its level in front. Only tests include this. */
#ifndef CONFIG_CFG_TEST_FAKE_H
#define CONFIG_CFG_TEST_FAKE_H
#include "base/buf.h"
#include "base/diag.h"
#include "platform/platform.h"

struct fake_pair {
    const char *name, *text; /* ends with a NULL name */
};

struct fake_world {
    struct platform platform;
    const struct fake_pair *env;
    const struct fake_pair *files;
    const char *folder;      /* a path that is a folder; NULL: none */
    struct str folder_names; /* with NULs behind */
    struct addr host;        /* what "host.test" resolves to */
};

static inline const char *fake_find(const struct fake_pair *pairs, const char *name)
{
    for (; pairs && pairs->name; pairs++)
        if (strcmp(pairs->name, name) == 0)
            return pairs->text;
    return NULL;
}

static inline const char *fake_env_get(struct platform *platform, const char *name)
{
    return fake_find(((struct fake_world *)platform)->env, name);
}

static inline enum io_status fake_file_info(struct platform *platform, const char *path,
                                            struct plat_file_info *out)
{
    struct fake_world *world = (struct fake_world *)platform;
    *out = (struct plat_file_info){ .is_folder = world->folder && strcmp(path, world->folder) == 0 };
    return out->is_folder || fake_find(world->files, path) ? IO_OK : IO_NOT_FOUND;
}

static inline enum io_status fake_file_read(struct platform *platform, const char *path, struct buf *out)
{
    const char *text = fake_find(((struct fake_world *)platform)->files, path);
    if (!text)
        return IO_DENIED;
    buf_add_c(out, text);
    return IO_OK;
}

static inline enum io_status fake_folder_list(struct platform *platform, const char *path, struct buf *names)
{
    (void)path;
    buf_add(names, ((struct fake_world *)platform)->folder_names);
    return IO_OK;
}

static inline enum io_status fake_resolve(struct platform *platform, const char *name, bool prefer_v6,
                                          struct addr *out, unsigned max, unsigned *count)
{
    (void)prefer_v6;
    *count = strcmp(name, "host.test") == 0 && max > 0;
    if (!*count)
        return IO_NOT_FOUND;
    *out = ((struct fake_world *)platform)->host;
    return IO_OK;
}

static const struct platform_ops fake_ops = {
    .env_get = fake_env_get,
    .file_info = fake_file_info,
    .file_read = fake_file_read,
    .folder_list = fake_folder_list,
    .resolve = fake_resolve,
};

static inline void fake_sink(void *data, enum diag_level level, struct str message)
{
    static const char letters[] = "NWA";
    buf_printf(data, "%c %.*s\n", letters[level], STR_ARG(message));
}

#endif
