/* An agent answers with one line of words: a weight ("75%"), "maxconn:30", an administrative state (ready, drain,
 * maint) and a health (up, down, failed, stopped). Text behind the last, or behind '#', is why. */
#include "health/agent_check.h"
#include "base/units.h"
#include "health/check_rules.h"
#include "health/server_status.h"
#include "stream/engine.h"

struct line {
    struct str percent, maxconn, admin, health, why;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == ',';
}

static struct str next_word(struct str *rest)
{
    while (rest->size && is_blank(rest->data[0]))
        *rest = str_from(*rest, 1);
    size_t size = 0;
    while (size < rest->size && !is_blank(rest->data[size]))
        size++;
    struct str word = str_slice(*rest, 0, size);
    *rest = str_from(*rest, size);
    return word;
}

static void read_words(struct str text, struct line *line)
{
    for (struct str word = next_word(&text); word.size; word = next_word(&text)) {
        if (word.data[0] == '#') {
            line->why = str_make(word.data + 1, word.size - 1 + text.size);
            return;
        }
        if (ascii_digit(word.data[0]) && str_ends(word, STR("%"))) {
            line->percent = word;
        } else if (str_starts_nocase(word, STR("maxconn:"))) {
            line->maxconn = str_from(word, 8);
        } else if (str_eq_nocase(word, STR("ready")) || str_eq_nocase(word, STR("drain")) ||
                   str_eq_nocase(word, STR("maint"))) {
            line->admin = word;
        } else if (str_eq_nocase(word, STR("up"))) {
            line->health = word;
        } else if (str_eq_nocase(word, STR("down")) || str_eq_nocase(word, STR("stopped")) ||
                   str_eq_nocase(word, STR("fail")) || str_eq_nocase(word, STR("failed"))) {
            line->health = word;
            while (text.size && is_blank(text.data[0]))
                text = str_from(text, 1);
            bool marked = text.size && text.data[0] == '#';
            line->why = marked ? str_from(text, 1) : next_word(&text);
            return;
        }
    }
}

static void obey(struct check *check, const struct line *line)
{
    struct server *server = check->server;
    struct engine *engine = check->engine;
    char text[32];
    int64_t number;
    if (line->admin.size) {
        if (str_eq_nocase(line->admin, STR("maint"))) {
            server_status_set_admin(engine, server, ADMIN_FORCED_MAINT, NULL);
            server_status_clear_admin(engine, server, ADMIN_FORCED_DRAIN);
        } else {
            bool drain = str_eq_nocase(line->admin, STR("drain"));
            if (drain)
                server_status_set_admin(engine, server, ADMIN_FORCED_DRAIN, NULL);
            server_status_clear_admin(engine, server, ADMIN_FORCED_MAINT);
            if (!drain)
                server_status_clear_admin(engine, server, ADMIN_FORCED_DRAIN);
        }
    }
    if (line->percent.size) {
        (void)str_to_c(line->percent, text, sizeof(text));
        (void)server_status_set_weight(engine, server, text);
    }
    if (line->maxconn.size && units_parse_int(line->maxconn, 0, INT32_MAX, &number)) {
        server->settings.maxconn = number;
        server_status_changed(engine, server);
    }
}

static enum check_verdict judge(struct check *check, const struct check_step *step, struct str bytes,
                                bool last)
{
    struct line line = { 0 };
    size_t end = 0;
    (void)step;
    while (end < bytes.size && bytes.data[end] != '\n' && bytes.data[end] != '\r')
        end++;
    if (end == bytes.size && !last)
        return CHECK_WAIT;
    read_words(str_slice(bytes, 0, end), &line);
    struct buf text = BUF_INIT;
    bool up = !line.health.size || str_eq_nocase(line.health, STR("up"));
    if (line.health.size || line.admin.size || line.percent.size || line.maxconn.size) {
        struct str said = line.health.size    ? line.health
                          : line.admin.size   ? line.admin
                          : line.percent.size ? line.percent
                                              : STR("maxconn");
        buf_printf(&text, "via agent : %.*s", STR_ARG(said));
        if (!up && line.why.size)
            buf_printf(&text, " (%.*s)", STR_ARG(str_trim(line.why)));
    }
    obey(check, &line);
    /* Words that say nothing of health leave it as it is. */
    enum check_status status = !line.health.size ? CHECK_CHECKED : up ? CHECK_L7_OK : CHECK_L7_STATUS;
    check_end(check, status, 0, text.data);
    buf_finish(&text);
    return CHECK_OVER;
}

void agent_check_prepare(struct check *check)
{
    const struct server_settings *settings = &check->server->settings;
    struct arena *arena = &check->engine->configuration->arena;
    struct check_rules *rules = check_rules_create(arena, CHECK_KIND_OWN, "agent-check");
    check_rules_add(rules, arena, STEP_SEND)->data = str_of(settings->agent_send);
    struct check_step *expect = check_rules_add(rules, arena, STEP_EXPECT);
    expect->expect = EXPECT_OWN;
    expect->judge = judge;
    check_rules_complete(rules, arena);
    check->is_agent = true;
    check->rules = rules;
    check->rise = check->fall = 1;
    check->health = 1;
    check->inter = settings->agent_inter ? settings->agent_inter : 2000;
    check->port = (uint16_t)settings->agent_port;
    check->addr = settings->agent_cfg_addr.addr;
    check->configured = check->enabled = true;
}
