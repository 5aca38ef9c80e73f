/* An option is looked for in the verb's own table first, then among those that all verbs have which run scenarios. */
#include "sim/verb_line.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

void verb_line_refuse(const char *verb, const char *format, ...)
{
    va_list values;

    fprintf(stderr, "lockstep-sim %s: ", verb);
    va_start(values, format);
    vfprintf(stderr, format, values);
    va_end(values);
    fprintf(stderr, " (see 'lockstep-sim %s --help')\n", verb);
}

static const struct verb_option *own_option(const struct verb_line *line, const char *word)
{
    for (const struct verb_option *row = line->own; row && row->word; row++)
        if (!strcmp(word, row->word))
            return row;
    return NULL;
}

static bool take_value(const struct verb_line *line, const struct verb_option *row, char *value)
{
    if (!row->text)
        return row->take(line->data, value);
    *row->text = value;
    return *value != '\0';
}

/* The option at argv[*at]; *at goes on to its value. false: it was said what is wrong. */
static bool take_option(const struct verb_line *line, int argc, char **argv, int *at)
{
    const char *word = argv[*at], *wants;
    const struct verb_option *own = own_option(line, word);
    char *value = *at + 1 < argc ? argv[*at + 1] : NULL;

    if (own && own->flag) {
        *own->flag = true;
        return true;
    }
    wants = own ? own->wants : line->runs ? run_options_wants(word) : NULL;
    if (!own && line->runs && run_options_flag(line->options, word))
        return true;
    if (!wants) {
        verb_line_refuse(line->verb, "unknown option '%s': expected %s%s", word, line->files,
                         line->runs || line->own ? " or an option" : "");
        return false;
    }
    if (!value) {
        verb_line_refuse(line->verb, "'%s' has no value: expected %s", word, wants);
        return false;
    }
    ++*at;
    if (own ? take_value(line, own, value) : run_options_value(line->options, word, value))
        return true;
    verb_line_refuse(line->verb, "'%s %s': expected %s", word, value, wants);
    return false;
}

static bool check_file(const struct verb_line *line, const char *path)
{
    struct stat info;
    const char *why = NULL;

    if (stat(path, &info) != 0 || access(path, R_OK) != 0)
        why = strerror(errno);
    else if (S_ISDIR(info.st_mode))
        why = "it is a folder";
    if (why)
        verb_line_refuse(line->verb, "'%s' cannot be read, %s: expected %s", path, why, line->files);
    return !why;
}

bool verb_line_take(const struct verb_line *line, int argc, char **argv)
{
    struct run_options *options = line->options;

    for (int i = 1; i < argc; i++) {
        if (argv[i][0] != '-') {
            if (options->file_count == line->files_most) {
                verb_line_refuse(line->verb, "'%s' is too much: expected %s", argv[i], line->files);
                return false;
            }
            options->files[options->file_count++] = argv[i];
        } else if (!take_option(line, argc, argv, &i)) {
            return false;
        }
    }
    if (options->file_count < line->files_least) {
        verb_line_refuse(line->verb, "no file%s%s: expected %s", options->file_count ? " behind " : "",
                         options->file_count ? options->files[0] : "", line->files);
        return false;
    }
    for (unsigned i = 0; i < options->file_count; i++)
        if (!check_file(line, options->files[i]))
            return false;
    return true;
}
