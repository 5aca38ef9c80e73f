/* The table of words: order, lookup, and names that are a slip away. */
#include "base/test.h"
#include "config/words.h"

static const int rows[8];

static bool add(struct words *words, enum word_kind kind, const char *name, unsigned row)
{
    return words_add(words, kind, name, &rows[row]);
}

static void finds_by_kind_and_name(void)
{
    struct words words;
    words_init(&words);
    EXPECT(add(&words, WORD_KEYWORD, "timeout client", 0));
    EXPECT(add(&words, WORD_FETCH, "path", 1));
    EXPECT(add(&words, WORD_CONVERTER, "path", 2));
    EXPECT(words_find(&words, WORD_KEYWORD, STR("timeout client"))->row == &rows[0]);
    EXPECT(words_find(&words, WORD_FETCH, STR("path"))->row == &rows[1]);
    EXPECT(words_find(&words, WORD_CONVERTER, STR("path"))->row == &rows[2]);
    EXPECT(!words_find(&words, WORD_ACTION, STR("path")));
    EXPECT(!words_find(&words, WORD_FETCH, STR("pat")));
    words_finish(&words);
}

static void rows_of_a_name_keep_their_order(void)
{
    struct words words;
    words_init(&words);
    for (unsigned i = 0; i < 4; i++)
        EXPECT(add(&words, WORD_KEYWORD, "maxconn", i));
    const struct word *word = words_find(&words, WORD_KEYWORD, STR("maxconn"));
    for (unsigned i = 0; i < 4 && EXPECT(word != NULL); i++, word = word->next)
        EXPECT(word->row == &rows[i]);
    EXPECT(!word);
    words_finish(&words);
}

static bool is_row(const void *row, void *data)
{
    return row == data;
}

static void proposes_what_suits(void)
{
    struct words words;
    words_init(&words);
    EXPECT(add(&words, WORD_KEYWORD, "weight", 0));
    EXPECT(add(&words, WORD_KEYWORD, "weigh", 1));
    EXPECT_STR(str_of(words_closest(&words, WORD_KEYWORD, STR("weigth"), NULL, NULL)), "weight");
    EXPECT_STR(str_of(words_closest(&words, WORD_KEYWORD, STR("weigth"), is_row, (void *)&rows[1])), "weigh");
    EXPECT(!words_closest(&words, WORD_KEYWORD, STR("weigth"), is_row, (void *)&rows[2]));
    EXPECT(!words_closest(&words, WORD_KEYWORD, STR("balance"), NULL, NULL));
    EXPECT(!words_closest(&words, WORD_FETCH, STR("weigth"), NULL, NULL));
    words_finish(&words);
}

static void survives_every_failed_allocation(void)
{
    static const char *const names[] = { "one", "two", "one", "three", "two" };
    int64_t before = test_blocks();
    bool whole = false;
    for (uint64_t n = 1; !whole && EXPECT(n < 100); n++) {
        struct words words;
        words_init(&words);
        test_fail_allocation(n);
        whole = true;
        for (unsigned i = 0; i < COUNT_OF(names); i++)
            whole &= add(&words, WORD_FETCH, names[i], i);
        test_fail_allocation(0);
        const struct word *one = words_find(&words, WORD_FETCH, STR("one"));
        EXPECT(!whole || (one && one->next && one->next->row == &rows[2]));
        words_finish(&words);
        EXPECT_INT(test_blocks(), before);
    }
}

const struct test_row tests[] = {
    { "finds rows by kind and name", finds_by_kind_and_name },
    { "rows of one name keep their order", rows_of_a_name_keep_their_order },
    { "proposes the nearest word that suits", proposes_what_suits },
    { "survives every failed allocation", survives_every_failed_allocation },
    { 0 },
};
