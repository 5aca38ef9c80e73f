/* Files, sections, directives and keywords through a reader with words of its own. */
#include "base/test.h"
#include "config/cfg_reader.h"
#include "config/cfg_test_fake.h"

static const struct fake_pair env[] = { { "NAME", "one" }, { "LIST", "a b" }, { 0 } };

struct target {
    struct buf *heard;
    const char *name;
    bool flag;
};

/* What the rows hear is written down: "word(arg,arg)". */
static bool hear(struct cfg_line *line)
{
    struct target *target = line->target;
    char name[64];
    cfg_keyword_name(line, name, sizeof(name));
    buf_printf(target->heard, "%s%s%s(", line->negated ? "no " : "", line->to_default ? "default " : "",
               name);
    for (unsigned i = 0; i < cfg_arg_count(line); i++)
        buf_printf(target->heard, "%s%s", i ? "," : "", cfg_arg(line, i));
    buf_add_c(target->heard, ")");
    return true;
}

static bool one_or_two(struct cfg_line *line)
{
    return cfg_arg_limits(line, 1, 2) && hear(line);
}

static bool fail_silently(struct cfg_line *line)
{
    (void)line;
    return false;
}

static struct target the_target;

static void *begin(struct cfg_line *line)
{
    the_target.heard = line->reader->owner;
    buf_printf(the_target.heard, "{%s:%s ", cfg_word(line, 0), cfg_section_name(line->reader));
    return &the_target;
}

static bool end(struct cfg_line *line)
{
    buf_printf(((struct target *)line->target)->heard, "}%u", line->place.line);
    return true;
}

static void *begin_named(struct cfg_line *line)
{
    if (cfg_arg_count(line))
        return begin(line);
    cfg_error(line, "'%s' expects an <id> argument", cfg_word(line, 0));
    return NULL;
}

static const struct section_row sections[] = {
    { "global", IN_GLOBAL, begin, end },           { "defaults", IN_DEFAULTS, begin, end },
    { "frontend", IN_FRONTEND, begin_named, end }, { "backend", IN_BACKEND, begin_named, end },
    { "listen", IN_LISTEN, begin_named, end },
};

static const struct keyword_row keywords[] = {
    { IN_GLOBAL, "maxconn", CFG_CALL, .call = hear },
    { IN_GLOBAL, "daemon", CFG_FLAG, .offset = offsetof(struct target, flag), .negatable = true },
    { IN_GLOBAL, "stats socket", CFG_CALL, .call = hear },
    { IN_PROXY, "mode", CFG_CALL, .call = hear },
    { IN_PROXY & ~IN_DEFAULTS, "bind", CFG_CALL, .call = one_or_two },
    { IN_FRONT, "use_backend", CFG_CALL, .call = hear },
    { IN_BACK, "balance", CFG_CALL, .call = hear },
    { IN_FRONT, "timeout client", CFG_CALL, .call = hear },
    { IN_FRONT, "timeout client-fin", CFG_CALL, .call = hear },
    { IN_BACK, "timeout server", CFG_CALL, .call = hear },
    { IN_PROXY, "option httplog", CFG_CALL, .call = hear },
    { IN_PROXY, "option dontlognull", CFG_CALL, .call = hear, .negatable = true },
    { IN_PROXY, "stats", CFG_CALL, .call = hear },
    { IN_PROXY, "stats enable", CFG_CALL, .call = hear },
    { IN_PROXY, "silent", CFG_CALL, .call = fail_silently },
};

struct setting {
    struct fake_world world;
    struct words words;
    struct arena arena;
    struct diag diag;
    struct buf heard, said;
    struct cfg_reader reader;
    struct cfg_condition_world condition;
};

static bool set_up(struct setting *setting)
{
    *setting = (struct setting){ .world = { .platform = { &fake_ops }, .env = env } };
    setting->diag = (struct diag){ .sink = fake_sink, .sink_data = &setting->said };
    setting->condition =
        (struct cfg_condition_world){ .platform = &setting->world.platform, .version = "3.5-dev5" };
    arena_init(&setting->arena, 1024);
    words_init(&setting->words);
    bool fine = true;
    for (unsigned i = 0; i < COUNT_OF(sections); i++)
        fine &= words_add(&setting->words, WORD_SECTION, sections[i].word, &sections[i]);
    for (unsigned i = 0; i < COUNT_OF(keywords); i++)
        fine &= words_add(&setting->words, WORD_KEYWORD, keywords[i].words, &keywords[i]);
    cfg_reader_init(&setting->reader, &setting->words, &setting->world.platform, &setting->diag,
                    &setting->arena, &setting->heard, &setting->condition);
    return fine;
}

