/* option mysql-check: the server's handshake packet, and a login without password when a user is named. */
#include "health/check_rules.h"

#define HEADER 4 /* size in three bytes, number */

static size_t packet_size(struct str bytes)
{
    return bytes.size < HEADER
               ? 0
               : HEADER + ((size_t)(uint8_t)bytes.data[0] | (size_t)(uint8_t)bytes.data[1] << 8 |
                           (size_t)(uint8_t)bytes.data[2] << 16);
}

/* 0xff, a code, maybe '#' and a state of five letters, a text. */
static enum check_verdict refused(struct check *check, struct str packet)
{
    int code = packet.size >= 7 ? (uint8_t)packet.data[5] | (uint8_t)packet.data[6] << 8 : 0;
    struct str text = str_from(packet, 7);
    if (text.size >= 6 && text.data[0] == '#')
        text = str_from(text, 6);
    return check_step_bad(check, CHECK_L7_STATUS, code, text);
}

static enum check_verdict judge_handshake(struct check *check, const struct check_step *step,
                                          struct str bytes, bool last)
{
    size_t size = packet_size(bytes);
    (void)step;
    if ((size < HEADER + 1 || bytes.size < size) && !last)
        return CHECK_WAIT;
    if (bytes.size < HEADER + 1)
        return check_step_bad(check, CHECK_L7_RESPONSE, -1, STR("Initial packet is too short"));
    if ((uint8_t)bytes.data[HEADER] == 0xff)
        return refused(check, str_slice(bytes, 0, size));
    struct str version = str_from(bytes, HEADER + 1);
    size_t end = str_find_char(version, 0);
    if (bytes.data[HEADER] != 10 || end == STR_NOT_FOUND)
        return check_step_bad(check, CHECK_L7_RESPONSE, -1,
                              STR("Initial packet is not of the expected protocol"));
    return check_step_good(check, CHECK_L7_OK, 0, str_slice(version, 0, end));
}

/* The login went out at once; its answer stands behind the handshake. */
static enum check_verdict judge_login(struct check *check, const struct check_step *step, struct str bytes,
                                      bool last)
{
    struct str answer = str_from(bytes, packet_size(bytes));
    size_t size = packet_size(answer);
    (void)step;
    if ((answer.size < HEADER || answer.size < size) && !last)
        return CHECK_WAIT;
    if (answer.size < HEADER)
        return check_step_bad(check, CHECK_L7_RESPONSE, -1, STR("Error packet is too short"));
    if (answer.size > HEADER && (uint8_t)answer.data[HEADER] == 0xff)
        return refused(check, str_slice(answer, 0, size));
    return CHECK_NEXT; /* ends with the version that the handshake told */
}

static void put_login(struct buf *packet, const char *user, bool old)
{
    struct buf body = BUF_INIT;
    if (old) {
        buf_add(&body, str_make("\0\x80\0\0\1", 5));
    } else {
        buf_add(&body, str_make("\0\x82\0\0\0\x80\0\1\x21", 9));
        for (int i = 0; i < 23; i++)
            buf_add_char(&body, 0);
    }
    buf_add(&body, str_make(user, strlen(user) + 1));
    buf_add_char(&body, 0); /* no password */
    buf_add_char(packet, (char)body.size);
    buf_add_char(packet, (char)(body.size >> 8));
    buf_add(packet, str_make("\0\1", 2));
    buf_add(packet, buf_str(&body));
    buf_add(packet, str_make("\1\0\0\0\1", 5)); /* and quits */
    buf_finish(&body);
}

static bool prepare(struct check_rules *rules, struct arena *arena, const char *const *words,
                    const char **error)
{
    if (!words[0]) {
        health_expect(rules, arena, judge_handshake);
        return true;
    }
    const char *version = words[1] && words[2] ? words[2] : "post-41";
    bool old = strcmp(version, "pre-41") == 0;
    if (strcmp(words[0], "user") != 0 || !words[1] || (!old && strcmp(version, "post-41") != 0)) {
        *error = "keyword only supports option 'user', followed by a name and 'pre-41' or 'post-41'";
        return false;
    }
    struct buf packet = BUF_INIT;
    put_login(&packet, words[1], old);
    health_send(rules, arena, packet.data, packet.size);
    buf_finish(&packet);
    health_expect(rules, arena, judge_handshake);
    health_expect(rules, arena, judge_login);
    return true;
}

const struct health_row health_mysql_row = { "mysql-check", "[ user <username> [ post-41 | pre-41 ] ]",
                                             prepare };
