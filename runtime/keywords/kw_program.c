/* program sections: what the master starts beside its worker (manual 3.7). */
#include "keywords/kw_program.h"
#include "keywords/kw_common.h"
#include "proxy/program.h"

void *kw_program_begin(struct cfg_line *line)
{
    struct configuration *configuration = configuration_of(line);
    const char *name = cfg_arg(line, 0);
    if (!name[0]) {
        cfg_error(line, "'program' expects a name.");
        return NULL;
    }
    const char *bad = kw_bad_name_char(name);
    if (bad) {
        cfg_error(line, "character '%c' is not permitted in 'program' section name '%s'.", *bad, name);
        return NULL;
    }
    struct program **end = &configuration->programs;
    for (; *end; end = &(*end)->next) {
        if (strcmp((*end)->name, name) != 0)
            continue;
        cfg_error(line, "program section '%s' already exists.", name);
        return NULL;
    }
    *end = arena_need(&configuration->arena, sizeof(**end));
    (*end)->name = kw_copy(line, name);
    (*end)->start_on_reload = true;
    return *end;
}

bool kw_program_end(struct cfg_line *line)
{
    const struct program *program = line->target;
    return program->argv ||
           cfg_error(line, "The program section '%s' lacks a command to launch.", program->name);
}

static bool command(struct cfg_line *line)
{
    struct program *program = line->target;
    unsigned count = cfg_arg_count(line);
    if (!count || !cfg_arg(line, 0)[0])
        return cfg_error(line, "'command' expects the program to launch.");
    const char **argv = arena_need(&configuration_of(line)->arena, (count + 1) * sizeof(*argv));
    for (unsigned i = 0; i < count; i++)
        argv[i] = kw_copy(line, cfg_arg(line, i));
    program->argv = argv;
    return true;
}

static bool start_on_reload(struct cfg_line *line)
{
    struct program *program = line->target;
    program->start_on_reload = !line->negated;
    return cfg_arg_limits(line, 0, 0);
}

/* user, group: whose the program is. */
static bool owner(struct cfg_line *line)
{
    struct program *program = line->target;
    struct configuration *configuration = configuration_of(line);
    struct platform *platform = configuration->platform;
    const char *name = cfg_arg(line, 0), *what = line->words[0];
    bool group = what[0] == 'g';
    if (!name[0])
        return cfg_error(line, "'%s' expects a %s name.", what, what);
    if (!cfg_arg_limits(line, 1, 1))
        return false;
    int64_t found = group ? platform->ops->group_id(platform, name) : platform->ops->user_id(platform, name);
    if (found < 0)
        return cfg_error(line, "cannot find %s id for '%s'", what, name);
    int64_t *id = arena_need(&configuration->arena, sizeof(*id));
    *id = found;
    *(group ? &program->gid : &program->uid) = id;
    return true;
}

/* clang-format off */
const struct keyword_row kw_program_rows[] = {
    { IN_PROGRAM, "command", KW_CALL(command) },
    { IN_PROGRAM, "option start-on-reload", KW_CALL(start_on_reload), .negatable = true },
    { IN_PROGRAM, "user", KW_CALL(owner) },
    { IN_PROGRAM, "group", KW_CALL(owner) },
    { 0 },
};
/* clang-format on */
