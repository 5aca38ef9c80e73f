/* Converters about certificates. */
#include "converters/converters.h"
#include "tls/tls_x509.h"

/* A result of verification as OpenSSL's headers name it. */
static bool conv_error_name(const struct sample_args *args, struct sample_context *context,
                            struct sample *sample)
{
    (void)args;
    (void)context;
    const char *name = tls_x509_error_name(sample->u.integer);
    *sample = sample_text(str_of(name));
    return name != NULL;
}

const struct converter_row conv_x509_rows[] = {
    { "x509_v_err_str", conv_error_name, "", SAMPLE_SINT, SAMPLE_STR, NULL, NULL },
    { 0 },
};
