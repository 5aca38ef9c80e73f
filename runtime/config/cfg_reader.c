/* The reader: a file is taken whole, cut at its line feeds, each line cut into words. A line is then a
 * directive, the beginning of a section, or a keyword of the section in hand, looked up by its longest run
 * of words. What cannot be read is said and left out; the next line is read as if nothing had been. */
#include "config/cfg_reader.h"
#include "base/mem.h"
#include "config/cfg_directive.h"
#include "config/cfg_set.h"
#include "config/cfg_unknown.h"
#include <stdio.h>

#define KEYWORD_WORDS_MAX 4u
#define KEYWORD_TEXT_MAX  96u
#define ERRORS_MAX        50u /* in one file: past that it is no configuration (as HAProxy) */
#define NAME_MAX_SIZE     256u

struct cfg_scratch {
    struct cfg_lex lex;
    struct cfg_directives directives;
    const char *file; /* in the reader's arena: places are kept by keywords */
    unsigned line;
    char line_text[16];
    char section_name[NAME_MAX_SIZE];
    bool in_section; /* a section word was seen; without target its lines are skipped */
    struct buf message;
};

static const char *own_variable(void *data, struct str name)
{
    struct cfg_reader *reader = data;
    struct cfg_scratch *scratch = reader->scratch;
    if (str_eq(name, STR(".FILE")))
        return scratch->file;
    if (str_eq(name, STR(".SECTION"))) {
        if (!scratch->in_section)
            return "";
        return scratch->section_name[0] ? scratch->section_name : reader->section->word;
    }
    if (!str_eq(name, STR(".LINE")))
        return NULL;
    snprintf(scratch->line_text, sizeof(scratch->line_text), "%u", scratch->line);
    return scratch->line_text;
}

void cfg_reader_init(struct cfg_reader *reader, struct words *words, struct platform *platform,
                     struct diag *diag, struct arena *arena, void *owner,
                     const struct cfg_condition_world *world)
{
    *reader = (struct cfg_reader){
        .words = words, .platform = platform, .diag = diag, .arena = arena, .owner = owner, .world = world
    };
    reader->scratch = mem_need(sizeof(*reader->scratch));
    reader->scratch->lex.platform = platform;
    reader->scratch->lex.own_variable = own_variable;
    reader->scratch->lex.data = reader;
}

void cfg_reader_finish(struct cfg_reader *reader)
{
    if (!reader->scratch)
        return;
    cfg_lex_finish(&reader->scratch->lex);
    buf_finish(&reader->scratch->message);
    mem_free(reader->scratch);
    reader->scratch = NULL;
}

/* Messages. */

static void report(struct cfg_reader *reader, enum diag_level level, struct diag_place place, bool own,
                   const char *format, va_list values)
{
    struct buf *message = &reader->scratch->message;
    buf_reset(message);
    buf_vprintf(message, format, values);
    const char *text = message->failed ? "out of memory" : message->data;
    if (own) /* no blank before the colon, as HAProxy writes what its reader says */
        diag_say(reader->diag, level, "config : parsing [%s:%u]: %s", place.file ? place.file : "",
                 place.line, text);
    else
        diag_config(reader->diag, level, place, "%s", text);
    reader->errors += level == DIAG_ALERT;
}

void cfg_reader_say(struct cfg_reader *reader, enum diag_level level, struct diag_place place,
                    const char *format, ...)
{
    va_list values;
    va_start(values, format);
    report(reader, level, place, true, format, values);
    va_end(values);
}

bool cfg_error(const struct cfg_line *line, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    report(line->reader, DIAG_ALERT, line->place, false, format, values);
    va_end(values);
    return false;
}

void cfg_warn(const struct cfg_line *line, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    report(line->reader, DIAG_WARNING, line->place, false, format, values);
    va_end(values);
}

void cfg_notice(const struct cfg_line *line, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    report(line->reader, DIAG_NOTICE, line->place, false, format, values);
    va_end(values);
}

/* The line, as keywords see it. */

