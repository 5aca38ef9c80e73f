/* Words about state files: server-state-base and server-state-file (manual 3.1), load-server-state-from-file and
 * server-state-file-name (4.2). */
#include "keywords/kw_common.h"

static bool state_path(struct cfg_line *line)
{
    struct globals *globals = &configuration_of(line)->globals;
    bool base = strcmp(line->words[0], "server-state-base") == 0;
    const char **path = base ? &globals->server_state_base : &globals->server_state_file;
    if (*path)
        return cfg_error(line, "'%s' already specified.", line->words[0]);
    if (!cfg_arg(line, 0)[0])
        return cfg_error(line, "'%s' expects one argument: a %s path.", line->words[0],
                         base ? "directory" : "file");
    if (!cfg_arg_limits(line, 1, 1))
        return false;
    *path = kw_copy(line, cfg_arg(line, 0));
    return true;
}

static bool load_state(struct cfg_line *line)
{
    static const char *const words[] = { "none", "global", "local" }; /* as enum server_state_source */
    const char *word = cfg_arg(line, 0);
    int *source = &kw_proxy(line)->settings.server_state_source;
    if (!cfg_arg_limits(line, 0, 1))
        return false;
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (strcmp(word, words[i]) == 0) {
            *source = (int)i;
            return true;
        }
    }
    return cfg_error(line, "'%s' expects 'global', 'local' or 'none'. Got '%s'", line->words[0], word);
}

static bool state_file_name(struct cfg_line *line)
{
    const char *name = cfg_arg(line, 0);
    bool own = name[0] && strcmp(name, "use-backend-name") != 0;
    kw_proxy(line)->settings.server_state_file = own ? kw_copy(line, name) : NULL;
    return cfg_arg_limits(line, 0, 1);
}

const struct keyword_row kw_server_state_rows[] = {
    { IN_GLOBAL, "server-state-base", KW_CALL(state_path) },
    { IN_GLOBAL, "server-state-file", KW_CALL(state_path) },
    { IN_BACK, "load-server-state-from-file", KW_CALL(load_state) },
    { IN_BACK, "server-state-file-name", KW_CALL(state_file_name) },
    { 0 },
};
