/* The file: a line that says what it is, lines "word value", and behind a line "choices" the tape. */
#include "sim/repro.h"
#include "base/mem.h"
#include "base/units.h"
#include <stdio.h>
#include <unistd.h>

static const char first_line[] = "lockstep-sim repro 1";

/* ---- writing ---- */

static bool write_file(const char *path, struct str text)
{
    FILE *file = fopen(path, "wb");
    bool fine;

    if (!file)
        return false;
    fine = fwrite(text.data, 1, text.size, file) == text.size;
    return fclose(file) == 0 && fine;
}

/* What stands in place of the scenario's folder, so that both can be moved together. */
#define TESTDIR "${testdir}/"

/* The scenario's folder, with '/' at its end. */
static void folder_of(const char *path, struct buf *out)
{
    const char *slash = strrchr(path, '/');
    char here[4096];

    if (*path != '/' && getcwd(here, sizeof(here)))
        buf_printf(out, "%s/", here);
    if (slash)
        buf_add(out, str_make(path, (size_t)(slash - path) + 1));
}

static void add_files(struct buf *out, const char *scenario, struct str files)
{
    struct buf folder = BUF_INIT;

    folder_of(scenario, &folder);
    while (files.size) {
        struct str path = str_split(&files, '\n'), digest = str_split(&path, ' ');
        bool inside = str_starts(path, buf_str(&folder));

        buf_printf(out, "reads %.*s %s%.*s\n", STR_ARG(digest), inside ? TESTDIR : "",
                   STR_ARG(inside ? str_from(path, folder.size) : path));
    }
    buf_finish(&folder);
}

static void add_head(struct buf *out, const struct scenario_options *options, const struct str *text)
{
    struct buf read = BUF_INIT;

    if (!text && !scenario_read_file(options->path, &read))
        buf_reset(&read);
    buf_printf(out, "%s\nfile %s\nscenario %016llx\nseed %llu\n", first_line, options->path,
               (unsigned long long)world_file_digest(text ? *text : buf_str(&read)),
               (unsigned long long)options->seed);
    if (options->limit_ns)
        buf_printf(out, "limit %llu\n", (unsigned long long)(options->limit_ns / NS_PER_S));
    if (options->torture)
        buf_add_c(out, "torture yes\n");
    if (options->swarm)
        buf_add_c(out, "swarm yes\n");
    if (options->pct)
        buf_printf(out, "pct %u\n", options->pct);
    if (options->delays)
        buf_printf(out, "delays %u\n", options->delays);
    if (options->live_ns)
        buf_printf(out, "live %llu\n", (unsigned long long)(options->live_ns / NS_PER_S));
    if (options->arguments)
        buf_printf(out, "args %s\n", options->arguments);
    for (unsigned i = 0; i < options->define_count; i++)
        buf_printf(out, "macro %s=%s\n", options->defines[i].name, options->defines[i].value);
    buf_finish(&read);
}

bool repro_write(const char *path, const struct scenario_options *options,
                 const struct scenario_result *result, const struct str *text)
{
    struct buf out = BUF_INIT;
    bool fine;

    add_head(&out, options, text);
    buf_printf(&out, "hash %016llx\nsays %.*s\n", (unsigned long long)result->hash,
               STR_ARG(buf_str(&result->says)));
    add_files(&out, options->path, buf_str(&result->files));
    if (!result->tape_cut)
        buf_printf(&out, "choices\n%.*s", STR_ARG(buf_str(&result->tape)));
    fine = write_file(path, buf_str(&out));
    buf_finish(&out);
    return fine;
}

bool repro_write_seed(const char *path, const struct scenario_options *options, const char *says)
{
    struct buf out = BUF_INIT;
    bool fine;

    add_head(&out, options, NULL);
    buf_printf(&out, "says %s\n", says);
    fine = write_file(path, buf_str(&out));
    buf_finish(&out);
    return fine;
}

/* ---- reading ---- */

