/* One match method's index of a list of patterns: where an entry is kept, how a value finds it. An entry is known by its
 * place in its list; what an index has to know about it stands in arrays by that place.
 *
 * Exact texts and bytes: a hash table. Beginnings and ends: the same table, looked up once for each length
 * that some pattern has. Networks: two prefix trees, and a list for IPv4 masks whose bits are not in a row.
 * The rest: in order. */
#include "base/digest.h"
#include "base/mem.h"
#include "match/pattern_parts.h"

#define FOLD_MAX 512u /* longer subjects are folded in scratch memory */

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

static uint32_t hash_end(uint64_t hash)
{
    return (uint32_t)(hash ^ hash >> 32);
}

/* Beginnings from the front, ends from the back, so that a longer one goes on where the shorter one
 * stopped. */
static uint32_t hash_of(enum match_method method, struct str text)
{
    uint64_t hash = HASH_START;
    if (!by_length(method))
        return hash_end(digest_table(text));
    for (size_t i = 0; i < text.size; i++)
        hash = hash_step(hash, method == MATCH_BEG ? text.data[i] : text.data[text.size - 1 - i]);
    return hash_end(hash);
}

/* What is compared: the key itself, or what was read from it. */
static struct str text_at(const struct pattern_expr *expr, uint32_t place)
{
    if (expr->readings)
        return expr->readings[place].text;
    return pattern_entry_key(pattern_entries_at(expr->entries, place));
}

static uint32_t *slot_of(const struct pattern_expr *expr, uint32_t hash)
{
    return &expr->slots[hash & (expr->slot_count - 1)];
}

/* Room for all entries that there are. Those before `place` are in the table: they go in front one by one, from the
 * last. */
