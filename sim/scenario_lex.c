/* The lexer of scenarios: one pass over the text, commands collected in a chain and handed out as an array. */
#include "sim/scenario_lex.h"
#include "base/buf.h"

struct lexer {
    struct str text;
    size_t at;
    unsigned line;
    struct arena *arena;
    struct lex_mistake *mistake;
};

struct lex_link {
    struct lex_link *next;
    struct lex_command command;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\v' || c == '\f';
}

static bool lex_wrong(struct lexer *lexer, unsigned line, const char *what)
{
    lexer->mistake->line = line;
    lexer->mistake->what = what;
    return false;
}

static char lex_peek(const struct lexer *lexer, size_t ahead)
{
    return lexer->at + ahead < lexer->text.size ? lexer->text.data[lexer->at + ahead] : '\0';
}

/* Blanks, empty lines and comments before a command; false at the end of the text. */
static bool skip_to_command(struct lexer *lexer)
{
    while (lexer->at < lexer->text.size) {
        char c = lexer->text.data[lexer->at];

        if (c == '\n')
            lexer->line++;
        if (is_blank(c)) {
            lexer->at++;
            continue;
        }
        if (c != '#')
            return true;
        while (lexer->at < lexer->text.size && lexer->text.data[lexer->at] != '\n')
            lexer->at++;
    }
    return false;
}

/* One escape of a quoted word; lexer->at is at the backslash and ends behind the escape. */
static bool read_escape(struct lexer *lexer, char *out)
{
    char c = lex_peek(lexer, 1);
    int high, low;

    switch (c) {
    case 'n':
        *out = '\n';
        break;
    case 'r':
        *out = '\r';
        break;
    case 't':
        *out = '\t';
        break;
    case '"':
    case '\\':
        *out = c;
        break;
    case 'x':
        high = ascii_hex(lex_peek(lexer, 2));
        low = ascii_hex(lex_peek(lexer, 3));
        if (high < 0 || low < 0)
            return lex_wrong(lexer, lexer->line, "\\x wants two hexadecimal digits");
        *out = (char)(high * 16 + low);
        lexer->at += 4;
        return true;
    default:
        if (c < '0' || c > '7')
            return lex_wrong(lexer, lexer->line,
                             "unknown escape in a quoted word: \\n \\r \\t \\\" \\\\ \\ooo \\xHH are known");
        unsigned value = 0;
        lexer->at++;
        for (int i = 0; i < 3 && lex_peek(lexer, 0) >= '0' && lex_peek(lexer, 0) <= '7'; i++, lexer->at++)
            value = value * 8 + (unsigned)(lex_peek(lexer, 0) - '0');
        *out = (char)value;
        return true;
    }
    lexer->at += 2;
    return true;
}

static bool read_quoted(struct lexer *lexer, struct lex_word *word)
{
    size_t end = lexer->at + 1;
    size_t size = 0;
    char *out;

    while (end < lexer->text.size && lexer->text.data[end] != '\n')
        end++;
    out = arena_need(lexer->arena, end - lexer->at + 1);
    lexer->at++;
    for (;;) {
        if (lexer->at >= end)
            return lex_wrong(lexer, lexer->line, "a quoted word does not end on its line");
        if (lexer->text.data[lexer->at] == '"')
            break;
        if (lexer->text.data[lexer->at] != '\\') {
            out[size++] = lexer->text.data[lexer->at++];
            continue;
        }
        if (!read_escape(lexer, &out[size++]))
            return false;
    }
    lexer->at++;
    word->text = str_make(out, size);
    return true;
}

static bool read_braced(struct lexer *lexer, struct lex_word *word)
{
    size_t begin = ++lexer->at;
    unsigned first_line = lexer->line, depth = 1;

    for (; lexer->at < lexer->text.size; lexer->at++) {
        char c = lexer->text.data[lexer->at];

        if (c == '\n')
            lexer->line++;
        else if (c == '{')
            depth++;
        else if (c == '}' && --depth == 0)
            break;
    }
    if (depth)
        return lex_wrong(lexer, first_line, "this opening brace has no closing one");
    word->in_braces = true;
    word->text =
        str_make(arena_need_copy(lexer->arena, str_make(lexer->text.data + begin, lexer->at - begin)),
                 lexer->at - begin);
    lexer->at++;
    return true;
}

static void read_bare(struct lexer *lexer, struct lex_word *word)
{
    size_t begin = lexer->at;

    while (lexer->at < lexer->text.size && !is_blank(lexer->text.data[lexer->at]))
        lexer->at++;
    word->text =
        str_make(arena_need_copy(lexer->arena, str_make(lexer->text.data + begin, lexer->at - begin)),
                 lexer->at - begin);
}

/* All words up to the newline that ends the command. */
static bool read_command(struct lexer *lexer, struct lex_command *command)
{
    struct lex_word words[SCENARIO_WORDS_MAX];

    *command = (struct lex_command){ .line = lexer->line };
    while (lexer->at < lexer->text.size && lexer->text.data[lexer->at] != '\n') {
        char c = lexer->text.data[lexer->at];
        struct lex_word word = { .line = lexer->line };

        if (is_blank(c)) {
            lexer->at++;
            continue;
        }
        if (c == '\\' && lex_peek(lexer, 1) == '\n') {
            lexer->at += 2;
            lexer->line++;
            continue;
        }
        if (command->count == SCENARIO_WORDS_MAX)
            return lex_wrong(lexer, lexer->line, "a command has more than 200 words");
        if (c == '"') {
            if (!read_quoted(lexer, &word))
                return false;
        } else if (c == '{') {
            if (!read_braced(lexer, &word))
                return false;
        } else {
            read_bare(lexer, &word);
        }
        word.has_macro = str_find(word.text, STR("${")) != STR_NOT_FOUND;
        command->has_macro |= word.has_macro;
        words[command->count++] = word;
    }
    command->words = arena_need(lexer->arena, command->count * sizeof(words[0]));
    memcpy(command->words, words, command->count * sizeof(words[0]));
    return true;
}

bool scenario_lex(struct str text, unsigned first_line, struct arena *arena, struct lex_command **commands,
                  unsigned *count, struct lex_mistake *mistake)
{
    struct lexer lexer = { text, 0, first_line, arena, mistake };
    struct lex_link *first = NULL, **last = &first;
    unsigned i = 0;

    *count = 0;
    while (skip_to_command(&lexer)) {
        struct lex_link *link = arena_need(arena, sizeof(*link));

        if (!read_command(&lexer, &link->command))
            return false;
        *last = link;
        last = &link->next;
        ++*count;
    }
    *commands = arena_need(arena, *count * sizeof(**commands) + 1);
    for (struct lex_link *link = first; link; link = link->next)
        (*commands)[i++] = link->command;
    return true;
}
