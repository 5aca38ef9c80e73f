/* A file is cut into lines that are found by backend and server; the line of a server becomes its past. */
#include "health/server_state_file.h"
#include "base/dict.h"
#include "base/units.h"
#include "health/server_past.h"
#include "proxy/configuration.h"

struct state_line {
    struct server_past_line past;
    bool taken;
};

struct state_file {
    struct buf text;
    struct arena arena; /* lines */
    struct dict lines;  /* "backend server" */
};

/* A name's address, where `last` of init-addr takes it from the file; the others say their own. */
static void take_address(struct server *server, const struct server_past_line *line)
{
    struct addr found;
    if (!server->addr.host || !server->settings.init_addr_last ||
        !addr_parse_ip(line->columns[PAST_ADDR], &found))
        return;
    found.port = server->addr.addr.port;
    server->addr.addr = found;
    server->admin &= ~(unsigned)ADMIN_RESOLVE_MAINT;
}

static void take_line(struct configuration *configuration, struct server *server, struct state_line *line)
{
    struct buf problems = BUF_INIT;
    struct server_past *past = server_past_read(&line->past, &configuration->arena, &problems);
    line->taken = true;
    if (!past) {
        diag_config(configuration->diag, DIAG_WARNING, (struct diag_place){ 0 },
                    "server-state application failed for server '%s/%s'%.*s", server->proxy->name,
                    server->name, STR_ARG(buf_str(&problems)));
    } else {
        server->past = past;
        take_address(server, &line->past);
        if (past->port && server->addr.port_given && !server->addr.port_relative)
            server->addr.addr.port = past->port;
    }
    buf_finish(&problems);
}

/* ---- one file ---- */

/* "Proxy 'b': ", or nothing for the file of the global section. */
static void say(struct configuration *configuration, const struct proxy *proxy, enum diag_level level,
                const char *format, ...) PRINTF_LIKE(4, 5);
static void say(struct configuration *configuration, const struct proxy *proxy, enum diag_level level,
                const char *format, ...)
{
    struct buf text = BUF_INIT;
    va_list values;
    if (proxy)
        buf_printf(&text, "Proxy '%s': ", proxy->name);
    va_start(values, format);
    buf_vprintf(&text, format, values);
    va_end(values);
    diag_config(configuration->diag, level, (struct diag_place){ 0 }, "%.*s", STR_ARG(buf_str(&text)));
    buf_finish(&text);
}

static void finish(struct state_file *file)
{
    dict_finish(&file->lines);
    arena_finish(&file->arena);
    buf_finish(&file->text);
}

static bool cut(struct str text, struct server_past_line *line)
{
    while (line->count < PAST_COUNT) {
        while (text.size && (text.data[0] == ' ' || text.data[0] == '\t'))
            text = str_from(text, 1);
        if (!text.size)
            break;
        size_t size = 0;
        while (size < text.size && text.data[size] != ' ' && text.data[size] != '\t')
            size++;
        line->columns[line->count++] = str_make(text.data, size);
        text = str_from(text, size);
    }
    return line->count >= PAST_NEEDED;
}

/* A file of one backend may speak of others: those lines are not for it. A backend is the same by its name, or by its
 * id where that was given to it. */
static bool is_for(struct configuration *configuration, const struct proxy *proxy,
                   const struct state_line *line)
{
    struct str id = line->past.columns[PAST_BACKEND_ID], name = line->past.columns[PAST_BACKEND];
    int64_t number = 0;
    bool same_id = units_parse_int(id, 0, INT32_MAX, &number) && number == proxy->id;
    bool same_name = str_eq(name, str_of(proxy->name));
    if (!same_id && !same_name)
        return false;
    if (!same_id) {
        say(configuration, proxy, DIAG_WARNING,
            "backend ID mismatch: from server state file: '%.*s', from running config '%d'", STR_ARG(id),
            proxy->id);
        return true;
    }
    if (same_name)
        return true;
    say(configuration, proxy, DIAG_WARNING,
        "backend name mismatch: from server state file: '%.*s', from running config '%s'", STR_ARG(name),
        proxy->name);
    return str_eq(line->past.columns[PAST_BACKEND_FORCED], STR("1"));
}

/* "backend server", in the arena; data NULL: no memory. */
static struct str key_of(struct arena *arena, struct str backend, struct str server)
{
    return arena_printf(arena, "%.*s %.*s", STR_ARG(backend), STR_ARG(server));
}

/* false: the line makes no sense, and so the file. */
static bool add_line(struct configuration *configuration, struct state_file *file, const struct proxy *proxy,
                     struct str text)
{
    struct state_line line = { 0 };
    while (text.size && (text.data[0] == ' ' || text.data[0] == '\t'))
        text = str_from(text, 1);
    if (!text.size || text.data[0] == '#')
        return true;
    if (!cut(text, &line.past))
        return false;
    if (proxy && !is_for(configuration, proxy, &line))
        return true;
    struct state_line *kept = arena_need(&file->arena, sizeof(*kept));
    *kept = line;
    struct str key = key_of(&file->arena, proxy ? str_of(proxy->name) : line.past.columns[PAST_BACKEND],
                            line.past.columns[PAST_SERVER]);
    if (!key.data || dict_has(&file->lines, key))
        return true; /* the first counts */
    if (!dict_set(&file->lines, key, kept))
        say(configuration, proxy, DIAG_WARNING, "out of memory for server states");
    return true;
}

