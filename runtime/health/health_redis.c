/* option redis-check: PING. */
#include "health/check_rules.h"

static enum check_verdict judge(struct check *check, const struct check_step *step, struct str bytes,
                                bool last)
{
    (void)step;
    if (bytes.size < 7 && !last && str_find_char(bytes, '\n') == STR_NOT_FOUND)
        return CHECK_WAIT;
    if (str_starts(bytes, STR("+PONG\r\n")))
        return check_step_good(check, CHECK_L7_OK, 0, STR("Redis server is ok"));
    return check_step_bad(check, CHECK_L7_STATUS, 0, health_first_line(bytes));
}

static bool prepare(struct check_rules *rules, struct arena *arena, const char *const *words,
                    const char **error)
{
    static const char ping[] = "*1\r\n$4\r\nPING\r\n";
    (void)words, (void)error;
    health_send(rules, arena, ping, sizeof(ping) - 1);
    health_expect(rules, arena, judge);
    return true;
}

const struct health_row health_redis_row = { "redis-check", "", prepare };
