/* Arguments by a row's signature: each type has one reader. The rules of cutting and the messages are
 * HAProxy's: an empty list gives one empty argument where the first is mandatory, so that "be_conn" means
 * the section's own proxy. */
#include "base/buf.h"
#include "base/units.h"
#include "sample/sample_args_read.h"

struct arg_type {
    const char *name;
    const char *title; /* in messages */
    enum sample_arg_kind kind;
    /* NULL: any text will do. */
    bool (*read)(struct sample_arg *arg);
    bool may_be_empty, by_name;
};

static bool read_int(struct sample_arg *arg)
{
    return units_parse_int(arg->text, INT64_MIN, INT64_MAX, &arg->integer);
}

static bool read_time(struct sample_arg *arg)
{
    uint64_t value = 0;
    const char *stop = NULL;
    if (units_parse_time(arg->text, UNITS_MS, &value, &stop) != UNITS_OK)
        return false;
    arg->integer = (int64_t)value;
    return true;
}

static bool read_size(struct sample_arg *arg)
{
    uint64_t value = 0;
    const char *stop = NULL;
    if (units_parse_size(arg->text, &value, &stop) != UNITS_OK)
        return false;
    arg->integer = (int64_t)value;
    return true;
}

static bool read_ip4(struct sample_arg *arg)
{
    return addr_parse_ip(arg->text, &arg->addr) && arg->addr.family == ADDR_IPV4;
}

static bool read_ip6(struct sample_arg *arg)
{
    return addr_parse_ip(arg->text, &arg->addr) && arg->addr.family == ADDR_IPV6;
}

static void fill_mask(struct addr *addr, enum addr_family family, unsigned bits)
{
    *addr = (struct addr){ .family = family };
    for (unsigned i = 0; i < bits; i++)
        addr->u.ip[i / 8] |= (uint8_t)(0x80u >> (i % 8));
}

/* A number of bits, or a mask as an address, whose bits need not be in a row: addr holds the mask. */
static bool read_mask(struct sample_arg *arg, enum addr_family family, unsigned width)
{
    if (units_parse_int(arg->text, 0, width, &arg->integer)) {
        fill_mask(&arg->addr, family, (unsigned)arg->integer);
        return true;
    }
    arg->integer = -1;
    return addr_parse_ip(arg->text, &arg->addr) && arg->addr.family == family;
}

static bool read_mask4(struct sample_arg *arg)
{
    return read_mask(arg, ADDR_IPV4, 32);
}

static bool read_mask6(struct sample_arg *arg)
{
    return read_mask(arg, ADDR_IPV6, 128);
}

static const struct arg_type arg_types[] = {
    { "str", "string", ARG_STR, NULL, true, false },
    { "int", "integer", ARG_INT, read_int, false, false },
    { "time", "delay", ARG_INT, read_time, false, false },
    { "size", "size", ARG_INT, read_size, false, false },
    { "ip4", "IPv4 address", ARG_ADDR, read_ip4, false, false },
    { "ip6", "IPv6 address", ARG_ADDR, read_ip6, false, false },
    { "mask4", "IPv4 mask", ARG_ADDR, read_mask4, false, false },
    { "mask6", "IPv6 mask", ARG_ADDR, read_mask6, false, false },
    { "regex", "regex", ARG_REGEX, NULL, true, false },
    { "var", "variable", ARG_VAR, NULL, true, false },
    { "proxy", "proxy", ARG_PROXY, NULL, true, true },
    { "frontend", "frontend", ARG_PROXY, NULL, true, true },
    { "backend", "backend", ARG_PROXY, NULL, true, true },
    { "server", "server", ARG_SERVER, NULL, true, true },
    { "table", "table", ARG_TABLE, NULL, true, true },
    { "userlist", "user list", ARG_USERLIST, NULL, true, true },
    { "map_file", "map", ARG_STR, NULL, true, false },
    { "key", "string", ARG_STR, NULL, true, false },
};

