/* Credentials of a request: http_auth and its like (manual 7.3.6; RFC 7617, RFC 6750). */
#include "base/base64.h"
#include "fetches/fetches.h"
#include "proxy/userlist.h"
#include "sample/sample_args.h"
#include "stream/stream.h"

/* Where `option http-use-proxy-header` says so, requests in proxy form have Proxy-Authorization. */
static struct str field_of(const struct sample_context *context, struct str name)
{
    const struct http_msg *request = context->request;
    if (!request)
        return STR_NONE;
    bool by_proxy = context->stream && context->stream->frontend->settings.http_use_proxy_header &&
                    request->uri.size && request->uri.data[0] != '/' && request->uri.data[0] != '*';
    if (!name.size)
        name = by_proxy ? STR("proxy-authorization") : STR("authorization");
    const struct http_field *field = http_msg_find(request, name, NULL);
    return field ? field->value : STR_NONE;
}

/* The scheme, and what stands behind it. */
static struct str split_scheme(struct str *value)
{
    struct str scheme = str_split(value, ' ');
    *value = value->data ? str_trim(*value) : STR("");
    return scheme;
}

struct basic {
    struct str user, password;
};

static bool read_basic(struct sample_context *context, struct basic *out)
{
    struct str value = field_of(context, STR_NONE);
    if (!value.data || !str_eq_nocase(split_scheme(&value), STR("basic")))
        return false;
    char *text = arena_alloc(context->scratch, value.size + 1);
    size_t size = 0;
    if (text)
        size = base64_decode(value, text, value.size + 1, false);
    if (!text || size == STR_NOT_FOUND)
        return false;
    struct str rest = str_make(text, size);
    out->user = str_split(&rest, ':');
    out->password = rest.data ? rest : STR("");
    return rest.data != NULL;
}

/* Without credentials there is no value, which is not the same as false (TRUTHS of HAProxy). */
static bool fetch_auth(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    struct basic basic;
    if (!read_basic(context, &basic))
        return false;
    *out = sample_bool(userlist_check(args->list[0].userlist, basic.user, basic.password) != NULL);
    return true;
}

/* The user; to a condition, each of the user's groups in turn. */
static bool fetch_auth_group(const struct sample_args *args, struct sample_context *context,
                             struct sample *out)
{
    const struct userlist *list = args->list[0].userlist;
    struct basic basic;
    if (!read_basic(context, &basic))
        return false;
    const struct userlist_user *user = userlist_check(list, basic.user, basic.password);
    if (!user)
        return false;
    *out = sample_text(basic.user);
    if (!context->each.wanted)
        return true;
    size_t seen = 0;
    for (const struct userlist_group *group = list->groups; group; group = group->next) {
        if (!userlist_user_in(list, user, str_of(group->name)) || seen++ < context->each.next)
            continue;
        context->each.next++;
        context->each.more = true;
        *out = sample_text(str_of(group->name));
        return true;
    }
    return false;
}

static bool fetch_auth_user(const struct sample_args *args, struct sample_context *context,
                            struct sample *out)
{
    struct basic basic;
    (void)args;
    if (!read_basic(context, &basic))
        return false;
    *out = sample_text(basic.user);
    return true;
}

static bool fetch_auth_pass(const struct sample_args *args, struct sample_context *context,
                            struct sample *out)
{
    struct basic basic;
    (void)args;
    if (!read_basic(context, &basic))
        return false;
    *out = sample_text(basic.password);
    return true;
}

static bool fetch_auth_type(const struct sample_args *args, struct sample_context *context,
                            struct sample *out)
{
    struct str value = field_of(context, STR_NONE);
    (void)args;
    if (!value.data)
        return false;
    struct str scheme = split_scheme(&value);
    bool known = str_eq_nocase(scheme, STR("basic")) || str_eq_nocase(scheme, STR("bearer"));
    *out = sample_text(str_eq_nocase(scheme, STR("basic")) ? STR("Basic") : STR("Bearer"));
    return known;
}

static bool fetch_auth_bearer(const struct sample_args *args, struct sample_context *context,
                              struct sample *out)
{
    struct str name = args->count ? arena_copy(context->scratch, args->list[0].text) : STR_NONE;
    for (size_t i = 0; i < name.size; i++)
        ((char *)(uintptr_t)name.data)[i] = ascii_lower(name.data[i]);
    struct str value = field_of(context, name);
    if (!value.data || !str_eq_nocase(split_scheme(&value), STR("bearer")) || !value.size)
        return false;
    *out = sample_text(value);
    return true;
}

#define HERE (AT_REQUEST_HEAD | AT_REQUEST_CONTENT | AT_SERVER_PICK)

/* clang-format off */
const struct fetch_row fetch_auth_rows[] = {
    { "http_auth",        fetch_auth,        "userlist", SAMPLE_BOOL, HERE, NULL, NULL },
    { "http_auth_bearer", fetch_auth_bearer, "str?",     SAMPLE_STR,  HERE, NULL, NULL },
    { "http_auth_group",  fetch_auth_group,  "userlist", SAMPLE_STR,  HERE, NULL, NULL },
    { "http_auth_pass",   fetch_auth_pass,   "",         SAMPLE_STR,  HERE, NULL, NULL },
    { "http_auth_type",   fetch_auth_type,   "",         SAMPLE_STR,  HERE, NULL, NULL },
    { "http_auth_user",   fetch_auth_user,   "",         SAMPLE_STR,  HERE, NULL, NULL },
    { 0 },
};
/* clang-format on */
