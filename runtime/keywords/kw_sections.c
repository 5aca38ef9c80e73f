/* How sections begin and end: global, defaults, frontend, backend, listen, userlist, http-errors; and those of
 * HAProxy that are not here, each refused by name. */
#include "keywords/kw_common.h"
#include "keywords/kw_crt_store.h"
#include "keywords/kw_log_forward.h"
#include "keywords/kw_mailers.h"
#include "keywords/kw_program.h"
#include "keywords/kw_resolvers.h"
#include "log/log_ring.h"
#include "proxy/http_errors.h"
#include "proxy/userlist.h"

static void *begin_global(struct cfg_line *line)
{
    if (cfg_arg_count(line)) {
        cfg_error(line, "'global' cannot handle unexpected argument '%s'.", cfg_arg(line, 0));
        return NULL;
    }
    return configuration_of(line);
}

/* ---- proxies ---- */

static const char *type_of(unsigned sides)
{
    struct proxy of_sides = { .sides = sides };
    return proxy_type_name(&of_sides);
}

/* The defaults section of that name. Two of one name are fine as long as nobody names them. */
static bool find_defaults(struct cfg_line *line, const char *name, unsigned sides, const char *own_name,
                          struct proxy **out)
{
    struct proxy *first = NULL;
    for (struct proxy *proxy = configuration_of(line)->defaults; proxy; proxy = proxy->next) {
        if (strcmp(proxy->name, name) != 0)
            continue;
        if (first)
            return cfg_error(
                line,
                "ambiguous defaults section name '%s' referenced by %s '%s' exists at least at %s:%u and "
                "%s:%u.",
                name, type_of(sides), own_name, first->at.file, first->at.line, proxy->at.file,
                proxy->at.line);
        first = proxy;
    }
    if (!first)
        return cfg_error(line, "defaults section '%s' not found for %s '%s'.", name, type_of(sides),
                         own_name);
    *out = first;
    return true;
}

/* "<section> [name] [from <defaults>]": what stands behind `from`, or the latest defaults section. */
static bool inherited(struct cfg_line *line, unsigned sides, const char *name, struct proxy **out)
{
    *out = configuration_of(line)->last_defaults;
    for (unsigned i = sides & PROXY_DEFAULTS ? 1 : 2; i + 1 < line->count; i++) {
        if (strcmp(line->words[i], "from") == 0)
            return find_defaults(line, line->words[i + 1], sides, name, out);
    }
    if (sides & PROXY_DEFAULTS)
        *out = NULL;
    return true;
}

static bool name_is_good(struct cfg_line *line, const char *name)
{
    if (!name[0])
        return cfg_error(line, "'%s' expects an <id> argument", line->words[0]);
    const char *bad = kw_bad_name_char(name);
    return !bad ||
           cfg_error(line, "character '%c' is not permitted in '%s' name '%s'.", *bad, line->words[0], name);
}

/* A frontend and a backend may share a name, nothing else may. */
static void check_other_of_name(struct cfg_line *line, unsigned sides, const char *name)
{
    struct proxy *other = dict_get(&configuration_of(line)->proxies_by_name, str_of(name));
    for (; other; other = other->same_name) {
        if (!(other->sides & sides))
            continue;
        cfg_error(line, "%s '%s' has the same name as %s '%s' declared at %s:%u.", type_of(sides), name,
                  proxy_type_name(other), other->name, other->at.file, other->at.line);
        return;
    }
}

static bool has_rules(const struct proxy *defaults)
{
    return defaults->tcp_connection.count || defaults->tcp_session.count || defaults->tcp_content.count ||
           defaults->tcp_response.count || defaults->http_request.count || defaults->http_response.count ||
           defaults->http_after_response.count;
}

