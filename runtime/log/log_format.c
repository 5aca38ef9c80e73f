/* Formats: read once into a chain of pieces (text, blank, alias, expression), then built for each line.
 *
 * "%{+Q,-E}name", "%{..}[expression]", "%%"; a blank is a piece of its own so that a format for log lines can merge
 * several into one, also where what stands between turns out to be nothing. "%o" changes the flags of all that
 * follows. */
#include "log/log_format.h"

const char log_format_http[] = "%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc "
                               "%ac/%fc/%bc/%sc/%rc %sq/%bq %hr %hs %{+Q}r";
const char log_format_https[] =
    "%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq %hr %hs "
    "%{+Q}r "
    "%[fc_err]/%[ssl_fc_err,hex]/%[ssl_c_err]/%[ssl_c_ca_err]/%[ssl_fc_is_resumed] %[ssl_fc_sni]/%sslv/%sslc";
const char log_format_clf[] = "%{+Q}o %{-Q}ci - - [%trg] %r %ST %B \"\" \"\" %cp %ms %ft %b %s %TR %Tw %Tc "
                              "%Tr %Ta %tsc %ac %fc %bc %sc %rc %sq "
                              "%bq %CC %CS %hrl %hsl";
const char log_format_tcp[] = "%ci:%cp [%t] %ft %b/%s %Tw/%Tc/%Tt %B %ts %ac/%fc/%bc/%sc/%rc %sq/%bq";
const char log_format_default_tcp[] = "Connect from %ci:%cp to %fi:%fp (%f/TCP)";
const char log_format_default_http[] = "Connect from %ci:%cp to %fi:%fp (%f/HTTP)";
const char log_format_error[] = "%ci:%cp [%tr] %ft: %[fc_err_str]";

enum piece_kind { PIECE_TEXT, PIECE_BLANK, PIECE_ALIAS, PIECE_EXPRESSION };

struct piece {
    struct piece *next;
    enum piece_kind kind;
    unsigned flags;
    struct str text;                 /* PIECE_TEXT */
    const struct log_alias_row *row; /* PIECE_ALIAS */
    struct sample_expr *expr;        /* PIECE_EXPRESSION */
};

struct log_format {
    struct piece *pieces;
    bool needs_end;
};

/* ---- reading ---- */

struct reading {
    struct sample_parser *parser;
    const struct log_format_options *options;
    struct log_format *format;
    struct piece **end;
    struct buf text; /* of the text piece that grows */
    const char *at;
    unsigned flags; /* usual flags of the next pieces; `%o` changes them */
};

static bool fail(struct reading *reading, const char *format, ...) PRINTF_LIKE(2, 3);
static bool fail(struct reading *reading, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    reading->parser->error = arena_vprintf(reading->parser->arena, format, values).data;
    va_end(values);
    return false;
}

static struct piece *add_piece(struct reading *reading, enum piece_kind kind, unsigned flags)
{
    struct piece *piece = arena_zero(reading->parser->arena, sizeof(*piece));
    if (!piece)
        return NULL;
    piece->kind = kind;
    piece->flags = flags;
    *reading->end = piece;
    reading->end = &piece->next;
    return piece;
}

static bool end_text(struct reading *reading)
{
    if (reading->text.failed)
        return fail(reading, "out of memory");
    if (!reading->text.size)
        return true;
    struct piece *piece = add_piece(reading, PIECE_TEXT, reading->flags);
    if (!piece)
        return fail(reading, "out of memory");
    piece->text = arena_copy(reading->parser->arena, buf_str(&reading->text));
    buf_reset(&reading->text);
    return piece->text.data || fail(reading, "out of memory");
}

static void set_flag(unsigned *flags, char sign, char letter)
{
    unsigned bit = 0;
    switch (letter) {
    case 'Q':
        bit = LOG_QUOTE;
        break;
    case 'X':
        bit = LOG_HEX;
        break;
    case 'E':
        bit = LOG_ESCAPE;
        break;
    case 'M':
        bit = LOG_MANDATORY;
        break;
    }
    *flags = sign == '-' ? *flags & ~bit : *flags | bit;
}

/* "{+Q,-X}": unknown words are skipped, as HAProxy does. */
static bool read_flags(struct reading *reading, unsigned *flags)
{
    if (*reading->at != '{')
        return true;
    const char *from = reading->at + 1, *end = strchr(from, '}');
    if (!end)
        return fail(reading, "truncated line after '%s'", from);
    struct str rest = str_make(from, (size_t)(end - from));
    while (rest.data) {
        struct str word = str_trim(str_split(&rest, ','));
        if (word.size == 2 && (word.data[0] == '+' || word.data[0] == '-'))
            set_flag(flags, word.data[0], word.data[1]);
    }
    reading->at = end + 1;
    return true;
}

