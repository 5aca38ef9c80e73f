/* Two walks over the tokens of each file: what the file itself defines and registers, then its uses of the API.
 *
 * The type of a variable is known by what it was registered with: the first parameter of an action's function is a TXN, of a
 * service's an applet. A name that is assigned anywhere is nobody's, and its uses are not looked at. The context is known
 * at the top of a file and directly in functions that are registered; a function made inside of them may run elsewhere. */
#include "lua/lua_check.h"
#include "base/mem.h"
#include "lua/classes.h"
#include "lua/lua_lex.h"
#include <lauxlib.h>

enum { DEPTH_MAX = 200, NAMES_MAX = 256 };

enum script_type { TYPE_NONE, TYPE_TXN, TYPE_APPLET, TYPE_APPLET_TCP, TYPE_MIXED /* several, or assigned */ };

struct script_name { /* a variable with an object, or a function that is registered */
    struct str name;
    enum script_type type;
    unsigned context; /* 0: not known; enum lua_context */
};

struct check {
    struct configuration *configuration;
    const char *file;
    const struct lua_token *tokens;
    size_t count;
    struct script_name variables[NAMES_MAX], functions[NAMES_MAX];
    unsigned variable_count, function_count;
};

static const struct registration {
    const char *name;
    unsigned position; /* of the function among the arguments, from 0 */
    enum lua_context context;
    enum script_type type; /* of the function's first parameter */
} registrations[] = {
    { "register_action", 2, LUA_IN_ACTION, TYPE_TXN },
    { "register_fetches", 1, LUA_IN_FETCH, TYPE_TXN },
    { "register_converters", 1, LUA_IN_CONVERTER, TYPE_NONE },
    { "register_service", 2, LUA_IN_SERVICE, TYPE_APPLET },
    { "register_cli", 2, LUA_IN_CLI, TYPE_APPLET_TCP },
    { "register_task", 0, LUA_IN_TASK, TYPE_NONE },
    { "register_init", 0, LUA_IN_INIT, TYPE_NONE },
};

static void warn(const struct check *check, unsigned line, const char *format, ...) PRINTF_LIKE(3, 4);
static void warn(const struct check *check, unsigned line, const char *format, ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    diag_say(check->configuration->diag, DIAG_WARNING, "config : Lua script [%s:%u] : %s", check->file, line,
             text);
}

/* ---- names ---- */

static struct script_name *find_name(struct script_name *names, unsigned count, struct str name)
{
    for (unsigned i = 0; i < count; i++)
        if (str_eq(names[i].name, name))
            return &names[i];
    return NULL;
}

static void note_name(struct script_name *names, unsigned *count, struct str name, enum script_type type,
                      unsigned context)
{
    struct script_name *known = find_name(names, *count, name);
    if (known) {
        known->type = known->type == type ? type : TYPE_MIXED;
        known->context = known->context == context ? context : 0;
    } else if (*count < NAMES_MAX) {
        names[(*count)++] = (struct script_name){ name, type, context };
    }
}

/* The token i is a plain name: no field of something. */
static bool stands_alone(const struct check *check, size_t i)
{
    return !i || !(lua_token_is(&check->tokens[i - 1], ".") || lua_token_is(&check->tokens[i - 1], ":"));
}

static const struct lua_token *token(const struct check *check, size_t i)
{
    return &check->tokens[i < check->count ? i : check->count - 1];
}

/* "core.register_action(" at i: its row. */
static const struct registration *registration_at(const struct check *check, size_t i)
{
    if (!lua_token_is(token(check, i), "core") || !lua_token_is(token(check, i + 1), ".") ||
        !lua_token_is(token(check, i + 3), "("))
        return NULL;
    for (size_t r = 0; r < COUNT_OF(registrations); r++)
        if (lua_token_is(token(check, i + 2), registrations[r].name))
            return &registrations[r];
    return NULL;
}

/* The first token of an argument of the call whose parenthesis is at i; 0: it has no such argument. */
static size_t argument_at(const struct check *check, size_t i, unsigned position)
{
    int depth = 0;
    for (size_t at = i + 1; at < check->count; at++) {
        const struct lua_token *one = &check->tokens[at];
        if (depth == 0 && position == 0)
            return at;
        if (lua_token_is(one, "(") || lua_token_is(one, "{") || lua_token_is(one, "[") ||
            lua_token_is(one, "function"))
            depth++;
        else if (lua_token_is(one, ")") || lua_token_is(one, "}") || lua_token_is(one, "]") ||
                 lua_token_is(one, "end"))
            depth--;
        else if (depth == 0 && lua_token_is(one, ","))
            position--;
        if (depth < 0)
            return 0;
    }
    return 0;
}

