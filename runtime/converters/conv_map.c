/* Maps: a value from a file by what the sample matches (HAProxy manual 7.3.1 "map"). A file is read once,
 * when a line first names it; the management socket and Lua change it later. */
#include "base/buf.h"
#include "converters/conv.h"
#include "converters/converters.h"
#include "match/acl.h"
#include "match/regex.h"
#include "proxy/configuration.h"

#define OUTPUT_MAX 65536u

static bool load(struct sample_args *args, enum match_method method, enum sample_type value_type,
                 const char **error)
{
    struct configuration *configuration = args->parser->configuration;
    if (!configuration)
        return conv_refuse(args, error, "maps are loaded with the configuration only");
    struct acl_parser parser = { .sample = *args->parser,
                                 .set = configuration->patterns,
                                 .platform = configuration->platform };
    struct pattern_options options = { .method = method, .value_type = value_type };
    struct pattern_ref *ref = acl_pattern_file(&parser, args->list[0].text.data, true, "map");
    *error = parser.sample.error;
    args->own = ref ? pattern_ref_index(ref, &options, args->parser->arena, error) : NULL;
    return args->own != NULL;
}

static bool check_default_addr(struct sample_args *args, const char **error)
{
    struct sample_arg *arg = &args->list[1];
    return args->count < 2 || addr_parse_ip(arg->text, &arg->addr) ||
           conv_refuse(args, error, "map: cannot parse default ip <%s>.", arg->text.data);
}

/* The method is the row's: one check for each pair of method and type. */
#define CHECKS(method, METHOD)                                                                               \
    static bool check_##method##_str(struct sample_args *args, const char **error)                           \
    {                                                                                                        \
        return load(args, METHOD, SAMPLE_STR, error);                                                        \
    }                                                                                                        \
    static bool check_##method##_int(struct sample_args *args, const char **error)                           \
    {                                                                                                        \
        return load(args, METHOD, SAMPLE_SINT, error);                                                       \
    }                                                                                                        \
    static bool check_##method##_ip(struct sample_args *args, const char **error)                            \
    {                                                                                                        \
        return check_default_addr(args, error) && load(args, METHOD, SAMPLE_ADDR, error);                    \
    }

CHECKS(str, MATCH_STR)
CHECKS(beg, MATCH_BEG)
CHECKS(sub, MATCH_SUB)
CHECKS(dir, MATCH_DIR)
CHECKS(dom, MATCH_DOM)
CHECKS(end, MATCH_END)
CHECKS(reg, MATCH_REG)
CHECKS(int, MATCH_INT)
CHECKS(ip, MATCH_IP)

static bool check_regm_str(struct sample_args *args, const char **error)
{
    return load(args, MATCH_REGM, SAMPLE_STR, error);
}

/* Values are copied: the map may change while the sample lives. */
static bool give_text(struct sample_context *context, struct sample *sample, struct str text)
{
    return conv_give(sample, SAMPLE_STR, arena_copy(context->scratch, text));
}

static bool find(const struct sample_args *args, struct sample_context *context, const struct sample *sample,
                 struct pattern_match *match)
{
    return args->own && pattern_match(args->own, sample, context->scratch, match);
}

static bool conv_map(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    struct pattern_match match;
    if (find(args, context, sample, &match))
        return give_text(context, sample, match.value);
    return args->count > 1 && conv_give(sample, SAMPLE_STR, args->list[1].text);
}

static bool conv_map_int(const struct sample_args *args, struct sample_context *context,
                         struct sample *sample)
{
    struct pattern_match match;
    if (find(args, context, sample, &match)) {
        *sample = match.sample;
        return true;
    }
    *sample = sample_int(conv_int_arg(args, 1));
    return args->count > 1;
}

static bool conv_map_ip(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    struct pattern_match match;
    if (find(args, context, sample, &match)) {
        *sample = match.sample;
        return true;
    }
    return args->count > 1 && sample_of_addr(&args->list[1].addr, sample);
}

/* The value may name groups of the match. */
static bool conv_map_regm(const struct sample_args *args, struct sample_context *context,
                          struct sample *sample)
{
    struct pattern_match match;
    struct regex_groups groups;
    struct buf out = BUF_INIT;
    if (!find(args, context, sample, &match))
        return args->count > 1 && conv_give(sample, SAMPLE_STR, args->list[1].text);
    groups.count = match.group_count;
    memcpy(groups.at, match.groups, match.group_count * sizeof(groups.at[0]));
    out.limit = OUTPUT_MAX;
    bool well = regex_expand(match.value, sample->u.text, &groups, &out);
    struct str text = well ? arena_copy(context->scratch, buf_str(&out)) : STR_NONE;
    buf_finish(&out);
    return conv_give(sample, SAMPLE_STR, text);
}

#define MAPS(method, in)                                                                                       \
    { "map_" #method, conv_map, "map_file,str?", in, SAMPLE_STR, NULL, check_##method##_str },                 \
        { "map_" #method "_int", conv_map_int, "map_file,int?", in, SAMPLE_SINT, NULL, check_##method##_int }, \
    {                                                                                                          \
        "map_" #method "_ip", conv_map_ip, "map_file,str?", in, SAMPLE_ADDR, NULL, check_##method##_ip         \
    }

const struct converter_row conv_map_rows[] = {
    { "map", conv_map, "map_file,str?", SAMPLE_STR, SAMPLE_STR, NULL, check_str_str },
    MAPS(beg, SAMPLE_STR),
    MAPS(dir, SAMPLE_STR),
    MAPS(dom, SAMPLE_STR),
    MAPS(end, SAMPLE_STR),
    MAPS(int, SAMPLE_SINT),
    MAPS(ip, SAMPLE_ADDR),
    MAPS(reg, SAMPLE_STR),
    { "map_regm", conv_map_regm, "map_file,str?", SAMPLE_STR, SAMPLE_STR, NULL, check_regm_str },
    MAPS(str, SAMPLE_STR),
    MAPS(sub, SAMPLE_STR),
    { 0 },
};
