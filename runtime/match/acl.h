/* ACLs: named and anonymous tests of a sample against patterns (HAProxy manual 7.1). */
#ifndef MATCH_ACL_H
#define MATCH_ACL_H
#include "match/pattern.h"
#include "sample/sample_expr.h"

struct acl_row { /* ACL-only names: pre-defined ACLs (7.4) and criteria with a built-in method: hdr_beg, path_end */
    const char *name;   /* "path_beg" */
    const char *fetch;  /* the fetch behind it: "path" */
    enum match_method method;
    const char *patterns; /* pre-defined ACLs: their patterns, blank-separated ("127.0.0.1/8"); else NULL */
};

struct acl_test { /* one criterion with its patterns; several of one name are or-ed */
    struct acl_test *next;
    struct sample_expr *expr;
    enum match_method method;
    struct pattern_expr *patterns; /* NULL for found and bool without patterns */
};

struct acl {
    struct acl *next;
    struct str name;       /* empty for an anonymous one */
    struct acl_test *tests;
    unsigned index;        /* of named ones within their proxy: cached results */
};

struct acl_parser {
    struct sample_parser sample;
    struct pattern_set *set;
    struct platform *platform; /* to read -f files */
};
enum acl_result { ACL_FAIL, ACL_MISS /* could still change */, ACL_PASS };

/* words: criterion, flags, operators, patterns; count of them. Adds a test to acl. false: parser->sample.error. */
bool acl_add_test(struct acl_parser *parser, struct acl *acl, const char *const *words, unsigned count) MUST_USE;
enum acl_result acl_eval(const struct acl *acl, struct sample_context *context);

#endif
