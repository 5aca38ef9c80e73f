/* Conditions of .if/.elif and -cc (HAProxy manual 2.4 "Conditional blocks"). */
#ifndef CONFIG_CFG_COND_H
#define CONFIG_CFG_COND_H
#include "base/arena.h"
#include "base/diag.h"
#include "base/str.h"
#include "platform/platform.h"

struct cfg_condition_world {
    struct platform *platform;   /* for defined() and variables */
    const char *const *features; /* upper case names that feature() answers true to; NULL-terminated */
    const char *const *enabled;  /* for enabled(); NULL-terminated */
    const char *version;         /* for version_atleast and version_before: "3.5-dev5" */
    const char *ssl_name;        /* "OpenSSL 3.0.19 ..." for ssllib_name_startswith */
    const char *ssl_version;     /* "3.0.19" for openssl_version_atleast and _before */
};

enum cfg_condition { CONDITION_FALSE, CONDITION_TRUE, CONDITION_BAD };

/* text is one expression, already unquoted and with variables expanded. Bad: *error says what was wrong
 * (in arena), *error_at the offset. */
enum cfg_condition cfg_condition_eval(const struct cfg_condition_world *world, struct str text,
                                      struct arena *arena, const char **error, size_t *error_at);

/* What -cc does: cuts the text as a line of the file is (but '#' begins no comment), evaluates, and says
 * what was wrong. Returns the exit code: 0 true, 1 false, 2 bad. */
int cfg_condition_command(const struct cfg_condition_world *world, const char *text, struct diag *diag);

/* Versions as HAProxy writes them, "2.6.12-1", "3.5-dev5", "v3.0-rc2": <0, 0, >0. Missing parts are zero,
 * a release is newer than its -dev, -pre and -rc; what cannot be read counts as version zero. */
int cfg_condition_compare_versions(struct str a, struct str b);

#endif
