/* Views: comparing, finding, cutting, at their edges. */
#include "base/str.h"
#include "base/test.h"

static int sign(int order)
{
    return (order > 0) - (order < 0);
}

static void hexadecimal_digits(void)
{
    static const char digits[] = "0123456789abcdef", upper[] = "0123456789ABCDEF";
    int known = 0;
    for (int i = 0; i < 16; i++) {
        EXPECT_INT(ascii_hex(digits[i]), i);
        EXPECT_INT(ascii_hex(upper[i]), i);
    }
    for (int c = -128; c < 128; c++)
        known += ascii_hex((char)c) >= 0;
    EXPECT_INT(known, 22);
}

static void letters_of_ascii_only(void)
{
    int letters = 0, digits = 0, lowered = 0, raised = 0;
    for (int c = -128; c < 128; c++) {
        letters += ascii_alpha((char)c);
        digits += ascii_digit((char)c);
        lowered += ascii_lower((char)c) != (char)c;
        raised += ascii_upper((char)c) != (char)c;
    }
    EXPECT_INT(letters, 52);
    EXPECT_INT(digits, 10);
    EXPECT_INT(lowered, 26);
    EXPECT_INT(raised, 26);
    EXPECT_INT(ascii_lower('Z'), 'z');
    EXPECT_INT(ascii_upper('a'), 'A');
    EXPECT_INT(ascii_lower('['), '[');
    EXPECT_INT(ascii_upper('{'), '{');
}

static const struct {
    const char *a, *b;
    bool same, same_nocase;
    int order, order_nocase;
} comparisons[] = {
    { "", "", true, true, 0, 0 },          { "a", "", false, false, 1, 1 },
    { "abc", "abc", true, true, 0, 0 },    { "abc", "aBC", false, true, 1, 0 },
    { "ab", "abc", false, false, -1, -1 }, { "b", "abc", false, false, 1, 1 },
    { "B", "a", false, false, -1, 1 },     { "\x80", "a", false, false, 1, 1 },
    { "@", "`", false, false, -1, -1 },    { "_", "A", false, false, 1, -1 },
};

static void comparing(void)
{
    for (size_t i = 0; i < COUNT_OF(comparisons); i++) {
        struct str a = str_of(comparisons[i].a), b = str_of(comparisons[i].b);
        test_case(comparisons[i].a);
        EXPECT_INT(str_eq(a, b), comparisons[i].same);
        EXPECT_INT(str_eq_nocase(a, b), comparisons[i].same_nocase);
        EXPECT_INT(sign(str_compare(a, b)), comparisons[i].order);
        EXPECT_INT(sign(str_compare(b, a)), -comparisons[i].order);
        EXPECT_INT(sign(str_compare_nocase(a, b)), comparisons[i].order_nocase);
        EXPECT_INT(sign(str_compare_nocase(b, a)), -comparisons[i].order_nocase);
    }
    test_case(NULL);
    EXPECT(str_eq(STR_NONE, STR("")));
    EXPECT(str_eq(str_of(NULL), STR_NONE));
    EXPECT(!str_eq(STR("a\0b"), STR("a\0c")));
}

static void beginnings_and_ends(void)
{
    EXPECT(str_starts(STR("abc"), STR("")));
    EXPECT(str_starts(STR("abc"), STR("ab")));
    EXPECT(str_starts(STR("abc"), STR("abc")));
    EXPECT(!str_starts(STR("abc"), STR("abcd")));
    EXPECT(!str_starts(STR("abc"), STR("AB")));
    EXPECT(str_starts_nocase(STR("abc"), STR("AB")));
    EXPECT(!str_starts_nocase(STR("abc"), STR("ABCD")));
    EXPECT(str_ends(STR("abc"), STR("")));
    EXPECT(str_ends(STR("abc"), STR("bc")));
    EXPECT(!str_ends(STR("abc"), STR("ab")));
    EXPECT(!str_ends(STR("c"), STR("bc")));
    EXPECT(str_starts(STR_NONE, STR_NONE));
}

static const struct {
    const char *text, *needle;
    size_t at, at_nocase;
} searches[] = {
    { "", "", 0, 0 },
    { "abc", "", 0, 0 },
    { "", "a", STR_NOT_FOUND, STR_NOT_FOUND },
    { "abc", "abc", 0, 0 },
    { "abc", "abcd", STR_NOT_FOUND, STR_NOT_FOUND },
    { "xxabc", "abc", 2, 2 },
    { "aab", "ab", 1, 1 },
    { "aaab", "aab", 1, 1 },
    { "abababac", "abac", 4, 4 },
    { "aBc", "bC", STR_NOT_FOUND, 1 },
    { "ab ABC", "ABC", 3, 3 },
    { "xyza", "ab", STR_NOT_FOUND, STR_NOT_FOUND },
};

