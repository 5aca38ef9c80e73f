/* ACLs: named and anonymous tests of a sample against patterns (HAProxy manual 7.1). */
#ifndef MATCH_ACL_H
#define MATCH_ACL_H
#include "match/pattern.h"
#include "sample/sample_expr.h"

/* ACL-only names: pre-defined ACLs (7.4) and criteria with a built-in method: hdr_beg, path_end. */
struct acl_row {
    const char *name;  /* "path_beg" */
    const char *fetch; /* the fetch behind it: "path" */
    enum match_method method;
    const char *patterns; /* pre-defined ACLs: their patterns, blank-separated ("127.0.0.1/8"); else NULL */
    bool dotted_version;  /* patterns are versions such as 3.1 */
};

struct acl_test { /* one criterion with its patterns; several of one name are or-ed */
    struct acl_test *next;
    struct sample_expr *expr;
    enum match_method method;
    enum sample_type in;            /* what the method wants */
    struct pattern_expr **patterns; /* lists from files and the inline ones; any may match */
    unsigned pattern_count;
    const char *keyword; /* as written, without arguments: for messages */
};

struct acl {
    struct acl *next;
    struct str name; /* empty for an anonymous one */
    struct acl_test *tests;
    unsigned index; /* of named ones within their proxy: cached results */
};

struct acl_parser {
    struct sample_parser sample;
    struct pattern_set *set;
    struct platform *platform; /* to read -f files and to look up names */
    const char *warning; /* out: what is odd about what was read, NULL for nothing; the caller reports it */
};
enum acl_result { ACL_FAIL, ACL_MISS /* could still change */, ACL_PASS };

/* words: criterion, flags, operators, patterns; count of them. Adds a test to acl. false:
 * parser->sample.error. A fetch that has no meaning at parser->sample.place is no error here: see
 * acl_never. */
bool acl_add_test(struct acl_parser *parser, struct acl *acl, const char *const *words,
                  unsigned count) MUST_USE;
/* The ACL of a pre-defined name, made anew; NULL: there is none (parser->sample.error is NULL), or it
 * cannot be read. */
struct acl *acl_make_predefined(struct acl_parser *parser, const char *name);
/* The keyword of the first test that can have no value at this place, NULL when all can. */
const char *acl_never(const struct acl *acl, enum sample_place place);
/* The reference of a pattern file, read when it is first named; user: "acl" or "map", for lists. NULL: an
 * error. */
struct pattern_ref *acl_pattern_file(struct acl_parser *parser, const char *path, bool as_map,
                                     const char *user);
enum acl_result acl_eval(const struct acl *acl, struct sample_context *context);

#endif
