/* Hashes as HAProxy 2.6.12 has them. */
#include "converters/conv_test.h"

static const struct conv_case cases[] = {
    { "str(hello),crc32", "907060870" },
    { "str(hello),crc32(1)", "3902247103" },
    { "str(hello),crc32(0)", "907060870" },
    { "str(hello),crc32(2)", "3902247103" },
    { "str(hello),crc32c", "2591144780" },
    { "str(hello),crc32c(1)", "2290590055" },
    { "str(hello),djb2", "261238937" },
    { "str(hello),djb2(1)", "1119739105" },
    { "str(hello),sdbm", "684824882" },
    { "str(hello),sdbm(1)", "2061535398" },
    { "str(hello),wt6", "3538347703" },
    { "str(hello),wt6(1)", "140457739" },
    { "str(),crc32", "0" },
    { "str(),djb2", "5381" },
    { "str(),wt6", "4187620192" },
    { "str(),sdbm", "0" },
    { "str(hello),xxh32", "4211111929" },
    { "str(hello),xxh32(5)", "3191799670" },
    { "str(hello),xxh64", "2794345569481354659" },
    { "str(hello),xxh64(5)", "5588056476589539108" },
    { "str(hello),xxh3", "-7685981735718036227" },
    { "str(hello),xxh3(5)", "-5040988036188159185" },
    { "str(),xxh3", "3244421341483603138" },
    { "str(hello),xxh32(-1)", "655458443" },
    { "str(hello),xxh64(-1)", "125878816811915416" },
    { "int(5),crc32", "357051366" },
    { "ipv4(1.2.3.4),crc32", "3057449933" },
};

static void as_observed(void)
{
    conv_test_run(cases, COUNT_OF(cases), NULL);
}

const struct test_row tests[] = {
    { "hashes are HAProxy's", as_observed },
    { 0 },
};
