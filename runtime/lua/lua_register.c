/* What scripts register. A registered function is a registry reference and a row made for it; rows and names live in the
 * configuration's arena. The runs of actions and services live with their streams, those of tasks here. */
#include "lua/lua_register.h"
#include "base/mem.h"
#include "lua/classes.h"
#include "lua/lua_event.h"
#include "lua/lua_log.h"
#include "lua/lua_value.h"
#include "stream/stream.h"
#include <lauxlib.h>

struct lua_function {
    struct lua_machine *machine;
    int ref;
    const char *what;        /* "action 'hello'" */
    unsigned argument_count; /* of an action's rule */
};

struct lua_init {
    struct list link;
    int ref;
};

struct lua_task {
    struct list link;
    struct lua_machine *machine;
    struct task task;
    struct lua_run *run;
    int ref;
    int arguments_ref; /* a table with them; LUA_NOREF: none */
    bool begun;
};

static struct lua_function *make_function(lua_State *L, int index, const char *kind, const char *name)
{
    struct lua_machine *machine = lua_vm_of(L);
    struct lua_function *function = arena_need(&machine->configuration->arena, sizeof(*function));
    luaL_checktype(L, index, LUA_TFUNCTION);
    struct str what = arena_printf(&machine->configuration->arena, "%s '%s'", kind, name);
    function->machine = machine;
    function->what = what.data;
    lua_pushvalue(L, index);
    function->ref = luaL_ref(L, LUA_REGISTRYINDEX);
    return function;
}

static void add_word(lua_State *L, enum word_kind kind, const char *name, const void *row)
{
    struct lua_machine *machine = lua_vm_of(L);
    if (!words_add(&machine->configuration->words, kind, name, row))
        luaL_error(L, "out of memory");
}

static const char *word_name(lua_State *L, int index)
{
    struct lua_machine *machine = lua_vm_of(L);
    const char *name = luaL_checkstring(L, index);
    struct str full = arena_printf(&machine->configuration->arena, "lua.%s", name);
    if (!full.data)
        luaL_error(L, "out of memory");
    return full.data;
}

/* ---- fetches and converters: no waiting, one value ---- */

struct evaluation {
    struct stream *stream;
    const struct sample_args *args;
    const struct sample *input; /* converters */
    struct arena *scratch;
    struct sample *out;
    lua_State *from;
};

static int push_args(lua_State *L, const struct sample_args *args)
{
    for (unsigned i = 0; i < args->count; i++)
        lua_value_push_str(L, args->list[i].text);
    return (int)args->count;
}

static int push_fetch(lua_State *L, void *data)
{
    struct evaluation *evaluation = data;
    luaL_checkstack(L, (int)evaluation->args->count + 4, NULL);
    class_txn_push(L, evaluation->stream);
    return 1 + push_args(L, evaluation->args);
}

static int push_converter(lua_State *L, void *data)
{
    struct evaluation *evaluation = data;
    luaL_checkstack(L, (int)evaluation->args->count + 4, NULL);
    lua_value_push_sample_text(L, evaluation->input, evaluation->scratch);
    return 1 + push_args(L, evaluation->args);
}

/* Several results: the last one counts; none at all: no value (TRUTHS A1, A4). */
static bool take_result(struct evaluation *evaluation)
{
    return lua_gettop(evaluation->from) > 0 &&
           lua_value_to_sample(evaluation->from, -1, evaluation->out, evaluation->scratch);
}

static bool evaluate(const struct lua_function *function, enum lua_context where,
                     struct sample_context *context, struct evaluation *evaluation,
                     int (*push)(lua_State *L, void *data))
{
    struct lua_machine *machine = function->machine;
    struct stream *stream = context->stream;
    if (!stream || !machine->engine)
        return false;
    struct lua_run *run =
        lua_run_take(machine, context->engine, where, stream, stream->backend, &stream->task, function->what);
    if (!run)
        return false;
    run->response_side = context->is_response_side;
    evaluation->from = run->thread;
    bool found = false;
    if (lua_run_prepare(run, function->ref, push, evaluation) && lua_run_resume(run) == LUA_FINISHED)
        found = take_result(evaluation);
    lua_run_give(run);
    return found;
}

