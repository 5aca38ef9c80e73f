/* Messages: their shape, their length, how they are counted; words that are a slip away. */
#include "base/buf.h"
#include "base/diag.h"
#include "base/rng.h"
#include "base/test.h"

static void note(void *sink_data, enum diag_level level, struct str message)
{
    struct buf *seen = sink_data;
    buf_add_char(seen, "NWA"[level]);
    buf_add_char(seen, '<');
    buf_add(seen, message);
    buf_add_char(seen, '>');
}

static void shapes_of_messages(void)
{
    struct buf seen = BUF_INIT;
    struct diag diag = { .sink = note, .sink_data = &seen };
    diag_config(&diag, DIAG_ALERT, (struct diag_place){ "f.cfg", 12 }, "unknown keyword '%s' in '%s' section",
                "bimd", "listen");
    EXPECT_STR(buf_str(&seen), "A<config : parsing [f.cfg:12] : unknown keyword 'bimd' in 'listen' section>");
    buf_reset(&seen);
    diag_config(&diag, DIAG_WARNING, (struct diag_place){ "f.cfg", 0 }, "no line");
    diag_config(&diag, DIAG_NOTICE, (struct diag_place){ 0 }, "no %s", "place");
    diag_say(&diag, DIAG_WARNING, "as %d%% it is", 100);
    EXPECT_STR(buf_str(&seen), "W<config : parsing [f.cfg] : no line>N<config : no place>W<as 100% it is>");
    EXPECT_INT(diag.alerts, 1);
    EXPECT_INT(diag.warnings, 2);
    buf_finish(&seen);
}

static void without_a_sink_they_are_counted(void)
{
    struct diag diag = { 0 };
    diag_say(&diag, DIAG_ALERT, "x");
    diag_say(&diag, DIAG_ALERT, "%s", "");
    diag_say(&diag, DIAG_NOTICE, "x");
    EXPECT_INT(diag.alerts, 2);
    EXPECT_INT(diag.warnings, 0);
}

/* Every length around the one that is made on the stack, with a file name that is long too. */
static void long_messages_are_whole(void)
{
    static char text[3000], file[2000];
    int64_t before = test_blocks();
    memset(file, 'f', sizeof(file) - 1);
    for (size_t size = 900; size < sizeof(text); size += size < 1100 ? 1 : 379) {
        struct buf seen = BUF_INIT;
        struct diag diag = { .sink = note, .sink_data = &seen };
        memset(text, 't', size);
        text[size] = 0;
        diag_say(&diag, DIAG_NOTICE, "%s|", text);
        EXPECT_INT(seen.size, size + 4);
        EXPECT_STR(str_from(buf_str(&seen), seen.size - 2), "|>");
        buf_reset(&seen);
        diag_config(&diag, DIAG_NOTICE, (struct diag_place){ file, 7 }, "%s|", text);
        EXPECT_INT(seen.size, strlen("config : parsing [:7] : ") + strlen(file) + size + 4);
        EXPECT(str_find(buf_str(&seen), STR("fff:7] : ttt")) != STR_NOT_FOUND);
        EXPECT_STR(str_from(buf_str(&seen), seen.size - 3), "t|>");
        buf_finish(&seen);
    }
    EXPECT_INT(test_blocks(), before);
}

struct last {
    char text[2048];
    size_t size;
};

static void keep(void *sink_data, enum diag_level level, struct str message)
{
    struct last *last = sink_data;
    (void)level;
    last->size = str_to_c(message, last->text, sizeof(last->text));
}

static void without_memory_they_are_cut(void)
{
    static struct last last;
    static char text[1500];
    struct diag diag = { .sink = keep, .sink_data = &last };
    memset(text, 't', sizeof(text) - 1);
    test_fail_allocation(1);
    diag_say(&diag, DIAG_ALERT, "why: %s", text);
    test_fail_allocation(0);
    EXPECT_INT(diag.alerts, 1);
    EXPECT(last.size > 1000 && last.size < sizeof(text));
    EXPECT(str_starts(str_make(last.text, last.size), STR("why: ttt")));
    EXPECT_INT(last.text[last.size - 1], 't');
}

#define FAR 1000 /* larger than any distance */

static const struct {
    const char *a, *b;
    unsigned distance;
} distances[] = {
    { "", "", 0 },
    { "a", "", 1 },
    { "a", "b", 1 },
    { "ab", "", FAR },
    { "bind", "bind", 0 },
    { "bind", "bimd", 1 },
    { "bind", "bidn", 1 },
    { "bind", "bnd", 1 },
    { "bind", "binds", 1 },
    { "bind", "bimds", FAR }, /* two slips in five letters are another word */
    { "listen", "lsiten", 1 },
    { "listen", "lsitne", 2 },
    { "listen", "lsten", 1 },
    { "listen", "liten ", 2 },
    { "server", "sevrre", 2 },
    { "frontend", "fontned", 2 },
    { "frontend", "backend", FAR },
    { "maxconn", "MAXCONN", FAR },
    { "timeouts", "mitouts", FAR },
    { "abcdef", "bxacdef", 2 }, /* neighbours that changed places, and a byte between them */
    { "bxacdef", "abcdef", 2 },
    { "default_backend", "defualt_bakend", 2 },
    { "default_backend", "defualt_bakedn", FAR },
};

