/* What is in a Forwarded field, and what goes into one (RFC 7239; HAProxy manual 7.3.1 rfc7239_*). */
#include "base/units.h"
#include "converters/conv.h"
#include "converters/converters.h"
#include "http/http_forwarded.h"

static bool is_valid(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    struct http_forwarded forwarded;
    (void)args;
    (void)context;
    *sample = sample_bool(http_forwarded_read(sample->u.text, &forwarded));
    return true;
}

static bool check_field(struct sample_args *args, const char **error)
{
    enum http_forwarded_parameter parameter = http_forwarded_parameter_of(conv_text_arg(args, 0));
    args->list[0].integer = parameter;
    return parameter != FORWARDED_COUNT ||
           conv_refuse(args, error, "expects 'proto', 'host', 'for' or 'by', but got '%s'",
                       args->list[0].text.data);
}

static bool field(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    struct http_forwarded forwarded;
    (void)context;
    if (!http_forwarded_read(sample->u.text, &forwarded))
        return false;
    sample->u.text = forwarded.values[args->list[0].integer];
    return sample->u.text.data != NULL;
}

static bool node_name(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    struct http_node node;
    (void)args;
    (void)context;
    if (!http_node_read(sample->u.text, &node))
        return false;
    if (node.kind == NODE_ADDRESS)
        return sample_of_addr(&node.addr, sample);
    *sample = sample_text(node.name);
    return true;
}

static bool node_port(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    struct http_node node;
    int64_t number;
    (void)args;
    (void)context;
    if (!http_node_read(sample->u.text, &node) || !node.port.data)
        return false;
    *sample = units_parse_int(node.port, 0, 65535, &number) ? sample_int(number) : sample_text(node.port);
    return true;
}

/* "_" and the text, which nobody is to take for an address. */
static bool obfuscate(struct sample_context *context, struct sample *sample)
{
    if (!sample_cast(sample, SAMPLE_STR, context->scratch) || !http_node_is_obfuscated(sample->u.text))
        return false;
    return conv_give(sample, SAMPLE_STR, arena_printf(context->scratch, "_%.*s", STR_ARG(sample->u.text)));
}

static bool make_name(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    bool is_v6 = sample->type == SAMPLE_IPV6;
    (void)args;
    if (!is_v6 && sample->type != SAMPLE_IPV4) {
        if (!sample_cast(sample, SAMPLE_STR, context->scratch))
            return false;
        if (sample->u.text.size)
            return obfuscate(context, sample);
        *sample = sample_text(STR("unknown"));
        return true;
    }
    if (!sample_cast(sample, SAMPLE_STR, context->scratch))
        return false;
    return !is_v6 ||
           conv_give(sample, SAMPLE_STR, arena_printf(context->scratch, "[%.*s]", STR_ARG(sample->u.text)));
}

static bool make_port(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    (void)args;
    if (sample->type != SAMPLE_SINT)
        return obfuscate(context, sample);
    return sample->u.integer >= 0 && sample->u.integer <= 65535 &&
           sample_cast(sample, SAMPLE_STR, context->scratch);
}

const struct converter_row conv_forwarded_rows[] = {
    { "rfc7239_field", field, "str", SAMPLE_STR, SAMPLE_STR, NULL, check_field },
    { "rfc7239_is_valid", is_valid, "", SAMPLE_STR, SAMPLE_BOOL, NULL, NULL },
    { "rfc7239_n2nn", node_name, "", SAMPLE_STR, SAMPLE_ANY, NULL, NULL },
    { "rfc7239_n2np", node_port, "", SAMPLE_STR, SAMPLE_ANY, NULL, NULL },
    { "rfc7239_nn", make_name, "", SAMPLE_ANY, SAMPLE_STR, NULL, NULL },
    { "rfc7239_np", make_port, "", SAMPLE_ANY, SAMPLE_STR, NULL, NULL },
    { 0 },
};
