/* Statistics as text: CSV, typed lines or JSON, as many objects at a time as a buffer takes. */
#ifndef ADMIN_STAT_DUMP_H
#define ADMIN_STAT_DUMP_H
#include "admin/stat_fields.h"

enum stat_format { STAT_CSV, STAT_TYPED, STAT_JSON };

struct stats_scope;

struct stat_dump {
    struct stat_walk walk;
    enum stat_format format;
    bool describe, hide_down, hide_maint;
    const struct stats_scope *scopes; /* sections that may be shown; NULL: all */
    const struct proxy *own;          /* what "." means there */
    const char *scope;                /* part of the name of the sections wanted; NULL: all */
    /* Where it stands. */
    bool begun, any;
};

/* Appends until out holds `until` bytes or all is written. true: all is. */
bool stat_dump_some(struct stat_dump *dump, struct buf *out, size_t until);
/* Is the object among those that the dump's flags leave in? */
bool stat_dump_wants(const struct stat_dump *dump, const struct stat_object *object);

/* The process's fields, whole. */
void stat_dump_info(struct engine *engine, enum stat_format format, bool describe, struct buf *out);
/* The JSON schema of both. */
void stat_dump_schema(struct buf *out);
/* One value as a CSV cell, with quotes where they are needed. */
void stat_dump_cell(const struct stat_value *value, struct buf *out);
/* Text as the inside of a JSON string. */
void stat_dump_json_text(struct str text, struct buf *out);

#endif