struct signature {
    const struct arg_type *types[SAMPLE_ARG_MAX];
    unsigned count, needed;
};

static const struct arg_type *type_named(struct str name)
{
    for (size_t i = 0; i < COUNT_OF(arg_types); i++) {
        if (str_eq(name, str_of(arg_types[i].name)))
            return &arg_types[i];
    }
    return NULL;
}

static void read_signature(const char *text, struct signature *out)
{
    struct str rest = str_of(text);
    bool optional = false;
    *out = (struct signature){ 0 };
    while (rest.size) {
        struct str name = str_trim(str_split(&rest, ','));
        if (name.size && name.data[name.size - 1] == '?') {
            optional = true;
            name.size--;
        }
        CHECK(out->count < SAMPLE_ARG_MAX);
        out->types[out->count] = type_named(name);
        CHECK(out->types[out->count]);
        out->count++;
        if (!optional)
            out->needed = out->count;
    }
}

static bool fail(struct arena *arena, const char **error, const char *format, ...) PRINTF_LIKE(3, 4);
static bool fail(struct arena *arena, const char **error, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    *error = arena_vprintf(arena, format, values).data;
    va_end(values);
    return false;
}

static bool remember(const struct sample_parser *parser, struct sample_arg *arg, const struct arg_type *type,
                     const char *user)
{
    struct sample_unresolved *entry = arena_zero(parser->arena, sizeof(*entry));
    struct str name = arena_copy(parser->arena, str_of(user));
    if (!entry || !name.data)
        return false;
    *entry = (struct sample_unresolved){ .next = *parser->unresolved,
                                         .arg = arg,
                                         .type = type->name,
                                         .proxy = parser->proxy,
                                         .place = { parser->file, parser->line },
                                         .user = name.data };
    *parser->unresolved = entry;
    return true;
}

static bool read_one(const struct sample_parser *parser, const struct arg_type *type, const char *user,
                     unsigned i, struct str text, struct sample_arg *arg, const char **error)
{
    struct arena *arena = parser->arena;
    *arg = (struct sample_arg){ .kind = type->kind, .text = arena_copy(arena, text) };
    if (!arg->text.data)
        return fail(arena, error, "out of memory");
    if (type->kind == ARG_VAR) {
        if (!var_name_read(arg->text, &arg->var, arena, error))
            return false;
        var_name_note(parser->var_names, &arg->var);
        return true;
    }
    if (type->read && !type->read(arg))
        return fail(arena, error, "failed to parse '%s' as type '%s' at position %u", arg->text.data,
                    type->title, i + 1);
    if (!type->by_name)
        return true;
    if (!parser->unresolved)
        return fail(arena, error, "unresolved argument of type '%s' at position %u not allowed", type->title,
                    i + 1);
    return remember(parser, arg, type, user) || fail(arena, error, "out of memory");
}

static bool take(const struct sample_parser *parser, const struct signature *signature, const char *user,
                 struct sample_args *out, struct str text, const char **error)
{
    unsigned i = out->count;
    const struct arg_type *type = signature->types[i];
    if (!read_one(parser, type, user, i, text, &out->list[i], error))
        return false;
    out->count++;
    return true;
}

static bool make_room(const struct sample_parser *parser, const struct signature *signature,
                      struct sample_args *out, const char **error)
{
    out->count = 0;
    out->list = NULL;
    out->parser = parser;
    if (!signature->count)
        return true;
    out->list = arena_zero(parser->arena, signature->count * sizeof(*out->list));
    return out->list || fail(parser->arena, error, "out of memory");
}

static bool missing(const struct sample_parser *parser, const struct signature *signature, unsigned count,
                    const char **error)
{
    return fail(parser->arena, error, "missing arguments (got %u/%u), type '%s' expected", count,
                signature->needed, signature->types[count]->title);
}