static bool run_fetch(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    struct evaluation evaluation = {
        .stream = context->stream, .args = args, .scratch = context->scratch, .out = out
    };
    return evaluate(args->row_data, LUA_IN_FETCH, context, &evaluation, push_fetch);
}

static bool run_converter(const struct sample_args *args, struct sample_context *context,
                          struct sample *sample)
{
    struct sample input = *sample;
    struct evaluation evaluation = {
        .stream = context->stream, .args = args, .input = &input, .scratch = context->scratch, .out = sample
    };
    return evaluate(args->row_data, LUA_IN_CONVERTER, context, &evaluation, push_converter);
}

#define ANY_ARGS "str?,str?,str?,str?,str?,str?,str?,str?,str?,str?,str?,str?"

static int register_fetches(lua_State *L)
{
    const char *name = word_name(L, 1);
    struct fetch_row *row = arena_need(&lua_vm_of(L)->configuration->arena, sizeof(*row));
    *row = (struct fetch_row){
        .name = name,
        .run = run_fetch,
        .args = ANY_ARGS,
        .out = SAMPLE_STR,
        .valid = AT_STREAM,
        .data = make_function(L, 2, "sample-fetch", name + 4),
    };
    add_word(L, WORD_FETCH, name, row);
    return 0;
}

static int register_converters(lua_State *L)
{
    const char *name = word_name(L, 1);
    struct converter_row *row = arena_need(&lua_vm_of(L)->configuration->arena, sizeof(*row));
    *row = (struct converter_row){
        .name = name,
        .run = run_converter,
        .args = ANY_ARGS,
        .in = SAMPLE_STR,
        .out = SAMPLE_STR,
        .data = make_function(L, 2, "sample-converter", name + 4),
    };
    add_word(L, WORD_CONVERTER, name, row);
    return 0;
}

/* ---- actions ---- */

struct action_args {
    unsigned count;
    const char **words;
};

static bool action_parse(struct cfg_line *line, unsigned *at, struct rule *rule)
{
    const struct lua_function *function = rule->row->data;
    struct configuration *configuration = function->machine->configuration;
    struct action_args *args = arena_need(&configuration->arena, sizeof(*args));
    args->words = arena_need(&configuration->arena, (function->argument_count + 1) * sizeof(*args->words));
    for (; args->count < function->argument_count; args->count++) {
        const char *word = cfg_word(line, *at);
        if (!*word)
            return cfg_error(line, "'%s' expects %u argument%s, got %u", rule->row->name,
                             function->argument_count, function->argument_count == 1 ? "" : "s", args->count);
        args->words[args->count] = arena_need_copy(&configuration->arena, str_of(word));
        (*at)++;
    }
    rule->own = args;
    return true;
}

struct action_start {
    struct stream *stream;
    const struct action_args *args;
};

static int push_action(lua_State *L, void *data)
{
    struct action_start *start = data;
    luaL_checkstack(L, (int)start->args->count + 4, NULL);
    class_txn_push(L, start->stream);
    for (unsigned i = 0; i < start->args->count; i++)
        lua_pushstring(L, start->args->words[i]);
    return 1 + (int)start->args->count;
}

/* A number, or text that reads as one; anything else means CONTINUE (TRUTHS A41). */
enum act_code { ACT_CONTINUE, ACT_STOP, ACT_YIELD, ACT_ERROR, ACT_DONE, ACT_DENY, ACT_ABORT, ACT_INVALID };

