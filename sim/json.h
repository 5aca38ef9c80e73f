/* JSON as values in an arena, and text put into JSON. Objects keep their order; numbers are doubles. */
#ifndef SIM_JSON_H
#define SIM_JSON_H
#include "base/arena.h"
#include "base/buf.h"

enum json_kind { JSON_NULL, JSON_TRUE, JSON_FALSE, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json {
    enum json_kind kind;
    double number;
    struct str text;    /* of a string: UTF-8, with a NUL behind */
    struct str name;    /* of a member */
    struct json *first; /* of an array or object */
    struct json *next;  /* in the same array or object */
};

/* One value, and nothing behind it but blanks. NULL: *mistake is where. */
struct json *json_parse(struct str text, struct arena *arena, size_t *mistake) MUST_USE;
/* The member of an object; NULL: there is none, or it is no object. */
const struct json *json_member(const struct json *object, const char *name);

/* Adds a quoted string. Bytes that are not UTF-8 become \udc80..\udcff, as Python's surrogateescape has them. */
void json_add_string(struct buf *out, struct str text);

#endif
