/* Base64: the RFC's vectors, every byte, every length, what is refused. */
#include "base/base64.h"
#include "base/rng.h"
#include "base/test.h"

static const struct {
    struct str data;
    const char *plain, *url;
} vectors[] = {
    /* RFC 4648 section 10, and bytes that need the alphabets' last two letters */
    { STR_INIT(""), "", "" },
    { STR_INIT("f"), "Zg==", "Zg" },
    { STR_INIT("fo"), "Zm8=", "Zm8" },
    { STR_INIT("foo"), "Zm9v", "Zm9v" },
    { STR_INIT("foob"), "Zm9vYg==", "Zm9vYg" },
    { STR_INIT("fooba"), "Zm9vYmE=", "Zm9vYmE" },
    { STR_INIT("foobar"), "Zm9vYmFy", "Zm9vYmFy" },
    { STR_INIT("\0"), "AA==", "AA" },
    { STR_INIT("\xfb\xff\xbf"), "+/+/", "-_-_" },
    { STR_INIT("\xff\xff"), "//8=", "__8" },
};

static void the_known_vectors(void)
{
    for (size_t i = 0; i < COUNT_OF(vectors); i++) {
        char out[64];
        test_case(vectors[i].plain);
        EXPECT_STR(str_make(out, base64_encode(vectors[i].data, out, false)), vectors[i].plain);
        EXPECT_STR(str_make(out, base64_encode(vectors[i].data, out, true)), vectors[i].url);
        EXPECT_INT(base64_encoded_size(vectors[i].data.size), strlen(vectors[i].plain));
        size_t size = base64_decode(str_of(vectors[i].plain), out, sizeof(out), false);
        EXPECT_INT(size, vectors[i].data.size);
        EXPECT_VIEW(str_make(out, size), vectors[i].data);
        size = base64_decode(str_of(vectors[i].url), out, sizeof(out), true);
        EXPECT_INT(size, vectors[i].data.size);
        EXPECT_VIEW(str_make(out, size), vectors[i].data);
    }
}

/* There and back for each length; the output must fit exactly, and one byte less is too small. */
static void there_and_back(void)
{
    struct rng rng = { 8 };
    for (size_t size = 0; size < 200; size++) {
        char data[200], text[300], back[201];
        for (size_t i = 0; i < size; i++)
            data[i] = (char)rng_below(&rng, 256);
        for (int url = 0; url < 2; url++) {
            size_t written = base64_encode(str_make(data, size), text, url);
            EXPECT(url ? written <= base64_encoded_size(size) : written == base64_encoded_size(size));
            back[size] = '#';
            EXPECT_INT(base64_decode(str_make(text, written), back, size, url), size);
            EXPECT(size == 0 || memcmp(back, data, size) == 0);
            EXPECT_INT(back[size], '#');
            if (size)
                EXPECT_INT(base64_decode(str_make(text, written), back, size - 1, url), STR_NOT_FOUND);
        }
    }
}

static const struct {
    const char *text;
    size_t plain, url; /* decoded sizes */
} odd[] = {
    { "YQ", STR_NOT_FOUND, 1 },
    { "YQ=", STR_NOT_FOUND, 1 },
    { "YQ==", 1, 1 },
    { "YQ===", STR_NOT_FOUND, STR_NOT_FOUND },
    { "YWI", STR_NOT_FOUND, 2 },
    { "YWI=", 2, 2 },
    { "YWI==", STR_NOT_FOUND, STR_NOT_FOUND },
    { "YWJj", 3, 3 },
    { "YWJj=", STR_NOT_FOUND, STR_NOT_FOUND },
    { "YWJj====", STR_NOT_FOUND, STR_NOT_FOUND },
    { "YR==", 1, 1 }, /* bits behind the last byte are not looked at, as in HAProxy */
    { "Y", STR_NOT_FOUND, STR_NOT_FOUND },
    { "Y===", STR_NOT_FOUND, STR_NOT_FOUND },
    { "YWJjY", STR_NOT_FOUND, STR_NOT_FOUND },
    { "=", STR_NOT_FOUND, STR_NOT_FOUND },
    { "====", STR_NOT_FOUND, STR_NOT_FOUND },
    { "YQ=a", STR_NOT_FOUND, STR_NOT_FOUND },
    { "YQ==YQ==", STR_NOT_FOUND, STR_NOT_FOUND },
    { "YW J", STR_NOT_FOUND, STR_NOT_FOUND },
    { "YWJ\n", STR_NOT_FOUND, STR_NOT_FOUND },
    { "+/+/", 3, STR_NOT_FOUND },
    { "-_-_", STR_NOT_FOUND, 3 },
};

static void what_is_refused(void)
{
    for (size_t i = 0; i < COUNT_OF(odd); i++) {
        char out[16];
        test_case(odd[i].text);
        EXPECT_INT(base64_decode(str_of(odd[i].text), out, sizeof(out), false), odd[i].plain);
        EXPECT_INT(base64_decode(str_of(odd[i].text), out, sizeof(out), true), odd[i].url);
    }
    char out[4];
    test_case(NULL);
    EXPECT_INT(base64_decode(STR_NONE, out, sizeof(out), false), 0);
    EXPECT_INT(base64_decode(STR_NONE, out, 0, true), 0);
}

static void each_byte_is_a_digit_or_not(void)
{
    for (int url = 0; url < 2; url++) {
        int digits = 0;
        for (int c = -128; c < 128; c++) {
            char text[4] = { 'A', 'A', (char)c, 'A' }, out[4];
            digits += base64_decode(str_make(text, 4), out, sizeof(out), url) == 3;
        }
        EXPECT_INT(digits, 64);
    }
}

const struct test_row tests[] = {
    { "the known vectors, both ways", the_known_vectors },
    { "there and back for each length, in exactly the room", there_and_back },
    { "what is refused", what_is_refused },
    { "64 bytes are digits, in each alphabet", each_byte_is_a_digit_or_not },
    { 0 },
};
