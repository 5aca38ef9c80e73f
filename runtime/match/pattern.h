/* Patterns and how values are matched against them (HAProxy manual 7.1.1 to 7.1.6), with the indexes that
 * make it quick: hash for exact strings, prefix trees for networks, hash by length for beginnings and ends,
 * lists in order for the rest. */
#ifndef MATCH_PATTERN_H
#define MATCH_PATTERN_H
#include "sample/sample.h"

struct pattern_ref;  /* a file, or the patterns of one ACL: a list that several users share */
struct pattern_expr; /* one match method's index of it, or of patterns of its own */

enum match_method {
    MATCH_FOUND,
    MATCH_BOOL,
    MATCH_INT,
    MATCH_IP,
    MATCH_BIN,
    MATCH_LEN,
    MATCH_STR,
    MATCH_BEG,
    MATCH_SUB,
    MATCH_DIR,
    MATCH_DOM,
    MATCH_END,
    MATCH_REG,
    MATCH_REGM,
    MATCH_KEY /* exact text as written: maps by name */,
    MATCH_COUNT
};

struct match_row {
    const char *name; /* "str" of -m str */
    enum match_method method;
    enum sample_type in; /* what values are cast to before */
};
extern const struct match_row match_rows[]; /* in the order of the methods, ends with an empty row */

struct pattern_options {
    enum match_method method;
    bool ignore_case;
    enum sample_type value_type; /* of maps: SAMPLE_STR, SAMPLE_SINT, SAMPLE_ADDR; SAMPLE_ANY: no values */
};

/* Heap objects owned by the configuration's pattern set. */
struct pattern_set; /* all references of one node */
struct pattern_set *pattern_set_create(void);
void pattern_set_destroy(struct pattern_set *set);
/* The set destroys the expression with itself. */
void pattern_set_own(struct pattern_set *set, struct pattern_expr *expr);
/* A regular expression that lives as long as the set; the same pattern is compiled once. NULL: *error (in
 * arena). */
struct regex *pattern_set_regex(struct pattern_set *set, struct str pattern, bool ignore_case,
                                struct arena *arena, const char **error) MUST_USE;

/* An index with patterns of its own. */
struct pattern_expr *pattern_expr_create(const struct pattern_options *options);
void pattern_expr_destroy(struct pattern_expr *expr);
/* Adds one pattern to such an index; false: *error says why it is no pattern of this method (in arena). */
bool pattern_expr_add(struct pattern_expr *expr, struct str text, struct str value, struct arena *arena,
                      const char **error) MUST_USE;

struct pattern_ref *pattern_ref_get(struct pattern_set *set, struct str name); /* NULL when unknown */
/* name is a file's; empty for the patterns of one ACL, which are found by their number. NULL: no memory. */
struct pattern_ref *pattern_ref_add(struct pattern_set *set, struct str name, bool is_map);
/* Takes the number that was asked for with -u. false: another one has it. */
bool pattern_ref_set_id(struct pattern_ref *ref, int64_t id) MUST_USE;
/* Lines of a file: '#' comments; maps: key, blanks, value. */
bool pattern_ref_load(struct pattern_ref *ref, struct str text, const char *file, struct arena *arena,
                      const char **error) MUST_USE;
/* The index of a reference for a method; all users of one (reference, options) share it. */
struct pattern_expr *pattern_ref_index(struct pattern_ref *ref, const struct pattern_options *options,
                                       struct arena *arena, const char **error);

/* Changes at run time, seen by every index. Nothing is changed when one index cannot take it. */
bool pattern_ref_append(struct pattern_ref *ref, struct str key, struct str value, struct arena *arena,
                        const char **error) MUST_USE;
unsigned pattern_ref_remove(struct pattern_ref *ref, struct str key);
bool pattern_ref_remove_id(struct pattern_ref *ref, uint64_t entry_id);
/* How many entries were changed; 0 too when the value is none for an index. */
unsigned pattern_ref_set(struct pattern_ref *ref, struct str key, struct str value);
void pattern_ref_clear(struct pattern_ref *ref);

