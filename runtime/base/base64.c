/* Bits left over behind the last whole byte are not looked at, as in HAProxy's b64dec; all else that RFC 4648 does
 * not have is refused, padding within the text included. */
#include "base/base64.h"

static const char plain_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

size_t base64_encoded_size(size_t size)
{
    return size / 3 * 4 + (size % 3 ? 4 : 0);
}

size_t base64_encode(struct str data, char *out, bool url)
{
    const char *alphabet = url ? url_alphabet : plain_alphabet;
    const unsigned char *at = (const unsigned char *)data.data;
    size_t left = data.size, size = 0;
    while (left) {
        size_t taken = left < 3 ? left : 3;
        unsigned word = (unsigned)at[0] << 16;
        if (taken > 1)
            word |= (unsigned)at[1] << 8;
        if (taken > 2)
            word |= at[2];
        for (size_t i = 0; i <= taken; i++)
            out[size++] = alphabet[word >> (18 - 6 * i) & 63];
        for (size_t i = taken; i < 3 && !url; i++)
            out[size++] = '=';
        at += taken;
        left -= taken;
    }
    return size;
}

static int digit_value(char c, bool url)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (ascii_digit(c))
        return c - '0' + 52;
    if (c == (url ? '-' : '+'))
        return 62;
    return c == (url ? '_' : '/') ? 63 : -1;
}

/* Takes the padding off; false when there is more than the digits in front of it allow, or less than is due. */
static bool strip_padding(struct str *text, bool url)
{
    size_t padding = 0;
    while (text->size && padding < 3 && text->data[text->size - 1] == '=') {
        text->size--;
        padding++;
    }
    size_t due = (4 - text->size % 4) % 4;
    return due < 3 && (url ? padding <= due : padding == due);
}

size_t base64_decode(struct str text, char *out, size_t out_size, bool url)
{
    if (!strip_padding(&text, url))
        return STR_NOT_FOUND;
    size_t wanted = text.size / 4 * 3 + text.size % 4 * 3 / 4, size = 0;
    if (wanted > out_size)
        return STR_NOT_FOUND;
    unsigned word = 0, bits = 0;
    for (size_t i = 0; i < text.size; i++) {
        int value = digit_value(text.data[i], url);
        if (value < 0)
            return STR_NOT_FOUND;
        word = (word << 6 | (unsigned)value) & 0xfff;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            out[size++] = (char)(unsigned char)(word >> bits);
        }
    }
    return size;
}
