/* One match method's index of a list of patterns: how a pattern's text is read, where it is kept, how a
 * value finds it.
 *
 * Exact texts and bytes: a hash table. Beginnings and ends: the same table, looked up once for each length
 * that some pattern has. Networks: two prefix trees, and a list for IPv4 masks whose bits are not in a row.
 * The rest: in order. */
#include "base/digest.h"
#include "base/mem.h"
#include "base/units.h"
#include "match/pattern_parts.h"

#define FOLD_MAX 512u /* longer subjects are folded in scratch memory */

/* ---- reading ---- */

static struct str copy_of(struct str text)
{
    char *copy = mem_alloc(text.size + 1);
    if (!copy)
        return STR_NONE;
    str_to_c(text, copy, text.size + 1);
    return str_make(copy, text.size);
}

static void lower(char *out, struct str text)
{
    for (size_t i = 0; i < text.size; i++)
        out[i] = ascii_lower(text.data[i]);
}

static bool read_text(struct pattern *pattern, struct str key, bool ignore_case)
{
    pattern->text = copy_of(key);
    if (!pattern->text.data)
        return false;
    if (ignore_case)
        lower((char *)(uintptr_t)pattern->text.data, key);
    return true;
}

static bool refuse(struct arena *arena, const char **error, const char *format, struct str text)
{
    *error = arena_printf(arena, format, STR_ARG(text)).data;
    return false;
}

static bool bound(struct str text, int64_t *out)
{
    return units_parse_int(text, INT64_MIN, INT64_MAX, out);
}

/* "5", "5:7", "5:", ":7", with '-' for ':' too; so a negative number can only stand behind a separator, and
 * "-5" is all up to 5, as in HAProxy. */
static bool read_range(struct pattern *pattern, struct str text, struct arena *arena, const char **error)
{
    static const char wrong[] = "'%.*s' is not a valid number range";
    int64_t *low = &pattern->u.range.low, *high = &pattern->u.range.high;
    size_t at = 0;
    while (at < text.size && text.data[at] != ':' && text.data[at] != '-')
        at++;
    *low = INT64_MIN;
    *high = INT64_MAX;
    if (!text.size)
        return refuse(arena, error, wrong, text);
    if (at == text.size) {
        if (!bound(text, low))
            return refuse(arena, error, "'%.*s' is not a number", text);
        *high = *low;
        return true;
    }
    struct str first = str_slice(text, 0, at), last = str_from(text, at + 1);
    if ((!first.size && !last.size) || (first.size && !bound(first, low)) ||
        (last.size && !bound(last, high)) || *low > *high)
        return refuse(arena, error, wrong, text);
    return true;
}

static uint32_t bits_of(const uint8_t *ip)
{
    return (uint32_t)ip[0] << 24 | (uint32_t)ip[1] << 16 | (uint32_t)ip[2] << 8 | ip[3];
}

/* One to four numbers with dots between; what is missing is 0 when more stands behind it: HAProxy reads
 * "10.1" as 10.0.0.1 and "10.1/16" the same way. */
static bool read_short_v4(struct str text, uint8_t *ip)
{
    uint32_t parts[4];
    unsigned count = 0;
    for (struct str rest = text; rest.data && count < 4;) {
        struct str part = str_split(&rest, '.');
        int64_t value;
        if (!part.size || !ascii_digit(part.data[0]) || !units_parse_int(part, 0, UINT32_MAX, &value))
            return false;
        parts[count++] = (uint32_t)value;
        if (count == 4 && rest.data)
            return false;
    }
    uint64_t address = 0;
    for (unsigned i = 0; i + 1 < count; i++) {
        if (parts[i] > 255)
            return false;
        address |= (uint64_t)parts[i] << (24 - 8 * i);
    }
    if (!count || parts[count - 1] >= 1ull << (8 * (5 - count)))
        return false;
    address |= parts[count - 1];
    for (unsigned i = 0; i < 4; i++)
        ip[i] = (uint8_t)(address >> (24 - 8 * i));
    return true;
}

static bool read_v4_mask(struct pattern *pattern, struct str text)
{
    struct addr mask;
    int64_t bits;
    if (units_parse_int(text, 0, 32, &bits)) {
        pattern->u.net.bits = (uint8_t)bits;
        return true;
    }
    if (!addr_parse_ip(text, &mask) || mask.family != ADDR_IPV4)
        return false;
    uint32_t value = bits_of(mask.u.ip);
    unsigned ones = (unsigned)__builtin_popcount(value);
    pattern->u.net.bits = (uint8_t)ones;
    if (ones < 32 && value != ~(UINT32_MAX >> ones))
        pattern->u.net.odd_mask = value;
    return true;
}

