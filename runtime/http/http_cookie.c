/* Cutting lists of cookies, and edits that leave the rest of the list as it was. */
#include "http/http_cookie.h"
#include "http/http_chars.h"

static size_t skip_blanks(struct str list, size_t at)
{
    return http_chars_span(list, at, HTTP_CHAR_BLANK);
}

/* The separator that ends a value, or the list's end; a quoted part may hold separators and escaped
 * quotes. */
static size_t value_end(struct str list, size_t at)
{
    bool quoted = false;
    for (; at < list.size; at++) {
        char c = list.data[at];
        if (c == '"')
            quoted = !quoted;
        else if (quoted && c == '\\')
            at++;
        else if (!quoted && (c == ';' || c == ','))
            return at;
    }
    return list.size;
}

static size_t name_end(struct str list, size_t at)
{
    while (at < list.size && list.data[at] != '=' && list.data[at] != ';' && list.data[at] != ',')
        at++;
    return at;
}

bool http_cookie_next(struct str list, struct http_cookie_cursor *cursor, struct http_cookie *out)
{
    while (cursor->at < list.size) {
        size_t begin = skip_blanks(list, cursor->at), equal = name_end(list, begin);
        bool is_pair = equal < list.size && list.data[equal] == '=';
        size_t value = is_pair ? skip_blanks(list, equal + 1) : equal,
               end = is_pair ? value_end(list, value) : equal;
        bool counts = is_pair && list.data[begin] != '$';
        *out = (struct http_cookie){ .name = str_trim(str_slice(list, begin, equal - begin)),
                                     .value = str_trim(str_slice(list, value, end - value)),
                                     .begin = begin,
                                     .end = end,
                                     .leads = !cursor->follows };
        cursor->follows = !(end < list.size && list.data[end] == ',') && (cursor->follows || counts);
        cursor->at = end + 1;
        if (counts)
            return true;
    }
    return false;
}

static bool fits(const struct http_msg *msg, struct str name, struct str list,
                 const struct http_cookie *cookie)
{
    if (!name.size)
        return true;
    size_t begin = cookie->begin; /* blanks in front of the name count here */
    while (begin > 0 && (list.data[begin - 1] == ' ' || list.data[begin - 1] == '\t'))
        begin--;
    bool nothing_behind = cookie->end == list.size && list.size - begin <= name.size + 1;
    return str_eq(cookie->name, name) && !nothing_behind && (!msg->is_response || cookie->leads);
}

bool http_cookie_find(const struct http_msg *msg, struct str name, struct http_cookie_cursor *cursor,
                      struct http_cookie *out)
{
    enum http_field_id id = msg->is_response ? FIELD_SET_COOKIE : FIELD_COOKIE;
    for (;;) {
        if (!cursor->inside) {
            struct http_field *field = http_msg_find_id(msg, id, cursor->field);
            if (!field)
                return false;
            *cursor = (struct http_cookie_cursor){ .field = field, .inside = true };
        }
        while (http_cookie_next(cursor->field->value, cursor, out))
            if (fits(msg, name, cursor->field->value, out))
                return true;
        cursor->inside = false;
    }
}

bool http_cookie_set_value(struct http_msg *msg, struct http_field *field, const struct http_cookie *cookie,
                           struct str value)
{
    size_t at = (size_t)(cookie->value.data - field->value.data);
    return http_msg_edit_value(msg, field, at, cookie->value.size, value);
}

/* Behind the separator and the '$' attributes that belong to the cookie. */
static size_t end_with_attributes(struct str list, size_t end)
{
    for (;;) {
        size_t next = end < list.size ? skip_blanks(list, end + 1) : list.size;
        if (next >= list.size || list.data[next] != '$')
            return next;
        size_t equal = name_end(list, next);
        end = equal < list.size && list.data[equal] == '=' ? value_end(list, equal + 1) : equal;
    }
}

bool http_cookie_remove(struct http_msg *msg, struct http_field *field, const struct http_cookie *cookie)
{
    struct str list = field->value;
    struct str before = str_trim(str_slice(list, 0, cookie->begin));
    size_t after = end_with_attributes(list, cookie->end);
    if (before.size && (before.data[before.size - 1] == ';' || before.data[before.size - 1] == ','))
        before = str_trim(str_slice(before, 0, before.size - 1));
    size_t from = before.size ? (size_t)(before.data - list.data) + before.size : 0;
    if (from == 0 && after == list.size) {
        http_msg_remove_field(msg, field);
        return true;
    }
    return http_msg_edit_value(msg, field, from, after - from,
                               from && after < list.size ? STR("; ") : STR_NONE);
}
