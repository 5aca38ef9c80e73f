/* option pgsql-check: a start-up message of PostgreSQL's protocol 3. */
#include "health/check_rules.h"

static enum check_verdict judge(struct check *check, const struct check_step *step, struct str bytes,
                                bool last)
{
    (void)step;
    if (bytes.size < 9 && !last)
        return CHECK_WAIT;
    if (str_starts(bytes, STR("R")) && bytes.size >= 9)
        return check_step_good(check, CHECK_L7_OK, 0, STR("PostgreSQL server is ok"));
    if (str_starts(bytes, STR("E")) &&
        bytes.size > 6) { /* 'E', size, then fields: 'S' and the severity first */
        struct str text = str_from(bytes, 6);
        size_t end = str_find_char(text, 0);
        return check_step_bad(check, CHECK_L7_RESPONSE, -1,
                              end == STR_NOT_FOUND ? text : str_slice(text, 0, end));
    }
    return check_step_bad(check, CHECK_L7_STATUS, 0, STR("PostgreSQL unknown error"));
}

static bool prepare(struct check_rules *rules, struct arena *arena, const char *const *words,
                    const char **error)
{
    struct buf packet = BUF_INIT;
    if (!words[0] || strcmp(words[0], "user") != 0 || !words[1]) {
        *error = "expects 'user <username>' as argument";
        return false;
    }
    size_t size = 4 + 4 + 5 + strlen(words[1]) + 1 + 1;
    for (int shift = 24; shift >= 0; shift -= 8)
        buf_add_char(&packet, (char)(size >> shift));
    buf_add(&packet, str_make("\0\3\0\0user\0", 9));
    buf_add(&packet, str_make(words[1], strlen(words[1]) + 1));
    buf_add_char(&packet, 0);
    health_send(rules, arena, packet.data, packet.size);
    buf_finish(&packet);
    health_expect(rules, arena, judge);
    return true;
}

const struct health_row health_pgsql_row = { "pgsql-check", "user <username>", prepare };
