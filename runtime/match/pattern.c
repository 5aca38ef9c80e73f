/* References, their entries and who indexes them. An entry's text is kept once; each index has its own
 * reading of it (see pattern_index.c), chained to the entry, so that what comes and goes at run time
 * reaches all of them. */
#include "match/pattern.h"
#include "base/dict.h"
#include "base/mem.h"
#include "match/pattern_parts.h"

struct pattern_ref {
    struct list link; /* in its set */
    struct pattern_set *set;
    struct str name; /* lives in `names` of the set's table; empty for an ACL's own */
    struct str display;
    int64_t id;
    bool is_map, asked_for; /* asked_for: the number, with -u */
    uint64_t next_entry;
    struct list entries;
    size_t entry_count;
    uint64_t changes;
    uint32_t version, next_version;
    struct list pending; /* struct pending: entries of other versions */
    size_t pending_count;
    struct dict by_key;  /* struct entry *: the first of its key */
    struct list indexes; /* struct pattern_expr */
};

struct kept_regex {
    struct kept_regex *next;
    struct regex *regex;
    struct str text;
    bool ignore_case;
};

struct pattern_set {
    struct list refs;
    struct dict by_name;
    struct list owned; /* struct pattern_expr */
    struct kept_regex *regexes;
    int64_t next_id;
};

const struct match_row match_rows[] = {
    { "found", MATCH_FOUND, SAMPLE_ANY }, { "bool", MATCH_BOOL, SAMPLE_SINT },
    { "int", MATCH_INT, SAMPLE_SINT },    { "ip", MATCH_IP, SAMPLE_ADDR },
    { "bin", MATCH_BIN, SAMPLE_BIN },     { "len", MATCH_LEN, SAMPLE_STR },
    { "str", MATCH_STR, SAMPLE_STR },     { "beg", MATCH_BEG, SAMPLE_STR },
    { "sub", MATCH_SUB, SAMPLE_STR },     { "dir", MATCH_DIR, SAMPLE_STR },
    { "dom", MATCH_DOM, SAMPLE_STR },     { "end", MATCH_END, SAMPLE_STR },
    { "reg", MATCH_REG, SAMPLE_STR },     { "regm", MATCH_REGM, SAMPLE_STR },
    { "key", MATCH_KEY, SAMPLE_STR },     { 0 },
};

/* ---- sets ---- */

struct pattern_set *pattern_set_create(void)
{
    struct pattern_set *set = mem_zero(sizeof(*set));
    if (!set)
        return NULL;
    list_init(&set->refs);
    list_init(&set->owned);
    return set;
}

static void free_entry(struct entry *entry)
{
    mem_free((char *)(uintptr_t)entry->shown.key.data);
    mem_free((char *)(uintptr_t)entry->shown.value.data);
    mem_free(entry);
}

struct pending { /* an entry of a version that is not yet, or no longer to be, the current one */
    struct list link;
    uint32_t version;
    struct pattern_entry shown;
};

static void drop_pending(struct pattern_ref *ref, struct pending *pending)
{
    list_remove(&pending->link);
    ref->pending_count--;
    ref->changes++;
    mem_free((char *)(uintptr_t)pending->shown.key.data);
    mem_free((char *)(uintptr_t)pending->shown.value.data);
    mem_free(pending);
}

static void init_ref(struct pattern_ref *ref)
{
    list_init(&ref->pending);
    list_init(&ref->link);
    list_init(&ref->entries);
    list_init(&ref->indexes);
}

static void destroy_index(struct pattern_expr *expr)
{
    pattern_index_clear(expr);
    list_remove(&expr->link);
    list_remove(&expr->own_link);
    mem_free(expr);
}

static void destroy_ref(struct pattern_ref *ref)
{
    LIST_EACH_SAFE(link, &ref->indexes)
    destroy_index(LIST_ITEM(link, struct pattern_expr, link));
    LIST_EACH_SAFE(link, &ref->entries)
    free_entry(LIST_ITEM(link, struct entry, link));
    LIST_EACH_SAFE(link, &ref->pending)
    drop_pending(ref, LIST_ITEM(link, struct pending, link));
    dict_finish(&ref->by_key);
    list_remove(&ref->link);
    mem_free((char *)(uintptr_t)ref->name.data);
    mem_free(ref);
}