static bool read_net(struct pattern *pattern, struct str text)
{
    size_t slash = str_find_last_char(text, '/');
    bool masked = slash != STR_NOT_FOUND;
    struct str ip = masked ? str_slice(text, 0, slash) : text,
               mask = masked ? str_from(text, slash + 1) : STR_NONE;
    struct addr addr;
    int64_t bits = 128;
    if (addr_parse_ip(ip, &addr) && addr.family == ADDR_IPV6) {
        if (masked && !units_parse_int(mask, 0, 128, &bits))
            return false;
        memcpy(pattern->u.net.ip, addr.u.ip, 16);
        pattern->u.net.bits = (uint8_t)bits;
        pattern->u.net.size = 16;
        return true;
    }
    pattern->u.net.bits = 32;
    pattern->u.net.size = 4;
    return read_short_v4(ip, pattern->u.net.ip) && (!masked || read_v4_mask(pattern, mask));
}

static bool read_bytes(struct pattern *pattern, struct str key, struct arena *arena, const char **error)
{
    if (key.size % 2)
        return refuse(arena, error, "an even number of hex digit is expected in '%.*s'", key);
    pattern->text = copy_of(key);
    char *bytes = (char *)(uintptr_t)pattern->text.data;
    if (!bytes)
        return false;
    for (size_t i = 0; i < key.size; i += 2) {
        int high = ascii_hex(key.data[i]), low = ascii_hex(key.data[i + 1]);
        if (high < 0 || low < 0)
            return refuse(arena, error, "an hex digit is expected in '%.*s'", key);
        bytes[i / 2] = (char)(high * 16 + low);
    }
    pattern->text.size = key.size / 2;
    return true;
}

static bool read_key(struct pattern *pattern, const struct pattern_options *options, struct str key,
                     struct arena *arena, const char **error)
{
    switch (options->method) {
    case MATCH_FOUND:
    case MATCH_BOOL:
        return true;
    case MATCH_INT:
    case MATCH_LEN:
        return read_range(pattern, key, arena, error);
    case MATCH_IP:
        return read_net(pattern, key) ||
               refuse(arena, error, "'%.*s' is not a valid IPv4 or IPv6 address", key);
    case MATCH_BIN:
        return read_bytes(pattern, key, arena, error);
    case MATCH_REG:
    case MATCH_REGM:
        pattern->regex = regex_create(key, options->ignore_case, arena, error);
        return pattern->regex != NULL;
    default:
        return read_text(pattern, key, options->ignore_case);
    }
}

bool pattern_index_value(const struct pattern_expr *expr, struct str text, struct sample *out)
{
    struct addr addr;
    switch (expr->options.value_type) {
    case SAMPLE_SINT:
        *out = (struct sample){ .type = SAMPLE_SINT };
        return units_parse_int(text, INT64_MIN, INT64_MAX, &out->u.integer);
    case SAMPLE_ADDR:
        return addr_parse_ip(text, &addr) && sample_of_addr(&addr, out);
    default:
        *out = sample_text(text);
        return true;
    }
}

/* ---- the table by hash ---- */

static bool hashed(enum match_method method)
{
    return method == MATCH_STR || method == MATCH_KEY || method == MATCH_BIN || method == MATCH_BEG ||
           method == MATCH_END;
}

static bool by_length(enum match_method method)
{
    return method == MATCH_BEG || method == MATCH_END;
}

#define HASH_START 0x9e3779b97f4a7c15ull

static uint64_t hash_step(uint64_t hash, char c)
{
    return (hash ^ (uint8_t)c) * 0x100000001b3ull;
}

static uint64_t hash_end(uint64_t hash)
{
    return hash ^ hash >> 32;
}

/* Beginnings from the front, ends from the back, so that a longer one goes on where the shorter one
 * stopped. */
static uint64_t hash_of(enum match_method method, struct str text)
{
    uint64_t hash = HASH_START;
    if (!by_length(method))
        return digest_table(text);
    for (size_t i = 0; i < text.size; i++)
        hash = hash_step(hash, method == MATCH_BEG ? text.data[i] : text.data[text.size - 1 - i]);
    return hash_end(hash);
}

static bool resize_table(struct pattern_expr *expr)
{
    size_t wanted = expr->slot_count ? expr->slot_count * 2 : 8;
    if (expr->count < expr->slot_count)
        return true;
    struct pattern **slots = mem_zero(wanted * sizeof(struct pattern *));
    if (!slots)
        return false;
    for (struct list *link = expr->patterns.prev; link != &expr->patterns; link = link->prev) {
        struct pattern *pattern = LIST_ITEM(link, struct pattern, link);
        struct pattern **slot = &slots[pattern->hash & (wanted - 1)];
        pattern->twin = *slot;
        *slot = pattern;
    }
    mem_free(expr->slots);
    expr->slots = slots;
    expr->slot_count = wanted;
    return true;
}

