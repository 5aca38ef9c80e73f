/* The tokens of a Lua source, with their lines: enough to look at names without running anything. */
#ifndef LUA_LUA_LEX_H
#define LUA_LUA_LEX_H
#include "base/str.h"

enum lua_token_kind {
    LUA_TOKEN_END,
    LUA_TOKEN_NAME /* keywords too */,
    LUA_TOKEN_TEXT,
    LUA_TOKEN_NUMBER,
    LUA_TOKEN_SIGN
};

struct lua_token {
    enum lua_token_kind kind;
    unsigned line;
    struct str text; /* in the source; of a text without its quotes */
};

struct lua_tokens {
    struct lua_token *list; /* ends with LUA_TOKEN_END */
    size_t count, room;
};

/* false: no memory. The source is valid Lua; what is not is cut somehow. Freed by lua_lex_finish. */
bool lua_lex(struct str source, struct lua_tokens *out) MUST_USE;
void lua_lex_finish(struct lua_tokens *tokens);
bool lua_token_is(const struct lua_token *token, const char *text); /* a name or sign; never a text */

#endif
