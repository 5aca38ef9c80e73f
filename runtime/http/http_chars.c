/* The table of byte classes, and looking for the bytes that may not be in a field value. */
#include "http/http_chars.h"

/* One row is 16 bytes; each entry is a sum of enum http_char_class. */
const uint8_t http_chars[256] = {
    8,  8,  8,  8,  8,  8,  8,  8,  8,  24, 8,  8,  8,  8,  8,  8,  /* 0x00 */
    8,  8,  8,  8,  8,  8,  8,  8,  8,  8,  8,  8,  8,  8,  8,  8,  /* 0x10 */
    16, 7,  2,  1,  7,  7,  7,  7,  6,  6,  7,  7,  6,  39, 39, 2,  /* 0x20 */
    39, 39, 39, 39, 39, 39, 39, 39, 39, 39, 6,  6,  2,  6,  2,  2,  /* 0x30 */
    2,  39, 39, 39, 39, 39, 39, 39, 39, 39, 39, 39, 39, 39, 39, 39, /* 0x40 */
    39, 39, 39, 39, 39, 39, 39, 39, 39, 39, 39, 6,  2,  6,  3,  39, /* 0x50 */
    3,  39, 39, 39, 39, 39, 39, 39, 39, 39, 39, 39, 39, 39, 39, 39, /* 0x60 */
    39, 39, 39, 39, 39, 39, 39, 39, 39, 39, 39, 2,  3,  2,  39, 8,  /* 0x70 */
    0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  /* 0x80 */
    0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  /* 0x90 */
    0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  /* 0xa0 */
    0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  /* 0xb0 */
    0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  /* 0xc0 */
    0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  /* 0xd0 */
    0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  /* 0xe0 */
    0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  /* 0xf0 */
};

#define EACH_BYTE(value) (0x0101010101010101ull * (value))

/* The high bit of a byte of the result is set if that byte of word is 0; bytes above the first such may
 * lie. */
static uint64_t zero_bytes(uint64_t word)
{
    return (word - EACH_BYTE(1)) & ~word & EACH_BYTE(0x80);
}

size_t http_chars_find_nul_or_cr(struct str text)
{
    size_t at = 0;
    for (; at + 8 <= text.size; at += 8) {
        uint64_t word;
        memcpy(&word, text.data + at, sizeof(word));
        if (UNLIKELY(zero_bytes(word) | zero_bytes(word ^ EACH_BYTE('\r'))))
            break;
    }
    if (at && at < text.size &&
        at + 8 > text.size) { /* the last eight once more, whole: they overlap those before */
        uint64_t word;
        memcpy(&word, text.data + text.size - 8, sizeof(word));
        if (!(zero_bytes(word) | zero_bytes(word ^ EACH_BYTE('\r'))))
            return text.size;
    }
    while (at < text.size && text.data[at] != 0 && text.data[at] != '\r')
        at++;
    return at;
}

/* A control character is below 32 or 127; bytes from 128 on are none. */
static bool has_control(uint64_t word)
{
    uint64_t low = word & EACH_BYTE(0x7f);
    uint64_t visible = low + EACH_BYTE(0x80 - 0x20), del = low + EACH_BYTE(0x80 - 0x7f);
    return ((~visible | del) & ~word & EACH_BYTE(0x80)) != 0;
}

bool http_chars_have_control(struct str text)
{
    size_t at = 0;
    for (; at + 8 <= text.size; at += 8) {
        uint64_t word;
        memcpy(&word, text.data + at, sizeof(word));
        if (has_control(word))
            return true;
    }
    while (at < text.size && !http_char_is(text.data[at], HTTP_CHAR_CONTROL))
        at++;
    return at < text.size;
}

/* Bytes of 'A' to 'Z' have bit 5 clear and are the ones to which adding carries into the high bit as told. */
static uint64_t lower_word(uint64_t word)
{
    uint64_t low = word & EACH_BYTE(0x7f);
    uint64_t from_a = low + EACH_BYTE(0x80 - 'A'), past_z = low + EACH_BYTE(0x80 - 'Z' - 1);
    uint64_t upper = from_a & ~past_z & ~word & EACH_BYTE(0x80);
    return word | upper >> 2;
}

void http_chars_lower(char *text, size_t size)
{
    size_t at = 0;
    for (; at + 8 <= size; at += 8) {
        uint64_t word;
        memcpy(&word, text + at, sizeof(word));
        word = lower_word(word);
        memcpy(text + at, &word, sizeof(word));
    }
    for (; at < size; at++)
        text[at] = ascii_lower(text[at]);
}
