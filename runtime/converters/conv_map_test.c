/* Maps as HAProxy 2.6.12 has them. */
#include "converters/conv_test.h"

static const struct conv_case cases[] = {
    { "str(abc),map(maps.m)", "one" },
    { "str(ABC),map(maps.m)", NULL },
    { "str(zzz),map(maps.m)", NULL },
    { "str(zzz),map(maps.m,dflt)", "dflt" },
    { "str(novalue),map(maps.m)", "" },
    { "str(lead),map(maps.m)", "spaced value here" },
    { "str(abc),map_str(maps.m)", "one" },
    { "str(abcdefgh),map_beg(maps.m)", "two" },
    { "str(abcd),map_beg(maps.m)", "one" },
    { "str(xabc),map_end(maps.m)", "one" },
    { "str(xabcx),map_sub(maps.m)", "one" },
    { "str(xabcdefx),map_sub(maps.m)", "one" },
    { "str(a.abc.b),map_dom(maps.m)", "one" },
    { "str(/a/abc/b),map_dir(maps.m)", "one" },
    { "str(x.example.com),map_dom(dom.m)", "1" },
    { "str(www.example.com),map_dom(dom.m)", "1" },
    { "str(/a/static/x),map_dir(dom.m)", "3" },
    { "str(abc),map_reg(reg.m)", "x\\1y\\2" },
    { "str(aXcYY),map_regm(reg.m)", "xXyYY" },
    { "str(aXcYY),map_reg(reg.m)", "x\\1y\\2" },
    { "str(zr),map_regm(reg.m)", "[|r||zr]" },
    { "str(nomatch),map_regm(reg.m,d)", "d" },
    { "ipv4(10.2.3.4),map_ip(ip.m)", "1" },
    { "ipv4(10.1.3.4),map_ip(ip.m)", "2" },
    { "ipv4(11.1.3.4),map_ip(ip.m,d)", "d" },
    { "ipv6(2001:db8::5),map_ip(ip.m)", "3" },
    { "ipv6(::ffff:10.1.2.3),map_ip(ip.m)", "2" },
    { "str(10.1.2.3),map_ip(ip.m)", "2" },
    { "str(nope),map_ip(ip.m)", NULL },
    { "str(nope),map_ip(ip.m,d)", NULL },
    { "int(1),map_int(range.m)", "low" },
    { "int(5),map_int(range.m)", "five" },
    { "int(-3),map_int(range.m)", "none" },
    { "int(500),map_int(range.m)", "high" },
    { "int(50),map_int(range.m)", NULL },
    { "int(50),map_int(range.m,d)", "d" },
    { "str(1),map_int(range.m)", "low" },
    { "str(1),map_str_int(int.m),add(1)", "11" },
    { "str(zz),map_str_int(int.m,7),add(1)", "8" },
    { "str(zz),map_str_int(int.m,x)",
      "!invalid arg 2 in converter 'map_str_int' : failed to parse 'x' as type 'integer' at position 2" },
    { "str(abc),map_str_int(maps.m)",
      "!invalid args in converter 'map_str_int' : unable to parse 'one' at line 2 of file 'maps.m'" },
    { "str(a),map_str_ip(sip.m)", "1.2.3.4" },
    { "str(b),map_str_ip(sip.m)", "::1" },
    { "str(c),map_str_ip(sip.m,9.9.9.9)", "9.9.9.9" },
    { "ipv4(10.1.2.3),map_ip_int(ip.m)", "2" },
    { "int(5),map_int_int(int.m)",
      "!invalid args in converter 'map_int_int' : 'abc' is not a number at line 3 of file 'int.m'" },
    { "int(1),map_int_int(ip.m)",
      "!invalid args in converter 'map_int_int' : '10.0.0.0/8' is not a number at line 1 of file 'ip.m'" },
    { "bin(00ff),map_bin(bin.m)", "!unknown converter 'map_bin'" },
    { "str(ab),map_bin(bin.m)", "!unknown converter 'map_bin'" },
    { "str(abc),map_foo(maps.m)", "!unknown converter 'map_foo'" },
    { "str(abc),map", "!invalid args in converter 'map' : failed to open pattern file <>" },
    { "str(abcde),map_len(range.m)", "!unknown converter 'map_len'" },
    { "str(a),map_str_str(sip.m)", "!unknown converter 'map_str_str'" },
    { "str(abc),map_str(maps.m,a,b)", "!invalid arg 2 in converter 'map_str' : expected ')' before ',b)'" },
    { "str(abc),map_found(maps.m)", "!unknown converter 'map_found'" },
    { "str(abc),map_key(maps.m)", "!unknown converter 'map_key'" },
    { "str(abc),map_str_key(maps.m)", "!unknown converter 'map_str_key'" },
};

struct file {
    const char *path, *text;
};

static const struct file files[] = {
    { "maps.m", "# comment\nabc one\nabcdef two\nabc three\nnovalue\n10.0.0.0/8 net8\n10.1.0.0/16 net16\n"
                " lead  spaced value here  \n" },
    { "int.m", "1 10\n2 20\nabc 30\n1:5 99\n" },
    { "ip.m", "10.0.0.0/8 1\n10.1.0.0/16 2\n2001:db8::/32 3\n" },
    { "sip.m", "a 1.2.3.4\nb ::1\n" },
    { "reg.m", "^a(.)c(.*)$ x\\1y\\2\n^z(q)?(r) [\\1|\\2|\\3|\\0]\n" },
    { "dom.m", ".example.com 1\nwww 2\n/static 3\n" },
    { "range.m", "5 five\r\n1:4 low\n:0 none\n100: high" },
    { "bin.m", "00ff x\n6162 ab\n" },
};

static enum io_status read_file(struct platform *platform, const char *path, struct buf *out)
{
    (void)platform;
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        if (strcmp(files[i].path, path) != 0)
            continue;
        buf_add_c(out, files[i].text);
        return IO_OK;
    }
    return IO_NOT_FOUND;
}

static const struct platform_ops ops = { .file_read = read_file };

static void as_observed(void)
{
    struct platform platform = { .ops = &ops };
    conv_test_run(cases, COUNT_OF(cases), &platform);
}

const struct test_row tests[] = {
    { "maps are HAProxy's", as_observed },
    { 0 },
};
