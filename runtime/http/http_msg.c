/* Messages as values. The fields stand in one array, in the order of the wire; a removed one stays as a
 * marked gap. When the array is full it is doubled in the arena, so a pointer to a field holds until the
 * next http_msg_add. */
#include "http/http_msg.h"
#include "http/http_chars.h"
#include "http/http_status.h"
#include "http/http_uri.h"

#define FIELDS_FIRST 16u

void http_msg_init(struct http_msg *msg, struct arena *arena, bool is_response)
{
    *msg = (struct http_msg){ .arena = arena, .is_response = is_response };
}

static bool is(struct str name, const char *text)
{
    return memcmp(name.data, text, name.size) == 0;
}

enum http_method http_method_of(struct str name)
{
    switch (name.size) {
    case 3:
        return is(name, "GET") ? HTTP_GET : is(name, "PUT") ? HTTP_PUT : HTTP_OTHER_METHOD;
    case 4:
        return is(name, "POST") ? HTTP_POST : is(name, "HEAD") ? HTTP_HEAD : HTTP_OTHER_METHOD;
    case 5:
        return is(name, "PATCH") ? HTTP_PATCH : is(name, "TRACE") ? HTTP_TRACE : HTTP_OTHER_METHOD;
    case 6:
        return is(name, "DELETE") ? HTTP_DELETE : HTTP_OTHER_METHOD;
    case 7:
        return is(name, "OPTIONS") ? HTTP_OPTIONS : is(name, "CONNECT") ? HTTP_CONNECT : HTTP_OTHER_METHOD;
    default:
        return HTTP_OTHER_METHOD;
    }
}

/* The names by their length: at most three have the same one, so at most three comparisons. */
enum http_field_id http_field_id_of(struct str name)
{
#define NAMED(text, id)                                                                                      \
    if (is(name, text))                                                                                      \
    return id
    switch (name.size) {
    case 2:
        NAMED("te", FIELD_TE);
        break;
    case 4:
        NAMED("host", FIELD_HOST);
        NAMED("date", FIELD_DATE);
        break;
    case 6:
        NAMED("accept", FIELD_ACCEPT);
        NAMED("cookie", FIELD_COOKIE);
        NAMED("expect", FIELD_EXPECT);
        NAMED("server", FIELD_SERVER);
        break;
    case 7:
        NAMED("upgrade", FIELD_UPGRADE);
        NAMED("trailer", FIELD_TRAILER);
        break;
    case 8:
        NAMED("location", FIELD_LOCATION);
        break;
    case 10:
        NAMED("connection", FIELD_CONNECTION);
        NAMED("user-agent", FIELD_USER_AGENT);
        NAMED("set-cookie", FIELD_SET_COOKIE);
        NAMED("keep-alive", FIELD_KEEP_ALIVE);
        break;
    case 12:
        NAMED("content-type", FIELD_CONTENT_TYPE);
        break;
    case 13:
        NAMED("authorization", FIELD_AUTHORIZATION);
        NAMED("cache-control", FIELD_CACHE_CONTROL);
        NAMED("x-original-to", FIELD_X_ORIGINAL_TO);
        break;
    case 14:
        NAMED("content-length", FIELD_CONTENT_LENGTH);
        break;
    case 15:
        NAMED("x-forwarded-for", FIELD_X_FORWARDED_FOR);
        break;
    case 16:
        NAMED("proxy-connection", FIELD_PROXY_CONNECTION);
        break;
    case 17:
        NAMED("transfer-encoding", FIELD_TRANSFER_ENCODING);
        break;
    case 19:
        NAMED("proxy-authorization", FIELD_PROXY_AUTHORIZATION);
        break;
    default:
        break;
    }
    return FIELD_OTHER;
#undef NAMED
}

/* The place to go on from; a field of an array that was grown away is a bug of the caller. */
static unsigned index_after(const struct http_msg *msg, const struct http_field *previous)
{
    if (!previous)
        return 0;
    CHECK(previous >= msg->fields && previous < msg->fields + msg->field_count);
    return (unsigned)(previous - msg->fields) + 1;
}

struct http_field *http_msg_next(const struct http_msg *msg, const struct http_field *previous)
{
    for (unsigned i = index_after(msg, previous); i < msg->field_count; i++)
        if (!msg->fields[i].removed)
            return &msg->fields[i];
    return NULL;
}

struct http_field *http_msg_find_id(const struct http_msg *msg, enum http_field_id id,
                                    const struct http_field *previous)
{
    for (unsigned i = index_after(msg, previous); i < msg->field_count; i++)
        if (msg->fields[i].id == id && !msg->fields[i].removed)
            return &msg->fields[i];
    return NULL;
}

