/* Lua 5.4's lexical conventions (manual 3.1). */
#include "lua/lua_lex.h"
#include "base/mem.h"

struct lexer {
    struct str rest;
    unsigned line;
    struct lua_tokens *out;
};

static bool add(struct lexer *lexer, enum lua_token_kind kind, unsigned line, struct str text)
{
    struct lua_tokens *out = lexer->out;
    if (out->count == out->room) {
        size_t room = out->room ? out->room * 2 : 256;
        struct lua_token *list = mem_resize(out->list, room * sizeof(*list));
        if (!list)
            return false;
        out->list = list;
        out->room = room;
    }
    out->list[out->count++] = (struct lua_token){ kind, line, text };
    return true;
}

static char at(const struct lexer *lexer, size_t i)
{
    return i < lexer->rest.size ? lexer->rest.data[i] : 0;
}

static struct str take(struct lexer *lexer, size_t size)
{
    struct str taken = str_slice(lexer->rest, 0, size);
    for (size_t i = 0; i < taken.size; i++)
        lexer->line += taken.data[i] == '\n';
    lexer->rest = str_from(lexer->rest, taken.size);
    return taken;
}

/* "[[", "[=[" ...: how many characters open it; 0: it is none. */
static size_t long_opens(const struct lexer *lexer, size_t from)
{
    size_t i = from + 1;
    if (at(lexer, from) != '[')
        return 0;
    while (at(lexer, i) == '=')
        i++;
    return at(lexer, i) == '[' ? i + 1 - from : 0;
}

/* The whole of a long bracket that begins at `from`, of an opening of so many characters. */
static size_t long_size(const struct lexer *lexer, size_t from, size_t opening)
{
    for (size_t i = from + opening; i + opening <= lexer->rest.size; i++) {
        size_t same = 1;
        if (at(lexer, i) != ']')
            continue;
        while (same < opening - 1 && at(lexer, i + same) == '=')
            same++;
        if (same == opening - 1 && at(lexer, i + same) == ']')
            return i + opening;
    }
    return lexer->rest.size;
}

static void skip_comment(struct lexer *lexer)
{
    size_t opening = long_opens(lexer, 2);
    size_t end = opening ? long_size(lexer, 2, opening) : str_find_char(lexer->rest, '\n');
    (void)take(lexer, end == STR_NOT_FOUND ? lexer->rest.size : end);
}

static size_t quoted_size(const struct lexer *lexer)
{
    char quote = at(lexer, 0);
    size_t i = 1;
    while (i < lexer->rest.size && at(lexer, i) != quote && at(lexer, i) != '\n')
        i += at(lexer, i) == '\\' ? 2 : 1;
    return i < lexer->rest.size ? i + 1 : lexer->rest.size;
}

static bool is_word(char c)
{
    return ascii_alpha(c) || ascii_digit(c) || c == '_';
}

static size_t word_size(const struct lexer *lexer)
{
    size_t i = 0;
    while (is_word(at(lexer, i)) ||
           (ascii_digit(at(lexer, 0)) && at(lexer, i) == '.' && ascii_digit(at(lexer, i + 1))))
        i++;
    return i;
}

static size_t sign_size(const struct lexer *lexer)
{
    static const char *const signs[] = { "...", "..", "==", "~=", "<=", ">=", "::", "//", "<<", ">>" };
    for (size_t i = 0; i < COUNT_OF(signs); i++)
        if (str_starts(lexer->rest, str_of(signs[i])))
            return strlen(signs[i]);
    return 1;
}

static bool next(struct lexer *lexer)
{
    unsigned line = lexer->line;
    size_t opening = long_opens(lexer, 0);
    char c = at(lexer, 0);
    if (opening) {
        struct str text = take(lexer, long_size(lexer, 0, opening));
        return add(lexer, LUA_TOKEN_TEXT, line,
                   str_slice(text, opening, text.size >= 2 * opening ? text.size - 2 * opening : 0));
    }
    if (c == '"' || c == '\'') {
        struct str text = take(lexer, quoted_size(lexer));
        return add(lexer, LUA_TOKEN_TEXT, line, str_slice(text, 1, text.size >= 2 ? text.size - 2 : 0));
    }
    if (is_word(c))
        return add(lexer, ascii_digit(c) ? LUA_TOKEN_NUMBER : LUA_TOKEN_NAME, line,
                   take(lexer, word_size(lexer)));
    return add(lexer, LUA_TOKEN_SIGN, line, take(lexer, sign_size(lexer)));
}

bool lua_lex(struct str source, struct lua_tokens *out)
{
    struct lexer lexer = { source, 1, out };
    *out = (struct lua_tokens){ 0 };
    if (at(&lexer, 0) == '#') {
        size_t end = str_find_char(source, '\n');
        (void)take(&lexer, end == STR_NOT_FOUND ? source.size : end);
    }
    while (lexer.rest.size) {
        char c = at(&lexer, 0);
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v')
            (void)take(&lexer, 1);
        else if (c == '-' && at(&lexer, 1) == '-')
            skip_comment(&lexer);
        else if (!next(&lexer))
            return false;
    }
    return add(&lexer, LUA_TOKEN_END, lexer.line, STR_NONE);
}

void lua_lex_finish(struct lua_tokens *tokens)
{
    mem_free(tokens->list);
    *tokens = (struct lua_tokens){ 0 };
}

bool lua_token_is(const struct lua_token *token, const char *text)
{
    return (token->kind == LUA_TOKEN_NAME || token->kind == LUA_TOKEN_SIGN) &&
           str_eq(token->text, str_of(text));
}