static void finding(void)
{
    for (size_t i = 0; i < COUNT_OF(searches); i++) {
        struct str text = str_of(searches[i].text), needle = str_of(searches[i].needle);
        test_case(searches[i].text);
        EXPECT_INT(str_find(text, needle), searches[i].at);
        EXPECT_INT(str_find_nocase(text, needle), searches[i].at_nocase);
    }
    test_case(NULL);
    EXPECT_INT(str_find_char(STR("a/b/c"), '/'), 1);
    EXPECT_INT(str_find_last_char(STR("a/b/c"), '/'), 3);
    EXPECT_INT(str_find_char(STR("a/b/c"), 'x'), STR_NOT_FOUND);
    EXPECT_INT(str_find_last_char(STR("a/b/c"), 'x'), STR_NOT_FOUND);
    EXPECT_INT(str_find_char(STR("a\0b"), 0), 1);
    EXPECT_INT(str_find_char(STR_NONE, 'a'), STR_NOT_FOUND);
    EXPECT_INT(str_find_last_char(STR_NONE, 'a'), STR_NOT_FOUND);
    EXPECT_INT(str_find_char(str_make("abc", 2), 'c'), STR_NOT_FOUND);
}

static void cutting_is_clamped(void)
{
    struct str text = STR("abcdef");
    EXPECT_STR(str_from(text, 0), "abcdef");
    EXPECT_STR(str_from(text, 4), "ef");
    EXPECT_STR(str_from(text, 6), "");
    EXPECT_STR(str_from(text, 100), "");
    EXPECT_STR(str_slice(text, 1, 3), "bcd");
    EXPECT_STR(str_slice(text, 4, 100), "ef");
    EXPECT_STR(str_slice(text, 7, 1), "");
    EXPECT_STR(str_slice(text, 2, SIZE_MAX), "cdef");
    EXPECT(str_from(STR_NONE, 3).data == NULL);
}

static void blanks_at_both_ends_go(void)
{
    EXPECT_STR(str_trim(STR(" \t a b \t")), "a b");
    EXPECT_STR(str_trim(STR("a")), "a");
    EXPECT_STR(str_trim(STR(" \t ")), "");
    EXPECT_STR(str_trim(STR("")), "");
    EXPECT_STR(str_trim(STR("\r\na\n")), "\r\na\n");
}

static const struct {
    const char *text, *parts; /* each part in brackets */
} splits[] = {
    { "", "[]" },           { "a", "[a]" },    { "a,b,c", "[a][b][c]" }, { ",", "[][]" },
    { "a,,b", "[a][][b]" }, { "a,", "[a][]" }, { ",a", "[][a]" },
};

static void splitting_sees_each_part(void)
{
    for (size_t i = 0; i < COUNT_OF(splits); i++) {
        char seen[64];
        size_t size = 0;
        struct str rest = str_of(splits[i].text);
        test_case(splits[i].text);
        while (rest.data) {
            struct str part = str_split(&rest, ',');
            seen[size++] = '[';
            size += str_to_c(part, seen + size, sizeof(seen) - size);
            seen[size++] = ']';
        }
        EXPECT_STR(str_make(seen, size), splits[i].parts);
    }
}

static void copies_are_cut_to_fit(void)
{
    char out[4] = "zzz";
    EXPECT_INT(str_to_c(STR("ab"), out, sizeof(out)), 2);
    EXPECT_STR(str_of(out), "ab");
    EXPECT_INT(str_to_c(STR("abc"), out, sizeof(out)), 3);
    EXPECT_STR(str_of(out), "abc");
    EXPECT_INT(str_to_c(STR("abcd"), out, sizeof(out)), 3);
    EXPECT_STR(str_of(out), "abc");
    EXPECT_INT(str_to_c(STR("abcd"), out, 1), 0);
    EXPECT_STR(str_of(out), "");
    EXPECT_INT(str_to_c(STR_NONE, out, sizeof(out)), 0);
}

const struct test_row tests[] = {
    { "hexadecimal digits in both cases, and nothing else", hexadecimal_digits },
    { "letters and digits are those of ASCII", letters_of_ascii_only },
    { "comparing by bytes, and without case", comparing },
    { "how a text begins and ends", beginnings_and_ends },
    { "the first of what is looked for", finding },
    { "cutting stays within the text", cutting_is_clamped },
    { "blanks at both ends go, others stay", blanks_at_both_ends_go },
    { "splitting gives each part, empty ones too", splitting_sees_each_part },
    { "a copy is cut to fit and ends with NUL", copies_are_cut_to_fit },
    { 0 },
};
