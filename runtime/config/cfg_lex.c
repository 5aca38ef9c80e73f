/* The cutter of lines. Blanks end a word unless they are quoted or escaped; quotes make a word even when
 * nothing stands between them. Variables count between double quotes only; their text is never looked at
 * again, but "${NAME[*]}" is cut at its blanks, and when it is empty makes no word at all. */
#include "config/cfg_lex.h"

#define SHOWN_WIDTH 80 /* of a line in a message */
#define NOT_BEGUN   SIZE_MAX

struct cutter {
    struct cfg_lex *lex;
    struct str line;
    size_t at;
    size_t starts[CFG_WORD_MAX]; /* offsets in lex->text, which may still move */
    size_t word_at;              /* where the latest word began in the line */
    bool in_word;
    bool bare_quotes; /* the word in hand is nothing but quotes so far */
    enum cfg_lex_error error;
};

static bool blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static char byte_at(const struct cutter *cutter, size_t at)
{
    return at < cutter->line.size ? cutter->line.data[at] : 0;
}

static void fail(struct cutter *cutter, enum cfg_lex_error error, size_t at)
{
    if (cutter->error)
        return;
    cutter->error = error;
    cutter->lex->error_at = at;
}

static void begin_word(struct cutter *cutter)
{
    if (cutter->in_word)
        return;
    struct cfg_lex *lex = cutter->lex;
    if (lex->count == CFG_WORD_MAX) {
        fail(cutter, LEX_TOO_MANY_WORDS, cutter->word_at);
        return;
    }
    cutter->starts[lex->count++] = lex->text.size;
    cutter->word_at = cutter->at;
    cutter->in_word = true;
}

static void end_word(struct cutter *cutter)
{
    if (!cutter->in_word)
        return;
    buf_add_char(&cutter->lex->text, 0);
    cutter->in_word = false;
    cutter->bare_quotes = false;
}

/* Unmakes a word that consists of quotes alone: "${UNSET[*]}" leaves nothing behind. */
static void drop_bare_quotes(struct cutter *cutter)
{
    if (!cutter->in_word || !cutter->bare_quotes)
        return;
    cutter->lex->count--;
    cutter->in_word = false;
    cutter->bare_quotes = false;
}

static void add_byte(struct cutter *cutter, char c)
{
    begin_word(cutter);
    cutter->bare_quotes = false;
    buf_add_char(&cutter->lex->text, c);
}

/* At a backslash outside single quotes. What is no escape keeps its backslash ("\1" in a regex
 * replacement). */
static void take_escape(struct cutter *cutter, bool in_double)
{
    char next = byte_at(cutter, cutter->at + 1);
    size_t taken = 2;
    char out = next;
    switch (next) {
    case ' ':
    case '\\':
    case '\'':
    case '"':
        break;
    case 't':
        out = '\t';
        break;
    case 'n':
        out = '\n';
        break;
    case 'r':
        out = '\r';
        break;
    case '#':
    case '$':
        if (next == '#' ? !cutter->lex->no_comments : in_double)
            break;
        taken = 1;
        out = '\\';
        break;
    case 'x': {
        int high = ascii_hex(byte_at(cutter, cutter->at + 2)),
            low = ascii_hex(byte_at(cutter, cutter->at + 3));
        if (high < 0 || low < 0) {
            fail(cutter, LEX_BAD_ESCAPE, cutter->at);
            return;
        }
        out = (char)(high * 16 + low);
        taken = 4;
        break;
    }
    default:
        taken = 1;
        out = '\\';
    }
    add_byte(cutter, out);
    cutter->at += taken;
}

static bool name_byte(char c)
{
    return ascii_alpha(c) || ascii_digit(c) || c == '_';
}

/* The value of a variable; NULL when it is not set, or after an error. */
static const char *look_up(struct cutter *cutter, struct str name)
{
    struct cfg_lex *lex = cutter->lex;
    if (name.data[0] == '.') {
        const char *own = lex->own_variable ? lex->own_variable(lex->data, name) : NULL;
        if (!own)
            fail(cutter, LEX_BAD_VARIABLE, (size_t)(name.data - cutter->line.data));
        return own;
    }
    buf_reset(&lex->name);
    buf_add(&lex->name, name);
    if (lex->name.failed) {
        fail(cutter, LEX_NO_MEMORY, cutter->at);
        return NULL;
    }
    return lex->platform ? lex->platform->ops->env_get(lex->platform, lex->name.data) : NULL;
}

static void add_value(struct cutter *cutter, struct str value, bool cut_at_blanks)
{
    for (size_t i = 0; i < value.size && !cutter->error; i++) {
        if (cut_at_blanks && blank(value.data[i]))
            end_word(cutter);
        else
            add_byte(cutter, value.data[i]);
    }
}