struct http_field *http_msg_find(const struct http_msg *msg, struct str name,
                                 const struct http_field *previous)
{
    enum http_field_id id = http_field_id_of(name);
    if (id != FIELD_OTHER)
        return http_msg_find_id(msg, id, previous);
    for (unsigned i = index_after(msg, previous); i < msg->field_count; i++)
        if (str_eq(msg->fields[i].name, name) && !msg->fields[i].removed)
            return &msg->fields[i];
    return NULL;
}

size_t http_msg_value_end(struct str list, size_t from)
{
    struct str rest = str_from(list, from);
    size_t comma = str_find_char(rest, ',');
    bool quoted = false;
    if (comma == STR_NOT_FOUND)
        return list.size;
    if (str_find_char(str_slice(rest, 0, comma), '"') == STR_NOT_FOUND)
        return from + comma;
    for (size_t i = from; i < list.size; i++) {
        char c = list.data[i];
        if (c == '"')
            quoted = !quoted;
        else if (c == '\\' && quoted)
            i++;
        else if (c == ',' && !quoted)
            return i;
    }
    return list.size;
}

bool http_msg_next_value(const struct http_msg *msg, struct str name, bool full,
                         struct http_value_cursor *cursor)
{
    if (!cursor->inside || cursor->field->removed) {
        struct http_field *field = http_msg_find(msg, name, cursor->field);
        cursor->inside = false;
        if (!field)
            return false;
        cursor->field = field;
        cursor->next = 0;
    }
    struct str value = cursor->field->value;
    cursor->inside = false;
    cursor->value = str_trim(value); /* an edit may have put blanks there */
    if (full)
        return true;
    size_t end = http_msg_value_end(value, cursor->next);
    if (cursor->next > end)
        cursor->next = end;
    cursor->value = str_trim(str_slice(value, cursor->next, end - cursor->next));
    cursor->inside = end < value.size;
    cursor->next = end + 1;
    return true;
}

bool http_msg_has_next_value(const struct http_msg *msg, struct str name,
                             const struct http_value_cursor *cursor)
{
    return (cursor->inside && !cursor->field->removed) || http_msg_find(msg, name, cursor->field);
}

unsigned http_msg_count_values(const struct http_msg *msg, struct str name, bool full)
{
    struct http_value_cursor cursor = { 0 };
    unsigned count = 0;
    while (http_msg_next_value(msg, name, full, &cursor))
        count++;
    return count;
}

bool http_msg_value_at(const struct http_msg *msg, struct str name, bool full, int n, struct str *out)
{
    struct http_value_cursor cursor = { 0 };
    if (n == 0 || n == -1) { /* the last one, seen in one walk */
        bool found = false;
        for (; http_msg_next_value(msg, name, full, &cursor); found = true)
            *out = cursor.value;
        return found;
    }
    int64_t wanted = n > 0 ? n : (int64_t)http_msg_count_values(msg, name, full) + n + 1;
    if (wanted < 1)
        return false;
    while (http_msg_next_value(msg, name, full, &cursor))
        if (--wanted == 0) {
            *out = cursor.value;
            return true;
        }
    return false;
}

/* Bytes that would end a line or a word of what is written are escaped (RFC 9112 section 11.1). */
enum text_kind { TEXT_VALUE, TEXT_NAME, TEXT_URI, TEXT_METHOD };

static bool passes(char c, enum text_kind kind)
{
    switch (kind) {
    case TEXT_VALUE:
        return c == '\t' || !http_char_is(c, HTTP_CHAR_CONTROL);
    case TEXT_URI:
        return !http_char_is(c, HTTP_CHAR_CONTROL | HTTP_CHAR_BLANK);
    default:
        return http_char_is(c, HTTP_CHAR_TOKEN);
    }
}

static size_t cleaned_size(struct str text, enum text_kind kind)
{
    size_t size = text.size;
    for (size_t i = 0; i < text.size; i++)
        size += passes(text.data[i], kind) ? 0 : 2;
    return size;
}

static char *put_cleaned(char *out, struct str text, enum text_kind kind)
{
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (passes(c, kind)) {
            *out++ = kind == TEXT_NAME ? ascii_lower(c) : c;
            continue;
        }
        http_uri_escape_byte((unsigned char)c, out);
        out += 3;
    }
    return out;
}

static char *put(char *out, struct str text)
{
    if (text.size)
        memcpy(out, text.data, text.size);
    return out + text.size;
}

