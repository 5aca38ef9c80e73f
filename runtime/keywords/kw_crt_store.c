/* crt-store sections: certificates whose files are named one by one, and what binds call them (manual 12.7 of HAProxy
 * 3.0). They are read once the whole configuration is. */
#include "keywords/kw_crt_store.h"
#include "keywords/kw_common.h"
#include "proxy/bind.h"
#include "proxy/proxy.h"
#include "tls/tls_cert.h"

struct crt_store {
    const char *name; /* "" for those without */
    const char *crt_base, *key_base;
};

void *kw_crt_store_begin(struct cfg_line *line)
{
    const char *name = cfg_arg(line, 0), *bad = kw_bad_name_char(name);
    if (!cfg_arg_limits(line, 0, 1))
        return NULL;
    if (bad) {
        cfg_error(line, "character '%c' is not permitted in 'crt-store' name '%s'.", *bad, name);
        return NULL;
    }
    struct crt_store *store = arena_need(&configuration_of(line)->arena, sizeof(*store));
    store->name = kw_copy(line, name);
    return store;
}

static const char *below(struct cfg_line *line, const char *base, const char *path)
{
    struct arena *arena = &configuration_of(line)->arena;
    struct str whole =
        base && path[0] != '/' ? arena_printf(arena, "%s/%s", base, path) : arena_copy(arena, str_of(path));
    return whole.data ? whole.data : ""; /* no memory: there is no such file */
}

static bool read_words(struct cfg_line *line, const struct crt_store *store, struct crt_load *load,
                       const char **alias)
{
    struct tls_files *files = &load->files;
    const struct globals *globals = &configuration_of(line)->globals;
    const char *base = store->crt_base ? store->crt_base : globals->crt_base;
    for (unsigned i = 0; i < cfg_arg_count(line); i += 2) {
        const char *word = cfg_arg(line, i), *value = cfg_arg(line, i + 1);
        if (!value[0])
            return cfg_error(line, "'load' : '%s' expects an argument.", word);
        if (strcmp(word, "crt") == 0)
            files->crt = below(line, base, value);
        else if (strcmp(word, "key") == 0)
            files->key = below(line, store->key_base ? store->key_base : globals->key_base, value);
        else if (strcmp(word, "issuer") == 0)
            files->issuer = below(line, base, value);
        else if (strcmp(word, "ocsp") == 0)
            files->ocsp = below(line, base, value);
        else if (strcmp(word, "sctl") == 0)
            files->sctl = below(line, base, value);
        else if (strcmp(word, "alias") == 0)
            *alias = value;
        else if (strcmp(word, "ocsp-update") != 0)
            return cfg_error(line, "'load' : unknown keyword '%s'.", word);
        else if (strcmp(value, "on") != 0 && strcmp(value, "off") != 0)
            return cfg_error(line, "'load' : 'ocsp-update' expects 'on' or 'off', not '%s'.", value);
        else
            files->ocsp_update = value[1] == 'n' ? TLS_ON : TLS_OFF;
    }
    return files->crt || cfg_error(line, "'load' : mandatory 'crt' parameter not found.");
}

/* A bind above that reads the same file by itself would get another content than those below. */
static const struct bind *used_before(struct cfg_line *line, const char *name)
{
    const struct configuration *configuration = configuration_of(line);
    const char *base = configuration->globals.crt_base;
    for (const struct proxy *proxy = configuration->proxies; proxy; proxy = proxy->next) {
        for (const struct bind *bind = proxy->binds; bind; bind = bind->next) {
            for (const struct tls_crt *crt = bind->settings.crts; crt; crt = crt->next) {
                bool own_name = crt->is_list || crt->path[0] == '@';
                if (!own_name && strcmp(below(line, base, crt->path), name) == 0)
                    return bind;
            }
        }
    }
    return NULL;
}

static const char *crt_as_written(const struct cfg_line *line)
{
    unsigned i = 0;
    while (strcmp(cfg_arg(line, i), "crt") != 0)
        i += 2;
    return cfg_arg(line, i + 1);
}

static bool load(struct cfg_line *line)
{
    struct configuration *configuration = configuration_of(line);
    const struct crt_store *store = line->target;
    struct crt_load *made = arena_need(&configuration->arena, sizeof(*made)), **end;
    const char *alias = NULL;
    made->at = line->place;
    if (!read_words(line, store, made, &alias))
        return false;
    made->name = made->files.crt;
    if (alias || store->name[0])
        made->name =
            arena_printf(&configuration->arena, "@%s/%s", store->name, alias ? alias : crt_as_written(line))
                .data;
    const struct bind *user = used_before(line, made->name);
    if (user)
        return cfg_error(line, "'load' : certificate '%s' is already used by 'bind %s' at [%s:%u].",
                         made->name, user->label, user->at.file, user->at.line);
    for (end = &configuration->crt_loads; *end; end = &(*end)->next) {
        if (strcmp((*end)->name, made->name) == 0)
            return cfg_error(line, "'load' : certificate '%s' is already loaded at [%s:%u].", made->name,
                             (*end)->at.file, (*end)->at.line);
    }
    *end = made;
    return true;
}

/* clang-format off */
const struct keyword_row kw_crt_store_rows[] = {
    { IN_CRT_STORE, "crt-base", CFG_TEXT, .offset = offsetof(struct crt_store, crt_base) },
    { IN_CRT_STORE, "key-base", CFG_TEXT, .offset = offsetof(struct crt_store, key_base) },
    { IN_CRT_STORE, "load", KW_CALL(load) },
    { 0 },
};
/* clang-format on */
