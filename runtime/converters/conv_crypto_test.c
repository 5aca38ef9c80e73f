/* Digests as HAProxy 2.6.12 has them. */
#include "converters/conv_test.h"

static const struct conv_case cases[] = {
    { "str(hello),sha1,hex", "AAF4C61DDCC5E8A2DABEDE0F3B482CD9AEA9434D" },
    { "str(),sha1,hex", "DA39A3EE5E6B4B0D3255BFEF95601890AFD80709" },
    { "str(hello),sha2,hex", "2CF24DBA5FB0A30E26E83B2AC5B9E29E1B161E5C1FA7425E73043362938B9824" },
    { "str(hello),sha2(224),hex", "EA09AE9CC6768C50FCEE903ED054556E5BFC8347907F12598AA24193" },
    { "str(hello),sha2(256),hex", "2CF24DBA5FB0A30E26E83B2AC5B9E29E1B161E5C1FA7425E73043362938B9824" },
    { "str(hello),sha2(384),hex",
      "59E1748777448C69DE6B800D7A33BBFB9FF1B463E44354C3553BCDB9C666FA90125A3C79F90397BDF5F6A13DE828684F" },
    { "str(hello),sha2(512),hex", "9B71D224BD62F3785D96D46AD3EA3D73319BFBC2890CAADAE2DFF72519673CA72323C3D99B"
                                  "A5C11D7C7ACC6E14B8C5DA0C4663475C2E5C3ADEF46F73BCDEC043" },
    { "str(hello),sha2(1),hex", "!invalid args in converter 'sha2' : Unsupported number of bits: '1'" },
    { "str(hello),digest(sha256),hex", "2CF24DBA5FB0A30E26E83B2AC5B9E29E1B161E5C1FA7425E73043362938B9824" },
    { "str(hello),digest(SHA-256),hex", "2CF24DBA5FB0A30E26E83B2AC5B9E29E1B161E5C1FA7425E73043362938B9824" },
    { "str(hello),digest(md5),hex", "5D41402ABC4B2A76B9719D911017C592" },
    { "str(hello),digest(nope),hex",
      "!invalid args in converter 'digest' : algorithm must be a valid OpenSSL message digest name" },
    { "str(hello),digest,hex",
      "!invalid args in converter 'digest' : algorithm must be a valid OpenSSL message digest name" },
    { "str(hello),digest(sha3-256),hex", "3338BE694F50C5F338814986CDF0686453A888B84F424D792AF4B9202398F392" },
    { "str(hello),hmac(sha256,a2V5),hex",
      "9307B3B915EFB5171FF14D8CB55FBCC798C6C0EF1456D66DED1A6AA723A58B7B" },
    { "str(hello),hmac(sha1,a2V5),hex", "B34CEAC4516FF23A143E61D79D0FA7A4FBE5F266" },
    { "str(hello),hmac(sha1,txn.key),hex", "E407D32587171F011BF40EDD1FDD10556541653E" },
    { "str(hello),hmac(sha1,txn.nope),hex", NULL },
    { "str(hello),hmac(nope,a2V5),hex",
      "!invalid args in converter 'hmac' : algorithm must be a valid OpenSSL message digest name" },
    { "str(hello),hmac(sha256,!!!),hex",
      "!invalid args in converter 'hmac' : failed to parse key : argument needs to be base64 encoded, and "
      "can either be a string or a variable" },
    { "str(hello),hmac(sha256),hex",
      "!invalid arg 2 in converter 'hmac' : missing arguments (got 1/2), type 'string' expected" },
    { "str(),hmac(sha256,a2V5),hex", "5D5D139563C95B5967B9BD9A8C9B233A9DEDB45072794CD232DC1B74832607D0" },
    { "str(abc),secure_memcmp(txn.abc)", "1" },
    { "str(abd),secure_memcmp(txn.abc)", "0" },
    { "str(ab),secure_memcmp(txn.abc)", "0" },
    { "str(abc),secure_memcmp(txn.nope)", NULL },
};

static void as_observed(void)
{
    conv_test_run(cases, COUNT_OF(cases), NULL);
}

const struct test_row tests[] = {
    { "digests and keyed hashes are HAProxy's", as_observed },
    { 0 },
};
