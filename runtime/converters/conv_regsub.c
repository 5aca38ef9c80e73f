/* Replacing what a regular expression matches (HAProxy manual 7.3.1). */
#include "base/buf.h"
#include "converters/conv.h"
#include "converters/converters.h"
#include "match/pattern.h"
#include "match/regex.h"
#include "proxy/configuration.h"

#define OUTPUT_MAX 65536u

static bool check_flags(struct sample_args *args, bool *ignore_case, bool *all, const char **error)
{
    struct str flags = conv_text_arg(args, 2);
    for (size_t i = 0; i < flags.size; i++) {
        if (flags.data[i] == 'i')
            *ignore_case = true;
        else if (flags.data[i] == 'g')
            *all = true;
        else
            return conv_refuse(args, error, "invalid regex flag '%c', only 'i' and 'g' are supported",
                               flags.data[i]);
    }
    return true;
}

static bool check_regsub(struct sample_args *args, const char **error)
{
    struct sample_arg *arg = &args->list[0];
    struct configuration *configuration = args->parser->configuration;
    bool ignore_case = false, all = false;
    const char *reason = NULL;
    if (!check_flags(args, &ignore_case, &all, error))
        return false;
    if (!configuration)
        return conv_refuse(args, error, "regular expressions are compiled with the configuration only");
    arg->integer = all;
    arg->regex =
        pattern_set_regex(configuration->patterns, arg->text, ignore_case, args->parser->arena, &reason);
    return arg->regex ||
           conv_refuse(args, error, "error in regex '%s' in arg 1 of conversion keyword 'regsub' : %s",
                       arg->text.data, reason);
}

/* A match of nothing stands in front of a character, which is then copied. */
static void replace(const struct regex *regex, bool all, struct str text, struct str with, struct buf *out)
{
    struct regex_groups groups;
    for (bool first = true; first || all; first = false) {
        bool found = first ? regex_match(regex, text, &groups) : regex_match_rest(regex, text, &groups);
        if (!found)
            break;
        size_t begin = groups.at[0][0], end = groups.at[0][1];
        buf_add(out, str_slice(text, 0, begin));
        if (!regex_expand(with, text, &groups, out) || !text.size)
            return;
        if (!end) {
            buf_add_char(out, text.data[0]);
            end = 1;
        }
        text = str_from(text, end);
    }
    buf_add(out, text);
}

static bool conv_regsub(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    const struct sample_arg *arg = &args->list[0];
    struct buf out = BUF_INIT;
    if (!arg->regex)
        return false;
    out.limit = OUTPUT_MAX;
    replace(arg->regex, arg->integer != 0, sample->u.text, conv_text_arg(args, 1), &out);
    struct str text = out.failed ? STR_NONE : arena_copy(context->scratch, buf_str(&out));
    buf_finish(&out);
    return conv_give(sample, SAMPLE_STR, text);
}

const struct converter_row conv_regsub_rows[] = {
    { "regsub", conv_regsub, "regex,str,str?", SAMPLE_STR, SAMPLE_STR, NULL, check_regsub },
    { 0 },
};