const char *cfg_word(const struct cfg_line *line, unsigned i)
{
    return i < line->count ? line->words[i] : "";
}

const char *cfg_arg(const struct cfg_line *line, unsigned i)
{
    return cfg_word(line, line->keyword_words + i);
}

unsigned cfg_arg_count(const struct cfg_line *line)
{
    return line->count > line->keyword_words ? line->count - line->keyword_words : 0;
}

void cfg_keyword_name(const struct cfg_line *line, char *out, size_t size)
{
    size_t used = 0;
    out[0] = 0;
    for (unsigned i = 0; i < line->keyword_words && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%s", i ? " " : "", cfg_word(line, i));
}

bool cfg_arg_limits(const struct cfg_line *line, unsigned low, unsigned high)
{
    char name[KEYWORD_TEXT_MAX];
    cfg_keyword_name(line, name, sizeof(name));
    if (cfg_arg_count(line) > high)
        return cfg_error(line, "'%s' cannot handle unexpected argument '%s'.", name, cfg_arg(line, high));
    if (cfg_arg_count(line) < low)
        return cfg_error(line, "'%s' expects %s%u argument%s.", name, low < high ? "at least " : "", low,
                         low == 1 ? "" : "s");
    return true;
}

const char *cfg_section_name(const struct cfg_reader *reader)
{
    return reader->scratch->section_name;
}

/* Sections. */

static void end_section(struct cfg_reader *reader)
{
    const struct section_row *section = reader->section;
    struct cfg_scratch *scratch = reader->scratch;
    if (section && reader->target && section->end) {
        struct cfg_line line = { .reader = reader,
                                 .place = { scratch->file, scratch->line },
                                 .section = section->section,
                                 .target = reader->target };
        unsigned before = reader->errors;
        if (!section->end(&line) && reader->errors == before)
            reader->errors++;
    }
    reader->section = NULL;
    reader->target = NULL;
    scratch->in_section = false;
    scratch->section_name[0] = 0;
}

static void begin_section(struct cfg_line *line, const struct section_row *row)
{
    struct cfg_reader *reader = line->reader;
    end_section(reader);
    reader->section = row;
    reader->scratch->in_section = true;
    bool named = line->count > 1 && strcmp(line->words[1], "from") != 0;
    str_to_c(str_of(named ? line->words[1] : ""), reader->scratch->section_name, NAME_MAX_SIZE);
    line->section = row->section;
    line->keyword_words = 1;
    unsigned before = reader->errors;
    reader->target = row->begin(line);
    if (!reader->target && reader->errors == before)
        reader->errors++;
}

/* Keywords. */

struct found {
    const struct keyword_row *row;       /* of this section; NULL for none */
    const struct keyword_row *elsewhere; /* of another section */
    unsigned words;
};

static const struct keyword_row *row_of_section(const struct word *word, enum cfg_section section)
{
    for (; word; word = word->next) {
        const struct keyword_row *row = word->row;
        if (row->sections & section)
            return row;
    }
    return NULL;
}

/* The longest run of the line's first words that is a keyword. */
static struct found find_keyword(const struct cfg_line *line)
{
    struct found found = { 0 };
    char text[KEYWORD_TEXT_MAX];
    size_t size = 0;
    for (unsigned i = 0; i < line->count && i < KEYWORD_WORDS_MAX; i++) {
        if (strchr(line->words[i], ' ')) /* a quoted blank joins no words */
            break;
        size_t more = strlen(line->words[i]);
        if (size + (i != 0) + more >= sizeof(text))
            break;
        if (i)
            text[size++] = ' ';
        memcpy(text + size, line->words[i], more);
        size += more;
        const struct word *word = words_find(line->reader->words, WORD_KEYWORD, str_make(text, size));
        const struct keyword_row *row = row_of_section(word, line->section);
        if (row) {
            found.row = row;
            found.words = i + 1;
        } else if (word) {
            found.elsewhere = word->row;
        }
    }
    return found;
}

static bool prefix_allowed(const struct cfg_line *line, const struct keyword_row *row)
{
    if ((!line->negated && !line->to_default) || row->negatable)
        return true;
    struct str rest = str_of(row->words);
    struct str first = str_split(&rest, ' ');
    if (rest.data)
        return cfg_error(line, "negation/default is not supported for %.*s '%.*s'.", STR_ARG(first),
                         STR_ARG(rest));
    return cfg_error(line, "negation/default is not supported for '%s'.", row->words);
}

static void read_keyword(struct cfg_line *line)
{
    struct cfg_reader *reader = line->reader;
    if (!reader->scratch->in_section) {
        cfg_unknown_section(line);
        return;
    }
    line->section = reader->section->section;
    line->target = reader->target;
    if (!reader->target)
        return;
    struct found found = find_keyword(line);
    if (!found.row) {
        cfg_unknown_keyword(line, found.elsewhere);
        return;
    }
    line->keyword_words = found.words;
    if (!prefix_allowed(line, found.row))
        return;
    unsigned before = reader->errors;
    bool fine =
        found.row->set == CFG_CALL ? found.row->call(line) : cfg_set_value(found.row, line, line->target);
    if (!fine && reader->errors == before)
        reader->errors++;
}

static void read_words(struct cfg_reader *reader, struct diag_place place)
{
    struct cfg_lex *lex = &reader->scratch->lex;
    struct cfg_line line = { .reader = reader, .place = place, .words = lex->words, .count = lex->count };
    while (line.count > 1 &&
           !line.words[line.count - 1][0]) /* empty words at the end are none ("${UNSET}") */
        line.count--;
    const struct word *section = words_find(reader->words, WORD_SECTION, str_of(lex->words[0]));
    if (section) {
        begin_section(&line, section->row);
        return;
    }
    line.negated = strcmp(lex->words[0], "no") == 0;
    line.to_default = strcmp(lex->words[0], "default") == 0;
    if (line.count > 1 && (line.negated || line.to_default)) {
        line.words++;
        line.count--;
    }
    read_keyword(&line);
}

/* Lines. */

static void say_cut_error(struct cfg_reader *reader, struct diag_place place, enum cfg_lex_error error,
                          struct str line)
{
    size_t at = reader->scratch->lex.error_at;
    if (error == LEX_NO_MEMORY) {
        cfg_reader_say(reader, DIAG_ALERT, place, "%s.", cfg_lex_error_text(error));
        return;
    }
    if (error == LEX_TOO_MANY_WORDS) {
        cfg_reader_say(reader, DIAG_ALERT, place,
                       "too many words, line left out after word %u, position %zu.", CFG_WORD_MAX, at + 1);
        return;
    }
    size_t lead = 0;
    while (lead < at && (line.data[lead] == ' ' || line.data[lead] == '\t'))
        lead++;
    struct buf shown = BUF_INIT;
    cfg_lex_point_at(&shown, str_from(line, lead), at - lead);
    cfg_reader_say(reader, DIAG_ALERT, place, "%s at position %zu:%s", cfg_lex_error_text(error), at + 1,
                   shown.failed ? "" : shown.data);
    buf_finish(&shown);
}

static void read_line(struct cfg_reader *reader, struct str line)
{
    struct cfg_scratch *scratch = reader->scratch;
    struct diag_place place = { scratch->file, scratch->line };
    size_t stray = str_find_char(line, 0);
    if (stray != STR_NOT_FOUND) {
        cfg_reader_say(reader, DIAG_ALERT, place, "Stray NUL character at position %zu.", stray + 1);
        return;
    }
    enum cfg_lex_error error = cfg_lex_line(&scratch->lex, line);
    if (error)
        say_cut_error(reader, place, error, line);
    else if (scratch->lex.count && !cfg_directives_take(&scratch->directives, reader, place, &scratch->lex) &&
             cfg_directives_reading(&scratch->directives))
        read_words(reader, place);
}

void cfg_read_text(struct cfg_reader *reader, const char *name, struct str text)
{
    struct cfg_scratch *scratch = reader->scratch;
    unsigned errors_before = reader->errors;
    struct str file = arena_copy(reader->arena, str_of(name));
    scratch->file = file.data ? file.data : "";
    scratch->line = 0;
    bool cut = text.size && !str_ends(text, STR("\n"));
    while (text.size) {
        if (reader->errors - errors_before >= ERRORS_MAX) {
            cfg_reader_say(reader, DIAG_ALERT, (struct diag_place){ scratch->file, scratch->line + 1 },
                           "too many fatal errors (%u), stopping now.", ERRORS_MAX);
            break;
        }
        scratch->line++;
        read_line(reader, str_split(&text, '\n'));
    }
    struct diag_place last = { scratch->file, scratch->line };
    if (cut) /* the file may have been cut short, and a short line can mean something else */
        cfg_reader_say(reader, DIAG_ALERT, last, "Missing LF on last line, file might have been truncated.");
    cfg_directives_end(&scratch->directives, reader, last);
    end_section(reader);
}

void cfg_read_end(struct cfg_reader *reader)
{
    end_section(reader);
}

/* Files. */

static bool say_unreadable(struct cfg_reader *reader, const char *path, enum io_status status)
{
    const char *why = status == IO_NOT_FOUND ? "No such file or directory" : platform_status_text(status);
    diag_config(reader->diag, DIAG_ALERT, (struct diag_place){ 0 },
                "Cannot open configuration file/directory %s : %s", path, why);
    reader->errors++;
    return false;
}

static void list_folder(struct cfg_reader *reader, const char *path, struct str names, struct buf *out)
{
    struct buf full = BUF_INIT;
    while (names.size) {
        struct str name = str_split(&names, 0);
        if (!str_ends(name, STR(".cfg")) || name.data[0] == '.')
            continue;
        buf_reset(&full);
        buf_printf(&full, "%s%s%.*s", path, str_ends(str_of(path), STR("/")) ? "" : "/", STR_ARG(name));
        struct plat_file_info info;
        if (full.failed ||
            (reader->platform->ops->file_info(reader->platform, full.data, &info) == IO_OK && info.is_folder))
            continue;
        buf_add(out, buf_str(&full));
        buf_add_char(out, 0);
    }
    out->failed |= full.failed;
    buf_finish(&full);
}

bool cfg_list_files(struct cfg_reader *reader, const char *path, struct buf *out)
{
    struct platform *platform = reader->platform;
    struct plat_file_info info;
    enum io_status status = platform->ops->file_info(platform, path, &info);
    if (status != IO_OK)
        return say_unreadable(reader, path, status);
    if (info.is_folder) {
        struct buf names = BUF_INIT;
        status = platform->ops->folder_list(platform, path, &names);
        if (status == IO_OK)
            list_folder(reader, path, buf_str(&names), out);
        out->failed |= names.failed;
        buf_finish(&names);
        if (status != IO_OK)
            return say_unreadable(reader, path, status);
    } else {
        buf_add_c(out, path);
        buf_add_char(out, 0);
    }
    return out->failed ? say_unreadable(reader, path, IO_NO_MEMORY) : true;
}

static bool read_file(struct cfg_reader *reader, const char *path)
{
    struct buf text = BUF_INIT;
    enum io_status status = reader->platform->ops->file_read(reader->platform, path, &text);
    if (text.failed)
        status = IO_NO_MEMORY;
    if (status == IO_OK)
        cfg_read_text(reader, path, buf_str(&text));
    buf_finish(&text);
    return status == IO_OK ? true : say_unreadable(reader, path, status);
}

bool cfg_read_path(struct cfg_reader *reader, const char *path)
{
    struct buf files = BUF_INIT;
    bool fine = cfg_list_files(reader, path, &files);
    struct str rest = buf_str(&files);
    while (rest.size)
        fine &= read_file(reader, str_split(&rest, 0).data);
    buf_finish(&files);
    return fine;
}