/* The ']' that ends the expression: not one inside parentheses or quotes. NULL: there is none. */
static const char *expression_end(const char *at)
{
    unsigned depth = 0;
    char quote = 0;
    for (; *at; at++) {
        if (*at == '\\' && quote != '\'' && at[1])
            at++;
        else if (quote)
            quote = *at == quote ? 0 : quote;
        else if (depth && (*at == '"' || *at == '\''))
            quote = *at;
        else if (*at == '(')
            depth++;
        else if (*at == ')' && depth)
            depth--;
        else if (*at == ']' && !depth)
            return at;
    }
    return NULL;
}

static bool read_expression(struct reading *reading, unsigned flags)
{
    const char *from = reading->at + 1, *end = expression_end(from), *stop = NULL;
    if (!end)
        return fail(reading, "missing ']' after '%s'", from);
    struct str text = arena_copy(reading->parser->arena, str_make(from, (size_t)(end - from)));
    struct piece *piece = add_piece(reading, PIECE_EXPRESSION, flags);
    if (!text.data || !piece)
        return fail(reading, "out of memory");
    piece->expr = sample_expr_parse(reading->parser, text.data, &stop);
    if (!piece->expr)
        return fail(reading, "failed to parse sample expression <%s> : %s", text.data,
                    reading->parser->error ? reading->parser->error : "out of memory");
    if (*stop)
        return fail(reading, "expected ']' after '%.*s', but found '%c'", (int)(stop - text.data), text.data,
                    *stop);
    reading->format->needs_end |= !(piece->expr->fetch->valid & (unsigned)~AT_LOG & (AT_ANYWHERE));
    reading->at = end + 1;
    return true;
}

static bool read_alias(struct reading *reading, unsigned flags)
{
    const char *from = reading->at;
    while (ascii_alpha(*reading->at) || *reading->at == '_')
        reading->at++;
    struct str name = str_make(from, (size_t)(reading->at - from));
    if (str_eq(name, STR("o"))) {
        reading->flags = flags;
        return true;
    }
    const struct word *word = words_find(reading->parser->words, WORD_LOG_ALIAS, name);
    if (!word)
        return fail(
            reading,
            "no such format variable '%.*s'. If you wanted to emit the '%%' character verbatim, you need to "
            "use '%%%%'",
            STR_ARG(name));
    const struct log_alias_row *row = word->row;
    if (row->http_only && !reading->options->http)
        return fail(reading, "format variable '%.*s' is reserved for HTTP mode", STR_ARG(name));
    struct piece *piece = add_piece(reading, PIECE_ALIAS, flags);
    if (!piece)
        return fail(reading, "out of memory");
    piece->row = row;
    reading->format->needs_end |= row->needs_end;
    return true;
}

/* "(name:type)", of HAProxy 3: names the value for encodings that have names; the plain text needs none. */
static bool skip_name(struct reading *reading)
{
    if (*reading->at != '(')
        return true;
    const char *end = strchr(reading->at, ')');
    if (!end)
        return fail(reading, "truncated line after '%s'", reading->at + 1);
    reading->at = end + 1;
    return true;
}

/* Behind a '%'. */
static bool read_piece(struct reading *reading)
{
    unsigned flags = reading->flags;
    if (*reading->at == '%') {
        buf_add_char(&reading->text, '%');
        reading->at++;
        return true;
    }
    if (!end_text(reading) || !skip_name(reading) || !read_flags(reading, &flags))
        return false;
    if (*reading->at == '[')
        return read_expression(reading, flags);
    if (ascii_alpha(*reading->at))
        return read_alias(reading, flags);
    if (!*reading->at)
        return fail(reading, "truncated line after '%%'");
    return fail(reading, "unexpected character '%c' after '%%'", *reading->at);
}

static bool read_all(struct reading *reading)
{
    bool merge = reading->options->flags & LOG_MERGE_BLANKS;
    while (*reading->at) {
        char c = *reading->at++;
        if (c == '%') {
            if (!read_piece(reading))
                return false;
        } else if (c == ' ' && merge) {
            if (!end_text(reading) || !add_piece(reading, PIECE_BLANK, 0))
                return false;
        } else {
            buf_add_char(&reading->text, c);
        }
    }
    return end_text(reading);
}