void pattern_set_destroy(struct pattern_set *set)
{
    if (!set)
        return;
    LIST_EACH_SAFE(link, &set->owned)
    pattern_expr_destroy(LIST_ITEM(link, struct pattern_expr, own_link));
    LIST_EACH_SAFE(link, &set->refs)
    destroy_ref(LIST_ITEM(link, struct pattern_ref, link));
    while (set->regexes) {
        struct kept_regex *kept = set->regexes;
        set->regexes = kept->next;
        regex_destroy(kept->regex);
        mem_free((char *)(uintptr_t)kept->text.data);
        mem_free(kept);
    }
    dict_finish(&set->by_name);
    mem_free(set);
}

void pattern_set_own(struct pattern_set *set, struct pattern_expr *expr)
{
    list_add_last(&set->owned, &expr->own_link);
}

static bool copy(struct str *to, struct str from)
{
    char *text = mem_alloc(from.size + 1);
    if (!text)
        return false;
    str_to_c(from, text, from.size + 1);
    *to = str_make(text, from.size);
    return true;
}

struct regex *pattern_set_regex(struct pattern_set *set, struct str pattern, bool ignore_case,
                                struct arena *arena, const char **error)
{
    for (struct kept_regex *kept = set->regexes; kept; kept = kept->next) {
        if (kept->ignore_case == ignore_case && str_eq(kept->text, pattern))
            return kept->regex;
    }
    struct regex *regex = regex_create(pattern, ignore_case, arena, error);
    struct kept_regex *kept = regex ? mem_zero(sizeof(*kept)) : NULL;
    if (kept && copy(&kept->text, pattern)) {
        kept->regex = regex;
        kept->ignore_case = ignore_case;
        kept->next = set->regexes;
        set->regexes = kept;
        return regex;
    }
    if (regex)
        *error = "out of memory";
    mem_free(kept);
    regex_destroy(regex);
    return NULL;
}

/* ---- references ---- */

struct pattern_ref *pattern_ref_get(struct pattern_set *set, struct str name)
{
    return dict_get(&set->by_name, name);
}

struct pattern_ref *pattern_ref_by_id(const struct pattern_set *set, int64_t id)
{
    LIST_EACH (link, &set->refs) {
        struct pattern_ref *ref = LIST_ITEM(link, struct pattern_ref, link);
        if (ref->id == id)
            return ref;
    }
    return NULL;
}

static int64_t free_id(struct pattern_set *set)
{
    while (pattern_ref_by_id(set, set->next_id))
        set->next_id++;
    return set->next_id++;
}

struct pattern_ref *pattern_ref_add(struct pattern_set *set, struct str name, bool is_map)
{
    struct pattern_ref *ref = mem_zero(sizeof(*ref));
    if (!ref)
        return NULL;
    init_ref(ref);
    if ((name.size && !copy(&ref->name, name)) || (name.size && !dict_set(&set->by_name, name, ref))) {
        mem_free((char *)(uintptr_t)ref->name.data);
        mem_free(ref);
        return NULL;
    }
    ref->id = free_id(set);
    ref->set = set;
    ref->is_map = is_map;
    list_add_last(&set->refs, &ref->link);
    return ref;
}

/* A number that nobody asked for gives way. */
bool pattern_ref_set_id(struct pattern_ref *ref, int64_t id)
{
    struct pattern_ref *other = pattern_ref_by_id(ref->set, id);
    if (other && other != ref && other->asked_for)
        return false;
    if (ref->id == ref->set->next_id - 1)
        ref->set->next_id--;
    ref->id = id;
    ref->asked_for = true;
    if (other && other != ref)
        other->id = free_id(ref->set);
    return true;
}

struct str pattern_ref_name(const struct pattern_ref *ref)
{
    return ref->name;
}

struct str pattern_ref_display(const struct pattern_ref *ref)
{
    return ref->display;
}

void pattern_ref_set_display(struct pattern_ref *ref, struct str display)
{
    ref->display = display;
}

int64_t pattern_ref_id(const struct pattern_ref *ref)
{
    return ref->id;
}

bool pattern_ref_is_map(const struct pattern_ref *ref)
{
    return ref->is_map;
}

struct pattern_ref *pattern_set_next(const struct pattern_set *set, const struct pattern_ref *previous)
{
    struct list *next = previous ? previous->link.next : set->refs.next;
    return next == &set->refs ? NULL : LIST_ITEM(next, struct pattern_ref, link);
}

const struct pattern_entry *pattern_ref_next(const struct pattern_ref *ref,
                                             const struct pattern_entry *previous)
{
    const struct list *next =
        previous ? CONTAINER_OF(previous, struct entry, shown)->link.next : ref->entries.next;
    return next == &ref->entries ? NULL : &LIST_ITEM(next, struct entry, link)->shown;
}