/* Rules of a defaults section are for one kind of section: where both sides would have them they would run twice. */
static bool may_inherit(struct cfg_line *line, unsigned sides, struct proxy *defaults)
{
    if (!defaults)
        return true;
    const char *file = defaults->at.file;
    unsigned at = defaults->at.line;
    defaults->inherited_by |= sides;
    if (!has_rules(defaults))
        return true;
    if (sides & PROXY_DEFAULTS)
        return cfg_error(line,
                         "a defaults section cannot inherit from a defaults section defining TCP/HTTP rules "
                         "(defaults section at %s:%u).",
                         file, at);
    if ((sides & PROXY_FRONT) && (sides & PROXY_BACK))
        return cfg_error(line,
                         "a listen section cannot inherit from a defaults section defining TCP/HTTP rules "
                         "(defaults section at %s:%u).",
                         file, at);
    if ((defaults->inherited_by & PROXY_FRONT) && (defaults->inherited_by & PROXY_BACK))
        return cfg_error(line,
                         "frontends and backends cannot inherit from the same defaults section if it defines "
                         "TCP/HTTP rules (defaults section at %s:%u).",
                         file, at);
    if ((sides & PROXY_BACK) && (defaults->tcp_connection.count || defaults->tcp_session.count))
        return cfg_error(line,
                         "a backend section cannot inherit from a defaults section defining 'tcp-request "
                         "connection' or 'tcp-request session' rules (defaults section at %s:%u).",
                         file, at);
    return !(sides & PROXY_FRONT) || !defaults->tcp_response.count ||
           cfg_error(line,
                     "a frontend section cannot inherit from a defaults section defining 'tcp-response "
                     "content' rules (defaults section at %s:%u).",
                     file, at);
}

static void *begin_proxy(struct cfg_line *line, unsigned sides)
{
    struct configuration *configuration = configuration_of(line);
    const char *name = line->count > 1 ? line->words[1] : "";
    struct proxy *defaults = NULL;
    if (!name_is_good(line, name) || !inherited(line, sides, name, &defaults) ||
        !may_inherit(line, sides, defaults))
        return NULL;
    if (line->count > 2 && strcmp(line->words[2], "from") != 0 && (sides & PROXY_FRONT)) {
        cfg_error(line, "please use the 'bind' keyword for listening addresses.");
        return NULL;
    }
    check_other_of_name(line, sides, name);
    struct proxy *proxy = proxy_create(configuration, sides, name, line->place, defaults);
    if (configuration_add_proxy(configuration, proxy))
        return proxy;
    cfg_error(line, "out of memory");
    proxy_destroy(proxy);
    return NULL;
}

static void *begin_frontend(struct cfg_line *line)
{
    return begin_proxy(line, PROXY_FRONT);
}

static void *begin_backend(struct cfg_line *line)
{
    return begin_proxy(line, PROXY_BACK);
}

static void *begin_listen(struct cfg_line *line)
{
    return begin_proxy(line, PROXY_FRONT | PROXY_BACK);
}

static void *begin_defaults(struct cfg_line *line)
{
    struct configuration *configuration = configuration_of(line);
    struct proxy *from = NULL;
    const char *name = line->count > 1 && strcmp(line->words[1], "from") != 0 ? line->words[1] : "";
    if (!inherited(line, PROXY_DEFAULTS, name, &from) || !may_inherit(line, PROXY_DEFAULTS, from))
        return NULL;
    struct proxy *proxy = proxy_create(configuration, PROXY_DEFAULTS, name, line->place, from);
    if (!configuration_add_proxy(configuration, proxy))
        return NULL;
    configuration->last_defaults = proxy;
    return proxy;
}

/* Checks that server lines may name: read as those of a backend that nobody can reach. */
static void *begin_healthcheck(struct cfg_line *line)
{
    struct configuration *configuration = configuration_of(line);
    const char *name = cfg_arg(line, 0);
    if (!name[0]) {
        cfg_error(line, "'healthcheck' expects a name.");
        return NULL;
    }
    if (!cfg_arg_limits(line, 1, 1))
        return NULL;
    struct proxy **end = &configuration->healthchecks;
    for (; *end; end = &(*end)->next) {
        if (strcmp((*end)->name, name) != 0)
            continue;
        cfg_error(line, "healthcheck section '%s' already exists (declared at %s:%u).", name, (*end)->at.file,
                  (*end)->at.line);
        return NULL;
    }
    *end = proxy_create(configuration, PROXY_BACK, name, line->place, NULL);
    (*end)->settings.mode = MODE_HTTP;
    return *end;
}

/* ---- userlist, http-errors ---- */

static bool plain_name_is_good(struct cfg_line *line, const char *name)
{
    const char *bad = kw_bad_name_char(name);
    return !bad ||
           cfg_error(line, "character '%c' is not permitted in '%s' name '%s'.", *bad, line->words[0], name);
}

