/* `sed` of the shell: s (with g, p and a number), d, p and q; addresses by number, $ and pattern, ranges and !. */
#include "base/mem.h"
#include "base/units.h"
#include "sim/shell_parts.h"
#include <regex.h>

enum { COMMANDS_MAX = 16, GROUPS = 10 };

struct sed_address {
    enum { AT_ANY, AT_LINE, AT_LAST, AT_PATTERN } kind;
    int64_t line;
    regex_t pattern;
};

struct sed_command {
    struct sed_address from, to;
    bool is_range, inside, inverted;
    char what; /* s, d, p, q */
    regex_t pattern;
    struct buf with; /* of s: the replacement as it was written */
    bool everywhere, prints;
    int64_t only; /* the n-th match alone; 0: the first, or all */
};

struct sed {
    struct sed_command commands[COMMANDS_MAX];
    unsigned count;
    bool quiet, known;
    int flags;
};

/* Up to the separator, which is stepped over; "\" and the separator is the separator itself. */
static bool take_until(struct str *text, char separator, struct buf *out)
{
    for (size_t i = 0; i < text->size; i++) {
        char c = text->data[i], next = i + 1 < text->size ? text->data[i + 1] : '\0';

        if (c == separator) {
            *text = str_from(*text, i + 1);
            buf_add_char(out, '\0'); /* for regcomp; no part of it */
            out->size--;
            return true;
        }
        if (c == '\\' && next) {
            if (next == 'n')
                c = '\n';
            else if (next == separator)
                c = next;
            else
                buf_add_char(out, c), c = next;
            i++;
        }
        buf_add_char(out, c);
    }
    return false;
}

static bool take_pattern(struct sed *sed, struct str *text, char separator, regex_t *pattern)
{
    struct buf source = BUF_INIT;
    bool fine =
        take_until(text, separator, &source) && source.size && regcomp(pattern, source.data, sed->flags) == 0;

    buf_finish(&source);
    return fine;
}

static bool take_address(struct sed *sed, struct str *text, struct sed_address *address)
{
    size_t digits = 0;

    while (digits < text->size && ascii_digit(text->data[digits]))
        digits++;
    if (digits) {
        bool fine = units_parse_int(str_slice(*text, 0, digits), 1, INT32_MAX, &address->line);

        address->kind = AT_LINE;
        *text = str_from(*text, digits);
        return fine;
    }
    if (str_starts(*text, STR("$"))) {
        address->kind = AT_LAST;
        *text = str_from(*text, 1);
    } else if (str_starts(*text, STR("/"))) {
        *text = str_from(*text, 1);
        if (!take_pattern(sed, text, '/', &address->pattern))
            return false;
        address->kind = AT_PATTERN;
    }
    return true;
}

static void skip_any(struct str *text, const char *what)
{
    while (text->size && strchr(what, text->data[0]))
        *text = str_from(*text, 1);
}

static bool take_flags(struct str *text, struct sed_command *command)
{
    while (text->size && !strchr("; \n}", text->data[0])) {
        char c = text->data[0];

        if (c == 'g')
            command->everywhere = true;
        else if (c == 'p')
            command->prints = true;
        else if (c >= '1' && c <= '9')
            command->only = c - '0';
        else
            return false;
        *text = str_from(*text, 1);
    }
    return !(command->everywhere && command->only);
}

/* One command of the script; false: it is not known here. */
static bool take_command(struct sed *sed, struct str *text)
{
    struct sed_command *command;

    skip_any(text, " \n;");
    if (!text->size)
        return true;
    if (sed->count == COMMANDS_MAX)
        return false;
    command = &sed->commands[sed->count++];
    if (!take_address(sed, text, &command->from))
        return false;
    if (command->from.kind != AT_ANY && str_starts(*text, STR(","))) {
        *text = str_from(*text, 1);
        command->is_range = true;
        if (!take_address(sed, text, &command->to) || command->to.kind == AT_ANY)
            return false;
    }
    skip_any(text, " ");
    if (str_starts(*text, STR("!"))) {
        command->inverted = true;
        *text = str_from(*text, 1);
    }
    skip_any(text, " ");
    if (!text->size || !strchr("sdpq", text->data[0]))
        return false;
    if (text->data[0] == 's') {
        char separator = text->size > 1 ? text->data[1] : '\0';

        *text = str_from(*text, 2);
        if (!separator || !take_pattern(sed, text, separator, &command->pattern))
            return false;
        command->what = 's'; /* from here on the pattern is to be freed */
        return take_until(text, separator, &command->with) && take_flags(text, command);
    }
    command->what = text->data[0];
    *text = str_from(*text, 1);
    return !text->size || strchr("; \n", text->data[0]);
}

static void add_replacement(struct str with, const char *text, const regmatch_t *found, struct buf *out)
{
    for (size_t i = 0; i < with.size; i++) {
        char c = with.data[i];
        int group = -1;

        if (c == '&')
            group = 0;
        else if (c == '\\' && i + 1 < with.size) {
            c = with.data[++i];
            if (ascii_digit(c))
                group = c - '0';
        }
        if (group < 0)
            buf_add_char(out, c);
        else if (found[group].rm_so >= 0)
            buf_add(out,
                    str_make(text + found[group].rm_so, (size_t)(found[group].rm_eo - found[group].rm_so)));
    }
}

