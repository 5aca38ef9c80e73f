/* Tables: against a plain list that does the same, through growth, packing and memory that runs out. */
#include "base/dict.h"
#include "base/rng.h"
#include "base/test.h"
#include <stdio.h>

static struct str key_of(unsigned number, char *out, size_t size)
{
    return str_make(out, (size_t)snprintf(out, size, "key-%u", number));
}

static char values[2000]; /* their addresses stand for values */

static void an_empty_table(void)
{
    struct dict dict = DICT_INIT;
    EXPECT(dict_get(&dict, STR("a")) == NULL);
    EXPECT(!dict_has(&dict, STR("")));
    EXPECT(dict_remove(&dict, STR("a")) == NULL);
    EXPECT(dict_next(&dict, NULL) == NULL);
    dict_finish(&dict);
    dict_finish(&dict);
}

static void keys_are_copied_bytes(void)
{
    struct dict dict = DICT_INIT;
    char key[] = "a\0b";
    EXPECT(dict_set(&dict, str_make(key, 3), &values[1]));
    key[2] = 'c';
    EXPECT(dict_get(&dict, STR("a\0b")) == &values[1]);
    EXPECT(!dict_has(&dict, STR("a\0c")));
    EXPECT(!dict_has(&dict, STR("a")));
    EXPECT(dict_set(&dict, STR_NONE, &values[2]));
    EXPECT(dict_get(&dict, STR("")) == &values[2]);
    const struct dict_entry *first = dict_next(&dict, NULL);
    EXPECT_INT(first->key.data[3], 0);
    EXPECT_VIEW(first->key, STR("a\0b"));
    dict_finish(&dict);
}

static void a_value_may_be_null(void)
{
    struct dict dict = DICT_INIT;
    EXPECT(dict_set(&dict, STR("a"), NULL));
    EXPECT(dict_has(&dict, STR("a")));
    EXPECT(dict_get(&dict, STR("a")) == NULL);
    EXPECT(dict_set(&dict, STR("a"), &values[3]));
    EXPECT(dict_get(&dict, STR("a")) == &values[3]);
    EXPECT_INT(dict.count, 1);
    dict_finish(&dict);
}

static void case_counts_unless_told(void)
{
    for (unsigned count = 1; count < 40; count++) {
        struct dict folded = { .ignore_case = true }, plain = DICT_INIT;
        char text[128], raised[128];
        for (unsigned i = 0; i < count; i++) {
            /* longer than what is folded in one piece */
            int size = snprintf(text, sizeof(text), "x%070u-Key", i);
            for (int c = 0; c <= size; c++)
                raised[c] = ascii_upper(text[c]);
            EXPECT(dict_set(&folded, str_of(text), &values[i]));
            EXPECT(dict_set(&plain, str_of(text), &values[i]));
            EXPECT(dict_get(&folded, str_of(raised)) == &values[i]);
            EXPECT(!dict_has(&plain, str_of(raised)));
            EXPECT(dict_set(&folded, str_of(raised), &values[i + 1]));
        }
        EXPECT_INT(folded.count, count);
        EXPECT_STR(str_from(dict_next(&folded, NULL)->key, 71), "-Key"); /* the first spelling stays */
        dict_finish(&folded);
        EXPECT(folded.ignore_case);
        dict_finish(&plain);
    }
}

/* The same as a dict, the slow way. */
struct model {
    unsigned keys[400], values[400], count;
};

static unsigned model_find(const struct model *model, unsigned key)
{
    unsigned at = 0;
    while (at < model->count && model->keys[at] != key)
        at++;
    return at;
}

static void model_set(struct model *model, unsigned key, unsigned value)
{
    unsigned at = model_find(model, key);
    model->keys[at] = key;
    model->values[at] = value;
    model->count += at == model->count;
}

static bool model_remove(struct model *model, unsigned key)
{
    unsigned at = model_find(model, key);
    if (at == model->count)
        return false;
    model->count--;
    for (; at < model->count; at++) {
        model->keys[at] = model->keys[at + 1];
        model->values[at] = model->values[at + 1];
    }
    return true;
}

static bool agree(const struct dict *dict, const struct model *model)
{
    char text[32];
    unsigned at = 0;
    for (struct dict_entry *entry = dict_next(dict, NULL); entry; entry = dict_next(dict, entry), at++)
        if (at >= model->count || entry->value != &values[model->values[at]] ||
            !str_eq(entry->key, key_of(model->keys[at], text, sizeof(text))) ||
            dict_get(dict, entry->key) != entry->value)
            return false;
    return at == model->count && dict->count == at;
}

