/* References, their entries and who indexes them. What comes and goes at run time reaches all indexes. */
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
    struct pattern_entries entries;
    uint64_t changes;
    uint32_t version, next_version;
    struct list pending; /* struct pending: entries of other versions */
    size_t pending_count;
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
    mem_free((char *)(uintptr_t)pending->shown.text);
    mem_free(pending);
}

static void init_ref(struct pattern_ref *ref)
{
    list_init(&ref->pending);
    list_init(&ref->link);
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
    pattern_entries_finish(&ref->entries);
    LIST_EACH_SAFE(link, &ref->pending)
    drop_pending(ref, LIST_ITEM(link, struct pending, link));
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

static const struct pattern_entry *entry_at(const struct pattern_ref *ref, uint32_t place)
{
    return place ? pattern_entries_at(&ref->entries, place) : NULL;
}

const struct pattern_entry *pattern_ref_next(const struct pattern_ref *ref,
                                             const struct pattern_entry *previous)
{
    return entry_at(ref, previous ? previous->next : ref->entries.first);
}

const struct pattern_entry *pattern_ref_find(struct pattern_ref *ref, struct str key)
{
    return entry_at(ref, pattern_entries_find(&ref->entries, key, 0));
}

bool pattern_ref_load(struct pattern_ref *ref, struct str text, const char *file, struct arena *arena,
                      const char **error)
{
    ref->changes++;
    if (pattern_entries_load(&ref->entries, text, ref->is_map))
        return true;
    *error = arena_printf(arena, "out of memory when loading patterns from file <%s>", file).data;
    return false;
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
    expr->entries = &ref->entries;
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
    for (uint32_t place = ref->entries.first; place; place = entry_at(ref, place)->next) {
        unsigned line = entry_at(ref, place)->line;
        if (pattern_index_add(expr, place, arena, error))
            continue;
        if (line)
            *error =
                arena_printf(arena, "%s at line %u of file '%.*s'", *error, line, STR_ARG(ref->name)).data;
        destroy_index(expr);
        return NULL;
    }
    return expr;
}

/* ---- changes at run time ---- */

/* From the indexes before `end` in the list of them: from all when it is the list itself. */
static void remove_entry(struct pattern_ref *ref, uint32_t place, const struct list *end)
{
    for (struct list *link = ref->indexes.next; link != end; link = link->next)
        pattern_index_remove(LIST_ITEM(link, struct pattern_expr, link), place);
    pattern_entries_remove(&ref->entries, place);
    ref->changes++;
}

bool pattern_ref_append(struct pattern_ref *ref, struct str key, struct str value, struct arena *arena,
                        const char **error)
{
    uint32_t place = pattern_entries_add(&ref->entries, key, value);
    if (!place) {
        *error = "out of memory";
        return false;
    }
    ref->changes++;
    LIST_EACH (link, &ref->indexes) {
        if (pattern_index_add(LIST_ITEM(link, struct pattern_expr, link), place, arena, error))
            continue;
        remove_entry(ref, place, link);
        return false;
    }
    return true;
}

/* The first one goes last: the key may be its own text. */
unsigned pattern_ref_remove(struct pattern_ref *ref, struct str key)
{
    uint32_t first = pattern_entries_find(&ref->entries, key, 0), next;
    unsigned count = 0;
    if (!first)
        return 0;
    for (; (next = pattern_entries_find(&ref->entries, key, first)); count++)
        remove_entry(ref, next, &ref->indexes);
    remove_entry(ref, first, &ref->indexes);
    return count + 1;
}

bool pattern_ref_remove_id(struct pattern_ref *ref, uint64_t entry_id)
{
    uint32_t place = ref->entries.first;
    while (place && entry_at(ref, place)->id != entry_id)
        place = entry_at(ref, place)->next;
    if (place)
        remove_entry(ref, place, &ref->indexes);
    return place != 0;
}

static bool good_value(const struct pattern_ref *ref, struct str value)
{
    struct sample sample;
    LIST_EACH (link, &ref->indexes) {
        if (!pattern_read_value(&LIST_ITEM(link, struct pattern_expr, link)->options, value, &sample))
            return false;
    }
    return true;
}

unsigned pattern_ref_set(struct pattern_ref *ref, struct str key, struct str value)
{
    unsigned count = 0;
    if (!good_value(ref, value))
        return 0;
    for (uint32_t place = pattern_entries_find(&ref->entries, key, 0); place;
         place = pattern_entries_find(&ref->entries, key, place)) {
        count += pattern_entries_set_value(&ref->entries, place, value);
        key = pattern_entry_key(entry_at(ref, place)); /* it may have been the old text */
    }
    return count;
}

void pattern_ref_clear(struct pattern_ref *ref)
{
    LIST_EACH (link, &ref->indexes)
        pattern_index_clear(LIST_ITEM(link, struct pattern_expr, link));
    pattern_entries_finish(&ref->entries);
    ref->changes++;
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
    pending->shown.text = pattern_entries_text(key, value);
    pending->shown.key_size = (uint32_t)key.size;
    pending->shown.value_size = (uint32_t)value.size;
    pending->shown.id = ++ref->entries.newest_id;
    if (pending->shown.text)
        return true;
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
    remove_entry(ref, ref->entries.last, &ref->indexes);
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
            (void)!pattern_ref_append(ref, pattern_entry_key(&pending->shown),
                                      pattern_entry_value(&pending->shown), arena, &error);
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
    return ref->entries.count + ref->pending_count;
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
    uint32_t place = pattern_index_find(expr, sample, scratch, match ? &groups : NULL);
    if (!place || !match)
        return place != 0;
    const struct pattern_entry *entry = pattern_entries_at(expr->entries, place);
    match->key = pattern_entry_key(entry);
    match->value = pattern_entry_value(entry);
    bool readable = pattern_read_value(&expr->options, match->value, &match->sample);
    CHECK(readable); /* as it was when it came */
    match->id = entry->id;
    match->group_count = groups.count;
    if (groups.count)
        memcpy(match->groups, groups.at, groups.count * sizeof(groups.at[0]));
    return true;
}
