/* JSON Web Tokens as HAProxy 2.6.12 reads and verifies them. */
#include "converters/conv_test.h"

static const struct conv_case cases[] = {
    /* HAProxy has no value without a path; the manual says that the whole part is given. */
    { "str(eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1MSIsImFkbWluIjp0cnVlLCJuIjo1fQ."
      "TP8buRcKdBMXsIUzK8SbHB0T9kHRnjjjhHL0qkgBtE8),jwt_header_query",
      "{\"alg\":\"HS256\",\"typ\":\"JWT\"}" },
    { "str(eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1MSIsImFkbWluIjp0cnVlLCJuIjo1fQ."
      "TP8buRcKdBMXsIUzK8SbHB0T9kHRnjjjhHL0qkgBtE8),jwt_header_query('$.alg')",
      "HS256" },
    { "str(eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1MSIsImFkbWluIjp0cnVlLCJuIjo1fQ."
      "TP8buRcKdBMXsIUzK8SbHB0T9kHRnjjjhHL0qkgBtE8),jwt_header_query('$.n')",
      NULL },
    { "str(eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1MSIsImFkbWluIjp0cnVlLCJuIjo1fQ."
      "TP8buRcKdBMXsIUzK8SbHB0T9kHRnjjjhHL0qkgBtE8),jwt_header_query('$.n','int')",
      NULL },
    { "str(eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1MSIsImFkbWluIjp0cnVlLCJuIjo1fQ."
      "TP8buRcKdBMXsIUzK8SbHB0T9kHRnjjjhHL0qkgBtE8),jwt_header_query('$.zz')",
      NULL },
    { "str(eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1MSIsImFkbWluIjp0cnVlLCJuIjo1fQ."
      "TP8buRcKdBMXsIUzK8SbHB0T9kHRnjjjhHL0qkgBtE8),jwt_header_query('')",
      "{\"alg\":\"HS256\",\"typ\":\"JWT\"}" },
    { "str(eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1MSIsImFkbWluIjp0cnVlLCJuIjo1fQ."
      "TP8buRcKdBMXsIUzK8SbHB0T9kHRnjjjhHL0qkgBtE8),jwt_payload_query",
      "{\"sub\":\"u1\",\"admin\":true,\"n\":5}" },
    { "str(eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1MSIsImFkbWluIjp0cnVlLCJuIjo1fQ."
      "TP8buRcKdBMXsIUzK8SbHB0T9kHRnjjjhHL0qkgBtE8),jwt_payload_query('$.alg')",
      NULL },
    { "str(eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1MSIsImFkbWluIjp0cnVlLCJuIjo1fQ."
      "TP8buRcKdBMXsIUzK8SbHB0T9kHRnjjjhHL0qkgBtE8),jwt_payload_query('$.n')",
      "5" },
    { "str(eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1MSIsImFkbWluIjp0cnVlLCJuIjo1fQ."
      "TP8buRcKdBMXsIUzK8SbHB0T9kHRnjjjhHL0qkgBtE8),jwt_payload_query('$.n','int')",
      "5" },
    { "str(eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1MSIsImFkbWluIjp0cnVlLCJuIjo1fQ."
      "TP8buRcKdBMXsIUzK8SbHB0T9kHRnjjjhHL0qkgBtE8),jwt_payload_query('$.zz')",
      NULL },
    { "str(eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1MSIsImFkbWluIjp0cnVlLCJuIjo1fQ."
      "TP8buRcKdBMXsIUzK8SbHB0T9kHRnjjjhHL0qkgBtE8),jwt_payload_query('')",
      "{\"sub\":\"u1\",\"admin\":true,\"n\":5}" },
    { "str(a.b.c),jwt_header_query", NULL },
    { "str(nodots),jwt_header_query", NULL },
    { "str(a.b),jwt_payload_query", NULL },
    { "str(eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1MSIsImFkbWluIjp0cnVlLCJuIjo1fQ."
      "TP8buRcKdBMXsIUzK8SbHB0T9kHRnjjjhHL0qkgBtE8),jwt_payload_query('$.sub','str')",
      "!invalid args in converter 'jwt_payload_query' : output_type only supports \"int\" as argument" },
    { "str(eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1MSIsImFkbWluIjp0cnVlLCJuIjo1fQ."
      "TP8buRcKdBMXsIUzK8SbHB0T9kHRnjjjhHL0qkgBtE8),jwt_verify(HS256,\"secret\")",
      "1" },
    { "str(eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1MSIsImFkbWluIjp0cnVlLCJuIjo1fQ."
      "TP8buRcKdBMXsIUzK8SbHB0T9kHRnjjjhHL0qkgBtE8),jwt_verify(HS256,\"wrong\")",
      "0" },
    { "str(eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1MSIsImFkbWluIjp0cnVlLCJuIjo1fQ."
      "TP8buRcKdBMXsIUzK8SbHB0T9kHRnjjjhHL0qkgBtE8),jwt_verify(HS384,\"secret\")",
      "0" },
    { "str(eyJhbGciOiJIUzM4NCIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1MSIsImFkbWluIjp0cnVlLCJuIjo1fQ.UobkF_"
      "pXPbYCpZA5bs2Rdd0FUB6F3otGuK_xPaP3soiQBSGFDSsLsCfFOmuFOJIX),jwt_verify(HS384,\"secret\")",
      "1" },
    { "str(eyJhbGciOiJIUzUxMiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1MSIsImFkbWluIjp0cnVlLCJuIjo1fQ."
      "S11Yg1knKM0TnZqvLwYphi2eaMiuFL1ovgxfW6OZ6WdeALW6U20_UgzBjdQ_knm57zMxnI2Y2iqves_y8lTcgQ),jwt_verify("
      "HS512,\"secret\")",
      "1" },
    { "str(eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1MSIsImFkbWluIjp0cnVlLCJuIjo1fQ."
      "dFxNqP2VgYosWLXd93ckgNEqoTsvJk-glvrQGhaYL3TthoQt7EiGVYOEUVebpGY9gHI5kgFnnCQg_"
      "vtcX1t7UkaGhmtiUH7aru9QVqD6xHPEp4NiG_8QQUY6qz1vnlv-pPN5aA_FLZQSoJ1JHFU_"
      "ovkJEslzTVr4TuQkI0AZ8eC3pUtuvxOtsBoLgvpjXVGJ9BTAAUhpBsyTPQZaswMcOMw5G9hma4r27X656PD1Lq1gI-TXDiaR4DW-"
      "42SbT2ShDTzGWzdVXbTUyIBqk9jaq6-GaCbG8vnBGkhzTzu7_6HRIXhKaQPeyfww-ZJQ2YhykWilb3MkXrUIRtCLZltbOA),jwt_"
      "verify(RS256,\"rsa.pub\")",
      "1" },
    { "str(eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1MSIsImFkbWluIjp0cnVlLCJuIjo1fQ."
      "dFxNqP2VgYosWLXd93ckgNEqoTsvJk-glvrQGhaYL3TthoQt7EiGVYOEUVebpGY9gHI5kgFnnCQg_"
      "vtcX1t7UkaGhmtiUH7aru9QVqD6xHPEp4NiG_8QQUY6qz1vnlv-pPN5aA_FLZQSoJ1JHFU_"
      "ovkJEslzTVr4TuQkI0AZ8eC3pUtuvxOtsBoLgvpjXVGJ9BTAAUhpBsyTPQZaswMcOMw5G9hma4r27X656PD1Lq1gI-TXDiaR4DW-"
      "42SbT2ShDTzGWzdVXbTUyIBqk9jaq6-GaCbG8vnBGkhzTzu7_6HRIXhKaQPeyfww-ZJQ2YhykWilb3MkXrUIRtCLZltbOA),jwt_"
      "verify(RS256,\"rsa.crt\")",
      "-5" },
    { "str(eyJhbGciOiJSUzM4NCIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1MSIsImFkbWluIjp0cnVlLCJuIjo1fQ."
      "gN4Exb1OrHQCZXE348nps1Uw5ScrswpDmFeH_ySufnHiebaghyMGInKUVsPB3lpLXWM9HbAUW6uuXFoue_5byuNXRy9o_"
      "vaaIcD7M2C3ABZazReHLV-ImC3ewUWAfxi0Osrk0yrumKS2pf2v_rCnfGvInz3B7MwUx26eq4Uz188nyALD90fn5u05H3ek_"
      "PfsRokixEUFeo6ah6LR_rAXe-2zgkTDTF71iF2jWMeUJ4rzeGT0pzPlcX-UkKvs2gjXrttFWAWbJQMIGP-"
      "oKuqid3MOZo5wqnHtHfsXiQWFJ8n2QJ8aU2eXLotDdrW6Un8nRdVIuK5NoO6R6odiBED4GQ),jwt_verify(RS384,\"rsa."
      "pub\")",
      "1" },
    { "str(eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1MSIsImFkbWluIjp0cnVlLCJuIjo1fQ."
      "V3rqk7qfBCj52wNfvx77sGaq-U7f9qNRlujJSFek8NmkZ-aWXAjnXOKfAst2XEHkJWeNMyI95n_MV4xDtK7l5g),jwt_verify("
      "RS256,\"rsa.pub\")",
      "0" },
    { "str(eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1MSIsImFkbWluIjp0cnVlLCJuIjo1fQ."
      "V3rqk7qfBCj52wNfvx77sGaq-U7f9qNRlujJSFek8NmkZ-aWXAjnXOKfAst2XEHkJWeNMyI95n_MV4xDtK7l5g),jwt_verify("
      "ES256,\"ec.pub\")",
      "1" },
    { "str(eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1MSIsImFkbWluIjp0cnVlLCJuIjo1fQ."
      "dFxNqP2VgYosWLXd93ckgNEqoTsvJk-glvrQGhaYL3TthoQt7EiGVYOEUVebpGY9gHI5kgFnnCQg_"
      "vtcX1t7UkaGhmtiUH7aru9QVqD6xHPEp4NiG_8QQUY6qz1vnlv-pPN5aA_FLZQSoJ1JHFU_"
      "ovkJEslzTVr4TuQkI0AZ8eC3pUtuvxOtsBoLgvpjXVGJ9BTAAUhpBsyTPQZaswMcOMw5G9hma4r27X656PD1Lq1gI-TXDiaR4DW-"
      "42SbT2ShDTzGWzdVXbTUyIBqk9jaq6-GaCbG8vnBGkhzTzu7_6HRIXhKaQPeyfww-ZJQ2YhykWilb3MkXrUIRtCLZltbOA),jwt_"
      "verify(ES256,\"ec.pub\")",
      "0" },
    { "str(eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1MSIsImFkbWluIjp0cnVlLCJuIjo1fQ."
      "dFxNqP2VgYosWLXd93ckgNEqoTsvJk-glvrQGhaYL3TthoQt7EiGVYOEUVebpGY9gHI5kgFnnCQg_"
      "vtcX1t7UkaGhmtiUH7aru9QVqD6xHPEp4NiG_8QQUY6qz1vnlv-pPN5aA_FLZQSoJ1JHFU_"
      "ovkJEslzTVr4TuQkI0AZ8eC3pUtuvxOtsBoLgvpjXVGJ9BTAAUhpBsyTPQZaswMcOMw5G9hma4r27X656PD1Lq1gI-TXDiaR4DW-"
      "42SbT2ShDTzGWzdVXbTUyIBqk9jaq6-GaCbG8vnBGkhzTzu7_6HRIXhKaQPeyfww-ZJQ2YhykWilb3MkXrUIRtCLZltbOA),jwt_"
      "verify(RS256,\"nope.pub\")",
      "-5" },
    { "str(eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1MSIsImFkbWluIjp0cnVlLCJuIjo1fQ."
      "dFxNqP2VgYosWLXd93ckgNEqoTsvJk-glvrQGhaYL3TthoQt7EiGVYOEUVebpGY9gHI5kgFnnCQg_"
      "vtcX1t7UkaGhmtiUH7aru9QVqD6xHPEp4NiG_8QQUY6qz1vnlv-pPN5aA_FLZQSoJ1JHFU_"
      "ovkJEslzTVr4TuQkI0AZ8eC3pUtuvxOtsBoLgvpjXVGJ9BTAAUhpBsyTPQZaswMcOMw5G9hma4r27X656PD1Lq1gI-TXDiaR4DW-"
      "42SbT2ShDTzGWzdVXbTUyIBqk9jaq6-GaCbG8vnBGkhzTzu7_6HRIXhKaQPeyfww-ZJQ2YhykWilb3MkXrUIRtCLZl),jwt_"
      "verify(RS256,\"rsa.pub\")",
      "0" },
    { "str(eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiJ1MSIsImFkbWluIjp0cnVlLCJuIjo1fQ.),jwt_verify(none,"
      "\"\")",
      "1" },
    { "str(eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1MSIsImFkbWluIjp0cnVlLCJuIjo1fQ."
      "TP8buRcKdBMXsIUzK8SbHB0T9kHRnjjjhHL0qkgBtE8),jwt_verify(none,\"\")",
      "0" },
    { "str(eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1MSIsImFkbWluIjp0cnVlLCJuIjo1fQ."
      "dFxNqP2VgYosWLXd93ckgNEqoTsvJk-glvrQGhaYL3TthoQt7EiGVYOEUVebpGY9gHI5kgFnnCQg_"
      "vtcX1t7UkaGhmtiUH7aru9QVqD6xHPEp4NiG_8QQUY6qz1vnlv-pPN5aA_FLZQSoJ1JHFU_"
      "ovkJEslzTVr4TuQkI0AZ8eC3pUtuvxOtsBoLgvpjXVGJ9BTAAUhpBsyTPQZaswMcOMw5G9hma4r27X656PD1Lq1gI-TXDiaR4DW-"
      "42SbT2ShDTzGWzdVXbTUyIBqk9jaq6-GaCbG8vnBGkhzTzu7_6HRIXhKaQPeyfww-ZJQ2YhykWilb3MkXrUIRtCLZltbOA),jwt_"
      "verify(PS256,\"rsa.pub\")",
      "!invalid args in converter 'jwt_verify' : RSASSA-PSS JWS signing not managed yet" },
    { "str(eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1MSIsImFkbWluIjp0cnVlLCJuIjo1fQ."
      "TP8buRcKdBMXsIUzK8SbHB0T9kHRnjjjhHL0qkgBtE8),jwt_verify(XX,\"secret\")",
      "!invalid args in converter 'jwt_verify' : unknown JWT algorithm: XX" },
    { "str(a.b),jwt_verify(HS256,\"secret\")", "-3" },
    { "str(a.b.c),jwt_verify(HS256,\"secret\")", "-3" },
    { "str(a.b.c.d),jwt_verify(HS256,\"secret\")", "-3" },
    { "str(eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1MSIsImFkbWluIjp0cnVlLCJuIjo1fQ."
      "TP8buRcKdBMXsIUzK8SbHB0T9kHRnjjjhHL0qkgBtE8!),jwt_verify(HS256,\"secret\")",
      "-3" },
    { "str(..),jwt_verify(HS256,\" \")", "-3" },
    { "str(eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1MSIsImFkbWluIjp0cnVlLCJuIjo1fQ."
      "V3rqk7qfBCj52wNfvx77sGaq-U7f9qNRlujJSFek8NmkZ-aWXAjnXOKfAst2XEHkJWeNMyI95n_MV4xDtK7l5g),jwt_verify("
      "ES256,\"rsa.pub\")",
      "0" },
    { "str(eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiJ1MSIsImFkbWluIjp0cnVlLCJuIjo1fQ.),jwt_verify(HS256,"
      "\"secret\")",
      "-3" },
};