static void as_a_list_would(void)
{
    static const unsigned ranges[] = { 3, 8, 9, 12, 40, 400 };
    for (size_t r = 0; r < COUNT_OF(ranges); r++) {
        struct dict dict = DICT_INIT;
        struct model model = { .count = 0 };
        struct rng rng = { r };
        bool same = true;
        for (unsigned i = 0; i < 3000 && same; i++) {
            char text[32];
            unsigned number = rng_below(&rng, ranges[r]), value = rng_below(&rng, 2000);
            struct str key = key_of(number, text, sizeof(text));
            bool adding = rng_below(&rng, 10) < (i / 500 % 2 ? 3u : 7u); /* fuller, then emptier */
            if (adding) {
                EXPECT(dict_set(&dict, key, &values[value]));
                model_set(&model, number, value);
            } else {
                bool had = dict_has(&dict, key);
                dict_remove(&dict, key);
                same = model_remove(&model, number) == had;
            }
            same = same && (i % 16 || agree(&dict, &model));
        }
        EXPECT(same && agree(&dict, &model));
        dict_finish(&dict);
    }
}

/* A queue that never holds more than a few keys must not grow with how many went through. */
static void holes_are_packed(void)
{
    struct dict dict = DICT_INIT;
    char text[32];
    for (unsigned i = 0; i < 10000; i++) {
        EXPECT(dict_set(&dict, key_of(i, text, sizeof(text)), &values[i % 2000]));
        if (i >= 10)
            EXPECT(dict_remove(&dict, key_of(i - 10, text, sizeof(text))) == &values[(i - 10) % 2000]);
    }
    EXPECT_INT(dict.count, 10);
    EXPECT(dict.capacity <= 32);
    dict_finish(&dict);
}

static void the_walked_entry_may_go(void)
{
    for (unsigned count = 0; count < 40; count++) {
        for (unsigned step = 1; step < 4; step++) {
            struct dict dict = DICT_INIT;
            char text[32];
            unsigned walked = 0;
            for (unsigned i = 0; i < count; i++)
                EXPECT(dict_set(&dict, key_of(i, text, sizeof(text)), &values[i]));
            for (struct dict_entry *entry = dict_next(&dict, NULL); entry; entry = dict_next(&dict, entry)) {
                EXPECT(entry->value == &values[walked]);
                if (walked++ % step == 0)
                    EXPECT(dict_remove(&dict, entry->key) == &values[walked - 1]);
            }
            EXPECT_INT(walked, count);
            EXPECT_INT(dict.count, count - (count + step - 1) / step);
            dict_finish(&dict);
        }
    }
}

/* Few are searched one by one, without slots; the ninth makes them. */
static void few_need_no_slots(void)
{
    struct dict dict = DICT_INIT;
    char text[32];
    for (unsigned i = 0; i < 9; i++) {
        EXPECT(dict.slots == NULL);
        EXPECT(dict_set(&dict, key_of(i, text, sizeof(text)), &values[i]));
    }
    EXPECT(dict.slots != NULL);
    dict_finish(&dict);
}

static void each_refusal_changes_nothing(void)
{
    int64_t before = test_blocks();
    bool done = false;
    uint64_t n = 1;
    for (; !done; n++) {
        struct dict dict = DICT_INIT;
        struct model model = { .count = 0 };
        char text[32];
        done = true;
        test_fail_allocation(n);
        for (unsigned i = 0; i < 40; i++) {
            if (!dict_set(&dict, key_of(i, text, sizeof(text)), &values[i])) {
                done = false;
                break;
            }
            model_set(&model, i, i);
        }
        EXPECT(agree(&dict, &model));
        if (model.count) /* replacing and removing take no memory */
            EXPECT(dict_set(&dict, key_of(0, text, sizeof(text)), &values[0]));
        test_fail_allocation(0);
        for (unsigned i = model.count; i < 40; i++) {
            EXPECT(dict_set(&dict, key_of(i, text, sizeof(text)), &values[i]));
            model_set(&model, i, i);
        }
        EXPECT(agree(&dict, &model));
        dict_finish(&dict);
        EXPECT_INT(test_blocks(), before);
    }
    EXPECT(n > 40);
}

const struct test_row tests[] = {
    { "an empty table", an_empty_table },
    { "keys are copied, of any bytes", keys_are_copied_bytes },
    { "a value may be NULL, and be replaced", a_value_may_be_null },
    { "case counts unless told otherwise", case_counts_unless_told },
    { "it does what a list would, in the same order", as_a_list_would },
    { "holes are packed", holes_are_packed },
    { "the entry that is walked may go", the_walked_entry_may_go },
    { "few entries need no slots", few_need_no_slots },
    { "a refused allocation changes nothing", each_refusal_changes_nothing },
    { 0 },
};