static void tear_down(struct setting *setting)
{
    cfg_reader_finish(&setting->reader);
    words_finish(&setting->words);
    arena_finish(&setting->arena);
    buf_finish(&setting->heard);
    buf_finish(&setting->said);
}

static void read_and_expect(const char *text, const char *heard, const char *said)
{
    struct setting setting;
    EXPECT(set_up(&setting));
    test_case(text);
    cfg_read_text(&setting.reader, "f.cfg", str_of(text));
    cfg_read_end(&setting.reader);
    EXPECT_STR(buf_str(&setting.heard), heard);
    EXPECT_STR(buf_str(&setting.said), said);
    EXPECT_INT(setting.reader.errors, setting.diag.alerts);
    tear_down(&setting);
}

struct reader_case {
    const char *text, *heard, *said;
};

static const struct reader_case good[] = {
    { "", "", "" },
    { "\n\n# nothing\n", "", "" },
    { "global#x\n  maxconn 3#y\n", "{global: maxconn(3)}2", "" },
    { "listen a\r\n mode http\r\n", "{listen:a mode(http)}2", "" },
    { "frontend f\nmode\nbackend b\n mode tcp\n", "{frontend:f mode()}3{backend:b mode(tcp)}4", "" },
    { "defaults from x\n mode http\n", "{defaults: mode(http)}2", "" },
    { "listen a\n timeout client 1s\n timeout client-fin 2s\n timeout server 3s 4\n",
      "{listen:a timeout client(1s)timeout client-fin(2s)timeout server(3s,4)}4", "" },
    { "listen a\n stats enable x\n stats uri /x\n", "{listen:a stats enable(x)stats(uri,/x)}3", "" },
    { "listen a\n no option dontlognull\n default option dontlognull x\n",
      "{listen:a no option dontlognull()default option dontlognull(x)}3", "" },
    { "listen a\n mode \"a b\" 'c' \"$NAME\" \"${LIST[*]}\" \"${UNSET-d}\"\n",
      "{listen:a mode(a b,c,one,a,b,d)}2", "" },
    { "listen a\n mode x \"\" y \"${UNSET}\" ''\n", "{listen:a mode(x,,y)}2", "" },
    { "listen a\n mode \"$.FILE:$.LINE:$.SECTION\"\nglobal\n maxconn \"$.SECTION\"\n",
      "{listen:a mode(f.cfg:2:a)}3{global: maxconn(global)}4", "" },
    { "listen a\n.if 1\n mode x\n.else\n mode y\n zzz\n.endif\n", "{listen:a mode(x)}7", "" },
    { "listen a\n.if 0\n.if nonsense(\n mode w\n.elif other\n.else\n mode v\n.endif\n.elif 1\n mode x\n.elif "
      "bad(\n mode "
      "y\n.else\n mode z\n.endif\nmode 9\n",
      "{listen:a mode(x)mode(9)}16", "" },
    { ".if streq(\"$NAME\",one) && defined(LIST) # yes\nlisten a\n.endif\n", "{listen:a }3", "" },
    { ".if version_atleast(3.5-dev4)\n.if 1\nlisten a\n.else\nlisten b\n.endif\n.else\nlisten c\n.endif\n",
      "{listen:a }9", "" },
    { ".notice \"a b\"\n.notice\n.diag x\n.warning \"$NAME\"\n.if 0\n.alert no\n.endif\n", "",
      "N config : parsing [f.cfg:1]: 'a b'.\nN config : parsing [f.cfg:2]: ''.\n"
      "W config : parsing [f.cfg:4]: 'one'.\n" },
};

static void reads_what_is_right(void)
{
    for (unsigned i = 0; i < COUNT_OF(good); i++)
        read_and_expect(good[i].text, good[i].heard, good[i].said);
}

