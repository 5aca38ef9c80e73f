/* Patterns and how values are matched against them (HAProxy manual 7.1.1 to 7.1.6), with the indexes that make it
 * quick: hash for exact strings, prefix trees for networks and for beginnings, lists in order for the rest. */
#ifndef MATCH_PATTERN_H
#define MATCH_PATTERN_H
#include "sample/sample.h"

struct pattern_ref;    /* a file or named list of patterns that several users share: by name */
struct pattern_expr;   /* one match method's index of it, or of inline patterns */

enum match_method {
    MATCH_FOUND, MATCH_BOOL, MATCH_INT, MATCH_IP, MATCH_BIN, MATCH_LEN, MATCH_STR, MATCH_BEG, MATCH_SUB, MATCH_DIR,
    MATCH_DOM, MATCH_END, MATCH_REG, MATCH_REGM, MATCH_KEY /* exact text as written: maps by name */, MATCH_COUNT
};

struct match_row {
    const char *name;         /* "str" of -m str */
    enum match_method method;
    enum sample_type in;      /* what values are cast to before */
};
extern const struct match_row match_rows[]; /* ends with an empty row */

struct pattern_options {
    enum match_method method;
    bool ignore_case;
    enum sample_type value_type; /* of maps: SAMPLE_STR, SAMPLE_SINT, SAMPLE_ADDR; SAMPLE_ANY: no values */
};

/* Heap objects owned by the configuration's pattern set. */
struct pattern_set; /* all references of one node, by name */
struct pattern_set *pattern_set_create(void);
void pattern_set_destroy(struct pattern_set *set);

struct pattern_expr *pattern_expr_create(const struct pattern_options *options);
void pattern_expr_destroy(struct pattern_expr *expr);
/* Adds one inline pattern; false: *error says why it is no pattern of this method (in arena). */
bool pattern_expr_add(struct pattern_expr *expr, struct str text, struct str value, struct arena *arena,
                      const char **error) MUST_USE;
/* The index of a reference for a method; loads the file (text given by the caller) the first time. All users of one
 * (name, options) share it. */
struct pattern_ref *pattern_ref_get(struct pattern_set *set, struct str name);        /* NULL when unknown */
struct pattern_ref *pattern_ref_add(struct pattern_set *set, struct str name, bool is_map); /* NULL: no memory */
bool pattern_ref_load(struct pattern_ref *ref, struct str text, const char *file, struct arena *arena,
                      const char **error) MUST_USE; /* lines of a file: '#' comments; maps: key, blanks, value */
struct pattern_expr *pattern_ref_index(struct pattern_ref *ref, const struct pattern_options *options,
                                       struct arena *arena, const char **error);
/* Changes at run time, seen by every index. */
bool pattern_ref_append(struct pattern_ref *ref, struct str key, struct str value, struct arena *arena,
                        const char **error) MUST_USE;
unsigned pattern_ref_remove(struct pattern_ref *ref, struct str key);
unsigned pattern_ref_set(struct pattern_ref *ref, struct str key, struct str value); /* entries changed */
void pattern_ref_clear(struct pattern_ref *ref);

struct pattern_match {
    struct str key;   /* the pattern's text as written */
    struct str value; /* of a map */
    uint64_t id;
    unsigned group_count;   /* regm: captured groups, offsets into the subject */
    size_t groups[20][2];
};
/* The first match in order of definition (longest for ip and beg in maps). The sample is already cast to the method's
 * type. false: none. match may be NULL. */
bool pattern_match(const struct pattern_expr *expr, const struct sample *sample, struct arena *scratch,
                   struct pattern_match *match);

#endif