/* As it stands; of a name but for its case. Most texts are. */
static bool is_clean(struct str text, enum text_kind kind)
{
    if (kind == TEXT_VALUE)
        return !http_chars_have_control(text);
    return kind == TEXT_NAME && http_chars_span(text, 0, HTTP_CHAR_TOKEN) == text.size;
}

static char *put_clean(char *out, struct str text, enum text_kind kind)
{
    char *end = put(out, text);
    if (kind == TEXT_NAME)
        http_chars_lower(out, text.size);
    return end;
}

/* before + cleaned text + after, with a NUL behind; data NULL when there is no memory. */
static struct str cleaned(struct http_msg *msg, struct str before, struct str text, struct str after,
                          enum text_kind kind)
{
    bool clean = is_clean(text, kind);
    size_t size = before.size + (clean ? text.size : cleaned_size(text, kind)) + after.size;
    char *copy = arena_alloc(msg->arena, size + 1);
    if (!copy)
        return STR_NONE;
    char *end = put(copy, before);
    end = put(clean ? put_clean(end, text, kind) : put_cleaned(end, text, kind), after);
    *end = 0;
    CHECK((size_t)(end - copy) == size);
    return str_make(copy, size);
}

static bool set_text(struct http_msg *msg, struct str *place, struct str text)
{
    if (!text.data)
        return false;
    *place = text;
    msg->edits++;
    return true;
}

bool http_msg_reserve_fields(struct http_msg *msg, unsigned capacity)
{
    if (capacity <= msg->field_capacity)
        return true;
    unsigned wanted = msg->field_capacity ? msg->field_capacity * 2 : FIELDS_FIRST;
    while (wanted < capacity)
        wanted *= 2;
    struct http_field *fields = arena_alloc(msg->arena, wanted * sizeof(*fields));
    if (!fields)
        return false;
    if (msg->field_count)
        memcpy(fields, msg->fields, msg->field_count * sizeof(*fields));
    msg->fields = fields;
    msg->field_capacity = wanted;
    return true;
}

static bool insert(struct http_msg *msg, unsigned at, struct str name, struct str value)
{
    if (!name.size)
        return true;
    struct http_field field = { .name = cleaned(msg, STR_NONE, name, STR_NONE, TEXT_NAME),
                                .value = cleaned(msg, STR_NONE, value, STR_NONE, TEXT_VALUE) };
    if (!field.name.data || !field.value.data || !http_msg_reserve_fields(msg, msg->field_count + 1))
        return false;
    field.id = http_field_id_of(field.name);
    memmove(&msg->fields[at + 1], &msg->fields[at], (msg->field_count - at) * sizeof(field));
    msg->fields[at] = field;
    msg->field_count++;
    msg->edits++;
    return true;
}

bool http_msg_add(struct http_msg *msg, struct str name, struct str value)
{
    return insert(msg, msg->field_count, name, value);
}

bool http_msg_add_first(struct http_msg *msg, struct str name, struct str value)
{
    return insert(msg, 0, name, value);
}

bool http_msg_set_value(struct http_msg *msg, struct http_field *field, struct str value)
{
    return set_text(msg, &field->value, cleaned(msg, STR_NONE, value, STR_NONE, TEXT_VALUE));
}

bool http_msg_edit_value(struct http_msg *msg, struct http_field *field, size_t from, size_t size,
                         struct str with)
{
    struct str old = field->value;
    CHECK(from <= old.size);
    CHECK(size <= old.size - from);
    return set_text(msg, &field->value,
                    cleaned(msg, str_slice(old, 0, from), with, str_from(old, from + size), TEXT_VALUE));
}

void http_msg_remove_field(struct http_msg *msg, struct http_field *field)
{
    if (field->removed)
        return;
    field->removed = true;
    msg->edits++;
}

unsigned http_msg_remove(struct http_msg *msg, struct str name)
{
    struct http_field *field = NULL;
    unsigned count = 0;
    while ((field = http_msg_find(msg, name, field))) {
        http_msg_remove_field(msg, field);
        count++;
    }
    return count;
}

bool http_msg_set_uri(struct http_msg *msg, struct str uri)
{
    return set_text(msg, &msg->uri, cleaned(msg, STR_NONE, uri, STR_NONE, TEXT_URI));
}

bool http_msg_set_method(struct http_msg *msg, struct str method)
{
    if (!method.size)
        return true;
    if (!set_text(msg, &msg->method, cleaned(msg, STR_NONE, method, STR_NONE, TEXT_METHOD)))
        return false;
    msg->method_id = http_method_of(msg->method);
    return true;
}

