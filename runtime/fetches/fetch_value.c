/* Fetches of plain values and of the process itself (manual 7.3.2). */
#include "base/units.h"
#include "fetches/fetches.h"
#include "stream/engine.h"
#include "stream/stream.h"

static bool fetch_str(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    (void)context;
    *out = sample_text(args->list[0].text);
    return true;
}

static bool fetch_int(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    (void)context;
    *out = sample_int(args->list[0].integer);
    return true;
}

static bool fetch_bool(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    struct str text = args->list[0].text;
    (void)context;
    *out = sample_bool(str_eq(text, STR("true")) || str_eq(text, STR("1")));
    return true;
}

static bool check_bool(struct sample_args *args, const char **error)
{
    struct str text = args->list[0].text;
    *error = "'true', 'false', '1' or '0' is expected";
    return str_eq(text, STR("true")) || str_eq(text, STR("1")) || str_eq(text, STR("false")) ||
           str_eq(text, STR("0"));
}

static bool fetch_ip(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    (void)context;
    return sample_of_addr(&args->list[0].addr, out);
}

static bool fetch_always_true(const struct sample_args *args, struct sample_context *context,
                              struct sample *out)
{
    (void)args;
    (void)context;
    *out = sample_bool(true);
    return true;
}

static bool fetch_always_false(const struct sample_args *args, struct sample_context *context,
                               struct sample *out)
{
    (void)args;
    (void)context;
    *out = sample_bool(false);
    return true;
}

static int64_t wall(const struct sample_context *context)
{
    struct platform *platform = context->configuration->platform;
    return context->engine ? loop_wall(context->engine->loop) : platform->ops->wall_ns(platform);
}

static bool fetch_date(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    int64_t offset = args->count ? args->list[0].integer : 0;
    struct str unit = args->count > 1 ? args->list[1].text : STR("s");
    int64_t per = str_eq(unit, STR("ms"))   ? (int64_t)NS_PER_MS
                  : str_eq(unit, STR("us")) ? (int64_t)NS_PER_US
                                            : (int64_t)NS_PER_S;
    *out = sample_int(wall(context) / per + offset);
    return true;
}

static bool fetch_date_us(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    (void)args;
    *out = sample_int(wall(context) % (int64_t)NS_PER_S / (int64_t)NS_PER_US);
    return true;
}

/* Of the platform, not of an engine: variables of the global section are set before there is one. */
static void random_bits(const struct sample_context *context, uint32_t *out, size_t count)
{
    struct platform *platform = context->configuration->platform;
    platform->ops->entropy(platform, out, count * sizeof(*out));
}

static bool fetch_rand(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    uint32_t bits;
    random_bits(context, &bits, 1);
    uint64_t value = bits;
    if (args->count)
        value = value * (uint64_t)args->list[0].integer >> 32;
    *out = sample_int((int64_t)value);
    return true;
}

static bool fetch_uuid(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    uint32_t bits[4];
    (void)args;
    random_bits(context, bits, COUNT_OF(bits));
    *out = sample_text(arena_printf(context->scratch, "%08x-%04x-%04x-%04x-%04x%08x", bits[0], bits[1] >> 16,
                                    (bits[1] & 0xfff) | 0x4000, (bits[2] >> 16 & 0x3fff) | 0x8000,
                                    bits[2] & 0xffff, bits[3]));
    return out->u.text.data != NULL;
}

static bool fetch_hostname(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    struct platform *platform = context->configuration->platform;
    (void)args;
    *out = sample_text(str_of(platform->ops->host_name(platform)));
    return true;
}

static bool fetch_env(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    struct platform *platform = context->configuration->platform;
    const char *value = platform->ops->env_get(platform, args->list[0].text.data);
    if (!value)
        return false;
    *out = sample_text(str_of(value));
    return true;
}

static bool fetch_pid(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    struct platform *platform = context->configuration->platform;
    (void)args;
    *out = sample_int(platform->ops->pid(platform));
    return true;
}