struct log_format *log_format_parse(struct sample_parser *parser, const char *text,
                                    const struct log_format_options *options)
{
    struct log_format *format = arena_zero(parser->arena, sizeof(*format));
    if (!format)
        return NULL;
    struct reading reading = { .parser = parser,
                               .options = options,
                               .format = format,
                               .end = &format->pieces,
                               .text = BUF_INIT,
                               .at = text,
                               .flags = options->flags & ~(unsigned)LOG_MERGE_BLANKS };
    bool good = read_all(&reading);
    buf_finish(&reading.text);
    return good ? format : NULL;
}

/* ---- writing ---- */

static void add_escaped_data(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (c == '"' || c == '\\' || c == ']')
            buf_add_char(out, '\\');
        buf_add_char(out, c);
    }
}

void log_put(struct buf *out, struct str text, unsigned flags)
{
    if (flags & LOG_QUOTE)
        buf_add_char(out, '"');
    if (!text.size && (flags & (LOG_QUOTE | LOG_MANDATORY)) == LOG_MANDATORY)
        buf_add_char(out, '-');
    else if (flags & LOG_ESCAPE)
        add_escaped_data(out, text);
    else
        buf_add(out, text);
    if (flags & LOG_QUOTE)
        buf_add_char(out, '"');
}

static void add_hex(struct buf *out, char c)
{
    static const char digits[] = "0123456789ABCDEF";
    buf_add_char(out, '#');
    buf_add_char(out, digits[(uint8_t)c >> 4]);
    buf_add_char(out, digits[c & 15]);
}

void log_print_escaped(struct buf *out, struct str text, const char *also)
{
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if ((uint8_t)c < 32 || (uint8_t)c >= 127 || (also && c && strchr(also, c)))
            add_hex(out, c);
        else
            buf_add_char(out, c);
    }
}

void log_put_escaped(struct buf *out, struct str text, const char *also, unsigned flags)
{
    struct buf escaped = BUF_INIT;
    log_print_escaped(&escaped, text, also);
    log_put(out, buf_str(&escaped), flags);
    out->failed |= escaped.failed;
    buf_finish(&escaped);
}

/* What an expression gives is printed as it is, bytes past 126 too (HAProxy prints even control characters, which
 * lets a value end the line; here they are #XX, a tab excepted). */
static void put_value(struct buf *out, struct str text, unsigned flags, bool raw)
{
    size_t i = 0;
    while (i < text.size && ((uint8_t)text.data[i] >= 32 || text.data[i] == '\t') && text.data[i] != 127)
        i++;
    if (raw || i == text.size) {
        log_put(out, text, flags);
        return;
    }
    struct buf clean = BUF_INIT;
    for (i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (((uint8_t)c < 32 && c != '\t') || c == 127)
            add_hex(&clean, c);
        else
            buf_add_char(&clean, c);
    }
    log_put(out, buf_str(&clean), flags);
    out->failed |= clean.failed;
    buf_finish(&clean);
}

static void put_expression(const struct piece *piece, struct sample_context *context, bool raw,
                           struct buf *out)
{
    struct arena_mark mark = arena_mark(context->scratch);
    struct sample value;
    struct str text = STR_NONE;
    if (sample_eval_as(piece->expr, context, SAMPLE_STR, &value))
        text = value.u.text;
    put_value(out, text, piece->flags, raw);
    arena_rewind(context->scratch, mark);
}

void log_format_build(const struct log_format *format, struct sample_context *context, bool raw,
                      struct buf *out)
{
    size_t blank_until = out->size; /* where out ends right behind a blank, or at its beginning */
    for (const struct piece *piece = format->pieces; piece; piece = piece->next) {
        switch (piece->kind) {
        case PIECE_TEXT:
            buf_add(out, piece->text);
            break;
        case PIECE_BLANK:
            if (out->size == blank_until)
                break;
            buf_add_char(out, ' ');
            blank_until = out->size;
            break;
        case PIECE_ALIAS:
            piece->row->run(context, piece->flags, out);
            break;
        case PIECE_EXPRESSION:
            put_expression(piece, context, raw, out);
            break;
        }
    }
}

struct str log_format_text(const struct log_format *format, struct sample_context *context, bool raw)
{
    struct str text;
    if (log_format_is_constant(format, &text))
        return text;
    struct buf out = BUF_INIT;
    log_format_build(format, context, raw, &out);
    text = out.failed ? STR_NONE : arena_copy(context->scratch, buf_str(&out));
    buf_finish(&out);
    return text;
}

bool log_format_is_constant(const struct log_format *format, struct str *text)
{
    const struct piece *first = format->pieces;
    if (!first) {
        *text = STR("");
        return true;
    }
    if (first->kind != PIECE_TEXT || first->next)
        return false;
    *text = first->text;
    return true;
}

bool log_format_needs_end(const struct log_format *format)
{
    return format->needs_end;
}