#define AT(line)   "A config : parsing [f.cfg:" #line "] : "
#define OF(line)   "A config : parsing [f.cfg:" #line "]: "
#define WARN(line) "W config : parsing [f.cfg:" #line "] : "

static const struct reader_case faults[] = {
    { "listen a\n mdoe http\n zzzzzzz 1\n mode x\n", "{listen:a mode(x)}4",
      AT(2) "unknown keyword 'mdoe' in 'listen' section; did you mean 'mode' maybe ?\n" AT(
          3) "unknown keyword 'zzzzzzz' in 'listen' section\n" },
    { "global\nmaxconn 3", "{global: maxconn(3)}2",
      OF(2) "Missing LF on last line, file might have been truncated.\n" },
    { "global\n bind :1\n", "{global: }2", AT(2) "unknown keyword 'bind' in 'global' section\n" },
    { "global\n \"\"\n", "{global: }2", AT(2) "unknown keyword '' in 'global' section\n" },
    { "listen a\n timeout clent 2s\n timeout xyzzy\n timeout\n timout client 1\n timout x\n \"timeout "
      "client\" 1\n",
      "{listen:a }7",
      AT(2) "unknown timeout 'clent'; did you mean 'client' maybe ?\n" AT(
          3) "unknown timeout 'xyzzy', "
             "expects 'client', "
             "'client-fin' or "
             "'server'\n" AT(4) "missing "
                                "keyword "
                                "in "
                                "'timeout"
                                "', "
                                "expects "
                                "'client'"
                                ", "
                                "'client-"
                                "fin' or "
                                "'server'"
                                "\n" AT(5) "unknown keyword 'timout' in 'listen' section; did you mean "
                                           "'timeout client' maybe ?\n" AT(
                                               6) "u"
                                                  "n"
                                                  "k"
                                                  "n"
                                                  "o"
                                                  "w"
                                                  "n"
                                                  " "
                                                  "k"
                                                  "e"
                                                  "y"
                                                  "w"
                                                  "o"
                                                  "r"
                                                  "d"
                                                  " "
                                                  "'"
                                                  "t"
                                                  "i"
                                                  "m"
                                                  "o"
                                                  "u"
                                                  "t"
                                                  "'"
                                                  " "
                                                  "i"
                                                  "n"
                                                  " "
                                                  "'"
                                                  "l"
                                                  "i"
                                                  "s"
                                                  "t"
                                                  "e"
                                                  "n"
                                                  "'"
                                                  " "
                                                  "s"
                                                  "e"
                                                  "c"
                                                  "t"
                                                  "i"
                                                  "o"
                                                  "n"
                                                  ";"
                                                  " "
                                                  "d"
                                                  "i"
                                                  "d"
                                                  " "
                                                  "y"
                                                  "o"
                                                  "u"
                                                  " "
                                                  "m"
                                                  "e"
                                                  "a"
                                                  "n"
                                                  " "
                                                  "'"
                                                  "t"
                                                  "i"
                                                  "m"
                                                  "e"
                                                  "o"
                                                  "u"
                                                  "t"
                                                  "'"
                                                  " "
                                                  "m"
                                                  "a"
                                                  "y"
                                                  "b"
                                                  "e"
                                                  " "
                                                  "?"
                                                  "\n" AT(
                                                      7) "unknown keyword 'timeout client' in 'listen' "
                                                         "section; did you mean 'timeout client' maybe ?\n" },
    { "listen a\n option httplo\n option\n", "{listen:a }3",
      AT(2) "unknown option 'httplo'; did you mean 'httplog' maybe ?\n" AT(
          3) "missing keyword in 'option', expects 'httplog' or 'dontlognull'\n" },
    { "defaults\n bind :1\nfrontend f\n balance x\n timeout server 1\nbackend b\n use_backend x\n",
      "{defaults: }3{frontend:f }6{backend:b }7",
      AT(2) "'bind' not allowed in 'defaults' section.\n" WARN(
          4) "'balance' ignored because frontend 'f' "
             "has no backend capability.\n" WARN(5) "'timeout "
                                                    "server' "
                                                    "ignored "
                                                    "because "
                                                    "frontend 'f' "
                                                    "has no "
                                                    "backend "
                                                    "capability."
                                                    "\n" WARN(7) "'use_backend' ignored "
                                                                 "because backend 'b' has no "
                                                                 "frontend capability.\n" },
    { "fronted x\n zzzzzzz\n", "",
      OF(1) "unknown keyword 'fronted' out of section; did you mean 'frontend' maybe ?\n" OF(
          2) "unknown keyword 'zzzzzzz' out of section.\n" },
    { "listen\n mode x\nglobal\n maxconn 1\n", "{global: maxconn(1)}4",
      AT(1) "'listen' expects an <id> argument\n" },
    { "listen a\n bind\n bind 1 2 3 4\n", "{listen:a }3",
      AT(2) "'bind' expects at least 1 argument.\n" AT(3) "'bind' cannot handle unexpected argument '3'.\n" },
    { "global\n no maxconn\n no\n default\n no daemon x\nlisten a\n no option httplog\n default mode\n",
      "{global: }6{listen:a }8",
      AT(2) "negation/default is not supported for 'maxconn'.\n" AT(
          3) "unknown keyword 'no' in 'global' section\n" AT(4) "unknown keyword 'default' in 'global' "
                                                                "section; did you mean 'defaults' maybe "
                                                                "?\n" AT(5) "'daemon' cannot handle "
                                                                            "unexpected argument "
                                                                            "'x'.\n" AT(7) "negation/"
                                                                                           "default is "
                                                                                           "not "
                                                                                           "supported "
                                                                                           "for option "
                                                                                           "'httplog'."
                                                                                           "\n" AT(8) "ne"
                                                                                                      "ga"
                                                                                                      "ti"
                                                                                                      "on"
                                                                                                      "/d"
                                                                                                      "ef"
                                                                                                      "au"
                                                                                                      "lt"
                                                                                                      " i"
                                                                                                      "s "
                                                                                                      "no"
                                                                                                      "t "
                                                                                                      "su"
                                                                                                      "pp"
                                                                                                      "or"
                                                                                                      "te"
                                                                                                      "d "
                                                                                                      "fo"
                                                                                                      "r "
                                                                                                      "'m"
                                                                                                      "od"
                                                                                                      "e'"
                                                                                                      "."
                                                                                                      "\n" },
    { "global\n maxconn \"abc\n maxconn 3\n", "{global: maxconn(3)}3",
      OF(2) "unmatched quote at position 10:\n  maxconn \"abc\n          ^\n" },
    { "global\n\t maxconn \"${NAME\"\n maxconn \"${NA ME}\"\n maxconn \"$1a\"\n maxconn \\xzz\n",
      "{global: }5",
      OF(2) "unmatched brace in environment variable name at position 13:\n  maxconn \"${NAME\"\n        "
            "    ^\n" OF(3) "unmatched brace in environment variable name at position 12:\n  maxconn "
                            "\"${NA ME}\"\n            ^\n" OF(
                                4) "forbidden first char in environment variable name at position 12:\n  "
                                   "maxconn \"$1a\"\n            ^\n" OF(5) "truncated or invalid "
                                                                            "hexadecimal sequence at "
                                                                            "position 10:\n  maxconn "
                                                                            "\\xzz\n          ^\n" },
    { "global\n.if 1\n maxconn 1\n", "{global: maxconn(1)}3", OF(3) "non-terminated '.if' block.\n" },
    { ".endif\n.else\n.elif 1\nglobal\n", "{global: }4",
      OF(1) "lone '.endif' with no matching '.if'.\n" OF(2) "lone '.else' with no matching '.if'.\n" OF(
          3) "lone '.elif' with no matching '.if'.\n" },
    { "global\n.if 1\n.else\n.else\n.elif 1\n maxconn 1\n.endif x\n.else y\n", "{global: }8",
      OF(4) "'.else' after '.else' is not permitted.\n" OF(5) "'.elif' after '.else' is not permitted.\n" OF(
          7) "Unexpected argument 'x' for "
             "'.endif'.\n" OF(8) "Unexpected argument "
                                 "'y' for "
                                 "'.else'.\n" OF(8) "lo"
                                                    "ne"
                                                    " '"
                                                    ".e"
                                                    "ls"
                                                    "e'"
                                                    " w"
                                                    "it"
                                                    "h "
                                                    "no"
                                                    " m"
                                                    "at"
                                                    "ch"
                                                    "in"
                                                    "g "
                                                    "'."
                                                    "if"
                                                    "'."
                                                    "\n" },
    { "global\n .if  1x\n maxconn 1\n.else\n maxconn 2\n.endif\n maxconn 3\n", "{global: maxconn(3)}7",
      OF(2) "unexpected character 'x' at the end of conditional expression '1x' in '.if' at position 2:\n"
            "  .if 1x\n       ^\n" },
    { "global\n.if 0\n.elif streq(a)\n maxconn 1\n.endif\n", "{global: }5",
      OF(3) "missing arguments (got 1/2), type 'string' expected in argument 1 of predicate 'streq' used "
            "in conditional "
            "expression in '.elif' at position 8:\n  .elif streq(a)\n               ^\n" },
    { ".blah\n.notice a b\n.alert \"x y\"\n", "",
      OF(1) "unknown directive '.blah'.\n" OF(2) "Unexpected argument 'b' for '.notice'. Use quotes if "
                                                 "the message should contain spaces.\n" OF(3) "'x y'.\n" },
    { "global\n.if 0\n \"abc\n.endif\n", "{global: }4",
      OF(3) "unmatched quote at position 2:\n  \"abc\n  ^\n" },
};

