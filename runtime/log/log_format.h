/* Log formats: texts with %aliases and %[expressions] (HAProxy manual 8.2.4), used for logs and by every rule that takes a
 * format (set-header, return lf-string, use_backend ...). */
#ifndef LOG_LOG_FORMAT_H
#define LOG_LOG_FORMAT_H
#include "base/buf.h"
#include "sample/sample_expr.h"

struct log_format;

enum log_format_flags {                    /* of one piece: %{+Q,-X}name */
                        LOG_QUOTE = 1,     /* +Q: quotes around, "-" → "" */
                        LOG_HEX = 2,       /* +X */
                        LOG_ESCAPE = 4,    /* +E: rfc5424 structured data */
                        LOG_MANDATORY = 8, /* "-" for what is empty (+M); default for log lines */
                        LOG_MERGE_BLANKS =
                            16, /* of a whole format: several blanks become one, none at the beginning */
};

/* How an alias writes: appends to out. flags of the piece. */
struct log_alias_row {
    const char *name; /* "ci" of %ci */
    void (*run)(struct sample_context *context, unsigned flags, struct buf *out);
    unsigned valid; /* enum sample_place bits */
    bool http_only; /* needs mode http */
    bool needs_end; /* known only when the stream ended: a format without such pieces is logged early */
    const char *replaced_by; /* deprecated: the alias to use, for a warning; else NULL */
};

struct log_format_options {
    unsigned flags; /* that every piece begins with */
    bool http;      /* the section is in mode http */
};

/* NULL: parser->error names the word at fault. parser->place decides what may stand in it. Empty text gives a format
 * without pieces. */
struct log_format *log_format_parse(struct sample_parser *parser, const char *text,
                                    const struct log_format_options *options) MUST_USE;
/* Appends the text to out. A value's control characters and bytes past 126 are as manual 8.6 for logs; `raw` writes bytes as
 * they are (headers, bodies). */
void log_format_build(const struct log_format *format, struct sample_context *context, bool raw,
                      struct buf *out);
/* In the context's scratch; data NULL when there is no memory. */
struct str log_format_text(const struct log_format *format, struct sample_context *context, bool raw);
bool log_format_is_constant(const struct log_format *format, struct str *text);
bool log_format_needs_end(const struct log_format *format);
/* For alias rows: appends text as the flags want it: quotes around (LOG_QUOTE), "-" for an empty one (LOG_MANDATORY
 * without quotes), '"', '\\' and ']' escaped (LOG_ESCAPE). log_put_escaped goes through log_print_escaped before. */
void log_put(struct buf *out, struct str text, unsigned flags);
void log_put_escaped(struct buf *out, struct str text, const char *also, unsigned flags);
/* Appends a text as logs print it: control characters, DEL and above, and the bytes of `also` become #XX. */
void log_print_escaped(struct buf *out, struct str text, const char *also);

extern const char log_format_http[], log_format_tcp[], log_format_clf[], log_format_default_tcp[],
    log_format_https[], log_format_default_http[], log_format_error[];

#endif
