/* Bytes that come: read ahead, within the window, with patience. */
#include "base/mem.h"
#include "sim/actor_http_parts.h"

enum { READ_AHEAD = 16384 };

/* As "%zu" would, which is slow for what every message needs. */
void actor_http_in_print_length(struct actor_http *http)
{
    char digits[sizeof(http->body_length)];
    size_t value = http->body.size, at = sizeof(digits);

    digits[--at] = '\0';
    do
        digits[--at] = (char)('0' + value % 10);
    while (value /= 10);
    memcpy(http->body_length, digits + at, sizeof(digits) - at);
}

size_t actor_http_in_size(const struct actor_http *http)
{
    return http->in_end - http->in_begin;
}

char *actor_http_in_data(const struct actor_http *http)
{
    return http->in + http->in_begin;
}

struct str actor_http_in_str(const struct actor_http *http)
{
    return str_make(actor_http_in_data(http), actor_http_in_size(http));
}

void actor_http_in_use(struct actor_http *http, size_t size)
{
    http->in_begin += size;
    if (http->in_begin == http->in_end)
        http->in_begin = http->in_end = 0;
}

static void in_make_room(struct actor_http *http, size_t size)
{
    if (http->in_size - http->in_end >= size)
        return;
    if (http->in_begin) {
        memmove(http->in, actor_http_in_data(http), actor_http_in_size(http));
        http->in_end -= http->in_begin;
        http->in_begin = 0;
    }
    if (http->in_size - http->in_end >= size)
        return;
    http->in_size = http->in_size * 2 > http->in_end + size ? http->in_size * 2 : http->in_end + size;
    http->in = mem_resize(http->in, http->in_size);
    CHECK(http->in);
}

/* Reads once. false: nothing came (yet, or any more: see in_status). */
bool actor_http_in_fill(struct actor_http *http)
{
    size_t most = READ_AHEAD;
    struct io_vec vec;
    struct io_result result;

    if (http->sock == PLAT_NO_SOCK) {
        http->in_status = IO_BAD;
        return false;
    }
    if (http->in_status != IO_OK || (http->has_window && !http->window_left))
        return false;
    if (http->has_window && http->window_left < most)
        most = http->window_left;
    in_make_room(http, most);
    vec = (struct io_vec){ http->in + http->in_end, most };
    result = wire_read(http->wire, http->sock, &vec, 1);
    if (result.status == IO_WOULD_BLOCK || (result.status == IO_OK && !result.size))
        return false;
    if (result.status != IO_OK) {
        http->in_status = result.status;
        return false;
    }
    http->in_end += result.size;
    if (http->has_window)
        http->window_left -= result.size;
    return true;
}

/* Until `size` bytes are there. Patience begins anew with each arrival. */
enum need actor_http_in_need(struct actor_http *http, size_t size, const char *what)
{
    struct actor *actor = &http->actor;

    while (actor_http_in_size(http) < size) {
        if (actor_http_in_fill(http)) {
            actor->alarm_ns = 0;
            continue;
        }
        if (http->in_status != IO_OK)
            return NEED_ENDED;
        if (!actor->alarm_ns)
            actor_alarm(actor, world_now(actor->scenario->world) + http->patience_ns);
        if (actor_alarm_passed(actor)) {
            actor->alarm_ns = 0;
            return NEED_TIMEOUT;
        }
        actor_wait_io(actor, what);
        return NEED_WAIT;
    }
    return NEED_MET;
}

const char *actor_http_in_ended_text(const struct actor_http *http)
{
    switch (http->in_status) {
    case IO_CLOSED:
        return "the peer closed the connection";
    case IO_RESET:
        return "the peer reset the connection";
    case IO_BAD:
        return "there is no connection";
    default:
        return platform_status_text(http->in_status);
    }
}

/* For statements that fail on anything but bytes. NEED_MET or what to return in *step. */
bool actor_http_in_need_or_fail(struct actor_http *http, size_t size, const char *what, enum actor_step *step)
{
    for (;;) {
        switch (actor_http_in_need(http, size, what)) {
        case NEED_MET:
            return true;
        case NEED_WAIT:
            *step = STEP_WAIT;
            return false;
        case NEED_TIMEOUT:
            *step = actor_http_complain(http, "waited %g s for %s: nothing came",
                                        (double)http->patience_ns / 1e9, what);
            if (*step == STEP_NEXT)
                continue;
            return false;
        case NEED_ENDED:
            *step = actor_http_complain(http, "waited for %s, but %s (%zu bytes came)", what,
                                        actor_http_in_ended_text(http), actor_http_in_size(http));
            return false;
        }
    }
}