static bool take_word(struct repro *repro, struct str word, struct str value)
{
    struct scenario_options *options = &repro->options.scenario;
    char *copy = arena_need_copy(&repro->arena, value);
    struct {
        const char *word;
        uint64_t *hex;
    } hexes[] = { { "scenario", &repro->text_digest }, { "hash", &repro->hash } };

    for (size_t i = 0; i < COUNT_OF(hexes); i++)
        if (str_eq(word, str_of(hexes[i].word)))
            return sscanf(copy, "%llx", (unsigned long long *)hexes[i].hex) == 1;
    if (str_eq(word, STR("file"))) {
        repro->file = options->path = copy;
        return true;
    }
    if (str_eq(word, STR("seed")))
        return run_options_number(copy, &options->seed);
    if (str_eq(word, STR("limit"))) {
        bool fine = run_options_number(copy, &options->limit_ns);

        options->limit_ns *= NS_PER_S;
        return fine;
    }
    if (str_eq(word, STR("torture")))
        return options->torture = true;
    if (str_eq(word, STR("swarm")))
        return options->swarm = true;
    if (str_eq(word, STR("delays")) || str_eq(word, STR("pct"))) {
        uint64_t number = 0;
        bool fine = run_options_number(copy, &number);

        *(word.size == 3 ? &options->pct : &options->delays) = (unsigned)number;
        return fine;
    }
    if (str_eq(word, STR("live"))) {
        bool fine = run_options_number(copy, &options->live_ns);

        options->live_ns *= NS_PER_S;
        return fine;
    }
    if (str_eq(word, STR("args"))) {
        options->arguments = copy;
        return true;
    }
    if (str_eq(word, STR("says"))) {
        repro->says = str_of(copy);
        return true;
    }
    if (str_eq(word, STR("reads"))) {
        buf_printf(&repro->files, "%s\n", copy);
        return true;
    }
    if (str_eq(word, STR("macro"))) {
        char *equals = strchr(copy, '=');

        if (!equals || options->define_count == RUN_DEFINES_MAX)
            return false;
        *equals = '\0';
        repro->options.defines[options->define_count++] = (struct scenario_define){ copy, equals + 1 };
        return true;
    }
    return false;
}

static bool take_lines(struct repro *repro, struct str text, const char *path)
{
    unsigned number = 0;

    while (text.size) {
        struct str line = str_split(&text, '\n'), word, value;

        number++;
        if (number == 1) {
            if (str_eq(line, str_of(first_line)))
                continue;
            fprintf(stderr, "%s: this is no repro: its first line is not '%s'\n", path, first_line);
            return false;
        }
        if (str_eq(line, STR("choices"))) {
            repro->has_tape = true;
            repro->tape = str_make(arena_need_copy(&repro->arena, text.data ? text : STR("")), text.size);
            break;
        }
        value = line;
        word = str_split(&value, ' ');
        if (!word.size || word.data[0] == '#')
            continue;
        if (!take_word(repro, word, value.data ? value : STR(""))) {
            fprintf(stderr, "%s:%u: '%.*s' cannot be read\n", path, number, STR_ARG(line));
            return false;
        }
    }
    if (repro->file)
        return true;
    fprintf(stderr, "%s: it does not say which scenario it is of ('file PATH')\n", path);
    return false;
}

bool repro_read(const char *path, struct repro *out)
{
    struct buf text = BUF_INIT;
    bool fine = false;

    *out = (struct repro){ .files = BUF_INIT };
    arena_init(&out->arena, 4096);
    run_options_init(&out->options, 0);
    if (!scenario_read_file(path, &text))
        fprintf(stderr, "%s: cannot be read\n", path);
    else
        fine = take_lines(out, buf_str(&text), path);
    buf_finish(&text);
    out->options.scenario.tape = out->has_tape ? out->tape : STR_NONE;
    if (!fine)
        repro_finish(out);
    return fine;
}

void repro_finish(struct repro *repro)
{
    run_options_finish(&repro->options);
    buf_finish(&repro->files);
    arena_finish(&repro->arena);
}

/* Reads the file of a line "DIGEST PATH" and compares. */
static bool file_fits(struct repro *repro, struct str line, const char **path)
{
    struct buf name = BUF_INIT, text = BUF_INIT;
    struct str digest = str_split(&line, ' ');
    char wanted[17];
    bool fits;

    if (str_starts(line, STR(TESTDIR))) {
        folder_of(repro->file, &name);
        line = str_from(line, strlen(TESTDIR));
    }
    buf_add(&name, line);
    *path = arena_need_copy(&repro->arena, buf_str(&name));
    fits = scenario_read_file(*path, &text);
    snprintf(wanted, sizeof(wanted), "%016llx", (unsigned long long)world_file_digest(buf_str(&text)));
    fits = fits && str_eq(digest, str_of(wanted));
    buf_finish(&name);
    buf_finish(&text);
    return fits;
}

bool repro_fits(struct repro *repro, struct str text, const char **other)
{
    struct str files = buf_str(&repro->files);

    *other = repro->file;
    if (repro->text_digest && repro->text_digest != world_file_digest(text))
        return false;
    while (files.size)
        if (!file_fits(repro, str_split(&files, '\n'), other))
            return false;
    return true;
}

bool repro_read_fitting(const char *path, struct repro *out)
{
    struct buf text = BUF_INIT;
    const char *other;
    bool fine;

    if (!repro_read(path, out))
        return false;
    fine = scenario_read_file(out->file, &text);
    if (!fine) {
        fprintf(stderr, "%s: the scenario '%s' cannot be read\n", path, out->file);
    } else if (!repro_fits(out, buf_str(&text), &other)) {
        fprintf(stderr, "%s: '%s' is not what this was made of\n", path, other);
        fine = false;
    }
    buf_finish(&text);
    if (!fine)
        repro_finish(out);
    return fine;
}