const struct pattern_entry *pattern_ref_find(const struct pattern_ref *ref, struct str key)
{
    const struct entry *entry = dict_get(&ref->by_key, key);
    return entry ? &entry->shown : NULL;
}

/* ---- entries ---- */

static struct entry *add_entry(struct pattern_ref *ref, struct str key, struct str value)
{
    struct entry *entry = mem_zero(sizeof(*entry));
    if (!entry)
        return NULL;
    struct entry *first = dict_get(&ref->by_key, key);
    if (!copy(&entry->shown.key, key) || !copy(&entry->shown.value, value) ||
        (!first && !dict_set(&ref->by_key, key, entry))) {
        free_entry(entry);
        return NULL;
    }
    while (first && first->same_key)
        first = first->same_key;
    if (first)
        first->same_key = entry;
    entry->shown.id = ++ref->next_entry;
    list_add_last(&ref->entries, &entry->link);
    ref->entry_count++;
    ref->changes++;
    return entry;
}

static void take_from_keys(struct pattern_ref *ref, struct entry *entry)
{
    struct entry *first = dict_get(&ref->by_key, entry->shown.key);
    if (first != entry) {
        while (first->same_key != entry)
            first = first->same_key;
        first->same_key = entry->same_key;
    } else if (entry->same_key) {
        bool replaced = dict_set(&ref->by_key, entry->shown.key, entry->same_key);
        CHECK(replaced); /* the key is there: nothing is allocated */
    } else {
        dict_remove(&ref->by_key, entry->shown.key);
    }
}

static void remove_entry(struct pattern_ref *ref, struct entry *entry)
{
    while (entry->patterns) {
        struct pattern *pattern = entry->patterns;
        entry->patterns = pattern->next_of_entry;
        pattern_index_remove(pattern);
    }
    take_from_keys(ref, entry);
    ref->entry_count--;
    ref->changes++;
    list_remove(&entry->link);
    free_entry(entry);
}

static struct str skip_blanks(struct str text)
{
    while (text.size && (text.data[0] == ' ' || text.data[0] == '\t'))
        text = str_from(text, 1);
    return text;
}

/* A list's line is a pattern, blanks in it and behind it included; a map's is a key and a value. */
static bool add_line(struct pattern_ref *ref, struct str line, unsigned number)
{
    size_t end = 0;
    if (ref->is_map)
        while (end < line.size && line.data[end] != ' ' && line.data[end] != '\t')
            end++;
    else
        end = line.size;
    struct entry *entry = add_entry(ref, str_slice(line, 0, end), str_trim(str_from(line, end)));
    if (entry)
        entry->line = number;
    return entry != NULL;
}

bool pattern_ref_load(struct pattern_ref *ref, struct str text, const char *file, struct arena *arena,
                      const char **error)
{
    for (unsigned number = 1; text.data; number++) {
        struct str line = str_split(&text, '\n');
        size_t end = str_find_char(line, '\r');
        if (line.size && line.data[0] == '#')
            continue;
        line = skip_blanks(end == STR_NOT_FOUND ? line : str_slice(line, 0, end));
        if (!line.size || add_line(ref, line, number))
            continue;
        *error = arena_printf(arena, "out of memory when loading patterns from file <%s>", file).data;
        return false;
    }
    return true;
}

/* ---- indexes ---- */

static struct pattern_expr *create_index(struct pattern_ref *ref, const struct pattern_options *options)
{
    struct pattern_expr *expr = mem_zero(sizeof(*expr));
    if (!expr)
        return NULL;
    CHECK(options->method < MATCH_COUNT);
    expr->options = *options;
    expr->ref = ref;
    list_init(&expr->patterns);
    list_init(&expr->own_link);
    list_init(&expr->link);
    list_add_last(&ref->indexes, &expr->link);
    return expr;
}

struct pattern_expr *pattern_expr_create(const struct pattern_options *options)
{
    struct pattern_ref *ref = mem_zero(sizeof(*ref));
    if (!ref)
        return NULL;
    init_ref(ref);
    struct pattern_expr *expr = create_index(ref, options);
    if (expr)
        expr->own = ref;
    else
        mem_free(ref);
    return expr;
}

void pattern_expr_destroy(struct pattern_expr *expr)
{
    if (!expr)
        return;
    if (expr->own)
        destroy_ref(expr->own);
    else
        destroy_index(expr);
}

bool pattern_expr_add(struct pattern_expr *expr, struct str text, struct str value, struct arena *arena,
                      const char **error)
{
    CHECK(expr->own);
    return pattern_ref_append(expr->own, text, value, arena, error);
}