static void *begin_userlist(struct cfg_line *line)
{
    struct configuration *configuration = configuration_of(line);
    const char *name = cfg_arg(line, 0);
    if (!name[0]) {
        cfg_error(line, "'userlist' expects <name> as arguments.");
        return NULL;
    }
    if (!cfg_arg_limits(line, 1, 1) || !plain_name_is_good(line, name))
        return NULL;
    struct userlist *list = userlist_create(&configuration->arena, name, line->place);
    if (dict_has(&configuration->userlists, str_of(name)))
        cfg_warn(line, "ignoring duplicated userlist '%s'.", name);
    else if (!dict_set(&configuration->userlists, str_of(name), list))
        cfg_error(line, "out of memory");
    return list;
}

static void *begin_http_errors(struct cfg_line *line)
{
    struct configuration *configuration = configuration_of(line);
    const char *name = cfg_arg(line, 0);
    if (!name[0]) {
        cfg_error(line, "missing name for http-errors section.");
        return NULL;
    }
    if (!plain_name_is_good(line, name))
        return NULL;
    struct http_errors *errors = http_errors_find(configuration, name);
    if (errors) {
        cfg_error(line, "http-errors section '%s' already exists (declared at %s:%u).", name, errors->at.file,
                  errors->at.line);
        return NULL;
    }
    errors = arena_need(&configuration->arena, sizeof(*errors));
    errors->name = kw_copy(line, name);
    errors->at = line->place;
    if (!dict_set(&configuration->http_errors, str_of(name), errors))
        cfg_error(line, "out of memory");
    return errors;
}

/* ---- ring ---- */

static void *begin_ring(struct cfg_line *line)
{
    struct configuration *configuration = configuration_of(line);
    const char *name = cfg_arg(line, 0);
    if (!name[0]) {
        cfg_error(line, "missing name for 'ring' section.");
        return NULL;
    }
    if (!cfg_arg_limits(line, 1, 1) || !plain_name_is_good(line, name))
        return NULL;
    for (const struct log_ring *other = configuration->rings; other; other = other->next) {
        if (strcmp(other->name, name) != 0)
            continue;
        cfg_error(line, "ring '%s' already exists (declared at %s:%u).", name, other->at.file,
                  other->at.line);
        return NULL;
    }
    struct log_ring *ring = arena_need(&configuration->arena, sizeof(*ring));
    ring->name = ring->description = kw_copy(line, name);
    ring->at = line->place;
    ring->size = LOG_RING_SIZE;
    ring->length_max = LOG_RING_LENGTH;
    configuration_add_ring(configuration, ring);
    return ring;
}

/* ---- what is not here ---- */

static void *refuse(struct cfg_line *line)
{
    cfg_error(line, "'%s' sections are not supported.", line->words[0]);
    return NULL;
}

/* clang-format off */
const struct section_row kw_section_rows[] = {
  /* word section begin end */
    { "global", IN_GLOBAL, begin_global, NULL },
    { "defaults", IN_DEFAULTS, begin_defaults, NULL },
    { "frontend", IN_FRONTEND, begin_frontend, NULL },
    { "backend", IN_BACKEND, begin_backend, NULL },
    { "listen", IN_LISTEN, begin_listen, NULL },
    { "userlist", IN_USERLIST, begin_userlist, NULL },
    { "http-errors", IN_HTTP_ERRORS, begin_http_errors, NULL },
    { "resolvers", IN_RESOLVERS, kw_resolvers_begin, NULL },
    { "ring", IN_RING, begin_ring, NULL },
    { "cache", IN_CACHE, refuse, NULL },
    { "peers", IN_PEERS, refuse, NULL },
    { "mailers", IN_MAILERS, kw_mailers_begin, NULL },
    { "program", IN_PROGRAM, kw_program_begin, kw_program_end },
    { "log-forward",IN_LOG_FORWARD, kw_log_forward_begin, NULL },
    { "fcgi-app", IN_FCGI, refuse, NULL },
    { "crt-store", IN_CRT_STORE, kw_crt_store_begin, NULL },
    { "healthcheck", IN_HEALTHCHECK, begin_healthcheck, NULL },
    { "traces", IN_TRACES, refuse, NULL },
    { "log-profile",IN_LOG_PROFILE, refuse, NULL },
    { 0 },
};
/* clang-format on */
