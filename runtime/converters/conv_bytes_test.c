/* Bytes as text as HAProxy 2.6.12 has them. */
#include "converters/conv_test.h"

static const struct conv_case cases[] = {
    { "bin(00ff10),hex", "00FF10" },
    { "str(abc),hex", "616263" },
    { "str(),hex", "" },
    { "int(1),hex", "0000000000000001" },
    { "str(616263),hex2i", "6382179" },
    { "str(ff),hex2i", "255" },
    { "str(FFFFFFFFFFFFFFFF),hex2i", "-1" },
    { "str(10000000000000000),hex2i", "0" },
    { "str(12g4),hex2i", NULL },
    { "str(g),hex2i", NULL },
    { "str(),hex2i", "0" },
    { "str(0x10),hex2i", NULL },
    { "str(abc),base64", "YWJj" },
    { "str(a),base64", "YQ==" },
    { "str(),base64", "" },
    { "bin(fffefd),base64", "//79" },
    { "bin(fffefd),ub64enc", "__79" },
    { "str(a),ub64enc", "YQ" },
    { "str(),ub64enc", "" },
    { "str(YWJj),b64dec", "abc" },
    { "str(YQ==),b64dec", "a" },
    { "str(YQ),b64dec", NULL },
    { "str(YW J),b64dec", NULL },
    { "str(YWJj=),b64dec", NULL },
    { "str(YWJjYQ==),b64dec", "abca" },
    { "str(),b64dec", "" },
    { "str(YQ==YQ==),b64dec", NULL }, /* HAProxy goes on behind the padding */
    { "str(!!!!),b64dec", NULL },
    { "str(__79),ub64dec,hex", "FFFEFD" },
    { "str(YQ),ub64dec", "a" },
    { "str(YQ==),ub64dec", "a" }, /* HAProxy decodes the padding as digits */
    { "str(YWI),ub64dec", "ab" },
    { "str(Y),ub64dec", NULL },
    { "str(//79),ub64dec,hex", NULL },
    { "str(),ub64dec", "" },
    { "bin(01020304050607),be2dec(:,2)", "258:772:1286:7" },
    { "bin(01020304050607),be2dec(-,2,1)", "258-772-1286" },
    { "bin(01020304050607),be2dec(,2,1)", "2587721286" },
    { "bin(7f000001),be2dec(.,1)", "127.0.0.1" },
    { "bin(ffffffffffffffff),be2dec(:,8)", "18446744073709551615" },
    { "bin(01),be2dec(:,9)", "!invalid args in converter 'be2dec' : chunk_size out of [1..8] range (9)" },
    { "bin(01),be2dec(:,0)", "!invalid args in converter 'be2dec' : chunk_size out of [1..8] range (0)" },
    { "bin(01),be2dec(:)", "!invalid args in converter 'be2dec' : chunk_size out of [1..8] range (0)" },
    { "bin(01020304050607),be2hex", "01020304050607" },
    { "bin(01020304050607),be2hex(:,2)", "0102:0304:0506:07" },
    { "bin(01020304050607),be2hex(--,2,1)", "0102--0304--0506" },
    { "bin(0102030405060708),be2hex(,3,1)", "010203040506" },
    { "bin(0102),be2hex(:)", "!invalid args in converter 'be2hex' : chunk_size needs to be positive (0)" },
    { "bin(0102),be2hex(:,0)", "!invalid args in converter 'be2hex' : chunk_size needs to be positive (0)" },
    { "bin(0102),be2hex(:,5)", "0102" },
    { "bin(0102),be2hex(:,5,1)", "" },
    { "int(1),htonl,hex", "00000001" },
    { "int(16909060),htonl,hex", "01020304" },
    { "int(4294967296),htonl,hex", "00000000" },
    { "bin(010203),be2dec(:,2,x)",
      "!invalid arg 3 in converter 'be2dec' : failed to parse 'x' as type 'integer' at position 3" },
    { "str(abc),htonl", "" },
    { "int(8),bytes(7),hex", "08" },
    { "str(abc),b64dec(x)", "!invalid arg 1 in converter 'b64dec' : expected ')' before 'x)'" },
};

static void as_observed(void)
{
    conv_test_run(cases, COUNT_OF(cases), NULL);
}

const struct test_row tests[] = {
    { "encodings are HAProxy's", as_observed },
    { 0 },
};