/* Versions: entries of a version that is being prepared match nothing until it is committed, which replaces all others
 * at once. */
uint32_t pattern_ref_version(const struct pattern_ref *ref);      /* the one that matches */
uint32_t pattern_ref_next_version(const struct pattern_ref *ref); /* the newest that was prepared */
uint32_t pattern_ref_prepare(struct pattern_ref *ref);            /* a new version's number */
/* As pattern_ref_append, in a version that was prepared. */
bool pattern_ref_append_to(struct pattern_ref *ref, uint32_t version, struct str key, struct str value,
                           struct arena *arena, const char **error) MUST_USE;
/* false: there is no such version to be committed. */
bool pattern_ref_commit(struct pattern_ref *ref, uint32_t version, struct arena *arena);
void pattern_ref_clear_version(struct pattern_ref *ref, uint32_t version);
/* Entries of a version in order; NULL begins. */
const struct pattern_entry *pattern_ref_next_of(const struct pattern_ref *ref, uint32_t version,
                                                const struct pattern_entry *previous);
size_t pattern_ref_count(const struct pattern_ref *ref);     /* of all versions */
uint64_t pattern_ref_changes(const struct pattern_ref *ref); /* grows as entries come and go */
/* The indexes of a reference, in the order in which they were asked for; NULL begins. */
const struct pattern_expr *pattern_ref_next_index(const struct pattern_ref *ref,
                                                  const struct pattern_expr *previous);
const struct pattern_options *pattern_expr_options(const struct pattern_expr *expr);

/* For lists: references in the order of the configuration, entries in order of definition; NULL begins. An entry is to be
 * found where it is until the reference changes. */
struct pattern_entry {
    const char *text; /* the key and the value as written, a NUL behind each */
    uint64_t id;
    uint32_t key_size, value_size;
    uint32_t previous, next; /* in order: places, see pattern_entries.h */
    uint32_t next_of_key;
    uint32_t line : 31; /* of a file, else 0 */
    uint32_t owns_text : 1;
};
static inline struct str pattern_entry_key(const struct pattern_entry *entry)
{
    return str_make(entry->text, entry->key_size);
}
static inline struct str pattern_entry_value(const struct pattern_entry *entry)
{
    return entry->value_size ? str_make(entry->text + entry->key_size + 1, entry->value_size) : STR("");
}
struct pattern_ref *pattern_set_next(const struct pattern_set *set, const struct pattern_ref *previous);
struct pattern_ref *pattern_ref_by_id(const struct pattern_set *set, int64_t id);
const struct pattern_entry *pattern_ref_next(const struct pattern_ref *ref,
                                             const struct pattern_entry *previous);
/* The first entry of a key, NULL for none. */
const struct pattern_entry *pattern_ref_find(struct pattern_ref *ref, struct str key);
struct str pattern_ref_name(const struct pattern_ref *ref);    /* the file; empty: an ACL's own patterns */
struct str pattern_ref_display(const struct pattern_ref *ref); /* where it stands, as HAProxy lists it */
void pattern_ref_set_display(struct pattern_ref *ref, struct str display); /* lives with the configuration */
int64_t pattern_ref_id(const struct pattern_ref *ref);
bool pattern_ref_is_map(const struct pattern_ref *ref);

struct pattern_match {
    struct str key;       /* the pattern's text as written */
    struct str value;     /* of a map, as written */
    struct sample sample; /* of a map: the value as its index's value_type */
    uint64_t id;
    unsigned group_count; /* regm: captured groups, offsets into the subject */
    size_t groups[20][2];
};
/* The first match in order of definition (the longest for ip and beg). The sample is already cast to the
 * method's type. false: none. match may be NULL. */
bool pattern_match(const struct pattern_expr *expr, const struct sample *sample, struct arena *scratch,
                   struct pattern_match *match);

#endif