static enum rule_result result_of(struct lua_run *run, bool may_wait)
{
    struct stream *stream = run->stream;
    int code = 0;
    lua_State *thread = run->thread;
    if (run->replied) /* txn:done(reply) */
        return RULE_DONE;
    if (run->reply_failed)
        return RULE_FAIL;
    if (stream->phase == PHASE_END)
        return RULE_ABORT;
    if (lua_gettop(thread) > 0) {
        lua_rotate(thread, 1, 1);
        lua_settop(thread, 1);
        lua_Integer value = lua_tointegerx(thread, 1, NULL);
        code = value >= 0 && value <= 7 ? (int)value : 0;
    }
    switch ((enum act_code)code) {
    case ACT_STOP:
        return RULE_STOP;
    case ACT_DONE:
        return RULE_STOP;
    case ACT_ERROR:
        return RULE_FAIL;
    case ACT_DENY:
        return RULE_DENY;
    case ACT_INVALID:
        return RULE_INVALID;
    case ACT_YIELD:
        run->yielded = may_wait;
        return may_wait ? RULE_WAIT : RULE_NEXT;
    case ACT_ABORT: /* TRUTHS A39: on the request side a 503 */
        if (stream->http && !run->response_side && stream_reply_error(stream, 503, 'L', 'R'))
            return RULE_DONE;
        return run->response_side ? RULE_NEXT : RULE_ABORT;
    default:
        return RULE_NEXT;
    }
}

static void action_abandon(struct rule *rule, struct sample_context *context, struct rule_cursor *cursor)
{
    (void)rule;
    (void)context;
    if (cursor->state)
        lua_run_give(cursor->state);
    cursor->state = NULL;
}

/* In tcp content rules only the inspect-delay gives time to wait (TRUTHS A24). */
static bool may_go_on_waiting(const struct sample_context *context)
{
    return !(context->final &&
             (context->place == AT_REQUEST_CONTENT || context->place == AT_RESPONSE_CONTENT));
}

/* Begins the function for this rule. NULL: it cannot (said). */
static struct lua_run *begin_action(struct rule *rule, struct sample_context *context)
{
    const struct lua_function *function = rule->row->data;
    struct action_start start = { context->stream, rule->own };
    struct lua_run *run = lua_run_take(function->machine, context->engine, LUA_IN_ACTION, context->stream,
                                       rule->proxy, &context->stream->task, function->what);
    if (!run)
        return NULL;
    run->response_side = context->is_response_side;
    if (lua_run_prepare(run, function->ref, push_action, &start))
        return run;
    lua_run_give(run);
    return NULL;
}

static uint64_t bytes_seen(const struct lua_run *run)
{
    const struct stream *stream = run->stream;
    const struct channel *channel = run->response_side ? &stream->response : &stream->request;
    return channel->total_in + channel->raw + channel->ended;
}

/* The function ran to its end and answered YIELD: the run is kept for its timer alone. */
static bool keep_yielded(struct lua_run *run)
{
    run->seen = bytes_seen(run);
    return !run->again_at || timer_set(&run->timer, run->again_at);
}

/* Nothing happened yet that begins it anew. */
static bool stays_yielded(const struct lua_run *run)
{
    return run->yielded && run->again_at && engine_now(run->engine) < run->again_at &&
           run->seen == bytes_seen(run);
}

static enum rule_result action_run(struct rule *rule, struct sample_context *context,
                                   struct rule_cursor *cursor)
{
    const struct lua_function *function = rule->row->data;
    struct lua_run *run = cursor->state;
    bool may_wait = may_go_on_waiting(context);
    if (run && may_wait && (lua_run_asleep(run) || stays_yielded(run)))
        return RULE_WAIT;
    enum lua_outcome outcome = LUA_FAILED;
    if (run && lua_run_asleep(run)) {
        lua_log_error(function->machine, run, function->what, "aborted: it waits past the inspect-delay");
    } else {
        if (run && run->yielded) {
            lua_run_give(run);
            run = NULL;
        }
        cursor->state = run = run ? run : begin_action(rule, context);
        if (!run)
            return RULE_NEXT;
        outcome = lua_run_resume(run);
    }
    if (outcome == LUA_WAITS && may_wait) {
        cursor->state = run;
        return RULE_WAIT;
    }
    if (outcome == LUA_WAITS)
        lua_log_error(function->machine, run, function->what, "aborted: it waits without an inspect-delay");
    enum rule_result result = outcome == LUA_FINISHED ? result_of(run, may_wait) : RULE_NEXT;
    if (result == RULE_WAIT && keep_yielded(run)) {
        cursor->state = run;
        return RULE_WAIT;
    }
    cursor->state = NULL;
    lua_run_give(run);
    return result == RULE_WAIT ? RULE_NEXT : result;
}