static struct pattern_expr *known_index(struct pattern_ref *ref, const struct pattern_options *options)
{
    LIST_EACH (link, &ref->indexes) {
        struct pattern_expr *expr = LIST_ITEM(link, struct pattern_expr, link);
        if (expr->options.method == options->method && expr->options.ignore_case == options->ignore_case &&
            expr->options.value_type == options->value_type)
            return expr;
    }
    return NULL;
}

/* The entries keep a chain of their patterns: those of an index that goes leave it first. */
static void drop_index(struct pattern_ref *ref, struct pattern_expr *expr)
{
    LIST_EACH (link, &ref->entries) {
        struct pattern **chain = &LIST_ITEM(link, struct entry, link)->patterns;
        while (*chain && (*chain)->expr != expr)
            chain = &(*chain)->next_of_entry;
        if (*chain)
            *chain = (*chain)->next_of_entry;
    }
    destroy_index(expr);
}

struct pattern_expr *pattern_ref_index(struct pattern_ref *ref, const struct pattern_options *options,
                                       struct arena *arena, const char **error)
{
    struct pattern_expr *expr = known_index(ref, options);
    if (expr)
        return expr;
    *error = "out of memory";
    expr = create_index(ref, options);
    if (!expr)
        return NULL;
    LIST_EACH (link, &ref->entries) {
        struct entry *entry = LIST_ITEM(link, struct entry, link);
        if (pattern_index_add(expr, entry, arena, error))
            continue;
        if (entry->line)
            *error =
                arena_printf(arena, "%s at line %u of file '%.*s'", *error, entry->line, STR_ARG(ref->name))
                    .data;
        drop_index(ref, expr);
        return NULL;
    }
    return expr;
}

/* ---- changes at run time ---- */

bool pattern_ref_append(struct pattern_ref *ref, struct str key, struct str value, struct arena *arena,
                        const char **error)
{
    struct entry *entry = add_entry(ref, key, value);
    if (!entry) {
        *error = "out of memory";
        return false;
    }
    LIST_EACH (link, &ref->indexes) {
        if (pattern_index_add(LIST_ITEM(link, struct pattern_expr, link), entry, arena, error))
            continue;
        remove_entry(ref, entry);
        return false;
    }
    return true;
}

unsigned pattern_ref_remove(struct pattern_ref *ref, struct str key)
{
    unsigned count = 0;
    for (struct entry *entry = dict_get(&ref->by_key, key); entry; count++) {
        struct entry *next = entry->same_key;
        remove_entry(ref, entry);
        entry = next;
    }
    return count;
}

bool pattern_ref_remove_id(struct pattern_ref *ref, uint64_t entry_id)
{
    LIST_EACH_SAFE(link, &ref->entries)
    {
        struct entry *entry = LIST_ITEM(link, struct entry, link);
        if (entry->shown.id != entry_id)
            continue;
        remove_entry(ref, entry);
        return true;
    }
    return false;
}

static bool good_value(const struct entry *entry, struct str value)
{
    struct sample sample;
    for (const struct pattern *pattern = entry->patterns; pattern; pattern = pattern->next_of_entry) {
        if (!pattern_index_value(pattern->expr, value, &sample))
            return false;
    }
    return true;
}

unsigned pattern_ref_set(struct pattern_ref *ref, struct str key, struct str value)
{
    unsigned count = 0;
    for (struct entry *entry = dict_get(&ref->by_key, key); entry; entry = entry->same_key) {
        struct str fresh;
        if (!good_value(entry, value) || !copy(&fresh, value))
            continue;
        mem_free((char *)(uintptr_t)entry->shown.value.data);
        entry->shown.value = fresh;
        for (struct pattern *pattern = entry->patterns; pattern; pattern = pattern->next_of_entry)
            CHECK(pattern_index_value(pattern->expr, fresh, &pattern->value));
        count++;
    }
    return count;
}

void pattern_ref_clear(struct pattern_ref *ref)
{
    LIST_EACH (link, &ref->indexes)
        pattern_index_clear(LIST_ITEM(link, struct pattern_expr, link));
    LIST_EACH_SAFE(link, &ref->entries)
    free_entry(LIST_ITEM(link, struct entry, link));
    list_init(&ref->entries);
    ref->entry_count = 0;
    ref->changes++;
    dict_finish(&ref->by_key);
}

/* ---- versions ---- */

/* Those of versions up to this one, or of exactly this one. Versions wrap. */
static void drop_versions(struct pattern_ref *ref, uint32_t version, bool older_too)
{
    LIST_EACH_SAFE(link, &ref->pending)
    {
        struct pending *pending = LIST_ITEM(link, struct pending, link);
        if (pending->version == version || (older_too && (int32_t)(pending->version - version) < 0))
            drop_pending(ref, pending);
    }
}