static size_t length_place(const struct pattern_expr *expr, size_t size)
{
    size_t at = 0;
    while (at < expr->length_count && expr->lengths[at].size < size)
        at++;
    return at;
}

static bool count_length(struct pattern_expr *expr, size_t size)
{
    size_t at = length_place(expr, size);
    if (at < expr->length_count && expr->lengths[at].size == size) {
        expr->lengths[at].count++;
        return true;
    }
    if (expr->length_count == expr->length_capacity) {
        size_t capacity = expr->length_capacity ? expr->length_capacity * 2 : 8;
        struct length_of_keys *lengths = mem_resize(expr->lengths, capacity * sizeof(*lengths));
        if (!lengths)
            return false;
        expr->lengths = lengths;
        expr->length_capacity = capacity;
    }
    memmove(expr->lengths + at + 1, expr->lengths + at, (expr->length_count - at) * sizeof(*expr->lengths));
    expr->lengths[at] = (struct length_of_keys){ size, 1 };
    expr->length_count++;
    return true;
}

static void uncount_length(struct pattern_expr *expr, size_t size)
{
    size_t at = length_place(expr, size);
    if (--expr->lengths[at].count)
        return;
    expr->length_count--;
    memmove(expr->lengths + at, expr->lengths + at + 1, (expr->length_count - at) * sizeof(*expr->lengths));
}

static void put_last(struct pattern **chain, struct pattern *pattern)
{
    while (*chain)
        chain = &(*chain)->twin;
    *chain = pattern;
}

static bool put_in_table(struct pattern_expr *expr, struct pattern *pattern)
{
    if (!resize_table(expr) || (by_length(expr->options.method) && !count_length(expr, pattern->text.size)))
        return false;
    pattern->hash = hash_of(expr->options.method, pattern->text);
    put_last(&expr->slots[pattern->hash & (expr->slot_count - 1)], pattern);
    return true;
}

static void take_from_chain(struct pattern **chain, const struct pattern *pattern)
{
    while (*chain != pattern)
        chain = &(*chain)->twin;
    *chain = pattern->twin;
}

/* ---- the trees of networks ---- */

static struct prefix_tree *tree_of(struct pattern_expr *expr, const struct pattern *pattern)
{
    return pattern->u.net.size == 4 ? &expr->v4 : &expr->v6;
}

static bool put_in_tree(struct pattern_expr *expr, struct pattern *pattern)
{
    if (pattern->u.net.odd_mask) {
        expr->odd_count++;
        return true;
    }
    struct pattern *first =
        prefix_tree_add(tree_of(expr, pattern), pattern->u.net.ip, pattern->u.net.bits, pattern);
    if (first && first != pattern)
        put_last(&first->twin, pattern);
    return first != NULL;
}

static void take_from_tree(struct pattern_expr *expr, struct pattern *pattern)
{
    struct prefix_tree *tree = tree_of(expr, pattern);
    const uint8_t *ip = pattern->u.net.ip;
    unsigned bits = pattern->u.net.bits;
    if (pattern->u.net.odd_mask) {
        expr->odd_count--;
        return;
    }
    struct pattern *first = prefix_tree_get(tree, ip, bits);
    if (first != pattern) {
        take_from_chain(&first->twin, pattern);
        return;
    }
    prefix_tree_remove(tree, ip, bits);
    if (!pattern->twin)
        return;
    bool put_back = prefix_tree_add(tree, ip, bits, pattern->twin) != NULL;
    CHECK(put_back); /* the place that became free is enough */
}

/* ---- patterns come and go ---- */

static void free_pattern(struct pattern *pattern)
{
    mem_free((char *)(uintptr_t)pattern->text.data);
    regex_destroy(pattern->regex);
    mem_free(pattern);
}

static bool place(struct pattern_expr *expr, struct pattern *pattern)
{
    if (hashed(expr->options.method))
        return put_in_table(expr, pattern);
    return expr->options.method != MATCH_IP || put_in_tree(expr, pattern);
}

