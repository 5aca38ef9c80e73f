/* Finding one value in JSON text (RFC 8259) by a path such as $.a.b[2]. The text is read only as far as the
 * value, so what follows it is not looked at. */
#ifndef CONVERTERS_JSON_PATH_H
#define CONVERTERS_JSON_PATH_H
#include "base/str.h"
#include <stdint.h>

enum json_kind {
    JSON_NONE,
    JSON_STRING,
    JSON_NUMBER,
    JSON_TRUE,
    JSON_FALSE,
    JSON_NULL,
    JSON_ARRAY,
    JSON_OBJECT
};

struct json_value {
    enum json_kind kind;
    struct str text; /* as it stands; of a string without its quotes, escapes not yet undone */
};

/* JSON_NONE: nothing there, or the text is no JSON on the way. */
struct json_value json_path_find(struct str text, struct str path);
/* Undoes the escapes of a string into out, which has room for text.size bytes; returns the size,
 * STR_NOT_FOUND for a bad escape. */
size_t json_path_unescape(struct str text, char *out);

#endif