/* The registration whose function literal begins at i. */
static const struct registration *registers_literal(const struct check *check, size_t i)
{
    for (size_t back = i; back-- > 0 && i - back < 200;) {
        const struct registration *row = registration_at(check, back);
        if (row)
            return argument_at(check, back + 3, row->position) == i ? row : NULL;
    }
    return NULL;
}

/* The parameters of a function whose word is at i: the first one is of the type. */
static void note_parameters(struct check *check, size_t i, enum script_type type)
{
    while (i < check->count && !lua_token_is(&check->tokens[i], "("))
        i++;
    for (i++; i < check->count && !lua_token_is(&check->tokens[i], ")"); i++) {
        if (check->tokens[i].kind != LUA_TOKEN_NAME)
            continue;
        bool usual = lua_token_is(&check->tokens[i], "txn") || lua_token_is(&check->tokens[i], "applet");
        if (type != TYPE_MIXED || !usual) /* of a helper, by whoever calls it: what its name says */
            note_name(check->variables, &check->variable_count, check->tokens[i].text, type, 0);
        type = TYPE_MIXED;
    }
}

/* The name of the function whose word is at i, if it is one of a single word. */
static const struct script_name *function_name(struct check *check, size_t i)
{
    const struct lua_token *name = token(check, i + 1);
    if (i >= 2 && lua_token_is(&check->tokens[i - 1], "=") && check->tokens[i - 2].kind == LUA_TOKEN_NAME &&
        stands_alone(check, i - 2))
        name = &check->tokens[i - 2];
    else if (name->kind != LUA_TOKEN_NAME || !lua_token_is(token(check, i + 2), "("))
        return NULL;
    return find_name(check->functions, check->function_count, name->text);
}

static enum script_type type_of_context(unsigned context)
{
    for (size_t r = 0; r < COUNT_OF(registrations); r++)
        if ((unsigned)registrations[r].context == context)
            return registrations[r].type;
    return TYPE_MIXED;
}

static void collect(struct check *check)
{
    for (size_t i = 0; i < check->count; i++) {
        const struct registration *row = registration_at(check, i);
        size_t at = row ? argument_at(check, i + 3, row->position) : 0;
        if (at && check->tokens[at].kind == LUA_TOKEN_NAME && !lua_token_is(&check->tokens[at], "function") &&
            (lua_token_is(token(check, at + 1), ",") || lua_token_is(token(check, at + 1), ")")))
            note_name(check->functions, &check->function_count, check->tokens[at].text, row->type,
                      (unsigned)row->context);
    }
    for (size_t i = 0; i < check->count; i++) {
        const struct lua_token *one = &check->tokens[i];
        if (lua_token_is(one, "function")) {
            const struct registration *row = registers_literal(check, i);
            const struct script_name *name = function_name(check, i);
            note_parameters(check, i, row ? row->type : name ? type_of_context(name->context) : TYPE_MIXED);
        } else if (one->kind == LUA_TOKEN_NAME && stands_alone(check, i) &&
                   (lua_token_is(token(check, i + 1), "=") || lua_token_is(token(check, i + 1), "in") ||
                    (i && lua_token_is(&check->tokens[i - 1], "local")) ||
                    (i && lua_token_is(&check->tokens[i - 1], "for")))) {
            note_name(check->variables, &check->variable_count, one->text, TYPE_MIXED, 0);
        }
    }
}

/* OWNER.NAME = or function OWNER.NAME or OWNER:NAME anywhere in the file. */
static bool defines(const struct check *check, struct str owner, struct str name)
{
    for (size_t i = 0; i + 3 < check->count; i++) {
        bool field = str_eq(check->tokens[i].text, owner) && str_eq(check->tokens[i + 2].text, name) &&
                     (lua_token_is(&check->tokens[i + 1], ".") || lua_token_is(&check->tokens[i + 1], ":"));
        if (field && (lua_token_is(&check->tokens[i + 3], "=") ||
                      (i && lua_token_is(&check->tokens[i - 1], "function"))))
            return true;
    }
    return false;
}

/* ---- the API ---- */

static const struct lua_method_row *find_row(const struct lua_method_row *rows, struct str name)
{
    for (const struct lua_method_row *row = rows; row && row->name; row++)
        if (str_eq(str_of(row->name), name))
            return row;
    return NULL;
}

static const struct lua_method_row *find_function(const struct lua_function_table *table, struct str name)
{
    const struct lua_method_row *found = NULL;
    for (size_t i = 0; i < COUNT_OF(table->rows) && table->rows[i] && !found; i++)
        found = find_row(table->rows[i], name);
    return found;
}

struct look {
    const char *table;
    struct str name;
    bool found;
};

