/* option spop-check: the HELLO of the Stream Processing Offload Protocol, with its healthcheck flag. */
#include "health/check_rules.h"

static uint32_t number(struct str bytes, size_t at)
{
    uint32_t value = 0;
    for (size_t i = 0; i < 4; i++)
        value = value << 8 | (at + i < bytes.size ? (uint8_t)bytes.data[at + i] : 0u);
    return value;
}

static enum check_verdict judge(struct check *check, const struct check_step *step, struct str bytes,
                                bool last)
{
    static const struct str invalid = STR_INIT("invalid frame received");
    (void)step;
    if (bytes.size < 4 && !last)
        return CHECK_WAIT;
    uint32_t size = number(bytes, 0);
    if (size > 16384 || (size < 7 && bytes.size >= 4))
        return check_step_bad(check, CHECK_L7_RESPONSE, -1, invalid);
    if (bytes.size < 4 + (size_t)size && !last)
        return CHECK_WAIT;
    struct str frame = str_slice(bytes, 4, size);
    if (frame.size < 7 || (uint8_t)frame.data[0] != 101) /* AGENT-HELLO */
        return check_step_bad(check, CHECK_L7_RESPONSE, -1, invalid);
    struct str items = str_from(frame, 7);
    static const struct str key = STR_INIT("\007version\010");
    size_t at = str_find(items, key);
    if (at == STR_NOT_FOUND)
        return check_step_bad(check, CHECK_L7_RESPONSE, -1, invalid);
    struct str version = str_from(items, at + key.size);
    size_t length = version.size ? (uint8_t)version.data[0] : 0;
    version = str_slice(version, 1, length);
    if (!str_starts(version, STR("2.")))
        return check_step_bad(check, CHECK_L7_RESPONSE, -1, STR("unsupported version"));
    return check_step_good(check, CHECK_L7_OK, 0, STR("SPOA server is ok"));
}

static bool prepare(struct check_rules *rules, struct arena *arena, const char *const *words,
                    const char **error)
{
    static const char hello[] = "\0\0\0\x4e"     /* size */
                                "\1\0\0\0\1\0\0" /* HAPROXY-HELLO, last fragment, no stream, no frame */
                                "\x12supported-versions\x08\x03"
                                "2.0"
                                "\x0emax-frame-size\x03\xfc\xf0\x06"
                                "\x0c"
                                "capabilities\x08\0"
                                "\x0bhealthcheck\x11";
    (void)words, (void)error;
    health_send(rules, arena, hello, sizeof(hello) - 1);
    health_expect(rules, arena, judge);
    return true;
}

const struct health_row health_spop_row = { "spop-check", "", prepare };