/* Public keys whose other halves signed the tokens above and were thrown away. */
static const char rsa_key[] = "-----BEGIN PUBLIC KEY-----\n"
                              "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAkU1M9HtB+K7SQDquXADm\n"
                              "sLEAVIaOEarExVuHwwynn9JNIXyIlHJuOiljb6WtMpftEzK043GfBht6dOF3celK\n"
                              "lpnyJMpSVj0H3N0n1XZeBgSffXVAUrwtTZw67WnQqLlHVu7GeGZkQ8EAksz41V2j\n"
                              "rVU8lvq5rmX7RFrinuvr6yQbgULQwhCJoca7eXg8Bq7JcaydG/KxhGLyEOaN7BSj\n"
                              "nZlZCfOtp+JmfzYzr/4/TD7gY0n8bdDSkpSRg7mtTJ2/YlsJYiWeUKIoB0T2/WN8\n"
                              "ds8jw8GeGJ0/mt1tZinOvcJyUgn5KVirNzqiW0PBWRqKqEHCwBI2KgEAKD6XIzsZ\n"
                              "dwIDAQAB\n"
                              "-----END PUBLIC KEY-----\n";
static const char ec_key[] = "-----BEGIN PUBLIC KEY-----\n"
                             "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAECeDp+4UJvTxVXTI7LhTvIfKAQ7sf\n"
                             "KwMOJzVJbqumEeOhHKNV8t4NGNlFhVSgEt7DV3PhgkwcjJEsGX+Vol/jQQ==\n"
                             "-----END PUBLIC KEY-----\n";

static enum io_status read_file(struct platform *platform, const char *path, struct buf *out)
{
    (void)platform;
    if (strcmp(path, "rsa.pub") == 0)
        buf_add_c(out, rsa_key);
    else if (strcmp(path, "ec.pub") == 0)
        buf_add_c(out, ec_key);
    else if (strcmp(path, "rsa.crt") == 0)
        buf_add_c(out, "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n");
    else
        return IO_NOT_FOUND;
    return IO_OK;
}

static const struct platform_ops ops = { .file_read = read_file };

static void as_observed(void)
{
    struct platform platform = { .ops = &ops };
    conv_test_run(cases, COUNT_OF(cases), &platform);
}

const struct test_row tests[] = {
    { "tokens are read and verified as by HAProxy", as_observed },
    { 0 },
};