static int look_up(lua_State *L, void *data)
{
    struct look *look = data;
    if (lua_getglobal(L, look->table) == LUA_TTABLE) {
        lua_pushlstring(L, look->name.data, look->name.size);
        look->found = lua_rawget(L, -2) != LUA_TNIL;
    }
    return 0;
}

/* The table as the scripts left it has the name. */
static bool is_there(const struct check *check, const char *table, struct str name)
{
    struct lua_machine *machine = check->configuration->lua;
    struct look look = { table, name, true };
    return !lua_protect(machine, machine->main, look_up, &look, "check") || look.found;
}

static const char *closest(const struct lua_function_table *table, const struct lua_class *class,
                           struct str name)
{
    const char *best = NULL;
    unsigned distance = 3;
    for (size_t i = 0; i < (table ? COUNT_OF(table->rows) : 1); i++)
        for (const struct lua_method_row *row = table ? table->rows[i] : class->rows; row && row->name; row++)
            if (diag_distance(name, str_of(row->name)) < distance) {
                distance = diag_distance(name, str_of(row->name));
                best = row->name;
            }
    return best;
}

static void check_place(const struct check *check, const struct lua_token *at, const char *owner,
                        char separator, const struct lua_method_row *row, unsigned context)
{
    struct buf places = BUF_INIT;
    if (!context || (row->where & context))
        return;
    for (unsigned bit = 1; bit <= LUA_IN_FILTER; bit <<= 1)
        if (row->where & bit)
            buf_printf(&places, "%s%s", places.size ? ", " : "", lua_context_name((enum lua_context)bit));
    buf_add_char(&places, 0);
    warn(check, at->line, "'%s%c%s' cannot be called from %s; it is for %s.", owner, separator, row->name,
         lua_context_name((enum lua_context)context), places.data ? places.data : "");
    buf_finish(&places);
}

/* A name that is only asked for may be a question: `if core.queue then`, `core.x or y`. */
static bool is_question(const struct check *check, size_t behind)
{
    static const char *const signs[] = { "or", "and", "then", "==", "~=", "=" };
    for (size_t i = 0; i < COUNT_OF(signs); i++)
        if (lua_token_is(token(check, behind), signs[i]))
            return true;
    return false;
}

/* Somewhere the file asks whether there is such a name. */
static bool is_asked_for(const struct check *check, const char *owner, struct str name)
{
    for (size_t i = 0; i + 3 < check->count; i++)
        if (lua_token_is(&check->tokens[i], owner) && str_eq(check->tokens[i + 2].text, name) &&
            !lua_token_is(&check->tokens[i + 3], "(") && is_question(check, i + 3))
            return true;
    return false;
}

static void check_global(struct check *check, size_t i, unsigned context)
{
    const struct lua_function_table *table = classes_functions;
    while (table->name && !lua_token_is(&check->tokens[i], table->name))
        table++;
    struct str name = token(check, i + 2)->text;
    if (!table->name || !stands_alone(check, i) || !lua_token_is(token(check, i + 1), ".") ||
        find_name(check->variables, check->variable_count, check->tokens[i].text))
        return;
    bool called = lua_token_is(token(check, i + 3), "(");
    const struct lua_method_row *row = find_function(table, name);
    if (row && called)
        check_place(check, &check->tokens[i], table->name, '.', row, context);
    if (row || is_there(check, table->name, name) || str_eq(name, STR("proxies")) ||
        str_eq(name, STR("frontends")) || str_eq(name, STR("backends")) ||
        defines(check, check->tokens[i].text, name) || is_question(check, i + 3) ||
        is_asked_for(check, table->name, name))
        return;
    const char *meant = closest(table, NULL, name);
    warn(check, check->tokens[i].line, "'%s.%.*s' is not known%s%s%s.", table->name, STR_ARG(name),
         meant ? "; maybe you meant '" : "", meant ? meant : "", meant ? "'" : "");
}

static bool is_word_method(const struct check *check, enum word_kind kind, struct str name)
{
    const struct dict *names = &check->configuration->words.by_name[kind];
    for (struct dict_entry *entry = dict_next(names, NULL); entry; entry = dict_next(names, entry)) {
        size_t i = 0;
        while (
            i < name.size && i < entry->key.size &&
            (name.data[i] == entry->key.data[i] ||
             (name.data[i] == '_' && !ascii_alpha(entry->key.data[i]) && !ascii_digit(entry->key.data[i]))))
            i++;
        if (i == name.size && i == entry->key.size)
            return true;
    }
    return false;
}