bool pattern_index_add(struct pattern_expr *expr, struct entry *entry, struct arena *arena,
                       const char **error)
{
    struct pattern *pattern = mem_zero(sizeof(*pattern));
    *error = "out of memory";
    if (!pattern)
        return false;
    pattern->expr = expr;
    pattern->entry = entry;
    if (!read_key(pattern, &expr->options, entry->shown.key, arena, error)) {
        free_pattern(pattern);
        return false;
    }
    if (!pattern_index_value(expr, entry->shown.value, &pattern->value)) {
        refuse(arena, error, "unable to parse '%.*s'", entry->shown.value);
        free_pattern(pattern);
        return false;
    }
    if (!place(expr, pattern)) {
        free_pattern(pattern);
        return false;
    }
    list_add_last(&expr->patterns, &pattern->link);
    expr->count++;
    pattern->next_of_entry = entry->patterns;
    entry->patterns = pattern;
    return true;
}

void pattern_index_remove(struct pattern *pattern)
{
    struct pattern_expr *expr = pattern->expr;
    if (hashed(expr->options.method)) {
        take_from_chain(&expr->slots[pattern->hash & (expr->slot_count - 1)], pattern);
        if (by_length(expr->options.method))
            uncount_length(expr, pattern->text.size);
    } else if (expr->options.method == MATCH_IP) {
        take_from_tree(expr, pattern);
    }
    list_remove(&pattern->link);
    expr->count--;
    free_pattern(pattern);
}

void pattern_index_clear(struct pattern_expr *expr)
{
    LIST_EACH_SAFE(link, &expr->patterns)
    free_pattern(LIST_ITEM(link, struct pattern, link));
    list_init(&expr->patterns);
    mem_free(expr->slots);
    mem_free(expr->lengths);
    prefix_tree_finish(&expr->v4);
    prefix_tree_finish(&expr->v6);
    expr->slots = NULL;
    expr->lengths = NULL;
    expr->count = expr->slot_count = expr->length_count = expr->length_capacity = expr->odd_count = 0;
}

/* ---- finding ---- */

static const struct pattern *in_table(const struct pattern_expr *expr, struct str text, uint64_t hash)
{
    const struct pattern *pattern = expr->slots[hash & (expr->slot_count - 1)];
    while (pattern && (pattern->hash != hash || !str_eq(pattern->text, text)))
        pattern = pattern->twin;
    return pattern;
}

static const struct pattern *find_beginning(const struct pattern_expr *expr, struct str subject)
{
    const struct pattern *longest = NULL;
    uint64_t hash = HASH_START;
    size_t done = 0;
    for (size_t i = 0; i < expr->length_count && expr->lengths[i].size <= subject.size; i++) {
        for (; done < expr->lengths[i].size; done++)
            hash = hash_step(hash, subject.data[done]);
        const struct pattern *found = in_table(expr, str_slice(subject, 0, done), hash_end(hash));
        longest = found ? found : longest;
    }
    return longest;
}

static const struct pattern *find_end(const struct pattern_expr *expr, struct str subject)
{
    const struct pattern *first = NULL;
    uint64_t hash = HASH_START;
    size_t done = 0;
    for (size_t i = 0; i < expr->length_count && expr->lengths[i].size <= subject.size; i++) {
        for (; done < expr->lengths[i].size; done++)
            hash = hash_step(hash, subject.data[subject.size - 1 - done]);
        const struct pattern *found = in_table(expr, str_from(subject, subject.size - done), hash_end(hash));
        if (found && (!first || found->entry->shown.id < first->entry->shown.id))
            first = found;
    }
    return first;
}

static const struct pattern *find_hashed(const struct pattern_expr *expr, struct str subject)
{
    if (!expr->count)
        return NULL;
    if (expr->options.method == MATCH_BEG)
        return find_beginning(expr, subject);
    if (expr->options.method == MATCH_END)
        return find_end(expr, subject);
    return in_table(expr, subject, digest_table(subject));
}

static bool delimits(char c, const char *set)
{
    return c && strchr(set, c) != NULL;
}

/* -m dir and -m dom: the pattern, without delimiters around it, stands between delimiters or the ends. */
static bool has_word(struct str subject, struct str word, const char *set)
{
    while (word.size && delimits(word.data[0], set))
        word = str_from(word, 1);
    while (word.size && delimits(word.data[word.size - 1], set))
        word.size--;
    if (!word.size)
        return false;
    for (size_t from = 0; from + word.size <= subject.size;) {
        size_t at = str_find(str_from(subject, from), word);
        if (at == STR_NOT_FOUND)
            return false;
        at += from;
        size_t end = at + word.size;
        if ((at == 0 || delimits(subject.data[at - 1], set)) &&
            (end == subject.size || delimits(subject.data[end], set)))
            return true;
        from = at + 1;
    }
    return false;
}

