/* Error pages: errorfile, errorloc, errorloc302, errorloc303, errorfiles, http-error, and errorfile of http-errors. */
#include "keywords/kw_common.h"
#include "proxy/http_errors.h"
#include "proxy/http_reply_read.h"

/* The index of the status in word i; -1 after an error. what names the keyword. */
static int status_index(struct cfg_line *line, const char *what, const char *text)
{
    int64_t status = 0;
    if (!units_parse_int(str_of(text), 0, 999, &status))
        status = 0;
    int index = http_reply_index((int)status);
    if (index < 0)
        cfg_error(line, "%s : status code '%lld' not handled.", what, (long long)status);
    return index;
}

static struct http_reply *read_page(struct cfg_line *line, int index, const char *path)
{
    return http_reply_read_file(line, "errorfile", http_reply_status(index), path);
}

static bool errorfile(struct cfg_line *line)
{
    if (cfg_arg_count(line) < 2)
        return cfg_error(line, "errorfile : expects <status_code> and <file> as arguments.");
    int index = status_index(line, "errorfile", cfg_arg(line, 0));
    if (index < 0)
        return false;
    struct http_reply *reply = read_page(line, index, cfg_arg(line, 1));
    if (!reply)
        return false;
    kw_proxy(line)->settings.error_replies[index] = reply;
    return true;
}

static bool errorfile_of_set(struct cfg_line *line)
{
    struct http_errors *errors = line->target;
    if (cfg_arg_count(line) < 2)
        return cfg_error(line, "errorfile: expects <status_code> and <file> as arguments.");
    int index = status_index(line, "errorfile", cfg_arg(line, 0));
    if (index < 0)
        return false;
    struct http_reply *reply = read_page(line, index, cfg_arg(line, 1));
    if (!reply)
        return false;
    errors->replies[index] = reply;
    return true;
}

static bool errorloc(struct cfg_line *line)
{
    const char *word = line->words[0];
    if (cfg_arg_count(line) < 2)
        return cfg_error(line, "%s : expects <status_code> and <url> as arguments.", word);
    int index = status_index(line, word, cfg_arg(line, 0));
    if (index < 0)
        return false;
    struct http_reply *reply = http_reply_location(str_ends(str_of(word), STR("303")) ? 303 : 302,
                                                   cfg_arg(line, 1), &configuration_of(line)->arena);
    if (!reply)
        return cfg_error(line, "%s : '%s' cannot stand in a header field.", word, cfg_arg(line, 1));
    kw_proxy(line)->settings.error_replies[index] = reply;
    return true;
}

/* "errorfiles name [status...]": from a set that may be defined further down. */
static bool errorfiles(struct cfg_line *line)
{
    struct http_reply **replies = kw_proxy(line)->settings.error_replies;
    const char *name = cfg_arg(line, 0);
    if (!name[0])
        return cfg_error(line, "errorfiles : expects <name> as argument.");
    for (unsigned i = 1; i < cfg_arg_count(line); i++) {
        int index = status_index(line, "errorfiles", cfg_arg(line, i));
        if (index < 0)
            return false;
        replies[index] =
            http_reply_from_set(line, kw_proxy(line), name, http_reply_status(index), replies[index]);
    }
    for (int i = 0; i < HTTP_REPLY_COUNT && cfg_arg_count(line) == 1; i++)
        replies[i] = http_reply_from_set(line, kw_proxy(line), name, http_reply_status(i), replies[i]);
    return true;
}

static bool http_error(struct cfg_line *line)
{
    unsigned at = 1;
    struct proxy *proxy = kw_proxy(line);
    if (strcmp(cfg_arg(line, 0), "status") != 0)
        return cfg_error(line, "http-error : expects at least a <status> as arguments.");
    struct http_reply *reply = http_reply_read(line, &at, proxy, 0, 0, "http-error");
    if (!reply)
        return false;
    if (at < line->count)
        return cfg_error(line, "http-error : unknown keyword '%s'.", line->words[at]);
    int index = http_reply_index(reply->status);
    if (index < 0)
        return cfg_error(line, "http-error : Unexpected status code '%d'", reply->status);
    proxy->settings.error_replies[index] = reply->use_error_page ? NULL : reply;
    return true;
}

/* clang-format off */
const struct keyword_row kw_error_rows[] = {
    { IN_PROXY, "errorfile", KW_CALL(errorfile) },
    { IN_HTTP_ERRORS, "errorfile", KW_CALL(errorfile_of_set) },
    { IN_PROXY, "errorloc", KW_CALL(errorloc) },
    { IN_PROXY, "errorloc302", KW_CALL(errorloc) },
    { IN_PROXY, "errorloc303", KW_CALL(errorloc) },
    { IN_PROXY, "errorfiles", KW_CALL(errorfiles) },
    { IN_PROXY, "http-error", KW_CALL(http_error) },
    { 0 },
};
/* clang-format on */