uint32_t pattern_ref_version(const struct pattern_ref *ref)
{
    return ref->version;
}

uint32_t pattern_ref_next_version(const struct pattern_ref *ref)
{
    return ref->next_version;
}

uint32_t pattern_ref_prepare(struct pattern_ref *ref)
{
    return ++ref->next_version;
}

static bool keep_for_later(struct pattern_ref *ref, uint32_t version, struct str key, struct str value)
{
    struct pending *pending = mem_zero(sizeof(*pending));
    if (!pending)
        return false;
    pending->version = version;
    list_add_last(&ref->pending, &pending->link);
    ref->pending_count++;
    if (copy(&pending->shown.key, key) && copy(&pending->shown.value, value)) {
        pending->shown.id = ++ref->next_entry;
        return true;
    }
    drop_pending(ref, pending);
    return false;
}

/* Whether every index can read an entry is found out by adding it, for this moment only. */
bool pattern_ref_append_to(struct pattern_ref *ref, uint32_t version, struct str key, struct str value,
                           struct arena *arena, const char **error)
{
    if (!pattern_ref_append(ref, key, value, arena, error))
        return false;
    if (version == ref->version)
        return true;
    remove_entry(ref, LIST_ITEM(ref->entries.prev, struct entry, link));
    *error = "out of memory";
    return keep_for_later(ref, version, key, value);
}

bool pattern_ref_commit(struct pattern_ref *ref, uint32_t version, struct arena *arena)
{
    const char *error = NULL;
    if ((int32_t)(version - ref->version) <= 0 || (int32_t)(ref->next_version - version) < 0)
        return false;
    pattern_ref_clear(ref);
    ref->version = version;
    LIST_EACH (link, &ref->pending) {
        const struct pending *pending = LIST_ITEM(link, struct pending, link);
        /* They were readable when they came: only memory can be missing now, and then an entry is. */
        if (pending->version == version)
            (void)!pattern_ref_append(ref, pending->shown.key, pending->shown.value, arena, &error);
    }
    drop_versions(ref, version, true);
    return true;
}

void pattern_ref_clear_version(struct pattern_ref *ref, uint32_t version)
{
    if (version == ref->version)
        pattern_ref_clear(ref);
    else
        drop_versions(ref, version, false);
}

const struct pattern_entry *pattern_ref_next_of(const struct pattern_ref *ref, uint32_t version,
                                                const struct pattern_entry *previous)
{
    if (version == ref->version)
        return pattern_ref_next(ref, previous);
    const struct list *at = previous ? &CONTAINER_OF(previous, struct pending, shown)->link : &ref->pending;
    for (at = at->next; at != &ref->pending; at = at->next) {
        const struct pending *pending = LIST_ITEM(at, struct pending, link);
        if (pending->version == version)
            return &pending->shown;
    }
    return NULL;
}

uint64_t pattern_ref_changes(const struct pattern_ref *ref)
{
    return ref->changes;
}

size_t pattern_ref_count(const struct pattern_ref *ref)
{
    return ref->entry_count + ref->pending_count;
}

const struct pattern_expr *pattern_ref_next_index(const struct pattern_ref *ref,
                                                  const struct pattern_expr *previous)
{
    const struct list *at = previous ? previous->link.next : ref->indexes.next;
    return at == &ref->indexes ? NULL : LIST_ITEM(at, struct pattern_expr, link);
}

const struct pattern_options *pattern_expr_options(const struct pattern_expr *expr)
{
    return &expr->options;
}

/* ---- matching ---- */

bool pattern_match(const struct pattern_expr *expr, const struct sample *sample, struct arena *scratch,
                   struct pattern_match *match)
{
    struct regex_groups groups;
    groups.count = 0;
    if (expr->options.method == MATCH_FOUND || expr->options.method == MATCH_BOOL) {
        if (match)
            *match = (struct pattern_match){ 0 };
        return expr->options.method == MATCH_FOUND || sample->u.integer != 0;
    }
    const struct pattern *pattern = pattern_index_find(expr, sample, scratch, match ? &groups : NULL);
    if (!pattern || !match)
        return pattern != NULL;
    match->key = pattern->entry->shown.key;
    match->value = pattern->entry->shown.value;
    match->sample = pattern->value;
    match->id = pattern->entry->shown.id;
    match->group_count = groups.count;
    if (groups.count)
        memcpy(match->groups, groups.at, groups.count * sizeof(groups.at[0]));
    return true;
}
