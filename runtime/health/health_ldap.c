/* option ldap-check: an anonymous bind of LDAPv3 (RFC 4511 section 4.2). */
#include "health/check_rules.h"

static uint8_t byte(struct str bytes, size_t at)
{
    return at < bytes.size ? (uint8_t)bytes.data[at] : 0;
}

/* The size field of BER at `at`: *at moves behind it. false: it is no size. */
static bool read_size(struct str bytes, size_t *at, size_t *size)
{
    uint8_t first = byte(bytes, (*at)++);
    *size = first;
    if (first < 0x80)
        return true;
    unsigned count = first & 0x7f;
    if (count > 4)
        return false;
    for (*size = 0; count; count--)
        *size = *size << 8 | byte(bytes, (*at)++);
    return true;
}

static enum check_verdict judge(struct check *check, const struct check_step *step, struct str bytes,
                                bool last)
{
    static const struct str other = STR_INIT("Not LDAPv3 protocol");
    size_t at = 1, size = 0;
    (void)step;
    if (bytes.size < 14 && !last)
        return CHECK_WAIT;
    if (byte(bytes, 0) != 0x30 || !read_size(bytes, &at, &size)) /* a sequence */
        return check_step_bad(check, CHECK_L7_RESPONSE, -1, other);
    if (bytes.size < at + size && !last)
        return CHECK_WAIT;
    if (byte(bytes, at) != 2 || byte(bytes, at + 1) != 1 || byte(bytes, at + 2) != 1) /* message 1 */
        return check_step_bad(check, CHECK_L7_RESPONSE, -1, other);
    at += 3;
    if (byte(bytes, at++) != 0x61 || !read_size(bytes, &at, &size) || byte(bytes, at) != 0x0a ||
        byte(bytes, at + 1) != 1) /* a bind response that begins with its code */
        return check_step_bad(check, CHECK_L7_RESPONSE, -1, other);
    int code = byte(bytes, at + 2);
    if (!code)
        return check_step_good(check, CHECK_L7_OK, 0, STR("Success"));
    return check_step_bad(check, CHECK_L7_STATUS, code,
                          STR("See RFC: http://tools.ietf.org/html/rfc4511#section-4.1.9"));
}

static bool prepare(struct check_rules *rules, struct arena *arena, const char *const *words,
                    const char **error)
{
    static const char bind[] = { 0x30, 0x0c, 2, 1, 1, 0x60, 7, 2, 1, 3, 4, 0, (char)0x80, 0 };
    (void)words, (void)error;
    health_send(rules, arena, bind, sizeof(bind));
    health_expect(rules, arena, judge);
    return true;
}

const struct health_row health_ldap_row = { "ldap-check", "", prepare };