bool sample_args_make(const struct sample_parser *parser, const char *signature_text, const char *user,
                      const struct str *values, unsigned count, struct sample_args *out, const char **error)
{
    struct signature signature;
    read_signature(signature_text, &signature);
    if (!make_room(parser, &signature, out, error))
        return false;
    for (unsigned i = 0; i < count; i++) {
        if (i == signature.count)
            return fail(parser->arena, error, "too many arguments for '%s', %u at most", user,
                        signature.count);
        if (!values[i].size && !signature.types[i]->may_be_empty)
            return fail(parser->arena, error, "expected type '%s' at position %u, but got nothing",
                        signature.types[i]->title, i + 1);
        if (!take(parser, &signature, user, out, values[i], error))
            return false;
    }
    return count >= signature.needed || missing(parser, &signature, count, error);
}

static const char *escaped(const char *at, char *out)
{
    switch (at[1]) {
    case '\\':
    case ' ':
    case '"':
    case '\'':
        *out = at[1];
        return at + 2;
    case 'r':
        *out = '\r';
        return at + 2;
    case 'n':
        *out = '\n';
        return at + 2;
    case 't':
        *out = '\t';
        return at + 2;
    default:
        *out = '\\';
        return at + 1;
    }
}

/* One argument up to ',' or ')' outside of quotes, or the end. NULL: a backslash stands last. */
static const char *cut(const char *at, struct buf *out)
{
    char quote = 0;
    buf_reset(out);
    while (*at) {
        char c = *at;
        if ((c == '"' || c == '\'') && (!quote || quote == c)) {
            quote = quote ? 0 : c;
            at++;
        } else if (c == '\\' && quote != '\'') {
            if (!at[1])
                return NULL;
            at = escaped(at, &c);
            buf_add_char(out, c);
        } else if (!quote && (c == ',' || c == ')')) {
            break;
        } else {
            buf_add_char(out, c);
            at++;
        }
    }
    return at;
}

static bool cut_all(const struct sample_parser *parser, const struct signature *signature, const char *user,
                    const char **at, struct buf *value, struct sample_args *out, const char **error)
{
    while (out->count < signature->count) {
        const struct arg_type *type = signature->types[out->count];
        const char *from = *at, *end = cut(from, value);
        if (!end)
            return fail(parser->arena, error, "failed to parse '%s' as type '%s' at position %u", from,
                        type->title, out->count + 1);
        if (value->failed)
            return fail(parser->arena, error, "out of memory");
        *at = end;
        if (!value->size && !type->may_be_empty) {
            if (out->count >= signature->needed)
                return true;
            return fail(parser->arena, error, "expected type '%s' at position %u, but got nothing",
                        type->title, out->count + 1);
        }
        if (!take(parser, signature, user, out, value->size ? buf_str(value) : STR(""), error))
            return false;
        if (**at != ',' || out->count == signature->count)
            return true;
        ++*at;
    }
    return true;
}

bool sample_args_read(const struct sample_parser *parser, const char *signature_text, const char *user,
                      const char **at, struct sample_args *out, const char **error)
{
    struct signature signature;
    read_signature(signature_text, &signature);
    if (!make_room(parser, &signature, out, error))
        return false;
    bool given = **at == '(';
    const char *rest = given ? *at + 1 : "";
    if (signature.count && (given || signature.needed)) {
        struct buf value = BUF_INIT;
        bool well = cut_all(parser, &signature, user, &rest, &value, out, error);
        buf_finish(&value);
        if (!well)
            return false;
    }
    if (out->count < signature.needed)
        return missing(parser, &signature, out->count, error);
    if (!given)
        return true;
    if (*rest != ')') {
        out->count -= out->count > 1; /* HAProxy counts up to the last one that was good */
        return *rest ? fail(parser->arena, error, "expected ')' before '%s'", rest)
                     : fail(parser->arena, error, "expected ')'");
    }
    *at = rest + 1;
    return true;
}