static void says_what_is_wrong(void)
{
    for (unsigned i = 0; i < COUNT_OF(faults); i++)
        read_and_expect(faults[i].text, faults[i].heard, faults[i].said);
}

static void a_stray_nul_is_said(void)
{
    struct setting setting;
    EXPECT(set_up(&setting));
    cfg_read_text(&setting.reader, "f.cfg", STR("global\n max\0conn 1\n maxconn 2\n"));
    EXPECT_STR(buf_str(&setting.heard), "{global: maxconn(2)}3");
    EXPECT_STR(buf_str(&setting.said), OF(2) "Stray NUL character at position 5.\n");
    tear_down(&setting);
}

static void too_many_words_are_said(void)
{
    struct setting setting;
    struct buf text = BUF_INIT;
    EXPECT(set_up(&setting));
    buf_add_c(&text, "global\n");
    for (unsigned i = 0; i <= CFG_WORD_MAX; i++)
        buf_add_c(&text, "xx ");
    buf_add_c(&text, "\n maxconn 2\n");
    cfg_read_text(&setting.reader, "f.cfg", buf_str(&text));
    EXPECT_STR(buf_str(&setting.heard), "{global: maxconn(2)}3");
    EXPECT_STR(buf_str(&setting.said), OF(2) "too many words, line left out after word 64, position 190.\n");
    buf_finish(&text);
    tear_down(&setting);
}

