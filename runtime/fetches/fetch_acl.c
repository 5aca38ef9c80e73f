/* ACLs as a value: true when all of those named hold (HAProxy manual 7.3.2 acl). */
#include "fetches/fetches.h"
#include "match/acl.h"
#include "proxy/configuration.h"
#include "sample/sample_args.h"

struct named {
    const struct acl *acl;
    bool negated;
};

struct named_list {
    unsigned count;
    struct named items[];
};

static bool refuse(const struct sample_args *args, const char **error, const char *format, const char *text)
{
    *error = arena_printf(args->parser->arena, format, text).data;
    return false;
}

static const struct acl *find(const struct sample_args *args, const char *name)
{
    const struct sample_parser *parser = args->parser;
    const struct acl *acl = parser->proxy ? parser->proxy->acls : NULL;
    while (acl && !str_eq(acl->name, str_of(name)))
        acl = acl->next;
    if (acl)
        return acl;
    struct acl_parser own = { .sample = *parser,
                              .set = parser->configuration->patterns,
                              .platform = parser->configuration->platform };
    return acl_make_predefined(&own, name);
}

static bool check_acl(struct sample_args *args, const char **error)
{
    struct named_list *list =
        arena_zero(args->parser->arena, sizeof(*list) + args->count * sizeof(struct named));
    if (!list || !args->parser->configuration)
        return refuse(args, error, "%s", "no ACLs are known here");
    for (unsigned i = 0; i < args->count; i++) {
        const char *name = args->list[i].text.data;
        struct named *item = &list->items[list->count++];
        item->negated = *name == '!';
        item->acl = find(args, name + item->negated);
        if (!item->acl)
            return refuse(args, error, "ACL '%s' not found", name + item->negated);
    }
    args->own = list;
    return true;
}

static bool fetch_acl(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    const struct named_list *list = args->own;
    bool holds = true;
    for (unsigned i = 0; i < list->count && holds; i++) {
        enum acl_result result = acl_eval(list->items[i].acl, context);
        if (result == ACL_MISS)
            return false;
        holds = (result == ACL_PASS) != list->items[i].negated;
    }
    *out = sample_bool(holds);
    return true;
}

const struct fetch_row fetch_acl_rows[] = {
    { "acl", fetch_acl, "str,str?,str?,str?,str?,str?,str?,str?,str?,str?,str?,str?", SAMPLE_BOOL,
      AT_ANYWHERE, NULL, check_acl },
    { 0 },
};
