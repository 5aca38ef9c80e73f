/* Words of `mailers` sections, and `email-alert` (HAProxy manual 12.3). */
#include "keywords/kw_mailers.h"
#include "proxy/mailers.h"

#define USUAL_TIMEOUT_MS 10000

void *kw_mailers_begin(struct cfg_line *line)
{
    struct configuration *configuration = configuration_of(line);
    const char *name = cfg_arg(line, 0);
    if (!name[0]) {
        cfg_error(line, "missing name for mailers section.");
        return NULL;
    }
    const char *bad = kw_bad_name_char(name);
    if (bad) {
        cfg_error(line, "character '%c' is not permitted in '%s' name '%s'.", *bad, line->words[0], name);
        return NULL;
    }
    struct mailers *mailers = dict_get(&configuration->mailers, str_of(name));
    if (mailers) {
        cfg_error(line,
                  "mailers section '%s' has the same name as another mailers section declared at %s:%u.",
                  name, mailers->at.file, mailers->at.line);
        return NULL;
    }
    mailers = arena_need(&configuration->arena, sizeof(*mailers));
    mailers->name = kw_copy(line, name);
    mailers->at = line->place;
    mailers->timeout_ms = USUAL_TIMEOUT_MS;
    if (!dict_set(&configuration->mailers, str_of(mailers->name), mailers))
        cfg_error(line, "out of memory");
    return mailers;
}

static bool mailer(struct cfg_line *line)
{
    struct configuration *configuration = configuration_of(line);
    struct mailers *mailers = line->target;
    struct mailer **end = &mailers->first;
    struct cfg_addr addr = { .fd = -1 };
    const char *error = NULL, *name = cfg_arg(line, 0);
    if (cfg_arg_count(line) < 2)
        return cfg_error(line, "'mailer' expects <name> and <addr>[:<port>] as arguments.");
    if (!cfg_arg_limits(line, 2, 2))
        return false;
    if (!cfg_parse_addr(configuration->platform, &configuration->arena, cfg_arg(line, 1), ADDR_PORT_NEEDED,
                        true, &addr, &error))
        return cfg_error(line, "'mailer %s' : %s", name, error);
    while (*end)
        end = &(*end)->next;
    *end = arena_need(&configuration->arena, sizeof(**end));
    (*end)->name = kw_copy(line, name);
    (*end)->addr = addr.addr;
    return true;
}

static const struct {
    const char *word;
    size_t offset; /* in struct email_alert */
} alert_words[] = {
    { "from", offsetof(struct email_alert, from) },
    { "mailers", offsetof(struct email_alert, mailers_name) },
    { "myhostname", offsetof(struct email_alert, host_name) },
    { "to", offsetof(struct email_alert, to) },
};

static bool email_alert(struct cfg_line *line)
{
    struct email_alert *alert = &kw_proxy(line)->settings.email_alert;
    const char *word = cfg_arg(line, 0), *value = cfg_arg(line, 1);
    enum log_level level;
    size_t i = 0;
    while (i < COUNT_OF(alert_words) && strcmp(alert_words[i].word, word) != 0)
        i++;
    if (i == COUNT_OF(alert_words) && strcmp(word, "level") != 0)
        return cfg_error(line,
                         "email-alert: unknown argument '%s': 'from', 'level', 'mailers', 'myhostname' or "
                         "'to' is expected.",
                         word);
    if (!cfg_arg_limits(line, 2, 2))
        return false;
    alert->seen = true;
    if (i < COUNT_OF(alert_words)) {
        *(const char **)(void *)((char *)alert + alert_words[i].offset) = kw_copy(line, value);
        return true;
    }
    if (!log_level_of(value, &level))
        return cfg_error(line, "unknown log level '%s' after 'email-alert level'.", value);
    alert->level = (int)level;
    return true;
}

/* clang-format off */
const struct keyword_row kw_mailers_rows[] = {
    { IN_MAILERS, "mailer", KW_CALL(mailer) },
    { IN_MAILERS, "timeout mail", CFG_TIME_MS, .offset = offsetof(struct mailers, timeout_ms) },
    { IN_PROXY, "email-alert", KW_CALL(email_alert) },
    { 0 },
};
/* clang-format on */