static bool fits_text(enum match_method method, const struct pattern *pattern, struct str subject,
                      struct regex_groups *groups)
{
    switch (method) {
    case MATCH_LEN:
        return (int64_t)subject.size >= pattern->u.range.low &&
               (int64_t)subject.size <= pattern->u.range.high;
    case MATCH_SUB:
        return str_find(subject, pattern->text) != STR_NOT_FOUND;
    case MATCH_DIR:
        return has_word(subject, pattern->text, "/?");
    case MATCH_DOM:
        return has_word(subject, pattern->text, "/?.:");
    default:
        return regex_match(pattern->regex, subject, groups);
    }
}

static const struct pattern *walk_texts(const struct pattern_expr *expr, struct str subject,
                                        struct regex_groups *groups)
{
    LIST_EACH (link, &expr->patterns) {
        const struct pattern *pattern = LIST_ITEM(link, struct pattern, link);
        if (fits_text(expr->options.method, pattern, subject, groups))
            return pattern;
    }
    return NULL;
}

static const struct pattern *walk_ranges(const struct pattern_expr *expr, int64_t value)
{
    LIST_EACH (link, &expr->patterns) {
        const struct pattern *pattern = LIST_ITEM(link, struct pattern, link);
        if (value >= pattern->u.range.low && value <= pattern->u.range.high)
            return pattern;
    }
    return NULL;
}

static const struct pattern *walk_odd_masks(const struct pattern_expr *expr, const uint8_t *v4)
{
    if (!expr->odd_count)
        return NULL;
    LIST_EACH (link, &expr->patterns) {
        const struct pattern *pattern = LIST_ITEM(link, struct pattern, link);
        if (pattern->u.net.odd_mask &&
            !((bits_of(v4) ^ bits_of(pattern->u.net.ip)) & pattern->u.net.odd_mask))
            return pattern;
    }
    return NULL;
}

/* 2002:a.b.c.d:: stands for a.b.c.d (RFC 3056), which only matching knows (HAProxy manual 7.1.6). */
static bool from_6to4(struct addr *addr)
{
    if (addr->u.ip[0] != 0x20 || addr->u.ip[1] != 0x02)
        return false;
    memmove(addr->u.ip, addr->u.ip + 2, 4);
    addr->family = ADDR_IPV4;
    return true;
}

/* Its own family first, then the other one for addresses that stand in both. */
static const struct pattern *find_address(const struct pattern_expr *expr, const struct sample *sample)
{
    bool is_v4 = sample->type == SAMPLE_IPV4;
    if (!is_v4 && sample->type != SAMPLE_IPV6)
        return NULL;
    const struct pattern *found = is_v4 ? prefix_tree_longest(&expr->v4, sample->u.ip, 32)
                                        : prefix_tree_longest(&expr->v6, sample->u.ip, 128);
    if (found || (is_v4 && !expr->v6.count && !expr->odd_count))
        return found;
    struct addr addr = sample_to_addr(sample);
    if (is_v4) {
        addr_to_v6(&addr);
        found = prefix_tree_longest(&expr->v6, addr.u.ip, 128);
        return found ? found : walk_odd_masks(expr, sample->u.ip);
    }
    if (!addr_to_v4(&addr) && !from_6to4(&addr))
        return NULL;
    found = prefix_tree_longest(&expr->v4, addr.u.ip, 32);
    return found ? found : walk_odd_masks(expr, addr.u.ip);
}

static const struct pattern *find_folded(const struct pattern_expr *expr, struct str subject,
                                         struct arena *scratch)
{
    char few[FOLD_MAX];
    char *folded = subject.size <= sizeof(few) ? few : arena_alloc(scratch, subject.size);
    if (!folded)
        return NULL;
    lower(folded, subject);
    struct str text = str_make(folded, subject.size);
    return hashed(expr->options.method) ? find_hashed(expr, text) : walk_texts(expr, text, NULL);
}

const struct pattern *pattern_index_find(const struct pattern_expr *expr, const struct sample *sample,
                                         struct arena *scratch, struct regex_groups *groups)
{
    switch (expr->options.method) {
    case MATCH_INT:
        return walk_ranges(expr, sample->u.integer);
    case MATCH_IP:
        return find_address(expr, sample);
    case MATCH_BIN:
        return find_hashed(expr, sample->u.text);
    case MATCH_LEN:
    case MATCH_REG:
        return walk_texts(expr, sample->u.text, NULL);
    case MATCH_REGM:
        return walk_texts(expr, sample->u.text, groups);
    default:
        if (expr->options.ignore_case)
            return find_folded(expr, sample->u.text, scratch);
        return hashed(expr->options.method) ? find_hashed(expr, sample->u.text)
                                            : walk_texts(expr, sample->u.text, NULL);
    }
}