/* Did it change anything? */
static bool substitute(const struct sed_command *command, struct buf *space)
{
    char *text = mem_need_copy(buf_str(space));
    size_t size = space->size, at = 0, last_end = SIZE_MAX;
    struct buf out = BUF_INIT;
    regmatch_t found[GROUPS];
    int64_t number = 0;
    bool changed = false;

    while (at <= size && regexec(&command->pattern, text + at, GROUPS, found, at ? REG_NOTBOL : 0) == 0) {
        size_t begin = at + (size_t)found[0].rm_so, end = at + (size_t)found[0].rm_eo;
        bool counts = begin != end || begin != last_end; /* nothing just behind a match is none */

        buf_add(&out, str_make(text + at, begin - at));
        number += counts;
        if (counts && (!command->only || number == command->only)) {
            add_replacement(buf_str(&command->with), text + at, found, &out);
            changed = true;
        } else {
            buf_add(&out, str_make(text + begin, end - begin));
        }
        at = last_end = end;
        if (begin == end) {
            if (at < size)
                buf_add_char(&out, text[at]);
            at++;
        }
        if (changed && !command->everywhere)
            break;
    }
    if (at < size)
        buf_add(&out, str_make(text + at, size - at));
    if (changed) {
        buf_reset(space);
        buf_add(space, buf_str(&out));
    }
    buf_finish(&out);
    mem_free(text);
    return changed;
}

struct sed_place {
    int64_t number;
    bool last;
    struct str line;
};

static bool address_holds(const struct sed_address *address, const struct sed_place *place)
{
    char *copy;
    bool matches;

    if (address->kind == AT_LINE)
        return place->number == address->line;
    if (address->kind == AT_LAST)
        return place->last;
    if (address->kind == AT_ANY)
        return true;
    copy = mem_need_copy(place->line);
    matches = regexec(&address->pattern, copy, 0, NULL, 0) == 0;
    mem_free(copy);
    return matches;
}

static bool is_chosen(struct sed_command *command, const struct sed_place *place)
{
    bool chosen;

    if (!command->is_range) {
        chosen = address_holds(&command->from, place);
    } else if (command->inside) {
        chosen = true;
        command->inside = command->to.kind == AT_LINE ? place->number < command->to.line
                                                      : !address_holds(&command->to, place);
    } else {
        chosen = address_holds(&command->from, place);
        command->inside = chosen && !(command->to.kind == AT_LINE && place->number >= command->to.line);
    }
    return chosen != command->inverted;
}

static void run_lines(struct sed *sed, struct str text, struct buf *out)
{
    struct sed_place place = { 0 };
    struct buf space = BUF_INIT;
    bool goes_on = true, ended = !text.size || text.data[text.size - 1] == '\n';
    struct str line;

    while (goes_on && shell_take_line(&text, &line)) {
        bool dropped = false;

        place.number++;
        place.last = !text.size;
        buf_reset(&space);
        buf_add(&space, line);
        for (unsigned i = 0; i < sed->count && !dropped && goes_on; i++) {
            struct sed_command *command = &sed->commands[i];
            bool prints = command->what == 'p';

            place.line = buf_str(&space);
            if (!is_chosen(command, &place))
                continue;
            if (command->what == 's')
                prints = substitute(command, &space) && command->prints;
            dropped = command->what == 'd';
            goes_on = command->what != 'q';
            if (prints)
                buf_printf(out, "%.*s\n", STR_ARG(buf_str(&space)));
        }
        if (dropped || sed->quiet)
            continue;
        buf_add(out, buf_str(&space));
        if (!place.last || ended)
            buf_add_char(out, '\n');
    }
    buf_finish(&space);
}

static void sed_finish(struct sed *sed)
{
    for (unsigned i = 0; i < sed->count; i++) {
        struct sed_command *command = &sed->commands[i];

        if (command->from.kind == AT_PATTERN)
            regfree(&command->from.pattern);
        if (command->to.kind == AT_PATTERN)
            regfree(&command->to.pattern);
        if (command->what == 's')
            regfree(&command->pattern);
        buf_finish(&command->with);
    }
    mem_free(sed);
}

static bool add_script(struct sed *sed, struct str text)
{
    while (sed->known && text.size)
        sed->known = take_command(sed, &text);
    return sed->known;
}

static struct outcome run_sed(struct call *call)
{
    struct sed *sed = mem_need(sizeof(*sed));
    struct buf content = BUF_INIT;
    struct outcome outcome = shell_ended(0);
    struct str text;
    unsigned i = 1;
    bool has_script = false;

    sed->known = true;
    for (; sed->known && i < call->count && call->words[i].size > 1 && call->words[i].data[0] == '-'; i++) {
        struct str word = call->words[i];

        if (str_eq(word, STR("-n")))
            sed->quiet = true;
        else if (str_eq(word, STR("-E")) || str_eq(word, STR("-r")))
            sed->flags = REG_EXTENDED;
        else if (str_eq(word, STR("-e")) && i + 1 < call->count)
            has_script = add_script(sed, call->words[++i]);
        else
            sed->known = false;
    }
    if (sed->known && !has_script)
        sed->known = i < call->count && add_script(sed, call->words[i++]);
    if (!sed->known)
        outcome = shell_unknown_use(call);
    else if (shell_input(call, i, &content, &text))
        run_lines(sed, text, call->out);
    else
        outcome = shell_ended(2);
    buf_finish(&content);
    sed_finish(sed);
    return outcome;
}

const struct program_row shell_sed_rows[] = {
    { "sed", run_sed, "s, d, p, q with addresses; -n -e -E" },
    { 0 },
};
