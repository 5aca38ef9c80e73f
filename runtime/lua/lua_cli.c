/* core.register_cli: commands of the management socket that scripts answer (API text, "Core class"; TRUTHS B30). The function
 * runs as the command's piece by piece answer: applet:send writes where commands write, and waits when that is full. */
#include "lua/lua_cli.h"
#include "admin/cli.h"
#include "lua/classes.h"
#include "lua/lua_log.h"
#include "stream/stream.h"
#include <lauxlib.h>

#define WORDS_MAX 5 /* of a command */

struct cli_function {
    struct lua_machine *machine;
    int ref;
    const char *what; /* "cli 'show mine'" */
};

static int push_words(lua_State *L, void *data)
{
    const struct cli_command *command = data;
    luaL_checkstack(L, (int)command->count + 4, NULL);
    class_applet_tcp_push(L, command->stream);
    for (unsigned i = 0; i < command->count; i++)
        lua_pushstring(L, command->words[i]);
    return 1 + (int)command->count;
}

/* A function that waits is called again with each wake, and once more when what it wrote was taken. */
static enum cli_more go_on(struct cli_command *command)
{
    struct lua_run *run = command->state;
    size_t before = command->out->size;
    if (lua_run_asleep(run))
        return CLI_WAIT;
    if (lua_run_resume(run) != LUA_WAITS)
        return CLI_DONE;
    return command->out->size > before ? CLI_MORE : CLI_WAIT;
}

static void stop(struct cli_command *command)
{
    lua_run_give(command->state);
    command->state = NULL;
}

static void run_command(struct cli_command *command)
{
    const struct cli_function *function = command->row->data;
    struct stream *stream = command->stream;
    struct lua_run *run = lua_run_take(function->machine, command->engine, LUA_IN_CLI, stream,
                                       stream->frontend, &stream->task, function->what);
    if (!run)
        return;
    run->out = command->out;
    if (!lua_run_prepare(run, function->ref, push_words, command)) {
        lua_run_give(run);
        return;
    }
    command->state = run;
    command->more = go_on;
    command->stop = stop;
}

/* The words of the table at index 1, blanks between them. */
static const char *command_words(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_Integer count = (lua_Integer)lua_rawlen(L, 1);
    if (count < 1 || count > WORDS_MAX)
        luaL_error(L, "register_cli: a command has from 1 to %d words", WORDS_MAX);
    luaL_Buffer text;
    luaL_buffinit(L, &text);
    for (lua_Integer i = 1; i <= count; i++) {
        if (i > 1)
            luaL_addchar(&text, ' ');
        if (lua_rawgeti(L, 1, i) != LUA_TSTRING)
            luaL_error(L, "register_cli: a command's words are texts");
        luaL_addvalue(&text);
    }
    luaL_pushresult(&text);
    const char *words = arena_need_copy(&lua_vm_of(L)->configuration->arena, str_of(lua_tostring(L, -1)));
    lua_pop(L, 1);
    return words;
}

static int register_cli(lua_State *L)
{
    struct lua_machine *machine = lua_vm_of(L);
    struct configuration *configuration = machine->configuration;
    const char *words = command_words(L);
    const char *usage = luaL_checkstring(L, 2);
    luaL_checktype(L, 3, LUA_TFUNCTION);
    if (words_find(&configuration->words, WORD_COMMAND, str_of(words)))
        return luaL_error(L, "register_cli: the command '%s' exists already", words);
    struct cli_function *function = arena_need(&configuration->arena, sizeof(*function));
    struct command_row *row = arena_need(&configuration->arena, sizeof(*row));
    function->machine = machine;
    function->what = arena_printf(&configuration->arena, "cli '%s'", words).data;
    lua_pushvalue(L, 3);
    function->ref = luaL_ref(L, LUA_REGISTRYINDEX);
    *row = (struct command_row){
        .words = words,
        .level = CLI_USER,
        .usage = arena_need_copy(&configuration->arena, str_of(usage)),
        .run = run_command,
        .data = function,
    };
    if (!words_add(&configuration->words, WORD_COMMAND, words, row))
        return luaL_error(L, "out of memory");
    return 0;
}

const struct lua_method_row lua_cli_core_rows[] = {
    /* name          run           where allowed  may wait */
    { "register_cli", register_cli, LUA_IN_SETUP, false,
      "words: string[], usage: string, command: fun(applet: AppletTCP, ...: string)" },
    { 0 },
};