static void stops_at_fifty_errors(void)
{
    struct setting setting;
    struct buf text = BUF_INIT;
    EXPECT(set_up(&setting));
    for (unsigned i = 0; i < 70; i++)
        buf_add_c(&text, "x\n");
    cfg_read_text(&setting.reader, "f.cfg", buf_str(&text));
    EXPECT_INT(setting.reader.errors, 51);
    EXPECT(str_ends(buf_str(&setting.said), STR(OF(51) "too many fatal errors (50), stopping now.\n")));
    cfg_read_text(&setting.reader, "g.cfg", STR("y\n"));
    EXPECT(str_ends(buf_str(&setting.said), STR("[g.cfg:1]: unknown keyword 'y' out of section.\n")));
    buf_finish(&text);
    tear_down(&setting);
}

static void deep_blocks_are_bounded(void)
{
    struct setting setting;
    struct buf text = BUF_INIT;
    EXPECT(set_up(&setting));
    for (unsigned i = 0; i < 70; i++)
        buf_add_c(&text, ".if 1\n");
    buf_add_c(&text, "global\n");
    for (unsigned i = 0; i < 70; i++)
        buf_add_c(&text, ".endif\n");
    buf_add_c(&text, "listen a\n");
    cfg_read_text(&setting.reader, "f.cfg", buf_str(&text));
    EXPECT_STR(buf_str(&setting.said), OF(65) "too many nested '.if', max 64.\n");
    EXPECT_STR(buf_str(&setting.heard), "{listen:a }142");
    buf_finish(&text);
    tear_down(&setting);
}