bool http_msg_set_status(struct http_msg *msg, int status, struct str reason)
{
    struct str text =
        reason.data ? cleaned(msg, STR_NONE, reason, STR_NONE, TEXT_VALUE) : http_status_reason(status);
    if (!set_text(msg, &msg->reason, text))
        return false;
    msg->status = status;
    return true;
}

static struct http_uri parts(const struct http_msg *msg)
{
    struct http_uri uri;
    http_uri_split(msg->uri, &uri);
    return uri;
}

struct str http_msg_path(const struct http_msg *msg)
{
    return parts(msg).path;
}

struct str http_msg_query(const struct http_msg *msg)
{
    return parts(msg).query;
}

struct str http_msg_pathq(const struct http_msg *msg)
{
    return parts(msg).pathq;
}

struct str http_msg_host(const struct http_msg *msg)
{
    struct http_uri uri = parts(msg);
    if (uri.form == HTTP_URI_ABSOLUTE) {
        size_t at = str_find_last_char(uri.authority, '@');
        return at == STR_NOT_FOUND ? uri.authority : str_from(uri.authority, at + 1);
    }
    const struct http_field *host = http_msg_find_id(msg, FIELD_HOST, NULL);
    return host ? host->value : STR_NONE;
}

/* The offset in the target at which the path begins; false: the target has no place for one. */
static bool path_offset(const struct http_msg *msg, size_t *at)
{
    struct http_uri uri = parts(msg);
    *at = msg->uri.size - uri.pathq.size;
    return uri.form == HTTP_URI_ORIGIN || uri.form == HTTP_URI_ABSOLUTE;
}

/* A target that an earlier edit left without a slash ("abc?q") is all path and query, so that edits can
 * follow. */
static bool edit_offset(const struct http_msg *msg, size_t *at)
{
    if (path_offset(msg, at))
        return true;
    *at = 0;
    return msg->edits && msg->method_id != HTTP_CONNECT && !str_starts(msg->uri, STR("*"));
}

bool http_msg_set_path(struct http_msg *msg, struct str path)
{
    size_t at;
    if (!edit_offset(msg, &at))
        return true;
    struct str tail = str_from(msg->uri, at);
    size_t mark = str_find_char(tail, '?');
    tail = mark == STR_NOT_FOUND ? STR_NONE : str_from(tail, mark);
    return set_text(msg, &msg->uri, cleaned(msg, str_slice(msg->uri, 0, at), path, tail, TEXT_URI));
}

bool http_msg_set_query(struct http_msg *msg, struct str query)
{
    size_t at;
    if (!edit_offset(msg, &at))
        return true;
    size_t mark = str_find_char(str_from(msg->uri, at), '?');
    if (mark != STR_NOT_FOUND)
        return set_text(msg, &msg->uri,
                        cleaned(msg, str_slice(msg->uri, 0, at + mark + 1), query, STR_NONE, TEXT_URI));
    if (!query.size)
        return true;
    struct str asked = cleaned(msg, STR("?"), query, STR_NONE, TEXT_URI);
    return asked.data && set_text(msg, &msg->uri, cleaned(msg, msg->uri, asked, STR_NONE, TEXT_URI));
}

bool http_msg_set_pathq(struct http_msg *msg, struct str pathq)
{
    size_t at;
    if (!edit_offset(msg, &at))
        return true;
    return set_text(msg, &msg->uri, cleaned(msg, str_slice(msg->uri, 0, at), pathq, STR_NONE, TEXT_URI));
}

static bool copy_text(struct str *text, struct arena *arena)
{
    if (!text->data)
        return true;
    *text = arena_copy(arena, *text);
    return text->data;
}

bool http_msg_copy(const struct http_msg *from, struct http_msg *to, struct arena *arena)
{
    struct http_msg copy = *from;
    copy.arena = arena;
    copy.fields = NULL;
    copy.field_count = copy.field_capacity = 0;
    if (!copy_text(&copy.method, arena) || !copy_text(&copy.uri, arena) || !copy_text(&copy.version, arena) ||
        !copy_text(&copy.reason, arena) || !http_msg_reserve_fields(&copy, from->field_count))
        return false;
    for (const struct http_field *field = NULL; (field = http_msg_next(from, field));) {
        struct http_field *place = &copy.fields[copy.field_count];
        *place = *field;
        if (!copy_text(&place->name, arena) || !copy_text(&place->value, arena))
            return false;
        copy.field_count++;
    }
    *to = copy;
    return true;
}
