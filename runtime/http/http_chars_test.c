/* What goes by eight bytes at a time, at every length, place and byte. */
#include "base/test.h"
#include "http/http_chars.h"

static void nul_and_cr_are_found_at_every_place(void)
{
    char text[40];
    for (size_t size = 0; size <= sizeof(text); size++) {
        memset(text, 'a', sizeof(text));
        EXPECT_INT(http_chars_find_nul_or_cr(str_make(text, size)), size);
        for (size_t at = 0; at < size; at++) {
            text[at] = at % 2 ? '\r' : 0;
            EXPECT_INT(http_chars_find_nul_or_cr(str_make(text, size)), at);
            text[size - 1] = '\r'; /* a later one changes nothing */
            EXPECT_INT(http_chars_find_nul_or_cr(str_make(text, size)), at);
            memset(text, at % 2 ? 'a' : '\x80', sizeof(text));
        }
    }
}

static void letters_are_lowered_at_every_place(void)
{
    char text[40];
    for (unsigned c = 0; c < 256; c++) {
        for (size_t size = 0; size < 20; size++) {
            memset(text, (int)c, sizeof(text));
            http_chars_lower(text, size);
            for (size_t at = 0; at < sizeof(text); at++)
                EXPECT(text[at] == (at < size ? ascii_lower((char)c) : (char)c));
        }
    }
}

static void control_characters_are_seen_at_every_place(void)
{
    char text[20];
    for (unsigned c = 0; c < 256; c++) {
        for (size_t at = 0; at < sizeof(text); at++) {
            memset(text, ' ', sizeof(text));
            text[at] = (char)c;
            EXPECT(http_chars_have_control(str_make(text, sizeof(text))) ==
                   http_char_is((char)c, HTTP_CHAR_CONTROL));
            EXPECT(!http_chars_have_control(str_make(text, at)));
        }
    }
}

const struct test_row tests[] = {
    { "control characters are seen at every place", control_characters_are_seen_at_every_place },
    { "NUL and CR are found at every place", nul_and_cr_are_found_at_every_place },
    { "letters are lowered at every place", letters_are_lowered_at_every_place },
    { 0 },
};