static unsigned ruleset_of(lua_State *L, const char *name)
{
    static const struct {
        const char *name;
        unsigned bit;
    } names[] = {
        { "tcp-req", RULES_TCP_CONTENT },
        { "tcp-res", RULES_TCP_RESPONSE },
        { "http-req", RULES_HTTP_REQUEST },
        { "http-res", RULES_HTTP_RESPONSE },
        { "http-after-res", RULES_HTTP_AFTER_RESPONSE },
    };
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (strcmp(names[i].name, name) == 0)
            return names[i].bit;
    luaL_error(L,
               "register_action: '%s' is no ruleset: 'tcp-req', 'tcp-res', 'http-req', 'http-res' or "
               "'http-after-res' is expected",
               name);
    return 0;
}

static int register_action(lua_State *L)
{
    const char *name = word_name(L, 1);
    luaL_checktype(L, 2, LUA_TTABLE);
    struct action_row *row = arena_need(&lua_vm_of(L)->configuration->arena, sizeof(*row));
    struct lua_function *function = make_function(L, 3, "action", name + 4);
    function->argument_count = (unsigned)luaL_optinteger(L, 4, 0);
    *row = (struct action_row){
        .name = name,
        .parse = action_parse,
        .run = action_run,
        .abandon = action_abandon,
        .data = function,
    };
    for (lua_Integer i = 1; i <= (lua_Integer)lua_rawlen(L, 2); i++) {
        lua_rawgeti(L, 2, i);
        row->rulesets |= ruleset_of(L, luaL_checkstring(L, -1));
        lua_pop(L, 1);
    }
    add_word(L, WORD_ACTION, name, row);
    return 0;
}

/* ---- services ---- */

struct service_state {
    const struct lua_function *function;
    struct lua_run *run;
    bool done;
};

static int push_service(lua_State *L, void *data)
{
    struct stream *stream = data;
    if (stream->http)
        class_applet_http_push(L, stream);
    else
        class_applet_tcp_push(L, stream);
    return 1;
}

static bool service_start(struct stream *stream)
{
    struct service_state *state = stream->applet_state;
    const struct lua_function *function = state->function;
    state->run = lua_run_take(function->machine, stream->engine, LUA_IN_SERVICE, stream, stream->frontend,
                              &stream->task, function->what);
    return state->run && lua_run_prepare(state->run, function->ref, push_service, stream);
}

static void service_run(struct stream *stream)
{
    struct service_state *state = stream->applet_state;
    if (state->done || !state->run || lua_run_asleep(state->run))
        return;
    enum lua_outcome outcome = lua_run_resume(state->run);
    if (outcome == LUA_WAITS)
        return;
    state->done = true;
    class_applet_finished(stream, outcome == LUA_FAILED);
}

static void service_stop(struct stream *stream)
{
    struct service_state *state = stream->applet_state;
    if (state->run)
        lua_run_give(state->run);
    state->run = NULL;
}

static const struct applet_ops service_ops = { "lua", service_start, service_run, service_stop };

static bool service_begin(struct stream *stream, void *data)
{
    struct service_state *state = arena_zero(&stream->arena, sizeof(*state));
    if (!state)
        return false;
    state->function = data;
    stream_use_applet(stream, &service_ops, state);
    return true;
}

static int register_service(lua_State *L)
{
    const char *name = word_name(L, 1);
    const char *mode = luaL_checkstring(L, 2);
    struct service_row *row = arena_need(&lua_vm_of(L)->configuration->arena, sizeof(*row));
    row->http = strcmp(mode, "http") == 0;
    row->tcp = strcmp(mode, "tcp") == 0;
    if (!row->http && !row->tcp)
        return luaL_error(L, "register_service: '%s' is no mode: 'tcp' or 'http' is expected", mode);
    row->name = name;
    row->begin = service_begin;
    row->data = make_function(L, 3, "service", name + 4);
    add_word(L, WORD_SERVICE, name, row);
    return 0;
}

