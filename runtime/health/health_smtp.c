/* option smtpchk: greeting, HELO or EHLO, QUIT (RFC 5321). */
#include "base/units.h"
#include "health/check_rules.h"

/* "250-text" goes on, "250 text" is the last line of a reply. */
static enum check_verdict judge(struct check *check, const struct check_step *step, struct str bytes,
                                bool last)
{
    int64_t code = 0;
    (void)step;
    for (;;) {
        size_t end = str_find_char(bytes, '\n');
        struct str line = health_first_line(bytes);
        if (end == STR_NOT_FOUND && !last)
            return CHECK_WAIT;
        bool good = line.size >= 3 && units_parse_int(str_slice(line, 0, 3), 100, 999, &code) &&
                    (line.size == 3 || line.data[3] == ' ' || line.data[3] == '-');
        if (!good)
            return check_step_bad(check, CHECK_L7_RESPONSE, -1, line);
        struct str text = str_trim(str_from(line, 4));
        if (code / 100 != 2)
            return check_step_bad(check, CHECK_L7_STATUS, (int)code, text);
        if (line.size == 3 || line.data[3] == ' ')
            return check_step_good(check, CHECK_L7_OK, (int)code, text);
        if (end == STR_NOT_FOUND)
            return check_step_bad(check, CHECK_L7_RESPONSE, -1, line);
        bytes = str_from(bytes, end + 1);
    }
}

static bool prepare(struct check_rules *rules, struct arena *arena, const char *const *words,
                    const char **error)
{
    const char *hello = "HELO", *domain = "localhost";
    (void)error;
    if (words[0] &&
        words[1]) { /* anything but these two words is HELO localhost (manual 4.2 option smtpchk) */
        if (strcmp(words[0], "EHLO") == 0 || strcmp(words[0], "HELO") == 0) {
            hello = words[0];
            domain = words[1];
        }
    }
    struct str line = arena_printf(arena, "%s %s\r\n", hello, domain);
    health_expect(rules, arena, judge);
    health_send(rules, arena, line.data, line.size);
    health_expect(rules, arena, judge);
    health_send(rules, arena, "QUIT\r\n", 6);
    health_expect(rules, arena, judge);
    return line.data != NULL;
}

const struct health_row health_smtp_row = { "smtpchk", "[ EHLO | HELO <domain> ]", prepare };
