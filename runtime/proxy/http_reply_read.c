/* Answers read from lines. Those of an http-errors section are placeholders until all sections are known. */
#include "proxy/http_reply_read.h"
#include "base/units.h"
#include "proxy/http_errors.h"
#include "proxy/proxy.h"

struct reply_of_set {
    struct reply_of_set *next;
    struct http_reply *reply;           /* the placeholder */
    const struct http_reply *otherwise; /* filled before this one, as it was made before */
    struct proxy *proxy;
    const char *name;
    struct diag_place at;
};

struct http_reply *http_reply_from_set(struct cfg_line *line, struct proxy *proxy, const char *name,
                                       int status, const struct http_reply *otherwise)
{
    struct configuration *configuration = configuration_of(line);
    struct reply_of_set *wanted = arena_need(&configuration->arena, sizeof(*wanted));
    wanted->reply = arena_need(&configuration->arena, sizeof(*wanted->reply));
    wanted->reply->status = status;
    wanted->otherwise = otherwise;
    wanted->proxy = proxy;
    wanted->name = arena_need_copy(&configuration->arena, str_of(name));
    wanted->at = line->place;
    struct reply_of_set **end = &configuration->replies_of_sets;
    if (configuration->last_reply_of_set)
        configuration->last_reply_of_set->next = wanted;
    else
        *end = wanted;
    configuration->last_reply_of_set = wanted;
    return wanted->reply;
}

bool http_reply_resolve_sets(struct configuration *configuration)
{
    const char *missing = NULL; /* each section is missed once, though it may be wanted for each status */
    struct diag_place missing_at = { 0 };
    bool good = true;
    for (struct reply_of_set *wanted = configuration->replies_of_sets; wanted; wanted = wanted->next) {
        const struct http_errors *errors = http_errors_find(configuration, wanted->name);
        int index = http_reply_index(wanted->reply->status);
        const struct http_reply *found = errors ? errors->replies[index] : NULL;
        if (!found)
            found = wanted->otherwise ? wanted->otherwise : &configuration->usual_replies[index];
        *wanted->reply = *found;
        if (errors)
            continue;
        good = false;
        if (!missing || strcmp(missing, wanted->name) != 0 || missing_at.line != wanted->at.line)
            diag_config(configuration->diag, DIAG_ALERT, (struct diag_place){ 0 },
                        "proxy '%s': unknown http-errors section '%s' (at %s:%u).", wanted->proxy->name,
                        wanted->name, wanted->at.file, wanted->at.line);
        missing = wanted->name;
        missing_at = wanted->at;
    }
    configuration->replies_of_sets = configuration->last_reply_of_set = NULL;
    return good;
}

static bool read_file(struct cfg_line *line, const char *what, const char *path, struct buf *out)
{
    struct platform *platform = configuration_of(line)->platform;
    if (platform->ops->file_read(platform, path, out) == IO_OK && !out->failed)
        return true;
    return cfg_error(line, "%s : error opening file '%s'.", what, path);
}

struct http_reply *http_reply_read_file(struct cfg_line *line, const char *what, int status, const char *path)
{
    struct buf text = BUF_INIT;
    struct http_reply *reply = NULL;
    const char *error = NULL;
    if (read_file(line, what, path, &text)) {
        reply = http_reply_from_message(status, buf_str(&text), &configuration_of(line)->arena, &error);
        if (!reply)
            cfg_error(line, "%s : '%s': %s", what, path, error);
    }
    buf_finish(&text);
    return reply;
}

/* ---- the words of an answer ---- */

struct reading {
    struct cfg_line *line;
    unsigned at;
    struct proxy *proxy;
    enum sample_place place;
    const char *what;
    struct http_reply *reply;
    struct http_reply_header **headers_end;
    const char *payload; /* the word that gave it; NULL: none yet */
    const char *payload_arg;
};

static struct log_format *read_format(struct reading *reading, const char *text)
{
    struct configuration *configuration = configuration_of(reading->line);
    struct sample_parser parser =
        configuration_parser(configuration, reading->line, reading->proxy, reading->place);
    struct log_format_options options = { .http = true };
    struct log_format *format = log_format_parse(&parser, text, &options);
    if (!format)
        cfg_error(reading->line, "%s : %s.", reading->what, parser.error ? parser.error : "out of memory");
    return format;
}

static bool read_status(struct reading *reading, const char *text)
{
    int64_t status;
    if (!text[0])
        return cfg_error(reading->line, "%s : '%s' expects <status_code> as argument", reading->what,
                         cfg_word(reading->line, reading->at - 1));
    if (!units_parse_int(str_of(text), 200, 599, &status))
        return cfg_error(reading->line, "%s : Unexpected status code '%s'", reading->what, text);
    reading->reply->status = (int)status;
    return true;
}

static bool read_header(struct reading *reading)
{
    const char *name = cfg_word(reading->line, reading->at),
               *value = cfg_word(reading->line, reading->at + 1);
    struct arena *arena = &configuration_of(reading->line)->arena;
    if (!name[0] || reading->at + 1 >= reading->line->count)
        return cfg_error(reading->line, "%s : 'hdr' expects <name> and <value> as arguments", reading->what);
    reading->at += 2;
    char *lower = arena_need_copy(arena, str_of(name));
    for (char *at = lower; *at; at++)
        *at = ascii_lower(*at);
    if (strcmp(lower, "content-length") == 0 || strcmp(lower, "transfer-encoding") == 0 ||
        strcmp(lower, "content-type") == 0) {
        cfg_warn(reading->line, "%s : header '%s' is ignored.", reading->what, name);
        return true;
    }
    struct http_reply_header *header = arena_need(arena, sizeof(*header));
    header->name = str_of(lower);
    header->value = read_format(reading, value);
    if (!header->value)
        return false;
    *reading->headers_end = header;
    reading->headers_end = &header->next;
    return true;
}