/* ---- init functions and tasks ---- */

static int register_init(lua_State *L)
{
    struct lua_machine *machine = lua_vm_of(L);
    luaL_checktype(L, 1, LUA_TFUNCTION);
    struct lua_init *init = arena_need(&machine->configuration->arena, sizeof(*init));
    lua_pushvalue(L, 1);
    init->ref = luaL_ref(L, LUA_REGISTRYINDEX);
    list_add_last(&machine->inits, &init->link);
    return 0;
}

static int drop_refs(lua_State *L, void *data)
{
    const struct lua_task *task = data;
    luaL_unref(L, LUA_REGISTRYINDEX, task->ref);
    luaL_unref(L, LUA_REGISTRYINDEX, task->arguments_ref);
    return 0;
}

static void task_end(struct lua_task *task)
{
    if (task->run)
        lua_run_give(task->run);
    (void)!lua_protect(task->machine, task->machine->main, drop_refs, task, "task");
    task_cancel(&task->task);
    list_remove(&task->link);
    mem_free(task);
}

static int push_arguments(lua_State *L, void *data)
{
    const struct lua_task *task = data;
    if (task->arguments_ref == LUA_NOREF)
        return 0;
    lua_rawgeti(L, LUA_REGISTRYINDEX, task->arguments_ref);
    int table = lua_gettop(L);
    lua_getfield(L, table, "n");
    int count = (int)lua_tointeger(L, -1);
    lua_pop(L, 1);
    luaL_checkstack(L, count, NULL);
    for (int i = 1; i <= count; i++)
        lua_rawgeti(L, table, i);
    lua_remove(L, table);
    return count;
}

static void task_run(struct task *woken)
{
    struct lua_task *task = CONTAINER_OF(woken, struct lua_task, task);
    struct lua_machine *machine = task->machine;
    if (!task->run) {
        task->run = lua_run_take(machine, machine->engine, LUA_IN_TASK, NULL, NULL, &task->task, "task");
        if (!task->run || !lua_run_prepare(task->run, task->ref, push_arguments, task)) {
            task_end(task);
            return;
        }
    }
    if (lua_run_asleep(task->run))
        return;
    if (lua_run_resume(task->run) != LUA_WAITS)
        task_end(task);
}

static void start_task(struct lua_machine *machine, struct lua_task *task)
{
    task->begun = true;
    task_init(&task->task, machine->engine->loop, task_run);
    task_wake(&task->task);
}

static int register_task(lua_State *L)
{
    struct lua_machine *machine = lua_vm_of(L);
    luaL_checktype(L, 1, LUA_TFUNCTION);
    int count = lua_gettop(L) - 1, arguments_ref = LUA_NOREF;
    if (count > 0) {
        lua_createtable(L, count, 1);
        for (int i = 1; i <= count; i++) {
            lua_pushvalue(L, i + 1);
            lua_rawseti(L, -2, i);
        }
        lua_pushinteger(L, count);
        lua_setfield(L, -2, "n");
        arguments_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    }
    lua_pushvalue(L, 1);
    int ref = luaL_ref(L, LUA_REGISTRYINDEX);
    struct lua_task *task = mem_zero(sizeof(*task));
    if (!task)
        return luaL_error(L, "out of memory");
    task->machine = machine;
    task->ref = ref;
    task->arguments_ref = arguments_ref;
    list_add_last(&machine->tasks, &task->link);
    if (machine->engine && machine->context == LUA_IN_TASK)
        start_task(machine, task);
    return 0;
}

/* ---- life ---- */

struct file_load {
    struct lua_machine *machine;
    const struct lua_file *file;
    struct str text;
};

static int add_place(lua_State *L)
{
    const char *message = lua_tostring(L, 1);
    luaL_traceback(L, L, message ? message : "error that is no text", 1);
    return 1;
}