static void distances_of_words(void)
{
    for (size_t i = 0; i < COUNT_OF(distances); i++) {
        struct str a = str_of(distances[i].a), b = str_of(distances[i].b);
        test_case(distances[i].b);
        unsigned there = diag_distance(a, b), back = diag_distance(b, a);
        EXPECT_INT(there > FAR ? FAR : there, distances[i].distance);
        EXPECT_INT(there, back);
    }
}

static unsigned smallest(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

enum { WORD_MAX = 10 };

/* Damerau and Levenshtein's distance by the whole table (Lowrance and Wagner, 1975), letters a to c. */
static unsigned slow_distance(struct str a, struct str b)
{
    unsigned table[WORD_MAX + 2][WORD_MAX + 2], last_row[3] = { 0 }, far = (unsigned)(a.size + b.size);
    for (unsigned i = 0; i <= a.size + 1; i++) {
        table[i][0] = far;
        table[i][1] = i ? i - 1 : far;
    }
    for (unsigned j = 0; j <= b.size + 1; j++) {
        table[0][j] = far;
        table[1][j] = j ? j - 1 : far;
    }
    for (unsigned i = 1; i <= a.size; i++) {
        unsigned last_column = 0;
        for (unsigned j = 1; j <= b.size; j++) {
            unsigned row = last_row[b.data[j - 1] - 'a'], column = last_column;
            unsigned cost = a.data[i - 1] != b.data[j - 1];
            if (!cost)
                last_column = j;
            unsigned best = smallest(table[i][j] + cost, smallest(table[i + 1][j], table[i][j + 1]) + 1);
            table[i + 1][j + 1] = smallest(best, table[row][column] + (i - row - 1) + 1 + (j - column - 1));
        }
        last_row[a.data[i - 1] - 'a'] = i;
    }
    return table[a.size + 1][b.size + 1];
}

static void distances_by_the_book(void)
{
    struct rng rng = { 6 };
    unsigned seen[3] = { 0 };
    for (int i = 0; i < 200000; i++) {
        char a[WORD_MAX], b[WORD_MAX];
        size_t a_size = rng_below(&rng, WORD_MAX + 1), b_size = rng_below(&rng, WORD_MAX + 1);
        for (size_t at = 0; at < WORD_MAX; at++) {
            a[at] = (char)('a' + rng_below(&rng, 3));
            b[at] = (char)(rng_below(&rng, 4) ? a[at] : 'a' + (char)rng_below(&rng, 3));
        }
        struct str left = str_make(a, a_size), right = str_make(b, b_size);
        size_t longer = a_size > b_size ? a_size : b_size;
        unsigned want = slow_distance(left, right), limit = longer / 3 > 2 ? 2 : (unsigned)(longer / 3);
        unsigned got = diag_distance(left, right);
        if (want > (limit ? limit : 1))
            want = FAR;
        else
            seen[want]++;
        if (!EXPECT_INT(got > FAR ? FAR : got, want)) {
            EXPECT_VIEW(left, right); /* shows the two */
            return;
        }
    }
    EXPECT(seen[0] > 100 && seen[1] > 100 && seen[2] > 100);
}

static void the_closest_word(void)
{
    static const char *const words[] = { "bind", "listen", "backend", "blind", "mode", NULL },
                             *const none[] = { NULL };
    EXPECT_STR(str_of(diag_closest(STR("bimd"), words)), "bind");
    EXPECT_STR(str_of(diag_closest(STR("blnd"), words)), "bind"); /* as far from blind: the first one */
    EXPECT_STR(str_of(diag_closest(STR("blind"), words)), "blind");
    EXPECT_STR(str_of(diag_closest(STR("bakcend"), words)), "backend");
    EXPECT(diag_closest(STR("frontend"), words) == NULL);
    EXPECT(diag_closest(STR(""), words) == NULL);
    EXPECT(diag_closest(STR("bind"), none) == NULL);
}

/* The work must not grow with the words beyond their length. */
static void very_long_words(void)
{
    static char a[20000], b[20000];
    memset(a, 'a', sizeof(a));
    memset(b, 'a', sizeof(b));
    EXPECT_INT(diag_distance(str_make(a, sizeof(a)), str_make(b, sizeof(b))), 0);
    b[10000] = 'b';
    EXPECT_INT(diag_distance(str_make(a, sizeof(a)), str_make(b, sizeof(b))), 1);
    b[5000] = 'b';
    EXPECT_INT(diag_distance(str_make(a, sizeof(a)), str_make(b, sizeof(b))), 2);
    b[15000] = 'b';
    EXPECT(diag_distance(str_make(a, sizeof(a)), str_make(b, sizeof(b))) > FAR);
}

const struct test_row tests[] = {
    { "messages have HAProxy's shape", shapes_of_messages },
    { "without a sink they are counted", without_a_sink_they_are_counted },
    { "long messages are whole", long_messages_are_whole },
    { "without memory they are cut", without_memory_they_are_cut },
    { "distances of words", distances_of_words },
    { "distances by the book", distances_by_the_book },
    { "the closest word, the first of equals", the_closest_word },
    { "very long words", very_long_words },
    { 0 },
};
