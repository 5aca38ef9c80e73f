/* What the families of converters share: arguments that are variables or numbers, results in scratch
 * memory. */
#ifndef CONVERTERS_CONV_H
#define CONVERTERS_CONV_H
#include "converters/json_path.h"
#include "sample/sample_args.h"
#include "sample/sample_expr.h"

/* For rows' checks: argument i is a variable's name. false: *error has the whole message. */
bool conv_arg_var(struct sample_args *args, unsigned i, const char **error) MUST_USE;
/* The same with HAProxy's other message, "failed to register variable name"; an empty one is no variable. */
bool conv_arg_var_if_any(struct sample_args *args, unsigned i, const char **error) MUST_USE;
/* Argument 0 is an integer or a variable's name; an empty one is 0. */
bool conv_arg_operand(struct sample_args *args, const char **error) MUST_USE;
/* Sets the error of a check; returns false. */
bool conv_refuse(const struct sample_args *args, const char **error, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* The variable's value. false: it is not set, or its scope has no meaning here. */
bool conv_var(const struct sample_context *context, const struct var_name *name, struct sample *out) MUST_USE;
/* The value of such an operand. */
bool conv_operand(const struct sample_args *args, struct sample_context *context, int64_t *out) MUST_USE;
/* Finished text of scratch memory; false: there was no memory. */
bool conv_give(struct sample *sample, enum sample_type type, struct str text);
/* The argument's text, empty when it is not given. */
struct str conv_text_arg(const struct sample_args *args, unsigned i);
int64_t conv_int_arg(const struct sample_args *args, unsigned i); /* 0 when it is not given */
/* A value of JSON as a sample: text, boolean, or a number (as text in the form of %g, unless as_int).
 * false: another. */
bool conv_json_give(struct sample_context *context, struct sample *sample, struct json_value value,
                    bool as_int) MUST_USE;

#endif