static bool resize_table(struct pattern_expr *expr, uint32_t place)
{
    size_t wanted = 8;
    if (expr->count < expr->slot_count)
        return true;
    while (wanted < expr->entries->count)
        wanted *= 2;
    uint32_t *slots = mem_zero(wanted * sizeof(*slots));
    if (!slots)
        return false;
    mem_free(expr->slots);
    expr->slots = slots;
    expr->slot_count = wanted;
    for (place = pattern_entries_at(expr->entries, place)->previous; place;
         place = pattern_entries_at(expr->entries, place)->previous) {
        uint32_t *slot = slot_of(expr, expr->hashes[place]);
        expr->twins[place] = *slot;
        *slot = place;
    }
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

static void put_last(const struct pattern_expr *expr, uint32_t *chain, uint32_t place)
{
    while (*chain)
        chain = &expr->twins[*chain];
    *chain = place;
    expr->twins[place] = 0;
}

static void take_from_chain(const struct pattern_expr *expr, uint32_t *chain, uint32_t place)
{
    while (*chain != place)
        chain = &expr->twins[*chain];
    *chain = expr->twins[place];
    expr->twins[place] = 0;
}

static bool put_in_table(struct pattern_expr *expr, uint32_t place)
{
    struct str text = text_at(expr, place);
    if (!resize_table(expr, place) || (by_length(expr->options.method) && !count_length(expr, text.size)))
        return false;
    expr->hashes[place] = hash_of(expr->options.method, text);
    put_last(expr, slot_of(expr, expr->hashes[place]), place);
    return true;
}

/* ---- arrays by place ---- */

/* Makes an array cover all places that there are, new ones zero. */
static bool cover(const struct pattern_expr *expr, void *array, uint32_t *covered, size_t size)
{
    uint32_t wanted = expr->entries->capacity + 1;
    char *old, *larger;
    if (*covered >= wanted)
        return true;
    memcpy(&old, array, sizeof(old));
    larger = mem_resize(old, wanted * size);
    if (!larger)
        return false;
    memset(larger + *covered * size, 0, (wanted - *covered) * size);
    memcpy(array, &larger, sizeof(larger));
    *covered = wanted;
    return true;
}

static bool cover_twins(struct pattern_expr *expr)
{
    return cover(expr, &expr->twins, &expr->twin_size, sizeof(*expr->twins));
}

static bool cover_places(struct pattern_expr *expr)
{
    return (!hashed(expr->options.method) ||
            (cover_twins(expr) && cover(expr, &expr->hashes, &expr->hash_size, sizeof(*expr->hashes)))) &&
           (!expr->twins || cover_twins(expr)) &&
           (!pattern_read_is_kept(&expr->options) ||
            cover(expr, &expr->readings, &expr->reading_size, sizeof(*expr->readings)));
}

/* ---- the trees of networks ---- */

static struct prefix_tree *tree_of(struct pattern_expr *expr, const struct pattern_net *net)
{
    return net->size == 4 ? &expr->v4 : &expr->v6;
}

static void *tree_value(uint32_t place)
{
    return (void *)(uintptr_t)place;
}

static uint32_t tree_place(const void *value)
{
    return (uint32_t)(uintptr_t)value;
}

static bool put_in_odd(struct pattern_expr *expr, const struct pattern_net *net, uint32_t place)
{
    if (expr->odd_count == expr->odd_capacity) {
        size_t capacity = expr->odd_capacity ? expr->odd_capacity * 2 : 8;
        struct odd_net *odd = mem_resize(expr->odd, capacity * sizeof(*odd));
        if (!odd)
            return false;
        expr->odd = odd;
        expr->odd_capacity = capacity;
    }
    expr->odd[expr->odd_count++] = (struct odd_net){ place, pattern_read_ipv4(net->ip), net->odd_mask };
    return true;
}

static void take_from_odd(struct pattern_expr *expr, uint32_t place)
{
    size_t at = 0;
    while (expr->odd[at].place != place)
        at++;
    expr->odd_count--;
    memmove(expr->odd + at, expr->odd + at + 1, (expr->odd_count - at) * sizeof(*expr->odd));
}

static bool put_in_tree(struct pattern_expr *expr, const struct pattern_net *net, uint32_t place)
{
    if (net->odd_mask)
        return put_in_odd(expr, net, place);
    uint32_t first = tree_place(prefix_tree_add(tree_of(expr, net), net->ip, net->bits, tree_value(place)));
    if (!first || first == place)
        return first != 0;
    if (!cover_twins(expr))
        return false;
    put_last(expr, &expr->twins[first], place);
    return true;
}

static void take_from_tree(struct pattern_expr *expr, const struct pattern_net *net, uint32_t place)
{
    struct prefix_tree *tree = tree_of(expr, net);
    if (net->odd_mask) {
        take_from_odd(expr, place);
        return;
    }
    uint32_t first = tree_place(prefix_tree_get(tree, net->ip, net->bits));
    uint32_t next = expr->twins ? expr->twins[place] : 0;
    if (first != place) {
        take_from_chain(expr, &expr->twins[first], place);
        return;
    }
    prefix_tree_remove(tree, net->ip, net->bits);
    if (!next)
        return;
    expr->twins[place] = 0;
    bool put_back = prefix_tree_add(tree, net->ip, net->bits, tree_value(next)) != NULL;
    CHECK(put_back); /* the place that became free is enough */
}

/* ---- patterns come and go ---- */

bool pattern_index_add(struct pattern_expr *expr, uint32_t place, struct arena *arena, const char **error)
{
    const struct pattern_entry *entry = pattern_entries_at(expr->entries, place);
    union pattern_reading reading = { 0 };
    struct sample value;
    *error = "out of memory";
    if (!cover_places(expr) ||
        !pattern_read(&expr->options, pattern_entry_key(entry), &reading, arena, error))
        return false;
    if (!pattern_read_value(&expr->options, pattern_entry_value(entry), &value)) {
        struct str text = pattern_entry_value(entry);
        *error = arena_printf(arena, "unable to parse '%.*s'", STR_ARG(text)).data;
        goto out;
    }
    if (expr->readings)
        expr->readings[place] = reading;
    if ((!hashed(expr->options.method) || put_in_table(expr, place)) &&
        (expr->options.method != MATCH_IP || put_in_tree(expr, &reading.net, place))) {
        expr->count++;
        return true;
    }
    if (expr->readings)
        expr->readings[place] = (union pattern_reading){ 0 };
out:
    pattern_read_free(&expr->options, &reading);
    return false;
}

void pattern_index_remove(struct pattern_expr *expr, uint32_t place)
{
    if (hashed(expr->options.method)) {
        take_from_chain(expr, slot_of(expr, expr->hashes[place]), place);
        if (by_length(expr->options.method))
            uncount_length(expr, text_at(expr, place).size);
    } else if (expr->options.method == MATCH_IP) {
        union pattern_reading reading;
        const char *error;
        bool readable =
            pattern_read(&expr->options, pattern_entry_key(pattern_entries_at(expr->entries, place)),
                         &reading, NULL, &error);
        CHECK(readable); /* as it was when it came */
        take_from_tree(expr, &reading.net, place);
    }
    if (expr->readings)
        pattern_read_free(&expr->options, &expr->readings[place]);
    expr->count--;
}

void pattern_index_clear(struct pattern_expr *expr)
{
    for (uint32_t place = 0; place < expr->reading_size; place++)
        pattern_read_free(&expr->options, &expr->readings[place]);
    mem_free(expr->slots);
    mem_free(expr->hashes);
    mem_free(expr->twins);
    mem_free(expr->readings);
    mem_free(expr->lengths);
    mem_free(expr->odd);
    prefix_tree_finish(&expr->v4);
    prefix_tree_finish(&expr->v6);
    expr->slots = expr->hashes = expr->twins = NULL;
    expr->hash_size = expr->twin_size = expr->reading_size = 0;
    expr->readings = NULL;
    expr->lengths = NULL;
    expr->odd = NULL;
    expr->count = expr->slot_count = expr->length_count = expr->length_capacity = 0;
    expr->odd_count = expr->odd_capacity = 0;
}

/* ---- finding ---- */

static uint32_t in_table(const struct pattern_expr *expr, struct str text, uint32_t hash)
{
    uint32_t place = *slot_of(expr, hash);
    while (place && (expr->hashes[place] != hash || !str_eq(text_at(expr, place), text)))
        place = expr->twins[place];
    return place;
}

static uint32_t find_beginning(const struct pattern_expr *expr, struct str subject)
{
    uint32_t longest = 0;
    uint64_t hash = HASH_START;
    size_t done = 0;
    for (size_t i = 0; i < expr->length_count && expr->lengths[i].size <= subject.size; i++) {
        for (; done < expr->lengths[i].size; done++)
            hash = hash_step(hash, subject.data[done]);
        uint32_t found = in_table(expr, str_slice(subject, 0, done), hash_end(hash));
        longest = found ? found : longest;
    }
    return longest;
}

static uint32_t earlier(const struct pattern_expr *expr, uint32_t a, uint32_t b)
{
    if (!a || !b)
        return a ? a : b;
    return pattern_entries_at(expr->entries, a)->id < pattern_entries_at(expr->entries, b)->id ? a : b;
}

static uint32_t find_end(const struct pattern_expr *expr, struct str subject)
{
    uint32_t first = 0;
    uint64_t hash = HASH_START;
    size_t done = 0;
    for (size_t i = 0; i < expr->length_count && expr->lengths[i].size <= subject.size; i++) {
        for (; done < expr->lengths[i].size; done++)
            hash = hash_step(hash, subject.data[subject.size - 1 - done]);
        first = earlier(expr, first, in_table(expr, str_from(subject, subject.size - done), hash_end(hash)));
    }
    return first;
}

static uint32_t find_hashed(const struct pattern_expr *expr, struct str subject)
{
    if (!expr->count)
        return 0;
    if (expr->options.method == MATCH_BEG)
        return find_beginning(expr, subject);
    if (expr->options.method == MATCH_END)
        return find_end(expr, subject);
    return in_table(expr, subject, hash_end(digest_table(subject)));
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

static bool fits_text(const struct pattern_expr *expr, uint32_t place, struct str subject,
                      struct regex_groups *groups)
{
    switch (expr->options.method) {
    case MATCH_LEN:
        return (int64_t)subject.size >= expr->readings[place].range.low &&
               (int64_t)subject.size <= expr->readings[place].range.high;
    case MATCH_SUB:
        return str_find(subject, text_at(expr, place)) != STR_NOT_FOUND;
    case MATCH_DIR:
        return has_word(subject, text_at(expr, place), "/?");
    case MATCH_DOM:
        return has_word(subject, text_at(expr, place), "/?.:");
    default:
        return regex_match(expr->readings[place].regex, subject, groups);
    }
}

static uint32_t next_place(const struct pattern_expr *expr, uint32_t place)
{
    return pattern_entries_at(expr->entries, place)->next;
}

static uint32_t walk_texts(const struct pattern_expr *expr, struct str subject, struct regex_groups *groups)
{
    uint32_t place = expr->entries->first;
    while (place && !fits_text(expr, place, subject, groups))
        place = next_place(expr, place);
    return place;
}

static uint32_t walk_ranges(const struct pattern_expr *expr, int64_t value)
{
    uint32_t place = expr->entries->first;
    while (place && (value < expr->readings[place].range.low || value > expr->readings[place].range.high))
        place = next_place(expr, place);
    return place;
}

static uint32_t walk_odd_masks(const struct pattern_expr *expr, const uint8_t *v4)
{
    uint32_t ip = pattern_read_ipv4(v4);
    for (size_t i = 0; i < expr->odd_count; i++) {
        if (!((ip ^ expr->odd[i].ip) & expr->odd[i].mask))
            return expr->odd[i].place;
    }
    return 0;
}

static uint32_t longest_v4(const struct pattern_expr *expr, const uint8_t *ip)
{
    return tree_place(prefix_tree_longest(&expr->v4, ip, 32));
}

static uint32_t longest_v6(const struct pattern_expr *expr, const uint8_t *ip)
{
    return tree_place(prefix_tree_longest(&expr->v6, ip, 128));
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
static uint32_t find_address(const struct pattern_expr *expr, const struct sample *sample)
{
    bool is_v4 = sample->type == SAMPLE_IPV4;
    if (!is_v4 && sample->type != SAMPLE_IPV6)
        return 0;
    uint32_t found = is_v4 ? longest_v4(expr, sample->u.ip) : longest_v6(expr, sample->u.ip);
    if (found || (is_v4 && !expr->v6.count && !expr->odd_count))
        return found;
    struct addr addr = sample_to_addr(sample);
    if (is_v4) {
        addr_to_v6(&addr);
        found = longest_v6(expr, addr.u.ip);
        return found ? found : walk_odd_masks(expr, sample->u.ip);
    }
    if (!addr_to_v4(&addr) && !from_6to4(&addr))
        return 0;
    found = longest_v4(expr, addr.u.ip);
    return found ? found : walk_odd_masks(expr, addr.u.ip);
}

static uint32_t find_folded(const struct pattern_expr *expr, struct str subject, struct arena *scratch)
{
    char few[FOLD_MAX];
    char *folded = subject.size <= sizeof(few) ? few : arena_alloc(scratch, subject.size);
    if (!folded)
        return 0;
    for (size_t i = 0; i < subject.size; i++)
        folded[i] = ascii_lower(subject.data[i]);
    struct str text = str_make(folded, subject.size);
    return hashed(expr->options.method) ? find_hashed(expr, text) : walk_texts(expr, text, NULL);
}

uint32_t pattern_index_find(const struct pattern_expr *expr, const struct sample *sample,
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
