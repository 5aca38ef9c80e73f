/* The words that the language knows, by kind: from a word to the const row that describes it. registry.c
 * fills it in fixed order when a node is made; Lua adds the words that a script registers. A storey below
 * looks up rows of its own kind and casts them back; this table never looks inside. */
#ifndef CONFIG_WORDS_H
#define CONFIG_WORDS_H
#include "base/buf.h"
#include "base/dict.h"
#include "base/str.h"

enum word_kind {
    WORD_SECTION,       /* struct section_row */
    WORD_KEYWORD,       /* struct keyword_row, several words with one blank between: "timeout client" */
    WORD_BIND_OPTION,   /* struct keyword_row */
    WORD_SERVER_OPTION, /* struct keyword_row */
    WORD_FETCH,         /* struct fetch_row */
    WORD_CONVERTER,     /* struct converter_row */
    WORD_MATCH,         /* struct match_row */
    WORD_ACL,           /* struct acl_row: pre-defined ACLs and ACL-only names */
    WORD_ACTION,        /* struct action_row */
    WORD_FILTER,        /* struct filter_row */
    WORD_SERVICE,       /* struct service_row: what use-service may name */
    WORD_LOG_ALIAS,     /* struct log_alias_row */
    WORD_BALANCE,
    WORD_CHECK,
    WORD_COMMAND,
    WORD_KIND_COUNT
};

struct words {
    struct dict by_name[WORD_KIND_COUNT]; /* value: first struct word of that name */
};

struct word {
    const void *row;
    struct word *next; /* rows of the same name (one a section or ruleset), in the order they were added */
};

void words_init(struct words *words);
void words_finish(struct words *words);
/* false: no memory. row must outlive the table. */
bool words_add(struct words *words, enum word_kind kind, const char *name, const void *row) MUST_USE;
/* The first row of a name; NULL when unknown. Further ones through ->next. */
const struct word *words_find(const struct words *words, enum word_kind kind, struct str name);
/* A known word that `name` may have been meant for, NULL for none; suits may be NULL. */
const char *words_closest(const struct words *words, enum word_kind kind, struct str name,
                          bool (*suits)(const void *row, void *data), void *data);

#endif
