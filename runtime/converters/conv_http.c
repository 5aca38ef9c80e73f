/* What HTTP writes in texts: hosts, percent-coding, languages (HAProxy manual 7.3.1). */
#include "base/units.h"
#include "converters/conv.h"
#include "converters/converters.h"
#include "http/http_uri.h"

/* The offset of the last ':' that no ']' follows; the size when there is none. */
static size_t port_at(struct str text)
{
    for (size_t at = text.size; at > 0; at--) {
        if (text.data[at - 1] == ':')
            return at - 1;
        if (text.data[at - 1] == ']')
            break;
    }
    return text.size;
}

static bool conv_host_only(const struct sample_args *args, struct sample_context *context,
                           struct sample *sample)
{
    struct str text = str_slice(sample->u.text, 0, port_at(sample->u.text));
    char *out = arena_alloc(context->scratch, text.size + 1);
    (void)args;
    if (!out)
        return false;
    for (size_t i = 0; i < text.size; i++)
        out[i] = ascii_lower(text.data[i]);
    return conv_give(sample, SAMPLE_STR, str_make(out, text.size));
}

static bool conv_port_only(const struct sample_args *args, struct sample_context *context,
                           struct sample *sample)
{
    struct str text = str_from(sample->u.text, port_at(sample->u.text));
    int64_t port = 0;
    (void)args;
    (void)context;
    if (text.size > 1 && ascii_digit(text.data[1]))
        units_read_int(str_from(text, 1), &port);
    *sample = sample_int(port);
    return true;
}

static bool conv_url_dec(const struct sample_args *args, struct sample_context *context,
                         struct sample *sample)
{
    size_t size = 0;
    char *out = arena_alloc(context->scratch, sample->u.text.size + 1);
    return out && http_uri_decode(sample->u.text, conv_int_arg(args, 0) != 0, out, &size) &&
           conv_give(sample, SAMPLE_STR, str_make(out, size));
}

static bool check_url_enc(struct sample_args *args, const char **error)
{
    struct str kind = conv_text_arg(args, 0);
    return !kind.size || str_eq(kind, STR("query")) ||
           conv_refuse(args, error, "Unexpected encode type. Allowed value is 'query'");
}

static bool conv_url_enc(const struct sample_args *args, struct sample_context *context,
                         struct sample *sample)
{
    char *out = arena_alloc(context->scratch, 3 * sample->u.text.size + 1);
    (void)args;
    if (!out)
        return false;
    size_t size = http_uri_encode(sample->u.text, out);
    return conv_give(sample, SAMPLE_STR, str_make(out, size));
}

/* ---- languages ---- */

static struct str skip_blanks(struct str text)
{
    while (text.size && (text.data[0] == ' ' || (text.data[0] >= '\t' && text.data[0] <= '\r')))
        text = str_from(text, 1);
    return text;
}

/* "en" stands for "en" and "en-gb". */
static bool is_range_of(struct str range, struct str language)
{
    return str_starts(language, range) && (language.size == range.size || language.data[range.size] == '-');
}

/* The first of "fr;en" that stands for the language. */
static struct str known_language(struct str list, struct str language)
{
    while (list.data) {
        struct str range = str_split(&list, ';');
        if (is_range_of(range, language))
            return range;
    }
    return STR_NONE;
}

/* "0.75" in thousandths: one digit, and up to three behind the dot (RFC 9110 section 12.4.2). */
static unsigned quality(struct str text)
{
    unsigned value = 0, scale = 100;
    if (!text.size || !ascii_digit(text.data[0]))
        return 1000;
    if (text.data[0] != '0')
        return 1000;
    for (size_t i = 2; i < text.size && i < 5 && text.data[1] == '.' && ascii_digit(text.data[i]);
         i++, scale /= 10)
        value += scale * (unsigned)(text.data[i] - '0');
    return value;
}

/* Of ";q=0.8"; without, or with another parameter, it is 1. */
static unsigned quality_of(struct str parameter)
{
    parameter = skip_blanks(parameter);
    if (!parameter.size || parameter.data[0] != ';')
        return 1000;
    parameter = skip_blanks(str_from(parameter, 1));
    if (!parameter.size || parameter.data[0] != 'q')
        return 1000;
    parameter = skip_blanks(str_from(parameter, 1));
    if (!parameter.size || parameter.data[0] != '=')
        return 1000;
    return quality(skip_blanks(str_from(parameter, 1)));
}

static size_t language_size(struct str element)
{
    size_t size = 0;
    while (size < element.size && !strchr(" \t\r\n\v\f;", element.data[size]))
        size++;
    return size;
}

/* Of the languages in the list, the one that the client wants most; equal ones as the client orders them. */
static bool conv_language(const struct sample_args *args, struct sample_context *context,
                          struct sample *sample)
{
    struct str rest = sample->u.text, best = conv_text_arg(args, 1);
    unsigned highest = 0;
    (void)context;
    while (rest.data && highest < 1000) {
        struct str element = skip_blanks(str_split(&rest, ','));
        size_t size = language_size(element);
        struct str known =
            size ? known_language(conv_text_arg(args, 0), str_slice(element, 0, size)) : STR_NONE;
        if (!known.data)
            continue;
        unsigned wanted = quality_of(str_from(element, size));
        if (wanted <= highest)
            continue;
        highest = wanted;
        best = known;
    }
    *sample = sample_text(best);
    return best.size > 0;
}

const struct converter_row conv_http_rows[] = {
    { "host_only", conv_host_only, "", SAMPLE_STR, SAMPLE_STR, NULL, NULL },
    { "language", conv_language, "str,str?", SAMPLE_STR, SAMPLE_STR, NULL, NULL },
    { "port_only", conv_port_only, "", SAMPLE_STR, SAMPLE_SINT, NULL, NULL },
    { "url_dec", conv_url_dec, "int?", SAMPLE_STR, SAMPLE_STR, NULL, NULL },
    { "url_enc", conv_url_enc, "str?", SAMPLE_STR, SAMPLE_STR, NULL, check_url_enc },
    { 0 },
};
