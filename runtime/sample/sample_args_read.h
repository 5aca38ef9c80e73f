/* Arguments as they stand in an expression: between sample_args and sample_expr. */
#ifndef SAMPLE_SAMPLE_ARGS_READ_H
#define SAMPLE_SAMPLE_ARGS_READ_H
#include "sample/sample_expr.h"

/* Reads "(a,b)" at *at, or nothing where there is no parenthesis, by a signature; *at is left behind it.
 * out->count is right after an error too. false: *error says why, in the parser's arena. */
bool sample_args_read(const struct sample_parser *parser, const char *signature, const char *user,
                      const char **at, struct sample_args *out, const char **error) MUST_USE;

#endif
