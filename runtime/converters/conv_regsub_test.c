/* Replacing as HAProxy 2.6.12 does it. */
#include "converters/conv_test.h"

static const struct conv_case cases[] = {
    { "str(abcabc),regsub(b,X)", "aXcabc" },
    { "str(abcabc),regsub(b,X,g)", "aXcaXc" },
    { "str(ABC),regsub(b,X,i)", "AXC" },
    { "str(ABCB),regsub(b,X,ig)", "AXCX" },
    { "str(ABCB),regsub(b,X,x)",
      "!invalid args in converter 'regsub' : invalid regex flag 'x', only 'i' and 'g' are supported" },
    { "str(abc),regsub(b,)", "ac" },
    { "str(abc),regsub(\"(b)\",\"[\\\\1]\")", "a[b]c" },
    { "str(abc),regsub(\"(b)\",\"[\\\\0\\\\1\\\\2]\")", "a[bb]c" },
    { "str(abc),regsub(x*,-,g)", "-a-b-c-" },
    { "str(abc),regsub(\"b*\",\"-\",g)", "-a--c-" },
    { "str(abc),regsub(^,-,g)", "-abc" },
    { "str(abc),regsub(\"$\",\"-\",g)", "abc--" },
    { "str(),regsub(a,b)", "" },
    { "str(),regsub(\"^$\",b)", "b" },
    { "str(abc),regsub(b,\"\\\\x41\")", "aAc" },
    { "str(abc),regsub(b,\"\\\\n\")", "anc" },
    { "str(abc),regsub(b)",
      "!invalid arg 2 in converter 'regsub' : missing arguments (got 1/2), type 'string' expected" },
    { "str(abc),regsub((b,c)",
      "!invalid args in converter 'regsub' : error in regex '(b' in arg 1 of conversion keyword 'regsub' : "
      "regex '(b' is invalid (error=missing closing parenthesis, erroffset=2)" },
    { "str(a/b/c),regsub(/,_,g)", "a_b_c" },
    { "str(aaa),regsub(a,aa,g)", "aaaaaa" },
    { "str(abcd),regsub(\"([a-z])\",\"<\\\\1>\",g)", "<a><b><c><d>" },
    { "str(abcd),regsub(\"(x)?b\",\"<\\\\1>\")", "a<>cd" },
    { "str(\"foo bar  baz\"),regsub(\" +\",-,g)", "foo-bar-baz" },
};

static void as_observed(void)
{
    conv_test_run(cases, COUNT_OF(cases), NULL);
}

const struct test_row tests[] = {
    { "what a regular expression matches is replaced as by HAProxy", as_observed },
    { 0 },
};