static bool fetch_stopping(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    (void)args;
    *out = sample_bool(context->configuration->stopping);
    return true;
}

static bool fetch_nbproc(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    (void)args;
    (void)context;
    *out = sample_int(1);
    return true;
}

/* One process with one thread of its own number. */
static bool fetch_thread(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    (void)args;
    (void)context;
    *out = sample_int(0);
    return true;
}

static bool fetch_bin(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    struct str text = args->list[0].text;
    char *bytes = arena_alloc(context->scratch, text.size / 2 + 1);
    if (!bytes || text.size % 2)
        return false;
    for (size_t i = 0; i < text.size; i += 2)
        bytes[i / 2] = (char)(ascii_hex(text.data[i]) * 16 + ascii_hex(text.data[i + 1]));
    *out = sample_text(str_make(bytes, text.size / 2));
    out->type = SAMPLE_BIN;
    return true;
}

static bool check_bin(struct sample_args *args, const char **error)
{
    struct str text = args->list[0].text;
    *error = "an even number of hexadecimal digits is expected";
    for (size_t i = 0; i < text.size; i++)
        if (ascii_hex(text.data[i]) < 0)
            return false;
    return text.size % 2 == 0;
}

static bool fetch_meth(const struct sample_args *args, struct sample_context *context, struct sample *out)
{
    struct str name = args->list[0].text;
    (void)context;
    *out = (struct sample){ .type = SAMPLE_METH, .u.method = { http_method_of(name), name } };
    return true;
}

const struct fetch_row fetch_value_rows[] = {
    /* name           run                 args          out           valid at */
    { "always_false", fetch_always_false, "", SAMPLE_BOOL, AT_ANYWHERE, NULL, NULL },
    { "always_true", fetch_always_true, "", SAMPLE_BOOL, AT_ANYWHERE, NULL, NULL },
    { "bin", fetch_bin, "str", SAMPLE_BIN, AT_ANYWHERE, NULL, check_bin },
    { "bool", fetch_bool, "str", SAMPLE_BOOL, AT_ANYWHERE, NULL, check_bool },
    { "date", fetch_date, "int?,str?", SAMPLE_SINT, AT_ANYWHERE, NULL, NULL },
    { "date_us", fetch_date_us, "", SAMPLE_SINT, AT_ANYWHERE, NULL, NULL },
    { "env", fetch_env, "str", SAMPLE_STR, AT_ANYWHERE, NULL, NULL },
    { "hostname", fetch_hostname, "", SAMPLE_STR, AT_ANYWHERE, NULL, NULL },
    { "int", fetch_int, "int", SAMPLE_SINT, AT_ANYWHERE, NULL, NULL },
    { "ipv4", fetch_ip, "ip4", SAMPLE_IPV4, AT_ANYWHERE, NULL, NULL },
    { "ipv6", fetch_ip, "ip6", SAMPLE_IPV6, AT_ANYWHERE, NULL, NULL },
    { "meth", fetch_meth, "str", SAMPLE_METH, AT_ANYWHERE, NULL, NULL },
    { "nbproc", fetch_nbproc, "", SAMPLE_SINT, AT_ANYWHERE, NULL, NULL },
    { "pid", fetch_pid, "", SAMPLE_SINT, AT_ANYWHERE, NULL, NULL },
    { "proc", fetch_nbproc, "", SAMPLE_SINT, AT_ANYWHERE, NULL, NULL },
    { "rand", fetch_rand, "int?", SAMPLE_SINT, AT_ANYWHERE, NULL, NULL },
    { "stopping", fetch_stopping, "", SAMPLE_BOOL, AT_ANYWHERE, NULL, NULL },
    { "str", fetch_str, "str", SAMPLE_STR, AT_ANYWHERE, NULL, NULL },
    { "thread", fetch_thread, "", SAMPLE_SINT, AT_ANYWHERE, NULL, NULL },
    { "uuid", fetch_uuid, "int?", SAMPLE_STR, AT_ANYWHERE, NULL, NULL },
    { 0 },
};