static const char *path_of(struct configuration *configuration, const char *name)
{
    const char *base = configuration->globals.server_state_base;
    if (name[0] == '/' || !base || !base[0])
        return name;
    struct str path =
        arena_printf(&configuration->arena, "%s%s%s", base, base[strlen(base) - 1] == '/' ? "" : "/", name);
    return path.data ? path.data : name;
}

static bool cut_lines(struct configuration *configuration, struct state_file *file, const struct proxy *proxy,
                      const char *path, const char *what)
{
    struct str rest = buf_str(&file->text);
    for (unsigned number = 1; rest.size; number++) {
        const char *end = memchr(rest.data, '\n', rest.size);
        struct str line = end ? str_make(rest.data, (size_t)(end - rest.data)) : rest;
        int64_t version;
        if (number == 1 && !(end && units_parse_int(line, 1, 1, &version))) {
            say(configuration, proxy, DIAG_WARNING, "Can't get version of the %s '%s'.", what, path);
            return false;
        }
        if (!end || (number > 1 && !add_line(configuration, file, proxy, line))) {
            say(configuration, proxy, DIAG_WARNING, "corrupted %s '%s' at line %u.", what, path, number);
            return false;
        }
        rest = str_from(rest, line.size + 1);
    }
    return true;
}

/* proxy: whose file it is; NULL: the global one. false: there is nothing in it to use (said). */
static bool read_file(struct configuration *configuration, struct state_file *file, const struct proxy *proxy,
                      const char *name)
{
    const char *path = path_of(configuration, name);
    const char *what = proxy ? "server state file" : "global server state file";
    struct platform *platform = configuration->platform;
    arena_init(&file->arena, 16384);
    enum io_status status = platform->ops->file_read(platform, path, &file->text);
    if (status != IO_OK) {
        say(configuration, proxy, status == IO_NOT_FOUND ? DIAG_NOTICE : DIAG_WARNING,
            "Can't open %s '%s': %s", what, path, platform_status_text(status));
        return false;
    }
    if (!file->text.size) {
        say(configuration, proxy, DIAG_NOTICE, "Empty %s '%s'.", what, path);
        return false;
    }
    return cut_lines(configuration, file, proxy, path, what);
}

/* ---- all files ---- */

static void take_lines(struct configuration *configuration, struct state_file *file, struct proxy *proxy)
{
    for (struct server *server = proxy->servers; server; server = server->next) {
        struct arena_mark mark = arena_mark(&file->arena);
        struct str key = key_of(&file->arena, str_of(proxy->name), str_of(server->name));
        struct state_line *line = key.data ? dict_get(&file->lines, key) : NULL;
        arena_rewind(&file->arena, mark);
        if (line)
            take_line(configuration, server, line);
    }
}

static void read_local(struct configuration *configuration, struct proxy *proxy)
{
    const char *name = proxy->settings.server_state_file;
    struct state_file file = { 0 };
    if (read_file(configuration, &file, proxy, name ? name : proxy->name)) {
        take_lines(configuration, &file, proxy);
        for (struct dict_entry *each = dict_next(&file.lines, NULL); each;
             each = dict_next(&file.lines, each)) {
            const struct state_line *line = each->value;
            if (!line->taken)
                say(configuration, proxy, DIAG_WARNING, "can't find server '%.*s' in backend '%s'",
                    STR_ARG(line->past.columns[PAST_SERVER]), proxy->name);
        }
    }
    finish(&file);
}

static bool is_concerned(const struct proxy *proxy, enum server_state_source source)
{
    return (proxy->sides & PROXY_BACK) && !proxy->settings.disabled && proxy->servers &&
           proxy->settings.server_state_source == (int)source;
}

static bool all_have_addresses(struct configuration *configuration)
{
    bool well = true;
    for (const struct proxy *proxy = configuration->proxies; proxy; proxy = proxy->next) {
        for (const struct server *server = proxy->servers; server; server = server->next) {
            if (!server->addr.host || server->addr.addr.family != ADDR_NONE ||
                server->settings.init_addr_none)
                continue;
            diag_config(configuration->diag, DIAG_ALERT, server->at,
                        "'server %s/%s' : could not resolve address '%s'.", proxy->name, server->name,
                        server->addr.host);
            well = false;
        }
    }
    return well;
}

bool server_state_file_read(struct configuration *configuration)
{
    const char *name = configuration->globals.server_state_file;
    struct state_file global = { 0 };
    bool usable = name && read_file(configuration, &global, NULL, name);
    for (struct proxy *proxy = configuration->proxies; proxy; proxy = proxy->next) {
        if (is_concerned(proxy, SERVER_STATE_LOCAL))
            read_local(configuration, proxy);
        if (!is_concerned(proxy, SERVER_STATE_GLOBAL))
            continue;
        if (usable)
            take_lines(configuration, &global, proxy);
        if (!name)
            diag_config(configuration->diag, DIAG_WARNING, (struct diag_place){ 0 },
                        "backend '%s' configured to load server state file from global section "
                        "'server-state-file' directive. Unfortunately, 'server-state-file' is not set!",
                        proxy->name);
    }
    finish(&global);
    return all_have_addresses(configuration);
}