static const struct {
    const char *word, *argument; /* what it expects; NULL: nothing */
} payload_words[] = {
    { "default-errorfiles", NULL }, { "errorfile", "<file>" }, { "errorfiles", "<name>" },
    { "file", "<file>" },           { "lf-file", "<file>" },   { "string", "<str>" },
    { "lf-string", "<str>" },
};

/* false: an error. *taken: the word was one of a payload. */
static bool read_payload(struct reading *reading, const char *word, bool *taken)
{
    *taken = false;
    for (size_t i = 0; i < COUNT_OF(payload_words); i++) {
        if (strcmp(payload_words[i].word, word) != 0)
            continue;
        *taken = true;
        if (reading->payload)
            return cfg_error(reading->line, "%s : unexpected '%s' argument, '%s' already defined",
                             reading->what, word, reading->payload);
        reading->payload = payload_words[i].word;
        if (!payload_words[i].argument)
            return true;
        if (reading->at >= reading->line->count)
            return cfg_error(reading->line, "%s : '%s' expects %s as argument", reading->what, word,
                             payload_words[i].argument);
        reading->payload_arg = reading->line->words[reading->at++];
    }
    return true;
}

/* false: an error. *more: there may be another word. */
static bool read_word(struct reading *reading, bool *more)
{
    const char *word = cfg_word(reading->line, reading->at++);
    bool taken = false;
    *more = true;
    if (strcmp(word, "status") == 0 || strcmp(word, "deny_status") == 0) {
        const char *value = cfg_word(reading->line, reading->at);
        if (!read_status(reading, value))
            return false;
        reading->at++;
        return true;
    }
    if (strcmp(word, "content-type") == 0) {
        const char *value = cfg_word(reading->line, reading->at++);
        if (!value[0])
            return cfg_error(reading->line, "%s : 'content-type' expects <ctype> as argument", reading->what);
        reading->reply->content_type =
            arena_need_copy(&configuration_of(reading->line)->arena, str_of(value));
        return true;
    }
    if (strcmp(word, "hdr") == 0)
        return read_header(reading);
    if (!read_payload(reading, word, &taken))
        return false;
    if (taken)
        return true;
    reading->at--;
    *more = false;
    return true;
}

static bool has_page(struct reading *reading)
{
    if (http_reply_index(reading->reply->status) >= 0)
        return true;
    return cfg_error(reading->line, "%s : status code '%d' not handled by default with '%s' argument.",
                     reading->what, reading->reply->status, reading->payload);
}

/* string, lf-string, file, lf-file: the text itself. */
static bool set_text(struct reading *reading)
{
    struct arena *arena = &configuration_of(reading->line)->arena;
    struct http_reply *reply = reading->reply;
    struct buf text = BUF_INIT;
    bool good = true, format = str_starts(str_of(reading->payload), STR("lf-"));
    if (str_ends(str_of(reading->payload), STR("file")))
        good = read_file(reading->line, reading->what, reading->payload_arg, &text);
    else
        buf_add_c(&text, reading->payload_arg);
    reply->text = str_make(arena_need_copy(arena, buf_str(&text)), text.size);
    buf_finish(&text);
    if (!good)
        return false;
    if (format && !reply->content_type)
        return cfg_error(reading->line, "%s : a content type must be defined with a log-format payload",
                         reading->what);
    if (reply->text.size && !reply->content_type)
        return cfg_error(reading->line,
                         "%s : a content type must be defined when non-empty payload is configured",
                         reading->what);
    reply->body = format ? REPLY_BODY_FORMAT : REPLY_BODY_TEXT;
    if (format)
        reply->format = read_format(reading, reply->text.data);
    return !format || reply->format;
}

static bool set_payload(struct reading *reading)
{
    const char *word = reading->payload;
    struct http_reply *reply = reading->reply;
    if (!word)
        return true;
    if (strcmp(word, "default-errorfiles") == 0) {
        reply->use_error_page = true;
        return has_page(reading);
    }
    if (strcmp(word, "errorfile") == 0) {
        reading->reply =
            http_reply_read_file(reading->line, reading->what, reply->status, reading->payload_arg);
        return reading->reply;
    }
    if (strcmp(word, "errorfiles") == 0) {
        if (!has_page(reading))
            return false;
        reading->reply =
            http_reply_from_set(reading->line, reading->proxy, reading->payload_arg, reply->status, NULL);
        return true;
    }
    return set_text(reading);
}

struct http_reply *http_reply_read(struct cfg_line *line, unsigned *at, struct proxy *proxy,
                                   enum sample_place place, int status_usual, const char *what)
{
    struct reading reading = { .line = line, .at = *at, .proxy = proxy, .place = place, .what = what };
    bool more = true;
    reading.reply = arena_need(&configuration_of(line)->arena, sizeof(*reading.reply));
    reading.reply->status = status_usual;
    reading.headers_end = &reading.reply->headers;
    while (more && reading.at < line->count) {
        if (!read_word(&reading, &more))
            return NULL;
    }
    if (!set_payload(&reading))
        return NULL;
    *at = reading.at;
    return reading.reply;
}