static void check_method(const struct check *check, size_t at, const char *owner,
                         const struct lua_class *class, const struct lua_class *other, unsigned context)
{
    struct str name = check->tokens[at].text;
    const struct lua_method_row *row = find_row(class->rows, name);
    if (!row && other)
        row = find_row(other->rows, name);
    if (row) {
        check_place(check, &check->tokens[at], owner, ':', row, context);
        return;
    }
    bool fetch = class == &class_fetches;
    if (fetch || class == &class_converters) {
        if (!is_word_method(check, fetch ? WORD_FETCH : WORD_CONVERTER, name))
            warn(check, check->tokens[at].line, "'%s:%.*s' is not known: there is no %s of that name.", owner,
                 STR_ARG(name), fetch ? "sample fetch" : "converter");
        return;
    }
    const char *meant = closest(NULL, class, name);
    warn(check, check->tokens[at].line, "'%s:%.*s' is not known%s%s%s.", owner, STR_ARG(name),
         meant ? "; maybe you meant '" : "", meant ? meant : "", meant ? "'" : "");
}

static const struct {
    const char *key;
    const struct lua_class *class;
} parts[] = {
    { "f", &class_fetches },
    { "sf", &class_fetches },
    { "c", &class_converters },
    { "sc", &class_converters },
    { "http", &class_http },
    { "req", &class_channel_request },
    { "res", &class_channel_response },
};

/* txn:name( and txn.part:name(. */
static void check_object(struct check *check, size_t i, unsigned context)
{
    const struct lua_token *one = &check->tokens[i];
    const struct script_name *variable =
        one->kind == LUA_TOKEN_NAME ? find_name(check->variables, check->variable_count, one->text) : NULL;
    if (!variable || variable->type == TYPE_NONE || variable->type == TYPE_MIXED || !stands_alone(check, i))
        return;
    struct str name = token(check, i + 2)->text;
    if (lua_token_is(token(check, i + 1), ":") && lua_token_is(token(check, i + 3), "(")) {
        bool txn = variable->type == TYPE_TXN;
        if (!defines(check, one->text, name))
            check_method(check, i + 2,
                         txn                                 ? "TXN"
                         : variable->type == TYPE_APPLET_TCP ? "AppletTCP"
                                                             : "AppletHTTP",
                         txn                                 ? &class_txn
                         : variable->type == TYPE_APPLET_TCP ? &class_applet_tcp
                                                             : &class_applet_http,
                         variable->type == TYPE_APPLET ? &class_applet_tcp : NULL, context);
        return;
    }
    if (!lua_token_is(token(check, i + 1), ".") || !lua_token_is(token(check, i + 3), ":") ||
        !lua_token_is(token(check, i + 5), "("))
        return;
    for (size_t part = 0; part < COUNT_OF(parts); part++)
        if (str_eq(name, str_of(parts[part].key)))
            check_method(check, i + 4, parts[part].class->name, parts[part].class, NULL, context);
}

/* ---- the walk ---- */

static unsigned context_of_function(struct check *check, size_t i)
{
    const struct registration *row = registers_literal(check, i);
    const struct script_name *name = function_name(check, i);
    return row ? (unsigned)row->context : name ? name->context : 0;
}

static void walk(struct check *check)
{
    unsigned contexts[DEPTH_MAX] = { LUA_IN_BODY }, depth = 0;
    for (size_t i = 0; i < check->count && depth + 1 < DEPTH_MAX; i++) {
        const struct lua_token *one = &check->tokens[i];
        unsigned context = contexts[depth];
        bool field = !stands_alone(check, i);
        if (!field && lua_token_is(one, "function")) {
            contexts[++depth] = context_of_function(check, i);
        } else if (!field &&
                   (lua_token_is(one, "if") || lua_token_is(one, "do") || lua_token_is(one, "repeat"))) {
            contexts[depth + 1] = context;
            depth++;
        } else if (!field && (lua_token_is(one, "end") || lua_token_is(one, "until"))) {
            depth -= depth > 0;
        } else {
            check_global(check, i, context);
            check_object(check, i, context);
        }
    }
}

void lua_check_files(struct configuration *configuration)
{
    struct platform *platform = configuration->platform;
    for (const struct lua_file *file = configuration->lua ? configuration->lua_files : NULL; file;
         file = file->next) {
        struct buf text = BUF_INIT;
        struct lua_tokens tokens = { 0 };
        struct check *check = mem_zero(sizeof(*check));
        if (check && platform->ops->file_read(platform, file->path, &text) == IO_OK &&
            lua_lex(buf_str(&text), &tokens)) {
            check->configuration = configuration;
            check->file = file->path;
            check->tokens = tokens.list;
            check->count = tokens.count;
            collect(check);
            walk(check);
        }
        lua_lex_finish(&tokens);
        buf_finish(&text);
        mem_free(check);
    }
}