static int load_file(lua_State *L, void *data)
{
    struct file_load *load = data;
    lua_pushcfunction(L, add_place);
    struct str text = load->text;
    if (text.size && text.data[0] == '#') { /* a first line for the shell */
        size_t line = str_find_char(text, '\n');
        text = str_from(text, line == STR_NOT_FOUND ? text.size : line);
    }
    lua_pushfstring(L, "@%s", load->file->path);
    int status = luaL_loadbufferx(L, text.size ? text.data : "", text.size, lua_tostring(L, -1), "t");
    int arguments = 0;
    if (status == LUA_OK) {
        for (const char **word = load->file->args; word && *word; word++, arguments++)
            lua_pushstring(L, *word);
        status = lua_pcall(L, arguments, 0, 1);
    }
    if (status != LUA_OK)
        return luaL_error(L, "%s", lua_tostring(L, -1));
    return 0;
}

bool lua_register_load(struct lua_machine *machine, const struct lua_file *file)
{
    struct platform *platform = machine->configuration->platform;
    struct buf text = BUF_INIT;
    enum io_status status = platform->ops->file_read(platform, file->path, &text);
    bool well = status == IO_OK;
    machine->context = LUA_IN_BODY;
    if (!well) {
        buf_reset(&text);
        buf_printf(&text, "cannot read '%s': %s", file->path, platform_status_text(status));
        lua_log_error(machine, NULL, "file", text.data ? text.data : file->path);
    } else {
        struct file_load load = { machine, file, buf_str(&text) };
        well = lua_protect(machine, machine->main, load_file, &load, "file");
    }
    buf_finish(&text);
    return well;
}

static int call_init(lua_State *L, void *data)
{
    const struct lua_init *init = data;
    lua_rawgeti(L, LUA_REGISTRYINDEX, init->ref);
    lua_call(L, 0, 0);
    return 0;
}

bool lua_register_start(struct lua_machine *machine, struct engine *engine)
{
    machine->context = LUA_IN_INIT;
    machine->engine = engine;
    lua_event_start(machine);
    if (!lua_protect(machine, machine->main, class_proxy_fill, machine->configuration, "core.proxies"))
        return false;
    LIST_EACH (link, &machine->inits)
        if (!lua_protect(machine, machine->main, call_init, LIST_ITEM(link, struct lua_init, link),
                         "init function"))
            return false;
    machine->context = LUA_IN_TASK;
    LIST_EACH (link, &machine->tasks)
        start_task(machine, LIST_ITEM(link, struct lua_task, link));
    return true;
}

void lua_register_stop(struct lua_machine *machine)
{
    LIST_EACH_SAFE(link, &machine->tasks)
    {
        struct lua_task *task = LIST_ITEM(link, struct lua_task, link);
        if (task->begun) {
            task_end(task);
        } else {
            list_remove(&task->link);
            mem_free(task);
        }
    }
    lua_event_stop(machine);
    class_socket_close_all(machine);
    class_httpclient_close_all(machine);
    machine->engine = NULL;
}

void lua_register_finish(struct lua_machine *machine)
{
    lua_register_stop(machine);
}

const struct lua_method_row lua_register_rows[] = {
    /* name                  run                 where allowed               may wait */
    { "register_action", register_action, LUA_IN_SETUP, false,
      "name: string, rulesets: string[], action: fun(txn: TXN, ...: string): integer, arguments?: integer" },
    { "register_converters", register_converters, LUA_IN_SETUP, false,
      "name: string, converter: fun(text: string, ...: string): any" },
    { "register_fetches", register_fetches, LUA_IN_SETUP, false,
      "name: string, fetch: fun(txn: TXN, ...: string): any" },
    { "register_init", register_init, LUA_IN_BODY, false, "work: fun()" },
    { "register_service", register_service, LUA_IN_SETUP, false,
      "name: string, mode: string, service: fun(applet: any)" },
    { "register_task", register_task, LUA_ANYWHERE, false, "work: fun(...: any), ...: any" },
    { 0 },
};