/* At a dollar within double quotes. */
static void take_variable(struct cutter *cutter)
{
    size_t from = cutter->at + 1;
    bool braces = byte_at(cutter, from) == '{';
    size_t brace_at = from;
    from += braces;
    char first = byte_at(cutter, from);
    if (!ascii_alpha(first) && first != '_' && first != '.') {
        fail(cutter, LEX_BAD_VARIABLE, from);
        return;
    }
    size_t to = from + 1;
    while (name_byte(byte_at(cutter, to)))
        to++;
    const char *found = look_up(cutter, str_slice(cutter->line, from, to - from));
    if (cutter->error)
        return;
    struct str value = str_of(found);
    bool cut = braces && byte_at(cutter, to) == '[';
    if (cut) {
        if (byte_at(cutter, to + 1) != '*' || byte_at(cutter, to + 2) != ']') {
            fail(cutter, LEX_BAD_EXPANSION, to);
            return;
        }
        to += 3;
    }
    if (braces) {
        size_t close = str_find_char(str_from(cutter->line, to), '}');
        bool has_default = byte_at(cutter, to) == '-';
        if (close == STR_NOT_FOUND || (close > 0 && !has_default)) {
            fail(cutter, LEX_BRACE_OPEN, brace_at);
            return;
        }
        if (!found && has_default)
            value = str_slice(cutter->line, to + 1, close - 1);
        to += close + 1;
    }
    cutter->at = to;
    if (cut) {
        drop_bare_quotes(cutter);
    } else { /* even an unset variable makes a word */
        begin_word(cutter);
        cutter->bare_quotes = false;
    }
    add_value(cutter, value, cut);
}

static void take_single_quotes(struct cutter *cutter)
{
    size_t size = str_find_char(str_from(cutter->line, cutter->at + 1), '\'');
    if (size == STR_NOT_FOUND) {
        fail(cutter, LEX_QUOTE_OPEN, cutter->at);
        return;
    }
    bool fresh = !cutter->in_word;
    begin_word(cutter);
    cutter->bare_quotes |= fresh;
    for (size_t i = 0; i < size; i++)
        add_byte(cutter, cutter->line.data[cutter->at + 1 + i]);
    cutter->at += size + 2;
}

static void take_double_quotes(struct cutter *cutter)
{
    size_t open = cutter->at++;
    bool fresh = !cutter->in_word;
    begin_word(cutter);
    cutter->bare_quotes |= fresh;
    while (!cutter->error && cutter->at < cutter->line.size && cutter->line.data[cutter->at] != '"') {
        char c = cutter->line.data[cutter->at];
        if (c == '\\') {
            take_escape(cutter, true);
        } else if (c == '$') {
            take_variable(cutter);
        } else {
            add_byte(cutter, c);
            cutter->at++;
        }
    }
    if (cutter->at >= cutter->line.size)
        fail(cutter, LEX_QUOTE_OPEN, open);
    cutter->at++;
}

static void take_next(struct cutter *cutter)
{
    char c = cutter->line.data[cutter->at];
    if (blank(c)) {
        end_word(cutter);
        cutter->at++;
    } else if (c == '"') {
        take_double_quotes(cutter);
    } else if (c == '\'') {
        take_single_quotes(cutter);
    } else if (c == '\\') {
        take_escape(cutter, false);
    } else {
        add_byte(cutter, c);
        cutter->at++;
    }
}

enum cfg_lex_error cfg_lex_line(struct cfg_lex *lex, struct str line)
{
    struct cutter cutter = { .lex = lex, .line = line };
    buf_reset(&lex->text);
    lex->count = 0;
    lex->error_at = 0;
    while (cutter.at < line.size && !cutter.error) {
        if (line.data[cutter.at] == '#' && !lex->no_comments)
            break;
        take_next(&cutter);
    }
    end_word(&cutter);
    if (lex->text.failed)
        fail(&cutter, LEX_NO_MEMORY, 0);
    if (cutter.error)
        lex->count = 0;
    for (unsigned i = 0; i < lex->count; i++)
        lex->words[i] = lex->text.data + cutter.starts[i];
    lex->words[lex->count] = NULL;
    return cutter.error;
}

void cfg_lex_finish(struct cfg_lex *lex)
{
    buf_finish(&lex->text);
    buf_finish(&lex->name);
    lex->count = 0;
    lex->words[0] = NULL;
}

const char *cfg_lex_error_text(enum cfg_lex_error error)
{
    switch (error) {
    case LEX_OK:
        break;
    case LEX_QUOTE_OPEN:
        return "unmatched quote";
    case LEX_BRACE_OPEN:
        return "unmatched brace in environment variable name";
    case LEX_BAD_VARIABLE:
        return "forbidden first char in environment variable name";
    case LEX_BAD_ESCAPE:
        return "truncated or invalid hexadecimal sequence";
    case LEX_BAD_EXPANSION:
        return "truncated or invalid word expansion sequence";
    case LEX_TOO_MANY_WORDS:
        return "too many words";
    case LEX_NO_MEMORY:
        return "line too long, cannot allocate memory";
    }
    return "no error";
}

void cfg_lex_point_at(struct buf *out, struct str line, size_t at)
{
    if (at > line.size)
        at = line.size;
    size_t from = 0, width = line.size;
    if (line.size > SHOWN_WIDTH) {
        from = at > SHOWN_WIDTH / 2 ? at - SHOWN_WIDTH / 2 : 0;
        width = SHOWN_WIDTH;
    }
    struct str shown = str_slice(line, from, width);
    bool cut_front = from > 0, cut_end = from + shown.size < line.size;
    buf_add_c(out, cut_front ? "\n  ..." : "\n  ");
    for (size_t i = 0; i < shown.size; i++)
        buf_add_char(out, shown.data[i] >= ' ' && shown.data[i] <= '~' ? shown.data[i] : '?');
    buf_add_c(out, cut_end ? "...\n" : "\n");
    buf_printf(out, "%*s", (int)(at - from + (cut_front ? 6 : 3)), "^");
}
