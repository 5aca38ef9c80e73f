/* Variables between converters, as HAProxy 2.6.12 has them. */
#include "converters/conv_test.h"

static const struct conv_case cases[] = {
    { "str(abc),set-var(txn.x)", "abc" },
    { "str(abc),set-var(txn.x),upper,concat(,txn.x)", "ABCabc" },
    { "str(abc),unset-var(txn.abc),concat(,txn.abc)", "abc" },
    { "str(abc),set-var(foo)",
      "!invalid args in converter 'set-var' : invalid variable name 'foo'. A variable name must be start by "
      "its scope. The scope can be 'proc', 'sess', 'txn', 'req', 'res' or 'check'" },
    { "str(abc),set-var(txn.a-b)", "!invalid args in converter 'set-var' : invalid syntax at char '-b'" },
    { "str(abc),set-var", "!invalid args in converter 'set-var' : Empty variable name cannot be accepted" },
    { "str(abc),set-var(res.x)", NULL },
    { "int(5),set-var(txn.x),add(txn.x)", "10" },
    { "var(txn.abc)", "abc" },
    { "var(txn.nope)", NULL },
    { "var(txn.nope,dflt)", "dflt" },
    { "var(txn.nope,)", "" },
    { "var(txn.abc,dflt)", "abc" },
    { "var(txn.ip)", "10.0.0.1" },
    { "var(txn.bin),hex", "61006200" },
    { "var(proc.a)", NULL },
    { "var(txn.nope,4),add(1)", "5" },
    { "var(sess.nope,4)", "4" },
    { "var(txn.a.b)", NULL },
    { "str(x),debug", "x" },
    { "str(x),debug(pre)", "x" },
    { "str(x),debug(pre,buf0)", "x" },
    { "str(x),debug(pre,nosuch)", "!invalid args in converter 'debug' : No such sink 'nosuch'" },
};

static void as_observed(void)
{
    conv_test_run(cases, COUNT_OF(cases), NULL);
}

const struct test_row tests[] = {
    { "variables are HAProxy's", as_observed },
    { 0 },
};