static void a_silent_failure_counts(void)
{
    struct setting setting;
    EXPECT(set_up(&setting));
    cfg_read_text(&setting.reader, "f.cfg", STR("listen a\n silent\n"));
    EXPECT_INT(setting.reader.errors, 1);
    tear_down(&setting);
}

static void diagnostics_speak_when_asked(void)
{
    struct setting setting;
    EXPECT(set_up(&setting));
    setting.reader.diagnostic = true;
    cfg_read_text(&setting.reader, "f.cfg", STR(".diag 'old habit'\n"));
    EXPECT_STR(buf_str(&setting.said), "N config : parsing [f.cfg:1]: 'old habit'.\n");
    tear_down(&setting);
}

static const struct fake_pair files[] = {
    { "a.cfg", "global\n maxconn 1\n.if 1\n" },
    { "d/1.cfg", "maxconn 2\nglobal\n maxconn 3\n" },
    { "d/2.cfg", "listen x\n" },
    { "d/3.txt", "listen y\n" },
    { "d/.4.cfg", "listen z\n" },
    { 0 },
};

static void reads_files_and_folders(void)
{
    struct setting setting;
    EXPECT(set_up(&setting));
    setting.world.files = files;
    setting.world.folder = "d";
    setting.world.folder_names = STR(".4.cfg\0001.cfg\0002.cfg\0003.txt\0");
    EXPECT(cfg_read_path(&setting.reader, "a.cfg"));
    EXPECT(!cfg_read_path(&setting.reader, "none.cfg"));
    EXPECT(cfg_read_path(&setting.reader, "d"));
    cfg_read_end(&setting.reader);
    EXPECT_STR(buf_str(&setting.heard), "{global: maxconn(1)}3{global: maxconn(3)}3{listen:x }1");
    EXPECT_STR(buf_str(&setting.said),
               "A config : parsing [a.cfg:3]: non-terminated '.if' block.\n"
               "A config : Cannot open configuration file/directory none.cfg : No such file or directory\n"
               "A config : parsing [d/1.cfg:1]: unknown keyword 'maxconn' out of section.\n");
    EXPECT_INT(setting.reader.errors, 3);
    tear_down(&setting);
}

/* Whatever allocation fails while text is read: no leak, no crash, and either all was heard or an error
 * was said. */
static void survives_every_failed_allocation(void)
{
    static const char text[] =
        "global\n maxconn \"$NAME\"\n mxconn 1\n.if streq(a,a)\n maxconn 2\n.endif\n.if x\n.endif\n";
    struct setting whole;
    EXPECT(set_up(&whole));
    cfg_read_text(&whole.reader, "f.cfg", str_of(text));
    int64_t before = test_blocks();
    bool same = false;
    for (uint64_t n = 1; !same && EXPECT(n < 1000); n++) {
        struct setting setting;
        EXPECT(set_up(&setting));
        test_fail_allocation(n);
        cfg_read_text(&setting.reader, "f.cfg", str_of(text));
        test_fail_allocation(0);
        same = str_eq(buf_str(&setting.heard), buf_str(&whole.heard)) &&
               str_eq(buf_str(&setting.said), buf_str(&whole.said));
        EXPECT(same || setting.reader.errors > 0);
        tear_down(&setting);
        EXPECT_INT(test_blocks(), before);
    }
    EXPECT_INT(whole.reader.errors, 2);
    tear_down(&whole);
}

const struct test_row tests[] = {
    { "reads what is right", reads_what_is_right },
    { "says what is wrong, and where", says_what_is_wrong },
    { "a stray NUL is said", a_stray_nul_is_said },
    { "too many words are said", too_many_words_are_said },
    { "stops a file at fifty errors, not the next", stops_at_fifty_errors },
    { "deep blocks are bounded", deep_blocks_are_bounded },
    { "a failure that nobody explained counts", a_silent_failure_counts },
    { ".diag speaks when asked", diagnostics_speak_when_asked },
    { "reads files and folders", reads_files_and_folders },
    { "survives every failed allocation", survives_every_failed_allocation },
    { 0 },
};
